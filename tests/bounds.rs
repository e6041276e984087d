//! Servers and files that mean harm: what they send costs what its length costs, and says little.

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use crate::{
    recorded::{Asked, Reply, Server},
    support::{Done, Home},
};

/// A pipeline that reads `query` from `server` and makes one row of each page.
fn home(server: &Server, query: &str) -> Home {
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: rest, base_url: '${{URL}}', limits: {{ timeout: 10s, backoff: 1ms, max_attempts: 2 }} }}\n\
             query: {{ path: /x{query} }}\n\
             converter: {{ script: 'function convert(json) {{ return [{{ length: json.length }}] }}' }}\n\
             sink: {{ kind: jsonl, path: rows }}\n"
        ),
    );
    home
}

fn timed(home: &Home) -> (Done, Duration) {
    let begin = Instant::now();
    (home.run(&["run", "p.yaml"]), begin.elapsed())
}

#[test]
fn names_of_any_number_are_read_in_the_time_that_their_length_takes() {
    let many = |begin: &str, one: fn(usize) -> String, end: &str| {
        let all: String = (0..60_000).map(one).collect();
        format!("{begin}{all}{end}")
    };
    let attributes = many("<a", |n| format!(" x{n}='1'"), "/>");
    let prefixes = many("<a", |n| format!(" xmlns:x{n}='u'"), "><x1:b/></a>");
    let columns = many("x", |n| format!(",x{n}"), "\n");
    let sparse = format!("{columns}{}\n", ",".repeat(60_000));
    for (media_type, body) in
        [("application/xml", attributes), ("text/xml", prefixes), ("text/csv", columns), ("text/csv", sparse)]
    {
        let server = Server::start(move |_| Reply::of(media_type, body.clone()));
        let (done, elapsed) = timed(&home(&server, ""));
        assert_eq!(done.code, Some(0), "{media_type}: {}", done.stderr);
        assert!(elapsed < Duration::from_secs(10), "{media_type}: {elapsed:?}");
    }
}

#[test]
fn records_with_long_names_do_not_grow_without_bound() {
    // 32 columns with long names, and 50,000 records of 32 commas: 1.7 MB, and 3 GB as JSON.
    let header: Vec<String> = (0..32).map(|n| format!("{}{n}", "x".repeat(2_000))).collect();
    let body = format!("{}\n{}", header.join(","), format!("{}\n", ",".repeat(31)).repeat(50_000));
    let server = Server::start(move |_| Reply::of("text/csv", body.clone()));
    let home = home(&server, "");
    home.write("p.yaml", &home.read("p.yaml").replace("timeout: 10s", "timeout: 10s, max_response: 2MiB"));
    let (done, elapsed) = timed(&home);
    assert!(done.code == Some(1) && done.stderr.contains("have more than 16 MiB as JSON"), "{done:?}");
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[test]
fn what_leads_to_the_next_page_is_bounded_and_messages_are_short() {
    for (length, words) in
        [(3 << 20, "the page names the next one with 3145"), (200_000, "and HTTP takes 65534 at most")]
    {
        let server = Server::start(move |_| {
            Reply::json(format!("{{\"items\":[1],\"next\":\"{}\"}}", "c".repeat(length)))
        });
        let home = home(&server, ", pagination: { kind: cursor, next: next, param: cursor }");
        let (done, _) = timed(&home);
        assert!(done.code == Some(1) && done.stderr.contains(words), "{:.3000}", done.stderr);
        assert!(done.stderr.len() < 12_000, "{}", done.stderr.len());
        let history = home.run(&["runs", "--format", "json"]).stdout;
        assert!(history.contains(words) && history.len() < 12_000, "{history:.3000}");
        assert_eq!(server.asked().len(), 1);
    }
}

/// Responses that only say that one is to come, as fast as they are read: the library that reads them does not come to an end.
#[test]
fn hints_without_end_do_not_outlast_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let home = Home::new().with([("URL", format!("http://{}", listener.local_addr().expect("an address")))]);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n".repeat(100);
                let _ = stream.read(&mut [0; 4096]);
                while stream.write_all(&hints).is_ok() {}
            });
        }
    });
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}', limits: { timeout: 1s, max_attempts: 1 } }\n\
         query: { path: /x }\nsink: { kind: jsonl, path: rows }\n",
    );
    let (done, elapsed) = timed(&home);
    assert!(done.code == Some(1) && done.stderr.contains("no whole answer within 1s"), "{done:?}");
    assert!(elapsed < Duration::from_secs(4), "{elapsed:?}");
}

#[test]
fn values_that_leave_their_place_in_a_path_are_not_sent() {
    let server = Server::start(|_| Reply::json("[]"));
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write(
        "p.yaml",
        "params: { k: { type: string, default: x } }\n\
         datasource: { kind: rest, base_url: '${URL}' }\n\
         query: { path: '/child/${param.k}/worklog' }\n\
         sink: { kind: jsonl, path: rows }\n",
    );
    for value in ["..", ".", "%2e%2E", ".%2e", "a/../../b", "..\\b", "..%2fb"] {
        let done = home.run(&["run", "p.yaml", "--param", &format!("k={value}")]);
        assert!(
            done.code == Some(1) && done.stderr.contains("`${param.k}` in `path` is"),
            "{value}: {done:?}"
        );
    }
    assert!(server.asked().is_empty(), "{:?}", server.asked());
    for (value, path) in
        [("...", "/child/.../worklog"), ("a..b", "/child/a..b/worklog"), ("a/b", "/child/a%2Fb/worklog")]
    {
        let done = home.run(&["run", "p.yaml", "--param", &format!("k={value}"), "--full-refresh"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(server.asked().last().map(|asked: &Asked| asked.path.clone()).as_deref(), Some(path));
    }
}

#[test]
#[cfg(unix)]
fn programs_do_not_get_the_token_of_the_server() {
    let server = Server::start(|_| Reply::json("[]"));
    let home = Home::new().with([
        ("URL", server.url.as_str()),
        ("PIPELINE_SERVE_TOKEN", "correct horse battery"),
        ("OTHER", "inherited"),
    ]);
    home.write(".env", "OF_THE_FILE=4711\n");
    home.write(
        "tap.sh",
        "env > tap.env\n\
         echo '{\"type\":\"SCHEMA\",\"stream\":\"s\",\"schema\":{\"properties\":{\"a\":{\"type\":\"integer\"}}},\"key_properties\":[]}'\n",
    );
    home.write(
        "tap.yaml",
        "datasource: { kind: command, command: [sh, tap.sh] }\nquery: { path: s }\nsink: { kind: jsonl, path: rows }\n",
    );
    home.write(
        "auth.yaml",
        "datasource: { kind: rest, base_url: '${URL}', auth: { kind: command, command: [sh, -c, 'env > auth.env; echo t'] } }\n\
         query: { path: /x }\nsink: { kind: jsonl, path: other }\n",
    );
    for (file, env) in [("tap.yaml", "tap.env"), ("auth.yaml", "auth.env")] {
        let done = home.run(&["run", file]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let env = home.read(env);
        assert!(env.contains("OTHER=inherited") && env.contains("PATH=") && env.contains("HOME="), "{env}");
        assert!(!env.contains("correct horse") && !env.contains("OF_THE_FILE"), "{env}");
    }
}

#[test]
fn an_answer_that_is_no_token_is_not_kept() {
    let server = Server::start(|_| Reply::json(format!("{{\"access_token\":\"{}\"}}", "t".repeat(20 << 20))));
    let home = Home::new().with([("URL", server.url.as_str()), ("SECRET", "hunter22")]);
    home.write(
        "p.yaml",
        "datasource:\n  kind: rest\n  base_url: '${URL}'\n  limits: { backoff: 1ms, max_attempts: 2 }\n  auth: { kind: oauth2_client_credentials, authentication_url: '${URL}/t', client_id: me, client_secret: '${SECRET}' }\n\
         query: { path: /x }\nsink: { kind: jsonl, path: rows }\n",
    );
    let (done, elapsed) = timed(&home);
    assert!(done.code == Some(1) && done.stderr.contains("which is no token"), "{:.2000}", done.stderr);
    assert!(elapsed < Duration::from_secs(10) && done.stderr.len() < 4_000, "{elapsed:?}");
}

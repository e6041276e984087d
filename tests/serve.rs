//! `pipeline serve`, and `pipeline run` for other schedulers.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    browser::{Visit, ask, open},
    run::{pipeline, stuck_site},
    state::wait_for_pages,
    support::{Done, Home, Killed, Site},
};

const KEYS: &str = "return JSON.parse(json).issues.map(issue => ({ key: issue.key }));";

/// A pipeline of `p/` that writes `out/NAME.jsonl`.
fn write(home: &Home, name: &str, more: &str) {
    let sink = format!("{{ kind: jsonl, path: out/{name} }}\n{more}");
    home.write(&format!("p/{name}.yaml"), &pipeline(KEYS, &sink));
}

fn ids(summary: &Value) -> Vec<&str> {
    let pipelines = summary["pipelines"].as_array().expect("a list");
    pipelines.iter().map(|pipeline| pipeline["id"].as_str().expect("an id")).collect()
}

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.stderr))
}

#[test]
fn a_folder_is_run_and_a_broken_file_keeps_none_of_the_others() {
    let site = Site::with_issues(20);
    let home = site.home();
    write(&home, "a", "");
    write(&home, "deep/b", "tags: [night]\n");
    home.write("p/broken.yaml", "datasource: {}\nquery: {}\n");
    let done = home.run(&["run", "p", "--format", "json"]);
    let summary = json(&done);
    assert_eq!((done.code, ids(&summary)), (Some(2), vec!["a", "broken", "deep/b"]), "{}", done.stderr);
    assert_eq!(summary["code"], 2);
    let codes: Vec<&Value> =
        summary["pipelines"].as_array().unwrap().iter().map(|pipeline| &pipeline["code"]).collect();
    assert_eq!(codes, [0, 2, 0]);
    assert!(done.stderr.contains("broken.yaml") && done.stderr.contains("1 of 3 pipelines failed"));
    assert_eq!(home.read("out/a.jsonl").lines().count(), 20);

    for (select, expected) in [("tag:night", ["deep/b"]), ("a*", ["a"]), ("deep/?", ["deep/b"])] {
        let done = home.run(&["run", "p", "--select", select, "--format", "json"]);
        assert_eq!((done.code, ids(&json(&done))), (Some(0), expected.to_vec()), "{}", done.stderr);
    }
    let done = home.run(&["run", "p", "--select", "tag:none"]);
    assert!(done.code == Some(2) && done.stderr.contains("tag:none"), "{done:?}");
}

#[test]
fn only_what_has_changed_is_run() {
    let site = Site::with_issues(20);
    let home = site.home();
    home.write("p/keys.js", &format!("function convert(json) {{ {KEYS} }}"));
    for name in ["a", "b"] {
        let text = pipeline(KEYS, &format!("{{ kind: jsonl, path: out/{name} }}"));
        home.write(&format!("p/{name}.yaml"), &text);
    }
    let inline = home.read("p/b.yaml");
    let begin = inline.find("converter:").unwrap();
    let end = inline.find("sink:").unwrap();
    home.write("p/b.yaml", &format!("{}converter: keys.js\n{}", &inline[..begin], &inline[end..]));

    let run = |since: &str| {
        let done = home.run(&["run", "p", "--changed-since", since, "--format", "json"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        ids(&json(&done)).join(" ")
    };
    assert_eq!(run("1day"), "a b");
    assert_eq!(run("2999-01-01"), "");

    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-C", home.path("p").to_str().unwrap(), "-c", "user.name=a", "-c", "user.email=a@b"]);
        assert!(command.args(args).output().expect("git").status.success(), "{args:?}");
    };
    if Command::new("git").arg("--version").output().is_err() {
        return eprintln!("git is not here: changes since a revision are not tried");
    }
    home.write("p/.gitignore", "out/\n");
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "all"]);
    assert_eq!(run("HEAD"), "");
    home.write("p/keys.js", &format!("// other\nfunction convert(json) {{ {KEYS} }}"));
    assert_eq!(run("HEAD"), "b");
    write(&home, "c", "");
    assert_eq!(run("HEAD"), "b c");
    let done = home.run(&["run", "p", "--changed-since", "nonsense"]);
    assert!(done.code == Some(2) && done.stderr.contains("`nonsense` is no time, and git says"), "{done:?}");
}

/// A server of `p/`, killed when dropped.
pub(crate) struct Served {
    child: Killed,
    url: String,
    /// What it has printed.
    token: Option<String>,
}

impl Served {
    pub(crate) fn start(home: &Home, args: &[&str]) -> Self {
        let args = [&["serve", "p", "--port", "0"], args].concat();
        Self::begin(home.command(&args))
    }

    fn begin(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut url).expect("its address");
        let (url, token) = match url.trim_end().split_once("/?token=") {
            Some((url, token)) => (url.to_owned(), Some(token.to_owned())),
            None => (url.trim_end().to_owned(), None),
        };
        Self { child: Killed(child), url, token }
    }

    /// The header that its own token needs.
    fn bearer(&self) -> String {
        let token = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        token.unwrap_or_default()
    }

    fn ask(&self, path: &str) -> Visit {
        ask("GET", &format!("{}{path}", self.url), &self.bearer())
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let visit = self.ask(path);
        assert_eq!(visit.status, 200, "{path}: {}", visit.body);
        serde_json::from_str(&visit.body).unwrap_or_else(|error| panic!("{error}: {}", visit.body))
    }

    fn post(&self, path: &str) -> Visit {
        ask("POST", &format!("{}{path}", self.url), &format!("X-Pipeline: 1\r\n{}", self.bearer()))
    }

    /// Begins a run; gives its id.
    pub(crate) fn run(&self, id: &str) -> String {
        let visit = self.post(&format!("/api/pipelines/{id}/run"));
        assert_eq!(visit.status, 202, "{}", visit.body);
        let begun: Value = serde_json::from_str(&visit.body).expect("JSON");
        begun["run"].as_str().expect("an id").to_owned()
    }

    /// The last run of a pipeline, or the one under way.
    fn running(&self, id: &str) -> String {
        let shown = self.get(&format!("/api/pipelines/{id}"));
        match shown["running"]["run"].as_str() {
            Some(run) => run.to_owned(),
            None => {
                self.get(&format!("/api/runs?pipeline={id}"))[0]["run"].as_str().expect("a run").to_owned()
            }
        }
    }

    /// Waits for the end of a run.
    pub(crate) fn ended(&self, run: &str) -> Value {
        let begin = Instant::now();
        loop {
            let shown = self.get(&format!("/api/runs/{run}"));
            if shown["outcome"] != "running" && shown["progress"].is_null() {
                return shown;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "{shown}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.0.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill").success());
    }

    /// The exit code and what was said.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.0.stderr.as_mut().expect("piped").read_to_string(&mut said).expect("text");
        (self.child.0.wait().expect("it ends").code(), said)
    }
}

#[test]
#[cfg(unix)]
fn a_server_runs_what_it_is_asked_to_and_says_how_it_went() {
    let site = Site::with_issues(20);
    let home = site.home();
    write(&home, "a", "schedule: { cron: '0 2 * * *', timezone: Europe/Berlin }\n");
    home.write("p/broken.yaml", "datasource: {}\nquery: {}\n");
    let served = Served::start(&home, &[]);
    let health = served.get("/healthz");
    assert_eq!((&health["ready"], &health["brokenFiles"]), (&true.into(), &1.into()), "{health}");
    let pipelines = served.get("/api/pipelines");
    assert_eq!(pipelines[0]["schedule"]["timezone"], "Europe/Berlin", "{pipelines}");
    assert!(pipelines[1]["problems"].as_str().unwrap().contains("broken.yaml"), "{pipelines}");

    let forged = ask("POST", &format!("{}/api/pipelines/a/run", served.url), &served.bearer());
    assert_eq!(forged.status, 403, "{}", forged.body);
    let run = served.run("a");
    let ended = served.ended(&run);
    assert_eq!((&ended["outcome"], &ended["rows"]), (&"done".into(), &20.into()), "{ended}");
    assert_eq!(home.read("out/a.jsonl").lines().count(), 20);
    let metrics = served.ask("/metrics").body;
    for line in
        ["pipeline_rows_total{pipeline=\"a\"} 20", "pipeline_runs_total{pipeline=\"a\",outcome=\"done\"} 1"]
    {
        assert!(metrics.contains(line), "{metrics}");
    }
    for secret in ["JIRA_CLIENT_SECRET", "JIRA_REFRESH_TOKEN"] {
        let value = site.sandbox.variables().into_iter().find(|(name, _)| *name == secret).unwrap().1;
        assert!(!format!("{pipelines}{ended}{metrics}").contains(&value), "{secret}");
    }
    served.signal("TERM");
    let (code, said) = served.wait();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
#[cfg(unix)]
fn a_run_that_is_stopped_with_its_server_or_dies_with_it_is_gone_on_with() {
    for signal in ["TERM", "KILL"] {
        let site = stuck_site();
        let home = site.home();
        write(&home, "a", "");
        let served = Served::start(&home, &["--drain", "100ms"]);
        let run = served.run("a");
        wait_for_pages(&home, 2);
        served.signal(signal);
        let (code, said) = served.wait();
        assert_eq!(code, (signal == "TERM").then_some(0), "{said}");
        if signal == "TERM" {
            assert!(said.contains("1 run interrupted; the next start goes on with them"), "{said}");
        }
        assert!(!home.path("out/a.jsonl").exists());
        site.sandbox.set_faults(Default::default());
        let served = Served::start(&home, &[]);
        let before = served.get(&format!("/api/runs/{run}"));
        let expected = if signal == "TERM" { "interrupted" } else { "crashed" };
        assert_eq!(before["outcome"], expected, "{before}");
        // After a signal the server goes on by itself.
        let next = if signal == "TERM" { served.running("a") } else { served.run("a") };
        let ended = served.ended(&next);
        assert_eq!((&ended["outcome"], &ended["rows"]), (&"done".into(), &100.into()), "{ended}");
        assert_eq!(ended["tables"][0]["resumedPages"], 2, "{ended}");
        assert_eq!(home.read("out/a.jsonl").lines().count(), 100);
    }
}

/// A folder whose only pipeline is none.
fn home_of_nothing() -> Home {
    let home = Home::new();
    home.write("p/a.yaml", "query: {}\n");
    home
}

#[test]
fn a_token_of_ones_own_is_demanded_and_never_printed() {
    let home = home_of_nothing();
    for more in [&["--listen", "0.0.0.0"][..], &["--listen", "0.0.0.0", "--no-token"], &["--listen", "::"]] {
        let done = home.run(&[&["serve", "p", "--port", "0"], more].concat());
        assert!(done.code == Some(2) && done.stderr.contains("PIPELINE_SERVE_TOKEN"), "{done:?}");
    }
    home.write("empty", "\n");
    let done = home.run(&["serve", "p", "--port", "0", "--token-file", "empty"]);
    assert!(done.code == Some(2) && done.stderr.contains("no token in its first line"), "{done:?}");
    home.write("token", "correct horse battery\n");
    let of_variable = home_of_nothing().with([("PIPELINE_SERVE_TOKEN", "correct horse battery")]);
    for (home, args) in [(&home, &["--token-file", "token"][..]), (&of_variable, &[])] {
        let served = Served::start(home, args);
        assert!(
            served.token.is_none() && served.url.ends_with(|c: char| c.is_ascii_digit()),
            "{}",
            served.url
        );
        let with = |header: &str| ask("GET", &format!("{}/api/pipelines", served.url), header).status;
        assert_eq!(with(""), 401);
        for (header, status) in [
            ("Authorization: Bearer correct horse\r\n", 401),
            ("Authorization: Bearer correct horse battery\r\n", 200),
            ("Authorization: bearer correct horse battery\r\n", 200),
            ("Authorization: Basic correct horse battery\r\n", 401),
        ] {
            assert_eq!(with(header), status, "{header}");
        }
        let token = "?token=correct%20horse%20battery";
        assert_eq!(open(&format!("{}/api/pipelines{token}", served.url)).status, 200);
        served.signal("TERM");
        let (_, said) = served.wait();
        assert!(!said.contains("correct horse"), "{said}");
        assert_eq!(said.matches("a wrong token was shown").count(), 1, "{said}");
    }
}

#[test]
fn a_token_is_made_where_none_is_given() {
    let home = home_of_nothing();
    let (served, other) = (Served::start(&home, &[]), Served::start(&home, &[]));
    let token = served.token.clone().expect("it is printed");
    assert!(token.len() == 43 && other.token.as_ref() != Some(&token), "{token}");
    for path in ["/api/pipelines", "/metrics", "/studio/app.js", "/api/events", "/"] {
        assert_eq!(open(&format!("{}{path}", served.url)).status, 401, "{path}");
    }
    assert_eq!(
        (open(&format!("{}/healthz", served.url)).status, served.ask("/api/pipelines").status),
        (200, 200)
    );

    // A browser gets a session with the address, and the page itself: a redirect from a page elsewhere would lose the cookie.
    let page = |path: &str| ask("GET", &format!("{}{path}", served.url), "Accept: text/html\r\n");
    let visit = page(&format!("/?token={token}"));
    assert!(visit.status == 200 && visit.body.contains("/studio/app.js"), "{visit:?}");
    let cookie = visit.cookie.expect("a session");
    let port = served.url.rsplit_once(':').expect("a port").1;
    assert!(
        cookie.starts_with(&format!("pipeline_session_{port}=")) && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    assert!(!cookie.contains(&token), "{cookie}");
    let with = |cookie: &str| {
        ask("GET", &format!("{}/metrics", served.url), &format!("Cookie: {cookie}\r\n")).status
    };
    let pair = cookie.split(';').next().expect("a pair");
    assert_eq!(
        (with(pair), with(&format!("other=1; {pair}")), with("pipeline_session_1=x")),
        (200, 200, 401)
    );
    for path in ["/?token=wrong", "/?token=", "/"] {
        let visit = page(path);
        assert_eq!((visit.status, visit.location.as_deref()), (303, Some("/login")), "{path}");
    }
    for (served, text) in [(served, &token), (other, &token)] {
        served.signal("TERM");
        assert!(!served.wait().1.contains(text.as_str()));
    }
}

#[test]
fn whoever_wants_no_token_says_so() {
    let home = home_of_nothing().with([("PIPELINE_SERVE_TOKEN", "correct horse battery")]);
    let served = Served::start(&home, &["--no-token"]);
    assert_eq!((served.token.as_ref(), open(&format!("{}/api/pipelines", served.url)).status), (None, 200));
    for hosts in ["Host: evil.example\r\n", "Host: localhost\r\nHost: evil.example\r\n"] {
        let rebound = ask("GET", &format!("{}/api/pipelines", served.url), hosts);
        assert_eq!(rebound.status, 421, "{}", rebound.body);
    }
}

#[test]
fn wrong_tokens_are_answered_ever_more_slowly_and_the_right_one_at_once() {
    let home = home_of_nothing();
    let served = Served::start(&home, &[]);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for index in 0..40 {
            let url = format!("{}/metrics?token=guess-{index}", served.url);
            scope.spawn(move || assert!([401, 429].contains(&open(&url).status)));
        }
    });
    assert!(begin.elapsed() > Duration::from_secs(3), "{:?}", begin.elapsed());
    let begin = Instant::now();
    assert_eq!(served.ask("/metrics").status, 200);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    served.signal("TERM");
    let (_, said) = served.wait();
    assert!(said.contains("a wrong token was shown") && !said.contains("guess-"), "{said}");
    assert!(said.lines().count() < 20, "{said}");
}

/// More connections than there may be, of somebody who has no token.
#[test]
#[cfg(unix)]
fn half_a_request_keeps_nobody_from_being_answered() {
    let home = home_of_nothing();
    let serve = home.command(&["serve", "p", "--port", "0"]);
    let mut shell = Command::new("sh");
    shell.current_dir(home.path("")).stdin(Stdio::null());
    shell.env("PIPELINE_STATE_DIR", home.path("state")).env("HOME", home.path(""));
    shell.args(["-c", "ulimit -n 128; exec \"$0\" \"$@\""]).arg(serve.get_program()).args(serve.get_args());
    let served = Served::begin(shell);
    let address = served.url.strip_prefix("http://").expect("an address");
    let half: Vec<_> = (0..150)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("it listens");
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a").expect("sent");
            stream
        })
        .collect();
    let begin = Instant::now();
    assert_eq!(open(&format!("{}/healthz", served.url)).status, 200);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    drop(half);
}

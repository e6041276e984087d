//! Credentials outside of `auth`: wherever a file has them, they are in no output, no log and nothing that is kept.

use std::{fs, path::Path};

use crate::{
    authoring::Dev,
    recorded::{Reply, Server},
    support::{Home, every},
};

const SECRET: &str = "CANARY9f3aB";

/// Ways to write it that outputs could have.
fn forms() -> Vec<String> {
    let of_a_user = "dXNlcjpDQU5BUlk5ZjNhQi9hcn".to_owned();
    vec![SECRET.to_owned(), "Q0FOQVJZOWYzYU".to_owned(), of_a_user]
}

fn all_text_in(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all_text_in(&path, found);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

/// Runs everything that shows something of a pipeline, and looks for the secret everywhere.
fn assert_masked(home: &Home, about: &str) -> String {
    let mut said = String::new();
    for command in ["explain", "run", "validate", "check", "preview", "runs"] {
        let args = match command {
            "run" => vec!["run", "p.yaml", "-vvv"],
            "runs" => vec!["runs", "--format", "json"],
            command => vec![command, "p.yaml"],
        };
        let done = home.run(&args);
        said.push_str(&format!("$ {command}: {:?}\n{}{}", done.code, done.stdout, done.stderr));
    }
    let mut texts = vec![("what is printed".to_owned(), said.clone())];
    for folder in ["state", "out", "cache"] {
        all_text_in(&home.path(folder), &mut texts);
    }
    for (place, text) in texts {
        for form in forms() {
            if let Some(at) = text.find(&form) {
                let around =
                    text.floor_char_boundary(at.saturating_sub(200))..text.floor_char_boundary(at + 50);
                panic!("{about}: {form} in {place}: {}", &text[around]);
            }
        }
    }
    said
}

fn home(server: &Server, secret: &str) -> Home {
    let home = Home::new();
    let cache = home.path("cache").to_string_lossy().into_owned();
    let host = server.url.trim_start_matches("http://").to_owned();
    home.with([
        ("URL", server.url.as_str()),
        ("HOST", host.as_str()),
        ("XDG_CACHE_HOME", cache.as_str()),
        ("KEY", secret),
        ("PLAIN_NAME", secret),
    ])
}

/// A server that repeats all that it is sent, in a refusal or in a page.
fn echo(status: u16) -> Server {
    Server::start(move |asked| {
        let said = format!("refused: {} {:?} {} {}", asked.query, asked.headers, asked.body, asked.path);
        let body = serde_json::json!({ "message": said, "items": [{ "id": 1 }] });
        Reply::json(body.to_string()).of_status(status)
    })
}

/// What it is, keys of the datasource and of the query, and sections behind them.
const PLACES: &[(&str, &str, &str)] = &[
    ("a header of the datasource", "headers: { X-Api-Key: '${KEY}' }", ""),
    ("a header without a telling name", "headers: { X-Custom: '${PLAIN_NAME}' }", ""),
    ("a header in the file", "headers: { Authorization: 'Bearer CANARY9f3aB' }", ""),
    ("a header of the query", "", "headers: { X-Auth-Token: '${PLAIN_NAME}' }"),
    ("a parameter", "", "params: { api_key: '${PLAIN_NAME}' }"),
    ("a parameter in the file", "", "params: { api_key: CANARY9f3aB }"),
    ("a parameter without a telling name", "", "params: { sid: '${KEY}' }"),
    ("a parameter of which no name tells", "", "params: { sid: '${PLAIN_NAME}' }"),
    ("a part of a parameter", "", "params: { filter: 'of ${KEY}' }"),
    ("a part of a parameter of which no name tells", "", "params: { filter: 'of ${PLAIN_NAME}, ${run.id}' }"),
    ("a path", "", "path: '/of/${PLAIN_NAME}'"),
    ("a parameter in a path", "", "path: '/x?a=b&api_key=CANARY9f3aB'"),
    ("a body in the file", "", "method: POST, body: { user: joe, password: CANARY9f3aB }"),
    ("a member deep in a body", "", "method: POST, body: { a: [{ login: { api_key: CANARY9f3aB } }] }"),
    ("members of a credential", "", "method: POST, body: { credentials: { user: joe, pin: [CANARY9f3aB] } }"),
    ("a body of which no name tells", "", "method: POST, body: { a: [{ pin: 'my ${PLAIN_NAME}' }] }"),
    ("a form", "", "method: POST, body_format: form, body: { user: joe, client_secret: [CANARY9f3aB] }"),
    ("a form of which no name tells", "", "method: POST, body_format: form, body: { pin: '${PLAIN_NAME}' }"),
    (
        "a parameter of the pipeline",
        "",
        "params: { a: '${param.password}' }\nparams: { password: { default: CANARY9f3aB } }",
    ),
    ("the same by a variable", "", "params: { a: '${param.b}' }\nparams: { b: { default: '${KEY}' } }"),
    (
        "the same where no name tells",
        "",
        "params: { a: '${param.b}' }\nparams: { b: { default: '${PLAIN_NAME}' } }",
    ),
];

#[test]
fn credentials_outside_of_auth_are_masked_wherever_they_stand() {
    for (about, datasource, query) in every(5, PLACES) {
        let query = match query.starts_with("path:") {
            true => format!("{{ {query} }}"),
            false => {
                let (query, rest) = query.split_once('\n').unwrap_or((query, ""));
                let comma = if query.is_empty() { "" } else { ", " };
                format!("{{ path: /x{comma}{query} }}\n{rest}")
            }
        };
        let server = echo(400);
        let home = home(&server, SECRET);
        home.write(
            "p.yaml",
            &format!(
                "datasource:\n  kind: rest\n  base_url: '${{URL}}'\n  limits: {{ backoff: 1ms, max_attempts: 1 }}\n  {datasource}\n\
                 query: {query}\n\
                 sink: {{ kind: jsonl, path: out/rows }}\n"
            ),
        );
        let said = assert_masked(&home, about);
        assert!(said.contains("[REDACTED]"), "{about}: {said}");
        assert!(server.asked().iter().any(|asked| format!("{asked:?}").contains(SECRET)), "{about}");
    }
}

/// A server that repeats single cookies, and what a login was decoded to.
#[test]
fn parts_of_credentials_are_masked_and_everyday_words_in_them_are_not() {
    let server = Server::start(|_| {
        let said =
            "li_at AQEDx9fFz2 in en, joe:hunter2-m0re, signed fe5f80f77d5fa3b by AKIAIOSFODNN7X, db s3cr&et9";
        Reply::json(serde_json::json!({ "message": said }).to_string())
            .of_status(400)
            .with("set-cookie", "li_at=AQEDx9fFz2; Path=/")
    });
    let home = Home::new().with([
        ("URL", server.url.as_str()),
        ("COOKIE", "li_at=AQEDx9fFz2; lang=en"),
        ("AUTH", "Basic am9lOmh1bnRlcjItbTByZQ=="),
        ("SIGNED", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7X/20261130/eu/s3/aws4_request, Signature=fe5f80f77d5fa3b"),
        ("DB", "Server=x;User=joe;Password=s3cr&et9"),
    ]);
    home.write(
        "p.yaml",
        "datasource:\n  kind: rest\n  base_url: '${URL}'\n  limits: { max_attempts: 1 }\n  \
         headers: { Cookie: '${COOKIE}', Authorization: '${AUTH}', X-Signature: '${SIGNED}', X-Database: '${DB}' }\n\
         query: { path: /x }\nsink: { kind: jsonl, path: out/rows }\n",
    );
    let done = home.run(&["run", "p.yaml", "-vv"]);
    let runs = home.run(&["runs", "--format", "json"]);
    let masked = "[REDACTED]";
    let expected = format!("li_at {masked} in en, joe:{masked}, signed {masked} by {masked}, db {masked}");
    for said in [&done.stderr, &runs.stdout] {
        assert!(said.contains(&expected), "{said}");
    }
}

/// A message that repeats a token of 900 characters is clipped within it, and so is one whose end falls into a short one.
#[test]
fn what_a_clipped_message_has_of_a_credential_is_masked() {
    for (token, fill) in
        [(format!("eyJ{}", "Zq7x".repeat(225)), 60), (format!("ghp_{}", "Zq7x".repeat(9)), 270)]
    {
        let server = Server::start(move |asked| {
            let sent = asked.headers.iter().find(|(name, _)| name == "authorization").expect("a login");
            Reply::json(format!("{{\"message\":\"{} {}\"}}", "x".repeat(fill), sent.1)).of_status(400)
        });
        let home = Home::new().with([("URL", server.url.as_str()), ("API_TOKEN", &token)]);
        home.write(
            "p.yaml",
            "datasource: { kind: rest, base_url: '${URL}', auth: { kind: bearer, token: '${API_TOKEN}' } }\n\
             query: { path: /x }\nsink: { kind: jsonl, path: out/rows }\n",
        );
        let done = home.run(&["run", "p.yaml", "-vv"]);
        let runs = home.run(&["runs", "--format", "json"]);
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        for said in [&done.stderr, &runs.stdout] {
            assert!(said.contains("[REDACTED]") && !said.contains("Zq7x"), "{said}");
        }
    }
}

#[test]
fn credentials_in_addresses_are_masked() {
    let addresses = [
        ("a password of the server", "http://user:${KEY}@${HOST}", ""),
        ("a password without a telling name", "http://user:${PLAIN_NAME}@${HOST}", ""),
        ("a password in the file", "http://user:CANARY9f3aB@${HOST}", ""),
        ("an encoded password", "http://user:CANARY9f3aB%2Farq@${HOST}", ""),
        ("a password with a slash", "http://user:CANARY9f3aB/arq@${HOST}", ""),
        ("a password with a slash behind digits", "http://user:12/CANARY9f3aB@${HOST}", ""),
        ("a password with other signs", "http://user:a#CANARY9f3aB?b@${HOST}", ""),
        ("a parameter of the address", "${URL}/?apikey=CANARY9f3aB", ""),
        ("a parameter of which no name tells", "${URL}/?a=${PLAIN_NAME}", ""),
        ("a proxy of the wrong kind", "${URL}", ", proxy: 'socks9://u:${PLAIN_NAME}!@h'"),
        ("a proxy in the file", "${URL}", ", proxy: 'socks9://u:CANARY9f3aB@h'"),
        ("a password as an address", "${PLAIN_NAME}", ""),
        ("a password as a number", "${URL}", ", concurrency: '${PLAIN_NAME}'"),
    ];
    for (about, base_url, limits) in every(7, addresses) {
        let server = echo(400);
        let home = home(&server, SECRET);
        home.write(
            "p.yaml",
            &format!(
                "datasource:\n  kind: rest\n  base_url: '{base_url}'\n  limits: {{ backoff: 1ms, max_attempts: 1{limits} }}\n\
                 query: {{ path: /x }}\nsink: {{ kind: jsonl, path: out/rows }}\n"
            ),
        );
        assert_masked(&home, about);
    }
}

#[test]
#[cfg(unix)]
fn what_a_program_repeats_of_its_settings_is_masked() {
    for settings in [
        "config: { nested: { pass: '${PLAIN_NAME}' } }",
        "config: { nested: [{ anything: '${KEY}' }] }",
        "config: { anything: '${PLAIN_NAME}' }",
        "config: { db_pwd: CANARY9f3aB }",
        "env: { DB_DSN: '${PLAIN_NAME}' }",
        "env: { ANYTHING: '${PLAIN_NAME}' }",
    ] {
        let server = echo(200);
        let home = home(&server, SECRET);
        home.write("tap.sh", "cat \"$2\" >&2; env >&2; exit 1\n");
        home.write(
            "p.yaml",
            &format!(
                "datasource:\n  kind: command\n  command: [env, -u, KEY, -u, PLAIN_NAME, sh, tap.sh]\n  {settings}\n\
                 query: {{ path: s }}\nsink: {{ kind: jsonl, path: out/rows }}\n"
            ),
        );
        assert_masked(&home, settings);
    }
}

#[test]
fn data_is_not_masked_for_a_value_that_only_may_be_a_credential() {
    let server = Server::start(|asked| {
        let project = asked.param("project").unwrap_or_default();
        Reply::json(serde_json::json!([{ "id": 1, "project": project }]).to_string())
    });
    let home = home(&server, "WebShop2024");
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}' }\n\
         query: { path: /x, params: { project: '${PLAIN_NAME}', api_key: '${KEY}1', key: WEB, pageToken: a1 } }\n\
         converter:\n  script: |\n    function convert(json, metadata) {\n      const { project, api_key, key, pageToken } = metadata.queryParameters;\n      return JSON.parse(json).map(row => ({ ...row, asked: project, api_key, key, pageToken }));\n    }\n\
         sink: { kind: jsonl, path: out/rows }\n",
    );
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let row: serde_json::Value = serde_json::from_str(&home.read("out/rows.jsonl")).expect("a row");
    // A parameter is masked by its own name; `KEY` says that its value is a credential, and both variables have the same.
    let expected = serde_json::json!({
        "id": 1, "project": "WebShop2024", "asked": "WebShop2024", "api_key": "[REDACTED]", "key": "WEB", "pageToken": "a1"
    });
    assert_eq!(row, expected);
}

#[test]
fn data_has_the_address_without_the_credentials_in_it() {
    let cookie = format!("sid={SECRET}; HttpOnly");
    let link = format!("</x?api_key={SECRET}>; rel=\"prev\"");
    let server = Server::start(move |_| {
        Reply::json(r#"[{"id":1}]"#).with("set-cookie", cookie.as_str()).with("link", link.as_str())
    });
    let home = home(&server, SECRET).with([("BOT_TOKEN", SECRET)]);
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}' }\n\
         query:\n  path: /bot${BOT_TOKEN}/x\n  \
         params: { key: '${KEY}', code: aB3+9xCD, session: '${PLAIN_NAME}', appkey: A1, token_type: t, keys: 'A-1,A-2' }\n\
         converter:\n  script: |\n    const convert = (json, { url, queryParameters, headers }) => [{ url, q: JSON.stringify(queryParameters), cookie: headers['set-cookie'], link: headers.link }];\n\
         sink: { kind: jsonl, path: out/rows }\n",
    );
    for command in ["run", "record"] {
        let done = home.run(&[command, "p.yaml"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
    let row: serde_json::Value = serde_json::from_str(&home.read("out/rows.jsonl")).expect("a row");
    let shown = "/bot[REDACTED]/x?key=[REDACTED]&code=[REDACTED]&session=[REDACTED]&appkey=[REDACTED]&token_type=t&keys=A-1%2CA-2";
    assert_eq!(row["url"], format!("{}{shown}", server.url));
    assert_eq!(
        (&row["cookie"], &row["link"]),
        (&"[REDACTED]".into(), &"</x?api_key=[REDACTED]>; rel=\"prev\"".into())
    );
    let params: serde_json::Value = serde_json::from_str(row["q"].as_str().expect("a text")).expect("JSON");
    let masked = "[REDACTED]";
    let expected = serde_json::json!({ "key": masked, "code": masked, "session": masked, "appkey": masked, "token_type": "t", "keys": "A-1,A-2" });
    assert_eq!(params, expected);
    let mut texts = Vec::new();
    all_text_in(&home.path("."), &mut texts);
    assert!(texts.iter().any(|(place, _)| place.contains(".cases")), "no case");
    assert!(!texts.iter().any(|(_, text)| text.contains(SECRET)));
}

#[test]
fn pages_that_are_kept_are_what_the_server_sent() {
    let server = Server::start(|_| {
        Reply::json(
            r#"[{"id":4000,"used":14000,"day":"2024-01-01","is":"delivered","order_id":7,"role":"admin","admin":"live"}]"#,
        )
        .with("x-role", "admin")
    });
    let home = home(&server, "live");
    home.write(
        "p.yaml",
        "datasource:\n  kind: rest\n  base_url: '${URL}'\n  auth: { kind: basic, username: me, password: admin }\n\
         query: { path: /x, params: { max_tokens: 4000, password: '2024', state: '${KEY}', sort: order_id, token: order_id } }\n\
         converter:\n  script: |\n    function convert(json, metadata) {\n      const { max_tokens, state, sort } = metadata.queryParameters;\n      return JSON.parse(json).map(row => ({ ...row, max_tokens, state, sort }));\n    }\n\
         sink: { kind: jsonl, path: out/rows }\n",
    );
    let expected = serde_json::json!({
        "id": 4000, "used": 14000, "day": "2024-01-01", "is": "delivered", "order_id": 7,
        "role": "admin", "admin": "live", "max_tokens": "4000", "state": "live", "sort": "order_id",
    });
    assert_eq!(home.run(&["run", "p.yaml"]).code, Some(0));
    let row: serde_json::Value = serde_json::from_str(&home.read("out/rows.jsonl")).expect("a row");
    assert_eq!(row, expected);
    // The case that is recorded gives the same rows.
    let done = home.run(&["record", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let done = home.run(&["test", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    let mut texts = Vec::new();
    all_text_in(&home.path("."), &mut texts);
    let is_case = |text: &&(String, String)| text.1.contains("queryParameters") && text.0.ends_with(".json");
    let case = &texts.iter().find(is_case).expect("a case").1;
    for param in ["\"max_tokens\": \"4000\"", "\"state\": \"live\"", "\"sort\": \"order_id\""] {
        assert!(case.contains(param), "{param}: {case}");
    }
    // What an author looks at has the same rows.
    let mut dev = Dev::start(&home, &["p.yaml"]);
    let table = dev.table();
    assert!(table.contains("admin") && !table.contains("REDACTED"), "{table}");
    dev.quit();
}

#[test]
fn links_are_followed_as_the_user_of_the_address() {
    for pagination in ["kind: link_header", "kind: next_url, next: next"] {
        let server = Server::start(|asked| {
            let page: u32 = asked.param("page").and_then(|page| page.parse().ok()).unwrap_or(1);
            let next = format!("http://{}/x?page={}", asked.header("host"), page + 1);
            let body = serde_json::json!({ "items": [{ "id": page }], "next": (page < 3).then_some(&next) });
            let reply = Reply::json(body.to_string());
            if page < 3 { reply.with("link", format!("<{next}>; rel=\"next\"")) } else { reply }
        });
        let home = home(&server, "p w/é");
        home.write(
            "p.yaml",
            &format!(
                "datasource: {{ kind: rest, base_url: 'http://joe:p%20w%2F%C3%A9@${{HOST}}' }}\n\
                 query: {{ path: /x, select: items, pagination: {{ {pagination} }} }}\nsink: {{ kind: jsonl, path: out/rows }}\n"
            ),
        );
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let asked = server.asked();
        let users: Vec<&str> = asked.iter().map(|asked| asked.header("authorization")).collect();
        // joe:p w/é
        assert_eq!(users, ["Basic am9lOnAgdy/DqQ=="; 3], "{pagination}");
    }
}

#[test]
fn parameters_of_the_command_line_are_masked_by_their_names() {
    let server = echo(400);
    let home = home(&server, "unused");
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}', limits: { max_attempts: 1 } }\n\
         params: { api_key: { one_of: [CANARY9f3aB, a] }, pin: { type: integer, default: 1 } }\n\
         query: { path: /x, method: POST, body: { a: '${param.api_key}' } }\nsink: { kind: jsonl, path: out/rows }\n",
    );
    // The name of the parameter tells nothing, and that of what is sent does.
    for (name, query) in [
        ("q.yaml", "method: POST, body: { a: [{ password: { value: 'my ${param.pin}' } }] }"),
        ("r.yaml", "params: { secret: ['${param.pin}'] }"),
        ("s.yaml", "path: '/x?secret=${param.pin}'"),
    ] {
        home.write(
            name,
            &format!(
                "datasource: {{ kind: rest, base_url: '${{URL}}', limits: {{ max_attempts: 1 }} }}\n\
                 params: {{ pin: {{ default: a }} }}\nquery: {{ {}{query} }}\nsink: {{ kind: jsonl, path: out/rows }}\n",
                if query.starts_with("path") { "" } else { "path: /x, " }
            ),
        );
    }
    for (file, name, value) in [
        ("p.yaml", "api_key", SECRET),
        ("p.yaml", "api_key", "CANARY9f3aB-other"),
        ("q.yaml", "pin", SECRET),
        ("r.yaml", "pin", SECRET),
        ("s.yaml", "pin", SECRET),
    ] {
        let given = format!("{name}={value}");
        for command in ["run", "explain", "validate"] {
            let done = home.run(&[command, file, "-p", &given]);
            let said = format!("{}{}", done.stdout, done.stderr);
            assert!(!said.contains(SECRET), "{command} {file} {value}: {said}");
        }
    }
    assert!(server.asked().iter().all(|asked| format!("{} {}", asked.body, asked.query).contains(SECRET)));
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn everyday_values_can_be_read() {
    let values = [
        ("PROJECT_KEY", "SALES"),
        ("PROJECT", "WebShop2024"),
        ("TABLE_NAME", "Orders9b"),
        ("KEY_COLUMN", "order_id"),
        ("REGION", "prod-eu-1"),
        ("T", "DIM_CUSTOMER"),
        ("SINCE", "2024-01-31"),
        ("DB_PASS", "live"),
    ];
    let server = echo(400);
    let home = home(&server, "unused").with(values);
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}', limits: { max_attempts: 1 }, headers: { X-Pass: '${DB_PASS}' } }\n\
         query:\n  path: /x\n  params: { key: '${PROJECT_KEY}', project: '${PROJECT}', keys: '${TABLE_NAME}', code: '${KEY_COLUMN}', \
         auth: '${REGION}', t: '${T}', since: '${SINCE}', is: delivered, page_token: CAUQ9x, max_tokens: 4000 }\n\
         sink: { kind: jsonl, path: out/rows }\n",
    );
    let done = home.run(&["run", "p.yaml"]);
    for (variable, value) in every(3, values) {
        let shown = if variable == "DB_PASS" { "delivered" } else { value };
        assert!(done.stderr.contains(shown), "{value}: {}", done.stderr);
    }
    assert!(done.stderr.contains("(\"x-pass\", \"[REDACTED]\")"), "{}", done.stderr);
    for value in ["page_token=CAUQ9x", "max_tokens=4000"] {
        assert!(done.stderr.contains(value), "{value}: {}", done.stderr);
    }
    let done = home.run(&["explain", "p.yaml"]);
    assert!(
        done.stdout.contains("key = SALES") && done.stdout.contains("auth = prod-eu-1"),
        "{}",
        done.stdout
    );
}

#[test]
fn converters_see_parameters_as_they_were_sent_and_as_they_are_written() {
    let server = Server::start(|asked| {
        let page: u32 = asked.param("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let next = (page < 2).then_some("/x?page=2&jql=a%20b&password=CANARY9f3aB&token=CANARY9f3aB");
        Reply::json(serde_json::json!({ "items": [{ "id": page }], "next": next }).to_string())
    });
    let home = home(&server, SECRET);
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}' }\n\
         query:\n  path: /x?page=1\n  params: { jql: ['of ${PROJECT:-A}', '${param.b}'], password: '${PLAIN_NAME}', api_key: CANARY9f3aB }\n  \
         pagination: { kind: next_url, next: next }\nparams: { b: { default: B } }\n\
         converter:\n  script: |\n    const convert = (json, metadata) => [{ q: metadata.queryParameters, o: metadata.originalQueryParameters }];\n\
         sink: { kind: jsonl, path: out/rows }\n",
    );
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let rows = home.read("out/rows.jsonl");
    assert!(!rows.contains(SECRET), "{rows}");
    let rows: Vec<serde_json::Value> =
        rows.lines().map(|row| serde_json::from_str(row).expect("a row")).collect();
    let masked = "[REDACTED]";
    let written = serde_json::json!({ "jql": ["of ${PROJECT:-A}", "${param.b}"], "password": masked, "api_key": masked });
    let expected = [
        serde_json::json!({ "q": { "page": "1", "jql": ["of A", "B"], "password": masked, "api_key": masked, "token": null }, "o": written }),
        serde_json::json!({ "q": { "page": "2", "jql": "a b", "password": masked, "api_key": null, "token": masked }, "o": written }),
    ];
    assert_eq!(rows, expected);
}

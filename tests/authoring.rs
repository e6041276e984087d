//! Writing a pipeline: `dev`, `test`, `record`, `convert`.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, ChildStdout, Stdio},
    time::{Duration, Instant},
};

use crate::{
    recorded::{Reply, Server},
    support::{Done, Home, Killed, Site, root},
};

const YAML: &str = "datasource:
  kind: rest
  base_url: ${JIRA_BASE_URL}
  auth:
    kind: oauth2
    authentication_url: ${JIRA_AUTH_URL}
    client_id: ${JIRA_CLIENT_ID}
    client_secret: ${JIRA_CLIENT_SECRET}
    refresh_token: ${JIRA_REFRESH_TOKEN}
query:
  path: /search/jql
  params: { jql: project = ABC order by key, fields: 'summary,status', maxResults: 10 }
  pagination: { kind: cursor, next: nextPageToken, param: nextPageToken }
converter: issues.js
sink: { kind: parquet, path: out/issues }
";

const SCRIPT: &str = "function convert(json) {
  return JSON.parse(json).issues.map(issue => ({
    Key: issue.key,
    Status: issue.fields.status.name,
  }));
}
";

fn home(site: &Site) -> Home {
    let home = site.home();
    home.write("issues.yaml", YAML);
    home.write("issues.js", SCRIPT);
    home
}

/// `pipeline dev`, read up to the line that ends each table or error.
pub(crate) struct Dev {
    child: Killed,
    keys: ChildStdin,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Dev {
    pub(crate) fn start(home: &Home, args: &[&str]) -> Self {
        let mut command = home.command(&[&["dev"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("it starts");
        let keys = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child: Killed(child), keys, lines }
    }

    /// All lines up to the one with `last`.
    fn until(&mut self, last: &str) -> String {
        let mut text = String::new();
        for line in self.lines.by_ref() {
            let line = line.expect("text");
            text.push_str(&line);
            text.push('\n');
            if line.contains(last) {
                return text;
            }
        }
        panic!("it ended before `{last}`:\n{text}");
    }

    pub(crate) fn table(&mut self) -> String {
        self.until("table in ")
    }

    fn press(&mut self, key: &str) {
        self.keys.write_all(key.as_bytes()).expect("it listens");
    }

    pub(crate) fn quit(mut self) {
        self.press("q\n");
        assert!(self.child.0.wait().expect("it ends").success());
    }
}

#[test]
fn dev_asks_once_and_shows_each_save() {
    let site = Site::with_issues(25);
    let home = home(&site);
    let mut dev = Dev::start(&home, &["issues.yaml", "-n", "2"]);
    let first = dev.table();
    for part in ["ABC-1", "ABC-2", "Status", "string", "10 rows, 2 columns, rows 1 to 2", "fetched now"] {
        assert!(first.contains(part), "{part} in\n{first}");
    }
    assert!(!first.contains("since the last save"), "{first}");
    // An editor that saves by renaming, a column more.
    home.write("issues.js.new", &SCRIPT.replace("Key: issue.key,", "Key: issue.key, Id: Number(issue.id),"));
    fs::rename(home.path("issues.js.new"), home.path("issues.js")).expect("renamed");
    let second = dev.table();
    for part in
        ["Id", "int", "10001", "since the last save:", "new column `Id`: int", "row 1, `Id`: null → 10001"]
    {
        assert!(second.contains(part), "{part} in\n{second}");
    }
    // The YAML, with a limit that makes no difference to the page: still one request.
    home.write(
        "issues.yaml",
        &YAML.replace("converter: issues.js", "converter: issues.js\ncolumns: { Id: { type: string } }"),
    );
    let wrong = dev.until("string");
    assert!(wrong.contains("Id"), "{wrong}");
    home.write("issues.yaml", YAML);
    dev.table();
    assert_eq!(site.stats().search_requests, 1);
    dev.press("n\n");
    let next = dev.table();
    assert!(next.contains("ABC-3") && next.contains("rows 3 to 4"), "{next}");
    dev.press("j\n");
    let json = dev.table();
    assert!(json.contains("\"issues\": [") || json.contains("JSON, lines"), "{json}");
    dev.press("r\n");
    dev.table();
    assert_eq!(site.stats().search_requests, 2);
    dev.quit();
    // Another day: the page is still there.
    let mut dev = Dev::start(&home, &["issues.yaml"]);
    let table = dev.table();
    assert!(table.contains("kept ") && table.contains(" s ago"), "{table}");
    dev.quit();
    assert_eq!(site.stats().search_requests, 2);
}

#[test]
fn dev_shows_the_place_of_a_mistake_and_goes_on() {
    let site = Site::with_issues(5);
    let home = home(&site);
    home.write("lib/names.js", "export const name = issue => issue.fields.status.name;\n");
    let import = "import { name } from './lib/names.js';\nexport function convert(json) {\n  return JSON.parse(json).issues.map(issue => ({ Status: name(issue) }));\n}\n";
    home.write("issues.js", import);
    let mut dev = Dev::start(&home, &["issues.yaml"]);
    dev.table();
    home.write("lib/names.js", "export const name = issue => issue.fields.statu.name;\n");
    let thrown = dev.until("write `issue.fields.statu?.name`");
    assert!(thrown.contains("lib/names.js:1:") && thrown.contains("^^^^"), "{thrown}");
    home.write("issues.js", "function convert(json { return [] }\n");
    let syntax = dev.until("syntax error");
    assert!(syntax.contains("issues.js"), "{syntax}");
    // The half-written file, and then an endless loop that the next save ends.
    home.write("issues.js", "function convert(json) { for (;;) {} }\n");
    std::thread::sleep(Duration::from_millis(300));
    home.write("issues.js", SCRIPT);
    let started = Instant::now();
    assert!(dev.table().contains("Status"));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    home.write("issues.yaml", &YAML.replace("kind: cursor", "kind: cursr"));
    let yaml = dev.until("did you mean `cursor`?");
    assert!(yaml.contains("issues.yaml:13:"), "{yaml}");
    home.write("issues.yaml", YAML);
    dev.table();
    dev.quit();
}

#[test]
fn what_dev_keeps_has_no_secrets_and_is_for_its_user_alone() {
    let site = Site::with_issues(5);
    let home = home(&site);
    let script =
        "function convert(json, metadata) { return [{ headers: Object.keys(metadata.headers).join() }] }";
    home.write("issues.js", script);
    let mut dev = Dev::start(&home, &["issues.yaml"]);
    dev.table();
    dev.quit();
    let folder = home.path(".cache/pipeline/dev");
    let kept: Vec<_> = fs::read_dir(&folder).expect("a cache").flatten().collect();
    assert_eq!(kept.len(), 1);
    let text = fs::read_to_string(kept[0].path()).expect("a page");
    assert!(text.contains("ABC-1"), "{text}");
    for (name, value) in site.sandbox.variables() {
        let is_secret = name.contains("TOKEN") || name.contains("SECRET");
        assert!(!is_secret || !text.contains(&value), "{name} is in the cache");
    }
    assert!(!text.to_lowercase().contains("authorization"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = kept[0].metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[test]
fn recorded_cases_are_tested_without_server_and_credentials() {
    let site = Site::with_issues(25);
    let home = home(&site);
    let args = [
        "record",
        "issues.yaml",
        "--pages",
        "2",
        "--records",
        "3",
        "--remove",
        "issues.*.fields.status.name",
    ];
    let done = home.run(&args);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("issues.cases/page-2.json  3 rows"), "{}", done.stdout);
    let case = home.read("issues.cases/page-1.json");
    assert!(case.contains("{\"Key\":\"ABC-1\",\"Status\":\"[removed]\"}"), "{case}");
    // Recording again would lose what was there.
    assert_eq!(home.run(&args).code, Some(2));
    assert_eq!(home.run(&[&args[..], &["--force"]].concat()).code, Some(0));

    let elsewhere = Home::new();
    for name in ["issues.yaml", "issues.js", "issues.cases/page-1.json", "issues.cases/page-2.json"] {
        elsewhere.write(name, &home.read(name));
    }
    for args in [&["test"][..], &["test", "issues.yaml"], &["test", "issues.js"], &["test", "issues.cases"]] {
        let done = elsewhere.run(args);
        assert_eq!(done.code, Some(0), "{args:?}\n{}{}", done.stdout, done.stderr);
        assert!(done.stdout.contains("2 passed, 0 failed"), "{args:?}\n{}", done.stdout);
    }
}

#[test]
fn a_case_that_fails_says_what_came_and_can_be_accepted() {
    let home = Home::new();
    home.write(
        "things.js",
        "function convert(json) { return JSON.parse(json).things.map(t => ({ n: t.n })) }",
    );
    home.write("things.cases/two.json", r#"{ "json": { "things": [{ "n": 1 }, { "n": 2 }] }, "columns": { "n": "int" }, "rows": [{ "n": 1 }, { "n": 3 }] }"#);
    home.write(
        "things.cases/none.json",
        r#"{ "json": {}, "error": "`JSON.parse(json).things` is null or undefined" }"#,
    );
    home.write("things.cases/new.json", r#"{ "text": "{\"things\": [{\"n\": 0.5}]}" }"#);
    let done = home.run(&["test", "--junit", "report.xml"]);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    for part in ["ok      ./things.cases/none.json", "row 2, `n`: 3 → 2", "`--update`", "1 passed, 2 failed"]
    {
        assert!(done.stdout.contains(part), "{part} in\n{}", done.stdout);
    }
    let report = home.read("report.xml");
    assert!(
        report.contains("tests=\"3\" failures=\"2\"") && report.contains("row 2, `n`: 3 → 2"),
        "{report}"
    );
    let done = home.run(&["test", "--update", "--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    assert!(done.stdout.contains("1 passed, 2 updated, 0 failed"), "{}", done.stdout);
    assert!(home.read("things.cases/new.json").contains("{\"n\":0.5}"));
    assert_eq!(home.run(&["test"]).code, Some(0));
    // Types count too.
    home.write(
        "things.js",
        "function convert(json) { return JSON.parse(json).things.map(t => ({ n: String(t.n) })) }",
    );
    let done = home.run(&["test", "things.cases/two.json"]);
    assert!(done.stdout.contains("`n` was int, is string"), "{}", done.stdout);
}

#[test]
fn cases_that_cannot_be_run_say_why() {
    let home = Home::new();
    let check = |args: &[&str], code: i32, part: &str| {
        let done = home.run(args);
        let text = format!("{}{}", done.stdout, done.stderr);
        assert_eq!(done.code, Some(code), "{args:?}\n{text}");
        assert!(text.contains(part), "{args:?} {part} in\n{text}");
    };
    check(&["test"], 2, "`pipeline record FILE`");
    check(&["test", "nowhere"], 2, "nowhere");
    home.write("a.cases/1.json", "{ \"json\": [], \"row\": [] }");
    check(&["test"], 1, "a.cases/1.json:1:19: unknown field `row`");
    home.write("a.cases/1.json", "{ \"json\": [], \"rows\": [] }");
    check(&["test"], 1, "there is no converter for this case");
    home.write("a.js", "function convert( {");
    check(&["test"], 1, "syntax error");
    home.write("a.js", "function convert() { return [] }");
    check(&["test"], 0, "1 passed");
    home.write("a.cases/1.json", "{ \"json\": [], \"rows\": [], \"pipeline\": \"../b.yaml\" }");
    check(&["test"], 1, "b.yaml");
}

#[test]
fn test_watches_cases_and_converters() {
    let home = Home::new();
    home.write("a.js", "function convert(json) { return [{ n: 1 }] }");
    home.write("a.cases/1.json", "{ \"json\": [], \"rows\": [{ \"n\": 1 }] }");
    let mut command = home.command(&["test", "--watch"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut until = |part: &str| {
        for line in lines.by_ref() {
            if line.expect("text").contains(part) {
                return;
            }
        }
        panic!("it ended before `{part}`");
    };
    until("1 passed, 0 failed");
    home.write("a.js", "function convert(json) { return [{ n: 2 }] }");
    until("0 passed, 1 failed");
    home.write("a.cases/2.json", "{ \"json\": [], \"rows\": [{ \"n\": 2 }] }");
    until("1 passed, 1 failed");
    child.kill().expect("it runs");
    child.wait().expect("it ended");
}

#[test]
fn convert_runs_a_script_on_a_file() {
    let home = Home::new();
    home.write("a.js", "function convert(json) { return JSON.parse(json).map(n => ({ n })) }");
    home.write("in.json", "[1, 2.5]");
    let done = home.run(&["convert", "a.js", "in.json"]);
    assert!(done.stdout.contains("float") && done.stdout.contains("2.5"), "{}", done.stdout);
    let done = home.run(&["convert", "a.js", "in.json", "--format", "jsonl"]);
    assert_eq!(done.stdout, "{\"n\":1}\n{\"n\":2.5}\n");
    // With the columns of a pipeline, whose server need not be known.
    home.write("p.yaml", "datasource: { kind: rest, base_url: '${NOT_SET}' }\nquery: { path: / }\nconverter: a.js\ncolumns: { n: { type: int } }\nsink: { kind: csv, path: x }\n");
    let done = home.run(&["convert", "p.yaml", "in.json"]);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    assert!(done.stderr.contains("row 2") && done.stderr.contains("int"), "{}", done.stderr);
    assert_eq!(home.run(&["convert", "a.js", "nothing.json"]).code, Some(2));
}

#[test]
fn the_manual_is_made_of_the_commands() {
    let home = Home::new();
    let done = home.run(&["man"]);
    assert!(
        done.stdout.contains(".TH pipeline 1") && done.stdout.contains("pipeline\\-run"),
        "{}",
        done.stdout
    );
    assert_eq!(home.run(&["man", "pages"]).code, Some(0));
    assert!(home.read("pages/pipeline-dev.1").contains("refetch"));
}

/// Prints how long it takes from a save to the table: `cargo test … save_to_table -- --nocapture`.
#[test]
fn save_to_table_times() {
    let site = Site::with_issues(100);
    let home = site.home();
    for name in ["pipelines/jira.yaml", "converters/jira_issues.js"] {
        home.write(name, &fs::read_to_string(root().join(name)).expect("an example"));
    }
    let script = home.read("converters/jira_issues.js");
    let mut dev = Dev::start(&home, &["pipelines/jira.yaml"]);
    dev.table();
    let n_saves = std::env::var("SAVES").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let mut times: Vec<Duration> = (0..n_saves)
        .map(|n| {
            home.write("new.js", &script.replace("issue.key,", &format!("issue.key + {n},")));
            let saved = Instant::now();
            fs::rename(home.path("new.js"), home.path("converters/jira_issues.js")).expect("renamed");
            let table = dev.table();
            assert!(table.contains(&format!("ABC-1{n}")), "{table}");
            saved.elapsed()
        })
        .collect();
    dev.quit();
    times.sort();
    println!(
        "save to table, {n_saves} saves: median {:?}, worst {:?}",
        times[times.len() / 2],
        times[times.len() - 1]
    );
}

#[test]
fn a_new_pipeline_passes_its_test_and_runs() {
    for template in ["rest", "jira", "github", "gitlab"] {
        let home = Home::new();
        let done = home.run(&["new", "mine", "--from", template]);
        assert_eq!(done.code, Some(0), "{template}\n{}", done.stderr);
        let done = home.run(&["test"]);
        assert_eq!(done.code, Some(0), "{template}\n{}", done.stdout);
        assert!(done.stdout.contains("1 passed"), "{template}\n{}", done.stdout);
        let with = [
            ("API_URL", "https://example.com"),
            ("API_TOKEN", "secret-1"),
            ("GITHUB_TOKEN", "secret-2"),
            ("GITLAB_TOKEN", "secret-3"),
        ];
        let jira = [
            ("JIRA_BASE_URL", "https://example.com"),
            ("JIRA_CLIENT_ID", "a"),
            ("JIRA_CLIENT_SECRET", "secret-4"),
            ("JIRA_REFRESH_TOKEN", "secret-5"),
        ];
        let done = Done::of(
            &home
                .command(&["validate", "pipelines/mine.yaml"])
                .envs(with)
                .envs(jira)
                .output()
                .expect("it runs"),
        );
        assert_eq!(done.code, Some(0), "{template}\n{}", done.stderr);
        // Nothing is overwritten.
        assert_eq!(home.run(&["new", "mine", "--from", template]).code, Some(2));
    }
    let home = Home::new();
    home.run(&["new", "mine", "--from", "jira"]);
    let summary = home.summary(&["pipelines/mine.yaml", "--sandbox", "--sandbox-issues", "120"]);
    assert_eq!(summary["tables"][0]["rows"], 120);
}

const API: &str = r##"openapi: 3.0.3
info: { title: The shop, version: '1' }
servers: [{ url: 'https://shop.example/v2/' }]
security: [{ key: [] }]
paths:
  /status: { get: { responses: { '200': { content: { application/json: { schema: { type: object } } } } } } }
  /shops/{shop-id}/orders:
    parameters: [{ name: shop-id, in: path, required: true, schema: { type: string, example: s1 } }]
    get:
      parameters:
        - { name: page_token, in: query, schema: { type: string } }
        - $ref: '#/components/parameters/Limit'
        - { name: since, in: query, required: true, schema: { type: string, format: date } }
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                properties:
                  tags: { type: array, items: { type: string } }
                  orders: { type: array, items: { $ref: '#/components/schemas/Order' } }
                  next_page_token: { type: string, nullable: true }
components:
  parameters: { Limit: { name: limit, in: query, schema: { $ref: '#/components/schemas/PageSize' } } }
  securitySchemes: { key: { type: apiKey, in: header, name: X-Api-Key } }
  schemas:
    PageSize: { type: integer, minimum: 1, maximum: 50 }
    Base: { type: object, properties: { id: { type: integer, example: 42 }, created: { type: string, format: date-time } } }
    Order:
      allOf:
        - $ref: '#/components/schemas/Base'
        - { type: object, properties: { net-price: { type: number }, open: { type: boolean }, parent: { $ref: '#/components/schemas/Order' } } }
"##;

#[test]
fn a_description_of_an_api_becomes_a_pipeline() {
    let home = Home::new();
    home.write("api.yaml", API);
    let done = home.run(&["new", "orders", "--from", "openapi:api.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let yaml = home.read("pipelines/orders.yaml");
    for part in [
        "base_url: ${API_URL:-https://shop.example/v2}",
        "auth: { kind: api_key, name: X-Api-Key, key: \"${API_KEY}\", in: header }",
        "path: \"/shops/${param.shop_id}/orders\"",
        "since: ${param.since}",
        "limit: 50",
        "select: orders",
        "pagination: { kind: cursor, next: next_page_token, param: page_token }",
        "shop_id: { default: s1 }",
    ] {
        assert!(yaml.contains(part), "{part} in\n{yaml}");
    }
    let script = home.read("converters/orders.js");
    for part in [
        "JSON.parse(json).orders.map",
        "created: item.created && new Date(item.created)",
        "\"net-price\": item[\"net-price\"]",
    ] {
        assert!(script.contains(part), "{part} in\n{script}");
    }
    let done = home.run(&["test"]);
    assert!(done.stdout.contains("1 passed"), "{}", done.stdout);
    let case = home.read("converters/orders.cases/example.json");
    assert!(case.contains("\"id\": \"int\"") && case.contains("\"created\": \"timestamp\""), "{case}");
    let mut command = home.command(&["validate", "pipelines/orders.yaml"]);
    let done = Done::of(&command.env("API_KEY", "secret").output().expect("it runs"));
    // `since` has no default, and only `--param` can give it.
    assert!(done.stderr.contains("the parameter `since` has no value"), "{}", done.stderr);
    let args = ["explain", "pipelines/orders.yaml", "--param", "since=2024-01-01"];
    let done = Done::of(&home.command(&args).env("API_KEY", "secret-key").output().expect("it runs"));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(
        done.stdout.contains("GET /shops/s1/orders with since = 2024-01-01, limit = 50"),
        "{}",
        done.stdout
    );
    assert!(!done.stdout.contains("secret-key"), "{}", done.stdout);
    let done = home.run(&["new", "status", "--from", "openapi:api.yaml#/statu"]);
    assert!(done.stderr.contains("no `get` of `/statu`"), "{}", done.stderr);
    home.write("no.yaml", "swagger: '2.0'");
    assert!(home.run(&["new", "x", "--from", "openapi:no.yaml"]).stderr.contains("no description of an API"));
}

#[test]
fn odd_names_in_a_description_become_columns_with_their_values() {
    let names =
        ["__proto__", "constructor", "toString", "class", "a b", "1a", "é", "a\u{2028}b", "x\"]+`${y}", ""];
    let property = |name: &&str| {
        (name.to_string(), serde_json::json!({ "type": "string", "example": format!("of {name}") }))
    };
    let properties: serde_json::Map<_, _> = names.iter().map(property).collect();
    let item = serde_json::json!({ "type": "object", "properties": properties });
    let answer = serde_json::json!({ "type": "object", "properties": { "/a~b.c": { "type": "array", "items": item } } });
    let responses = serde_json::json!({ "200": { "content": { "application/json": { "schema": answer } } } });
    let api =
        serde_json::json!({ "openapi": "3.0.3", "paths": { "/x": { "get": { "responses": responses } } } });
    let home = Home::new();
    home.write("api.json", &api.to_string());
    let done = home.run(&["new", "odd", "--from", "openapi:api.json"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let record: serde_json::Map<_, _> =
        names.iter().map(|name| (name.to_string(), format!("of {name}").into())).collect();
    let body = serde_json::json!({ "/a~b.c": [record, {}] }).to_string();
    let server = Server::start(move |_| Reply::json(body.clone()));
    let yaml = home.read("pipelines/odd.yaml");
    home.write(
        "pipelines/odd.yaml",
        &yaml.replace("kind: parquet", "kind: jsonl").replace("${API_URL}", &server.url),
    );
    let done = home.run(&["run", "pipelines/odd.yaml"]);
    assert_eq!(done.code, Some(0), "{}{}", done.stderr, home.read("converters/odd.js"));
    let written = home.read("out/odd.jsonl");
    let rows: Vec<serde_json::Value> =
        written.lines().map(|row| serde_json::from_str(row).expect("JSON")).collect();
    assert_eq!(rows.len(), 2, "{written}");
    for name in names {
        assert_eq!(rows[0].get(name), Some(&format!("of {name}").into()), "{name}: {written}");
        assert!(rows[1].get(name).is_none_or(serde_json::Value::is_null), "{name}: {written}");
    }
}

#[test]
fn explain_asks_no_server() {
    let site = Site::with_issues(3);
    let home = home(&site);
    let done = home.run(&["explain", "issues.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for part in [
        "GET /search/jql with jql = project = ABC",
        "`nextPageToken`",
        "issues.js gets each page; 2 of its 2 columns are read straight from there",
        "out/issues.parquet",
        "(a credential)",
    ] {
        assert!(done.stdout.contains(part), "{part} in\n{}", done.stdout);
    }
    let stats = site.stats();
    assert_eq!((stats.search_requests, stats.refreshes), (0, 0), "{stats:?}");
}

#[test]
fn explain_names_what_differs_from_request_to_request() {
    let home = Home::new();
    let explained = |name: &str| {
        let file = root().join("pipelines").join(name);
        let done = home.run(&["explain", file.to_str().expect("UTF-8"), "--sandbox"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        done.stdout
    };
    let changes = explained("jira_changes.yaml");
    for part in [
        "jql = project = ABC AND ${window.jql} ORDER BY updated",
        "changes  only what has changed: a run begins at the greatest `Updated` of the rows that are there, less 10m",
    ] {
        assert!(changes.contains(part), "{part} in\n{changes}");
    }
    let worklogs = explained("jira_worklogs.yaml");
    for part in [
        "created >= ${split.from} AND created <= ${split.last} ORDER BY created ASC",
        "windows  ",
        "GET /issue/${each.key}/worklog",
        "for each row of `issues` these requests are sent, with its `Issue Key` as `${each.key}`",
    ] {
        assert!(worklogs.contains(part), "{part} in\n{worklogs}");
    }
}

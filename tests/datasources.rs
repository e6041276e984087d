//! Datasources other than a server, and tables that are many queries.

use std::{fs, path::Path, time::Duration};

use pipeline_sandbox::{Faults, SandboxOptions};
use serde_json::Value;

use crate::{
    recorded::{Asked, Reply, Server},
    support::{Home, JIRA, Site, root},
    table_files::{column, parquet, times, types},
};

const KEYS: &str =
    "function convert(json) { return JSON.parse(json).issues.map(issue => ({ key: issue.key })); }";

fn jira(limits: &str, rest: &str) -> String {
    format!("{JIRA}  limits: {{ requests_per_second: 1000, backoff: 20ms{limits} }}\n{rest}")
}

/// A site whose answers take a while, so that requests can be seen side by side.
fn slow_site(issues: usize) -> Site {
    Site::start(SandboxOptions { issues, latency: Duration::from_millis(5), ..SandboxOptions::default() })
}

/// A search by key whose pages have 10 issues, with `split` as part of its JQL.
fn search(jql: &str, split: &str, limits: &str) -> String {
    let query = format!(
        "query:
  path: /search/jql
  params: {{ jql: '{jql} ORDER BY key', fields: summary, maxResults: 10 }}
  {split}
  pagination: {{ kind: cursor, next: nextPageToken, param: nextPageToken }}
converter:
  script: |
    {KEYS}
sink: {{ kind: jsonl, path: rows }}
"
    );
    jira(limits, &query)
}

#[test]
fn a_split_query_gives_the_rows_of_the_whole_one() {
    let site = slow_site(230);
    let home = site.home();
    let rows = |yaml: &str| {
        home.write("p.yaml", yaml);
        home.summary(&["p.yaml"]);
        home.read("rows.jsonl")
    };
    let whole = rows(&search("project = ABC", "", ""));
    assert_eq!(whole.lines().count(), 230);
    let ids = "project = ABC AND id >= ${split.from} AND id <= ${split.last}";
    let by_id = rows(&search(ids, "split: { from: 10000, to: 10300, every: 25 }", ""));
    assert!(whole == by_id, "windows of ids");
    let created = "project = ABC AND created >= ${split.from} AND created <= ${split.last}";
    let split = "split: { from: 2023-01-01, to: 2025-01-02, windows: 9, format: epoch_milliseconds }";
    assert!(whole == rows(&search(created, split, "")), "windows of dates");
    let narrow = rows(&search(ids, "split: { from: 10000, to: 10300, every: 25 }", ", read_ahead: 1KiB"));
    assert!(whole == narrow, "with room for no page ahead");
    assert!(site.stats().max_concurrent_requests > 2, "{:?}", site.stats());
}

#[test]
fn an_error_in_a_window_comes_in_its_turn_and_names_it() {
    let site = Site::with_issues(100);
    let fault =
        r#"{"rules":[{"on":"search","request":6,"times":50,"fault":{"kind":"status","status":400}}]}"#;
    site.sandbox.set_faults(Faults::from_json(fault).expect("faults"));
    let home = site.home();
    let ids = "id >= ${split.from} AND id <= ${split.last}";
    home.write("p.yaml", &search(ids, "split: { from: 10000, to: 10101, every: 20 }", ", concurrency: 1"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(
        done.stderr.contains("`p`: fetch: window 100") && done.stderr.contains("answered 400"),
        "{}",
        done.stderr
    );
    assert!(!home.path("rows.jsonl").exists());
}

/// Issues and, for each, its worklogs; the child comes first in the file.
pub(crate) fn worklogs(each: &str) -> String {
    jira(
        "",
        &format!(
            "tables:
  worklogs:
    query:
      for_each: {each}
      path: /issue/${{each.key}}/worklog
      select: worklogs
      pagination: {{ kind: offset, param: startAt, size: 5, size_param: maxResults, total: total }}
    converter:
      script: |
        function convert(json, metadata) {{
          return JSON.parse(json).worklogs.map(log => ({{ key: metadata.queryParameters.key, id: log.id }}));
        }}
    sink: {{ kind: parquet, path: worklogs }}
  issues:
    query:
      path: /search/jql
      params: {{ jql: project = ABC ORDER BY key, fields: summary, maxResults: 20 }}
      pagination: {{ kind: cursor, next: nextPageToken, param: nextPageToken }}
    converter:
      script: |
        {KEYS}
    sink: {{ kind: parquet, path: issues }}
"
        ),
    )
}

#[test]
fn child_requests_run_side_by_side_and_keep_their_order() {
    let site = slow_site(50);
    let home = site.home();
    home.write("p.yaml", &worklogs("{ table: issues, column: key }"));
    let summary = home.summary(&["p.yaml"]);
    assert_eq!(summary["tables"][0]["table"], "issues", "the parent runs first: {summary}");
    let rows = parquet(&home.path("worklogs.parquet"));
    let numbers: Vec<u64> = column(&rows, "key")
        .into_iter()
        .map(|key| key.expect("a key").trim_start_matches("ABC-").parse().expect("a number"))
        .collect();
    assert!(numbers.is_sorted(), "in the order of the parents");
    let ids = column(&rows, "id");
    assert!(ids.iter().is_sorted() && ids.len() > 50, "each worklog once: {}", ids.len());
    let stats = site.stats();
    assert!(stats.worklog_requests >= 50 && stats.max_concurrent_requests > 2, "{stats:?}");
}

#[test]
fn a_failing_child_names_its_row() {
    let site = Site::with_issues(10);
    let fault =
        r#"{"rules":[{"on":"worklog","request":3,"times":90,"fault":{"kind":"status","status":403}}]}"#;
    site.sandbox.set_faults(Faults::from_json(fault).expect("faults"));
    let home = site.home();
    home.write("p.yaml", &worklogs("{ table: issues, column: key }"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("`worklogs`: fetch: `key` = `ABC-"), "{}", done.stderr);
    assert!(home.path("issues.parquet").exists() && !home.path("worklogs.parquet").exists());
}

#[test]
fn a_child_without_its_column_or_table_is_refused() {
    let site = Site::with_issues(10);
    let home = site.home();
    home.write("p.yaml", &worklogs("{ table: issues, column: Issue Key, as: key }"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(
        done.stderr.contains("`issues` has no column `Issue Key` for `for_each`; it has `key`"),
        "{}",
        done.stderr
    );
    for (each, expected) in [
        ("{ table: isues, column: key }", "did you mean `issues`"),
        ("{ table: worklogs, column: key }", "waits for it in turn"),
    ] {
        home.write("p.yaml", &worklogs(each));
        let done = home.run(&["validate", "p.yaml"]);
        assert!(
            done.code == Some(2) && done.stderr.contains("P005") && done.stderr.contains(expected),
            "{}",
            done.stderr
        );
    }
    home.write("p.yaml", &worklogs("{ table: issues, column: key }"));
    let preview = home.run(&["preview", "p.yaml", "-n", "2"]);
    assert_eq!(preview.code, Some(0), "{}", preview.stderr);
    assert!(preview.stdout.contains("ABC-1"), "{}", preview.stdout);
}

#[test]
fn other_formats_become_json() {
    let server = Server::start(|asked: &Asked| {
        let (media_type, body) = match asked.path.as_str() {
            "/xml" => (
                "application/xml",
                "<issues total='2'><issue id='1'><n>x</n></issue><issue id='2'/></issues>",
            ),
            "/csv" => ("text/csv; charset=utf-8", "id,n\n1,x\n2,\"y, z\"\n"),
            "/ndjson" => ("application/x-ndjson", "{\"id\":1}\n{\"id\":2}\n"),
            _ => ("text/plain", "plain \"text\""),
        };
        Reply { status: 200, headers: vec![("content-type", media_type.into())], body: body.into() }
    });
    let rows = |path: &str, decode: &str, convert: &str| {
        let home = Home::new().with([("URL", server.url.as_str())]);
        home.write(
            "p.yaml",
            &format!(
                "datasource: {{ kind: rest, base_url: '${{URL}}' }}
query: {{ path: {path}{decode} }}
converter:
  script: |
    function convert(json) {{ {convert} }}
sink: {{ kind: jsonl, path: rows }}
"
            ),
        );
        home.summary(&["p.yaml"]);
        home.read("rows.jsonl")
    };
    let xml = "return JSON.parse(json).issues.issue.map(issue => ({ id: issue['@id'], n: issue.n || null }))";
    assert_eq!(rows("/xml", "", xml), "{\"id\":\"1\",\"n\":\"x\"}\n{\"id\":\"2\",\"n\":null}\n");
    let csv = "return JSON.parse(json)";
    assert_eq!(rows("/csv", "", csv), "{\"id\":\"1\",\"n\":\"x\"}\n{\"id\":\"2\",\"n\":\"y, z\"}\n");
    assert_eq!(rows("/ndjson", "", csv), "{\"id\":1}\n{\"id\":2}\n");
    let text = "return { text: JSON.parse(json) }";
    assert_eq!(rows("/text", ", decode: text", text), "{\"text\":\"plain \\\"text\\\"\"}\n");
}

#[test]
fn a_form_is_posted_and_no_content_is_no_rows() {
    let server = Server::start(|asked: &Asked| match asked.body.as_str() {
        "team=blue+%26+red&limit=5" => Reply::json("").of_status(204),
        other => panic!("{} {other}", asked.header("content-type")),
    });
    let home = Home::new().with([("URL", server.url.as_str()), ("TEAM", "blue & red")]);
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}' }
query: { path: /search, method: POST, body_format: form, body: { team: '${TEAM}', limit: '${param.limit}' } }
params: { limit: { default: 5, type: integer } }
sink: { kind: jsonl, path: rows }
",
    );
    let summary = home.summary(&["p.yaml"]);
    assert_eq!((&summary["tables"][0]["rows"], &summary["tables"][0]["pages"]), (&0.into(), &0.into()));
    let asked = server.asked();
    assert_eq!(
        (asked[0].method.as_str(), asked[0].header("content-type")),
        ("POST", "application/x-www-form-urlencoded")
    );
}

#[test]
fn files_are_a_datasource() {
    let home = Home::new();
    home.write("data/b.ndjson", "{\"id\":3,\"name\":\"c\"}\n");
    home.write("data/a.ndjson", "{\"id\":1,\"name\":\"a\"}\n{\"id\":2,\"name\":\"b\"}\n");
    home.write("data/more.csv", "id,name\n4,d\n");
    home.write(
        "p.yaml",
        "datasource: { kind: file, folder: data, page_size: 1 }
tables:
  lines: { query: { path: '*.ndjson' }, sink: { kind: parquet, path: lines } }
  csv: { query: { path: more.csv }, sink: { kind: parquet, path: csv } }
",
    );
    let summary = home.summary(&["p.yaml"]);
    assert_eq!(summary["tables"][0]["pages"], 3, "{summary}");
    let lines = parquet(&home.path("lines.parquet"));
    assert_eq!(types(&lines), ["id: Int64", "name: Utf8"]);
    assert_eq!(column(&lines, "name").into_iter().flatten().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(types(&parquet(&home.path("csv.parquet"))), ["id: Utf8", "name: Utf8"]);
}

#[cfg(unix)]
#[test]
fn a_tap_is_a_datasource() {
    let home = Home::new();
    home.write(
        "tap.sh",
        r#"echo "INFO starting with $(cat "$2")" >&2
cat <<'END'
{"type":"SCHEMA","stream":"users","schema":{"properties":{"id":{"type":"integer"},"score":{"type":["null","number"]},"at":{"type":"string","format":"date-time"},"never":{"type":["null","boolean"]}}},"key_properties":["id"]}
{"type":"RECORD","stream":"users","record":{"id":1,"score":1,"at":"2024-03-01T10:00:00Z"}}
{"type":"STATE","value":{"bookmark":1}}
{"type":"RECORD","stream":"users","record":{"id":2,"score":null,"at":"2024-03-01T11:00:00+01:00"}}
END
"#,
    );
    home.write(
        "p.yaml",
        "datasource: { kind: command, command: [sh, tap.sh], config: { token: '${TAP_TOKEN}' } }
query: { path: users }
sink: { kind: parquet, path: users }
",
    );
    let home = home.with([("TAP_TOKEN", "s3cr3t-of-the-tap")]);
    let done = home.run(&["run", "p.yaml", "-vvv"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("INFO starting with"), "its talk is in the log: {}", done.stderr);
    assert!(!done.stderr.contains("s3cr3t"), "{}", done.stderr);
    let rows = parquet(&home.path("users.parquet"));
    let expected = ["id: Int64", "score: Float64", "at: Timestamp(µs, \"UTC\")", "never: Boolean"];
    assert_eq!(types(&rows), expected);
    assert_eq!(times(&rows, "at"), ["2024-03-01T10:00:00Z", "2024-03-01T10:00:00Z"]);
}

/// The bodies of other people's servers, where they are beside the checkout. A test that reads them has data of its own too.
pub(crate) fn recorded_pages() -> Option<std::path::PathBuf> {
    let folder = root().join("../shared/fixtures/paging");
    folder.is_dir().then_some(folder)
}

/// Folders with pages of providers: our own small ones, and the recorded ones where they are there.
fn provider_pages() -> Vec<std::path::PathBuf> {
    [root().join("tests/data/paging")].into_iter().chain(recorded_pages()).collect()
}

pub(crate) fn fixture(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(name)).expect(name)).expect(name)
}

/// Runs one query against `answer`, rows by the default converter at `select`; (pages, rows).
pub(crate) fn paged(
    query: &str,
    answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> (u64, u64, Server) {
    let server = Server::start(answer);
    let home = Home::new().with([("URL", server.url.as_str())]);
    // One recorded page stands for all.
    let query = match query.contains("same_page") {
        true => query.to_owned(),
        false => query.replacen('{', "{ same_page: follow,", 1),
    };
    home.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: rest, base_url: '${{URL}}', limits: {{ backoff: 10ms }} }}\nquery: {query}\nsink: {{ kind: jsonl, path: rows }}\n"
        ),
    );
    let summary = home.summary(&["p.yaml"]);
    let number = |key: &str| summary["tables"][0][key].as_u64().expect("a number");
    (number("pages"), number("rows"), server)
}

#[test]
fn a_shorter_page_in_between_loses_and_doubles_nothing() {
    const TOTAL: u64 = 95;
    let serve = |asked: &Asked| {
        let skip: u64 = asked.param("skip").expect("an offset").parse().expect("a number");
        // The fourth page is short, as when a server drops what one may not see.
        let n_rows = if skip == 30 { 4 } else { 10 };
        let rows: Vec<Value> =
            (skip..(skip + n_rows).min(TOTAL)).map(|n| serde_json::json!({"n": n})).collect();
        Reply::json(serde_json::json!({"total": TOTAL, "rows": rows}).to_string())
    };
    let server = Server::start(serve);
    let home = Home::new().with([("URL", server.url.as_str())]);
    let run = |max_pages: &str| {
        let yaml = format!(
            "datasource: {{ kind: rest, base_url: '${{URL}}', limits: {{ requests_per_second: 1000 }} }}
query: {{ select: rows, {max_pages} pagination: {{ kind: offset, param: skip, total: total }} }}
sink: {{ kind: jsonl, path: rows }}
"
        );
        home.write("p.yaml", &yaml);
        home.summary(&["p.yaml"]);
        home.read("rows.jsonl")
    };
    let expected: String = (0..TOTAL).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    assert!(run("") == expected, "every row once, in order");
    let n_before = server.asked().len();
    assert_eq!(run("max_pages: 3,").lines().count(), 30);
    assert_eq!(server.asked().len() - n_before, 3, "nothing is asked for beyond `max_pages`");
}

#[test]
fn a_child_may_be_split_as_well() {
    let server = Server::start(|asked: &Asked| {
        let number = |name: &str| asked.param(name).map(|text| text.parse::<u64>().expect("a number"));
        Reply::json(match (number("from"), number("to")) {
            (Some(from), Some(to)) => {
                let parent = asked.path.trim_start_matches("/parent/");
                let rows: Vec<Value> =
                    (from..to).map(|n| serde_json::json!({"parent": parent, "n": n})).collect();
                Value::Array(rows).to_string()
            }
            _ => r#"[{"id": "a b"}, {"id": null}, {"id": "c/d"}]"#.to_owned(),
        })
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}' }
tables:
  parents: { query: { path: /parents }, sink: { kind: jsonl, path: parents } }
  children:
    query:
      path: /parent/${each.id}
      for_each: { table: parents, column: id, as: id }
      split: { from: 0, to: 5, windows: 2 }
      params: { from: '${split.from}', to: '${split.to}' }
    sink: { kind: jsonl, path: children }
",
    );
    home.summary(&["p.yaml"]);
    let rows: Vec<String> = ["a%20b", "c%2Fd"]
        .iter()
        .flat_map(|parent| (0..5).map(move |n| format!("{{\"parent\":\"{parent}\",\"n\":{n}}}")))
        .collect();
    assert_eq!(home.read("children.jsonl").lines().collect::<Vec<_>>(), rows);
}

#[test]
fn recorded_pages_go_through_the_matching_pagination() {
    provider_pages().iter().for_each(|folder| pages_go_through_the_matching_pagination(folder));
}

fn pages_go_through_the_matching_pagination(folder: &Path) {
    let exchanges = fixture(folder, "github/octokit_paginate-issues_exchanges.json");
    let exchanges: Vec<Value> = exchanges.as_array().expect("a list").clone();
    let n_pages = exchanges.len() as u64;
    let n_rows: u64 = exchanges.iter().map(|one| one["response"].as_array().map_or(0, Vec::len) as u64).sum();
    let first = exchanges[0]["path"].as_str().expect("a path").to_owned();
    let github = move |asked: &Asked| {
        let whole = format!("{}?{}", asked.path, asked.query);
        let one = exchanges.iter().find(|one| one["path"] == whole).unwrap_or_else(|| panic!("{whole}"));
        let headers = one["headers"].as_object().expect("headers");
        let link = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("link"));
        let reply = Reply::json(one["response"].to_string());
        match link.and_then(|(_, value)| value.as_str()) {
            Some(link) => reply.with("link", link.replace("https://api.github.com", "{server}")),
            None => reply,
        }
    };
    let query = format!("{{ path: '{first}', pagination: {{ kind: link_header }} }}");
    let (pages, rows, _) = paged(&query, github);
    assert_eq!((pages, rows), (n_pages, n_rows));

    let (one, two) = (
        fixture(folder, "salesforce/query_paginated_first_page_response.json").to_string(),
        fixture(folder, "salesforce/query_paginated_last_page_response.json").to_string(),
    );
    let salesforce = move |asked: &Asked| match asked.path.as_str() {
        "/services/data/v26.0/query" => Reply::json(one.clone()),
        "/services/data/v26.0/query/01gD" => Reply::json(two.clone()),
        other => panic!("{other}"),
    };
    let query = "{ path: /services/data/v26.0/query, select: records, pagination: { kind: next_url, next: nextRecordsUrl } }";
    assert_eq!(paged(query, salesforce).0, 2);

    let graph = fixture(folder, "msgraph/getPstnCalls.json");
    let graph = move |asked: &Asked| {
        let mut page = graph.clone();
        let next = page["@odata.nextLink"]
            .as_str()
            .expect("a link")
            .replace("https://graph.microsoft.com", "{server}");
        page["@odata.nextLink"] = if asked.query.is_empty() { next.into() } else { Value::Null };
        Reply::json(page.to_string())
    };
    let query = "{ path: /beta/communications, select: value, pagination: { kind: next_url, next: '@odata.nextLink', total: '@odata.count' } }";
    assert_eq!(paged(query, graph).0, 2);
}

#[test]
fn recorded_cursors_go_through_the_matching_pagination() {
    provider_pages().iter().for_each(|folder| cursors_go_through_the_matching_pagination(folder));
}

fn cursors_go_through_the_matching_pagination(folder: &Path) {
    // Single pages, recorded: served once with a way on and once without.
    let hubspot = fixture(folder, "hubspot/supabase_hubspot.json");
    let after = hubspot["paging"]["next"]["after"].clone();
    let token = after.as_str().map_or_else(|| after.to_string(), str::to_owned);
    let serve = move |asked: &Asked| {
        let mut page = hubspot.clone();
        if asked.param("after").is_some_and(|cursor| cursor == token) {
            page.as_object_mut().expect("an object").remove("paging");
        }
        Reply::json(page.to_string())
    };
    let query = "{ select: results, pagination: { kind: cursor, next: paging.next.after, param: after } }";
    assert_eq!(paged(query, serve).0, 2);

    for name in ["database_query", "user_list", "search", "database_list", "block_get_children"] {
        let page = fixture(folder, &format!("notion/{name}.json"));
        let n_results = page["results"].as_array().map_or(0, Vec::len) as u64;
        let n_expected = if page["has_more"] == true { 2 } else { 1 };
        let serve = move |asked: &Asked| {
            let mut page = page.clone();
            if asked.body.contains("start_cursor") {
                page["has_more"] = false.into();
                page["next_cursor"] = Value::Null;
            }
            Reply::json(page.to_string())
        };
        let query = "{ method: POST, body: {}, select: results, pagination: { kind: cursor, next: next_cursor, param: start_cursor, in: body, has_more: has_more } }";
        let (pages, rows, _) = paged(query, serve);
        assert_eq!((pages, rows), (n_expected, n_expected * n_results), "{name}");
    }
}

#[test]
fn recorded_lists_go_through_the_matching_pagination() {
    provider_pages().iter().for_each(|folder| lists_go_through_the_matching_pagination(folder));
}

fn lists_go_through_the_matching_pagination(folder: &Path) {
    let slack = fixture(folder, "slack/javasdk_users.list.json");
    let serve = move |asked: &Asked| {
        let mut page = slack.clone();
        let next = if asked.query.is_empty() { "dXNlcg" } else { "" };
        // Recorded where a request had failed.
        page["ok"] = true.into();
        page["response_metadata"]["next_cursor"] = next.into();
        Reply::json(page.to_string())
    };
    let query = "{ select: members, error: error, pagination: { kind: cursor, next: response_metadata.next_cursor, param: cursor } }";
    assert_eq!(paged(query, serve).0, 2);

    let charge = fixture(folder, "stripe/fixture_charge.json");
    let serve = move |asked: &Asked| {
        let more = asked.param("starting_after").as_deref() != charge["id"].as_str();
        Reply::json(serde_json::json!({"object": "list", "has_more": more, "data": [charge]}).to_string())
    };
    let query = "{ select: data, pagination: { kind: cursor, next: data.-1.id, param: starting_after, has_more: has_more } }";
    assert_eq!(paged(query, serve).0, 2);

    let zendesk = fixture(folder, "zendesk/tickets.json");
    let serve = move |asked: &Asked| {
        let mut page = zendesk.clone();
        page["next_page"] =
            if asked.query.is_empty() { "{server}/api/v2/tickets.json?page=2".into() } else { Value::Null };
        Reply::json(page.to_string())
    };
    let query = "{ path: /api/v2/tickets.json, select: tickets, pagination: { kind: next_url, next: next_page, total: count } }";
    assert_eq!(paged(query, serve).1, 4);

    let gitlab = fixture(folder, "gitlab/narkoz_issues.json");
    let serve = move |_: &Asked| Reply::json(gitlab.to_string()).with("x-total-pages", "3");
    let query = "{ same_page: follow, pagination: { kind: page_number, param: page, total_pages_header: X-Total-Pages } }";
    assert_eq!(paged(query, serve).0, 3);
}

#[test]
fn recorded_refusals_are_waited_out() {
    provider_pages().iter().for_each(|folder| refusals_are_waited_out(folder));
}

fn refusals_are_waited_out(folder: &Path) {
    for name in ["Too_Many_Requests_No_Retry_After", "Too_Many_Requests_Date_Retry_After"] {
        let mapping = fixture(folder, &format!("github/hub4j_testHandler_Wait_Secondary_Limits_{name}.json"));
        let response = mapping["response"].clone();
        let served = std::sync::atomic::AtomicUsize::new(0);
        let serve = move |_: &Asked| {
            if served.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 {
                return Reply::json("[]");
            }
            // The recording's dates are templates of its own server; a past one means no wait.
            let mut reply = Reply::json(response["body"].as_str().expect("text")).of_status(429);
            if response["headers"]["Retry-After"].is_string() {
                reply = reply.with("retry-after", "Mon, 02 Mar 2026 10:00:00 GMT");
            }
            reply
        };
        let (pages, _, server) = paged("{}", serve);
        assert_eq!((pages, server.asked().len()), (1, 2), "{name}");
    }
}

#[test]
fn the_schema_of_a_table_that_goes_through_another_is_inferred_from_its_first_row() {
    let site = Site::with_issues(10);
    let home = site.home();
    home.write("p.yaml", &worklogs("{ table: issues, column: key }"));
    let done = home.run(&["schema", "infer", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for part in ["worklogs", "issues", "id: { type: string }", "key: { type: string }"] {
        assert!(done.stdout.contains(part), "{part} in\n{}", done.stdout);
    }
}

#[test]
fn the_schema_of_a_split_query_is_inferred_from_its_first_window() {
    let site = Site::with_issues(30);
    let home = site.home();
    let ids = "project = ABC AND id >= ${split.from} AND id <= ${split.last}";
    home.write("p.yaml", &search(ids, "split: { from: 10000, to: 10030, every: 10 }", ""));
    let done = home.run(&["schema", "infer", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("key: { type: string }"), "{}", done.stdout);
}

//! Runs that ask for what has changed, their state, and windows of the past.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use crate::{
    recorded::{Reply, Server},
    run::pipeline,
    state::files,
    support::{Home, Site, all_or, root},
    table_files::{column, parquet},
};

/// The rows of a folder as (key, updated).
pub(crate) fn rows(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for file in files(folder, "parquet") {
        let rows = parquet(&file);
        if rows.num_rows() > 0 {
            let text = |name: &str| column(&rows, name).into_iter().map(Option::unwrap_or_default);
            all.extend(text("key").zip(text("Updated")));
        }
    }
    all.sort();
    all
}

/// A pipeline that asks for changes only.
pub(crate) fn incremental(sink: &str, more: &str) -> String {
    let convert =
        "return JSON.parse(json).issues.map(issue => ({ key: issue.key, Updated: issue.fields.updated }));";
    pipeline(convert, sink)
        .replace("project = ABC order by key", "'project = ABC AND ${window.jql} order by updated'")
        .replace("fields: summary", "fields: updated")
        .replace(
            "converter:",
            &format!("  incremental: {{ field: updated, column: Updated, lookback: 10m{more} }}\nconverter:"),
        )
}

const DAY_MS: i64 = 86_400_000;
/// 2025-01-01, after which the sandbox changes nothing by itself.
pub(crate) const BEGIN_MS: i64 = 1_735_689_600_000;

pub(crate) fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).expect("a time").to_string()
}

#[test]
fn incremental_runs_are_equal_to_full_ones_day_after_day() {
    let n_days: i64 =
        std::env::var("PIPELINE_DAYS").ok().and_then(|n| n.parse().ok()).unwrap_or(all_or(4, 6));
    let site = Site::with_issues(60);
    let home = site.home();
    home.write("full.yaml", &incremental("{ kind: parquet, path: full, mode: upsert, key: key }", ""));
    home.write("some.yaml", &incremental("{ kind: parquet, path: some, mode: upsert, key: key }", ""));
    home.write("log.yaml", &incremental("{ kind: parquet, path: log, mode: append }", ", key: key"));
    let mut random = fastrand::Rng::with_seed(3);
    let mut versions: BTreeSet<(String, String)> = BTreeSet::new();
    let mut n_incremental_rows = 0;
    for day in 0..n_days {
        let now_ms = BEGIN_MS + day * DAY_MS;
        let now = time(now_ms);
        home.summary(&["full.yaml", "--full-refresh", "--now", &now]);
        let changes = home.summary(&["some.yaml", "--now", &now]);
        home.summary(&["log.yaml", "--now", &now]);
        let (full, some) = (rows(&home.path("full")), rows(&home.path("some")));
        assert_eq!(full.len(), 60);
        assert_eq!(some, full, "day {day}");
        if day > 0 {
            n_incremental_rows += changes["tables"][0]["rows"].as_u64().expect("a number");
        }
        versions.extend(full);
        assert_eq!(
            rows(&home.path("log")),
            versions.iter().cloned().collect::<Vec<_>>(),
            "day {day}: each version once"
        );
        // Edits at the borders of the next window: in its first and last millisecond, and just before.
        let borders = [now_ms, now_ms + 1, now_ms + DAY_MS - 1, now_ms + DAY_MS / 2];
        let mut numbers: Vec<u32> = (1..=60).collect();
        random.shuffle(&mut numbers);
        numbers.iter().zip(borders).for_each(|(number, at)| site.sandbox.edit_issue(*number, at));
    }
    assert!(
        n_incremental_rows < 60 * (n_days as u64 - 1) / 3,
        "{n_incremental_rows} rows are nearly everything"
    );
}

#[test]
fn the_example_follows_a_project() {
    let site = Site::with_issues(120);
    let home = site.home();
    let file = root().join("pipelines/jira_changes.yaml");
    let file = file.to_str().expect("UTF-8");
    let first = home.summary(&[file, "--now", &time(BEGIN_MS)]);
    assert_eq!(
        (&first["tables"][0]["rows"], &first["tables"][0]["pages"]),
        (&120.into(), &2.into()),
        "{first}"
    );
    [3, 5].into_iter().for_each(|number| site.sandbox.edit_issue(number, BEGIN_MS + 1));
    let second = home.summary(&[file, "--now", &time(BEGIN_MS + DAY_MS)]);
    let n_changed = second["tables"][0]["rows"].as_u64().expect("a number");
    assert!((2..10).contains(&n_changed), "{second}");
    let found: usize =
        files(&home.path("out/jira_changes"), "parquet").iter().map(|file| parquet(file).num_rows()).sum();
    assert_eq!(found, 120);
}

#[test]
fn the_state_can_be_shown_set_and_reset() {
    let site = Site::with_issues(50);
    let home = site.home();
    home.write("p.yaml", &incremental("{ kind: parquet, path: t, mode: upsert, key: key }", ""));
    let now = time(BEGIN_MS);
    let show = |args: &[&str]| home.run(&[&["state"], args].concat());
    assert!(
        show(&["show", "p.yaml"]).stdout.contains("from the beginning"),
        "{:?}",
        show(&["show", "p.yaml"])
    );
    let refused = show(&["set", "p.yaml", "--cursor", "2024-01-01"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("there is no table yet"), "{refused:?}");
    home.summary(&["p.yaml", "--now", &now]);
    let state: Value =
        serde_json::from_str(&show(&["show", "p.yaml", "--format", "json"]).stdout).expect("JSON");
    let last = rows(&home.path("t")).into_iter().map(|(_, updated)| updated).max().expect("rows");
    let cursor: jiff::Timestamp =
        state[0]["state"]["cursor"].as_str().expect("text").parse().expect("a time");
    let last = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", last).expect("Jira's form").to_timestamp();
    assert_eq!(cursor, last.expect("a time"));
    let again = home.summary(&["p.yaml", "--now", &now]);
    assert!(again["tables"][0]["rows"].as_u64().expect("a number") < 5, "{again}");
    let set = show(&["set", "p.yaml", "--cursor", "2024-07-01"]);
    assert!(set.stdout.contains("after 2024-07-01T00:00:00Z, set by hand"), "{set:?}");
    let half = home.summary(&["p.yaml", "--now", &now])["tables"][0]["rows"].as_u64().expect("a number");
    assert!((10..50).contains(&half), "{half}");
    assert!(show(&["reset", "p.yaml"]).stdout.contains("from the beginning"));
    let whole = home.summary(&["p.yaml", "--now", &now]);
    assert_eq!((&whole["tables"][0]["rows"], rows(&home.path("t")).len()), (&50.into(), 50));
    let wrong = show(&["set", "p.yaml", "--cursor", "soon"]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("`soon` is no cursor"), "{wrong:?}");
}

#[test]
fn backfills_ask_in_windows_and_leave_the_cursor_where_a_gap_would_be() {
    let site = Site::with_issues(80);
    let home = site.home();
    home.write(
        "p.yaml",
        &incremental("{ kind: parquet, path: t, mode: upsert, key: key }", ", initial: 2024-11-01"),
    );
    let now = time(BEGIN_MS);
    let first = home.summary(&["p.yaml", "--now", &now]);
    let n_first = first["tables"][0]["rows"].as_u64().expect("a number");
    assert!((1..80).contains(&n_first), "{n_first}");
    let cursor = || home.run(&["state", "show", "p.yaml"]).stdout;
    let before = cursor();
    let filled = home.summary(&[
        "p.yaml",
        "--from",
        "2023-01-01",
        "--to",
        "2024-11-01",
        "--window",
        "30days",
        "--now",
        &now,
    ]);
    assert_eq!(filled["tables"][0]["rows"].as_u64().expect("a number") + n_first, 80, "{filled}");
    assert!(
        filled["tables"][0]["pages"].as_u64().expect("a number") >= 22,
        "a page for each window: {filled}"
    );
    assert_eq!(rows(&home.path("t")).len(), 80);
    assert_eq!(cursor().split(',').next(), before.split(',').next(), "the cursor stays");
    home.write("log.yaml", &incremental("{ kind: parquet, path: log, mode: append }", ", key: key"));
    home.summary(&["log.yaml", "--now", &now]);
    let twice = home.run(&["run", "log.yaml", "--from", "2024-02-01"]);
    assert!(twice.code == Some(1) && twice.stderr.contains("would add them once more"), "{twice:?}");
    let wrong = home.run(&["run", "p.yaml", "--from", "2024-02-01", "--to", "2024-01-01"]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("the window ends before it begins"), "{wrong:?}");
}

#[test]
fn incremental_queries_need_a_target_that_keeps_rows() {
    let home = Home::new().with([
        ("JIRA_BASE_URL", "https://x.test"),
        ("JIRA_AUTH_URL", "https://x.test"),
        ("JIRA_CLIENT_ID", "i"),
        ("JIRA_CLIENT_SECRET", "s"),
        ("JIRA_REFRESH_TOKEN", "r"),
    ]);
    let check = |sink: &str, expected: &str| {
        home.write("p.yaml", &incremental(sink, ""));
        let done = home.run(&["validate", "p.yaml"]);
        assert!(done.code == Some(2) && done.stderr.contains(expected), "{}", done.stderr);
    };
    check("{ kind: parquet, path: rows }", "this sink would replace all other rows by them");
    check("{ kind: parquet, path: rows, mode: append }", "would be appended twice");
}

#[test]
fn tables_that_go_through_changed_rows_need_a_target_that_neither_doubles_nor_loses_rows() {
    let home = Home::new();
    let check = |(sink, own): (&str, &str), expected: Option<&str>| {
        let yaml = format!(
            "datasource: {{ kind: rest, base_url: 'https://x.test' }}
tables:
  issues:
    query: {{ path: /i, params: {{ f: '${{window.from}}' }}, incremental: {{}} }}
    sink: {{ kind: parquet, path: i, mode: upsert, key: id }}
  logs:
    query: {{ path: '/l/${{each.k}}', for_each: {{ table: issues, column: id, as: k }} }}
    sink: {{ kind: parquet, path: l, mode: upsert, key: id }}
  notes:
    query: {{ path: '/n/${{each.k}}', for_each: {{ table: logs, column: id, as: k }}{own} }}
    sink: {{ kind: parquet, path: n{sink} }}
"
        );
        home.write("p.yaml", &yaml);
        let done = home.run(&["validate", "p.yaml"]);
        assert_eq!(done.code, Some(if expected.is_some() { 2 } else { 0 }), "{sink}: {}", done.stderr);
        assert!(done.stderr.contains(expected.unwrap_or_default()), "{sink}: {}", done.stderr);
    };
    check((", mode: append", ""), Some("`notes` goes through rows of `issues`, which brings changes only"));
    check(("", ""), Some("this sink would replace the rows of all others"));
    check((", mode: upsert, key: id", ""), None);
    check((", mode: snapshot", ""), None);
    let own = ", params: { f: '${window.from}' }, incremental: { column: at, key: id }";
    check((", mode: append", own), None);
}

/// A query that asks for what has changed, and says so to nobody else than the server.
const CHANGES: &str = "query:
  path: /rows
  params: { from: '${window.from}', to: '${window.to}' }
  pagination: { kind: none }
  incremental: { lookback: 0s }
sink: { kind: parquet, path: out/rows, mode: upsert, key: [id] }
";

fn http_date(ago: i64) -> String {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(ago);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[test]
fn the_cursor_of_a_clock_that_is_ahead_ends_at_the_time_of_the_server() {
    let server = Server::start(|_| Reply::json("[{\"id\":1}]").with("date", http_date(7200)));
    let home = Home::new();
    home.write("p.yaml", &format!("datasource: {{ kind: rest, base_url: '{}' }}\n{CHANGES}", server.url));
    let summary = home.summary(&["p.yaml"]);
    let warning = summary["tables"][0]["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("clock is 2h ahead of the server's"), "{warning}");
    home.summary(&["p.yaml"]);
    // The second run asks for all that the server may have changed since the first one.
    let from: jiff::Timestamp = server.asked()[1].param("from").expect("sent").parse().expect("a time");
    let ago = jiff::Timestamp::now().duration_since(from).as_secs();
    assert!((7190..7300).contains(&ago), "{ago}");
}

#[test]
fn a_window_that_ends_before_it_begins_is_refused() {
    let server = Server::start(|_| Reply::json("[{\"id\":1}]"));
    let home = Home::new();
    home.write("p.yaml", &format!("datasource: {{ kind: rest, base_url: '{}' }}\n{CHANGES}", server.url));
    home.summary(&["p.yaml", "--now", "2026-03-02T12:00:00Z"]);
    let done = home.run(&["run", "p.yaml", "--now", "2026-03-02T10:00:00Z"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for part in
        ["is 2026-03-02T12:00:00Z", "it is 2026-03-02T10:00:00Z", "`pipeline state set FILE --cursor TIME`"]
    {
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
    // Clocks of two machines may differ a little.
    home.summary(&["p.yaml", "--now", "2026-03-02T11:59:30Z"]);
    let done = home.run(&["state", "set", "p.yaml", "--cursor", "2026-03-02T09:00:00Z"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    home.summary(&["p.yaml", "--now", "2026-03-02T10:00:00Z"]);
    assert_eq!(server.asked().last().unwrap().param("from").unwrap(), "2026-03-02T09:00:00Z");
}

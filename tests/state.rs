//! Runs that can be trusted: resume, incremental runs, run history, quality checks.

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

use pipeline_sandbox::{Faults, SandboxOptions};
use serde_json::Value;

use crate::{
    incremental::{BEGIN_MS, incremental, rows, time},
    run::{pipeline, stuck_run, stuck_site},
    support::{Done, Home, Site},
    table_files::{column, parquet},
};

pub(crate) const KEYS: &str = "return JSON.parse(json).issues.map(issue => ({ key: issue.key }));";

/// Every file of a kind in a folder and below it.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found
}

pub(crate) fn keys(path: &Path) -> Vec<String> {
    column(&parquet(path), "key").into_iter().map(Option::unwrap_or_default).collect()
}

/// Waits until so many pages are in journals.
pub(crate) fn wait_for_pages(home: &Home, n_pages: usize) {
    let mark = b"{\"page\":{\"n_pages\"";
    let pages = |path: &std::path::PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(mark.len()).filter(|window| window == mark).count()
    };
    let begin = std::time::Instant::now();
    while !home.path("state/journals").is_dir()
        || files(&home.path("state/journals"), "journal").iter().map(pages).sum::<usize>() < n_pages
    {
        assert!(begin.elapsed() < Duration::from_secs(60), "no pages in journals");
        std::thread::yield_now();
    }
}

pub(crate) fn spawn(home: &Home, args: &[&str]) -> Child {
    home.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

#[test]
fn a_killed_run_goes_on_after_its_last_page() {
    let (site, home) = killed();
    let asked = site.stats().search_requests;
    let done = home.run(&["run", "p.yaml", "--format", "json"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("going on where 2"), "{}", done.stderr);
    let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
    let resumed = summary["tables"][0]["resumed_pages"].as_u64().expect("pages were resumed");
    assert_eq!((&summary["tables"][0]["pages"], &summary["tables"][0]["rows"]), (&10.into(), &100.into()));
    // The last one that was kept shows that the server is as it was.
    assert_eq!(site.stats().search_requests - asked, 10 - resumed + 1, "no other page is asked for twice");
    let expected: Vec<String> = (1..=100).map(|n| format!("ABC-{n}")).collect();
    assert_eq!(keys(&home.path("rows.parquet")), expected);
    assert_eq!(files(&home.path("state"), "journal"), Vec::<std::path::PathBuf>::new());
    // The history knows of both.
    let runs: Value =
        serde_json::from_str(&home.run(&["runs", "p", "--format", "json"]).stdout).expect("JSON");
    let field =
        |name: &str| runs.as_array().expect("a list").iter().map(|run| run[name].clone()).collect::<Vec<_>>();
    assert_eq!(field("outcome"), ["done", "crashed"]);
    assert_eq!(runs[0]["resumes"], runs[1]["run_id"]);
    // The next run has nothing to go on with.
    let next = home.summary(&["p.yaml"]);
    assert_eq!(next["tables"][0].get("resumed_pages"), None, "{next}");
}

#[test]
fn a_quota_stops_a_run_and_the_next_one_goes_on() {
    let site = Site::with_issues(100);
    let home = site.home();
    let yaml = pipeline(KEYS, "{ kind: parquet, path: rows }");
    home.write("p.yaml", &yaml.replace("query:", "  limits: { max_wait: 1s }\nquery:"));
    let quota = r#"{ "rules": [{ "on": "search", "request": 5, "times": 99,
        "fault": { "kind": "status", "status": 429, "retry_after": { "seconds": 1800 } } }] }"#;
    site.sandbox.set_faults(Faults::from_json(quota).expect("faults"));
    let stopped = home.run(&["run", "p.yaml"]);
    assert_eq!(stopped.code, Some(4), "{}", stopped.stderr);
    site.sandbox.set_faults(Faults::default());
    let summary = home.summary(&["p.yaml"]);
    assert_eq!(
        (&summary["tables"][0]["resumed_pages"], &summary["tables"][0]["rows"]),
        (&4.into(), &100.into())
    );
    let list = home.run(&["runs"]).stdout;
    assert!(list.contains("quota") && list.contains("done"), "{list}");
}

/// A home with a run that was killed at its third page, and a site that is well again.
fn killed() -> (Site, Home) {
    let site = stuck_site();
    let home = site.home();
    let mut child = stuck_run(&site, &home);
    wait_for_pages(&home, 2);
    child.kill().expect("killed");
    child.wait().expect("dead");
    site.sandbox.set_faults(Faults::default());
    (site, home)
}

#[test]
fn a_run_begins_anew_where_the_old_pages_are_of_no_use() {
    let check = |change: &dyn Fn(&Home), args: &[&str], reason: &str| {
        let (_site, home) = killed();
        change(&home);
        let done = home.run(&[&["run", "p.yaml", "--format", "json"], args].concat());
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        assert!(done.stderr.contains("beginning anew") && done.stderr.contains(reason), "{}", done.stderr);
        let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
        assert_eq!(
            (summary["tables"][0].get("resumed_pages"), &summary["tables"][0]["rows"]),
            (None, &100.into())
        );
    };
    let edit = |home: &Home| {
        drop(home.write("p.yaml", &home.read("p.yaml").replace("key: issue.key", "key: issue.key, n: 1")));
    };
    check(&edit, &[], "have changed");
    check(&|_| {}, &["--restart"], "`--restart` was asked for");
    check(&|_| {}, &["--now", "2099-01-01T00:00:00Z"], "more than 1day ago");
}

#[test]
fn a_place_that_the_server_has_forgotten_is_no_obstacle() {
    let (site, home) = killed();
    let gone =
        r#"{ "rules": [{ "on": "search", "request": 1, "fault": { "kind": "status", "status": 400 } }] }"#;
    site.sandbox.set_faults(Faults::from_json(gone).expect("faults"));
    let done = home.run(&["run", "p.yaml", "--format", "json"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("beginning anew"), "{}", done.stderr);
    assert_eq!(keys(&home.path("rows.parquet")).len(), 100);
}

/// A home with a run that has committed its small table of 10 rows, of which 2 are rejected, and was killed in its
/// large one; and a site that is well again.
fn killed_in_the_second_table() -> (Site, Home) {
    let site = stuck_site();
    let home = site.home();
    let convert = "return JSON.parse(json).issues.map((issue, n) => ({ key: issue.key, day: n % 5 ? '2024-11-29' : 'soon' }));";
    let table = |max_pages: &str, (path, convert, more): (&str, &str, &str)| {
        format!(
            "    query:
      path: /search/jql
      params: {{ jql: project = ABC order by key, fields: summary, maxResults: 10 }}
      pagination: {{ kind: cursor, next: nextPageToken, param: nextPageToken }}{max_pages}
    converter: {{ script: \"function convert(json) {{ {convert} }}\" }}
    sink: {{ kind: parquet, path: {path}, mode: append }}
{more}"
        )
    };
    let head = pipeline(KEYS, "x");
    let head = &head[..head.find("query:").expect("a query")];
    let columns = "    columns:\n      day: { type: date, on_error: reject }\n    checks:\n      - { kind: row_count, min: 1 }\n";
    let small = table("\n      max_pages: 1", ("out/small", convert, columns));
    let large = table("", ("out/large", KEYS, ""));
    home.write("p.yaml", &format!("{head}tables:\n  small:\n{small}  large:\n{large}"));
    let mut child = spawn(&home, &["run", "p.yaml"]);
    while site.stats().search_requests < 3 {
        assert!(child.try_wait().expect("asked").is_none());
    }
    child.kill().expect("killed");
    child.wait().expect("dead");
    site.sandbox.set_faults(Faults::default());
    (site, home)
}

fn n_keys(home: &Home, folder: &str) -> usize {
    files(&home.path(folder), "parquet").iter().map(|file| keys(file).len()).sum()
}

#[test]
fn tables_that_are_committed_are_not_run_again() {
    let (_site, home) = killed_in_the_second_table();
    home.summary(&["p.yaml"]);
    assert_eq!((n_keys(&home, "out/small"), n_keys(&home, "out/large")), (8, 100));
    // A run that was complete is not gone on with.
    home.summary(&["p.yaml"]);
    assert_eq!((n_keys(&home, "out/small"), n_keys(&home, "out/large")), (16, 200));
}

/// Cuts the record that begins with `mark`, and all after it, from the journal that has it.
fn cut_journal(home: &Home, mark: &str) {
    let at = |bytes: &[u8]| bytes.windows(mark.len()).position(|window| window == mark.as_bytes());
    let found = files(&home.path("state/journals"), "journal").into_iter().find_map(|path| {
        let bytes = fs::read(&path).expect("a journal");
        at(&bytes).map(|at| (path, bytes[..at - 24].to_vec()))
    });
    let (path, bytes) = found.expect("a journal with the record");
    fs::write(path, bytes).expect("cut");
}

#[test]
fn a_commit_that_nothing_but_the_manifest_tells_of_is_told_whole() {
    let check = |mark: &str, expected: [u64; 3]| {
        let (_site, home) = killed_in_the_second_table();
        // As if the process had ended right after the commit.
        cut_journal(&home, mark);
        let history = rusqlite::Connection::open(home.path("state/history.sqlite")).expect("the history");
        history.execute_batch("DELETE FROM tables; DELETE FROM files;").expect("forgotten");
        let summary = home.summary(&["p.yaml"]);
        let small = &summary["tables"][0];
        let count = |of: &Value, name: &str| of[name].as_u64().expect("a number");
        assert_eq!(["pages", "rows", "rejected"].map(|name| count(small, name)), expected, "{small}");
        let bytes = fs::read(home.path(small["files"][0]["path"].as_str().expect("text"))).expect("a file");
        assert_eq!(
            (&small["files"][0]["rows"], small["files"][0]["sha256"].as_str()),
            (&8.into(), Some(sha256(&bytes).as_str())),
            "{small}"
        );
        assert_eq!((n_keys(&home, "out/small"), n_keys(&home, "out/large")), (8, 100));
        // It is in the history once, with the run that did it.
        let all: Value = serde_json::from_str(&home.run(&["runs", "--format", "json"]).stdout).expect("JSON");
        let [last, first] = all.as_array().expect("a list").as_slice() else { panic!("{all}") };
        assert_eq!(last["tables"].as_array().map(Vec::len), Some(1), "{last}");
        assert_eq!(last["tables"][0]["table"], "large");
        let table = &first["tables"][0];
        assert_eq!((&table["table"], &table["files"][0]["rows"]), (&"small".into(), &8.into()), "{first}");
        assert_eq!((count(table, "rows_written"), count(table, "rows_in_files")), (8, 8));
        assert_eq!(table["columns"], serde_json::json!([["day", "date"], ["key", "string"]]), "{table}");
        assert_eq!(table["checks"].as_array().map(Vec::len), Some(1), "{table}");
    };
    check("{\"committed\"", [1, 8, 2]);
    // What was rejected is in the file of rejected rows only.
    check("{\"ready\"", [1, 8, 0]);
}

#[test]
fn the_history_reconciles_with_the_files() {
    let home = Home::new();
    let convert = "return JSON.parse(json).issues.map((issue, n) => ({ key: issue.key, day: n % 5 ? '2024-11-29' : 'soon' }));";
    let columns = "columns:\n  day: { type: date, on_error: reject }\n";
    let args = ["--sandbox", "--sandbox-issues", "40"];
    for kind in ["parquet", "arrow", "csv", "jsonl"] {
        let yaml = pipeline(convert, &format!("{{ kind: {kind}, path: out/rows }}")) + columns;
        // The state of a sandbox goes with it, so a server of its own is started.
        let site = Site::with_issues(40);
        let home = site.home();
        home.write("p.yaml", &yaml);
        let summary = home.summary(&["p.yaml"]);
        let run_id = summary["run_id"].as_str().expect("text");
        let run: Value =
            serde_json::from_str(&home.run(&["runs", "show", run_id, "--format", "json"]).stdout)
                .expect("JSON");
        let table = &run["tables"][0];
        let count = |name: &str| table[name].as_u64().expect("a number");
        assert_eq!(
            (count("rows_returned"), count("rows_rejected"), count("rows_written")),
            (40, 8, 32),
            "{kind}"
        );
        assert_eq!((count("rows_in_files"), count("pages")), (32, 4), "{kind}");
        assert_eq!(table["rows_per_page"].as_array().map(Vec::len), Some(4));
        assert_eq!(table["rows_per_page"][3], serde_json::json!({"page": 3, "returned": 10, "rejected": 2}));
        let file = &table["files"][0];
        let bytes = fs::read(home.path(file["path"].as_str().expect("text"))).expect("the file");
        assert_eq!(file["sha256"], sha256(&bytes));
        let shown = home.run(&["runs", "show", &run_id[..10]]).stdout;
        assert!(
            shown.contains("40 rows returned = 32 written + 8 rejected + 0 discarded; 32 in files"),
            "{shown}"
        );
    }
    let failed = home.run(&["runs", "show", "1999"]);
    assert!(
        failed.code == Some(2) && failed.stderr.contains("there is no run `1999`"),
        "{failed:?} {args:?}"
    );
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_failed_check_leaves_the_old_rows_and_says_where() {
    let site = Site::with_issues(30);
    let home = site.home();
    let convert = "return JSON.parse(json).issues.map((issue, n) => ({ key: metadata.page < 3 ? issue.key : 'ABC-' + (n + 1), secret: '{s}' }));";
    let secret = site
        .sandbox
        .variables()
        .into_iter()
        .find(|(name, _)| *name == "JIRA_CLIENT_SECRET")
        .expect("there")
        .1;
    let yaml = pipeline(&convert.replace("{s}", &secret), "{ kind: parquet, path: rows }");
    home.write("p.yaml", &yaml);
    home.summary(&["p.yaml"]);
    let old = fs::read(home.path("rows.parquet")).expect("the file");
    let checks = |checks: &str| drop(home.write("p.yaml", &format!("{yaml}checks:\n{checks}")));
    checks(
        "  - { kind: unique, columns: key }\n  - { kind: accepted_values, column: secret, values: x }\n  - { kind: row_count, min: 1 }\n",
    );
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for part in [
        "2 of 3 checks failed; the earlier output is as it was",
        "unique (key): 10 rows with a key that came before",
        "page 3, row 1: `ABC-1`",
        "… and 5 more",
    ] {
        assert!(done.stderr.contains(part), "{part} in {}", done.stderr);
    }
    assert!(!done.stderr.contains(&secret), "{}", done.stderr);
    assert!(fs::read(home.path("rows.parquet")).expect("the file") == old);
    let runs = home.run(&["runs", "--format", "json"]).stdout;
    assert!(runs.contains("checks failed") && !runs.contains(&secret), "{runs}");
    let history = fs::read(home.path("state/history.sqlite")).expect("the history");
    assert!(
        !history.windows(secret.len()).any(|window| window == secret.as_bytes()),
        "a secret in the history"
    );
}

#[test]
fn a_check_may_only_warn_and_rows_are_counted_against_the_last_run() {
    let site = Site::with_issues(30);
    let home = site.home();
    let convert =
        "return JSON.parse(json).issues.map((_, n) => ({ key: 'ABC-' + (n + metadata.page % 2) }));";
    let yaml = pipeline(convert, "{ kind: parquet, path: rows }");
    let checks = "checks:\n  - { kind: unique, columns: key, severity: warn }\n  - { kind: row_count, max_change: 10% }\n";
    home.write("p.yaml", &format!("{yaml}{checks}"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("warning: p: unique (key): 19 rows"), "{}", done.stderr);
    home.write(
        "p.yaml",
        &(home.read("p.yaml").replace("maxResults: 10 }", "maxResults: 10 }\n  max_pages: 2")),
    );
    let done = home.run(&["run", "p.yaml"]);
    let expected = "there are 20 rows, -33.3% against the 30";
    assert!(done.code == Some(1) && done.stderr.contains(expected), "{}", done.stderr);
}

#[test]
fn a_run_without_room_for_its_journal_runs_all_the_same() {
    let site = Site::with_issues(20);
    let home = site.home();
    home.write("p.yaml", &pipeline(KEYS, "{ kind: parquet, path: rows }"));
    home.write("state/journals", "a file in the way of the folder");
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("cannot be resumed"), "{}", done.stderr);
    assert_eq!(keys(&home.path("rows.parquet")).len(), 20);
}

#[cfg(unix)]
#[test]
fn what_is_kept_about_runs_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (_site, home) = killed();
    let found = [files(&home.path("state"), "journal"), files(&home.path("state"), "sqlite")].concat();
    assert_eq!(found.len(), 2, "{found:?}");
    for file in found {
        let mode = fs::metadata(&file).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
}

#[test]
fn what_a_later_version_has_written_is_refused_and_left_alone() {
    let site = Site::with_issues(20);
    let home = site.home();
    home.write("p.yaml", &incremental("{ kind: parquet, path: t, mode: upsert, key: key }", ""));
    home.summary(&["p.yaml", "--now", &time(BEGIN_MS)]);
    let manifest = home.read("t/_manifest.json");
    let check = |later: &str, args: &[&str], expected: &str| {
        home.write("t/_manifest.json", later);
        let asked = site.stats().search_requests;
        let done = home.run(args);
        assert!(done.code == Some(1) && done.stderr.contains(expected), "{done:?}");
        assert_eq!(site.stats().search_requests, asked, "no page is asked for");
        assert_eq!(home.read("t/_manifest.json"), later);
    };
    let mut state: Value = serde_json::from_str(&manifest).expect("JSON");
    state["state"] = serde_json::json!({"version": 2, "cursors": []});
    let state = state.to_string();
    let refused = "it has form 2, and this program knows 1; a later version of pipeline has written it";
    check(&state, &["run", "p.yaml"], refused);
    check(&state, &["state", "show", "p.yaml"], refused);
    check(&state, &["state", "reset", "p.yaml"], refused);
    check(r#"{"manifest": 2, "tables": []}"#, &["run", "p.yaml"], "its manifest has form 2");
    check("{}", &["run", "p.yaml"], "the manifest is damaged");
    home.write("t/_manifest.json", &manifest);
    home.summary(&["p.yaml", "--now", &time(BEGIN_MS)]);
    assert_eq!(rows(&home.path("t")).len(), 20);
}

#[test]
fn a_journal_of_a_later_version_is_refused_unless_the_run_is_to_begin_anew() {
    let (_site, home) = killed();
    let journal = files(&home.path("state/journals"), "journal").remove(0);
    let mut bytes = fs::read(&journal).expect("a journal");
    bytes[15] = b'9';
    fs::write(&journal, &bytes).expect("written");
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.code == Some(1) && done.stderr.contains("begin anew with `--restart`"), "{done:?}");
    assert!(fs::read(&journal).expect("still there") == bytes);
    home.summary(&["p.yaml", "--restart"]);
    assert_eq!(keys(&home.path("rows.parquet")).len(), 100);
}

#[cfg(unix)]
#[test]
fn a_source_that_is_always_read_from_its_beginning_says_so() {
    let check = |datasource: &str, query: &str| {
        let home = Home::new();
        home.write(
            "p.yaml",
            &format!("datasource: {datasource}\nquery: {query}\nsink: {{ kind: csv, path: rows }}\n"),
        );
        let record =
            |id: u32| format!("{{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{{\"id\":{id}}}}}\n");
        home.write("in/a.ndjson", &record(1));
        home.write("tap.sh", "cat in/a.ndjson in/b.ndjson");
        // A pipe that nobody writes to holds the run in its second file.
        let pipe = home.path("in/b.ndjson");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        let mut child = spawn(&home, &["run", "p.yaml"]);
        let begin = std::time::Instant::now();
        while !home.run(&["runs"]).stdout.contains("running") {
            assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", child.try_wait());
        }
        child.kill().expect("killed");
        child.wait().expect("dead");
        fs::remove_file(&pipe).expect("removed");
        home.write("in/b.ndjson", &record(2));
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        for part in ["beginning anew, without what 2", "is always read from its beginning"] {
            assert!(done.stderr.contains(part), "{part} in {}", done.stderr);
        }
        assert_eq!(home.read("rows.csv").lines().count(), 3);
        // Once only.
        let next = home.run(&["run", "p.yaml"]);
        assert!(next.code == Some(0) && !next.stderr.contains("beginning anew"), "{}", next.stderr);
    };
    check("{ kind: file, folder: in }", "{ path: '*.ndjson' }");
    check("{ kind: command, command: [sh, tap.sh] }", "{ path: s }");
}

#[test]
fn the_second_process_on_a_target_is_told_who_holds_it() {
    // Long enough for the others to come and go.
    let slow = r#"{ "rules": [{ "on": "search", "request": 3,
        "fault": { "kind": "slow_first_byte", "delay_ms": 4000 } }] }"#;
    let faults = Faults::from_json(slow).expect("faults");
    let site = Site::start(SandboxOptions { issues: 100, faults, ..SandboxOptions::default() });
    let home = site.home();
    let first = stuck_run(&site, &home);
    wait_for_pages(&home, 2);
    let asked = site.stats().search_requests;
    let second = home.run(&["run", "p.yaml"]);
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    for part in ["rows.parquet` is in use", &format!("runs as process {} on ", first.id()), " since 20"] {
        assert!(second.stderr.contains(part), "{part} in {}", second.stderr);
    }
    assert_eq!(site.stats().search_requests, asked, "the second asks for no page");
    // Another pipeline with that target is another run of it all the same.
    home.write("other.yaml", &home.read("p.yaml"));
    let third = home.run(&["run", "other.yaml"]);
    assert!(third.code == Some(1) && third.stderr.contains("is in use"), "{}", third.stderr);
    // The first has lost nothing.
    let done = Done::wait(first);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let expected: Vec<String> = (1..=100).map(|n| format!("ABC-{n}")).collect();
    assert_eq!(keys(&home.path("rows.parquet")), expected);
}

//! Tables that are committed while others of their pipeline fail: they do not stay as old as that in silence.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use serde_json::{Value, json};

use crate::{
    commits::REST,
    recorded::{Reply, Server},
    support::{Done, Home},
};

const DAYS: [&str; 4] =
    ["2030-01-01T02:00:00Z", "2030-01-01T03:00:00Z", "2030-01-03T02:00:00Z", "2030-01-06T02:00:00Z"];

/// How often each path was asked for since the last time.
struct Site {
    server: Server,
    home: Home,
    status: Arc<AtomicU16>,
    n_known: usize,
}

impl Site {
    /// A server whose `/b` answers with a status while that is not 200.
    fn new(sinks: &str, status: u16) -> Self {
        let status = Arc::new(AtomicU16::new(status));
        let shown = Arc::clone(&status);
        let server = Server::start(move |asked| match shown.load(Ordering::SeqCst) {
            status if asked.path.starts_with("/b") && status != 200 => Reply::json("{}").of_status(status),
            _ => Reply::json(json!({"items": [{"id": 1}]}).to_string()),
        });
        let home = Home::new().with([("URL", server.url.as_str())]);
        let table = |name: &str| {
            let sink = sinks.replace("NAME", name);
            format!("  {name}: {{ query: {{ path: /{name}, select: items }}, sink: {{ {sink} }} }}\n")
        };
        home.write("p.yaml", &format!("{REST}tables:\n{}{}", table("a"), table("b")));
        Self { server, home, status, n_known: 0 }
    }

    fn run(&mut self, now: &str) -> (Done, String) {
        let done = self.home.run(&["run", "p.yaml", "--format", "json", "--now", now]);
        let asked: String =
            self.server.asked()[self.n_known..].iter().map(|asked| asked.path[1..2].to_owned()).collect();
        self.n_known += asked.len();
        (done, asked)
    }
}

fn first(done: &Done) -> Value {
    serde_json::from_str::<Value>(&done.stdout).expect("a summary")["tables"][0].clone()
}

#[test]
fn a_table_beside_one_that_fails_for_days_is_fetched_again_unless_it_appends() {
    for sinks in [
        "kind: jsonl, path: out/NAME",
        "kind: parquet, path: out/NAME, mode: upsert, key: id",
        "kind: jsonl, path: out/NAME, mode: snapshot",
        "kind: csv, path: out/NAME, mode: append",
    ] {
        let appends = sinks.contains("append");
        let mut site = Site::new(sinks, 403);
        let (done, asked) = site.run(DAYS[0]);
        assert_eq!((done.code, asked.as_str()), (Some(1), "ab"), "{}", done.stderr);
        // An hour later somebody tries again: what was committed is kept.
        let (done, asked) = site.run(DAYS[1]);
        assert_eq!((done.code, asked.as_str()), (Some(1), "b"), "{sinks}: {}", done.stderr);
        let (done, asked) = site.run(DAYS[2]);
        assert_eq!((done.code, asked.as_str()), (Some(1), if appends { "b" } else { "ab" }), "{sinks}");
        assert_eq!(done.stderr.contains("and ended in an error"), !appends, "{}", done.stderr);
        site.status.store(200, Ordering::SeqCst);
        let (done, asked) = site.run(DAYS[3]);
        assert_eq!((done.code, asked.as_str()), (Some(0), if appends { "b" } else { "ab" }), "{sinks}");
        let table = first(&done);
        assert_eq!(table.get("fetched_at").is_some(), appends, "{table}");
        if appends {
            assert_eq!(table["fetched_at"], DAYS[0], "{table}");
            assert!(
                table["warnings"][0].as_str().expect("a warning").contains("not fetched again"),
                "{table}"
            );
        }
        let (done, asked) = site.run("2030-01-07T03:00:00Z");
        assert_eq!((done.code, asked.as_str()), (Some(0), "ab"), "{sinks}: {}", done.stderr);
        assert!(first(&done).get("fetched_at").is_none(), "{}", done.stdout);
    }
}

#[test]
fn a_quota_keeps_what_is_committed_however_old_and_the_summary_says_how_old() {
    let mut site = Site::new("kind: jsonl, path: out/NAME", 429);
    assert_eq!(site.run(DAYS[0]).0.code, Some(4));
    site.status.store(200, Ordering::SeqCst);
    let home = &site.home;
    let done = home.run(&["run", "p.yaml", "--now", DAYS[1]]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(
        done.stderr.contains("a: not fetched again; its rows are of 2030-01-01T02:00:00Z"),
        "{}",
        done.stderr
    );
    assert!(!done.stderr.contains("warning"), "{}", done.stderr);
}

/// An issue is listed, and deleted before its worklogs are asked for.
#[test]
fn what_a_deleted_row_names_does_not_hold_a_pipeline_up_for_ever() {
    for (mode, end_status, code) in [
        ("overwrite", "", Some(0)),
        // One of the same day never changes.
        ("snapshot", "", Some(1)),
        ("append", "", Some(1)),
        ("append", ", end_status: 404", Some(0)),
    ] {
        let is_second = Arc::new(AtomicU16::new(0));
        let shown = Arc::clone(&is_second);
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/search" if shown.load(Ordering::SeqCst) == 0 => {
                Reply::json(r#"{"items": [{"id": 1}, {"id": 2}, {"id": 3}]}"#)
            }
            "/search" => Reply::json(r#"{"items": [{"id": 1}, {"id": 3}, {"id": 4}]}"#),
            "/logs/2" => Reply::json("{}").of_status(404),
            path => Reply::json(format!(r#"{{"items": [{{"of": "{path}"}}]}}"#)),
        });
        let home = Home::new().with([("URL", server.url.as_str())]);
        home.write(
            "p.yaml",
            &format!(
                "{REST}tables:\n  issues: {{ query: {{ path: /search, select: items }}, sink: {{ kind: jsonl, path: out/issues, mode: {mode} }} }}\n  \
                 logs: {{ query: {{ path: '/logs/${{each.key}}', select: items, for_each: {{ table: issues, column: id }}{end_status} }}, sink: {{ kind: jsonl, path: out/logs }} }}\n"
            ),
        );
        let done = home.run(&["run", "p.yaml"]);
        if end_status.is_empty() {
            assert_eq!(done.code, Some(1), "{}", done.stderr);
            for part in ["end_status: 404", "--restart", "`key` = `2`"] {
                assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
            }
        } else {
            assert_eq!(done.code, Some(0), "{}", done.stderr);
            assert_eq!(home.read("out/logs.jsonl").lines().count(), 2, "those of 1 and 3");
            continue;
        }
        is_second.store(1, Ordering::SeqCst);
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code, code, "{mode}: {}", done.stderr);
        if code == Some(0) {
            assert_eq!(home.read("out/logs.jsonl").lines().count(), 3, "those of 1, 3 and 4");
        }
    }
}

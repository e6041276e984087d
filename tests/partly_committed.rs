//! Runs of which some tables are committed: these are not committed once more, whatever becomes of the others.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;

use crate::{
    commits::{REST, page},
    recorded::{Reply, Server},
    state::{files, spawn, wait_for_pages},
    support::{Home, every},
};

/// A server whose answers for the second table are refused after its second page while the flag is set.
pub(crate) struct Site {
    server: Server,
    pub(crate) home: Home,
    pub(crate) is_refused: Arc<AtomicBool>,
}

pub(crate) fn site() -> Site {
    let is_refused = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&is_refused);
    let server = Server::start(move |asked| {
        let is_second = asked.path.starts_with("/second") && asked.param("cursor").as_deref() == Some("3");
        match is_second && flag.load(Ordering::SeqCst) {
            true => Reply::json("{}").of_status(429).with("retry-after", "3600"),
            false => page(asked),
        }
    });
    let home = Home::new().with([("URL", server.url.as_str()), ("FIRST", "first"), ("SECOND", "second")]);
    Site { server, home, is_refused }
}

const PAGES: &str = "pagination: { kind: cursor, next: next, param: cursor }";

pub(crate) fn tables() -> String {
    format!(
        "{REST}tables:
  first:
    query: {{ path: '/${{FIRST}}', select: items, {PAGES} }}
    sink: {{ kind: jsonl, path: out/first, mode: append }}
  second:
    query: {{ path: '/${{SECOND}}', {PAGES} }}
    converter: {{ script: \"function convert(json) {{ return JSON.parse(json).items.map(item => ({{ id: item.id }})); }}\" }}
    sink: {{ kind: jsonl, path: out/second, mode: append }}
"
    )
}

/// How often each record is in a folder.
fn counts(home: &Home, folder: &str) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for file in files(&home.path(folder), "jsonl") {
        for line in fs::read_to_string(file).expect("read").lines() {
            let row: Value = serde_json::from_str(line).expect("JSON");
            *counts.entry(row["id"].as_u64().expect("a number")).or_default() += 1;
        }
    }
    counts
}

pub(crate) fn assert_times(home: &Home, folder: &str, n_times: usize, about: &str) {
    let expected: BTreeMap<u64, usize> = (1..=9).map(|id| (id, n_times)).collect();
    assert_eq!(counts(home, folder), expected, "{folder}: {about}");
}

/// The first table is committed and the second one is not.
fn stopped(yaml: &str) -> Site {
    let site = site();
    site.home.write("p.yaml", yaml);
    let stopped = site.home.run(&["run", "p.yaml"]);
    assert_eq!(stopped.code, Some(4), "{}", stopped.stderr);
    assert_times(&site.home, "out/first", 1, "before");
    site.is_refused.store(false, Ordering::SeqCst);
    site
}

#[test]
fn a_clock_that_was_set_back_makes_no_older_journal_the_newer_one() {
    let Site { home, server: _server, is_refused } = site();
    let run = |target: &str, more: &[&str]| {
        home.write("p.yaml", &tables().replace("out/second", target));
        home.run(&[&["run", "p.yaml"], more].concat())
    };
    for (n_times, target, more) in [
        (1, "out/second", &["--now", "2026-05-01T10:00:00Z"][..]),
        // Before it, by the clock; everything is asked for again.
        (2, "out/other", &["--now", "2026-05-01T09:00:00Z", "--restart"]),
        // The journal of the first run is still there.
        (2, "out/second", &["--now", "2026-05-01T09:10:00Z"]),
    ] {
        let stopped = run(target, more);
        assert_eq!(stopped.code, Some(4), "{}", stopped.stderr);
        assert_times(&home, "out/first", n_times, &stopped.stderr);
    }
    is_refused.store(false, Ordering::SeqCst);
    let done = run("out/second", &["--now", "2026-05-01T09:20:00Z"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_times(&home, "out/first", 2, &done.stderr);
    assert_times(&home, "out/second", 1, &done.stderr);
}

#[test]
fn a_table_that_is_fixed_does_not_commit_the_table_before_it_again() {
    type Edit<'e> = (&'e str, &'e str, &'e str, bool);
    // What is edited, and whether the second table goes on with its pages.
    let edits: [Edit<'_>; 7] = [
        ("nothing", "", "", true),
        ("converter", "id: item.id }", "id: item.id, half: item.half }", false),
        ("query", "path: '/${SECOND}',", "path: '/${SECOND}', params: { a: b },", false),
        ("columns", "    converter:", "    columns: { id: int }\n    converter:", false),
        ("checks", "    converter:", "    checks: [{ kind: not_null, columns: id }]\n    converter:", true),
        ("variable", "/${SECOND}", "/${SECOND:-other}", false),
        ("limits", "max_wait: 1s", "max_wait: 2s", true),
    ];
    for (about, from, to, goes_on) in every(2, edits) {
        let Site { home, server: _server, .. } = stopped(&tables());
        home.write("p.yaml", &tables().replacen(from, to, usize::from(!from.is_empty())));
        let done = home.run(&["run", "p.yaml", "--format", "json"]);
        assert_eq!(done.code, Some(0), "{about}: {}", done.stderr);
        assert_times(&home, "out/first", 1, about);
        assert_times(&home, "out/second", 1, about);
        let told =
            "beginning anew, without 2 pages of an earlier run: `second`: the datasource, query, converter";
        assert_eq!(done.stderr.contains(told), !goes_on, "{about}: {}", done.stderr);
        let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
        let (first, second) = (&summary["tables"][0], &summary["tables"][1]);
        assert_eq!((&first["resumed_pages"], first.get("begun_anew")), (&3.into(), None), "{about}");
        assert_eq!(second.get("begun_anew").is_some(), !goes_on, "{about}: {second}");
        // The run after that has nothing to do with all this.
        home.summary(&["p.yaml"]);
        assert_times(&home, "out/first", 2, about);
        assert_times(&home, "out/second", 2, about);
    }
}

#[test]
fn the_variable_of_one_table_says_nothing_of_another() {
    let Site { home, server: _server, .. } = stopped(&tables());
    let home = home.with([("SECOND", "second/other")]);
    home.summary(&["p.yaml"]);
    assert_times(&home, "out/first", 1, "its own variable is the same");
    let Site { home, server: _server, .. } = stopped(&tables());
    let home = home.with([("FIRST", "other")]);
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.stderr.contains("without 3 pages of an earlier run: `first`: "), "{}", done.stderr);
    assert_times(&home, "out/first", 2, "another query");
    assert_times(&home, "out/second", 1, "another query");
}

#[test]
fn tables_that_go_through_a_table_begin_anew_with_it() {
    let yaml = tables().replace(
        "path: '/${SECOND}',",
        "path: '/second/${each.key}', for_each: { table: first, column: id },",
    );
    let yaml = yaml.replace("cursor } }\n    converter", "cursor }, max_pages: 3 }\n    converter");
    let Site { home, server: _server, .. } = stopped(&yaml);
    // Nine children, each of which has all nine records.
    home.write("p.yaml", &yaml.replacen("select: items,", "select: items, params: { a: b },", 1));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for part in ["without 3 pages of", "rows that it has committed stay", "without 2 pages of"] {
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
    assert_times(&home, "out/second", 9, "one for each");
    // A parent whose rows were removed is read again, and its children with it.
    let Site { home, server, is_refused } = stopped(&yaml);
    fs::remove_dir_all(home.path("out/first")).expect("removed");
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("`first`, which it goes through, is read anew"), "{}", done.stderr);
    assert_times(&home, "out/first", 1, "restored");
    assert_times(&home, "out/second", 9, "one for each");
    drop((server, is_refused));
}

#[test]
fn a_committed_table_is_not_committed_again_however_old_the_run_is() {
    let late = "2099-01-01T00:00:00Z";
    for resume in ["", "resume: { max_age: 1s }\n", "resume: { enabled: false }\n"] {
        let yaml = format!("{}{resume}", tables());
        let Site { home, server: _server, .. } = stopped(&yaml);
        let done = home.run(&["run", "p.yaml", "--now", late]);
        assert_eq!(done.code, Some(0), "{resume}: {}", done.stderr);
        assert_times(&home, "out/first", 1, resume);
        assert_times(&home, "out/second", 1, resume);
        // Its pages are too old.
        let told = done.stderr.contains("without 2 pages of an earlier run: `second`: it began at");
        assert_eq!(told, !resume.contains("enabled"), "{resume}: {}", done.stderr);
        home.summary(&["p.yaml", "--now", "2099-01-02T00:00:00Z"]);
        assert_times(&home, "out/first", 2, resume);
        // All that is left of a run is committed: it is finished, and nothing is fetched.
        let Site { home, server, is_refused: _ } = stopped(&yaml);
        let alone = yaml[..yaml.find("  second:").expect("a table")].to_owned() + resume;
        home.write("p.yaml", &alone);
        let n_asked = server.asked().len();
        let done = home.run(&["run", "p.yaml", "--now", late]);
        assert!(done.code == Some(0) && done.stderr.contains("recorded now"), "{resume}: {}", done.stderr);
        assert_eq!(server.asked().len(), n_asked, "{resume}");
        assert_times(&home, "out/first", 1, resume);
    }
}

#[test]
fn a_run_that_is_killed_in_its_second_table_commits_the_first_one_once() {
    for args in [&["run", "p.yaml"][..], &["run", "p.yaml", "--now", "2099-01-01T00:00:00Z"]] {
        let Site { home, is_refused, server: _server } = site();
        home.write("p.yaml", &tables().replace("max_wait: 1s", "max_wait: 2h"));
        let mut child = spawn(&home, &["run", "p.yaml"]);
        // Three of the first table, which is committed then.
        wait_for_pages(&home, 5);
        child.kill().expect("killed");
        child.wait().expect("dead");
        is_refused.store(false, Ordering::SeqCst);
        let yaml = home.read("p.yaml").replace("id: item.id }", "id: item.id, half: item.half }");
        home.write("p.yaml", &yaml);
        let done = home.run(args);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        assert_times(&home, "out/first", 1, &done.stderr);
        assert_times(&home, "out/second", 1, &done.stderr);
    }
}

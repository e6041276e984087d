use std::time::Duration;

use super::*;

fn start(run_id: &str) -> RunStart {
    let started_at = "2025-01-01T00:00:00Z".parse().unwrap();
    let (pipeline, config_hash) = ("jira".into(), "c".into());
    RunStart { run_id: run_id.into(), pipeline, config_hash, started_at, outputs: Outputs::Real }
}

fn counts() -> RunCounts {
    RunCounts { requests: 7, retries: 1, waited: Duration::from_millis(1500), bytes: 9 }
}

fn table(rows: u64) -> TableRecord {
    TableRecord {
        table: "issues".into(),
        target: "out/issues/".into(),
        pages: 2,
        rows_returned: rows + 1,
        rows_rejected: 1,
        rows_written: rows,
        rows_in_files: rows,
        columns: vec![("key".into(), "string".into())],
        incomplete: true,
        incomplete_reason: Some("there is more".into()),
        files: vec![FileRecord { path: "a".into(), rows, bytes: 5, sha256: Some("00".into()) }],
        ..TableRecord::default()
    }
}

#[test]
fn the_last_run_is_the_one_that_was_written_down_last() {
    let state = tempfile::tempdir().unwrap();
    let history = History::open(state.path()).unwrap();
    // By the clock the first one is later; of the others nothing is known.
    for run_id in ["20260501T100000Z-a", "20260501T090000Z-b"] {
        history.begin(start(run_id)).unwrap();
    }
    let last = |runs: &[&'static str]| history.last_of(runs.iter().copied());
    assert_eq!(last(&["20260501T090000Z-b", "20260501T100000Z-a"]), Some("20260501T090000Z-b"));
    assert_eq!(last(&["20270501T090000Z-x", "20260501T100000Z-a"]), Some("20260501T100000Z-a"));
    assert_eq!(last(&["2026-x", "2025-y"]), Some("2026-x"));
    assert_eq!(last(&[]), None);
}

#[test]
fn a_run_is_read_back_as_it_was_written() {
    let state = tempfile::tempdir().unwrap();
    let history = History::open(state.path()).unwrap();
    let run = history.begin(start("r1")).unwrap();
    let pages = [0, 1].map(|page| PageCount { page, returned: 10, rejected: page });
    run.pages("issues", &pages).unwrap();
    run.table(0, &table(19)).unwrap();
    let check = CheckRecord { check: "row_count".into(), severity: "warn".into(), problem: None };
    run.checks("issues", std::slice::from_ref(&check)).unwrap();
    run.resumes("r0").unwrap();
    run.end("2025-01-01T00:00:02Z".parse().unwrap(), (RunOutcome::Done, None), &counts()).unwrap();
    drop(run);
    let found = History::open(state.path()).unwrap().run("r1").unwrap().unwrap();
    let expected = TableRecord { checks: vec![check], rows_per_page: pages.to_vec(), ..table(19) };
    assert_eq!(found.tables, [expected]);
    assert_eq!((found.outcome, found.requests, found.waited_seconds), (RunOutcome::Done, 7, 1.5));
    assert_eq!(
        (found.resumes.as_deref(), found.ended_at.as_deref()),
        (Some("r0"), Some("2025-01-01T00:00:02Z"))
    );
    assert_eq!(history.last_rows(("jira", "issues"), Outputs::Real).unwrap(), Some(19));
    assert_eq!(history.last_rows(("jira", "other"), Outputs::Real).unwrap(), None);
    assert_eq!(history.run("r2").unwrap(), None);
}

#[test]
fn runs_that_have_not_committed_a_table_are_known_by_whatever_name_they_had() {
    let state = tempfile::tempdir().unwrap();
    let history = History::open(state.path()).unwrap();
    for (run_id, pipeline) in [("r1", "jira"), ("r2", "jira"), ("r3", "old_name"), ("r4", "old_name")] {
        let run = history.begin(RunStart { pipeline: pipeline.into(), ..start(run_id) }).unwrap();
        if ["r2", "r4"].contains(&run_id) {
            run.table(0, &table(19)).unwrap();
        }
    }
    let unfinished = |table: &str, target: &str| history.unfinished(table, target).unwrap();
    assert_eq!(unfinished("issues", "out/issues/"), ["r3", "r1"]);
    // A table, or a path to it, that is written otherwise since: what was committed to it is not unfinished.
    assert_eq!(unfinished("renamed", "out/issues/"), ["r3", "r1"]);
    assert_eq!(unfinished("issues", "../out/issues/"), ["r3", "r1"]);
    assert_eq!(unfinished("other", "out/other/"), ["r4", "r3", "r2", "r1"]);
}

#[test]
fn runs_whose_process_is_gone_are_marked() {
    let state = tempfile::tempdir().unwrap();
    let history = History::open(state.path()).unwrap();
    let alive = history.begin(start("r1")).unwrap();
    // As a killed process leaves it: a row, and no lock.
    drop(history.begin(start("r2")).unwrap());
    assert_eq!(history.mark_crashed().unwrap(), ["r2"]);
    let outcomes: Vec<RunOutcome> =
        history.runs(Some("jira"), 10).unwrap().iter().map(|run| run.outcome).collect();
    assert_eq!(outcomes, [RunOutcome::Crashed, RunOutcome::Running]);
    assert_eq!(history.runs(Some("other"), 10).unwrap(), []);
    drop(alive);
}

#[test]
fn a_run_that_begins_while_the_history_is_locked_is_in_it_at_the_end() {
    let state = tempfile::tempdir().unwrap();
    drop(History::open(state.path()).unwrap());
    let other = rusqlite::Connection::open(state.path().join("history.sqlite")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let begin = std::time::Instant::now();
    let run = History::begin_run(state.path(), &start("r1")).unwrap();
    assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{:?}", begin.elapsed());
    run.pages("issues", &[PageCount { page: 0, returned: 3, rejected: 0 }]).unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    run.end(start("r1").started_at, (RunOutcome::Done, None), &counts()).unwrap();
    let found = History::open(state.path()).unwrap().run("r1").unwrap().expect("it is there");
    assert_eq!(found.outcome, RunOutcome::Done);
}

#[test]
fn a_server_begins_without_a_history_that_cannot_be_used() {
    let state = tempfile::tempdir().unwrap();
    drop(History::open(state.path()).unwrap());
    let connection = rusqlite::Connection::open(state.path().join("history.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let history = History::open_if_possible(state.path()).unwrap();
    assert_eq!(history.runs(None, 10).unwrap(), []);
}

#[test]
fn a_history_of_a_later_version_is_left_alone() {
    let state = tempfile::tempdir().unwrap();
    drop(History::open(state.path()).unwrap());
    let connection = rusqlite::Connection::open(state.path().join("history.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let error = History::open(state.path()).unwrap_err().to_string();
    assert!(error.contains("later version of pipeline (form 99)"), "{error}");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let state = tempfile::tempdir().unwrap();
    drop(History::open(state.path()).unwrap());
    let metadata = std::fs::metadata(state.path().join("history.sqlite")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[test]
fn runs_against_the_sandbox_are_marked_and_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    for (run_id, outputs, rows) in [
        ("r1", Outputs::Real, 7),
        ("r2", Outputs::Sandbox, 9),
        ("r3", Outputs::Real, 8),
        ("r4", Outputs::Sandbox, 6),
    ] {
        let run = history.begin(RunStart { outputs, ..start(run_id) }).unwrap();
        let table = TableRecord { table: "t".into(), rows_written: rows, ..TableRecord::default() };
        run.table(0, &table).unwrap();
    }
    let ids = |outputs| {
        let runs = history.runs_of("jira", outputs, 9).unwrap();
        runs.into_iter().map(|run| (run.run_id, run.sandbox)).collect::<Vec<_>>()
    };
    assert_eq!(ids(Outputs::Real), [("r3".to_owned(), false), ("r1".to_owned(), false)]);
    assert_eq!(ids(Outputs::Sandbox), [("r4".to_owned(), true), ("r2".to_owned(), true)]);
    assert_eq!(history.runs(None, 9).unwrap().len(), 4);
    assert_eq!(history.last_rows(("jira", "t"), Outputs::Real).unwrap(), Some(8));
    assert_eq!(history.last_rows(("jira", "t"), Outputs::Sandbox).unwrap(), Some(6));
}

#[test]
fn the_last_run_is_the_one_that_began_last_whatever_the_clock_was() {
    let state = tempfile::tempdir().unwrap();
    let history = History::open(state.path()).unwrap();
    // The clock was two days ahead, and is right again; ids begin with the time.
    for (run_id, rows, outcome) in [
        ("20250103", 1, RunOutcome::Failed),
        ("20250101", 2, RunOutcome::Done),
        ("20250102", 3, RunOutcome::Failed),
    ] {
        let run = history.begin(start(run_id)).unwrap();
        run.table(0, &table(rows)).unwrap();
        run.end("2025-01-01T00:00:02Z".parse().unwrap(), (outcome, None), &counts()).unwrap();
    }
    let ids = |runs: Vec<RunRecord>| runs.into_iter().map(|run| run.run_id).collect::<Vec<_>>();
    let in_order = ["20250102", "20250101", "20250103"];
    assert_eq!(ids(history.runs_of("jira", Outputs::Real, 9).unwrap()), in_order);
    assert_eq!(ids(history.runs(Some("jira"), 9).unwrap()), in_order);
    assert_eq!(ids(history.runs_before(None, Some("20250101"), 9).unwrap()), in_order[2..]);
    assert_eq!(history.last_rows(("jira", "issues"), Outputs::Real).unwrap(), Some(3));
    assert_eq!(history.committed("out/issues/").unwrap(), in_order);
    assert_eq!(history.unfinished("other", "elsewhere").unwrap(), [in_order[0], in_order[2]]);
}

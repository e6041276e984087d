//! Runs that are killed between their commit and the end of their process: the next one is the same run.

use std::{
    fs,
    io::Write,
    process::{Child, Stdio},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use crate::{
    commits::{APPEND, QUERY, REST, assert_times, home, outcome, runs},
    partly_committed,
    state::{files, spawn},
    support::{Done, Home, all_or, every},
    table_files::{column, parquet},
};

const TAP: &str = r#"echo '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}'
for n in 1 2 3 4 5 6 7 8 9; do echo "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"id\":$n,\"half\":$((n % 2))}}"; done
"#;
/// So many bytes wait in a pipe that nobody reads, on Linux, and what is written then waits too.
const PIPE: usize = 65_536;

/// Pipelines that append nine rows.
fn kinds() -> [String; 5] {
    let off = "resume: { enabled: false }\n";
    let partitioned = "sink: { kind: jsonl, path: out/t, mode: append, partition_by: half }\n";
    let command = "datasource: { kind: command, command: [sh, tap.sh] }\nquery: { path: s }\n";
    let file = "datasource: { kind: file, folder: in }\nquery: { path: '*.ndjson' }\n";
    [
        format!("{REST}{QUERY}{APPEND}"),
        format!("{REST}{QUERY}{APPEND}{off}"),
        format!("{REST}{QUERY}{partitioned}"),
        format!("{command}{APPEND}"),
        format!("{file}{APPEND}"),
    ]
}

fn give_input(home: &Home) {
    home.write("tap.sh", TAP);
    home.write("in/a.ndjson", &(1..=9).map(|id| format!("{{\"id\": {id}}}\n")).collect::<String>());
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
    }
}

/// A run whose summary waits for somebody to read it, although the history has its end.
fn run_that_waits_to_print(home: &Home) -> (std::io::PipeReader, Child) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(&[b'\n'; PIPE]).expect("room for this");
    let mut command = home.command(&["run", "p.yaml"]);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().expect("it starts");
    wait_until("no history", || home.path("state/history.sqlite").exists());
    // Which has its tables a moment before it has the run.
    wait_until("the run does not end", || {
        runs(home, &["p"]).first().is_some_and(|run| run["outcome"] == "done")
    });
    (reader, child)
}

/// The run is killed after this pause; whether that came before it was over. Of some, nothing is left to do but to exit.
fn kill_after_commit(home: &Home, pause: Duration) -> bool {
    let mut child = spawn(home, &["run", "p.yaml"]);
    let manifest = home.path("out/t/_manifest.json");
    wait_until("no commit", || manifest.exists());
    std::thread::sleep(pause);
    child.kill().expect("killed");
    let done = Done::wait(child);
    assert!(matches!(done.code, None | Some(0)), "{}", done.stderr);
    let mut journals = fs::read_dir(home.path("state/journals")).expect("the folder of journals");
    journals.next().is_some()
}

#[test]
fn a_run_killed_after_its_commit_is_not_repeated() {
    let n_kills: u32 =
        std::env::var("PIPELINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(all_or(6, 10));
    let kinds = kinds();
    let (mut killed, mut recorded, mut trial) = (0, 0, 0);
    while killed < n_kills {
        let yaml = &kinds[trial % kinds.len()];
        let (_server, home) = home(yaml);
        give_input(&home);
        // Runs without a pause die soonest; the others later and later, until they have ended before.
        let pause = Duration::from_millis(if trial < 5 { 0 } else { fastrand::u64(0..30) });
        let is_killed = kill_after_commit(&home, pause);
        killed += u32::from(is_killed);
        recorded += u32::from(is_killed && outcome(&home) == "done");
        let next = home.run(&["run", "p.yaml"]);
        assert_eq!(next.code, Some(0), "{yaml}{}", next.stderr);
        // Before its note in the journal, the target is what knows of the commit.
        let is_known = next.stderr.contains("recorded now") || next.stderr.contains("going on where");
        assert_eq!(is_known, is_killed, "{yaml}{}", next.stderr);
        let n_times = 1 + usize::from(!is_killed);
        assert_times(&home, "out/t", n_times, yaml);
        assert_eq!(outcome(&home), "done");
        let after = home.run(&["run", "p.yaml"]);
        assert_eq!(after.code, Some(0), "{yaml}{}", after.stderr);
        assert_times(&home, "out/t", n_times + 1, yaml);
        trial += 1;
    }
    println!("{trial} runs, {killed} killed, {recorded} of them after their end was in the history");
}

#[test]
fn a_run_killed_after_its_end_is_in_the_history_is_not_repeated_when_it_is_tried_again() {
    for yaml in every(2, kinds()) {
        let (_server, home) = home(&yaml);
        give_input(&home);
        let (_reader, mut child) = run_that_waits_to_print(&home);
        child.kill().expect("killed");
        child.wait().expect("its end");
        let next = home.run(&["run", "p.yaml"]);
        assert!(next.code == Some(0) && next.stderr.contains("recorded now"), "{yaml}{}", next.stderr);
        assert_times(&home, "out/t", 1, &yaml);
        home.summary(&["p.yaml"]);
        assert_times(&home, "out/t", 2, &yaml);
    }
}

#[test]
fn a_run_killed_after_its_end_is_in_the_history_does_not_take_the_place_of_the_next_night() {
    let (_server, home) = home(&kinds()[0]);
    let (_reader, mut child) = run_that_waits_to_print(&home);
    child.kill().expect("killed");
    child.wait().expect("its end");
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(16);
    let next = home.run(&["run", "p.yaml", "--now", &later.to_string()]);
    assert!(next.code == Some(0) && !next.stderr.contains("recorded now"), "{}", next.stderr);
    assert_times(&home, "out/t", 2, "the next night");
}

#[test]
fn a_table_that_was_removed_after_its_commit_is_written_again() {
    for pause in every(4, [0, 0, 0, 5, 10, 30]) {
        let (_server, home) = home(&kinds()[0]);
        let is_killed = kill_after_commit(&home, Duration::from_millis(pause));
        fs::remove_dir_all(home.path("out")).expect("removed");
        let next = home.run(&["run", "p.yaml"]);
        let about = format!("{pause} ms, killed: {is_killed}: {}", next.stderr);
        assert_eq!(next.code, Some(0), "{about}");
        assert_times(&home, "out/t", 1, &about);
    }
}

#[test]
fn a_run_killed_while_its_journals_go_has_run_all_its_tables() {
    for position in 0..2 {
        for (minutes, n_times) in [(0, 1), (16, 2)] {
            let about = format!("journal {position} is gone, {minutes} minutes later");
            let site = partly_committed::site();
            site.is_refused.store(false, Ordering::SeqCst);
            let home = &site.home;
            home.write("p.yaml", &partly_committed::tables());
            let (_reader, mut child) = run_that_waits_to_print(home);
            child.kill().expect("killed");
            child.wait().expect("its end");
            let journals = fs::read_dir(home.path("state/journals")).expect("the folder of journals");
            let mut journals: Vec<_> = journals.flatten().map(|entry| entry.path()).collect();
            journals.sort();
            assert_eq!(journals.len(), 2, "{about}");
            fs::remove_file(&journals[position]).expect("removed");
            let later = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
            let next = home.run(&["run", "p.yaml", "--now", &later.to_string()]);
            assert_eq!(next.code, Some(0), "{about}: {}", next.stderr);
            assert_eq!(next.stderr.contains("recorded now"), minutes == 0, "{about}: {}", next.stderr);
            partly_committed::assert_times(home, "out/first", n_times, &about);
            partly_committed::assert_times(home, "out/second", n_times, &about);
        }
    }
}

#[test]
fn a_pipeline_and_a_table_that_were_renamed_after_a_kill_are_the_same() {
    for is_over in [false, true] {
        let site = partly_committed::site();
        let home = &site.home;
        home.write("p.yaml", &partly_committed::tables());
        if is_over {
            site.is_refused.store(false, Ordering::SeqCst);
            let (_reader, mut child) = run_that_waits_to_print(home);
            child.kill().expect("killed");
            child.wait().expect("its end");
        } else {
            assert_eq!(home.run(&["run", "p.yaml"]).code, Some(4));
            site.is_refused.store(false, Ordering::SeqCst);
        }
        let renamed = partly_committed::tables().replace("\n  first:\n", "\n  one:\n");
        home.write("q.yaml", &renamed.replace("\n  second:\n", "\n  other:\n"));
        let next = home.run(&["run", "q.yaml"]);
        let told = if is_over { "recorded now" } else { "going on where" };
        assert!(next.code == Some(0) && next.stderr.contains(told), "{is_over}: {}", next.stderr);
        for (folder, n_times) in [("out/first", 1), ("out/second", 1)] {
            partly_committed::assert_times(home, folder, n_times, &next.stderr);
        }
        home.summary(&["q.yaml"]);
        partly_committed::assert_times(home, "out/second", 2, "the next run");
    }
}

#[test]
fn rejected_rows_of_a_run_that_was_killed_before_its_commit_are_there_once() {
    let yaml = format!(
        "{REST}{}columns: {{ day: {{ type: date, on_error: reject }} }}
converter:
  script: |
    function convert(json) {{
      return JSON.parse(json).items.map(({{ id }}) => ({{ id, day: id % 3 ? '2024-01-01' : 'soon' }}));
    }}
sink: {{ kind: parquet, path: out/t, mode: append }}
",
        QUERY.replace("select: items, ", "")
    );
    let (_server, home) = home(&yaml);
    let rejected = || {
        let names = fs::read_dir(home.path("out")).into_iter().flatten().flatten().map(|entry| entry.path());
        let files = names.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        files.map(|path| fs::read_to_string(path).expect("read").lines().count()).collect::<Vec<_>>()
    };
    home.summary(&["p.yaml"]);
    let [n_rejected] = rejected()[..] else { panic!("{:?}", rejected()) };
    assert_eq!(n_rejected, 3);
    let mut child = spawn(&home, &["run", "p.yaml"]);
    // They are there a moment before the other rows are.
    wait_until("no rejected rows", || rejected().len() == 2);
    child.kill().expect("killed");
    child.wait().expect("its end");
    let next = home.run(&["run", "p.yaml"]);
    assert_eq!(next.code, Some(0), "{}", next.stderr);
    assert_eq!(rejected(), [n_rejected, n_rejected], "{}", next.stderr);
}

/// A folder's table by way of its manifest, which knows runs; sources of this kind keep no pages.
#[test]
fn a_table_that_was_changed_after_its_run_was_killed_is_run_again() {
    let (_server, home) =
        home(&kinds()[4].replace("kind: jsonl", "kind: parquet").replace("append", "upsert, key: id"));
    give_input(&home);
    let (_reader, mut child) = run_that_waits_to_print(&home);
    child.kill().expect("killed");
    child.wait().expect("its end");
    let script = "converter: { script: 'function convert(json) { return JSON.parse(json).map(row => ({ ...row, more: 1 })) }' }\n";
    home.write("p.yaml", &(home.read("p.yaml") + script));
    let next = home.run(&["run", "p.yaml"]);
    assert!(next.code == Some(0) && !next.stderr.contains("recorded now"), "{}", next.stderr);
    let [file] = &files(&home.path("out/t"), "parquet")[..] else { panic!("{}", next.stderr) };
    assert_eq!(column(&parquet(file), "more"), vec![Some("1".to_owned()); 9], "{}", next.stderr);
}

#[test]
fn rows_of_a_run_that_the_next_one_has_finished_are_not_taken_for_nobodys() {
    let (_server, home) = home(&kinds()[0]);
    let mut trial = 0;
    // Until one dies before its end is in the history.
    while !kill_after_commit(&home, Duration::ZERO) || outcome(&home) == "done" {
        fs::remove_dir_all(home.path("out")).expect("removed");
        fs::remove_dir_all(home.path("state")).expect("removed");
        trial += 1;
        assert!(trial < 50, "every run was faster than its kill");
    }
    home.summary(&["p.yaml"]);
    assert_times(&home, "out/t", 1, "finished");
    fs::remove_file(home.path("out/t/_manifest.json")).expect("removed");
    let refused = home.run(&["run", "p.yaml"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("restore that"), "{}", refused.stderr);
    assert_eq!(files(&home.path("out/t"), "jsonl").len(), 1, "the rows are there");
}

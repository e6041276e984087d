//! Journals that somebody has removed or damaged, and runs that end without the history's knowledge: what was committed is not
//! committed again.

use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use crate::{
    commits::{self, QUERY, REST, page, runs},
    partly_committed::{Site, assert_times, site, tables},
    recorded::Server,
    state::spawn,
    support::{Done, Home, every},
};

/// The first table is committed, and the second one is not.
fn stop(site: &Site) {
    site.is_refused.store(true, Ordering::SeqCst);
    let stopped = site.home.run(&["run", "p.yaml"]);
    assert_eq!(stopped.code, Some(4), "{}", stopped.stderr);
    assert_times(&site.home, "out/first", 1, &stopped.stderr);
    site.is_refused.store(false, Ordering::SeqCst);
}

fn damage(home: &Home, how: &str) {
    for entry in fs::read_dir(home.path("state/journals")).expect("journals").flatten() {
        match how {
            "removed" => fs::remove_file(entry.path()),
            "emptied" => fs::write(entry.path(), ""),
            _ => fs::write(entry.path(), "something else, longer than a name"),
        }
        .expect("damaged");
    }
}

fn stopped_at_second() -> Site {
    let site = site();
    site.home.write("p.yaml", &tables());
    stop(&site);
    site
}

#[test]
fn a_committed_table_without_its_journal_is_not_committed_again() {
    for (how, n_stops) in every(3, [("removed", 1), ("emptied", 1), ("changed", 1), ("removed", 2)]) {
        let site = stopped_at_second();
        // The second run has gone on with the first, which has committed the table.
        (1..n_stops).for_each(|_| stop(&site));
        damage(&site.home, how);
        let next = site.home.run(&["run", "p.yaml"]);
        let about = format!("{how}: {}", next.stderr);
        assert_eq!(next.code, Some(0), "{about}");
        assert_eq!(next.stderr.contains("is damaged"), how != "removed", "{about}");
        assert!(next.stderr.contains("it is not committed again"), "{about}");
        assert_times(&site.home, "out/first", 1, &about);
        assert_times(&site.home, "out/second", 1, &about);
        let after = site.home.run(&["run", "p.yaml"]);
        assert!(after.code == Some(0) && !after.stderr.contains("warning"), "{how}: {}", after.stderr);
        assert_times(&site.home, "out/first", 2, how);
    }
}

#[test]
fn it_is_known_however_often_the_run_is_stopped_after_that() {
    let site = stopped_at_second();
    damage(&site.home, "removed");
    stop(&site);
    // Of this run the second table has a journal, and the first one has none.
    stop(&site);
    damage(&site.home, "removed");
    site.home.summary(&["p.yaml"]);
    assert_times(&site.home, "out/first", 1, "three stops");
    assert_times(&site.home, "out/second", 1, "three stops");
}

#[test]
fn rows_that_are_added_once_more_are_told() {
    let edit = |site: &Site| site.home.write("p.yaml", &format!("# as it is now\n{}", tables()));
    let site = stopped_at_second();
    damage(&site.home, "removed");
    edit(&site);
    let next = site.home.run(&["run", "p.yaml"]);
    assert!(next.stderr.contains("the pipeline has changed since"), "{}", next.stderr);
    assert_times(&site.home, "out/first", 2, "another file");
    let site = stopped_at_second();
    damage(&site.home, "removed");
    let anew = site.home.run(&["run", "p.yaml", "--restart"]);
    assert!(anew.code == Some(0) && !anew.stderr.contains("did not end"), "{}", anew.stderr);
    assert_times(&site.home, "out/first", 2, "asked for");
}

#[test]
fn a_run_that_has_ended_without_the_history_is_over() {
    let site = stopped_at_second();
    let (history, aside) = (site.home.path("state/history.sqlite"), site.home.path("history"));
    fs::rename(&history, &aside).expect("moved away");
    fs::create_dir(&history).expect("nothing can be written there");
    let next = site.home.run(&["run", "p.yaml"]);
    assert!(next.code == Some(0) && next.stderr.contains("not in the history"), "{}", next.stderr);
    assert_times(&site.home, "out/second", 1, &next.stderr);
    fs::remove_dir(&history).expect("removed");
    fs::rename(&aside, &history).expect("back");
    let after = site.home.run(&["run", "p.yaml"]);
    assert!(after.code == Some(0) && !after.stderr.contains("warning"), "{}", after.stderr);
    assert_times(&site.home, "out/first", 2, "another run");
    assert_times(&site.home, "out/second", 2, "another run");
}

#[test]
fn a_state_folder_that_cannot_be_written_is_told_once() {
    let (_server, home) = commits::home(&format!("{REST}{QUERY}sink: {{ kind: jsonl, path: out/t }}\n"));
    fs::create_dir_all(home.path("state/history.sqlite")).expect("a folder in the place of the file");
    fs::write(home.path("state/running"), "").expect("a file in the place of the folder");
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.code == Some(1) && done.stderr.contains("`--state-dir`"), "{}", done.stderr);
    assert!(!done.stderr.contains("will not be in the history"), "{}", done.stderr);
}

#[test]
fn a_pipeline_is_not_repeated_because_a_later_one_of_its_process_was_killed() {
    static IS_SLOW: AtomicBool = AtomicBool::new(true);
    let server = Server::start(|asked| {
        if asked.path == "/slow" && IS_SLOW.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(2));
        }
        page(asked)
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    for (name, path) in [("one", "/items"), ("two", "/slow")] {
        let query = QUERY.replace("/items", path);
        assert!(path == "/items" || query != QUERY, "{query}");
        let sink = format!("sink: {{ kind: jsonl, path: out/{name}, mode: append }}\n");
        home.write(&format!("in/{name}.yaml"), &format!("{REST}{query}{sink}"));
    }
    let mut child = spawn(&home, &["run", "in"]);
    let begin = Instant::now();
    while !runs(&home, &["one"]).first().is_some_and(|run| run["outcome"] == "done") {
        assert!(begin.elapsed() < Duration::from_secs(60), "it does not end");
    }
    child.kill().expect("killed");
    assert_eq!(Done::wait(child).code, None);
    IS_SLOW.store(false, Ordering::SeqCst);
    for n_times in [1, 2] {
        let next = home.run(&["run", "in"]);
        assert_eq!(next.code, Some(0), "{}", next.stderr);
        assert_times(&home, "out/one", n_times, &next.stderr);
        assert_times(&home, "out/two", n_times, &next.stderr);
    }
}

/// What makes our allocator end at once is nothing for the allocators of others.
#[test]
fn programs_of_users_get_no_option_for_the_end_of_ours() {
    let home = Home::new();
    home.write(
        "tap.sh",
        r#"echo '{"type":"SCHEMA","stream":"s","schema":{"properties":{"n":{"type":"integer"}}},"key_properties":["n"]}'
echo "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"n\":$(env | grep -c MIMALLOC_DESTROY)}}"
"#,
    );
    let command = "datasource: { kind: command, command: [sh, tap.sh] }\nquery: { path: s }\n";
    home.write("p.yaml", &format!("{command}sink: {{ kind: jsonl, path: out/t }}\n"));
    home.summary(&["p.yaml"]);
    assert_eq!(fs::read_to_string(home.path("out/t.jsonl")).expect("rows"), "{\"n\":0}\n");
}

/// After the journal has gone the process does nothing but end, so that nearly no kill falls between the two.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_done_after_the_journal_has_gone() {
    let strace = |program: &str| std::process::Command::new(program).arg("-V").stdout(Stdio::null()).status();
    if strace("strace").is_err() {
        return;
    }
    let (_server, home) = commits::home(&format!("{REST}{QUERY}{}", commits::APPEND));
    let log = home.path("calls");
    let mut command = home.command(&["run", "p.yaml"]);
    let program = command.get_program().to_owned();
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let mut traced = std::process::Command::new("strace");
    traced.args(["-f", "-qq", "-o"]).arg(&log).arg(program).args(arguments);
    traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    traced.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
    command.stdin(Stdio::null());
    let Ok(done) = traced.output() else { return };
    let calls = fs::read_to_string(&log).unwrap_or_default();
    // Not everybody may trace.
    if !done.status.success() || calls.is_empty() {
        return;
    }
    let calls: Vec<&str> = calls.lines().collect();
    let gone = calls.iter().rposition(|call| call.contains("unlink") && call.contains(".journal"));
    let after = &calls[gone.expect("it goes") + 1..];
    let names: Vec<&str> = after.iter().filter_map(|call| call.split_whitespace().nth(1)).collect();
    assert!(names.len() <= 8, "{}", after.join("\n"));
    assert!(!names.iter().any(|name| name.starts_with("madvise")), "{}", after.join("\n"));
}

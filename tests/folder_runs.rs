//! `pipeline run DIR` that did not end well, tried again.

use std::{fs, process::Stdio};

use crate::{
    processes::{kill, wait_until},
    support::{Done, Home, Killed},
};

/// Two that append, of which the second has no input yet, and one that overwrites.
fn home() -> Home {
    let home = Home::new();
    home.write("in/rows.json", r#"[{"id":1}]"#);
    for (name, path, sink) in [
        ("a", "rows.json", "path: out/a, mode: append"),
        ("b", "more.json", "path: out/b, mode: append"),
        ("c", "rows.json", "path: out/c"),
        ("s", "rows.json", "path: out/s, mode: snapshot"),
    ] {
        home.write(
            &format!("p/{name}.yaml"),
            &format!("datasource: {{ kind: file, folder: ../in }}\nquery: {{ path: {path} }}\nsink: {{ kind: jsonl, {sink} }}\n"),
        );
    }
    home
}

/// How often a pipeline has appended.
fn n_rows(home: &Home, name: &str) -> usize {
    let files = crate::state::files(&home.path(&format!("out/{name}")), "jsonl");
    files.iter().map(|file| fs::read_to_string(file).expect("read").lines().count()).sum()
}

fn run(home: &Home, more: &[&str]) -> Done {
    home.run(&[&["run", "p"], more].concat())
}

#[test]
fn what_appends_and_had_ended_is_not_done_again_by_whoever_tries_again() {
    let home = home();
    let failed = run(&home, &[]);
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    assert!(failed.stderr.contains("`a`, `s`: done; a `pipeline run` within 15m"), "{}", failed.stderr);
    for _ in 0..2 {
        let again = run(&home, &[]);
        assert_eq!((again.code, n_rows(&home, "a")), (Some(1), 1), "{}", again.stderr);
        assert!(again.stderr.contains("a: not fetched again; its rows are of "), "{}", again.stderr);
        assert!(!again.stderr.contains("c: not fetched again"), "{}", again.stderr);
    }
    home.write("in/more.json", r#"[{"id":2}]"#);
    let done = run(&home, &[]);
    assert_eq!((done.code, n_rows(&home, "a"), n_rows(&home, "b")), (Some(0), 1, 1), "{}", done.stderr);
    fs::remove_file(home.path("p/s.yaml")).expect("there");
    let next = run(&home, &[]);
    assert_eq!((next.code, n_rows(&home, "a"), n_rows(&home, "b")), (Some(0), 2, 2), "{}", next.stderr);
}

#[test]
fn a_later_run_and_one_that_begins_anew_do_all_again() {
    let home = home();
    fs::remove_file(home.path("p/s.yaml")).expect("there");
    let minutes = |n: i64| (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(n)).to_string();
    run(&home, &[]);
    // The next night, and again within minutes of it.
    let night = run(&home, &["--now", &minutes(20)]);
    assert_eq!((night.code, n_rows(&home, "a")), (Some(1), 2), "{}", night.stderr);
    assert_eq!((run(&home, &["--now", &minutes(30)]).code, n_rows(&home, "a")), (Some(1), 2));
    // Not longer and longer.
    assert_eq!((run(&home, &["--now", &minutes(40)]).code, n_rows(&home, "a")), (Some(1), 3));
    assert_eq!((run(&home, &["--now", &minutes(41), "--restart"]).code, n_rows(&home, "a")), (Some(1), 4));
    // A file that is wrong is for its author.
    fs::remove_file(home.path("p/b.yaml")).expect("there");
    home.write("p/d.yaml", "datasource: {}\n");
    run(&home, &["--now", &minutes(60)]);
    assert_eq!((run(&home, &["--now", &minutes(61)]).code, n_rows(&home, "a")), (Some(2), 6));
}

#[test]
fn what_a_clock_that_was_ahead_has_ended_is_done_again_after_as_long() {
    let home = home();
    fs::remove_file(home.path("p/s.yaml")).expect("there");
    let minutes = |n: i64| (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(n)).to_string();
    for (now, n_times) in [(24 * 60, 1), (0, 1), (10, 1), (17, 2)] {
        let done = run(&home, &["--now", &minutes(now)]);
        assert_eq!((done.code, n_rows(&home, "a")), (Some(1), n_times), "{now}: {}", done.stderr);
    }
}

#[test]
fn a_signal_leaves_what_had_ended_as_it_is() {
    for (signal, code) in [("-TERM", Some(130)), ("-INT", Some(130)), ("-KILL", None)] {
        let home = home();
        home.write("tap.sh", "echo $$ > id.new; mv id.new id; exec sleep 1000");
        let stuck = "datasource: { kind: command, command: [sh, ../tap.sh] }\nquery: { path: s }\nsink: { kind: jsonl, path: out/b, mode: append }\n";
        let fixed = home.read("p/b.yaml");
        home.write("p/b.yaml", &stuck.replace("../tap.sh", &home.path("tap.sh").display().to_string()));
        let mut command = home.command(&["run", "p"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut child = Killed(child);
        wait_until("the tap begins", || home.path("id").exists() || home.path("p/id").exists());
        kill(signal, &child.0.id().to_string());
        assert_eq!(child.0.wait().expect("it ends").code(), code);
        let mut told = String::new();
        let stderr = child.0.stderr.as_mut().expect("piped");
        std::io::Read::read_to_string(stderr, &mut told).expect("UTF-8");
        let counted = "1 of 4 pipelines failed, and 2 were not done: `c`, `s`";
        assert_eq!(told.contains(counted), code.is_some(), "{told}");
        home.write("p/b.yaml", &fixed);
        home.write("in/more.json", r#"[{"id":2}]"#);
        let again = run(&home, &[]);
        assert_eq!(again.code, Some(0), "{signal}: {}", again.stderr);
        assert_eq!((n_rows(&home, "a"), n_rows(&home, "b")), (1, 1), "{signal}: {}", again.stderr);
    }
}

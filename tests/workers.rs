//! Processes of converters that are killed from outside, or meant to be.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    processes::{kill, runs},
    support::{Done, Home},
};

/// A pipeline whose converter takes a moment.
fn converting() -> Home {
    let home = Home::new();
    home.write("users/1.json", "[{\"id\": 1}]");
    let script = "let end = 0; for (let i = 0; i < 2e5; i++) end += i; return JSON.parse(json);";
    home.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: file, folder: users }}\nquery: {{ path: '*.json' }}\n\
             converter: {{ script: 'function convert(json) {{ {script} }}' }}\n\
             sink: {{ kind: jsonl, path: out/users }}\n"
        ),
    );
    home
}

/// The process of a converter of this one, once there is another than those.
fn worker(parent: u32, known: &[String]) -> Option<String> {
    let begin = Instant::now();
    while runs(&parent.to_string()) {
        assert!(begin.elapsed() < Duration::from_secs(30), "no converter");
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        let texts = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        let ids: Vec<String> = texts.flat_map(|text| words(&text)).collect();
        let is_worker = |id: &&String| {
            let command = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            command.contains("converter-worker") && !known.contains(id)
        };
        if let Some(id) = ids.iter().find(is_worker) {
            return Some(id.clone());
        }
        std::thread::yield_now();
    }
    None
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn start(home: &Home, args: &[&str]) -> std::process::Child {
    let mut command = home.command(args);
    // As a shell with a terminal does.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

#[test]
fn ctrl_c_in_a_terminal_reaches_no_converter() {
    // It is sent to the whole group.
    let home = converting();
    let child = start(&home, &["run", "p.yaml"]);
    worker(child.id(), &[]).expect("a converter");
    kill("-INT", &format!("-{}", child.id()));
    let done = Done::wait(child);
    assert!(done.code == Some(130) || done.code == Some(0), "{:?} {}", done.code, done.stderr);
    for word in ["please report", "killed"] {
        assert!(!done.stderr.contains(word), "{}", done.stderr);
    }
}

#[test]
fn a_page_whose_converter_was_killed_is_tried_once_more() {
    let home = converting();
    let child = start(&home, &["run", "p.yaml"]);
    kill("-KILL", &worker(child.id(), &[]).expect("a converter"));
    let done = Done::wait(child);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("the page is tried once more"), "{}", done.stderr);
    assert_eq!(home.read("out/users.jsonl"), "{\"id\":1}\n");
}

#[test]
fn a_converter_that_is_killed_twice_is_not_blamed_on_the_engine() {
    let home = converting();
    let child = start(&home, &["run", "p.yaml"]);
    let first = worker(child.id(), &[]).expect("a converter");
    kill("-KILL", &first);
    kill("-KILL", &worker(child.id(), &[first]).expect("another one"));
    let done = Done::wait(child);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for word in
        ["page 1", "killed from outside (signal: 9 (SIGKILL))", "out of memory", "--threads 1", "memory: …"]
    {
        assert!(done.stderr.contains(word), "{word}: {}", done.stderr);
    }
    assert!(!done.stderr.contains("please report"), "{}", done.stderr);
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[test]
fn the_kernel_holds_every_thread_of_a_converter() {
    let home = Home::new();
    let mut command = home.command(&["converter-worker", "4294967296"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let folder = format!("/proc/{}/task", child.id());
    let is_held = |task: fs::DirEntry| {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let has = |line: &str| status.lines().any(|found| found.split_whitespace().eq(line.split(' ')));
        // 2 is a filter.
        has("Seccomp: 2") && has("NoNewPrivs: 1")
    };
    let begin = Instant::now();
    loop {
        let held: Vec<bool> = fs::read_dir(&folder).expect("it runs").flatten().map(is_held).collect();
        if held.len() == 2 && held.iter().all(|held| *held) {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "threads that are held: {held:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(child.stdin.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn check_says_where_no_kernel_holds_the_script() {
    let home = converting();
    let done = home.run(&["check", "p.yaml"]);
    assert!(!done.stdout.contains("isolation"), "{}", done.stdout);
    let text = home.read("p.yaml").replace("converter: {", "converter: { isolation: thread,");
    home.write("p.yaml", &text);
    let done = home.run(&["check", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let line = done.stdout.lines().find(|line| line.contains("isolation")).unwrap_or_default();
    assert!(line.starts_with('!') && line.contains("`isolation: process`"), "{}", done.stdout);
}

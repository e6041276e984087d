//! What programs leave behind.

use std::{path::Path, time::Duration};

use tokio::process::Command;

use super::*;

/// A shell that writes the number of a process that it has started to `pid`, and then does `then`.
fn parent(folder: &Path, then: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("sleep 1000 & echo $! > pid.new; mv pid.new pid; {then}");
    command.args(["-c", &script]).current_dir(folder);
    command
}

async fn grandchild(folder: &Path) -> i32 {
    loop {
        if let Ok(text) = std::fs::read_to_string(folder.join("pid")) {
            return text.trim().parse().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Fails after some seconds, if the process lives on.
async fn assert_ends(id: i32) {
    let id = rustix::process::Pid::from_raw(id).unwrap();
    for _ in 0..400 {
        // A process that nobody reaps has ended too.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero()));
        let is_zombie = stat.is_ok_and(|stat| stat.contains(") Z "));
        if is_zombie || rustix::process::test_kill_process(id).is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("process {id:?} is still there");
}

#[tokio::test]
async fn what_a_program_started_ends_when_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let group = ProcessGroup::spawn(&mut parent(folder.path(), "wait")).unwrap();
    let id = grandchild(folder.path()).await;
    drop(group);
    assert_ends(id).await;
}

#[tokio::test]
async fn what_a_program_left_running_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut group = ProcessGroup::spawn(&mut parent(folder.path(), "exit 3")).unwrap();
    assert_eq!(group.wait().await.unwrap().code(), Some(3));
    assert_ends(grandchild(folder.path()).await).await;
}

/// `timeout` has a group of its own, and so has each job of a shell with `set -m`; a daemon has a session of its own.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn what_has_another_group_ends_too_and_what_has_another_session_does_not() {
    for started in [
        "timeout 1000 sh -c 'echo $$ > pid.new; mv pid.new pid; exec sleep 1000' | cat",
        "set -m; env -i sleep 1000 & echo $! > pid.new; mv pid.new pid; wait",
        "(timeout 1000 sh -c 'echo $$ > pid.new; mv pid.new pid; exec sleep 1000' &) ; sleep 1000",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let start = || {
            let mut command = Command::new("sh");
            command.args(["-c", started]).current_dir(folder.path());
            ProcessGroup::spawn(&mut command).unwrap()
        };
        let group = start();
        let id = grandchild(folder.path()).await;
        drop(group);
        assert_ends(id).await;
        // The guard finds it too, but for one that has emptied its environment.
        if !started.contains("env -i") {
            std::fs::remove_file(folder.path().join("pid")).unwrap();
            let mut group = start();
            let id = grandchild(folder.path()).await;
            group.group.close_guard();
            assert_ends(id).await;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("setsid");
    command.args(["-f", "sh", "-c", "echo $$ > pid.new; mv pid.new pid; exec sleep 1000"]);
    let group = ProcessGroup::spawn(command.current_dir(folder.path())).unwrap();
    let id = rustix::process::Pid::from_raw(grandchild(folder.path()).await).unwrap();
    drop(group);
    assert!(rustix::process::kill_process(id, rustix::process::Signal::KILL).is_ok(), "it lives");
}

#[test]
fn a_guard_ends_the_group_of_a_process_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut group = ProcessGroup::spawn(&mut parent(folder.path(), "wait")).unwrap();
        let id = grandchild(folder.path()).await;
        // What the system does for a process that is killed.
        group.group.close_guard();
        assert_ends(id).await;
    });
}

#[test]
fn a_guard_removes_the_folder_of_a_process_that_is_gone() {
    let (home, runtime) = (tempfile::tempdir().unwrap(), tokio::runtime::Runtime::new().unwrap());
    let folder = home.path().join("with a password");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("config.json"), "hunter2").unwrap();
    runtime.block_on(async {
        let mut group = ProcessGroup::spawn_with(&mut parent(home.path(), "wait"), Some(&folder)).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("config.json")).unwrap(), "hunter2");
        let id = grandchild(home.path()).await;
        group.group.close_guard();
        assert_ends(id).await;
        for _ in 0..400 {
            if !folder.exists() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the folder is still there");
    });
}

#[tokio::test]
async fn programs_inherit_the_environment_without_our_own_keys() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "env > env"]).current_dir(folder.path());
    command.env("OTHER", "1").env("PIPELINE_SERVE_TOKEN", "hunter22");
    ProcessGroup::spawn(&mut command).unwrap().wait().await.unwrap();
    let env = std::fs::read_to_string(folder.path().join("env")).unwrap();
    assert!(env.contains("OTHER=1") && env.contains("PATH=") && !env.contains("hunter22"), "{env}");
}

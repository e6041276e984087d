//! Programs that pipelines name end with `pipeline`, however that ends, and so does what they have started.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{Done, Home, Killed, every};

/// Starts another process, says its number, and never ends.
const STUCK: &str = "sleep 1000 & echo $! > id.new; mv id.new id; sleep 1000";

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process runs; one that nobody has reaped does not.
pub(crate) fn runs(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

/// The process that [`STUCK`] has started.
fn grandchild(home: &Home) -> String {
    wait_until("the program begins", || home.path("id").exists());
    let id = home.read("id").trim().to_owned();
    fs::remove_file(home.path("id")).expect("there");
    assert!(runs(&id));
    id
}

/// A pipeline whose tap never ends, and one whose token never comes.
fn home() -> Home {
    let home = Home::new();
    home.write("stuck.sh", STUCK);
    home.write(
        "tap.yaml",
        "datasource: { kind: command, command: [sh, stuck.sh] }\nquery: { path: users }\n\
         sink: { kind: jsonl, path: out/users }\n",
    );
    home.write(
        "auth.yaml",
        "datasource:\n  kind: rest\n  base_url: http://127.0.0.1:9\n  \
         auth: { kind: command, command: [sh, stuck.sh], timeout: 10m }\nquery: { path: users }\n\
         sink: { kind: jsonl, path: out/users }\n",
    );
    home
}

#[test]
fn a_signal_ends_programs_and_what_they_have_started() {
    for args in [&["run", "tap.yaml"][..], &["run", "auth.yaml"], &["preview", "tap.yaml"], &["run", "."]] {
        for signal in every(3, ["INT", "TERM", "HUP", "KILL", "ABRT"]) {
            let home = home();
            if args == ["run", "."] {
                fs::remove_file(home.path("auth.yaml")).expect("there");
            }
            let mut command = home.command(args);
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
            let mut child = Killed(child);
            let id = grandchild(&home);
            kill(&format!("-{signal}"), &child.0.id().to_string());
            // A shell that ignores a signal, as `nohup` does SIGHUP, leaves that to all that it starts.
            wait_until(&format!("{args:?} {signal}: the end of the program"), || {
                child.0.try_wait().expect("its status").is_some()
            });
            wait_until(&format!("{args:?} {signal}: the process that a program has started"), || !runs(&id));
        }
    }
}

#[test]
fn a_program_that_takes_too_long_ends_with_what_it_has_started() {
    let home = home();
    let text = home.read("auth.yaml").replace("timeout: 10m", "timeout: 1s");
    home.write("auth.yaml", &text);
    let done = home.run(&["run", "auth.yaml"]);
    assert!(done.code == Some(1) && done.stderr.contains("did not end within 1s"), "{}", done.stderr);
    let id = home.read("id");
    wait_until("the process that it has started", || !runs(id.trim()));
}

/// Sends a signal to a process, or with `-` before its number to a group.
pub(crate) fn kill(signal: &str, id: &str) {
    assert!(Command::new("kill").args([signal, "--", id]).status().expect("kill").success());
}

#[test]
fn a_file_that_may_not_grow_is_an_error_with_its_name() {
    let home = Home::new();
    let rows: Vec<String> = (0..20_000).map(|id| format!("{{\"id\":{id},\"text\":\"some text\"}}")).collect();
    home.write("users/1.json", &format!("[{}]", rows.join(",")));
    let text = "datasource: { kind: file, folder: users }\nquery: { path: '*.json' }\n\
                sink: { kind: jsonl, path: out/users }\n";
    home.write("p.yaml", text);
    home.write("out/users.jsonl", "the old file");
    home.write("stdout.yaml", &text.replace("out/users", "'-'"));
    home.write("store.yaml", &text.replace("out/users", "memory:///users/"));
    for (file, named) in [
        ("p.yaml", "`out/users.jsonl`: File too large"),
        // It is not stdout that is full.
        ("stdout.yaml", "the folder for temporary files; `TMPDIR` names another one: File too large"),
        ("store.yaml", "the folder for temporary files; `TMPDIR` names another one: "),
    ] {
        let run = home.command(&["run", file]);
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -f 400; exec \"$0\" \"$@\""]).arg(run.get_program()).args(run.get_args());
        command
            .current_dir(home.path(""))
            .envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let done = Done::of(&command.output().expect("a shell"));
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        assert!(done.stderr.contains(named), "{}", done.stderr);
    }
    assert_eq!(home.read("out/users.jsonl"), "the old file");
}

/// A tap of one record that has started a process which holds its output, and ends with `code`.
fn holding(home: &Home, (start, code): (&str, u8)) {
    let schema = r#"{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}"#;
    let record = r#"{"type":"RECORD","stream":"s","record":{"id":1}}"#;
    home.write("tap.sh", &format!("{start} sleep 100 &\necho '{schema}'\necho '{record}'\nexit {code}\n"));
    home.write(
        "p.yaml",
        "datasource: { kind: command, command: [sh, tap.sh] }\nquery: { path: s }\nsink: { kind: jsonl, path: out/s }\n",
    );
}

#[test]
fn a_program_that_has_ended_is_not_waited_for_where_another_holds_its_output() {
    for start in ["", "setsid"] {
        for code in [0, 3] {
            let home = Home::new();
            holding(&home, (start, code));
            let begin = Instant::now();
            let done = home.run(&["run", "p.yaml"]);
            assert!(begin.elapsed() < Duration::from_secs(60), "{start} {code}: {:?}", begin.elapsed());
            match code {
                0 => {
                    assert_eq!(done.code, Some(0), "{start}: {}", done.stderr);
                    assert_eq!(home.read("out/s.jsonl").lines().count(), 1, "{start}");
                }
                _ => assert!(
                    done.code == Some(1) && done.stderr.contains("ended with exit code 3"),
                    "{start}: {}",
                    done.stderr
                ),
            }
        }
    }
}

#[test]
fn the_password_of_a_program_goes_with_a_run_that_is_killed() {
    let home = Home::new();
    fs::create_dir(home.path("tmp")).expect("made");
    let tmp = home.path("tmp").display().to_string();
    let home = home.with([("TMPDIR", tmp.as_str()), ("PASSWORD", "hunter2")]);
    home.write("stuck.sh", STUCK);
    home.write(
        "p.yaml",
        "datasource: { kind: command, command: [sh, stuck.sh], config: { password: '${PASSWORD}' } }\n\
         query: { path: users }\nsink: { kind: jsonl, path: out/users }\n",
    );
    let child = home.command(&["run", "p.yaml"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = Killed(child.expect("it starts"));
    grandchild(&home);
    let left = || fs::read_dir(home.path("tmp")).expect("listed").count();
    assert!(left() > 0, "the program has its configuration");
    kill("-KILL", &child.0.id().to_string());
    child.0.wait().expect("it ends");
    wait_until("the folder with the password", || left() == 0);
}

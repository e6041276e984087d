//! The commit protocol, from outside: processes that are killed around their commit, signals, several processes at one
//! folder, history files that are damaged or busy.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    recorded::{Asked, Reply, Server},
    support::{Done, Home, all_or, every},
    table_files::{column, parquet},
};

pub(crate) const REST: &str = "datasource: { kind: rest, base_url: '${URL}', limits: { max_wait: 1s } }\n";
pub(crate) const QUERY: &str =
    "query: { path: /items, select: items, pagination: { kind: cursor, next: next, param: cursor } }\n";
pub(crate) const APPEND: &str = "sink: { kind: jsonl, path: out/t, mode: append }\n";
/// One of three pages with three records each.
pub(crate) fn page(asked: &Asked) -> Reply {
    let page: u64 = asked.param("cursor").map_or(1, |page| page.parse().expect("a number"));
    let records: Vec<Value> =
        (3 * page - 2..=3 * page).map(|id| json!({ "id": id, "half": id % 2 })).collect();
    let next = (page < 3).then(|| (page + 1).to_string());
    Reply::json(json!({ "items": records, "next": next }).to_string())
}

/// A home with `p.yaml`, and its server.
pub(crate) fn home(yaml: &str) -> (Server, Home) {
    let server = Server::start(page);
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write("p.yaml", yaml);
    (server, home)
}

/// A server whose third page is refused for an hour while the flag is set.
fn quota() -> (Server, Home, Arc<AtomicBool>) {
    let is_empty = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&is_empty);
    let server = Server::start(move |asked| match flag.load(Ordering::SeqCst) {
        true if asked.param("cursor").as_deref() == Some("3") => {
            Reply::json("{}").of_status(429).with("retry-after", "3600")
        }
        _ => page(asked),
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    (server, home, is_empty)
}

/// A server whose second page comes after a second, and a run that waits for it.
fn slow_run(program: impl FnOnce(&Home) -> Command) -> (Server, Home, Child) {
    let is_first = AtomicBool::new(true);
    let server = Server::start(move |asked| {
        if asked.param("cursor").as_deref() == Some("2") && is_first.swap(false, Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(1));
        }
        page(asked)
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write("p.yaml", &format!("{REST}{QUERY}{APPEND}"));
    let mut command = program(&home);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    crate::state::wait_for_pages(&home, 1);
    (server, home, child)
}

/// The `id` of a line, which is its first member.
fn id_of(line: &str) -> &str {
    line.trim_start_matches("{\"id\":").split([',', '}']).next().expect("a first part")
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// How often each record is in the files that the manifest of `folder` names.
fn counts(home: &Home, folder: &str) -> BTreeMap<u64, usize> {
    let manifest: Value =
        serde_json::from_str(&home.read(&format!("{folder}/_manifest.json"))).expect("JSON");
    let mut counts = BTreeMap::new();
    for file in manifest["files"].as_array().expect("a list") {
        let name = format!("{folder}/{}", file["path"].as_str().expect("text"));
        let ids: Vec<u64> = match name.ends_with(".parquet") {
            true => column(&parquet(&home.path(&name)), "id")
                .into_iter()
                .flatten()
                .map(|id| number(&id))
                .collect(),
            false => home.read(&name).lines().map(|line| number(id_of(line))).collect(),
        };
        ids.into_iter().for_each(|id| *counts.entry(id).or_default() += 1);
    }
    counts
}

/// Each of the nine records is there so often.
pub(crate) fn assert_times(home: &Home, folder: &str, n_times: usize, about: &str) {
    let expected: BTreeMap<u64, usize> = (1..=9).map(|id| (id, n_times)).collect();
    assert_eq!(counts(home, folder), expected, "{about}");
}

pub(crate) fn runs(home: &Home, args: &[&str]) -> Vec<Value> {
    let done = home.run(&[&["runs", "--format", "json"], args].concat());
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.stderr))
}

pub(crate) fn outcome(home: &Home) -> String {
    runs(home, &["p"])[0]["outcome"].as_str().expect("text").to_owned()
}

fn spawn(home: &Home, args: &[&str]) -> Child {
    home.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

fn signal(name: &str, whom: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), "--", whom]).status().expect("kill");
    assert!(done.success(), "{name} {whom}");
}

#[test]
fn tables_that_were_committed_are_not_run_again_whether_pages_are_kept_or_not() {
    let tables = "tables:
  first: { query: { path: /items, select: items }, sink: { kind: jsonl, path: out/first, mode: append } }
  second: { query: { path: '/each/${each.key}', select: items, for_each: { table: first, column: id } },
            sink: { kind: jsonl, path: out/t, mode: append } }
";
    for more in ["", "resume: { enabled: false }\n"] {
        let is_refused = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&is_refused);
        let server = Server::start(move |asked| {
            let id = asked.path.strip_prefix("/each/").map(|id| id.parse::<u64>().expect("a number"));
            match id {
                None => Reply::json(json!({ "items": [{ "id": 1 }, { "id": 4 }, { "id": 7 }] }).to_string()),
                Some(4) if flag.load(Ordering::SeqCst) => Reply::json("{}").of_status(403),
                Some(id) => {
                    let items: Vec<Value> = (id..id + 3).map(|id| json!({ "id": id })).collect();
                    Reply::json(json!({ "items": items }).to_string())
                }
            }
        });
        let home = Home::new().with([("URL", server.url.as_str())]);
        home.write("p.yaml", &format!("{REST}{tables}{more}"));
        let failed = home.run(&["run", "p.yaml"]);
        assert_eq!(failed.code, Some(1), "{}", failed.stderr);
        assert_eq!(counts(&home, "out/first").into_values().collect::<Vec<_>>(), [1, 1, 1]);
        is_refused.store(false, Ordering::SeqCst);
        let n_asked = server.asked().len();
        home.summary(&["p.yaml"]);
        assert_times(&home, "out/t", 1, more);
        assert_eq!(counts(&home, "out/first").into_values().collect::<Vec<_>>(), [1, 1, 1], "{more}");
        assert_eq!(server.asked().len() - n_asked, if more.is_empty() { 2 } else { 3 }, "{more}");
    }
}

#[test]
fn processes_with_state_folders_of_their_own_lose_no_commit_of_a_shared_folder() {
    let (_server, home) = home(&format!("{REST}{QUERY}{APPEND}"));
    let states: Vec<String> = (0..6).map(|n| home.path(&format!("s{n}")).display().to_string()).collect();
    let start = |state: &String| spawn(&home, &["run", "p.yaml", "--state-dir", state]);
    let mut n_done = 0;
    for round in 0..all_or(2, 5) {
        let children: Vec<(&String, Child)> = states.iter().map(|state| (state, start(state))).collect();
        let ended: Vec<(&String, Done)> =
            children.into_iter().map(|(state, child)| (state, Done::wait(child))).collect();
        let n_won = ended.iter().filter(|(_, done)| done.code == Some(0)).count();
        n_done += n_won;
        assert!(n_won > 0, "round {round}: {ended:?}");
        assert_times(&home, "out/t", n_done, &format!("round {round}"));
        for (state, lost) in ended.iter().filter(|(_, done)| done.code != Some(0)) {
            assert_eq!(lost.code, Some(1), "{}", lost.stderr);
            assert!(lost.stderr.contains("nothing was written, run again"), "{}", lost.stderr);
            let again = Done::wait(start(state));
            assert_eq!(again.code, Some(0), "{}", again.stderr);
            n_done += 1;
            assert_times(&home, "out/t", n_done, "a retry");
        }
    }
    let hidden = fs::read_dir(home.path("out")).expect("listed").flatten();
    let names: Vec<_> = hidden.map(|entry| entry.file_name()).filter(|name| name != "t").collect();
    assert!(names.is_empty(), "{names:?}");
}

#[cfg(unix)]
#[test]
fn signals_end_a_run_as_ctrl_c_does() {
    use std::os::unix::process::CommandExt;
    // A service manager tells every process of a unit, a terminal every process of its group.
    for (name, is_for_all) in
        [("TERM", false), ("HUP", false), ("INT", false), ("TERM", true), ("HUP", true), ("INT", true)]
    {
        let (_server, home, child) = slow_run(|home| {
            let mut command = home.command(&["run", "p.yaml"]);
            command.process_group(0);
            command
        });
        let group = if is_for_all { "-" } else { "" };
        signal(name, &format!("{group}{}", child.id()));
        let done = Done::wait(child);
        assert_eq!(done.code, Some(130), "{name} {is_for_all}: {}", done.stderr);
        assert_eq!(outcome(&home), "interrupted", "{name}");
        assert!(!home.path("out/t").exists(), "{name}");
        let next = home.run(&["run", "p.yaml"]);
        assert_eq!(next.code, Some(0), "{}", next.stderr);
        assert!(next.stderr.contains("going on where"), "{name}: {}", next.stderr);
        assert_times(&home, "out/t", 1, name);
    }
}

#[cfg(unix)]
#[test]
fn a_run_under_nohup_outlives_its_terminal() {
    let (_server, home, child) = slow_run(|home| {
        let run = home.command(&["run", "p.yaml"]);
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(run.get_program()).args(run.get_args());
        command.current_dir(home.path("")).env_clear().stdin(Stdio::null());
        command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    });
    signal("HUP", &child.id().to_string());
    let done = Done::wait(child);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_times(&home, "out/t", 1, "nohup");
}

#[cfg(target_os = "linux")]
#[test]
fn a_summary_that_cannot_be_printed_is_no_failure() {
    let (_server, home) = home(&format!("{REST}{QUERY}{APPEND}"));
    home.write("d/p.yaml", &home.read("p.yaml"));
    let calls: [&[&str]; 4] = [
        &["run", "p.yaml"],
        &["run", "p.yaml", "--format", "json"],
        &["run", "d"],
        &["run", "d", "--format", "json"],
    ];
    for (n, args) in calls.iter().enumerate() {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let done = Done::of(&home.command(args).stdout(full).output().expect("it runs"));
        assert_eq!(done.code, Some(0), "{args:?}: {}", done.stderr);
        assert!(
            done.stderr.contains("warning: the summary cannot be printed: "),
            "{args:?}: {}",
            done.stderr
        );
        assert_times(&home, "out/t", n + 1, "printed or not");
    }
}

fn database(home: &Home, name: &str) -> rusqlite::Connection {
    rusqlite::Connection::open(home.path("state").join(name)).expect("it opens")
}

#[cfg(unix)]
#[test]
fn processes_beside_a_server_keep_the_history_whole() {
    let (_server, home) = home("");
    let n_runs = all_or(4, 10);
    let yaml = |name: &str| format!("{REST}{QUERY}sink: {{ kind: jsonl, path: out/{name}, mode: append }}\n");
    home.write("p/served.yaml", &yaml("served"));
    for n in 0..3 {
        home.write(&format!("r{n}.yaml"), &yaml(&format!("r{n}")));
    }
    let served = crate::serve::Served::start(&home, &[]);
    std::thread::scope(|scope| {
        for n in 0..3 {
            let home = &home;
            scope.spawn(move || {
                for _ in 0..n_runs {
                    home.summary(&[&format!("r{n}.yaml")]);
                }
            });
        }
        for _ in 0..n_runs {
            let run = served.run("served");
            assert_eq!(served.ended(&run)["outcome"], "done");
        }
    });
    for name in ["history.sqlite", "schedule.sqlite"] {
        let check =
            database(&home, name).query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        assert_eq!(check.expect("checked"), "ok", "{name}");
    }
    let runs = runs(&home, &["--limit", "100"]);
    assert_eq!(runs.len(), 4 * n_runs);
    assert!(runs.iter().all(|run| run["outcome"] == "done"), "{runs:?}");
    for name in ["served", "r0", "r1", "r2"] {
        assert_times(&home, &format!("out/{name}"), n_runs, name);
    }
    served.signal("TERM");
    assert_eq!(served.wait().0, Some(0));
}

/// What may have happened to a database.
/// What it is, and how it is done to a file.
type Damage = (&'static str, fn(&Path));

fn damages() -> Vec<Damage> {
    fn change(path: &Path, sql: &str) {
        let sql = &format!("PRAGMA foreign_keys = OFF; {sql}");
        rusqlite::Connection::open(path).expect("it opens").execute_batch(sql).expect(sql);
    }
    vec![
        ("garbage", |path| {
            // What is in a write-ahead log would mend the file.
            change(path, "PRAGMA wal_checkpoint(TRUNCATE)");
            fs::write(path, "no database at all, but some text".repeat(200)).expect("written");
        }),
        ("cut", |path| {
            change(path, "PRAGMA wal_checkpoint(TRUNCATE)");
            let bytes = fs::read(path).expect("read");
            fs::write(path, &bytes[..bytes.len() / 2]).expect("written");
        }),
        ("a table is gone", |path| {
            let table = if path.ends_with("history.sqlite") { "files" } else { "paused" };
            change(path, &format!("DROP TABLE {table}"));
        }),
        ("pages are garbage", |path| {
            change(path, "PRAGMA wal_checkpoint(TRUNCATE)");
            let mut bytes = fs::read(path).expect("read");
            bytes[4096..].fill(0xa5);
            fs::write(path, bytes).expect("written");
        }),
    ]
}

/// The names of files that were moved aside.
fn aside(home: &Home, name: &str) -> Vec<String> {
    let names = fs::read_dir(home.path("state")).expect("listed").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|found| found.starts_with(&format!("{name}.damaged-"))).collect()
}

#[test]
fn a_damaged_history_is_moved_aside() {
    for (about, damage) in damages() {
        let (_server, home) = home(&format!("{REST}{QUERY}{APPEND}"));
        home.summary(&["p.yaml"]);
        damage(&home.path("state/history.sqlite"));
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code, Some(0), "{about}: {}", done.stderr);
        assert!(done.stderr.contains("history.sqlite` was damaged"), "{about}: {}", done.stderr);
        assert!(!aside(&home, "history.sqlite").is_empty(), "{about}");
        assert_times(&home, "out/t", 2, about);
        let known = runs(&home, &[]);
        assert_eq!((known.len(), &known[0]["outcome"]), (1, &"done".into()), "{about}: {known:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_damaged_schedule_is_moved_aside() {
    for (about, damage) in damages() {
        let (_server, home) = home("");
        home.write("p/a.yaml", &format!("{REST}{QUERY}{APPEND}schedule: {{ cron: '@daily' }}\n"));
        let serve = |said: &str| {
            let served = crate::serve::Served::start(&home, &[]);
            let run = served.run("a");
            assert_eq!(served.ended(&run)["outcome"], "done", "{about}");
            served.signal("TERM");
            let (code, all) = served.wait();
            assert_eq!(code, Some(0), "{about}: {all}");
            assert!(all.contains(said), "{about}: {all}");
        };
        serve("");
        damage(&home.path("state/schedule.sqlite"));
        serve("schedule.sqlite` was damaged");
        assert_eq!(aside(&home, "schedule.sqlite").len(), 1, "{about}");
    }
}

#[test]
fn a_reader_of_the_history_stops_no_run() {
    let (_server, home) = home(&format!("{REST}{QUERY}{APPEND}"));
    home.summary(&["p.yaml"]);
    let mut reader = database(&home, "history.sqlite");
    let open = reader.transaction().expect("begun");
    let count = || open.query_row("SELECT count(*) FROM runs", [], |row| row.get::<_, i64>(0)).expect("read");
    assert_eq!(count(), 1);
    let begin = Instant::now();
    home.summary(&["p.yaml"]);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(count(), 1, "the reader sees one state");
    drop(open);
    drop(reader);
    assert_eq!(runs(&home, &[]).len(), 2);
}

#[test]
fn a_history_that_cannot_be_written_stops_no_run() {
    let (_server, home) = home(&format!("{REST}{QUERY}{APPEND}"));
    home.summary(&["p.yaml"]);
    let writer = database(&home, "history.sqlite");
    writer.execute_batch("BEGIN IMMEDIATE").expect("begun");
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("history"), "{}", done.stderr);
    let other = "ROLLBACK; PRAGMA foreign_keys = OFF; DROP TABLE runs; CREATE TABLE runs (other TEXT)";
    writer.execute_batch(other).expect("ended");
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("will not be in the history"), "{}", done.stderr);
    writer.execute_batch("PRAGMA user_version = 99").expect("changed");
    drop(writer);
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("will not be in the history"), "{}", done.stderr);
    assert_times(&home, "out/t", 4, "with no history");
    let shown = home.run(&["runs"]);
    assert!(shown.code == Some(1) && shown.stderr.contains("later version"), "{}", shown.stderr);
}

#[test]
fn only_what_changes_the_rows_ends_a_journal() {
    let query = QUERY.replace("path: /items,", "path: /items, params: { x: '${param.p}' },");
    let params = "params: { p: { default: a }, unused: { default: one } }\n";
    let base = format!("{REST}{query}columns: {{ id: int }}\n{params}{APPEND}");
    let script = "converter: { script: 'function convert(json) { return JSON.parse(json).items }' }\n";
    type Edit<'e> = (&'e str, String, bool);
    let edits: [Edit<'_>; 14] = [
        ("nothing", base.clone(), true),
        ("a comment", format!("# night\n{base}"), true),
        ("tags", format!("{base}tags: [night]\n"), true),
        ("checks", format!("{base}checks: [{{ kind: not_null, columns: id }}]\n"), true),
        ("limits", base.replace("max_wait: 1s", "max_wait: 2s, concurrency: 2"), true),
        ("test_path", base.replace("kind: rest,", "kind: rest, test_path: /me,"), true),
        ("schedule", format!("{base}schedule: {{ cron: '@daily' }}\n"), true),
        ("resume", format!("{base}resume: {{ max_age: 2h }}\n"), true),
        ("a parameter that is not named", base.replace("default: one", "default: two"), true),
        ("a User-Agent", base.replace("kind: rest,", "kind: rest, headers: { User-Agent: x/1 },"), true),
        ("query", base.replace("{ x: ", "{ y: "), false),
        ("converter", format!("{base}{script}"), false),
        ("columns", base.replace("id: int", "id: string"), false),
        ("a parameter", base.replace("default: a", "default: b"), false),
    ];
    for (about, edited, survives) in every(3, edits) {
        let (_server, home, is_empty) = quota();
        home.write("p.yaml", &base);
        let stopped = home.run(&["run", "p.yaml"]);
        assert_eq!(stopped.code, Some(4), "{about}: {}", stopped.stderr);
        is_empty.store(false, Ordering::SeqCst);
        home.write("p.yaml", &edited);
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code, Some(0), "{about}: {}", done.stderr);
        assert_eq!(done.stderr.contains("going on where"), survives, "{about}: {}", done.stderr);
        assert_eq!(done.stderr.contains("have changed"), !survives, "{about}: {}", done.stderr);
        let manifest: Value = serde_json::from_str(&home.read("out/t/_manifest.json")).expect("JSON");
        assert_eq!(manifest["files"][0]["rows"], 9, "{about}: {manifest}");
    }
}

/// A commit exchanges all of a folder, and with it what lies further down.
#[test]
fn a_target_does_not_lie_in_the_folder_of_another() {
    let (server, home) = home("");
    home.write("d/a.yaml", &format!("{REST}{QUERY}sink: {{ kind: jsonl, path: out/t, mode: append }}\n"));
    home.write("d/b.yaml", &format!("{REST}{QUERY}sink: {{ kind: jsonl, path: out/t/sub, mode: append }}\n"));
    for args in [["validate", "d"], ["run", "d"]] {
        let done = home.run(&args);
        assert_eq!(done.code, Some(2), "{args:?}: {}", done.stderr);
        assert!(done.stderr.contains("b.yaml` to `out/t/sub/`, which overlap"), "{}", done.stderr);
    }
    let table = |name: &str, path: &str| {
        format!("  {name}: {{ {}, sink: {{ kind: jsonl, path: {path} }} }}\n", QUERY.trim())
    };
    home.write("two.yaml", &format!("{REST}tables:\n{}{}", table("a", "out/t"), table("b", "./out/t.jsonl")));
    let done = home.run(&["run", "two.yaml"]);
    assert_eq!(done.code, Some(2), "{}", done.stderr);
    assert!(done.stderr.contains("error[P003]") && server.asked().is_empty(), "{}", done.stderr);
}

#[cfg(unix)]
#[test]
fn two_pipelines_of_a_folder_do_not_share_a_target() {
    let ways = [
        ("{ kind: jsonl, path: out/t, mode: append }", "{ kind: jsonl, path: out/t/, mode: append }"),
        ("{ kind: jsonl, path: out/t, mode: append }", "{ kind: jsonl, path: link/t, mode: append }"),
        ("{ kind: jsonl, path: out/rows }", "{ kind: jsonl, path: ./out/../out/rows }"),
        // A folder that is still to be made.
        ("{ kind: jsonl, path: out/t, mode: append }", "{ kind: jsonl, path: out/new/../t, mode: append }"),
    ];
    for (one, other) in ways {
        let (server, home) = home("");
        fs::create_dir(home.path("out")).expect("made");
        std::os::unix::fs::symlink(home.path("out"), home.path("link")).expect("made");
        home.write("d/a.yaml", &format!("{REST}{QUERY}sink: {one}\n"));
        home.write("d/b.yaml", &format!("{REST}{QUERY}sink: {other}\n"));
        for args in [["validate", "d"], ["run", "d"]] {
            let done = home.run(&args);
            assert_eq!(done.code, Some(2), "{args:?} {other}: {}", done.stderr);
            for part in ["a.yaml` and `", "b.yaml` both write to", "another `sink.path`"] {
                assert!(done.stderr.contains(part), "{part} in {}", done.stderr);
            }
        }
        assert!(server.asked().is_empty());
        // One of them alone is right.
        assert_eq!(home.run(&["run", "d", "--select", "a"]).code, Some(0));
        assert_eq!(home.run(&["validate", "d/a.yaml"]).code, Some(0));
    }
}

#[test]
fn a_table_that_lacks_a_file_is_refused_and_the_advice_works() {
    for mode in ["append", "upsert, key: id"] {
        let (_server, home) =
            home(&format!("{REST}{QUERY}sink: {{ kind: parquet, path: out/t, mode: {mode} }}\n"));
        home.summary(&["p.yaml"]);
        let part = crate::state::files(&home.path("out/t"), "parquet").remove(0);
        let saved = fs::read(&part).expect("read");
        fs::remove_file(&part).expect("removed");
        let refused = home.run(&["run", "p.yaml"]);
        assert_eq!(refused.code, Some(1), "{mode}: {}", refused.stderr);
        let name = part.file_name().expect("a name").to_string_lossy();
        for said in [&*name, "_manifest.json", "restore", "remove the folder"] {
            assert!(refused.stderr.contains(said), "{said} in {}", refused.stderr);
        }
        fs::write(&part, saved).expect("restored");
        home.summary(&["p.yaml"]);
        let n_times = if mode == "append" { 2 } else { 1 };
        assert_times(&home, "out/t", n_times, "restored");
        fs::remove_file(&part)
            .or_else(|_| fs::remove_file(&crate::state::files(&home.path("out/t"), "parquet")[0]))
            .expect("removed");
        assert_eq!(home.run(&["run", "p.yaml"]).code, Some(1));
        fs::remove_dir_all(home.path("out/t")).expect("removed");
        home.summary(&["p.yaml"]);
        assert_times(&home, "out/t", 1, "written anew");
    }
}

//! `--sandbox` writes beside the real targets, and never goes on with what a real run has left.

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
    commits::{QUERY, REST, page},
    incremental::incremental,
    recorded::{Reply, Server},
    run::pipeline,
    serve::Served,
    state::{files, spawn, wait_for_pages},
    support::{Home, Site, every},
};

const KEYS: &str =
    "return JSON.parse(json).issues.map(issue => ({ key: issue.key, updated: issue.fields.updated }));";
const FEW: [&str; 3] = ["--sandbox", "--sandbox-issues", "20"];

/// The bytes of every file below a folder.
fn tree(home: &Home, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut tree = BTreeMap::new();
    let mut folders = vec![home.path(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false => _ = tree.insert(path.display().to_string(), fs::read(&path).expect("read")),
            }
        }
    }
    tree
}

fn runs(home: &Home) -> Vec<Value> {
    serde_json::from_str(&home.run(&["runs", "--format", "json"]).stdout).expect("JSON")
}

#[test]
fn a_relative_target_gets_a_folder_of_its_own() {
    let paths = [
        ("{ kind: jsonl, path: out/rows }", "out-sandbox/rows.jsonl", "out/rows.jsonl"),
        ("{ kind: jsonl, path: ./a/b/rows.jsonl }", "a-sandbox/b/rows.jsonl", "a/b/rows.jsonl"),
        ("{ kind: jsonl, path: rows.jsonl }", "rows-sandbox.jsonl", "rows.jsonl"),
        ("{ kind: parquet, path: v1.2, mode: append }", "v1.2-sandbox/_manifest.json", "v1.2"),
        ("{ kind: jsonl, path: ../up/rows }", "../up-sandbox/rows.jsonl", "../up/rows.jsonl"),
    ];
    for (sink, expected, own) in paths {
        let home = Home::new();
        home.write("in/p.yaml", &pipeline(KEYS, sink));
        let mut command = home.command(&[&["run", "p.yaml"], &FEW[..]].concat());
        let output = command.current_dir(home.path("in")).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sink}: {stderr}");
        assert!(home.path("in").join(expected).is_file(), "{sink}: {stderr}");
        assert!(!home.path("in").join(own).exists(), "{sink}");
        let told = stderr.contains("p: rows of the sandbox are in `") && stderr.contains("` is as it was");
        assert!(told && stderr.contains(own), "{sink}: {stderr}");
    }
    // Logins at the sandbox end with it; the rest of the state is kept.
    let home = Home::new();
    home.write("p.yaml", &pipeline(KEYS, "{ kind: jsonl, path: out/rows }"));
    home.summary(&[&["p.yaml"], &FEW[..]].concat());
    let kept = fs::read_dir(home.path("state")).expect("a folder").flatten();
    let mut kept: Vec<String> = kept.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    kept.retain(|name| {
        !name.starts_with("history.sqlite") && !["locks", "journals", "running"].contains(&name.as_str())
    });
    assert_eq!(kept, Vec::<String>::new());
    // Rows on stdout replace nothing.
    let home = Home::new();
    home.write("p.yaml", &pipeline(KEYS, "{ kind: jsonl, path: '-' }"));
    let done = home.run(&[&["run", "p.yaml"], &FEW[..]].concat());
    assert!(done.code == Some(0) && !done.stderr.contains("rows of the sandbox"), "{}", done.stderr);
}

#[test]
fn a_target_without_a_place_beside_it_is_refused_before_the_first_request() {
    let home = Home::new();
    let absolute = home.path("abs/rows").display().to_string();
    // `.` and `..` are the real folders, and have no name to put `-sandbox` at.
    let nameless = ["./", ".", "./.", "../", "../.."];
    let others = [absolute.as_str(), "s3://bucket/rows/", "memory:///rows", "out/../rows"];
    for path in every(4, others.into_iter().chain(nameless)) {
        home.write("d/p.yaml", &pipeline(KEYS, &format!("{{ kind: parquet, path: '{path}' }}")));
        for command in [&["run", "d/p.yaml"][..], &["run", "d"], &["validate", "d/p.yaml"]] {
            let few = if command[0] == "validate" { &FEW[..1] } else { &FEW[..] };
            let done = home.run(&[command, few].concat());
            assert_eq!(done.code, Some(2), "{path} {command:?}: {}", done.stderr);
            for part in [
                "error[P007]: `--sandbox` does not write to `",
                "d/p.yaml:",
                "path: ${OUT:-out}/rows",
                "pipeline preview FILE",
            ] {
                assert!(done.stderr.contains(part), "{path} {command:?}: {part} in {}", done.stderr);
            }
        }
        // Commands that write nothing have nothing to refuse.
        let done = home.run(&[&["preview", "d/p.yaml"], &FEW[..]].concat());
        assert_eq!(done.code, Some(0), "{path}: {}", done.stderr);
        assert!(!home.path("abs").exists() && !home.path("out").exists());
    }
    // The advice works.
    home.write("d/p.yaml", &pipeline(KEYS, "{ kind: parquet, path: '${OUT:-out}/rows' }"));
    home.summary(&[&["d/p.yaml"], &FEW[..]].concat());
    assert!(home.path("out-sandbox/rows.parquet").is_file());
}

/// A link at the new name would lead to the real rows.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_sandbox_is_refused() {
    let links: [(&str, &str); 2] = [("out-sandbox", "out"), ("out-sandbox/rows.jsonl", "../out/rows.jsonl")];
    for (link, real) in links {
        let home = Home::new();
        home.write("out/rows.jsonl", "real\n");
        home.write("p.yaml", &pipeline(KEYS, "{ kind: jsonl, path: out/rows }"));
        if link.contains('/') {
            std::fs::create_dir(home.path("out-sandbox")).expect("made");
        }
        std::os::unix::fs::symlink(real, home.path(link)).expect("made");
        let done = home.run(&[&["run", "p.yaml"], &FEW[..]].concat());
        assert!(done.code == Some(2) && done.stderr.contains("error[P007]"), "{link}: {}", done.stderr);
        assert_eq!(home.read("out/rows.jsonl"), "real\n", "{link}");
    }
}

#[test]
fn real_rows_cursors_and_counts_are_as_they_were() {
    let site = Site::with_issues(50);
    let home = site.home();
    home.write("p.yaml", &incremental("{ kind: parquet, path: out/t, mode: upsert, key: key }", ""));
    home.summary(&["p.yaml"]);
    let (before, cursor) = (tree(&home, "out"), home.run(&["state", "show", "p.yaml"]).stdout);
    for n in 1..3 {
        let summary = home.summary(&[&["p.yaml"], &FEW[..]].concat());
        assert_eq!(
            (&summary["sandbox"], &summary["tables"][0]["in_place_of"]),
            (&true.into(), &"out/t/".into())
        );
        assert_eq!(tree(&home, "out"), before, "run {n} of the sandbox");
        assert_eq!(home.run(&["state", "show", "p.yaml"]).stdout, cursor);
    }
    home.run(&[&["state", "reset", "p.yaml"], &FEW[..]].concat());
    assert_eq!(home.run(&["state", "show", "p.yaml"]).stdout, cursor);
    let marked: Vec<Value> = runs(&home).iter().map(|run| run["sandbox"].clone()).collect();
    assert_eq!(marked, [true, true, false]);
    let list = home.run(&["runs"]).stdout;
    assert_eq!(list.matches("done, sandbox").count(), 2, "{list}");
}

#[test]
fn checks_compare_real_runs_with_real_runs() {
    let site = Site::with_issues(100);
    let home = site.home();
    let checks = "checks: [{ kind: row_count, max_change: 10% }]\n";
    home.write("p.yaml", &(pipeline(KEYS, "{ kind: jsonl, path: out/rows }") + checks));
    home.summary(&["p.yaml"]);
    home.summary(&[&["p.yaml"], &FEW[..]].concat());
    home.summary(&["p.yaml"]);
    home.summary(&[&["p.yaml"], &FEW[..]].concat());
    let more = ["p.yaml", "--sandbox", "--sandbox-issues", "90"];
    assert_eq!(home.run(&[&["run"], &more[..]].concat()).code, Some(1), "20 rows before");
}

#[test]
fn neither_goes_on_with_what_the_other_has_left() {
    for (first, second) in [(&[][..], &["--sandbox"][..]), (&["--sandbox"], &[])] {
        let is_waiting = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&is_waiting);
        let server = Server::start(move |asked| match asked.param("cursor").as_deref() {
            Some("3") if flag.load(Ordering::SeqCst) => {
                Reply::json("{}").of_status(429).with("retry-after", "3600")
            }
            _ => page(asked),
        });
        let home = Home::new().with([("URL", server.url.as_str())]);
        // Even where both have one target: that of the sandbox is another file's own.
        let rest = REST.replace("1s", "2h");
        home.write(
            "p.yaml",
            &format!("{rest}{QUERY}sink: {{ kind: jsonl, path: '${{OUT}}/t', mode: append }}\n"),
        );
        let out = |args: &[&str]| if args.is_empty() { "out-sandbox" } else { "out" };
        let run = |args: &[&str]| {
            let mut command = home.command(&[&["run", "p.yaml"], args].concat());
            command.env("OUT", out(args));
            command
        };
        let mut child = run(first).stderr(std::process::Stdio::piped()).spawn().expect("it starts");
        wait_for_pages(&home, 2);
        // The lock is the same, whoever wants the target.
        let locked = run(second).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&locked.stderr);
        assert!(locked.status.code() == Some(1) && stderr.contains("is in use"), "{stderr}");
        child.kill().expect("killed");
        child.wait().expect("dead");
        is_waiting.store(false, Ordering::SeqCst);
        let other = run(second).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&other.stderr);
        assert!(other.status.success() && !stderr.contains("going on"), "{stderr}");
        // The killed one goes on itself, and adds its rows.
        let same = run(first).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&same.stderr);
        assert!(same.status.success() && stderr.contains("going on where"), "{first:?}: {stderr}");
        let parts = files(&home.path("out-sandbox/t"), "jsonl");
        let lines = |path| fs::read_to_string(path).expect("read").lines().count();
        assert_eq!(parts.iter().map(lines).sum::<usize>(), 18, "{parts:?}");
        assert!(!home.path("out").exists());
    }
}

#[test]
fn a_killed_run_of_the_sandbox_has_no_effect_on_the_real_one() {
    let server = Server::start(|asked| match asked.param("cursor").as_deref() {
        Some("3") if asked.header("x-sandbox") == "yes" => {
            Reply::json("{}").of_status(429).with("retry-after", "3600")
        }
        _ => page(asked),
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    let rest = REST.replace("1s", "2h").replace("limits:", "headers: { x-sandbox: '${WHERE:-no}' }, limits:");
    home.write("p.yaml", &format!("{rest}{QUERY}sink: {{ kind: jsonl, path: out/t, mode: append }}\n"));
    let home = home.with([("WHERE", "yes")]);
    let mut child = spawn(&home, &["run", "p.yaml", "--sandbox"]);
    wait_for_pages(&home, 2);
    child.kill().expect("killed");
    child.wait().expect("dead");
    let home = home.with([("WHERE", "no")]);
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(!done.stderr.contains("anew") && !done.stderr.contains("going on"), "{}", done.stderr);
    assert_eq!(files(&home.path("out/t"), "jsonl").len(), 1);
    assert!(!home.path("out-sandbox/t/_manifest.json").exists());
    // Another run of the sandbox begins anew, since its variables are others.
    let done = home.run(&["run", "p.yaml", "--sandbox"]);
    assert!(done.code == Some(0) && done.stderr.contains("have changed"), "{}", done.stderr);
}

#[test]
fn a_server_with_the_sandbox_takes_no_planned_times_from_a_real_one() {
    let home = Home::new();
    home.write("p/jira.yaml", &pipeline(KEYS, "{ kind: jsonl, path: out/rows }"));
    let served = Served::start(&home, &FEW);
    served.run("jira");
    let begin = std::time::Instant::now();
    while runs(&home).first().is_none_or(|run| run["outcome"] != "done") {
        assert!(begin.elapsed() < std::time::Duration::from_secs(60), "{:?}", runs(&home));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(served);
    let planned =
        ["state/sandbox/schedule.sqlite", "state/schedule.sqlite"].map(|name| home.path(name).exists());
    assert_eq!(planned, [true, false]);
    assert!(home.path("out-sandbox/rows.jsonl").is_file() && !home.path("out").exists());
    assert!(runs(&home).iter().all(|run| run["sandbox"] == true));
    // A server without the sandbox has run nothing yet.
    let site = Site::with_issues(5);
    let home = home.with(site.sandbox.variables());
    let served = Served::start(&home, &[]);
    assert_eq!(served.get("/api/pipelines")[0]["lastRun"], Value::Null);
}

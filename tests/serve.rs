//! `pipeline serve`, and `pipeline run` for other schedulers.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    browser::{Visit, ask, open},
    run::{pipeline, stuck_site},
    state::wait_for_pages,
    support::{Done, Home, Killed, Site},
};

const KEYS: &str = "return JSON.parse(json).issues.map(issue => ({ key: issue.key }));";

/// A pipeline of `p/` that writes `out/NAME.jsonl`.
fn write(home: &Home, name: &str, more: &str) {
    let sink = format!("{{ kind: jsonl, path: out/{name} }}\n{more}");
    home.write(&format!("p/{name}.yaml"), &pipeline(KEYS, &sink));
}

fn ids(summary: &Value) -> Vec<&str> {
    let pipelines = summary["pipelines"].as_array().expect("a list");
    pipelines.iter().map(|pipeline| pipeline["id"].as_str().expect("an id")).collect()
}

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.stderr))
}

#[test]
fn a_folder_is_run_and_a_broken_file_keeps_none_of_the_others() {
    let site = Site::with_issues(20);
    let home = site.home();
    write(&home, "a", "");
    write(&home, "deep/b", "tags: [night]\n");
    home.write("p/broken.yaml", "datasource: {}\nquery: {}\n");
    let done = home.run(&["run", "p", "--format", "json"]);
    let summary = json(&done);
    assert_eq!((done.code, ids(&summary)), (Some(2), vec!["a", "broken", "deep/b"]), "{}", done.stderr);
    assert_eq!(summary["code"], 2);
    let codes: Vec<&Value> =
        summary["pipelines"].as_array().unwrap().iter().map(|pipeline| &pipeline["code"]).collect();
    assert_eq!(codes, [0, 2, 0]);
    assert!(done.stderr.contains("broken.yaml") && done.stderr.contains("1 of 3 pipelines failed"));
    assert_eq!(home.read("out/a.jsonl").lines().count(), 20);

    for (select, expected) in [("tag:night", ["deep/b"]), ("a*", ["a"]), ("deep/?", ["deep/b"])] {
        let done = home.run(&["run", "p", "--select", select, "--format", "json"]);
        assert_eq!((done.code, ids(&json(&done))), (Some(0), expected.to_vec()), "{}", done.stderr);
    }
    let done = home.run(&["run", "p", "--select", "tag:none"]);
    assert!(done.code == Some(2) && done.stderr.contains("tag:none"), "{done:?}");
}

#[test]
fn only_what_has_changed_is_run() {
    let site = Site::with_issues(20);
    let home = site.home();
    home.write("p/keys.js", &format!("function convert(json) {{ {KEYS} }}"));
    for name in ["a", "b"] {
        let text = pipeline(KEYS, &format!("{{ kind: jsonl, path: out/{name} }}"));
        home.write(&format!("p/{name}.yaml"), &text);
    }
    let inline = home.read("p/b.yaml");
    let begin = inline.find("converter:").unwrap();
    let end = inline.find("sink:").unwrap();
    home.write("p/b.yaml", &format!("{}converter: keys.js\n{}", &inline[..begin], &inline[end..]));

    let run = |since: &str| {
        let done = home.run(&["run", "p", "--changed-since", since, "--format", "json"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        ids(&json(&done)).join(" ")
    };
    assert_eq!(run("1day"), "a b");
    assert_eq!(run("2999-01-01"), "");

    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-C", home.path("p").to_str().unwrap(), "-c", "user.name=a", "-c", "user.email=a@b"]);
        assert!(command.args(args).output().expect("git").status.success(), "{args:?}");
    };
    if Command::new("git").arg("--version").output().is_err() {
        return eprintln!("git is not here: changes since a revision are not tried");
    }
    home.write("p/.gitignore", "out/\n");
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "all"]);
    assert_eq!(run("HEAD"), "");
    home.write("p/keys.js", &format!("// other\nfunction convert(json) {{ {KEYS} }}"));
    assert_eq!(run("HEAD"), "b");
    write(&home, "c", "");
    assert_eq!(run("HEAD"), "b c");
    let done = home.run(&["run", "p", "--changed-since", "nonsense"]);
    assert!(done.code == Some(2) && done.stderr.contains("`nonsense` is no time, and git says"), "{done:?}");
}

/// A server of `p/`, killed when dropped.
pub(crate) struct Served {
    child: Killed,
    url: String,
}

impl Served {
    pub(crate) fn start(home: &Home, args: &[&str]) -> Self {
        let args = [&["serve", "p", "--port", "0"], args].concat();
        let mut child =
            home.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut url).expect("its address");
        Self { child: Killed(child), url: url.trim_end().to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let visit = open(&format!("{}{path}", self.url));
        assert_eq!(visit.status, 200, "{path}: {}", visit.body);
        serde_json::from_str(&visit.body).unwrap_or_else(|error| panic!("{error}: {}", visit.body))
    }

    fn post(&self, path: &str) -> Visit {
        ask("POST", &format!("{}{path}", self.url), "X-Pipeline: 1\r\n")
    }

    /// Begins a run; gives its id.
    pub(crate) fn run(&self, id: &str) -> String {
        let visit = self.post(&format!("/api/pipelines/{id}/run"));
        assert_eq!(visit.status, 202, "{}", visit.body);
        let begun: Value = serde_json::from_str(&visit.body).expect("JSON");
        begun["run"].as_str().expect("an id").to_owned()
    }

    /// The last run of a pipeline, or the one under way.
    fn running(&self, id: &str) -> String {
        let shown = self.get(&format!("/api/pipelines/{id}"));
        match shown["running"]["run"].as_str() {
            Some(run) => run.to_owned(),
            None => {
                self.get(&format!("/api/runs?pipeline={id}"))[0]["run"].as_str().expect("a run").to_owned()
            }
        }
    }

    /// Waits for the end of a run.
    pub(crate) fn ended(&self, run: &str) -> Value {
        let begin = Instant::now();
        loop {
            let shown = self.get(&format!("/api/runs/{run}"));
            if shown["outcome"] != "running" && shown["progress"].is_null() {
                return shown;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "{shown}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.0.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill").success());
    }

    /// The exit code and what was said.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.0.stderr.as_mut().expect("piped").read_to_string(&mut said).expect("text");
        (self.child.0.wait().expect("it ends").code(), said)
    }
}

#[test]
#[cfg(unix)]
fn a_server_runs_what_it_is_asked_to_and_says_how_it_went() {
    let site = Site::with_issues(20);
    let home = site.home();
    write(&home, "a", "schedule: { cron: '0 2 * * *', timezone: Europe/Berlin }\n");
    home.write("p/broken.yaml", "datasource: {}\nquery: {}\n");
    let served = Served::start(&home, &[]);
    let health = served.get("/healthz");
    assert_eq!((&health["ready"], &health["brokenFiles"]), (&true.into(), &1.into()), "{health}");
    let pipelines = served.get("/api/pipelines");
    assert_eq!(pipelines[0]["schedule"]["timezone"], "Europe/Berlin", "{pipelines}");
    assert!(pipelines[1]["problems"].as_str().unwrap().contains("broken.yaml"), "{pipelines}");

    let forged = ask("POST", &format!("{}/api/pipelines/a/run", served.url), "");
    assert_eq!(forged.status, 403, "{}", forged.body);
    let run = served.run("a");
    let ended = served.ended(&run);
    assert_eq!((&ended["outcome"], &ended["rows"]), (&"done".into(), &20.into()), "{ended}");
    assert_eq!(home.read("out/a.jsonl").lines().count(), 20);
    let metrics = open(&format!("{}/metrics", served.url)).body;
    for line in
        ["pipeline_rows_total{pipeline=\"a\"} 20", "pipeline_runs_total{pipeline=\"a\",outcome=\"done\"} 1"]
    {
        assert!(metrics.contains(line), "{metrics}");
    }
    for secret in ["JIRA_CLIENT_SECRET", "JIRA_REFRESH_TOKEN"] {
        let value = site.sandbox.variables().into_iter().find(|(name, _)| *name == secret).unwrap().1;
        assert!(!format!("{pipelines}{ended}{metrics}").contains(&value), "{secret}");
    }
    served.signal("TERM");
    let (code, said) = served.wait();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
#[cfg(unix)]
fn a_run_that_is_stopped_with_its_server_or_dies_with_it_is_gone_on_with() {
    for signal in ["TERM", "KILL"] {
        let site = stuck_site();
        let home = site.home();
        write(&home, "a", "");
        let served = Served::start(&home, &["--drain", "100ms"]);
        let run = served.run("a");
        wait_for_pages(&home, 2);
        served.signal(signal);
        let (code, said) = served.wait();
        assert_eq!(code, (signal == "TERM").then_some(0), "{said}");
        if signal == "TERM" {
            assert!(said.contains("1 run interrupted; the next start goes on with them"), "{said}");
        }
        assert!(!home.path("out/a.jsonl").exists());
        site.sandbox.set_faults(Default::default());
        let served = Served::start(&home, &[]);
        let before = served.get(&format!("/api/runs/{run}"));
        let expected = if signal == "TERM" { "interrupted" } else { "crashed" };
        assert_eq!(before["outcome"], expected, "{before}");
        // After a signal the server goes on by itself.
        let next = if signal == "TERM" { served.running("a") } else { served.run("a") };
        let ended = served.ended(&next);
        assert_eq!((&ended["outcome"], &ended["rows"]), (&"done".into(), &100.into()), "{ended}");
        assert_eq!(ended["tables"][0]["resumedPages"], 2, "{ended}");
        assert_eq!(home.read("out/a.jsonl").lines().count(), 100);
    }
}

#[test]
fn nobody_else_may_ask_without_a_token() {
    let home = Home::new();
    home.write("p/a.yaml", "query: {}\n");
    let done = home.run(&["serve", "p", "--listen", "0.0.0.0", "--port", "0"]);
    assert!(done.code == Some(2) && done.stderr.contains("PIPELINE_SERVE_TOKEN"), "{done:?}");
    let home = home.with([("PIPELINE_SERVE_TOKEN", "correct horse battery")]);
    let served = Served::start(&home, &[]);
    assert_eq!(open(&format!("{}/api/pipelines", served.url)).status, 401);
    let with = |token: &str| {
        let header = format!("Authorization: Bearer {token}\r\n");
        ask("GET", &format!("{}/api/pipelines", served.url), &header).status
    };
    assert_eq!((with("correct horse"), with("correct horse battery")), (401, 200));
    let rebound = ask("GET", &format!("{}/api/pipelines", served.url), "Host: evil.example\r\n");
    assert_eq!(rebound.status, 421, "{}", rebound.body);
}

//! Tables whose parts are done by a Ballista cluster, and SQL over pipelines; with the feature `cluster`.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::Duration,
};

use crate::{
    datasources,
    support::{Done, Home, Killed, Site},
    table_files::{column, parquet},
};

/// Issues, and for each of them its worklogs, which `work` has something to do with.
fn worklogs(work: &str) -> String {
    let convert = "return JSON.parse(json).worklogs";
    datasources::worklogs("{ table: issues, column: key }")
        .replace("maxResults: 20", "maxResults: 10")
        .replace(convert, &format!("{work} {convert}"))
}

/// Keeps a converter busy.
const WORK: &str = "let n = 0; for (let i = 0; i < 60000; i++) n += i % 7;";

/// A scheduler and executors.
struct Cluster {
    _start: Killed,
    url: String,
    executors: Vec<u32>,
}

impl Cluster {
    fn start(home: &Home, n_executors: usize) -> Self {
        let n = n_executors.to_string();
        let args = ["cluster", "start", "--port", "0", "--executors", &n, "--executor-timeout", "4"];
        let mut child =
            home.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut url).expect("its address");
        let mut executors = Vec::new();
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
        for line in lines.by_ref() {
            if let Some(id) = line.strip_prefix("executor ").and_then(|rest| rest.rsplit(' ').next()) {
                executors.push(id.parse().expect("a process"));
            }
            if line.contains("Ctrl-C") {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        assert_eq!(executors.len(), n_executors);
        Self { _start: Killed(child), url: url.trim_end().to_owned(), executors }
    }
}

fn pairs(home: &Home) -> Vec<(String, String)> {
    let rows = parquet(&home.path("worklogs.parquet"));
    let text = |name| column(&rows, name).into_iter().map(Option::unwrap_or_default);
    text("key").zip(text("id")).collect()
}

#[test]
fn a_cluster_makes_the_same_file_and_asks_as_often() {
    let site = Site::with_issues(40);
    let here = site.home();
    here.write("p.yaml", &worklogs(""));
    here.summary(&["p.yaml"]);
    // A login is for one state folder; this one has its own, of the same data.
    let other = Site::with_issues(40);
    let home = other.home();
    home.write("p.yaml", &worklogs(""));
    let cluster = Cluster::start(&home, 2);
    let summary = home.summary(&["p.yaml", "--cluster", &cluster.url]);
    for file in ["issues.parquet", "worklogs.parquet"] {
        let (there, here) = (parquet(&home.path(file)), parquet(&here.path(file)));
        assert_eq!(
            (there.schema_ref().fields(), there.columns()),
            (here.schema_ref().fields(), here.columns())
        );
    }
    let asked =
        |site: &Site| (site.stats().search_requests, site.stats().worklog_requests, site.stats().refreshes);
    assert_eq!(asked(&other), asked(&site), "no page is asked for twice, and one process renews the login");
    // 4 pages of issues, at least one of each issue's worklogs.
    assert!(summary["requests"].as_u64().expect("requests of executors") >= 44, "{summary}");
    // Logins are renewed by the coordinator alone, and what an executor does not like is told as ever.
    home.write(
        "p.yaml",
        &worklogs("if (metadata.queryParameters.key == 'ABC-7') throw new TypeError('no 7');"),
    );
    let before = pairs(&home);
    let done = home.run(&["run", "p.yaml", "--cluster", &cluster.url]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("no 7") && done.stderr.contains("p.yaml:"), "{}", done.stderr);
    assert_eq!(pairs(&home), before, "the old rows stay");
    let nobody = home.run(&["run", "p.yaml", "--cluster", "http://127.0.0.1:9"]);
    assert!(
        nobody.code == Some(2) && nobody.stderr.contains("no scheduler answers there"),
        "{}",
        nobody.stderr
    );
}

#[test]
fn a_killed_executor_loses_and_doubles_nothing() {
    let site = Site::with_issues(60);
    let here = site.home();
    here.write("p.yaml", &worklogs(""));
    here.summary(&["p.yaml"]);
    let site = Site::with_issues(60);
    let home = site.home();
    home.write("p.yaml", &worklogs(WORK));
    let cluster = Cluster::start(&home, 2);
    let args = ["run", "p.yaml", "--cluster", &cluster.url];
    let before = site.stats().requests;
    let mut running =
        home.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    while site.stats().requests < before + 25 && running.try_wait().expect("asked").is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let victim = cluster.executors[0].to_string();
    let killed = std::process::Command::new("kill").args(["-9", &victim]).status().expect("kill");
    assert!(killed.success());
    let done = Done::wait(running);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(pairs(&home), pairs(&here));
}

#[test]
fn sql_asks_for_no_more_than_it_needs() {
    let site = Site::with_issues(100);
    let home = site.home();
    home.write("p.yaml", &worklogs(""));
    let rows = |sql: &str| {
        let done = home.run(&["query", sql, "--format", "json"]);
        assert_eq!(done.code, Some(0), "{sql}: {}", done.stderr);
        done.stdout.trim_end().to_owned()
    };
    assert_eq!(rows("select count(*) as n from 'p.yaml#issues'"), r#"{"n":100}"#);
    let before = site.stats().search_requests;
    let limited = rows("select key from 'p.yaml#issues' limit 3");
    assert_eq!(limited, "{\"key\":\"ABC-1\"}\n{\"key\":\"ABC-2\"}\n{\"key\":\"ABC-3\"}");
    let asked = site.stats().search_requests - before;
    // One for the types; then one with rows, and those under way meanwhile.
    assert!(asked < 8, "{asked} of 11 requests");
    // A table that goes through another, joined with a file.
    home.summary(&["p.yaml"]);
    let joined = "select count(*) as n from 'p.yaml#worklogs' w join 'issues.parquet' i on w.key = i.key";
    assert_eq!(rows(joined), format!("{{\"n\":{}}}", pairs(&home).len()));
    let wrong = home.run(&["query", "select * from 'p.yaml'"]);
    assert!(
        wrong.code == Some(2) && wrong.stderr.contains("'p.yaml#issues' or 'p.yaml#worklogs'"),
        "{}",
        wrong.stderr
    );
}

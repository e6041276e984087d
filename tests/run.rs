//! The main job: `pipeline run`.

use std::{
    collections::HashSet,
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use pipeline_sandbox::{Fault, FaultRule, FaultTarget, FaultTiming, Faults, SandboxOptions};

use crate::{
    support::{Done, Home, JIRA, Site, root},
    table_files::{column, metadata, parquet, types},
};

/// The file of an example.
fn example(name: &str) -> String {
    root().join("pipelines").join(name).to_str().expect("UTF-8").to_owned()
}

#[test]
fn the_examples_give_every_issue_and_the_same_rows() {
    let home = Home::new();
    for name in ["jira", "jira_search"] {
        let file = example(&format!("{name}.yaml"));
        let summary = home.summary(&[&file, "--sandbox", "--sandbox-issues", "230"]);
        let table = &summary["tables"][0];
        assert_eq!((&table["rows"], &table["pages"]), (&230.into(), &3.into()), "{summary}");
    }
    let jql = parquet(&home.path("out-sandbox/jira.parquet"));
    assert_eq!(types(&jql), ["Issue Key: Utf8", "Description: Utf8"]);
    assert_eq!(column(&jql, "Issue Key").into_iter().collect::<HashSet<_>>().len(), 230);
    let n_null = column(&jql, "Description").iter().filter(|text| text.is_none()).count();
    assert!((1..230).contains(&n_null), "{n_null} issues without description");
    let search = parquet(&home.path("out-sandbox/jira_search.parquet"));
    // Not `assert_eq`, which would print all rows.
    assert!(jql.columns() == search.columns(), "both ways give the same rows");
}

#[test]
fn the_file_says_which_run_wrote_it() {
    let home = Home::new();
    let summary = home.summary(&[&example("jira.yaml"), "--sandbox", "--sandbox-issues", "10"]);
    let pairs = metadata(&home.path("out-sandbox/jira.parquet"));
    let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    assert_eq!(value("pipeline"), Some("jira"));
    assert_eq!(value("run_id"), summary["run_id"].as_str());
    assert!(value("query_hash").is_some_and(|hash| hash.len() == 16), "{pairs:?}");
    assert!(value("schema_hash").is_some_and(|hash| hash.len() == 16), "{pairs:?}");
}

#[test]
fn a_system_without_certificates_runs_the_sandbox_and_is_told_what_https_needs() {
    let home = Home::new();
    let without = |args: &[&str]| {
        let mut command = home.command(args);
        command.envs([("SSL_CERT_FILE", "/nowhere"), ("SSL_CERT_DIR", "/nowhere")]);
        Done::of(&command.output().expect("it runs"))
    };
    let done = without(&["run", &example("jira.yaml"), "--sandbox", "--sandbox-issues", "5"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    home.write(
        "secure.yaml",
        "datasource: { kind: rest, base_url: https://localhost:1/ }\nquery: { path: x, pagination: { kind: none } }\n\
         sink: { kind: parquet, path: x.parquet }\n",
    );
    let done = without(&["run", "secure.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("install its package `ca-certificates`"), "{}", done.stderr);
}

#[test]
fn an_example_runs_from_its_own_folder_too() {
    let home = Home::new();
    for name in ["pipelines/jira.yaml", "converters/jira_issues.js"] {
        home.write(name, &fs::read_to_string(root().join(name)).expect("an example"));
    }
    let mut command = home.command(&["run", "jira.yaml", "--sandbox", "--sandbox-issues", "5"]);
    let output = command.current_dir(home.path("pipelines")).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(parquet(&home.path("pipelines/out-sandbox/jira.parquet")).num_rows(), 5);
}

#[test]
fn the_run_ends_by_showing_the_file_and_its_first_rows() {
    let home = Home::new();
    let done = home.run(&["run", &example("jira.yaml"), "--sandbox", "--sandbox-issues", "120"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for part in ["out-sandbox/jira.parquet  120 rows", "Issue Key", "string", "ABC-1"] {
        assert!(done.stdout.contains(part), "{part} in\n{}", done.stdout);
    }
    assert!(done.stderr.contains("jira: 120 rows, 2 pages"), "{}", done.stderr);
    let quiet = home.run(&["run", &example("jira.yaml"), "--sandbox", "--sandbox-issues", "120", "--quiet"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
    assert!(
        quiet.stdout.starts_with("out-sandbox/jira.parquet  120 rows") && quiet.stdout.lines().count() == 1
    );
}

#[test]
fn the_rotated_token_wins_over_the_one_in_the_yaml() {
    let site = Site::with_issues(3);
    let home = site.home();
    home.summary(&[&example("jira.yaml")]);
    // The hour of the access token passes, so that the second run needs the refresh token again.
    site.sandbox.advance_clock(Duration::from_secs(2 * 3600));
    home.summary(&[&example("jira.yaml")]);
    let stats = site.stats();
    assert_eq!((stats.refreshes, stats.reuse_detections), (2, 0), "{stats:?}");
}

/// A pipeline at the sandbox whose rows are made by `convert`.
pub(crate) fn pipeline(convert: &str, sink: &str) -> String {
    format!(
        "{JIRA}query:
  path: /search/jql
  params: {{ jql: project = ABC order by key, fields: summary, maxResults: 10 }}
  pagination: {{ kind: cursor, next: nextPageToken, param: nextPageToken }}
converter:
  script: |
    function convert(json, metadata) {{ {convert} }}
sink: {sink}
"
    )
}

#[test]
fn types_widen_and_columns_appear_without_losing_rows() {
    let convert = "return JSON.parse(json).issues.map((issue, n) => {
      const row = { page: metadata.page };
      row.value = metadata.page < 3 ? n : metadata.page === 3 ? n + 0.5 : 'text';
      if (metadata.page === 4) row.late = [n];
      return row;
    });";
    for (kind, n_columns) in [("parquet", 3), ("arrow", 3)] {
        let home = Home::new();
        home.write("p.yaml", &pipeline(convert, &format!("{{ kind: {kind}, path: rows }}")));
        let summary = home.summary(&["p.yaml", "--sandbox", "--sandbox-issues", "40"]);
        assert_eq!(summary["tables"][0]["rows"], 40);
        if kind == "parquet" {
            let rows = parquet(&home.path("rows-sandbox.parquet"));
            assert_eq!(types(&rows).len(), n_columns);
            let values = column(&rows, "value");
            assert_eq!(values[0].as_deref(), Some("0"));
            assert_eq!(values[20].as_deref(), Some("0.5"));
            assert_eq!(values[39].as_deref(), Some("text"));
            let late = column(&rows, "late");
            assert_eq!((late[29].as_deref(), late[31].as_deref()), (None, Some("[1]")));
        }
    }
}

#[test]
fn every_kind_of_sink_holds_all_rows() {
    let convert = "return JSON.parse(json).issues.map(issue => ({ key: issue.key, n: 1, none: null }));";
    for (kind, extension) in [("parquet", "parquet"), ("arrow", "arrow"), ("jsonl", "jsonl"), ("csv", "csv")]
    {
        let home = Home::new();
        home.write("p.yaml", &pipeline(convert, &format!("{{ kind: {kind}, path: rows }}")));
        let summary = home.summary(&["p.yaml", "--sandbox", "--sandbox-issues", "25"]);
        assert_eq!(summary["tables"][0]["files"][0]["rows"], 25, "{kind}");
        let file = format!("rows-sandbox.{extension}");
        match kind {
            "csv" => assert_eq!(home.read(&file).lines().count(), 26),
            "jsonl" => assert_eq!(home.read(&file).lines().count(), 25),
            _ => assert!(home.path(&file).is_file()),
        }
    }
}

#[test]
fn an_empty_result_is_a_valid_file() {
    let home = Home::new();
    let yaml = pipeline("return [];", "{ kind: parquet, path: rows }");
    home.write("p.yaml", &yaml);
    home.summary(&["p.yaml", "--sandbox", "--sandbox-issues", "25"]);
    assert!(
        !home.path("rows-sandbox.parquet").exists(),
        "a file without columns is one that most readers do not open"
    );
    home.write("p.yaml", &(yaml + "columns: { key: string }\n"));
    home.summary(&["p.yaml", "--sandbox", "--sandbox-issues", "25"]);
    let rows = parquet(&home.path("rows-sandbox.parquet"));
    assert_eq!((rows.num_rows(), rows.num_columns()), (0, 1));
}

#[test]
fn a_failed_run_leaves_the_old_file_and_says_where_it_failed() {
    let site = Site::with_issues(30);
    let home = site.home();
    let good = "return JSON.parse(json).issues.map(issue => ({ key: issue.key }));";
    home.write("p.yaml", &pipeline(good, "{ kind: parquet, path: rows }"));
    home.summary(&["p.yaml"]);
    let before = fs::read(home.path("rows.parquet")).expect("written");
    let bad = "return JSON.parse(json).issues.map(issue => metadata.page === 2 ? issue.nothing.key : {});";
    home.write("p.yaml", &pipeline(bad, "{ kind: parquet, path: rows }"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for part in ["page 2", "p.yaml:16:", "nothing"] {
        assert!(done.stderr.contains(part), "{part} in\n{}", done.stderr);
    }
    assert_eq!(fs::read(home.path("rows.parquet")).expect("still there"), before);
    let left: Vec<_> =
        fs::read_dir(home.path("")).expect("listed").flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{left:?}");
}

/// Answers from the third search on never come, so that a run can be caught in the middle.
pub(crate) fn stuck_site() -> Site {
    let fault = Fault::SlowFirstByte { delay: Duration::from_secs(600) };
    let rule = FaultRule { on: FaultTarget::Search, when: FaultTiming::Request(3), times: Some(1000), fault };
    let faults = Faults { rules: vec![rule], ..Faults::default() };
    Site::start(SandboxOptions { issues: 100, faults, ..SandboxOptions::default() })
}

/// Starts a run over an old file and waits until it is stuck at the third page.
pub(crate) fn stuck_run(site: &Site, home: &Home) -> std::process::Child {
    home.write("rows.parquet", "the old file");
    let convert = "return JSON.parse(json).issues.map(issue => ({ key: issue.key }));";
    home.write("p.yaml", &pipeline(convert, "{ kind: parquet, path: rows }"));
    let mut command = home.command(&["run", "p.yaml"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    while site.stats().search_requests < 3 {
        std::thread::yield_now();
    }
    child
}

#[test]
fn kill_9_in_the_middle_leaves_the_old_file() {
    let site = stuck_site();
    let home = site.home();
    let mut child = stuck_run(&site, &home);
    child.kill().expect("killed");
    child.wait().expect("dead");
    assert_eq!(home.read("rows.parquet"), "the old file");
    // The next run cleans up after the dead one.
    site.sandbox.set_faults(Faults::default());
    home.summary(&["p.yaml"]);
    assert_eq!(parquet(&home.path("rows.parquet")).num_rows(), 100);
    let names = fs::read_dir(home.path("")).expect("listed").flatten().map(|entry| entry.file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_run_with_130_and_leaves_the_old_file() {
    let site = stuck_site();
    let home = site.home();
    let child = stuck_run(&site, &home);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let done = Done::wait(child);
    assert_eq!(done.code, Some(130), "{}", done.stderr);
    assert!(done.stderr.contains("interrupted"), "{}", done.stderr);
    assert_eq!(home.read("rows.parquet"), "the old file");
}

#[test]
fn preview_shows_rows_and_types_and_writes_nothing() {
    let home = Home::new();
    let done =
        home.run(&["preview", &example("jira.yaml"), "--sandbox", "--sandbox-issues", "120", "-n", "3"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("Issue Key") && done.stdout.contains("ABC-3"), "{}", done.stdout);
    assert!(!done.stdout.contains("ABC-4"), "{}", done.stdout);
    assert!(!home.path("out").exists());
}

#[test]
fn check_works_off_a_list() {
    let home = Home::new();
    let done = home.run(&["check", &example("jira.yaml"), "--sandbox"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let names = ["config", "token", "scopes", "test path", "page of jira", "rows of jira"];
    assert_eq!(done.stdout.lines().count(), names.len(), "{}", done.stdout);
    for (line, name) in done.stdout.lines().zip(names) {
        assert!(line.starts_with("ok ") && line.contains(name) && line.contains(" ms "), "{line}");
    }
    for part in ["/rest/api/2/myself: 200, as Zoë Müller", "100 rows, 2 columns"] {
        assert!(done.stdout.contains(part), "{part} in\n{}", done.stdout);
    }
    assert!(!home.path("out").exists());
}

#[test]
fn check_goes_on_after_a_failure_and_ends_with_its_code() {
    let site = Site::with_issues(5);
    let home = site.home();
    let right = pipeline("return nothing.at.all;", "{ kind: jsonl, path: rows }");
    home.write("p.yaml", &right.replace("query:", "  test_path: /nowhere\nquery:"));
    let done = home.run(&["check", "p.yaml", "--format", "json"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("2 checks failed"), "{}", done.stderr);
    let steps: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let found: Vec<_> =
        steps.as_array().expect("a list").iter().map(|step| step["outcome"].as_str()).collect();
    let expected = ["passed", "passed", "failed", "passed", "failed"].map(Some);
    assert_eq!(found, expected, "{steps}");
    let home = home.with([("JIRA_REFRESH_TOKEN", "sandbox-refresh-that-nobody-knows")]);
    let done = home.run(&["check", "p.yaml"]);
    assert_eq!(done.code, Some(3), "{}", done.stderr);
    assert!(done.stdout.contains("FAILED  token") && done.stdout.contains("not tried"), "{}", done.stdout);
    assert!(done.stderr.contains("`pipeline auth login p.yaml`"), "{}", done.stderr);
}

#[test]
fn kinds_are_listed_from_the_registry() {
    let done = Home::new().run(&["kinds"]);
    for name in ["rest", "oauth2", "cursor", "offset", "parquet"] {
        assert!(done.stdout.contains(name), "{name} in\n{}", done.stdout);
    }
}

#[test]
fn two_times_verbose_names_each_request() {
    let site = Site::with_issues(25);
    let home = site.home();
    home.write(
        "p.yaml",
        &format!(
            "{JIRA}query:
  path: /search/jql
  params: {{ jql: project = ABC order by key, fields: summary, maxResults: 10 }}
  pagination: {{ kind: cursor, next: nextPageToken, param: nextPageToken }}
  select: issues
sink: {{ kind: jsonl, path: rows }}
"
        ),
    );
    let done = home.run(&["run", "p.yaml", "-vv"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let requests =
        done.stderr.lines().filter(|line| line.contains("/search/jql?") && line.contains(": 200, "));
    assert_eq!(requests.count(), 3, "{}", done.stderr);
    assert!(!home.run(&["run", "p.yaml", "-v"]).stderr.contains("/search/jql?"));
}

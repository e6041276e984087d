//! Types, sinks and modes, through the binary.

use std::fs;

use pipeline_sandbox::Faults;

use crate::{
    run::{pipeline, stuck_run, stuck_site},
    support::Home,
    table_files::{parquet, types},
};

const KEYS: &str = "return JSON.parse(json).issues.map((issue, n) => ({ key: issue.key, n }));";

#[test]
fn rows_on_stdout_are_all_that_is_there() {
    let home = Home::new();
    for (kind, first) in [("jsonl", "{\"key\":\"ABC-1\",\"n\":0}"), ("csv", "key,n")] {
        home.write("p.yaml", &pipeline(KEYS, &format!("{{ kind: {kind}, path: '-' }}")));
        let done = home.run(&["run", "p.yaml", "--sandbox", "--sandbox-issues", "25", "--format", "json"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let n_lines = if kind == "csv" { 26 } else { 25 };
        assert_eq!((done.stdout.lines().next(), done.stdout.lines().count()), (Some(first), n_lines));
        assert!(done.stderr.contains("\"rows\":25"), "{}", done.stderr);
    }
    home.write("p.yaml", &pipeline(KEYS, "{ kind: arrow, path: '-' }"));
    let output =
        home.command(&["run", "p.yaml", "--sandbox", "--sandbox-issues", "25"]).output().expect("runs");
    let stream = arrow::ipc::reader::StreamReader::try_new(output.stdout.as_slice(), None).expect("a stream");
    assert_eq!(stream.map(|batch| batch.expect("a batch").num_rows()).sum::<usize>(), 25);
}

/// A reader passes over an empty line, and with it over a row.
#[test]
fn null_and_empty_text_are_two_fields_of_csv_unless_there_is_one_column() {
    let home = Home::new();
    for (columns, expected) in [
        ("", "a\r\n\"\"\r\n\"\"\r\nx\r\n"),
        ("columns: { b: { type: string, default: k } }\n", "b,a\r\nk,\r\nk,\"\"\r\nk,x\r\n"),
    ] {
        home.write("in/rows.json", r#"[{"a":null},{"a":""},{"a":"x"}]"#);
        home.write(
            "p.yaml",
            &format!(
                "datasource: {{ kind: file, folder: in }}\nquery: {{ path: rows.json }}\n{columns}\
                 sink: {{ kind: csv, path: rows }}\n"
            ),
        );
        home.summary(&["p.yaml"]);
        assert_eq!(home.read("rows.csv"), expected);
    }
}

#[test]
fn a_failed_run_puts_nothing_on_stdout() {
    let home = Home::new();
    let convert = "if (metadata.page === 2) throw new Error('bad'); return [{ a: 1 }];";
    home.write("p.yaml", &pipeline(convert, "{ kind: jsonl, path: '-' }"));
    let done = home.run(&["run", "p.yaml", "--sandbox", "--sandbox-issues", "30"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
}

#[test]
fn a_contract_rejects_rows_and_the_summary_counts_them() {
    let home = Home::new();
    let convert = "return JSON.parse(json).issues.map((issue, n) => ({ key: issue.key, day: n % 5 ? '2024-11-29' : 'soon' }));";
    let yaml = pipeline(convert, "{ kind: parquet, path: out/rows }")
        + "columns:\n  Issue Key: { type: string, from: key, required: true }\n  day: { type: date, on_error: reject }\n";
    home.write("p.yaml", &yaml);
    let summary = home.summary(&["p.yaml", "--sandbox", "--sandbox-issues", "40"]);
    let table = &summary["tables"][0];
    assert_eq!((&table["rows"], &table["rejected"]), (&32.into(), &8.into()), "{summary}");
    let rejected = home.read(table["rejected_file"].as_str().expect("a file"));
    assert_eq!(rejected.lines().count(), 8);
    let last: serde_json::Value =
        serde_json::from_str(rejected.lines().last().expect("lines")).expect("JSON");
    assert_eq!((&last["page"], &last["row"], &last["data"]["day"]), (&4.into(), &6.into(), &"soon".into()));
    assert_eq!(types(&parquet(&home.path("out-sandbox/rows.parquet"))), ["Issue Key: Utf8", "day: Date32"]);
}

#[test]
fn runs_add_to_a_folder_and_upserts_replace() {
    let home = Home::new();
    home.write("p.yaml", &pipeline(KEYS, "{ kind: parquet, path: out/t, mode: upsert, key: key }"));
    home.summary(&["p.yaml", "--sandbox", "--sandbox-issues", "20"]);
    home.summary(&["p.yaml", "--sandbox", "--sandbox-issues", "30"]);
    let files: Vec<_> = fs::read_dir(home.path("out-sandbox/t"))
        .expect("a folder")
        .map(|entry| entry.expect("listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "parquet"))
        .collect();
    let n_rows: usize = files.iter().map(|file| parquet(file).num_rows()).sum();
    assert_eq!(n_rows, 30, "{files:?}");
}

#[test]
fn the_schema_is_inferred_and_compared() {
    let home = Home::new();
    home.write(
        "p.yaml",
        &pipeline(&KEYS.replace(", n })", ", count: n })"), "{ kind: parquet, path: rows }"),
    );
    let args = ["p.yaml", "--sandbox", "--sandbox-issues", "20"];
    let infer = |more: &[&str]| home.run(&[&["schema", "infer"], &args[..], more].concat());
    let block = "columns:\n  key: { type: string }\n  count: { type: int }\n";
    assert_eq!(infer(&[]).stdout, block);
    assert_eq!(infer(&["--existing"]).code, Some(2));
    home.summary(&args);
    assert_eq!(infer(&["--existing"]).stdout, block);
    let diff = || home.run(&[&["schema", "diff"], &args[..]].concat());
    assert_eq!((diff().code, diff().stdout), (Some(0), String::new()));
    // What was inferred can be declared.
    let convert = "return JSON.parse(json).issues.map((issue, n) => ({ key: issue.key, count: n / 2, day: new Date(0) }));";
    home.write("p.yaml", &pipeline(convert, "{ kind: parquet, path: rows }"));
    let done = diff();
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), "~ count: int → float\n+ day: timestamp\n"));
    home.write("p.yaml", &(pipeline(convert, "{ kind: parquet, path: rows }") + &infer(&[]).stdout));
    home.summary(&args);
    assert_eq!(types(&parquet(&home.path("rows-sandbox.parquet")))[1], "count: Float64");
}

#[test]
fn evolution_is_frozen_or_left_out() {
    let home = Home::new();
    let convert = |more: &str| {
        format!("return JSON.parse(json).issues.map((issue, n) => ({{ key: issue.key{more} }}));")
    };
    let sink =
        |evolution: &str| format!("{{ kind: parquet, path: t, mode: append, evolution: {evolution} }}");
    let run = || home.run(&["run", "p.yaml", "--sandbox", "--sandbox-issues", "20", "--format", "json"]);
    home.write("p.yaml", &pipeline(&convert(""), &sink("freeze")));
    assert_eq!(run().code, Some(0));
    home.write("p.yaml", &pipeline(&convert(", n"), &sink("freeze")));
    let done = run();
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr.contains("page 1, row 1: column `n` is new, and `evolution` is `freeze`"),
        "{}",
        done.stderr
    );
    home.write("p.yaml", &pipeline(&convert(", n"), &sink("discard")));
    let done = run();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let summary: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(summary["tables"][0]["left_out"]["n"], 20);
}

#[test]
fn the_second_run_says_who_holds_the_target() {
    let site = stuck_site();
    let home = site.home();
    let mut stuck = stuck_run(&site, &home);
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1));
    let expected = format!("is in use: the pipeline `p` runs as process {} on ", stuck.id());
    assert!(done.stderr.contains(&expected), "{}", done.stderr);
    // The lock goes with the process, whatever ended it.
    stuck.kill().expect("killed");
    stuck.wait().expect("dead");
    site.sandbox.set_faults(Faults::default());
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 100);
}

//! Which files a pattern means: each once, none of the pipeline's own, none that is hidden.

use serde_json::Value;

use crate::support::Home;

fn rows(home: &Home, file: &str) -> u64 {
    home.summary(&[file])["tables"][0]["rows"].as_u64().expect("a number of rows")
}

#[test]
fn a_pipeline_never_reads_its_own_rows() {
    let home = Home::new();
    home.write("in/a.csv", "n\n1\n2\n");
    home.write("in/a.jsonl", "{\"n\":1}\n");
    let refused = |query: &str, sink: &str, names: &[&str]| {
        let yaml =
            format!("datasource: {{ kind: file, folder: . }}\nquery: {{ path: '{query}' }}\nsink: {sink}\n");
        home.write("p.yaml", &yaml);
        for command in ["validate", "run"] {
            let done = home.run(&[command, "p.yaml"]);
            assert_eq!(done.code, Some(2), "{sink}: {}", done.stderr);
            let all = format!("{}{}", done.stdout, done.stderr);
            assert!(all.contains("error[P009]"), "{sink}: {all}");
            assert!(names.iter().chain(&[query]).all(|name| all.contains(name)), "{sink}: {all}");
        }
    };
    refused("*.csv", "{ kind: csv, path: all }", &["`all.csv`"]);
    refused("**/*.csv", "{ kind: csv, path: in/../out/all }", &["all.csv"]);
    refused("**/*.jsonl", "{ kind: jsonl, path: out/ }", &["files such as `out/part-"]);
    refused("o*/**", "{ kind: jsonl, path: out/, partition_by: [n] }", &["n=1/part-"]);
    refused("all.csv", "{ kind: csv, path: ./all }", &["all.csv"]);
    refused("out/snapshot=*/*.jsonl", "{ kind: jsonl, path: out/, mode: snapshot }", &["snapshot=1/part-"]);

    let accepted = |query: &str, sink: &str| {
        let yaml =
            format!("datasource: {{ kind: file, folder: . }}\nquery: {{ path: '{query}' }}\nsink: {sink}\n");
        home.write("p.yaml", &yaml);
        for _ in 0..2 {
            assert_eq!(rows(&home, "p.yaml"), if query.ends_with("csv") { 2 } else { 1 }, "{query} {sink}");
        }
    };
    accepted("in/*.csv", "{ kind: csv, path: all }");
    accepted("*/*.csv", "{ kind: csv, path: all }");
    accepted("**/a.jsonl", "{ kind: jsonl, path: out/ }");
    std::fs::remove_dir_all(home.path("out")).expect("removed");
    // The manifest of its own folder is no record.
    accepted("**/*.js*l", "{ kind: parquet, path: in/out/ }");
}

#[test]
fn tables_of_one_pipeline_do_not_feed_each_other() {
    let home = Home::new();
    home.write("in/a.csv", "n\n1\n");
    home.write(
        "p.yaml",
        "datasource: { kind: file, folder: . }
tables:
  first: { query: { path: 'in/*.csv' }, sink: { kind: csv, path: out/first } }
  second: { query: { path: 'out/*.csv' }, sink: { kind: jsonl, path: out/second } }
",
    );
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.stderr.contains("error[P009]") && done.stderr.contains("table `second`"), "{}", done.stderr);
}

/// Rows of another pipeline are input; what its runs write beside them is not.
#[test]
fn a_chain_of_pipelines_passes_rows_on_and_nothing_else() {
    let home = Home::new();
    home.write("in/a.jsonl", "{\"n\":1}\n{\"n\":\"x\"}\n{\"n\":3}\n");
    home.write(
        "first.yaml",
        "datasource: { kind: file, folder: in }
query: { path: '*.jsonl' }
columns: { n: { type: int, on_error: reject } }
sink: { kind: jsonl, path: mid/rows/ }
",
    );
    home.write(
        "second.yaml",
        "datasource: { kind: file, folder: mid }\nquery: { path: '**/*.js*' }\nsink: { kind: jsonl, path: out }\n",
    );
    home.summary(&["first.yaml"]);
    let beside: Vec<String> = std::fs::read_dir(home.path("mid"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(beside.iter().any(|name| name.starts_with("rows.rejected-")), "{beside:?}");
    assert_eq!(rows(&home, "second.yaml"), 2);
    let read: Vec<Value> =
        home.read("out.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(read, [serde_json::json!({"n": 1}), serde_json::json!({"n": 3})]);
}

#[cfg(unix)]
#[test]
fn links_multiply_no_rows() {
    use std::os::unix::fs::symlink;
    let home = Home::new();
    home.write("in/1/a.json", "[{\"n\":1}]");
    home.write("in/2/a.json", "[{\"n\":2}]");
    symlink("2", home.path("in/latest")).expect("a link");
    symlink("..", home.path("in/1/up")).expect("a link");
    for pattern in ["**/*.json", "*/*.json"] {
        let yaml = format!(
            "datasource: {{ kind: file, folder: in }}\nquery: {{ path: '{pattern}' }}\nsink: {{ kind: jsonl, path: out }}\n"
        );
        home.write("p.yaml", &yaml);
        assert_eq!(rows(&home, "p.yaml"), 2, "{pattern}");
    }
}

#[test]
fn errors_about_pages_of_files_name_the_file() {
    let home = Home::new();
    home.write("in/a.json", "[{\"n\":1}]");
    home.write("in/b.json", "{\"n\":1}\n{\"n\":2}\n");
    home.write("text/a.json", "[]");
    home.write("text/b.json", "id;name\n");
    home.write("in/convert.js", "function convert(json) { return JSON.parse(json).nothing.map(x => x); }");
    let refused = |folder: &str, rest: &str, words: &[&str]| {
        let yaml = format!(
            "datasource: {{ kind: file, folder: {folder} }}\nquery: {{ path: '*.json' }}\nsink: {{ kind: jsonl, path: out }}\n{rest}"
        );
        home.write("p.yaml", &yaml);
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        assert!(words.iter().all(|word| done.stderr.contains(word)), "{words:?}: {}", done.stderr);
        assert!(!done.stderr.contains("`decode"), "{}", done.stderr);
    };
    refused("in", "", &["in/b.json`)", "line 2 column 1", "`format: ndjson` in `datasource`"]);
    refused("text", "", &["text/b.json`)", "line 1", "`format: csv` in `datasource`"]);
    refused("in", "converter: in/convert.js\n", &["page 1 (`", "in/a.json`)", "convert.js:1"]);
    refused("in", "columns: { n: { type: date } }\n", &["in/a.json`)", "row 1", "`columns` declares date"]);
}

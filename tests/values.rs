//! Values that arrive as they are written, and tables whose pages have none.

use crate::{
    support::Home,
    table_files::{column, parquet, types},
};

/// Rows of the file `page.json`, through the columns and the sink.
fn of_file(columns: &str, sink: &str) -> String {
    format!(
        "name: t\ndatasource: {{ kind: file, folder: . }}\nquery: {{ path: page.json }}\n{columns}sink: {{ {sink} }}\n"
    )
}

#[test]
fn plain_words_are_asked_for_as_they_are_written() {
    for word in [
        "NO",
        "y",
        "on",
        "Off",
        "True",
        "~",
        "null",
        "1e3",
        "0o7",
        "1_000",
        ".5",
        "12:30",
        "2024-11-29",
        ".inf",
    ] {
        let home = Home::new();
        // A default may be left out, so that null is none.
        let default = if matches!(word, "~" | "null") { format!("'{word}'") } else { word.to_owned() };
        home.write("site.yaml", "kind: rest\nbase_url: http://127.0.0.1:1\n");
        home.write(
            "p.yaml",
            &format!(
                "name: {word}\ndatasource: site.yaml\nparams: {{ p: {{ default: {default}, one_of: [{word}, x] }} }}\n\
                 query: {{ path: /x, params: {{ country: {word}, list: [SE, {word}], {word}: '${{param.p}}' }}, \
                 pagination: {{ kind: offset, param: o, size_param: n, size: 2, total: total }} }}\n\
                 sink: {{ kind: parquet, path: out/t, mode: upsert, key: [{word}] }}\n"
            ),
        );
        let done = home.run(&["explain", "p.yaml"]);
        let asked = format!("with country = {word}, list = SE, list = {word}, {word} = {word}, o = 0, n = 2");
        assert!(
            done.code == Some(0) && done.stdout.contains(&asked),
            "{word}: {}{}",
            done.stdout,
            done.stderr
        );
    }
}

#[test]
fn the_end_of_the_calendar_is_kept() {
    let home = Home::new();
    home.write(
        "page.json",
        r#"[{"d": "9999-12-31", "t": "9999-12-31T23:59:59Z", "n": "9999-12-31 23:59:59.5", "f": "31.12.9999", "u": 253402300799},
            {"d": "0001-01-01", "t": "0001-01-01T00:00:00Z", "n": "0001-01-01 00:00", "f": "01.01.0001", "u": -62135596800},
            {"d": "2024-11-29", "t": "2024-11-29T10:44:51-0800", "n": "2024-11-29 10:44:51", "f": "29.11.2024", "u": 1732877091.887}]"#,
    );
    let columns = "columns: { d: date, t: timestamp, n: timestamp_ntz, f: { type: timestamp, format: '%d.%m.%Y' }, \
                   u: { type: timestamp, format: unix } }\n";
    home.write("p.yaml", &of_file(columns, "kind: jsonl, path: out/t"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(
        home.read("out/t.jsonl"),
        "{\"d\":\"9999-12-31\",\"t\":\"9999-12-31T23:59:59.000Z\",\"n\":\"9999-12-31T23:59:59.500\",\"f\":\"9999-12-31T00:00:00.000Z\",\"u\":\"9999-12-31T23:59:59.000Z\"}\n\
         {\"d\":\"0001-01-01\",\"t\":\"0001-01-01T00:00:00.000Z\",\"n\":\"0001-01-01T00:00:00.000\",\"f\":\"0001-01-01T00:00:00.000Z\",\"u\":\"0001-01-01T00:00:00.000Z\"}\n\
         {\"d\":\"2024-11-29\",\"t\":\"2024-11-29T18:44:51.000Z\",\"n\":\"2024-11-29T10:44:51.000\",\"f\":\"2024-11-29T00:00:00.000Z\",\"u\":\"2024-11-29T10:44:51.887Z\"}\n"
    );
    home.write("p.yaml", &of_file(columns, "kind: parquet, path: out/t, partition_by: d"));
    assert_eq!(home.run(&["run", "p.yaml"]).code, Some(0));
    for day in ["9999-12-31", "0001-01-01", "2024-11-29"] {
        assert!(home.path(&format!("out/t/d={day}")).is_dir(), "{day}");
    }
}

#[test]
fn a_run_without_rows_keeps_the_columns_or_says_that_there_is_no_file() {
    let home = Home::new();
    home.write("page.json", "[]");
    home.write("p.yaml", &of_file("", "kind: parquet, path: out/t"));
    let first = home.run(&["run", "p.yaml"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(first.stderr.contains("out/t.parquet` gets no file"), "{}", first.stderr);
    assert!(!home.path("out/t.parquet").exists());
    let summary = home.summary(&["p.yaml"]);
    let warning = summary["tables"][0]["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("no column is known"), "{warning}");
    home.write("page.json", r#"[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}]"#);
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 3);
    home.write("page.json", "[]");
    for _ in 0..2 {
        let summary = home.summary(&["p.yaml"]);
        assert_eq!(
            (&summary["tables"][0]["rows"], &summary["tables"][0]["warnings"]),
            (&0.into(), &serde_json::Value::Null)
        );
        let rows = parquet(&home.path("out/t.parquet"));
        assert_eq!((rows.num_rows(), types(&rows)), (0, vec!["a: Int64".to_owned(), "b: Utf8".to_owned()]));
    }
    home.write("page.json", "[{}, {}, {}]");
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("the 3 rows have no columns"), "{}", done.stderr);
    assert_eq!(types(&parquet(&home.path("out/t.parquet"))).len(), 2);
}

#[test]
fn a_forgotten_return_leaves_the_table_as_it_was() {
    let home = Home::new();
    home.write("page.json", r#"{"issues": [{"key": "A-1"}, {"key": "A-2"}, {"key": "A-3"}]}"#);
    let yaml = of_file("converter: c.js\n", "kind: parquet, path: out/t");
    home.write("p.yaml", &yaml);
    home.write(
        "c.js",
        "function convert(json) { return JSON.parse(json).issues.map(i => ({ key: i.key })); }",
    );
    assert_eq!(home.run(&["run", "p.yaml"]).code, Some(0));
    home.write("c.js", "function convert(json) { JSON.parse(json).issues.map(i => ({ key: i.key })); }");
    for command in ["run", "preview", "check"] {
        let done = home.run(&[command, "p.yaml"]);
        assert_eq!(done.code, Some(1), "{command}: {}", done.stderr);
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains("`convert` returned undefined for a page of 3 records"), "{command}: {said}");
    }
    let keys = column(&parquet(&home.path("out/t.parquet")), "key");
    assert_eq!(keys, ["A-1", "A-2", "A-3"].map(|key| Some(key.to_owned())));
}

#[test]
fn a_declared_column_that_no_row_has_is_a_warning() {
    let home = Home::new();
    for (page, row) in
        [(1, "\"key\": \"A\", \"Created\": 1"), (2, "\"key\": \"B\", \"late\": 2"), (3, "\"key\": \"C\"")]
    {
        home.write(&format!("page{page}.json"), &format!("[{{{row}}}, {{{row}}}, {{{row}}}]"));
    }
    let yaml = of_file("columns: { Creted: timestamp, late: int }\n", "kind: parquet, path: out/t");
    home.write("p.yaml", &yaml.replace("page.json", "page*.json"));
    let expected = "no row has `Creted`, which `columns` declares; did you mean `Created`?";
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.code == Some(0) && done.stderr.contains(expected), "{}", done.stderr);
    assert!(!done.stderr.contains("`late`"), "it comes on the second page: {}", done.stderr);
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["warnings"], serde_json::json!([expected]));
    for command in ["preview", "check"] {
        let done = home.run(&[command, "p.yaml"]);
        let said = format!("{}{}", done.stdout, done.stderr);
        let expected = format!("on the first page, {expected}");
        assert!(done.code == Some(0) && said.contains(&expected), "{command}: {said}");
    }
}

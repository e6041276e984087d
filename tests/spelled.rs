//! Numbers that are text on other pages name nothing, and what a warning says to write cures what it warns of.

use serde_json::Value;

use crate::support::{Done, Home};

/// Three pages of files, which `p*.json` finds in order.
fn of_files(pages: [&str; 3]) -> Home {
    let home = Home::new();
    for (index, page) in pages.iter().enumerate() {
        home.write(&format!("in/p{index}.json"), page);
    }
    home
}

fn run(home: &Home, more: &str) -> Done {
    let datasource = "name: t\ndatasource: { kind: file, folder: in }\n";
    home.write("t.yaml", &format!("{datasource}query: {{ path: 'p*.json' }}\n{more}"));
    home.run(&["run", "t.yaml", "--format", "json"])
}

fn warnings(done: &Done) -> Vec<String> {
    let summary: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{}", done.stderr));
    let found = summary["tables"][0]["warnings"].as_array().cloned().unwrap_or_default();
    found.iter().map(|warning| warning.as_str().expect("text").to_owned()).collect()
}

const PAGES: [&str; 3] = [
    r#"[{"id":1.10,"t":"2024-01-01T00:00:00Z"}]"#,
    r#"[{"id":2.5,"t":"2024-01-01T00:00:00Z"}]"#,
    r#"[{"id":"1.1","t":"2024-01-01T00:00:00Z"},{"id":"1.10","t":"2024-01-01T00:00:00Z"}]"#,
];

#[test]
fn a_number_that_is_text_on_another_page_names_no_row() {
    let backwards = [PAGES[2], PAGES[1], PAGES[0]];
    let key = "sink: { kind: parquet, path: out/t, mode: upsert, key: id }\n";
    let unique = "checks: [{ kind: unique, columns: [id] }]\nsink: { kind: parquet, path: t }\n";
    for pages in [PAGES, backwards] {
        for more in [key, unique] {
            let home = of_files(pages);
            let done = run(&home, more);
            let said = done.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(done.code, Some(1), "{more}: {said}");
            assert!(
                said.contains("such as 1.10, whose text is not as it is written there"),
                "{more}: {said}"
            );
            assert!(said.contains("declare `id` in `columns` as `string`"), "{more}: {said}");
            let cured = run(&home, &format!("columns: {{ id: string }}\n{more}"));
            // The number and the text of the third page are written alike: one key, which the check finds twice.
            assert_eq!(cured.code, Some(if more == key { 0 } else { 1 }), "{}", cured.stderr);
            assert!(!cured.stderr.contains("whose text"), "{}", cured.stderr);
        }
    }
    // Numbers alone, and numbers that are printed as they are written, are keys.
    for pages in [[PAGES[0], PAGES[1], "[]"], [r#"[{"id":1.5}]"#, r#"[{"id":"1.50"}]"#, r#"[{"id":7}]"#]] {
        let done = run(&of_files(pages), key);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
}

#[test]
fn numbers_of_an_earlier_run_name_no_row_once_they_are_text() {
    let key = "sink: { kind: parquet, path: out/t, mode: upsert, key: id }\n";
    let home = of_files([PAGES[0], "[]", "[]"]);
    assert_eq!(run(&home, key).code, Some(0));
    home.write("in/p0.json", PAGES[2]);
    let done = run(&home, key);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr.contains("in earlier runs") && done.stderr.contains("--full-refresh"),
        "{}",
        done.stderr
    );
    // The other way round the column is text already.
    let home = of_files([PAGES[2], "[]", "[]"]);
    assert_eq!(run(&home, key).code, Some(0));
    home.write("in/p0.json", PAGES[0]);
    assert!(run(&home, key).stderr.contains("such as 1.10"));
    let integers = of_files([r#"[{"id":1}]"#, "[]", "[]"]);
    assert_eq!(run(&integers, key).code, Some(0));
    integers.write("in/p0.json", r#"[{"id":"a"}]"#);
    assert_eq!(run(&integers, key).code, Some(0));
}

#[test]
fn what_a_warning_says_to_declare_cures_it() {
    let sink = "sink: { kind: jsonl, path: rows }\n";
    let check = |pages: [&str; 3], columns: &str, (advice, type_name): (&str, &str), rows: [&str; 2]| {
        let home = of_files(pages);
        let found = warnings(&run(&home, &format!("{columns}{sink}")));
        let line = format!("declare `{advice}` in `columns` as `{type_name}`");
        assert!(found.len() == 1 && found[0].contains(&line), "{line}: {found:?}");
        let cured = run(&home, &format!("columns: {{ {advice}: {type_name} }}\n{sink}"));
        assert_eq!((cured.code, warnings(&cured)), (Some(0), vec![]), "{line}: {}", cured.stderr);
        let written = home.read("rows.jsonl");
        assert!(rows.iter().all(|row| written.lines().any(|line| line == *row)), "{line}: {written}");
    };
    let nested = [r#"[{"a":{"v":1.10}}]"#, "[]", r#"[{"a":{"v":"x"}}]"#];
    check(nested, "", ("a", "json"), [r#"{"a":{"v":1.10}}"#, r#"{"a":{"v":"x"}}"#]);
    let list = [r#"[{"l":[1.10]}]"#, "[]", r#"[{"l":["x"]}]"#];
    check(list, "", ("l", "json"), [r#"{"l":[1.10]}"#, r#"{"l":["x"]}"#]);
    let deep = [r#"[{"l":[{"m":[{"n":1e3}]}]}]"#, "[]", r#"[{"l":[{"m":[{"n":"x"}]}]}]"#];
    check(deep, "", ("l", "json"), [r#"{"l":[{"m":[{"n":1e3}]}]}"#, r#"{"l":[{"m":[{"n":"x"}]}]}"#]);
    let whole = [r#"[{"x":1.10}]"#, "[]", r#"[{"x":"t"}]"#];
    check(whole, "", ("x", "string"), [r#"{"x":"1.10"}"#, r#"{"x":"t"}"#]);
    let digits = [r#"[{"a":{"v":12345678901234567890.12}}]"#, "[]", r#"[{"a":{"v":1}}]"#];
    check(digits, "", ("a", "json"), [r#"{"a":{"v":12345678901234567890.12}}"#, r#"{"a":{"v":1}}"#]);
    let times = [r#"[{"l":["2024-01-01T00:00:00.1234567Z"]}]"#, "[]", r#"[{"l":[]}]"#];
    let columns = "columns: { l: list<timestamp> }\n";
    check(times, columns, ("l", "json"), [r#"{"l":["2024-01-01T00:00:00.1234567Z"]}"#, r#"{"l":[]}"#]);
    let beyond = [r#"[{"a":{"v":1e400}}]"#, "[]", r#"[{"a":{"v":1}}]"#];
    check(beyond, "", ("a", "json"), [r#"{"a":{"v":1e400}}"#, r#"{"a":{"v":1}}"#]);
}

//! What a user reads about a wrong file: every mistake at once, with its place, and exit code 2.

use crate::support::Home;

const RIGHT: &str = "name: right
datasource:
  kind: rest
  base_url: https://example.com/api
  limits: { timeout: 30s }
query:
  path: /things
  pagination: { kind: none }
converter: convert.js
sink:
  kind: parquet
  path: out/things
";

/// What `pipeline validate` says about `RIGHT` with `from` replaced by `to`.
fn wrong(from: &str, to: &str) -> String {
    assert!(RIGHT.contains(from), "{from}");
    said(&RIGHT.replacen(from, to, 1), "function convert(json) { return [] }\n")
}

fn said(yaml: &str, script: &str) -> String {
    let home = Home::new();
    home.write("wrong.yaml", yaml);
    home.write("convert.js", script);
    let done = home.run(&["validate", "wrong.yaml"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{}", done.stderr);
    // `run` refuses the file too, before it asks any server.
    assert_eq!(home.run(&["run", "wrong.yaml"]).code, Some(2));
    done.stderr.replace(home.path("").to_str().expect("UTF-8"), "")
}

#[test]
fn a_right_file_is_valid() {
    let home = Home::new();
    home.write("right.yaml", RIGHT);
    home.write("convert.js", "function convert(json) { return [] }\n");
    let done = home.run(&["validate", "right.yaml"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "right.yaml: valid\n"), "{}", done.stderr);
}

#[test]
fn an_unknown_key() {
    insta::assert_snapshot!(wrong("timeout: 30s", "timeot: 30s"));
}

#[test]
fn an_unknown_kind() {
    insta::assert_snapshot!(wrong("kind: none", "kind: cursr"));
}

#[test]
fn a_variable_without_value() {
    insta::assert_snapshot!(wrong("https://example.com/api", "${JIRA_BASE_ULR}"));
}

#[test]
fn a_value_of_the_wrong_type() {
    insta::assert_snapshot!(wrong("timeout: 30s", "timeout: [30]"));
}

#[test]
fn a_key_written_twice() {
    insta::assert_snapshot!(wrong("  path: out/things\n", "  path: out/things\n  path: out/others\n"));
}

#[test]
fn a_converter_with_a_syntax_error() {
    insta::assert_snapshot!(said(
        RIGHT,
        "function convert(json) {\n  return JSON.parse(json).map(x => );\n}\n"
    ));
}

#[test]
fn the_name_of_a_script_in_place_of_its_code() {
    insta::assert_snapshot!(wrong("converter: convert.js", "converter: { script: convert.js }"));
}

#[test]
fn a_file_that_is_not_there() {
    insta::assert_snapshot!(wrong("convert.js", "convrt.js"));
}

#[test]
fn yaml_that_cannot_be_read() {
    insta::assert_snapshot!(wrong("kind: parquet", "kind: [parquet"));
}

#[test]
fn all_mistakes_at_once() {
    let yaml = RIGHT
        .replace("timeout: 30s", "timeot: 30s")
        .replace("kind: none", "kind: cursr")
        .replace("https://example.com/api", "${JIRA_BASE_ULR}")
        .replace("kind: parquet", "kind: parket");
    insta::assert_snapshot!(said(&yaml, "function convert(json) { return [ }\n"));
}

#[test]
fn keys_of_http_under_files_and_programs_are_refused() {
    let check = |datasource: &str, keys: &str, expected: &[&str]| {
        let yaml = format!(
            "datasource: {datasource}\ntables:\n  things:\n    query:\n      path: x.json\n{keys}    sink: {{ kind: csv, path: x }}\n"
        );
        let said = said(&yaml, "");
        for part in expected {
            assert!(said.contains(part), "{part} in\n{said}");
        }
        assert_eq!(said.matches("error[Q010]").count(), expected.len() / 2, "{said}");
    };
    check(
        "{ kind: file }",
        "      pagination: { kind: offset, param: skip, size: 10 }\n      decode: csv\n",
        &["wrong.yaml:6:7", "`page_size`", "wrong.yaml:7:7", "`format:`"],
    );
    check(
        "{ kind: command, command: tap-csv }",
        "      max_pages: 3\n      pagination: { kind: none }\n",
        &["wrong.yaml:7:7", "`pagination` does nothing here: the program itself"],
    );
}

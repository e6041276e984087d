//! The converter of the guide that this program comes from, byte for byte, over real answers of Jira.

use std::path::{Path, PathBuf};

use super::*;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// As printed in the guide, blank lines and all.
const GUIDE: &str = "function convert(json) {
  const parsed = JSON.parse(json);

  return parsed['issues'].map(issue => ({
    'Issue Key': issue.key,
    'Description': issue.fields.description,
  }));
}
";

#[test]
fn the_file_is_the_guide_s() {
    assert_eq!(std::fs::read_to_string(checkout().join("converters/jira_issues.js")).unwrap(), GUIDE);
}

#[test]
fn the_guide_s_converter_gives_keys_and_descriptions() {
    let body = r#"{"issues": [
        {"key": "ABC-1", "fields": {"description": "h2. Überschrift"}},
        {"key": "ABC-2", "fields": {"description": null}},
        {"key": "ABC-3", "fields": {}}]}"#;
    assert_eq!(
        json_rows(&convert(GUIDE, body).unwrap()),
        [
            "{Issue Key: \"ABC-1\", Description: \"h2. Überschrift\"}",
            "{Issue Key: \"ABC-2\", Description: null}",
            "{Issue Key: \"ABC-3\", Description: null}"
        ]
    );
}

#[test]
fn real_bodies_give_a_row_per_issue_or_a_named_error() {
    let script = Script::from_file(checkout().join("converters/jira_issues.js")).unwrap();
    let mut converter = Converter::new(&script, Default::default(), Default::default()).unwrap();
    let mut n_rows = 0;
    for (name, body) in jira_bodies() {
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        let input = PageInput { index: 0, body: body.as_bytes(), metadata: Metadata::default() };
        match (converter.convert(&input), json["issues"].as_array()) {
            (Ok(batch), Some(issues)) => {
                assert_eq!(batch.n_rows(), issues.len(), "{name}");
                n_rows += batch.n_rows();
            }
            (Err(error), None) => {
                assert!(
                    error.to_string().contains("`parsed['issues']` is null or undefined"),
                    "{name}: {error}"
                );
            }
            // A search with `fields=` empty has issues without `fields`.
            (Err(error), Some(issues)) => {
                assert!(issues.iter().any(|issue| issue["fields"].is_null()), "{name}: {error}");
            }
            (Ok(_), None) => panic!("{name} has no issues, but rows"),
        }
    }
    assert!(n_rows > 10, "{n_rows}");
}

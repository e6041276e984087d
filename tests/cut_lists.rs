//! Lists within records that say that they are cut are told where rows are made of them.

use crate::support::Home;

const ISSUE: &str = r#"{"key":"KEY","fields":{"summary":"s","worklog":{"startAt":0,"maxResults":2,"total":3,"worklogs":[{"id":1},{"id":2}]},"comment":{"comments":[{"id":7}],"maxResults":1,"total":1,"startAt":0}}}"#;

/// The warnings of a run over three pages of three issues.
fn warnings(rest: &str) -> Vec<String> {
    let home = Home::new();
    for page in 1..=3 {
        let issues: Vec<String> = (1..=3).map(|n| ISSUE.replace("KEY", &format!("A-{page}{n}"))).collect();
        let text = format!(r#"{{"startAt":0,"maxResults":3,"total":99,"issues":[{}]}}"#, issues.join(","));
        home.write(&format!("in/{page}.json"), &text);
    }
    home.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: file, folder: in }}
query: {{ path: '*.json', select: issues }}
sink: {{ kind: jsonl, path: out }}
{rest}
"
        ),
    );
    let summary = home.summary(&["p.yaml"]);
    let table = &summary["tables"][0];
    assert!(!table["incomplete"].as_bool().unwrap_or_default(), "{table}");
    let warnings = table["warnings"].as_array().cloned().unwrap_or_default();
    warnings.iter().filter_map(|warning| warning.as_str().map(str::to_owned)).collect()
}

#[test]
fn a_list_that_rows_are_made_of_is_told_once() {
    let script = |rows: &str| {
        format!("converter: {{ script: 'const convert = j => JSON.parse(j).issues.flatMap({rows})' }}")
    };
    for rest in [
        script("i => i.fields.worklog.worklogs"),
        script("({ fields: { worklog: { worklogs } } }) => worklogs"),
        script("i => [{ ...i.fields }]"),
        "columns: { w: { type: json, path: fields.worklog } }".to_owned(),
        String::new(),
    ] {
        let told = warnings(&rest);
        let of_lists: Vec<&String> = told.iter().filter(|warning| warning.contains("not whole")).collect();
        assert_eq!(of_lists.len(), 1, "{rest}: {told:?}");
        let expected =
            "`fields.worklog.worklogs` of 9 records are not whole: `total` is 3, and 2 are there; ";
        assert!(of_lists[0].starts_with(expected) && of_lists[0].contains("`for_each`"), "{rest}: {told:?}");
    }
    for rest in
        [script("i => [{ key: i.key, n: i.fields.worklog.total }]"), script("i => i.fields.comment.comments")]
    {
        assert_eq!(warnings(&rest), [] as [String; 0], "{rest}");
    }
}

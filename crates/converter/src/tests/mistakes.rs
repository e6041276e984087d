//! What people read after the mistakes that are made most, on a page of Jira.

use super::*;

const PAGE: &str = r#"{"startAt": 0, "issues": [
  {"key": "ABC-1", "fields": {"assignee": {"displayName": "Ann"}, "labels": ["a"]}},
  {"key": "ABC-2", "fields": {"assignee": null}}]}"#;

/// Each mistake with the page it meets.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "someone has no assignee",
        "function convert(json) {\n  return JSON.parse(json).issues.map(issue => ({\n    Assignee: issue.fields.assignee.displayName,\n  }));\n}\n",
        PAGE,
    ),
    (
        "the server sent an error",
        "function convert(json) {\n  const parsed = JSON.parse(json);\n\n  return parsed['issues'].map(issue => ({\n    'Issue Key': issue.key,\n  }));\n}\n",
        "{\"errorMessages\": [\"The value 'ABC' does not exist for the field 'project'.\"], \"errors\": {}}",
    ),
    (
        "the server sent a web page",
        "function convert(json) {\n  return JSON.parse(json).issues;\n}\n",
        "<!DOCTYPE html><title>Log in</title>",
    ),
    (
        "the text was not parsed",
        "function convert(json) {\n  return json.issues.map(issue => ({ key: issue.key }));\n}\n",
        PAGE,
    ),
    (
        "the rows were made into text",
        "function convert(json) {\n  const rows = JSON.parse(json).issues;\n  return JSON.stringify(rows);\n}\n",
        PAGE,
    ),
    ("a bracket too few", "function convert(json) {\n  return JSON.parse(json.issues;\n}\n", PAGE),
    ("a name misspelt", "function conver(json) {\n  return JSON.parse(json).issues;\n}\n", PAGE),
    (
        "a loop over what is not always there",
        "function convert(json) {\n  const { issues } = JSON.parse(json), rows = [];\n  for (const { key, fields } of issues) {\n    for (const label of fields.labels) rows.push({ key, label });\n  }\n  return rows;\n}\n",
        PAGE,
    ),
    (
        "something of the browser's",
        "async function convert(json) {\n  const more = await fetch('/rest/api/2/field');\n  return JSON.parse(json).issues;\n}\n",
        PAGE,
    ),
];

#[test]
fn typical_mistakes_are_explained() {
    let explained = |(name, code, body): &(&str, &str, &str)| format!("### {name}\n{}\n", error(code, body));
    insta::assert_snapshot!(MISTAKES.iter().map(explained).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_place_in_the_page_is_found_or_not_told() {
    let body = r#"{"issues": [{"f": {"a": 1}}, {"f": {"a": null}}, {"f": null}], "next": null, "m": {"n": [{"x": 1}, {}]}}"#;
    let check = |code: &str, expected: Option<&str>| {
        let text = error(code, body);
        let told = text.split("in the page, `").nth(1).and_then(|rest| rest.split('`').next());
        assert_eq!(told, expected, "{code}\n{text}");
    };
    check("convert = json => JSON.parse(json).issues.map(i => ({ a: i.f.a.b }))", Some("issues[1].f.a"));
    check("convert = json => { const p = JSON.parse(json); return { a: p.next.x } }", Some("next"));
    check(
        "convert = json => { const { m: { n } } = JSON.parse(json); return n.map(({ x }) => ({ a: x.y.z })) }",
        None,
    );
    check(
        "convert = json => { const { m: { n } } = JSON.parse(json); return n.map(({ x }) => ({ a: x.y })) }",
        Some("m.n[1].x"),
    );
    check("convert = json => { for (const i of JSON.parse(json)['issues']) i.f.a }", Some("issues[2].f"));
    check(
        "convert = json => { const f = JSON.parse(json).issues[2].f; return { a: f.a } }",
        Some("issues[2].f"),
    );
    check("convert = json => JSON.parse(json).issues.filter(i => i.f.a > 0)", Some("issues[2].f"));
    check("convert = json => JSON.parse(json).gone.map(x => x)", Some("gone"));
    check("convert = json => { const p = JSON.parse(json)?.m; return { a: p.q.r } }", Some("m.q"));
    // A name for two things, a value from elsewhere, a place that is not empty.
    check(
        "convert = json => { const f = i => i.f.a, i = JSON.parse(json); return i.issues.map(i => i.f.a.b) }",
        None,
    );
    check("convert = json => { const x = { a: null }; return { a: x.a.b } }", None);
    check(
        "convert = json => { const p = JSON.parse(json); p.issues = null; return p.issues.map(x => x) }",
        None,
    );
}

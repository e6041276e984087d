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

/// The error of `code`, which has all of `parts`.
fn told(code: &str, parts: &[&str]) -> String {
    let text = error(
        code,
        r#"{"issues": [{"key": "A", "n": 12345678901234567890, "f": {"s": 1}}, {"key": "B", "n": 2}, {"key": "C"}]}"#,
    );
    for part in parts {
        assert!(text.contains(part), "{code}\n{text}\nlacks {part}");
    }
    text
}

/// The message, the place and the help of a mistake that the page has no part in: promises and loops.
#[test]
fn mistakes_of_the_script_alone_say_what_to_write() {
    let check = told;
    let load = "const load = async json => JSON.parse(json);\n";
    let text = check(
        &format!(
            "{load}function convert(json) {{ const page = load(json); return page.issues.map(r => ({{ k: r.key }})) }}"
        ),
        &[
            "`page.issues` is null or undefined",
            "= help: is `await` missing before `load(json)`? it needs an `async function`",
        ],
    );
    assert!(!text.contains("the page is"), "{text}");
    check(
        &format!("{load}function convert(json) {{ return load(json).issues.map(r => r) }}"),
        &["is `await` missing before `load(json)`?"],
    );
    check(
        "async function rows(json) { return JSON.parse(json).issues }\nfunction convert(json) { const all = rows(json); return all.map(r => r) }",
        &["`all.map` is not a function", "is `await` missing before `rows(json)`?"],
    );
    check(
        "function convert(json) { const all = Promise.all([json]); return [...all] }",
        &["`all` is not iterable", "is `await` missing before `Promise.all([json])`?"],
    );
    let loops = "function convert(json) { const list = JSON.parse(json).issues, rows = []; for (let n = 0; n <= list.length; n++) rows.push({ k: list[n].key }); return rows }";
    let text = check(
        loops,
        &[
            "`list[n]` is null or undefined",
            "`n <= list.length` goes one beyond the last item: write `n < list.length`",
        ],
    );
    assert!(!text.contains("?."), "{text}");
}

/// Likewise: names, constants and numbers.
#[test]
fn mistakes_of_a_word_say_what_to_write() {
    let check = told;
    check(
        "function convert(json) { const list = JSON.parse(json).issues; let n = 0; while (true) { n += 1; list[n].key } }",
        &["is `n` beyond the last item of `list`?"],
    );
    check(
        "function convert(json) { return JSON.parse(json).issues.map(r => ({ k: r.key.toLowercase() })) }",
        &["`r.key.toLowercase` is not a function", "did you mean `toLowerCase`?"],
    );
    check(
        "const limit = 1; function convert() { limit = 2 }",
        &["`limit` is a `const`, which is assigned once", "with `let`", ":1:39"],
    );
    check(
        "function convert(json) {\n  const id = 5n;\n  return JSON.parse(json).issues.map(r => ({\n    k: r.key, n: id + 1 }));\n}",
        &["`id + 1` computes with a BigInt", "write `1n`, or `Number(…)` around the BigInt", ":4:18"],
    );
    check(
        "function convert(json) { let sum = 0n; for (const r of JSON.parse(json).issues) sum += r.n; return { sum } }",
        &["`sum += r.n` computes with a BigInt", ":1:81"],
    );
}

/// An error is where it was made, with the place of its cause.
#[test]
fn errors_of_the_scripts_own_classes_have_their_callers_place() {
    let body = r#"[{"key": "A", "f": {"s": 1}}, {"key": "B"}, {"key": "C"}]"#;
    let check = |code: &str, place: &str, message: &str| {
        let text = error(code, body);
        assert!(
            text.contains(message) && text.contains(&format!("--> converters/test.js:{place}")),
            "{code}\n{text}"
        );
    };
    let classes = "class Bad extends Error {\n  constructor(key) { super('bad ' + key); this.name = 'Bad'; }\n}\nclass Worse extends Bad {\n  constructor(key) { super(key + '!'); }\n}\n";
    check(
        &format!(
            "{classes}function convert(json) {{\n  return JSON.parse(json).map(r => {{\n    if (!r.f) throw new Worse(r.key);\n    return r;\n  }});\n}}"
        ),
        "9:",
        "Bad: bad B!",
    );
    check(
        &format!(
            "{classes}const fail = key => {{ throw new Bad(key) }};\nfunction convert() {{ fail('x') }}"
        ),
        "7:",
        "Bad: bad x",
    );
    // What fails in the constructor itself is there.
    check(
        "class Bad extends Error {\n  constructor(key) { super(key.name.first) }\n}\nfunction convert() { throw new Bad({}) }",
        "2:",
        "`key.name` is null or undefined",
    );
    let text = error(
        "function convert(json) {\n  try {\n    return JSON.parse(json).map(r => ({ s: r.f.s }));\n  } catch (error) {\n    throw new Error('no page', { cause: error });\n  }\n}",
        body,
    );
    assert!(text.contains("Error: no page\n") && text.contains("--> converters/test.js:5:"), "{text}");
    assert!(
        text.contains(
            "its cause: TypeError: `r.f` is null or undefined, so it has no `s`, converters/test.js:3:44"
        ),
        "{text}"
    );
    let text = error(
        "const a = new Error('a'), b = new Error('b', { cause: a }); a.cause = b; function convert() { throw a }",
        body,
    );
    assert_eq!(text.matches("its cause: Error: ").count(), 3, "{text}");
    let text = error("function convert() { throw new Error('x', { cause: 'y' }) }", body);
    assert!(text.contains("Error: x (its cause: a string (\"y\"))"), "{text}");
}

#[test]
fn a_promise_that_never_settles_is_where_it_is_awaited() {
    let check = |code: &str, place: Option<&str>| {
        let text = error(code, "[1, 2, 3]");
        assert!(text.contains("a promise that never settles"), "{text}");
        match place {
            Some(place) => assert!(text.contains(&format!("--> converters/test.js:{place}\n")), "{text}"),
            None => assert!(!text.contains("-->"), "{text}"),
        }
    };
    check(
        "async function convert(json) {\n  await new Promise(() => {});\n  return JSON.parse(json);\n}",
        Some("2:3"),
    );
    check("function convert() {\n  return new Promise(() => {});\n}", Some("2:10"));
    check("async function convert() {\n  await 1; await new Promise(() => {});\n  return [];\n}", None);
}

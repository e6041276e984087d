//! What people read; each snapshot is a list of cases.

use super::*;

#[test]
fn syntax_errors() {
    let cases = [
        ("a bracket too few", "function convert(json) {\n  return JSON.parse(json;\n}\n"),
        ("never closed", "function convert(json) {\n  return [{\n}\n"),
        ("declared twice", "let a;\nlet a;\nfunction convert() {}\n"),
        ("a string that does not end", "function convert() { return 'abc }\n"),
        (
            "a template that does not end",
            "// rows\n\nfunction convert() {\n  const a = 1;\n  return `abc;\n}\n",
        ),
        (
            "continue in forEach",
            "function convert() {\n  [1].forEach(n => {\n    if (n) continue;\n  });\n}\n",
        ),
        ("break outside of loops", "function convert() {\n  if (1) { break; }\n}\n"),
        ("break to no label", "function convert() {\n  for (;;) { break out; }\n}\n"),
        ("await outside", "function convert() {\n  return await 1;\n}\n"),
        ("no convert at all", "function conert(json) {\n  return [];\n}\n"),
        ("nothing near convert", "const rows = 1;\n"),
        ("empty", ""),
    ];
    let text = listing(&cases, |code| script(code).check().unwrap_err().to_string());
    insta::assert_snapshot!(text);
    // What `check` finds, `new` finds too.
    for (name, code) in cases {
        let made = Converter::new(&script(code), Default::default(), Default::default()).err();
        assert_eq!(
            made.map(|error| error.to_string()),
            script(code).check().err().map(|e| e.to_string()),
            "{name}"
        );
    }
    assert!(script("const convert = 1").check().is_ok());
}

#[test]
fn inline_scripts_have_the_positions_of_their_file() {
    let origin = || Origin { path: "jira.yaml".into(), line: 21, column: 5 };
    let parse_error =
        Script::inline("function convert(json) {\n\n  return [1,,\n}\n", origin()).check().unwrap_err();
    let script = Script::inline("function convert(json) {\n  const ä = 1; return json.a.b;\n}\n", origin());
    let mut converter = Converter::new(&script, Default::default(), Default::default()).unwrap();
    let thrown = converter.convert(&page("{}")).unwrap_err();
    let place = thrown.report().unwrap().place.clone().unwrap();
    assert_eq!((place.line, place.column), (22, 27));
    insta::assert_snapshot!(format!("{parse_error}\n\n{thrown}"));
}

#[test]
fn the_top_level_throws() {
    let cases = [
        ("a module's habit", "module.exports = function convert(json) { return [] }"),
        ("a host function", "const rows = fetch('https://example.com');\nfunction convert() {}"),
        ("an error of its own", "throw new RangeError('bad setup');\nfunction convert() {}"),
        ("a promise nobody awaits", "(async () => { null.x })();\nfunction convert() {}"),
        ("another kind of value", "var convert = {};"),
        ("no convert, but near", "function Convert(json) { return [] }\n// convert\n"),
        ("an endless recursion", "function f() { f() }\nf();\nfunction convert() {}"),
    ];
    let text = listing(&cases, |code| {
        Converter::new(&script(code), Default::default(), Default::default()).err().unwrap().to_string()
    });
    insta::assert_snapshot!(text);
}

#[test]
fn members_of_nothing() {
    let cases = [
        (
            "an error page instead of issues",
            "function convert(json) {\n  const parsed = JSON.parse(json);\n\n  return parsed['issues'].map(issue => ({\n    'Issue Key': issue.key,\n  }));\n}\n",
        ),
        (
            "null in the middle",
            "function convert(json) {\n  const issue = {fields: null};\n  return [1].map(() => ({\n    'Description': issue.fields.description,\n  }));\n}\n",
        ),
        (
            "an index of undefined",
            "function convert(json) {\n  const a = {};\n  return [{x: a.list[0]}];\n}\n",
        ),
        (
            "a computed key",
            "function convert(json) {\n  const a = {}, key = 'k';\n  return [{x: a[key][key].z}];\n}\n",
        ),
        (
            "an optional chain that is too short",
            "function convert(json) {\n  const a = {};\n  return [{x: a?.b.c}];\n}\n",
        ),
        (
            "several that it may be",
            "function convert(json) {\n  const a = JSON.parse(json);\n  return a.b.map(x => x).concat(a.c.map(x => x));\n}\n",
        ),
        ("not a function", "function convert(json) {\n  return JSON.parse(json).map(x => x);\n}\n"),
        ("not a constructor", "function convert(json) {\n  const a = {};\n  return new a.B(1);\n}\n"),
    ];
    insta::assert_snapshot!(listing(&cases, |code| error(code, "{\"b\": []}")));
}

#[test]
fn lists_and_names_that_are_not_there() {
    let cases = [
        ("for of undefined", "function convert(json) {\n  const a = {};\n  for (const x of a.list) {}\n}\n"),
        ("spread of undefined", "function convert(json) {\n  const a = {};\n  return [...a.list];\n}\n"),
        (
            "Object.keys(undefined)",
            "function convert(json) {\n  const a = {};\n  return Object.keys(a.list);\n}\n",
        ),
        (
            "destructuring undefined",
            "function convert(json) {\n  const { issues: { first } } = JSON.parse(json);\n  return first;\n}\n",
        ),
        (
            "destructuring null",
            "function convert(json) {\n  const { issues } = JSON.parse('null');\n  return issues;\n}\n",
        ),
        (
            "several that it may be, really",
            "function convert(json) {\n  const a = {};\n  const b = a.b.map(x => x), c = a.c.map(x => x);\n  return b;\n}\n",
        ),
        ("an iterator of something else", "function convert(json) {\n  return [...7];\n}\n"),
        (
            "destructuring a parameter",
            "function convert(json) {\n  return [undefined].map(({ key }) => ({ key }));\n}\n",
        ),
        ("an unknown name", "function convert(json) {\n  const a = {};\n  return isues;\n}\n"),
        (
            "an unknown name in a callback",
            "function convert(json) {\n  return [1].map(x => ({ x: x.isues, y: isues(x) }));\n}\n",
        ),
        ("a const", "function convert(json) {\n  const a = 1;\n  a = 2;\n}\n"),
        ("assigned to undefined", "function convert(json) {\n  const a = {};\n  a.b.c = 1;\n}\n"),
    ];
    insta::assert_snapshot!(listing(&cases, |code| error(code, "{\"b\": []}")));
}

#[test]
fn exceptions_from_elsewhere() {
    let cases = [
        (
            "a fault of the user's own",
            "function check(row) {\n  if (!row.key) throw new Error('row without key:\\n' + JSON.stringify(row), {cause: 'x'});\n}\nfunction convert(json) {\n  return [{}].filter(check);\n}\n",
        ),
        ("a string", "function convert(json) { throw 'no issues' }"),
        ("an object", "function convert(json) { throw {code: 7} }"),
        ("nothing", "function convert(json) { throw undefined }"),
        ("not JSON", "function convert(json) { return JSON.parse('<html>' + json) }"),
        ("in a promise", "async function convert(json) {\n  const a = {};\n  await 1;\n  return a.b.c;\n}\n"),
        (
            "in a promise nobody awaits",
            "function convert(json) {\n  [1].forEach(async x => { x.y.z });\n  return [];\n}\n",
        ),
        ("in a generator", "function* convert(json) {\n  yield {a: 1};\n  yield json.a.b;\n}\n"),
        (
            "in a getter of a row",
            "function convert(json) {\n  return [{a: 1}, {get b() { throw new Error('no b') }}];\n}\n",
        ),
        (
            "in evaluated text",
            "function convert(json) {\n  return new Function('x', 'return x.y.z')(1);\n}\n",
        ),
        ("an import", "function convert(json) { return import('./x.js') }"),
        ("a long way down", "const f = n => n ? f(n - 1) : null.x;\nfunction convert(json) { return f(20) }"),
    ];
    insta::assert_snapshot!(listing(&cases, |code| error(code, "{\"b\": []}")));
}

#[test]
fn results_without_rows() {
    let cases = [
        ("a string", "function convert(json) {\n  return JSON.stringify(JSON.parse(json));\n}\n"),
        ("a number", "const convert = json => json.length;"),
        ("a boolean", "function convert(json) { if (json) return true; return false }"),
        ("a function", "function convert() { return () => [] }"),
        ("a date", "function convert() { return new Date(0) }"),
        ("a symbol", "function convert() { return Symbol('x') }"),
        ("a weak map", "function convert() { return new WeakMap() }"),
        ("a boxed string", "function convert() { return new String('x') }"),
        ("an open promise", "function convert() { return new Promise(() => {}) }"),
        ("a broken iterator", "function convert() { return {[Symbol.iterator]: () => 1} }"),
        ("a broken step", "function convert() { return {[Symbol.iterator]: () => ({next: () => 1})} }"),
    ];
    insta::assert_snapshot!(listing(&cases, |code| error(
        code,
        "{\"a\": \"a long text that is cut somewhere\"}"
    )));
}

#[test]
fn rows_that_are_no_objects() {
    let cases = [
        ("a string", "function convert() { return ['abc'] }"),
        ("null", "function convert() { return [{a: 1}, null] }"),
        ("a hole", "function convert() { return [{a: 1}, , {a: 2}] }"),
        ("an array", "function convert() { return [['a', 'b']] }"),
        ("entries", "function convert() { return new Map([['a', 1]]) }"),
        ("a promise", "function convert() { return [1].map(async x => ({x})) }"),
        ("a date", "function convert() { return [new Date(0)] }"),
        ("a map", "function convert() { return [new Map()] }"),
        ("a function", "function convert() { return [{a: 1}, function row() {}] }"),
        ("a generated number", "function* convert() { yield {a: 1}; yield 2 }"),
    ];
    insta::assert_snapshot!(listing(&cases, |code| error(code, "")));
}

#[test]
fn cells_that_have_no_place() {
    let cases = [
        ("a function", "function convert() { return [{a: 1}, {a: {links: [x => x]}}] }"),
        ("a map", "function convert() { return [{'Issue Key': new Map()}] }"),
        ("a symbol", "function convert() { return [{a: Symbol('s')}] }"),
        (
            "a cycle",
            "function convert() {\n  const issue = {};\n  issue.assignee = {links: issue};\n  return [{}, issue];\n}\n",
        ),
        ("a date", "function convert() { return [{updated: new Date('soon')}] }"),
        ("a number", "function convert() { return [{n: 10n ** 20n}] }"),
    ];
    insta::assert_snapshot!(listing(&cases, |code| error(code, "")));
}

#[test]
fn declared_columns_are_kept() {
    use pipeline_table::{ColumnType, DeclaredColumn};
    let declared = std::sync::Arc::new(DeclaredColumns::new(vec![
        DeclaredColumn::new("key", ColumnType::Text).required(),
        DeclaredColumn::new("points", ColumnType::Long),
    ]));
    let cases = [
        ("a type", "function convert() { return [{key: 'a', points: 1}, {key: 'b', points: 'many'}] }"),
        ("a required value", "function convert() { return [{points: 1}] }"),
    ];
    let text = listing(&cases, |code| {
        let mut converter = Converter::new(&script(code), declared.clone(), Default::default()).unwrap();
        let error = converter.convert(&page("")).unwrap_err();
        assert_eq!(error.at().page, Some(2));
        error.to_string()
    });
    insta::assert_snapshot!(text);
}

#[test]
fn the_default_converter_explains_the_body() {
    let cases = [
        ("not JSON", "<html>"),
        ("no such key", "{\"errorMessages\": [], \"errors\": {}}"),
        ("not an object", "[1]"),
        ("text", "{\"data\": {\"items\": \"none\"}}"),
        ("rows of numbers", "{\"data\": {\"items\": [1]}}"),
        ("null on the way", "{\"data\": null}"),
    ];
    let text = listing(&cases, |body| {
        let script = Script::default_converter(Some("data.items"));
        let mut converter = Converter::new(&script, Default::default(), Default::default()).unwrap();
        converter.convert(&page(body)).unwrap_err().to_string()
    });
    insta::assert_snapshot!(text);
}

#[test]
fn files_and_bodies_that_cannot_be_read() {
    let missing = Script::from_file("no/such/converter.js").unwrap_err();
    let folder = tempfile::tempdir().unwrap();
    let latin1 = folder.path().join("latin1.js");
    std::fs::write(&latin1, b"// \xe4").unwrap();
    let latin1 = Script::from_file(&latin1).unwrap_err().to_string();
    let input = PageInput { index: 0, body: b"{\"a\": \"\xe4\"}", metadata: Metadata::default() };
    let body = convert_page("function convert() {}", &input).unwrap_err();
    let latin1 = latin1.replace(&folder.path().display().to_string(), "[FOLDER]");
    insta::assert_snapshot!(format!("{missing}\n{latin1}\n{body}"));
}

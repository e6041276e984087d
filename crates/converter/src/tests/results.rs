//! Every shape a result may have.

use super::*;

#[test]
fn results_with_rows() {
    let check = |code: &str, expected: &[&str]| {
        let batch = convert(code, "[]").unwrap_or_else(|error| panic!("{code}: {error}"));
        assert_eq!(json_rows(&batch), expected, "{code}");
    };
    check("function convert() { return [{a: 1}, {a: 2}] }", &["{a: 1}", "{a: 2}"]);
    check("function convert() { return [] }", &[]);
    check("function convert() { return [{}, {}] }", &["{}", "{}"]);
    check("function convert() { return {a: 1} }", &["{a: 1}"]);
    check("function convert() { return null }", &[]);
    check("function convert() {}", &[]);
    check("const convert = json => [{n: json.length}]", &["{n: 2}"]);
    check("let convert = function () { return [{a: 1}] }", &["{a: 1}"]);
    check("globalThis.convert = () => [{a: 1}]", &["{a: 1}"]);
    check("convert = () => [{a: 1}]", &["{a: 1}"]);
    check("async function convert() { return [{a: await 1}] }", &["{a: 1}"]);
    check("function convert() { return Promise.resolve({a: 1}) }", &["{a: 1}"]);
    check(
        "const later = (async () => 7)(); async function convert() { return [{a: await later}] }",
        &["{a: 7}"],
    );
    check("function convert() { return Promise.all([1, 2].map(async a => ({a}))) }", &["{a: 1}", "{a: 2}"]);
    check("async function convert() { return null }", &[]);
    check("function* convert() { yield {a: 1}; yield {a: 2} }", &["{a: 1}", "{a: 2}"]);
    check("async function* convert() { yield {a: 1}; yield {a: await 2} }", &["{a: 1}", "{a: 2}"]);
    check("function convert() { return new Set([{a: 1}]) }", &["{a: 1}"]);
    check("function convert() { return new Map([['x', {a: 1}]]).values() }", &["{a: 1}"]);
    check("function convert() { return new Proxy([{a: 1}], {}) }", &["{a: 1}"]);
    check("function convert() { return [new Proxy({a: 1}, {})] }", &["{a: 1}"]);
    check("function convert() { return [Object.assign(Object.create(null), {a: 1})] }", &["{a: 1}"]);
    check(
        "class Row { constructor() { this.a = 1 } get b() { return 2 } } convert = () => [new Row]",
        &["{a: 1}"],
    );
}

#[test]
fn a_forgotten_return_is_told_where_the_page_has_something() {
    const PAGE: &str = r#"{"issues": [{"key": "A-1"}, {"key": "A-2"}, {"key": "A-3"}], "warnings": []}"#;
    const EMPTY: &str = r#"{"issues": [], "isLast": true}"#;
    let rows = "JSON.parse(json).issues.map(i => ({key: i.key}))";
    for (code, help) in [
        (format!("function convert(json) {{ {rows} }}"), "is `return` missing?"),
        (format!("const convert = json => {{ {rows} }}"), "is `return` missing?"),
        (format!("async function convert(json) {{ {rows} }}"), "is `return` missing?"),
        (format!("export default function convert(json) {{ {rows} }}"), "is `return` missing?"),
        (format!("function convert(json) {{ return {}; }}", rows.replace("map", "forEach")), "write `map`"),
        (format!("function f(json) {{ {rows} }} convert = json => f(json)"), "is `return` missing"),
        (
            format!("function convert(json) {{ if (json.length < 9) return {rows}; }}"),
            "on some way through it",
        ),
        ("function convert(json) { return; }".to_owned(), "return `[]` for a page without rows"),
    ] {
        let text = error(&code, PAGE);
        assert!(text.contains("returned undefined for a page of 3 records"), "{code}: {text}");
        assert!(text.contains(help), "{code}: {text}");
    }
    // A page without records may be left out by a `return` alone, and null always says that there are no rows.
    let early =
        format!("function convert(json) {{ if (!JSON.parse(json).issues.length) return; return {rows} }}");
    assert_eq!(convert(&early, EMPTY).unwrap().n_rows(), 0);
    assert_eq!(convert(&early, PAGE).unwrap().n_rows(), 3);
    assert_eq!(convert("function convert() { return null }", PAGE).unwrap().n_rows(), 0);
    // A function that returns nothing at all never will.
    let text = error("function convert(json) { JSON.parse(json) }", EMPTY);
    assert!(text.contains("returned undefined for the page, expected an array"), "{text}");
    // Declared columns are there without rows, too.
    let declared = DeclaredColumns::new(vec![pipeline_table::DeclaredColumn::new(
        "key",
        pipeline_table::ColumnType::Text,
    )]);
    let mut converter = Converter::new(&script(&early), declared.into(), ConverterLimits::default()).unwrap();
    for (body, n_rows) in [(PAGE, 3), (EMPTY, 0), (PAGE, 3)] {
        let batch = converter.convert(&page(body)).unwrap();
        assert_eq!((batch.n_rows(), batch.columns().len()), (n_rows, 1));
    }
}

#[test]
fn what_no_record_has_is_told_without_advice_that_makes_nulls() {
    const BARE: &str = r#"{"issues": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}"#;
    const OTHER: &str =
        r#"{"issues": [{"id": "1", "fields": {"stats": {"name": "a"}}}, {"id": "2", "fields": {}}]}"#;
    for (body, code, expected) in [
        (
            BARE,
            "issues.map(i => ({a: i.fields.summary}))",
            "none of the 3 records of the page has `fields`; they have `id`",
        ),
        (
            BARE,
            "issues.map(i => ({a: [...i.labels]}))",
            "none of the 3 records of the page has `labels`; they have `id`",
        ),
        (
            BARE,
            "issues.flatMap(i => i.parts.map(p => ({p})))",
            "none of the 3 records of the page has `parts`",
        ),
        (
            OTHER,
            "issues.map(i => ({a: i.fields.status.name}))",
            "no `fields` of the 2 records of the page has `status`; there are `stats`",
        ),
        (OTHER, "issues.map(i => ({a: i.field.x}))", "did you mean `fields`?"),
    ] {
        let text = error(&format!("function convert(json) {{ return JSON.parse(json).{code} }}"), body);
        assert!(text.contains(expected), "{code}: {text}");
        assert!(!text.contains("?.") && !text.contains("?? []"), "{code}: {text}");
    }
    // One record has it, so that it may be missing.
    let text = error(
        "function convert(json) { return JSON.parse(json).issues.map(i => ({a: i.fields.stats.name})) }",
        OTHER,
    );
    assert!(text.contains("write `i.fields.stats?.name`"), "{text}");
}

#[test]
fn rows_may_have_different_columns() {
    let batch = convert("convert = () => [{a: 1}, {b: 'x', a: null}, {'Issue Key': true}]", "").unwrap();
    assert_eq!(
        json_rows(&batch),
        [
            "{a: 1, b: null, Issue Key: null}",
            "{a: null, b: \"x\", Issue Key: null}",
            "{a: null, b: null, Issue Key: true}"
        ]
    );
}

#[test]
fn a_bad_row_closes_the_iterator() {
    let code = "
        function* rows() { try { yield {a: 1}; yield 7 } finally { closed = true } }
        function convert() { return {[Symbol.iterator]: () => { const i = rows(); return {
          next: () => i.next(), return: () => { i.return(); throw new Error(`closed ${closed}`) } } }} }";
    // The row's error is shown, not what closing threw.
    assert!(error(code, "").starts_with("page 3, row 2: a number (7), expected an object"));
}

#[test]
fn the_script_is_sloppy() {
    let check = |code: &str| assert_eq!(json_rows(&convert(code, "").unwrap()), ["{a: 1}"], "{code}");
    check("function convert() { implicit = 1; return [{a: implicit}] }");
    check("function convert() { with ({a: 1}) { return [{a}] } }");
    check("var undefined; function convert(a, a) { return [{a: 01}] }");
    check("if (true) { function inner() { return 1 } } function convert() { return [{a: inner()}] }");
    check("<!-- an old comment\nfunction convert() { return [{a: 1}] }");
    check("function convert() { return [{a: this === globalThis ? 1 : 0}] }");
}

#[test]
fn metadata_is_the_second_argument() {
    let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let headers = pairs(&[("x", "1"), ("content-type", "text/json"), ("x", "2")]);
    let sent = pairs(&[("jql", "project = ABC"), ("__proto__", "p"), ("a", "x"), ("b", ""), ("a", "y")]);
    let written = pairs(&[("jql", "project = ${param.project}")]);
    let metadata = Metadata {
        query_name: "issues",
        query_parameters: &sent,
        original_query_parameters: &written,
        url: "https://x/search",
        status: 200,
        headers: &headers,
        run: "r1",
    };
    let input = PageInput { index: 2, body: b"", metadata };
    let code = "function convert(json, metadata) { return [{m: JSON.stringify(metadata)}] }";
    let batch = convert_page(code, &input).unwrap();
    let shown = json_rows(&batch)[0].replace("\\\"", "'");
    insta::assert_snapshot!(shown);
    assert!(convert_page("function convert(json) { return [{n: arguments.length}] }", &input).is_ok());
}

#[test]
fn the_default_converter_finds_rows() {
    let check = |select: Option<&str>, body: &str, expected: &[&str]| {
        let script = Script::default_converter(select);
        let mut converter =
            Converter::new(&script, DeclaredColumns::default().into(), ConverterLimits::default()).unwrap();
        assert_eq!(json_rows(&converter.convert(&page(body)).unwrap()), expected, "{select:?} {body}");
    };
    check(None, r#"[{"a": 1}]"#, &["{a: 1}"]);
    check(None, r#"{"a": 1}"#, &["{a: 1}"]);
    check(Some("issues"), r#"{"issues": [{"a": 1}]}"#, &["{a: 1}"]);
    check(Some("data.items"), r#"{"data": {"items": [{"a": 1}]}}"#, &["{a: 1}"]);
    check(Some("/data/a~1b"), r#"{"data": {"a/b": [{"a": 1}]}}"#, &["{a: 1}"]);
    check(Some("issues"), r#"{"issues": null}"#, &[]);
}

//! What converters have besides the language, and that the language is there.

use super::*;
use crate::DeterministicEnv;

/// What node 20 says about each expression: its JSON, or the name of what it throws.
#[test]
fn expressions_have_the_values_that_node_gives_them() {
    let table: Vec<(String, Option<String>, Option<String>)> =
        serde_json::from_str(include_str!("data/language_by_node.json")).unwrap();
    let json = |text: &Option<String>| serde_json::to_string(text).unwrap();
    let mut wrong = Vec::new();
    // Many in one scope: making one takes longer than all of them.
    for some in table.chunks(25) {
        let texts: Vec<String> = some.iter().map(|(expression, ..)| format!("({expression})")).collect();
        let code = format!(
            "function convert() {{
               return {texts:?}.map(text => {{
                 try {{
                   const value = (0, eval)(text);
                   return {{ value: value === undefined ? 'undefined' : JSON.stringify(value), thrown: null }};
                 }} catch (error) {{ return {{ value: null, thrown: error.name }} }}
               }});
             }}"
        );
        let found = with_stack(|| json_rows(&convert(&code, "").unwrap()));
        for ((expression, value, thrown), found) in some.iter().zip(found) {
            let expected = format!("{{value: {}, thrown: {}}}", json(value), json(thrown));
            if found != expected {
                wrong.push(format!("{expression}\n  {found:?}\n  {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

/// One place of the script, for three records of three pages; with what makes converters fast, and without.
fn check_at_every_call(expression: &str, expected: [[&str; 3]; 3]) {
    let bodies = [
        r#"[{"c":"eA==","d":"2024-01-31T10:00:00.000+0000"},{"c":"eQ==","d":"2024-02-28"},{"c":"eg==","d":0}]"#,
        r#"[{"d":"2023-12-31","c":"YQ=="},{"c":"Yg==","d":"2023-01-01"},{"c":"Yw==","d":"2022-06-15"}]"#,
        r#"[{"c":"MQ==","d":"2021-01-01"},{"c":"Mg==","d":"2021-02-01"},{"c":"Mw==","d":"2021-03-01"}]"#,
    ];
    let forms = [("", true), ("this;", false), ("", false), ("this;", true)];
    for (before, loops) in &forms[..super::all_or(1, 4)] {
        let rows = match loops {
            false => format!("return JSON.parse(json).map(r => ({{ v: {expression} }}))"),
            true => format!(
                "const rows = []; for (const r of JSON.parse(json)) rows.push({{ v: {expression} }}); return rows"
            ),
        };
        let text = format!("{before} function convert(json) {{ {rows} }}");
        let mut converter = Converter::new(&script(&text), Default::default(), Default::default()).unwrap();
        for (body, expected) in bodies.iter().zip(&expected) {
            let rows = with_stack_of(&mut converter, body);
            let expected: Vec<_> = expected.iter().map(|value| format!("{{v: {value:?}}}")).collect();
            assert_eq!(rows, expected, "{text}");
        }
    }
}

#[test]
fn helpers_work_at_every_call() {
    let check = check_at_every_call;
    let same = [["eA==", "eQ==", "eg=="], ["YQ==", "Yg==", "Yw=="], ["MQ==", "Mg==", "Mw=="]];
    let letters = [["x", "y", "z"], ["a", "b", "c"], ["1", "2", "3"]];
    check("atob(r.c)", letters);
    check("btoa(atob(r.c))", same);
    check("structuredClone({ c: r.c }).c", same);
    check("adfToText(r.c)", same);
    check(
        "adfToMarkdown({ type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text: atob(r.c) }] }] }).trim()",
        letters,
    );
    check(
        "PocketQuery.formatDate(r.d, 'YYYY-MM')",
        [
            ["2024-01", "2024-02", "1970-01"],
            ["2023-12", "2023-01", "2022-06"],
            ["2021-01", "2021-02", "2021-03"],
        ],
    );
    check("new URL('https://' + atob(r.c) + 'a.example/').hostname[0]", letters);
    check("new URLSearchParams({ c: atob(r.c) }).get('c')", letters);
    check("String.fromCharCode(...new TextEncoder().encode(atob(r.c)))", letters);
    check("new TextDecoder().decode(new TextEncoder().encode(atob(r.c)))", letters);
    check("globalThis['at' + 'ob'](r.c)", letters);
    check(
        "(class extends URL {}, new (class extends URL {})('https://a.b/' + atob(r.c))).pathname[1]",
        letters,
    );
}

fn with_stack_of(converter: &mut Converter, body: &str) -> Vec<String> {
    json_rows(&converter.convert(&page(body)).unwrap())
}

/// A script that caught a refusal would give other rows than in node, without a word.
#[test]
fn what_is_refused_cannot_be_caught() {
    let bodies = ["[1, 2, 3]", "[4, 5, 6]", "[7, 8, 9]"];
    let made = "EvalError: code that is made at run time cannot be run";
    for (index, (call, expected)) in [
        ("RegExp.$1", "TypeError: `RegExp.$1` is not there: keep what `exec` or `match` returns"),
        (
            "new Date(n).toLocaleString('ar-EG')",
            "RangeError: Date.prototype.toLocaleString: converters have no data",
        ),
        (
            "[n].map(() => Intl.supportedValuesOf('unit'))",
            "RangeError: Intl.supportedValuesOf: it is not available",
        ),
        ("eval('{ let i = \"1\"; [i++] }')", made),
        ("Function('a', 'return a - (a = 2)')(5)", made),
    ]
    .into_iter()
    .enumerate()
    {
        let ways = [
            format!(
                "function row(n) {{ try {{ return {call} }} catch {{ return 'caught' }} finally {{ n++ }} }}"
            ),
            format!(
                "async function row(n) {{ try {{ return await (async () => {call})() }} catch {{ return 'caught' }} }}"
            ),
            format!(
                "async function row(n) {{ return Promise.resolve(n).then(n => {call}).catch(() => 'caught') }}"
            ),
        ];
        // Each call in one way, or in all of them.
        for row in ways.into_iter().cycle().skip(index).take(super::all_or(1, 3)) {
            let text = format!(
                "{row} async function convert(json) {{ return Promise.all(JSON.parse(json).map(async n => ({{ v: await row(n) }}))) }}"
            );
            let mut converter =
                Converter::new(&script(&text), Default::default(), Default::default()).unwrap();
            for body in bodies {
                let error = converter.convert(&page(body)).unwrap_err().to_string();
                assert!(error.contains(expected), "{text}\n{error}");
            }
        }
    }
    let caught = "(() => { try { eval('let a; let a') } catch (e) { return e.name } })()";
    assert_eq!(value_of(caught), r#"{value: "SyntaxError"}"#);
}

/// Newer than node 20, or different on purpose.
#[test]
fn expressions_have_the_values_of_the_standard() {
    let check =
        |expression: &str, expected: &str| assert_eq!(value_of(expression), format!("{{value: {expected}}}"));
    check("Object.groupBy([1, 2, 3], n => n % 2 ? 'odd' : 'even')", r#"{"odd":[1,3],"even":[2]}"#);
    check("Map.groupBy([1, 2, 3], n => n % 2).get(1)", "[1,3]");
    check("[...new Set([1, 2]).union(new Set([3]))]", "[1,2,3]");
    check("Object.keys(globalThis).length", "1");
    check(
        "[DOMException.ABORT_ERR, DOMException.prototype.DATA_CLONE_ERR, Object.keys(DOMException).length, new DOMException('', 'AbortError').code]",
        "[20,25,25,20]",
    );
    check("'Task_5 s-K'.replace(/[\\W_]+/gi, '.')", "\"Task.5.s.K\"");
    check("['s', 'K', '5', '-'].map(c => /[^\\W\\d]/iu.test(c))", "[true,true,false,false]");
    check("[/[\\W_\\/]/gi.source, String(/[^\\W]/iu)]", r#"["[\\W_\\/]","/[^\\W]/iu"]"#);
    check(
        "(() => { class E extends Error { constructor(m) { super(m); Error.captureStackTrace(this, E) } } return typeof new E('x').stack })()",
        "\"string\"",
    );
    check("[(0, eval)('let i = 1; ({}).x'), Function('a', 'return a + 1')(1)]", "[null,2]");
}

fn value_of(expression: &str) -> String {
    let code = format!("function convert() {{ return {{ value: {expression} }} }}");
    match convert(&code, "") {
        Ok(batch) => json_rows(&batch).concat(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn dates_are_written_with_the_tokens_of_moment() {
    let check = |value: &str, format: &str, expected: &str| {
        let expression = format!("PocketQuery.formatDate({value}, {format:?})");
        assert_eq!(value_of(&expression), format!("{{value: {expected:?}}}"), "{expression}");
    };
    let date = "'2015-11-21T07:03:02.045-0500'";
    check(date, "YYYY-MM-DD (dddd), hh:mm", "2015-11-21 (Saturday), 12:03");
    check(date, "D/M/YY H:mm:ss.SSS", "21/11/15 12:03:02.045");
    check(date, "Do MMM YYYY [at] h:mm a", "21st Nov 2015 at 12:03 pm");
    check(date, "LLLL", "Saturday, November 21, 2015 12:03 PM");
    check(date, "DDDD [W]WW E Q X x Z ZZ", "325 W47 6 4 1448107382 1448107382045 +00:00 +0000");
    check("new Date(Date.UTC(2021, 0, 3))", "GGGG-[W]WW ww d", "2020-W53 02 0");
    check("0", "YYYY-MM-DDTHH:mm:ssZ", "1970-01-01T00:00:00+00:00");
    check("0", "kk hh HH A", "24 12 00 AM");
    check("'2024-12-30'", "gggg-ww gg GGGGG ggggg YYYYY", "2025-01 25 02025 02025 02024");
    check(
        "'2024-12-30'",
        "l|ll|lll|llll",
        "12/30/2024|Dec 30, 2024|Dec 30, 2024 12:00 AM|Mon, Dec 30, 2024 12:00 AM",
    );
    check(
        "'2024-12-30'",
        "y yo yy N NNNN z zz",
        "2024 2024th 2024 AD Anno Domini UTC Coordinated Universal Time",
    );
    check("'2024-12-30'", r"\YYYY \[Q] [a]b] Q", "YYYY [4] a]b 4");
    check("'2024-12-30'", "", "2024-12-30T00:00:00+00:00");
    check("'0999-05-05'", "Y YYYY gggg", "0999 0999 0999");
    for format in ["null", "undefined", "''"] {
        let expression = format!("PocketQuery.formatDate(0, {format})");
        assert_eq!(value_of(&expression), r#"{value: "1970-01-01T00:00:00+00:00"}"#, "{format}");
    }
    assert_eq!(value_of("PocketQuery.formatDate(null, 'L')"), "{value: null}");
    assert!(value_of("PocketQuery.formatDate('soon', 'L')").contains("\"soon\" is not a date"));
}

const DOCUMENT: &str = r#"{type: 'doc', version: 1, content: [
  {type: 'heading', attrs: {level: 2}, content: [{type: 'text', text: 'Steps'}]},
  {type: 'paragraph', content: [
    {type: 'text', text: 'Call '}, {type: 'text', text: 'a*b', marks: [{type: 'strong'}]},
    {type: 'text', text: ', see '}, {type: 'text', text: 'docs', marks: [{type: 'link', attrs: {href: 'https://x.example'}}]},
    {type: 'hardBreak'}, {type: 'mention', attrs: {id: '1', text: '@Ann'}},
    {type: 'text', text: ' '}, {type: 'emoji', attrs: {shortName: ':smile:', text: '😄'}},
    {type: 'text', text: ' by '}, {type: 'date', attrs: {timestamp: '1732838400000'}}]},
  {type: 'bulletList', content: [
    {type: 'listItem', content: [{type: 'paragraph', content: [{type: 'text', text: 'one'}]},
      {type: 'orderedList', attrs: {order: 3}, content: [{type: 'listItem', content: [{type: 'paragraph', content: [{type: 'text', text: 'inner'}]}]}]}]},
    {type: 'listItem', content: [{type: 'paragraph', content: [{type: 'text', text: 'two'}]}]}]},
  {type: 'taskList', content: [{type: 'taskItem', attrs: {state: 'DONE'}, content: [{type: 'text', text: 'done'}]}]},
  {type: 'codeBlock', attrs: {language: 'js'}, content: [{type: 'text', text: 'f(`x`)'}]},
  {type: 'panel', attrs: {panelType: 'info'}, content: [{type: 'paragraph', content: [{type: 'status', attrs: {text: 'OPEN'}}]}]},
  {type: 'table', content: [
    {type: 'tableRow', content: [{type: 'tableHeader', content: [{type: 'paragraph', content: [{type: 'text', text: 'A'}]}]}, {type: 'tableHeader', content: [{type: 'paragraph', content: [{type: 'text', text: 'B'}]}]}]},
    {type: 'tableRow', content: [{type: 'tableCell', content: [{type: 'paragraph', content: [{type: 'text', text: '1|2'}]}]}, {type: 'tableCell', content: []}]}]},
  {type: 'mediaSingle', content: [{type: 'media', attrs: {id: 'f', alt: 'shot'}}]},
  {type: 'rule'}, {type: 'futureBlock', content: [{type: 'paragraph', content: [{type: 'text', text: 'end'}]}]}]}"#;

#[test]
fn documents_of_atlassian_become_text_and_markdown() {
    let code = format!(
        "function convert() {{ const adf = {DOCUMENT}; return {{ t: adfToText(adf), m: adfToMarkdown(adf), s: adfToText(JSON.stringify(adf)) === adfToText(adf) }} }}"
    );
    let rows = with_stack(|| json_rows(&convert(&code, "").unwrap()).concat());
    insta::assert_snapshot!(rows.replace("\\n", "\n"));
    assert_eq!(value_of("adfToText('plain text')"), "{value: \"plain text\"}");
    assert_eq!(value_of("[adfToText(null), adfToMarkdown(undefined)]"), "{value: [null,null]}");
    for (href, expected) in [
        ("https://a.b/(x) y", "https://a.b/(x)%20y"),
        ("https://a.b/x) <y>", "https://a.b/x%29%20%3Cy%3E"),
        ("é", "é"),
    ] {
        let node = format!(
            "{{ type: 'text', text: 'x', marks: [{{ type: 'link', attrs: {{ href: '{href}' }} }}] }}"
        );
        let link = value_of(&format!("adfToMarkdown({{ type: 'doc', content: [{node}] }})"));
        assert!(link.contains(&format!("[x]({expected})")), "{link}");
    }
    assert!(value_of("adfToMarkdown([])").contains("adfToMarkdown needs a document, an array is none"));
}

#[test]
fn documents_of_issues_have_text() {
    let code = "function convert(json) { return (JSON.parse(json).issues ?? []).map(i => ({ d: adfToMarkdown(i.fields?.description) })) }";
    for (name, body) in super::jira_bodies() {
        if !matches!(name.as_str(), "search_v3.json" | "openapi_v3_search_200.json") {
            continue;
        }
        let rows = with_stack(|| json_rows(&convert(code, &body).unwrap()));
        assert!(!rows.is_empty() && rows.iter().all(|row| row.len() > 10), "{name}: {rows:?}");
    }
}

#[test]
fn the_users_own_names_win() {
    let check = |code: &str| {
        let batch = convert(code, "").unwrap_or_else(|error| panic!("{code}: {error}"));
        assert_eq!(json_rows(&batch), ["{a: 1}"], "{code}");
    };
    check("function atob() { return 1 } function convert() { return { a: atob() } }");
    check("let URL = 1; function convert() { return { a: URL } }");
    check("const structuredClone = 1; function convert() { return { a: structuredClone } }");
    check("var btoa = 1; function convert() { return { a: btoa } }");
    check("class URLSearchParams { a = 1 } function convert() { return { a: new URLSearchParams().a } }");
    check("function convert() { PocketQuery = { a: 1 }; return PocketQuery }");
    check("function convert() { return { a: 'adfToText' in globalThis ? 1 : 0 } }");
}

#[test]
fn time_stands_still_and_chance_is_that_of_the_page() {
    let code = "const atTop = Date.now();
        function convert() { return { now: Date.now(), same: new Date().getTime() === atTop, random: Math.random() !== Math.random(), first: 0 + Math.random() } }";
    let deterministic = DeterministicEnv { started_at: 1_732_877_091_000, seed: 7 };
    let rows = |indices: &[usize]| -> Vec<String> {
        let mut converter =
            Converter::at(&script(code), Default::default(), Default::default(), deterministic).unwrap();
        let page = |index| PageInput { index, body: b"", metadata: Metadata::default() };
        indices.iter().map(|index| json_rows(&converter.convert(&page(*index)).unwrap()).concat()).collect()
    };
    let [zero, one] = rows(&[0, 1]).try_into().unwrap();
    assert!(zero.starts_with("{now: 1732877091000, same: true, random: true, first: 0."), "{zero}");
    assert_ne!(zero, one);
    // Whatever pages a thread had before.
    assert_eq!(rows(&[1, 0]), [one, zero]);
}

#[test]
fn what_is_not_there_is_said_with_an_alternative() {
    let cases = [
        ("Temporal", "function convert() { return Temporal.Now.instant() }"),
        ("a timer", "function convert() { setTimeout(() => {}, 1) }"),
        ("fetch", "function convert() { return fetch('https://example.com') }"),
        ("require", "const moment = require('moment');\nfunction convert() {}"),
        ("Buffer", "function convert() { return Buffer.from('x') }"),
        ("crypto", "function convert() { return crypto.randomUUID() }"),
        ("moment", "function convert() { return moment('2024-01-01') }"),
        ("lodash", "function convert() { return _.groupBy([]) }"),
        ("the browser", "function convert() { return document.title + window.x }"),
    ];
    insta::assert_snapshot!(listing(&cases, |code| error(code, "")));
}

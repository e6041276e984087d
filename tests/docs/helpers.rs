//! Every helper that docs/writing-converters.md promises, called once for each of three records on each of three pages.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Home, every};

/// A call on a record `r`, and what it gives for record `n`.
type Call = (&'static str, fn(u64) -> Value);

const CALLS: [Call; 18] = [
    ("PocketQuery.formatDate(r.date, 'YYYY-MM-DD (dddd), HH:mm')", |n| {
        let day = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
            [(n as usize - 1) % 7];
        json!(format!("2024-01-0{n} ({day}), 09:30"))
    }),
    ("PocketQuery.formatDate(new Date(r.date), 'D')", |n| json!(n.to_string())),
    ("PocketQuery.formatDate(r.nothing, 'YYYY')", |_| Value::Null),
    ("adfToText(r.document)", |n| json!(format!("See page {n}"))),
    ("adfToMarkdown(r.document)", |n| json!(format!("See **page {n}**"))),
    ("adfToText(r.text) + adfToMarkdown(r.text)", |n| json!(format!("ä{n}ä{n}"))),
    ("adfToMarkdown(r.nothing)", |_| Value::Null),
    ("structuredClone(r.document).content[0].content.length", |_| json!(2)),
    ("structuredClone({ a: [r.n] }).a[0]", |n| json!(n)),
    ("new URL(r.url).hostname", |n| json!(format!("h{n}.example"))),
    ("new URL('../x?y=' + r.n, r.url).href", |n| json!(format!("https://h{n}.example/x?y={n}"))),
    ("new URL(r.url).searchParams.get('q')", |n| json!(format!("{n} ü"))),
    ("new URLSearchParams({ q: r.n, w: 'a b' }).toString()", |n| json!(format!("q={n}&w=a+b"))),
    ("new TextEncoder().encode(r.text).length", |_| json!(3)),
    ("new TextDecoder().decode(new TextEncoder().encode(r.text))", |n| json!(format!("ä{n}"))),
    ("atob(r.base64)", |n| json!(["x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9"][n as usize - 1])),
    ("btoa(r.plain)", |n| {
        json!(["eDE=", "eDI=", "eDM=", "eDQ=", "eDU=", "eDY=", "eDc=", "eDg=", "eDk="][n as usize - 1])
    }),
    ("typeof console.debug('record', r.n)", |_| json!("undefined")),
];

fn record(n: u64) -> Value {
    let base64 = ["eDE=", "eDI=", "eDM=", "eDQ=", "eDU=", "eDY=", "eDc=", "eDg=", "eDk="];
    json!({
        "n": n, "date": format!("2024-01-0{n}T10:30:00.000+0100"), "text": format!("ä{n}"), "plain": format!("x{n}"),
        "base64": base64[n as usize - 1], "url": format!("https://h{n}.example/a/b?q={n}%20%C3%BC#f"), "nothing": null,
        "document": { "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [
            { "type": "text", "text": "See " },
            { "type": "text", "text": format!("page {n}"), "marks": [{ "type": "strong" }] }] }] },
    })
}

/// The rows of `script` on three pages of three records, in the order of the records.
fn rows(script: &str, isolation: &str) -> Result<Vec<Value>, String> {
    let home = Home::new();
    for page in 0..3 {
        let items: Vec<Value> = (page * 3 + 1..=page * 3 + 3).map(record).collect();
        home.write(&format!("pages/{page}.json"), &json!({ "items": items }).to_string());
    }
    home.write("convert.js", script);
    home.write(
        "p.yaml",
        &format!("datasource: {{ kind: file, folder: pages }}\nquery: {{ path: '*.json' }}\nconverter: {{ path: convert.js, isolation: {isolation} }}\nsink: {{ kind: jsonl, path: rows }}\n"),
    );
    let done = home.run(&["run", "p.yaml"]);
    if done.code != Some(0) {
        return Err(done.stderr);
    }
    let rows = home.read("rows.jsonl");
    Ok(rows.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

/// The same call at several places of a script, each of which is passed once for each record.
fn at_several_places(call: &str) -> String {
    format!(
        "const value = r => {call};
class Row {{ constructor(r) {{ this.n = r.n; this.at = 'class'; this.v = {call} }} }}
function* yielded(items) {{ for (const r of items) yield {{ n: r.n, at: 'generator', v: {call} }} }}
async function convert(json) {{
  const items = JSON.parse(json).items, pushed = [], awaited = [];
  for (const r of items) pushed.push({{ n: r.n, at: 'for', v: {call} }});
  for (const r of items) awaited.push({{ n: r.n, at: 'await', v: await ({call}) }});
  return [
    ...items.map(r => ({{ n: r.n, at: 'map', v: {call} }})),
    ...items.map(r => ({{ ...{{ n: r.n, at: 'twice' }}, v: [{call}, {call}][1] }})),
    ...items.map(r => ({{ n: r.n, at: 'function', v: value(r) }})),
    ...items.flatMap(r => {{ try {{ return [{{ n: r.n, at: 'try', v: {call} }}] }} finally {{ r.done = true }} }}),
    ...items.map(r => new Row(r)), ...pushed, ...awaited, ...yielded(items),
  ];
}}
"
    )
}

const N_PLACES: usize = 8;

#[test]
fn every_helper_works_for_every_record_wherever_it_is_called() {
    let mut wrong = String::new();
    for (call, expected) in every(5, CALLS) {
        match rows(&at_several_places(call), "process") {
            Err(error) => _ = writeln!(wrong, "{call}\n{error}"),
            Ok(rows) => {
                if rows.len() != 9 * N_PLACES {
                    _ = writeln!(wrong, "{call}: {} rows", rows.len());
                }
                for row in rows {
                    let expected = expected(row["n"].as_u64().expect("a number"));
                    if row["v"] != expected {
                        _ = writeln!(wrong, "{call}: {row}, not {expected}");
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn helpers_work_beside_columns_that_are_read_straight_from_the_page() {
    let mut script =
        String::from("function convert(json) {\n  return JSON.parse(json).items.map(r => ({\n    n: r.n,\n");
    for (index, (call, _)) in CALLS.iter().enumerate() {
        _ = writeln!(script, "    v{index}: {call},");
    }
    script.push_str("    text: r.text,\n  }));\n}\n");
    for isolation in ["process", "thread"] {
        let rows = rows(&script, isolation).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            rows.iter().map(|row| row["n"].clone()).collect::<Vec<_>>(),
            (1..=9).map(Value::from).collect::<Vec<_>>()
        );
        for (row, n) in rows.iter().zip(1..) {
            assert_eq!(row["text"], json!(format!("ä{n}")));
            for (index, (call, expected)) in CALLS.iter().enumerate() {
                assert_eq!(row[format!("v{index}")], expected(n), "{call} of record {n}, {isolation}");
            }
        }
    }
}

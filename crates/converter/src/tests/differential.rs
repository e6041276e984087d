//! The same programs over the same pages, with what makes them fast and without, in node (its answers are kept) and in Boa
//! as it comes.

use boa_engine::{Context, JsString, JsValue, Source};
use proptest::prelude::*;

use super::*;
use crate::analysis;

/// Expressions over `page`, the parsed body, and `json`, its text; most look at what makes partial objects visible.
const PROGRAMS: &str = include_str!("differential.txt");

fn programs() -> Vec<String> {
    let expressions = PROGRAMS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    expressions.map(program).collect()
}

/// A converter that gives one row: the expression as JSON, or the type of what it throws.
///
/// `show` is written without what turns partial objects off.
fn program(expression: &str) -> String {
    let show = "
        function show(v, depth) {
          if (v === null || v === undefined) return String(v);
          if (typeof v === 'string') return '\"' + v + '\"';
          if (typeof v === 'function') return 'function';
          if (typeof v !== 'object') return String(v);
          if (depth > 5) return '…';
          if (Array.isArray(v)) return '[' + v.map(x => show(x, depth + 1)).join() + ']';
          return '{' + Object.keys(v).map(k => k + ':' + show(v[k], depth + 1)).join() + '}';
        }";
    format!(
        "{show}
        function convert(json) {{
          try {{ const page = JSON.parse(json); return [{{ r: show((() => {{ {expression} }})(), 0) }}] }}
          catch (e) {{ return [{{ r: 'threw ' + e.name }}] }}
        }}"
    )
}

/// What programs look at; node's answers are for it.
const BODY: &str = r#"{"issues": [{"key": "A-1", "fields": {"summary": "s", "n": 1.5, "a": {"b": [1, {"c": null}]}, "__proto__": {"x": 1}, "constructor": "k", "1": "one", "0": 0, "length": 2}},
            {"key": "A-2", "fields": {"n": -0, "summary": "\ud83d\ude00\n", "summary": "twice", "toString": "t", "hasOwnProperty": 1}}, {"fields": null}, {}], "total": 4}"#;

/// What the program gives for each body, one after the other in one converter.
fn ours(code: &str, bodies: &[&str]) -> Vec<String> {
    let mut converter = Converter::new(&script(code), Default::default(), Default::default()).unwrap();
    let row = |body: &&str| {
        let batch = converter.convert(&page(body)).unwrap_or_else(|error| panic!("{code}: {error}"));
        let row = json_rows(&batch).pop().unwrap();
        let value: serde_json::Value = serde_json::from_str(
            row.trim_start_matches("{r: ").trim_end_matches('}').replace('\u{2028}', "").as_str(),
        )
        .unwrap_or_else(|_| serde_json::Value::from(row.clone()));
        value.as_str().unwrap_or(&row).to_owned()
    };
    bodies.iter().map(row).collect()
}

/// The same in Boa with its own `JSON.parse`.
fn stock(code: &str, body: &str) -> String {
    let mut context = Context::default();
    context.eval(Source::from_bytes(code)).unwrap();
    let convert =
        context.eval(Source::from_bytes("json => convert(json)[0].r")).unwrap().as_callable().unwrap();
    let text = JsValue::from(JsString::from(body));
    let value = convert.call(&JsValue::undefined(), &[text], &mut context).unwrap();
    value.as_string().unwrap().to_std_string_lossy()
}

#[test]
fn programs_give_what_node_gives() {
    let programs = programs();
    assert!(programs.len() >= 150, "{}", programs.len());
    let expected: Vec<String> = serde_json::from_str(include_str!("differential_by_node.json")).unwrap();
    assert_eq!(
        programs.len(),
        expected.len(),
        "write the answers anew: crates/converter/tests/node/differential.mjs"
    );
    let mut differences = Vec::new();
    for (code, node) in programs.iter().zip(&expected).step_by(super::all_or(10, 1)) {
        // Twice, as the second record of a page meets what the first one has left.
        for ours in ours(code, &[BODY, BODY]) {
            if ours != *node {
                let expression = code.lines().nth_back(2).unwrap_or_default().trim();
                differences.push(format!("{expression}\n  ours {ours:.300}\n  node {node:.300}"));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences[..differences.len().min(12)].join("\n")
    );
}

#[test]
fn most_programs_run_with_partial_objects() {
    let proven = |code: &String| analysis::prove(&script(code).parse().unwrap());
    let programs = programs();
    let n_partial = programs.iter().filter(|code| proven(code).by_name_only).count();
    assert!(n_partial > programs.len() / 2, "{n_partial} of {}", programs.len());
}

/// One step of a program over an object of the page, `x`; each can fail.
fn step() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c", "k", "length", "__proto__", "toString", "0"]);
    let touch = name.clone().prop_map(|name| format!("out.push(x?.['{name}']);"));
    let go = name.clone().prop_map(|name| format!("x = x['{name}'] ?? x;"));
    let write = (name.clone(), 0..3).prop_map(|(name, n)| match n {
        0 => format!("x['{name}'] = 7;"),
        1 => format!("x['{name}'] = x['a'];"),
        _ => format!("x['{name}'] = [x['b']];"),
    });
    let look = name.prop_map(|name| {
        format!("out.push(Object.hasOwn(x, '{name}'), x.propertyIsEnumerable?.('{name}'));")
    });
    let whole = prop::sample::select(vec![
        "out.push(Object.keys(x));",
        "out.push(Object.entries(x));",
        "out.push(Object.assign({}, x));",
        "out.push(Object.getPrototypeOf(x) === Object.prototype, x instanceof Object);",
        "out.push(`${x}`);",
        "Object.freeze(x);",
        "out.push(x);",
        "x = Object.create(x);",
        "x = Array.isArray(x) ? x.map(y => y?.a) : Object.values(x);",
        "out.push(Array.prototype.map.call(x, y => y));",
        "out.push(Reflect.ownKeys(x).filter(key => typeof key === 'string'));",
        "out.push(Array.from(x));",
        "Array.prototype.pop.call(x);",
        "Object.defineProperty(x, 'a', { get: () => 5, enumerable: true });",
    ]);
    prop_oneof![touch, go, write, look, whole.prop_map(str::to_owned)]
}

/// A small text with names that repeat.
fn text() -> impl Strategy<Value = String> {
    let name =
        prop::sample::select(vec!["a", "b", "c", "k", "length", "__proto__", "toString", "0", "\\u0061"]);
    let leaf = prop::sample::select(vec!["null", "1", "-0", "2.5", "\"s\"", "\"é\\n\"", "true", "{}", "[]"]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 5, move |inner| {
        let member = (name.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\": {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(", "))),
        ]
    })
}

/// `PROPTEST_CASES` runs more.
fn n_cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(super::all_or(5, 40) as u32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(n_cases()))]

    /// Three pages, so that what is learned on one is used on the next.
    #[test]
    fn random_programs_give_what_stock_boa_gives(
        steps in prop::collection::vec(step(), 1..8),
        texts in prop::collection::vec(text(), 3),
    ) {
        let code = program(&format!("let x = page; const out = []; {} return [out, page];", steps.join(" ")));
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        // A spread anywhere turns partial objects off.
        let whole = ours(&format!("{code} function unused() {{ return {{...{{}}}} }}"), &texts);
        let ours = ours(&code, &texts);
        prop_assert_eq!(&ours, &whole, "{:?} {}", texts, steps.join(" "));
        for (ours, text) in ours.iter().zip(&texts) {
            // What Boa's own parser gets wrong is not compared: it drops `__proto__` and orders repeated names anew.
            if !text.contains("__proto__") {
                prop_assert_eq!(ours, &stock(&code, text), "{} {}", text, steps.join(" "));
            }
        }
    }
}

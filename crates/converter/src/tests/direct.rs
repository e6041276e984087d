//! Columns that are read without the script are what the script makes of them.

use proptest::prelude::*;

use super::*;
use crate::{analysis, direct::DirectColumns};

/// The columns of a converter with their ways, or why there are none.
fn ways(code: &str) -> String {
    let script = script(code);
    let parsed = script.parse().unwrap_or_else(|error| panic!("{code}: {error}"));
    match DirectColumns::of(&script, &parsed, &analysis::read(&parsed)) {
        Some(direct) => direct.to_string(),
        None => "-".into(),
    }
}

/// A converter of these properties.
fn of(properties: &str) -> String {
    format!("function convert(json) {{ return JSON.parse(json).items.map(item => ({{ {properties} }})) }}")
}

#[test]
fn members_have_ways_and_all_else_is_made() {
    for (properties, expected) in [
        ("a: item.b", "items: a=b"),
        ("'a b': item['c d'].e, f: 1", "items: 'a b'=c d.e f"),
        ("a: item.b?.c.d, e: item?.f", "items: a=b?.c.d e=?.f"),
        ("a: (item.b), \"c\": ((item.d).e)", "items: a=b c=d.e"),
        ("a: item.b.join(), c: item.b", "items: a c=b"),
        ("a: item, b: item.b[0], c: item.c[item.d], d: item.d", "items: a b c d=d"),
        // The chain ends in the brackets: `.c` of nothing is an error.
        ("a: (item?.b).c, d: item.d", "items: a d=d"),
        ("a: item.b ?? 1, c: !item.c, d: -item.d, e: item.e", "items: a c d e=e"),
        ("a: item.toString, b: item.valueOf.name, c: item.c", "items: a b c=c"),
        ("a: item.list.length, b: item.length, c: item.list", "items: a b c=list"),
        (r"a: item['\ud800'], b: item['\\'], c: item['\u{1f600}']", "items: a b c=😀"),
        ("a: item.b /* , c: 1 */, // d\n c: item.c.d // e\n", "items: a=b c=c.d"),
    ] {
        assert_eq!(ways(&of(properties)), expected, "{properties}");
    }
}

#[test]
fn only_what_is_proven_has_ways() {
    let none = [
        // No way at all, other properties than values with names, names that stand elsewhere in a row.
        of("a: 1"),
        of("a: item.a, ...item.b"),
        of("a: item.a, [item.b]: 1"),
        of("a: item.a, get b() { return 1 }"),
        of("a: item.a, a: item.b"),
        of("a: item.a, 1: item.b"),
        of("a: item.a, '1': item.b"),
        of("a: item.a, __proto__: item.b"),
        // Something is changed or kept.
        of("a: item.a, b: (item.b = 1)"),
        of("a: item.a, b: (item = 1)"),
        of("a: item.a, b: item.list.push(1)"),
        "let n = 0; function convert(json) { return JSON.parse(json).items.map(i => ({ a: i.a, n: n++ })) }".into(),
        "function convert(json) { const page = JSON.parse(json); return page.map(i => ({ a: i.a, b: page.pop() })) }".into(),
        "function convert(json) { let items = JSON.parse(json).items; items = []; return items.map(i => ({ a: i.a })) }"
            .into(),
        // Other arrays than one of the page, other functions than of one record, other results.
        "function convert(json) { return [{}].map(i => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse('[{}]').map(i => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse(json).items.filter(i => i.a).map(i => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse(json).items?.map(i => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse(json)?.items.map(i => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse(json).items.map((...i) => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse(json).items.map((i = {}) => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse(json).items.map(async i => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse(json).items.map(i => ({ a: i.a }), 1) }".into(),
        "function convert(json) { return JSON.parse(json).items.map(i => [i].map(i => ({ a: i.a }))) }".into(),
        "function convert(json) { return JSON.parse(json).items.map(i => { if (i.b) return {}; return { a: i.a } }) }".into(),
        "async function convert(json) { return JSON.parse(json).items.map(i => ({ a: i.a })) }".into(),
        "function convert(json) { return JSON.parse(json).items.map(i => ({ a: i.a })) } function convert(json) {}".into(),
        of("a: item.a, b: item.text && convert(item.text)"),
        "function convert(json) { return JSON.parse(json).items.map(function f(i) { return { a: i.a, b: i.list.map(f) } }) }"
            .into(),
        "export function convert(json) { return JSON.parse(json).items.map(i => ({ a: i.a })) }".into(),
    ];
    for code in none {
        assert_eq!(ways(&code), "-", "{code}");
    }
}

#[test]
fn names_stand_for_ways() {
    // The other name for an item is bound twice; what is bound to a chain is asked for members again; a default.
    for (parameters, body, expected) in [
        ("{ a, b: { c }, d = 1, ...e }", "({ a, c, d })", "-"),
        ("{ a, b: { c }, d = 1 }", "({ a, c, d })", "items: a=a c=b.c d"),
        ("{ a, b: { c } = {} }", "({ a, c })", "items: a=a c"),
        (
            "item",
            "{ const { b } = item, c = item?.c; return { b, c, d: c.d, e: c?.e } }",
            "items: b=b c=?.c d e",
        ),
        ("item", "{ const x = item.b; return { x, y: [1].map(x => x), z: item.z } }", "items: x y z=z"),
        ("item, index", "({ a: item.a, index })", "items: a=a index"),
    ] {
        let code = format!("const convert = json => JSON.parse(json).items.map(({parameters}) => {body})");
        assert_eq!(ways(&code), expected, "{code}");
    }
    let code = "function convert(json) {
      const { data: { items }, total } = JSON.parse(json);
      const mark = () => total;
      return items.map(function (item) { return { a: item.a, total: mark() }; });
    }";
    assert_eq!(ways(code), "data.items: a=a total");
}

/// Converters of all kinds of ways.
fn converters() -> Vec<String> {
    let mut list: Vec<String> = [
        "a: item.a, b: item.b.a, c: item.b.b, n: item.n",
        "a: item.b?.a?.b, b: item.a.b?.a, c: item.b.a.c",
        "made: String(item.a), a: item.a, again: item.n, last: [item.b].length",
        "a: item.a.a, b: item.a.b, c: item.a.a.a, n: item.n.length",
        "a: item?.a?.a, thrown: item.b.a.a, b: item.b",
    ]
    .map(of)
    .into();
    list.push(
        "const convert = json => JSON.parse(json).items.map(({ a, b: { a: c, b }, n }) => ({ a, c, b, n }))"
            .into(),
    );
    list
}

/// Rows or the error of a page, without and with direct columns.
fn both(code: &str, bodies: &[String]) -> [Vec<Result<Vec<String>, String>>; 2] {
    [false, true].map(|is_direct| {
        let declared = DeclaredColumns::default().into();
        let mut converter = Converter::new(&script(code), declared, ConverterLimits::default()).unwrap();
        assert!(converter.direct.is_some(), "{code}");
        if !is_direct {
            (converter.direct, converter.ready) = (None, None);
        }
        let convert = |body: &String| converter.convert(&page(body)).map(|batch| json_rows(&batch));
        let converted = bodies.iter().map(convert);
        converted.map(|rows| rows.map_err(|error| error.to_string())).collect()
    })
}

fn scalar() -> BoxedStrategy<String> {
    let number = prop_oneof![
        any::<i32>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| if n.is_finite() { format!("{n:e}") } else { "1e999".into() }),
        Just("-0".into()),
        Just("12345678901234567890".into()),
    ];
    let text = prop_oneof!["[a-zäß€😀]{0,4}", r"(\\n|\\u0041|\\ud83d\\ude00|\\ud800|\\\\|é){0,3}"];
    prop_oneof![
        2 => Just("null".to_owned()),
        1 => Just("true".to_owned()),
        3 => number,
        4 => text.prop_map(|text| format!("\"{text}\"")),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<String> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            6 => object(inner),
        ]
    })
    .boxed()
}

/// Names come twice, and some are those that any object has.
fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let name = prop_oneof![9 => "[abn]", 1 => r"(__proto__|length|\\u0061|toString|c)"];
    let members = prop::collection::vec((name, value), 0..6);
    members.prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        format!("{{{}}}", members.join(", "))
    })
}

/// Mostly what the converters ask for.
fn fitting() -> BoxedStrategy<String> {
    let scalar = || prop_oneof![3 => scalar(), 1 => value()];
    let inner = || (scalar(), scalar()).prop_map(|(a, b)| format!("{{\"b\": {b}, \"a\": {a}, \"c\": 0}}"));
    let outer = (inner(), prop_oneof![scalar(), inner()], scalar());
    let outer = outer.prop_map(|(a, b, c)| format!("{{\"a\": {a}, \"b\": {b}, \"c\": {c}}}"));
    let a = prop_oneof![2 => scalar(), 1 => inner(), 1 => outer.clone()];
    (a, prop_oneof![inner(), outer], scalar(), prop::option::weighted(0.1, inner()))
        .prop_map(|(a, b, n, again)| {
            let again = again.map_or_else(String::new, |again| format!(", \"b\": {again}"));
            format!("{{\"other\": {{\"a\": 1}}, \"a\": {a}, \"n\": {n}, \"b\": {b}{again}}}")
        })
        .boxed()
}

fn body() -> impl Strategy<Value = String> {
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    let any = prop_oneof![9 => object(value()), 1 => value()];
    let items = prop_oneof![
        8 => prop::collection::vec(fitting(), 0..4).prop_map(list),
        2 => prop::collection::vec(any, 0..4).prop_map(list),
        1 => value(),
    ];
    (items, prop::option::weighted(0.1, value())).prop_map(|(items, other)| match other {
        Some(other) => format!("{{\"items\": {items}, \"items\": {other}}}"),
        None => format!("{{\"items\": {items}}}"),
    })
}

#[test]
fn columns_stay_direct_as_long_as_they_can() {
    let body = r#"{"items": [{"a": "x", "n": 1.5}, {"a": null, "b": {"a": {"b": "\u00e9"}}}, {}]}"#;
    let code = of("a: item.a, b: item.b?.a?.b, made: 'm' + item.a, n: item.n");
    let mut converter =
        Converter::new(&script(&code), DeclaredColumns::default().into(), ConverterLimits::default())
            .unwrap();
    for _ in 0..3 {
        let rows = json_rows(&converter.convert(&page(body)).unwrap());
        assert_eq!(
            rows[..2],
            ["{a: \"x\", b: null, made: \"mx\", n: 1.5}", "{a: null, b: \"é\", made: \"mnull\", n: null}"]
        );
        assert_eq!(converter.direct.as_ref().unwrap().to_string(), "items: a=a b=b?.a?.b made n=n");
    }
    // A column of lists is the script's from then on.
    let rows = json_rows(&converter.convert(&page(r#"{"items": [{"a": [1, {"x": 2}]}]}"#)).unwrap());
    assert_eq!(rows, [r#"{a: [1,{"x":2}], b: null, made: "m1,[object Object]", n: null}"#]);
    assert_eq!(converter.direct.as_ref().unwrap().to_string(), "items: a b=b?.a?.b made n=n");
    // An error is of its page only.
    converter.convert(&page(r#"{"items": 1}"#)).unwrap_err();
    assert!(converter.direct.is_some());
    // What works but is beyond direct columns ends them.
    assert_eq!(json_rows(&converter.convert(&page(r#"{"items": ["text"]}"#)).unwrap()).len(), 1);
    assert!(converter.direct.is_none());
    assert_eq!(json_rows(&converter.convert(&page(body)).unwrap()).len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(super::all_or(2, 24) as u32))]

    #[test]
    fn rows_and_errors_are_the_scripts(bodies in prop::collection::vec(body(), 1..5)) {
        for code in converters() {
            let [whole, direct] = with_stack(|| both(&code, &bodies));
            prop_assert_eq!(whole, direct, "{} of {:#?}", code, bodies);
        }
    }
}

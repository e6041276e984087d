//! Every value a cell may come from.

use boa_engine::{Context, Source};
use pipeline_table::Cell;
use proptest::prelude::*;

use crate::{
    ConverterLimits,
    cells::{CellReader, Refusal},
    engine::{Engine, Natives},
};

fn with_context<T>(run: impl FnOnce(&mut Context, &Natives) -> T) -> T {
    let (script, limits) = (super::script(""), ConverterLimits::default());
    let mut engine =
        Engine::new((&script, &limits, Default::default()), &crate::json::Objects::Whole).unwrap();
    run(&mut engine.context, &engine.natives)
}

/// The cell of an expression, or its path and what is wrong.
fn cell(expression: &str) -> Result<Cell<'static>, String> {
    with_context(|context, natives| {
        let value = context.eval(Source::from_bytes(&format!("({expression})"))).unwrap();
        let mut reader = CellReader::new(context, natives);
        reader.cell(&value).map_err(|refusal| {
            let path = reader.path().unwrap_or_default();
            match refusal {
                Refusal::Threw(error) => format!(
                    "{path}: threw {}",
                    error.to_string().split(['(', '\n']).next().unwrap().trim_end()
                ),
                Refusal::Bad { problem, .. } => {
                    format!("{path}: {}", problem.trim_end_matches(" has no place in a table"))
                }
            }
        })
    })
}

fn becomes(expression: &str, expected: &str) {
    assert_eq!(cell(expression).map(|cell| show(&cell)), Ok(expected.to_owned()), "{expression}");
}

#[test]
fn values_become_cells() {
    let check = becomes;
    check("null", "null");
    check("undefined", "null");
    check("true", "true");
    check("1", "int 1");
    check("-0", "int 0");
    check("1e3", "int 1000");
    check("2 ** 53 - 1", "int 9007199254740991");
    check("2 ** 53", "float 9007199254740992.0");
    check("-(2 ** 53) + 1", "int -9007199254740991");
    check("0.5", "float 0.5");
    check("1e300", "float 1e300");
    check("NaN", "float NaN");
    check("-Infinity", "float -inf");
    check("12n", "int 12");
    check("-(2n ** 63n)", "int -9223372036854775808");
    check("''", "\"\"");
    check("'a\\u{e4}\\u{1f600}\\u0000'", "\"aä😀\\0\"");
    check("'a\\ud800b'", "\"a\u{fffd}b\"");
    check("new Date(0)", "time 0");
    check("new Date(-1)", "time -1000");
    check("new Date('2024-11-29T10:44:51.887Z')", "time 1732877091887000");
    check("new Date(2024, 0, 1)", "time 1704067200000000");
    check("new (class extends Date { getTime() { return 5 } toJSON() { return 'x' } })(0)", "time 0");
    check("[1, 'a', null]", "[int 1, \"a\", null]");
    check("[, 1]", "[null, int 1]");
    check("Object.assign([1], {extra: 2})", "[int 1]");
    check("new Proxy([1], {})", "[int 1]");
}

#[test]
fn objects_become_cells() {
    let check = becomes;
    check("{}", "{}");
    check("{b: 1, a: {c: []}}", "{b: int 1, a: {c: []}}");
    check("{b: 1, 2: 2, 1: 3}", "{1: int 3, 2: int 2, b: int 1}");
    check("{[Symbol('s')]: 1, a: 2}", "{a: int 2}");
    check("Object.defineProperty({a: 1}, 'hidden', {value: 2})", "{a: int 1}");
    check("Object.create({inherited: 1})", "{}");
    check("{get a() { return this.b + 1 }, b: 1}", "{a: int 2, b: int 1}");
    check(
        "{toJSON: 1, toString: 2, ['__proto__']: 3, hasOwnProperty: 4}",
        "{toJSON: int 1, toString: int 2, __proto__: int 3, hasOwnProperty: int 4}",
    );
    check("JSON.parse('{\"__proto__\": {\"a\": 1}}')", "{__proto__: {a: int 1}}");
    check("new Proxy({a: 1}, {get: (t, k) => k + '!'})", "{a: \"a!\"}");
    check("new (class { #p = 1; a = 2 })()", "{a: int 2}");
    check("new URL('https://h.test/a b?c=1#d')", "\"https://h.test/a%20b?c=1#d\"");
    check("{a: [new URL('https://h.test')]}", "{a: [\"https://h.test/\"]}");
    check("new (class Money { #n = 5; toJSON() { return { n: this.#n } } })()", "{n: int 5}");
    check("new (class { a = 1; toJSON() { return this } })()", "{a: int 1}");
    check("new (class { toJSON(key) { return [typeof key, new Date(0)] } })()", "[\"string\", time 0]");
    check("Object.create(null)", "{}");
    check("'a'.match(/(?<x>a)/).groups", "{x: \"a\"}");
    check("Object.groupBy([1], () => 'k')", "{k: [int 1]}");
    check("Object('s')", "\"s\"");
    check("Object(1)", "int 1");
    check("Object(false)", "false");
    check("Object(5n)", "int 5");
    check("-(2n ** 63n)", "int -9223372036854775808");
    check("[2n ** 63n]", "[number 9223372036854775808]");
    check("(() => { const shared = {a: 1}; return [shared, shared] })()", "[{a: int 1}, {a: int 1}]");
    check("{get a() { delete this.b; return 1 }, b: 2}", "{a: int 1}");
}

#[test]
fn instances_without_anything_of_their_own_have_no_place() {
    let check = |expression: &str, expected: &str| {
        let refused = cell(expression).map(|cell| show(&cell));
        assert_eq!(refused, Err(expected.to_owned()), "{expression}");
    };
    check(
        "{a: new URL('https://h.test/?a=1').searchParams}",
        "a: an instance of `URLSearchParams` without properties of its own",
    );
    check(
        "{a: new URLSearchParams('a=1')}",
        "a: an instance of `URLSearchParams` without properties of its own",
    );
    check("{a: new (class Point { #x = 1 })()}", "a: an instance of `Point` without properties of its own");
    check(
        "{a: new (class { #x = 1 })()}",
        "a: an instance of a class that has no name, without properties of its own",
    );
    check("{a: new (class { toJSON() { return new Map() } })()}", "a: a Map");
    check("{a: new (class { toJSON() { throw 'no' } })()}", "a: threw \"no\"");
}

#[test]
fn some_values_have_no_place() {
    let check = |expression: &str, expected: &str| {
        let refused = cell(expression).map(|cell| show(&cell));
        assert_eq!(refused, Err(expected.to_owned()), "{expression}");
    };
    check("{a: [0, Symbol('s')]}", "a[1]: a symbol (Symbol(s))");
    check("{a: {b: function go() {}}}", "a.b: a function (go)");
    check("{a: () => 1}", "a: a function (a)");
    check("{a: class A {}}", "a: a function (A)");
    check("{a: new Proxy(() => 1, {})}", "a: a function");
    check("{a: Math.max}", "a: a function");
    check("{a: new Map()}", "a: a Map");
    check("{a: new Set()}", "a: a Set");
    check("{a: new WeakMap()}", "a: an object of a built-in type");
    check("{a: Promise.resolve(1)}", "a: a promise");
    check("{a: /x/}", "a: a regular expression");
    check("{a: new Error('m')}", "a: an Error, its message a string (\"m\")");
    check("{a: new Uint8Array(2)}", "a: a typed array");
    check("{a: new ArrayBuffer(2)}", "a: an ArrayBuffer");
    check("{a: (function* () {})()}", "a: a generator");
    check("{a: new WeakSet()}", "a: an object of a built-in type");
    check("{a: new DataView(new ArrayBuffer(2))}", "a: an object of a built-in type");
    check("{a: [new Date(NaN)]}", "a[0]: an invalid Date");
    check(
        "(() => { const a = {}; a.b = {c: a}; return a })()",
        "b.c: this is the row again, and a table has no cycles",
    );
    check(
        "(() => { const a = []; a.push(a); return {a} })()",
        "a[0]: this is \"a\" again, and a table has no cycles",
    );
    check("{get a() { throw new TypeError('no') }}", "a: threw TypeError: no");
    check("{a: new Proxy({b: 1}, {ownKeys() { throw 'keys' }})}", "a: threw \"keys\"");
    check(
        "{a: (() => { const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); return proxy })()}",
        "a: threw TypeError: Proxy object has empty handler and target",
    );
    let endless = "new Proxy({a: 1}, {get: (t, k, p) => new Proxy({a: 1}, {get: (t, k) => make()}), })";
    let endless = format!("(() => {{ const make = () => {endless}; return make() }})()");
    assert!(
        cell(&endless).unwrap_err().ends_with("a: nested more than 128 levels deep"),
        "{:?}",
        cell(&endless)
    );
}

/// A cell on one line.
fn show(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null | Cell::Undefined => "null".into(),
        Cell::Bool(boolean) => boolean.to_string(),
        Cell::Int(number) => format!("int {number}"),
        Cell::Float(number) => format!("float {number:?}"),
        Cell::Number(written) => format!("number {written}"),
        Cell::Text(text) => format!("{text:?}"),
        Cell::Timestamp(microseconds) => format!("time {microseconds}"),
        Cell::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Cell::Struct(members) => {
            let member =
                |(name, cell): &(std::borrow::Cow<'_, str>, Cell<'_>)| format!("{name}: {}", show(cell));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
    }
}

/// JSON as any API may send it; names are chosen to meet what objects inherit.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        (-(1_i64 << 53) + 1..1 << 53).prop_map(Into::into),
        any::<f64>().prop_filter("JSON has no NaN", |number| number.is_finite()).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    let name = prop_oneof![
        ".{0,6}",
        "[a-c]",
        "[0-9]{1,3}",
        Just("__proto__".to_owned()),
        Just("toString".to_owned())
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Whether the cell is the JSON, objects in any order since JavaScript moves integer names to the front.
fn is_same(cell: &Cell<'_>, json: &serde_json::Value) -> bool {
    match (cell, json) {
        (Cell::Null, serde_json::Value::Null) => true,
        (Cell::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Cell::Int(a), serde_json::Value::Number(b)) => b.as_f64() == Some(*a as f64),
        (Cell::Float(a), serde_json::Value::Number(b)) => b.as_f64() == Some(*a),
        (Cell::Text(a), serde_json::Value::String(b)) => a == b,
        (Cell::List(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Cell::Struct(a), serde_json::Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(&**name).is_some_and(|b| is_same(a, b)))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn json_rows_round_trip_to_cells(json in json()) {
        let text = json.to_string();
        let read = with_context(|context, natives| {
            let argument = boa_engine::JsString::from(text.as_str());
            let parse = context.eval(Source::from_bytes("JSON.parse")).unwrap().as_callable().unwrap();
            let value = parse.call(&boa_engine::JsValue::undefined(), &[argument.into()], context).unwrap();
            CellReader::new(context, natives).cell(&value).unwrap()
        });
        prop_assert!(is_same(&read, &json), "{}\n{}", show(&read), text);
    }
}

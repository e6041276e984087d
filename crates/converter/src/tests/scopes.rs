//! What the proof of ADR 0004 lets share a scope leaves nothing in it, whoever looks and wherever.

use boa_engine::Source;
use proptest::prelude::*;

use super::*;
use crate::analysis;

/// Writes down everything that can be reached from the global object and the script's own names: each object once, by
/// number, with all its keys, values, attributes and its prototype. Two scopes that say the same cannot be told apart.
const WORLD: &str = "(() => {
  const numbers = new Map(), queue = [], out = [];
  const number = v => {
    if (v === null || (typeof v !== 'object' && typeof v !== 'function')) return typeof v + ':' + String(v);
    if (!numbers.has(v)) { numbers.set(v, numbers.size); queue.push(v); }
    return '#' + numbers.get(v);
  };
  const named = key => typeof key === 'symbol' ? key.toString() : key;
  [globalThis, TABLE, LIST, helper, convert].forEach(number);
  for (let at = 0; at < queue.length; at++) {
    const object = queue[at], parts = [number(Object.getPrototypeOf(object)), Object.isExtensible(object)];
    for (const key of Reflect.ownKeys(object)) {
      const d = Object.getOwnPropertyDescriptor(object, key);
      parts.push(named(key) + '=' + ('value' in d ? number(d.value) : number(d.get) + '/' + number(d.set)) + '.' + d.writable + d.enumerable + d.configurable);
    }
    if (object instanceof Map || object instanceof Set) { for (const entry of object) parts.push(Array.isArray(entry) ? entry.map(number) : number(entry)); }
    out.push(at + ' ' + parts.join());
  }
  return out.join('\\n');
})()";

/// Things that converters do; some of them keep something, and then the proof must say so of the whole script.
const STATEMENTS: &[&str] = &[
    "row.a = item.k;",
    "row[item.k] = 1;",
    "row[item.k] = item[item.n];",
    "row.b = TABLE[item.k];",
    "TABLE.x = 1;",
    "TABLE[item.k] = 1;",
    "item.seen = 1;",
    "const f = TABLE[item.k]; if (f) f(row);",
    "const f = item[item.k]; row.f = typeof f;",
    "const g = row[item.k]; if (g) g[item.n] = 1;",
    "if (row[item.k]) row[item.k][item.n] = 1;",
    "const o = new Object(TABLE); o.y = 1;",
    "const o = Object(TABLE); o.y = 1;",
    "const t = TABLE; t.z = 1;",
    "let t = {}; t = TABLE; t.z = 1;",
    "Object.assign(TABLE, item);",
    "Object.assign(row, item);",
    "Object.assign({}, item).x = 1;",
    "rows.push(row);",
    "helper(row, item);",
    "helper(TABLE, item);",
    "const { a } = item; row.a = a;",
    "const { deep } = TABLE; deep.x = 1;",
    "const [first] = LIST; first.x = 1;",
    "const [first] = LIST; row.first = first.name;",
    "[row.b] = [1];",
    "[TABLE.b] = [1];",
    "({ a: TABLE.c } = item);",
    "for (const x of [TABLE]) x.q = 1;",
    "for (const x of LIST) row.last = x.name;",
    "for (TABLE.x of [1]) {}",
    "for (const key of Object.keys(item)) row[key] = item[key];",
    "const copy = [TABLE][0]; copy.w = 1;",
    "const all = [].concat(LIST); all[0].v = 1;",
    "const all = [...LIST]; all.push(1); row.n = all.length;",
    "const all = LIST.slice(); all.push(1); row.n = all.length;",
    "Array.prototype.push.call(LIST, 1);",
    "LIST.push(1);",
    "LIST['pu' + 'sh'](1);",
    "LIST.map(x => x).push(1);",
    "LIST.sort();",
    "(() => TABLE)().u = 1;",
    "function inner() { return TABLE } inner().i = 1;",
    "(item.list ?? []).forEach(x => { row.n = x });",
    "(item.list ?? []).forEach(x => { x.n = 1 });",
    "Object.prototype.zz = 1;",
    "row.__proto__.zz = 1;",
    "item['constr' + 'uctor'].zz = 1;",
    "Object.getPrototypeOf(row).p = 1;",
    "const it = LIST.values(); it.x = 1;",
    "Iterator.from(LIST).x = 1;",
    "const s = new Set(LIST); s.add(1); row.size = s.size;",
    "let c = LIST; c = [1]; c.push(2);",
    "var v = LIST; v.length = 0;",
    "String(item.k).replace('a', 'b');",
    "row.f = helper; row.f.x = 1;",
    "helper.x = 1;",
    "helper = 1;",
    "leaked = 1;",
    "globalThis.leaked = 1;",
    "arguments[0];",
    "class C { static s = TABLE } C.s.x = 2;",
    "new (class { constructor() { this.x = LIST } })().x.push(1);",
    "JSON.parse('{\"a\":1}', (k, v) => { LIST.push(k); return v });",
    "JSON.parse('[1]', (k, v) => TABLE).x = 1;",
    "try { TABLE.deep.x = 1 } catch (e) { row.e = e.name }",
    "try { null.x } catch (e) { e.name = 'x'; row.e = e.name }",
    "Reflect.set(TABLE, 'r', 1);",
    "Object.defineProperty(row, 'd', { value: 1, enumerable: true });",
    "Object.defineProperty(TABLE, 'd', { value: 1 });",
    "row.toString = item.k;",
    "row.toString = helper; `${row}`;",
    "delete row.a;",
    "delete TABLE.a;",
    "TABLE?.deep?.list?.push(1);",
    "Object.freeze(TABLE);",
    "structuredClone(TABLE).x = 1;",
    "row.day = new Date(item.k).getTime();",
    "/a/g.exec(String(item.k));",
    "const re = /a/g; re.lastIndex = 3;",
    "row.m = `a${item.k}`.match(/k/)?.[0];",
    "const text = JSON.stringify(TABLE); row.text = text;",
    "if (item.k in TABLE) row.known = true;",
    "row.label = TABLE[item.k]?.name ?? 'none';",
    "row.sum = (item.list ?? []).reduce((sum, x) => sum + x, 0);",
    "row.names = (item.list ?? []).map(x => `${x}`).join();",
];

/// A page whose names are those that lead somewhere.
fn body() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a",
        "b",
        "k",
        "list",
        "name",
        "deep",
        "constructor",
        "__proto__",
        "prototype",
        "toString",
        "push",
        "call",
        "length",
        "valueOf",
    ]);
    let item = (name.clone(), name, any::<bool>()).prop_map(|(k, n, has_list)| {
        let list = if has_list { r#", "list": [1, {"x": 1}]"# } else { "" };
        format!(r#"{{"k": "{k}", "n": "{n}", "a": {{"b": 1}}, "{n}": [2]{list}}}"#)
    });
    prop::collection::vec(item, 1..4).prop_map(|items| format!(r#"{{"items": [{}]}}"#, items.join(", ")))
}

fn converter_of(statements: &[&str]) -> String {
    // Blocks, so that names do not clash.
    let body: Vec<String> = statements.iter().map(|statement| format!("{{ {statement} }}")).collect();
    format!(
        "const TABLE = {{ a: {{ name: 'A' }}, deep: {{ list: [1] }}, k: 'K' }};
         const LIST = [{{ name: 'one' }}, {{ name: 'two' }}];
         function helper(target, source) {{ return source.a }}
         function convert(json) {{
           const page = JSON.parse(json), rows = [];
           for (const item of page.items) {{ const row = {{}}; {} rows.push({{ n: 1 }}); }}
           return rows;
         }}",
        body.join(" ")
    )
}

fn world(converter: &mut Converter) -> String {
    let engine = converter.ready.as_mut().expect("a scope");
    let text = engine.context.eval(Source::from_bytes(WORLD)).expect("a description");
    text.as_string().expect("a text").to_std_string_lossy()
}

/// Whether the proof holds; then pages are converted, and the scope must be as it was.
fn is_shared_and_clean(code: &str, bodies: &[String]) -> Result<bool, TestCaseError> {
    if !analysis::prove(&script(code).parse().unwrap()).keeps_nothing {
        return Ok(false);
    }
    let mut converter = Converter::new(&script(code), Default::default(), Default::default()).unwrap();
    let before = world(&mut converter);
    for body in bodies {
        // An error ends the scope.
        if converter.convert(&page(body)).is_err() || converter.ready.is_none() {
            return Ok(true);
        }
    }
    let after = world(&mut converter);
    let difference = before.lines().zip(after.lines()).find(|(before, after)| before != after);
    prop_assert!(before == after, "{}\n{:?}\n{:?}", code, bodies, difference);
    Ok(true)
}

/// `PROPTEST_CASES` runs more.
fn n_cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(super::all_or(3, 15) as u32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(n_cases()))]

    #[test]
    fn what_may_share_a_scope_leaves_it_as_it_was(
        statements in prop::collection::vec(prop::sample::select(STATEMENTS), 1..4),
        bodies in prop::collection::vec(body(), 2),
    ) {
        is_shared_and_clean(&converter_of(&statements), &bodies)?;
    }
}

#[test]
fn each_statement_alone_and_many_of_them_may_share() {
    let body =
        r#"{"items": [{"k": "a", "n": "constructor", "list": [1]}, {"k": "push", "n": "x"}]}"#.to_owned();
    let is_shared = |statement: &&&str| {
        is_shared_and_clean(&converter_of(&[statement]), std::slice::from_ref(&body)).unwrap()
    };
    let statements = || STATEMENTS.iter().step_by(super::all_or(43, 1));
    let n_shared = statements().filter(is_shared).count();
    // Were it none, nothing would have been tried.
    assert!(n_shared > statements().count() / 4, "{n_shared} of {}", statements().count());
}

#[test]
fn a_scope_in_which_something_was_left_is_noticed() {
    for statement in [
        "TABLE.x = 1;",
        "LIST.push(1);",
        "Object.prototype.zz = 1;",
        "helper.x = 1;",
        "globalThis.leaked = 1;",
    ]
    .into_iter()
    .step_by(super::all_or(7, 1))
    {
        let code = converter_of(&[statement]);
        let mut converter = Converter::new(&script(&code), Default::default(), Default::default()).unwrap();
        let before = world(&mut converter);
        // As if the proof had a hole.
        converter.proven.keeps_nothing = true;
        converter.convert(&page(r#"{"items": [{"k": "a"}]}"#)).unwrap();
        assert_ne!(before, world(&mut converter), "{statement}");
    }
}

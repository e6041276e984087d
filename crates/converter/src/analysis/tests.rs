use super::*;
use crate::{Origin, Script};

fn proven(code: &str) -> Proven {
    let script = Script::inline(code, Origin { path: "t.js".into(), line: 1, column: 1 });
    prove(&script.parse().unwrap_or_else(|error| panic!("{code}: {error}")))
}

/// The body of `convert`.
fn body(code: &str) -> Proven {
    proven(&format!("function convert(json) {{ {code} }}"))
}

#[test]
fn spread_rest_and_their_like_look_at_members() {
    for code in [
        "return {...JSON.parse(json)}",
        "const {a, ...rest} = JSON.parse(json); return rest",
        "let rest; ({a: json, ...rest} = JSON.parse(json))",
        "return rows.map(({id, ...rest}) => rest)",
        "for (const k in JSON.parse(json)) return k",
        "return 'a' in JSON.parse(json)",
        "delete JSON.parse(json).a",
        "with (JSON.parse(json)) return a",
        "return JSON.stringify(json)",
        "const {stringify} = JSON",
        "return JSON['stringify'](json)",
        "return structuredClone(json)",
        "return eval(json)",
        "return new Proxy({}, {})",
        "console.log(json)",
        "return globalThis",
        "return import(json)",
    ] {
        assert!(!body(code).by_name_only, "{code}");
    }
    for code in [
        "return JSON.parse(json).issues.map(i => ({key: i.key, 'a': i['b'], [i.k]: 1}))",
        "const {issues: [first, ...others], total = 1} = JSON.parse(json); return [...others, first]",
        "return Object.entries(JSON.parse(json)).map(([k, v]) => ({k, v}))",
        "const a = JSON.parse(json); return a.b?.c?.[0]?.d ?? Math.max(...a.n)",
        "try { return new Date(json) } catch (e) { return [{e: e instanceof TypeError}] }",
        "function inner(x) { return x ? inner(x.y) : undefined } return inner(JSON.parse(json))",
    ] {
        assert!(body(code).by_name_only, "{code}");
    }
}

/// Scripts that keep something, or might.
const KEEPING: &[&str] = &[
    "let n = 0; function convert() { n += 1 }",
    "let n = 0; function convert() { return n++ }",
    "const seen = []; function convert(json) { seen.push(json) }",
    "const seen = {}; function convert(json) { seen[json] = 1 }",
    "const seen = {a: []}; function convert(json) { seen.a.push(json) }",
    "const seen = {a: []}; function convert(json) { const a = seen.a; a.push(json) }",
    "const seen = []; function convert(json) { add(seen, json) } function add(list, x) { list.push(x) }",
    "const seen = new Map(); function convert(json) { seen.set(json, 1) }",
    "const seen = []; function convert(json) { const x = true && seen; x.push(1) }",
    "const seen = []; function convert(json) { let x = []; x = seen; x.push(1) }",
    "const seen = []; function convert(json) { let x = []; { let x = seen; x.push(1) } }",
    "const seen = []; function convert(json) { const [x] = [seen]; x.push(1) }",
    "const seen = []; function convert(json) { [1].forEach([].push, seen) }",
    "const seen = []; function convert(json) { const lib = {map: () => seen}; lib.map().push(1) }",
    "const seen = []; const map = () => seen; function convert(json) { const lib = {map}; lib.map().push(1) }",
    "const seen = []; function convert(json) { seen?.push(1) }",
    "const seen = []; function convert(json) { seen.sort() }",
    "const seen = [1]; function convert(json) { for (const x of [seen]) x.pop() }",
    "const next = (() => { let n = 0; return () => ++n })(); function convert() { return next() }",
    "const re = /a/g; function convert(json) { return re.test(json) }",
    "class Row {} function convert() { return new Row }",
    "function convert() { convert.n = 1 }",
    "function convert() { convert = null }",
    "function convert() { implicit = 1 }",
    "function convert() { { let x } x = 1 }",
    "function convert() { this.n = 1 }",
    "function convert() { globalThis.n = 1 }",
    "function convert() { Array.prototype.x = 1 }",
    "function convert() { [].constructor.x = 1 }",
    "function convert() { Object.assign(Math, {x: 1}) }",
    "function convert() { const o = Object; o.x = 1 }",
    "function convert() { const {assign} = Object; assign(Math, {x: 1}) }",
    "function convert() { JSON.x = 1 }",
    "function convert(json) { JSON.parse(json)[json](1) }",
    "function convert(json) { [implicit] = [1] }",
    "function convert(json) { for (implicit of [1]); }",
    "function convert(json) { for (implicit in {}); }",
    "function convert(json) { json.x = 1 }",
    "function convert(json) { arguments[0].x = 1 }",
    "function convert(json) { delete Math.max }",
    "var n; if (n) { n = 1 } function convert(json) {}",
    "const x = Math.random(); function convert(json) { return [{x}] }",
    "const g = (function* () { yield 1 })(); function convert() { return g.next() }",
    "function convert() { eval('x = 1') }",
    "function convert() { new Function('x = 1')() }",
    "function convert(json) { Reflect.set(Math, 'x', 1) }",
    "function convert(json) { const s = new Set; s.add.call(Math) }",
    "const seen = new Map(); function convert(json) { seen.getOrInsert(1, json) }",
    "const seen = []; function convert(json) { const o = {}; o.map = () => seen; o.map().push(1) }",
    "const seen = []; function make() { return () => seen }
     function convert(json) { const o = {map: make()}; o.map().push(1) }",
    "const seen = []; function Map() { return seen } function convert() { const m = new Map(); m.push(1) }",
    "const seen = []; const JSON = {parse: () => seen}; function convert(json) { JSON.parse(json).push(1) }",
    "const seen = []; function convert(json) { const String = () => seen; const s = String(1); s.push(1) }",
    "function convert(json) { Object.getOwnPropertyDescriptor(json, 'a').value(json) }",
    "const seen = []; function convert(json) { const x = JSON.parse('1', () => seen); x.push(1) }",
    "const seen = []; function convert(json) { const x = JSON.parse(...['1', () => seen]); x.push(1) }",
    "const seen = []; function convert(json) { const x = new Object(seen); x.push(1) }",
    "const seen = []; function convert(json) { new Object(seen).push(1) }",
    "const seen = []; function convert(json) { const i = Iterator.from([].values()[json]); i.x = 1 }",
    "const seen = []; const f = function Map(a) { if (a) return seen; const x = new Map(1); x.push(1) };
     function convert(json) { f() }",
    "const f = function eval() {}; function convert(json) { eval('x = 1') }",
    "function convert(json) { (function implicit() {}); implicit = 1 }",
    "const seen = []; function convert(json) { { let eval } eval('seen.push(1)') }",
    "const seen = []; function convert(json) { { let Reflect } Reflect.set(seen, 0, 1) }",
    "const seen = []; function convert(json) { { let Function } new Function('x = 1')() }",
    "const seen = []; function convert(json) { { let globalThis } globalThis.a = 1 }",
    "const seen = []; function convert(json) { { let console } console.log.x = 1 }",
    "const seen = []; function id(x) { return x } function convert(json) { const o = {map: id(() => seen)}; o.map().push(1) }",
    "const seen = []; function convert(json) { const o = {map: [() => seen][0]}; o.map().push(1) }",
    "const seen = []; function convert(json) { const o = {map: [0].map(() => () => seen)[0]}; o.map().push(1) }",
    "const seen = []; function convert(json) { const o = {get map() { return () => seen }}; o.map().push(1) }",
    "const seen = []; function convert(json) { 'a'.match({[Symbol.match]: () => seen}).push(1) }",
    "const seen = []; function convert(json) { const x = 'a'.split({[Symbol.split]() { return seen }}); x.push(1) }",
    "const seen = []; function convert(json) { const x = [1]; x['con' + 'structor'] = {[Symbol.species]: function () { return seen }}; x.map(y => y) }",
];

/// Scripts that call a function whose name the page has chosen; `seen` may be what it changes.
const CHOOSING: &[&str] = &[
    "const f = Object[json]; f(seen)",
    "const f = json ? Object[json] : 0; f(seen)",
    "let f; f = Object[json]; f(seen)",
    "const {[json]: f} = Object; f(seen)",
    "const [f] = [Object[json]]; f(seen)",
    "const call = f => f(seen); call(Object[json])",
    "const call = (f = Object[json]) => f(seen); call()",
    "[Object[json]][0](seen)",
    "[Object[json]].at(0)(seen)",
    "(() => Object[json])()(seen)",
    "(json && Object[json])(seen)",
    "(0, Object[json])(seen)",
    "[seen].map(Object[json])",
    "[seen].reduce(Object[json], seen)",
    "Array.from([seen], Object[json])",
    "Promise.resolve(seen).then(Object[json])",
    "Promise.resolve(seen).then(null, Object[json])",
    "new Promise(Object[json])",
    "'a'.replace('a', Object[json])",
    "JSON.parse(json, Object[json])",
    "[seen].map(...[Object[json]])",
    "const o = {save: Object[json]}; o.save(seen)",
    "const o = {save: Object[json]}; o?.save(seen)",
    "const o = {save: Object[json]}; o.save?.(seen)",
    "const o = {get save() { return Object[json] }}; o.save(seen)",
    "const save = Object[json], o = {save}; o.save(seen)",
    "const o = {}; o.save = Object[json]; o.save(seen)",
    "const o = {}; o[json] = Object[json]; o.map(seen)",
    "const o = {}; o.save ??= Object[json]; o.save(seen)",
    "const o = Object.fromEntries([['map', Object[json]]]); o.map(seen)",
    "new Set([seen]).union({size: 1, has: Object[json], keys: () => []})",
    "new (Object[json])(seen)",
    "new ((() => 1)[json])('x = 1')",
    "Object[json]`${seen}`",
    "const f = Object[json]; f`${seen}`",
    "const f = Object?.[json]; f?.(seen)",
    "const f = Object[`${json}`]; f(seen)",
    "const f = Object['a' + json]; f(seen)",
    "let i = 0; i = json; const f = Object[i]; f(seen)",
    "const o = {f() { return super[json] }}; const g = o.f(); g(seen)",
];

#[test]
fn a_function_that_data_may_have_chosen_is_not_called() {
    for code in CHOOSING {
        let code = format!("const seen = []; function convert(json) {{ {code} }}");
        assert!(!proven(&code).keeps_nothing, "{code}");
    }
}

#[test]
fn members_that_data_chooses_may_be_read() {
    for code in [
        "return JSON.parse(json).map(i => ({name: NAMES[i.id], upper: String(i[json]).toUpperCase()}))",
        "const rows = []; for (const k of JSON.parse(json)) rows.push({k, v: NAMES[k]}); return rows",
        "const n = {}; for (const i of JSON.parse(json)) n[i.k] = (n[i.k] || 0) + 1; return [n]",
        "const n = {}; for (const i of JSON.parse(json)) { n[i.k] = String(i[json]); n[i.l]++ } return [n]",
        "const {[json]: x} = JSON.parse(json); return [{x}]",
        "const text = v => v == null ? '' : String(v); return [{a: text(NAMES[json])}].map(r => text(r.a))",
        "return [{f: NAMES?.[json]}]",
    ] {
        let code = format!("const NAMES = {{a: 1}}; function convert(json) {{ {code} }}");
        assert!(proven(&code).keeps_nothing, "{code}");
    }
}

#[test]
fn members_by_index_are_as_good_as_by_name() {
    for code in [
        "const o = {}; for (let i = 0; i < 3; i++) { o.f = JSON.parse(json)[i]; o.f() }",
        "const l = JSON.parse(json); let i = 0; i += 2; i -= 1; return [{a: l[i], f: f => f(l[i - 1], l[-1])}]",
    ] {
        assert!(body(code).keeps_nothing, "{code}");
    }
}

#[test]
fn what_may_stay_is_not_proven() {
    for code in KEEPING {
        assert!(!proven(code).keeps_nothing, "{code}");
    }
}

#[test]
fn what_is_made_in_a_call_goes_with_it() {
    for code in [
        "'use strict'; function convert(json) { return JSON.parse(json).issues.map(i => ({key: i.key})) }",
        "const convert = json => JSON.parse(json)",
        "const NAMES = {1: 'a', list: [1, 2]}; const DONE = new Set(['Done']); var RE = /a/i; let MAX = -1, T = `x`;
         function convert(json) { return [{a: NAMES[json], b: DONE.has(json), c: RE.test(json), d: MAX, e: T}] }",
        "function convert(json) { const rows = []; for (const i of JSON.parse(json)) { rows.push({a: i}) } return rows }",
        "function convert(json) { const rows = []; for (let i = 0; i < 3; i++) rows.push(i); return rows.sort() }",
        "function convert(json) { let n = 0, s = ''; n += 1; s += json; n++; return [{n, s}] }",
        "function convert(json) { const row = {}; row.a = 1; row[json] = json.length; return row }",
        "function convert(json) { const by = new Map(); by.set(json, 1); return [...by.values()].reverse() }",
        "function convert(json) { return JSON.parse(json).filter(Boolean).map(String).sort((a, b) => a - b) }",
        "function convert(json) { var d = new Date(json); d.setHours(0); return [{d}] }",
        "function convert(json) { const page = JSON.parse(json); page.x = 1; return page }",
        "async function convert(json) { const rows = []; await null; rows.push({}); return rows }",
        "function* convert(json) { for (const row of JSON.parse(json)) yield row }",
        "function convert(json) { try { return JSON.parse(json) } catch (e) { return [{e: e.message}] } }",
    ] {
        assert!(proven(code).keeps_nothing, "{code}");
    }
}

/// What the benchmark measures is the fast way.
#[test]
fn the_converters_of_the_benchmark_are_proven() {
    for code in
        [include_str!("../../benches/converter/guide.js"), include_str!("../../benches/converter/wide.js")]
    {
        let all = Proven { by_name_only: true, keeps_nothing: true, only_parses: true };
        assert_eq!(proven(code), all, "{code}");
    }
}

/// A global that the lists do not have could be meant by a name that is declared elsewhere in a script.
#[test]
fn all_globals_are_listed() {
    let script = Script::inline("function convert() {}", Origin { path: "t.js".into(), line: 1, column: 1 });
    let (limits, deterministic) =
        (crate::ConverterLimits::default(), crate::deterministic::DeterministicEnv::default());
    let mut engine =
        crate::engine::Engine::new((&script, &limits, deterministic), &crate::json::Objects::Whole)
            .unwrap_or_else(|error| panic!("{error}"));
    let names = boa_engine::Source::from_bytes("Object.getOwnPropertyNames(globalThis).sort().join(' ')");
    let names = engine.context.eval(names).unwrap().as_string().unwrap().to_std_string_lossy();
    let is_listed = |name: &&str| names::KNOWN_GLOBALS.contains(name) || names::is_other_global(name);
    let missing: Vec<&str> = names.split(' ').filter(|name| !is_listed(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

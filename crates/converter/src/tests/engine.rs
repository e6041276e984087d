//! Programs that the engine computes otherwise than ECMA-262 says, and what becomes of them; see ADR 0053.

use std::panic::{AssertUnwindSafe, catch_unwind};

use boa_engine::{Context, JsString, JsValue, Source};

use super::*;
use crate::analysis;

/// Of each program: what it is about, whether Boa as it comes is wrong about it, its text, and what node 20 gives for the
/// pages: `v` of each row.
type Program = (String, bool, String, [Vec<String>; 3]);

fn programs() -> Vec<Program> {
    serde_json::from_str(include_str!("data/engine_by_node.json")).unwrap()
}

/// Three pages of three records and more, of different shapes.
const PAGES: [&str; 3] = [
    r#"{"items":[{"k":1,"s":"a","n":"10","t0":"7","o":{"b":1,"c":{"e":2}},"l":["x","y"],"teams":[{"members":[{"name":"Ann","lead":true},{"name":"Bob"}]}]},{"k":2,"s":"a","n":"11","t0":null,"o":{"b":2},"l":["y"],"teams":[{"members":[{"name":"Cy"}]},{"members":[{"name":"Di","lead":true},{"name":"Ed"}]}]},{"k":3,"s":"b","n":12,"t0":true,"o":{"b":3,"z":[]},"l":["x"],"teams":[]},{"k":4,"s":"b","n":"x","o":{"b":null},"l":["z","x"],"teams":[{"members":[]}]}]}"#,
    r#"{"items":[{"o":{"b":"q"},"teams":[{"members":[{"lead":true,"name":"Eve"}]}],"l":["y","x"],"n":"9.5","s":"c","k":2,"x":1},{"k":3,"s":"c","n":"","o":{},"l":["x","x"],"teams":[]},{"k":1,"s":"k","n":10,"t0":"","o":{"b":true},"l":["x","y","z"],"teams":[{"members":[{"name":"F"}]}]}]}"#,
    r#"{"items":[{"k":3,"n":"12","s":"z","l":["x"],"teams":[{"members":[{"name":"G","lead":true}]},{"members":[{"name":"H","lead":true}]}],"o":{"b":0,"c":{"d":5}},"1":{"y":6}},{"k":1,"n":true,"s":"o","l":["y","z"],"teams":[],"o":{"b":7}},{"k":2,"n":null,"s":"","l":["z"],"teams":[{"members":[{"name":"I"}]}],"o":{"b":"8"},"x":2,"0":"zero"}]}"#,
];

/// The texts of the rows' column `v`.
fn values(converter: &mut Converter, body: &str) -> Result<Vec<String>, String> {
    let batch = converter.convert(&page(body)).map_err(|error| error.to_string())?;
    let value = |row: String| {
        let row: serde_json::Value = serde_json::from_str(&row.replacen("v: ", "\"v\": ", 1)).unwrap();
        row["v"].as_str().unwrap_or("null").to_owned()
    };
    Ok(json_rows(&batch).into_iter().map(value).collect())
}

#[test]
fn programs_have_the_rows_of_node() {
    with_stack(|| {
        for (about, _, text, expected) in programs().into_iter().step_by(super::all_or(13, 1)) {
            // With what makes converters fast, and without.
            let plain = text.replace("function convert(json) {", "function convert(json) { '' in {};");
            for text in [text.clone(), format!("this;\n{plain}")] {
                let mut converter = Converter::new(&script(&text), Default::default(), Default::default())
                    .unwrap_or_else(|error| panic!("{about}: {error}"));
                for (body, expected) in PAGES.iter().zip(&expected) {
                    assert_eq!(values(&mut converter, body).as_ref(), Ok(expected), "{about}:\n{text}");
                }
            }
        }
    });
}

/// When this fails, Boa has become right about a form: take what meets it out of `rewrite`, and its line out of ADR 0053.
#[test]
fn the_engine_is_still_wrong_about_them() {
    with_stack(|| {
        let right = programs().into_iter().filter(|(_, is_wrong, ..)| *is_wrong).step_by(super::all_or(5, 1));
        let right = right.filter(|(_, _, text, expected)| {
            PAGES
                .iter()
                .zip(expected)
                .all(|(body, expected)| of_engine(text, body).as_ref() == Some(expected))
        });
        let right: Vec<_> = right.map(|(about, _, text, _)| format!("{about}:\n{text}")).collect();
        assert!(right.is_empty(), "Boa is right about these now; see ADR 0053:\n{}", right.join("\n"));
    });
}

/// What Boa as it comes gives; `None` if it fails.
fn of_engine(text: &str, body: &str) -> Option<Vec<String>> {
    let run = || {
        let mut context = Context::default();
        context.runtime_limits_mut().set_loop_iteration_limit(10_000);
        context.eval(Source::from_bytes(text)).ok()?;
        let read = "json => Promise.resolve(convert(json)).then(rows => { globalThis.found = rows.map(row => row.v) })";
        let read = context.eval(Source::from_bytes(read)).ok()?.as_callable()?;
        read.call(&JsValue::undefined(), &[JsString::from(body).into()], &mut context).ok()?;
        context.run_jobs().ok()?;
        let found = context.eval(Source::from_bytes("JSON.stringify(found)")).ok()?;
        serde_json::from_str(&found.as_string()?.to_std_string_lossy()).ok()
    };
    catch_unwind(AssertUnwindSafe(run)).ok().flatten()
}

/// That a converter with this body is refused, with a place and the way to write it.
fn refused(body: &str, message: &str) {
    let text = format!("function convert(json) {{\n  {body}\n}}");
    let error = error(&text, "[1, 2, 3]");
    assert!(error.starts_with(message), "{body}\n{error}");
    assert!(error.contains("--> converters/test.js:"), "{error}");
    let is_of_language = message.starts_with("syntax error: ");
    assert!(is_of_language || error.contains("= help: "), "{error}");
}

/// What no other words express ends before the first page, with its place and the way to write it.
#[test]
fn what_cannot_be_right_is_refused() {
    let check = refused;
    let declared = |name: &str| format!("syntax error: Identifier '{name}' has already been declared");
    check("const rows = JSON.parse(json); const rows = rows.map(x => x); return rows", &declared("rows"));
    check("let a; { let a } let a", &declared("a"));
    check("const a = 1; { var a }", &declared("a"));
    check("var a; let a = 1", &declared("a"));
    check("function a() {} let a", &declared("a"));
    check("let f; function f() {}", &declared("f"));
    check("class A {} const A = 1", &declared("A"));
    check("return JSON.parse(json).map(r => { let r = 1; return r })", &declared("r"));
    check("return JSON.parse(json).map(function ({ a, b: [c] }) { const c = 1 })", &declared("c"));
    check("for (const x of []) { var x }", &declared("x"));
    check("let { a }; return a", "syntax error: Missing initializer in destructuring declaration");
    check("const f = ([b, b]) => b", "syntax error: Duplicate parameter name not allowed in this context");
    check("let { ...rest, b } = {}", "syntax error: Rest element must be last element");
    check("({ ...json, b } = {})", "syntax error: Rest element must be last element");
    check("y = 1; let y = 2", "Cannot access 'y' before initialization");
    check("let x = ([x] = [1])", "Cannot access 'x' before initialization");
    check("for (q of [1]) {} const q = 1", "Cannot access 'q' before initialization");
    check(
        "switch (json) { case 1: let a = 1; break; case 2: return [a] }",
        "`a` is declared in another `case`",
    );
    check(
        "function f(a, b = () => a) { var a = 5 }",
        "the engine cannot have a variable `a` besides the parameter `a`",
    );
    let two = "the engine cannot leave two `try` with `finally` by jumps to different places";
    check(
        "for (const v of [1, 2, 3]) { try { try { if (v === 2) continue; if (v === 3) return 'r' } finally {} } finally {} }",
        two,
    );
    check("a: for (;;) for (;;) { try { try { if (json) continue a; break } finally {} } finally {} }", two);
    let inner = "the engine cannot jump out of a `finally` that stands in another `finally`";
    check("try { return 1 } finally { x: try { return 2 } finally { break x } }", inner);
    check("try { return 1 } finally { for (;;) { try { return 2 } finally { break } } }", inner);
    let delegates = "the engine cannot leave `yield*` through a `finally` that has a `catch`";
    check("function* g() { try { yield* json } finally { try { g.x.y } catch {} } }", delegates);
    let rest = "the engine cannot put the rest beside computed keys into a member";
    check("const o = {}; let a; return ({ [json]: a, ...o.rest } = {})", rest);
    check("const o = {}; ({ ['a']: o.a, ...o().rest } = json); return o.rest", rest);
    check("for ({ [json]: json.a, ...json.b } of []);", rest);
    check("class A { f(k) { return super[k]++ } }", "the engine cannot count a member of `super`");
    check("const o = { x: 1 }, e = 5; o.x **= e", "the engine cannot compute `**=` of a member exactly");
}

/// The same of classes, imports, and targets of patterns.
#[test]
fn what_other_words_do_not_reach_is_refused() {
    let check = refused;
    let field =
        "the engine looks for `super` in another object where a field of a class has its initial value";
    check("class B { kind = super.kind ?? 'none' }", field);
    check("class A {} class B extends A { kind = (super.kind = 1) }", field);
    check("class A {} class B extends A { #all = [() => super.all?.()] }", field);
    let frozen = "the engine adds no private field to an object that a constructor has frozen";
    check("class A { constructor() { Object.freeze(this) } } class B extends A { #a = 1 }", frozen);
    let first = "the engine computes this after it has looked at the value";
    check("const o = () => ({}); ({ a: o().b } = json)", first);
    let stored = "the engine cannot store the function `h` of a block into the variable `h`";
    check("const f = (a = 1) => { var h; { function h() {} } return h }; return f()", stored);
    let taken = "the engine takes `h` for the function `h` of a block of this function";
    check("const h = 1; class A { f(a = 1) { { function h() {} } return h } }", taken);
    let waits = "the engine cannot have this function in a `case` that awaits";
    check("const f = async () => { switch (1) { case await { m(v) { return v } }: } }", waits);
    let import = "`import()` finds only modules that are imported at the top of the file";
    check("return import('./x.js')", import);
    check("return new Date?.(0)", "syntax error: Invalid optional chain from new expression");
}

/// What looks like the above and is right.
#[test]
fn what_is_right_is_not_refused() {
    for body in [
        "let a = 1; { let a = 2 } function f(a) { { let a } } var b; var b; return a",
        "function f() {} function f() {} var f; { function g() {} function g() {} }",
        "const f = function f(a) { var a; return a }; try {} catch (e) { var e } return f(1)",
        "const { a: b, c: { d = 5 } = {}, ...e } = {}; let [g, h = g] = [1]; return [b, d, e, h]",
        "switch (json) { case 1: { let a = 1; break } case 2: { let a = 2; return a } } let a",
        "switch (json) { case 1: let a = () => a; a(); break; case 2: const b = 1; return b }",
        "for (const v of []) { try { try { return v } finally {} } finally {} try { continue } finally {} }",
        "for (let i = 0, n = 3; i < n; i++) for (const i of []) { const n = 1 }",
        "const g = () => { x = 1 }; let x; g(); return x",
        "function f(a, b = 1) { let c = a; { let a = 2 } return c } return f(1)",
        "try { return [] } finally { for (const x of []) break }",
        "const o = {}, k = 'a'; let rest; ({ a: o.a, ...o.b } = {}); ({ [k]: o.c, ...rest } = {}); return rest",
        "class A { constructor() { Object.freeze(this) } } class B extends A { static #a = 1 } class C { #b = 1 }",
        "const o = {}; ({ a: o.b, c: o[json] } = {}); [o.c] = [1]; return new Date()?.getTime()",
        "class A { static x = 1 } class B extends A { static y = super.x; static = 1; f() { return super.f } o = { g() { return super.g } } }",
    ] {
        let text = format!("function convert(json) {{ {body} }}");
        Converter::new(&script(&text), Default::default(), Default::default())
            .unwrap_or_else(|error| panic!("{body}\n{error}"));
    }
}

/// The engine's words for both are the same.
#[test]
fn functions_whose_text_is_not_kept_are_told_so() {
    let code = "const a = x => `a${x}`, b = x => `a${x}b`; function convert() { return { a: String(b) } }";
    assert!(error(code, "").contains("TypeError: the text of this function is not kept"));
    let code = "const a = x => `a${x}`, b = x => `a${x}`; function convert() { return { a: String(b) } }";
    assert_eq!(json_rows(&convert(code, "").unwrap()), ["{a: \"x => `a${x}`\"}"]);
}

/// When this fails, take `default_async_arrows` and `unfinished_exports` out of `rewrite`.
#[test]
fn the_engine_still_refuses_exports() {
    for text in ["export default async x => x;", "let x; export { x }"] {
        let parsed = boa_engine::Module::parse(Source::from_bytes(text), None, &mut Context::default());
        assert!(parsed.is_err(), "{text}");
    }
}

/// Errors point at the author's text, also where the engine got another one.
#[test]
fn places_are_the_authors() {
    let check = |text: &str, place: &str| {
        let error = error(text, r#"[{"a": null}]"#);
        assert!(error.contains(&format!("--> converters/test.js:{place}")), "{place}\n{error}");
    };
    let before = "function convert(json) {\n  let s = '5'; const n = s++ + (2 ** s); for (const x of [1]) { a: { for (const y of [2]) break a } }\n";
    check(&format!("{before}  let p = 1; return [p - (p = 2), JSON.parse(json)[0].a.b] }}"), "3:35");
    check(
        &format!(
            "{before}  return JSON.parse(json).map(({{ a: {{ b }}, ...r }}) => ({{ n: s++ - json.nothing.x }})) }}"
        ),
        "3:32",
    );
    check(&format!("{before}  const t = `${{s}}${{s++}}`; throw new Error(t) }}"), "3:33");
    check("function convert(json) { let i = 1; i - (i = 2); const = 5 }", "1:56");
    check("let i = 1; i - (i = 2);\nthrow new Error('x')\nfunction convert() {}", "2:");
}

/// Of a script in quotation marks, whose escapes and joined lines shift its characters.
#[test]
fn places_are_those_of_the_yaml() {
    let check = |text: &str, written: &str, sign: &str| {
        let error = script(text).written_as(written).check().unwrap_err().to_string();
        let before = &written[..written.find(sign).unwrap()];
        let (line, column) =
            (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap().len() + 1);
        assert!(error.contains(&format!("--> converters/test.js:{line}:{column}\n")), "{error}");
    };
    let text = "function convert(json) {\n  return \"x\" + @;\n}";
    check(text, r#""function convert(json) {\n  return \"x\" + @;\n}""#, "@");
    let text = "function convert(json) { let a; let b = 'c'; let a }";
    check(text, "'function convert(json) {\n  let a; let b = ''c''; let a }'", "a }");
    check(text, ">-\n  function convert(json)\n  { let a; let b = 'c';\n  let a }\n", "a }");
}

/// The engine's text of a script stays its text where nothing is to be changed.
#[test]
fn other_scripts_stay_as_they_are() {
    let texts = [
        include_str!("../builtins/dates.js"),
        include_str!("../builtins/text.js"),
        "function convert(json) { return JSON.parse(json).issues.map(({ key, fields: { summary } }) => ({ key, summary })) }",
        "function convert(json) { let n = 0; const rows = []; for (const r of JSON.parse(json)) { rows[n++] = { id: n, r } } return rows }",
    ];
    for text in texts {
        let rewritten = crate::rewrite::rewrite(text, crate::syntax::Goal::Script).unwrap();
        assert_eq!(rewritten.code, text);
        assert_eq!(rewritten.map, None);
    }
}

/// Rows of three records of three pages, with what makes converters fast and without.
fn rows_of_pages(before: &str, map: &str, expected: [&str; 3]) {
    let bodies = [
        r#"[{"key":"A","id":1,"f":{"s":"x"},"assignee":{"name":"Ann"}},{"key":"B","id":2,"f":{"s":"y"}},{"key":"C","id":3}]"#,
        r#"[{"id":4,"key":"D","assignee":null},{"f":null,"key":"E","id":5},{"key":"F","id":6,"assignee":{"name":"Di"}}]"#,
        r#"[{"key":"G"},{"key":"H","id":8},{"key":"I","id":9,"f":{}}]"#,
    ];
    for extra in ["", "'' in {};"] {
        let text = format!(
            "{before}function convert(json) {{ {extra} return JSON.parse(json).map(r => {{ {map} }}) }}"
        );
        let mut converter = Converter::new(&script(&text), Default::default(), Default::default()).unwrap();
        for (body, expected) in bodies.iter().zip(expected) {
            let rows = json_rows(&converter.convert(&page(body)).unwrap()).concat();
            assert_eq!(rows, expected, "{text}");
        }
    }
}

/// A `var` that is read before it has its value is no column of the page.
#[test]
fn a_var_is_undefined_before_its_value() {
    rows_of_pages(
        "",
        "var label = name; var name = r.key; return { label: String(label), key: name }",
        [
            r#"{label: "undefined", key: "A"}{label: "undefined", key: "B"}{label: "undefined", key: "C"}"#,
            r#"{label: "undefined", key: "D"}{label: "undefined", key: "E"}{label: "undefined", key: "F"}"#,
            r#"{label: "undefined", key: "G"}{label: "undefined", key: "H"}{label: "undefined", key: "I"}"#,
        ],
    );
    rows_of_pages(
        "",
        "var s = st?.s, st = r.f; return { s: s, key: r.key, t: 'x' }",
        [
            r#"{s: null, key: "A", t: "x"}{s: null, key: "B", t: "x"}{s: null, key: "C", t: "x"}"#,
            r#"{s: null, key: "D", t: "x"}{s: null, key: "E", t: "x"}{s: null, key: "F", t: "x"}"#,
            r#"{s: null, key: "G", t: "x"}{s: null, key: "H", t: "x"}{s: null, key: "I", t: "x"}"#,
        ],
    );
    let fast = "function convert(json) { return JSON.parse(json).map(r => { var a = r.a; return { a } }) }";
    assert!(analysis::prove(&script(fast).parse().unwrap()).only_parses);
}

/// What divides and assigns in other words is as fast as before: the page is still only parsed, and columns keep their ways.
#[test]
fn other_words_keep_what_makes_converters_fast() {
    for map in [
        "({ q: r.a / r.b, s: r.s })",
        "{ let n = r.a; n /= r.b; return { n, s: f(r.a) / r.b } }",
        "{ let t; return { t: t ??= r.s } }",
    ] {
        let text = format!(
            "const f = a => a * 2; function convert(json) {{ return JSON.parse(json).map(r => {map}) }}"
        );
        assert!(analysis::prove(&script(&text).parse().unwrap()).only_parses, "{text}");
    }
}

#[test]
fn accessors_of_all_objects_are_asked_of_the_object() {
    rows_of_pages(
        "Object.defineProperty(Object.prototype, 'who', { get() { return this.assignee ? this.assignee.name : 'nobody' } });",
        "return { key: r.key, who: r.who }",
        [
            r#"{key: "A", who: "Ann"}{key: "B", who: "nobody"}{key: "C", who: "nobody"}"#,
            r#"{key: "D", who: "nobody"}{key: "E", who: "nobody"}{key: "F", who: "Di"}"#,
            r#"{key: "G", who: "nobody"}{key: "H", who: "nobody"}{key: "I", who: "nobody"}"#,
        ],
    );
    rows_of_pages(
        "Object.prototype.__defineSetter__('kk', function (v) { this.key = v + '!' });",
        "r.kk = r.key; return { key: r.key, kk: r.kk ?? 'none' }",
        [
            r#"{key: "A!", kk: "none"}{key: "B!", kk: "none"}{key: "C!", kk: "none"}"#,
            r#"{key: "D!", kk: "none"}{key: "E!", kk: "none"}{key: "F!", kk: "none"}"#,
            r#"{key: "G!", kk: "none"}{key: "H!", kk: "none"}{key: "I!", kk: "none"}"#,
        ],
    );
    rows_of_pages(
        "Object.defineProperty(Object.prototype, 'fix', { value: 1 });",
        "r.fix = r.key; return { key: r.key, fix: r.fix }",
        [
            r#"{key: "A", fix: 1}{key: "B", fix: 1}{key: "C", fix: 1}"#,
            r#"{key: "D", fix: 1}{key: "E", fix: 1}{key: "F", fix: 1}"#,
            r#"{key: "G", fix: 1}{key: "H", fix: 1}{key: "I", fix: 1}"#,
        ],
    );
}

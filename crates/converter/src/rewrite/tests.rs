//! What becomes of each form.

use super::*;

fn check(text: &str, expected: &str) {
    let rewritten =
        rewrite(text, Goal::Script).unwrap_or_else(|refusal| panic!("{text}\n{}", refusal.message));
    assert_eq!(rewritten.code, expected, "{text}");
}

fn stays(text: &str) {
    check(text, text);
}

#[test]
fn operands_that_the_right_side_changes_are_copied() {
    check("a - (a = b)", "(a) - (a = b)");
    check("f(p !== (p = r.s))", "f((p) !== (p = r.s))");
    check("i + a[i++]", "(i) + a[i++]");
    check("a < ([a] = b) + a", "(a) < ([a] = b) + a");
    stays("a + (() => a = 1)() + b");
    stays("o.a + (o.a = 1)");
    stays("a && (a = 1)");
    stays("a + (b = a)");
}

#[test]
fn what_is_counted_is_a_number() {
    let counted = "(typeof n === 'number' ? n++ : (n = - -n, n++))";
    check("let n = x; y = n++", &format!("let n = x; y = {counted}"));
    check("function f(n) { return n++ }", &format!("function f(n) {{ return {counted} }}"));
    check("var n; y = n++; var n = 0", &format!("var n; y = {counted}; var n = 0"));
    stays("let n = x; n++; for (;; n++, n--);");
    stays("let n = 0; y = n++; n += 2; n = -n");
    stays("let n = '1'; y = () => m++; y = ++n; o.n++");
}

#[test]
fn values_of_templates_become_texts_in_order() {
    check("`${a}${f()}`", "`${`${a}`}${f()}`");
    stays("`${a}${b}`");
    stays("`${a.toFixed(2)} ${f()} ${a + 1}`");
    stays("`${1}${'x'}${`${a}`}${f()}`");
    stays("tag`${a}${f()}`");
}

#[test]
fn powers_are_those_of_math() {
    check("10 ** n", "Math.pow(10 , n)");
    check("5 ** 3 ** /* ** */ m", "Math.pow(5 , Math.pow(3 , /* ** */ m))");
    check("let x; x **= 3", "let x; x = Math.pow(x, 3)");
    stays("n ** 2");
    assert!(rewrite("a ** b", Goal::Script).unwrap().code.ends_with("$pPower(a , b)"));
    assert!(rewrite("let Math; 2 ** b", Goal::Script).unwrap().code.ends_with("$pPower(2 , b)"));
}

#[test]
fn logical_assignments_of_variables_are_assignments() {
    check("x = y ??= z", "x = y ?? (y = z)");
    check("x += (y /* ||= */ ||= () => 1) * a", "x += (y /* ||= */ || (y = () => 1)) * a");
    check("f(a &&= b ??= c)", "f(a && (a = b ?? (b = c)))");
    check("({ a = b ||= c } = (d) ??= e)", "({ a = b || (b = c) } = (d) ?? ((d) = e))");
    check("n = () => m ??= /a/", "n = () => m ?? (m = /a/)");
    check("a ??= b", "a ?? (a = b)");
    stays("o.a ??= o[b] ||= this.c &&= x = 1");
    let needed = |text| rewrite(text, Goal::Script).unwrap().is_needed;
    assert!(needed("x = y ??= z") && needed("f(y ??= z)"));
    assert!(!needed("y ??= z; { w ||= 1 }"));
}

#[test]
fn quotients_of_zero_have_their_sign() {
    let q = "function $pQuotient(a,b){const q=a/b;return q===0&&typeof a==='number'&&typeof b==='number'&&b<0&&1/a>0?-0:q} ";
    check("x = a / b", "x = (a / b || (a === 0 && b < 0 && 1 / a > 0 ? -0 : a / b))");
    check("x-a * 2/o.b", "x-(a * 2/o.b || (a * 2 === 0 && o.b < 0 && 1 / (a * 2) > 0 ? -0 : a * 2 / o.b))");
    check("f(a() / -b)", &format!("{q}f($pQuotient(a() , -b))"));
    check(
        "x /= y / z",
        &format!("{q}x = $pQuotient(x, (y / z || (y === 0 && z < 0 && 1 / y > 0 ? -0 : y / z)))"),
    );
    check("this.a.b /= c", &format!("{q}this.a.b = $pQuotient(this.a['b'], c)"));
    check("o[k] /= f()", &format!("{q}o[k] = $pQuotient(o[k], f())"));
    check("x = { valueOf() {} } / y", &format!("{q}x = $pQuotient({{ valueOf() {{}} }} , y)"));
    check("x\ny / z > 1 && f()", &format!("{q}x\n$pQuotient(y , z) > 1 && f()"));
    stays(
        "x = a / 100; y = 1_000 / b; const DAY = 24 * 60 * 60; z = t / DAY; n /= DAY; f() / l.length; o.n /= 2",
    );
    stays("f('abc' / () => 1)");
    assert!(!rewrite("x = a / b; x /= f()", Goal::Script).unwrap().is_needed);
    assert!(rewrite("let D = 2; x = a / D", Goal::Script).unwrap().code.contains("-0"));
}

#[test]
fn statements_stay_apart() {
    check("x\na - (a = b)", "x\n;(a) - (a = b)");
    check("x;\na - (a = b)", "x;\n(a) - (a = b)");
    check("if (x)\na - (a = b)", "if (x)\n(a) - (a = b)");
    check("switch (x) { case 1: f()\nasync(1) }", "switch (x) { case 1: f()\n;(async)(1) }");
}

/// Expressions that get other words; `□` stands for another one.
const EXPRESSIONS: [&str; 19] = [
    "z = n++",
    "q - (q = □)",
    "□ - (q = 1)",
    "`${q}${□}`",
    "`${□}${f()}`",
    "2.5 ** □",
    "w **= □",
    "w ??= □",
    "q / □",
    "w /= □",
    "async(□)",
    "() => { try { return □ } finally { try { f() } catch {} } }",
    "[{ a: { b }, ...c } = □]",
    "({ [k]: w = □ } = □)",
    "(({ [k]: v = □ }) => v)(□)",
    "({ nope: w = □ } = o.r)",
    "() => { switch (1) { case [1].some(v => □): f() } }",
    "() => { for (const x of [1]) { try { for (const y in □) f(y) } catch {} } }",
    "/\\w/i.test(□)",
];

/// What makes other words necessary in all the script.
const BEFORE: [&str; 2] = ["", "o = { get l() { return this.a } }; delete o.r;"];

#[test]
fn other_words_go_into_one_another() {
    for before in BEFORE {
        for outer in EXPRESSIONS {
            for inner in EXPRESSIONS {
                // The last one has all of the others' forms in it.
                let innermost = ["q - (q = n++)", "q", "f(o.a)", "(n++)"];
                for innermost in innermost.into_iter().take(crate::tests::all_or(1, 4)) {
                    let inner = inner.replace('□', innermost);
                    let text = outer.replace('□', &format!("({inner})"));
                    let text = format!("var q = 1, n, w, o, f, z, k, c, b; {before} f(({text}))\nq");
                    let rewritten = rewrite(&text, Goal::Script).unwrap_or_else(|refusal| {
                        panic!("{text}\n{}", refusal.message);
                    });
                    let read = syntax::parse(&rewritten.code, Goal::Script);
                    assert!(read.is_ok(), "{text}\n{}\n{read:?}", rewritten.code);
                }
            }
        }
    }
}

#[test]
fn what_a_finally_may_forget_is_kept() {
    check(
        "try { a() } catch (e) { b(e) } finally { c() }",
        "try { try { a() } catch (e) { b(e) } } finally { c() }",
    );
    check(
        "function f() { try { return a } finally { try { b() } catch {} } }",
        "function f() { try { return $p1 = (0, a), $p2 = true, $p1 } finally { \
         var $p1, $p2; const $p3 = $p1, $p4 = $p2; $p2 = false; try { b() } catch {} \
         ; if ($p4) return $p2 = true, $p1 = $p3; } }",
    );
    stays("try { a() } catch {} finally { try { b() } catch {} }");
    stays("function f() { try { return a } finally { b(() => { try { c() } catch {} }) } }");
    stays("function f() { try { a() } finally { try { b() } catch { return c } } return d }");
    stays("function f() { try { a(() => { return b }) } finally { try { b() } catch {} } }");
}

#[test]
fn labels_are_left_by_continue() {
    check(
        "a: { for (x of y) { if (x) break a } }",
        "$p1: do { a: { for (x of y) { if (x) continue $p1 } } } while (0);",
    );
    check(
        "for (q of r) { a: { for (x of y) break a; if (q) continue; break } }",
        "$p2: for (q of r) { $p1: do { a: { for (x of y) continue $p1; if (q) continue $p2; break $p2 } } while (0); }",
    );
    check("a: b: for (;;) continue a", "a: b: for (;;) continue b");
    stays("a: for (x of y) { for (z of y) continue a; while (1) break a }");
    stays("a: { break a } a: for (;;) for (;;) break a");
}

#[test]
fn functions_in_cases_declare_nothing_outside() {
    check(
        "switch (1) { case a.some(v => v): b }",
        "switch (1) { case (() => { return (a.some(v => v)) })(): b }",
    );
    check(
        "async () => { switch (1) { case await a(v => v): b } }",
        "async () => { switch (1) { case await a((() => { return (v => v) })()): b } }",
    );
    stays("switch (a.map(v => v)) { case a.some(() => 1): b.map(v => v) }");
    assert!(rewrite("async () => { switch (1) { case await { f(v) {} }: } }", Goal::Script).is_err());
}

#[test]
fn functions_of_blocks_are_variables_of_functions_with_defaults() {
    check(
        "function f(a = 1) { if (a) { function g() {} } else function g() {} return g }",
        "function f(a = 1) { let g, $p1 = f => { g = f }; if (a) { function g() {} $p1(g); } else { function g() {} $p1(g); } \
         return g }",
    );
    check(
        "f => { { function g() {} } { let g; { function g() {} } } }",
        "f => { let g, $p1 = f => { g = f }; { function g() {} $p1(g); } { let g; { function g() {} } } }",
    );
    check(
        "class A { m(a) { { function g() {} } return g } }",
        "class A { m(a) { 'use strict'; { function g() {} } return g } }",
    );
    stays("function f(a) { { function g() {} } }");
    stays("function f(a = 1, g) { { function g() {} } { async function h() {} } function i() {} }");
    stays("'use strict'; function f(a = 1) { { function g() {} } }");
    stays("function f(a = 1) { { let g; { function g() {} } } for (let h of a) { function h() {} } }");
    stays("class A { m(a = 1) { { function g() {} g() } } }");
    for refused in [
        "function f(a = 1) { var g; { function g() {} } }",
        "class A { m(a = 1) { { function g() {} } return g } }",
    ] {
        assert!(rewrite(refused, Goal::Script).is_err(), "{refused}");
    }
}

#[test]
fn names_are_iterated_where_a_loop_around_closes() {
    check(
        "function* g() { try { yield } finally {} } for (x of g()) for (y in z) f()",
        "function $pKeys(o){const k=[];for(const x in o)k.push(x);return k} function* g() { try { yield } finally {} } \
         for (x of g()) for (y of $pKeys((z))) f()",
    );
    let keys = |text: &str| {
        let text = format!("for (x of a) try {{ for (y in z) {{ {text} }} }} catch {{}}");
        let code = rewrite(&text, Goal::Script).unwrap().code;
        code.contains("of $pKeysLeft((z))")
    };
    for text in [
        "z.pop()",
        "z['shift']()",
        "z.splice(y, 1)",
        "z.length--",
        "z.length = 1",
        "[z.length] = [1]",
        "z[m]()",
        "delete z[y]",
        "Reflect.set(z, 'length', 0)",
    ] {
        assert!(keys(text), "{text}");
    }
    assert!(!keys("f(z[y], z.length, y)"));
    stays("for (x of g()) for (y in z) f()");
}

#[test]
fn patterns_with_rest_keep_members_apart() {
    check(r"let { a: { b }, ...c } = d", r"let { a: $p1, '\0\0': { b } = $p1, ...c } = d");
    check(
        r"({ a: { b } = e, ...c }) => 1",
        r"({ a: $p1, '\0\0': { b } = $p1 === undefined ? e : $p1, ...c }) => 1",
    );
    check(r"({ a: [b], ...c } = d)", r"var $p1; ({ a: $p1, '\0\0': [b] = $p1, ...c } = d)");
    check(r"({ [k]: n = 1 }) => n", r"({ [k]: $p1, '\0\0': n = $p1 === undefined ? 1 : $p1 }) => n");
    check("({ [k]: { n } }) => n", "({ [k]: { n } = undefined }) => n");
    stays("let { a, b: c, ...d } = e, { a: { b } } = e, { [k]: f = 1 } = e");
}

#[test]
fn iterators_of_a_script_stay_done() {
    let it = "o = { next() {} }; ";
    let made = |text: &str, expected: &str| check(&format!("{it}{text}"), &format!("{it}{expected}"));
    made("const [a, b] = i", r"const {'\0[]':[a, b]} = i");
    made("[a, ...b] = i", r"({'\0[]':[a, ...b]} = i)");
    made("x = () => [a, , b] = i", r"x = () => ({'\0[]':[a, , b]} = i)");
    made("f = ([[a, b], c] = []) => c", r"f = ({'\0[]':[{'\0[]':[a, b]}, c]} = []) => c");
    made("for (const [a, b] of i);", r"for (const {'\0[]':[a, b]} of i);");
    made("try {} catch ([a, b]) {}", r"try {} catch ({'\0[]':[a, b]}) {}");
    // One item is asked for once.
    made("const [a] = i, [...b] = i, c = [1, 2], [] = i", "const [a] = i, [...b] = i, c = [1, 2], [] = i");
    for makes in
        ["o.next = f", "o['next'] = f", "class A { next = f }", "next = 1; o = { next }", "new Proxy(o, {})"]
    {
        let rewritten = rewrite(&format!("{makes}; [a, b] = i"), Goal::Script).unwrap();
        assert!(rewritten.code.contains(TAKEN_APART), "{makes}");
    }
    stays("i.next(); const [a, b] = i.next; function* g() {}");
    // What a module is given may come from another file, unless there is none.
    let is_changed = |text: &str| rewrite(text, Goal::Module).unwrap().code.contains(TAKEN_APART);
    assert!(is_changed("export const f = ([a, b]) => a;"));
    assert!(is_changed("import { f } from './f.js'; export const convert = j => { const [a, b] = f(j) };"));
    assert!(!is_changed("export function convert(json) { const [a, b] = JSON.parse(json); }"));
}

#[test]
fn rest_goes_into_a_member_beside_keys_that_are_looked_up() {
    let changes = "class A { get b() { delete c['d'] } } ";
    let made = |text: &str, expected: &str| {
        check(&format!("{changes}{text}"), &format!("var $p1; {changes}{expected}"));
    };
    made("({ k, ...o.rest } = r)", "({ ['k']: k, ...$p1 } = r, o['rest'] = $p1)");
    check(&format!("{changes}f({{ ...o.rest }} = r)"), &format!("{changes}f({{ ...o['rest'] }} = r)"));
    let refusal = rewrite(&format!("{changes}f({{ k, ...o.rest }} = r)"), Goal::Script).unwrap_err();
    assert!(refusal.message.contains("getters"), "{}", refusal.message);
}

#[test]
fn members_are_looked_up_where_objects_change() {
    check(
        "o = { get a() { delete this.b } }\no\n.a?.b",
        "o = { get a() { delete this['b'] } }\no\n['a']?.['b']",
    );
    stays("delete row.x; row.y");
    stays("o = { get a() { return this.b } }; o.a");
    stays("o = Object.create(null); delete o.x; o.y");
}

#[test]
fn lengths_are_looked_up_where_they_are_set() {
    check("a.length = 0", "a['length'] = 0");
    check(
        "a.b\n.length--; [a.length, { c: d.length }] = e",
        "a.b\n['length']--; [a['length'], { c: d['length'] }] = e",
    );
    check("for (a.length of b);", "for (a['length'] of b);");
    stays("a = b.length; a[b.length] = c.length; a.lengths = 0; f(a).length");
}

#[test]
fn patterns_are_what_the_engine_reads_rightly() {
    check(r"/\w/gi; '/\w/i'", r"/(?-i:\w)/gi; '/\w/i'");
    let patterns = rewrite(r"/[\W]/iu", Goal::Script).unwrap().patterns;
    assert_eq!(patterns[0].author, r"[\W]");
}

#[test]
fn a_script_may_begin_with_a_comment() {
    check("--> x\na", "//  x\na");
    stays("a --> b");
}

#[test]
fn names_of_the_script_are_not_taken() {
    let code = rewrite("let $p1 = 5; for (;;) { ({ a: { b }, ...c } = d) }", Goal::Script).unwrap().code;
    assert!(code.starts_with("var $p_1; let $p1 = 5;"), "{code}");
    let code = rewrite("'use strict'; ({ a: { b }, ...c } = d)", Goal::Script).unwrap().code;
    assert!(code.starts_with("'use strict'; var $p1; "), "{code}");
}

#[test]
fn places_lead_back() {
    let text = "x = a - (a = 1);\ny = z";
    let rewritten = rewrite(text, Goal::Script).unwrap();
    let map = rewritten.map.unwrap();
    for (at, c) in rewritten.code.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        assert_eq!(text[map.origin(at)..].chars().next(), Some(c));
    }
    let end = rewritten.code.find(';').unwrap();
    assert_eq!(map.origin_of_end(end), text.find(';').unwrap());
}

#[test]
fn initial_values_that_change_their_class_stand_in_methods() {
    check(
        "class A { static n = 0; a = 1; no = ++A.n; b\n c = this.no }",
        "class A { static n = 0; a = 1; no ;#$p1(){this.#$p2();this.#$p3();return this}\
         constructor(){this.#$p1()}#$p2(){this.no=( ++A.n)}; b\n c ;#$p3(){this.c=( this.no)} }",
    );
    check(
        "class A extends B { #no = A.n++; constructor(x) { super(x) } }",
        "class A extends B { #no ;#$p1(){this.#$p2();return this}#$p2(){this.#no=( A.n++)}; \
         constructor(x) { (super(x),this.#$p1()) } }",
    );
    check(
        "class A { 'n o' = f(A); constructor() { g() } }",
        "class A { 'n o' ;#$p1(){this.#$p2();return this}#$p2(){this['n o']=( f(A))}; \
         constructor() {this.#$p1(); g() } }",
    );
    stays("class A { static n = 0; id = f(A.n); list = new Map(); constructor() { g() } }");
    stays("class A { static n = 0; id = 1; f = () => A.n++; constructor() { A.n++ } }");
    stays("class A { [k] = f(); b = g() } A.n = 1");
    let refusal = rewrite("class A { [k] = A.n++ }", Goal::Script).unwrap_err();
    assert!(refusal.message.contains("the name of one is computed"), "{}", refusal.message);
    let refusal = rewrite("class A { id = A.n++; constructor(a = this.id) {} }", Goal::Script).unwrap_err();
    assert!(refusal.message.contains("the parameters of the constructor"), "{}", refusal.message);
}

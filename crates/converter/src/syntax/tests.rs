use super::*;

fn shape(text: &str, node: &Node) -> String {
    if node.children.is_empty() {
        return format!("{:?}:{}", node.kind, node.text(text));
    }
    let children: Vec<_> = node.children.iter().map(|child| shape(text, child)).collect();
    format!("{:?}({})", node.kind, children.join(" "))
}

#[test]
fn scripts_are_read() {
    for text in [
        "a?.5:b; x = a ? b : c; f(a)?.b?.[c]?.(d)",
        "for (const {a, b: [c = 1, ...d], ...e} of x) { if (a) break; else continue }",
        "l: for (;;) { continue l }",
        "do x++; while (x < 5) y()",
        "const f = async ({a}, [b] = [], ...c) => { await a }, g = x => ({x}), h = async x => x, i = () => {}\n(1)",
        "a = b\n++c",
        "`a${`b${c}`}d` + x / y / z + /[/]\\//g.test(`}`)",
        "class A extends (B, C) { static #p = 1; get x() { return this.#p } static { y } async *m() {} 'q' = 5; static = 3\nget\nz(){} }",
        "var o = { get, set: 1, async, get a() { return 1 }, async *[b]() {}, 'c': 2, 3: 4, ...d, e() {}, get: 1, static: 2 }",
        "({ a = 1, b: { c } = {}, ...d } = e)",
        "switch (a) { case 1: case 2: b(); break; default: c() }",
        "try { a } catch { b } finally { c }",
        "function* g() { yield; const x = yield a; yield* b; return [yield, yield x] }",
        "let await_ = 1; var let_, async, of; async = of; for (async of => 1;;) break; for (let of of of) ;",
        "x = a ** (-b) ** c; y = (-a) ** b; z = a ?? (b || c)",
        "if (a) function f() {} \n<!-- comment\n--> comment\nnew new A(b)(c).d; new.target",
        "x = typeof a in b, y = !a instanceof b",
        "yield = await; await: for (;;) break await; let\nx",
        "a\n/b/g\nif (a) /b/.test(c)",
        "var \\u0061b = 'q\\\n', ünï = 1, 日本 = 2; x = .5.toFixed() + 1..toString() + 0x1F + 1_000n + 1e-5",
        "return_ = function () { return\n1 }; a = b\n?.c",
        "async function f() { for await (const x of y) await x; const { a = await b } = c }",
        "label: { break label }\n{}\n/a/",
    ] {
        if let Err(error) = parse(text, Goal::Script) {
            panic!("{text}\n{}", error.message);
        }
    }
    assert!(parse("import a, { b as c, default as d } from 'x'; import * as e from \"y\"; export { a as default }; export * from 'z'; export default class {}; export const q = 1; export default async () => {}\nimport('x'); await 5", Goal::Module).is_ok());
}

#[test]
fn what_is_no_script_is_told_in_the_words_of_v8() {
    let check = |text: &str, expected: &str| {
        let error = parse(text, Goal::Script).expect_err(text);
        assert_eq!(format!("{}: {}", error.at, error.message), expected, "{text}");
    };
    check("var a = ;", "8: Unexpected token ';'");
    check("f(", "2: Unexpected end of input");
    check("1 = 2", "0: Invalid left-hand side in assignment");
    check("a b", "2: Unexpected identifier 'b'");
    check("`abc", "0: Unterminated template literal");
    check("x = /abc", "4: Invalid regular expression: missing /");
    check("if (a) else b", "7: Unexpected token 'else'");
    check("({ ...rest, b } =) => 1", "17: Unexpected token ')'");
}

#[test]
fn the_tree_says_what_is_what() {
    let text = "a = b + (c, d)[e].f?.(...g)";
    let tree = parse(text, Goal::Script).unwrap();
    assert_eq!(
        shape(text, &tree),
        "Program(Expression(Assign(\"=\")(Name:a Binary(\"+\")(Name:b Call { is_optional: true }(Member { is_optional: \
         false }(Index { is_optional: false }(Parenthesized(Sequence(Name:c Name:d)) Name:e) MemberName:f) \
         Spread(Name:g))))))"
    );
    let text = "({a: [b = 1], ...c}) => d";
    let tree = parse(text, Goal::Script).unwrap();
    assert_eq!(
        shape(text, &tree),
        "Program(Expression(Function(Function { is_arrow: true, is_async: false, is_generator: false, is_declaration: \
         false })(Nothing: Parameters(Object(Property(MemberName:a Array(Assign(\"=\")(Name:b Number:1))) \
         Spread(Name:c))) Name:d)))"
    );
}

//! Limits end a page, never the process.

use super::*;
use crate::Limit;

fn limited(code: &str, limits: ConverterLimits) -> ConverterError {
    let mut converter = Converter::new(&script(code), Default::default(), limits).unwrap();
    converter.convert(&page("")).unwrap_err()
}

#[test]
fn limits_have_names() {
    let recursion = ConverterLimits { max_recursion: 50, ..ConverterLimits::default() };
    let loops = ConverterLimits { max_loop_iterations: 1000, ..ConverterLimits::default() };
    let stack = ConverterLimits { max_stack_values: 2000, ..ConverterLimits::default() };
    let errors = [
        limited(
            "function visit(node) {\n  return visit(node.parent);\n}\nfunction convert() {\n  const a = {};\n  a.parent = a;\n  return visit(a);\n}\n",
            recursion,
        ),
        limited("function convert() {\n  for (;;) {}\n}\n", loops),
        limited("function convert() {\n  return ((...all) => all)(...new Array(3000));\n}\n", stack),
    ];
    let expected = [Limit::Recursion, Limit::LoopIterations, Limit::Stack];
    for (error, expected) in errors.iter().zip(expected) {
        assert!(matches!(error, ConverterError::Limit(_, limit, _) if *limit == expected), "{error:?}");
    }
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n\n"));
}

#[test]
fn catch_does_not_stop_a_limit() {
    let loops = ConverterLimits { max_loop_iterations: 1000, ..ConverterLimits::default() };
    let error = limited(
        "function convert() { try { for (;;) {} } catch { return [] } finally { return [] } }",
        loops,
    );
    assert!(matches!(error, ConverterError::Limit(..)), "{error:?}");
}

#[test]
fn the_default_recursion_fits_the_documented_stack() {
    let greedy = [
        "function f() { [1].map(f) } convert = f",
        "function f() { return { get a() { return f().a } } } convert = () => [f()]",
        "function f() { return new Proxy({}, { get: (t, k) => f()[k] }) } convert = () => f().a",
        "function f() { 'a'.replace(/a/g, f) } convert = f",
        "class A { constructor() { new A() } } convert = () => new A()",
        "function f() { [2, 1].sort(f) } convert = f",
        "function f() { eval('f()') } convert = f",
        "function f() { return `${{ toString: f }}` } convert = f",
        "function f() { JSON.parse('[1]', f) } convert = f",
        "function f() { JSON.stringify({ toJSON: f }) } convert = f",
        "function* g() { yield* g() } convert = g",
        "async function f() { await f() } convert = f",
        "function f() { Reflect.construct(f, []) } convert = f",
        "function f() { return Object.fromEntries({ [Symbol.iterator]: f }) } convert = f",
    ];
    for code in greedy {
        let run = move || limited(code, ConverterLimits::default()).to_string();
        let thread = std::thread::Builder::new().stack_size(Converter::THREAD_STACK).spawn(run).unwrap();
        let text = thread.join().unwrap();
        assert!(text.contains("calls are nested more than 1000 deep"), "{code}: {text}");
    }
}

#[test]
fn there_is_no_way_out() {
    let names =
        ["fetch", "require", "process", "setTimeout", "Atomics", "Deno", "WebAssembly", "importScripts"];
    let code = format!(
        "function convert() {{ return [{}].filter(name => name in globalThis).map(name => ({{ name }})) }}",
        names.map(|name| format!("'{name}'")).join(", ")
    );
    assert_eq!(json_rows(&convert(&code, "").unwrap()), Vec::<String>::new());
}

/// A page that takes too long says what in the script may be slow.
#[test]
fn slow_forms_are_named_where_time_is_up() {
    let help = |code: &str| {
        ConverterError::timed_out(&script(code), 0, std::time::Duration::from_secs(30)).to_string()
    };
    let found =
        help("function convert() { const q = []; for (;;) { q.unshift(1); delete q[0]; cache.delete(q) } }");
    assert!(
        found.contains("is `delete`, `unshift`, `delete()` in a loop over tens of thousands?"),
        "{found}"
    );
    let found = help("function convert() { while (q.length) q.splice(1, 1), q.shift() }");
    assert!(found.contains("is `splice`, `shift` in a loop"), "{found}");
    assert!(!help("function convert() { for (;;) q.push(shift, deleted) }").contains("tens of thousands"));
}

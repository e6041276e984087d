//! Scripts that are nested without end: an error with its place, whatever stack the caller has.

use super::*;

/// Ways to nest code: what is repeated before, what stands inside, what is repeated after.
const NESTED: &[(&str, &str, &str)] = &[
    ("[", "", "]"),
    ("(", "1", ")"),
    ("({a:", "1", "})"),
    ("x[", "1", "]"),
    ("f(", "1", ")"),
    ("new F(", "", ")"),
    ("new ", "F", ""),
    ("import(", "'./a.js'", ")"),
    ("`${", "1", "}`"),
    ("f`${", "1", "}`"),
    ("- ", "1", ""),
    ("typeof ", "1", ""),
    ("!", "1", ""),
    ("a=", "1", ""),
    ("a=>", "1", ""),
    ("async a=>", "1", ""),
    ("(a=", "1", ")=>1"),
    ("function f(){return ", "1", "}"),
    ("(function(){", "", "})()"),
    ("(class{m(){", "", "}})"),
    ("(class{static{", "", "}})"),
    ("(class extends ", "A", "{})"),
    ("(class{[", "1", "]=1})"),
    ("({[", "1", "]:1})"),
    ("({m(){", "", "}})"),
    ("({a=", "1", "}={})"),
    ("[...", "[]", "]"),
    ("{", "", "}"),
    ("if(a){", "", "}"),
    ("if(a)", ";", ""),
    ("if(a);else ", ";", ""),
    ("if(a);else{", ";", "}"),
    ("a?b:", "c", ""),
    ("a?", "b", ":c"),
    ("for(;;){", "", "}"),
    ("for(const x of y)", ";", ""),
    ("while(a)", ";", ""),
    ("do ", ";", " while(a);"),
    ("try{", "", "}finally{}"),
    ("try{}catch{", "", "}"),
    ("switch(a){case 1:", "", "}"),
    ("with(a)", ";", ""),
    ("a:", ";", ""),
    ("1+", "1", ""),
    ("1**", "1", ""),
    ("a&&", "b", ""),
    ("a??", "b", ""),
    ("a.", "b", ""),
    ("a", "", "?.b"),
    ("a", "", "[0]"),
    ("a", "", "()"),
    ("a", "", "``"),
    ("\"x\"+", "\"y\"", ""),
    ("(a.b+", "c", ")*2"),
    ("a?b?", "c", ":d:e"),
    ("x[y(", "1", ")+z]"),
];

/// In texts of patterns, which the engine reads on its own.
const PATTERNS: &[(&str, &str, &str)] = &[
    ("(", "", ")"),
    ("(?<=", "", ")"),
    ("(?:a|", "", ")*"),
    ("[", "", "]"),
    ("a|", "b", ""),
    ("(?<a", "", ">a)"),
];

/// In a function that nobody calls.
fn nested((before, inside, after): (&str, &str, &str), n: usize) -> String {
    let (before, after) = (before.repeat(n), after.repeat(n));
    format!("function convert() {{ return [] }}\nfunction f(a, b) {{\n{before}{inside}{after}\n}}\n")
}

/// Reads it on a thread with little stack, as servers have many of.
fn read(text: &str) -> Result<Script, ConverterError> {
    let read = || {
        let origin = Origin { path: "deep.js".into(), line: 1, column: 1 };
        let script = Script::inline(text, origin).with_modules()?;
        script.check().map(|()| script)
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(128 << 10);
        thread.spawn_scoped(scope, read).unwrap().join().unwrap()
    })
}

#[test]
fn nesting_has_an_end_with_a_place() {
    for shape in NESTED.iter().step_by(super::all_or(4, 1)) {
        for module in ["", "export default 1;"].into_iter().take(if shape.0.len() < 3 { 2 } else { 1 }) {
            let text = nested(*shape, 11_000) + module;
            let error = read(&text).expect_err(shape.0).to_string();
            let first = error.lines().next().unwrap();
            assert!(first.contains(" more than "), "{shape:?}: {first}");
            assert!(error.contains("deep.js:3:") && error.contains("help: "), "{shape:?}: {first}");
            assert!(error.len() < 2_000, "{shape:?}: the line is cut: {}", error.len());
        }
    }
    for (before, inside, after) in PATTERNS.iter().step_by(super::all_or(4, 1)) {
        for n in [100, 3_000] {
            let (before, after) = (before.repeat(n), after.repeat(n));
            let pattern = format!("/{before}{inside}{after}/v");
            // It may be right, or none: what counts is that somebody is told.
            let _ = read(&nested((&pattern, "", ""), 1));
        }
    }
}

/// What is read runs too, and all threads that have to do with it have the room.
#[test]
fn all_that_is_read_can_be_run() {
    let shapes = [
        ("[", "", "]"),
        ("({a:", "1", "})"),
        ("({a=", "1", "}={})"),
        ("`${", "1", "}`"),
        ("(function(){", "", "})()"),
        ("if(a);else ", ";", ""),
        ("a?b:", "c", ""),
        ("try{", "", "}finally{}"),
        ("a??", "b", ""),
        ("\"x\"+", "\"y\"", ""),
        ("x[y(", "1", ")+z]"),
    ];
    for shape in shapes.into_iter().step_by(super::all_or(4, 1)) {
        let is_read = |n| syntax::parse(&nested(shape, n), syntax::Goal::Script).is_ok();
        let most = with_stack(|| {
            let (mut most, mut too_many) = (1, 20_000);
            while too_many - most > 1 {
                let middle = usize::midpoint(most, too_many);
                if is_read(middle) { most = middle } else { too_many = middle }
            }
            most
        });
        let script = read(&nested(shape, most)).unwrap_or_else(|error| panic!("{shape:?} {most}: {error}"));
        let new = || Converter::new(&script, Default::default(), ConverterLimits::default()).map(drop);
        with_stack(new).unwrap_or_else(|error| panic!("{shape:?} {most}: {error}"));
    }
}

/// A table of names, as programs write it.
#[test]
fn a_long_chain_is_a_script() {
    let links: String = (0..1_500).map(|n| format!("  else if (id === {n}) return 'name {n}';\n")).collect();
    let text = format!(
        "function name(id) {{\n  if (id < 0) return '';\n{links}}}\nfunction convert(json) {{ return [{{ n: name(JSON.parse(json)) }}] }}"
    );
    let script = read(&text).unwrap();
    let rows = with_stack(|| {
        let mut converter = Converter::new(&script, Default::default(), ConverterLimits::default())?;
        converter.convert(&page("1499")).map(|batch| json_rows(&batch))
    });
    assert_eq!(rows.unwrap(), ["{n: \"name 1499\"}"]);
}

/// Code that is made while a script runs has no more room than the script's own.
#[test]
fn code_made_at_run_time_is_nested_as_deep_at_most() {
    for make in ["eval(code)", "new Function(code)", "(0, eval)(code)", "Function('a', code)"] {
        for n in [200, 11_000] {
            let code = format!(
                "function convert() {{ const code = '['.repeat({n}) + ']'.repeat({n}); {make}; return [] }}"
            );
            let converted = with_stack(|| convert(&code, "").map(drop).map_err(|error| error.to_string()));
            match n {
                200 => converted.unwrap(),
                _ => assert!(converted.unwrap_err().contains("within each other"), "{make}"),
            }
        }
    }
}

//! `JSON.parse` as ECMA-262 §25.5.1 has it.

use std::path::Path;

use boa_engine::{JsString, JsValue, Source};

use super::*;
use crate::engine::Engine;

/// What an expression is, as `JSON.stringify` or `String` shows it; an exception by its name.
fn shown(expression: &str) -> String {
    let code = format!(
        "try {{ const value = ({expression}); JSON.stringify(value) ?? String(value) }} catch (e) {{ e.name + ': ' + e.message }}"
    );
    let mut engine = Engine::new(
        (&super::script(""), &ConverterLimits::default(), Default::default()),
        &crate::json::Objects::Whole,
    )
    .unwrap();
    let value = engine.context.eval(Source::from_bytes(&code)).unwrap();
    value.as_string().unwrap().to_std_string_lossy()
}

#[test]
fn texts_become_values() {
    let check = |expression: &str, expected: &str| assert_eq!(shown(expression), expected, "{expression}");
    check(
        r#"JSON.parse('{"a": [1, true, null, "x", {}], "b": []}')"#,
        r#"{"a":[1,true,null,"x",{}],"b":[]}"#,
    );
    check("JSON.parse(' 7 ')", "7");
    check("JSON.parse(7)", "7");
    check("JSON.parse({ toString: () => '[1]' })", "[1]");
    check("JSON.parse(null)", "null");
    check(r#"Object.keys(JSON.parse('{"b": 1, "2": 1, "a": 1, "1": 1, "b": 2}')).join()"#, r#""1,2,b,a""#);
    check(r#"JSON.parse('{"b": 1, "a": 1, "b": 2}')"#, r#"{"b":2,"a":1}"#);
    check(r#"JSON.parse('{"\\u0061": 1, "a": 2}')"#, r#"{"a":2}"#);
    check(r#"Object.getPrototypeOf(JSON.parse('{"__proto__": [1]}')) === Object.prototype"#, "true");
    check(r#"Object.entries(JSON.parse('{"__proto__": [1]}'))"#, r#"[["__proto__",[1]]]"#);
    check("Object.is(JSON.parse('-0'), -0)", "true");
    check("[JSON.parse('1e400'), JSON.parse('-1e400')].map(String)", r#"["Infinity","-Infinity"]"#);
    check("JSON.parse('12345678901234567890')", "12345678901234567000");
    check(r#"JSON.parse('"\\ud800"').charCodeAt(0)"#, "55296");
    check(r#"JSON.parse('"' + String.fromCharCode(0xd800) + '"').charCodeAt(0)"#, "55296");
    check(r#"JSON.parse('"\\ud83d\\ude00"') === '😀'"#, "true");
    check(r#"JSON.parse('"äöü"') === 'äöü'"#, "true");
    check("JSON.parse('[' .repeat(100000) + ']'.repeat(100000)).length", "1");
    check("JSON.parse.name + JSON.parse.length", r#""parse2""#);
    check("Object.getOwnPropertyDescriptor(JSON, 'parse').enumerable", "false");
    check("Object.isExtensible(JSON.parse('{}')) && Array.isArray(JSON.parse('[]'))", "true");
    check("(() => { const a = JSON.parse('[1, \"x\"]'); a.push(2); return a })()", r#"[1,"x",2]"#);
}

#[test]
fn what_is_wrong_is_said_as_in_node() {
    let check = |expression: &str, expected: &str| assert_eq!(shown(expression), expected, "{expression}");
    check("JSON.parse('')", "SyntaxError: Unexpected end of JSON input");
    check("JSON.parse(undefined)", r#"SyntaxError: "undefined" is not valid JSON"#);
    check(
        r#"JSON.parse('{"äö": 1,}')"#,
        "SyntaxError: Expected double-quoted property name in JSON at position 9",
    );
    check("JSON.parse(Symbol())", "TypeError: can't convert symbol to string");
}

#[test]
fn revivers_see_everything_once_and_the_source_of_primitives() {
    let check = |expression: &str, expected: &str| assert_eq!(shown(expression), expected, "{expression}");
    check(r#"JSON.parse('{"a": [1, 2]}', (k, v) => typeof v === 'number' ? v * 2 : v)"#, r#"{"a":[2,4]}"#);
    check(r#"JSON.parse('{"a": 1, "b": 2}', (k, v) => k === 'a' ? undefined : v)"#, r#"{"b":2}"#);
    check("JSON.parse('[1, 2]', (k, v) => k === '0' ? undefined : v).hasOwnProperty(0)", "false");
    check(
        r#"(() => { const seen = []; JSON.parse('{"b": [1.50, "x\\u0041"], "a": {"c": null}}', (k, v, { source }) => { seen.push(k + '=' + source); return v }); return seen.join(' ') })()"#,
        r#""0=1.50 1=\"x\\u0041\" b=undefined c=null a=undefined =undefined""#,
    );
    // Of two members the later one counts, and what the reviver has changed has no source.
    check(
        r#"(() => { const seen = []; JSON.parse('{"a": 1, "a": 2, "b": 3}', function (k, v, { source }) { seen.push(source); this.b = 9; return v }); return seen })()"#,
        r#"["2",null,null]"#,
    );
    check("JSON.parse('[1]', 'no function')", "[1]");
    check("JSON.parse('[1]', () => { throw new RangeError('mine') })", "RangeError: mine");
    let deep = || shown("JSON.parse('['.repeat(5000) + ']'.repeat(5000), (k, v) => v)");
    let thread = std::thread::Builder::new().stack_size(Converter::THREAD_STACK).spawn(deep).unwrap();
    assert_eq!(thread.join().unwrap(), "RangeError: a reviver goes at most 1000 levels deep");
}

/// Texts that are JSON, and such as are none (RFC 8259).
const GRAMMAR: (&[&str], &[&str]) = (
    &[
        "[]",
        "{}",
        " [ ] ",
        "null",
        "true",
        "\"\"",
        "0",
        "-0",
        "-1.5e+10",
        "1E400",
        "[1,2]",
        "{\"a\":1,\"a\":2}",
        "{\"\":0}",
        "[\"\\u0000\\ud83d\"]",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "[[[[]]]]",
        "\"\u{2028}\"",
        "\n\r\t 1",
        "123456789012345678901234567890",
        "[0.1, -0.0, 1e-400]",
        "\"\u{7f}\"",
        "{\"a\":[null,{\"b\":false}]}",
    ],
    &[
        "",
        " ",
        "[",
        "]",
        "{",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "nul",
        "True",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\n\"",
        "\"\t\"",
        "[1]]",
        "1 2",
        "{\"a\":1,}",
        "// c\n1",
        "/**/1",
        "undefined",
        "\"a\" \"b\"",
        "[\"a\", \n4\n,1,",
        "--1",
        "1_000",
        "'a'",
        "{\"a\":1 \"b\":2}",
        "{1:1}",
        "[\u{a0}]",
        "\u{c}[]",
    ],
);

/// Our own texts, and the files of <https://github.com/nst/JSONTestSuite> where they are beside the checkout.
#[test]
fn the_grammar_is_that_of_json() {
    let mut engine = Engine::new(
        (&super::script(""), &ConverterLimits::default(), Default::default()),
        &crate::json::Objects::Whole,
    )
    .unwrap();
    let parse = engine.context.eval(Source::from_bytes("JSON.parse")).unwrap().as_callable().unwrap();
    // As a page is read: what is not UTF-8 is refused before any parsing.
    let mut is_accepted = |bytes: &[u8]| {
        std::str::from_utf8(bytes).is_ok_and(|text| {
            let text = JsValue::from(JsString::from(text));
            parse.call(&JsValue::undefined(), &[text], &mut engine.context).is_ok()
        })
    };
    for (texts, expected) in [(GRAMMAR.0, true), (GRAMMAR.1, false)] {
        for text in texts {
            assert_eq!(is_accepted(text.as_bytes()), expected, "{text:?}");
        }
    }
    for (text, expected) in [
        ("[".repeat(100_000), false),
        ("[{\"\":".repeat(50_000), false),
        ("[".repeat(500) + &"]".repeat(500), true),
    ] {
        assert_eq!(is_accepted(text.as_bytes()), expected, "{}…", &text[..8]);
    }
    assert!(!is_accepted(b"[\"\xff\"]"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/json/test_parsing");
    let Ok(files) = std::fs::read_dir(&folder) else { return };
    let mut n_files = 0;
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let accepted = is_accepted(&std::fs::read(&path).unwrap());
        match name.as_bytes()[0] {
            b'y' => assert!(accepted, "{name} is JSON"),
            b'n' => assert!(!accepted, "{name} is no JSON"),
            _ => {}
        }
        n_files += 1;
    }
    assert_eq!(n_files, 318);
}

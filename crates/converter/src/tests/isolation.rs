//! Pages do not see each other.

use super::*;

fn rows_of(converter: &mut Converter, body: &str) -> Vec<String> {
    json_rows(&converter.convert(&page(body)).unwrap())
}

#[test]
fn nothing_survives_a_page() {
    let code = "
        let calls = 0;
        var seen = [];
        function convert(json) {
          calls += 1; seen.push(json); implicit = (globalThis.implicit ?? 0) + 1;
          const before = Array.prototype.extra;
          Array.prototype.extra = 1;
          Object.keys = () => ['calls'];
          JSON.parse = () => 'broken';
          convert = null;
          return [{ calls, seen: seen.length, implicit, before }];
        }";
    let mut converter = Converter::new(&script(code), Default::default(), Default::default()).unwrap();
    let expected = ["{calls: 1, seen: 1, implicit: 1, before: null}"];
    for body in ["a", "b", "c"] {
        assert_eq!(rows_of(&mut converter, body), expected);
    }
}

#[test]
fn an_error_does_not_spoil_the_next_page() {
    let code = "function convert(json) { if (json === 'bad') throw new Error('bad'); return [{ json }] }";
    let mut converter = Converter::new(&script(code), Default::default(), Default::default()).unwrap();
    assert!(converter.convert(&page("bad")).is_err());
    assert_eq!(rows_of(&mut converter, "good"), ["{json: \"good\"}"]);
}

#[test]
fn replaced_built_ins_do_not_change_how_rows_are_read() {
    let code = "
        Object.keys = Array.isArray = () => { throw new Error('replaced') };
        Object.prototype.toString = Array.prototype[Symbol.iterator] = null;
        Object.defineProperty(Object.prototype, 'a', { get() { throw new Error('inherited') } });
        function convert() { return [new Proxy({ b: [1] }, {}), { b: new Proxy([2], {}) }] }";
    let batch = convert(code, "").unwrap();
    assert_eq!(json_rows(&batch), ["{b: [1]}", "{b: [2]}"]);
}

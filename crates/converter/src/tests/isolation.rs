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

#[test]
fn a_scope_that_is_shared_shows_nothing_of_other_pages() {
    let code = "
        const NAMES = { a: 'A', b: 'B' };
        function convert(json) {
          const page = JSON.parse(json), rows = [];
          for (const item of page.items) { item.seen ??= 1; rows.push({ name: NAMES[item.k], n: item.n, seen: item.seen }) }
          return rows;
        }";
    let mut shared = Converter::new(&script(code), Default::default(), Default::default()).unwrap();
    for n in 0..60 {
        // Members come and go, so that what is learned on one page is not what the next one has.
        let body = match n % 3 {
            0 => format!(r#"{{"items": [{{"k": "a", "n": {n}}}, {{"n": 1}}]}}"#),
            1 => format!(r#"{{"items": [{{"seen": 5, "k": "b", "x": {n}}}]}}"#),
            _ => format!(r#"{{"items": [{{"n": null, "k": {n}, "n": {n}}}]}}"#),
        };
        let rows = rows_of(&mut shared, &body);
        let fresh = json_rows(&convert(code, &body).unwrap());
        assert_eq!(rows, fresh, "{body}");
    }
}

#[test]
fn large_objects_are_looked_up_in_no_time() {
    let members: Vec<String> = (0..20_000).map(|n| format!("\"id{n}\": {n}")).collect();
    let body = format!("{{\"by_id\": {{{}}}}}", members.join(","));
    let code = "function convert(json) {
        const { by_id } = JSON.parse(json);
        let sum = 0;
        for (let n = 0; n < 40000; n++) sum += by_id['id' + n] ?? 1;
        return [{ sum }];
      }";
    assert_eq!(json_rows(&convert(code, &body).unwrap()), [format!("{{sum: {}}}", 19_999 * 10_000 + 20_000)]);
}

//! Calls that depend on a locale give what node gives, or an error that says what to write instead.

use super::*;

/// Calls, each with the answer of node 20 in the line that follows; `data/locales_by_node.mjs` writes it.
const BY_NODE: &str = include_str!("data/locales_by_node.txt");

/// A converter that evaluates the calls of its page.
const EVALUATE: &str = "function convert(json) {
  return JSON.parse(json).map(call => {
    try {
      const value = (0, eval)('(' + call + ')');
      return { answer: JSON.stringify({ value: value === undefined ? 'undefined' : value }), message: '' };
    } catch (error) { return { answer: JSON.stringify({ thrown: error.name }), message: error.message } }
  });
}";

/// The answer to each call, and the message of what it throws; a refusal ends the page of the call.
fn answers(calls: &[&str]) -> Vec<(String, String)> {
    let code = format!("{EVALUATE} function unused() {{ return {{...{{}}}} }}");
    with_stack(|| {
        let mut converter = Converter::new(&script(&code), Default::default(), Default::default()).unwrap();
        let mut answers = |calls: &[&str]| {
            let batch = converter.convert(&page(&serde_json::to_string(calls).unwrap()))?;
            Ok::<_, ConverterError>(json_rows(&batch).iter().map(|row| read(row)).collect::<Vec<_>>())
        };
        let alone = |call: &&str, error: ConverterError| {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_else(|| panic!("{call}"));
            (String::new(), line.split_once("RangeError: ").map_or(line, |(_, message)| message).to_owned())
        };
        let mut all = Vec::new();
        for some in calls.chunks(16) {
            match answers(some) {
                Ok(answers) => all.extend(answers),
                Err(_) => all.extend(some.iter().map(|call| match answers(&[call]) {
                    Ok(mut answers) => answers.remove(0),
                    Err(error) => alone(call, error),
                })),
            }
        }
        all
    })
}

/// The answer and the message of a row.
fn read(row: &str) -> (String, String) {
    let json = row.replacen("{answer: ", "{\"answer\": ", 1).replacen(", message: ", ", \"message\": ", 1);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{json}"));
    let text = |name: &str| value[name].as_str().unwrap().to_owned();
    (text("answer"), text("message"))
}

#[test]
fn calls_give_what_node_gives_or_say_what_to_write_instead() {
    let lines: Vec<&str> = BY_NODE.lines().collect();
    assert!(lines.len() >= 3_000, "{}", lines.len());
    let step = all_or(80, 1);
    let (calls, by_node): (Vec<&str>, Vec<&str>) =
        lines.chunks_exact(2).step_by(step).map(|pair| (pair[0], pair[1])).unzip();
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    for ((call, expected), (answer, message)) in calls.iter().zip(by_node).zip(answers(&calls)) {
        if answer == expected.trim() {
            continue;
        }
        match crate::builtins::help_for_locale(&message) {
            Some(_) => refused.push(format!("{call}\n  {message}")),
            None => wrong.push(format!("{call}\n  ours {answer} {message}\n  node {}", expected.trim())),
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), calls.len(), wrong.join("\n"));
    if step == 1 {
        insta::assert_snapshot!(refused.join("\n"));
    }
}

/// Rows of three pages with three records each, from one converter.
fn rows_of_pages(code: &str, pages: [&str; 3]) -> Vec<String> {
    let mut converter = Converter::new(&script(code), Default::default(), Default::default()).unwrap();
    pages.iter().flat_map(|body| json_rows(&converter.convert(&page(body)).unwrap())).collect()
}

#[test]
fn every_record_of_every_page_is_formatted_alike() {
    let code = "
        const money = new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' });
        function convert(json) {
          const byName = (a, b) => a.name.localeCompare(b.name, 'sv');
          return JSON.parse(json).sort(byName).map(r => ({
            name: r.name.toLocaleUpperCase('tr'),
            day: new Date(r.at).toLocaleDateString('de-DE', { day: '2-digit', month: 'short' }),
            time: new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Europe/London' }).format(r.at),
            sum: money.format(r.sum), plain: r.sum.toLocaleString(), list: [r.sum, r.at].toLocaleString('en'),
          }));
        }";
    let page = r#"[{"name": "öl", "at": 0, "sum": 1234.5}, {"name": "zi", "at": 86400000, "sum": -2}, {"name": "i", "at": 15552000000, "sum": 0.005}]"#;
    let one = [
        "{name: \"İ\", day: \"30. Juni\", time: \"01:00\", sum: \"0,01\u{a0}€\", plain: \"0.005\", list: \"0.005,15,552,000,000\"}",
        "{name: \"Zİ\", day: \"02. Jan.\", time: \"01:00\", sum: \"-2,00\u{a0}€\", plain: \"-2\", list: \"-2,86,400,000\"}",
        "{name: \"ÖL\", day: \"01. Jan.\", time: \"01:00\", sum: \"1.234,50\u{a0}€\", plain: \"1,234.5\", list: \"1,234.5,0\"}",
    ];
    assert_eq!(rows_of_pages(code, [page; 3]), [one; 3].concat());
}

#[test]
fn a_script_may_have_an_intl_of_its_own() {
    let check = |code: &str| {
        let rows = rows_of_pages(code, ["[1, 2, 3]"; 3]);
        assert_eq!(rows, ["{a: 1}", "{a: 2}", "{a: 3}"].repeat(3), "{code}");
    };
    check(
        "const Intl = { f: n => n }; function convert(json) { return JSON.parse(json).map(n => ({ a: Intl.f(n) })) }",
    );
    check(
        "var Intl = { f: n => n }; function convert(json) { return JSON.parse(json).map(n => ({ a: Intl.f(n) })) }",
    );
    check(
        "function Intl(n) { return n } function convert(json) { return JSON.parse(json).map(n => ({ a: Intl(n) })) }",
    );
    check(
        "function convert(json) { return JSON.parse(json).map(n => { Intl = { n }; return { a: Intl.n } }) }",
    );
    check(
        "function convert(json) { return JSON.parse(json).map(n => { Intl.mine = n; return { a: Intl.mine } }) }",
    );
    check(
        "function convert(json) { return JSON.parse(json).map(n => ({ a: typeof Intl === 'object' ? n : 0 })) }",
    );
}

/// A thousand, because a debug build of the collation is slow.
#[test]
fn names_are_sorted_by_their_numbers() {
    let names: Vec<String> =
        (0..1_000_u64).map(|n| format!("Änne {} {}", n.wrapping_mul(7919) % 1_000, n % 7)).collect();
    let code = "function convert(json) {
        const sorted = JSON.parse(json).sort((a, b) => a.localeCompare(b, 'de', { numeric: true }));
        return sorted.map(name => ({ n: Number(name.split(' ')[1]) }));
    }";
    let rows = json_rows(&convert(code, &serde_json::to_string(&names).unwrap()).unwrap());
    assert_eq!(rows, (0..1_000).map(|n| format!("{{n: {n}}}")).collect::<Vec<_>>());
}

#[test]
fn what_is_refused_is_named_at_the_call() {
    let cases = [
        ("a locale", "function convert() {\n  return { d: new Date(0).toLocaleDateString('ar-EG') };\n}"),
        (
            "a locale of a number",
            "function convert() { return [1, 2].map(n => ({ n: n.toLocaleString('th') })) }",
        ),
        (
            "an option",
            "function convert() { return { d: new Date(0).toLocaleString('en', { era: 'short' }) } }",
        ),
        (
            "a style",
            "function convert() { return { n: new Intl.NumberFormat('en', { notation: 'compact' }).format(1) } }",
        ),
        (
            "a part of Intl",
            "function convert() { return { n: new Intl.DisplayNames(['en'], { type: 'region' }).of('DE') } }",
        ),
        (
            "a collation",
            "function convert() { return ['b', 'a'].sort((a, b) => a.localeCompare(b, 'fa')).map(a => ({ a })) }",
        ),
        ("no locale", "function convert() { return { n: (1).toLocaleString('en_US') } }"),
    ];
    insta::assert_snapshot!(listing(&cases, |code| error(code, "")));
}

#[test]
fn the_example_of_the_guide_gives_these_rows() {
    let guide = include_str!("../../../../docs/writing-converters.md");
    let section = guide.split("\n## Locales\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let code = section.split("```js\n").nth(1).unwrap().split("```").next().unwrap();
    let page = r#"{"issues": [
        {"key": "A-1", "fields": {"summary": "Öberg 10", "created": "2025-07-01T12:30:00Z", "timespent": 4444200}},
        {"key": "A-2", "fields": {"summary": "Zetterlund", "created": "2025-01-31T23:59:59Z", "timespent": 5400}},
        {"key": "A-3", "fields": {"summary": "Öberg 9", "created": 1000000000000}}]}"#;
    let one = [
        "{Key: \"A-2\", Created: \"31.01.2025\", Local: \"31/01/2025, 23:59:59 GMT\", Hours: \"1,50\"}",
        "{Key: \"A-3\", Created: \"09.09.2001\", Local: \"09/09/2001, 2:46:40 BST\", Hours: \"0,00\"}",
        "{Key: \"A-1\", Created: \"01.07.2025\", Local: \"01/07/2025, 13:30:00 BST\", Hours: \"1.234,50\"}",
    ];
    assert_eq!(rows_of_pages(code, [page; 3]), [one; 3].concat());
}

/// The table of the guide names the locales that there are.
#[test]
fn the_guide_names_the_locales() {
    let guide = include_str!("../../../../docs/writing-converters.md");
    let row = guide.lines().find(|line| line.starts_with("| locales |")).unwrap();
    let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
    assert_eq!(named, crate::builtins::locale_names().collect::<Vec<_>>());
}

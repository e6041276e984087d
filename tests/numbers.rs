//! Numbers reach the table with the digits that the page has, or the run says so.

use crate::{
    support::{Done, Home},
    table_files::{column, parquet, types},
};

const FILES: &str = "name: t\ndatasource: { kind: file, folder: in }\nquery: { path: 'p*.json' }\n";

/// A home with three pages.
fn home(pages: [&str; 3]) -> Home {
    let home = Home::new();
    for (index, page) in pages.iter().enumerate() {
        home.write(&format!("in/p{index}.json"), page);
    }
    home
}

/// Runs `FILES` with more sections; gives the columns of the first file, and those with a name.
fn rows(home: &Home, more: &str, name: &str) -> (Vec<String>, Vec<String>) {
    home.write("t.yaml", &format!("{FILES}{more}"));
    let summary = home.summary(&["t.yaml"]);
    let files = summary["tables"][0]["files"].as_array().expect("files").clone();
    let path = files[0]["path"].as_str().expect("a path");
    let rows = parquet(&home.path(path));
    let values = column(&rows, name).into_iter().map(|value| value.unwrap_or_else(|| "∅".into()));
    (types(&rows), values.collect())
}

fn run(home: &Home, more: &str) -> Done {
    home.write("t.yaml", &format!("{FILES}{more}"));
    home.run(&["run", "t.yaml"])
}

/// Three pages of three records whose ids are beyond 2^53; two of them become one as doubles.
const IDS: [&str; 3] = [
    r#"[{"id":1909699624467843943,"n":"a"},{"id":1909699624467843944,"n":"b"},{"id":820982911946154508,"n":"c"}]"#,
    "\u{feff}[{\"id\":-9223372036854775808,\"n\":\"d\"},{\"id\":9223372036854775807,\"n\":\"e\"},{\"id\":1,\"n\":\"f\"}]",
    r#"[{"id":1909699624467843945,"n":"g"},{"id":9007199254740993,"n":"h"},{"id":9007199254740992,"n":"i"}]"#,
];

const ALL_IDS: [&str; 9] = [
    "1909699624467843943",
    "1909699624467843944",
    "820982911946154508",
    "-9223372036854775808",
    "9223372036854775807",
    "1",
    "1909699624467843945",
    "9007199254740993",
    "9007199254740992",
];

const WITH_BIGINTS: &str = "converter:
  big_integers: bigint
  script: |
    const convert = json => JSON.parse(json).map(x => ({ id: x.id, n: x.n, twice: [x.id] }))
";

const PLAIN: &str = "converter:
  script: |
    const convert = json => JSON.parse(json).map(x => ({ id: x.id, n: x.n }))
";

#[test]
fn ids_of_64_bits_are_keys_without_a_script_and_as_bigints() {
    let home = home(IDS);
    let upsert = "sink: { kind: parquet, path: out, mode: upsert, key: id }\n";
    for converter in ["", "converter: { select: '' }\n", WITH_BIGINTS] {
        let (types, ids) = rows(&home, &format!("{converter}{upsert}"), "id");
        assert_eq!(types[0], "id: Int64", "{converter}");
        assert_eq!(ids, ALL_IDS, "{converter}");
    }
    let checked = "checks: [{ kind: unique, columns: [id] }]\nsink: { kind: parquet, path: checked }\n";
    assert_eq!(rows(&home, checked, "id").1, ALL_IDS);
    let text = "columns: { id: string }\nsink: { kind: parquet, path: text }\n";
    assert_eq!(
        rows(&home, text, "id"),
        (vec!["id: Utf8".into(), "n: Utf8".into()], ALL_IDS.map(str::to_owned).to_vec())
    );
    let split = "sink: { kind: parquet, path: split, partition_by: [id] }\n";
    home.write("t.yaml", &format!("{FILES}{split}"));
    home.summary(&["t.yaml"]);
    for id in ALL_IDS {
        assert!(home.path(&format!("split/id={id}")).is_dir(), "{id}");
    }
}

#[test]
fn doubles_beyond_2_53_are_told_and_are_no_keys() {
    let home = home(IDS);
    let done = run(&home, &format!("{PLAIN}sink: {{ kind: parquet, path: out }}\n"));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let warning = "warning: t: `id`: 8 whole numbers beyond 2^53 may have lost digits";
    assert!(done.stderr.contains(warning) && done.stderr.contains("big_integers: bigint"), "{}", done.stderr);
    assert_eq!(home.summary(&["t.yaml"])["tables"][0]["rounded"]["id"], 8);
    for command in ["preview", "check"] {
        let done = home.run(&[command, "t.yaml"]);
        assert!((done.stderr + &done.stdout).contains("`id`: 3 whole numbers beyond 2^53"), "{command}");
    }
    let refused = |more: &str, expected: &str| {
        let done = run(&home, &format!("{PLAIN}{more}"));
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        let text = done.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(expected) && text.contains("big_integers: bigint"), "{text}");
    };
    refused(
        "sink: { kind: parquet, path: keyed, mode: upsert, key: [n, id] }\n",
        "page 1, row 1: `id` has 3 whole numbers beyond 2^53 that came as doubles",
    );
    refused(
        "checks: [{ kind: unique, columns: [id] }]\nsink: { kind: parquet, path: keyed }\n",
        "`id` has 8 whole numbers beyond 2^53 that came as doubles",
    );
    let declared = "columns: { id: int }\nsink: { kind: parquet, path: keyed }\n";
    refused(declared, "column `id` is a number (1909699624467843800), but `columns` declares int");
    assert!(!home.path("keyed.parquet").exists() && !home.path("keyed/_manifest.json").exists());
    // Doubles that are meant are nothing to tell.
    let done =
        run(&home, &format!("{PLAIN}columns: {{ id: float }}\nsink: {{ kind: parquet, path: meant }}\n"));
    assert!(!done.stderr.contains("2^53"), "{}", done.stderr);
}

#[test]
fn a_converter_may_have_the_digits_as_text() {
    let home = home(IDS);
    // What the help of the error above says for a column of text.
    let converter = "converter:
  script: |
    const convert = json =>
      JSON.parse(json, (key, value, { source }) => key === 'id' && typeof value === 'number' ? source : value)
columns: { id: string }
sink: { kind: parquet, path: out }
";
    assert_eq!(rows(&home, converter, "id").1, ALL_IDS);
}

#[test]
fn cursors_and_values_of_other_queries_are_exact() {
    let home = home(IDS);
    let incremental = "name: t
datasource: { kind: file, folder: in }
query: { path: '${window.to}p*.json', incremental: { column: id, type: integer, key: id } }
sink: { kind: parquet, path: out, mode: append }
";
    home.write("t.yaml", incremental);
    assert_eq!(home.summary(&["t.yaml"])["tables"][0]["rows"], 9);
    let state = home.run(&["state", "show", "t.yaml"]);
    assert!(state.stdout.contains("9223372036854775807"), "{} {}", state.stdout, state.stderr);
    home.write("t.yaml", &incremental.replace("sink:", &format!("{PLAIN}sink:")).replace("out", "other"));
    let done = home.run(&["run", "t.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("is used as the cursor of `incremental`"), "{}", done.stderr);

    for id in ALL_IDS {
        home.write(&format!("in/of/{id}.json"), &format!(r#"{{"order":"{id}"}}"#));
    }
    let parent_and_child = |converter: &str| {
        format!(
            "name: t
datasource: {{ kind: file, folder: in }}
tables:
  orders:
    query: {{ path: 'p*.json' }}
    {converter}
    sink: {{ kind: parquet, path: orders }}
  parts:
    query: {{ path: 'of/${{each.id}}.json', for_each: {{ table: orders, column: id, as: id }} }}
    sink: {{ kind: parquet, path: parts }}
"
        )
    };
    home.write("t.yaml", &parent_and_child(""));
    assert_eq!(home.summary(&["t.yaml"])["tables"][1]["rows"], 9);
    let half = "converter: { script: 'const convert = json => JSON.parse(json).map(x => ({ id: 0.5 }))' }";
    let plain = "converter: { script: 'const convert = json => JSON.parse(json)' }";
    for (converter, expected) in
        [(plain, "is used as a value of `for_each`"), (half, "`id` is 0.5, which is no whole number")]
    {
        home.write("t.yaml", &parent_and_child(converter));
        let done = home.run(&["run", "t.yaml"]);
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        assert!(done.stderr.contains(expected), "{}", done.stderr);
    }
}

#[test]
fn what_64_bits_do_not_hold_is_an_error_or_declared() {
    let pages = [
        r#"[{"id":1},{"id":2},{"id":3}]"#,
        r#"[{"id":18446744073709551615},{"id":5},{"id":6}]"#,
        r#"[{"id":7},{"id":8},{"id":123456789012345678901234567890}]"#,
    ];
    let home = home(pages);
    let done = run(&home, "sink: { kind: parquet, path: out }\n");
    assert_eq!(done.code, Some(1));
    let expected = "page 2 (`in/p1.json`), row 1: column `id` is a whole number (18446744073709551615) that 64 bits do not hold";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
    assert!(done.stderr.contains("declare `id` in `columns` as `string`"), "{}", done.stderr);
    let expected =
        ["1", "2", "3", "18446744073709551615", "5", "6", "7", "8", "123456789012345678901234567890"];
    for column in ["id: string", "id: 'decimal(38,0)'"] {
        let found =
            rows(&home, &format!("columns: {{ {column} }}\nsink: {{ kind: parquet, path: out }}\n"), "id");
        assert_eq!(found.1, expected, "{column}");
    }
    let bigints = WITH_BIGINTS.replace("n: x.n, twice: [x.id]", "digits: String(x.id)");
    let declared =
        format!("{bigints}columns: {{ id: 'decimal(30,0)' }}\nsink: {{ kind: parquet, path: out }}\n");
    assert_eq!(rows(&home, &declared, "id").1, expected);
    assert_eq!(rows(&home, &declared, "digits").1, expected);
}

#[test]
fn types_that_widen_lose_no_digits() {
    let pages = [
        r#"[{"v":1,"o":{"a":9007199254740993}},{"v":2,"o":{"a":1}},{"v":3,"o":null}]"#,
        r#"[{"v":9007199254740993,"o":{"a":-9007199254740993}},{"v":5,"o":{}},{"v":-0,"o":{"a":3}}]"#,
        r#"[{"v":0.25,"o":[18446744073709551615]},{"v":1e3,"o":[1]},{"v":2.0,"o":[1.5]}]"#,
    ];
    let home = home(pages);
    let sink = "sink: { kind: parquet, path: out }\n";
    let done = run(&home, "columns: { o: json }\nsink: { kind: jsonl, path: out.jsonl }\n");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(home.read("out.jsonl").contains(r#""o":[18446744073709551615]"#), "{}", home.read("out.jsonl"));
    home.write("in/p2.json", &pages[2].replace("18446744073709551615", "9007199254740995"));
    let values = ["1", "2", "3", "9007199254740993", "5", "0", "0.25", "1000", "2"];
    assert_eq!(rows(&home, sink, "v").1, values);
    let objects = [
        r#"{"a":9007199254740993}"#,
        r#"{"a":1}"#,
        "∅",
        r#"{"a":-9007199254740993}"#,
        "{}",
        r#"{"a":3}"#,
        "[9007199254740995]",
        "[1]",
        "[1.5]",
    ];
    assert_eq!(rows(&home, sink, "o").1, objects);
}

#[test]
fn decimals_have_the_digits_of_the_page() {
    let pages = [
        r#"[{"a":12345678901234567890.12},{"a":1},{"a":null}]"#,
        r#"[{"a":0.10},{"a":1e2},{"a":-99999999999999.99}]"#,
        r#"[{"a":"7.5"},{"a":3.00},{"a":0}]"#,
    ];
    let home = home(pages);
    let declared = "columns: { a: 'decimal(38,2)' }\nsink: { kind: parquet, path: out }\n";
    let expected = [
        "12345678901234567890.12",
        "1.00",
        "∅",
        "0.10",
        "100.00",
        "-99999999999999.99",
        "7.50",
        "3.00",
        "0.00",
    ];
    assert_eq!(rows(&home, declared, "a").1, expected);
    let script = "converter: { script: 'const convert = json => JSON.parse(json)' }\n";
    let done = run(&home, &format!("{script}{declared}"));
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("which has more digits than a double keeps"), "{}", done.stderr);
    let help = "(key, value, { source }) => key === 'a' && typeof value === 'number' ? source : value";
    assert!(done.stderr.contains(help), "{}", done.stderr);
    let script = format!("converter:\n  script: \"const convert = json => JSON.parse(json, {help})\"\n");
    assert_eq!(rows(&home, &format!("{script}{declared}"), "a").1, expected);
}

/// Doubles whose text a careless reader gets wrong by one unit in the last place, and more.
const DOUBLES: [&str; 9] = [
    "4062.6168251037598",
    "0.030330565571784974",
    "0.1",
    "5e-324",
    "1.7976931348623157e308",
    "2.2250738585072014e-308",
    "-123456.78901234567",
    "9007199254740991.5",
    "1e400",
];

/// The same as doubles.
fn doubles() -> Vec<u64> {
    DOUBLES.iter().map(|text| text.parse::<f64>().expect("a number").to_bits()).collect()
}

#[test]
fn taps_and_files_give_the_same_doubles() {
    let home = Home::new();
    let lines = DOUBLES.map(|double| {
        format!(r#"{{"type":"RECORD","stream":"s","record":{{"v":{double},"id":9007199254740993}}}}"#)
    });
    home.write("tap.ndjson", &lines.join("\n"));
    home.write(
        "in/p.ndjson",
        &DOUBLES.map(|double| format!(r#"{{"v":{double},"id":9007199254740993}}"#)).join("\n"),
    );
    let tap = "datasource: { kind: command, command: [cat, tap.ndjson], page_size: 3 }\nquery: { path: s }\n";
    let file = "datasource: { kind: file, folder: in, page_size: 3 }\nquery: { path: 'p.ndjson' }\n";
    for source in [tap, file] {
        home.write("t.yaml", &format!("name: t\n{source}sink: {{ kind: parquet, path: out }}\n"));
        let summary = home.summary(&["t.yaml"]);
        let rows = parquet(&home.path(summary["tables"][0]["files"][0]["path"].as_str().unwrap()));
        let values =
            arrow::array::AsArray::as_primitive::<arrow::datatypes::Float64Type>(&rows.column(0).clone())
                .clone();
        assert_eq!(
            values.values().iter().map(|value| value.to_bits()).collect::<Vec<_>>(),
            doubles(),
            "{source}"
        );
        assert_eq!(column(&rows, "id"), vec![Some("9007199254740993".to_owned()); 9], "{source}");
    }
}

#[test]
fn rows_that_are_printed_and_compared_have_all_digits() {
    let home = Home::new();
    home.write("c.js", "const convert = json => JSON.parse(json)\n");
    let page = DOUBLES[..8].iter().map(|double| format!(r#"{{"v":{double}}}"#)).collect::<Vec<_>>().join(",");
    home.write("page.json", &format!("\u{feff}[{page}]"));
    let done = home.run(&["convert", "c.js", "page.json", "--format", "jsonl"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let printed = done.stdout.lines().map(|line| {
        let value = line.strip_prefix(r#"{"v":"#).and_then(|rest| rest.strip_suffix('}')).expect(line);
        value.parse::<f64>().unwrap().to_bits()
    });
    assert_eq!(printed.collect::<Vec<_>>(), doubles()[..8]);

    let pipeline = "name: t
datasource: { kind: file, folder: in }
query: { path: 'p*.json' }
columns: { d: 'decimal(38,2)' }
sink: { kind: parquet, path: out }
";
    home.write("t.yaml", pipeline);
    let body = r#"[{"d":12345678901234567890.12,"id":9007199254740993}]"#;
    home.write("d.json", body);
    let done = home.run(&["convert", "t.yaml", "d.json", "--format", "jsonl"]);
    assert_eq!(done.stdout.trim(), &body[1..body.len() - 1], "{}", done.stderr);

    let case = |value: &str| {
        format!("\u{feff}{{\"json\": [{{\"v\": 0.030330565571784974}}], \"rows\": [{{\"v\": {value}}}]}}")
    };
    for (value, is_good) in [("0.030330565571784974", true), ("0.030330565571784977", false)] {
        home.write("c.cases/a.json", &case(value));
        assert_eq!(home.run(&["test", "c.js"]).code, Some(if is_good { 0 } else { 1 }), "{value}");
    }
    // The digits of the page of a case are those that the converter gets.
    home.write("d.js", "const convert = json => [{ v: json }]\n");
    let json = r#"[123456789012345678901,1.10]"#;
    home.write("d.cases/a.json", &format!(r#"{{"json": {json}, "rows": [{{"v": "{json}"}}]}}"#));
    let done = home.run(&["test", "d.js"]);
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
}

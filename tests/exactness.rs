//! Values that have lost something name nothing, pages that are refused are asked for again, and rows are appended once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    recorded::{Asked, Reply, Server},
    support::{Done, Home, every},
    table_files::{column, parquet},
};

/// Three pages of files, which `p*.json` finds in order.
fn of_files(pages: [&str; 3]) -> Home {
    let home = Home::new();
    for (index, page) in pages.iter().enumerate() {
        home.write(&format!("in/p{index}.json"), page);
    }
    home
}

const FILES: &str = "name: t\ndatasource: { kind: file, folder: in }\nquery: { path: 'p*.json' }\n";

fn run(home: &Home, more: &str) -> Done {
    home.write("t.yaml", &format!("{FILES}{more}"));
    home.run(&["run", "t.yaml"])
}

/// The text of an error or a warning without its line breaks.
fn words(done: &Done) -> String {
    done.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pages under `c`, `2` after the first and `3` after the second.
fn page_of(asked: &Asked) -> usize {
    asked.param("c").map_or(0, |cursor| cursor.parse::<usize>().expect("a number") - 1)
}

fn with_next(rows: &str, page: usize) -> Reply {
    let next = if page < 2 { format!("\"{}\"", page + 2) } else { "null".into() };
    Reply::json(format!("{{\"items\":{rows},\"next\":{next}}}"))
}

const IDS: [&str; 3] = [
    r#"[{"id":1909699624467843943},{"id":1},{"id":2}]"#,
    r#"[{"id":1909699624467843944},{"id":3},{"id":4}]"#,
    r#"[{"id":5},{"id":6},{"id":7}]"#,
];

const FRACTIONS: [&str; 3] = [
    r#"[{"id":0.1234567890123456781},{"id":1.5},{"id":2.5}]"#,
    r#"[{"id":0.1234567890123456789},{"id":3.5},{"id":4.5}]"#,
    r#"[{"id":5.5},{"id":6.5},{"id":7.5}]"#,
];

const HALVES: [&str; 3] = [
    r#"[{"id":"a\ud83d"},{"id":"b"},{"id":"c"}]"#,
    r#"[{"id":"a\ud83e"},{"id":"d"},{"id":"e"}]"#,
    r#"[{"id":"f"},{"id":"😀"},{"id":"\ud83d\ude00!"}]"#,
];

const TIMES: [&str; 3] = [
    r#"[{"id":"2024-11-29T10:44:51.1234567Z"},{"id":"2024-11-30T00:00:00Z"},{"id":"2024-12-01T00:00:00Z"}]"#,
    r#"[{"id":"2024-11-29T10:44:51.1234568Z"},{"id":"2024-12-02T00:00:00Z"},{"id":"2024-12-03T00:00:00Z"}]"#,
    r#"[{"id":"2024-12-04T00:00:00Z"},{"id":"2024-12-05T00:00:00Z"},{"id":"2024-12-06T00:00:00Z"}]"#,
];

const ENDLESS: [&str; 3] = [
    r#"[{"id":1e400},{"id":2e400},{"id":3.5}]"#,
    r#"[{"id":-1e400},{"id":4.5},{"id":5.5}]"#,
    r#"[{"id":6.5},{"id":7.5},{"id":8.5}]"#,
];

#[test]
fn values_that_have_lost_something_are_no_keys() {
    let script = |code: &str| format!("converter: {{ script: 'const convert = json => {code}' }}\n");
    let parsed = script("JSON.parse(json)");
    let as_text = script("JSON.parse(json).map(r => ({ id: String(r.id) }))");
    let in_text = script(r#"JSON.parse(json).map(r => ({ id: "order-" + r.id }))"#);
    let as_bigint = script("JSON.parse(json).map(r => ({ id: BigInt(r.id) }))");
    let cases: [(&[&str; 3], &str, &str); 12] = [
        (&IDS, &parsed, "beyond 2^53 that came as doubles"),
        (&IDS, &as_text, "with the digits of a whole number beyond 2^53 that `JSON.parse` rounded"),
        (&IDS, &in_text, "with the digits of a whole number beyond 2^53 that `JSON.parse` rounded"),
        (&IDS, &as_bigint, "with the digits of a whole number beyond 2^53 that `JSON.parse` rounded"),
        (&FRACTIONS, "", "with more digits than a double keeps"),
        (&FRACTIONS, "columns: { id: float }\n", "with more digits than a double keeps"),
        (&HALVES, "", "with half of a surrogate pair"),
        (&HALVES, &parsed, "with half of a surrogate pair"),
        (&ENDLESS, "", "values that no double holds, such as Infinity"),
        (&ENDLESS, "columns: { id: float }\n", "values that no double holds, such as Infinity"),
        (&ENDLESS, &parsed, "values that no double holds, such as Infinity"),
        (&TIMES, "columns: { id: timestamp }\n", "with digits below the microsecond"),
    ];
    for (pages, how, expected) in every(4, cases) {
        let home = of_files(*pages);
        let upsert = "sink: { kind: parquet, path: out, mode: upsert, key: id }\n";
        let done = run(&home, &format!("{how}{upsert}"));
        assert_eq!(done.code, Some(1), "{how}: {}", done.stderr);
        let found = words(&done);
        assert!(found.contains("page 1, row 1: ") && found.contains(expected), "{how}: {found}");
        let unique = "checks: [{ kind: unique, columns: [id] }]\nsink: { kind: parquet, path: out2 }\n";
        let done = run(&home, &format!("{how}{unique}"));
        assert!(done.code == Some(1) && words(&done).contains(expected), "{how}: {}", done.stderr);
        // Where they name nothing, they are there, and most are counted.
        let done = run(&home, &format!("{how}sink: {{ kind: parquet, path: out3 }}\n"));
        assert_eq!(done.code, Some(0), "{how}: {}", done.stderr);
        assert_eq!(
            words(&done).contains("warning"),
            !expected.contains("than a double keeps") && !expected.contains("no double holds"),
            "{how}: {}",
            done.stderr
        );
    }
}

#[test]
fn values_that_have_lost_nothing_are_keys() {
    for (pages, how) in [
        (IDS, ""),
        (
            IDS,
            "converter:\n  big_integers: bigint\n  script: 'const convert = json => JSON.parse(json).map(r => ({ id: String(r.id) }))'\n",
        ),
        (FRACTIONS, "columns: { id: string }\n"),
        (TIMES, "columns: { id: string }\n"),
    ] {
        let home = of_files(pages);
        home.write(
            "t.yaml",
            &format!("{FILES}{how}sink: {{ kind: parquet, path: out, mode: upsert, key: id }}\n"),
        );
        let summary = home.summary(&["t.yaml"]);
        assert_eq!(summary["tables"][0]["files"][0]["rows"], 9, "{how}");
        assert_eq!(summary["tables"][0]["warnings"], serde_json::Value::Null, "{how}");
    }
}

#[test]
fn a_page_that_is_refused_is_asked_for_again() {
    let is_mended = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&is_mended);
    let server = Server::start(move |asked: &Asked| {
        let page = page_of(asked);
        let bad = if now.load(Ordering::SeqCst) { "\"x\"" } else { "null" };
        let rows = [
            r#"[{"id":"a"},{"id":"b"},{"id":"c"}]"#.to_owned(),
            format!(r#"[{{"id":"d"}},{{"id":{bad}}},{{"id":"e"}}]"#),
            r#"[{"id":"f"},{"id":"g"},{"id":"h"}]"#.to_owned(),
        ];
        with_next(&rows[page], page)
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write(
        "t.yaml",
        "name: t\ndatasource: { kind: rest, base_url: '${URL}', limits: { concurrency: 1 } }\n\
         query: { path: /x, select: items, pagination: { kind: cursor, next: next, param: c } }\n\
         sink: { kind: parquet, path: out, mode: upsert, key: id }\n",
    );
    for _ in 0..2 {
        let n_before = server.asked().len();
        let done = home.run(&["run", "t.yaml"]);
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        assert!(words(&done).contains("page 2, row 2: there is no `id`"), "{}", done.stderr);
        assert!(server.asked()[n_before..].iter().any(|asked| asked.param("c").as_deref() == Some("2")));
    }
    is_mended.store(true, Ordering::SeqCst);
    let n_before = server.asked().len();
    let summary = home.summary(&["t.yaml"]);
    let table = &summary["tables"][0];
    assert_eq!((&table["rows"], &table["resumed_pages"]), (&9.into(), &1.into()), "{table}");
    // The page that was kept shows that the server is as it was.
    assert_eq!(server.asked().len() - n_before, 3);
}

#[test]
fn rows_that_come_again_are_appended_once() {
    let home = of_files([
        r#"[{"id":1,"at":"2024-01-01T00:00:00Z"},{"id":2,"at":null},{"id":3,"at":"2024-06-01T00:00:00Z"}]"#,
        r#"[{"id":4},{"id":5},{"id":6}]"#,
        r#"[{"id":7,"at":"2024-06-01T00:00:00Z"},{"id":8,"at":"2024-05-31T23:59:00Z"},{"id":9,"at":null}]"#,
    ]);
    let pipeline = "name: t\ndatasource: { kind: file, folder: in }\n\
                    query: { path: '${window.from_date}*.json', incremental: { column: at, key: id } }\n\
                    sink: { kind: parquet, path: out, mode: append }\n";
    // The files are named for no window, so that each run finds all of them.
    for day in ["1970-01-01", "2024-05-31"] {
        for page in 0..3 {
            let text = home.read(&format!("in/p{page}.json"));
            home.write(&format!("in/{day}-{page}.json"), &text);
        }
    }
    home.write("t.yaml", pipeline);
    let rows = |summary: &serde_json::Value| {
        let table = &summary["tables"][0];
        (table["rows"].as_u64().unwrap(), table["discarded"].as_u64().unwrap_or_default())
    };
    assert_eq!(rows(&home.summary(&["t.yaml"])), (9, 0));
    for _ in 0..2 {
        assert_eq!(rows(&home.summary(&["t.yaml"])), (0, 9));
    }
    home.write("in/2024-05-31-3.json", r#"[{"id":10},{"id":11,"at":"2024-06-01T00:00:01Z"},{"id":4}]"#);
    assert_eq!(rows(&home.summary(&["t.yaml"])), (2, 10));
    home.write("in/2024-05-31-4.json", r#"[{"id":null,"at":"2024-06-01T00:00:02Z"}]"#);
    let done = home.run(&["run", "t.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(
        words(&done).contains("there is no `id`, which is a part of the `key` of `incremental`"),
        "{}",
        done.stderr
    );
}

#[test]
fn values_that_an_address_leaves_out_are_refused() {
    for (value, expected) in [("..", "is `..`"), (".", "is `.`"), ("", "is empty")] {
        let is_mended = Arc::new(AtomicBool::new(false));
        let (now, bad) = (Arc::clone(&is_mended), value.to_owned());
        let server = Server::start(move |asked: &Asked| match asked.path.as_str() {
            "/orders" => {
                let id = if now.load(Ordering::SeqCst) { "z" } else { bad.as_str() };
                Reply::json(format!(r#"[{{"id":"a b"}},{{"id":"{id}"}},{{"id":"c/d"}}]"#))
            }
            path => Reply::json(format!(r#"[{{"path":"{path}"}}]"#)),
        });
        let home = Home::new().with([("URL", server.url.as_str())]);
        home.write(
            "t.yaml",
            "name: t\ndatasource: { kind: rest, base_url: '${URL}' }\ntables:\n  orders:\n    query: { path: /orders }\n    \
             sink: { kind: jsonl, path: orders }\n  parts:\n    query: { path: '/orders/${each.id}/parts', \
             for_each: { table: orders, column: id, as: id } }\n    sink: { kind: jsonl, path: parts }\n",
        );
        let done = home.run(&["run", "t.yaml"]);
        assert_eq!(done.code, Some(1), "{value}: {}", done.stderr);
        assert!(
            words(&done).contains(&format!("`${{each.id}}` in `path` {expected}")),
            "{value}: {}",
            done.stderr
        );
        let is_meant = |asked: &Asked| {
            ["/orders", "/orders/a%20b/parts", "/orders/c%2Fd/parts"].contains(&asked.path.as_str())
        };
        assert!(server.asked().iter().all(is_meant), "{value}: {:?}", server.asked());
        is_mended.store(true, Ordering::SeqCst);
        home.summary(&["t.yaml"]);
        let paths = home.read("parts.jsonl");
        assert!(paths.contains("/orders/c%2Fd/parts") && paths.contains("/orders/z/parts"), "{paths}");
    }
}

#[test]
fn values_lead_out_of_no_folder_and_no_path() {
    let home = of_files([r#"[{"id":"../secret"}]"#, "[]", "[]"]);
    home.write("in/of/x.json", "[]");
    home.write("secret.json", r#"[{"a":1}]"#);
    home.write(
        "t.yaml",
        "name: t\ndatasource: { kind: file, folder: in }\ntables:\n  orders:\n    query: { path: 'p*.json' }\n    \
         sink: { kind: jsonl, path: orders }\n  parts:\n    query: { path: 'of/../${each.id}.json', \
         for_each: { table: orders, column: id, as: id } }\n    sink: { kind: jsonl, path: parts }\n",
    );
    let done = home.run(&["run", "t.yaml"]);
    assert!(
        done.code == Some(1) && words(&done).contains("`../secret` in `query.path` leads out"),
        "{}",
        done.stderr
    );
    let home = Home::new();
    home.write(
        "t.yaml",
        "name: t\ndatasource: { kind: rest, base_url: http://127.0.0.1:1 }\nparams: { p: { default: '..' } }\n\
         query: { path: '/a/${param.p}/b' }\nsink: { kind: jsonl, path: out }\n",
    );
    let done = home.run(&["run", "t.yaml"]);
    assert!(
        done.code == Some(1) && words(&done).contains("`${param.p}` in `path` is `..`"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_list_of_xml_without_items_is_an_empty_page() {
    let server = Server::start(|asked: &Asked| {
        let offset: usize = asked.param("o").and_then(|offset| offset.parse().ok()).unwrap_or_default();
        let items = match offset {
            0 => "<items total='3'><item><id>1</id></item><item><id>2</id></item></items>",
            2 => "<items total='3'><item><id>3</id></item></items>",
            _ => "<items/>",
        };
        Reply::json(items)
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    let pipeline = |query: &str, converter: &str| {
        home.write(
            "t.yaml",
            &format!("name: t\ndatasource: {{ kind: rest, base_url: '${{URL}}' }}\nquery: {query}\n{converter}columns: {{ id: string }}\nsink: {{ kind: jsonl, path: out }}\n"),
        );
        home.summary(&["t.yaml"])["tables"][0]["rows"].as_u64().unwrap()
    };
    let paged = "{ path: /x, decode: xml, select: items.item, pagination: { kind: offset, param: o, size_param: n, size: 2 } }";
    assert_eq!(pipeline(paged, ""), 3);
    assert_eq!(pipeline("{ path: '/x?o=9', decode: xml, select: items.item }", ""), 0);
    assert_eq!(pipeline("{ path: '/x', decode: xml }", "converter: { select: items.item }\n"), 2);
}

#[test]
fn a_column_that_is_undefined_in_all_rows_is_told() {
    let pages =
        [r#"[{"a":1},{"a":2},{"a":3}]"#, r#"[{"a":4},{"a":5},{"a":6}]"#, r#"[{"a":7},{"a":8},{"a":9}]"#];
    let home = of_files(pages);
    let rows = |value: &str| {
        format!(
            "converter: {{ script: 'const convert = json => JSON.parse(json).map(r => ({{ a: r.a, b: {value} }}))' }}\n\
             columns: {{ b: string }}\nsink: {{ kind: parquet, path: out }}\n"
        )
    };
    for value in every(2, ["r.b", "r.x?.y", "undefined", "r[`b`]"]) {
        let done = run(&home, &rows(value));
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        assert!(
            words(&done).contains("no row has `b`, which `columns` declares"),
            "{value}: {}",
            done.stderr
        );
        assert_eq!(column(&parquet(&home.path("out.parquet")), "b"), vec![None; 9], "{value}");
    }
    for value in ["null", "r.a === 5 ? `x` : undefined"] {
        let done = run(&home, &rows(value));
        assert!(!done.stderr.contains("no row has"), "{value}: {}", done.stderr);
    }
}

#[test]
fn rows_that_are_undefined_say_what_is_missing() {
    let home = of_files([r#"[{"a":1},{"a":2}]"#, "[]", "[]"]);
    let script = "converter: { script: 'const convert = json => JSON.parse(json).map(r => { a: r.a })' }\n";
    let done = run(&home, &format!("{script}sink: {{ kind: jsonl, path: out }}\n"));
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(words(&done).contains("in parentheses: `r => ({ id: r.id })`"), "{}", done.stderr);
}

#[test]
fn text_and_json_are_one_type_in_all_files() {
    let home = of_files([r#"[{"v":"a"},{"v":"b"},{"v":null}]"#, r#"[{"v":"c"}]"#, r#"[{"v":"d"}]"#]);
    let sink = "sink: { kind: parquet, path: out, mode: append }\n";
    assert_eq!(run(&home, sink).code, Some(0));
    home.write("in/p1.json", r#"[{"v":{"x":1}},{"v":"e"}]"#);
    home.write("t.yaml", &format!("{FILES}{sink}"));
    home.summary(&["t.yaml"]);
    let manifest: serde_json::Value = serde_json::from_str(&home.read("out/_manifest.json")).unwrap();
    let mut values = Vec::new();
    for file in manifest["files"].as_array().unwrap() {
        let path = home.path(&format!("out/{}", file["path"].as_str().unwrap()));
        values.extend(column(&parquet(&path), "v").into_iter().flatten());
    }
    values.sort();
    assert_eq!(
        values,
        [r#""a""#, r#""a""#, r#""b""#, r#""b""#, r#""c""#, r#""d""#, r#""d""#, r#""e""#, r#"{"x":1}"#]
    );
}

#[test]
fn digits_that_a_script_takes_from_the_text_are_keys() {
    let quoted = r#"JSON.parse(json.replace(/"id":(\d+)/g, "\"id\":\"$1\""))"#;
    let upsert = "sink: { kind: parquet, path: out, mode: upsert, key: id }\n";
    let home = of_files(IDS);
    let converter = format!("converter:\n  script: |\n    const convert = json => {quoted}\n");
    for _ in 0..2 {
        let done = run(&home, &format!("{converter}{upsert}"));
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
}

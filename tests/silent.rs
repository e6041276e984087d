//! Nothing is lost, or bent, without a word: each mistake in three pages of three records.

use crate::{
    recorded::{Asked, Reply, Server},
    support::{Done, Home, every},
    table_files::{column, parquet, types},
};

/// The text of errors and warnings without its line breaks.
fn words(done: &Done) -> String {
    done.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs `p.yaml` over three files, and over a server with a page for each.
fn both(pages: [&str; 3], (extension, query): (&str, &str), more: &str) -> [(Done, Home); 2] {
    let files = Home::new();
    for (index, page) in pages.iter().enumerate() {
        files.write(&format!("in/p{index}.{extension}"), page);
    }
    let sink = "sink: { kind: parquet, path: out }\n";
    files.write(
        "p.yaml",
        &format!("datasource: {{ kind: file, folder: in }}\nquery: {{ path: 'p*'{query} }}\n{more}{sink}"),
    );
    let pages = pages.map(str::to_owned);
    let media_type = if extension == "csv" { "text/csv" } else { "application/json" };
    let server = Server::start(move |asked: &Asked| {
        let page = asked.param("page").map_or(0, |page| page.parse::<usize>().expect("a number") - 1);
        let body = pages.get(page).map_or("", String::as_str);
        Reply { status: 200, headers: vec![("content-type", media_type.into())], body: body.into() }
    });
    let http = Home::new().with([("URL", server.url.as_str())]);
    http.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: rest, base_url: '${{URL}}' }}\n\
             query: {{ path: /x, pagination: {{ kind: page_number, param: page }}, max_pages: 3{query} }}\n{more}{sink}"
        ),
    );
    [files, http].map(|home| (home.run(&["run", "p.yaml"]), home))
}

#[test]
fn csv_loses_no_record() {
    let first = "id,n\n1,a\n2,b\n3,c\n";
    let check = |pages: [&str; 3], query: &str, expected: &str| {
        for (done, home) in both(pages, ("csv", query), "") {
            if expected.is_empty() {
                assert_eq!(done.code, Some(0), "{}", done.stderr);
                let rows = parquet(&home.path("out.parquet"));
                assert_eq!(column(&rows, "id").into_iter().flatten().collect::<String>(), "123456789");
                assert_eq!(types(&rows), ["id: Utf8", "n: Utf8"]);
            } else {
                assert!(done.code == Some(1) && words(&done).contains(expected), "{}", done.stderr);
            }
        }
    };
    let later = "id,n\n4,d\n5,\"e\nE\"\n6,f\n";
    check([first, later, "n,id\ng,7\nh,8\ni,9\n"], "", "");
    check([first, "4,d\n5,e\n6,f\n", "7,g\n8,h\n9,i\n"], "", "its first line, `4,d`, may be data");
    check([first, later, "7,g\n8,h\n9,i\n"], "", "its first line, `7,g`, may be data");
    check(
        [first, "id,n\n4,\"d\n5,e\n6,f\n", first],
        "",
        "the quote that begins a field in line 2 is never closed",
    );
    check([first, "id,n\n4,\"d\n5,e\n6,\"f\"\n", first], "", "line 4 has text after the closing quote");
    check([first, "id,n\n4,\"d\" D\n5,e\n6,f\n", first], "", "line 2 has text after the closing quote");
    let other = ["id;n\n1;a\n2;b\n3;c\n", "id;n\n4;d\n5;e\n6;f\n", "id;n\n7;g\n8;h\n9;i\n"];
    check(other, "", "the header is one column, `id;n`; write `delimiter: semicolon` in `query`");
    check(other, ", delimiter: semicolon", "");
    let excel = other.map(|page| format!("\u{feff}sep=;\r\n{page}"));
    check([&excel[0], &excel[1], &excel[2]], "", "");
}

#[test]
fn text_has_the_digits_of_the_page_or_the_run_says_so() {
    let pages = [
        r#"[{"v":"n/a","w":1.10},{"v":0.1234567890123456789,"w":2},{"v":1.10,"w":0.5}]"#,
        r#"[{"v":1e22,"w":-0.0},{"v":-0.0,"w":7},{"v":"x","w":1e3}]"#,
        r#"[{"v":1E5,"w":2.50},{"v":"y","w":0.1},{"v":2.50,"w":"z"}]"#,
    ];
    for (done, home) in both(pages, ("json", ""), "") {
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let rows = parquet(&home.path("out.parquet"));
        let values = |name: &str| column(&rows, name).into_iter().flatten().collect::<Vec<_>>().join(" ");
        assert_eq!(values("v"), "n/a 0.1234567890123456789 1.10 1e22 -0.0 x 1E5 y 2.50");
        assert_eq!(values("w"), "1.1 2 0.5 0 7 1000 2.50 0.1 z");
        let told = words(&done);
        assert!(
            told.contains("`w` has 3 numbers of pages without text, such as 1.10, ")
                && !told.contains("`v` has"),
            "{told}"
        );
        assert!(told.contains("declare `w` in `columns` as `string`"), "{told}");
    }
    // A column that stays one of numbers has nothing to say of how they are written.
    let numbers = [r#"[{"v":1.10},{"v":1e3},{"v":2}]"#; 3];
    for (done, _) in both(numbers, ("json", ", same_page: follow"), "").into_iter().skip(1) {
        assert!(done.code == Some(0) && !done.stderr.contains("warning"), "{}", done.stderr);
    }
}

#[test]
fn a_member_that_no_record_has_is_told() {
    let pages = [
        r#"[{"id":1,"name":"a","of":null},{"id":2,"name":"b","of":null},{"id":3,"name":null,"of":null}]"#,
        r#"[{"id":4,"name":"d","of":{"x":1}},{"id":5,"name":"e","of":null},{"id":6,"name":"f","of":null}]"#,
        r#"[{"id":7,"name":"g","of":null},{"id":8,"name":"h","of":null},{"id":9,"name":"i","of":null}]"#,
    ];
    let check = |row: &str, expected: &[&str]| {
        let converter = format!(
            "converter: {{ script: 'const convert = json => JSON.parse(json).map(r => ({{ id: r.id, {row} }}))' }}\n"
        );
        let [(of_files, home), (of_http, _)] = both(pages, ("json", ""), &converter);
        for done in [of_files, of_http, home.run(&["preview", "p.yaml"]), home.run(&["check", "p.yaml"])] {
            assert_eq!(done.code, Some(0), "{}", done.stderr);
            // `check` has it beside what it checked.
            let told =
                format!("{} {}", words(&done), done.stdout.split_whitespace().collect::<Vec<_>>().join(" "));
            assert_eq!(told.contains("is undefined in all rows"), !expected.is_empty(), "{row}: {told}");
            assert!(expected.iter().all(|expected| told.contains(expected)), "{row}: {told}");
        }
    };
    let lacks = "has `nmae`; they have `id`, `name`, `of`; did you mean `name`?";
    // Read from the page without the script, by the script, and within other values.
    check("name: r.nmae", &["`name` is undefined in all rows: none of the 3 records of the page ", lacks]);
    check("name: r.nmae?.trim()", &["`name` is undefined", lacks]);
    check("all: { name: r.nmae, id: r.id }", &["`all.name` is undefined", lacks]);
    check("list: [r.nmae]", &["`list[]` is undefined"]);
    check("name: [r][0].nmae", &["`name` is undefined", "return `null` where a value may be missing"]);
    // Nulls of the data, and values that some record has.
    let right =
        ["x: r.id === 2 ? 1 : undefined", "x: r.of?.y ?? null", "x: r.of?.x", "name: r.name", "x: null"];
    for row in every(8, right) {
        check(row, &[]);
    }
}

#[test]
fn numbers_that_json_cannot_hold_are_told() {
    let home = Home::new();
    for page in 0..3 {
        home.write(
            &format!("in/p{page}.json"),
            r#"[{"f":1e400,"o":{"f":-1e400}},{"f":1.5,"o":{"f":2.5}},{"f":2,"o":null}]"#,
        );
    }
    let run = |sink: &str, more: &str| {
        home.write(
            "p.yaml",
            &format!(
                "datasource: {{ kind: file, folder: in }}\nquery: {{ path: 'p*' }}\n{more}sink: {sink}\n"
            ),
        );
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        words(&done)
    };
    let script = "converter: { script: 'const convert = json => JSON.parse(json).map(r => ({ f: r.f === 1.5 ? NaN : -r.f, o: r.o, \
                  d: r.f, j: { r } }))' }\ncolumns: { d: float, j: json }\n";
    let told = |warnings: &str, place: &str| {
        warnings.contains(&format!("`{place}` has 3 numbers that JSON cannot hold"))
    };
    let (jsonl, csv, parquet) =
        ("{ kind: jsonl, path: out }", "{ kind: csv, path: out }", "{ kind: parquet, path: out }");
    let warnings = run(jsonl, "");
    assert!(
        told(&warnings, "f") && told(&warnings, "o.f") && warnings.contains("such as 1e400"),
        "{warnings}"
    );
    assert!(home.read("out.jsonl").starts_with("{\"f\":null,\"o\":{\"f\":null}}\n"));
    let warnings = run(csv, "");
    assert!(!told(&warnings, "f") && told(&warnings, "o.f"), "{warnings}");
    assert_eq!(run(parquet, "").matches("warning").count(), 0);
    assert_eq!(run(jsonl, "columns: { f: string, o: json }\n").matches("warning").count(), 0);
    assert!(home.read("out.jsonl").starts_with("{\"f\":\"1e400\",\"o\":{\"f\":-1e400}}\n"));
    let warnings = run(jsonl, script);
    assert!(warnings.contains("`f` has 6 numbers that JSON cannot hold, such as -Infinity"), "{warnings}");
    assert!(
        told(&warnings, "o.f") && told(&warnings, "d") && warnings.contains("`j` has 6 numbers"),
        "{warnings}"
    );
    let warnings = run(parquet, script);
    assert!(!told(&warnings, "d") && warnings.contains("`j` has 6 numbers"), "{warnings}");
}

#[test]
fn dates_and_cursors_are_read_or_the_cure_is_named() {
    let home = Home::new();
    for page in 0..3 {
        home.write(
            &format!("in/p{page}.json"),
            r#"[{"id":1,"d":20241129,"z":"2024-11-29T10:44:51.123Z","g":"Fri, 29 Nov 2024 10:44:51 GMT","u":1700000001}]"#,
        );
    }
    let run = |query: &str, more: &str| {
        home.write(
            "p.yaml",
            &format!("datasource: {{ kind: file, folder: in }}\nquery: {{ path: 'p*'{query} }}\n{more}"),
        );
        home.run(&["run", "p.yaml"])
    };
    let columns = "columns:\n  d: { type: date, format: '%Y%m%d' }\n  z: { type: timestamp, format: '%Y-%m-%dT%H:%M:%S%.f%z' }\n  \
                   g: { type: timestamp, format: '%a, %d %b %Y %H:%M:%S %Z' }\n";
    let done = run("", &format!("{columns}sink: {{ kind: jsonl, path: out }}\n"));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let row = r#"{"d":"2024-11-29","z":"2024-11-29T10:44:51.123Z","g":"2024-11-29T10:44:51.000Z","id":1,"u":1700000001}"#;
    assert_eq!(home.read("out.jsonl").lines().collect::<Vec<_>>(), [row; 3]);
    let done = run("", "columns: { d: date }\nsink: { kind: jsonl, path: out }\n");
    assert!(words(&done).contains("`format: \"%Y%m%d\"`"), "{}", done.stderr);
}

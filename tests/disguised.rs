//! Bodies that are something else than their `Content-Type` says: errors sent as CSV, JSON sent as a web page.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use crate::{
    bodies::three_pages,
    recorded::{Reply, Server},
    support::{Done, Home},
    table_files::{column, parquet},
};

/// A server that answers each request with the next of these, and a home that writes its rows into one file.
fn in_turn(answers: &'static [(&'static str, &'static str)], rest: &str) -> (Server, Home) {
    let next = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |_| {
        let (media_type, body) = answers[next.fetch_add(1, Ordering::Relaxed)];
        Reply::of(media_type, body)
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write(
        "p.yaml",
        &format!("datasource: {{ kind: rest, base_url: '${{URL}}', limits: {{ requests_per_second: 1000 }} }}\n{rest}\n"),
    );
    (server, home)
}

fn run(home: &Home) -> Done {
    home.run(&["run", "p.yaml"])
}

fn ids(home: &Home) -> Vec<String> {
    column(&parquet(&home.path("rows.parquet")), "id").into_iter().flatten().collect()
}

const CSV: &str = "text/csv; charset=utf-8";

#[test]
fn an_error_that_is_sent_as_csv_leaves_the_table() {
    let (_server, home) = in_turn(
        &[
            (CSV, "id,v\n1,a\n2,b\n"),
            (CSV, "Internal error\n"),
            (CSV, "error"),
            (CSV, "{\"error\":\"boom\"}"),
            (CSV, "<html><body>Bad Gateway</body></html>"),
            (CSV, "{\"id\":1}\n{\"id\":2}\n"),
            (CSV, "id,v\n3,c\n"),
            (CSV, "[{\"id\":4,\"v\":\"d\"}]"),
            (CSV, "v,id\r\n"),
        ],
        "query: { path: /x }\nsink: { kind: parquet, path: rows }",
    );
    assert_eq!((run(&home).code, ids(&home)), (Some(0), vec!["1".into(), "2".into()]));
    for expected in
        ["`Internal error`", "`error`", "{\"error\":\"boom\"}", "XML or a web page", "JSON and no CSV"]
    {
        let done = run(&home);
        assert_eq!((done.code, ids(&home).len()), (Some(1), 2), "{expected}: {}", done.stderr);
        assert!(done.stderr.contains(expected), "{}", done.stderr);
    }
    for expected in [vec!["3".to_owned()], vec!["4".into()], vec![]] {
        let done = run(&home);
        assert_eq!((done.code, ids(&home)), (Some(0), expected), "{}", done.stderr);
    }
    assert_eq!(parquet(&home.path("rows.parquet")).num_columns(), 2);
}

#[test]
fn columns_that_are_declared_or_name_rows_tell_a_header_from_a_message() {
    let check = |rest: &str, body: &'static str, code: i32| {
        let server = Server::start(move |_| Reply::of(CSV, body));
        let home = Home::new().with([("URL", server.url.as_str())]);
        home.write(
            "p.yaml",
            &format!("datasource: {{ kind: rest, base_url: '${{URL}}' }}\nquery: {{ path: /x }}\n{rest}\n"),
        );
        let done = run(&home);
        assert_eq!(done.code, Some(code), "{rest} {body}: {}", done.stderr);
    };
    let declared = "columns: { Name: { type: string, from: display name } }\nsink: { kind: csv, path: rows }";
    check(declared, "timeout", 1);
    check(declared, "id,display name\n", 0);
    let upsert = "sink: { kind: parquet, path: rows/, mode: upsert, key: id }";
    check(upsert, "timeout\n", 1);
    check(upsert, "id\n", 0);
    // What a script reads has names of its own.
    let script = "converter: { script: 'const convert = json => JSON.parse(json).map(r => ({ n: r.Count }))' }\n\
                  columns: { n: string }\nsink: { kind: csv, path: rows }";
    check(script, "Count\n", 0);
    check(script, "Internal error\n", 1);
}

#[test]
fn windows_and_runs_that_begin_anew_know_what_they_may() {
    let (_server, home) = in_turn(
        &[(CSV, "id,v\n1,a\n"), (CSV, "timeout\n"), (CSV, "id\n")],
        "query: { path: /x, params: { a: '${split.from}' }, split: { from: 0, to: 3, every: 1 } }\n\
         sink: { kind: parquet, path: rows }",
    );
    let done = run(&home);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    let (_server, home) = in_turn(
        &[(CSV, "id,v\n1,a\n"), (CSV, "key,value\n"), (CSV, "key,value\n")],
        "query: { path: /x }\nsink: { kind: parquet, path: rows }",
    );
    assert_eq!(run(&home).code, Some(0));
    assert!(run(&home).stderr.contains("`--full-refresh` begins anew"));
    let done = home.run(&["run", "p.yaml", "--full-refresh"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
}

#[test]
fn decode_overrules_a_content_type_of_web_pages() {
    let page =
        |asked: &crate::recorded::Asked| asked.param("page").map_or(1, |page| page.parse::<usize>().unwrap());
    let json = Server::start(move |asked| {
        Reply::of("text/html; charset=utf-8", format!("[{{\"id\":{}}}]", page(asked)))
    });
    let csv = Server::start(move |asked| Reply::of("text/html", format!("id\n{}\n", page(asked))));
    for (server, decode) in [(&json, "json"), (&csv, "csv")] {
        let (done, rows) = three_pages(server, &format!(", decode: {decode}"));
        assert_eq!((done.code, rows.len()), (Some(0), 3), "{decode}: {}", done.stderr);
    }
    let (done, _) = three_pages(&json, "");
    assert!(
        done.stderr.contains("its body is JSON") && done.stderr.contains("`decode: json`"),
        "{}",
        done.stderr
    );
    let login = Server::start(|_| Reply::of("text/html", "<!doctype html><title>Log in</title>"));
    for decode in ["auto", "json", "ndjson", "csv"] {
        let (done, _) = three_pages(&login, &format!(", decode: {decode}"));
        assert!(
            done.stderr.contains("the answer is a web page, not data: Log in"),
            "{decode}: {}",
            done.stderr
        );
    }
}

#[test]
fn bodies_of_other_formats_are_read_or_say_what_reads_them() {
    let check = |media_type: &'static str, body: &'static str, expected: Result<usize, &str>| {
        for paging in ["", ", pagination: { kind: page_number, param: page, total_pages: /n }"] {
            let server = Server::start(move |_| Reply::of(media_type, body));
            let home = Home::new().with([("URL", server.url.as_str())]);
            home.write(
                "p.yaml",
                &format!(
                    "datasource: {{ kind: rest, base_url: '${{URL}}' }}\nquery: {{ path: /x, max_pages: 1{paging} }}\n\
                     sink: {{ kind: jsonl, path: rows }}\n"
                ),
            );
            let done = run(&home);
            match expected {
                Ok(n) => {
                    let rows = home.read("rows.jsonl");
                    let rows: Vec<Value> =
                        rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
                    assert_eq!((done.code, rows.len()), (Some(0), n), "{media_type}: {}", done.stderr);
                }
                Err(part) => assert!(done.stderr.contains(part), "{media_type} {paging}: {}", done.stderr),
            }
        }
    };
    let lines = "{\"id\":1}\n{\"id\":2}\n";
    for media_type in ["application/json-lines", "application/stream+json", "application/x-ndjson"] {
        check(media_type, lines, Ok(2));
    }
    check("application/json-seq", "\u{1e}{\"id\":1}\n\u{1e}{\"id\":2}\n", Ok(2));
    check("text/tab-separated-values", "id\tname\n1\ta,b\n2\tc\n", Ok(2));
    check("application/json", lines, Err("`decode: ndjson`"));
    check("text/plain", "id,name\n1,a\n", Err("`decode: csv`"));
}

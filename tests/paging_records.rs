//! Which records came before, which came twice, and what is no record at all.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};

use crate::{
    paging::{complete, number, records, refused, run, yaml},
    recorded::{Reply, Server},
    support::{Home, every},
};

/// Three records that are the same each time, but for an address that is signed anew, with further members.
fn signed(more: Value) -> Server {
    let n = Arc::new(AtomicU64::new(0));
    Server::start(move |_| {
        let n = n.fetch_add(1, Ordering::SeqCst);
        let item = |id: u64| json!({ "id": id, "avatar": format!("https://s3.test/{id}.png?sig={n}") });
        let mut body = json!({ "items": [item(1), item(2), item(3)], "next": format!("t{n}") });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Reply::json(body.to_string())
    })
}

#[test]
fn records_that_differ_in_a_volatile_value_are_the_same() {
    let kinds = [
        ("pagination: { kind: offset, param: skipp }", "`skipp`"),
        ("pagination: { kind: offset, param: skipp, total: total }", "`skipp`"),
        ("pagination: { kind: page_number, param: pagee }", "`pagee`"),
        ("pagination: { kind: page_number, param: pagee, total_pages: pages }", "`pagee`"),
        ("pagination: { kind: cursor, next: next, param: cursr }", "`cursr`"),
        ("pagination: { kind: cursor, next: next, param: cursr, total: total }", "`cursr`"),
    ];
    for (query, param) in every(4, kinds) {
        let server = signed(json!({ "total": 9, "pages": 3 }));
        refused(&server, query, &["page 2 has the same records as page 1", param, "same_page: follow"]);
        let server = signed(json!({}));
        refused(&server, query, &["page 2 has the same records as page 1", param]);
    }
    // The key of the table says what names a record.
    let by_day = Server::start(|asked| {
        let page = number(asked, "page").unwrap_or(1);
        let item = |id: u64| json!({ "id": id, "day": page, "n": 1 });
        let items = if page < 4 { json!([item(1), item(2), item(3)]) } else { json!([]) };
        Reply::json(json!({ "items": items }).to_string())
    });
    let numbers = "pagination: { kind: page_number, param: page }";
    refused(&by_day, numbers, &["same_page: follow", "`id`"]);
    let (done, ids) = run(&by_day, &format!("same_page: follow, {numbers}"), 8);
    assert_eq!((done.code, ids), (Some(0), [1, 2, 3].repeat(3)), "{}", done.stderr);
}

/// Three pages of arrays, of which the second is an object with a good status.
fn limited() -> Server {
    Server::start(|asked| {
        let page = number(asked, "page").unwrap_or(1);
        let limit = json!({ "message": "API rate limit exceeded", "documentation_url": "https://x.test" });
        match asked.path.as_str() {
            "/parents" => Reply::json(records(1).to_string()),
            "/2/children" => Reply::json(limit.to_string()),
            _ if page == 2 => Reply::json(limit.to_string()),
            _ if page > 3 => Reply::json("[]"),
            _ => Reply::json(records(page).to_string())
                .with("link", format!("</x?page={}>; rel=\"next\"", page + 1)),
        }
    })
}

#[test]
fn a_message_in_the_place_of_an_array_is_no_row() {
    let server = limited();
    let script = "converter: { script: \"const convert = j => JSON.parse(j)\" }\n";
    for kind in ["link_header", "page_number, param: page"] {
        for converter in ["", script] {
            let home = Home::new();
            let query = format!("pagination: {{ kind: {kind} }}");
            let text = yaml(&server, &query, 8).replace("select: items, ", "");
            home.write("p.yaml", &format!("{text}{converter}"));
            let done = home.run(&["run", "p.yaml"]);
            assert_eq!(done.code, Some(1), "{}", done.stderr);
            assert!(done.stderr.contains("API rate limit exceeded"), "{}", done.stderr);
            assert!(!home.path("rows.jsonl").exists());
        }
    }
    let home = Home::new();
    home.write(
        "p.yaml",
        &format!(
            "name: p
datasource: {{ kind: rest, base_url: {}, limits: {{ requests_per_second: 10000, concurrency: 8 }} }}
tables:
  parents: {{ query: {{ path: /parents }}, sink: {{ kind: jsonl, path: parents }} }}
  children:
    query: {{ for_each: {{ table: parents, column: id, as: id }}, path: '/${{each.id}}/children' }}
    sink: {{ kind: jsonl, path: children }}
",
            server.url
        ),
    );
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(
        done.stderr.contains("`id` = `2`") && done.stderr.contains("rate limit exceeded"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_body_that_is_nothing_but_an_error_leaves_the_table_as_it_was() {
    for error in [
        json!({ "error": "maintenance, try again later" }),
        json!({ "errors": [{ "message": "maintenance" }] }),
        json!({ "message": "API rate limit exceeded" }),
        json!({ "code": 401, "message": "token expired" }),
    ] {
        let n = AtomicU64::new(0);
        let server = Server::start(move |_| match n.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::json(records(1).to_string()),
            _ => Reply::json(error.to_string()),
        });
        let home = Home::new();
        home.write("p.yaml", &yaml(&server, "", 1).replace("select: items, ", ""));
        assert_eq!(home.run(&["run", "p.yaml"]).code, Some(0));
        let before = std::fs::read_to_string(home.path("rows.jsonl")).expect("rows");
        let done = home.run(&["run", "p.yaml"]);
        assert!(done.code == Some(1) && done.stderr.contains("something went wrong"), "{}", done.stderr);
        assert_eq!(std::fs::read_to_string(home.path("rows.jsonl")).expect("rows"), before);
    }
}

/// What the summary of a run says, and the ids that came.
fn warned(server: &Server, query: &str) -> (Vec<String>, Vec<u64>) {
    let (done, ids) = run(server, query, 8);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
    let warnings = summary["tables"][0]["warnings"].as_array().cloned().unwrap_or_default();
    (warnings.iter().filter_map(|warning| warning.as_str().map(str::to_owned)).collect(), ids)
}

#[test]
fn pages_with_hidden_records_are_read_once() {
    // As Confluence's version 1: record 5 is hidden from whoever asks.
    let server = Server::start(|asked| {
        let (start, limit) = (number(asked, "start").unwrap_or(0), number(asked, "limit").unwrap_or(3));
        let all =
            (1..=9).skip(usize::try_from(start).unwrap_or(99)).take(usize::try_from(limit).unwrap_or(3));
        let items: Vec<Value> = all.filter(|id| *id != 5).map(|id| json!({ "id": id })).collect();
        let links = match start + limit {
            next if next < 9 => json!({ "next": format!("/x?limit={limit}&start={next}") }),
            _ => json!({}),
        };
        let body = json!({ "items": items, "start": start, "limit": limit, "size": items.len(), "totalSize": 9, "_links": links });
        Reply::json(body.to_string())
    });
    let offset = "pagination: { kind: offset, param: start, size: 3, size_param: limit";
    for query in
        [format!("{offset}, total: totalSize }}"), format!("ignore_signals: [totalSize], {offset} }}")]
    {
        let (warnings, ids) = warned(&server, &query);
        assert_eq!((warnings, ids), (vec![], vec![1, 2, 3, 4, 6, 7, 8, 9]), "{query}");
    }
}

#[test]
fn a_record_that_comes_twice_is_told() {
    // SCIM without `first: 1`, at a server that takes 0 for 1.
    let scim = Server::start(|asked| {
        let start = number(asked, "startIndex").unwrap_or(1).max(1);
        let items: Vec<Value> = (start..(start + 3).min(10)).map(|id| json!({ "id": id })).collect();
        Reply::json(json!({ "items": items, "totalResults": 9 }).to_string())
    });
    let (warnings, ids) =
        warned(&scim, "pagination: { kind: offset, param: startIndex, total: totalResults }");
    assert_eq!(ids, [1, 2, 3, 3, 4, 5, 6, 7, 8, 9]);
    assert!(warnings[0].contains("`id` 3") && warnings[0].contains("`first: 1`"), "{warnings:?}");
    complete(&scim, "pagination: { kind: offset, param: startIndex, first: 1, total: totalResults }");
    // Windows that include their end.
    let inclusive = Server::start(|asked| {
        let (from, to) = (number(asked, "from").unwrap_or(0), number(asked, "to").unwrap_or(0));
        let items: Vec<Value> =
            (from.max(1)..=to.min(9)).map(|id| json!({ "id": id, "name": "x" })).collect();
        Reply::json(json!({ "items": items }).to_string())
    });
    let split = |to: &str| {
        format!(
            "params: {{ from: '${{split.from}}', to: '${{split.{to}}}' }}, split: {{ from: 0, to: 10, every: 3 }}"
        )
    };
    let (warnings, ids) = warned(&inclusive, &split("to"));
    assert_eq!(ids, [1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("window 3 to 6: the record with `id` 3")
            && warnings[0].contains("`${split.last}`"),
        "{warnings:?}"
    );
    assert!(warnings[0].contains("2 more records"), "{warnings:?}");
    let (warnings, _) = warned(&inclusive, &split("last"));
    assert_eq!(warnings, Vec::<String>::new());
    complete(&inclusive, &split("last"));
}

#[test]
fn pages_that_end_before_a_total_are_incomplete() {
    // Records 4 to 6 are hidden.
    let server = Server::start(|asked| {
        let skip = number(asked, "skip").unwrap_or(0);
        let items: Vec<Value> = (skip + 1..=(skip + 3).min(9))
            .filter(|id| !(4..=6).contains(id))
            .map(|id| json!({ "id": id }))
            .collect();
        Reply::json(json!({ "items": items, "total": 9 }).to_string())
    });
    let offset = "pagination: { kind: offset, param: skip, total: total }";
    refused(
        &server,
        offset,
        &["counts 9 and 3 have come", "`empty_page: follow`", "the table is incomplete"],
    );
    let (done, ids) = run(&server, &format!("empty_page: end, {offset}"), 8);
    let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
    assert_eq!(
        (done.code, ids, &summary["incomplete"]),
        (Some(0), vec![1, 2, 3], &json!(true)),
        "{}",
        done.stderr
    );
    let reason = summary["tables"][0]["incomplete_reason"].as_str().expect("a reason");
    assert!(reason.contains("counts 9 records, and its pages end after 3"), "{reason}");
    let (done, _) = run(&server, &format!("empty_page: follow, {offset}"), 1);
    assert!(done.code == Some(2) && done.stderr.contains("`size` and `size_param`"), "{}", done.stderr);
    let sized = offset.replace("param: skip", "param: skip, size: 3, size_param: take");
    let (done, ids) = run(&server, &format!("empty_page: follow, {sized}"), 8);
    assert_eq!((done.code, ids), (Some(0), vec![1, 2, 3, 7, 8, 9]), "{}", done.stderr);
}

#[test]
fn an_empty_page_beside_words_of_failure_is_refused() {
    for more in [
        json!({ "code": 429, "message": "too many requests" }),
        json!({ "error_code": 17, "error_msg": "daily request limit reached" }),
        json!({ "meta": { "status": 500, "error": "shard down" } }),
        json!({ "result": "error" }),
        json!({ "partial": true }),
    ] {
        let server = Server::start(move |asked| match number(asked, "page").unwrap_or(1) {
            2 => {
                let mut body = json!({ "items": [] });
                body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
                Reply::json(body.to_string())
            }
            page => {
                Reply::json(json!({ "items": if page < 4 { records(page) } else { json!([]) } }).to_string())
            }
        });
        refused(&server, "pagination: { kind: page_number, param: page }", &["something went wrong"]);
    }
}

#[test]
fn lists_of_links_are_read_in_the_forms_of_servers() {
    type Links = fn(String) -> Value;
    let forms: [Links; 5] = [
        |next| json!([{ "rel": ["self"], "href": "/x" }, { "rel": ["next"], "href": next }]),
        |next| json!([{ "rel": "Next", "href": next }]),
        |next| json!([{ "rel": "next last", "href": next }]),
        |next| json!([{ "rel": "self", "uri": "/x" }, { "rel": "next", "uri": next }]),
        |next| json!([{ "name": "self", "href": "/x" }, { "name": "next", "href": next }]),
    ];
    let server = |links: Links| {
        Server::start(move |asked| {
            let page = number(asked, "page").unwrap_or(1);
            let links = if page < 3 { links(format!("/x?page={}", page + 1)) } else { json!([]) };
            Reply::json(json!({ "items": records(page), "links": links }).to_string())
        })
    };
    for links in forms {
        complete(&server(links), "pagination: { kind: next_url, next: links }");
    }
    let plain: Links = |next| json!(["/x", next]);
    refused(&server(plain), "pagination: { kind: next_url, next: links }", &["`links` is a list of texts"]);
    // Atom.
    let atom = Server::start(|asked| {
        let page = number(asked, "page").unwrap_or(1);
        let next = match page {
            1 | 2 => format!("<link rel=\"next\" href=\"/x?page={}\"/>", page + 1),
            _ => String::new(),
        };
        let ids = (page * 3 - 2..=page * 3).map(|id| format!("<entry><id>{id}</id></entry>"));
        let body = format!("<feed><link rel=\"self\" href=\"/x\"/>{next}{}</feed>", ids.collect::<String>());
        Reply::json(body).with("content-type", "application/atom+xml")
    });
    let home = Home::new();
    let query = "pagination: { kind: next_url, next: feed.link }";
    home.write("p.yaml", &yaml(&atom, query, 1).replace("select: items", "select: feed.entry, decode: xml"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let rows = std::fs::read_to_string(home.path("rows.jsonl")).expect("rows");
    assert_eq!(rows.lines().count(), 9, "{rows}");
}

#[test]
fn a_page_that_leaves_the_array_out_is_empty() {
    for empty in ["{}", "{\"next\":\"3\"}", "{\"status\":\"ok\",\"next\":\"3\"}"] {
        let server = Server::start(move |asked| match number(asked, "c").unwrap_or(1) {
            1 => Reply::json(json!({ "items": records(1), "next": "2" }).to_string()),
            2 => Reply::json(empty),
            _ => Reply::json(json!({ "items": records(3), "next": null }).to_string()),
        });
        let (done, ids) = run(&server, "pagination: { kind: cursor, next: next, param: c }", 8);
        let all = if empty.contains("next") { vec![1, 2, 3, 7, 8, 9] } else { vec![1, 2, 3] };
        assert_eq!((done.code, ids), (Some(0), all), "{empty}: {}", done.stderr);
    }
    // A request that only confirms a total, and a query that has nothing at all.
    let server = Server::start(|asked| match number(asked, "o").unwrap_or(0) {
        0 => Reply::json(json!({ "items": records(1), "total": 3 }).to_string()),
        _ => Reply::json("{}"),
    });
    let query = "pagination: { kind: offset, param: o, total: total }";
    let (done, ids) = run(&server, query, 8);
    assert_eq!((done.code, ids), (Some(0), vec![1, 2, 3]), "{}", done.stderr);
    for body in ["{\"total\":0}", "{}"] {
        let server = Server::start(move |_| Reply::json(body));
        let (done, ids) = run(&server, query, 8);
        assert_eq!((done.code, ids), (Some(0), vec![]), "{body}: {}", done.stderr);
    }
    // A server that says so in its own words; the query may be one of many nights.
    for body in [
        r#"{"meta":{"result_count":0}}"#,
        r#"{"schemas":["urn:x"],"totalResults":0,"itemsPerPage":0,"startIndex":1}"#,
        r#"{"Count":0,"ScannedCount":0}"#,
    ] {
        let server = Server::start(move |_| Reply::json(body));
        for query in ["method: GET", "pagination: { kind: cursor, next: meta.next_token, param: c }"] {
            let (done, ids) = run(&server, query, 8);
            assert_eq!((done.code, ids), (Some(0), vec![]), "{body} {query}: {}", done.stderr);
        }
    }
    // A path that is wrong is told.
    let server = Server::start(|_| Reply::json(json!({ "rows": records(1), "total": 3 }).to_string()));
    refused(&server, query, &["select"]);
}

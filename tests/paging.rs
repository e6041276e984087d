//! Every page of every kind of pagination, or an error that names what is wrong. Three records on three pages, one
//! request at a time and eight.

use serde_json::{Value, json};

use crate::{
    authoring::Dev,
    recorded::{Asked, Reply, Server},
    support::{Done, Home},
};

/// The ids of a page of three, from 1 on.
fn ids(page: u64) -> [u64; 3] {
    [page * 3 - 2, page * 3 - 1, page * 3]
}

fn records(page: u64) -> Value {
    ids(page).map(|id| json!({ "id": id, "name": format!("record {id}") })).to_vec().into()
}

/// A pipeline that reads `items` with `query` from a server; rows go to `rows.jsonl`.
fn yaml(server: &Server, query: &str, concurrency: usize) -> String {
    format!(
        "name: p
datasource:
  kind: rest
  base_url: {}
  limits: {{ requests_per_second: 10000, backoff: 1ms, concurrency: {concurrency} }}
query: {{ path: /x, select: items, {query} }}
sink: {{ kind: jsonl, path: rows }}
",
        server.url
    )
}

/// Runs `query`; gives how it ended and the ids that came.
fn run(server: &Server, query: &str, concurrency: usize) -> (Done, Vec<u64>) {
    let home = Home::new();
    home.write("p.yaml", &yaml(server, query, concurrency));
    let done = home.run(&["run", "p.yaml", "--format", "json"]);
    let rows = std::fs::read_to_string(home.path("rows.jsonl")).unwrap_or_default();
    let id = |line: &str| serde_json::from_str::<Value>(line).expect("a row")["id"].as_u64().expect("an id");
    (done, rows.lines().map(id).collect())
}

/// All nine rows, with one request at a time and with eight.
fn complete(server: &Server, query: &str) {
    for concurrency in [1, 8] {
        let (done, ids) = run(server, query, concurrency);
        assert_eq!((done.code, ids), (Some(0), (1..=9).collect()), "{query}\n{}", done.stderr);
        let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
        assert_eq!(summary["incomplete"], false, "{query}\n{summary}");
    }
}

/// An error with these words, no rows, and an end after a few requests.
fn refused(server: &Server, query: &str, words: &[&str]) {
    for concurrency in [1, 8] {
        let asked = server.asked().len();
        let (done, ids) = run(server, query, concurrency);
        assert_eq!((done.code, ids), (Some(1), vec![]), "{query}\n{}", done.stderr);
        for word in words {
            assert!(done.stderr.contains(word), "{query}: {word}\n{}", done.stderr);
        }
        assert!(server.asked().len() - asked < 40, "{query}");
    }
}

fn number(asked: &Asked, name: &str) -> Option<u64> {
    asked.param(name)?.parse().ok()
}

/// Three pages whose next one is named by `next`, where `page` is the number of the next page.
fn linked(next: impl Fn(u64) -> String + Send + Sync + 'static) -> Server {
    Server::start(move |asked| {
        let page = number(asked, "page").unwrap_or(1);
        let next = if page < 3 { next(page + 1) } else { String::new() };
        Reply::json(json!({ "items": records(page), "next": next }).to_string())
    })
}

#[test]
fn addresses_are_followed_in_every_form() {
    for form in ["/x?page=N", "?page=N", "x?page=N", "{server}/x?page=N", "/a/../x?page=N#top"] {
        let server = linked(|page| form.replace('N', &page.to_string()));
        complete(&server, "pagination: { kind: next_url, next: next }");
    }
}

#[test]
fn addresses_that_lead_back_are_found_in_every_form() {
    for form in ["/x?page=2", "?page=2", "{server}/x?page=2", "/x?page=2#again", "//HOST/x?page=2"] {
        let server = Server::start(move |asked| {
            let host = asked.header("host").to_owned();
            let page = number(asked, "page").unwrap_or(1);
            let next = form.replace("HOST", &host);
            let body = json!({ "items": records(page), "next": next }).to_string();
            Reply::json(body).with("link", format!("<{next}>; rel=\"next\""))
        });
        refused(&server, "pagination: { kind: next_url, next: next }", &["read before", "page 2"]);
        refused(&server, "pagination: { kind: link_header }", &["read before"]);
    }
    // Round: 1, 2, 3, 2; and back to the first page.
    for back in ["/x?page=2", "/x"] {
        let server = Server::start(move |asked| {
            let page = number(asked, "page").unwrap_or(1);
            let next = if page < 3 { format!("/x?page={}", page + 1) } else { back.to_owned() };
            Reply::json(json!({ "items": records(page), "next": next }).to_string())
        });
        refused(&server, "pagination: { kind: next_url, next: next }", &["read before", "page 3"]);
    }
}

#[test]
fn a_missing_token_is_no_end_where_the_page_says_more() {
    let server = Server::start(|_| Reply::json(json!({ "items": records(1), "has_more": true }).to_string()));
    let cursor = "pagination: { kind: cursor, next: next_cursor, param: c, has_more: has_more }";
    refused(&server, cursor, &["`has_more` says that there is more", "`next_cursor`"]);
    let mistyped = "pagination: { kind: cursor, next: next_cursr, param: c }";
    refused(&server, mistyped, &["`has_more` is true", "no page had `next_cursr`", "ignore_signals"]);
    let server = Server::start(|_| {
        let body = json!({ "items": records(1), "nextPageToken": "t", "isLast": false });
        Reply::json(body.to_string()).with("link", "</x?page=2>; rel=\"prev\"")
    });
    refused(
        &server,
        "pagination: { kind: cursor, next: nextPage, param: p }",
        &["write `next: nextPageToken`"],
    );
    refused(&server, "pagination: { kind: next_url, next: nextPage }", &["nextPageToken"]);
    refused(&server, "pagination: { kind: link_header }", &["kind: cursor, next: nextPageToken"]);
    // In the middle of the pages.
    let server = Server::start(|asked| {
        let page = number(asked, "c").unwrap_or(1);
        let body = match page {
            1 => json!({ "items": records(1), "next": 2 }),
            _ => json!({ "items": records(page), "has_more": true }),
        };
        Reply::json(body.to_string())
    });
    refused(
        &server,
        "pagination: { kind: cursor, next: next, param: c }",
        &["page 2", "the page has no `next`"],
    );
}

/// Nine records behind an offset, whose total is what `total` says of the offset and the records of the page.
fn offsets(total: impl Fn(u64, u64) -> Value + Send + Sync + 'static) -> Server {
    Server::start(move |asked| {
        let offset = number(asked, "offset").unwrap_or(0);
        let all = (1..=9).map(|id| json!({ "id": id, "name": "x" }));
        let items: Vec<Value> = all.skip(usize::try_from(offset).unwrap_or(99)).take(3).collect();
        let total = total(offset, items.len() as u64);
        Reply::json(json!({ "items": items, "total": total }).to_string())
    })
}

#[test]
fn a_total_that_counts_something_else_ends_nothing() {
    let query = "pagination: { kind: offset, param: offset, size: 3, size_param: limit, total: total }";
    complete(&offsets(|_, _| json!(9)), query);
    complete(&offsets(|offset, _| json!(9_u64.saturating_sub(offset))), query);
    complete(&offsets(|offset, here| json!(9_u64.saturating_sub(offset + here))), query);
    complete(&offsets(|_, here| json!(here)), query);
    complete(&offsets(|offset, here| json!(offset + here)), query);
    complete(&offsets(|_, _| Value::Null), query);
    complete(&offsets(|_, _| json!("9")), query);
    // Without the size of a page, too.
    complete(&offsets(|_, here| json!(here)), "pagination: { kind: offset, param: offset, total: total }");
    refused(&offsets(|_, _| json!(12)), query, &["counts 12 and 9 have come", "empty_page: end"]);
    complete(&offsets(|_, _| json!(12)), &format!("empty_page: end, {query}"));
    // Nobody has named the total, and the pages end before it.
    let untold = "pagination: { kind: offset, param: offset }";
    refused(&offsets(|_, _| json!(12)), untold, &["`total` is 12, and 9 records have come"]);
    complete(&offsets(|_, _| json!(12)), &format!("ignore_signals: [total], {untold}"));
}

#[test]
fn the_request_behind_a_full_first_page_may_be_refused() {
    let server = Server::start(|asked| match number(asked, "page") {
        Some(1) => Reply::json(json!({ "items": records(1), "pages": 1 }).to_string()),
        _ => Reply::json("{\"error\": \"no such page\"}").of_status(404),
    });
    let query = "pagination: { kind: page_number, param: page, total_pages: pages, size: 3, size_param: n }";
    let (done, ids) = run(&server, query, 8);
    assert_eq!((done.code, ids), (Some(0), vec![1, 2, 3]), "{}", done.stderr);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn counted_pages_must_move_on() {
    // The parameter is passed over; the rest of the page may change each time.
    let server = Server::start(|asked| {
        let body = json!({ "items": records(1), "total": 9, "request": asked.query });
        Reply::json(body.to_string())
    });
    let offset = "pagination: { kind: offset, param: startAt, total: total }";
    refused(&server, offset, &["the same records as page 1", "`startAt`", "same_page: follow"]);
    refused(
        &server,
        "pagination: { kind: page_number, param: page }",
        &["the same records as page 1", "`first`"],
    );
    refused(&server, "max_pages: 3, pagination: { kind: page_number, param: page }", &["`page`"]);
    // Clamped: pages beyond the end repeat the last one.
    let clamped = Server::start(|asked| {
        let page = number(asked, "page").unwrap_or(1).clamp(1, 3);
        Reply::json(json!({ "items": records(page) }).to_string())
    });
    let numbers = "pagination: { kind: page_number, param: page }";
    refused(&clamped, numbers, &["page 4", "the same records as page 3", "same_page: end"]);
    complete(&clamped, &format!("same_page: end, {numbers}"));
    // Honest pages that are equal.
    let equal = Server::start(|asked| {
        let n = if number(asked, "page").unwrap_or(1) <= 3 { 3 } else { 0 };
        Reply::json(json!({ "items": vec![json!({ "id": 7 }); n] }).to_string())
    });
    refused(&equal, numbers, &["same_page: follow"]);
    let (done, ids) = run(&equal, &format!("same_page: follow, {numbers}"), 8);
    assert_eq!((done.code, ids), (Some(0), vec![7; 9]), "{}", done.stderr);
}

#[test]
fn a_server_that_passes_over_the_cursor_is_found_out() {
    let server = Server::start(|asked| {
        let fresh = asked.query.len();
        Reply::json(json!({ "items": records(1), "next": format!("{}x", "t".repeat(fresh + 1)) }).to_string())
    });
    refused(
        &server,
        "pagination: { kind: cursor, next: next, param: c }",
        &["page after page has the same records"],
    );
}

#[test]
fn link_headers_are_read_by_rfc_8288() {
    let server = |form: &'static str| {
        Server::start(move |asked| {
            let page = number(asked, "page").unwrap_or(1);
            let reply = Reply::json(json!({ "items": records(page) }).to_string());
            match page {
                3 => reply.with("link", "</x?page=1>; rel=first"),
                page => reply.with("link", form.replace('N', &(page + 1).to_string())),
            }
        })
    };
    let query = "pagination: { kind: link_header }";
    for form in [
        "</x?page=N>; rel=\"next\"",
        "</x?page=N>; title=\"x\\\"y\"; rel=\"next\"",
        "</x?page=1>; rel=prev; rel=next, </x?page=N>; rel=next",
        "</x?page=1>; rel=next; anchor=\"#a\", </x?page=N&a=1,2>; REL=\"last neXt\"",
    ] {
        complete(&server(form), query);
    }
    for form in
        ["</x?page=N>; next", "/x?page=N; rel=next", "</x?page=N; rel=next", "</x?page=N>; rel=\"next"]
    {
        refused(&server(form), query, &["the header `Link` cannot be read", "RFC 8288"]);
    }
}

#[test]
fn a_byte_order_mark_makes_no_difference() {
    let server = Server::start(|asked| {
        let page = number(asked, "page").or_else(|| Some(number(asked, "offset")? / 3 + 1)).unwrap_or(1);
        let items = if page > 3 { json!([]) } else { records(page) };
        let next = if page < 3 { json!(format!("/x?page={}", page + 1)) } else { Value::Null };
        let link = if page < 3 { format!("</x?page={}>; rel=next", page + 1) } else { String::new() };
        let token = if page < 3 { json!(page + 1) } else { Value::Null };
        let body =
            json!({ "items": items, "total": 9, "pages": 3, "next": next, "token": token }).to_string();
        Reply::json(format!("\u{feff}{body}")).with("link", link)
    });
    for query in [
        "pagination: { kind: cursor, next: token, param: page }",
        "pagination: { kind: next_url, next: next }",
        "pagination: { kind: link_header }",
        "pagination: { kind: offset, param: offset, total: total }",
        "pagination: { kind: page_number, param: page }",
        "pagination: { kind: page_number, param: page, total_pages: pages }",
        "error: error, empty_page: end, pagination: { kind: link_header }",
    ] {
        complete(&server, query);
    }
}

#[test]
fn flags_in_the_words_of_servers() {
    for (more, last) in [(json!(1), json!(0)), (json!("True"), json!("False")), (json!("yes"), json!("no"))] {
        let (yes, no) = (more.clone(), last.clone());
        let server = Server::start(move |asked| {
            let page = number(asked, "c").unwrap_or(1);
            let flag = if page < 3 { &yes } else { &no };
            let is_last = if page < 3 { &no } else { &yes };
            let body = json!({ "items": records(page), "next": page + 1, "more": flag, "last": is_last });
            Reply::json(body.to_string())
        });
        complete(&server, "pagination: { kind: cursor, next: next, param: c, has_more: more }");
        complete(&server, "pagination: { kind: cursor, next: next, param: c, is_last: last }");
    }
    let server = Server::start(|_| {
        Reply::json(json!({ "items": records(1), "next": 2, "more": null, "last": "perhaps" }).to_string())
    });
    for key in ["has_more: more", "is_last: last"] {
        let query = format!("pagination: {{ kind: cursor, next: next, param: c, {key} }}");
        refused(&server, &query, &["is neither yes nor no"]);
    }
}

#[test]
fn cursors_keep_their_digits_and_scroll_ids_may_stay() {
    let server = Server::start(|asked| {
        let long = |page: u64| format!("1234567890123456789012{page}");
        let page = match asked.param("after").as_deref() {
            None => 1,
            Some(after) if after == long(1) => 2,
            Some(after) if after == long(2) => 3,
            Some(_) => 4,
        };
        let next = if page < 3 { long(page) } else { "null".into() };
        Reply::json(format!(
            "{{\"items\": {}, \"next\": {next}}}",
            if page > 3 { json!([]) } else { records(page) }
        ))
    });
    complete(&server, "pagination: { kind: cursor, next: next, param: after }");
    for concurrency in [1, 8] {
        let page = std::sync::atomic::AtomicU64::new(0);
        let server = Server::start(move |_| {
            let page = page.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            let items = if page > 3 { json!([]) } else { records(page) };
            Reply::json(json!({ "items": items, "scroll": "same" }).to_string())
        });
        let query = "empty_page: end, pagination: { kind: cursor, next: scroll, param: s }";
        let (done, ids) = run(&server, query, concurrency);
        assert_eq!((done.code, ids), (Some(0), (1..=9).collect()), "{}", done.stderr);
    }
}

#[test]
fn the_end_may_be_a_status() {
    let server = |status: u16| {
        Server::start(move |asked| match number(asked, "page").unwrap_or(1) {
            page @ 1..=3 => Reply::json(json!({ "items": records(page) }).to_string()),
            _ => Reply::json("").of_status(status),
        })
    };
    complete(&server(204), "pagination: { kind: page_number, param: page }");
    complete(&server(404), "end_status: 404, pagination: { kind: page_number, param: page }");
    refused(&server(404), "pagination: { kind: page_number, param: page }", &["page 4", "answered 404"]);
    // A total that is not reached counts for more.
    let early = Server::start(|asked| match number(asked, "offset").unwrap_or(0) {
        0 => Reply::json(json!({ "items": records(1), "total": 9 }).to_string()),
        _ => Reply::json("").of_status(204),
    });
    refused(
        &early,
        "pagination: { kind: offset, param: offset, total: total }",
        &["counts 9 and 3 have come"],
    );
}

/// Confluence as it writes links, behind a gateway whose path it does not know.
fn confluence(version: &'static str) -> Server {
    Server::start(move |asked| {
        let gateway = "/ex/confluence/CID";
        let path = match version {
            "v2" => "/wiki/api/v2/pages",
            _ => "/rest/api/content",
        };
        let wiki = if version == "v2" { "" } else { "/wiki" };
        if asked.path != format!("{gateway}{wiki}{path}") {
            return Reply::json("{\"message\": \"no such path\"}").of_status(404);
        }
        let page = number(asked, "cursor").unwrap_or(1);
        let next = format!("{path}?limit=3&cursor={}", page + 1);
        let mut links = json!({ "base": "https://site.example/wiki" });
        if page < 3 {
            links["next"] = json!(next);
        }
        let reply = Reply::json(json!({ "items": records(page), "_links": links }).to_string());
        if page < 3 { reply.with("link", format!("<{next}>; rel=\"next\"")) } else { reply }
    })
}

#[test]
fn confluence_is_read_to_its_end_behind_the_gateway() {
    for (version, base, path) in [("v2", "/wiki/api/v2", "/pages"), ("v1", "/wiki/rest/api", "/content")] {
        let server = confluence(version);
        for pagination in [
            "kind: next_url, next: _links.next",
            "kind: link_header",
            "kind: next_url, next: _links.next, base: BASE",
            "kind: cursor, next: _links.next, next_param: cursor, param: cursor",
            "kind: cursor, next_header: Link, next_param: cursor, param: cursor",
        ] {
            let prefix = if version == "v2" { "/ex/confluence/CID" } else { "/ex/confluence/CID/wiki" };
            let query = format!("pagination: {{ {} }}", pagination.replace("BASE", prefix));
            let yaml = yaml(&server, &query, 8)
                .replace(&server.url, &format!("{}/ex/confluence/CID{base}", server.url))
                .replace("path: /x", &format!("path: {path}, params: {{ limit: 3 }}"));
            let home = Home::new();
            home.write("p.yaml", &yaml);
            let summary = home.summary(&["p.yaml"]);
            assert_eq!(summary["tables"][0]["rows"], 9, "{version}: {pagination}");
        }
    }
}

#[test]
fn a_base_stands_before_links_of_a_server_behind_a_gateway() {
    let server = Server::start(|asked| {
        if asked.path != "/gateway/api/x" {
            return Reply::json("{}").of_status(404);
        }
        let page = number(asked, "page").unwrap_or(1);
        let next = if page < 3 { json!(format!("/x?page={}", page + 1)) } else { Value::Null };
        Reply::json(json!({ "items": records(page), "next": next }).to_string())
    });
    let home = Home::new();
    let query = "pagination: { kind: next_url, next: next, base: /gateway/api }";
    home.write(
        "p.yaml",
        &yaml(&server, query, 8).replace(&server.url, &format!("{}/gateway/api", server.url)),
    );
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 9);
}

/// Three pages as Jira Cloud sends them.
fn jira() -> Server {
    Server::start(|asked| {
        let page = number(asked, "nextPageToken").unwrap_or(1);
        let mut body = json!({ "items": records(page), "isLast": page == 3 });
        if page < 3 {
            body["nextPageToken"] = json!((page + 1).to_string());
        }
        Reply::json(body.to_string())
    })
}

const JIRA_PAGES: &str =
    "pagination: { kind: cursor, next: nextPageToken, param: nextPageToken, is_last: isLast }";

#[test]
fn pages_without_pagination_that_go_on_are_told_everywhere() {
    let (server, home) = (jira(), Home::new());
    home.write("p.yaml", &yaml(&server, "params: { jql: project = ABC }", 8));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let warned = |text: &str| text.contains("`nextPageToken` holds a token") && text.contains(JIRA_PAGES);
    assert!(done.stderr.contains("warning: p: incomplete") && warned(&done.stderr), "{}", done.stderr);
    let done = home.run(&["run", "p.yaml", "--format", "json"]);
    assert!(warned(&done.stderr), "{}", done.stderr);
    let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
    let reason = summary["tables"][0]["incomplete_reason"].as_str().expect("a reason").to_owned();
    assert_eq!((&summary["incomplete"], &summary["tables"][0]["incomplete"]), (&json!(true), &json!(true)));
    assert!(reason.contains("no `pagination`") && reason.contains("nextPageToken"), "{reason}");
    let shown = home.run(&["runs", "show"]).stdout;
    assert!(shown.contains(&format!("incomplete: {reason}")), "{shown}");
    let shown: Value =
        serde_json::from_str(&home.run(&["runs", "show", "--format", "json"]).stdout).expect("JSON");
    let table = &shown["tables"][0];
    assert_eq!((&table["incomplete"], table["incomplete_reason"].as_str()), (&json!(true), Some(&*reason)));
    assert!(home.run(&["runs"]).stdout.contains("incomplete"));
    let check = home.run(&["check", "p.yaml"]);
    assert!(check.code == Some(0) && warned(&check.stdout), "{}", check.stdout);
    let preview = home.run(&["preview", "p.yaml"]);
    assert!(preview.stdout.contains("record 1") && warned(&preview.stderr), "{}", preview.stderr);
    // Several files at once.
    let done = home.run(&["run", "p.yaml", "p.yaml", "--format", "json"]);
    assert!(
        done.stdout.contains("\"incomplete\":true") && warned(&done.stderr),
        "{}{}",
        done.stdout,
        done.stderr
    );
}

#[test]
fn with_the_line_that_is_told_the_pages_are_complete() {
    let (server, home) = (jira(), Home::new());
    home.write("p.yaml", &yaml(&server, JIRA_PAGES, 8));
    let done = home.run(&["run", "p.yaml", "--format", "json"]);
    let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
    assert_eq!(
        (&summary["incomplete"], &summary["tables"][0]["rows"]),
        (&json!(false), &json!(9)),
        "{summary}"
    );
    assert!(!done.stderr.contains("warning"), "{}", done.stderr);
    assert!(!home.run(&["runs", "show"]).stdout.contains("incomplete"));
    // One page is wanted.
    home.write("p.yaml", &yaml(&server, "max_pages: 1", 8));
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.code == Some(0) && !done.stderr.contains("warning"), "{}", done.stderr);
}

#[test]
fn dev_tells_of_pages_that_go_on_also_where_the_page_was_kept() {
    let server = Server::start(|_| {
        Reply::json(json!({ "items": records(1), "nextPageToken": "t", "isLast": false }).to_string())
    });
    let home = Home::new();
    home.write("p.yaml", &yaml(&server, "params: { a: b }", 8));
    for _ in 0..2 {
        let mut dev = Dev::start(&home, &["p.yaml"]);
        let shown = dev.table();
        assert!(shown.contains("record 3") && shown.contains("no `pagination`"), "{shown}");
        assert!(shown.contains("kind: cursor, next: nextPageToken"), "{shown}");
        dev.quit();
    }
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_mistyped_key_is_told_before_a_run() {
    let server =
        Server::start(|_| Reply::json(json!({ "items": records(1), "nextPageToken": "t" }).to_string()));
    let home = Home::new();
    home.write("p.yaml", &yaml(&server, "pagination: { kind: cursor, next: nextPage, param: p }", 8));
    let check = home.run(&["check", "p.yaml"]);
    assert!(
        check.code == Some(1) && check.stdout.contains("write `next: nextPageToken`"),
        "{}",
        check.stdout
    );
    let preview = home.run(&["preview", "p.yaml"]);
    assert!(preview.code == Some(0) && preview.stdout.contains("record 3"), "{}", preview.stdout);
    assert!(
        preview.stderr.contains("error in a run") && preview.stderr.contains("nextPageToken"),
        "{}",
        preview.stderr
    );
}

#[test]
fn each_child_query_has_pages_of_its_own() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/parents" => Reply::json(json!({ "items": records(1) }).to_string()),
        "/2/children" => Reply::json(json!({ "items": records(1), "has_more": true }).to_string()),
        _ => {
            let offset = number(asked, "offset").unwrap_or(0);
            let items = if offset < 9 { records(offset / 3 + 1) } else { json!([]) };
            Reply::json(json!({ "items": items, "total": 9 }).to_string())
        }
    });
    let home = Home::new();
    let pipeline = |pagination: &str| {
        format!(
            "name: p
datasource: {{ kind: rest, base_url: {}, limits: {{ requests_per_second: 10000, concurrency: 8 }} }}
tables:
  parents: {{ query: {{ path: /parents, select: items }}, sink: {{ kind: jsonl, path: parents }} }}
  children:
    query: {{ for_each: {{ table: parents, column: id, as: id }}, path: '/${{each.id}}/children', select: items{pagination} }}
    sink: {{ kind: jsonl, path: children }}
",
            server.url
        )
    };
    // Children with the same pages are no repetition.
    home.write(
        "p.yaml",
        &pipeline(", pagination: { kind: offset, param: offset, total: total, has_more: more }"),
    );
    let done = home.run(&["run", "p.yaml"]);
    // The second child says that there is more, and its offset leads nowhere.
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(
        done.stderr.contains("`id` = `2`") && done.stderr.contains("the same records"),
        "{}",
        done.stderr
    );
    home.write("p.yaml", &pipeline(""));
    let summary = home.summary(&["p.yaml"]);
    let reason = summary["tables"][1]["incomplete_reason"].as_str().expect("a reason");
    assert!(reason.contains("`id` = `1`") && reason.contains("2 more of its queries"), "{reason}");
    assert_eq!(summary["tables"][0].get("incomplete"), None, "{summary}");
}

#[test]
fn a_resumed_run_remembers_the_pages_before() {
    let is_down = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let down = std::sync::Arc::clone(&is_down);
    // Beyond page 2 the server repeats itself, and at page 3 it is down at first.
    let server = Server::start(move |asked| {
        let page = number(asked, "page").unwrap_or(1);
        if page == 3 && down.load(std::sync::atomic::Ordering::SeqCst) {
            return Reply::json("{}").of_status(429).with("retry-after", "86400");
        }
        Reply::json(json!({ "items": records(page.min(2)) }).to_string())
    });
    let home = Home::new();
    let text = yaml(&server, "pagination: { kind: page_number, param: page }", 1);
    home.write("p.yaml", &text.replace("backoff: 1ms", "backoff: 1ms, max_wait: 1s"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(4), "{}", done.stderr);
    is_down.store(false, std::sync::atomic::Ordering::SeqCst);
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.stderr.contains("going on where"), "{}", done.stderr);
    assert!(done.code == Some(1) && done.stderr.contains("the same records as page 2"), "{}", done.stderr);
}

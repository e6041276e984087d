//! Every page of every kind of pagination is followed, or an error names what is wrong. Three records on three pages, one
//! request at a time and eight.

use serde_json::{Value, json};

use crate::{
    recorded::{Asked, Reply, Server},
    support::{Done, Home, every},
};

/// The ids of a page of three, from 1 on.
fn ids(page: u64) -> [u64; 3] {
    [page * 3 - 2, page * 3 - 1, page * 3]
}

pub(crate) fn records(page: u64) -> Value {
    ids(page).map(|id| json!({ "id": id, "name": format!("record {id}") })).to_vec().into()
}

/// A pipeline that reads `items` with `query` from a server; rows go to `rows.jsonl`.
pub(crate) fn yaml(server: &Server, query: &str, concurrency: usize) -> String {
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
pub(crate) fn run(server: &Server, query: &str, concurrency: usize) -> (Done, Vec<u64>) {
    let home = Home::new();
    home.write("p.yaml", &yaml(server, query, concurrency));
    let done = home.run(&["run", "p.yaml", "--format", "json"]);
    let rows = std::fs::read_to_string(home.path("rows.jsonl")).unwrap_or_default();
    let id = |line: &str| serde_json::from_str::<Value>(line).expect("a row")["id"].as_u64().expect("an id");
    (done, rows.lines().map(id).collect())
}

/// All nine rows, with one request at a time and with eight.
pub(crate) fn complete(server: &Server, query: &str) {
    for concurrency in [1, 8] {
        let (done, ids) = run(server, query, concurrency);
        assert_eq!((done.code, ids), (Some(0), (1..=9).collect()), "{query}\n{}", done.stderr);
        let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
        assert_eq!(summary["incomplete"], false, "{query}\n{summary}");
    }
}

/// An error with these words, no rows, and an end after a few requests.
pub(crate) fn refused(server: &Server, query: &str, words: &[&str]) {
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

pub(crate) fn number(asked: &Asked, name: &str) -> Option<u64> {
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
    for form in every(3, ["/x?page=N", "?page=N", "x?page=N", "{server}/x?page=N", "/a/../x?page=N#top"]) {
        let server = linked(|page| form.replace('N', &page.to_string()));
        complete(&server, "pagination: { kind: next_url, next: next }");
    }
}

#[test]
fn addresses_that_lead_back_are_found_in_every_form() {
    for form in every(3, ["/x?page=2", "?page=2", "{server}/x?page=2", "/x?page=2#again", "//HOST/x?page=2"])
    {
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

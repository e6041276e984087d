//! Servers that count their pages from 0, and flags that contradict each other.

use serde_json::{Value, json};

use crate::{
    paging::{complete, number, records, refused, run, yaml},
    recorded::{Reply, Server},
    support::{Home, every},
};

/// Nine records on three pages that are numbered from 0, with what else each page says.
fn from_0(more: impl Fn(u64) -> Value + Send + Sync + 'static) -> Server {
    Server::start(move |asked| {
        let page = number(asked, "page").unwrap_or(0);
        let mut body = json!({ "items": if page < 3 { records(page + 1) } else { json!([]) } });
        body.as_object_mut().expect("one").extend(more(page).as_object().expect("one").clone());
        Reply::json(body.to_string())
    })
}

#[test]
fn a_server_that_counts_from_0_is_found_out_by_an_empty_page() {
    let query =
        |first: &str, total: &str| format!("pagination: {{ kind: page_number, param: page{first}{total} }}");
    for total in [", total_pages: pages", ""] {
        let server = from_0(|_| json!({ "pages": 3 }));
        refused(&server, &query("", total), &["page 3 is the last one", "has no records", "`first: 0`"]);
        complete(&server, &query(", first: 0", total));
    }
    // All on page 0, and page 1 says that there is one before it.
    let all = |page: u64| if page == 0 { records(1) } else { json!([]) };
    for more in [
        json!({ "first": false, "number": 1, "totalElements": 3 }),
        json!({ "hasPrevious": true }),
        json!({ "total": 3 }),
    ] {
        let server = Server::start(move |asked| {
            let mut body = json!({ "items": all(number(asked, "page").unwrap_or(0)), "totalPages": 1 });
            body.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
            Reply::json(body.to_string())
        });
        refused(&server, &query("", ", total_pages: totalPages"), &["write `first: 0` in `pagination`"]);
    }
    // Nothing at all is no reason to look for a page before.
    for more in [json!({ "totalPages": 1 }), json!({ "totalPages": 1, "total": 0, "first": false })] {
        let server = Server::start(move |_| {
            let mut body = json!({ "items": [] });
            body.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
            Reply::json(body.to_string())
        });
        let (done, ids) = run(&server, &query("", ", total_pages: totalPages"), 8);
        assert_eq!((done.code, ids), (Some(0), vec![]), "{}", done.stderr);
    }
    let counts_one_too_many = Server::start(|asked| {
        let page = number(asked, "page").unwrap_or(1);
        Reply::json(
            json!({ "items": if page < 4 { records(page) } else { json!([]) }, "pages": 4 }).to_string(),
        )
    });
    complete(&counts_one_too_many, &format!("empty_page: end, {}", query("", ", total_pages: pages")));
}

#[test]
fn a_flag_that_says_last_beside_one_that_says_more_is_an_error() {
    let server = Server::start(|asked| {
        let page = number(asked, "page").unwrap_or(1);
        Reply::json(json!({ "items": records(page), "last": true, "has_more": page < 3 }).to_string())
    });
    let query = "pagination: { kind: page_number, param: page, is_last: last }";
    refused(
        &server,
        query,
        &["`last` says that this is the last page, and `has_more` says that there is more"],
    );
    let (done, ids) = run(&server, &format!("ignore_signals: [has_more], {query}"), 8);
    assert_eq!((done.code, ids), (Some(0), vec![1, 2, 3]), "{}", done.stderr);
}

#[test]
fn the_numbers_of_pages_from_0_make_no_table_incomplete() {
    for (number_key, pages_key) in
        every(2, [("page", "total_pages"), ("number", "totalPages"), ("current_page", "last_page")])
    {
        let server = Server::start(move |asked| {
            let page = number(asked, "page").unwrap_or(0);
            let next = if page < 2 { json!(format!("/x?page={}", page + 1)) } else { Value::Null };
            let token = if page < 2 { json!((page + 1).to_string()) } else { Value::Null };
            let body = json!({ "items": records(page + 1), "next": next, "token": token, number_key: page, pages_key: 3 });
            match page < 2 {
                true => Reply::json(body.to_string())
                    .with("link", format!("</x?page={}>; rel=\"next\"", page + 1)),
                false => Reply::json(body.to_string()),
            }
        });
        complete(&server, "pagination: { kind: next_url, next: next }");
        complete(&server, "ignore_signals: [next], pagination: { kind: cursor, next: token, param: page }");
        complete(&server, "ignore_signals: [next], pagination: { kind: link_header }");
        let one = Server::start(move |_| {
            Reply::json(json!({ "items": records(1), number_key: 0, pages_key: 1, "next": null }).to_string())
        });
        for query in [
            "pagination: { kind: next_url, next: next }",
            "pagination: { kind: link_header }",
            "max_empty_pages: 9",
        ] {
            let (done, ids) = run(&one, query, 8);
            assert_eq!((done.code, ids), (Some(0), vec![1, 2, 3]), "{query}: {}", done.stderr);
            assert!(
                done.stdout.contains("\"incomplete\":false") || done.stdout.contains("\"incomplete\": false"),
                "{}",
                done.stdout
            );
        }
    }
}

#[test]
fn without_pagination_every_word_for_more_is_told() {
    let items = || records(1);
    let told = [
        ("items", json!({ "items": items(), "opensearch:totalResults": "100" })),
        ("items", json!({ "items": items(), "pagination": { "totalAvailable": "100", "pageSize": "3" } })),
        ("transactions", json!({ "transactions": items(), "total_transactions": 100 })),
        (
            "items",
            json!({ "items": items(), "metadata": { "resultset": { "offset": 1, "count": 100, "limit": 3 } } }),
        ),
        ("list.items", json!({ "list": { "items": items(), "more_topics_url": "/latest?page=1" } })),
        ("items", json!({ "items": items(), "search-continue": 7 })),
        ("items", json!({ "items": items(), "incomplete_results": true })),
        ("items", json!({ "items": items(), "end_of_list": false })),
        (
            "O.L.items",
            json!({ "O": { "L": { "items": items(), "resumptionToken": { "@cursor": "0", "#text": "abc" } } } }),
        ),
        ("boards.0.page.items", json!({ "boards": [{ "page": { "cursor": "abc", "items": items() } }] })),
    ];
    let honest = [
        ("transactions", json!({ "transactions": items(), "total_transactions": 3 })),
        (
            "items",
            json!({ "items": items(), "metadata": { "resultset": { "offset": 1, "count": 3, "limit": 3 } } }),
        ),
        ("items", json!({ "items": items(), "incomplete_results": false, "total_count": 3 })),
        ("items", json!({ "items": items(), "end_of_list": true })),
        ("items", json!({ "items": items(), "more_topics_url": null, "resumptionToken": null })),
        ("O.L.items", json!({ "O": { "L": { "items": items(), "resumptionToken": { "@cursor": "0" } } } })),
        ("boards.0.page.items", json!({ "boards": [{ "page": { "cursor": null, "items": items() } }] })),
    ];
    let bodies = told.map(|told| (told, true)).into_iter().chain(honest.map(|honest| (honest, false)));
    for ((select, body), expected) in every(8, bodies) {
        let text = body.to_string();
        let server = Server::start(move |_| Reply::json(text.clone()));
        let home = Home::new();
        home.write(
            "p.yaml",
            &yaml(&server, "max_empty_pages: 9", 1).replace("select: items", &format!("select: {select}")),
        );
        for _ in 0..2 {
            assert_eq!(home.summary(&["p.yaml"])["incomplete"], expected, "{body}");
        }
    }
}

//! Totals that end pages, and the request that confirms those of which there is a doubt.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::{
    paging::{complete, number, records, refused, run, yaml},
    recorded::{Reply, Server},
    support::{Home, every},
};

#[test]
fn a_steady_total_ends_without_another_request() {
    let server = Server::start(|asked| {
        let offset = number(asked, "startAt").unwrap_or(0);
        Reply::json(json!({ "items": records(offset / 3 + 1), "total": 9 }).to_string())
    });
    complete(&server, "pagination: { kind: offset, param: startAt, total: total }");
    assert_eq!(server.asked().len(), 6);
    // Everything on the first page, as Jira sends worklogs: one that is full may count itself, which another request tells. A limit
    // that is neither asked for nor round is the number of records.
    for (limit, size, n_requests) in [(50, "", 1), (3, "", 1), (3, ", size: 3, size_param: maxResults", 2)] {
        let server = Server::start(move |_| {
            let body = json!({ "startAt": 0, "maxResults": limit, "total": 3, "items": records(1) });
            Reply::json(body.to_string())
        });
        let query = format!("pagination: {{ kind: offset, param: startAt, total: total{size} }}");
        let (done, ids) = run(&server, &query, 8);
        assert_eq!((done.code, ids), (Some(0), vec![1, 2, 3]), "{}", done.stderr);
        assert_eq!(server.asked().len(), n_requests, "{limit}{size}");
    }
}

#[test]
fn the_request_that_confirms_a_total_may_fail() {
    for status in every(4, [400, 401, 403, 404, 409, 413, 422, 429, 500]) {
        let server = Server::start(move |asked| match number(asked, "page") {
            Some(1) => Reply::json(json!({ "items": records(1), "pages": 1 }).to_string()),
            _ => Reply::json("{\"error\": \"no such page\"}").of_status(status),
        });
        let query =
            "pagination: { kind: page_number, param: page, total_pages: pages, size: 3, size_param: n }";
        let (done, ids) = run(&server, query, 8);
        assert_eq!((done.code, ids), (Some(0), vec![1, 2, 3]), "{status}: {}", done.stderr);
        let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
        assert_eq!(summary["incomplete"], false, "{status}: {summary}");
    }
}

#[test]
fn a_total_that_may_be_a_limit_is_followed_or_incomplete() {
    let server = |n_pages: u64, status: u16, hits: Value| {
        Server::start(move |asked| {
            let page = number(asked, "from").unwrap_or(0) / 500;
            let ids: Vec<Value> = (page * 500 + 1..=page * 500 + 500).map(|id| json!({ "id": id })).collect();
            let mut body = json!({ "items": if page < n_pages { ids } else { vec![] } });
            body["total"] = hits.clone();
            match page < n_pages || status == 200 {
                true => Reply::json(body.to_string()),
                false => Reply::json("{\"error\": \"Result window is too large\"}").of_status(status),
            }
        })
    };
    let query = "pagination: { kind: offset, param: from, total: total }";
    let bound = "pagination: { kind: offset, param: from, total: total.value }";
    let gte = json!({ "value": 1000, "relation": "gte" });
    for (query, hits) in [(query, json!(1000)), (bound, gte)] {
        for (n_pages, status, is_incomplete) in
            [(3, 200, false), (2, 200, false), (2, 400, true), (2, 422, true), (2, 500, true)]
        {
            let server = server(n_pages, status, hits.clone());
            let (done, ids) = run(&server, query, 8);
            let all = usize::try_from(n_pages * 500).expect("few");
            assert_eq!((done.code, ids.len()), (Some(0), all), "{query} {status}: {}", done.stderr);
            let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
            assert_eq!(summary["incomplete"], is_incomplete, "{query} {status}: {summary}");
            let reason = summary["tables"][0]["incomplete_reason"].as_str().unwrap_or_default();
            assert_eq!(reason.contains("refuses to give more"), is_incomplete, "{reason}");
        }
    }
}

#[test]
fn records_that_differ_each_time_do_not_make_a_run_endless() {
    // The parameter is passed over, and each answer has other addresses.
    let fresh = |echo: Value| {
        let n = AtomicU64::new(0);
        Server::start(move |_| {
            let n = n.fetch_add(1, Ordering::SeqCst);
            let items: Vec<Value> =
                (1..=3).map(|id| json!({ "n": id, "url": format!("/x?signed={n}") })).collect();
            let mut body = json!({ "items": items });
            body.as_object_mut().expect("one").extend(echo.as_object().expect("one").clone());
            Reply::json(body.to_string())
        })
    };
    let numbers = "pagination: { kind: page_number, param: typo }";
    refused(&fresh(json!({ "total": 4 })), numbers, &["`total` is 4 on each page", "`typo`"]);
    refused(&fresh(json!({ "page": 1 })), numbers, &["`typo=2` was requested", "`page: 1`"]);
    refused(
        &fresh(json!({ "offset": 0, "total": 9 })),
        "pagination: { kind: offset, param: typo, total: total }",
        &["`typo=3` was requested", "`offset: 0`"],
    );
}

/// A pipeline that asks for changes, and appends them.
fn incremental(server: &Server, query: &str) -> String {
    let query = format!(
        "params: {{ since: '${{state.cursor}}' }}, incremental: {{ column: at, key: [id], type: integer, lookback: 0 }}, {query}"
    );
    yaml(server, &query, 1).replace("kind: jsonl, path: rows", "kind: jsonl, path: rows, mode: append")
}

#[test]
fn a_table_that_may_lack_rows_keeps_its_cursor() {
    let server = Server::start(|asked| {
        let since = number(asked, "since").unwrap_or(0);
        let page = number(asked, "page").unwrap_or(1);
        let all = (1..=9_u64).filter(|at| *at > since).map(|at| json!({ "id": at, "at": at }));
        let items: Vec<Value> = all.skip(usize::try_from((page - 1) * 3).expect("few")).take(3).collect();
        Reply::json(json!({ "items": items }).to_string())
    });
    let home = Home::new();
    let numbers = "pagination: { kind: page_number, param: page }";
    home.write("p.yaml", &incremental(&server, &format!("max_pages: 1, {numbers}")));
    for rows in [3, 0] {
        let summary = home.summary(&["p.yaml"]);
        let table = &summary["tables"][0];
        assert_eq!(table["rows"], rows, "{summary}");
        let warnings = table["warnings"].to_string();
        assert!(warnings.contains("`max_pages`") && warnings.contains("stays where it was"), "{summary}");
    }
    // Without the limit the rest comes, and nothing twice; then the cursor moves.
    home.write("p.yaml", &incremental(&server, numbers));
    for rows in [6, 0] {
        let summary = home.summary(&["p.yaml"]);
        assert_eq!(summary["tables"][0]["rows"], rows, "{summary}");
        assert!(!summary["tables"][0]["warnings"].to_string().contains("stays"), "{summary}");
    }
    assert_eq!(server.asked().last().and_then(|asked| asked.param("since")).as_deref(), Some("9"));
}

#[test]
fn a_scroll_that_broke_off_begins_anew() {
    let scroll = "empty_page: end, pagination: { kind: cursor, next: scroll, param: s }";
    // A token that stays the same, which the server moves on with each request; it fails once.
    for (fails_at, token) in every(3, [(2, "7"), (3, "7"), (4, "7"), (3, "longer")]) {
        let (n, is_well) = (AtomicU64::new(0), AtomicBool::new(false));
        let server = Server::start(move |asked| {
            if number(asked, "s").is_none() && asked.param("s").is_none() {
                n.store(0, Ordering::SeqCst);
            }
            let page = n.fetch_add(1, Ordering::SeqCst) + 1;
            if page == fails_at && !is_well.swap(true, Ordering::SeqCst) {
                return Reply::json("{}").of_status(502);
            }
            let items = if page > 3 { json!([]) } else { records(page) };
            Reply::json(json!({ "items": items, "scroll": token }).to_string())
        });
        let home = Home::new();
        home.write("p.yaml", &yaml(&server, scroll, 1));
        let done = home.run(&["run", "p.yaml"]);
        assert!(
            done.code == Some(1) && done.stderr.contains("is not repeated"),
            "{fails_at}: {}",
            done.stderr
        );
        let done = home.run(&["run", "p.yaml", "--format", "json"]);
        assert_eq!(done.code, Some(0), "{fails_at}: {}", done.stderr);
        assert!(done.stderr.contains("the token stays the same"), "{fails_at}: {}", done.stderr);
        let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
        assert_eq!(summary["tables"][0]["rows"], 9, "{fails_at}: {summary}");
    }
}

#[test]
fn a_preview_of_a_page_whose_total_is_confirmed_by_another_request_has_its_rows() {
    let server = Server::start(|_| {
        let ids: Vec<Value> = (1..=1000).map(|id| json!({ "id": id })).collect();
        Reply::json(json!({ "items": ids, "total": 1000 }).to_string())
    });
    let home = Home::new();
    home.write("p.yaml", &yaml(&server, "pagination: { kind: offset, param: from, total: total }", 8));
    let done = home.run(&["preview", "p.yaml", "-n", "2"]);
    assert_eq!((done.code, server.asked().len()), (Some(0), 1), "{}", done.stderr);
}

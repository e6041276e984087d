//! Pages end only where nothing says that there is more: every row, or an error that names what is wrong.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde_json::{Value, json};

use crate::{
    authoring::Dev,
    paging::{complete, number, records, refused, run, yaml},
    recorded::{Reply, Server},
    support::{Home, every},
};

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
    let (done, ids) = run(&offsets(|_, _| json!(12)), &format!("empty_page: end, {query}"), 8);
    assert!(
        done.code == Some(0) && ids.len() == 9 && done.stdout.contains("its pages end after 9"),
        "{}",
        done.stdout
    );
    // Nobody has named the total, and the pages end before it.
    let untold = "pagination: { kind: offset, param: offset }";
    refused(&offsets(|_, _| json!(12)), untold, &["`total` is 12, and 9 records have come"]);
    complete(&offsets(|_, _| json!(12)), &format!("ignore_signals: [total], {untold}"));
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
        &["page 2 has the same records as page 1", "same_page: follow"],
    );
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
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    // Beyond page 2 the server repeats itself, and at page 3 it is down at first.
    let server = Server::start(move |asked| {
        let page = number(asked, "page").unwrap_or(1);
        if page == 3 && down.load(Ordering::SeqCst) {
            return Reply::json("{}").of_status(429).with("retry-after", "86400");
        }
        Reply::json(json!({ "items": records(page.min(2)) }).to_string())
    });
    let home = Home::new();
    let text = yaml(&server, "pagination: { kind: page_number, param: page }", 1);
    home.write("p.yaml", &text.replace("backoff: 1ms", "backoff: 1ms, max_wait: 1s"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(4), "{}", done.stderr);
    is_down.store(false, Ordering::SeqCst);
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.stderr.contains("beginning anew, without 2 pages of an earlier run"), "{}", done.stderr);
    assert!(done.code == Some(1) && done.stderr.contains("the same records as page 2"), "{}", done.stderr);
}

/// Nine records behind a cursor, with further members on each page.
fn cursors(token: impl Fn(u64) -> Value + Send + Sync + 'static, more: Value) -> Server {
    Server::start(move |asked| {
        let page = number(asked, "c").filter(|page| (1..=3).contains(page)).unwrap_or(1);
        let mut body = json!({ "items": records(page), "next": token(page) });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Reply::json(body.to_string())
    })
}

#[test]
fn no_run_goes_round() {
    // The token 0 is page 1.
    let server = cursors(|page| json!(if page < 3 { page + 1 } else { 0 }), json!({}));
    let cursor = "pagination: { kind: cursor, next: next, param: c }";
    refused(&server, &format!("empty_page: end, {cursor}"), &["same records as page 1"]);
    // A server that has lost its session makes up a token for each page 1.
    let n = AtomicU64::new(100);
    let server = Server::start(move |asked| {
        let page = number(asked, "c").unwrap_or(1);
        let known = if page < 3 { page } else { 1 };
        let next = if known == 1 && page != 1 { n.fetch_add(1, Ordering::SeqCst) } else { known + 1 };
        Reply::json(json!({ "items": records(known), "next": next }).to_string())
    });
    refused(&server, cursor, &["page 3 has the same records as page 1"]);
    // A parameter that the server does not know.
    let same = Server::start(|_| Reply::json(json!({ "items": records(1) }).to_string()));
    let query = "same_page: follow, max_empty_pages: 9, pagination: { kind: offset, param: typo }";
    refused(&same, query, &["9 pages in a row had the records of earlier pages", "`typo`"]);
}

#[test]
fn an_end_that_breaks_a_promise_is_refused() {
    let numbers = "pagination: { kind: page_number, param: page";
    let server = |more: Value, status: u16| {
        Server::start(move |asked| match number(asked, "page").unwrap_or(1) {
            0 | 1 => {
                let mut body = json!({ "items": records(1) });
                body.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
                Reply::json(body.to_string())
            }
            _ => Reply::json("").of_status(status),
        })
    };
    let total = server(json!({ "pages": 3 }), 404);
    refused(
        &total,
        &format!("end_status: 404, {numbers}, total_pages: pages }}"),
        &["counts 3 pages, and 1"],
    );
    for promise in every(2, [json!({ "has_more": true }), json!({ "total": 9 }), json!({ "totalPages": 3 })])
    {
        refused(
            &server(promise.clone(), 404),
            &format!("end_status: 404, {numbers} }}"),
            &["refuses page 2"],
        );
        refused(&server(promise.clone(), 204), &format!("{numbers} }}"), &["though there is more"]);
        refused(&server(promise, 404), &format!("{numbers} }}"), &["page 2", "`end_status: 404`"]);
    }
    // The total is reached, and the page says that there is more: the refusal is no end.
    let more = server(json!({ "total": 3, "has_more": true }), 400);
    refused(&more, "pagination: { kind: offset, param: page, total: total }", &["refuses page 2"]);
    // Nothing was promised, and an empty body is no page.
    let (done, ids) = run(&server(json!({}), 200), &format!("{numbers} }}"), 8);
    assert_eq!((done.code, ids), (Some(0), vec![1, 2, 3]), "{}", done.stderr);
}

#[test]
fn a_missing_next_page_below_a_total_is_incomplete() {
    for more in [json!({ "total": 12 }), json!({ "count": 12, "previous": null })] {
        let server = cursors(|page| if page < 3 { json!(page + 1) } else { Value::Null }, more);
        let (done, ids) = run(&server, "pagination: { kind: cursor, next: next, param: c }", 8);
        assert_eq!((done.code, ids), (Some(0), (1..=9).collect()), "{}", done.stderr);
        let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
        assert_eq!(summary["incomplete"], true, "{summary}");
        let reason = summary["tables"][0]["incomplete_reason"].as_str().unwrap_or_default();
        assert!(reason.contains("is 12, and 9 records have come"), "{reason}");
    }
}

#[test]
fn pages_that_are_not_what_was_asked_for_are_refused() {
    // `page` is the number of records to skip.
    let shifted = Server::start(|asked| {
        let skip = usize::try_from(number(asked, "page").unwrap_or(0)).unwrap_or(99);
        let items: Vec<Value> = (1..=9).map(|id| json!({ "id": id })).skip(skip).take(3).collect();
        Reply::json(json!({ "items": items, "total": 9 }).to_string())
    });
    refused(&shifted, "pagination: { kind: page_number, param: page }", &["overlap", "kind: offset"]);
    // Spring counts from 0.
    let spring = Server::start(|asked| {
        let page = number(asked, "page").unwrap_or(0);
        let items = if page < 3 { records(page + 1) } else { json!([]) };
        let about = json!({ "size": 3, "number": page, "totalElements": 9, "totalPages": 3 });
        Reply::json(json!({ "items": items, "page": about }).to_string())
    });
    let pages = "pagination: { kind: page_number, param: page, total_pages: page.totalPages";
    refused(&spring, &format!("{pages} }}"), &["from 0", "`first: 0`"]);
    complete(&spring, &format!("{pages}, first: 0 }}"));
    // A status that is fine, and a body that is not.
    for body in [
        json!({ "data": null, "errors": [{ "message": "too complex" }] }),
        json!({ "ok": false, "error": "too complex" }),
    ] {
        let text = body.to_string();
        let server = Server::start(move |_| Reply::json(text.clone()));
        refused(&server, "pagination: { kind: cursor, next: next, param: c }", &["too complex"]);
    }
}

#[test]
fn a_mistyped_select_is_told_by_check_and_run() {
    let server = Server::start(|asked| {
        let page = number(asked, "page").unwrap_or(1);
        let items = if page > 3 { json!([]) } else { records(page) };
        Reply::json(json!({ "items": items }).to_string())
    });
    let home = Home::new();
    for keys in ["", "empty_page: end, "] {
        let text = yaml(&server, &format!("{keys}pagination: {{ kind: page_number, param: page }}"), 8);
        let text = text.replace("select: items", "select: itemz").replace(
            "sink:",
            "converter: { script: 'function convert(json) { return JSON.parse(json).items; }' }\nsink:",
        );
        home.write("p.yaml", &text);
        for args in [["run", "p.yaml"], ["check", "p.yaml"]] {
            let done = home.run(&args);
            let told = format!("{}{}", done.stdout, done.stderr);
            assert!(done.code == Some(1) && told.contains("`select: items`"), "{args:?} {told}");
        }
    }
}

#[test]
fn windows_that_the_server_passes_over_are_found_out() {
    let server = Server::start(|asked| {
        let (from, to) = (number(asked, "from").unwrap_or(0), number(asked, "to").unwrap_or(9));
        let items: Vec<Value> = (from + 1..=to).map(|id| json!({ "id": id })).collect();
        Reply::json(json!({ "items": items }).to_string())
    });
    let split = "split: { from: 0, to: 9, every: 3 }";
    complete(&server, &format!("params: {{ from: '${{split.from}}', to: '${{split.to}}' }}, {split}"));
    let typo = format!("params: {{ fro: '${{split.from}}', too: '${{split.to}}' }}, {split}");
    refused(&server, &typo, &["window 3 to 6", "`${split.…}`", "same_page: follow"]);
}

#[test]
fn queries_that_ask_for_the_same_again_are_not_valid() {
    let server = Server::start(|_| Reply::json(json!({ "items": records(1) }).to_string()));
    let home = Home::new();
    let table = "tables:
  a: { query: { path: /x, select: items }, sink: { kind: jsonl, path: a } }
  b: { query: { for_each: { table: a, column: id }, path: /x, select: items }, sink: { kind: jsonl, path: b } }
";
    let of_table = |text: String| {
        let head = text.split("query:").next().unwrap_or_default().to_owned();
        format!("{head}{table}")
    };
    for (text, words) in [
        (yaml(&server, "split: { from: 0, to: 9, every: 3 }", 1), "`${split.from}`"),
        (of_table(yaml(&server, "", 1)), "`${each.key}`"),
        (
            yaml(&server, "pagination: { kind: cursor, next: n, param: c, is_last: has_more }", 1),
            "`has_more: has_more`",
        ),
        (
            yaml(&server, "pagination: { kind: cursor, next: n, param: c, has_more: isLast }", 1),
            "`is_last: isLast`",
        ),
        (yaml(&server, "pagination: { kind: offset, param: o, in: body }", 1), "`method: POST`"),
        (yaml(&server, "pagination: { kind: offset, param: '' }", 1), "`param` is empty"),
        (
            yaml(&server, "pagination: { kind: offset, param: o, end_status: 404 }", 1),
            "`end_status` stands beside `pagination`, in `query`",
        ),
        (
            yaml(&server, "pagination: { kind: offset, param: o, total: $.meta.total }", 1),
            "write `meta.total`",
        ),
    ] {
        home.write("p.yaml", &text);
        let done = home.run(&["validate", "p.yaml"]);
        let told = format!("{}{}", done.stdout, done.stderr);
        assert!(done.code != Some(0) && told.contains(words), "{words}: {told}");
    }
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn a_resumed_run_whose_token_has_expired_begins_anew_or_names_the_way_out() {
    for (status, words) in
        every(2, [(200, "same records as page 1"), (400, "answered 400"), (403, "answered 403")])
    {
        let is_down = Arc::new(AtomicBool::new(true));
        let down = Arc::clone(&is_down);
        let server = Server::start(move |asked| match number(asked, "c").unwrap_or(1) {
            3 if down.load(Ordering::SeqCst) => Reply::json("{}").of_status(429).with("retry-after", "86400"),
            3 => Reply::json(json!({ "items": records(1), "next": 7 }).to_string()).of_status(status),
            page => Reply::json(json!({ "items": records(page), "next": page + 1 }).to_string()),
        });
        let home = Home::new();
        let text = yaml(&server, "pagination: { kind: cursor, next: next, param: c }", 1);
        home.write("p.yaml", &text.replace("backoff: 1ms", "backoff: 1ms, max_wait: 1s"));
        assert_eq!(home.run(&["run", "p.yaml"]).code, Some(4));
        is_down.store(false, Ordering::SeqCst);
        let done = home.run(&["run", "p.yaml"]);
        assert!(done.code == Some(1) && done.stderr.contains(words), "{}", done.stderr);
        let is_anew = done.stderr.contains("beginning anew, without 2 pages");
        assert_eq!(is_anew, status != 403, "{}", done.stderr);
        assert_eq!(done.stderr.contains("pipeline run FILE --restart"), status == 403, "{}", done.stderr);
    }
}

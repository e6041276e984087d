//! Pages with the records of an earlier one, however they are written.

use super::{
    promises::{EMPTY, check, ends},
    *,
};

const OFFSET: &str = "pagination: {kind: offset, param: o}";
const OFFSET_TOTAL: &str = "pagination: {kind: offset, param: o, total: total}";
const NUMBER: &str = "pagination: {kind: page_number, param: p}";
const NUMBER_TOTAL: &str = "pagination: {kind: page_number, param: p, total_pages: pages}";
const CURSOR: &str = "pagination: {kind: cursor, next: next, param: c}";
const CURSOR_TOTAL: &str = "pagination: {kind: cursor, next: next, param: c, total: total}";
const KINDS_OF_PAGES: &[(&str, &str)] = &[
    (OFFSET, "`o`"),
    (OFFSET_TOTAL, "`o`"),
    (NUMBER, "`p`"),
    (NUMBER_TOTAL, "`p`"),
    (CURSOR, "`c`"),
    (CURSOR_TOTAL, "`c`"),
];

/// Page `n` of records that `item` makes of the number of the page and of the record, which begins anew on each page.
fn paged(n: u64, item: &dyn Fn(u64, u64) -> String) -> String {
    let items: Vec<String> = (1..=3).map(|row| item(n, row)).collect();
    format!(r#"{{"items":[{}],"total":9,"pages":3,"next":"t{n}"}}"#, items.join(","))
}

#[test]
fn the_same_records_with_a_volatile_value_are_an_error() {
    let signed = |n, row| format!(r#"{{"id":{row},"n":"x","avatar":"https://s3/a.png?Signature={n}"}}"#);
    let scored = |n, row| format!(r#"{{"_id":"r{row}","_score":0.{n}{row}}}"#);
    let timed = |n, row| format!(r#"{{"key":"A-{row}","fields":{{"now":{n}}}}}"#);
    let of_order = |n, row| format!(r#"{{"orderId":{row},"now":{n}}}"#);
    let wrapped = |n, row| format!(r#"{{"node":{{"id":{row},"now":{n}}},"cursor":"c{n}{row}"}}"#);
    let signed_address = |n, row| format!(r#"{{"href":"/x/{row}?sig={n}","size":{row}}}"#);
    let items: [&dyn Fn(u64, u64) -> String; 6] =
        [&signed, &scored, &timed, &of_order, &wrapped, &signed_address];
    for (kind, param) in KINDS_OF_PAGES {
        for item in items {
            let texts = [1, 2, 3].map(|n| paged(n, item));
            let yaml = format!("{{select: items, {kind}}}");
            let pages = texts.each_ref().map(|text| body(text));
            check(&yaml, &pages, &["page 2 has the same records as page 1", param, "same_page: follow"]);
        }
    }
}

#[test]
fn the_same_records_written_otherwise_are_an_error() {
    for (kind, param) in KINDS_OF_PAGES {
        for (one, other) in [
            (
                r#"[{"a":"x","n":1},{"a":"y","n":2},{"a":"z","n":3}]"#,
                r#"[{"n":1,"a":"x"},{"n":2,"a":"y"},{"n":3,"a":"z"}]"#,
            ),
            (
                r#"[{"a":"x","n":1},{"a":"y","n":2},{"a":"z","n":3}]"#,
                "[ {\"a\" : \"x\",\n\"n\":1}, {\"a\":\"y\",\"n\":2}, {\"a\":\"z\",\"n\":3} ]",
            ),
            (
                r#"[{"a":"x","n":1},{"a":"y","n":2},{"a":"z","n":3}]"#,
                r#"[{"a":"x","n":1.0},{"a":"y","n":2.00},{"a":"\u007a","n":3e0}]"#,
            ),
            ("[[1,2],[3,4],[5,6]]", "[[1, 2], [3, 4], [5, 6.0]]"),
        ] {
            let texts = [one, other]
                .map(|items| format!(r#"{{"items":{items},"total":9,"pages":3,"next":"t{}"}}"#, items.len()));
            let yaml = format!("{{select: items, {kind}}}");
            check(
                &yaml,
                &texts.each_ref().map(|text| body(text)),
                &["page 2 has the same records as page 1", param],
            );
        }
    }
}

#[test]
fn without_select_the_same_records_are_an_error_too() {
    let deep = |n: u64| {
        format!(r#"{{"data":{{"rows":[{{"id":1,"now":{n}}},{{"id":2,"now":{n}}}]}},"next":"t{n}"}}"#)
    };
    let texts = [1, 2, 3].map(deep);
    check(
        "{pagination: {kind: cursor, next: next, param: c}}",
        &texts.each_ref().map(|text| body(text)),
        &["`c`"],
    );
    let whole = |n: u64| format!(r#"[{{"id":1,"now":{n}}},{{"id":2,"now":{n}}}]"#);
    let texts = [1, 2, 3].map(whole);
    let pages = [1, 2, 3].map(|n| format!("</x?p={n}>; rel=next"));
    let headers = pages.each_ref().map(|link| [("link", link.as_str())]);
    let sent: Vec<Sent<'_>> =
        texts.iter().zip(&headers).map(|(text, headers)| sent(Some(text), headers)).collect();
    check("{pagination: {kind: link_header}}", &sent, &["page 2 has the same records as page 1"]);
    check("{pagination: {kind: page_number, param: p}}", &sent, &["does not know the parameter `p`"]);
}

#[test]
fn honest_pages_that_look_alike_are_pages() {
    // Rows whose numbers begin anew, beside ids that do not.
    let rows = |n: u64, row: u64| format!(r#"{{"row":{row},"id":{}}}"#, n * 10 + row);
    let ids = |n: u64, row: u64| format!(r#"{{"id":{row},"uuid":"u{n}{row}","status":"done"}}"#);
    let keys = |n: u64, row: u64| format!(r#"{{"key":"{row}","orderId":{},"status":"done"}}"#, n * 10 + row);
    let texts = |item: &dyn Fn(u64, u64) -> String| [1, 2, 3].map(|n| paged(n, item));
    for item in [&rows as &dyn Fn(u64, u64) -> String, &ids, &keys] {
        for (kind, _) in KINDS_OF_PAGES {
            let mut texts = texts(item).to_vec();
            texts[2] = texts[2].replace(r#","next":"t3""#, "");
            let mut pages: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
            if matches!(*kind, OFFSET | NUMBER) {
                pages.push(body(EMPTY));
            }
            let yaml = format!("{{ignore_signals: [total, pages, next], select: items, {kind}}}");
            assert_eq!(ends(&yaml, &pages), None, "{yaml} {}", texts[0]);
        }
    }
    // Nothing but statuses, with the key that allows it.
    let statuses = |_: u64, _: u64| r#"{"status":"done"}"#.to_owned();
    let by_id = |n: u64, row: u64| format!(r#"{{"id":{row},"day":{n}}}"#);
    for item in [&statuses as &dyn Fn(u64, u64) -> String, &by_id] {
        for (kind, _) in KINDS_OF_PAGES {
            let mut texts = texts(item).to_vec();
            texts[2] = texts[2].replace(r#","next":"t3""#, "");
            let mut pages: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
            if matches!(*kind, OFFSET | NUMBER) {
                pages.push(body(EMPTY));
            }
            let yaml =
                format!("{{ignore_signals: [total, pages, next], same_page: follow, select: items, {kind}}}");
            assert_eq!(ends(&yaml, &pages), None, "{yaml} {}", texts[0]);
            let strict = yaml.replace("same_page: follow, ", "");
            check(&strict, &pages, &["same_page: follow"]);
        }
    }
}

#[test]
fn a_body_that_is_no_array_any_more_is_an_error() {
    for kind in
        ["offset, param: o", "page_number, param: p", "cursor, next_header: X-Next, param: c", "link_header"]
    {
        let yaml = format!("{{pagination: {{kind: {kind}}}}}");
        let headers: [&[(&str, &str)]; 3] = [
            &[("link", "</x?p=2>; rel=next"), ("x-next", "2")],
            &[("link", "</x?p=3>; rel=next"), ("x-next", "3")],
            &[],
        ];
        for (text, words) in [
            (
                r#"{"message":"API rate limit exceeded","documentation_url":"https://x"}"#,
                "API rate limit exceeded",
            ),
            (r#"{"id":7,"note":"other"}"#, "the body is an object"),
            (r#"{"id":7,"rows":[{"id":9}]}"#, "the body is an object"),
            (r#""please wait""#, "the body is text"),
        ] {
            let (first, second) = (r#"[{"id":1},{"id":2},{"id":3}]"#, r#"[{"id":4},{"id":5},{"id":6}]"#);
            let pages =
                [sent(Some(first), headers[0]), sent(Some(second), headers[1]), sent(Some(text), &[])];
            check(&yaml, &pages, &[words]);
            check(&yaml, &[pages[0], pages[2]], &[words]);
        }
        // An empty page may have no body at all.
        let pages = [sent(Some(r#"[{"id":1}]"#), headers[0]), sent(Some("null"), &[])];
        assert_eq!(ends(&yaml, &pages), None, "{yaml}");
    }
}

#[test]
fn a_resumed_run_knows_that_the_body_was_an_array() {
    let yaml = "{pagination: {kind: page_number, param: p}}";
    let marks: Vec<PageMark> =
        steps(yaml, &[body(r#"[{"id":1}]"#)]).unwrap().into_iter().map(|step| step.mark).collect();
    let marks: Vec<PageMark> = serde_json::from_str(&serde_json::to_string(&marks).unwrap()).unwrap();
    let resumed = query(yaml).starting_at(Position::Page(2), 1).after(marks);
    let error = steps_from(&resumed, Position::Page(2), &[body(r#"{"id":7}"#)]).unwrap_err().to_string();
    assert!(error.contains("the body is an object"), "{error}");
}

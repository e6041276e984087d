//! Pages that have something else in the place of their records.

use super::{
    promises::{check, ends},
    *,
};

const XML: &[(&str, &str)] = &[("Content-Type", "text/xml")];
const LINES: &[(&str, &str)] = &[("Content-Type", "application/x-ndjson")];
const KINDS: [&str; 3] = [
    "page_number, param: p",
    "page_number, param: p, total_pages_header: X-Total-Pages",
    "cursor, next: r.next, param: c",
];

fn xml(text: &str) -> Sent<'_> {
    sent(Some(text), XML)
}

#[test]
fn xml_that_is_an_error_is_none_of_its_pages() {
    let first = r#"{"r":{"items":{"i":[{"n":"1"}]},"next":"2"}}"#;
    for (text, words) in [
        (r#"{"r":{"error":"boom"}}"#, "`r.error` that something went wrong: boom"),
        (r#"{"r":{"error":null}}"#, "`r.error`"),
        (r##"{"r":{"errors":{"error":{"@code":"5","#text":"boom"}}}}"##, "`r.errors`"),
        (r#"{"r":{"@status":"error","@message":"boom"}}"#, "boom"),
        (r#"{"r":{"message":"boom"}}"#, "boom"),
        (r##"{"r":{"items":{"error":{"@code":"5","#text":"timeout"}}}}"##, "`r.items.error`"),
        (r#"{"r":{"items":{"error":null}}}"#, "`r.items.error`"),
        (r#"{"error":null}"#, "`error`"),
        (r#"{"Error":{"Code":"SlowDown","Message":"boom"}}"#, "boom"),
        (r#"{"r":"Internal error"}"#, "text stands at `r`"),
        (r#"{"r":{"items":"timeout"}}"#, "text stands at `r.items`"),
        (r#"{"other":{"items":{"i":[{"n":"2"}]}}}"#, "another document"),
        (r#"{"other":{"x":"1"}}"#, "another document"),
    ] {
        for kind in KINDS {
            let yaml = format!("{{select: r.items.i, pagination: {{kind: {kind}}}}}");
            let told = &[("Content-Type", "application/xml"), ("X-Total-Pages", "2")];
            check(&yaml, &[sent(Some(first), told), sent(Some(text), told)], &[words]);
        }
    }
    // SOAP, with and without `select`.
    let first = r#"{"Envelope":{"Body":{"r":{"i":[{"n":"1"}],"next":"2"}}}}"#;
    for (fault, words) in [
        (r#"{"faultcode":"Server","faultstring":"boom"}"#, "boom"),
        (r##"{"Code":{"Value":"x"},"Reason":{"Text":{"@lang":"en","#text":"boom"}}}"##, "boom"),
    ] {
        let text = format!(r#"{{"Envelope":{{"Body":{{"Fault":{fault}}}}}}}"#);
        for yaml in [
            "{select: Envelope.Body.r.i, pagination: {kind: cursor, next: Envelope.Body.r.next, param: c}}",
            "{select: Envelope.Body.r.i, pagination: {kind: page_number, param: p}}",
            "{pagination: {kind: cursor, next: Envelope.Body.r.next, param: c}}",
        ] {
            check(yaml, &[xml(first), xml(&text)], &[words, "Envelope.Body.Fault"]);
        }
    }
    let yaml = "{select: Envelope.Body.r.i, pagination: {kind: page_number, param: p}}";
    let text = r#"{"Envelope":{"Body":{"other":{"x":"1"}}}}"#;
    check(yaml, &[xml(first), xml(text)], &["another document stands at `Envelope.Body`"]);
}

#[test]
fn xml_without_items_is_an_empty_page() {
    let first = xml(r#"{"r":{"items":{"i":[{"n":"1"}]},"next":"2"}}"#);
    for text in [
        r#"{"r":{"items":{"i":[]}}}"#,
        r#"{"r":null}"#,
        r#"{"r":{"total":"1"}}"#,
        r#"{"r":{"error":null,"items":{"i":[]}}}"#,
        r#"{"r":{"error":"0","status":"ok","items":{"i":[]}}}"#,
        r#"{"r":{"error":{"@code":"0"},"items":{"i":[]}}}"#,
        r#"{"nil-classes":{"@type":"array"}}"#,
    ] {
        for kind in ["page_number, param: p", "cursor, next: r.next, param: c"] {
            let yaml = format!("{{select: r.items.i, pagination: {{kind: {kind}}}}}");
            assert_eq!(ends(&yaml, &[first, xml(text)]), None, "{yaml} {text}");
        }
    }
    // Records may have errors of their own.
    let jobs = xml(r#"{"jobs":{"status":"failed","job":[{"id":"1","error":"boom"}]}}"#);
    assert_eq!(
        ends("{select: jobs.job, pagination: {kind: cursor, next: jobs.next, param: c}}", &[jobs]),
        None
    );
}

#[test]
fn no_array_can_stand_within_a_text() {
    let first = r#"{"a":{"d":[{"id":1}],"next":"x"},"pages":3}"#;
    for kind in [
        "cursor, next: a.next, param: c",
        "page_number, param: p",
        "page_number, param: p, total_pages: pages",
    ] {
        let yaml = format!("{{select: a.d, pagination: {{kind: {kind}}}}}");
        for (text, words) in [
            (r#""Internal error""#, "the body is text"),
            ("0", "the body is a number"),
            ("false", "the body is true or false"),
            (r#"[["x"]]"#, "the body is an array"),
            (r#"[{"id":2}]"#, "the body is an array"),
            (r#"{"a":"Internal error"}"#, "text stands at `a`"),
            (r#"{"a":false}"#, "true or false stands at `a`"),
            (r#"{"a":[{"id":2}]}"#, "an array stands at `a`"),
        ] {
            check(&yaml, &[body(first), body(text)], &[words, "array of records"]);
        }
        if kind.contains("pages") {
            continue;
        }
        let first = r#"{"a":{"d":[{"id":1}],"next":"x"}}"#;
        for text in ["{}", "null", "[]", r#"{"a":null}"#, r#"{"a":[]}"#, r#"{"a":{}}"#, r#"{"a":""}"#] {
            assert_eq!(ends(&yaml, &[body(first), body(text)]), None, "{yaml} {text}");
        }
    }
    // On the first page, too.
    check(
        "{select: a.d, pagination: {kind: cursor, next: n, param: c}}",
        &[body("\"x\"")],
        &["the body is text"],
    );
}

#[test]
fn errors_stand_beside_the_records_however_deep_those_are() {
    let first = body(r#"{"response":{"page":{"items":[{"id":1}],"next":"x"}}}"#);
    let yaml =
        "{select: response.page.items, pagination: {kind: cursor, next: response.page.next, param: c}}";
    for (text, words) in [
        (r#"{"response":{"errors":["backend down"],"page":null}}"#, "`response.errors`"),
        (r#"{"response":{"error":"backend down","page":null}}"#, "backend down"),
        (r#"{"response":{"page":{"errors":["backend down"],"items":null}}}"#, "`response.page.errors`"),
        (r#"{"response":{"page":{"errors":[{"message":"backend down"}],"items":[]}}}"#, "backend down"),
        (
            r#"{"response":{"page":{"errors":{"base":["backend down"]},"items":[]}}}"#,
            "`response.page.errors`",
        ),
        (r#"{"response":{"page":{"success":false,"items":[]}}}"#, "`response.page.success`"),
        (r#"{"response":{"page":{"status":503}}}"#, "`response.page.status`"),
        (r#"{"response":{"page":{"message":"backend down"}}}"#, "backend down"),
    ] {
        check(yaml, &[first, body(text)], &[words, "ignore_signals: ["]);
    }
    for text in [
        r#"{"response":{"errors":[],"page":{"items":[]}}}"#,
        r#"{"response":{"errors":null,"error":"","page":{"items":null,"status":"ok"}}}"#,
        r#"{"response":{"page":{"items":[{"id":2}],"errors":["a warning"],"status":"failed"}}}"#,
    ] {
        assert_eq!(ends(yaml, &[first, body(text)]), None, "{text}");
    }
}

#[test]
fn lines_that_end_in_an_error_have_failed() {
    let lines = |text: &'static str| sent(Some(text), LINES);
    let first = lines(r#"[{"id":1},{"id":2}]"#);
    let yaml = "{pagination: {kind: page_number, param: p}}";
    for text in [
        r#"[{"error":"backend down"}]"#,
        r#"[{"error":{"code":5,"message":"backend down"}}]"#,
        r#"[{"status":"error","message":"backend down"}]"#,
        r#"[{"id":3},{"error":"backend down"}]"#,
    ] {
        check(yaml, &[first, lines(text)], &["backend down"]);
        check("{}", &[lines(text)], &["backend down"]);
        check("{decode: ndjson}", &[body(text)], &["backend down"]);
        for lines in
            ["application/stream+json", "application/json-seq", "Application/JSONLines; charset=utf-8"]
        {
            check("{}", &[sent(Some(text), &[("Content-Type", lines)])], &["backend down"]);
        }
    }
    for text in [
        r#"[{"id":3,"error":"backend down"}]"#,
        r#"[{"error":"one"},{"error":"two"}]"#,
        r#"[{"error":null}]"#,
        r#"[{"error":"x","job":7},{"id":4}]"#,
    ] {
        assert_eq!(ends(yaml, &[first, lines(text), lines("[]")]), None, "{text}");
    }
    let excused = "{ignore_signals: [error], pagination: {kind: page_number, param: p}}";
    assert_eq!(ends(excused, &[first, lines(r#"[{"error":"x"}]"#), lines("[]")]), None);
    // A page of JSON is an array of records.
    assert_eq!(ends(yaml, &[first, body(r#"[{"error":"x"}]"#), body("[]")]), None);
}

#[test]
fn one_line_that_holds_the_records_is_no_line_of_json() {
    for yaml in [
        "{select: items, pagination: {kind: cursor, next: next, param: c}}",
        "{select: items, pagination: {kind: page_number, param: p}}",
    ] {
        let one = sent(Some(r#"[{"items":[{"id":1}],"next":"a"}]"#), LINES);
        check(yaml, &[one], &["there is one line", "write `decode: json`"]);
        let lines = sent(Some(r#"[{"id":1},{"id":2},{"id":3}]"#), LINES);
        check(yaml, &[lines], &["the body itself is an array of 3", "leave `select` out"]);
    }
}

//! Pages without records, and what the user says that they mean.

use super::{
    promises::{EMPTY, ends, page},
    *,
};

#[test]
fn an_empty_page_that_is_followed_needs_a_size() {
    for keys in ["", ", size_param: n", ", total: total"] {
        let text = refused(&format!("{{empty_page: follow, pagination: {{kind: offset, param: o{keys}}}}}"));
        assert!(text.contains("Q004") && text.contains("`size` and `size_param`"), "{text}");
    }
    let text = refused(
        "{params: {n: 5}, empty_page: follow, pagination: {kind: offset, param: o, size: 3, size_param: n}}",
    );
    assert!(text.contains("out of `params`"), "{text}");
    let yaml = "{select: items, empty_page: follow, max_empty_pages: 2, pagination: {kind: offset, param: o, size: 3, size_param: n}}";
    let (first, last) = (page(1, ""), page(3, ""));
    let walked = steps(yaml, &[body(&first), body(EMPTY), body(&last)]).unwrap();
    assert_eq!(walked[2].next, Next::Page(Position::Offset(9)));
}

#[test]
fn an_empty_page_that_ends_before_a_total_leaves_the_table_incomplete() {
    let first = page(1, r#","total":9,"pages":3,"next":"a""#);
    let empty = r#"{"items":[],"total":9,"pages":3,"next":"a"}"#;
    for (kind, words) in [
        ("offset, param: o, total: total", "counts 9 records, and its pages end after 3"),
        ("cursor, next: next, param: c, total: total", "counts 9 records, and its pages end after 3"),
        ("page_number, param: p, total_pages: pages", "counts 3 pages, and its pages end after"),
    ] {
        let yaml = format!("{{select: items, empty_page: end, pagination: {{kind: {kind}}}}}");
        let doubt = ends(&yaml, &[body(&first), body(empty)]).unwrap_or_default();
        assert!(doubt.contains(words), "{yaml}: {doubt}");
    }
    let error =
        wrong("{select: items, pagination: {kind: offset, param: o, total: total}}", &[&first, empty]);
    assert!(error.contains("`empty_page: follow`") && error.contains("the table is incomplete"), "{error}");
    // Who takes the total away has said that it counts something else.
    let silent = "{select: items, empty_page: end, ignore_signals: [total, pages, next], pagination: {kind: offset, param: o}}";
    assert_eq!(ends(silent, &[body(&first), body(empty)]), None);
}

#[test]
fn a_first_page_that_counts_nothing_may_leave_its_array_out() {
    let lacks = |yaml: &str, text: &str| {
        let steps = steps(yaml, &[body(text)]).unwrap_or_else(|error| panic!("{yaml} {text}: {error}"));
        assert_eq!((&steps[0].next, &steps[0].doubt), (&Next::End, &None), "{yaml} {text}");
        steps[0].mark.lacks_array()
    };
    let single = "{select: data}";
    let cursor = "{select: data, pagination: {kind: cursor, next: meta.next_token, param: t}}";
    let offset = "{select: data.items, pagination: {kind: offset, param: o}}";
    let number = "{select: data, pagination: {kind: page_number, param: p}}";
    for yaml in [single, cursor, offset, number] {
        for text in [
            r#"{"meta":{"result_count":0}}"#,
            r#"{"_links":{"self":{"href":"/orders"}},"page":{"size":20,"totalElements":0,"totalPages":0,"number":0}}"#,
            r#"{"schemas":["urn:ListResponse"],"totalResults":0,"itemsPerPage":0,"startIndex":1}"#,
            r#"{"resourceType":"Bundle","id":"b","total":0,"link":[{"relation":"self","url":"u"}]}"#,
            r#"{"Count":0,"ScannedCount":0}"#,
            r#"{"meta":{"total":0}}"#,
            r#"{"count":0}"#,
            r#"{"hits":{"total":{"value":0,"relation":"eq"}},"took":2,"message":"No records found"}"#,
            r#"{"nextSyncToken":"x"}"#,
            r#"{"kind":"k","etag":"e","pageInfo":{"totalResults":0,"resultsPerPage":50}}"#,
            r#"{"kind":"k","schema":{"fields":[{"name":"id"}]},"jobComplete":true,"totalRows":"0"}"#,
            r#"{"batchcomplete":""}"#,
            r#"{"dimensionHeaders":[{"name":"d"}],"metricHeaders":[{"name":"m"}],"metadata":{"currencyCode":"EUR"},"kind":"k"}"#,
            r#"{"pageInfo":{"hasNextPage":false,"endCursor":null}}"#,
        ] {
            assert!(lacks(yaml, text), "{yaml} {text}");
        }
    }
    // By the name that the pagination gives the total.
    let named = "{select: data, pagination: {kind: offset, param: o, total: about.n_all}}";
    assert!(lacks(named, r#"{"about":{"n_all":0,"by":"us"}}"#));
    // Something else is there, or is said.
    for text in [
        r#"{"id":7,"name":"a record"}"#,
        r#"{"meta":{"total":3}}"#,
        r#"{"total":3,"count":0}"#,
        r#"{"total":0,"message":"the index is being rebuilt"}"#,
        r#"{"total":0,"results":[{"id":1}]}"#,
        r#"{"note":"nothing","stock":{"count":0}}"#,
        r#"{"meta":{"region":"eu"}}"#,
    ] {
        let step = steps(single, &[body(text)]).map(|steps| steps[0].mark.lacks_array());
        assert_ne!(step.ok(), Some(true), "{text}");
    }
}

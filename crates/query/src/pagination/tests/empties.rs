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

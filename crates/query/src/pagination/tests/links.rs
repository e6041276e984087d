//! Lists of links, and what messages say of what stands in their place.

use super::{
    promises::{EMPTY, check, ends},
    *,
};

#[test]
fn messages_say_what_stands_there() {
    for (yaml, text, words) in [
        (
            "{select: items, pagination: {kind: next_url, next: links}}",
            r#"{"items":[{"id":1}],"links":{"self":"/a","next":"/x?page=2"}}"#,
            &["such as `links.next`", "`self`, `next`"][..],
        ),
        (
            "{select: items, pagination: {kind: next_url, next: links}}",
            r#"{"items":[{"id":1}],"links":{"self":{"href":"/a"},"next":{"href":"/x?page=2"}}}"#,
            &["such as `links.next.href`"],
        ),
        (
            "{select: items, pagination: {kind: next_url, next: next}}",
            r#"{"items":[{"id":1}],"next":{"$ref":"/x?page=2"}}"#,
            &["such as `next.$ref`"],
        ),
        (
            "{select: items, pagination: {kind: next_url, next: next}}",
            r#"{"items":[{"id":1}],"next":{"page":2}}"#,
            &["none of what it has", "`page`"],
        ),
        (
            "{select: items, pagination: {kind: cursor, next: paging, param: c}}",
            r#"{"items":[{"id":1}],"paging":{"next":{"after":"7"}}}"#,
            &["such as `paging.next.after`"],
        ),
        (
            "{select: items, pagination: {kind: page_number, param: p}}",
            r#"[{"id":1},{"id":2},{"id":3}]"#,
            &["the body itself is an array of 3", "leave `select` out"],
        ),
        (
            "{select: items, pagination: {kind: next_url, next: links}}",
            r#"{"items":[{"id":1}],"links":["/a","/b"]}"#,
            &["`links` is a list of texts", "links with `rel` and `href`"],
        ),
    ] {
        check(yaml, &[body(text)], words);
    }
}

#[test]
fn a_post_takes_its_position_in_the_body() {
    let told = |yaml: &str, text: &str| steps(yaml, &[body(text)]).unwrap().remove(0).doubt.unwrap().help;
    let notion = r#"{"results":[{"id":1}],"has_more":true,"next_cursor":"x"}"#;
    let post = "{method: POST, body: {page_size: 3}, select: results}";
    assert!(
        told(post, notion).contains("param: cursor, has_more: has_more, in: body }"),
        "{}",
        told(post, notion)
    );
    assert!(!told("{select: results}", notion).contains("in: body"));
    let offset = r#"{"results":[{"id":1}],"startAt":0,"total":9}"#;
    assert!(told(post, offset).contains("kind: offset, param: startAt, total: total, in: body"));
    let link = r#"{"results":[{"id":1}],"@odata.nextLink":"/x?p=2"}"#;
    assert!(!told(post, link).contains("in: body"));
}

#[test]
fn lists_of_links_lead_on_in_every_form() {
    let yaml = "{select: items, pagination: {kind: next_url, next: links}}";
    for links in [
        r#"[{"rel":["self"],"href":"/a"},{"rel":["next"],"href":"/x?page=N"}]"#,
        r#"[{"rel":"Next","href":"/x?page=N"}]"#,
        r#"[{"rel":"next last","href":"/x?page=N"}]"#,
        r#"[{"@rel":"next","@href":"/x?page=N"}]"#,
        r#"[{"name":"next","href":"/x?page=N"}]"#,
        r#"[{"rel":"next","uri":"/x?page=N"}]"#,
    ] {
        let page = |n: u64, links: &str| {
            format!(r#"{{"items":[{{"id":{n}}}],"links":{}}}"#, links.replace("=N", &format!("={}", n + 1)))
        };
        let texts = [page(1, links), page(2, links), page(3, r#"[{"rel":"self","href":"/a"}]"#)];
        let walked = walk(yaml, &texts.each_ref().map(String::as_str));
        assert_eq!(walked[2], Position::Url("/x?page=3".into()), "{links}");
    }
    check(yaml, &[body(r#"{"items":[{"id":1}],"links":["/x?page=2"]}"#)], &["a list of texts"]);
    assert_eq!(ends("{select: items, pagination: {kind: page_number, param: p}}", &[body(EMPTY)]), None);
}

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

#[test]
fn a_word_for_nothing_leads_nowhere() {
    for word in ["null", "NULL", "None", "nil", "undefined", ""] {
        let text = format!(r#"{{"items":[{{"id":1}}],"next":"{word}"}}"#);
        for kind in ["cursor, next: next, param: c", "next_url, next: next"] {
            assert_eq!(
                next_of(&format!("{{pagination: {{kind: {kind}}}}}"), body(&text)),
                Next::End,
                "{word} {kind}"
            );
        }
        let headers = [("Sforce-Locator", word), ("X-Next-Cursor", word)];
        let page = sent(Some(r#"[{"id":1}]"#), &headers);
        for header in ["Sforce-Locator", "X-Next-Cursor"] {
            let yaml = format!("{{pagination: {{kind: cursor, next_header: {header}, param: locator}}}}");
            assert_eq!(next_of(&yaml, page), Next::End, "{word} {header}");
        }
        assert_eq!(steps("{}", &[page]).unwrap()[0].doubt, None, "{word}");
    }
    // A value of a record is one.
    let text = r#"{"items":[{"name":"None"}]}"#;
    let yaml = "{pagination: {kind: cursor, next: items.-1.name, param: after}}";
    assert_eq!(next_of(yaml, body(text)), Next::Page(Position::Cursor("None".into())));
    let nullable = sent(Some(r#"[{"id":1}]"#), &[("Sforce-Locator", "nullable")]);
    let yaml = "{pagination: {kind: cursor, next_header: Sforce-Locator, param: locator}}";
    assert_eq!(next_of(yaml, nullable), Next::Page(Position::Cursor("nullable".into())));
}

#[test]
fn messages_about_addresses_name_no_parameter() {
    let page = |id: u64, next: &str| format!(r#"{{"items":[{{"id":{id}}}],"next":"{next}"}}"#);
    let yaml =
        "{same_page: POLICY, select: items, max_empty_pages: 2, pagination: {kind: next_url, next: next}}";
    let refused = |policy: &str, texts: &[String]| {
        let pages: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
        let error = steps(&yaml.replace("POLICY", policy), &pages).unwrap_err().to_string();
        assert!(!error.contains("``"), "{error}");
        error
    };
    let same = [page(1, "/a"), page(1, "/b"), page(1, "/c"), page(1, "/d")];
    assert!(refused("end", &same).contains("`same_page: end` is for servers that repeat"));
    assert!(refused("follow", &same).contains("`max_empty_pages`"));
    // The last page leads to itself.
    let itself = refused("follow", &[page(1, "/a"), page(2, "/a")]);
    assert!(itself.contains("leads back") && itself.contains("`is_last`"), "{itself}");
}

#[test]
fn what_goes_back_in_a_body_keeps_its_type() {
    let value = |json: &str| Next::Page(Position::Value(json.into()));
    let of = |keys: &str, page: &str| {
        next_of(
            &format!("{{method: POST, body: {{a: [0]}}, pagination: {{kind: cursor, {keys}, in: body}}}}"),
            body(page),
        )
    };
    let text = r#"{"hits":[{"sort":[1.10, "x", 12345678901234567890123]}],"next":10,"key":{"id":{"N":"1"}},"none":{},"text":"10"}"#;
    assert_eq!(of("next: next, param: start", text), value("10"));
    assert_eq!(
        of("next: hits.-1.sort, param: search_after", text),
        value(r#"[1.10, "x", 12345678901234567890123]"#)
    );
    assert_eq!(of("next: hits.-1.sort.2, param: a.0", text), value("12345678901234567890123"));
    assert_eq!(of("next: key, param: key", text), value(r#"{"id":{"N":"1"}}"#));
    assert_eq!(of("next: text, param: start", text), Next::Page(Position::Cursor("10".into())));
    assert_eq!(of("next: hits.-1.sort, param: search_after", r#"{"hits":[]}"#), Next::End);
    let in_query = "{pagination: {kind: cursor, next: hits.-1.sort, param: search_after}}";
    check(
        in_query,
        &[body(text)],
        &["is an array", "`hits.-1.sort.0`", "`in: body` sends the whole array back"],
    );
    // What is sent.
    let query =
        query("{method: POST, body: {a: [0]}, pagination: {kind: cursor, next: x, param: a.0, in: body}}");
    let ask = |json: &str| query.ask(&Position::Value(json.into()), &Values::default()).body;
    assert_eq!(ask("10"), Some(AskBody::Json(serde_json::json!({"a": [10]}))));
    assert_eq!(ask("1.10"), Some(AskBody::Written(r#"{"a":[1.10]}"#.into())));
}

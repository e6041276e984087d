//! What is told of a page without pagination.

use super::*;

/// What is told of a page without pagination: the problem, and what to write.
fn told(sent: Sent<'_>) -> Option<(String, String)> {
    let step = steps("{}", &[sent]).unwrap().remove(0);
    assert_eq!(step.next, Next::End);
    step.doubt.map(|doubt| {
        assert!(!doubt.is_error);
        (doubt.problem, doubt.help)
    })
}

/// A warning with this pagination as the line to add.
fn line_for(text: &str, line: &str) {
    let (problem, help) = told(body(text)).unwrap_or_else(|| panic!("nothing is told of {text}"));
    let line = format!("add `pagination: {{ {line} }}`");
    assert!(problem.contains("no `pagination`") && help.contains(&line), "{problem}: {help}");
}

#[test]
fn without_pagination_tokens_are_told() {
    line_for(
        r#"{"issues":[{}],"nextPageToken":"a","isLast":false}"#,
        "kind: cursor, next: nextPageToken, param: nextPageToken, is_last: isLast",
    );
    line_for(
        r#"{"issues":[{}],"nextPageToken":"2","isLast":false}"#,
        "kind: cursor, next: nextPageToken, param: nextPageToken, is_last: isLast",
    );
    line_for(r#"{"rows":[{}],"next_page":2}"#, "kind: page_number, param: page");
    line_for(
        r#"{"value":[{}],"@odata.nextLink":"https://x.test/v?$skip=2"}"#,
        r#"kind: next_url, next: "@odata.nextLink""#,
    );
    line_for(
        r#"{"ok":true,"members":[{}],"response_metadata":{"next_cursor":"dXNlcg=="}}"#,
        "kind: cursor, next: response_metadata.next_cursor, param: cursor",
    );
    line_for(
        r#"{"results":[{}],"paging":{"next":{"after":"7a","link":"?after=7a"}}}"#,
        "kind: cursor, next: paging.next.after, param: after",
    );
    line_for(
        r#"{"object":"list","results":[{}],"next_cursor":"x","has_more":true}"#,
        "kind: cursor, next: next_cursor, param: start_cursor, has_more: has_more",
    );
    line_for(
        r#"{"object":"list","data":[{"id":"a"}],"has_more":true}"#,
        "kind: cursor, next: data.-1.id, param: starting_after, has_more: has_more",
    );
}

#[test]
fn the_line_names_the_parameter_after_the_token() {
    line_for(
        r#"{"users":[{}],"next_page_token":"abc"}"#,
        "kind: cursor, next: next_page_token, param: next_page_token",
    );
    line_for(
        r#"{"users":[{}],"nextPageToken":"abc"}"#,
        "kind: cursor, next: nextPageToken, param: pageToken",
    );
    line_for(
        r#"{"data":[{}],"pages":{"next":{"page":2,"starting_after":"abc"}}}"#,
        "kind: cursor, next: pages.next.starting_after, param: starting_after",
    );
    line_for(
        r#"{"_scroll_id":"abc","hits":{"hits":[{}]}}"#,
        "kind: cursor, next: _scroll_id, param: scroll_id",
    );
    line_for(r#"{"items":[{}],"next_id":17}"#, "kind: cursor, next: next_id, param: from_id");
    let header = |name: &str, value: &str| told(sent(Some("[{}]"), &[(name, value)])).unwrap().1;
    for (name, param) in [
        ("X-MS-ContinuationToken", "continuationToken"),
        ("X-MS-Continuation", "continuationToken"),
        ("X-Continuation-Token", "continuationToken"),
        ("X-Next-Cursor", "cursor"),
        ("Next-Page-Token", "pageToken"),
        ("X-Next-Token", "nextToken"),
    ] {
        let help = header(name, "abc");
        let line = format!("kind: cursor, next_header: {name}, param: {param} }}");
        assert!(help.contains(&line) && help.contains("`param` is a guess"), "{name}: {help}");
    }
    assert!(header("Pagination-Count", "3").contains("total_header: Pagination-Count"));
    // A scroll that has brought all, and one of many.
    assert_eq!(
        told(body(r#"{"_scroll_id":"a","hits":{"total":{"value":1,"relation":"eq"},"hits":[{}]}}"#)),
        None
    );
}

#[test]
fn without_pagination_addresses_are_told() {
    line_for(
        r#"{"count":9,"next":"https://x.test/?page=2","previous":null,"results":[{}]}"#,
        "kind: next_url, next: next",
    );
    line_for(
        r#"{"results":[{}],"_links":{"next":"/wiki/api/v2/pages?cursor=a"}}"#,
        "kind: next_url, next: _links.next",
    );
    line_for(
        r#"{"data":[{}],"links":{"next":{"href":"/x?page=2"}}}"#,
        "kind: next_url, next: links.next.href",
    );
    line_for(
        r#"{"items":[{}],"links":[{"rel":"self","href":"/x"},{"rel":"next","href":"/x?page=2"}]}"#,
        "kind: next_url, next: links",
    );
    line_for(
        r#"{"entry":[{}],"link":[{"relation":"next","url":"https://x.test/?page=2"}]}"#,
        "kind: next_url, next: link",
    );
    line_for(
        r#"{"items":[{}],"metadata":{"continue":"abc"}}"#,
        "kind: cursor, next: metadata.continue, param: continue",
    );
    line_for(
        r#"{"continue":{"cmcontinue":"page|a","continue":"-||"},"query":{"members":[{}]}}"#,
        "kind: cursor, next: continue.cmcontinue, param: cmcontinue",
    );
    line_for(
        r#"{"d":{"results":[{}],"__next":"https://x.test/v?$skip=2"}}"#,
        "kind: next_url, next: d.__next",
    );
    // A cursor beside the records is likely to lead on, unless the page says where the next one would be.
    line_for(r#"{"items":[{}],"cursor":"c"}"#, "kind: cursor, next: cursor, param: cursor");
    line_for(r#"{"records":[{}],"offset":"itr/rec"}"#, "kind: cursor, next: offset, param: offset");
    assert_eq!(told(body(r#"{"items":[{}],"cursor":"this","next_cursor":null}"#)), None);
}

#[test]
fn without_pagination_flags_and_totals_are_told() {
    line_for(r#"{"maxResults":50,"startAt":0,"isLast":false,"values":[{}]}"#, "kind: offset, param: startAt");
    line_for(
        r#"{"startAt":0,"maxResults":1,"total":3,"issues":[{}]}"#,
        "kind: offset, param: startAt, total: total",
    );
    line_for(
        r#"{"items":[{}],"page":1,"total_pages":3}"#,
        "kind: page_number, param: page, total_pages: total_pages",
    );
    line_for(
        r#"{"content":[{}],"totalPages":3,"number":0,"last":false,"totalElements":9}"#,
        "kind: page_number, param: page, first: 0",
    );
    line_for(
        r#"{"data":{"issues":{"nodes":[{}],"pageInfo":{"hasNextPage":true,"endCursor":"c"}}}}"#,
        "kind: cursor, next: data.issues.pageInfo.endCursor, param: variables.after, in: body, has_more: data.issues.pageInfo.hasNextPage",
    );
    line_for(
        r#"{"hits":{"total":{"value":50,"relation":"eq"},"hits":[{}]}}"#,
        "kind: offset, param: offset, total: hits.total.value",
    );
    line_for(r#"{"items":[{}],"pagination":{"has_next":true,"page":1}}"#, "kind: page_number, param: page");
    let header = |name: &str, value: &str| told(sent(Some("[{}]"), &[(name, value)]));
    assert!(header("Link", "</x?page=2>; rel=\"next\"").unwrap().1.contains("kind: link_header"));
    assert!(header("X-Total-Count", "3").unwrap().1.contains("total_header: X-Total-Count"));
    assert!(header("X-Total-Pages", "3").unwrap().1.contains("total_pages_header: X-Total-Pages"));
    assert_eq!(header("X-Total-Count", "1"), None);
}

#[test]
fn pages_that_are_whole_are_not_told() {
    // Pages that are whole, and records that sound like pages.
    for whole in [
        r#"{"issues":[{}],"isLast":true,"nextPageToken":"a"}"#,
        r#"{"issues":[{}],"total":1}"#,
        "[{},{}]",
        "no JSON",
        r#"{"data":[{}],"has_more":false,"next_cursor":null}"#,
        r#"{"results":[{}],"next":null,"previous":"/x"}"#,
        r#"{"rows":[{"next":"x","has_more":true,"total":99}]}"#,
        r#"{"id":1,"next":"step two","total":12}"#,
        r#"{"members":[{}],"response_metadata":{"next_cursor":""}}"#,
        r#"{"startAt":2,"total":3,"issues":[{}]}"#,
        r#"{"data":[{}],"paging":{"cursors":{"before":"a","after":"b"}}}"#,
        r#"{"items":[{}],"page":3,"pages":3}"#,
        r#"{"items":[{}],"links":[{"rel":"self","href":"/x"},{"rel":"prev","href":"/x?page=1"}]}"#,
        r#"{"items":[{}],"end_of_stream":true,"after_cursor":"x"}"#,
        "",
    ] {
        assert_eq!(told(body(whole)), None, "{whole}");
    }
    // The user wants one page, or knows that the key means something else.
    for yaml in ["{max_pages: 1}", "{ignore_signals: [total]}", "{ignore_signals: total}"] {
        assert_eq!(steps(yaml, &[body(r#"{"issues":[{}],"total":9}"#)]).unwrap()[0].doubt, None, "{yaml}");
    }
}

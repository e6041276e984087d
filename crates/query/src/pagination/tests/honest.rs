//! Pages as honest APIs send them: read to their end, without a word.

use super::*;

/// An API: what to write, and three records, three, two, each page with the headers and the body that it has.
struct Api {
    name: &'static str,
    yaml: &'static str,
    pages: &'static [(&'static [(&'static str, &'static str)], &'static str)],
}

const APIS: &[Api] = &[
    Api {
        name: "Confluence v2",
        yaml: "{select: results, pagination: {kind: next_url, next: _links.next}}",
        pages: &[
            (
                &[("link", "</wiki/api/v2/pages?cursor=b>; rel=\"next\", <https://x/wiki>; rel=\"base\"")],
                r#"{"results":[{"id":1},{"id":2},{"id":3}],"_links":{"next":"/wiki/api/v2/pages?cursor=b","base":"https://x/wiki"}}"#,
            ),
            (&[], r#"{"results":[{"id":4},{"id":5}],"_links":{"base":"https://x/wiki"}}"#),
        ],
    },
    Api {
        name: "Confluence v1",
        yaml: "{select: results, pagination: {kind: next_url, next: _links.next}}",
        pages: &[
            (
                &[],
                r#"{"results":[{"id":1},{"id":2},{"id":3}],"start":0,"limit":3,"size":3,"totalSize":5,"_links":{"next":"/rest/api/content?start=3","self":"x"}}"#,
            ),
            (
                &[],
                r#"{"results":[{"id":4},{"id":5}],"start":3,"limit":3,"size":2,"totalSize":5,"_links":{"prev":"/rest/api/content?start=0"}}"#,
            ),
        ],
    },
    Api {
        name: "Jira Data Center",
        yaml: "{pagination: {kind: offset, param: startAt, size: 3, size_param: maxResults, total: total}}",
        pages: &[
            (&[], r#"{"startAt":0,"maxResults":3,"total":5,"issues":[{"id":1},{"id":2},{"id":3}]}"#),
            (&[], r#"{"startAt":3,"maxResults":3,"total":5,"issues":[{"id":4},{"id":5}]}"#),
        ],
    },
    Api {
        name: "Jira Data Center, a multiple of the page size",
        yaml: "{pagination: {kind: offset, param: startAt, size: 3, size_param: maxResults, total: total}}",
        pages: &[
            (&[], r#"{"startAt":0,"maxResults":3,"total":6,"issues":[{"id":1},{"id":2},{"id":3}]}"#),
            (&[], r#"{"startAt":3,"maxResults":3,"total":6,"issues":[{"id":4},{"id":5},{"id":6}]}"#),
        ],
    },
    Api {
        name: "Jira Cloud",
        yaml: "{pagination: {kind: cursor, next: nextPageToken, param: nextPageToken}}",
        pages: &[
            (&[], r#"{"issues":[{"id":1},{"id":2},{"id":3}],"nextPageToken":"a","isLast":false}"#),
            (&[], r#"{"issues":[{"id":4}],"isLast":true}"#),
        ],
    },
    Api {
        name: "GitHub",
        yaml: "{pagination: {kind: link_header}}",
        pages: &[
            (
                &[("Link", "<https://x/?page=2>; rel=\"next\", <https://x/?page=3>; rel=\"last\"")],
                r#"[{"id":1},{"id":2}]"#,
            ),
            (
                &[("Link", "<https://x/?page=1>; rel=\"prev\", <https://x/?page=3>; rel=\"next\"")],
                r#"[{"id":3},{"id":4}]"#,
            ),
            (
                &[("Link", "<https://x/?page=2>; rel=\"prev\", <https://x/?page=1>; rel=\"first\"")],
                r#"[{"id":5}]"#,
            ),
        ],
    },
    Api {
        name: "GitHub by numbers",
        yaml: "{pagination: {kind: page_number, param: page}}",
        pages: &[
            (&[("Link", "<https://x/?page=2>; rel=\"next\"")], r#"[{"id":1},{"id":2}]"#),
            (&[("Link", "<https://x/?page=1>; rel=\"prev\"")], r#"[{"id":3},{"id":4}]"#),
            (&[], "[]"),
        ],
    },
    Api {
        name: "Stripe",
        yaml: "{pagination: {kind: cursor, next: data.-1.id, param: starting_after, has_more: has_more}}",
        pages: &[
            (&[], r#"{"object":"list","url":"/v1/charges","has_more":true,"data":[{"id":"a"},{"id":"b"}]}"#),
            (&[], r#"{"object":"list","url":"/v1/charges","has_more":false,"data":[{"id":"c"}]}"#),
        ],
    },
    Api {
        name: "Slack",
        yaml: "{error: error, pagination: {kind: cursor, next: response_metadata.next_cursor, param: cursor}}",
        pages: &[
            (
                &[],
                r#"{"ok":true,"members":[{"id":1}],"cache_ts":1,"response_metadata":{"next_cursor":"a="}}"#,
            ),
            (&[], r#"{"ok":true,"members":[{"id":2}],"cache_ts":2,"response_metadata":{"next_cursor":""}}"#),
        ],
    },
    Api {
        name: "Salesforce",
        yaml: "{select: records, pagination: {kind: next_url, next: nextRecordsUrl, total: totalSize}}",
        pages: &[
            (&[], r#"{"totalSize":3,"done":false,"nextRecordsUrl":"/q/01-2","records":[{"Id":1},{"Id":2}]}"#),
            (&[], r#"{"totalSize":3,"done":true,"records":[{"Id":3}]}"#),
        ],
    },
    Api {
        name: "Spring",
        yaml: "{select: content, pagination: {kind: page_number, param: page, first: 0, total_pages: totalPages}}",
        pages: &[
            (
                &[],
                r#"{"content":[{"id":1},{"id":2}],"number":0,"size":2,"totalElements":3,"totalPages":2,"first":true,"last":false,"numberOfElements":2,"empty":false}"#,
            ),
            (
                &[],
                r#"{"content":[{"id":3}],"number":1,"size":2,"totalElements":3,"totalPages":2,"first":false,"last":true,"numberOfElements":1,"empty":false}"#,
            ),
        ],
    },
    Api {
        name: "Spring's HAL",
        yaml: "{select: _embedded.rows, pagination: {kind: next_url, next: _links.next.href}}",
        pages: &[
            (
                &[],
                r#"{"_embedded":{"rows":[{"id":1},{"id":2}]},"_links":{"next":{"href":"/x?page=1"}},"page":{"size":2,"totalElements":3,"totalPages":2,"number":0}}"#,
            ),
            (
                &[],
                r#"{"_embedded":{"rows":[{"id":3}]},"_links":{"prev":{"href":"/x?page=0"}},"page":{"size":2,"totalElements":3,"totalPages":2,"number":1}}"#,
            ),
        ],
    },
    Api {
        name: "Django",
        yaml: "{pagination: {kind: next_url, next: next}}",
        pages: &[
            (&[], r#"{"count":3,"next":"https://x/?page=2","previous":null,"results":[{"id":1},{"id":2}]}"#),
            (&[], r#"{"count":3,"next":null,"previous":"https://x/?page=1","results":[{"id":3}]}"#),
        ],
    },
    Api {
        name: "Django by numbers, which refuses the page after the last one",
        yaml: "{end_status: 404, select: results, pagination: {kind: page_number, param: page}}",
        pages: &[
            (&[], r#"{"count":3,"next":"https://x/?page=2","previous":null,"results":[{"id":1},{"id":2}]}"#),
            (&[], r#"{"count":3,"next":null,"previous":"https://x/?page=1","results":[{"id":3}]}"#),
            (&[], "refused"),
        ],
    },
    Api {
        name: "OData",
        yaml: r#"{pagination: {kind: next_url, next: "@odata.nextLink", total: "@odata.count"}}"#,
        pages: &[
            (
                &[],
                r#"{"@odata.count":3,"value":[{"id":1},{"id":2}],"@odata.nextLink":"https://x/v?$skiptoken=2"}"#,
            ),
            (&[], r#"{"@odata.count":3,"value":[{"id":3}]}"#),
        ],
    },
    Api {
        name: "Elasticsearch, search after the last hit, beyond what is counted",
        yaml: "{select: hits.hits, method: POST, pagination: {kind: cursor, next: hits.hits.-1.sort.0, param: search_after, in: body}}",
        pages: &[
            (
                &[],
                r#"{"took":1,"timed_out":false,"hits":{"total":{"value":2,"relation":"gte"},"hits":[{"_id":"a","sort":[1]},{"_id":"b","sort":[2]}]}}"#,
            ),
            (
                &[],
                r#"{"took":2,"timed_out":false,"hits":{"total":{"value":2,"relation":"gte"},"hits":[{"_id":"c","sort":[3]}]}}"#,
            ),
            (&[], r#"{"took":1,"timed_out":false,"hits":{"total":{"value":2,"relation":"gte"},"hits":[]}}"#),
        ],
    },
    Api {
        name: "Elasticsearch, scroll",
        yaml: "{empty_page: end, select: hits.hits, pagination: {kind: cursor, next: _scroll_id, param: scroll_id}}",
        pages: &[
            (
                &[],
                r#"{"_scroll_id":"s","hits":{"total":{"value":3,"relation":"eq"},"hits":[{"_id":"a"},{"_id":"b"}]}}"#,
            ),
            (&[], r#"{"_scroll_id":"s","hits":{"total":{"value":3,"relation":"eq"},"hits":[{"_id":"c"}]}}"#),
            (&[], r#"{"_scroll_id":"s","hits":{"total":{"value":3,"relation":"eq"},"hits":[]}}"#),
        ],
    },
    Api {
        name: "HubSpot",
        yaml: "{pagination: {kind: cursor, next: paging.next.after, param: after}}",
        pages: &[
            (
                &[],
                r#"{"total":3,"results":[{"id":"1"},{"id":"2"}],"paging":{"next":{"after":"2","link":"?after=2"}}}"#,
            ),
            (&[], r#"{"total":3,"results":[{"id":"3"}]}"#),
        ],
    },
    Api {
        name: "Facebook",
        yaml: "{pagination: {kind: next_url, next: paging.next}}",
        pages: &[(&[], r#"{"data":[{"id":"1"}],"paging":{"cursors":{"before":"a","after":"b"}}}"#)],
    },
    Api {
        name: "Google Calendar",
        yaml: "{select: items, pagination: {kind: cursor, next: nextPageToken, param: pageToken}}",
        pages: &[(&[], r#"{"kind":"calendar#events","items":[{"id":"1"}],"nextSyncToken":"x"}"#)],
    },
    Api {
        name: "GraphQL",
        yaml: "{method: POST, select: data.issues.nodes, pagination: {kind: cursor, next: data.issues.pageInfo.endCursor, param: variables.after, in: body, has_more: data.issues.pageInfo.hasNextPage}}",
        pages: &[
            (
                &[],
                r#"{"data":{"issues":{"nodes":[{"id":1},{"id":2}],"pageInfo":{"hasNextPage":true,"endCursor":"a"}}}}"#,
            ),
            (
                &[],
                r#"{"data":{"issues":{"nodes":[{"id":3}],"pageInfo":{"hasNextPage":false,"endCursor":"b"}}}}"#,
            ),
        ],
    },
    Api {
        name: "GitLab, a multiple of the page size",
        yaml: "{pagination: {kind: page_number, param: page, size: 2, size_param: per_page, total_pages_header: X-Total-Pages}}",
        pages: &[
            (
                &[
                    ("X-Total-Pages", "2"),
                    ("X-Page", "1"),
                    ("X-Per-Page", "2"),
                    ("X-Next-Page", "2"),
                    ("X-Total", "4"),
                ],
                r#"[{"id":1},{"id":2}]"#,
            ),
            (
                &[
                    ("X-Total-Pages", "2"),
                    ("X-Page", "2"),
                    ("X-Per-Page", "2"),
                    ("X-Next-Page", ""),
                    ("X-Prev-Page", "1"),
                    ("X-Total", "4"),
                ],
                r#"[{"id":3},{"id":4}]"#,
            ),
        ],
    },
    Api {
        name: "PayPal, which lists its links",
        yaml: "{select: items, pagination: {kind: next_url, next: links}}",
        pages: &[
            (
                &[],
                r#"{"items":[{"id":1}],"links":[{"rel":"self","href":"/x"},{"rel":"next","href":"/x?page=2"}]}"#,
            ),
            (
                &[],
                r#"{"items":[{"id":2}],"links":[{"rel":"prev","href":"/x"},{"rel":"self","href":"/x?page=2"},{"rel":"next","href":"/x?page=3"}]}"#,
            ),
            (
                &[],
                r#"{"items":[{"id":3}],"links":[{"rel":"prev","href":"/x?page=2"},{"rel":"self","href":"/x?page=3"}]}"#,
            ),
        ],
    },
    Api {
        name: "WordPress",
        yaml: "{end_status: 400, pagination: {kind: page_number, param: page, total_pages_header: X-WP-TotalPages}}",
        pages: &[
            (
                &[("X-WP-Total", "3"), ("X-WP-TotalPages", "2"), ("Link", "</x?page=2>; rel=next")],
                r#"[{"id":1},{"id":2}]"#,
            ),
            (
                &[("X-WP-Total", "3"), ("X-WP-TotalPages", "2"), ("Link", "</x?page=1>; rel=prev")],
                r#"[{"id":3}]"#,
            ),
        ],
    },
];

#[test]
fn honest_pages_are_read_to_their_end_in_silence() {
    for Api { name, yaml, pages } in APIS {
        let sent: Vec<Sent<'_>> = pages
            .iter()
            .map(|(headers, text)| if *text == "refused" { REFUSED } else { sent(Some(text), headers) })
            .collect();
        let steps = steps(yaml, &sent).unwrap_or_else(|error| panic!("{name}: {error}"));
        let last = steps.last().unwrap();
        assert_eq!((steps.len(), &last.next), (pages.len(), &Next::End), "{name}: {:?}", last.verdict);
        let doubts: Vec<_> = steps.iter().filter_map(|step| step.doubt.as_ref()).collect();
        assert!(doubts.is_empty(), "{name}: {doubts:?}");
    }
}

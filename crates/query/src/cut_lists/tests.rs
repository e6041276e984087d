//! Lists as servers send them within records.

use super::*;

/// The lists of one record that say that they are cut.
fn found(record: &str) -> Vec<(String, String)> {
    let body = format!(r#"{{"total":1,"issues":[{{"id":0}},{record}]}}"#);
    let mut lists = CutLists::new(Some(Selector::parse("issues").unwrap()), Box::new(|_| true));
    lists.look(body.as_bytes());
    let mut unselected = CutLists::new(None, Box::new(|_| true));
    unselected.look(body.as_bytes());
    assert_eq!(lists.warnings(), unselected.warnings(), "{record}");
    lists.found.into_iter().map(|(path, cut)| (path, cut.why)).collect()
}

#[test]
fn a_list_that_says_that_it_is_cut_is_found() {
    let check = |record: &str, path: &str, why: &str| {
        assert_eq!(found(record), [(path.to_owned(), why.to_owned())], "{record}");
    };
    check(
        r#"{"fields":{"worklog":{"startAt":0,"maxResults":20,"total":45,"worklogs":[{"id":1},{"id":2}]}}}"#,
        "fields.worklog.worklogs",
        "`total` is 45, and 2 are there",
    );
    check(
        r#"{"fields":{"comment":{"comments":[],"self":"x","maxResults":0,"total":5,"startAt":0}}}"#,
        "fields.comment.comments",
        "`total` is 5, and 0 are there",
    );
    check(
        r#"{"changelog" : {"startAt" : 0, "maxResults" : 1, "total" : 2, "histories" : [ {} ] } }"#,
        "changelog.histories",
        "`total` is 2, and 1 are there",
    );
    check(
        r#"{"lines":{"object":"list","data":[{"id":1}],"has_more":true,"total_count":2}}"#,
        "lines.data",
        "`has_more` is true",
    );
    check(
        r#"{"Contacts":{"totalSize":9,"done":false,"nextRecordsUrl":"/q/2","records":[{}]}}"#,
        "Contacts.records",
        "`nextRecordsUrl` leads to the rest",
    );
    check(
        r#"{"comments":{"nodes":[{}],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}}"#,
        "comments.nodes",
        "`pageInfo.hasNextPage` is true",
    );
    check(
        r#"{"node":{"reviews":{"totalCount":45,"nodes":[{}]}}}"#,
        "node.reviews.nodes",
        "`totalCount` is 45, and 1 are there",
    );
}

#[test]
fn a_list_that_an_address_leads_on_from_is_found() {
    let check = |record: &str, path: &str, why: &str| {
        assert_eq!(found(record), [(path.to_owned(), why.to_owned())], "{record}");
    };
    check(
        r#"{"orders":[{}],"orders@odata.nextLink":"https://h.test/o?$skip=1"}"#,
        "orders",
        "`orders@odata.nextLink` leads to the rest",
    );
    check(
        r#"{"children":{"comment":{"results":[{}],"start":0,"limit":25,"size":25,"_links":{"next":"/rest/x"}}}}"#,
        "children.comment.results",
        "`_links.next` leads to the rest",
    );
    check(
        r#"{"parts":{"_embedded":{"items":[{}]},"_links":{"self":{"href":"/"},"next":{"href":"/2"}}}}"#,
        "parts._embedded.items",
        "`_links.next` leads to the rest",
    );
    check(
        r#"{"associations":{"deals":{"results":[{"id":"1"}],"paging":{"next":{"after":"x"}}}}}"#,
        "associations.deals.results",
        "`paging.next` leads to the rest",
    );
    check(
        r#"{"properties":{"Tasks":{"type":"relation","relation":[{}],"has_more":true}}}"#,
        "properties.Tasks.relation",
        "`has_more` is true",
    );
    check(
        r#"{"a":[{"b":{"items":[1],"nextPageToken":"x"}},{"b":{"items":[1],"nextPageToken":"y"}}]}"#,
        "a.b.items",
        "`nextPageToken` leads to the rest",
    );
}

#[test]
fn a_list_that_is_whole_is_not() {
    for record in [
        r#"{"fields":{"worklog":{"startAt":0,"maxResults":20,"total":2,"worklogs":[{"id":1},{"id":2}]}}}"#,
        r#"{"fields":{"comment":{"comments":[{}],"maxResults":1,"total":2,"startAt":1}}}"#,
        r#"{"lines":{"data":[{"id":1}],"has_more":false,"total_count":1}}"#,
        r#"{"Contacts":{"totalSize":1,"done":true,"records":[{}]}}"#,
        r#"{"Contacts":{"totalSize":1,"done":true,"nextRecordsUrl":null,"records":[{}]}}"#,
        r#"{"comments":{"nodes":[{}],"totalCount":1,"pageInfo":{"hasNextPage":false}}}"#,
        r#"{"orders":[{}],"orders@odata.nextLink":""}"#,
        // An amount of money, and words of the record itself.
        r#"{"order":{"total":45,"items":[{}]}}"#,
        r#"{"id":1,"has_more":true,"tags":["a"]}"#,
        r#"{"id":1,"tags":["a"],"_links":{"next":"/articles/2"}}"#,
        r#"{"a":{"tags":["a"],"_links":{"next":"/articles/2"}}}"#,
        r#"{"text":"{\"has_more\":true,\"data\":[1]}"}"#,
        r#"{"a":{"has_more":true}}"#,
    ] {
        assert_eq!(found(record), [], "{record}");
    }
    // What speaks of the page stands outside of the records.
    let mut lists = CutLists::new(None, Box::new(|_| true));
    lists.look(br#"{"startAt":0,"maxResults":1,"total":9,"issues":[{"id":1}],"has_more":true}"#);
    assert!(lists.warnings().is_empty());
}

#[test]
fn records_are_counted_by_the_way_to_their_lists() {
    let record = |id: u64| {
        format!(
            r#"{{"id":{id},"w":{{"maxResults":1,"total":2,"ws":[{{}}]}},"c":[{{"d":{{"has_more":true,"e":[]}}}}]}}"#
        )
    };
    let body = format!("[{},{},{{\"id\":3}}]", record(1), record(2));
    let mut lists = CutLists::new(None, Box::new(|names| names.contains(&"ws")));
    lists.look(body.as_bytes());
    lists.look(body.as_bytes());
    let warnings = lists.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("`w.ws` of 4 records are not whole: `total` is 2, and 1 are there; "),
        "{warnings:?}"
    );
    assert!(warnings[0].contains("`for_each`"), "{warnings:?}");
    for broken in ["", "[", r#"{"has_more":true"#, r#"[{"a":{"has_more":true,"#, "\"has_more\""] {
        lists.look(broken.as_bytes());
    }
}

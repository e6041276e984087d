//! Keys by which APIs say that there is more, where the pagination does not name them.

use super::{
    promises::{check, ends},
    *,
};

/// What APIs have beside an array `data` of three records where there is more, and what says so.
const MORE: &[(&str, &str)] = &[
    (r#""next":{"$ref":"/x?page=2"}"#, r#"kind: next_url, next: "next.$ref""#),
    (
        r#""links":[{"rel":["self"],"href":"/x"},{"rel":["next"],"href":"/x?page=2"}]"#,
        "kind: next_url, next: links",
    ),
    (r#""hydra:totalItems":9,"hydra:view":{"hydra:next":"/x?page=2"}"#, r#"next: "hydra:view.hydra:next""#),
    (r#""totalItems":9,"view":{"next":"/x?page=2"}"#, "next: view.next"),
    (r#""d":{"__count":"9"}"#, "total: d.__count"),
    (r#""d":{"__next":"https://x.test/v?$skip=3"}"#, "next: d.__next"),
    (r#""pageToken":"abc""#, "kind: cursor, next: pageToken, param: pageToken"),
    (r#""meta":{"page":{"after":"abc"}}"#, "next: meta.page.after"),
    (r#""paging":{"cursors":{"after":"abc"}}"#, "next: paging.cursors.after"),
    (r#""count":9"#, "total: count"),
    (r#""result":{"count":9}"#, "total: result.count"),
    (r#""moreResult":true"#, "moreResult"),
    (r#""nextFileName":"f4""#, "next: nextFileName, param: startFileName"),
    (r#""resultSetSize":"3","totalSetSize":"9","endPosition":"2""#, "total: totalSetSize"),
    (r#""records":{"totalRecords":9,"currentPageSize":3,"cursor":"x"}"#, "next: records.cursor"),
    (r#""records":{"totalRecords":9,"currentPageSize":3}"#, "total: records.totalRecords"),
    (r#""nextCursorMark":"AoE""#, "next: nextCursorMark, param: cursorMark"),
    (r#""numberMatched":9,"numberReturned":3"#, "total: numberMatched"),
    (r#""found":9,"page":1"#, "page"),
    (r#""estimatedTotalHits":9,"offset":0,"limit":3"#, "param: offset, total: estimatedTotalHits"),
    (r#""bookmark":"abc""#, "next: bookmark, param: bookmark"),
    (r#""paging":{"nextKey":"2"}"#, "next: paging.nextKey"),
    (r#""count":70,"page":1,"page_size":3"#, "kind: page_number, param: page }"),
    (r#""count":70,"page":1,"per_page":3"#, "kind: page_number, param: page }"),
    (r#""count":70,"page":1,"pageSize":3"#, "kind: page_number, param: page }"),
    (r#""count":70,"skip":0"#, "kind: offset, param: skip, total: count"),
    (r#""count":70,"size":3"#, "total: count"),
    (r#""count":70,"next":null,"page_size":3"#, "total: count"),
    (r#""meta":{"count":70,"page":1,"page_size":3}"#, "kind: page_number, param: page }"),
    (r#""count":70,"row_count":3"#, "total: count"),
    (r#""count":70,"start":0,"limit":3"#, "param: start, total: count"),
    // Open Food Facts counts the records of the page as `page_count`.
    (
        r#""count":70,"page":1,"page_count":3,"page_size":3,"skip":0"#,
        "`pagination: { kind: page_number, param: page }`",
    ),
    // It may count pages here, and an empty page ends in any case.
    (r#""count":9,"page":1,"page_count":3,"page_size":3"#, "kind: page_number, param: page }"),
    (r#""count":3,"page":1,"page_count":9,"page_size":3"#, "total_pages: page_count"),
    (r#""page":1,"page_count":3,"page_size":3"#, "kind: page_number, param: page }"),
    (r#""page":1,"page_count":9,"page_size":3"#, "total_pages: page_count"),
    (r#""has_more_rows":true"#, "has_more: has_more_rows"),
    (r#""hasMoreEntries":true"#, "has_more: hasMoreEntries"),
    (r#""moreDataAvailable":true"#, "has_more: moreDataAvailable"),
    (r#""list_info":{"has_more_rows":true,"row_count":3}"#, "has_more: list_info.has_more_rows"),
    (r#""range":{"start_pos":0,"end_pos":3,"total":70,"limit":3}"#, "total: range.total"),
    (
        r#""@attr":{"page":"1","perPage":"3","totalPages":"9","total":"27"}"#,
        r#"param: page, total_pages: "@attr.totalPages""#,
    ),
    (r#""pages":{"current":1,"last":9}"#, "param: page, total_pages: pages.last"),
    (r#""pages":{"current":1,"total":2}"#, "param: page, total_pages: pages.total"),
    (r#""next_max_id":"5""#, "next: next_max_id, param: max_id"),
    (r#""numResults":70"#, "total: numResults"),
    (r#""resultCount":70,"start":0"#, "total: resultCount"),
    (r#""total_found":70"#, "total: total_found"),
    (r#""itemsTotal":70"#, "total: itemsTotal"),
    // A number of records in the page takes back no token.
    (r#""resultCount":3,"cursor":"abc""#, "next: cursor"),
];

/// What they have where there is no more.
const WHOLE: &[&str] = &[
    r#""next":{}"#,
    r#""links":[{"rel":["self"],"href":"/x"},{"rel":["previous"],"href":"/x?page=0"}]"#,
    r#""hydra:totalItems":3,"hydra:view":{"hydra:first":"/x?page=1","hydra:last":"/x?page=1"}"#,
    r#""d":{"__count":"3"}"#,
    r#""pageToken":"""#,
    r#""meta":{"page":{"after":null}}"#,
    r#""paging":{"cursors":{"before":"a","after":"b"}}"#,
    r#""count":3"#,
    r#""count":20,"start":0,"total":3"#,
    r#""count":20,"offset":0"#,
    r#""result":{"count":3}"#,
    r#""moreResult":false"#,
    r#""nextFileName":null"#,
    r#""resultSetSize":"3","totalSetSize":"3","endPosition":"2""#,
    r#""records":{"totalRecords":3,"currentPageSize":3,"cursor":"x"}"#,
    r#""nextCursorMark":"AoE","numFound":3"#,
    r#""numberMatched":3,"numberReturned":3"#,
    r#""found":3,"out_of":50"#,
    r#""found":true"#,
    r#""estimatedTotalHits":3,"offset":0,"limit":20"#,
    r#""bookmark":"nil""#,
    r#""paging":{}"#,
    r#""nextKey":"""#,
    r#""count":3,"page":1,"page_size":3"#,
    r#""count":100,"page_size":100"#,
    r#""count":50,"skip":0,"take":50"#,
    r#""count":50,"start":0,"size":3"#,
    r#""count":50,"startAt":0"#,
    r#""count":50,"maxResults":100"#,
    r#""count":3,"page":1,"page_count":3,"page_size":24"#,
    r#""count":3,"page":1,"page_count":3,"page_size":24,"skip":0"#,
    r#""count":3,"page":1,"page_count":3"#,
    r#""page":1,"page_count":3,"page_size":24"#,
    r#""hasMoreThanOneOwner":true"#,
    r#""hasMoreInfo":true"#,
    r#""moreDetailsAvailable":true"#,
    r#""has_more_previous":true"#,
    r#""has_more_rows":false"#,
    r#""has_more_rows":"yes""#,
    r#""hasMoreComments":true,"comments":[{"id":1}]"#,
    r#""user":{"hasMoreFollowers":true}"#,
    r#""range":{"from":10,"to":20,"total":70}"#,
    r#""attr":{"total":70}"#,
    r#""@attr":{"page":"1","perPage":"50","totalPages":"1","total":"3"}"#,
    r#""pages":{"current":1,"last":1}"#,
    r#""pages":{"current":1,"total":1}"#,
    r#""cursors":{"current":1,"last":900}"#,
    r#""next_max_id":"""#,
    r#""numResults":3"#,
    r#""numResults":10,"start":0"#,
    r#""resultCount":3,"start":0"#,
    r#""total_found":3"#,
    r#""itemsTotal":3"#,
];

fn with(more: &str) -> String {
    format!(r#"{{"data":[{{"id":1}},{{"id":2}},{{"id":3}}],{more}}}"#)
}

#[test]
fn without_pagination_well_known_keys_are_told() {
    for (more, line) in MORE {
        let text = with(more);
        let step = steps("{select: data}", &[body(&text)]).unwrap().remove(0);
        let doubt = step.doubt.unwrap_or_else(|| panic!("nothing is told of {more}"));
        assert!(doubt.problem.contains("no `pagination`") && doubt.help.contains(line), "{more}: {doubt:?}");
    }
    for whole in WHOLE {
        let step = steps("{select: data}", &[body(&with(whole))]).unwrap().remove(0);
        assert_eq!(step.doubt, None, "{whole}");
    }
}

#[test]
fn a_next_that_no_page_has_is_an_error_beside_well_known_keys() {
    for (more, _) in MORE {
        let text = with(more);
        for kind in ["cursor, next: paging.nxt, param: c", "next_url, next: paging.nxt", "link_header"] {
            let yaml = format!("{{select: data, pagination: {{kind: {kind}}}}}");
            check(&yaml, &[body(&text)], &["there is more", "ignore_signals"]);
        }
    }
    for whole in WHOLE {
        let yaml = "{select: data, pagination: {kind: cursor, next: paging.nxt, param: c}}";
        assert_eq!(ends(yaml, &[body(&with(whole))]), None, "{whole}");
    }
}

#[test]
fn a_refusal_or_an_empty_page_before_a_count_is_an_error() {
    let empty = r#"{"data":[],"count":9}"#;
    for key in ["count", "numberMatched", "found", "estimatedTotalHits", "totalSetSize"] {
        let text = with(&format!(r#""{key}":9"#));
        for kind in ["offset, param: o", "page_number, param: p"] {
            let yaml = format!("{{select: data, end_status: 404, pagination: {{kind: {kind}}}}}");
            check(&yaml, &[body(&text), REFUSED], &["the server refuses page 2", "there is more"]);
            check(&yaml, &[body(&text), body(&empty.replace("count", key))], &["there is more"]);
            let excused = yaml.replace("{select", &format!("{{ignore_signals: [{key}], select"));
            assert_eq!(ends(&excused, &[body(&text), REFUSED]), None, "{excused}");
        }
    }
}

#[test]
fn counts_of_whole_tables_are_reached() {
    let page = |n: u64, more: &str| {
        let ids: Vec<String> = (n * 3 - 2..=n * 3).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        format!(r#"{{"data":[{}],{more}}}"#, ids.join(","))
    };
    for more in [
        r#""count":6"#,
        r#""found":6"#,
        r#""bookmark":"x""#,
        r#""count":3"#,
        r#""pageToken":"x","totalItems":6"#,
    ] {
        let texts = [page(1, more), page(2, more), format!(r#"{{"data":[],{more}}}"#)];
        let pages = texts.each_ref().map(|text| body(text));
        for kind in ["offset, param: o", "page_number, param: p"] {
            assert_eq!(
                ends(&format!("{{select: data, pagination: {{kind: {kind}}}}}"), &pages),
                None,
                "{more}"
            );
        }
    }
}

#[test]
fn a_page_count_that_counts_the_records_of_the_page_ends_no_pages() {
    let page = |ids: std::ops::RangeInclusive<u64>, more: &str| {
        let n_records = ids.clone().count();
        let ids: Vec<String> = ids.map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        format!(r#"{{"data":[{}],"page_count":{n_records}{more}}}"#, ids.join(","))
    };
    let yaml = "{select: data, pagination: {kind: page_number, param: page, total_pages: page_count}}";
    for more in [r#","count":7,"page_size":2"#, r#","count":7"#, r#","page_size":2"#, ""] {
        let end = format!(r#"{{"data":[],"page_count":0{more}}}"#);
        let texts = [page(1..=2, more), page(3..=4, more), page(5..=6, more), page(7..=7, more), end];
        assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None, "{more}");
    }
    // As many pages as records in the last one: one request more, which finds nothing.
    let honest = |ids| page(ids, "").replace(r#""page_count":1"#, r#""page_count":2"#);
    let texts = [honest(1..=2), honest(3..=4), r#"{"data":[],"page_count":2}"#.to_owned()];
    assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None);
    let texts = [honest(1..=2), honest(3..=3)];
    assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None);
}

#[test]
fn a_mark_that_comes_back_with_an_empty_page_is_the_end() {
    let yaml = "{select: docs, params: {cursorMark: '*'}, pagination: {kind: cursor, next: nextCursorMark, param: cursorMark}}";
    let page = |id: u64, mark: &str| format!(r#"{{"docs":[{{"id":{id}}}],"nextCursorMark":"{mark}"}}"#);
    let texts = [page(1, "a"), page(2, "b"), r#"{"docs":[],"nextCursorMark":"b"}"#.to_owned()];
    assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None);
    // Not before the total, and not with records.
    let text = r#"{"docs":[],"nextCursorMark":"b","has_more":true}"#;
    check(yaml, &[body(&texts[0]), body(&texts[1]), body(text)], &["there is more"]);
    let again = page(3, "b");
    check(yaml, &[body(&texts[0]), body(&texts[1]), body(&again)], &["leads back"]);
    let total = yaml.replace("param: cursorMark}", "param: cursorMark, total: n}");
    let texts =
        [r#"{"docs":[{"id":1}],"nextCursorMark":"a","n":9}"#, r#"{"docs":[],"nextCursorMark":"a","n":9}"#];
    assert!(ends(&total, &texts.map(body)).unwrap().contains("counts 9 records, and its pages end after 1"));
}

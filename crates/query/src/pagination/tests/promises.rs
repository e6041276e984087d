//! Signs of an end that earlier pages contradict, and pages that bring nothing new.

use super::*;

const P1: &str = r#"{"items":[{"id":1},{"id":2},{"id":3}]}"#;
pub(super) const EMPTY: &str = r#"{"items":[]}"#;

/// Page `n` of three records each, with further members.
pub(super) fn page(n: u64, more: &str) -> String {
    let ids: Vec<String> = (n * 3 - 2..=n * 3).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    format!(r#"{{"items":[{}]{more}}}"#, ids.join(","))
}

/// The pages end in an error with these words.
pub(super) fn check(yaml: &str, pages: &[Sent<'_>], words: &[&str]) {
    match steps(yaml, pages) {
        Ok(steps) => panic!("{yaml}: {:?}", steps.last().map(|step| (&step.next, step.verdict, &step.doubt))),
        Err(error) => {
            let error = error.to_string();
            let missing: Vec<_> = words.iter().filter(|word| !error.contains(**word)).collect();
            assert!(missing.is_empty(), "{yaml}\n{error}\nlacks {missing:?}");
        }
    }
}

/// The pages end without an error after all of them; gives why rows may be missing.
pub(super) fn ends(yaml: &str, pages: &[Sent<'_>]) -> Option<String> {
    let mut steps = steps(yaml, pages).unwrap_or_else(|error| panic!("{yaml}: {error}"));
    assert_eq!(steps.len(), pages.len(), "{yaml}: ended early");
    let last = steps.pop().unwrap();
    assert_eq!(last.next, Next::End, "{yaml}: {:?}", last.verdict);
    last.doubt.map(|doubt| doubt.problem)
}

const OFFSET: &str = "{select: items, pagination: {kind: offset, param: o}}";
const NUMBER: &str = "{select: items, pagination: {kind: page_number, param: p}}";

#[test]
fn an_end_that_an_earlier_page_contradicts_is_an_error() {
    let with = |yaml: &str, keys: &str| yaml.replace("{select", &format!("{{{keys}, select"));
    let of = |yaml: &str, keys: &str| yaml.replace("}}", &format!(", {keys}}}}}"));
    let none = sent(None, &[]);
    let more = page(1, r#","has_more":true"#);
    let total = page(1, r#","total":9"#);
    let pages = page(1, r#","page":1,"total_pages":3"#);
    for yaml in [OFFSET, NUMBER] {
        // The page before has said that there are more, by a key of the pagination or by one that it does not name.
        for yaml in [yaml, &of(yaml, "has_more: has_more")] {
            check(yaml, &[body(&more), body(EMPTY)], &["on page 1 `has_more` says so", "empty_page: end"]);
            check(yaml, &[body(&more), none], &["on page 1"]);
            check(&with(yaml, "end_status: 404"), &[body(&more), REFUSED], &["refuses page 2", "on page 1"]);
            check(
                &with(yaml, "same_page: end"),
                &[body(&more), body(P1)],
                &["same records as page 1", "on page 1"],
            );
            assert_eq!(ends(yaml, &[body(&more), body(r#"{"items":[],"has_more":false}"#)]), None);
            assert_eq!(ends(&with(yaml, "empty_page: end"), &[body(&more), body(EMPTY)]), None);
            // The promise is kept by a page with other records.
            assert_eq!(ends(yaml, &[body(&more), body(&page(2, "")), body(EMPTY)]), None);
        }
        check(yaml, &[body(&total), body(EMPTY)], &["counts 9", "3 have come", "ignore_signals"]);
        check(yaml, &[body(&total), none], &["counts 9"]);
        check(yaml, &[body(&total), body(r#"{"items":[],"total":0}"#)], &["counts 9"]);
        check(&with(yaml, "end_status: 404"), &[body(&total), REFUSED], &["refuses page 2", "counts 9"]);
        check(&with(yaml, "same_page: end"), &[body(&total), body(P1)], &["counts 9"]);
        let excused = with(yaml, "end_status: 404, ignore_signals: [total]");
        assert_eq!(ends(&excused, &[body(&total), REFUSED]), None);
    }
    check(&with(NUMBER, "end_status: 404"), &[body(&pages), REFUSED], &["`total_pages` is 3"]);
    let told = of(NUMBER, "total_pages: total_pages");
    check(&with(&told, "end_status: 404"), &[body(&pages), REFUSED], &["counts 3 pages, and 1 have come"]);
    let second = page(2, r#","page":2,"total_pages":3"#);
    check(
        &with(&told, "end_status: 404"),
        &[body(&pages), body(&second), REFUSED],
        &["counts 3 pages, and 2 have come"],
    );
    // Pages that name the next one.
    let named = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    let first = page(1, r#","next":"a","has_more":true"#);
    check(named, &[body(&first), body(EMPTY)], &["on page 1 `has_more` says so"]);
    check(named, &[body(&first), none], &["on page 1"]);
    assert_eq!(ends(named, &[body(&first), body(&page(2, ""))]), None);
}

#[test]
fn a_next_page_that_is_missing_below_a_total_is_told() {
    let yaml = "{select: items, pagination: {kind: next_url, next: next}}";
    let first = |more: &str| page(1, &format!(r#","next":"/x?p=2"{more}"#));
    for (more, words) in [
        (r#","total":9"#, "`total` is 9, and 6 records have come"),
        (r#","count":9,"previous":null"#, "`count` is 9"),
        (r#","page":2,"total_pages":3"#, "`total_pages` is 3"),
    ] {
        let last = page(2, &format!(r#","next":null{more}"#));
        let doubt = ends(yaml, &[body(&first(more)), body(&last)]).unwrap_or_default();
        assert!(doubt.contains(words), "{more}: {doubt}");
    }
    // Only the first page has counted.
    let doubt = ends(yaml, &[body(&first(r#","total":9"#)), body(&page(2, ""))]).unwrap_or_default();
    assert!(doubt.contains("an earlier page counts 9 records, and 6 have come"), "{doubt}");
    assert_eq!(ends(yaml, &[body(&first(r#","total":6"#)), body(&page(2, ""))]), None);
    let pages = "{pagination: {kind: page_number, param: p, total_pages: pages, is_last: last}}";
    let doubt = ends(pages, &[body(r#"{"items":[{}],"pages":3,"last":true}"#)]).unwrap();
    assert_eq!(doubt, "the server counts 3 pages, and its pages end after 1");
}

#[test]
fn records_that_came_before_are_no_progress() {
    let cursor =
        |keys: &str| format!("{{{keys} select: items, pagination: {{kind: cursor, next: next, param: c}}}}");
    let of = |n: u64, token: &str| page(n, &format!(r#","next":"{token}","request":"{token}""#));
    // Tokens 1, 2, 0, where 0 is page 1; a session that was lost.
    let round = [of(1, "1"), of(2, "2"), of(3, "0"), of(1, "1")];
    let round: Vec<Sent<'_>> = round.iter().map(|text| body(text)).collect();
    check(&cursor("empty_page: end,"), &round, &["page 4 has the same records as page 1"]);
    let lost = [of(1, "a"), of(2, "b"), of(1, "c")];
    let lost: Vec<Sent<'_>> = lost.iter().map(|text| body(text)).collect();
    check(&cursor(""), &lost, &["page 3 has the same records as page 1", "same_page: follow"]);
    // Without `select`, where records stand deeper, and in bodies that are not read for the next page.
    let deep = |n: u64, token: &str| format!(r#"{{"data":{},"next":"{token}"}}"#, page(n, ""));
    let pages = [deep(1, "a"), deep(2, "b"), deep(1, "c")];
    let pages: Vec<Sent<'_>> = pages.iter().map(|text| body(text)).collect();
    check("{pagination: {kind: cursor, next: next, param: c}}", &pages, &["same records as page 1"]);
    let texts = [page(1, r#","r":1"#), page(2, r#","r":2"#), page(1, r#","r":3"#)];
    let pages = [
        sent(Some(&texts[0]), &[("link", "</x?p=2>; rel=next")]),
        sent(Some(&texts[1]), &[("link", "</x?p=3>; rel=next")]),
        sent(Some(&texts[2]), &[("link", "</x?p=4>; rel=next")]),
    ];
    check("{pagination: {kind: link_header}}", &pages, &["same records as page 1"]);
    assert!(steps("{same_page: follow, pagination: {kind: link_header}}", &pages).is_ok());
}

#[test]
fn no_leave_makes_a_run_endless() {
    let same: Vec<Sent<'_>> = (0..50).map(|_| body(P1)).collect();
    for kind in ["kind: offset, param: typo", "kind: page_number, param: typo"] {
        let yaml =
            format!("{{same_page: follow, max_empty_pages: 20, select: items, pagination: {{{kind}}}}}");
        check(&yaml, &same, &["20 pages in a row had the records of earlier pages", "`typo`"]);
    }
    let texts: Vec<String> = (0..50).map(|n| page(1, &format!(r#","next":"{n}""#))).collect();
    let fresh: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
    let yaml = "{same_page: follow, max_empty_pages: 20, select: items, \
                pagination: {kind: cursor, next: next, param: c}}";
    check(yaml, &fresh, &["20 pages in a row"]);
}

#[test]
fn pages_that_overlap_are_an_error() {
    // `page` is taken for the number of records to skip.
    let shifted = |n: u64| format!(r#"{{"items":[{{"id":{}}},{{"id":{}}},{{"id":{}}}]}}"#, n, n + 1, n + 2);
    let texts = [shifted(2), shifted(3)];
    check(
        NUMBER,
        &[body(&texts[0]), body(&texts[1])],
        &["page 2 begins with records that page 1", "kind: offset"],
    );
    // Pages that hold all that came before, too.
    let texts = [page(1, ""), r#"{"items":[{"id":1},{"id":2},{"id":3},{"id":4}]}"#.to_owned()];
    check(OFFSET, &[body(&texts[0]), body(&texts[1])], &["its pages overlap"]);
    // Pages that name the next one, too; and one record from each page to the next.
    let cursor = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    let texts = [2, 3].map(|n| shifted(n).replace("]}", &format!(r#"],"next":"t{n}"}}"#)));
    check(cursor, &[body(&texts[0]), body(&texts[1])], &["its pages overlap"]);
    let texts = [1, 3, 5].map(|n| shifted(n).replace("]}", &format!(r#"],"next":"t{n}"}}"#)));
    check(cursor, &texts.each_ref().map(|text| body(text)), &["page 3 begins with records that page 2"]);
    let texts = [1, 3, 5].map(shifted);
    check(OFFSET, &texts.each_ref().map(|text| body(text)), &["page 3 begins with records that page 2"]);
    // A record that was added meanwhile pushes one onto the next page; records without an id prove nothing.
    let texts = [page(1, ""), r#"{"items":[{"id":3},{"id":4},{"id":5}]}"#.to_owned(), EMPTY.to_owned()];
    assert_eq!(ends(OFFSET, &texts.each_ref().map(|text| body(text))), None);
    let alike = [r#"{"items":[{"s":1},{"s":2},{"s":2}]}"#, r#"{"items":[{"s":2},{"s":2},{"s":1}]}"#, EMPTY];
    assert_eq!(ends(OFFSET, &alike.map(body)), None);
}

#[test]
fn errors_in_good_bodies_are_errors() {
    let cursor = "{select: data.x.nodes, pagination: {kind: cursor, next: data.x.next, param: c}}";
    let single = "{select: items}";
    for (yaml, text, words) in [
        (
            cursor,
            r#"{"data":{"x":null},"errors":[{"message":"too complex"}]}"#,
            &["`errors`", "too complex"][..],
        ),
        (cursor, r#"{"data":null,"errors":[{"message":"no"}]}"#, &["`errors`", ": no"]),
        (cursor, r#"{"data":{"x":{"nodes":[{}]}},"errors":[{"message":"part"}]}"#, &["part"]),
        (OFFSET, r#"{"ok":false,"error":"ratelimited"}"#, &["`ok`", "ratelimited"]),
        (NUMBER, r#"{"error":{"message":"gone"}}"#, &["`error`", "gone"]),
        (NUMBER, r#"{"success":false,"items":[]}"#, &["`success`", "ignore_signals: [success]"]),
        (single, r#"{"ok":false,"error":"invalid_auth"}"#, &["invalid_auth"]),
        ("{}", r#"{"ok":false,"error":"invalid_auth"}"#, &["invalid_auth"]),
        ("{}", r#"{"data":null,"errors":[{"message":"no field"}]}"#, &["no field"]),
        (NUMBER, r#"{"items":[],"success":0,"msg":"denied"}"#, &["`success`", "denied"]),
        (NUMBER, r#"{"items":[],"success":"false"}"#, &["`success`"]),
        (NUMBER, r#"{"items":[],"status":"error","message":"denied"}"#, &["`status`", "denied"]),
        (NUMBER, r#"{"items":[],"status":500,"message":"denied"}"#, &["`status`", "denied"]),
        (NUMBER, r#"{"items":[],"statusCode":403,"message":"denied"}"#, &["`statusCode`", "denied"]),
        (NUMBER, r#"{"items":[],"errorMessages":["denied"]}"#, &["`errorMessages`", "denied"]),
        (NUMBER, r#"{"items":[],"hasError":true}"#, &["`hasError`"]),
        (NUMBER, r#"{"items":[],"errcode":40001,"errmsg":"denied"}"#, &["`errcode`", "denied"]),
        (NUMBER, r#"{"items":[],"retCode":"7","retMsg":"denied"}"#, &["`retCode`", "denied"]),
        (
            "{select: hits.hits, pagination: {kind: offset, param: from}}",
            r#"{"took":9,"timed_out":true,"hits":{"hits":[{"_id":"a"}]}}"#,
            &["`timed_out`"],
        ),
        (
            "{select: hits.hits, pagination: {kind: offset, param: from}}",
            r#"{"took":9,"_shards":{"total":2,"failed":1},"hits":{"hits":[{"_id":"a"}]}}"#,
            &["`_shards.failed`"],
        ),
    ] {
        check(yaml, &[body(text)], words);
    }
}

#[test]
fn words_of_errors_in_honest_bodies_are_none() {
    for (yaml, text) in [
        ("{}", r#"{"id":1,"status":"failed","error":"boom"}"#),
        ("{}", r#"{"ok":false,"version":3}"#),
        ("{}", r#"{"errors":[{"message":"a record"}],"total":1}"#),
        (
            "{select: errors, pagination: {kind: cursor, next: n, param: c}}",
            r#"{"errors":[{"message":"a record"}]}"#,
        ),
        (NUMBER, r#"{"items":[],"errors":[],"error":null,"ok":true}"#),
        (NUMBER, r#"{"items":[{"id":1}],"success":0,"status":"failed","message":"of the job"}"#),
        (NUMBER, r#"{"items":[],"status":200,"message":"OK","errcode":0,"success":1,"hasError":false}"#),
        ("{}", r#"{"id":1,"status":"error","message":"a record"}"#),
        (
            "{ignore_signals: [ok], select: items, pagination: {kind: page_number, param: p}}",
            r#"{"items":[],"ok":false}"#,
        ),
    ] {
        assert!(steps(yaml, &[body(text)]).is_ok(), "{yaml} {text}");
    }
}

#[test]
fn a_select_that_finds_nothing_is_no_empty_page() {
    for kind in ["offset, param: o", "page_number, param: p", "cursor, next: next, param: c"] {
        for keys in ["", "empty_page: end, "] {
            let yaml = format!("{{{keys}select: itemz, pagination: {{kind: {kind}}}}}");
            check(
                &yaml,
                &[body(P1)],
                &["`select` finds no records", "`items` has 3", "write `select: items`"],
            );
        }
    }
    // Some servers leave the array out when it would be empty.
    assert_eq!(ends(NUMBER, &[body(P1), body(r#"{"columns":[{}],"rows":[{}]}"#)]), None);
    assert_eq!(ends(NUMBER, &[body(r#"{"page":1}"#)]), None);
    assert_eq!(ends(NUMBER, &[body(r#"{"errors":[],"included":[{}]}"#)]), None);
}

#[test]
fn a_flag_that_no_page_has_is_named() {
    let yaml = "{select: items, pagination: {kind: cursor, next: next, param: c, is_last: typo}}";
    let text = page(1, r#","next":"a","isLast":true"#);
    check(yaml, &[body(&text), body(&text)], &["no page had `typo`"]);
    let yaml = "{select: items, pagination: {kind: page_number, param: p, has_more: typo}}";
    check(yaml, &[body(P1), body(P1)], &["no page had `typo`"]);
}

#[test]
fn what_stands_in_the_place_of_an_array_is_no_record() {
    for kind in ["offset, param: o", "page_number, param: p, total_pages: t", "cursor, next: next, param: c"]
    {
        let yaml = format!("{{select: d, pagination: {{kind: {kind}}}}}");
        let first = body(r#"{"d":[{"id":1},{"id":2}],"next":"a","t":9}"#);
        for text in [r#"{"d":{"problem":"x"},"t":9}"#, r#"{"d":{},"t":9}"#, r#"{"d":"no","t":9}"#] {
            let error = steps(&yaml, &[first, body(text)]).unwrap_err().to_string();
            assert!(
                error.contains("`d` is") || error.contains("stands at `select`"),
                "{yaml} {text}: {error}"
            );
        }
    }
    let xml = "{decode: xml, select: d, pagination: {kind: cursor, next: next, param: c}}";
    assert_eq!(
        ends(xml, &[body(r#"{"d":[{"id":1},{"id":2}],"next":"a"}"#), body(r#"{"d":{"id":3}}"#)]),
        None
    );
}

#[test]
fn an_array_that_is_left_out_is_an_empty_one() {
    for kind in ["offset, param: o", "page_number, param: p"] {
        let yaml = format!("{{pagination: {{kind: {kind}}}}}");
        for text in ["{}", r#"{"etag":"x","kind":"list"}"#] {
            assert_eq!(ends(&yaml, &[body(text)]), None, "{text}");
            assert_eq!(ends(&yaml, &[body(P1), body(text)]), None, "{text}");
        }
        assert_eq!(ends(&yaml, &[body(P1), body(r#"{"note":"nothing"}"#)]), None);
        check(&yaml, &[body(r#"{"note":"nothing"}"#)], &["the records cannot be counted"]);
        check(&yaml, &[body(P1), body(r#"{"a":{"b":[{"id":1}]}}"#)], &["the records cannot be counted"]);
    }
    let cursor = "{empty_page: end, pagination: {kind: cursor, next: nextPageToken, param: t}}";
    let first = page(1, r#","nextPageToken":"a""#);
    assert_eq!(ends(cursor, &[body(&first), body(r#"{"nextPageToken":"b"}"#)]), None);
    let cursor = cursor.replace("empty_page: end, ", "");
    assert_eq!(ends(&cursor, &[body(&first), body(r#"{"nextPageToken":"b"}"#), body("{}")]), None);
}

#[test]
fn a_first_page_that_is_not_the_first_is_an_error() {
    let yaml = "{pagination: {kind: page_number, param: page}}";
    for text in [
        r#"{"content":[{"id":4}],"number":1,"totalElements":9,"totalPages":3,"first":false,"last":false}"#,
        r#"{"items":[{"id":4}],"page":{"size":3,"totalElements":9,"totalPages":3,"number":1}}"#,
        r#"{"items":[{"id":4}],"has_previous":true}"#,
        r#"{"items":[{"id":4}],"previous":"/x?page=0"}"#,
    ] {
        check(yaml, &[body(text)], &["from 0", "write `first: 0`", "ignore_signals"]);
        let zero = "{pagination: {kind: page_number, param: page, first: 0}}";
        assert!(next_at(zero, &Position::Page(1), body(text)).is_ok(), "{text}");
    }
    let link = sent(Some(r#"[{"id":4}]"#), &[("link", "</x?page=0>; rel=prev")]);
    check(yaml, &[link], &["`Link`", "`first: 0`"]);
    for text in
        [r#"{"items":[{}],"previous":null,"page":1}"#, r#"{"items":[{}],"number":0,"totalElements":9}"#]
    {
        assert!(next_at(yaml, &Position::Page(1), body(text)).is_ok(), "{text}");
    }
}

#[test]
fn a_resumed_run_that_is_led_back_names_the_way_out() {
    let yaml = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    let texts = [page(1, r#","next":"a""#), page(2, r#","next":"b""#), page(1, r#","next":"c""#)];
    let earlier = steps(yaml, &[body(&texts[0]), body(&texts[1])]).unwrap();
    let marks: Vec<PageMark> = earlier.into_iter().map(|step| step.mark).collect();
    let marks: Vec<PageMark> = serde_json::from_str(&serde_json::to_string(&marks).unwrap()).unwrap();
    let position = Position::Cursor("b".into());
    let resumed = query(yaml).starting_at(position.clone(), 2).after(marks);
    let error = steps_from(&resumed, position, &[body(&texts[2])]).unwrap_err().to_string();
    assert!(error.contains("same records as page 1") && error.contains("--restart"), "{error}");
}

#[test]
fn nothing_in_the_place_of_a_named_page_is_no_end_of_a_resumed_run() {
    let graphql = "{pagination: {kind: cursor, next: d.p.end, has_more: d.p.more, param: c}}";
    let page = |id: u8| format!(r#"{{"d":{{"nodes":[{{"id":{id}}}],"p":{{"end":"a","more":true}}}}}}"#);
    let cursor = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    let items = r#"{"items":[{"id":1}],"next":"a"}"#;
    let url = "{pagination: {kind: next_url, next: next}}";
    let check = |(yaml, first): (&str, &str), position: Position, (answer, expected): (Sent<'_>, bool)| {
        let earlier = steps(yaml, &[body(first)]).unwrap().remove(0).mark;
        let resumed = query(yaml).starting_at(position.clone(), 1).after(vec![earlier]);
        let sent = Answer { body: answer.body.map(str::as_bytes), headers: &[] };
        let report = resumed.report(&position, &sent).unwrap();
        assert_eq!(resumed.sequence().lacks_what_was_promised(&position, &report), expected, "{yaml}");
        // The first page of a run that is not resumed may be empty.
        assert!(!query(yaml).sequence().lacks_what_was_promised(&position, &report), "{yaml}");
    };
    let at = || Position::Cursor("a".into());
    let over = r#"{"d":{"nodes":[],"p":{"end":null,"more":false}}}"#;
    check((graphql, &page(1)), at(), (body(over), true));
    check((graphql, &page(1)), at(), (body(&page(2)), false));
    for (text, expected) in [(EMPTY, true), ("{}", true), (r#"{"items":null}"#, true), (items, false)] {
        check((cursor, items), at(), (body(text), expected));
    }
    check((cursor, items), at(), (sent(None, &[]), true));
    let link = r#"{"items":[{"id":1}],"next":"https://x/a"}"#;
    check((url, link), Position::Url("https://x/a".into()), (body(EMPTY), true));
    let offset = "{select: items, pagination: {kind: offset, param: o}}";
    check((offset, r#"{"items":[{"id":1}]}"#), Position::Offset(1), (body(EMPTY), false));
}

#[test]
fn what_an_earlier_page_said_outlives_a_crash() {
    let yaml = "{select: items, end_status: 404, pagination: {kind: offset, param: o, total: total}}";
    let none = body(EMPTY);
    for (yaml, first, second) in [
        (yaml, page(1, r#","total":9"#), REFUSED),
        (OFFSET, page(1, r#","total":9"#), none),
        (OFFSET, page(1, r#","has_more":true"#), none),
    ] {
        let marks: Vec<PageMark> =
            steps(yaml, &[body(&first)]).unwrap().into_iter().map(|step| step.mark).collect();
        let marks: Vec<PageMark> = serde_json::from_str(&serde_json::to_string(&marks).unwrap()).unwrap();
        let resumed = query(yaml).starting_at(Position::Offset(3), 1).after(marks);
        assert!(steps_from(&resumed, Position::Offset(3), &[second]).is_err(), "{first}");
    }
}

#[test]
fn a_key_with_a_slip_is_told() {
    for (next, text) in [
        ("paging.cursors.aftr", r#"{"items":[{"id":1}],"paging":{"cursors":{"before":"a","after":"b"}}}"#),
        ("continuation", r#"{"items":[{"id":1}],"continuatoin":"x"}"#),
        ("nxt", r#"{"items":[{"id":1}],"d":{"__next":"/x?p=2"}}"#),
        ("nxt", r#"{"items":[{"id":1}],"moreRecordsAvailable":true}"#),
        ("nxt", r#"{"items":[{"id":1}],"done":false}"#),
        ("nxt", r#"{"items":[{"id":1}],"remaining":6}"#),
        ("nxt", r#"{"items":[{"id":1}],"marker":"m"}"#),
        ("nxt", r#"{"items":[{"id":1}],"count":9,"previous":null}"#),
    ] {
        let yaml = format!("{{select: items, pagination: {{kind: cursor, next: {next}, param: c}}}}");
        check(&yaml, &[body(text)], &[&format!("no page had `{next}`")]);
    }
    for (name, value) in [
        ("X-Continuation-Token", "t"),
        ("x-ms-continuation", "t"),
        ("X-Has-More", "true"),
        ("Content-Range", "items 0-0/9"),
        ("X-Pagination", r#"{"TotalCount":9,"PageSize":1,"CurrentPage":1,"TotalPages":9,"HasNext":true}"#),
    ] {
        let yaml = "{select: items, pagination: {kind: cursor, next: nxt, param: c}}";
        check(yaml, &[sent(Some(r#"{"items":[{"id":1}]}"#), &[(name, value)])], &["no page had `nxt`"]);
    }
    let bytes = sent(Some(r#"{"items":[{"id":1}]}"#), &[("Content-Range", "bytes 0-9/100")]);
    assert_eq!(ends("{select: items, pagination: {kind: cursor, next: nxt, param: c}}", &[bytes]), None);
}

//! What ends pages, and what contradicts itself.

use super::*;

#[test]
fn a_flag_is_read_or_is_an_error() {
    let page = |flag: &str| format!(r#"{{"items":[{{"id":1}}],"next":"t","more":{flag}}}"#);
    let next = |key: &str, flag: &str| {
        let yaml = format!("{{pagination: {{kind: cursor, next: next, param: p, {key}: more}}}}");
        next_at(&yaml, &Position::First, body(&page(flag)))
    };
    let (more, end) = (Ok(Next::Page(Position::Cursor("t".into()))), Ok(Next::End));
    for (yes, no) in
        [("true", "false"), ("1", "0"), ("\"True\"", "\"False\""), ("\"yes\"", "\"no\""), ("2", "\"0\"")]
    {
        assert_eq!((next("has_more", yes), next("has_more", no)), (more.clone(), end.clone()), "{yes}");
        assert_eq!((next("is_last", yes), next("is_last", no)), (end.clone(), more.clone()), "{yes}");
    }
    for neither in ["null", "\"\"", "\"perhaps\"", "[]", "{\"a\":1}", "0.5"] {
        for key in ["has_more", "is_last"] {
            let error = next(key, neither).unwrap_err();
            assert!(error.contains("`more` is neither yes nor no"), "{error}");
        }
    }
    let both = "{pagination: {kind: cursor, next: next, param: p, has_more: more, is_last: last}}";
    let error = wrong(both, &[r#"{"items":[{}],"next":"t","more":true,"last":true}"#]);
    assert!(error.contains("different things"), "{error}");
}

#[test]
fn more_without_a_token_is_an_error_that_names_the_key() {
    let yaml = "{select: items, pagination: {kind: cursor, next: next_cursor, param: c, has_more: has_more}}";
    let error = wrong(yaml, &[r#"{"items":[{"id":1},{"id":2}],"has_more":true}"#]);
    assert!(
        error.contains("`has_more` says that there is more") && error.contains("`next_cursor`"),
        "{error}"
    );
    // The key is mistyped.
    let yaml = "{pagination: {kind: cursor, next: nextPage, param: nextPageToken}}";
    let error = wrong(yaml, &[r#"{"issues":[{"id":1}],"nextPageToken":"a","isLast":false}"#]);
    assert!(
        error.contains("no page had `nextPage`") && error.contains("write `next: nextPageToken`"),
        "{error}"
    );
    let error = wrong(yaml, &[r#"{"issues":[{"id":1}],"isLast":false}"#]);
    assert!(error.contains("`isLast` is false"), "{error}");
    let error = wrong(
        "{pagination: {kind: next_url, next: nextLink}}",
        &[r#"{"value":[{}],"@odata.nextLink":"/x?p=2"}"#],
    );
    assert!(error.contains(r#"write `next: "@odata.nextLink"`"#), "{error}");
    let error = wrong("{pagination: {kind: link_header}}", &[r#"{"issues":[{"id":1}],"nextPageToken":"a"}"#]);
    assert!(error.contains("kind: cursor, next: nextPageToken"), "{error}");
    // In the middle, too.
    let yaml = "{pagination: {kind: cursor, next: next, param: p}}";
    let pages = [r#"{"rows":[{"id":1}],"next":"a"}"#, r#"{"rows":[{"id":2}],"has_more":true}"#];
    assert!(wrong(yaml, &pages).contains("the page has no `next`"));
    // What means something else is passed over.
    let yaml = "{ignore_signals: [has_more], pagination: {kind: cursor, next: next, param: p}}";
    assert_eq!(walk(yaml, &pages).len(), 2);
    let total = "{pagination: {kind: cursor, next: next, param: p}}";
    assert!(
        wrong(total, &[r#"{"rows":[{"id":1}],"total":3}"#]).contains("`total` is 3, and 1 records have come")
    );
    assert_eq!(walk(total, &[r#"{"rows":[{"id":1}],"total":1}"#]).len(), 1);
    // Once the next page was named, its absence is worth more than a total.
    assert_eq!(
        walk(total, &[r#"{"rows":[{"id":1}],"next":"a","total":3}"#, r#"{"rows":[{"id":2}],"total":3}"#])
            .len(),
        2
    );
}

#[test]
fn a_declared_total_that_is_not_reached_is_told() {
    let yaml = "{pagination: {kind: cursor, next: next, param: p, total: total}}";
    let pages = [r#"{"rows":[{"id":1}],"next":"a","total":3}"#, r#"{"rows":[{"id":2}],"total":3}"#];
    let last = steps(yaml, &pages.map(body)).unwrap().pop().unwrap();
    let doubt = last.doubt.unwrap();
    assert_eq!(last.next, Next::End);
    assert_eq!(doubt.problem, "the server counts 3 records, and its pages end after 2");
}

#[test]
fn messages_count_records_and_not_pages() {
    let yaml = "{pagination: {kind: page_number, param: p}}";
    let pages = [r#"{"rows":[{"id":1},{"id":2}],"total":9}"#, r#"{"rows":[],"total":9}"#];
    let error = wrong(yaml, &pages);
    assert!(error.contains("`total` is 9, and 2 records have come"), "{error}");
    assert!(error.contains("`empty_page: end`") && error.contains("`ignore_signals: [total]`"), "{error}");
}

/// All records of a server of `n` records whose total at an offset is what `total` says.
fn offset_rows(n: u64, size: u64, total: impl Fn(u64, u64) -> u64) -> Result<u64, PaginationError> {
    let yaml = format!(
        "{{pagination: {{kind: offset, param: offset, size: {size}, size_param: limit, total: total}}}}"
    );
    let query = query(&yaml);
    let (mut sequence, mut position, mut rows) = (query.sequence(), query.first_position(), 0);
    for _ in 0..1000 {
        let Position::Offset(offset) = position else { panic!() };
        let here = n.saturating_sub(offset).min(size);
        let records: Vec<String> = (offset..offset + here).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        let text = format!(r#"{{"total":{},"items":[{}]}}"#, total(offset, here), records.join(","));
        let report = query.report(&position, &Answer { body: Some(text.as_bytes()), headers: &[] })?;
        let step = sequence.step((&position, None), &report)?;
        rows += here;
        match step.next {
            Next::Page(next) => position = next,
            Next::End => return Ok(rows),
        }
    }
    panic!("it does not end");
}

#[test]
fn a_total_is_believed_only_while_it_agrees() {
    // 7 is no divisor of a size, so that ends of pages are met.
    for n in (0..75).step_by(super::every(7)) {
        for size in [1, 2, 3, 10, 25, 30] {
            let check = |name: &str, rows: Result<u64, PaginationError>| {
                assert_eq!(rows.unwrap(), n, "{name} of {n} by {size}");
            };
            check("all", offset_rows(n, size, |_, _| n));
            check("left, this page included", offset_rows(n, size, |offset, _| n.saturating_sub(offset)));
            check(
                "left after this page",
                offset_rows(n, size, |offset, here| n.saturating_sub(offset + here)),
            );
            check("of this page", offset_rows(n, size, |_, here| here));
            check("so far", offset_rows(n, size, |offset, here| offset + here));
        }
    }
    // More than there is: an error, unless the user says that an empty page is the end.
    assert!(offset_rows(5, 2, |_, _| 9).is_err());
    assert!(offset_rows(4, 2, |_, _| 9).is_err());
}

#[test]
fn counted_pages_must_move_on() {
    let offset = "{pagination: {kind: offset, param: startAt, total: total}}";
    let page = r#"{"issues":[{"id":1},{"id":2}],"total":120}"#;
    let error = wrong(offset, &[page, page]);
    assert!(error.contains("the same records as page 1") && error.contains("`startAt`"), "{error}");
    assert!(error.contains("`same_page: follow`") && error.contains("`same_page: end`"), "{error}");
    let numbers = "{pagination: {kind: page_number, param: page}}";
    let error = wrong(numbers, &["[{\"id\":1}]", "[{\"id\":1}]"]);
    assert!(error.contains("`page`") && error.contains("`first`"), "{error}");
    // What stands around the records makes no difference.
    let of = |id: u64, request: &str| format!(r#"{{"rows":[{{"id":{id}}}],"request":"{request}"}}"#);
    let error = wrong(
        "{select: rows, pagination: {kind: offset, param: o}}",
        &[&of(1, "x"), &of(2, "yy"), &of(2, "zzz")],
    );
    assert!(error.contains("page 3 has the same records as page 2"), "{error}");
    // The page says how to go on.
    let page = r#"{"issues":[{"id":1}],"nextPageToken":"a","isLast":false}"#;
    let error = wrong("{pagination: {kind: offset, param: startAt}}", &[page, page]);
    assert!(error.contains("write `pagination: { kind: cursor, next: nextPageToken"), "{error}");
    // Pages that go round, and the last one over and over.
    let pages = ["[{\"id\":1}]", "[{\"id\":2}]", "[{\"id\":3}]", "[{\"id\":1}]"];
    assert!(wrong(numbers, &pages).contains("page 4 has the same records as page 1"));
    let clamped = "{same_page: end, pagination: {kind: page_number, param: page}}";
    let steps_of = |yaml: &str, pages: &[&str]| {
        steps(yaml, &pages.iter().map(|text| body(text)).collect::<Vec<_>>()).unwrap()
    };
    let clamped = steps_of(clamped, &["[{\"id\":1}]", "[{\"id\":2}]", "[{\"id\":2}]"]);
    assert_eq!(clamped.iter().map(|step| step.is_page).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(clamped[2].next, Next::End);
    let honest = "{same_page: follow, pagination: {kind: page_number, param: page}}";
    assert_eq!(steps_of(honest, &["[{\"s\":1}]", "[{\"s\":1}]", "[{\"s\":1}]", "[]"]).len(), 4);
    // `max_pages` is no excuse for the same rows twice.
    assert!(
        wrong(
            "{max_pages: 2, pagination: {kind: page_number, param: page}}",
            &["[{\"s\":1}]", "[{\"s\":1}]"]
        )
        .contains("same records")
    );
}

#[test]
fn long_pages_are_compared_by_their_records() {
    let yaml = "{select: rows, pagination: {kind: offset, param: o}}";
    let page = |first: u64, request: &str| {
        let rows: Vec<String> =
            (first..first + 2000).map(|id| format!(r#"{{"id":{id},"text":"some text"}}"#)).collect();
        format!(r#"{{"request":"{request}","rows":[{}],"end":"{request}"}}"#, rows.join(","))
    };
    assert!(
        wrong(yaml, &[&page(1, "x"), &page(1, "a longer name of the request")])
            .contains("same records as page 1")
    );
    // Of the same length, and other records.
    let others = [page(10_000, "x"), page(12_000, "y"), page(14_000, "z"), r#"{"rows":[]}"#.to_owned()];
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    assert_eq!(walk(yaml, &others).len(), 4);
}

#[test]
fn a_doubt_about_an_answer_without_content_is_an_error() {
    let yaml = "{pagination: {kind: cursor, next: next, param: c, total: total}}";
    let first = body(r#"{"rows":[{"id":1}],"next":"a","total":3}"#);
    let error = steps(yaml, &[first, sent(None, &[])]).unwrap_err().to_string();
    assert!(error.contains("counts 3 records, and its pages end after 1"), "{error}");
}

#[test]
fn a_server_that_passes_over_the_token_is_found_out() {
    let yaml = "{pagination: {kind: cursor, next: next, param: c}}";
    let pages: Vec<String> = (0..20).map(|n| format!(r#"{{"rows":[{{"id":1}}],"next":"t{n}"}}"#)).collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    assert!(wrong(yaml, &pages).contains("page 2 has the same records as page 1"));
    // Pages may be equal where the user says so.
    let mut few = pages[..5].to_vec();
    few.push(r#"{"rows":[{"id":1}]}"#);
    assert_eq!(walk("{same_page: follow, pagination: {kind: cursor, next: next, param: c}}", &few).len(), 6);
    // The same token again.
    assert!(wrong(yaml, &[pages[1], r#"{"rows":[{"id":2}],"next":"t1"}"#]).contains("read before"));
}

#[test]
fn scroll_ids_that_stay_the_same_end_with_an_empty_page() {
    let yaml = "{empty_page: end, pagination: {kind: cursor, next: scroll, param: s}}";
    let page = |id: u64| format!(r#"{{"rows":[{{"id":{id}}}],"scroll":"x"}}"#);
    let empty = r#"{"rows":[],"scroll":"x"}"#;
    assert_eq!(walk(yaml, &[&page(1), &page(2), &page(3), empty]).len(), 4);
    // Without progress it is an error all the same.
    assert!(wrong(yaml, &[&page(1), &page(2), &page(2)]).contains("same records"));
}

#[test]
fn a_status_without_content_is_a_signal_like_others() {
    let none = sent(None, &[]);
    let offset = "{pagination: {kind: offset, param: o, size: 2, size_param: n, total: total}}";
    let first = body(r#"{"total":5,"rows":[{"id":1},{"id":2}]}"#);
    let error = steps(offset, &[first, none]).unwrap_err().to_string();
    assert!(error.contains("counts 5 and 2 have come"), "{error}");
    // A page without content in the middle of those that were told.
    let told = "{pagination: {kind: page_number, param: p, total_pages_header: X-Total-Pages}}";
    let of = |text| sent(Some(text), &[("X-Total-Pages", "3")]);
    let pages = steps(told, &[of("[{\"id\":1}]"), none, of("[{\"id\":3}]")]).unwrap();
    assert_eq!(pages.iter().map(|step| step.is_page).collect::<Vec<_>>(), [true, false, true]);
    let untold = "{pagination: {kind: offset, param: o, size: 2, size_param: n}}";
    let last = steps(untold, &[body("[{\"id\":1}]"), none]).unwrap().pop().unwrap();
    assert_eq!((last.next, last.is_page), (Next::End, false));
    let link = sent(None, &[("link", "</x?page=2>; rel=next")]);
    let step = steps("{pagination: {kind: link_header}}", &[link]).unwrap().remove(0);
    assert_eq!((step.next, step.is_page), (Next::Page(Position::Url("/x?page=2".into())), false));
    let cursor = "{pagination: {kind: cursor, next: next, param: c}}";
    assert_eq!(steps(cursor, &[body(r#"{"rows":[{}],"next":"a"}"#), none]).unwrap().len(), 2);
    assert_eq!(steps("{}", &[none]).unwrap()[0].doubt, None);
}

#[test]
fn links_that_cannot_be_read_are_errors() {
    let yaml = "{pagination: {kind: link_header}}";
    let next = |value: &str| next_at(yaml, &Position::First, sent(Some("[]"), &[("Link", value)]));
    assert_eq!(
        next(r#"</P/x?page=2>; title="x\"y"; rel="next""#),
        Ok(Next::Page(Position::Url("/P/x?page=2".into())))
    );
    assert_eq!(next("</y>; rel=prev; rel=next"), Ok(Next::End));
    assert!(
        next("</x?page=2>; next")
            .unwrap_err()
            .contains("the header `Link` cannot be read: </x?page=2>; next")
    );
    assert!(next("x?page=2; rel=next").unwrap_err().contains("RFC 8288"));
}

#[test]
fn tokens_are_taken_out_of_addresses() {
    let check = |yaml: &str, sent: Sent<'_>, expected: &str| {
        let yaml = format!("{{pagination: {{kind: cursor, {yaml}, next_param: cursor, param: cursor}}}}");
        assert_eq!(next_of(&yaml, sent), Next::Page(Position::Cursor(expected.into())));
    };
    let page = r#"{"results":[{}],"_links":{"next":"/wiki/api/v2/pages?limit=3&cursor=a%2Bb%3D+c&x"}}"#;
    check("next: _links.next", body(page), "a+b= c");
    let page = sent(Some("{}"), &[("link", "</x?cursor=abc>; rel=\"next\"")]);
    check("next_header: Link", page, "abc");
    let yaml = "{pagination: {kind: cursor, next: link, next_param: after, param: p}}";
    assert!(wrong(yaml, &[r#"{"link":"/x?cursor=1"}"#]).contains("has no parameter `after`"));
}

#[test]
fn long_numbers_are_sent_as_they_came() {
    let yaml = "{pagination: {kind: cursor, next: rows.-1.id, param: after}}";
    let next = next_of(yaml, body(r#"{"rows":[{"id":12345678901234567890123}]}"#));
    assert_eq!(next, Next::Page(Position::Cursor("12345678901234567890123".into())));
}

#[test]
fn a_look_at_the_first_page_tells_what_a_run_would_refuse() {
    let query = query("{pagination: {kind: cursor, next: nxt, param: c}}").first_pages(1);
    let page = [body(r#"{"rows":[{}],"next":"a"}"#)];
    assert!(steps_from(&query, Position::First, &page).is_err());
    let step = steps_from(&query.leniently(), Position::First, &page).unwrap().remove(0);
    assert!(step.doubt.unwrap().is_error && step.next == Next::End);
}

#[test]
fn a_resumed_query_knows_the_pages_before() {
    let yaml = "{pagination: {kind: page_number, param: page}}";
    let query = query(yaml);
    let earlier = steps(yaml, &[body("[{\"id\":1}]"), body("[{\"id\":2}]")]).unwrap();
    let marks: Vec<PageMark> = earlier.into_iter().map(|step| step.mark).collect();
    // As a journal keeps them.
    let marks = serde_json::from_str(&serde_json::to_string(&marks).unwrap()).unwrap();
    let resumed = query.starting_at(Position::Page(3), 2).after(marks);
    let error = steps_from(&resumed, Position::Page(3), &[body("[{\"id\":2}]")]).unwrap_err().to_string();
    assert!(error.contains("page 3 has the same records as page 2"), "{error}");
    assert!(steps_from(&resumed, Position::Page(3), &[body("[{\"id\":3}]")]).is_ok());
    // Without marks, of a journal of an earlier version, the pages go on.
    let unmarked = query.starting_at(Position::Page(3), 2);
    assert!(steps_from(&unmarked, Position::Page(3), &[body("[{\"id\":2}]")]).is_ok());
}

//! When a total is the end, and what a request may answer that only confirms one.

use super::{
    promises::{EMPTY, check, ends, page},
    *,
};

const OFFSET: &str = "{select: items, pagination: {kind: offset, param: o, total: total}}";
const NUMBERS: &str = "{select: items, pagination: {kind: page_number, param: p, total_pages: pages}}";

/// Page `n` of 500 records each, with further members.
fn long(n: u64, more: &str) -> String {
    let ids: Vec<String> = (n * 500 - 499..=n * 500).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    format!(r#"{{"items":[{}]{more}}}"#, ids.join(","))
}

#[test]
fn a_steady_total_that_is_reached_is_the_end() {
    for (yaml, more) in [(OFFSET, r#","total":6"#), (NUMBERS, r#","pages":2"#)] {
        let texts = [page(1, more), page(2, more)];
        assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None);
    }
    // All on the first page, which may have more.
    let jira = page(1, r#","startAt":0,"maxResults":50,"total":3"#);
    assert_eq!(ends(OFFSET, &[body(&jira)]), None);
    let part = page(1, r#","total":3"#);
    let yaml = "{select: items, pagination: {kind: offset, param: o, size: 50, size_param: n, total: total}}";
    assert_eq!(ends(yaml, &[body(&part)]), None);
    // Equal pages below the total are pages, and the total is the end all the same.
    let same = sent(Some(r#"[{"id":1}]"#), &[("x-total-pages", "3")]);
    let yaml = "{same_page: follow, pagination: {kind: page_number, param: page, total_pages_header: X-Total-Pages}}";
    assert_eq!(ends(yaml, &[same, same, same]), None);
    // Pages that all say that there is more, whatever is asked for.
    let same = sent(Some(r#"[{"id":1}]"#), &[("x-total-pages", "3"), ("x-next-page", "2")]);
    check(yaml, &[same, same, same, same], &["page 4 has the same records", "there is more"]);
}

#[test]
fn a_total_that_counts_the_records_of_a_full_page_is_found_out() {
    const SIZED: &str =
        "{select: items, pagination: {kind: offset, param: o, size: 3, size_param: n, total: total}}";
    for place in ["", r#","offset":{},"limit":3"#, r#","startAt":{},"maxResults":3"#, r#","start":{}"#] {
        let yaml = if place.contains('3') { SIZED } else { OFFSET };
        let of =
            |n: u64, more: &str| page(n, &format!("{}{more}", place.replace("{}", &(n * 3 - 3).to_string())));
        // The total is that of the page.
        let texts = [of(1, r#","total":3"#), of(2, r#","total":3"#), EMPTY.to_owned()];
        assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None, "{place}");
        // It is that of all: one more request, whatever it brings.
        let only = of(1, r#","total":3"#);
        for after in [body(EMPTY), REFUSED, sent(None, &[]), body(&only)] {
            assert_eq!(ends(yaml, &[body(&only), after]), None, "{place}");
        }
        // What was above what had come is the end.
        let texts = [of(1, r#","total":6"#), of(2, r#","total":6"#)];
        assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None, "{place}");
    }
    // A limit that nobody asked for, and that is the number of records, is none: all worklogs of an issue in Jira Data Center.
    let worklogs = page(1, r#","startAt":0,"maxResults":3,"total":3"#);
    assert_eq!(ends(OFFSET, &[body(&worklogs)]), None);
    // Of pages one is no full one.
    let only = page(1, r#","page":1,"pages":1,"limit":3"#);
    assert_eq!(ends(NUMBERS, &[body(&only)]), None);
}

#[test]
fn a_doubtful_total_is_confirmed_by_one_request() {
    let zero = NUMBERS.replace("param: p", "param: p, first: 0");
    let with = |n: u64, total: u64| page(n, &format!(r#","total":{total}"#));
    let gte = |n: u64| page(n, r#","hits":{"total":{"value":6,"relation":"gte"}}"#);
    let bound = OFFSET.replace("total: total", "total: hits.total.value");
    for (yaml, texts) in [
        (OFFSET, [with(1, 60), with(2, 6), with(3, 60)]),
        (OFFSET, [1, 2, 3].map(|n| long(n, r#","total":1000"#))),
        (&zero, [1, 2, 3].map(|n| page(n, r#","pages":2"#))),
        (&bound, [1, 2, 3].map(gte)),
    ] {
        let [first, second, third] = texts.each_ref().map(|text| body(text));
        // There is more.
        let walked = steps(yaml, &[first, second, third]).unwrap();
        assert_eq!(walked.iter().filter(|step| step.is_page).count(), 3, "{yaml}");
        // There is not: an empty page, or the last page again, which is not read twice.
        assert_eq!(ends(yaml, &[first, second, body(EMPTY)]), None, "{yaml}");
        let again = steps(yaml, &[first, second, second]).unwrap();
        assert_eq!(again.iter().map(|step| step.is_page).collect::<Vec<_>>(), [true, true, false], "{yaml}");
        assert_eq!(again[2].next, Next::End, "{yaml}");
    }
    // A refusal is the end; beyond a limit, rows may be missing.
    let texts = [1, 2].map(|n| page(n, r#","pages":2"#));
    assert_eq!(ends(&zero, &[body(&texts[0]), body(&texts[1]), REFUSED]), None);
    for (yaml, texts) in [(OFFSET, [1, 2].map(|n| long(n, r#","total":1000"#))), (&bound, [1, 2].map(gte))] {
        let doubt = ends(yaml, &[body(&texts[0]), body(&texts[1]), REFUSED]).unwrap_or_default();
        assert!(doubt.contains("refuses to give more"), "{yaml}: {doubt}");
    }
    // By its own words another page than was requested.
    let clamped = [(1, "1"), (2, "2"), (9, "2")].map(|(n, number)| {
        page(n, &format!(r#","pages":{},"page":{number}"#, if number == "1" { 9 } else { 2 }))
    });
    assert_eq!(ends(NUMBERS, &clamped.each_ref().map(|text| body(text))), None);
    // `empty_page: error` is about pages that somebody wants.
    let strict = OFFSET.replace("{select", "{empty_page: error, select");
    let texts = [1, 2].map(|n| long(n, r#","total":1000"#));
    assert_eq!(ends(&strict, &[body(&texts[0]), body(&texts[1]), body(EMPTY)]), None);
    // The page says that there is more, and the server refuses it.
    let more = r#"{"items":[{"id":1}],"total":1,"has_more":true}"#;
    check(OFFSET, &[body(more), REFUSED], &["refuses page 2", "on page 1"]);
}

#[test]
fn more_records_than_each_page_counts_are_told() {
    // The parameter is passed over, and the records differ from answer to answer.
    let fresh = |n: u64| format!(r#"{{"items":[{{"n":1,"at":{n}}},{{"n":2,"at":{n}}}],"total":3}}"#);
    let texts: Vec<String> = (0..9).map(fresh).collect();
    let pages: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
    let untold = "{select: items, pagination: {kind: offset, param: o}}";
    check(
        untold,
        &pages,
        &["8 records have come", "`total` is 3 on each page", "`o`", "ignore_signals: [total]"],
    );
    let cursor = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    let texts: Vec<String> =
        (0..9).map(|n| fresh(n).replace("\"total\"", &format!("\"next\":\"t{n}\",\"total\""))).collect();
    check(cursor, &texts.iter().map(|text| body(text)).collect::<Vec<_>>(), &["records may have come twice"]);
    // A few more, at the end.
    let doubt = ends(untold, &[pages[0], pages[1], body(r#"{"items":[],"total":3}"#)]).unwrap_or_default();
    assert!(doubt.contains("4 records have come, and `total` is 3"), "{doubt}");
    // Where pages name the next one, or the total is only called so, too.
    let twice = |n: u64| page(n, r#","total":9"#).replace("}]", r#"},{"id":1,"again":true}]"#);
    let texts = [
        page(1, r#","total":9,"next":"a""#),
        twice(2).replace(r#","total""#, r#","next":"b","total""#),
        page(3, r#","total":9"#),
    ];
    for yaml in [cursor, &cursor.replace("param: c", "param: c, total: total")] {
        let doubt = ends(yaml, &texts.each_ref().map(|text| body(text))).unwrap_or_default();
        assert!(doubt.contains("10 records have come, and `total` is 9"), "{doubt}");
    }
    let number = "{select: items, pagination: {kind: page_number, param: p}}";
    let texts = [
        page(1, r#","total":9"#),
        twice(2),
        page(3, r#","total":9"#),
        r#"{"items":[],"total":9}"#.to_owned(),
    ];
    let doubt = ends(number, &texts.each_ref().map(|text| body(text))).unwrap_or_default();
    assert!(doubt.contains("10 records have come, and `total` is 9"), "{doubt}");
    // What is only called `total` may count the pages.
    let texts: Vec<String> = (1..=4)
        .map(|n| {
            page(n, &format!(r#","total":4,"next":{}"#, if n < 4 { n.to_string() } else { "null".into() }))
        })
        .collect();
    assert_eq!(ends(cursor, &texts.iter().map(|text| body(text)).collect::<Vec<_>>()), None);
    let texts: Vec<String> = (1..=5).map(|n| page(n, r#","total":6"#)).collect();
    let pages: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
    assert_eq!(steps(untold, &pages).unwrap().len(), 5);
    // What is a limit, or changes, counts nothing of the kind.
    let limit: Vec<String> = (1..=3).map(|n| long(n, r#","total":1000"#)).collect();
    let mut limit: Vec<Sent<'_>> = limit.iter().map(|text| body(text)).collect();
    limit.push(body(EMPTY));
    assert_eq!(ends(untold, &limit), None);
}

#[test]
fn a_page_that_says_that_it_is_another_one_is_an_error() {
    let offset = "{select: items, pagination: {kind: offset, param: o}}";
    let texts = [1, 2].map(|n| page(n, r#","offset":0"#));
    let pages = texts.each_ref().map(|text| body(text));
    check(offset, &pages, &["`o=3` was requested", "`offset: 0`", "ignore_signals: [offset]"]);
    let numbers = "{select: items, pagination: {kind: page_number, param: p}}";
    let texts = [1, 2].map(|n| page(n, r#","page":1"#));
    let pages = texts.each_ref().map(|text| body(text));
    check(numbers, &pages, &["`p=2` was requested", "`page: 1`"]);
    let excused = numbers.replace("{select", "{ignore_signals: [page], select");
    assert_eq!(ends(&excused, &[pages[0], pages[1], body(EMPTY)]), None);
    // A server that counts otherwise tells nothing by that.
    let texts = [1, 2].map(|n| page(n, &format!(r#","page":{}"#, n - 1)));
    assert_eq!(ends(numbers, &[body(&texts[0]), body(&texts[1]), body(EMPTY)]), None);
    // SCIM counts from 1.
    let scim = "{select: items, pagination: {kind: offset, param: startIndex}}";
    let texts =
        [(1, 1), (2, 4)].map(|(n, start)| page(n, &format!(r#","startIndex":{start},"totalResults":6"#)));
    let pages = texts.each_ref().map(|text| body(text));
    check(scim, &pages, &["`startIndex=0` was requested", "write `first: 1`"]);
    let scim =
        "{select: items, pagination: {kind: offset, param: startIndex, first: 1, total: totalResults}}";
    assert_eq!(ends(scim, &pages), None);
    let walked = steps(scim, &pages).unwrap();
    assert_eq!(walked[0].next, Next::Page(Position::Offset(4)));
}

#[test]
fn an_end_below_a_steady_total_is_told() {
    let cursor = "{select: items, pagination: {kind: cursor, next: next, param: c, has_more: has_more}}";
    let unnamed = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    let number = "{select: items, pagination: {kind: page_number, param: p, has_more: has_more}}";
    let offset = "{select: items, pagination: {kind: offset, param: o, has_more: has_more}}";
    let of = |n: u64, more: &str| {
        let flag = if n < 2 { r#""has_more":true,"next":"a""# } else { r#""has_more":false"# };
        page(n, &format!(",{flag}{more}"))
    };
    for yaml in [cursor, unnamed, number, offset] {
        let told = |more: &str| {
            let texts = [of(1, more), of(2, more)];
            ends(yaml, &texts.each_ref().map(|text| body(text)))
        };
        for more in [r#","total":9"#, r#","meta":{"totalCount":9}"#, r#","total":2500"#] {
            let doubt = told(more).unwrap_or_else(|| panic!("{yaml} {more}"));
            assert!(doubt.contains("and 6 records have come"), "{doubt}");
        }
        // It is reached, counts the pages, is an estimate, means many things, or counts all that a filter leaves out.
        for more in [
            r#","total":6"#,
            r#","total":2"#,
            r#","estimatedTotalHits":9"#,
            r#","count":9"#,
            r#","recordsTotal":900,"recordsFiltered":6"#,
            r#","total":900,"total_matching":6"#,
        ] {
            assert_eq!(told(more), None, "{yaml} {more}");
        }
        // It changes from page to page.
        let texts = [of(1, r#","total":8"#), of(2, r#","total":9"#)];
        assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None, "{yaml}");
        let excused = yaml.replace("{select", "{ignore_signals: [total], select");
        let texts = [1, 2].map(|n| of(n, r#","total":9"#));
        assert_eq!(ends(&excused, &texts.each_ref().map(|text| body(text))), None, "{yaml}");
    }
}

#[test]
fn an_end_by_the_number_of_pages_below_a_steady_total_is_told() {
    // The pages that the server counts have come, one of them without content, or its records are more.
    let pages = |n: u64, total: u64| page(n, &format!(r#","total":{total},"pages":3"#));
    let after = r#"{"items":[],"total":9,"pages":3}"#;
    let texts = [pages(1, 9), pages(3, 9)];
    let doubt =
        ends(NUMBERS, &[body(&texts[0]), sent(None, &[]), body(&texts[1]), body(after)]).unwrap_or_default();
    assert!(doubt.contains("`total` is 9, and 6 records have come"), "{doubt}");
    let texts = [1, 2, 3].map(|n| pages(n, 2500));
    let after = after.replace('9', "2500");
    let mut sent: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
    sent.push(body(&after));
    let doubt = ends(NUMBERS, &sent).unwrap_or_default();
    assert!(doubt.contains("`total` is 2500, and 9 records have come"), "{doubt}");
    let texts = [1, 2, 3].map(|n| pages(n, 9));
    assert_eq!(ends(NUMBERS, &texts.each_ref().map(|text| body(text))), None);
}

#[test]
fn an_end_below_a_total_that_says_nothing_is_an_end() {
    let cursor = "{select: items, pagination: {kind: cursor, next: next, param: c, has_more: has_more}}";
    let unnamed = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    let number = "{select: items, pagination: {kind: page_number, param: p, has_more: has_more}}";
    // Without pagination; and not where one page is wanted, or where no records are meant.
    let one = page(1, r#","has_more":false,"total":9"#);
    for yaml in ["{}", "{select: items}"] {
        let doubt = ends(yaml, &[body(&one)]).unwrap_or_default();
        assert!(doubt.contains("`total` is 9, and 3 records have come"), "{yaml} {doubt}");
    }
    assert_eq!(ends("{max_pages: 1, select: items}", &[body(&one)]), None);
    assert_eq!(ends(cursor, &[body(r#"{"items":[],"has_more":false,"total":1}"#)]), None);
    // Pages before the first one were not asked for.
    let late = number.replace("param: p", "param: p, first: 3");
    assert_eq!(ends(&late, &[body(&page(3, r#","has_more":false,"total":9"#))]), None);
    let late = page(3, r#","has_more":false,"total":9,"offset":6"#);
    assert_eq!(ends(unnamed, &[body(&late)]), None);
}

#[test]
fn where_a_page_begins_is_no_evidence_of_records_before_it() {
    let unnamed = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    let link = "{select: items, pagination: {kind: next_url, next: next}}";
    let number = "{select: items, pagination: {kind: page_number, param: p, total_pages: pages}}";
    let flag = "{select: items, pagination: {kind: page_number, param: p, has_more: has_more}}";
    for yaml in [unnamed, link, number, flag] {
        for (name, first) in
            [("from", 1), ("start", 0), ("offset", 0), ("skip", 0), ("startAt", 0), ("startIndex", 1)]
        {
            let of = |n: u64, items: &str| {
                let start = n * 3 - 3 + first;
                let more = match (yaml, n) {
                    (yaml, _) if yaml == number => r#""pages":3"#.to_owned(),
                    (yaml, n) if yaml == flag => format!(r#""has_more":{}"#, n < 3),
                    (_, 3) => r#""next":null"#.to_owned(),
                    (_, n) => format!(r#""next":"/x?p={}""#, n + 1),
                };
                format!(r#"{{"items":{items},{more},"meta":{{"{name}":{start},"total":9}}}}"#)
            };
            let all = |n: u64| of(n, &format!(r#"[{{"id":{n}1}},{{"id":{n}2}},{{"id":{n}3}}]"#));
            let told = |second: &str| {
                let after = r#"{"items":[],"pages":3,"meta":{"total":9}}"#.to_owned();
                let texts = [all(1), of(2, second), all(3), after];
                let mut steps = steps(yaml, &texts.each_ref().map(|text| body(text))).unwrap();
                steps.pop().and_then(|last| last.doubt).map(|doubt| doubt.problem)
            };
            for (second, n) in [("[]", 6), ("null", 6), (r#"[{"id":21},{"id":22}]"#, 8)] {
                // An empty page that says that there is more is an error where pages are counted.
                if yaml == flag && n == 6 {
                    continue;
                }
                let doubt = told(second).unwrap_or_else(|| panic!("{yaml} {name} {second}"));
                let words = format!("`meta.total` is 9, and {n} records have come");
                assert!(doubt.contains(&words), "{yaml} {name} {second}: {doubt}");
            }
            assert_eq!(told(r#"[{"id":21},{"id":22},{"id":23}]"#), None, "{yaml} {name}");
        }
    }
}

#[test]
fn records_that_a_run_passes_over_are_not_missing() {
    let yaml = "{select: items, pagination: {kind: next_url, next: next}}";
    let of =
        |n: u64, start: u64, next: &str| page(n, &format!(r#","next":{next},"from":{start},"total":12"#));
    // The address of the query says where to begin.
    let texts = [of(1, 6, r#""/x?p=2""#), of(2, 9, "null")];
    assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None);
    let single = "{select: items}";
    assert_eq!(ends(single, &[body(&of(1, 10, "null"))]), None);
    // The pages of a run that is resumed know it, too.
    let first = steps(yaml, &[body(&texts[0])]).unwrap();
    let marks: Vec<PageMark> = first.into_iter().map(|step| step.mark).collect();
    let marks: Vec<PageMark> = serde_json::from_str(&serde_json::to_string(&marks).unwrap()).unwrap();
    let position = Position::Url("/x?p=2".into());
    let resumed = query(yaml).starting_at(position.clone(), 1).after(marks);
    let last = steps_from(&resumed, position, &[body(&texts[1])]).unwrap();
    assert_eq!(last[0].doubt, None);
    // What is beyond the total is no place among the records.
    let late = [
        page(1, r#","next":"/x?p=2","start":1700000000,"total":9"#),
        page(2, r#","next":null,"start":1700003600,"total":9"#),
    ];
    let doubt = ends(yaml, &late.each_ref().map(|text| body(text))).unwrap_or_default();
    assert!(doubt.contains("`total` is 9, and 6 records have come"), "{doubt}");
}

/// CKAN writes the address of a next page on every page.
#[test]
fn an_address_leads_nowhere_behind_a_total_that_has_come() {
    let link = |n: u64| format!(r#","total":6,"_links":{{"start":"/x","next":"/x?o={}"}}"#, n * 3);
    let behind = |more: &str| format!(r#"{{"items":[]{more}}}"#);
    let linked = "{select: items, pagination: {kind: next_url, next: _links.next}}";
    let named = linked.replace("_links.next}", "_links.next, total: total}");
    let untold = OFFSET.replace(", total: total", "");
    for yaml in [OFFSET, &untold, linked, &named] {
        let walk = |more: &str| {
            let texts = [page(1, &link(1)), page(2, &link(2)), behind(more), behind(&link(4))];
            steps(yaml, &texts.each_ref().map(|text| body(text)))
        };
        let walked = walk(&link(3)).unwrap();
        assert_eq!(walked.last().map(|step| step.next.clone()), Some(Next::End), "{yaml}");
        assert_eq!(walked.len(), 3, "{yaml}: one page more than those with records");
        // It counts something else, or says more than an address does.
        for other in [r#","total":7"#, r#","total":6,"has_more":true"#] {
            let more = format!(r#"{other},"_links":{{"next":"/x?o=9"}}"#);
            let is_end = walk(&more).is_ok_and(|walked| walked.len() == 3 && walked[2].next == Next::End);
            assert!(!is_end, "{yaml} {other}");
        }
    }
    // Pages that count their own records may be empty in the middle.
    let own = |n: u64, items: &str, count: u64| {
        format!(r#"{{"items":[{items}],"total":{count},"_links":{{"next":"/x?o={n}"}}}}"#)
    };
    let texts = [own(1, r#"{"id":1}"#, 1), own(2, "", 0), own(3, r#"{"id":2}"#, 1)];
    for yaml in [linked, &named] {
        let walked = steps(yaml, &texts.each_ref().map(|text| body(text))).unwrap();
        assert_eq!(walked.iter().filter(|step| step.is_page).count(), 3, "{yaml}");
    }
}

/// What is said of pages of a total that falls: after the number of records that are there, the totals of the pages.
fn told(yaml: &str, pages: &[Sent<'_>]) -> Vec<String> {
    let steps = steps(yaml, pages).unwrap_or_else(|error| panic!("{yaml}: {error}"));
    assert_eq!(steps.last().map(|step| &step.next), Some(&Next::End), "{yaml}");
    steps.into_iter().filter_map(|step| step.doubt.map(|doubt| doubt.problem)).collect()
}

#[test]
fn a_total_that_falls_is_told_once() {
    let named = |n: u64, total: u64| page(n, &format!(r#","total":{total}"#));
    let says = |yaml: &str, texts: &[String], expected: Option<&str>| {
        let pages: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
        let told = told(yaml, &pages);
        assert_eq!(told.len(), usize::from(expected.is_some()), "{yaml} {told:?}");
        assert!(told.iter().zip(expected).all(|(told, expected)| told.contains(expected)), "{told:?}");
    };
    const NEXT: &str = "{select: items, pagination: {kind: next_url, next: next}}";
    let linked = |n: u64, total: u64| page(n, &format!(r#","total":{total},"next":"/x?offset={}""#, n * 3));
    // Three rows are deleted after the second page: those of the third one stand on it now.
    let end = EMPTY.to_owned();
    let deleted = [named(1, 12), named(2, 12), named(3, 9), end.clone()];
    says(OFFSET, &deleted, Some("the total was 12 and is 9 with page 3"));
    let unnamed = OFFSET.replace(", total: total", "");
    says(&unnamed, &deleted, Some("`total` was 12 and is 9 with page 3"));
    let pages = |n: u64, pages: u64| page(n, &format!(r#","pages":{pages}"#));
    says(NUMBERS, &[pages(1, 4), pages(2, 4), pages(3, 3), end.clone()], Some("was 4 and is 3 with page 3"));
    says(NEXT, &[linked(1, 12), linked(2, 11), named(3, 9)], Some("`total` was 12 and is 11 with page 2"));
    // At once after the first page, which may be what is left: the page behind tells.
    let after = [named(1, 8), named(2, 5), r#"{"items":[],"total":5}"#.to_owned()];
    check(OFFSET, &after.each_ref().map(|text| body(text)), &["an earlier page counts 8 records"]);
    // Workday counts on its first page only.
    let workday = [named(1, 9), named(2, 0), named(3, 0), end.clone()];
    says(OFFSET, &workday, None);
    says(&unnamed, &workday, None);
    let short = [named(1, 9), named(2, 0), r#"{"items":[],"total":0}"#.to_owned()];
    check(&unnamed, &short.each_ref().map(|text| body(text)), &["an earlier page counts 9 records"]);
    // What is left, what the page has, a page that says nothing, more rows, and a token that counts nothing.
    says(OFFSET, &[named(1, 9), named(2, 6), named(3, 3), end.clone()], None);
    says(&unnamed, &[named(1, 3), named(2, 3), named(3, 2).replace(",{\"id\":9}", ""), end.clone()], None);
    says(OFFSET, &[named(1, 6), named(2, 7), named(3, 9), end], None);
    let tokens = |n: u64, total: u64| page(n, &format!(r#","total":{total},"next":"/x?cursor=a{n}""#));
    says(NEXT, &[tokens(1, 12), tokens(2, 9), page(3, "")], None);
}

//! Where one page ends and the next one begins.

use super::{
    promises::{EMPTY, check, ends, page},
    *,
};

const OFFSET: &str =
    "{select: items, pagination: {kind: offset, param: start, size: 3, size_param: limit, total: total}}";

/// A page of these ids that says where it begins, how long it may be, and with `next` where the next one begins.
fn window(start: u64, ids: &[u64], next: Option<u64>) -> String {
    let items: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    let next = next.map(|next| format!(r#""next":"/c?limit=3&start={next}""#)).unwrap_or_default();
    format!(
        r#"{{"items":[{}],"start":{start},"limit":3,"size":{},"total":9,"_links":{{{next}}}}}"#,
        items.join(","),
        ids.len()
    )
}

/// What is said of records that came twice.
fn warnings(yaml: &str, pages: &[Sent<'_>]) -> Vec<String> {
    let steps = steps(yaml, pages).unwrap_or_else(|error| panic!("{yaml}: {error}"));
    assert_eq!(steps.last().map(|step| &step.next), Some(&Next::End), "{yaml}");
    steps.iter().filter_map(|step| step.mark.warning().map(str::to_owned)).collect()
}

#[test]
fn a_page_with_hidden_records_goes_on_where_it_says_itself() {
    let texts = [window(0, &[1, 2, 3], Some(3)), window(3, &[4, 6], Some(6)), window(6, &[7, 8, 9], None)];
    let walked = steps(OFFSET, &texts.each_ref().map(|text| body(text))).unwrap();
    let next = |n: u64| Next::Page(Position::Offset(n));
    let nexts: Vec<&Next> = walked.iter().map(|step| &step.next).collect();
    assert_eq!(nexts, [&next(3), &next(6), &Next::End]);
    assert!(walked.iter().all(|step| step.doubt.is_none() && step.mark.warning().is_none()));
    // Hidden in the first and in the last one.
    let texts = [window(0, &[1, 3], Some(3)), window(3, &[4, 5, 6], Some(6)), window(6, &[7, 9], None)];
    let walked = steps(OFFSET, &texts.each_ref().map(|text| body(text))).unwrap();
    let nexts: Vec<&Next> = walked.iter().map(|step| &step.next).collect();
    assert_eq!(nexts, [&next(3), &next(6), &Next::End]);
    assert_eq!(
        walked[0].ahead.and_then(|ahead| ahead.after(&Position::Offset(3))),
        Some(Position::Offset(6))
    );
    // As a number, and without a total.
    let numbered = |start: u64, ids: &[u64], next: u64| {
        window(start, ids, None).replace(r#""_links":{}"#, &format!(r#""next_start":{next}"#))
    };
    let untold = OFFSET.replace(", total: total", "").replace("{select", "{ignore_signals: [total], select");
    let texts = [numbered(0, &[1, 3], 3), numbered(3, &[4, 5, 6], 6), numbered(6, &[7, 8, 9], 9)];
    let mut pages: Vec<Sent<'_>> = texts.iter().map(|text| body(text)).collect();
    pages.push(body(EMPTY));
    let walked = steps(&untold, &pages).unwrap();
    assert_eq!(
        walked.iter().map(|step| step.next.clone()).collect::<Vec<_>>(),
        [next(3), next(6), next(9), Next::End]
    );
}

#[test]
fn a_short_page_that_says_nothing_of_itself_is_counted() {
    let next = |text: &str| next_at(OFFSET, &Position::Offset(0), body(text)).unwrap();
    let (two, expected) = (r#""items":[{"id":1},{"id":2}],"total":9"#, Next::Page(Position::Offset(2)));
    for more in [
        "",
        r#","start":0,"limit":3"#,
        r#","start":3,"limit":3,"next":"/c?start=3""#,
        r#","start":0,"next":"/c?start=3""#,
        // A server that gives fewer than it is asked for, and an address that passes over some.
        r#","start":0,"limit":2,"next":"/c?start=3""#,
        r#","start":0,"limit":3,"next":"/c?start=50""#,
        r#","start":0,"limit":3,"next":"/c?page=3""#,
        r#","start":0,"limit":3,"next_page":3"#,
    ] {
        assert_eq!(next(&format!("{{{two}{more}}}")), expected, "{more}");
    }
    // Bitbucket passes over what it hides.
    let bitbucket = format!("{{{two},\"start\":0,\"limit\":3,\"nextPageStart\":7}}");
    assert_eq!(next(&bitbucket), Next::Page(Position::Offset(7)));
}

#[test]
fn where_pages_may_be_equal_a_border_that_comes_twice_is_told_unless_a_key_keeps_it_once() {
    let of = |ids: &[u64], more: &str| {
        let items: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id},"day":{}}}"#, id % 2)).collect();
        format!(r#"{{"items":[{}],"next":{more}}}"#, items.join(","))
    };
    // Zendesk's incremental export: the next page begins with the record that this one ends with.
    let texts = [of(&[1, 2, 3], r#""b""#), of(&[3, 4, 5], r#""c""#), of(&[5, 6, 7], "null")];
    let pages = texts.each_ref().map(|text| body(text));
    let yaml = "{same_page: follow, select: items, pagination: {kind: cursor, next: next, param: c}}";
    let refused = steps(&yaml.replace("same_page: follow, ", ""), &pages).unwrap_err().to_string();
    assert!(
        refused.contains("same_page: follow") && refused.contains("mode: upsert, key: [id]"),
        "{refused}"
    );
    let told = warnings(yaml, &pages);
    assert!(told.len() == 2 && told[0].contains("`id` 3, which came twice"), "{told:?}");
    let keyed = query(yaml).with_key(&["id".to_owned()]);
    let steps = steps_from(&keyed, keyed.first_position(), &pages).unwrap();
    assert!(steps.iter().all(|step| step.mark.warning().is_none()));
    // The same things with the values of another day.
    let day =
        |n: u64, more: &str| format!(r#"{{"items":[{{"id":1,"v":{n}}},{{"id":2,"v":{n}}}],"next":{more}}}"#);
    let texts = [day(1, r#""b""#), day(2, r#""c""#), day(2, "null")];
    assert!(warnings(yaml, &texts.each_ref().map(|text| body(text))).is_empty());
}

#[test]
fn one_record_that_comes_twice_at_a_border_is_told() {
    let of = |ids: &[u64], more: &str| {
        let items: Vec<String> =
            ids.iter().map(|id| format!(r#"{{"id":{id},"at":"x{}"}}"#, ids.len())).collect();
        format!(r#"{{"items":[{}]{more}}}"#, items.join(","))
    };
    let texts = [of(&[1, 2, 3], ""), of(&[3, 4, 5], ""), of(&[6, 7, 8], ""), EMPTY.to_owned()];
    let pages = texts.each_ref().map(|text| body(text));
    for kind in ["offset, param: o", "page_number, param: p"] {
        let told = warnings(&format!("{{select: items, pagination: {{kind: {kind}}}}}"), &pages);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("page 2 begins with the record that page 1 ends with, `id` 3"),
            "{}",
            told[0]
        );
        assert!(told[0].contains("inserted while the run"), "{}", told[0]);
        assert_eq!(told[0].contains("`first: 1`"), kind.starts_with("offset"), "{}", told[0]);
    }
    let texts = [of(&[1, 2, 3], r#","next":"a""#), of(&[3, 4, 5], r#","next":"b""#), of(&[6, 7], "")];
    let cursor = "{select: items, pagination: {kind: cursor, next: next, param: c}}";
    assert_eq!(warnings(cursor, &texts.each_ref().map(|text| body(text))).len(), 1);
    // Records without an id may be equal, and so may the things that they belong to.
    for (one, other) in [
        (r#"[{"s":1},{"s":2}]"#, r#"[{"s":2},{"s":3}]"#),
        (r#"[{"userId":1,"at":1},{"userId":2,"at":2}]"#, r#"[{"userId":2,"at":3},{"userId":3,"at":4}]"#),
    ] {
        let texts = [one, other].map(|items| format!(r#"{{"items":{items}}}"#));
        let pages = [body(&texts[0]), body(&texts[1]), body(EMPTY)];
        assert!(warnings("{select: items, pagination: {kind: page_number, param: p}}", &pages).is_empty());
    }
}

#[test]
fn a_total_is_confirmed_where_a_record_has_come_twice() {
    // SCIM without `first: 1`: 0 is taken for 1.
    let of = |ids: &[u64]| {
        let items: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        format!(r#"{{"items":[{}],"totalResults":9}}"#, items.join(","))
    };
    let yaml = "{select: items, pagination: {kind: offset, param: startIndex, total: totalResults}}";
    let texts = [of(&[1, 2, 3]), of(&[3, 4, 5]), of(&[6, 7, 8]), of(&[9]), of(&[])];
    let pages = texts.each_ref().map(|text| body(text));
    let told = warnings(yaml, &pages);
    assert!(told[0].contains("`id` 3") && told[0].contains("`first: 1`"), "{told:?}");
    assert_eq!(ends(yaml, &pages), None);
    // A row that was inserted meanwhile.
    let of = |ids: &[u64], total: u64| of(ids).replace(":9}", &format!(":{total}}}"));
    let texts = [of(&[1, 2, 3], 6), of(&[3, 4, 5], 7), of(&[6], 7), of(&[], 7)];
    assert_eq!(ends(yaml, &texts.each_ref().map(|text| body(text))), None);
}

#[test]
fn what_is_said_of_a_record_outlives_a_crash() {
    let yaml = "{select: items, pagination: {kind: page_number, param: p}}";
    let texts = [page(1, ""), r#"{"items":[{"id":3},{"id":4}]}"#.to_owned()];
    let marks: Vec<PageMark> = steps(yaml, &texts.each_ref().map(|text| body(text)))
        .unwrap()
        .into_iter()
        .map(|step| step.mark)
        .collect();
    let mut marks: Vec<PageMark> = serde_json::from_str(&serde_json::to_string(&marks).unwrap()).unwrap();
    marks[1].name_query("window 1");
    assert!(marks[1].warning().unwrap().starts_with("window 1: page 2 begins"), "{:?}", marks[1].warning());
    assert_eq!(marks[0].warning(), None);
}

/// A page of the records with these ids.
fn ids(ids: &[u64]) -> String {
    let items: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    format!(r#"{{"items":[{}],"next":"t{ids:?}"}}"#, items.join(","))
}

const KINDS: [&str; 3] = ["offset, param: o", "page_number, param: o", "cursor, next: next, param: o"];

#[test]
fn records_that_two_pages_share_are_told_with_their_number() {
    let untold = "{select: items, pagination: {kind: offset, param: o}}";
    for n in 1..=4 {
        let texts = [
            ids(&(1..=10).collect::<Vec<_>>()),
            ids(&(11 - n..=20 - n).collect::<Vec<_>>()),
            EMPTY.to_owned(),
        ];
        let told = warnings(untold, &texts.each_ref().map(|text| body(text)));
        let words = match n {
            1 => "page 2 begins with the record that page 1 ends with, `id` 10, which came twice".to_owned(),
            n => format!(
                "page 2 begins with {n} records that page 1 ends with, the first of them `id` {}, which came twice",
                11 - n
            ),
        };
        assert!(told.len() == 1 && told[0].contains(&words), "{told:?}");
    }
    // Records that have moved.
    let texts = [ids(&[1, 2, 3, 4, 5, 6]), ids(&[7, 2, 8, 5, 9, 10]), EMPTY.to_owned()];
    let told = warnings(untold, &texts.each_ref().map(|text| body(text)));
    assert!(told.len() == 1 && told[0].contains("page 2 has 2 records that page 1 has too"), "{told:?}");
    // A last page that is short.
    let texts = [ids(&[1, 2, 3, 4, 5, 6]), ids(&[5, 6]), EMPTY.to_owned()];
    let told = warnings(untold, &texts.each_ref().map(|text| body(text)));
    assert!(told.len() == 1 && told[0].contains("begins with 2 records"), "{told:?}");
    // The products of one shop and of another, and records without an id.
    let shop = |n: u64, ids: &[u64]| {
        let items: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id},"shop":{n}}}"#)).collect();
        format!(r#"{{"items":[{}]}}"#, items.join(","))
    };
    let texts = [shop(1, &[1, 2, 3, 4]), shop(2, &[2, 1, 4, 5]), EMPTY.to_owned()];
    assert_eq!(warnings(untold, &texts.each_ref().map(|text| body(text))), Vec::<String>::new());
    let plain = [
        r#"{"items":[{"n":1},{"n":2},{"n":3},{"n":4}]}"#,
        r#"{"items":[{"n":4},{"n":5},{"n":6},{"n":7}]}"#,
        EMPTY,
    ];
    assert_eq!(warnings(untold, &plain.map(body)), Vec::<String>::new());
}

#[test]
fn pages_that_bring_the_same_records_in_another_order_are_an_error() {
    for kind in KINDS {
        let yaml = format!("{{select: items, pagination: {{kind: {kind}}}}}");
        let follows = yaml.replace("{select", "{same_page: follow, select");
        // Shuffled; a window that drifts by one; half of it.
        for (second, words) in [
            (vec![4, 2, 6, 1, 3, 5], "page 2 has the same records, in another order, as page 1"),
            (vec![9, 1, 2, 3, 4, 5], "page 2 has 5 of its records in common with page 1"),
            (vec![9, 8, 7, 3, 1, 2], "page 2 has 3 of its records in common with page 1"),
        ] {
            let texts = [ids(&[1, 2, 3, 4, 5, 6]), ids(&second)];
            let pages = texts.each_ref().map(|text| body(text));
            check(&yaml, &pages, &[words, "`o`", "same_page: follow"]);
            assert!(steps(&follows, &pages).is_ok(), "{follows}");
        }
    }
    // What is requested beyond a total may be anything that came.
    let total = "{select: items, pagination: {kind: offset, param: o, total: total}}";
    let of = |list: &[u64]| format!(r#"{},"total":4}}"#, ids(list).split(r#","next""#).next().unwrap());
    let texts = [of(&[1, 2, 3, 4]), of(&[3, 1, 2, 4])];
    assert_eq!(ends(total, &texts.each_ref().map(|text| body(text))), None);
}

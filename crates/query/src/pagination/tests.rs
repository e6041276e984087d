//! Every kind against bodies such as servers send them.

use pipeline_config::{Environment, Reader, Style};

use super::*;
use crate::{QUERY_FIELDS, Query, Values};

fn query(yaml: &str) -> Query {
    let reader = Reader::new(Environment::empty());
    let node = reader.parse("query.yaml", yaml).unwrap();
    let query =
        Query::read(&Section::read(&reader, &node, QUERY_FIELDS), &Values::new([("param", "p", "a b/c")]));
    reader.finish(query, Style::Plain).unwrap_or_else(|invalid| panic!("{}", invalid.rendered))
}

fn refused(yaml: &str) -> String {
    let reader = Reader::new(Environment::empty());
    let node = reader.parse("query.yaml", yaml).unwrap();
    let query = Query::read(&Section::read(&reader, &node, QUERY_FIELDS), &Values::default());
    reader.finish(query, Style::Plain).unwrap_err().rendered
}

/// Where each body leads, from the first position on.
fn walk(yaml: &str, pages: &[&str]) -> Vec<Position> {
    let query = query(yaml);
    let mut positions = vec![query.first_position()];
    for (index, body) in pages.iter().enumerate() {
        let answer = Answer { body: body.as_bytes(), links: &[] };
        match query.next(positions.last().unwrap(), &answer).unwrap().next {
            Next::Page(position) => positions.push(position),
            Next::End => assert_eq!(index, pages.len() - 1, "ended early"),
        }
    }
    assert!(positions.len() <= pages.len(), "did not end");
    positions
}

#[test]
fn offset_counts_what_came() {
    let yaml =
        "{pagination: {kind: offset, param: startAt, size: 100, size_param: maxResults, total: total}}";
    let offsets = walk(
        yaml,
        &[
            r#"{"total":5,"issues":[{},{}],"warningMessages":["x"]}"#,
            r#"{"total":5,"issues":[{},{}]}"#,
            r#"{"total":5,"issues":[{}]}"#,
        ],
    );
    assert_eq!(offsets, [Position::Offset(0), Position::Offset(2), Position::Offset(4)]);
    let shrunk = walk(yaml, &[r#"{"total":5,"issues":[{},{}]}"#, r#"{"total":5,"issues":[]}"#]);
    assert_eq!(shrunk.len(), 2);
    let untold = "{select: data.rows, pagination: {kind: offset, param: skip}}";
    assert_eq!(walk(untold, &[r#"{"data":{"rows":[1,2,3]}}"#, r#"{"data":{}}"#])[1], Position::Offset(3));
    assert_eq!(walk("{pagination: {kind: offset, param: skip}}", &["[{}]", "[]"])[1], Position::Offset(1));
}

#[test]
fn page_number_goes_to_the_last_or_an_empty_page() {
    let yaml = "{pagination: {kind: page_number, param: page, size: 2, size_param: per_page}}";
    assert_eq!(
        walk(yaml, &["[{},{}]", "[{}]", "[]"]),
        [Position::Page(1), Position::Page(2), Position::Page(3)]
    );
    let told = "{pagination: {kind: page_number, param: page, first: 0, total_pages: meta.pages}}";
    assert_eq!(walk(told, &[r#"{"meta":{"pages":2}}"#, r#"{"meta":{"pages":2}}"#])[1], Position::Page(1));
}

#[test]
fn cursor_follows_the_token_and_nothing_else() {
    let yaml = "{pagination: {kind: cursor, next: nextPageToken, param: nextPageToken, is_last: isLast}}";
    let cursors = walk(
        yaml,
        &[
            r#"{"issues":[{}],"nextPageToken":"a"}"#,
            r#"{"issues":[],"nextPageToken":"b","isLast":false}"#,
            r#"{"issues":[{}]}"#,
        ],
    );
    assert_eq!(cursors, [Position::First, Position::Cursor("a".into()), Position::Cursor("b".into())]);
    assert_eq!(walk(yaml, &[r#"{"nextPageToken":"a","isLast":true}"#]).len(), 1);
    assert_eq!(walk(yaml, &[r#"{"nextPageToken":null}"#]).len(), 1);
    assert_eq!(walk(yaml, &[r#"{"nextPageToken":""}"#]).len(), 1);
    assert_eq!(walk(yaml, &[r#"{"nextPageToken":7}"#, "{}"])[1], Position::Cursor("7".into()));
    let answer = Answer { body: br#"{"nextPageToken":{}}"#, links: &[] };
    let error = query(yaml).next(&Position::First, &answer).unwrap_err();
    assert_eq!(error.to_string(), "`nextPageToken` is an object, where a token was expected");
}

#[test]
fn links_are_followed() {
    let yaml = "{pagination: {kind: next_url, next: '@odata.nextLink'}}";
    let url = "https://x.test/?$skiptoken=1";
    assert_eq!(
        walk(yaml, &[&format!(r#"{{"@odata.nextLink":"{url}"}}"#), "{}"])[1],
        Position::Url(url.into())
    );
    let check = |header: &str, expected: Option<&str>| {
        assert_eq!(link::link(header, "next").as_deref(), expected, "{header}");
    };
    check(r#"<https://x/?page=2>; rel="next""#, Some("https://x/?page=2"));
    check(r#"<https://x/?page=1>; rel="prev", <https://x/?page=3>; rel="next""#, Some("https://x/?page=3"));
    check(r#"<https://x/?a=1,2;3>; title="a, b; c"; rel="last next""#, Some("https://x/?a=1,2;3"));
    check("</p?page=2>; REL=Next", Some("/p?page=2"));
    check(r#"<https://x/?page=9>; rel="last""#, None);
    check("<broken", None);
}

#[test]
fn asks_are_filled_and_encoded() {
    let values = Values::new([("param", "p", "a b/c")]);
    let query = query(
        "{path: '/x/${param.p}', method: POST, params: {q: 'p = ${param.p}', maxResults: 7}, headers: {X: '${param.p}'}, \
         body: {filter: {name: '${param.p}', n: 3}}, pagination: {kind: cursor, next: n, param: page.start, in: body}}",
    );
    let ask = query.ask(&Position::Cursor("t".into()), &values);
    assert_eq!((ask.method.as_str(), ask.path.as_str()), ("POST", "/x/a%20b%2Fc"));
    assert_eq!(ask.params, [("q".into(), "p = a b/c".into()), ("maxResults".into(), "7".into())]);
    let body = serde_json::json!({"filter": {"name": "a b/c", "n": 3}, "page": {"start": "t"}});
    assert_eq!(ask.body, Some(crate::AskBody::Json(body)));
}

#[test]
fn the_users_own_size_goes_before() {
    let yaml = "{params: {maxResults: 7}, pagination: {kind: offset, param: startAt, size: 100, size_param: maxResults}}";
    let query = query(yaml);
    let ask = query.ask(&query.first_position(), &Values::default());
    assert_eq!(ask.params, [("maxResults".into(), "7".into()), ("startAt".into(), "0".into())]);
}

#[test]
fn wrong_queries_are_refused_with_a_place() {
    let check = |yaml: &str, code: &str| {
        let text = refused(yaml);
        assert!(text.contains(code) && text.contains("query.yaml:1:"), "{text}");
    };
    check("{params: {jql: '${param.projct}'}}", "Q001");
    check("{body: {a: '${param.x}'}, method: POST}", "Q001");
    check("{body: {a: 1}}", "Q002");
    check("{select: '/a~2'}", "Q003");
    check("{pagination: {kind: offset, param: a, size: 1}}", "Q004");
    check("{pagination: {kind: cursr}}", "C007");
}

#[test]
fn several_arrays_ask_for_select() {
    let query = query("{pagination: {kind: offset, param: startAt}}");
    let answer = Answer { body: br#"{"issues":[{}],"users":[{}]}"#, links: &[] };
    let error = query.next(&Position::Offset(0), &answer).unwrap_err().to_string();
    assert!(error.contains("`issues` and `users` may be records") && error.contains("`select`"), "{error}");
}

proptest::proptest! {
    #[test]
    fn link_headers_never_panic(value in "[<>;,\"= a-z:/?é]{0,40}") {
        link::link(&value, "next");
    }
}

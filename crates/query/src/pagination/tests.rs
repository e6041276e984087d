//! Every kind against bodies such as servers send them.

use pipeline_config::{Environment, Reader, Section, Style};

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
        let answer = Answer { body: body.as_bytes(), headers: &[] };
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
    let shrunk = walk(yaml, &[r#"{"total":5,"issues":[{},{}]}"#, r#"{"total":2,"issues":[]}"#]);
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
    let answer = Answer { body: br#"{"nextPageToken":{}}"#, headers: &[] };
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
    check("{pagination: {kind: cursor, param: p}}", "Q005");
    check("{pagination: {kind: cursor, param: p, next: a, next_header: b}}", "Q005");
    check("{pagination: {kind: offset, param: p, total: a, total_header: b}}", "Q005");
    check("{for_each: {table: a, column: b, as: 'x y'}}", "Q006");
    check("{path: '/${each.key}'}", "Q001");
    check("{split: {from: 1, to: 2}}", "Q007");
    check("{split: {from: '${split.to}', every: 1}}", "Q001");
    check("{split: {from: 9, to: 1, every: 1}}", "Q008");
}

#[test]
fn several_arrays_ask_for_select() {
    let query = query("{pagination: {kind: offset, param: startAt}}");
    let answer = Answer { body: br#"{"issues":[{}],"users":[{}]}"#, headers: &[] };
    let error = query.next(&Position::Offset(0), &answer).unwrap_err().to_string();
    assert!(error.contains("`issues` and `users` may be records") && error.contains("`select`"), "{error}");
}

#[test]
fn cursors_of_other_apis() {
    let cursor = |text: &str| Position::Cursor(text.into());
    let stripe = "{pagination: {kind: cursor, next: data.-1.id, param: starting_after, has_more: has_more}}";
    let pages = [
        r#"{"object":"list","data":[{"id":"ch_1"},{"id":"ch_2"}],"has_more":true}"#,
        r#"{"object":"list","data":[{"id":"ch_3"}],"has_more":false}"#,
    ];
    assert_eq!(walk(stripe, &pages), [Position::First, cursor("ch_2")]);
    assert_eq!(walk(stripe, &[r#"{"data":[],"has_more":false}"#]).len(), 1);
    let slack = "{pagination: {kind: cursor, next: response_metadata.next_cursor, param: cursor}}";
    let pages = [
        r#"{"ok":true,"members":[{}],"response_metadata":{"next_cursor":"dXNlcg=="}}"#,
        r#"{"ok":true,"members":[{}],"response_metadata":{"next_cursor":""}}"#,
    ];
    assert_eq!(walk(slack, &pages), [Position::First, cursor("dXNlcg==")]);
    let header = query("{pagination: {kind: cursor, next_header: X-Next, param: after, in: header}}");
    let answer = Answer { body: b"[]", headers: &[("x-next", "t")] };
    assert_eq!(header.next(&Position::First, &answer).unwrap().next, Next::Page(cursor("t")));
    assert_eq!(header.ask(&cursor("t"), &Values::default()).headers, [("after".into(), "t".into())]);
    let answer = Answer { body: b"[]", headers: &[] };
    assert_eq!(header.next(&Position::First, &answer).unwrap().next, Next::End);
}

#[test]
fn links_end_where_the_server_says_so() {
    let zendesk = "{pagination: {kind: next_url, next: links.next, has_more: meta.has_more, total: count}}";
    let body = |more: bool| format!(r#"{{"links":{{"next":"/p2"}},"meta":{{"has_more":{more}}},"count":3}}"#);
    let step = |body: &str| {
        query(zendesk).next(&Position::First, &Answer { body: body.as_bytes(), headers: &[] }).unwrap()
    };
    assert_eq!(step(&body(true)).next, Next::Page(Position::Url("/p2".into())));
    assert_eq!((step(&body(false)).next, step(&body(false)).total), (Next::End, Some(3)));
}

#[test]
fn totals_in_headers_end_and_look_ahead() {
    let gitlab = "{pagination: {kind: page_number, param: page, total_pages_header: X-Total-Pages}}";
    let step = |page: u64, headers: &[(&str, &str)]| {
        query(gitlab).next(&Position::Page(page), &Answer { body: b"[{}]", headers }).unwrap()
    };
    let first = step(1, &[("X-Total-Pages", "3")]);
    assert_eq!(first.next, Next::Page(Position::Page(2)));
    let ahead = first.ahead.unwrap();
    assert_eq!(ahead.after(&Position::Page(2)), Some(Position::Page(3)));
    assert_eq!(ahead.after(&Position::Page(3)), None);
    assert_eq!(step(3, &[("x-total-pages", "3")]).next, Next::End);
    // Without the header an empty page ends.
    assert_eq!(step(3, &[]).next, Next::Page(Position::Page(4)));
    assert_eq!(step(3, &[]).ahead, None);
    let offset = query("{pagination: {kind: offset, param: skip, total: total}}");
    let answer = Answer { body: br#"{"total":250,"rows":[{},{}]}"#, headers: &[] };
    let ahead = offset.next(&Position::Offset(0), &answer).unwrap().ahead.unwrap();
    assert_eq!(ahead.after(&Position::Offset(246)), Some(Position::Offset(248)));
    assert_eq!(ahead.after(&Position::Offset(248)), None);
}

#[test]
fn an_empty_page_means_what_the_user_says() {
    let next = |yaml: &str, position: &Position, body: &str| {
        query(yaml).next(position, &Answer { body: body.as_bytes(), headers: &[] }).map(|step| step.next)
    };
    let empty = r#"{"total":5,"rows":[],"next":"t"}"#;
    let cursor = |policy: &str| {
        let yaml = format!("{{{policy} pagination: {{kind: cursor, next: next, param: p}}}}");
        next(&yaml, &Position::First, empty).map_err(|error| error.to_string())
    };
    assert_eq!(cursor(""), Ok(Next::Page(Position::Cursor("t".into()))));
    assert_eq!(cursor("empty_page: end,"), Ok(Next::End));
    assert!(cursor("empty_page: error,").unwrap_err().contains("no records"));
    let offset = |policy: &str| {
        let yaml = format!(
            "{{{policy} pagination: {{kind: offset, param: p, size: 2, size_param: n, total: total}}}}"
        );
        next(&yaml, &Position::Offset(2), empty).map_err(|error| error.to_string())
    };
    // The server has promised five.
    assert!(offset("").unwrap_err().contains("counts 5 and 2 have come"));
    assert_eq!(offset("empty_page: end,"), Ok(Next::End));
    assert_eq!(offset("empty_page: follow,"), Ok(Next::Page(Position::Offset(4))));
    let page = |policy: &str| {
        let yaml = format!("{{{policy} pagination: {{kind: page_number, param: p}}}}");
        next(&yaml, &Position::Page(2), "[]").map_err(|error| error.to_string())
    };
    assert_eq!(page(""), Ok(Next::End));
    assert_eq!(page("empty_page: follow,"), Ok(Next::Page(Position::Page(3))));
    let link = "{empty_page: end, pagination: {kind: link_header}}";
    let answer = Answer { body: b"[]", headers: &[("link", r#"<https://x/?page=2>; rel="next""#)] };
    assert_eq!(query(link).next(&Position::First, &answer).unwrap().next, Next::End);
}

#[test]
fn an_error_in_a_good_body_is_an_error() {
    let check = |body: &str, is_error: bool| {
        let slack = query("{error: error, pagination: {kind: none}}");
        let result = slack.next(&Position::First, &Answer { body: body.as_bytes(), headers: &[] });
        assert_eq!(result.is_err(), is_error, "{body}");
    };
    check(r#"{"ok":false,"error":"invalid_auth"}"#, true);
    check(r#"{"ok":true}"#, false);
    check(r#"{"error":null}"#, false);
    check(r#"{"error":[]}"#, false);
    check(r#"{"error":[{"message":"no such field"}]}"#, true);
}

#[test]
fn parameters_may_repeat_or_be_left_out() {
    let query = query("{params: {expand: [a, b], since: '${param.p}', q: 'a${param.p}'}}");
    let params = |p: &str| query.ask(&Position::First, &Values::new([("param", "p", p)])).params;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let twice = [pair("expand", "a"), pair("expand", "b")];
    assert_eq!(params(""), [&twice[..], &[pair("q", "a")]].concat());
    assert_eq!(params("x"), [&twice[..], &[pair("since", "x"), pair("q", "ax")]].concat());
}

#[test]
fn numbers_stay_numbers_in_a_body() {
    let mut values = Values::new([("param", "p", "7")]);
    let query = query(
        "{method: POST, body: {n: '${param.p}', text: 'n=${param.p}'},          pagination: {kind: offset, param: page.start, in: body, size: 5, size_param: page.size}}",
    );
    let body = |values: &Values| query.ask(&Position::Offset(10), values).body;
    let expected =
        |n: serde_json::Value| serde_json::json!({"n": n, "text": "n=7", "page": {"start": 10, "size": 5}});
    assert_eq!(body(&values), Some(crate::AskBody::Json(expected("7".into()))));
    values.set_bare("param", "p");
    assert_eq!(body(&values), Some(crate::AskBody::Json(expected(7.into()))));
}

#[test]
fn variables_are_replaced_in_a_body() {
    let reader = Reader::new(Environment::empty().with([("TEAM".into(), "blue".into())]));
    let node =
        reader.parse("query.yaml", "{method: POST, body: {team: '${TEAM}', list: ['${TEAM}!']}}").unwrap();
    let read = Query::read(&Section::read(&reader, &node, QUERY_FIELDS), &Values::default());
    let query = reader.finish(read, Style::Plain).unwrap();
    let body = serde_json::json!({"team": "blue", "list": ["blue!"]});
    assert_eq!(query.ask(&Position::First, &Values::default()).body, Some(crate::AskBody::Json(body)));
}

#[test]
fn a_query_brings_names_of_its_own() {
    let yaml = "{path: '/issue/${each.key}/worklog', params: {from: '${split.from}', to: '${split.last}'},                 for_each: {table: issues, column: Issue Key}, split: {from: 1, to: 9, every: 4}}";
    let query = query(yaml);
    assert_eq!(
        query.for_each().map(|each| (each.table.value.as_str(), each.name.as_str())),
        Some(("issues", "key"))
    );
    let windows = query.windows(&Values::default()).unwrap().unwrap();
    let values = windows[1].values(&Values::default().with("each", "key", "ABC-1"));
    let ask = query.ask(&Position::First, &values);
    assert_eq!(ask.path, "/issue/ABC-1/worklog");
    assert_eq!(ask.params, [("from".into(), "5".into()), ("to".into(), "8".into())]);
}

proptest::proptest! {
    #[test]
    fn link_headers_never_panic(value in "[<>;,\"= a-z:/?é]{0,40}") {
        link::link(&value, "next");
    }
}

//! Every kind against bodies such as servers send them.

mod borders;
mod empties;
mod ends;
mod failures;
mod honest;
mod instead;
mod links;
mod promises;
mod sameness;
mod signals;
mod told;
mod totals;

use pipeline_config::{Environment, Reader, Section, Style};

use super::*;
use crate::{AskBody, QUERY_FIELDS, Query, Values};

/// 1 where `PIPELINE_TESTS` is `all`, as CI has it, else `step`: of what takes long and says little more than a part of it.
pub(super) fn every(step: usize) -> usize {
    if std::env::var("PIPELINE_TESTS").is_ok_and(|which| which == "all") { 1 } else { step }
}

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

/// A page as a server sends it.
#[derive(Clone, Copy)]
struct Sent<'s> {
    body: Option<&'s str>,
    headers: &'s [(&'s str, &'s str)],
    is_refused: bool,
}

/// What a server sends that refuses a page.
const REFUSED: Sent<'static> = Sent { body: None, headers: &[], is_refused: true };

fn sent<'s>(body: Option<&'s str>, headers: &'s [(&'s str, &'s str)]) -> Sent<'s> {
    Sent { body, headers, is_refused: false }
}

fn body(text: &str) -> Sent<'_> {
    sent(Some(text), &[])
}

/// The steps after each page, from `position` on, up to the first error or the end.
fn steps_from(query: &Query, position: Position, pages: &[Sent<'_>]) -> Result<Vec<Step>, PaginationError> {
    let mut sequence = query.sequence();
    let (mut position, mut steps) = (position, Vec::new());
    for page in pages {
        let bytes = page.body.map(str::as_bytes);
        let report = query.report(&position, &Answer { body: bytes, headers: page.headers })?;
        let report = if page.is_refused { report.refused() } else { report };
        let step = sequence.step((&position, None), &report)?;
        let next = step.next.clone();
        steps.push(step);
        match next {
            Next::Page(next) => position = next,
            Next::End => break,
        }
    }
    Ok(steps)
}

fn steps(yaml: &str, pages: &[Sent<'_>]) -> Result<Vec<Step>, PaginationError> {
    let query = query(yaml);
    let first = query.first_position();
    steps_from(&query, first, pages)
}

/// What follows one page at `position`.
fn next_at(yaml: &str, position: &Position, page: Sent<'_>) -> Result<Next, String> {
    let steps = steps_from(&query(yaml), position.clone(), &[page]).map_err(|error| error.to_string())?;
    Ok(steps[0].next.clone())
}

/// What follows the first page.
fn next_of(yaml: &str, page: Sent<'_>) -> Next {
    steps(yaml, &[page]).unwrap().remove(0).next
}

/// Where each body leads, from the first position on.
fn walk(yaml: &str, pages: &[&str]) -> Vec<Position> {
    let sent: Vec<Sent<'_>> = pages.iter().map(|text| body(text)).collect();
    let steps = steps(yaml, &sent).unwrap();
    let mut positions = vec![query(yaml).first_position()];
    positions.extend(steps.iter().filter_map(|step| match &step.next {
        Next::Page(position) => Some(position.clone()),
        Next::End => None,
    }));
    assert_eq!(steps.len(), pages.len(), "ended early");
    assert_eq!(positions.len(), pages.len(), "did not end");
    positions
}

/// The error that the pages end in.
fn wrong(yaml: &str, pages: &[&str]) -> String {
    let sent: Vec<Sent<'_>> = pages.iter().map(|text| body(text)).collect();
    match steps(yaml, &sent) {
        Ok(steps) => panic!("{yaml}: {steps:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn offset_counts_what_came() {
    let yaml =
        "{pagination: {kind: offset, param: startAt, size: 100, size_param: maxResults, total: total}}";
    let offsets = walk(
        yaml,
        &[
            r#"{"total":5,"issues":[{"id":1},{"id":2}],"warningMessages":["x"]}"#,
            r#"{"total":5,"issues":[{"id":3},{"id":4}]}"#,
            r#"{"total":5,"issues":[{"id":5}]}"#,
        ],
    );
    assert_eq!(offsets, [Position::Offset(0), Position::Offset(2), Position::Offset(4)]);
    let shrunk = walk(yaml, &[r#"{"total":5,"issues":[{},{}]}"#, r#"{"total":2,"issues":[]}"#]);
    assert_eq!(shrunk.len(), 2);
    let untold = "{select: data.rows, pagination: {kind: offset, param: skip}}";
    assert_eq!(walk(untold, &[r#"{"data":{"rows":[1,2,3]}}"#, r#"{"data":{}}"#])[1], Position::Offset(3));
    assert_eq!(walk("{pagination: {kind: offset, param: skip}}", &["[{}]", "[]"])[1], Position::Offset(1));
    // The first page is all that the total counts, and full: one more request tells whether it counts everything.
    let yaml = "{pagination: {kind: offset, param: skip, size: 2, size_param: n, total: total}}";
    assert_eq!(walk(yaml, &[r#"{"total":1,"rows":[{}]}"#]).len(), 1);
    assert_eq!(walk(yaml, &[r#"{"total":2,"rows":[{},{}]}"#, r#"{"total":2,"rows":[]}"#]).len(), 2);
}

#[test]
fn page_number_goes_to_the_last_or_an_empty_page() {
    let yaml = "{pagination: {kind: page_number, param: page, size: 2, size_param: per_page}}";
    assert_eq!(
        walk(yaml, &["[{},{}]", "[{}]", "[]"]),
        [Position::Page(1), Position::Page(2), Position::Page(3)]
    );
    let told = "{pagination: {kind: page_number, param: page, first: 0, total_pages: meta.pages}}";
    assert_eq!(
        walk(told, &[r#"{"meta":{"pages":2}}"#, r#"{"meta":{"pages":2,"n":1}}"#])[1],
        Position::Page(1)
    );
}

#[test]
fn cursor_follows_the_token_and_nothing_else() {
    let yaml = "{pagination: {kind: cursor, next: nextPageToken, param: nextPageToken, is_last: isLast}}";
    let cursors = walk(
        yaml,
        &[
            r#"{"issues":[{}],"nextPageToken":"a"}"#,
            r#"{"issues":[],"nextPageToken":"b","isLast":false}"#,
            r#"{"issues":[{"id":1}]}"#,
        ],
    );
    assert_eq!(cursors, [Position::First, Position::Cursor("a".into()), Position::Cursor("b".into())]);
    assert_eq!(walk(yaml, &[r#"{"nextPageToken":"a","isLast":true}"#]).len(), 1);
    assert_eq!(walk(yaml, &[r#"{"nextPageToken":null}"#]).len(), 1);
    assert_eq!(walk(yaml, &[r#"{"nextPageToken":""}"#]).len(), 1);
    assert_eq!(walk(yaml, &[r#"{"nextPageToken":7}"#, "{}"])[1], Position::Cursor("7".into()));
    let error = wrong(yaml, &[r#"{"nextPageToken":{}}"#]);
    assert!(error.starts_with("`nextPageToken` is an object, where a token was expected"), "{error}");
}

#[test]
fn links_are_followed() {
    let yaml = "{pagination: {kind: next_url, next: '@odata.nextLink'}}";
    let url = "https://x.test/?$skiptoken=1";
    assert_eq!(
        walk(yaml, &[&format!(r#"{{"@odata.nextLink":"{url}"}}"#), "{}"])[1],
        Position::Url(url.into())
    );
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
    let error = wrong("{pagination: {kind: offset, param: startAt}}", &[r#"{"issues":[{}],"users":[{}]}"#]);
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
        r#"{"ok":true,"members":[{"id":1}],"response_metadata":{"next_cursor":"dXNlcg=="}}"#,
        r#"{"ok":true,"members":[{"id":2}],"response_metadata":{"next_cursor":""}}"#,
    ];
    assert_eq!(walk(slack, &pages), [Position::First, cursor("dXNlcg==")]);
    let yaml = "{pagination: {kind: cursor, next_header: X-Next, param: after, in: header}}";
    let page = sent(Some("[]"), &[("x-next", "t")]);
    assert_eq!(next_of(yaml, page), Next::Page(cursor("t")));
    assert_eq!(query(yaml).ask(&cursor("t"), &Values::default()).headers, [("after".into(), "t".into())]);
    assert_eq!(next_of(yaml, body("[]")), Next::End);
}

#[test]
fn links_end_where_the_server_says_so() {
    let zendesk = "{pagination: {kind: next_url, next: links.next, has_more: meta.has_more, total: count}}";
    let page = |more: bool| {
        format!(
            r#"{{"links":{{"next":"/p2"}},"meta":{{"has_more":{more}}},"rows":[{{}},{{}},{{}}],"count":3}}"#
        )
    };
    assert_eq!(next_of(zendesk, body(&page(true))), Next::Page(Position::Url("/p2".into())));
    let last = steps(zendesk, &[body(&page(false))]).unwrap().remove(0);
    assert_eq!((last.next, last.total, last.doubt), (Next::End, Some(3), None));
}

#[test]
fn totals_in_headers_end_and_look_ahead() {
    let gitlab = "{pagination: {kind: page_number, param: page, total_pages_header: X-Total-Pages}}";
    let step = |number: u64, headers: &[(&str, &str)]| {
        let page = sent(Some("[{}]"), headers);
        steps_from(&query(gitlab), Position::Page(number), &[page]).unwrap().remove(0)
    };
    let first = step(1, &[("X-Total-Pages", "3")]);
    assert_eq!(first.next, Next::Page(Position::Page(2)));
    let ahead = first.ahead.unwrap();
    assert_eq!(ahead.after(&Position::Page(2)), Some(Position::Page(3)));
    assert_eq!(ahead.after(&Position::Page(3)), None);
    assert_eq!(step(3, &[("x-total-pages", "3"), ("X-Per-Page", "20"), ("x-page", "3")]).next, Next::End);
    // Without the header an empty page ends.
    assert_eq!(step(3, &[]).next, Next::Page(Position::Page(4)));
    assert_eq!(step(3, &[]).ahead, None);
    let offset = "{pagination: {kind: offset, param: skip, total: total}}";
    let ahead = steps(offset, &[body(r#"{"total":250,"rows":[{},{}]}"#)]).unwrap().remove(0).ahead.unwrap();
    assert_eq!(ahead.after(&Position::Offset(246)), Some(Position::Offset(248)));
    assert_eq!(ahead.after(&Position::Offset(248)), None);
}

#[test]
fn an_empty_page_means_what_the_user_says() {
    let next = |yaml: &str, position: &Position, text: &str| next_at(yaml, position, body(text));
    let empty = r#"{"total":5,"rows":[],"next":"t"}"#;
    let cursor = |policy: &str| {
        let yaml = format!("{{{policy} pagination: {{kind: cursor, next: next, param: p}}}}");
        next(&yaml, &Position::First, empty)
    };
    assert_eq!(cursor(""), Ok(Next::Page(Position::Cursor("t".into()))));
    assert_eq!(cursor("empty_page: end,"), Ok(Next::End));
    assert!(cursor("empty_page: error,").unwrap_err().contains("no records"));
    let offset = |policy: &str| {
        let yaml = format!(
            "{{{policy} pagination: {{kind: offset, param: p, size: 2, size_param: n, total: total}}}}"
        );
        next(&yaml, &Position::Offset(2), empty)
    };
    // The server has promised five.
    assert!(offset("").unwrap_err().contains("counts 5 and 2 have come"));
    assert_eq!(offset("empty_page: end,"), Ok(Next::End));
    assert_eq!(offset("empty_page: follow,"), Ok(Next::Page(Position::Offset(4))));
    let page = |policy: &str| {
        let yaml = format!("{{{policy} pagination: {{kind: page_number, param: p}}}}");
        next(&yaml, &Position::Page(2), "[]")
    };
    assert_eq!(page(""), Ok(Next::End));
    assert_eq!(page("empty_page: follow,"), Ok(Next::Page(Position::Page(3))));
    let link = "{empty_page: end, pagination: {kind: link_header}}";
    let page = sent(Some("[]"), &[("link", r#"<https://x/?page=2>; rel="next""#)]);
    assert_eq!(next_of(link, page), Next::End);
}

#[test]
fn an_error_in_a_good_body_is_an_error() {
    let check = |text: &str, is_error: bool| {
        let result = steps("{error: error, pagination: {kind: none}}", &[body(text)]);
        assert_eq!(result.is_err(), is_error, "{text}");
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
fn parameters_may_go_with_the_first_page_only() {
    let yaml = "{path: '/oai?set=a', params: {verb: ListRecords, metadataPrefix: oai_dc},                 pagination: {kind: cursor, next: t, param: resumptionToken, first_only: [metadataPrefix, set]}}";
    let asked = |position: Position| {
        let ask = query(yaml).ask(&position, &Values::default());
        let params: Vec<String> = ask.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (ask.path, params.join("&"))
    };
    assert_eq!(
        asked(Position::First),
        ("/oai?set=a".to_owned(), "verb=ListRecords&metadataPrefix=oai_dc".to_owned())
    );
    for position in [Position::Cursor("7".into()), Position::Value("7".into())] {
        assert_eq!(asked(position), ("/oai".to_owned(), "verb=ListRecords&resumptionToken=7".to_owned()));
    }
    let slip = refused(&yaml.replace("[metadataPrefix, set]", "metadataprefix"));
    assert!(slip.contains("the query has no parameter `metadataprefix`"), "{slip}");
    let token = refused(&yaml.replace("[metadataPrefix, set]", "resumptionToken"));
    assert!(token.contains("takes the token"), "{token}");
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

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

/// A page as a server sends it.
#[derive(Clone, Copy)]
struct Sent<'s> {
    body: Option<&'s str>,
    headers: &'s [(&'s str, &'s str)],
}

fn body(text: &str) -> Sent<'_> {
    Sent { body: Some(text), headers: &[] }
}

/// The steps after each page, from `position` on, up to the first error or the end.
fn steps_from(query: &Query, position: Position, pages: &[Sent<'_>]) -> Result<Vec<Step>, PaginationError> {
    let mut sequence = query.sequence();
    let (mut position, mut before, mut steps) = (position, None, Vec::new());
    for page in pages {
        let bytes = page.body.map(str::as_bytes);
        let report = query.report(&position, &Answer { body: bytes, headers: page.headers })?;
        let this = bytes.unwrap_or_default();
        let step = sequence.step((&position, None), &report, Bodies { this, before })?;
        before = Some(this);
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
    assert_eq!(error, "`nextPageToken` is an object, where a token was expected");
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
        r#"{"ok":true,"members":[{}],"response_metadata":{"next_cursor":"dXNlcg=="}}"#,
        r#"{"ok":true,"members":[{}],"response_metadata":{"next_cursor":""}}"#,
    ];
    assert_eq!(walk(slack, &pages), [Position::First, cursor("dXNlcg==")]);
    let yaml = "{pagination: {kind: cursor, next_header: X-Next, param: after, in: header}}";
    let sent = Sent { body: Some("[]"), headers: &[("x-next", "t")] };
    assert_eq!(next_of(yaml, sent), Next::Page(cursor("t")));
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
    let step = |page: u64, headers: &[(&str, &str)]| {
        let sent = Sent { body: Some("[{}]"), headers };
        steps_from(&query(gitlab), Position::Page(page), &[sent]).unwrap().remove(0)
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
    let sent = Sent { body: Some("[]"), headers: &[("link", r#"<https://x/?page=2>; rel="next""#)] };
    assert_eq!(next_of(link, sent), Next::End);
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
    let (mut sequence, mut position, mut rows, mut before) =
        (query.sequence(), query.first_position(), 0, None);
    for _ in 0..1000 {
        let Position::Offset(offset) = position else { panic!() };
        let here = n.saturating_sub(offset).min(size);
        let records: Vec<String> = (offset..offset + here).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        let text = format!(r#"{{"total":{},"items":[{}]}}"#, total(offset, here), records.join(","));
        let report = query.report(&position, &Answer { body: Some(text.as_bytes()), headers: &[] })?;
        let bodies = Bodies { this: text.as_bytes(), before: before.as_deref() };
        let step = sequence.step((&position, None), &report, bodies)?;
        rows += here;
        before = Some(text.into_bytes());
        match step.next {
            Next::Page(next) => position = next,
            Next::End => return Ok(rows),
        }
    }
    panic!("it does not end");
}

#[test]
fn a_total_is_believed_only_while_it_agrees() {
    for n in 0..75 {
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
    let error = steps(yaml, &[first, Sent { body: None, headers: &[] }]).unwrap_err().to_string();
    assert!(error.contains("counts 3 records, and its pages end after 1"), "{error}");
}

#[test]
fn a_server_that_passes_over_the_token_is_found_out() {
    let yaml = "{pagination: {kind: cursor, next: next, param: c}}";
    let pages: Vec<String> = (0..20).map(|n| format!(r#"{{"rows":[{{"id":1}}],"next":"t{n}"}}"#)).collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    assert!(wrong(yaml, &pages).contains("page after page has the same records"));
    // Some pages may be equal.
    let mut few = pages[..5].to_vec();
    few.push(r#"{"rows":[{"id":1}]}"#);
    assert_eq!(walk(yaml, &few).len(), 6);
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
    let none = Sent { body: None, headers: &[] };
    let offset = "{pagination: {kind: offset, param: o, size: 2, size_param: n, total: total}}";
    let first = body(r#"{"total":5,"rows":[{"id":1},{"id":2}]}"#);
    let error = steps(offset, &[first, none]).unwrap_err().to_string();
    assert!(error.contains("counts 5 and 2 have come"), "{error}");
    // A page without content in the middle of those that were told.
    let told = "{pagination: {kind: page_number, param: p, total_pages_header: X-Total-Pages}}";
    let of = |text| Sent { body: Some(text), headers: &[("X-Total-Pages", "3")] };
    let pages = steps(told, &[of("[{\"id\":1}]"), none, of("[{\"id\":3}]")]).unwrap();
    assert_eq!(pages.iter().map(|step| step.is_page).collect::<Vec<_>>(), [true, false, true]);
    let untold = "{pagination: {kind: offset, param: o, size: 2, size_param: n}}";
    let last = steps(untold, &[body("[{\"id\":1}]"), none]).unwrap().pop().unwrap();
    assert_eq!((last.next, last.is_page), (Next::End, false));
    let link = Sent { body: None, headers: &[("link", "</x?page=2>; rel=next")] };
    let step = steps("{pagination: {kind: link_header}}", &[link]).unwrap().remove(0);
    assert_eq!((step.next, step.is_page), (Next::Page(Position::Url("/x?page=2".into())), false));
    let cursor = "{pagination: {kind: cursor, next: next, param: c}}";
    assert_eq!(steps(cursor, &[body(r#"{"rows":[{}],"next":"a"}"#), none]).unwrap().len(), 2);
    assert_eq!(steps("{}", &[none]).unwrap()[0].doubt, None);
}

#[test]
fn links_that_cannot_be_read_are_errors() {
    let yaml = "{pagination: {kind: link_header}}";
    let next =
        |value: &str| next_at(yaml, &Position::First, Sent { body: Some("[]"), headers: &[("Link", value)] });
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
    let sent = Sent { body: Some("{}"), headers: &[("link", "</x?cursor=abc>; rel=\"next\"")] };
    check("next_header: Link", sent, "abc");
    let yaml = "{pagination: {kind: cursor, next: link, next_param: after, param: p}}";
    assert!(wrong(yaml, &[r#"{"link":"/x?cursor=1"}"#]).contains("has no parameter `after`"));
}

#[test]
fn long_numbers_are_sent_as_they_came() {
    let yaml = "{pagination: {kind: cursor, next: rows.-1.id, param: after}}";
    let next = next_of(yaml, body(r#"{"rows":[{"id":12345678901234567890123}]}"#));
    assert_eq!(next, Next::Page(Position::Cursor("12345678901234567890123".into())));
}

/// What is told of a page without pagination: the problem, and what to write.
fn told(sent: Sent<'_>) -> Option<(String, String)> {
    let step = steps("{}", &[sent]).unwrap().remove(0);
    assert_eq!(step.next, Next::End);
    step.doubt.map(|doubt| {
        assert!(!doubt.is_error);
        (doubt.problem, doubt.help)
    })
}

/// A warning with this pagination as the line to add.
fn line_for(text: &str, line: &str) {
    let (problem, help) = told(body(text)).unwrap_or_else(|| panic!("nothing is told of {text}"));
    let line = format!("add `pagination: {{ {line} }}`");
    assert!(problem.contains("no `pagination`") && help.contains(&line), "{problem}: {help}");
}

#[test]
fn without_pagination_tokens_are_told() {
    line_for(
        r#"{"issues":[{}],"nextPageToken":"a","isLast":false}"#,
        "kind: cursor, next: nextPageToken, param: nextPageToken, is_last: isLast",
    );
    line_for(
        r#"{"issues":[{}],"nextPageToken":"2","isLast":false}"#,
        "kind: cursor, next: nextPageToken, param: nextPageToken, is_last: isLast",
    );
    line_for(r#"{"rows":[{}],"next_page":2}"#, "kind: page_number, param: page");
    line_for(
        r#"{"value":[{}],"@odata.nextLink":"https://x.test/v?$skip=2"}"#,
        r#"kind: next_url, next: "@odata.nextLink""#,
    );
    line_for(
        r#"{"ok":true,"members":[{}],"response_metadata":{"next_cursor":"dXNlcg=="}}"#,
        "kind: cursor, next: response_metadata.next_cursor, param: cursor",
    );
    line_for(
        r#"{"results":[{}],"paging":{"next":{"after":"7a","link":"?after=7a"}}}"#,
        "kind: cursor, next: paging.next.after, param: after",
    );
    line_for(
        r#"{"object":"list","results":[{}],"next_cursor":"x","has_more":true}"#,
        "kind: cursor, next: next_cursor, param: start_cursor, has_more: has_more",
    );
    line_for(
        r#"{"object":"list","data":[{"id":"a"}],"has_more":true}"#,
        "kind: cursor, next: data.-1.id, param: starting_after, has_more: has_more",
    );
}

#[test]
fn without_pagination_addresses_are_told() {
    line_for(
        r#"{"count":9,"next":"https://x.test/?page=2","previous":null,"results":[{}]}"#,
        "kind: next_url, next: next",
    );
    line_for(
        r#"{"results":[{}],"_links":{"next":"/wiki/api/v2/pages?cursor=a"}}"#,
        "kind: next_url, next: _links.next",
    );
    line_for(
        r#"{"data":[{}],"links":{"next":{"href":"/x?page=2"}}}"#,
        "kind: next_url, next: links.next.href",
    );
    line_for(
        r#"{"items":[{}],"links":[{"rel":"self","href":"/x"},{"rel":"next","href":"/x?page=2"}]}"#,
        "kind: next_url, next: links.1.href",
    );
    line_for(
        r#"{"entry":[{}],"link":[{"relation":"next","url":"https://x.test/?page=2"}]}"#,
        "kind: next_url, next: link.0.url",
    );
    line_for(
        r#"{"items":[{}],"metadata":{"continue":"abc"}}"#,
        "kind: cursor, next: metadata.continue, param: continue",
    );
    line_for(
        r#"{"continue":{"cmcontinue":"page|a","continue":"-||"},"query":{"members":[{}]}}"#,
        "kind: cursor, next: continue.cmcontinue, param: cmcontinue",
    );
    line_for(
        r#"{"d":{"results":[{}],"__next":"https://x.test/v?$skip=2"}}"#,
        "kind: next_url, next: d.__next",
    );
    // A cursor beside the records is likely to lead on, unless the page says where the next one would be.
    line_for(r#"{"items":[{}],"cursor":"c"}"#, "kind: cursor, next: cursor, param: cursor");
    line_for(r#"{"records":[{}],"offset":"itr/rec"}"#, "kind: cursor, next: offset, param: offset");
    assert_eq!(told(body(r#"{"items":[{}],"cursor":"this","next_cursor":null}"#)), None);
}

#[test]
fn without_pagination_flags_and_totals_are_told() {
    line_for(r#"{"maxResults":50,"startAt":0,"isLast":false,"values":[{}]}"#, "kind: offset, param: startAt");
    line_for(
        r#"{"startAt":0,"maxResults":1,"total":3,"issues":[{}]}"#,
        "kind: offset, param: startAt, total: total",
    );
    line_for(
        r#"{"items":[{}],"page":1,"total_pages":3}"#,
        "kind: page_number, param: page, total_pages: total_pages",
    );
    line_for(
        r#"{"content":[{}],"totalPages":3,"number":0,"last":false,"totalElements":9}"#,
        "kind: page_number, param: page, first: 0",
    );
    line_for(
        r#"{"data":{"issues":{"nodes":[{}],"pageInfo":{"hasNextPage":true,"endCursor":"c"}}}}"#,
        "kind: cursor, next: data.issues.pageInfo.endCursor, param: variables.after, in: body, has_more: data.issues.pageInfo.hasNextPage",
    );
    line_for(
        r#"{"hits":{"total":{"value":50,"relation":"eq"},"hits":[{}]}}"#,
        "kind: offset, param: offset, total: hits.total.value",
    );
    line_for(r#"{"items":[{}],"pagination":{"has_next":true,"page":1}}"#, "kind: page_number, param: page");
    let header = |name: &str, value: &str| told(Sent { body: Some("[{}]"), headers: &[(name, value)] });
    assert!(header("Link", "</x?page=2>; rel=\"next\"").unwrap().1.contains("kind: link_header"));
    assert!(header("X-Total-Count", "3").unwrap().1.contains("total_header: X-Total-Count"));
    assert!(header("X-Total-Pages", "3").unwrap().1.contains("total_pages_header: X-Total-Pages"));
    assert_eq!(header("X-Total-Count", "1"), None);
}

#[test]
fn pages_that_are_whole_are_not_told() {
    // Pages that are whole, and records that sound like pages.
    for whole in [
        r#"{"issues":[{}],"isLast":true,"nextPageToken":"a"}"#,
        r#"{"issues":[{}],"total":1}"#,
        "[{},{}]",
        "no JSON",
        r#"{"data":[{}],"has_more":false,"next_cursor":null}"#,
        r#"{"results":[{}],"next":null,"previous":"/x"}"#,
        r#"{"rows":[{"next":"x","has_more":true,"total":99}]}"#,
        r#"{"id":1,"next":"step two","total":12}"#,
        r#"{"members":[{}],"response_metadata":{"next_cursor":""}}"#,
        r#"{"startAt":2,"total":3,"issues":[{}]}"#,
        r#"{"data":[{}],"paging":{"cursors":{"before":"a","after":"b"}}}"#,
        r#"{"items":[{}],"page":3,"pages":3}"#,
        r#"{"items":[{}],"links":[{"rel":"self","href":"/x"},{"rel":"prev","href":"/x?page=1"}]}"#,
        r#"{"items":[{}],"end_of_stream":true,"after_cursor":"x"}"#,
        "",
    ] {
        assert_eq!(told(body(whole)), None, "{whole}");
    }
    // The user wants one page, or knows that the key means something else.
    for yaml in ["{max_pages: 1}", "{ignore_signals: [total]}", "{ignore_signals: total}"] {
        assert_eq!(steps(yaml, &[body(r#"{"issues":[{}],"total":9}"#)]).unwrap()[0].doubt, None, "{yaml}");
    }
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

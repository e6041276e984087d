//! What runs leave for the next one.

use pipeline_config::{Environment, Reader, Section};
use pipeline_query::{QUERY_FIELDS, Query, Values};
use pipeline_table::{BatchBuilder, Cell, DeclaredColumns};

use super::{refusals::*, *};

fn incremental(yaml: &str) -> Incremental {
    let reader = Reader::new(Environment::empty());
    let yaml = format!("{{params: {{q: '${{window.from}}'}}, incremental: {yaml}}}");
    let node = reader.parse("query.yaml", &yaml).unwrap();
    let query = Query::read(&Section::read(&reader, &node, QUERY_FIELDS), &Values::default()).unwrap();
    query.incremental().unwrap().clone()
}

fn page(rows: &[(&'static str, Option<&'static str>)]) -> Batch {
    let mut batch = BatchBuilder::new(DeclaredColumns::default().into());
    for (key, at) in rows {
        batch.push("key", Cell::Text((*key).into())).unwrap();
        batch.push("at", at.map_or(Cell::Null, |at| Cell::Text(at.into()))).unwrap();
        batch.end_row().unwrap();
    }
    batch.finish().unwrap()
}

/// One run that begins at `now` after `before`: how many rows stay, and what is left.
fn run(
    before: Option<&TableState>,
    now: &str,
    rows: &[(&'static str, Option<&'static str>)],
) -> (usize, Option<TableState>) {
    let incremental = incremental("{column: at, key: key, lookback: 10m}");
    let cursor = before.and_then(|state| Cursor::parse(&state.cursor, incremental.kind()));
    let range = incremental.range(cursor, now.parse().unwrap());
    let mut watermark = Watermark::new(&incremental, &range, before, Appends::Yes);
    let kept = watermark.add(0, page(rows)).unwrap().n_rows();
    (kept, watermark.finish(before, "r", Came::Whole).unwrap())
}

#[test]
fn a_version_of_a_row_is_kept_once() {
    let first = [("A", Some("2025-01-01T10:00:00Z")), ("B", Some("2025-01-01T10:05:00Z")), ("C", None)];
    let (kept, state) = run(None, "2025-01-01T11:00:00Z", &first);
    let state = state.unwrap();
    assert_eq!((kept, state.cursor.as_str(), state.seen.len()), (3, "2025-01-01T10:05:00Z", 2));
    // The same rows once more, a new version of one, and a new one; A is before the look-back then. One that is older
    // than the window was never asked for.
    let second = [
        first[0],
        first[1],
        first[2],
        ("Z", Some("2025-01-01T09:00:00Z")),
        ("B", Some("2025-01-01T10:14:00.5Z")),
        ("D", Some("2025-01-01T10:13:00Z")),
    ];
    let (kept, after) = run(Some(&state), "2025-01-02T00:00:00Z", &second);
    let after = after.unwrap();
    assert_eq!((kept, after.cursor.as_str(), after.seen.len()), (2, "2025-01-01T10:14:00.5Z", 3));
    // Rows without a cursor are told for ever, and a new one among them is new.
    let third = [first[0], first[2], ("E", None), ("B", Some("2025-01-01T10:14:00.5Z"))];
    assert_eq!(run(Some(&after), "2025-01-03T00:00:00Z", &third).0, 1);
    // Nothing new: nothing is forgotten, and the cursor stays.
    assert_eq!(run(Some(&after), "2025-01-03T00:00:00Z", &[]), (0, Some(after)));
}

#[test]
fn the_cursor_stays_where_rows_may_be_missing() {
    let incremental = incremental("{column: at, key: key, lookback: 10m}");
    let mut before: Option<TableState> = None;
    let rows = [("A", Some("2025-01-01T10:00:00Z")), ("B", Some("2025-01-01T12:00:00Z"))];
    // In part, in part once more, whole: each row is kept once, and the cursor moves at last.
    for (came, kept, cursor) in
        [(Came::InPart, 2, ""), (Came::InPart, 0, ""), (Came::Whole, 0, "2025-01-01T12:00:00Z")]
    {
        let from = before.as_ref().and_then(|state| Cursor::parse(&state.cursor, incremental.kind()));
        let range = incremental.range(from, "2025-01-02T00:00:00Z".parse().unwrap());
        let mut watermark = Watermark::new(&incremental, &range, before.as_ref(), Appends::Yes);
        assert_eq!(watermark.add(0, page(&rows)).unwrap().n_rows(), kept);
        before = watermark.finish(before.as_ref(), "r", came).unwrap();
        assert_eq!(before.as_ref().unwrap().cursor, cursor);
    }
}

#[test]
fn the_cursor_never_passes_the_end_of_the_window() {
    let (kept, state) = run(None, "2025-01-01T00:00:00Z", &[("A", Some("2025-01-01T00:00:03Z"))]);
    assert_eq!((kept, state.unwrap().cursor.as_str()), (1, "2025-01-01T00:00:00Z"));
}

/// The warning and the cursor of a run of these beginnings, whose clock is so many seconds ahead.
fn end_by(yaml: &str, (begun, now): (&str, &str), ahead: u64) -> (Option<String>, Option<String>) {
    let (begun, now): (Timestamp, Timestamp) = (begun.parse().unwrap(), now.parse().unwrap());
    let incremental = incremental(yaml);
    let mut watermark = Watermark::new(&incremental, &incremental.range(None, begun), None, Appends::No);
    watermark.add(0, page(&[("A", Some("2025-01-01T09:30:00Z"))])).unwrap();
    let warning = watermark.end_by_server((begun, now), Duration::from_secs(ahead));
    (warning, watermark.finish(None, "r", Came::Whole).unwrap().map(|state| state.cursor))
}

#[test]
fn the_cursor_never_passes_the_clock_of_the_server() {
    let noon = ("2025-01-01T12:00:00Z", "2025-01-01T12:00:00Z");
    let check = |yaml: &str, begins, ahead, expected: Option<&str>| {
        let (warning, cursor) = end_by(yaml, begins, ahead);
        assert_eq!(cursor.as_deref(), expected, "{yaml} {begins:?} {ahead}");
        warning.unwrap_or_default()
    };
    assert_eq!(check("{lookback: 1h}", noon, 0, Some(noon.0)), "");
    assert_eq!(check("{lookback: 1h}", noon, 3, Some("2025-01-01T11:59:57Z")), "");
    let warning = check("{lookback: 1h}", noon, 7200, Some("2025-01-01T10:00:00Z"));
    assert!(warning.contains("clock is 2h ahead of the server's"), "{warning}");
    check("{column: at}", noon, 7200, Some("2025-01-01T09:30:00Z"));
    check("{column: at}", noon, 10800, Some("2025-01-01T09:00:00Z"));
    // A run that goes on with one whose clock was ahead does not know when that began.
    let resumed = ("2025-01-01T12:00:00Z", "2025-01-01T10:10:00Z");
    assert!(check("{lookback: 1h}", resumed, 0, None).contains("stays where it was"));
    check("{column: at}", resumed, 0, Some("2025-01-01T09:30:00Z"));
}

#[test]
fn a_window_of_the_future_moves_the_cursor_no_further_than_the_run() {
    let incremental = incremental("{lookback: 1h}");
    let now: Timestamp = "2025-01-01T12:00:00Z".parse().unwrap();
    let to = Cursor::parse("2099-01-01", incremental.kind());
    let mut watermark =
        Watermark::new(&incremental, &Range { to, ..incremental.range(None, now) }, None, Appends::No);
    assert_eq!(watermark.end_by_server((now, now), Duration::ZERO), None);
    let state = watermark.finish(None, "r", Came::Whole).unwrap().unwrap();
    assert_eq!(state.cursor, "2025-01-01T12:00:00Z");
}

#[test]
fn without_a_column_the_next_run_begins_when_this_one_began() {
    let incremental = incremental("{lookback: 1h}");
    let range = incremental.range(None, "2025-01-01T00:00:00Z".parse().unwrap());
    let watermark = Watermark::new(&incremental, &range, None, Appends::No);
    assert_eq!(watermark.finish(None, "r", Came::Whole).unwrap().unwrap().cursor, "2025-01-01T00:00:00Z");
}

#[test]
fn rows_without_a_cursor_are_told() {
    let incremental = incremental("{column: updated}");
    let range = incremental.range(None, "2025-01-01T00:00:00Z".parse().unwrap());
    let mut watermark = Watermark::new(&incremental, &range, None, Appends::No);
    watermark.add(0, page(&[("A", None)])).unwrap();
    let error = watermark.finish(None, "r", Came::Whole).unwrap_err().to_string();
    assert_eq!(error, "no row has the column `updated` of `incremental`; they have `key`, `at`");
    let incremental = self::incremental("{column: at}");
    let mut watermark = Watermark::new(&incremental, &range, None, Appends::No);
    let error = watermark.add(6, page(&[("A", Some("soon"))])).unwrap_err().to_string();
    assert_eq!(
        error,
        "page 7, row 1: `soon` in `at` is no cursor: a time is written like `2024-11-29T10:44:51Z`; if it is written otherwise, declare `at` in `columns` as `timestamp` with its `format`"
    );
    let mut watermark = Watermark::new(&incremental, &range, None, Appends::No);
    let error = watermark.add(0, page(&[("A", Some("1700000001"))])).unwrap_err().to_string();
    assert!(
        error.contains("seconds since 1970, write `columns: { at: { type: timestamp, format: unix } }`"),
        "{error}"
    );
}

#[test]
fn rows_without_any_cursor_are_told_in_the_next_run() {
    let (kept, state) = run(None, "2025-01-01T11:00:00Z", &[("A", None), ("B", None)]);
    assert_eq!(kept, 2);
    let (kept, state) = run(state.as_ref(), "2025-01-02T11:00:00Z", &[("A", None), ("B", None), ("C", None)]);
    assert_eq!((kept, state.unwrap().undated.len()), (1, 3));
}

#[test]
fn rows_without_a_key_are_refused_where_they_would_be_appended() {
    let incremental = incremental("{column: at, key: id}");
    let range = incremental.range(None, "2025-01-01T00:00:00Z".parse().unwrap());
    let mut watermark = Watermark::new(&incremental, &range, None, Appends::Yes);
    let error = watermark.add(1, page(&[("A", Some("2025-01-01"))])).unwrap_err().to_string();
    assert!(error.starts_with("page 2, row 1: there is no `id`"), "{error}");
}

#[test]
fn numbers_that_are_not_exact_are_no_cursors() {
    let reader_yaml = "{column: id, type: integer, key: id}";
    let incremental = incremental(reader_yaml);
    let range = incremental.range(None, "2025-01-01T00:00:00Z".parse().unwrap());
    let take = |cells: Vec<Cell<'static>>| {
        let mut batch = BatchBuilder::new(DeclaredColumns::default().into());
        for cell in cells {
            batch.push("id", cell).unwrap();
            batch.end_row().unwrap();
        }
        let mut watermark = Watermark::new(&incremental, &range, None, Appends::Yes);
        watermark.add(2, batch.finish().unwrap())?;
        watermark.finish(None, "r", Came::Whole).map(|state| state.unwrap().cursor)
    };
    let large = 1_909_699_624_467_843_943;
    assert_eq!(take(vec![Cell::Int(large), Cell::Int(3)]).unwrap(), large.to_string());
    let error = take(vec![Cell::Int(1), Cell::Float(large as f64)]).unwrap_err().to_string();
    assert!(error.starts_with("page 3, row 2: `id` has 1 whole number beyond 2^53"), "{error}");
    let error = take(vec![Cell::Float(0.5)]).unwrap_err().to_string();
    assert!(error.starts_with("page 3, row 1: `id` is 0.5, which is no whole number"), "{error}");
}

fn named(query: &str, rows: &str, params: &[(&str, &str)]) -> QueryName {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let identity = pipeline_query::Identity { query: query.into(), rows: rows.into(), params };
    QueryName { table: "p/t".into(), identity, column: Some("at".into()), origin: None }
}

fn state_at(cursor: &str) -> TableState {
    TableState { cursor: cursor.into(), ..TableState::default() }
}

#[test]
fn queries_of_one_table_have_states_of_their_own() {
    let [first, second] = ["a", "b"].map(|project| named(project, project, &[("project", project)]));
    let mut target = TargetState::default();
    target.set(&first, state_at("1"));
    target.set(&second, state_at("2"));
    let read = TargetState::parse(Some(&target.to_json())).unwrap();
    assert_eq!((read.get(&first).unwrap().cursor.as_str(), read.n_others(&first)), ("1", 1));
    assert!(read.edited(&first).is_empty() && read.edited(&named("c", "c", &[("project", "c")])).is_empty());
    target.remove(&first);
    assert_eq!((target.get(&first), target.n_others(&first)), (None, 1));
    assert_eq!(TargetState::parse(None).unwrap(), TargetState::default());
}

#[test]
fn pages_of_another_size_go_on_at_the_same_cursor() {
    let mut target = TargetState::default();
    target.set(&named("limit=50", "r", &[]), state_at("1"));
    let larger = named("limit=100", "r", &[]);
    assert_eq!((target.get(&larger).unwrap().cursor.as_str(), target.n_others(&larger)), ("1", 0));
    target.set(&larger, state_at("2"));
    assert_eq!(target.get(&named("limit=50", "r", &[])).unwrap().cursor, "2");
    assert!(target.namesake(&QueryName { table: "q/t".into(), ..named("limit=10", "r", &[]) }).is_some());
}

#[test]
fn a_query_has_a_state_for_each_place_that_its_rows_come_from() {
    let at = |origin: &str| named("q", "r", &[]).of(Some(origin.into()));
    let cursor =
        |target: &TargetState, origin: &str| target.get(&at(origin)).map(|state| state.cursor.clone());
    let mut target = TargetState::default();
    // An earlier version has not said where.
    target.set(&named("q", "r", &[]), state_at("0"));
    assert_eq!(cursor(&target, "a").as_deref(), Some("0"));
    for (round, origin) in [("1", "a"), ("2", "b"), ("3", "c"), ("4", "a"), ("5", "b")] {
        target.set(&at(origin), state_at(round));
    }
    assert_eq!(
        ["a", "b", "c", "d"].map(|origin| cursor(&target, origin)),
        [Some("4".to_owned()), Some("5".to_owned()), Some("3".to_owned()), None]
    );
    assert_eq!(target.n_others(&at("a")), 2);
    target.remove(&at("b"));
    assert_eq!(["a", "b"].map(|origin| cursor(&target, origin).is_some()), [true, false]);
    // Rows of another place are no rows of this one, and an edit of one is none of the other.
    assert!(!target.edited(&at("b")).is_empty());
    assert!(target.namesake(&QueryName { table: "q/t".into(), ..at("b") }).is_none());
    assert!(target.namesake(&QueryName { table: "q/t".into(), ..at("c") }).is_some());
}

#[test]
fn a_query_that_was_edited_is_not_appended_once_more() {
    let incremental = incremental("{column: at, key: key}");
    let is_refused = |before: TableState, name: &QueryName| {
        let mut target = TargetState::default();
        target.tables_mut().entry("p/t".into()).or_default().insert("before".into(), before);
        let refused = refuse_edited(&target, name, (&incremental, "out/"));
        assert_eq!(refused.is_err(), !target.edited(name).is_empty());
        target.remove_edited(name);
        assert!(target.edited(name).is_empty());
        refused.map_err(|error| error.to_string()).err()
    };
    let params = |params: &[(&str, &str)]| {
        let params = named("", "", params).identity.params;
        TableState { params: Some(params), ..state_at("2025-01-01T00:00:00Z") }
    };
    let [none, of_a] = [named("q", "r", &[]), named("q", "r", &[("project", "a")])];
    let told = is_refused(params(&[]), &none).unwrap();
    assert!(told.contains("`pipeline state set FILE --cursor 2025-01-01T00:00:00Z`"), "{told}");
    for (before, name, expected) in [
        (params(&[("project", "a")]), &of_a, true),
        (params(&[]), &of_a, true),
        (params(&[("project", "a")]), &none, true),
        (params(&[("team", "a")]), &of_a, true),
        (params(&[("project", "b")]), &of_a, false),
        (params(&[("project", "b"), ("team", "a")]), &of_a, false),
        // One that an earlier version has left.
        (state_at(""), &none, true),
        (state_at(""), &of_a, false),
    ] {
        assert_eq!(is_refused(before.clone(), name).is_some(), expected, "{before:?} {name:?}");
    }
}

#[test]
fn a_cursor_of_another_column_is_none_of_the_query() {
    let incremental = incremental("{column: at, key: key}");
    let check = |column: Option<&str>, cursor: &str, expected: bool| {
        let state = TableState { column: column.map(str::to_owned), ..state_at(cursor) };
        assert_eq!(other_column(&incremental, &state).is_some(), expected, "{state:?}");
        assert_eq!(refuse_other_column((&incremental, &state), "out/").is_err(), expected);
    };
    check(Some("at"), "2025-01-01T00:00:00Z", false);
    check(None, "2025-01-01T00:00:00Z", false);
    check(Some("created"), "2025-01-01T00:00:00Z", true);
    check(Some("created"), "", false);
    // Of a number.
    check(None, "a7", true);
}

#[test]
fn a_state_that_is_not_understood_is_refused() {
    let check = |json: serde_json::Value, expected: &str| {
        let error = TargetState::parse(Some(&json)).unwrap_err().to_string();
        assert!(error.starts_with("the state of the target cannot be used: "), "{error}");
        assert!(error.contains(expected), "{error}");
    };
    check(serde_json::json!({"version": 2, "cursors": []}), "it has form 2, and this program knows 1");
    check(serde_json::json!("other"), "it is damaged");
    check(serde_json::json!({"version": 1, "tables": []}), "it is damaged");
}

/// A key, and when it has changed.
type Row = (&'static str, Option<&'static str>);

/// One run of a kind into a target that appends, asking for `range`: the rows that stay, and what is left.
fn asked(
    yaml: &str,
    (before, asked): (Option<&TableState>, Asked),
    (range, rows): ((Option<&str>, &str), &[Row]),
) -> (usize, TableState) {
    let incremental = incremental(yaml);
    let parse = |text: &str| Cursor::parse(text, incremental.kind());
    let range = Range { from: range.0.and_then(parse), to: parse(range.1), cursor: None };
    let mut watermark = Watermark::new(&incremental, &range, before, Appends::Yes).of(asked);
    let kept = watermark.add(0, page(rows)).unwrap().n_rows();
    let now = "2025-02-01T00:00:00Z".parse().unwrap();
    watermark.end_by_server((now, now), Duration::ZERO);
    (kept, watermark.finish(before, "r", Came::Whole).unwrap().unwrap())
}

/// Whether a backfill of this time is refused.
fn is_refused(state: &TableState, (from, to): (&str, &str)) -> bool {
    let incremental = incremental(YAML);
    let parse = |text: &str| Cursor::parse(text, incremental.kind()).unwrap();
    refuse_overlap(&incremental, Some(state), (parse(from), parse(to))).is_err()
}

const DAYS: [(&str, Option<&str>); 3] =
    [("A", Some("2025-01-01")), ("B", Some("2025-01-02")), ("C", Some("2025-01-03"))];
const YAML: &str = "{column: at, key: key, lookback: 10m}";

#[test]
fn what_a_backfill_has_brought_is_not_added_by_the_first_run() {
    let fill = (Some("2025-01-02"), "2025-01-03");
    let (kept, state) = asked(YAML, (None, Asked::Beside), (fill, &DAYS[1..2]));
    let span = Span { from: Some("2025-01-02T00:00:00Z".into()), to: "2025-01-03T00:00:00Z".into() };
    assert_eq!((kept, state.cursor.as_str(), state.spans.as_deref()), (1, "", Some(&[span][..])));
    for (time, expected) in [
        (("2025-01-01", "2025-01-02T00:00:01Z"), true),
        (("2025-01-02T12:00:00Z", "2025-02-01"), true),
        (("2025-01-01", "2025-01-02"), false),
        (("2025-01-03", "2025-02-01"), false),
    ] {
        assert_eq!(is_refused(&state, time), expected, "{time:?}");
    }
    // The first run reads everything.
    let everything = (None, "2025-02-01");
    let (kept, after) = asked(YAML, (Some(&state), Asked::Changes), (everything, &DAYS));
    let span = Span { from: None, to: "2025-01-03T00:00:00Z".into() };
    assert_eq!((kept, after.spans.as_deref()), (2, Some(&[span][..])));
    assert_eq!(after.cursor, "2025-01-03T00:00:00Z");
    assert_eq!(asked(YAML, (Some(&after), Asked::Changes), (everything, &DAYS)).0, 0);
}

#[test]
fn a_backfill_up_to_now_leaves_the_keys_of_its_end() {
    let rows = [("A", Some("2025-01-01")), ("B", Some("2025-01-31T23:55:00Z"))];
    let (_, state) = asked(YAML, (None, Asked::Beside), ((Some("2025-01-01"), "2099-01-01"), &rows));
    let late = [rows[0], rows[1], ("C", Some("2025-01-31T23:56:00Z"))];
    let (kept, _) = asked(YAML, (Some(&state), Asked::Changes), ((None, "2025-02-01"), &late));
    assert_eq!((kept, state.seen.len()), (1, 1), "{state:?}");
}

#[test]
fn a_longer_lookback_and_another_key_add_nothing_once_more_and_say_what_they_leave_out() {
    let (_, state) = asked(YAML, (None, Asked::Changes), ((None, "2025-02-01"), &DAYS));
    let early = ("Z", Some("2024-01-01"));
    let rows = [early, DAYS[0], DAYS[1], DAYS[2], ("D", Some("2025-01-04"))];
    let longer = "{column: at, key: key, lookback: 30days}";
    for (yaml, rows, expected) in [
        (longer, &rows[..], Some("2 rows of before 2025-01-02T23:50:00Z were left out")),
        ("{column: at, key: [key, at], lookback: 10m}", &rows[..], Some("1 rows of before")),
        // Nothing that may be late.
        (longer, &rows[4..], None),
        (YAML, &rows[..], None),
    ] {
        let incremental = incremental(yaml);
        let cursor = Cursor::parse(&state.cursor, incremental.kind());
        let range = incremental.range(cursor, "2025-02-01T00:00:00Z".parse().unwrap());
        let mut watermark = Watermark::new(&incremental, &range, Some(&state), Appends::Yes);
        assert_eq!(watermark.add(0, page(rows)).unwrap().n_rows(), 1, "{yaml}");
        let told = watermark.untold();
        assert!(told.as_deref().unwrap_or("no").starts_with(expected.unwrap_or("no")), "{yaml}: {told:?}");
    }
}

#[test]
fn a_cursor_that_is_set_back_is_refused_where_rows_would_be_added_once_more() {
    let (_, state) = asked(YAML, (None, Asked::Changes), ((None, "2025-02-01"), &DAYS));
    let check = |cursor: &str, run_id: &str, expected: bool| {
        let state = TableState { cursor: cursor.into(), run_id: run_id.into(), ..state.clone() };
        let refused = refuse_set_back(&incremental(YAML), &state, "out/");
        assert_eq!(refused.is_err(), expected, "{cursor}");
    };
    check("2025-01-02T00:00:00Z", SET, true);
    check("2025-01-02T00:00:00Z", "r", false);
    check(&state.cursor, SET, false);
    check("2025-01-20T00:00:00Z", SET, false);
    // Of a state of an earlier version nothing else is known.
    let earlier = TableState { spans: None, run_id: SET.into(), ..state.clone() };
    assert!(refuse_set_back(&incremental(YAML), &earlier, "out/").is_ok());
}

#[test]
fn a_gap_that_nobody_has_read_may_be_filled() {
    let first = (Some("2025-01-03"), "2025-02-01");
    let (_, state) = asked(YAML, (None, Asked::Changes), (first, &DAYS[2..]));
    assert!(!is_refused(&state, ("2025-01-01", "2025-01-02")));
    let fill = (Some("2025-01-01"), "2025-01-02");
    let (kept, after) = asked(YAML, (Some(&state), Asked::Backfill), (fill, &DAYS[..1]));
    assert_eq!((kept, after.cursor.as_str()), (1, state.cursor.as_str()));
    assert!(
        is_refused(&after, ("2025-01-01", "2025-01-02")) && !is_refused(&after, ("2025-01-02", "2025-01-03"))
    );
}

//! Against a real server, which the tests start.

mod cut;
mod server;

use std::sync::Arc;

use pipeline_config::{Environment, Reader, Section};
use pipeline_sink::{Commit, Committed, Earlier, Run, RunWriter, Sink, SinkError};
use pipeline_table::{BatchBuilder, COLUMN_FIELDS, Cell, DeclaredColumns};
use serde_json::{Value, json};

use crate::KIND;
use server::Server;

const FIELDS: &[pipeline_config::Field] = &[
    pipeline_config::Field::required("sink", pipeline_config::Shape::Any, ""),
    pipeline_config::Field::optional(
        "columns",
        pipeline_config::Shape::Map(&pipeline_config::Shape::Section(COLUMN_FIELDS)),
        "",
    ),
];

/// A sink and its declared columns, or what is wrong with them.
fn build(yaml: &str) -> Result<(Arc<dyn Sink>, Arc<DeclaredColumns>), String> {
    let reader = Reader::new(Environment::empty());
    let node = reader.parse("pipeline.yaml", yaml).expect("YAML");
    let section = Section::read(&reader, &node, FIELDS);
    let columns = Arc::new(DeclaredColumns::read(&section, "columns"));
    let sink = section.node("sink").expect("it is required");
    let sink =
        Section::read_kind(&reader, sink, &[KIND], "sink").and_then(|(section, kind)| (kind.build)(&section));
    let sink = reader.finish(sink, Default::default()).map_err(|invalid| invalid.rendered)?;
    Ok((sink, columns))
}

type Row<'a> = &'a [(&'a str, Cell<'a>)];

/// One run of these rows.
fn run(
    (sink, columns): &(Arc<dyn Sink>, Arc<DeclaredColumns>),
    run: &Run,
    rows: &[Row<'_>],
) -> Result<Committed, SinkError> {
    let mut writer = RunWriter::new(Arc::clone(sink), Arc::clone(columns), run.clone())?;
    let mut page = BatchBuilder::new(Arc::clone(columns));
    for row in rows {
        for (name, cell) in *row {
            page.push(name, cell.clone())?;
        }
        page.end_row()?;
    }
    writer.write(page.finish()?)?;
    writer.commit(Commit { state: Some(json!({"after": run.id})) })
}

fn named(id: &str) -> Run {
    Run { id: id.to_owned(), ..Run::default() }
}

fn text(text: &str) -> Cell<'_> {
    Cell::Text(text.into())
}

/// The rows of a table, as the server has them.
fn rows(server: &Server, table: &str) -> Vec<Value> {
    let select = format!("SELECT to_jsonb(t) FROM {table} t ORDER BY 1");
    server.client().query(&select, &[]).expect(table).iter().map(|row| row.get(0)).collect()
}

fn yaml(server: &Server, table: &str, more: &str) -> String {
    format!("sink: {{ kind: postgres, url: '{}', table: '{table}'{more} }}", server.url())
}

const EVERY_TYPE: &str = "
columns:
  Flag: { type: bool }
  Count: { type: int }
  Ratio: { type: float }
  Price: { type: 'decimal(18,2)' }
  Name: { type: string, required: true }
  Day: { type: date }
  At: { type: time }
  Moment: { type: timestamp }
  Local: { type: timestamp_ntz }
  Took: { type: duration }
  Bytes: { type: binary }
  Any: { type: json }
  Tags: { type: 'list<string>' }
  Map: { type: 'map<string, int>' }";

#[test]
fn every_type_arrives() {
    let server = Server::shared();
    let target = build(&(yaml(server, "every_type", "") + EVERY_TYPE)).expect("valid");
    let full: Row<'_> = &[
        ("Flag", Cell::Bool(true)),
        ("Count", Cell::Int(9_007_199_254_740_993)),
        ("Ratio", Cell::Float(1e300)),
        ("Price", text("12.50")),
        ("Name", text("tab\t back\\slash \"quoted\"\nline \\N ü 🚀")),
        ("Day", text("2024-02-29")),
        ("At", text("23:59:59.000001")),
        ("Moment", text("2015-11-21T07:03:02.000-0500")),
        ("Local", text("2015-11-21T07:03:02.5")),
        ("Took", text("PT1H30M")),
        ("Bytes", text("AP8=")),
        ("Any", Cell::Struct(vec![("a".into(), Cell::List(vec![Cell::Int(1), Cell::Null]))])),
        ("Tags", Cell::List(vec![text("a"), text("")])),
        ("Map", Cell::Struct(vec![("x".into(), Cell::Int(1))])),
    ];
    let committed = run(&target, &named("1"), &[full, &[("Name", text(""))]]).expect("written");
    assert_eq!((committed.rows_in_files, committed.superseded), (2, 0));
    let found = rows(server, "every_type");
    let expected = json!({
        "Flag": true, "Count": 9_007_199_254_740_993_i64, "Ratio": 1e300, "Price": 12.50,
        "Name": "tab\t back\\slash \"quoted\"\nline \\N ü 🚀",
        "Day": "2024-02-29", "At": "23:59:59.000001", "Moment": "2015-11-21T12:03:02+00:00",
        "Local": "2015-11-21T07:03:02.5", "Took": "01:30:00", "Bytes": "\\x00ff",
        "Any": {"a": [1, null]}, "Tags": ["a", ""], "Map": {"x": 1},
    });
    assert!(found.contains(&expected), "{found:#?}");
    let types = "SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
                 WHERE attrelid = 'every_type'::regclass AND attnum > 0";
    let types: String = server.client().query_one(types, &[]).expect("types").get(0);
    assert_eq!(
        types,
        "boolean, bigint, double precision, numeric(18,2), text, date, time without time zone, \
         timestamp with time zone, timestamp without time zone, interval, bytea, jsonb, jsonb, jsonb"
    );
}

#[test]
fn a_run_replaces_the_rows_or_leaves_them_all() {
    let server = Server::shared();
    let target = build(&yaml(server, "Replaced Rows", "")).expect("valid");
    run(&target, &named("1"), &[&[("Issue Key", text("A-1")), ("n", Cell::Int(1))]]).expect("written");
    server
        .client()
        .batch_execute("CREATE VIEW kept AS SELECT \"Issue Key\" FROM \"Replaced Rows\"")
        .expect("a view");
    // A value that no text of PostgreSQL may have.
    let failed = run(&target, &named("2"), &[&[("Issue Key", text("A-2"))], &[("Issue Key", text("a\0b"))]]);
    let failed = failed.expect_err("it has a zero character");
    let told = pipeline_config::explain(&failed);
    assert!(told.contains("row 2, column `Issue Key`") && told.contains("U+0000"), "{told}");
    assert_eq!(rows(server, "\"Replaced Rows\""), [json!({"Issue Key": "A-1", "n": 1})]);
    assert_eq!(target.0.committed("2").expect("it answers"), None);

    run(&target, &named("3"), &[&[("Issue Key", text("A-3")), ("n", Cell::Float(0.5))]]).expect("written");
    assert_eq!(rows(server, "\"Replaced Rows\""), [json!({"Issue Key": "A-3", "n": 0.5})]);
    assert_eq!(rows(server, "kept"), [json!({"Issue Key": "A-3"})], "views stay");
    let third = target.0.committed("3").expect("it answers").expect("it is there");
    assert_eq!((third.rows_in_files, third.files[0].rows), (1, 1));
    assert_eq!(target.0.committed("4").expect("it answers"), None);
}

#[test]
fn rows_are_added_and_columns_widen() {
    let server = Server::shared();
    let target = build(&yaml(server, "added", ", mode: append")).expect("valid");
    assert_eq!(target.0.state().expect("it answers"), None);
    assert!(target.0.set_state(json!(1)).is_err(), "there is no table");
    run(&target, &named("1"), &[&[("n", Cell::Int(1)), ("s", Cell::Int(7)), ("l", text("x"))]])
        .expect("written");
    run(&target, &named("2"), &[&[("n", Cell::Float(0.5)), ("s", text("y")), ("new", Cell::Bool(true))]])
        .expect("written");
    let found = rows(server, "added");
    assert!(found.contains(&json!({"n": 1, "s": "7", "l": "x", "new": null})), "{found:?}");
    assert!(found.contains(&json!({"n": 0.5, "s": "y", "l": null, "new": true})), "{found:?}");
    assert_eq!(target.0.state().expect("it answers"), Some(json!({"after": "2"})));
    target.0.set_state(json!({"after": "x"})).expect("set");
    assert_eq!(target.0.state().expect("it answers"), Some(json!({"after": "x"})));
    let earlier = target.0.earlier().expect("it answers").expect("two runs");
    let names: Vec<&str> = earlier.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["n", "s", "l", "new"]);
    // A full refresh brings everything anew.
    let anew = Run { earlier: Earlier::Drop, ..named("3") };
    run(&target, &anew, &[&[("n", Cell::Int(9))]]).expect("written");
    assert_eq!(rows(server, "added"), [json!({"n": 9, "s": null, "l": null, "new": null})]);
}

#[test]
fn rows_of_the_same_key_are_replaced() {
    let server = Server::shared();
    let target = build(&yaml(server, "upserted", ", mode: upsert, key: [k, part]")).expect("valid");
    let row = |k: &'static str, n: i64| [("k", text(k)), ("part", Cell::Int(1)), ("n", Cell::Int(n))];
    run(&target, &named("1"), &[&row("a", 1), &row("b", 1)]).expect("written");
    let second = run(&target, &named("2"), &[&row("b", 2), &row("c", 2), &row("b", 3)]).expect("written");
    assert_eq!((second.rows_in_files, second.superseded), (2, 1));
    let found = rows(server, "upserted");
    let expected = |k: &str, n: i64| json!({"k": k, "part": 1, "n": n});
    assert_eq!(found, [expected("a", 1), expected("b", 3), expected("c", 2)]);
    let keyless = run(&target, &named("3"), &[&[("n", Cell::Int(1))]]);
    let told = pipeline_config::explain(&keyless.expect_err("no key"));
    assert!(told.contains("`k`") && told.contains("key"), "{told}");
    let null =
        run(&target, &named("4"), &[&[("k", Cell::Null), ("part", Cell::Int(1)), ("n", Cell::Int(1))]]);
    let told = pipeline_config::explain(&null.expect_err("a null in the key"));
    assert!(told.contains("`k`") && told.contains("key"), "{told}");
}

#[test]
fn another_run_waits_outside() {
    let server = Server::shared();
    let (sink, _) = build(&yaml(server, "locked", "")).expect("valid");
    let first = sink.open(&named("1")).expect("free");
    assert!(matches!(sink.open(&named("2")), Err(SinkError::Locked { .. })));
    drop(first);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while sink.open(&named("2")).is_err() {
        assert!(std::time::Instant::now() < end, "the lock ends with its run");
    }
}

#[test]
fn a_silent_connection_may_end_before_the_rows_come() {
    let server = Server::shared();
    let (sink, columns) = build(&yaml(server, "silent", "")).expect("valid");
    let mut writer = RunWriter::new(Arc::clone(&sink), Arc::clone(&columns), named("1")).expect("free");
    let end_all = "SELECT pg_terminate_backend(l.pid) FROM pg_locks l
                   WHERE l.locktype = 'advisory' AND l.objid = (hashtextextended('pipeline \"silent\"', 0) & 4294967295)::oid";
    assert_eq!(server.client().query(end_all, &[]).expect("ended").len(), 1);
    let mut page = BatchBuilder::new(columns);
    page.push("n", Cell::Int(1)).expect("a cell");
    page.end_row().expect("a row");
    writer.write(page.finish().expect("a page")).expect("kept in memory");
    writer.commit(Commit::default()).expect("written");
    assert_eq!(rows(server, "silent"), [json!({"n": 1})]);
}

#[test]
fn what_may_not_be_written_is_told_before_the_run() {
    let server = Server::shared();
    let refused = |url: &str, table: &str, expected: &str| {
        let yaml = format!("sink: {{ kind: postgres, url: '{url}', table: '{table}' }}");
        let Err(failed) = build(&yaml).expect("valid").0.open(&named("1")) else { panic!("{table}") };
        let told = pipeline_config::explain(&failed);
        assert!(told.contains(expected), "{told}");
    };
    refused(&server.url(), "nowhere.t", "there is no schema \"nowhere\"");
    let grants = "CREATE ROLE reader LOGIN; CREATE SCHEMA theirs; GRANT USAGE ON SCHEMA theirs TO reader;
                  CREATE SCHEMA open; GRANT USAGE, CREATE ON SCHEMA open TO reader; CREATE TABLE open.t (n int)";
    server.client().batch_execute(grants).expect("granted");
    let reader = server.url().replace("user=postgres", "user=reader");
    refused(&reader, "theirs.t", "may not create tables");
    refused(&reader, "open.t", "may not insert");
}

#[test]
fn tables_of_others_are_filled() {
    let server = Server::shared();
    server.client().batch_execute("CREATE TABLE theirs (n integer, note text DEFAULT 'x')").expect("a table");
    let target = build(&yaml(server, "theirs", ", mode: append")).expect("valid");
    run(&target, &named("1"), &[&[("n", Cell::Int(1)), ("m", Cell::Bool(true))]]).expect("written");
    assert_eq!(rows(server, "theirs"), [json!({"n": 1, "note": "x", "m": true})]);
}

#[test]
fn what_is_wrong_in_the_section_is_told() {
    let check = |more: &str, expected: &str| {
        let told = build(&format!("sink: {{ kind: postgres{more} }}")).expect_err(more);
        assert!(told.contains(expected), "{expected}\n{told}");
        assert!(!told.contains("hunter2"), "{told}");
    };
    check("", "`url` is missing");
    check(", url: 'postgres://u:hunter2@h/d'", "`table` is missing");
    check(", url: 'hunter2', table: t", "no address of a database");
    check(", url: 'postgres://h/d', table: a.b.c", "no name of a table");
    check(", url: 'postgres://h/d', table: t, mode: upsert", "needs a `key`");
    check(", url: 'postgres://h/d', table: t, key: [a]", "for `mode: upsert` alone");
}

#[test]
fn a_server_that_is_not_there_is_told_without_the_password() {
    let yaml = "sink: { kind: postgres, url: 'postgres://me:hunter2@127.0.0.1:1/d', table: t }";
    let (sink, _) = build(yaml).expect("valid");
    let Err(failed) = sink.open(&named("1")) else { panic!("nobody listens at port 1") };
    let told = format!("{} {failed:?} {sink:?}", pipeline_config::explain(&failed));
    assert!(told.contains("`postgres://127.0.0.1/d t` cannot be written"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

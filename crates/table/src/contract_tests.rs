//! What the `columns:` block promises.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use pipeline_config::{Environment, Field, Reader, Section, Shape, Style};

use super::*;

const FIELDS: &[Field] =
    &[Field::optional("columns", Shape::Map(&Shape::Section(COLUMN_FIELDS)), "The columns.")];

/// The contract, or the diagnostics.
fn contract(yaml: &str) -> Result<Arc<DeclaredColumns>, String> {
    let reader = Reader::new(Environment::empty());
    let node = reader.parse("p.yaml", &format!("columns:\n{yaml}")).unwrap();
    let columns = DeclaredColumns::read(&Section::read(&reader, &node, FIELDS), "columns");
    reader.finish(Some(Arc::new(columns)), Style::Plain).map_err(|invalid| invalid.rendered)
}

fn cell(value: &serde_json::Value) -> Cell<'static> {
    use serde_json::Value;
    match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => Cell::Bool(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Cell::Float(number.as_f64().unwrap()), Cell::Int)
        }
        Value::String(text) => Cell::Text(text.clone().into()),
        Value::Array(items) => Cell::List(items.iter().map(cell).collect()),
        Value::Object(members) => {
            Cell::Struct(members.iter().map(|(name, member)| (name.clone().into(), cell(member))).collect())
        }
    }
}

/// Builds a page of rows written as JSON, one per line.
fn build(columns: &Arc<DeclaredColumns>, rows: &str) -> Result<Batch, TableError> {
    let mut builder = BatchBuilder::new(Arc::clone(columns));
    for line in rows.lines() {
        let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        for (name, value) in &row {
            builder.push(name, cell(value))?;
        }
        builder.end_row()?;
    }
    builder.finish()
}

/// The rows as readers see them, a JSON object each.
fn rows(batch: &Batch) -> Vec<String> {
    let published: RecordBatch = cast(batch, &batch.columns().published()).unwrap();
    let columns = ColumnText::of(&published).unwrap();
    let row = |row| {
        let member = |(column, field): (&ColumnText<'_>, &arrow::datatypes::FieldRef)| {
            let mut json = format!("{}:", serde_json::Value::from(field.name().as_str()));
            column.push_json(row, &mut json);
            json
        };
        columns.iter().zip(published.schema_ref().fields()).map(member).collect::<Vec<_>>().join(",")
    };
    (0..published.num_rows()).map(row).collect()
}

/// A column of this declaration takes the values, a JSON each, and has them as readers see them.
fn takes(declaration: &str, values: &[&str], expected: &[&str]) {
    let columns = contract(&format!("  c: {declaration}\n")).unwrap();
    let page: Vec<String> = values.iter().map(|value| format!("{{\"c\":{value}}}")).collect();
    let batch = build(&columns, &page.join("\n")).unwrap();
    let found = rows(&batch);
    let expected: Vec<String> = expected.iter().map(|value| format!("\"c\":{value}")).collect();
    assert_eq!(found, expected, "{declaration}");
    let name = batch.columns().get("c").unwrap().name();
    assert_eq!(ColumnType::parse(&name).as_ref(), Ok(batch.columns().get("c").unwrap()));
}

#[test]
fn every_type_takes_what_apis_write() {
    takes("string", &["\"9007199254740993\"", "null"], &["\"9007199254740993\"", "null"]);
    takes("int", &["1", "9223372036854775807"], &["1", "9223372036854775807"]);
    takes("decimal(18,2)", &["1", "0.1", "\"12.34\"", "null"], &["1.00", "0.10", "12.34", "null"]);
    takes("date", &["\"2024-11-29\""], &["\"2024-11-29\""]);
    takes("{ type: date, format: '%d.%m.%Y' }", &["\"29.11.2024\""], &["\"2024-11-29\""]);
    takes("time", &["\"10:44:51.887\"", "\"10:44\""], &["\"10:44:51.887\"", "\"10:44:00.000\""]);
    takes("timestamp", &["\"2024-11-29T10:44:51.887-0800\""], &["\"2024-11-29T18:44:51.887Z\""]);
    takes(
        "{ type: timestamp, format: unix_ms }",
        &["1", "\"2\""],
        &["\"1970-01-01T00:00:00.001Z\"", "\"1970-01-01T00:00:00.002Z\""],
    );
    takes("timestamp_ntz", &["\"2024-11-29 10:44:51\""], &["\"2024-11-29T10:44:51.000\""]);
    takes("duration", &["\"PT90M\"", "\"P2D\""], &["\"PT1H30M\"", "\"PT48H\""]);
    takes("{ type: duration, format: seconds }", &["5400", "1.5"], &["\"PT1H30M\"", "\"PT1.5S\""]);
    takes("binary", &["\"+/8=\""], &["\"+/8=\""]);
    takes("{ type: binary, format: hex }", &["\"fbff\""], &["\"+/8=\""]);
    takes("json", &["{\"b\":1,\"a\":null}", "[1]"], &["{\"b\":1,\"a\":null}", "[1]"]);
    takes("list<date>", &["[\"2024-11-29\",null]", "[]", "null"], &["[\"2024-11-29\",null]", "[]", "null"]);
    takes(
        "\"struct<a: int, b: list<decimal(4,1)>>\"",
        &["{\"b\":[1.5]}", "{\"a\":1}", "null"],
        &["{\"a\":null,\"b\":[1.5]}", "{\"a\":1,\"b\":null}", "null"],
    );
    takes(
        "map<string, date>",
        &["{\"x\":\"2024-11-29\",\"y\":null}", "{}", "null"],
        &["{\"x\":\"2024-11-29\",\"y\":null}", "{}", "null"],
    );
}

#[test]
fn dates_and_times_go_to_the_ends_of_their_calendars() {
    takes(
        "date",
        &["\"9999-12-31\"", "\"0001-01-01\"", "\"+010000-01-01\""],
        &["\"9999-12-31\"", "\"0001-01-01\"", "\"+010000-01-01\""],
    );
    takes(
        "timestamp",
        &["\"9999-12-31T23:59:59.999999Z\"", "\"0001-01-01T00:00:00Z\"", "\"2024-11-29T24:00:00Z\""],
        &["\"9999-12-31T23:59:59.999999Z\"", "\"0001-01-01T00:00:00.000Z\"", "\"2024-11-30T00:00:00.000Z\""],
    );
    takes("timestamp_ntz", &["\"9999-12-31T23:59:59\""], &["\"9999-12-31T23:59:59.000\""]);
    takes(
        "{ type: timestamp, format: unix }",
        &["253402300799.5", "-62135596800", "\"32503680000\"", "1732877091.887"],
        &[
            "\"9999-12-31T23:59:59.500Z\"",
            "\"0001-01-01T00:00:00.000Z\"",
            "\"3000-01-01T00:00:00.000Z\"",
            "\"2024-11-29T10:44:51.887Z\"",
        ],
    );
    takes(
        "{ type: timestamp, format: unix_us }",
        &["253402300799999999", "-1"],
        &["\"9999-12-31T23:59:59.999999Z\"", "\"1969-12-31T23:59:59.999999Z\""],
    );
    takes("{ type: date, format: unix }", &["253402300799", "-1"], &["\"9999-12-31\"", "\"1969-12-31\""]);
}

#[test]
fn a_column_of_nulls_has_its_declared_type() {
    for name in ["list<date>", "map<string, decimal(9,2)>", "struct<a: struct<b: binary>>", "duration"] {
        let columns = contract(&format!("  c: \"{name}\"\n")).unwrap();
        let batch = build(&columns, "{}\n{\"c\":null}").unwrap();
        assert_eq!(batch.columns().get("c").unwrap().name(), name);
        assert_eq!(batch.rows().column(0).null_count(), 2);
        assert_eq!(&Columns::from_schema(batch.rows().schema_ref()).unwrap(), batch.columns());
    }
}

#[test]
fn says_which_part_of_a_value_breaks_the_contract() {
    let check = |declaration: &str, value: &str, expected: &str| {
        let columns = contract(&format!("  c: {declaration}\n")).unwrap();
        let error = build(&columns, &format!("{{\"c\":{value}}}")).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(error.help().is_some());
    };
    check(
        "date",
        "\"2024-11-29T10:00:00Z\"",
        "column `c` is a string (\"2024-11-29T10:00:00Z\"), but `columns` declares date",
    );
    check(
        "decimal(4,2)",
        "1.005",
        "column `c` is a number (1.005), which a decimal(4,2) does not hold exactly, but `columns` declares decimal(4,2)",
    );
    check("list<int>", "[1,\"x\"]", "column `c[1]` is a string (\"x\"), but `columns` declares int");
    check(
        "\"struct<a: list<bool>>\"",
        "{\"a\":[true,1]}",
        "column `c.a[1]` is a whole number (1), but `columns` declares bool",
    );
    check(
        "\"struct<a: int>\"",
        "{\"b\":1}",
        "column `c` is an object with a member `b`, but `columns` declares struct<a: int>",
    );
    check("map<string, int>", "{\"k\":0.5}", "column `c.k` is a number (0.5), but `columns` declares int");
    check("int", "\"1\"", "column `c` is a string (\"1\"), but `columns` declares int");
}

#[test]
fn columns_are_renamed_and_found_in_depth() {
    let columns = contract(
        "  Issue Key: { type: string, from: key }
  Status: { type: string, path: fields.status.name, default: none }
  First: { type: int, path: /fields/a.b~1c/0 }
  key again: { type: string, from: key }
",
    )
    .unwrap();
    let page = r#"{"key":"A-1","fields":{"status":{"name":"Done"},"a.b/c":[7]},"x":1}
{"fields":{},"key":"A-2"}"#;
    let batch = build(&columns, page).unwrap();
    let names: Vec<_> = batch.columns().iter().map(|column| column.name.as_str()).collect();
    // What only a part was taken of stays; nothing is lost without a word.
    assert_eq!(names, ["Issue Key", "Status", "First", "key again", "fields", "x"]);
    assert!(rows(&batch)[0].starts_with(r#""Issue Key":"A-1","Status":"Done","First":7,"key again":"A-1""#));
    assert!(
        rows(&batch)[1].starts_with(r#""Issue Key":"A-2","Status":"none","First":null,"key again":"A-2""#)
    );
    let error = build(&columns, r#"{"Issue Key":"A-1"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rows have a key `Issue Key`, but `columns` takes the column of that name from elsewhere"
    );
}

#[test]
fn bad_values_are_null_or_reject_their_row() {
    let columns = contract(
        "  id: { type: int, required: true, on_error: reject }
  day: { type: date, on_error: null }
  points: { type: float, default: 0 }
",
    )
    .unwrap();
    let page = r#"{"id":1,"day":"2024-11-29"}
{"id":"x","day":"2024-11-29","new":[1]}
{"id":2,"day":"soon","points":null}
{"day":"2024-11-29"}
{"id":3,"points":1}"#;
    let batch = build(&columns, page).unwrap();
    assert_eq!(
        rows(&batch),
        [
            r#""id":1,"day":"2024-11-29","points":0"#,
            r#""id":2,"day":null,"points":0"#,
            r#""id":3,"day":null,"points":1"#,
        ]
    );
    let rejected: Vec<_> = batch
        .outcome()
        .rejected
        .iter()
        .map(|row| (row.row, row.column.as_str(), row.json.as_str()))
        .collect();
    assert_eq!(
        rejected,
        [(1, "id", r#"{"id":"x","day":"2024-11-29","new":[1]}"#), (3, "id", r#"{"day":"2024-11-29"}"#),]
    );
    assert_eq!(
        batch.outcome().rejected[0].reason,
        "column `id` is a string (\"x\"), but `columns` declares int"
    );
    assert_eq!(batch.outcome().left_out.get("day"), Some(&1));
    assert_eq!(build(&columns, r#"{"id":1,"points":"x"}"#).unwrap_err().row(), Some(0));
}

#[test]
fn an_earlier_output_closes_the_contract() {
    let earlier = build(
        &Arc::default(),
        r#"{"n":1,"mixed":1,"text":"a","open":null,"o":{"a":1},"j":[1]}
{"n":1,"mixed":"x","text":"a","open":null,"o":{"a":2},"j":{}}"#,
    )
    .unwrap();
    let earlier = earlier.columns().published();
    let declared = contract("  day: date\n").unwrap();

    let frozen = Arc::new(declared.closed_over(&earlier, Extras::Refuse));
    let fits = r#"{"n":2,"mixed":0.5,"text":true,"open":5,"o":{"a":null},"j":"x","day":"2024-11-29"}"#;
    let batch = build(&frozen, fits).unwrap();
    assert_eq!(
        rows(&batch),
        [r#""day":"2024-11-29","n":2,"mixed":"0.5","text":"true","o":{"a":null},"j":"x","open":5"#]
    );
    let refused = |row: &str, expected: &str| {
        assert_eq!(build(&frozen, row).unwrap_err().to_string(), expected);
    };
    refused(r#"{"new":1}"#, "column `new` is new, and `evolution` is `freeze`");
    refused(
        r#"{"n":0.5}"#,
        "column `n` is a number (0.5), but the table has int, and `evolution` is `freeze`",
    );
    refused(
        r#"{"o":{"b":1}}"#,
        "column `o` is an object with a member `b`, but the table has struct<a: int>, and `evolution` is `freeze`",
    );

    let discarding = Arc::new(declared.closed_over(&earlier, Extras::Drop));
    let batch = build(&discarding, r#"{"n":0.5,"new":1,"o":{"a":1,"b":2}}"#).unwrap();
    assert_eq!(rows(&batch), [r#""day":null,"n":null,"mixed":null,"text":null,"o":{"a":1},"j":null"#]);
    let left_out: Vec<_> =
        batch.outcome().left_out.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(left_out, [("n", 1), ("new", 1)]);
}

#[test]
fn a_contract_can_be_sent_to_another_process() {
    let columns = contract(
        "  a: { type: \"decimal(38,2)\", default: \"123456789012345678901234567890.12\", on_error: reject }
  b: { type: \"struct<x: list<date>>\", path: p.q, format: \"%d.%m.%Y\" }
",
    )
    .unwrap();
    let earlier = build(&Arc::default(), r#"{"open":null,"n":1}"#).unwrap();
    let closed = columns.closed_over(earlier.columns(), Extras::Drop);
    for sent in [columns.as_ref(), &closed] {
        let json = serde_json::to_string(sent).unwrap();
        assert_eq!(&serde_json::from_str::<DeclaredColumns>(&json).unwrap(), sent);
    }
    let more = closed
        .with([DeclaredColumn::new("n", ColumnType::Text), DeclaredColumn::new("told", ColumnType::Date)]);
    let names: Vec<_> = more.as_slice().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "n", "told"]);
    assert_eq!(
        rows(&build(&more.into(), r#"{"a":1,"open":1,"x":1}"#).unwrap()),
        [r#""a":1.00,"b":null,"n":null,"told":null,"open":1"#]
    );
}

#[test]
fn mistakes_in_the_contract_are_shown_where_they_stand() {
    let mistakes = contract(
        "  a: { type: number }
  b: list<int
  c: { type: date, format: dd.mm.yyyy }
  d: { type: string, from: x, path: y.z }
  e: { type: int, required: true, on_error: null }
  f: { type: int, default: many }
  g: { type: int, path: a..b }
  h: ${TYPE}
  i: { typ: int }
",
    );
    insta::assert_snapshot!(mistakes.unwrap_err());
}

#[test]
fn columns_that_nobody_wants_are_not_built() {
    let sample = build(&Arc::default(), r#"{"n":1,"text":"a","o":{"a":1}}"#).unwrap();
    let declared = contract("  day: { type: date, path: meta.day }\n");
    let declared = declared.unwrap_or_else(|error| panic!("{error}"));
    let columns = Arc::new(declared.only(&sample.columns().published(), &["day", "n"]));
    let batch = build(&columns, r#"{"n":2,"text":5,"o":7,"new":1,"meta":{"day":"2024-11-29"}}"#).unwrap();
    assert_eq!(rows(&batch), [r#""day":"2024-11-29","n":2"#]);
    assert!(batch.outcome().left_out.is_empty(), "what is not asked for is not counted");
    assert!(columns.wants("meta") && columns.wants("n") && !columns.wants("text") && !columns.wants("day"));
}

#[test]
fn the_help_is_about_the_text_that_is_there() {
    let check = |declaration: &str, value: &str, expected: &str| {
        let columns = contract(&format!("  c: {declaration}\n")).unwrap();
        let help =
            build(&columns, &format!("{{\"c\":null}}\n{{\"c\":{value}}}")).unwrap_err().help().unwrap();
        assert!(help.contains(expected), "{declaration} {value}: {help}");
    };
    check("timestamp", "\"2016-12-31T23:59:60Z\"", "no second 60 (a leap second)");
    check("time", "\"24:00\"", "ends before 24:00");
    check("timestamp", "\"2024-11-29T10:44:51\"", "declare `timestamp_ntz`");
    check("timestamp", "\"2024-11-29\"", "declare `date`");
    check("timestamp_ntz", "\"2024-11-29T10:44:51Z\"", "declare `timestamp`");
    check("date", "\"2024-11-29T10:44:51Z\"", "has a time of day");
    check("timestamp", "1732877091", "`format: unix`");
    check(
        "{ type: timestamp, format: '%d.%m.%Y' }",
        "\"2024-11-29\"",
        "is not as the column's `format` says",
    );
    check(
        "{ type: timestamp, format: unix }",
        "1732877091887",
        "years 0001 to 9999 of a timestamp: is the column's `format` `unix_ms`?",
    );
    check("{ type: timestamp, format: unix_ms }", "1732877091887000", "`unix_us`?");
    check("{ type: date, format: unix }", "-62135596801", "years 0001 to 9999 of a date");
    check("{ type: timestamp, format: unix }", "\"soon\"", "takes a number");
    check("{ type: time, format: unix }", "86400", "less than 24:00:00");
    check("{ type: timestamp, format: unix_us }", "20000000000000000.5e1", "return it as text");
    check("{ type: date, format: '%d.%m.%Y' }", "\"29.11.24\"", "is not as the column's `format` says");
    check("duration", "\"P1M\"", "no fixed length");
    check("duration", "\"PT9223372036855S\"", "292,271 years");
}

#[test]
fn a_declared_column_that_no_row_has_is_told() {
    let yaml = "  Creted: timestamp\n  late: int\n  Up: { type: string, path: a.b }\n  fixed: { type: string, default: x }\n  \
                Kee: { type: string, default: x }\n  From: { type: string, from: frm }\n";
    let columns = contract(yaml).unwrap();
    let page = build(&columns, "{\"Created\":1,\"Key\":\"a\"}\n{\"late\":null}\n{\"a\":{\"c\":1}}").unwrap();
    assert_eq!(page.outcome().absent, ["Creted", "Up", "fixed", "Kee", "From"]);
    let check = |name: &str, expected: Option<&str>| {
        let known = page.columns().iter().map(|column| column.name.as_str());
        assert_eq!(columns.absence(name, known).as_deref(), expected, "{name}");
    };
    check("Creted", Some("no row has `Creted`, which `columns` declares; did you mean `Created`?"));
    check(
        "Up",
        Some(
            "no row has a value at `a.b`, from which `columns` takes `Up`; rows also have `Created`, `Key`, `a`",
        ),
    );
    check("fixed", None);
    check("Kee", Some("no row has `Kee`, which `columns` declares; did you mean `Key`?"));
    assert_eq!(Batch::from_ipc(page.to_ipc().unwrap()).unwrap().outcome(), page.outcome());
    assert!(build(&columns, "").unwrap().outcome().absent.is_empty());
}

#[test]
fn a_default_is_the_text_that_is_written_where_text_is_wanted() {
    let check = |declaration: &str, expected: &str| {
        let columns = contract(&format!("  c: {declaration}\n")).unwrap();
        assert_eq!(rows(&build(&columns, "{}").unwrap()), [format!("\"c\":{expected}")], "{declaration}");
    };
    for word in ["NO", "1.10", "1e3", "007", "true", "0x10"] {
        check(&format!("{{ type: string, default: {word} }}"), &format!("\"{word}\""));
        check(&format!("{{ type: list<string>, default: [{word}] }}"), &format!("[\"{word}\"]"));
    }
    check("{ type: 'decimal(22,2)', default: 12345678901234567890.12 }", "12345678901234567890.12");
    check("{ type: int, default: 0x10 }", "16");
    check("{ type: date, default: 9999-12-31 }", "\"9999-12-31\"");
}

//! What rows become, alone and in pages cut anywhere.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use arrow::{
    array::{AsArray, RecordBatch},
    compute::concat_batches,
    datatypes::Float64Type,
};
use proptest::prelude::*;

use super::*;

type Row<'a> = Vec<(&'a str, Cell<'a>)>;

fn build(declared: &Arc<DeclaredColumns>, rows: &[Row<'_>]) -> Result<Batch, TableError> {
    let mut builder = BatchBuilder::new(Arc::clone(declared));
    for row in rows {
        for (column, cell) in row {
            builder.push(column, cell.clone())?;
        }
        builder.end_row()?;
    }
    builder.finish()
}

fn inferred(rows: &[Row<'_>]) -> Batch {
    build(&Arc::default(), rows).unwrap()
}

fn text(text: &str) -> Cell<'_> {
    Cell::Text(text.into())
}

fn object<'a>(members: &[(&'a str, Cell<'a>)]) -> Cell<'a> {
    Cell::Struct(members.iter().map(|(name, cell)| (Cow::Borrowed(*name), cell.clone())).collect())
}

/// The values of a column as readers see them, as JSON, `∅` for null.
fn published(batch: &Batch, column: &str) -> Vec<String> {
    let rows = cast(batch, &batch.columns().published()).unwrap();
    json(&rows).iter().map(|row| row[column].clone()).collect()
}

fn json(rows: &RecordBatch) -> Vec<HashMap<String, String>> {
    let columns = ColumnText::of(rows).unwrap();
    let row = |row| {
        let value = |(column, field): (&ColumnText<'_>, &arrow::datatypes::FieldRef)| {
            let mut value = String::new();
            match column.is_null(row) {
                true => value.push('∅'),
                false => column.push_json(row, &mut value),
            }
            (field.name().clone(), value)
        };
        columns.iter().zip(rows.schema_ref().fields()).map(value).collect()
    };
    (0..rows.num_rows()).map(row).collect()
}

#[test]
fn infers_the_narrowest_type_and_keeps_every_value() {
    let check = |cells: &[Cell<'_>], expected_type: &str, expected: &[&str]| {
        let rows: Vec<Row<'_>> = cells.iter().map(|cell| vec![("c", cell.clone())]).collect();
        let batch = inferred(&rows);
        assert_eq!(batch.columns().get("c").unwrap().name(), expected_type, "{cells:?}");
        assert_eq!(published(&batch, "c"), expected, "{cells:?}");
    };
    let long = Cell::Int(i64::MAX);
    check(&[Cell::Null, Cell::Null], "string", &["∅", "∅"]);
    check(&[Cell::Null, Cell::Int(1)], "int", &["∅", "1"]);
    check(&[Cell::Int(1), Cell::Float(0.5), Cell::Int(2)], "float", &["1", "0.5", "2"]);
    check(&[Cell::Int(1), long.clone()], "int", &["1", "9223372036854775807"]);
    check(&[long, Cell::Float(0.5)], "string", &["\"9223372036854775807\"", "\"0.5\""]);
    check(&[Cell::Float(1.0), text("\"a"), Cell::Bool(true)], "string", &["\"1\"", "\"\\\"a\"", "\"true\""]);
    check(&[Cell::Timestamp(1_000), text("a")], "string", &["\"1970-01-01T00:00:00.001Z\"", "\"a\""]);
    check(
        &[Cell::List(vec![]), Cell::List(vec![Cell::Int(1), Cell::Null])],
        "list<int>",
        &["[]", "[1,null]"],
    );
    check(&[Cell::List(vec![]), Cell::Null], "list<string>", &["[]", "∅"]);
    check(&[text("1"), Cell::Int(1), Cell::List(vec![Cell::Int(1)])], "json", &["\"1\"", "1", "[1]"]);
    check(&[object(&[])], "json", &["{}"]);
    check(
        &[
            object(&[]),
            object(&[("a", Cell::Int(1))]),
            Cell::Null,
            object(&[("b", text("x")), ("a", Cell::Null)]),
        ],
        "struct<a: int, b: string>",
        &["{\"a\":null,\"b\":null}", "{\"a\":1,\"b\":null}", "∅", "{\"a\":null,\"b\":\"x\"}"],
    );
    check(
        &[object(&[("z", Cell::Int(1)), ("a", Cell::Null), ("b", text("1"))]), text("x")],
        "json",
        &["{\"b\":\"1\",\"z\":1}", "\"x\""],
    );
    let nested = object(&[("a", Cell::List(vec![object(&[("b", Cell::Float(f64::NAN))])]))]);
    check(&[nested], "struct<a: list<struct<b: float>>>", &["{\"a\":[{\"b\":null}]}"]);
}

#[test]
fn columns_are_the_union_in_first_seen_order() {
    let batch = inferred(&[
        vec![("Issue Key", text("A-1")), ("Description", Cell::Null)],
        vec![("Description", text("d")), ("new", Cell::Int(1))],
        vec![],
    ]);
    let names: Vec<&str> = batch.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["Issue Key", "Description", "new"]);
    assert_eq!(published(&batch, "Issue Key"), ["\"A-1\"", "∅", "∅"]);
    assert_eq!(published(&batch, "new"), ["∅", "1", "∅"]);
    assert_eq!(inferred(&[vec![], vec![]]).n_rows(), 2);
}

#[test]
fn the_last_cell_for_a_column_counts() {
    let twice = |first: Cell<'static>, last: Cell<'static>| vec![("c", first), ("c", last)];
    let check = |rows: &[Row<'_>], expected: &[&str]| assert_eq!(published(&inferred(rows), "c"), expected);
    check(&[twice(Cell::Int(1), Cell::Int(2))], &["2"]);
    check(&[twice(Cell::Null, Cell::Int(2)), twice(Cell::Int(1), Cell::Null)], &["2", "∅"]);
    check(&[twice(text("a"), Cell::Int(2)), twice(Cell::List(vec![]), Cell::Int(3))], &["2", "3"]);
    let members = object(&[("a", Cell::Int(1)), ("a", Cell::Int(2))]);
    check(&[vec![("c", members)]], &["{\"a\":2}"]);
}

#[test]
fn objects_without_end_become_json_text() {
    let names: Vec<String> = (0..=MAX_MEMBERS).map(|n| format!("k{n}")).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), Cell::Int(1))).collect();
    let rows = [
        vec![("c", object(&[("a", Cell::Int(1))]))],
        vec![("c", object(&members)), ("c", object(&[]))],
        vec![("c", object(&[("b", Cell::Null)]))],
    ];
    let batch = inferred(&rows);
    assert_eq!(batch.columns().get("c"), Some(&ColumnType::Json));
    assert_eq!(published(&batch, "c"), ["{\"a\":1}", "{}", "{}"]);

    let deep = (0..MAX_DEPTH + 2).fold(Cell::Int(1), |inner, _| Cell::List(vec![inner]));
    let batch = inferred(&[vec![("c", deep)]]);
    let expected = format!("{}json{}", "list<".repeat(MAX_DEPTH), ">".repeat(MAX_DEPTH));
    assert_eq!(batch.columns().get("c").unwrap().name(), expected);
    let brackets = ("[".repeat(MAX_DEPTH + 2), "]".repeat(MAX_DEPTH + 2));
    assert_eq!(published(&batch, "c"), [format!("{}1{}", brackets.0, brackets.1)]);
}

#[test]
fn keys_that_are_data_are_refused() {
    let names: Vec<String> = (0..=MAX_COLUMNS).map(|n| format!("ABC-{n}")).collect();
    let row: Row<'_> = names.iter().map(|name| (name.as_str(), Cell::Null)).collect();
    let error = build(&Arc::default(), &[row]).unwrap_err();
    assert_eq!(error.row(), Some(0));
    assert_eq!(
        error.to_string(),
        "`ABC-10000` would be one column more than the 10000 that a table may have"
    );
}

/// Objects in objects, each with `n` keys that no other one has.
fn tree(depth: u32, n: usize, names: &mut u32) -> Cell<'static> {
    if depth == 0 {
        return Cell::Null;
    }
    let member = |_| {
        *names += 1;
        (format!("k{names}").into(), tree(depth - 1, n, names))
    };
    Cell::Struct((0..n).map(member).collect())
}

#[test]
fn keys_of_objects_that_are_data_are_refused() {
    let error = build(&Arc::default(), &[vec![("r", tree(3, 40, &mut 0))]]).unwrap_err();
    assert_eq!((error.row(), error.column()), (Some(0), Some("r")));
    assert!(
        error.to_string().ends_with(
            "of an object in `r` would be one column more than the 10000 that objects may have together"
        ),
        "{error}"
    );
    assert!(error.help().unwrap().contains("declare `r: json` in `columns`"));
    // They count together, wherever they are: in rows, in lists, in other columns.
    let rows = |n: usize| -> Vec<Row<'_>> {
        let list = |tree| Cell::List(vec![Cell::Null, tree]);
        let mut names = 0;
        (0..n).map(|_| vec![("a", tree(2, 30, &mut names)), ("b", list(tree(2, 30, &mut names)))]).collect()
    };
    assert!(build(&Arc::default(), &rows(5)).is_ok());
    assert!(matches!(build(&Arc::default(), &rows(6)), Err(TableError::TooManyMembers { .. })));
    // As JSON they are one column, whatever is in them; so is an object with very many keys.
    let json = declared(&[("r", ColumnType::Json, false)]);
    assert!(build(&json, &[vec![("r", tree(3, 40, &mut 0))]]).is_ok());
    let batch = inferred(&[vec![("r", tree(1, 60_000, &mut 0))], vec![("r", Cell::Struct(vec![]))]]);
    assert_eq!(batch.columns().get("r"), Some(&ColumnType::Json));
}

#[test]
fn objects_of_all_pages_count_together() {
    let wide = |prefix: &str| {
        let inner =
            || ColumnType::Struct((0..100).map(|n| (format!("{prefix}{n}"), ColumnType::Int)).collect());
        let members = (0..70).map(|n| (format!("{prefix}-{n}"), inner())).collect();
        let column_type = ColumnType::List(Box::new(ColumnType::Struct(members)));
        Columns::new(vec![ColumnSpec { name: "r".into(), column_type, required: false }])
    };
    let (one, other) = (wide("a"), wide("b"));
    assert_eq!((one.member_too_many(), other.member_too_many()), (None, None));
    assert_eq!(one.unify(&other).member_too_many(), Some(("r", "b0")));
}

fn declared(columns: &[(&str, ColumnType, bool)]) -> Arc<DeclaredColumns> {
    let column = |(name, column_type, required): &(&str, ColumnType, bool)| {
        let column = DeclaredColumn::new(*name, column_type.clone());
        if *required { column.required() } else { column }
    };
    Arc::new(DeclaredColumns::new(columns.iter().map(column).collect()))
}

fn contract() -> Arc<DeclaredColumns> {
    use ColumnType::{Float, Json, Long, Text, Timestamp};
    declared(&[
        ("key", Text, true),
        ("points", Float, false),
        ("at", Timestamp, false),
        ("raw", Json, false),
        ("n", Long, false),
    ])
}

#[test]
fn declared_columns_come_first_and_as_declared() {
    let raw = object(&[("b", Cell::Null), ("a", Cell::Float(1.5))]);
    let rows = [vec![
        ("raw", raw.clone()),
        ("key", Cell::Null),
        ("key", text("A-1")),
        ("at", text("2024-11-29T10:44:51.887-0800")),
        ("points", Cell::Int(3)),
        ("extra", Cell::Bool(true)),
    ]];
    let batch = build(&contract(), &rows).unwrap();
    let names: Vec<_> =
        batch.columns().iter().map(|column| (column.name.as_str(), column.required)).collect();
    assert_eq!(
        names,
        [("key", true), ("points", false), ("at", false), ("raw", false), ("n", false), ("extra", false)]
    );
    assert_eq!(published(&batch, "raw"), ["{\"b\":null,\"a\":1.5}"]);
    assert_eq!(published(&batch, "at"), ["\"2024-11-29T18:44:51.887Z\""]);
    assert_eq!(batch.rows().column(1).as_primitive::<Float64Type>().value(0), 3.0);
    assert_eq!(build(&contract(), &[]).unwrap().columns(), &contract().columns());
}

#[test]
fn what_breaks_the_declaration_is_said_with_its_row() {
    let check = |row: Row<'_>, expected: &str| {
        let error = build(&contract(), &[vec![("key", text("ok"))], row]).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.row(), Some(1));
        assert!(error.help().is_some());
    };
    check(vec![("key", Cell::Int(5))], "column `key` is a whole number (5), but `columns` declares string");
    check(
        vec![("key", text("a")), ("at", text("soon"))],
        "column `at` is a string (\"soon\"), but `columns` declares timestamp",
    );
    check(
        vec![("key", text("a")), ("n", Cell::Float(0.5))],
        "column `n` is a number (0.5), but `columns` declares int",
    );
    check(
        vec![("points", Cell::Int(i64::MAX))],
        "column `points` is a whole number (9223372036854775807), which a float does not hold exactly, \
         but `columns` declares float",
    );
    let missing = "column `key` is null or missing, but `columns` says it is required";
    check(vec![("key", Cell::Null)], missing);
    check(vec![("key", text("a")), ("key", Cell::Null)], missing);
    check(vec![], missing);
}

#[test]
fn a_required_column_cannot_be_made_up() {
    let batch = inferred(&[vec![("c", Cell::Int(1))]]);
    let error = cast(&batch, &contract().columns()).unwrap_err();
    assert_eq!(error.to_string(), "column `key` is required, but the rows do not have it");
}

fn cells() -> impl Strategy<Value = Cell<'static>> {
    let leaf = prop_oneof![
        Just(Cell::Null),
        any::<bool>().prop_map(Cell::Bool),
        any::<i64>().prop_map(Cell::Int),
        (-100_i64..100).prop_map(Cell::Int),
        (-1e3..1e3_f64).prop_map(Cell::Float),
        proptest::sample::select(vec![f64::NAN, f64::NEG_INFINITY, -0.0, 1e300, 0.1]).prop_map(Cell::Float),
        "[a-c\"\\\\é]{0,3}".prop_map(|text| Cell::Text(text.into())),
        proptest::sample::select(vec!["1", "NaN", "true", "null", "{}"]).prop_map(text),
        (0_i64..1 << 50).prop_map(Cell::Timestamp),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Cell::List),
            prop::collection::vec(("[a-d]", inner), 0..4).prop_map(|members| Cell::Struct(
                members.into_iter().map(|(name, member)| (name.into(), member)).collect()
            )),
        ]
    })
}

fn rows() -> impl Strategy<Value = Vec<Vec<(String, Cell<'static>)>>> {
    // One kind of value per column is what APIs send mostly; any kind in any row is what they may.
    let same_kind = prop_oneof![
        prop::collection::vec(cells(), 1..16),
        prop::collection::vec((-5_i64..5).prop_map(Cell::Int), 1..16),
        prop::collection::vec(prop::option::of("[a-z]{0,4}"), 1..16).prop_map(|texts| {
            texts.into_iter().map(|text| text.map_or(Cell::Null, |text| Cell::Text(text.into()))).collect()
        }),
    ];
    prop::collection::vec(("[p-r]", same_kind), 1..4).prop_map(|columns| {
        let longest = columns.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        let row = |index: usize| {
            let cell = |(name, cells): &(String, Vec<Cell<'static>>)| {
                cells.get(index).map(|cell| (name.clone(), cell.clone()))
            };
            columns.iter().filter_map(cell).collect()
        };
        (0..longest).map(row).collect()
    })
}

fn borrowed(rows: &[Vec<(String, Cell<'static>)>]) -> Vec<Row<'static>> {
    let leak = |name: &String| -> &'static str {
        ["p", "q", "r"].into_iter().find(|known| known == name).expect("columns are p, q, r")
    };
    rows.iter().map(|row| row.iter().map(|(name, cell)| (leak(name), cell.clone())).collect()).collect()
}

proptest! {
    /// Pages cut anywhere give the columns and the values of one page that holds all rows, also when earlier pages
    /// were written in narrower types and read back.
    #[test]
    fn where_pages_end_makes_no_difference(rows in rows(), cuts in prop::collection::vec(0_usize..16, 0..4)) {
        let rows = borrowed(&rows);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(rows.len())).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        let pages: Vec<Batch> = cuts.windows(2).map(|cut| inferred(&rows[cut[0]..cut[1]])).collect();
        let whole = inferred(&rows);

        let mut columns = Columns::default();
        let mut parts: Vec<RecordBatch> = Vec::new();
        for page in &pages {
            columns = columns.unify(page.columns());
            parts.push(cast(page, &columns).unwrap());
        }
        prop_assert_eq!(&columns, whole.columns());

        let last = columns.published();
        let schema = last.to_schema(HashMap::new());
        let parts: Vec<_> = parts.iter().map(|part| cast_record_batch(part, &last).unwrap()).collect();
        let joined = concat_batches(&schema, &parts).unwrap();
        prop_assert_eq!(&joined, &cast(&whole, &last).unwrap());
        for row in json(&joined) {
            for value in row.values().filter(|value| *value != "∅") {
                prop_assert!(serde_json::from_str::<serde_json::Value>(value).is_ok(), "{}", value);
            }
        }
    }

    /// A value can be read back from a column declared as JSON.
    #[test]
    fn declared_json_is_exact(cell in cells()) {
        let columns = declared(&[("c", ColumnType::Json, false)]);
        let batch = build(&columns, &[vec![("c", cell.clone())]]).unwrap();
        let mut expected = String::new();
        crate::text::push_cell_json(&cell, crate::text::Members::AsTheyAre, &mut expected);
        if cell == Cell::Null {
            expected = "∅".into();
        }
        prop_assert_eq!(published(&batch, "c"), [expected]);
    }

    /// Numbers that become text keep every digit.
    #[test]
    fn numbers_survive_becoming_text(values in prop::collection::vec(any::<i64>(), 1..8)) {
        let mut rows: Vec<Row<'_>> = values.iter().map(|value| vec![("c", Cell::Int(*value))]).collect();
        rows.push(vec![("c", text("end"))]);
        let written: Vec<String> =
            values.iter().map(|value| format!("\"{value}\"")).chain(["\"end\"".into()]).collect();
        prop_assert_eq!(published(&inferred(&rows), "c"), written);
    }
}

//! What becomes of the digits of numbers, inferred and declared.

use std::sync::Arc;

use pipeline_config::{Environment, Field, Reader, Section, Shape, Style};
use proptest::prelude::*;

use super::*;

fn contract(yaml: &str) -> Arc<DeclaredColumns> {
    const FIELDS: &[Field] =
        &[Field::optional("columns", Shape::Map(&Shape::Section(COLUMN_FIELDS)), "The columns.")];
    let reader = Reader::new(Environment::empty());
    let node = reader.parse("p.yaml", &format!("columns: {yaml}")).unwrap();
    let columns = DeclaredColumns::read(&Section::read(&reader, &node, FIELDS), "columns");
    reader.finish(Some(Arc::new(columns)), Style::Plain).map_err(|invalid| invalid.rendered).unwrap()
}

/// A number as the page has it.
fn number(written: &str) -> Cell<'_> {
    Cell::Number(written.into())
}

fn object<'a>(name: &'a str, cell: Cell<'a>) -> Cell<'a> {
    Cell::Struct(vec![(name.into(), cell)])
}

fn page(columns: &Arc<DeclaredColumns>, cells: Vec<Cell<'_>>) -> Result<Batch, TableError> {
    let mut rows = BatchBuilder::new(Arc::clone(columns));
    for cell in cells {
        rows.push("c", cell)?;
        rows.end_row()?;
    }
    rows.finish()
}

/// The type of the column and its values as JSON, as readers see them.
fn seen(pages: &[Batch]) -> (String, Vec<String>) {
    let columns = pages.iter().fold(Columns::default(), |all, page| all.unify(page.columns())).published();
    let mut values = Vec::new();
    for page in pages {
        let rows = cast(page, &columns).unwrap();
        let texts = ColumnText::of(&rows).unwrap();
        for row in 0..rows.num_rows() {
            let mut json = String::new();
            texts[0].push_json(row, &mut json);
            values.push(json);
        }
    }
    (columns.get("c").unwrap().name(), values)
}

fn check(columns: &str, cells: Vec<Cell<'_>>, (column_type, values): (&str, &[&str])) {
    let columns = if columns.is_empty() { Arc::default() } else { contract(columns) };
    let (found_type, found) = seen(&[page(&columns, cells).unwrap()]);
    assert_eq!(
        (found_type.as_str(), found.iter().map(String::as_str).collect::<Vec<_>>()),
        (column_type, values.to_vec())
    );
}

#[test]
fn whole_numbers_of_64_bits_keep_their_digits() {
    let ids = || vec![number("1909699624467843943"), number("1"), number("-9223372036854775808")];
    check("", ids(), ("int", &["1909699624467843943", "1", "-9223372036854775808"]));
    check("{ c: int }", ids(), ("int", &["1909699624467843943", "1", "-9223372036854775808"]));
    check(
        "{ c: string }",
        ids(),
        ("string", &[r#""1909699624467843943""#, r#""1""#, r#""-9223372036854775808""#]),
    );
    check(
        "{ c: \"decimal(38,0)\" }",
        ids(),
        ("decimal(38,0)", &["1909699624467843943", "1", "-9223372036854775808"]),
    );
    check("", vec![number("1.0"), number("1e3"), number("-0")], ("int", &["1", "1000", "0"]));
    // A float beside them would lose digits, so that all are text.
    let mixed = vec![number("1909699624467843943"), number("0.5"), number("7")];
    check("", mixed, ("string", &[r#""1909699624467843943""#, r#""0.5""#, r#""7""#]));
}

#[test]
fn pages_widen_without_losing_digits() {
    let pages: Vec<Batch> = [number("3"), number("1909699624467843943"), number("0.25")]
        .into_iter()
        .map(|cell| page(&Arc::default(), vec![cell]).unwrap())
        .collect();
    assert_eq!(seen(&pages[..2]), ("int".into(), vec!["3".into(), "1909699624467843943".into()]));
    let all = vec![r#""3""#.to_owned(), r#""1909699624467843943""#.to_owned(), r#""0.25""#.to_owned()];
    assert_eq!(seen(&pages), ("string".into(), all));
}

#[test]
fn json_text_has_the_digits_of_the_page() {
    let shapes = vec![
        object("a", number("9007199254740993")),
        Cell::List(vec![number("18446744073709551615")]),
        object("a", number("123456789012345678901234567890")),
    ];
    let canonical =
        [r#"{"a":9007199254740993}"#, "[18446744073709551615]", r#"{"a":123456789012345678901234567890}"#];
    check("", shapes, ("json", &canonical));
    let as_written = vec![object("a", number("1.10")), number("1e400"), number("-0.0")];
    check("{ c: json }", as_written, ("json", &[r#"{"a":1.10}"#, "1e400", "-0.0"]));
}

#[test]
fn what_64_bits_do_not_hold_is_declared_or_refused() {
    let refused = |columns: &str, cell: Cell<'_>, (row, message, help): (Option<usize>, &str, &str)| {
        let columns = if columns.is_empty() { Arc::default() } else { contract(columns) };
        let error = page(&columns, vec![Cell::Null, cell]).unwrap_err();
        assert_eq!((error.row(), error.to_string().as_str()), (row, message));
        assert_eq!(error.help().as_deref(), Some(help));
    };
    refused(
        "",
        number("18446744073709551615"),
        (
            Some(1),
            "column `c` is a whole number (18446744073709551615) that 64 bits do not hold",
            "declare `c` in `columns` as `string` (text with all digits) or `decimal(20,0)`",
        ),
    );
    refused(
        "",
        Cell::List(vec![object("id", number("-9223372036854775809"))]),
        (
            None,
            "column `c[].id` is a whole number (-9223372036854775809) that 64 bits do not hold",
            "declare `c` in `columns`, with `string` (text with all digits) or `decimal(19,0)` where the number is, or \
             as `json`",
        ),
    );
    refused(
        "{ c: int }",
        number("9223372036854775808"),
        (
            Some(1),
            "column `c` is a whole number (9223372036854775808), which 64 bits do not hold, but `columns` declares int",
            "declare `c` in `columns` as `string` (text with all digits) or `decimal(38,0)`",
        ),
    );
}

#[test]
fn what_64_bits_do_not_hold_has_room_by_declaration() {
    let large = || vec![number("18446744073709551615"), number("-99999999999999999999")];
    check("{ c: string }", large(), ("string", &[r#""18446744073709551615""#, r#""-99999999999999999999""#]));
    check(
        "{ c: \"decimal(20,0)\" }",
        large(),
        ("decimal(20,0)", &["18446744073709551615", "-99999999999999999999"]),
    );
    check("{ c: json }", large(), ("json", &["18446744073709551615", "-99999999999999999999"]));
    check(
        "{ c: \"struct<id: string>\" }",
        vec![object("id", number("18446744073709551615"))],
        ("struct<id: string>", &[r#"{"id":"18446744073709551615"}"#]),
    );
    check(
        "{ c: float }",
        vec![number("100000000000000000000"), number("0.1")],
        ("float", &["100000000000000000000", "0.1"]),
    );
}

#[test]
fn decimals_take_the_digits_of_the_page_and_none_that_a_double_made_up() {
    check(
        "{ c: \"decimal(38,2)\" }",
        vec![number("12345678901234567890.12"), number("1e3")],
        ("decimal(38,2)", &["12345678901234567890.12", "1000.00"]),
    );
    let error = |cell: Cell<'_>, column_type: &str| {
        let error = page(&contract(&format!("{{ c: \"{column_type}\" }}")), vec![cell]).unwrap_err();
        format!("{error}\n{}", error.help().unwrap_or_default())
    };
    let found = [
        error(Cell::Float(12_345_678_901_234_567_890.12), "decimal(38,2)"),
        error(Cell::Float(99_999_999_999_999.98), "decimal(38,2)"),
        error(Cell::Float(9_007_199_254_740_992.0), "int"),
        error(Cell::Float(9_007_199_254_740_992.0), "string"),
        error(Cell::Int(9_007_199_254_740_993), "float"),
        error(number("0.125"), "decimal(4,2)"),
    ];
    insta::assert_snapshot!(found.join("\n\n"));
    check(
        "{ c: \"decimal(18,2)\" }",
        vec![Cell::Float(9_999_999_999_999.99), Cell::Float(0.1)],
        ("decimal(18,2)", &["9999999999999.99", "0.10"]),
    );
}

#[test]
fn doubles_beyond_2_53_are_counted() {
    let large = || Cell::Float(9_007_199_254_740_992.0);
    let count = |columns: &str, cells: Vec<Cell<'_>>| {
        let columns = if columns.is_empty() { Arc::default() } else { contract(columns) };
        let batch = page(&columns, cells).unwrap();
        let rounded = &batch.outcome().rounded;
        rounded
            .iter()
            .map(|(place, rounded)| format!("{place}: {}", rounded.n))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(
        count("", vec![large(), Cell::Int(1), large(), Cell::Float(0.5), Cell::Float(f64::INFINITY)]),
        "c: 2"
    );
    assert_eq!(count("", vec![object("id", large()), Cell::Null, object("id", large())]), "c.id: 2");
    assert_eq!(count("", vec![Cell::List(vec![large(), Cell::Text("a".into())])]), "c[]: 1");
    // Some of them before the column became JSON text, and some after.
    let shapes = vec![object("id", large()), Cell::List(vec![large()]), object("id", large())];
    assert_eq!(count("", shapes), "c: 2, c.id: 1");
    assert_eq!(count("{ c: json }", vec![object("id", large())]), "c: 1");
    assert_eq!(count("{ c: float }", vec![large()]), "");
    // Digits of a page that a double gives back are not lost.
    assert_eq!(count("", vec![number("1e16"), number("1e300"), number("0.5")]), "");
    assert_eq!(count("", vec![number("12345678901234567890.12")]), "");
}

#[test]
fn values_that_have_lost_something_name_nothing() {
    let check = |columns: &str, cells: Vec<Cell<'_>>, expected: &str| {
        let columns = if columns.is_empty() { Arc::default() } else { contract(columns) };
        let batch = page(&columns, cells).unwrap();
        let refusal = batch.rounded("c").map(|lost| {
            let warning = if lost.warning("c", batch.columns()).is_some() { "warns: " } else { "" };
            format!("{warning}{}", lost.refusal("c", "a key"))
        });
        let refusal = refusal.unwrap_or_default();
        match expected {
            "" => assert_eq!(refusal, "", "{columns:?}"),
            expected => assert!(refusal.contains(expected), "{expected}: {refusal}"),
        }
    };
    let number_beyond =
        "warns: `c` has 2 numbers with more digits than a double keeps, such as 12345678901234567890.12";
    check(
        "",
        vec![number("12345678901234567890.12"), number("0.5"), number("12345678901234567890.13")],
        number_beyond,
    );
    let fraction = "`c` has 1 number with more digits than a double keeps, such as 0.1234567890123456789, and is used as a key";
    check("", vec![number("0.5"), number("0.1234567890123456789")], fraction);
    check(
        "{ c: float }",
        vec![number("0.1234567890123456789")],
        "declare `c` in `columns` as `decimal(p,s)` or `string`",
    );
    check(
        "{ c: float }",
        vec![Cell::Float(9_007_199_254_740_992.0)],
        "1 whole number beyond 2^53 that came as doubles",
    );
    check("{ c: \"decimal(30,20)\" }", vec![number("0.1234567890123456789")], "");
    check("{ c: string }", vec![number("0.1234567890123456789")], "");
    check("", vec![number("1e16"), number("4062.6168251037598"), number("0.1")], "");
    let micros =
        "warns: `c` has 1 value with digits below the microsecond, such as `2024-11-29T10:44:51.1234567Z`";
    check("{ c: timestamp }", vec![Cell::Text("2024-11-29T10:44:51.1234567Z".into())], micros);
    check(
        "{ c: { type: timestamp, format: unix } }",
        vec![number("253402300799.1234567")],
        "below the microsecond",
    );
    check("{ c: { type: timestamp, format: unix } }", vec![number("253402300799.123457")], "");
    check("{ c: { type: duration, format: seconds } }", vec![number("0.0000001")], "below the microsecond");
}

#[test]
fn times_have_the_digits_of_the_page_and_the_years_of_the_calendar() {
    let far = || vec![number("253402300799.123457"), number("-62135596800"), number("1.5")];
    let shown =
        ["\"9999-12-31T23:59:59.123457Z\"", "\"0001-01-01T00:00:00.000Z\"", "\"1970-01-01T00:00:01.500Z\""];
    check("{ c: { type: timestamp, format: unix } }", far(), ("timestamp", &shown));
    let seconds = vec![number("90071992547.409931"), number("-0.000001")];
    check(
        "{ c: { type: duration, format: seconds } }",
        seconds,
        ("duration", &["\"PT25019997H55M47.409931S\"", "\"-PT0.000001S\""]),
    );
    let refused = |column_type: &str, text: &'static str, expected: &str| {
        let error =
            page(&contract(&format!("{{ c: {column_type} }}")), vec![Cell::Text(text.into())]).unwrap_err();
        let help = error.help_without_script().unwrap();
        assert!(help.contains(expected), "{text}: {help}");
    };
    refused("timestamp", "9999-12-31T24:00:00Z", "from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z");
    refused(
        "timestamp",
        "9999-12-31T23:59:59-01:00",
        "from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z",
    );
    refused("timestamp_ntz", "9999-12-31T24:00:00", "from 0001-01-01T00:00:00 to 9999-12-31T23:59:59.999999");
    refused("date", "0000-12-31", "a date is from 0001-01-01 to 9999-12-31");
    refused("timestamp", "2024-11-29T10:00:00+24:00", "an offset from UTC is less than 24 hours");
    refused("date", "31.12.2024", "give the column `format: \"%d.%m.%Y\"`");
    refused("date", "12/31/2024", "`format: \"%m/%d/%Y\"` or `format: \"%d/%m/%Y\"`");
    refused("timestamp", "31.12.2024 10:00", "`format: \"%d.%m.%Y\"` with `%H:%M:%S` for its time");
    refused("date", "2024-02-30", "there is no such day");
    for text in ["-0001-01-01", "-2024-01-01"] {
        refused("date", text, "a date is from 0001-01-01 to 9999-12-31");
        refused("{ type: date, format: '%Y-%m-%d' }", text, "a date is from 0001-01-01 to 9999-12-31");
        let time: &str = format!("{text}T00:00:00").leak();
        refused("timestamp_ntz", time, "from 0001-01-01T00:00:00 to 9999-12-31T23:59:59.999999");
        refused("timestamp", format!("{time}Z").leak(), "from 0001-01-01T00:00:00Z");
    }
    refused("{ type: date, format: '%d.%m.%Y' }", "01.01.-2024", "a date is from 0001-01-01");
    // All values of CSV are texts.
    refused("int", "12", "declare `c` as `decimal(18,0)`, which takes numbers that are written as text");
    refused("float", "-1.5", "such as `decimal(18,6)`");
    refused("int", "n/a", "declare another `type` or `on_error` for `c`");
    refused("bool", "1", "`converter`");
    refused("date", " 2024-01-01", "white space before or behind it");
    refused("timestamp", "2024-01-01T00:00:00Z\n", "white space before or behind it");
    refused("timestamp", "2024-01-01T00:00:00 UTC", "`format: \"%Y-%m-%dT%H:%M:%S %Z\"`");
    refused("timestamp", "2024-01-01 00:00:00.5GMT", "`format: \"%Y-%m-%d %H:%M:%S%.f%Z\"`");
}

#[test]
fn advice_is_about_the_value() {
    let check = |column_type: &str, cell: Cell<'_>, expected: &str| {
        let error = page(&contract(&format!("{{ c: {column_type} }}")), vec![cell]).unwrap_err();
        let help = error.help().unwrap();
        assert!(help.contains(expected), "{column_type}: {help}");
    };
    check("int", Cell::Float(f64::NAN), "return null for it");
    check("int", Cell::Float(f64::INFINITY), "return null for it");
    check("\"decimal(9,2)\"", Cell::Float(f64::NAN), "return null for it");
    check("int", Cell::Float(0.5), "`Math.round(value)` of a fraction");
    check("string", Cell::Timestamp(0), "`value.toISOString()`");
    check("string", Cell::Struct(vec![]), "`JSON.stringify(value)`");
    check("int", Cell::Timestamp(0), "`value.getTime()`");
}

proptest! {
    #[test]
    fn no_64_bits_are_too_strange(whole: i64, bits: u64) {
        check("", vec![number(&whole.to_string())], ("int", &[&whole.to_string()]));
        let double = f64::from_bits(bits);
        if double.is_finite() && double.fract() != 0.0 {
            let written = format!("{double:?}");
            let batch = page(&Arc::default(), vec![number(&written)]).unwrap();
            let values = batch.rows().column(0).clone();
            let values = arrow::array::AsArray::as_primitive::<arrow::datatypes::Float64Type>(&values);
            prop_assert_eq!(values.value(0).to_bits(), bits);
        }
    }
}

/// The rows of a page as the converter takes them: once more where numbers came before their column was text.
fn settled(cells: &[Cell<'_>]) -> Batch {
    let first = page(&Arc::default(), cells.to_vec()).unwrap();
    let mut rows = BatchBuilder::new(Arc::default()).knowing(first.respelled().clone());
    for cell in cells {
        rows.push("c", cell.clone()).unwrap();
        rows.end_row().unwrap();
    }
    let again = rows.finish().unwrap();
    assert_eq!(again.columns(), first.columns());
    assert!(again.respelled().is_empty() || first.respelled().is_empty(), "{:?}", again.respelled());
    again
}

#[test]
fn text_has_the_digits_of_the_page_whatever_came_first() {
    let written = [
        "0.1234567890123456789",
        "1.10",
        "1e22",
        "-0.0",
        "1E5",
        "12345678901234567890.5",
        "1e400",
        "7",
        "0.5",
    ];
    let numbers: Vec<Cell<'_>> = written.iter().map(|written| number(written)).collect();
    let others = [
        Cell::Text("n/a".into()),
        Cell::Bool(true),
        Cell::Timestamp(0),
        number("9007199254740993"),
        Cell::List(vec![number("1.50")]),
        object("x", number("2.50")),
    ];
    for other in others {
        for at in [0, 4, written.len()] {
            let mut cells = numbers.clone();
            cells.insert(at, other.clone());
            let batch = settled(&cells);
            assert!(batch.outcome().lost.is_empty(), "{other:?} {:?}", batch.outcome().lost);
            let (column_type, mut found) = seen(&[batch]);
            assert!(matches!(column_type.as_str(), "string" | "json"), "{column_type}");
            found.remove(at);
            let expected: Vec<String> = match column_type.as_str() {
                "string" => written.iter().map(|written| format!("\"{written}\"")).collect(),
                _ => written.iter().map(|written| (*written).to_owned()).collect(),
            };
            assert_eq!(found, expected, "{other:?} at {at}");
        }
    }
}

#[test]
fn nested_text_has_the_digits_of_the_page() {
    let within = |cells: Vec<Cell<'static>>| settled(&cells);
    let list = Cell::List(vec![number("1.10"), Cell::Text("x".into()), number("1e3")]);
    assert_eq!(seen(&[within(vec![list])]), ("list<string>".into(), vec![r#"["1.10","x","1e3"]"#.into()]));
    let members =
        vec![object("a", number("1.10")), object("a", Cell::Text("x".into())), object("b", number("2.0"))];
    let (_, values) = seen(&[within(members)]);
    assert_eq!(values, [r#"{"a":"1.10","b":null}"#, r#"{"a":"x","b":null}"#, r#"{"a":null,"b":2}"#]);
    let shapes = vec![object("a", number("1.10")), Cell::List(vec![]), object("a", number("2.0"))];
    let (_, values) = seen(&[within(shapes)]);
    assert_eq!(values, [r#"{"a":1.10}"#, "[]", r#"{"a":2.0}"#]);
}

#[test]
fn numbers_of_pages_without_text_are_counted_by_how_they_are_written() {
    let cells = [number("1.10"), number("2"), number("1e3"), number("0.5"), object("a", number("3.0"))];
    let batch = page(&Arc::default(), cells[..4].to_vec()).unwrap();
    let lost = &batch.outcome().lost["c"];
    assert_eq!(
        (lost[0].n, lost[0].row, lost[0].value.as_str(), lost[0].loss),
        (2, Some(0), "1.10", Loss::Spelling)
    );
    assert_eq!((lost[0].warning("c", batch.columns()), batch.rounded("c")), (None, None));
    let batch = page(&Arc::default(), cells[4..].to_vec()).unwrap();
    assert!(batch.outcome().lost.contains_key("c.a"));
    let columns = batch.columns().unify(settled(&[Cell::List(vec![])]).columns());
    assert_eq!(columns.type_at("c.a"), Some(&ColumnType::Json));
    assert_eq!(batch.columns().type_at("c.a"), Some(&ColumnType::Int));
    assert_eq!(batch.columns().type_at("c.b"), None);
}

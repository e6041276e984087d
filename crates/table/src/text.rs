//! Values as text: JavaScript's formats of numbers and dates, JSON, and what messages show.

use std::fmt::Write;

use base64::Engine as _;
use pipeline_config::utc;

use crate::{cell::Cell, parse::MICROS_PER_DAY};

/// Adds a number as JavaScript prints it: `1`, `0.1`, `1e+21`; NaN and infinities by name.
pub(crate) fn push_number(value: f64, text: &mut String) {
    text.push_str(ryu_js::Buffer::new().format(value));
}

/// Adds a timestamp as JavaScript's `toISOString` prints it; microseconds are shown when there are any.
pub(crate) fn push_timestamp(microseconds: i64, text: &mut String) {
    utc::push(microseconds, Some(if microseconds % 1000 == 0 { 3 } else { 6 }), text);
}

/// Adds a whole number.
pub(crate) fn push_integer(value: i64, text: &mut String) {
    write!(text, "{value}").expect("writing to a string cannot fail");
}

/// Adds a date and time without offset, as ISO 8601 has them.
pub(crate) fn push_local_timestamp(microseconds: i64, text: &mut String) {
    push_timestamp(microseconds, text);
    // The `Z` for UTC.
    text.pop();
}

/// Adds a date, given in days since 1970, as `2024-11-29`.
pub(crate) fn push_date(days: i32, text: &mut String) {
    let begins = text.len();
    match i64::from(days).checked_mul(MICROS_PER_DAY) {
        Some(micros) => {
            utc::push(micros, Some(0), text);
            // `T00:00:00Z`.
            text.truncate(begins.max(text.len() - 10));
        }
        // Beyond the year 294247, which no text and no `Date` has; the number is all there is to say.
        None => push_integer(days.into(), text),
    }
}

/// Adds a time of day, given in microseconds since midnight; as many digits as a timestamp has.
pub(crate) fn push_time(microseconds: i64, text: &mut String) {
    let (seconds, fraction) = (microseconds / 1_000_000, microseconds % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let written = match fraction % 1000 {
        0 => write!(text, "{hour:02}:{minute:02}:{second:02}.{:03}", fraction / 1000),
        _ => write!(text, "{hour:02}:{minute:02}:{second:02}.{fraction:06}"),
    };
    written.expect("writing to a string cannot fail");
}

/// Adds a length of time as ISO 8601 has it: `PT1H30M`.
pub(crate) fn push_duration(microseconds: i64, text: &mut String) {
    write!(text, "{}", jiff::SignedDuration::from_micros(microseconds))
        .expect("writing to a string cannot fail");
}

/// Adds a decimal, given as a multiple of its last digit, with all digits after the point.
pub(crate) fn push_decimal(value: i128, scale: u8, text: &mut String) {
    if value < 0 {
        text.push('-');
    }
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    text.push_str(whole);
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
}

/// Adds bytes as base64.
pub(crate) fn push_bytes(bytes: &[u8], text: &mut String) {
    base64::engine::general_purpose::STANDARD.encode_string(bytes, text);
}

/// Adds a cell that is not nested as text without quotes.
pub(crate) fn push_plain_cell(cell: &Cell<'_>, text: &mut String) {
    match cell {
        Cell::Text(value) => text.push_str(value),
        Cell::Timestamp(value) => push_timestamp(*value, text),
        Cell::Float(value) => push_number(*value, text),
        Cell::Number(written) => text.push_str(written),
        cell => push_cell_json(cell, Members::Canonical, text),
    }
}

/// Adds text in quotes, escaped as JSON.
pub(crate) fn push_json_string(value: &str, json: &mut String) {
    struct Utf8<'s>(&'s mut String);
    impl std::io::Write for Utf8<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.push_str(std::str::from_utf8(bytes).map_err(std::io::Error::other)?);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Utf8(json), value).expect("serde_json splits text at characters only");
}

/// Adds a number; JSON has no NaN and no infinities, so they are null, as in `JSON.stringify`.
pub(crate) fn push_json_number(value: f64, json: &mut String) {
    match value.is_finite() {
        true => push_number(value, json),
        false => json.push_str("null"),
    }
}

/// How objects are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Members {
    /// By name, without those that are null; see [`ColumnType::Json`](crate::ColumnType).
    Canonical,
    /// All, as they come.
    AsTheyAre,
}

/// Adds the cell as JSON.
pub(crate) fn push_cell_json(cell: &Cell<'_>, style: Members, json: &mut String) {
    match cell {
        Cell::Null | Cell::Undefined => json.push_str("null"),
        Cell::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
        Cell::Int(value) => push_integer(*value, json),
        Cell::Float(value) => push_json_number(*value, json),
        Cell::Number(written) => json.push_str(written),
        Cell::Text(text) => push_json_string(text, json),
        Cell::Timestamp(microseconds) => {
            json.push('"');
            push_timestamp(*microseconds, json);
            json.push('"');
        }
        Cell::List(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                push_cell_json(item, style, json);
            }
            json.push(']');
        }
        Cell::Struct(members) => {
            let mut shown: Vec<(&str, &Cell<'_>)> =
                members.iter().map(|(name, member)| (name.as_ref(), member)).collect();
            if style == Members::Canonical {
                // The sort is stable, so of two with one name the later one stays.
                shown.sort_by_key(|(name, _)| *name);
                shown.reverse();
                shown.dedup_by_key(|(name, _)| *name);
                shown.reverse();
                shown.retain(|(_, member)| !member.is_null());
            }
            push_object(shown, |member, json| push_cell_json(member, style, json), json);
        }
    }
}

/// Adds an object, each value by `push`.
pub(crate) fn push_object<'n, T>(
    members: impl IntoIterator<Item = (&'n str, T)>,
    mut push: impl FnMut(T, &mut String),
    json: &mut String,
) {
    json.push('{');
    for (index, (name, member)) in members.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        push_json_string(name, json);
        json.push(':');
        push(member, json);
    }
    json.push('}');
}

/// What a cell is, for messages: `a string ("In Progr…")`.
pub(crate) fn describe(cell: &Cell<'_>) -> String {
    /// Enough to know the value again.
    const SHOWN_CHARS: usize = 40;
    let noun = match cell {
        Cell::Null => return "null".into(),
        Cell::Undefined => return "undefined".into(),
        Cell::Bool(_) => "a boolean",
        Cell::Int(_) => "a whole number",
        Cell::Float(_) => "a number",
        Cell::Number(written) if written.contains(['.', 'e', 'E']) => "a number",
        Cell::Number(_) => "a whole number",
        Cell::Text(_) => "a string",
        Cell::Timestamp(_) => "a date",
        Cell::List(_) => "an array",
        Cell::Struct(_) => "an object",
    };
    let mut value = String::new();
    match cell {
        Cell::Float(number) => push_number(*number, &mut value),
        cell => push_cell_json(cell, Members::AsTheyAre, &mut value),
    }
    match value.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{noun} ({}…)", &value[..end]),
        None => format!("{noun} ({value})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(push: impl FnOnce(&mut String)) -> String {
        let mut text = String::new();
        push(&mut text);
        text
    }

    #[test]
    fn numbers_look_as_in_javascript() {
        let check = |value, expected: &str| assert_eq!(written(|text| push_number(value, text)), expected);
        check(1.0, "1");
        check(-0.5, "-0.5");
        check(-0.0, "0");
        check(1e21, "1e+21");
        check(f64::NAN, "NaN");
    }

    #[test]
    fn reads_the_timestamps_that_apis_send() {
        let check = |text: &str, expected: Option<&str>| {
            let time = utc::parse(text).ok().map(|time| written(|text| push_timestamp(time, text)));
            assert_eq!(time.as_deref(), expected, "{text}");
        };
        check("2024-11-29T10:44:51.887-0800", Some("2024-11-29T18:44:51.887Z"));
        check("2024-11-29T10:44:51-0800", Some("2024-11-29T18:44:51.000Z"));
        check("2024-11-29T10:44:51+01:00", Some("2024-11-29T09:44:51.000Z"));
        check("2024-11-29T10:44:51.1234567Z", Some("2024-11-29T10:44:51.123456Z"));
        check("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59.000Z"));
        check("+275760-09-13T00:00:00.000Z", Some("+275760-09-13T00:00:00.000Z"));
        check("-271821-04-20T00:00:00.000Z", Some("-271821-04-20T00:00:00.000Z"));
        check("2024-11-29 10:44", None);
        check("2024-11-29", None);
        check("yesterday", None);
    }

    #[test]
    fn types_without_a_form_in_json_are_text() {
        let check = |push: &dyn Fn(&mut String), expected: &str| assert_eq!(written(push), expected);
        check(&|text| push_date(-1, text), "1969-12-31");
        check(&|text| push_date(2_932_896, text), "9999-12-31");
        check(&|text| push_date(-719_162, text), "0001-01-01");
        check(&|text| push_date(100_000_000, text), "+275760-09-13");
        check(&|text| push_date(i32::MAX, text), "2147483647");
        check(&|text| push_time(39_891_887_000, text), "11:04:51.887");
        check(&|text| push_time(1, text), "00:00:00.000001");
        check(&|text| push_local_timestamp(1_000, text), "1970-01-01T00:00:00.001");
        check(&|text| push_duration(-5_400_500_000, text), "-PT1H30M0.5S");
        check(&|text| push_decimal(-5, 2, text), "-0.05");
        check(&|text| push_decimal(1234, 0, text), "1234");
        check(&|text| push_bytes(&[0xfb, 0xff], text), "+/8=");
    }

    #[test]
    fn canonical_json_does_not_depend_on_how_an_object_was_written() {
        let cell = Cell::Struct(vec![
            ("b".into(), Cell::Text("\"\u{1}ü\n".into())),
            ("a".into(), Cell::Int(1)),
            ("n".into(), Cell::List(vec![Cell::Null, Cell::Struct(vec![("x".into(), Cell::Null)])])),
            ("a".into(), Cell::Float(f64::NAN)),
            ("b\"".into(), Cell::Timestamp(1)),
        ]);
        assert_eq!(
            written(|json| push_cell_json(&cell, Members::Canonical, json)),
            r#"{"a":null,"b":"\"\u0001ü\n","b\"":"1970-01-01T00:00:00.000001Z","n":[null,{}]}"#
        );
        assert_eq!(
            written(|json| push_cell_json(
                &Cell::Struct(vec![("x".into(), Cell::Null)]),
                Members::AsTheyAre,
                json
            )),
            r#"{"x":null}"#
        );
    }

    #[test]
    fn messages_show_how_a_value_begins() {
        let check = |cell: Cell<'_>, expected: &str| assert_eq!(describe(&cell), expected);
        check(Cell::Text("ä".repeat(50).into()), &format!("a string (\"{}…)", "ä".repeat(39)));
        check(Cell::Text("ä".repeat(30).into()), &format!("a string (\"{}\")", "ä".repeat(30)));
        check(Cell::Float(f64::NAN), "a number (NaN)");
        check(Cell::List(vec![Cell::Int(1)]), "an array ([1])");
    }
}

//! Holds cells against the types of dates, times and lengths of time.

use std::borrow::Cow;

use pipeline_config::utc::{self, TimeError};

use crate::{
    accept::{Value, number_text},
    cell::{Cell, MAX_SAFE_INTEGER},
    column_type::ColumnType,
    parse::{self, Finer, Format},
    pattern::text_of_number,
};

/// The years that numbers such as `unix` may mean: what text can say with four digits.
const FIRST: i64 = -62_135_596_800_000_000;
const LAST: i64 = 253_402_300_799_999_999;

/// The cell as a date, a time or a length of time; what to do, where it is none, unless that is what always helps.
pub(crate) fn read<'a>(
    cell: &Cell<'_>,
    column_type: &ColumnType,
    format: Option<&Format>,
) -> Result<Value<'a>, Option<String>> {
    if let Some(Format::Units(unit)) = format {
        return of_number(cell, column_type, *unit);
    }
    let pattern = match format {
        Some(Format::Pattern(pattern)) => Some(pattern.as_str()),
        _ => None,
    };
    let of_number = pattern.and_then(|pattern| text_of_number(&whole_text(cell)?, pattern));
    let text = match (cell, &of_number) {
        (Cell::Text(text), _) => text.as_ref(),
        (_, Some(text)) => text.as_str(),
        _ => return Err(number_help(cell, column_type, pattern)),
    };
    let value = match (column_type, pattern) {
        (ColumnType::Date, None) => parse::date(text).map(Value::Date),
        (ColumnType::Date, Some(pattern)) => parse::date_by(pattern, text).map(Value::Date),
        (ColumnType::Time, None) => parse::time(text).map(Value::Int),
        (ColumnType::Time, Some(pattern)) => parse::time_by(pattern, text).map(Value::Int),
        (ColumnType::Timestamp, None) => utc::parse(text).map(Value::Int),
        (ColumnType::Timestamp, Some(pattern)) => parse::timestamp_by(pattern, text).map(Value::Int),
        (ColumnType::LocalTimestamp, None) => utc::parse_local(text).map(Value::Int),
        (ColumnType::LocalTimestamp, Some(pattern)) => {
            parse::local_timestamp_by(pattern, text).map(Value::Int)
        }
        (ColumnType::Duration, _) => return parse::duration(text).map(Value::Int).map_err(duration_help),
        _ => return Err(None),
    };
    // A year of six digits with its sign, as JavaScript writes it, says itself how far it goes.
    if let Ok(value) = &value
        && !utc::has_signed_year(text)
        && !is_in_range(value)
    {
        return Err(Some(range_help(column_type)));
    }
    value.map_err(|error| time_help(error, (text, pattern), column_type))
}

/// What to do with text that is no date or time.
fn time_help(
    error: TimeError,
    (text, pattern): (&str, Option<&str>),
    column_type: &ColumnType,
) -> Option<String> {
    match (error, pattern) {
        (TimeError::Offset, _) => Some(
            "an offset from UTC is less than 24 hours: return the text with the one that is meant".into(),
        ),
        (TimeError::LeapSecond, _) => Some(format!(
            "a {} has no second 60 (a leap second): return the text with `59` for it, or declare `string`",
            column_type.name()
        )),
        (TimeError::Form, Some(pattern)) => {
            let zone = match pattern.contains("%Z") {
                true => {
                    "; of the names of zones, `%Z` takes `UTC`, `GMT`, `UT` and `Z`, at the end: return the text with an offset"
                }
                false => "",
            };
            Some(format!("the text is not as the column's `format` says, which is `{pattern}`{zone}"))
        }
        (TimeError::Form, None) => text_help(text, column_type).or_else(|| form_help(text, column_type)),
    }
}

/// Whether a date or a time that was text is in the years that text can say with four digits.
fn is_in_range(value: &Value<'_>) -> bool {
    match value {
        Value::Date(days) => (FIRST..=LAST).contains(&(i64::from(*days) * parse::MICROS_PER_DAY)),
        Value::Int(micros) => (FIRST..=LAST).contains(micros),
        _ => true,
    }
}

fn range_help(column_type: &ColumnType) -> String {
    let ends = match column_type {
        ColumnType::Date => "0001-01-01 to 9999-12-31",
        ColumnType::LocalTimestamp => "0001-01-01T00:00:00 to 9999-12-31T23:59:59.999999",
        _ => "0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z, as the time is in UTC",
    };
    format!("a {} is from {ends}; declare `string`, or return a time within that", column_type.name())
}

/// What to do with text that has another form than a date or a time has without `format`.
fn form_help(text: &str, column_type: &ColumnType) -> Option<String> {
    let shape: String = text.trim().chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    if let Some(help) = end_help(text, &shape, column_type) {
        return Some(help);
    }
    let date = shape.split([' ', 'T']).next().unwrap_or_default();
    let pattern = match (date, column_type) {
        (_, ColumnType::Time) => return None,
        ("9999-99-99", _) => {
            let name = column_type.name();
            return Some(format!(
                "the text is as a {name} is written, but there is no such day or time: return another one, or null"
            ));
        }
        ("99.99.9999" | "9.9.9999" | "9.99.9999" | "99.9.9999", _) => "`format: \"%d.%m.%Y\"`",
        ("99/99/9999" | "9/9/9999" | "9/99/9999" | "99/9/9999", _) => {
            "`format: \"%m/%d/%Y\"` or `format: \"%d/%m/%Y\"`, whichever is meant,"
        }
        ("99999999", _) => "`format: \"%Y%m%d\"`",
        _ => return None,
    };
    let time = if shape.contains(':') { " with `%H:%M:%S` for its time" } else { "" };
    Some(format!("say how the text is written: give the column {pattern}{time}"))
}

/// What to do with what stands before or behind a date.
fn end_help(text: &str, shape: &str, column_type: &ColumnType) -> Option<String> {
    if text != text.trim() && shape.starts_with('9') {
        return Some(
            "there is white space before or behind it: return `text.trim()`, or let the server leave it out"
                .into(),
        );
    }
    if shape.starts_with("-9999-") {
        return Some(range_help(column_type));
    }
    let zone = ["UTC", "GMT", "UT"].into_iter().find(|zone| shape.ends_with(zone))?;
    let time = shape.strip_suffix(zone)?.trim_end();
    let separator = time.strip_prefix("9999-99-99")?.chars().next()?;
    let fraction = if time.contains('.') { "%.f" } else { "" };
    let blank = &shape[time.len()..shape.len() - zone.len()];
    let help = format!(
        "say how the text is written: give the column `format: \"%Y-%m-%d{separator}%H:%M:%S{fraction}{blank}%Z\"`"
    );
    (*column_type == ColumnType::Timestamp).then_some(help)
}

/// A number of units, since 1970 where that applies.
fn of_number<'a>(cell: &Cell<'_>, column_type: &ColumnType, unit: u64) -> Result<Value<'a>, Option<String>> {
    let number = number_text(cell).ok_or_else(|| Some("the column's `format` takes a number".to_owned()))?;
    let finer = match (cell, column_type) {
        (Cell::Float(_), _) | (_, ColumnType::Duration) => Finer::Rounded,
        _ => Finer::LeftOut,
    };
    let micros = parse::units(number.trim(), unit, finer)
        .ok_or_else(|| Some("the column's `format` takes a number".to_owned()))?;
    let name = column_type.name();
    if let Cell::Float(value) = cell
        && value.fract() == 0.0
        && value.abs() > MAX_SAFE_INTEGER as f64
        && unit == 1
    {
        return Err(Some(
            "a number beyond ±2^53 has lost digits in JavaScript: return it as text, with the digits of the page".into(),
        ));
    }
    match column_type {
        ColumnType::Time if (0..parse::MICROS_PER_DAY).contains(&micros) => Ok(Value::Int(micros)),
        ColumnType::Time => Err(Some("a time of day is from 00:00:00 to less than 24:00:00".into())),
        ColumnType::Duration if !matches!(micros, i64::MIN | i64::MAX) => Ok(Value::Int(micros)),
        ColumnType::Duration => Err(Some("a duration holds 64 bits of microseconds, 292,271 years".into())),
        _ if !(FIRST..=LAST).contains(&micros) => {
            let other = other_unit(&number, unit);
            let other =
                other.map(|other| format!(": is the column's `format` `{other}`?")).unwrap_or_default();
            Err(Some(format!(
                "as its `format` is, the number is beyond the years 0001 to 9999 of a {name}{other}"
            )))
        }
        ColumnType::Date => day(micros).ok_or(None),
        ColumnType::Timestamp | ColumnType::LocalTimestamp => Ok(Value::Int(micros)),
        _ => Err(None),
    }
}

/// The format as which the number is a time between 1970 and 2100.
fn other_unit(number: &str, unit: u64) -> Option<&'static str> {
    const YEAR_2100: i64 = 4_102_444_800_000_000;
    let is_likely = |other: u64| {
        other < unit
            && parse::units(number.trim(), other, Finer::LeftOut)
                .is_some_and(|micros| (YEAR_2100 / 1000..YEAR_2100).contains(&micros))
    };
    [("unix_ms", 1000), ("unix_us", 1)].into_iter().find(|(_, other)| is_likely(*other)).map(|(name, _)| name)
}

/// The day that a time belongs to in UTC.
pub(crate) fn day<'a>(micros: i64) -> Option<Value<'a>> {
    i32::try_from(micros.div_euclid(parse::MICROS_PER_DAY)).ok().map(Value::Date)
}

/// The digits of a whole number, as a date may be written without anything between its parts.
fn whole_text<'c>(cell: &'c Cell<'_>) -> Option<Cow<'c, str>> {
    let is_number = !matches!(cell, Cell::Text(_));
    number_text(cell).filter(|text| is_number && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What to do with a number where the type has no format for one.
fn number_help(cell: &Cell<'_>, column_type: &ColumnType, pattern: Option<&str>) -> Option<String> {
    let written = whole_text(cell).unwrap_or_default();
    if let (Some(pattern), Cell::Int(_) | Cell::Float(_) | Cell::Number(_)) = (pattern, cell) {
        return Some(format!(
            "the number is not as the column's `format` says, which is `{pattern}`; a number has no zeros at its beginning: return \
             text with all digits, or say what it counts with `unix`, `unix_ms` or `unix_us`"
        ));
    }
    match (cell, column_type) {
        (_, ColumnType::Date | ColumnType::Timestamp | ColumnType::LocalTimestamp)
            if written.len() == 8 && text_of_number(&written, "%Y%m%d").is_some() =>
        {
            Some("say how the number is written: give the column `format: \"%Y%m%d\"`".into())
        }
        (
            Cell::Int(_) | Cell::Float(_) | Cell::Number(_),
            ColumnType::Date | ColumnType::Timestamp | ColumnType::LocalTimestamp,
        ) => Some(
            "say what the number counts: `format: unix` (seconds since 1970), `unix_ms` or `unix_us`".into(),
        ),
        _ => None,
    }
}

/// What to do with text that is a time of another type.
fn text_help(text: &str, column_type: &ColumnType) -> Option<String> {
    let is_end_of_day =
        text.trim().strip_prefix("24:00").is_some_and(|rest| !rest.contains(|c| ('1'..='9').contains(&c)));
    let help = match column_type {
        ColumnType::Time if is_end_of_day => {
            "a time of day ends before 24:00: return `00:00`, or declare `string`"
        }
        ColumnType::Timestamp if utc::parse_local(text).is_ok() => {
            "the text has no offset from UTC: declare `timestamp_ntz`, or, if it is UTC, return it with a `Z` at its end"
        }
        ColumnType::Timestamp | ColumnType::LocalTimestamp if utc::parse_date(text).is_ok() => {
            "the text has no time of day: declare `date`, or `format: \"%Y-%m-%d\"` for its midnight"
        }
        ColumnType::LocalTimestamp if utc::parse(text).is_ok() => {
            "the text has an offset from UTC: declare `timestamp`"
        }
        ColumnType::Date if utc::parse(text).is_ok() || utc::parse_local(text).is_ok() => {
            "the text has a time of day: return its first 10 characters, or declare `timestamp` or `timestamp_ntz`"
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// What to do with a length of time that is none in microseconds.
fn duration_help(error: parse::DurationError) -> Option<String> {
    match error {
        parse::DurationError::Form => None,
        parse::DurationError::Months => Some(
            "years and months have no fixed length: return days, hours or less, or declare `string`".into(),
        ),
        parse::DurationError::Days => Some(
            "days and weeks without ISO 8601 may be working days (Jira's have 8 hours): take the field that is a number, such \
             as `timeoriginalestimate` or `originalEstimateSeconds`, with `format: seconds`, or declare `string`; a day of 24 \
             hours is `P1D` or `24h`"
                .into(),
        ),
        parse::DurationError::TooLong => {
            Some("a duration holds 64 bits of microseconds, 292,271 years: declare `string`".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(cell: &Cell<'_>, column_type: &ColumnType, pattern: &str) -> Result<String, String> {
        let format = Format::read(pattern, column_type).unwrap();
        match read(cell, column_type, Some(&format)) {
            Ok(Value::Int(micros)) => Ok(utc::to_text(micros)),
            Ok(Value::Date(days)) => {
                Ok(utc::to_text(i64::from(days) * parse::MICROS_PER_DAY)[..10].to_owned())
            }
            other => Err(other.err().flatten().unwrap_or_default()),
        }
    }

    #[test]
    fn numbers_are_read_by_patterns_that_print_them_again() {
        let date = |cell: Cell<'_>, pattern: &str| read_as(&cell, &ColumnType::Date, pattern);
        for cell in [
            Cell::Int(20_241_129),
            Cell::Number("20241129".into()),
            Cell::Float(20_241_129.0),
            Cell::Text("20241129".into()),
        ] {
            assert_eq!(date(cell, "%Y%m%d").as_deref(), Ok("2024-11-29"));
        }
        let time = read_as(&Cell::Int(20_241_129_104_451), &ColumnType::Timestamp, "%Y%m%d%H%M%S");
        assert_eq!(time.as_deref(), Ok("2024-11-29T10:44:51Z"));
        assert_eq!(date(Cell::Int(241_129), "%y%m%d").as_deref(), Ok("2024-11-29"));
        // 01 11 03 and 03 05 2024 without their first zero.
        for (number, pattern) in [(11_103, "%y%m%d"), (3_052_024, "%d%m%Y"), (1_732_870_800, "%Y%m%d")] {
            let help = date(Cell::Int(number), pattern).unwrap_err();
            assert!(
                help.contains("has no zeros at its beginning") && help.contains(pattern),
                "{number}: {help}"
            );
        }
        let help = number_help(&Cell::Int(20_241_129), &ColumnType::Date, None).unwrap();
        assert!(help.contains("`format: \"%Y%m%d\"`"), "{help}");
        let help = number_help(&Cell::Int(1_732_870_800), &ColumnType::Date, None).unwrap();
        assert!(help.contains("`format: unix`"), "{help}");
    }

    #[test]
    fn digits_below_the_microsecond_are_left_out_of_numbers_too() {
        let check = |cell: Cell<'_>, format: &str, expected: &str| {
            assert_eq!(read_as(&cell, &ColumnType::Timestamp, format).as_deref(), Ok(expected), "{cell:?}");
        };
        let number = |written: &'static str| Cell::Number(written.into());
        check(number("-0.0000001"), "unix", "1969-12-31T23:59:59.999999Z");
        check(Cell::Text("-0.0000001".into()), "unix", "1969-12-31T23:59:59.999999Z");
        check(number("1732877091.9999999"), "unix", "2024-11-29T10:44:51.999999Z");
        check(number("-1.0009"), "unix_ms", "1969-12-31T23:59:59.998999Z");
        check(number("253402300799.9999999"), "unix", "9999-12-31T23:59:59.999999Z");
        // The last digits of a script's double are made up.
        check(Cell::Float(1_732_877_091_887.0 * 0.001), "unix", "2024-11-29T10:44:51.887Z");
        let date = read_as(&number("-0.0000001"), &ColumnType::Date, "unix");
        assert_eq!(date.as_deref(), Ok("1969-12-31"));
    }

    #[test]
    fn zones_are_read_as_strptime_reads_them() {
        let check = |pattern: &str, text: &str, expected: Option<&str>| {
            let found = read_as(&Cell::Text(text.into()), &ColumnType::Timestamp, pattern);
            assert_eq!(found.as_deref().ok(), expected, "{pattern} {text}: {found:?}");
        };
        let iso = "%Y-%m-%dT%H:%M:%S%.f%z";
        check(iso, "2024-11-29T10:44:51.123Z", Some("2024-11-29T10:44:51.123Z"));
        check(iso, "2024-11-29T10:44:51+0100", Some("2024-11-29T09:44:51Z"));
        check(iso, "2024-11-29T10:44:51+01:00", Some("2024-11-29T09:44:51Z"));
        check(iso, "2024-11-29T10:44:51+01", Some("2024-11-29T09:44:51Z"));
        check("%Y-%m-%dT%H:%M:%S%:z", "2024-11-29T10:44:51Z", Some("2024-11-29T10:44:51Z"));
        check("%Y-%m-%dT%H:%M:%S%:z", "2024-11-29T10:44:51-0800", Some("2024-11-29T18:44:51Z"));
        check("%Y-%m-%d %H:%M:%S %z", "2024-11-29 10:44:51 UTC", Some("2024-11-29T10:44:51Z"));
        check("%Y-%m-%d %H:%M:%S %z", "2024-11-29 10:44:51", None);
        check("%Y-%m-%d %H:%M:%S %z", "2024-11-29 10:44:51 EST", None);
        let http = "%a, %d %b %Y %H:%M:%S %Z";
        check(http, "Fri, 29 Nov 2024 10:44:51 GMT", Some("2024-11-29T10:44:51Z"));
        check(http, "Fri, 29 Nov 2024 10:44:51 UTC", Some("2024-11-29T10:44:51Z"));
        check(http, "Fri, 29 Nov 2024 10:44:51 CET", None);
        let help = read_as(&Cell::Text("Fri, 29 Nov 2024 10:44:51 CET".into()), &ColumnType::Timestamp, http);
        assert!(help.unwrap_err().contains("`%Z` takes `UTC`, `GMT`"));
    }
}

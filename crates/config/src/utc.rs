//! Times as microseconds since 1970-01-01T00:00:00Z, for all that 64 bits hold: the years -290307 to 294247.
//!
//! jiff's `Timestamp` ends at 9999-12-30T22:00Z, before the day that many systems write for "without end". Where a time
//! is beyond its range, the year is moved by whole cycles of 400 years, after which the calendar repeats (146,097 days).

use std::fmt::Write;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    fmt::strtime,
};

/// Microseconds of one day.
pub const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// After so many years the calendar repeats.
const CYCLE_YEARS: i64 = 400;

const CYCLE: i64 = 146_097 * MICROS_PER_DAY;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Why text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeError {
    /// It has another form.
    Form,
    /// Its offset from UTC is a day or more.
    Offset,
    /// Its second is 60, which no number of microseconds since 1970 stands for.
    LeapSecond,
}

/// Which texts [`read`] tries in place of one that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Year {
    /// The text begins with its year, as ISO 8601 has it: four digits, or a sign and six.
    First,
    /// The year may be anywhere.
    Anywhere,
}

/// Reads RFC 3339 and Jira's `2024-11-29T10:44:51.887-0800`, also with `24:00` for the end of a day and with JavaScript's
/// years of six digits.
///
/// # Errors
/// [`TimeError`], also for text without an offset.
pub fn parse(text: &str) -> Result<i64, TimeError> {
    let micros = read(text, Year::First, |text| {
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(micros_of(time));
        }
        // `%z` takes the offset without colon that Jira writes.
        let time = strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok()?;
        Some(micros_of(time))
    })?;
    if has_day_long_offset(text) { Err(TimeError::Offset) } else { Ok(micros) }
}

/// Whether an offset of so many seconds is more than RFC 3339 has (`time-numoffset`); jiff has up to 25:59:59.
pub fn is_day_long(seconds: i32) -> bool {
    seconds.abs() >= 86_400
}

/// Whether a time that has been read ends with such an offset.
fn has_day_long_offset(text: &str) -> bool {
    let text = text.split('[').next().unwrap_or(text);
    // Signs before are those of the year and of the date.
    let Some((_, time)) = text.split_once(['T', 't', ' ']) else { return false };
    let hours = time.rfind(['+', '-']).and_then(|at| time.get(at + 1..at + 3));
    hours.and_then(|hours| hours.parse::<u8>().ok()).is_some_and(|hours| hours >= 24)
}

/// Reads a date and time without offset, with `T` or a blank between them, as if it were UTC.
///
/// # Errors
/// [`TimeError`], also for text with an offset.
pub fn parse_local(text: &str) -> Result<i64, TimeError> {
    let patterns = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    read(text, Year::First, |text| {
        if !has_full_year(text) {
            return None;
        }
        patterns.iter().find_map(|pattern| DateTime::strptime(pattern, text).ok()).map(of_civil)
    })
}

/// Reads `2024-11-29` as the microseconds of its midnight in UTC.
///
/// # Errors
/// [`TimeError::Form`].
pub fn parse_date(text: &str) -> Result<i64, TimeError> {
    read(text, Year::First, |text| {
        let date = Date::strptime("%Y-%m-%d", text).ok().filter(|_| has_full_year(text))?;
        Some(of_civil(date.at(0, 0, 0, 0)))
    })
}

/// Reads a time with its offset, or a date or a time without one, which are UTC.
pub fn parse_any(text: &str) -> Option<i64> {
    parse(text).or_else(|_| parse_local(text)).or_else(|_| parse_date(text)).ok()
}

/// A date and time of UTC.
pub fn of_civil(time: DateTime) -> i64 {
    let since = time.duration_since(EPOCH);
    i64::try_from(since.as_nanos().div_euclid(1000)).expect("years of four digits fit into 64 bits")
}

/// A time without its digits below the microsecond: the microsecond that it is in, before 1970 too.
pub fn micros_of(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond().div_euclid(1000)).expect("years of four digits fit into 64 bits")
}

/// Reads `text` with `read`; where that fails, once more with the next midnight in place of `24:00` and with a year that
/// jiff has.
///
/// # Errors
/// [`TimeError`].
pub fn read(text: &str, year: Year, read: impl Fn(&str) -> Option<i64>) -> Result<i64, TimeError> {
    let again = || {
        let (text, n_days) = match without_end_of_day(text) {
            Some(text) => (text, 1),
            None => (text.to_owned(), 0),
        };
        let moved = if year == Year::First { near_year(&text) } else { None };
        let (text, n_cycles) = moved.unwrap_or((text, 0));
        let moved = i128::from(n_days * MICROS_PER_DAY) + i128::from(n_cycles) * i128::from(CYCLE);
        i64::try_from(i128::from(read(&text)?) + moved).ok()
    };
    let micros = read(text).or_else(again).ok_or(TimeError::Form)?;
    // jiff reads the second 60 as 59.
    let second = micros.div_euclid(1_000_000).rem_euclid(60);
    if second == 59 && has_leap_second(text) {
        return Err(TimeError::LeapSecond);
    }
    Ok(micros)
}

/// Whether the year has four digits, and six behind a minus, as JavaScript writes it; jiff's `%Y` takes `24` for the year 24
/// and `-2024` for one before our era.
fn has_full_year(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let n_digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if text.starts_with('-') { n_digits == 6 } else { n_digits >= 4 }
}

/// Whether text begins with a year of six digits and its sign, which says itself how far it goes.
pub fn has_signed_year(text: &str) -> bool {
    text.starts_with(['+', '-']) && text.bytes().skip(1).take_while(u8::is_ascii_digit).count() == 6
}

/// Whether a time of day ends with the second 60, with colons or without.
fn has_leap_second(text: &str) -> bool {
    text.match_indices("60").any(|(at, _)| {
        let n_before = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        let ends = !text[at + 2..].starts_with(|c: char| c.is_ascii_digit());
        // The digits of a fraction, and those of a year with its sign, are no time of day.
        let before = &text[..at - n_before];
        let is_other = before.ends_with(['.', ',']) || matches!(before, "+" | "-");
        ends && (text[..at].ends_with(':') || n_before >= 4 && !is_other)
    })
}

/// The text with `00:00` in place of the `24:00` that ends a day.
fn without_end_of_day(text: &str) -> Option<String> {
    let at = text.find("24:00")?;
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | ',');
    let rest = &text[at + 5..];
    let rest = rest.strip_prefix(":00").unwrap_or(rest);
    let rest = match rest.strip_prefix(['.', ',']) {
        Some(fraction) => fraction.trim_start_matches('0'),
        None => rest,
    };
    let is_alone = !text[..at].ends_with(is_part) && !rest.starts_with(is_part);
    is_alone.then(|| format!("{}00:00{}", &text[..at], &text[at + 5..]))
}

/// The text with a year between 2000 and 2399, and how many cycles are between the two.
fn near_year(text: &str) -> Option<(String, i64)> {
    let n_chars = if text.starts_with(['+', '-']) { 7 } else { 4 };
    let written =
        text.get(..n_chars).filter(|year| year.bytes().skip(1).all(|byte| byte.is_ascii_digit()))?;
    let year: i64 = written.parse().ok().filter(|_| written != "-000000")?;
    let near = 2000 + year.rem_euclid(CYCLE_YEARS);
    Some((format!("{near}{}", &text[n_chars..]), (year - near) / CYCLE_YEARS))
}

/// A time as RFC 3339 has it in UTC, years beyond four digits as JavaScript has them: `+275760-09-13T00:00:00Z`.
pub fn to_text(micros: i64) -> String {
    let mut text = String::new();
    push(micros, None, &mut text);
    text
}

/// Adds a time as [`to_text`] writes it, with so many digits of the second, or as many as there are.
pub fn push(micros: i64, n_digits: Option<usize>, text: &mut String) {
    let write = |time: Timestamp, text: &mut String| {
        let written = match n_digits {
            Some(n_digits) => write!(text, "{time:.n_digits$}"),
            None => write!(text, "{time}"),
        };
        written.expect("writing to a string cannot fail");
    };
    if let Ok(time) = Timestamp::from_microsecond(micros) {
        return write(time, text);
    }
    let mut near = String::new();
    let within = Timestamp::UNIX_EPOCH + SignedDuration::from_micros(micros.rem_euclid(CYCLE));
    write(within, &mut near);
    let (year, rest) = near.split_at(4);
    let year = year.parse::<i64>().unwrap_or_default() + micros.div_euclid(CYCLE) * CYCLE_YEARS;
    let written = match year {
        0..=9999 => write!(text, "{year:04}{rest}"),
        _ => write!(text, "{year:+07}{rest}"),
    };
    written.expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const END_OF_9999: i64 = 253_402_300_799_000_000;

    #[test]
    fn reads_and_writes_up_to_the_ends_of_the_calendar_and_beyond() {
        let check = |text: &str, micros: i64, shown: &str| {
            assert_eq!(parse(text), Ok(micros), "{text}");
            assert_eq!(to_text(micros), shown, "{text}");
        };
        check("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z");
        check("9999-12-31T23:59:59Z", END_OF_9999, "9999-12-31T23:59:59Z");
        check("9999-12-31T23:59:59.999999+0000", END_OF_9999 + 999_999, "9999-12-31T23:59:59.999999Z");
        check("9999-12-31T00:00:00Z", END_OF_9999 - 86_399_000_000, "9999-12-31T00:00:00Z");
        check("9999-12-30T22:30:00-01:30", END_OF_9999 - 86_399_000_000, "9999-12-31T00:00:00Z");
        check("9999-12-31T23:59:59-08:00", END_OF_9999 + 28_800_000_000, "+010000-01-01T07:59:59Z");
        check("9999-12-31T24:00:00Z", END_OF_9999 + 1_000_000, "+010000-01-01T00:00:00Z");
        check("0001-01-01T00:00:00Z", -62_135_596_800_000_000, "0001-01-01T00:00:00Z");
        check("0001-01-01T00:00:00.5+0200", -62_135_604_000_000_000 + 500_000, "0000-12-31T22:00:00.5Z");
        check("+275760-09-13T00:00:00.000Z", 8_640_000_000_000_000_000, "+275760-09-13T00:00:00Z");
        check("-271821-04-20T00:00:00.000Z", -8_640_000_000_000_000_000, "-271821-04-20T00:00:00Z");
        check("2024-11-29T24:00Z", 1_732_924_800_000_000, "2024-11-30T00:00:00Z");
        check("2024-11-29T24:00:00.000+01:00", 1_732_921_200_000_000, "2024-11-29T23:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_told_from_what_no_microsecond_stands_for() {
        let check = |text: &str, error: TimeError| assert_eq!(parse(text), Err(error), "{text}");
        for text in [
            "",
            "soon",
            "2024-02-30T00:00:00Z",
            "2024-11-29",
            "2024-11-29T10:00:00",
            "2024-11-29T24:01:00Z",
            "2024-11-29T24:00:00.001Z",
            "2024-11-29T25:00:00Z",
            "10000-01-01T00:00:00Z",
            "+999999-01-01T00:00:00Z",
            "-000000-01-01T00:00:00Z",
            "é024-11-29T10:00:00Z",
            "+27576é-09-13T00:00:00Z",
        ] {
            check(text, TimeError::Form);
        }
        check("2024-11-29T10:00:00+24:00", TimeError::Offset);
        check("2024-11-29T10:00:00.5-2430", TimeError::Offset);
        assert!(parse("2024-11-29T10:00:00+23:59").is_ok());
        check("2016-12-31T23:59:60Z", TimeError::LeapSecond);
        check("2017-01-01T00:29:60.5+0030", TimeError::LeapSecond);
        assert_eq!(parse_local("2016-12-31 23:58:60"), Err(TimeError::LeapSecond));
        assert_eq!(parse("20161231T235960Z"), Err(TimeError::LeapSecond));
        for (text, plain) in [
            ("2024-01-01T00:00:59.123460Z", "2024-01-01T00:00:59.12346Z"),
            ("2024-01-01T00:00:59,000060Z", "2024-01-01T00:00:59.00006Z"),
            ("+253060-01-01T00:00:59.000000Z", "+253060-01-01T00:00:59Z"),
        ] {
            assert!(parse(text).is_ok() && parse(text) == parse(plain), "{text}: {:?}", parse(text));
        }
        assert_eq!(parse("7923647629439000000"), Err(TimeError::Form));
        assert_eq!(parse(&to_text(7_923_647_629_439_000_000)), Ok(7_923_647_629_439_000_000));
        for text in ["-2024-01-01", "-0001-01-01", "-2024-01-01T00:00", "-2024-01-01 00:00:00"] {
            assert_eq!((parse_date(text), parse_local(text)), (Err(TimeError::Form), Err(TimeError::Form)));
        }
        assert!(parse_date("-002024-01-01").is_ok() && parse_date("+002024-01-01").is_ok());
        assert_eq!(parse_local("9999-12-31 23:59:59.5"), Ok(END_OF_9999 + 500_000));
        assert_eq!(parse_local("2024-11-29 24:00"), parse_local("2024-11-30 00:00"));
        assert_eq!(parse_date("9999-12-31"), Ok(END_OF_9999 - 86_399_000_000));
        assert_eq!(parse_date("2024-11-29T24:00"), Err(TimeError::Form));
        assert_eq!(parse_date("24-11-29"), Err(TimeError::Form));
        assert_eq!(parse_local("24-11-29 10:44"), Err(TimeError::Form));
        assert_eq!(parse_any("0001-01-01"), Some(-62_135_596_800_000_000));
    }

    proptest! {
        #[test]
        fn every_microsecond_is_read_back(micros in any::<i64>()) {
            prop_assert_eq!(parse(&to_text(micros)), Ok(micros));
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,24}", near in "[-+]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T(24|[0-9]{2}):00(:60)?Z?") {
            for text in [&text, &near] {
                let _ = (parse(text), parse_local(text), parse_date(text));
            }
        }
    }
}

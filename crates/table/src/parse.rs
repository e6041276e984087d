//! Text to dates, times, lengths of time, decimals and bytes.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::{
    SignedDuration, SpanRelativeTo, Timestamp,
    civil::{Date, DateTime, Time},
    fmt::strtime::{self, BrokenDownTime},
    tz::TimeZone,
};

use serde::{Deserialize, Serialize};

use crate::column_type::ColumnType;

const MICROS_PER_SECOND: f64 = 1e6;

/// How values of one column are written, where that is not as usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Format {
    /// A number of so many microseconds, since 1970 where that applies.
    Units(f64),
    /// A pattern of strftime.
    Pattern(String),
    /// Bytes in the alphabet of URLs.
    Base64Url,
    /// Bytes as hexadecimal digits.
    Hex,
}

impl Format {
    /// The meaning of `format:` for a type, or what it may be instead.
    pub(crate) fn read(written: &str, column_type: &ColumnType) -> Result<Self, String> {
        let leaf = leaf(column_type);
        match leaf {
            ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::LocalTimestamp => {
                match written {
                    "unix" => Ok(Self::Units(MICROS_PER_SECOND)),
                    "unix_ms" => Ok(Self::Units(1e3)),
                    "unix_us" => Ok(Self::Units(1.0)),
                    pattern if pattern.contains('%') => {
                        // Whether the pattern can be read shows only when it is used.
                        let sample = DateTime::constant(2024, 11, 29, 10, 44, 51, 887_000_000);
                        let sample = TimeZone::UTC.to_ambiguous_zoned_datetime(sample).compatible();
                        match sample.and_then(|sample| strtime::format(pattern, &sample)) {
                            Ok(_) => Ok(Self::Pattern(pattern.to_owned())),
                            Err(error) => Err(format!("the pattern cannot be used: {error}")),
                        }
                    }
                    _ => {
                        Err("write a pattern such as `%d.%m.%Y %H:%M`, or `unix`, `unix_ms`, `unix_us`"
                            .into())
                    }
                }
            }
            ColumnType::Duration => match written {
                "hours" => Ok(Self::Units(3600.0 * MICROS_PER_SECOND)),
                "minutes" => Ok(Self::Units(60.0 * MICROS_PER_SECOND)),
                "seconds" => Ok(Self::Units(MICROS_PER_SECOND)),
                "milliseconds" => Ok(Self::Units(1e3)),
                "microseconds" => Ok(Self::Units(1.0)),
                _ => Err("write `hours`, `minutes`, `seconds`, `milliseconds` or `microseconds`".into()),
            },
            ColumnType::Binary => match written {
                "base64url" => Ok(Self::Base64Url),
                "hex" => Ok(Self::Hex),
                _ => Err("write `base64url` or `hex`; without `format` it is base64".into()),
            },
            other => Err(format!("`{}` has no format", other.name())),
        }
    }
}

/// The type of what is nested innermost, which a format is about.
fn leaf(column_type: &ColumnType) -> &ColumnType {
    match column_type {
        ColumnType::List(item) => leaf(item),
        ColumnType::Map(value) => leaf(value),
        ColumnType::Struct(members) => {
            let has_format = |leaf: &&ColumnType| {
                use ColumnType::{Binary, Date, Duration, LocalTimestamp, Time, Timestamp};
                matches!(leaf, Date | Time | Timestamp | LocalTimestamp | Duration | Binary)
            };
            members.iter().map(|(_, member)| leaf(member)).find(has_format).unwrap_or(column_type)
        }
        other => other,
    }
}

/// Reads RFC 3339 and Jira's `2024-11-29T10:44:51.887-0800`; text without an offset is refused.
pub(crate) fn timestamp(written: &str) -> Option<i64> {
    if let Ok(time) = written.parse::<Timestamp>() {
        return Some(time.as_microsecond());
    }
    // `%z` takes the offset without colon that Jira writes.
    let time = strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", written).ok()?.to_timestamp().ok()?;
    Some(time.as_microsecond())
}

/// Reads a timestamp by a pattern; without an offset in the pattern it is UTC.
pub(crate) fn timestamp_by(pattern: &str, written: &str) -> Option<i64> {
    let parsed = BrokenDownTime::parse(pattern, written).ok()?;
    let time = match parsed.to_timestamp() {
        Ok(time) => time,
        Err(_) if parsed.offset().is_none() => TimeZone::UTC.to_timestamp(local_of(&parsed)?).ok()?,
        Err(_) => return None,
    };
    Some(time.as_microsecond())
}

/// Reads a date and time without offset, with `T` or a blank between them.
pub(crate) fn local_timestamp(written: &str) -> Option<i64> {
    let patterns = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    local_micros(patterns.iter().find_map(|pattern| DateTime::strptime(pattern, written).ok())?)
}

/// Reads a date and time by a pattern; an offset in the text is passed over.
pub(crate) fn local_timestamp_by(pattern: &str, written: &str) -> Option<i64> {
    local_micros(local_of(&BrokenDownTime::parse(pattern, written).ok()?)?)
}

/// The date and time; midnight where the pattern has no time.
fn local_of(parsed: &BrokenDownTime) -> Option<DateTime> {
    parsed.to_datetime().ok().or_else(|| Some(parsed.to_date().ok()?.to_datetime(Time::midnight())))
}

fn local_micros(time: DateTime) -> Option<i64> {
    TimeZone::UTC.to_timestamp(time).ok().map(|time| time.as_microsecond())
}

/// Reads `2024-11-29` as days since 1970.
pub(crate) fn date(written: &str) -> Option<i32> {
    days(Date::strptime("%Y-%m-%d", written).ok()?)
}

/// Reads a date by a pattern; whatever else the pattern has is passed over.
pub(crate) fn date_by(pattern: &str, written: &str) -> Option<i32> {
    days(BrokenDownTime::parse(pattern, written).ok()?.to_date().ok()?)
}

fn days(date: Date) -> Option<i32> {
    let micros = local_micros(date.to_datetime(Time::midnight()))?;
    i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()
}

/// Microseconds of one day.
pub(crate) const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Reads `10:44:51.887` or `10:44` as microseconds since midnight.
pub(crate) fn time(written: &str) -> Option<i64> {
    let patterns = ["%H:%M:%S%.f", "%H:%M"];
    patterns.iter().find_map(|pattern| Time::strptime(pattern, written).ok()).map(time_micros)
}

/// Reads a time by a pattern; whatever else the pattern has is passed over.
pub(crate) fn time_by(pattern: &str, written: &str) -> Option<i64> {
    BrokenDownTime::parse(pattern, written).ok()?.to_time().ok().map(time_micros)
}

fn time_micros(time: Time) -> i64 {
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1000
}

/// Reads ISO 8601 (`PT1H30M`) and `1h 30m`; days have 24 hours, months and years have no length.
pub(crate) fn duration(written: &str) -> Option<i64> {
    let length = match written.parse::<SignedDuration>() {
        Ok(length) => length,
        Err(_) => {
            let span: jiff::Span = written.parse().ok()?;
            if span.get_months() != 0 || span.get_years() != 0 {
                return None;
            }
            span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?
        }
    };
    i64::try_from(length.as_micros()).ok()
}

/// A number of units as microseconds, unless a part of a microsecond would be lost to rounding far off.
pub(crate) fn units(number: f64, unit: f64) -> Option<i64> {
    let micros = (number * unit).round();
    // Beyond this, floats do not tell neighbouring microseconds apart.
    (micros.abs() <= crate::MAX_SAFE_INTEGER as f64).then_some(micros as i64)
}

/// Reads a decimal as a multiple of its last digit; `None` when digits would be lost or there are too many.
pub(crate) fn decimal(written: &str, precision: u8, scale: u8) -> Option<i128> {
    let (mantissa, exponent) = match written.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (written, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    // Digits that must be added (or, as zeros, taken away) for the last one to have the place of the scale.
    let shift = i32::from(scale).saturating_add(exponent).saturating_sub(i32::try_from(fraction.len()).ok()?);
    let digits = match usize::try_from(shift) {
        _ if digits.is_empty() => return Some(0),
        Ok(n_zeros) if n_zeros <= usize::from(precision) => format!("{digits}{}", "0".repeat(n_zeros)),
        Ok(_) => return None,
        Err(_) => {
            let n_lost = usize::try_from(shift.unsigned_abs()).ok()?;
            let kept = digits.len().checked_sub(n_lost)?;
            digits[kept..].bytes().all(|digit| digit == b'0').then(|| digits[..kept].to_owned())?
        }
    };
    let value: i128 = digits.parse().ok()?;
    (digits.len() <= usize::from(precision)).then_some(sign * value)
}

/// Both kinds of base64 with and without padding, since APIs write all of them.
pub(crate) fn bytes(written: &str, format: Option<&Format>) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);
    match format {
        Some(Format::Hex) => {
            if !written.bytes().all(|byte| byte.is_ascii_hexdigit()) || !written.len().is_multiple_of(2) {
                return None;
            }
            (0..written.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&written[at..at + 2], 16).ok())
                .collect()
        }
        Some(Format::Base64Url) => URL_SAFE.decode(written).ok(),
        _ => STANDARD.decode(written).ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_dates_and_times_strictly() {
        assert_eq!(date("1970-01-02"), Some(1));
        assert_eq!(date("1969-12-31"), Some(-1));
        assert_eq!(date("2024-02-30"), None);
        assert_eq!(date("2024-11-29T10:44:51Z"), None);
        assert_eq!(date_by("%d.%m.%Y", "02.01.1970"), Some(1));
        assert_eq!(date_by("%Y-%m-%dT%H:%M:%S%.f%z", "1970-01-02T23:44:51.887-0800"), Some(1));
        assert_eq!(time("00:00:01.5"), Some(1_500_000));
        assert_eq!(time("24:00"), None);
        assert_eq!(time_by("%I:%M %p", "01:00 PM"), Some(13 * 3_600_000_000));
        assert_eq!(local_timestamp("1970-01-01 00:01"), Some(60_000_000));
        assert_eq!(local_timestamp("1970-01-01T00:00:00.000001"), Some(1));
        assert_eq!(local_timestamp("1970-01-01T00:00:00Z"), None);
        assert_eq!(timestamp_by("%d.%m.%Y", "02.01.1970"), Some(MICROS_PER_DAY));
        assert_eq!(timestamp_by("%d.%m.%Y %H:%M %z", "01.01.1970 01:00 +0100"), Some(0));
    }

    #[test]
    fn reads_lengths_of_time() {
        assert_eq!(duration("PT1H30M"), Some(5_400_000_000));
        assert_eq!(duration("1h 30m"), Some(5_400_000_000));
        assert_eq!(duration("P1DT1S"), Some(MICROS_PER_DAY + 1_000_000));
        assert_eq!(duration("-PT0.5S"), Some(-500_000));
        assert_eq!(duration("P1M"), None);
        assert_eq!(duration("90"), None);
        assert_eq!(units(1.5, 1e6), Some(1_500_000));
        assert_eq!(units(f64::NAN, 1e6), None);
        assert_eq!(units(1e30, 1e6), None);
    }

    #[test]
    fn reads_decimals_exactly_or_not_at_all() {
        let check = |written: &str, expected: Option<i128>| {
            assert_eq!(decimal(written, 6, 2), expected, "{written}");
        };
        check("12.34", Some(1234));
        check("-12.3", Some(-1230));
        check("+1", Some(100));
        check(".5", Some(50));
        check("5.", Some(500));
        check("12.3400", Some(1234));
        check("12.345", None);
        check("9999.99", Some(999_999));
        check("10000", None);
        check("1e3", Some(100_000));
        check("1E-2", Some(1));
        check("1e-3", None);
        check("0e99", Some(0));
        check("1e99", None);
        check("0.001", None);
        check("000012.34", Some(1234));
        for wrong in ["", ".", "-", "1,5", "0x1", "1e", "١"] {
            check(wrong, None);
        }
        assert_eq!(decimal(&"9".repeat(38), 38, 0), Some(10_i128.pow(38) - 1));
    }

    #[test]
    fn reads_bytes() {
        assert_eq!(bytes("+/8=", None), Some(vec![0xfb, 0xff]));
        assert_eq!(bytes("+/8", None), Some(vec![0xfb, 0xff]));
        assert_eq!(bytes("-_8", Some(&Format::Base64Url)), Some(vec![0xfb, 0xff]));
        assert_eq!(bytes("fbFF", Some(&Format::Hex)), Some(vec![0xfb, 0xff]));
        assert_eq!(bytes("fbF", Some(&Format::Hex)), None);
        assert_eq!(bytes("+f", Some(&Format::Hex)), None);
        assert_eq!(bytes("é?", None), None);
    }

    #[test]
    fn formats_belong_to_types() {
        let check = |format: &str, column_type: &str, is_right: bool| {
            let column_type = ColumnType::parse(column_type).unwrap();
            assert_eq!(Format::read(format, &column_type).is_ok(), is_right, "{format} {column_type:?}");
        };
        check("%d.%m.%Y", "date", true);
        check("%d.%m.%Y", "list<struct<n: int, day: date>>", true);
        check("dd.mm.yyyy", "date", false);
        check("%!", "date", false);
        check("unix_ms", "timestamp", true);
        check("seconds", "duration", true);
        check("unix", "duration", false);
        check("hex", "binary", true);
        check("%d", "string", false);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,20}", number in "[-+.0-9eE]{0,12}") {
            for written in [&text, &number] {
                let _ = (timestamp(written), local_timestamp(written), date(written), time(written));
                let _ = (duration(written), bytes(written, None), bytes(written, Some(&Format::Hex)));
                let _ = (decimal(written, 38, 10), timestamp_by("%d.%m.%Y", written));
            }
        }

        #[test]
        fn decimals_are_read_back(value in -10_i128.pow(18)..10_i128.pow(18), scale in 0_u8..18) {
            let mut text = String::new();
            crate::text::push_decimal(value, scale, &mut text);
            prop_assert_eq!(decimal(&text, 38, scale), Some(value));
        }
    }
}

//! Text to dates, times, lengths of time, decimals and bytes.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::{
    SignedDuration, SpanRelativeTo,
    civil::{DateTime, Time},
    fmt::strtime::{self, BrokenDownTime},
    tz::TimeZone,
};
use pipeline_config::utc::{self, TimeError, Year};
use serde::{Deserialize, Serialize};

use crate::{
    column_type::ColumnType,
    pattern::{parsed_as_meant, parsed_by},
};

const MICROS_PER_SECOND: u64 = 1_000_000;

/// How values of one column are written, where that is not as usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Format {
    /// A number of so many microseconds, since 1970 where that applies.
    Units(u64),
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
                    "unix_ms" => Ok(Self::Units(1000)),
                    "unix_us" => Ok(Self::Units(1)),
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
                "hours" => Ok(Self::Units(3600 * MICROS_PER_SECOND)),
                "minutes" => Ok(Self::Units(60 * MICROS_PER_SECOND)),
                "seconds" => Ok(Self::Units(MICROS_PER_SECOND)),
                "milliseconds" => Ok(Self::Units(1000)),
                "microseconds" => Ok(Self::Units(1)),
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

/// Reads a timestamp by a pattern; without an offset in the pattern it is UTC.
pub(crate) fn timestamp_by(pattern: &str, written: &str) -> Result<i64, TimeError> {
    utc::read(written, Year::Anywhere, |written| {
        let parsed = parsed_by(pattern, written)?;
        if parsed.offset().is_some_and(|offset| utc::is_day_long(offset.seconds())) {
            return None;
        }
        if let Ok(time) = parsed.to_timestamp() {
            return Some(utc::micros_of(time));
        }
        // A time zone's name says nothing beyond the range of jiff's timestamps.
        let local = local_of(&parsed).filter(|_| parsed.iana_time_zone().is_none())?;
        let offset = parsed.offset().map_or(0, |offset| i64::from(offset.seconds()));
        utc::of_civil(local).checked_sub(offset * 1_000_000)
    })
}

/// Reads a date and time by a pattern; an offset in the text is passed over.
pub(crate) fn local_timestamp_by(pattern: &str, written: &str) -> Result<i64, TimeError> {
    utc::read(written, Year::Anywhere, |written| {
        Some(utc::of_civil(local_of(&parsed_by(pattern, written)?)?))
    })
}

/// The date and time; midnight where the pattern has no time.
fn local_of(parsed: &BrokenDownTime) -> Option<DateTime> {
    parsed.to_datetime().ok().or_else(|| Some(parsed.to_date().ok()?.to_datetime(Time::midnight())))
}

/// Reads `2024-11-29` as days since 1970.
pub(crate) fn date(written: &str) -> Result<i32, TimeError> {
    days(utc::parse_date(written)?)
}

/// Reads a date by a pattern; whatever else the pattern has is passed over.
pub(crate) fn date_by(pattern: &str, written: &str) -> Result<i32, TimeError> {
    let date = parsed_by(pattern, written).and_then(|parsed| parsed.to_date().ok());
    days(utc::of_civil(date.ok_or(TimeError::Form)?.to_datetime(Time::midnight())))
}

fn days(micros: i64) -> Result<i32, TimeError> {
    i32::try_from(micros.div_euclid(MICROS_PER_DAY)).map_err(|_| TimeError::Form)
}

/// Microseconds of one day.
pub(crate) const MICROS_PER_DAY: i64 = utc::MICROS_PER_DAY;

/// Reads `10:44:51.887` or `10:44` as microseconds since midnight.
pub(crate) fn time(written: &str) -> Result<i64, TimeError> {
    let patterns = ["%H:%M:%S%.f", "%H:%M"];
    time_of_day(written, |written| patterns.iter().find_map(|pattern| Time::strptime(pattern, written).ok()))
}

/// Reads a time by a pattern; whatever else the pattern has is passed over.
pub(crate) fn time_by(pattern: &str, written: &str) -> Result<i64, TimeError> {
    time_of_day(written, |written| parsed_as_meant(pattern, written)?.to_time().ok())
}

fn time_of_day(written: &str, read: impl Fn(&str) -> Option<Time>) -> Result<i64, TimeError> {
    let micros = utc::read(written, Year::Anywhere, |written| read(written).map(time_micros))?;
    // 24:00 belongs to no day.
    if micros < MICROS_PER_DAY { Ok(micros) } else { Err(TimeError::Form) }
}

fn time_micros(time: Time) -> i64 {
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1000
}

/// Why text is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DurationError {
    /// It has another form.
    Form,
    /// It has years or months.
    Months,
    /// It is of days or weeks that may be working days: `1d`, `1w 2d`.
    Days,
    /// It is more than 64 bits of microseconds.
    TooLong,
}

/// Reads ISO 8601 (`PT1H30M`) and `1h 30m`. Days of ISO 8601 have 24 hours; those of the other notation may be working days,
/// as Jira's are, of which nobody says how long they are. Months and years have no length.
pub(crate) fn duration(written: &str) -> Result<i64, DurationError> {
    let length = match written.parse::<SignedDuration>() {
        Ok(length) => length,
        Err(_) => {
            let span: jiff::Span = written.parse().map_err(|_| DurationError::Form)?;
            if span.get_months() != 0 || span.get_years() != 0 {
                return Err(DurationError::Months);
            }
            let is_iso = written.trim_start_matches(['+', '-']).starts_with(['P', 'p']);
            if !is_iso && (span.get_days() != 0 || span.get_weeks() != 0) {
                return Err(DurationError::Days);
            }
            span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| DurationError::TooLong)?
        }
    };
    i64::try_from(length.as_micros()).map_err(|_| DurationError::TooLong)
}

/// What becomes of digits below the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finer {
    /// They make the nearest microsecond: of doubles, whose last digits are made up, and of lengths of time.
    Rounded,
    /// They are left out: a time is in the microsecond that has begun.
    LeftOut,
}

/// A decimal number of units as microseconds; `None` where the text is no number.
///
/// What is beyond 64 bits is the least or the greatest number that these hold.
pub(crate) fn units(written: &str, unit: u64, finer: Finer) -> Option<i64> {
    /// Enough for 64 bits of microseconds and for the digits that round them.
    const MAX_DIGITS: i64 = 28;
    // Of a number below zero, what is left out makes it less.
    let least = |sign: i128| if sign < 0 && finer == Finer::LeftOut { -1 } else { 0 };
    let (mantissa, exponent) = match written.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (written, 0),
    };
    let (sign, unsigned) = match mantissa.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    // How many digits there are before the point.
    let n_before = digits.len() as i64 - fraction.len() as i64 + i64::from(exponent);
    if digits.is_empty() {
        return Some(0);
    }
    if n_before < -MAX_DIGITS {
        return Some(least(sign) as i64);
    }
    if n_before > MAX_DIGITS {
        return Some(if sign < 0 { i64::MIN } else { i64::MAX });
    }
    let n_kept = digits.len().min(MAX_DIGITS as usize);
    let micros = sign * digits[..n_kept].parse::<i128>().ok()?.checked_mul(i128::from(unit))?;
    // Digits beyond those that are kept are digits too.
    let rest = i128::from(digits[n_kept..].bytes().any(|digit| digit != b'0'));
    let shift = n_before - n_kept as i64;
    let power = 10_i128.checked_pow(u32::try_from(shift.abs()).ok()?);
    let micros = match (shift < 0, power, finer) {
        (true, Some(power), Finer::Rounded) => sign * ((sign * micros + power / 2) / power),
        (true, Some(power), Finer::LeftOut) => (micros + sign.min(0) * rest).div_euclid(power),
        // So many digits after the point leave less than half a microsecond.
        (true, None, _) => least(sign),
        (false, power, _) => micros.saturating_mul(power?),
    };
    Some(i64::try_from(micros).unwrap_or(if sign < 0 { i64::MIN } else { i64::MAX }))
}

/// Whether a time or a length of time has digits below the microsecond, which none of our types has.
pub(crate) fn is_finer_than_micros(written: &str, format: Option<&Format>) -> bool {
    /// Digits of the second in a microsecond.
    const N_DIGITS: usize = 6;
    match format {
        Some(Format::Units(unit)) => {
            // Hours and minutes have fractions that no number of digits ends.
            let scale = unit.ilog10();
            let is_decimal = 10_u64.checked_pow(scale) == Some(*unit);
            is_decimal
                && decimal(written.trim(), 38, scale as u8).is_none()
                && units(written.trim(), *unit, Finer::Rounded).is_some()
        }
        Some(Format::Pattern(pattern)) if !pattern.contains(['f', 'N']) => false,
        _ => written.split(['.', ',']).skip(1).any(|rest| {
            let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            n_digits > N_DIGITS && rest.as_bytes()[N_DIGITS..n_digits].iter().any(|digit| *digit != b'0')
        }),
    }
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
        assert_eq!(date("1970-01-02"), Ok(1));
        assert_eq!(date("1969-12-31"), Ok(-1));
        assert_eq!(date("2024-02-30"), Err(TimeError::Form));
        assert_eq!(date("2024-11-29T10:44:51Z"), Err(TimeError::Form));
        assert_eq!(date_by("%d.%m.%Y", "02.01.1970"), Ok(1));
        assert_eq!(date_by("%Y-%m-%dT%H:%M:%S%.f%z", "1970-01-02T23:44:51.887-0800"), Ok(1));
        assert_eq!(date_by("%d.%m.%Y", "29.11.24"), Err(TimeError::Form));
        assert_eq!(date_by("%d.%m.%y", "02.01.70"), Ok(1));
        assert_eq!(date_by("%d.%m.%Y", "01.01.0024").map(|days| days < 0), Ok(true));
        assert_eq!(time("00:00:01.5"), Ok(1_500_000));
        assert_eq!(time("24:00"), Err(TimeError::Form));
        assert_eq!(time("23:59:60"), Err(TimeError::LeapSecond));
        assert_eq!(time_by("%I:%M %p", "01:00 PM"), Ok(13 * 3_600_000_000));
        assert_eq!(timestamp_by("%d.%m.%Y", "02.01.1970"), Ok(MICROS_PER_DAY));
        assert_eq!(timestamp_by("%d.%m.%Y %H:%M %z", "01.01.1970 01:00 +0100"), Ok(0));
        assert_eq!(timestamp_by("%d.%m.%Y %H:%M", "01.01.1970 24:00"), Ok(MICROS_PER_DAY));
        assert_eq!(timestamp_by("%m%d%Y", "12319999"), Ok(LAST_DAY * MICROS_PER_DAY));
        assert_eq!(timestamp_by("%m%d%Y", "12329999"), Err(TimeError::Form));
    }

    /// 9999-12-31 in days since 1970.
    const LAST_DAY: i64 = 2_932_896;

    #[test]
    fn dates_go_from_year_1_to_year_9999() {
        let last_second = LAST_DAY * MICROS_PER_DAY + 86_399_000_000;
        assert_eq!(date("9999-12-31"), Ok(LAST_DAY as i32));
        assert_eq!(date("0001-01-01"), Ok(-719_162));
        assert_eq!(date_by("%d.%m.%Y", "31.12.9999"), Ok(LAST_DAY as i32));
        assert_eq!(date_by("%d.%m.%Y", "01.01.0001"), Ok(-719_162));
        assert_eq!(timestamp_by("%d.%m.%Y", "31.12.9999"), Ok(LAST_DAY * MICROS_PER_DAY));
        assert_eq!(timestamp_by("%d.%m.%Y %T %z", "31.12.9999 23:59:59 +0000"), Ok(last_second));
        assert_eq!(
            timestamp_by("%d.%m.%Y %T %z", "31.12.9999 23:59:59 +0100"),
            Ok(last_second - 3_600_000_000)
        );
        assert_eq!(local_timestamp_by("%d.%m.%Y %T", "31.12.9999 23:59:59"), Ok(last_second));
        assert_eq!(local_timestamp_by("%d.%m.%Y", "01.01.0001"), Ok(-719_162 * MICROS_PER_DAY));
    }

    #[test]
    fn numbers_of_units_keep_every_microsecond() {
        let check = |written: &str, unit: u64, expected: Option<i64>| {
            assert_eq!(units(written, unit, Finer::Rounded), expected, "{written} × {unit}");
        };
        check("253402300799", 1_000_000, Some(253_402_300_799_000_000));
        check("253402300799.999999", 1_000_000, Some(253_402_300_799_999_999));
        check("253402300799999", 1000, Some(253_402_300_799_999_000));
        check("253402300799999999", 1, Some(253_402_300_799_999_999));
        check("-62135596800", 1_000_000, Some(-62_135_596_800_000_000));
        check("-0.0000015", 1_000_000, Some(-2));
        check("1.732877091887e+9", 1_000_000, Some(1_732_877_091_887_000));
        check("1e-300", 1_000_000, Some(0));
        check("0.00000000000000000000000000000000000001", 1_000_000, Some(0));
        check("1e400", 1, Some(i64::MAX));
        check("-9e18", 1_000_000, Some(i64::MIN));
        check("1.5", 3_600_000_000, Some(5_400_000_000));
        assert_eq!(timestamp_by("%Y-%m-%d %H:%M %z", "2024-11-29 10:00 +2400"), Err(TimeError::Form));
        for text in ["", "-", ".", "NaN", "Infinity", "1,5", "0x10", "1e", "soon"] {
            check(text, 1, None);
        }
    }

    #[test]
    fn digits_below_the_microsecond_leave_the_microsecond_that_has_begun() {
        let check = |written: &str, unit: u64, expected: i64| {
            assert_eq!(units(written, unit, Finer::LeftOut), Some(expected), "{written} × {unit}");
        };
        check("1.9999999", 1_000_000, 1_999_999);
        check("-0.0000001", 1_000_000, -1);
        check("-1.0000019", 1_000_000, -1_000_002);
        check("-1.000001", 1_000_000, -1_000_001);
        check("-1", 1_000_000, -1_000_000);
        check("-0.0", 1_000_000, 0);
        check("-1e-300", 1_000_000, -1);
        check("1e-300", 1_000_000, 0);
        check("253402300799.9999999", 1_000_000, 253_402_300_799_999_999);
        check(&format!("-0.{}1", "0".repeat(60)), 1000, -1);
        check(&format!("-1.{}1", "0".repeat(30)), 1000, -1001);
        check(&format!("-1.5{}1", "0".repeat(2)), 1, -2);
        for (text, expected) in [
            ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
            ("1900-01-01T00:00:00.1234561Z", "1900-01-01T00:00:00.123456Z"),
            ("0001-01-01T00:00:00.0000001Z", "0001-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.9999999+0000", "1969-12-31T23:59:59.999999Z"),
            ("2024-12-31T23:59:59.9999999Z", "2024-12-31T23:59:59.999999Z"),
        ] {
            let utc = |micros: Result<i64, TimeError>| micros.map(utc::to_text);
            assert_eq!(utc(utc::parse(text)).as_deref(), Ok(expected), "{text}");
            let by = utc(timestamp_by("%Y-%m-%dT%H:%M:%S%.f%z", text));
            assert_eq!(by.as_deref(), Ok(expected), "{text}");
            let local = text.trim_end_matches('Z').trim_end_matches("+0000");
            assert_eq!(utc(utc::parse_local(local)).as_deref(), Ok(expected), "{local}");
            let by = utc(local_timestamp_by("%Y-%m-%dT%H:%M:%S%.f", local));
            assert_eq!(by.as_deref(), Ok(expected), "{local}");
        }
        assert_eq!(date_by("%Y-%m-%d %T%.f", "1969-12-31 23:59:59.9999999"), Ok(-1));
    }

    #[test]
    fn reads_lengths_of_time() {
        assert_eq!(duration("PT1H30M"), Ok(5_400_000_000));
        assert_eq!(duration("1h 30m"), Ok(5_400_000_000));
        assert_eq!(duration("P1DT1S"), Ok(MICROS_PER_DAY + 1_000_000));
        assert_eq!(duration("-PT0.5S"), Ok(-500_000));
        assert_eq!(duration("P1W"), Ok(7 * MICROS_PER_DAY));
        assert_eq!(duration("-P1D"), Ok(-MICROS_PER_DAY));
        for days in ["1d", "1w 2d", "2 days", "1 week", "1d 4h 30m", "-1d", "1d ago", "1w 0d"] {
            assert_eq!(duration(days), Err(DurationError::Days), "{days}");
        }
        assert_eq!(duration("24h"), Ok(MICROS_PER_DAY));
        assert_eq!(duration("P1M"), Err(DurationError::Months));
        assert_eq!(duration("PT9223372036855S"), Err(DurationError::TooLong));
        assert_eq!(duration("90"), Err(DurationError::Form));
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
                let _ = (local_timestamp_by("%d %T", written), date(written), time(written), units(written, 1, Finer::LeftOut));
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

//! Dates and times by a pattern of strftime.

use jiff::{
    civil::{Time, date},
    fmt::strtime::{self, BrokenDownTime},
    tz::TimeZone,
};

/// The text by a pattern. jiff's `%Y` takes two digits for a year of the first century, which nobody means: `%y` is the
/// pattern of these.
pub(crate) fn parsed_by(pattern: &str, written: &str) -> Option<BrokenDownTime> {
    let parsed = parsed_as_meant(pattern, written)?;
    let year = parsed.year().unwrap_or(2000);
    ((year.abs() >= 1000) || written.contains(&format!("{:04}", year.abs()))).then_some(parsed)
}

/// The names of UTC that dates end with: ISO 8601, RFC 9110, RFC 5322.
const UTC_NAMES: [&str; 4] = ["UTC", "GMT", "UT", "Z"];

/// As jiff reads it, and with what strptime takes besides: `Z` and offsets with or without colon under `%z`, the names of UTC
/// under `%Z`.
pub(crate) fn parsed_as_meant(pattern: &str, written: &str) -> Option<BrokenDownTime> {
    if let Ok(parsed) = BrokenDownTime::parse(pattern, written) {
        return Some(parsed);
    }
    let written = written.trim_end();
    if let Some(pattern) = pattern.strip_suffix("%Z") {
        let rest = UTC_NAMES.iter().find_map(|name| written.strip_suffix(name))?;
        return BrokenDownTime::parse(pattern, rest).ok();
    }
    let pattern = pattern.strip_suffix("%:z").or_else(|| pattern.strip_suffix("%z"))?;
    if let Some(rest) = UTC_NAMES.iter().find_map(|name| written.strip_suffix(name)) {
        return BrokenDownTime::parse(format!("{pattern}%z"), format!("{rest}+0000")).ok();
    }
    let other = |end: &str| BrokenDownTime::parse(format!("{pattern}{end}"), written).ok();
    let hours = || BrokenDownTime::parse(format!("{pattern}%z"), format!("{written}00")).ok();
    other("%z").or_else(|| other("%:z")).or_else(hours)
}

/// The text that a whole number stands for under a pattern, which reads the same number again: one that has lost zeros at its
/// begin might be read as another date.
pub(crate) fn text_of_number(number: &str, pattern: &str) -> Option<String> {
    let parsed = BrokenDownTime::parse(pattern, number).ok()?;
    let day = parsed.to_date().unwrap_or_else(|_| date(2000, 1, 1));
    let time = parsed.to_time().unwrap_or(Time::midnight());
    let zoned = TimeZone::UTC.to_ambiguous_zoned_datetime(day.to_datetime(time)).compatible().ok()?;
    let printed = strtime::format(pattern, &zoned).ok()?;
    (printed == number).then_some(printed)
}

//! Patterns of dates and times: found in the data by the fields that are asked for, and filled in.
//!
//! A pattern is text in which `%` and a letter stand for a field:
//!
//! ```text
//! %y %Y   the year, in full and with two digits      %a0  the month by a list of names (`names a0`)
//! %m %M   the month, %d %D the day: from 1, from 01  %w0  the weekday, %p0 am or pm (of 24), likewise
//! %h %H   hours 1–12, %k %K 0–11, %t %T 0–23, %u %U 1–24
//! %n %N   minutes, %s %S seconds, %f their fraction  %z   the time zone; %1 %2 %3 %4 by its short name, …
//! ```
//! `data/rules.mjs` has the same rules; the generator holds them against node and writes what differs as overrides.

use super::{data::Locale, parts::Parts, zone::ZoneName};

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    Numeric = 1,
    TwoDigit = 2,
}

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Narrow = 1,
    Short = 2,
    Long = 3,
}

/// How a month is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Month {
    Numeric = 1,
    TwoDigit = 2,
    Narrow = 3,
    Short = 4,
    Long = 5,
}

/// The fields of a date and a time that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fields {
    pub(super) weekday: Option<Width>,
    pub(super) year: Option<Digits>,
    pub(super) month: Option<Month>,
    pub(super) day: Option<Digits>,
    pub(super) hour: Option<Digits>,
    pub(super) minute: Option<Digits>,
    pub(super) second: Option<Digits>,
    pub(super) has_fraction: bool,
    pub(super) zone: Option<ZoneName>,
}

impl Fields {
    pub(super) fn has_date(&self) -> bool {
        self.date_index() > 0
    }

    pub(super) fn has_time(&self) -> bool {
        self.time_index() > 0
    }

    pub(super) fn has_month_name(&self) -> bool {
        matches!(self.month, Some(Month::Narrow | Month::Short | Month::Long))
    }

    fn date_index(&self) -> usize {
        let weekday = self.weekday.map_or(0, |width| width as usize);
        let year = self.year.map_or(0, |digits| digits as usize);
        let month = self.month.map_or(0, |month| month as usize);
        let day = self.day.map_or(0, |digits| digits as usize);
        ((weekday * 3 + year) * 6 + month) * 3 + day
    }

    fn time_index(&self) -> usize {
        let index = |field: Option<Digits>| field.map_or(0, |digits| digits as usize);
        (index(self.hour) * 3 + index(self.minute)) * 3 + index(self.second)
    }

    /// What the text between date and time depends on: 0 full, 1 long, 2 medium, 3 short.
    fn glue(&self) -> usize {
        match (self.month, self.weekday) {
            (Some(Month::Long), Some(_)) => 0,
            (Some(Month::Long), None) => 1,
            (Some(Month::Short), _) => 2,
            _ => 3,
        }
    }

    /// The pattern of a locale; `cycle` is `default`, `true` or `false` for `hour12`, `h12` or `h23`.
    ///
    /// `None` where the data has none: a weekday with a time but no day, and with a zone or without an hour; a fraction
    /// of a second without minutes and seconds.
    pub(super) fn pattern(&self, locale: &Locale, cycle: &str) -> Option<String> {
        let (date, time) = (self.date_index(), self.time_index());
        let zone = self.zone.map_or("", ZoneName::suffix);
        let fraction = if self.has_fraction { "f" } else { "" };
        if self.has_fraction && time == 0 {
            return None;
        }
        if let Some(known) = locale.line(&format!("override {cycle} {date}.{time}{zone}")) {
            return Some(known.to_owned());
        }
        let date_pattern = locale.nth("date", date);
        if time == 0 {
            return Some(match self.zone.is_some() {
                true => locale.nth("zone", self.glue()).replace("{d}", date_pattern),
                false => date_pattern.to_owned(),
            });
        }
        let is_only_weekday = date > 0 && date.is_multiple_of(54);
        if is_only_weekday {
            let pattern = locale.nth(&format!("wtime {cycle}"), time);
            return (self.zone.is_none() && !self.has_fraction && self.hour.is_some())
                .then(|| pattern.replace("%w*", date_pattern));
        }
        let time_pattern = locale.nth(&format!("time{fraction}{zone} {cycle}"), time);
        if time_pattern.is_empty() {
            return None;
        }
        Some(match date {
            0 => time_pattern.to_owned(),
            _ => glue(locale.nth("glue", self.glue()), date_pattern, time_pattern),
        })
    }
}

/// A date and a time in one pattern.
pub(super) fn glue(glue: &str, date: &str, time: &str) -> String {
    glue.replace("{t}", time).replace("{d}", date)
}

/// The fields of one time in its time zone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LocalTime {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: u8,
    pub(super) day: u8,
    /// From Sunday, 0.
    pub(super) weekday: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) millisecond: u16,
    /// The name of the time zone, where one is asked for.
    pub(super) zone: String,
}

/// Writes a time, with `n_fraction` digits of the second's fraction where the pattern has one.
pub(super) fn write(pattern: &str, time: &LocalTime, (locale, n_fraction): (&Locale, usize)) -> Parts {
    let mut parts = Parts::default();
    let mut rest = pattern.chars();
    let mut literal = String::new();
    while let Some(c) = rest.next() {
        if c != '%' {
            literal.push(c);
            continue;
        }
        let Some(field) = rest.next() else { break };
        if field == '%' {
            literal.push('%');
            continue;
        }
        parts.literal(&std::mem::take(&mut literal));
        let names = matches!(field, 'a' | 'w' | 'p').then(|| rest.next()).flatten();
        let (kind, text) = match names {
            Some(list) => named(field, list, time, locale),
            None => numeric(field, time),
        };
        match field {
            'z' | '1'..='4' => parts.push("timeZoneName", &time.zone),
            'f' => parts.push("fractionalSecond", &format!("{:03}", time.millisecond)[..n_fraction]),
            _ => parts.push(kind, &text),
        }
    }
    parts.literal(&literal);
    parts
}

fn named(field: char, list: char, time: &LocalTime, locale: &Locale) -> (&'static str, String) {
    let (kind, index) = match field {
        'a' => ("month", time.month - 1),
        'w' => ("weekday", time.weekday),
        _ => ("dayPeriod", time.hour),
    };
    (kind, locale.nth(&format!("names {field}{list}"), usize::from(index)).to_owned())
}

fn numeric(field: char, time: &LocalTime) -> (&'static str, String) {
    let hour = time.hour;
    // The year before year 1 is the first one before Christ; the era is not shown.
    let year = if time.year > 0 { time.year } else { 1 - time.year };
    let (kind, value) = match field.to_ascii_lowercase() {
        'y' => ("year", if field == 'y' { year } else { year % 100 }),
        'm' => ("month", i64::from(time.month)),
        'd' => ("day", i64::from(time.day)),
        'h' => ("hour", i64::from((hour + 11) % 12 + 1)),
        'k' => ("hour", i64::from(hour % 12)),
        't' => ("hour", i64::from(hour)),
        'u' => ("hour", i64::from((hour + 23) % 24 + 1)),
        'n' => ("minute", i64::from(time.minute)),
        _ => ("second", i64::from(time.second)),
    };
    let text = if field.is_ascii_uppercase() { format!("{value:02}") } else { value.to_string() };
    (kind, text)
}

//! Time zones: those of the tz database that comes with the program, never the machine's.

use std::sync::LazyLock;

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use rustc_hash::FxHashMap;

use super::{
    data::{COMMON, Locale},
    pattern::LocalTime,
    refusal,
};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Lower-case name of each zone that node knows by another name than the tz database, to node's; empty if it has none.
static ALIASES: LazyLock<FxHashMap<String, &'static str>> = LazyLock::new(|| {
    let aliases = Locale::find(COMMON).map(|zones| zones.values("aliases"));
    let entries = aliases.into_iter().flatten().filter_map(|alias| alias.split_once('='));
    entries.map(|(name, node)| (name.to_ascii_lowercase(), node)).collect()
});

/// The zones that node has, each with the group of those that have the same names in all locales.
static GROUPS: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let Some(common) = Locale::find(COMMON) else { return FxHashMap::default() };
    let groups = common.keys().filter(|key| key.starts_with('g'));
    groups.flat_map(|group| common.values(group).map(move |zone| (zone, group))).collect()
});

/// Names of zones are checked against node from this year on; earlier ones had others.
const NAMED_SINCE: i64 = 1990;

/// A time zone.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    /// As node names it.
    pub(super) name: String,
    /// `None` for UTC.
    rules: Option<TimeZone>,
}

/// How the name of a zone is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ZoneName {
    Short,
    Long,
    ShortOffset,
    LongOffset,
}

impl ZoneName {
    /// What the keys of its patterns end with.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Short => "z",
            Self::Long => "zl",
            Self::ShortOffset => "zs",
            Self::LongOffset => "zo",
        }
    }

    /// How `pattern` writes a zone for which this name is asked.
    pub(super) fn written_by(self, pattern: &str) -> Option<Self> {
        let named =
            [("%1", Self::Short), ("%2", Self::Long), ("%3", Self::ShortOffset), ("%4", Self::LongOffset)];
        let other = named.iter().find(|(field, _)| pattern.contains(field)).map(|(_, name)| *name);
        other.or_else(|| pattern.contains("%z").then_some(self))
    }
}

impl Zone {
    /// What converters have where they ask for none.
    pub(super) fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: None }
    }

    /// The zone of an IANA name, in capital or small letters.
    pub(super) fn find(name: &str) -> Option<Self> {
        let alias = ALIASES.get(&name.to_ascii_lowercase()).copied();
        if alias.is_some_and(str::is_empty) {
            return None;
        }
        // Zones that were merged later have the history of the one that node means.
        let rules = DATABASE.get(alias.unwrap_or(name)).ok()?;
        let name = rules.iana_name()?.to_owned();
        if name == "UTC" {
            return Some(Self::utc());
        }
        GROUPS.contains_key(name.as_str()).then_some(())?;
        Some(Self { name, rules: Some(rules) })
    }

    /// Seconds east of Greenwich; `None` where the tz database's library has no such year.
    fn offset(&self, milliseconds: i64) -> Option<i64> {
        let Some(rules) = &self.rules else { return Some(0) };
        let instant = Timestamp::from_millisecond(milliseconds).ok()?;
        Some(i64::from(rules.to_offset(instant).seconds()))
    }

    /// The local fields of a time, without the name of the zone.
    pub(super) fn local_time(&self, milliseconds: f64) -> Option<LocalTime> {
        // Times of dates are whole and within ±8.64e15.
        let milliseconds = milliseconds as i64;
        let local = milliseconds + self.offset(milliseconds)? * 1000;
        let (days, of_day) = (local.div_euclid(86_400_000), local.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        Some(LocalTime {
            year,
            month,
            day,
            weekday: (days + 4).rem_euclid(7) as u8,
            hour: (of_day / 3_600_000) as u8,
            minute: (of_day / 60_000 % 60) as u8,
            second: (of_day / 1000 % 60) as u8,
            millisecond: (of_day % 1000) as u16,
            zone: String::new(),
        })
    }

    /// The name of the zone at a time.
    ///
    /// # Errors
    /// A refusal where node has a name that the data has not.
    pub(super) fn name_at(
        &self,
        (milliseconds, year): (f64, i64),
        style: ZoneName,
        (locale, what): (&Locale, &str),
    ) -> boa_engine::JsResult<String> {
        let refuse = || {
            let name = &self.name;
            let style = if style == ZoneName::Long { "long" } else { "short" };
            Err(refusal::unsupported(
                what,
                &format!("the {style} name of the time zone `{name}` in year {year}"),
            ))
        };
        if self.rules.is_none() && style == ZoneName::Short {
            return Ok("UTC".to_owned());
        }
        if self.rules.is_none() && style == ZoneName::Long {
            return Ok(locale.line("utc").unwrap_or("UTC").to_owned());
        }
        let Some(offset) = self.offset(milliseconds as i64) else { return refuse() };
        let is_whole = offset % 60 == 0;
        let minutes = offset / 60;
        if matches!(style, ZoneName::ShortOffset | ZoneName::LongOffset) {
            return if is_whole { Ok(write_offset(locale, minutes, style)) } else { refuse() };
        }
        let style_name = if style == ZoneName::Long { "long" } else { "short" };
        let has_style = style == ZoneName::Short || locale.line("zone long").is_some();
        let group = GROUPS.get(self.name.as_str());
        let (Some(group), true, true) = (group, has_style, is_whole && year >= NAMED_SINCE) else {
            return refuse();
        };
        let key = format!("zone {style_name} {group}");
        if locale.line(&key) == Some("?") {
            return refuse();
        }
        let name = locale.named(&key, &minutes.to_string());
        Ok(name.map_or_else(|| write_offset(locale, minutes, style), str::to_owned))
    }
}

/// `GMT+1`, `GMT+05:30`
fn write_offset(locale: &Locale, minutes: i64, style: ZoneName) -> String {
    let rules: Vec<&str> = locale.values("offset").collect();
    let [before, plus, minus, between, after] = rules[..] else { return String::new() };
    let sign = if minutes < 0 { minus } else { plus };
    let (hour, minute) = (minutes.abs() / 60, minutes.abs() % 60);
    let is_long = matches!(style, ZoneName::Long | ZoneName::LongOffset);
    match (is_long, minute) {
        (true, _) => format!("{before}{sign}{hour:02}{between}{minute:02}{after}"),
        (false, 0) => format!("{before}{sign}{hour}{after}"),
        (false, _) => format!("{before}{sign}{hour}{between}{minute:02}{after}"),
    }
}

/// The date of a day since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

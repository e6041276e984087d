//! The moments that a cron expression means.

use std::{cmp::Ordering, fmt, ops::Bound, time::Duration};

use croner::{
    CivilDateTime, Cron, CronDateTime, Resolution, Weekday,
    errors::CronError,
    parser::{CronParser, Seconds, Year},
};
use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use pipeline_config::{clipped, fingerprint};

/// How much of a field, and of what is wrong with it, a message shows.
const MAX_FIELD: usize = 40;
const MAX_PROBLEM: usize = 200;

/// A cron expression in a time zone, and by how much its times are spread.
#[derive(Clone, PartialEq)]
pub struct Times {
    cron: Cron,
    zone: TimeZone,
    /// Whether it is of every hour, and not of some.
    repeats: bool,
    jitter: Duration,
    /// Whose times these are: the spread differs from pipeline to pipeline.
    name: String,
}

impl fmt::Debug for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Times")
            .field("cron", &self.cron.as_str())
            .field("zone", &self.zone)
            .finish_non_exhaustive()
    }
}

/// One time of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Planned {
    /// What the expression says; names this run in the history.
    pub at: Timestamp,
    /// When it is to begin, after the jitter.
    pub starts: Timestamp,
}

impl Times {
    /// The times of a cron expression of five fields, or of a nickname such as `@daily`.
    ///
    /// # Errors
    /// A sentence on what is wrong with `cron`, also when there is no such time at all.
    pub fn parse(cron: &str, zone: TimeZone) -> Result<Self, String> {
        // The library passes over them, and looks through all years for a field without values.
        if let Some(field) = cron.split_whitespace().find(|field| field.split(',').any(str::is_empty)) {
            let field = clipped(field, MAX_FIELD);
            return Err(format!("`{field}` has a comma with no value before or behind it"));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(cron).map_err(|error| {
            let text = error.to_string();
            clipped(text.trim_end_matches('.'), MAX_PROBLEM).into_owned()
        })?;
        let repeats = (0..24).all(|hour| cron.pattern.hour_match(hour).unwrap_or(false));
        let times = Self { cron, zone, repeats, jitter: Duration::ZERO, name: String::new() };
        match times.after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(times),
            None => Err("there is no such day".into()),
        }
    }

    /// The same, each begun by up to `jitter` later, always by the same for one time of one pipeline.
    #[must_use]
    pub fn spread(mut self, jitter: Duration, name: &str) -> Self {
        (self.jitter, self.name) = (jitter, name.to_owned());
        self
    }

    /// The cron expression, as it was written.
    pub fn cron(&self) -> &str {
        self.cron.as_str()
    }

    /// The cron expression in words.
    pub fn words(&self) -> String {
        self.cron.describe()
    }

    /// The time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first time after `moment`.
    pub fn after(&self, moment: Timestamp) -> Option<Planned> {
        let at = if self.repeats { self.next_repeated(moment)? } else { self.next_fixed(moment)? };
        Some(Planned { at, starts: at + self.delay(at) })
    }

    /// The first time of those that each day has: where the clock leaves one out it comes at the first moment after the gap, and
    /// where one comes twice it is the first of the two. So later times on the clock are never earlier moments.
    fn next_fixed(&self, moment: Timestamp) -> Option<Timestamp> {
        let mut from = Bound::Included(self.clock(moment));
        loop {
            let shown = self.next_shown(from)?;
            from = Bound::Excluded(shown);
            let found = self.zone.to_ambiguous_timestamp(shown);
            let at = match found.offset() {
                AmbiguousOffset::Gap { .. } => {
                    let within = found.later().ok()?;
                    let just_after = within.checked_add(SignedDuration::from_nanos(1)).ok()?;
                    self.zone.preceding(just_after).next()?.timestamp()
                }
                _ => found.earlier().ok()?,
            };
            if at > moment {
                return Some(at);
            }
        }
    }

    /// The first time of those of every hour that passes: from one change of the clock to the next it is even.
    fn next_repeated(&self, moment: Timestamp) -> Option<Timestamp> {
        let (mut since, mut from) = (moment, Bound::Excluded(self.clock(moment)));
        loop {
            let shown = self.next_shown(from)?;
            let at = self.zone.to_offset(since).to_timestamp(shown).ok()?;
            match self.zone.following(since).next().map(|change| change.timestamp()) {
                Some(change) if change <= at => (since, from) = (change, Bound::Included(self.clock(change))),
                _ => return Some(at),
            }
        }
    }

    /// What the clock on the wall shows.
    fn clock(&self, moment: Timestamp) -> DateTime {
        self.zone.to_datetime(moment)
    }

    /// The first of the times of the expression from one on that a clock shows which is never set.
    fn next_shown(&self, from: Bound<DateTime>) -> Option<DateTime> {
        let (shown, including) = match from {
            Bound::Included(shown) => (shown, true),
            Bound::Excluded(shown) => (shown, false),
            Bound::Unbounded => return None,
        };
        self.cron.find_next_occurrence(&EvenClock(shown), including).ok().map(|found| found.0)
    }

    /// A fingerprint instead of a random number: after a restart the same run begins at the same moment.
    fn delay(&self, at: Timestamp) -> SignedDuration {
        let millis = u64::try_from(self.jitter.as_millis()).unwrap_or(u64::MAX);
        let named = fingerprint([self.name.as_str(), &at.to_string()]);
        let chance = u64::from_str_radix(&named, 16).unwrap_or_default();
        SignedDuration::from_millis(
            i64::try_from(chance % millis.saturating_add(1).max(1)).unwrap_or_default(),
        )
    }
}

/// What a clock shows that is never set, as the library of cron expressions sees it: what comes of gaps and of hours that come
/// twice is decided here, because it takes all times but single ones for those of every hour.
#[derive(Debug, Clone)]
struct EvenClock(DateTime);

impl CronDateTime for EvenClock {
    fn to_civil(&self) -> CivilDateTime {
        let (date, time) = (self.0.date(), self.0.time());
        let [month, day] = [date.month(), date.day()].map(|n| n.unsigned_abs().into());
        let [hour, minute, second] =
            [time.hour(), time.minute(), time.second()].map(|n| n.unsigned_abs().into());
        CivilDateTime::from_ymd_hms(date.year().into(), month, day, hour, minute, second)
            .expect("a time of one library is one of the other")
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(self.0.weekday().to_sunday_zero_offset().unsigned_abs().into())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let narrow = |n: u32| i8::try_from(n).map_err(|_| CronError::InvalidTime);
        let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
        let [month, day] = [narrow(civil.month())?, narrow(civil.day())?];
        let [hour, minute, second] =
            [narrow(civil.hour())?, narrow(civil.minute())?, narrow(civil.second())?];
        let shown = DateTime::new(year, month, day, hour, minute, second, 0);
        Ok(Resolution::Single(Self(shown.map_err(|_| CronError::InvalidDate)?)))
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

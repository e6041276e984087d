//! The moments that a cron expression means.

use std::{cmp::Ordering, fmt, time::Duration};

use croner::{
    CivilDateTime, Cron, CronDateTime, Resolution, Weekday,
    errors::CronError,
    parser::{CronParser, Seconds, Year},
};
use jiff::{
    SignedDuration, Timestamp, ZonedDateTime,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use pipeline_config::fingerprint;

/// A cron expression in a time zone, and by how much its times are spread.
#[derive(Clone, PartialEq)]
pub struct Times {
    cron: Cron,
    zone: TimeZone,
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
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(cron).map_err(|error| {
            let text = error.to_string();
            text.trim_end_matches('.').to_owned()
        })?;
        let times = Self { cron, zone, jitter: Duration::ZERO, name: String::new() };
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
        let start = WallClock(moment.to_zoned_datetime(self.zone.clone()));
        let found = self.cron.find_next_occurrence(&start, false).ok()?;
        let at = found.0.timestamp();
        Some(Planned { at, starts: at + self.delay(at) })
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

/// A time of our library as that of cron sees it, which knows an older release of ours only.
#[derive(Debug, Clone)]
struct WallClock(ZonedDateTime);

impl CronDateTime for WallClock {
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
        let wall =
            DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| CronError::InvalidDate)?;
        let found = self.0.time_zone().to_ambiguous_zoned_datetime(wall);
        let wrong = |_| CronError::InvalidTime;
        Ok(match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => {
                Resolution::Single(Self(found.unambiguous().map_err(wrong)?))
            }
            AmbiguousOffset::Fold { .. } => Resolution::Ambiguous(
                Self(found.clone().earlier().map_err(wrong)?),
                Self(found.later().map_err(wrong)?),
            ),
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

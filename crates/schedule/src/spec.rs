//! The `schedule` section.

use std::time::Duration;

use jiff::tz::TimeZone;
use pipeline_config::{Field, Section, Shape, clipped};

use super::times::Times;

/// How much of an expression a message shows.
const MAX_CRON: usize = 80;

/// The keys of `schedule`.
pub const SCHEDULE_FIELDS: &[Field] = &[
    Field::required(
        "cron",
        Shape::Text,
        "Minute, hour, day of the month, month, day of the week, such as `0 2 * * *`; or `@daily` and its like.",
    ),
    Field::default("timezone", Shape::Text, "UTC", "Whose clock that is, such as `Europe/Berlin`."),
    Field::default(
        "jitter",
        Shape::Duration,
        "0s",
        "Begin by up to so much later, each pipeline by another amount.",
    ),
    Field::default(
        "overlap",
        Shape::OneOf(&["skip", "queue"]),
        "skip",
        "What happens when the run before has not ended: this one is left out, or waits.",
    ),
    Field::default(
        "catch_up",
        Shape::OneOf(&["none", "last", "all"]),
        "last",
        "Which runs that were missed, because nothing was there to run them, are made up for.",
    ),
    Field::optional("timeout", Shape::Duration, "End a run that takes longer; it has failed then."),
    Field::default("retries", Shape::Integer(0, 100), "0", "How often a failed run is tried again."),
    Field::default(
        "retry_wait",
        Shape::Duration,
        "1m",
        "How long to wait before that; each time twice as long, up to an hour.",
    ),
    Field::optional(
        "on_failure",
        Shape::List(&Shape::Text),
        "Commands, or http(s) addresses, that are told when a run has failed for good.",
    ),
];

/// What happens when the run before has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// The later one is left out.
    Skip,
    /// The later one waits.
    Queue,
}

/// Which missed runs are made up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// None.
    None,
    /// One, for the last time that was missed.
    Last,
    /// All, in order.
    All,
}

/// When a pipeline runs, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleSpec {
    /// The times.
    pub times: Times,
    /// What happens when the run before has not ended.
    pub overlap: Overlap,
    /// Which missed runs are made up for.
    pub catch_up: CatchUp,
    /// How long a run may take.
    pub timeout: Option<Duration>,
    /// How often a failed run is tried again.
    pub retries: u32,
    /// How long to wait before the first time.
    pub retry_wait: Duration,
    /// Who is told of a failure.
    pub on_failure: Vec<String>,
}

impl ScheduleSpec {
    /// Reads a section that was held against [`SCHEDULE_FIELDS`]; `None` after reporting what is wrong.
    pub fn read(section: &Section<'_>, pipeline: &str) -> Option<Self> {
        let name = section.optional_text("timezone")?;
        let Ok(zone) = TimeZone::get(&name) else {
            let error = section.error("H002", "timezone", format!("there is no time zone `{name}`"));
            section
                .reader()
                .report(error.help("write a name of the tz database, such as `Europe/Berlin` or `UTC`"));
            return None;
        };
        let cron = section.optional_text("cron")?;
        let times = match Times::parse(&cron, zone) {
            Ok(times) => times.spread(section.duration("jitter").unwrap_or_default(), pipeline),
            Err(problem) => {
                let cron = clipped(&cron, MAX_CRON);
                let error = section.error("H001", "cron", format!("`{cron}` is no schedule: {problem}"));
                section
                    .reader()
                    .report(error.help("write five fields, such as `0 2 * * *` for every night at two"));
                return None;
            }
        };
        Some(Self {
            times,
            overlap: if section.text("overlap") == "queue" { Overlap::Queue } else { Overlap::Skip },
            catch_up: match section.text("catch_up").as_str() {
                "none" => CatchUp::None,
                "all" => CatchUp::All,
                _ => CatchUp::Last,
            },
            timeout: section.duration("timeout"),
            retries: section.integer("retries").and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
            retry_wait: section.duration("retry_wait").unwrap_or_default(),
            on_failure: section.texts("on_failure").into_iter().map(|text| text.value).collect(),
        })
    }
}

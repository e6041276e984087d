//! When a pipeline runs: cron expressions, time zones, and what to do at each planned time. For the scheduler of `pipeline serve`.
//!
//! ```text
//! schedule: ─ScheduleSpec::read─▶ ScheduleSpec ─▶ Timetable ─tick(now)─▶ [Start, Skip, Stop, Report]
//!                                                    ▲  └─wake_at()─▶ when to tick again
//!                                                    └─ended(now, how)
//! ```
//! The crate is pure: its caller has the clock, the processes and the history, asks a [`Timetable`] what to do, and does it.
//!
//! Planned times are those of a wall clock in `timezone`. Where that clock is set forward, a time that it leaves out comes at the
//! first moment after the gap; where it is set back, a time comes once, the first time. Times of every hour (`*/15 * * * *`) are
//! those of each hour that passes: none in a gap, and both where an hour comes twice.
//!
//! ```
//! use jiff::{Timestamp, tz::TimeZone};
//! use pipeline_schedule::Times;
//!
//! let times = Times::parse("30 2 * * *", TimeZone::get("Europe/Berlin").unwrap()).unwrap();
//! // On 29 March 2026 clocks in Berlin go from 02:00 to 03:00.
//! let evening: Timestamp = "2026-03-28T20:00:00Z".parse().unwrap();
//! assert_eq!(times.after(evening).unwrap().at.to_string(), "2026-03-29T01:00:00Z");
//! ```

#[cfg(test)]
mod clock_tests;
mod spec;
#[cfg(test)]
mod tests;
mod times;
mod timetable;
mod words;

pub use spec::{CatchUp, Overlap, SCHEDULE_FIELDS, ScheduleSpec};
pub use times::{Planned, Times};
pub use timetable::{Action, Ended, Reason, Timetable};

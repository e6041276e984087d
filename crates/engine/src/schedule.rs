//! When a pipeline runs: the `schedule` section, the times that it means, and what to do at each of them.
//!
//! ```text
//! schedule: ─ScheduleSpec::read─▶ ScheduleSpec ─▶ Timetable ─tick(now)─▶ [Start, Skip, Stop, Report]
//!                                                    ▲  └─wake_at()─▶ when to tick again
//!                                                    └─ended(now, how)
//! ```
//! All of it is pure: whoever runs pipelines has the clock, the processes and the history, asks a [`Timetable`] what to
//! do, and does it.
//!
//! Times are those of a clock on the wall in `timezone`. Where that clock is set forward, a time that it leaves out comes
//! at the first moment after the gap; where it is set back, a time comes once, the first time. Times of every hour
//! (`*/15 * * * *`) are those of each hour that passes: none in a gap, and both where an hour comes twice.

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

//! Runs the pipelines of a folder when their schedules say so; the machine behind `pipeline serve`, without HTTP.
//!
//! ```text
//! files ─Catalog─▶ last good Plan ─┐            ┌─ ScheduleLeases: who runs which planned time (SQLite)
//! Clock ─▶ rounds ─tick─▶ Timetable ┴─ actions ─┼─▶ engine::run ─Observer─▶ LiveRun ─▶ Feed (events)
//!             ▲────────────ended────────────────┴─▶ notices: commands and webhooks of `on_failure`
//! ```
//! One task makes the rounds; each run and each notice is a task of its own. What a [`Timetable`](pipeline_schedule::Timetable)
//! decides is done here, and nothing is decided here that it could.
mod access;
mod actions;
mod block;
mod catalog;
mod clock;
mod desk;
mod error;
mod feed;
mod folder;
mod handle;
mod live_run;
mod notices;
mod rounds;
mod runs;
mod saved;
mod shared;
mod status;
mod targets;

pub use access::LoginPage;
pub use catalog::pipeline_files;
pub use clock::{Clock, SystemClock};
pub use desk::{DeskCode, DeskPage, DeskTable, Trial};
pub use error::SupervisorError;
pub use feed::{Feed, FeedEvent, FeedKind, Missed};
pub use handle::{Attention, Drained, Supervisor, SupervisorOptions};
pub use live_run::{LogLine, Progress};
pub use status::{LiveStatus, PipelineStatus, RunTotals, ScheduleStatus};

#[cfg(test)]
mod tests;

//! How pipelines are, for those who look.

use std::path::PathBuf;

use jiff::Timestamp;
use pipeline_history::RunOutcome;

use super::{live_run::Progress, shared::Entry};

/// Upper ends of the histogram of durations, in seconds.
pub(super) const BUCKETS: [f64; 10] =
    [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14_400.0, 43_200.0];

/// How a pipeline is.
#[derive(Debug, Clone)]
pub struct PipelineStatus {
    /// Its file's path below the folder, without the extension.
    pub id: String,
    /// Its name; that of the file while there is no good plan.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// Its tables.
    pub tables: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it runs, where it has a schedule.
    pub schedule: Option<ScheduleStatus>,
    /// Whether its schedule rests.
    pub is_paused: bool,
    /// The run that is under way here.
    pub running: Option<LiveStatus>,
    /// Whether another server runs it now.
    pub runs_elsewhere: bool,
    /// What is wrong with its file, rendered; the last good plan is in use, if there was one.
    pub problems: Option<String>,
    /// Whether there is a plan to run.
    pub is_runnable: bool,
    /// Its runs since the server began.
    pub totals: RunTotals,
}

/// A schedule, and what comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleStatus {
    /// As it is written.
    pub cron: String,
    /// Its time zone.
    pub timezone: String,
    /// When the next run begins.
    pub next: Option<Timestamp>,
}

/// A run that is under way.
#[derive(Debug, Clone)]
pub struct LiveStatus {
    /// The run.
    pub run: String,
    /// When it began.
    pub started_at: Timestamp,
    /// The planned time, where the schedule asked for it.
    pub planned: Option<Timestamp>,
    /// Which try.
    pub attempt: u32,
    /// How far it is.
    pub progress: Progress,
}

/// The runs of a pipeline since the server began.
#[derive(Debug, Clone, Default)]
pub struct RunTotals {
    /// Ended runs by outcome.
    pub outcomes: Vec<(RunOutcome, u64)>,
    /// Rows written.
    pub rows: u64,
    /// Pages fetched.
    pub pages: u64,
    /// Bytes of pages.
    pub bytes: u64,
    /// Requests that were repeated after a failure.
    pub retries: u64,
    /// Seconds of all runs together.
    pub seconds: f64,
    /// Runs per bucket of [`RunTotals::buckets`], not summed up.
    durations: [u64; BUCKETS.len() + 1],
    /// When a run last ended well, also before the server began.
    pub last_success: Option<Timestamp>,
    /// Planned times that were left out.
    pub skipped: u64,
}

impl RunTotals {
    /// Counts a run that has ended.
    pub(super) fn add(&mut self, outcome: RunOutcome, progress: &Progress) {
        match self.outcomes.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, count)) => *count += 1,
            None => self.outcomes.push((outcome, 1)),
        }
        self.rows += progress.rows;
        self.pages += progress.pages;
        self.bytes += progress.bytes;
        self.seconds += progress.seconds;
        let bucket = BUCKETS.iter().position(|end| progress.seconds <= *end).unwrap_or(BUCKETS.len());
        self.durations[bucket] += 1;
    }

    /// Runs that took no longer than so many seconds, bucket by bucket; all of them for infinity.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let ends = BUCKETS.into_iter().chain([f64::INFINITY]);
        ends.zip(self.durations).scan(0, |sum, (end, count)| {
            *sum += count;
            Some((end, *sum))
        })
    }
}

impl Entry {
    pub(super) fn name(&self) -> String {
        let stem = || self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.plan.as_ref().map_or_else(stem, |plan| plan.name.clone())
    }

    pub(super) fn status(&self) -> PipelineStatus {
        let spec = self.plan.as_ref().and_then(|plan| plan.schedule.as_ref());
        let next = self
            .timetable
            .as_ref()
            .and_then(pipeline_schedule::Timetable::next)
            .map(|planned| planned.starts);
        PipelineStatus {
            id: self.id.clone(),
            name: self.name(),
            file: self.file.clone(),
            tables: self.plan.iter().flat_map(|plan| &plan.tables).map(|table| table.name.clone()).collect(),
            tags: self.plan.as_ref().map(|plan| plan.tags.clone()).unwrap_or_default(),
            schedule: spec.map(|spec| ScheduleStatus {
                cron: spec.times.cron().to_owned(),
                timezone: spec.times.zone().iana_name().unwrap_or("UTC").to_owned(),
                next,
            }),
            is_paused: self.is_paused,
            running: self.running.as_ref().map(|running| LiveStatus {
                run: running.live.run.clone(),
                started_at: running.started_at,
                planned: running.planned.map(|planned| planned.at),
                attempt: running.attempt,
                progress: running.live.progress(),
            }),
            runs_elsewhere: self.watched.is_some(),
            problems: self.problems.clone(),
            is_runnable: self.plan.is_some(),
            totals: self.totals.clone(),
        }
    }
}

//! One run while it goes on, and what it said.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use pipeline_engine::{Event, Observer};
use pipeline_transport::Redactor;
use serde::Serialize;

use super::feed::{Feed, FeedKind};

/// How often progress is told at most.
const EVERY: Duration = Duration::from_millis(250);
/// Lines kept of one run; the first and last ones matter most, so that the middle goes.
const LINES: usize = 400;

/// How far a run is.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The run.
    pub run: String,
    /// The pipeline's id.
    pub pipeline: String,
    /// The table it is at.
    pub table: String,
    /// Pages fetched, of all tables.
    pub pages: u64,
    /// Rows written, of all tables.
    pub rows: u64,
    /// Bytes of pages.
    pub bytes: u64,
    /// Rows per second since it began.
    pub rate: f64,
    /// Records of this table in all, where the server says so.
    pub total: Option<u64>,
    /// Seconds since it began.
    pub seconds: f64,
}

/// One line of a run's log.
#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    /// When.
    pub at: String,
    /// `info`, `warn` or `error`.
    pub level: &'static str,
    /// What.
    pub message: String,
}

#[derive(Debug)]
struct State {
    progress: Progress,
    lines: VecDeque<LogLine>,
    told: Option<Instant>,
}

/// A run, as its observer.
#[derive(Debug)]
pub(super) struct LiveRun {
    pub(super) run: String,
    pipeline: String,
    started: Instant,
    feed: Arc<Feed>,
    redactor: Redactor,
    state: Mutex<State>,
}

impl LiveRun {
    pub(super) fn new(names: (&str, &str), feed: &Arc<Feed>, redactor: &Redactor) -> Self {
        let (run, pipeline) = (names.0.to_owned(), names.1.to_owned());
        let progress = Progress { run: run.clone(), pipeline: pipeline.clone(), ..Progress::default() };
        Self {
            run,
            pipeline,
            started: Instant::now(),
            feed: Arc::clone(feed),
            redactor: redactor.clone(),
            state: Mutex::new(State { progress, lines: VecDeque::new(), told: None }),
        }
    }

    pub(super) fn progress(&self) -> Progress {
        self.measured(&self.state().progress)
    }

    pub(super) fn lines(&self) -> Vec<LogLine> {
        self.state().lines.iter().cloned().collect()
    }

    pub(super) fn say(&self, level: &'static str, message: &str) {
        let message = self.redactor.redact(message).into_owned();
        let line = LogLine { at: Timestamp::now().to_string(), level, message };
        let mut state = self.state();
        if state.lines.len() >= LINES {
            state.lines.remove(LINES / 2);
        }
        state.lines.push_back(line.clone());
        drop(state);
        self.feed.tell(FeedKind::Log { run: self.run.clone(), pipeline: self.pipeline.clone(), line });
    }

    fn measured(&self, progress: &Progress) -> Progress {
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = progress.rows as f64 / seconds.max(0.001);
        Progress { seconds, rate, ..progress.clone() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, add: impl FnOnce(&mut Progress)) {
        let mut state = self.state();
        add(&mut state.progress);
        let is_due = state.told.is_none_or(|told| told.elapsed() >= EVERY);
        if is_due {
            state.told = Some(Instant::now());
            let progress = self.measured(&state.progress);
            drop(state);
            self.feed.tell(FeedKind::Progress(progress));
        }
    }
}

impl Observer for LiveRun {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::TableStarted { table } => {
                self.count(|progress| ((*table).clone_into(&mut progress.table), progress.total = None).1);
                self.say("info", &format!("table `{table}`"));
            }
            Event::PageFetched { bytes, total } => self.count(|progress| {
                progress.pages += 1;
                progress.bytes += bytes;
                progress.total = total.or(progress.total);
            }),
            Event::PageWritten { rows } => self.count(|progress| progress.rows += rows),
            Event::Waiting { host, until, reason, .. } => {
                self.say("warn", &format!("waiting for {host} until {until}: {reason}"));
            }
            Event::Resumed { run_id, pages } => {
                self.say("info", &format!("going on where {run_id} ended, with {pages} pages of it"));
            }
            Event::Finished { run_id } => {
                self.say("info", &format!("{run_id} committed everything, and its process was killed or failed with another pipeline; it is ended now"));
            }
            Event::Reread { run_id, reason } => {
                self.say("info", &format!("beginning anew, without what {run_id} had read: {reason}"));
            }
            Event::Restarted { reason, pages } => {
                self.say(
                    "warn",
                    &format!("beginning anew, without {pages} pages of an earlier run: {reason}"),
                );
            }
            _ => {}
        }
    }
}

/// Hears of waits in all runs of one pipeline, whose datasource outlives each of them.
#[derive(Debug, Default)]
pub(super) struct CurrentRun(Mutex<Option<Arc<LiveRun>>>);

impl CurrentRun {
    pub(super) fn set(&self, run: Option<Arc<LiveRun>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = run;
    }
}

impl Observer for CurrentRun {
    fn on(&self, event: &Event<'_>) {
        let run = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(run) = run {
            run.on(event);
        }
    }
}

//! What happens, for everyone who looks on.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use tokio::sync::watch;

use super::live_run::{LogLine, Progress};

/// Events that are kept for those who come back or read slowly.
const KEPT: usize = 2_048;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct FeedEvent {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// What.
    pub kind: FeedKind,
}

/// What happened.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum FeedKind {
    /// A run has begun.
    RunStarted {
        /// The run.
        run: String,
        /// The pipeline's id.
        pipeline: String,
        /// When.
        started_at: String,
        /// The planned time, where the schedule asked for it.
        planned: Option<String>,
        /// Which try.
        attempt: u32,
    },
    /// A run goes on; a few times a second at most.
    Progress(Progress),
    /// A run has something to say.
    Log {
        /// The run.
        run: String,
        /// The pipeline's id.
        pipeline: String,
        /// What it says.
        line: LogLine,
    },
    /// A run has ended.
    RunEnded {
        /// The run.
        run: String,
        /// The pipeline's id.
        pipeline: String,
        /// How: a word of [`RunOutcome`](pipeline_history::RunOutcome), or `skipped` where others were at work on its target.
        outcome: &'static str,
        /// Why it ended badly.
        error: Option<String>,
        /// Rows that were written.
        rows: u64,
        /// Pages that were fetched.
        pages: u64,
        /// From start to end.
        seconds: f64,
    },
    /// The list of pipelines, or something in it, is another.
    PipelinesChanged {},
}

/// Events between two looks are gone: ask for everything again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("events were missed")]
pub struct Missed;

/// The events of a server, the last ones of which are kept.
#[derive(Debug)]
pub struct Feed {
    kept: Mutex<VecDeque<Arc<FeedEvent>>>,
    last: watch::Sender<u64>,
}

impl FeedKind {
    /// The name of such an event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run-started",
            Self::Progress(_) => "progress",
            Self::Log { .. } => "log",
            Self::RunEnded { .. } => "run-ended",
            Self::PipelinesChanged {} => "pipelines-changed",
        }
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self { kept: Mutex::default(), last: watch::Sender::new(0) }
    }
}

impl Feed {
    /// Adds an event; never waits for a reader.
    pub(super) fn tell(&self, kind: FeedKind) {
        let mut kept = self.kept();
        let number = *self.last.borrow() + 1;
        kept.push_back(Arc::new(FeedEvent { number, kind }));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        self.last.send_replace(number);
    }

    /// The number of the last event; 0 before the first.
    pub fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// The first event after number `after`, as soon as there is one.
    ///
    /// # Errors
    /// [`Missed`] when it is kept no more, or `after` is of another server.
    pub async fn next(&self, after: u64) -> Result<Arc<FeedEvent>, Missed> {
        let mut last = self.last.subscribe();
        if after > *last.borrow() {
            return Err(Missed);
        }
        // The sender lives in `self`.
        last.wait_for(|last| *last > after).await.map_err(|_| Missed)?;
        let kept = self.kept();
        let first = kept.front().map_or(0, |event| event.number);
        let index = (after + 1).checked_sub(first).ok_or(Missed)?;
        usize::try_from(index).ok().and_then(|index| kept.get(index)).cloned().ok_or(Missed)
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<FeedEvent>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

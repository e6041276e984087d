//! Runs a plan: network, converters, writer, with bounded queues between them.
//!
//! ```text
//! pages ──▶ jobs (bounded) ──▶ N converters, each in a process or on a thread
//!   │                                   │ one answer per page
//!   └──▶ answers in page order (bounded) ┴──▶ intake: journal, checks, cursor, sink ──▶ commit
//! ```
//! A table that is several queries has the pages of all of them, in their order (see `parts`). Each page takes two
//! ways: its bytes go to whichever converter is free, and a ticket for the answer goes to the writer in page
//! order. So rows are written in page order whatever converter was faster, and both queues being bounded, a slow sink
//! slows the network instead of filling memory.
//!
//! A run that goes on where another one ended reads that one's pages from its journal first (see `resume`).

mod age;
mod alike;
mod borders;
mod committed;
mod context;
mod converters;
mod cut_lists;
mod error;
mod exact;
mod going_on;
mod intake;
mod keys;
mod lost;
mod parts;
mod presence;
mod resume;
mod table;
mod through;
mod unchanged;
mod verdict;
mod window;
mod writer;

use std::{sync::Arc, time::Instant};

use jiff::Timestamp;
use pipeline_config::explain;
use pipeline_history::{History, HistoryError, OpenRun, Outputs, RunOutcome, RunStart};
use pipeline_sink::{STDOUT, SinkError, TargetLock};
use pipeline_transport::{SPANS, StatsSnapshot};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use resume::Journals;

pub use age::TRIED_AGAIN;
pub(crate) use context::Context;
pub(crate) use error::cursor_help;
pub use error::{Reaction, RunError};
pub use exact::rounded_warning;
pub(crate) use exact::{refuse_fractions, refuse_rounded, refuse_spelled};
pub(crate) use intake::Counts;
pub(crate) use keys::{KeyCollector, Keys, refuse_inexact};
pub(crate) use parts::{FetchPlan, Pages, Part, PartPages, Parts};
pub(crate) use presence::Presence;
pub(crate) use writer::PageTicket;

use crate::{
    cluster::Cluster,
    plan::Plan,
    progress::{Event, Observer},
    summary::{RunSummary, TableSummary},
};

/// How to run, apart from what to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Hears what happens.
    pub observer: Arc<dyn Observer>,
    /// Ends the run without touching the old output.
    pub cancel: CancellationToken,
    /// Converters at work at the same time; at least one.
    pub n_converters: usize,
    /// What to ask for.
    pub scope: Scope,
    /// Whether and how an interrupted run is resumed.
    pub resume: ResumePolicy,
    /// Other processes that fetch and convert; without them this one does.
    pub cluster: Option<Arc<dyn Cluster>>,
}

/// What a run asks for, where the query can ask for less than everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// What has changed since the last run.
    #[default]
    Changes,
    /// Everything, in the place of all rows that are there.
    Everything,
    /// What changed in a time that is named.
    Backfill {
        /// From here on.
        from: String,
        /// Up to here, not included; up to now without it.
        to: Option<String>,
        /// In windows of this length, side by side.
        every: Option<std::time::Duration>,
    },
}

/// Whether and how an interrupted run is resumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResumePolicy {
    /// Resume an interrupted run. After one that has ended, fetch everything: for planned times.
    #[default]
    Resume,
    /// As `Resume`; a run that ended well and was killed before its process ended counts as this one for some minutes. For callers
    /// who repeat a command that a signal has killed and cannot know how far it came.
    ResumeKilled,
    /// Start from the first page; ignore a run that could be resumed.
    Anew,
}

/// How long a run that has ended waits for a renewal: more than a token endpoint takes, less than its outages.
const MAX_SETTLING: std::time::Duration = std::time::Duration::from_secs(30);

/// Runs every table of the plan, in order, and commits each when it is complete.
///
/// # Errors
/// [`RunError`] says what the caller can do; whatever it is, the output of the failed table is as it was before.
pub async fn run(plan: &Plan, options: &RunOptions) -> Result<RunSummary, RunError> {
    Ok(run_and_hold(plan, options).await?.close())
}

/// As [`run`], for those who want to tell of the run before it is over: a process that is killed until then has not ended it.
///
/// # Errors
/// Those of [`run`].
pub async fn run_and_hold(plan: &Plan, options: &RunOptions) -> Result<EndedRun, RunError> {
    let started = Instant::now();
    let before = plan.datasource.stats();
    // Each is a matter of milliseconds on a local disk, once per run.
    let start = RunStart {
        run_id: plan.run_id.clone(),
        pipeline: plan.name.clone(),
        config_hash: plan.config_hash.clone(),
        started_at: plan.started_at,
        outputs: plan.outputs,
    };
    let record = Arc::new(History::begin_run(&plan.state, &start)?);
    let mut done = Done::default();
    let span = tracing::info_span!(target: SPANS, "run", pipeline = plan.name, run_id = plan.run_id);
    let result = run_tables(plan, options, &record, &mut done).instrument(span).await;
    // A renewal of the login that the end of the run has overtaken would be lost with the process.
    if let Some(authenticator) = plan.datasource.authenticator()
        && tokio::time::timeout(MAX_SETTLING, authenticator.settled()).await.is_err()
    {
        tracing::warn!("the run ends while its login is renewed; it may have to be made again");
    }
    let stats = plan.datasource.stats() - before + done.elsewhere;
    let summary = RunSummary {
        pipeline: plan.name.clone(),
        run_id: plan.run_id.clone(),
        sandbox: plan.outputs == Outputs::Sandbox,
        incomplete: done.tables.iter().any(|table| table.incomplete),
        tables: done.tables,
        requests: stats.requests,
        retries: stats.retries,
        waited: stats.waited,
        bytes: stats.bytes,
        elapsed: started.elapsed(),
    };
    let is_known = remember(plan, &record, (&summary, &result));
    let ended_at = plan.started_at.checked_add(summary.elapsed).unwrap_or(plan.started_at);
    result.map(|held| EndedRun { summary, held, is_known, ended_at, since: Instant::now() })
}

/// A run that has committed and is in the history. It holds its targets and its journals until it is closed.
#[derive(Debug)]
#[must_use = "a run that is not closed is taken for a killed one"]
pub struct EndedRun {
    summary: RunSummary,
    held: Held,
    /// Whether its end is in the history.
    is_known: bool,
    /// By the clock that the run began with.
    ended_at: Timestamp,
    since: Instant,
}

impl EndedRun {
    /// What the run did.
    pub fn summary(&self) -> &RunSummary {
        &self.summary
    }

    /// Removes the journals, and then frees the targets.
    pub fn close(mut self) -> RunSummary {
        self.forget();
        self.summary
    }

    /// Closes several as the last act of the process, whose end frees the targets: only some microseconds are left in which a kill
    /// comes too late to be told from that end.
    pub fn close_at_exit(mut runs: Vec<Self>) {
        runs.iter_mut().for_each(|run| run.held.locks.iter_mut().for_each(TargetLock::forget_holder));
        // A file that is open loses its name faster, and its content when the process has ended.
        let open: Vec<_> = runs.iter().flat_map(|run| run.held.journals.opened()).collect();
        runs.iter_mut().for_each(Self::forget);
        std::mem::forget((runs, open));
    }

    /// Whether the same run once more would add its rows once more.
    pub fn repeats(&self) -> bool {
        self.held.journals.repeat()
    }

    /// Ends the run of a process that has failed with another pipeline: a `pipeline run` that begins soon goes on with those that are
    /// not done, and takes this one for done. So it stays for some minutes from now, and no longer, however often that fails again.
    pub fn keep(mut self) {
        self.held.locks.iter_mut().for_each(TargetLock::forget_holder);
        if !self.is_known {
            return self.forget();
        }
        if self.summary.tables.iter().any(|table| table.fetched_by.is_none()) {
            let at = self.ended_at.checked_add(self.since.elapsed()).unwrap_or(self.ended_at);
            self.held.journals.keep(&self.summary.run_id, at);
        }
    }

    /// Whether whoever tries the run again now means another one.
    pub fn is_past(&self) -> bool {
        self.since.elapsed() > age::TRIED_AGAIN.unsigned_abs()
    }

    fn forget(&mut self) {
        self.held.locks.iter_mut().for_each(TargetLock::forget_holder);
        // Last: whoever finds a journal whose tables are all committed finishes that run.
        match self.is_known {
            true => self.held.journals.finish(),
            false => self.held.journals.end(),
        }
    }
}

/// What a run that has committed holds until it is over.
#[derive(Debug)]
struct Held {
    locks: Vec<TargetLock>,
    journals: Journals,
}

/// Writes down how the run ended, and says whether that is in the history. It changes nothing about the run itself.
fn remember<T>(
    plan: &Plan,
    record: &OpenRun,
    (summary, result): (&RunSummary, &Result<T, RunError>),
) -> bool {
    let outcome = match result {
        Ok(_) => RunOutcome::Done,
        Err(error) => match error.reaction() {
            Reaction::Failed | Reaction::Reauthorize => RunOutcome::Failed,
            Reaction::Resume => RunOutcome::Quota,
            Reaction::Interrupted => RunOutcome::Interrupted,
        },
    };
    let error = result.as_ref().err().map(|error| plan.redactor.redact(&explain(error)).into_owned());
    // By the clock that the run began with.
    let ended_at = plan.started_at.checked_add(summary.elapsed).unwrap_or(plan.started_at);
    let written = record.end(ended_at, (outcome, error.as_deref()), &summary.counts());
    if let Err(error) = &written {
        tracing::warn!(error = explain(error), "the end of the run is not in the history");
    }
    written.is_ok()
}

/// The history is a record: a run goes on where something cannot be added to it, or looked up in it.
pub(crate) fn noted<T: Default>(result: Result<T, HistoryError>) -> T {
    result.unwrap_or_else(|error| {
        tracing::warn!(error = explain(&error), "the history cannot be used");
        T::default()
    })
}

/// What a run has done so far.
#[derive(Debug, Default)]
struct Done {
    tables: Vec<TableSummary>,
    /// What other processes have sent and received for it.
    elsewhere: StatsSnapshot,
}

async fn run_tables(
    plan: &Plan,
    options: &RunOptions,
    record: &Arc<OpenRun>,
    done: &mut Done,
) -> Result<Held, RunError> {
    let locks = lock_targets(plan)?;
    let journals = Journals::open(plan, options, record)?;
    if let Some(run_id) = journals.last_run() {
        noted(record.resumes(run_id));
    }
    let mut context = Context::new(plan, options, (Arc::clone(record), journals));
    for (position, table) in plan.tables.iter().enumerate() {
        options.observer.on(&Event::TableStarted { table: &table.name });
        let span = tracing::info_span!(target: SPANS, "table", table = table.name);
        let summary = table::run_table(&mut context, position).instrument(span).await;
        done.elsewhere = context.elsewhere;
        if let Err(error) = &summary
            && (error.is_of_value() || is_dead(error, table) && context.journals.may_begin_anew(position))
        {
            context.journals.end();
        }
        done.tables.push(summary.map_err(|error| error.at(&table.name))?);
    }
    Ok(Held { locks, journals: context.journals })
}

/// Whether a value that another table has brought is refused, and will be until that table is read again.
fn is_dead(error: &RunError, table: &crate::plan::TablePlan) -> bool {
    table.query.for_each().is_some() && error.is_lasting()
}

/// Why a run cannot begin now: another one is at work on a target.
pub fn in_use(plan: &Plan) -> Option<RunError> {
    let is_held = |error: &RunError| matches!(error, RunError::Sink(SinkError::Locked { .. }));
    lock_targets(plan).err().filter(is_held)
}

/// Takes all targets before the first request, so that two runs never wait for each other.
fn lock_targets(plan: &Plan) -> Result<Vec<TargetLock>, RunError> {
    let lock = |table: &crate::plan::TablePlan| {
        TargetLock::acquire(&plan.state, &plan.name, &table.sink.target()).map_err(RunError::from)
    };
    // Every process has a stdout of its own.
    plan.tables.iter().filter(|table| table.sink.target() != STDOUT).map(lock).collect()
}

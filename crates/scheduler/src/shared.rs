//! What the tasks of a server share.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Debug,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::BoxFuture;
use jiff::Timestamp;
use pipeline_config::Style;
use pipeline_engine::{LoadOptions, Observer, Plan, RunError, RunOptions, RunSummary};
use pipeline_history::{History, RunOutcome, ScheduleLeases};
use pipeline_schedule::{Planned, Timetable};
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Attention, SupervisorOptions,
    clock::Clock,
    feed::Feed,
    folder::{Folder, Seen},
    handle::load_all,
    live_run::{CurrentRun, LiveRun, LogLine},
    status::RunTotals,
};

/// Runs whose log lines are kept.
const LOGS: usize = 200;

/// What carries plans out.
pub(super) trait Runner: Debug + Send + Sync {
    fn run(&self, plan: Plan, options: RunOptions) -> BoxFuture<'static, Result<RunSummary, RunError>>;
}

/// The engine itself.
#[derive(Debug)]
pub(super) struct EngineRunner;

impl Runner for EngineRunner {
    fn run(&self, plan: Plan, options: RunOptions) -> BoxFuture<'static, Result<RunSummary, RunError>> {
        Box::pin(async move { pipeline_engine::run(&plan, &options).await })
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: SupervisorOptions,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) runner: Arc<dyn Runner>,
    pub(super) history: History,
    pub(super) leases: ScheduleLeases,
    pub(super) feed: Arc<Feed>,
    pub(super) folder: Folder,
    pub(super) entries: Mutex<BTreeMap<String, Entry>>,
    pub(super) logs: Mutex<VecDeque<(String, Vec<LogLine>)>>,
    pub(super) wake: Notify,
    /// No run begins any more.
    pub(super) draining: CancellationToken,
    /// The time for what was under way is over.
    pub(super) ending: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) slots: Semaphore,
}

/// One pipeline.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) file: PathBuf,
    /// Names the pipeline in the file of claims.
    pub(super) key: String,
    /// Names its planned times there.
    pub(super) times: String,
    /// The last good one.
    pub(super) plan: Option<Arc<Plan>>,
    /// What is wrong with the file as it is now.
    pub(super) problems: Option<String>,
    pub(super) timetable: Option<Timetable>,
    pub(super) running: Option<Running>,
    /// Another server runs it.
    pub(super) watched: Option<Planned>,
    /// Waits until a run ends that somebody has asked for by hand.
    pub(super) pending: Option<(Planned, u32)>,
    pub(super) is_paused: bool,
    /// The file is gone; the entry goes when its run has ended.
    pub(super) is_gone: bool,
    pub(super) observer: Arc<CurrentRun>,
    pub(super) totals: RunTotals,
    /// The run that failed last, and why.
    pub(super) last_error: Option<(String, String)>,
}

/// A run that is under way here.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) live: Arc<LiveRun>,
    pub(super) started_at: Timestamp,
    pub(super) planned: Option<Planned>,
    pub(super) attempt: u32,
    pub(super) cancel: CancellationToken,
    pub(super) cause: Option<Cause>,
}

/// Why a run was told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody asked for it.
    Cancelled,
    /// It took too long.
    Timeout,
    /// The server ends.
    Draining,
}

impl Shared {
    /// When the last run of a pipeline that ended well has ended.
    pub(super) fn last_success(&self, name: &str) -> Option<jiff::Timestamp> {
        let runs = self.history.runs_of(name, self.options.outputs, 20).ok()?;
        let done = runs.into_iter().find(|run| run.outcome == RunOutcome::Done)?;
        done.ended_at?.parse().ok()
    }

    /// Reads all pipelines for the first time.
    pub(super) fn read_all(self: &Arc<Self>) {
        let found = self.look();
        load_all(self, &found.map(|seen| seen.files).unwrap_or_default(), None);
    }

    /// Reads those that have changed, and keeps all as they are while their folder is gone.
    pub(super) fn read_again(self: &Arc<Self>, changed: &[PathBuf]) {
        if let Some(seen) = self.look() {
            load_all(self, &seen.files, (!seen.is_another).then_some(changed));
        }
    }

    /// The files that are looked after, by id; none while the folder is gone.
    fn look(&self) -> Option<Seen> {
        match &self.options.attention {
            Attention::All => self.folder.look(&self.options.folder),
            Attention::One { file, .. } => {
                let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Some(Seen { files: BTreeMap::from([(id, file.clone())]), is_another: false })
            }
        }
    }

    /// Values for the parameters of pipelines.
    pub(super) fn params(&self) -> Vec<(String, String)> {
        match &self.options.attention {
            Attention::All => Vec::new(),
            Attention::One { params, .. } => params.clone(),
        }
    }

    /// What a file of the folder is read with; the problem when the `.env` beside it is wrong.
    pub(super) fn load_options(
        &self,
        file: &Path,
        observer: Arc<dyn Observer>,
    ) -> Result<LoadOptions, String> {
        let beside = file.parent().unwrap_or(file).join(".env");
        Ok(LoadOptions {
            environment: self.options.environment.clone().with_dotenv(&beside)?,
            params: self.params(),
            now: self.clock.now(),
            state: self.options.state.clone(),
            logins: self.options.logins.clone(),
            outputs: self.options.outputs,
            redactor: self.options.redactor.clone(),
            observer,
            style: Style::Plain,
        })
    }

    pub(super) fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn logs(&self) -> MutexGuard<'_, VecDeque<(String, Vec<LogLine>)>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what an ended run has said.
    pub(super) fn keep_log(&self, live: &LiveRun) {
        let mut logs = self.logs();
        logs.push_back((live.run.clone(), live.lines()));
        if logs.len() > LOGS {
            logs.pop_front();
        }
    }
}

//! Starts a server, asks it and stops it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use pipeline_authoring::Watch;
use pipeline_config::Environment;
use pipeline_engine::{Plan, Registry, load, source_files};
use pipeline_history::{History, HistoryError, Outputs, RunRecord, ScheduleLeases};
use pipeline_schedule::{ScheduleSpec, Timetable};
use pipeline_sink::STDOUT;
use pipeline_transport::Redactor;
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    SupervisorError, catalog,
    clock::Clock,
    feed::{Feed, FeedKind},
    folder::{Folder, as_given},
    live_run::{CurrentRun, LogLine},
    rounds,
    shared::{Cause, EngineRunner, Entry, Runner, Shared},
    status::{PipelineStatus, RunTotals},
};

/// A run that was told to end takes no longer than this to let go of its converters.
const LAST_PATIENCE: Duration = Duration::from_secs(20);

/// What a server works with.
#[derive(Debug, Clone)]
pub struct SupervisorOptions {
    /// Where the pipelines are, folders below it included.
    pub folder: PathBuf,
    /// The folder below which locks, journals and the history are kept.
    pub state: PathBuf,
    /// The folder below which logins are kept.
    pub logins: PathBuf,
    /// Which targets runs write to.
    pub outputs: Outputs,
    /// The kinds that files may name.
    pub registry: Registry,
    /// Learns every secret.
    pub redactor: Redactor,
    /// For `${VAR}`, besides the `.env` beside each file.
    pub environment: Environment,
    /// Where pages are kept for authors of converters.
    pub cache: PathBuf,
    /// Tells the pages of a server that is another one each time, such as the sandbox, from those of real ones.
    pub place: String,
    /// Which pipelines, and what for.
    pub attention: Attention,
    /// Converters at work at the same time in each run; at least one.
    pub n_converters: usize,
    /// Runs under way at the same time; others wait. At least one.
    pub max_runs: usize,
}

/// Which pipelines of the folder a server looks after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attention {
    /// All, as their schedules say.
    All,
    /// One, for its author: it runs when somebody asks for that.
    One {
        /// Its file, in the folder.
        file: PathBuf,
        /// Its parameters: name, value.
        params: Vec<(String, String)>,
    },
}

/// The pipelines of a folder, run as their schedules say.
#[derive(Debug, Clone)]
pub struct Supervisor {
    pub(super) shared: Arc<Shared>,
}

/// How a server was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Runs that were told to end, and go on after the next start.
    pub interrupted: usize,
}

impl Supervisor {
    /// Reads all pipelines of the folder and begins to run them.
    ///
    /// # Errors
    /// [`SupervisorError`] when the folder or the claims cannot be used. Files with mistakes are no reason.
    pub fn start(options: SupervisorOptions, clock: Arc<dyn Clock>) -> Result<Self, SupervisorError> {
        Self::start_with(options, clock, Arc::new(EngineRunner))
    }

    pub(super) fn start_with(
        mut options: SupervisorOptions,
        clock: Arc<dyn Clock>,
        runner: Arc<dyn Runner>,
    ) -> Result<Self, SupervisorError> {
        options.folder = as_given(&options.folder)
            .map_err(|source| SupervisorError::Folder { path: options.folder.clone(), source })?;
        let (folder, attention) = (options.folder.clone(), options.attention.clone());
        // Before the first look, so that no change falls between the two.
        let watch = Watch::new(move || match &attention {
            Attention::All => catalog::watched(&folder),
            Attention::One { file, .. } => source_files(file),
        })?;
        let shared = Arc::new(Shared {
            history: History::open_if_possible(&options.state)?,
            // Planned times that the sandbox is run for are still to be run for real.
            leases: ScheduleLeases::open(&options.state.join(options.outputs.name()))?,
            clock,
            runner,
            feed: Arc::default(),
            folder: Folder::default(),
            entries: Mutex::default(),
            logs: Mutex::new(VecDeque::new()),
            wake: Notify::new(),
            draining: CancellationToken::new(),
            ending: CancellationToken::new(),
            tasks: TaskTracker::new(),
            slots: Semaphore::new(options.max_runs.max(1)),
            options,
        });
        shared.read_all();
        if shared.options.attention == Attention::All {
            shared.go_on_with_interrupted();
            shared.tell_untold();
        }
        tokio::spawn(rounds::rounds(Arc::clone(&shared)));
        tokio::spawn(rounds::reloads(Arc::clone(&shared), watch));
        Ok(Self { shared })
    }

    /// All pipelines, in the order of their ids.
    pub fn pipelines(&self) -> Vec<PipelineStatus> {
        self.shared.entries().values().filter(|entry| !entry.is_gone).map(Entry::status).collect()
    }

    /// One pipeline.
    ///
    /// # Errors
    /// [`SupervisorError::NoPipeline`].
    pub fn pipeline(&self, id: &str) -> Result<PipelineStatus, SupervisorError> {
        self.with(id, |entry| Ok(entry.status()))
    }

    /// Begins a run now; gives its id.
    ///
    /// # Errors
    /// [`SupervisorError`] when it runs already, its file was never right, or the server is being stopped.
    pub fn run(&self, id: &str) -> Result<String, SupervisorError> {
        if self.shared.draining.is_cancelled() {
            return Err(SupervisorError::Draining);
        }
        self.with(id, |entry| {
            if let Some(running) = &entry.running {
                return Err(SupervisorError::Busy { id: id.to_owned(), run: running.live.run.clone() });
            }
            self.shared.begin(entry, None, 1).ok_or_else(|| SupervisorError::Broken { id: id.to_owned() })
        })
    }

    /// Ends a run; what it wrote before is as it was.
    ///
    /// # Errors
    /// [`SupervisorError::NoRun`].
    pub fn cancel(&self, run: &str) -> Result<(), SupervisorError> {
        let mut entries = self.shared.entries();
        let mut running = entries.values_mut().filter_map(|entry| entry.running.as_mut());
        let found = running.find(|running| running.live.run == run);
        let running = found.ok_or_else(|| SupervisorError::NoRun { run: run.to_owned() })?;
        running.cause.get_or_insert(Cause::Cancelled);
        running.cancel.cancel();
        Ok(())
    }

    /// Lets a schedule rest, also after a restart and for all servers of the state folder.
    ///
    /// # Errors
    /// [`SupervisorError`].
    pub fn pause(&self, id: &str) -> Result<(), SupervisorError> {
        self.with(id, |entry| {
            self.shared.leases.pause(&entry.key)?;
            entry.is_paused = true;
            Ok(())
        })?;
        self.shared.feed.tell(FeedKind::PipelinesChanged {});
        Ok(())
    }

    /// Lets a schedule go on.
    ///
    /// # Errors
    /// [`SupervisorError`].
    pub fn resume(&self, id: &str) -> Result<(), SupervisorError> {
        self.with(id, |entry| {
            self.shared.leases.resume(&entry.key)?;
            entry.is_paused = false;
            Ok(())
        })?;
        self.shared.feed.tell(FeedKind::PipelinesChanged {});
        Ok(())
    }

    /// What happens.
    pub fn feed(&self) -> &Arc<Feed> {
        &self.shared.feed
    }

    /// What every run did.
    pub fn history(&self) -> &History {
        &self.shared.history
    }

    /// The last run of a pipeline to the targets that this server writes to.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn last_run(&self, pipeline: &str) -> Result<Option<RunRecord>, HistoryError> {
        Ok(self.shared.history.runs_of(pipeline, self.shared.options.outputs, 1)?.pop())
    }

    /// What a run of this server said, while it goes on and for some time after.
    pub fn log(&self, run: &str) -> Vec<LogLine> {
        let entries = self.shared.entries();
        let running = entries.values().filter_map(|entry| entry.running.as_ref());
        if let Some(running) = running.into_iter().find(|running| running.live.run == run) {
            return running.live.lines();
        }
        let logs = self.shared.logs();
        logs.iter().find(|(known, _)| known == run).map(|(_, lines)| lines.clone()).unwrap_or_default()
    }

    /// Whether the server takes no new runs.
    pub fn is_draining(&self) -> bool {
        self.shared.draining.is_cancelled()
    }

    /// What is wrong with the folder of pipelines, while it is gone; the last good plans go on.
    pub fn folder_problem(&self) -> Option<String> {
        self.shared.folder.problem()
    }

    /// Begins no more runs, waits up to `limit` for those that are under way, and then ends them so that the next start
    /// goes on with them.
    pub async fn drain(&self, limit: Duration) -> Drained {
        self.shared.draining.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(limit, self.shared.tasks.wait()).await.is_ok() {
            return Drained { interrupted: 0 };
        }
        self.shared.ending.cancel();
        let mut interrupted = 0;
        for running in self.shared.entries().values_mut().filter_map(|entry| entry.running.as_mut()) {
            running.cause.get_or_insert(Cause::Draining);
            running.cancel.cancel();
            interrupted += 1;
        }
        if tokio::time::timeout(LAST_PATIENCE, self.shared.tasks.wait()).await.is_err() {
            tracing::error!("a run does not end");
        }
        Drained { interrupted }
    }

    pub(super) fn with<T>(
        &self,
        id: &str,
        work: impl FnOnce(&mut Entry) -> Result<T, SupervisorError>,
    ) -> Result<T, SupervisorError> {
        let mut entries = self.shared.entries();
        let entry = entries.get_mut(id).filter(|entry| !entry.is_gone);
        work(entry.ok_or_else(|| SupervisorError::NoPipeline { id: id.to_owned() })?)
    }
}

impl Supervisor {
    /// Reads the files of a pipeline again.
    pub(super) fn reload(&self, id: &str) {
        let Ok(file) = self.with(id, |entry| Ok(entry.file.clone())) else { return };
        load_one(&self.shared, id, &file);
        self.shared.wake.notify_one();
        self.shared.feed.tell(FeedKind::PipelinesChanged {});
    }
}

/// Reads the files that are new or have changed; all of them, where nothing is said of changes.
pub(super) fn load_all(shared: &Arc<Shared>, files: &BTreeMap<String, PathBuf>, changed: Option<&[PathBuf]>) {
    let changed: Option<BTreeSet<&PathBuf>> = changed.map(|paths| paths.iter().collect());
    for (id, file) in files {
        let is_known = shared.entries().get(id).is_some_and(|entry| entry.file == *file && !entry.is_gone);
        let has_changed = || match &changed {
            Some(changed) => source_files(file).iter().any(|source| changed.contains(source)),
            None => true,
        };
        if !is_known || has_changed() {
            load_one(shared, id, file);
        }
    }
    let mut entries = shared.entries();
    for entry in entries.values_mut().filter(|entry| !files.contains_key(&entry.id)) {
        (entry.is_gone, entry.timetable) = (true, None);
    }
    entries.retain(|_, entry| !entry.is_gone || entry.running.is_some());
    drop(entries);
    shared.feed.tell(FeedKind::PipelinesChanged {});
}

fn load_one(shared: &Arc<Shared>, id: &str, file: &PathBuf) {
    let observer = match shared.entries().get(id) {
        Some(entry) => Arc::clone(&entry.observer),
        None => Arc::default(),
    };
    let loaded = shared.load_options(file, Arc::clone(&observer) as _).and_then(|options| {
        load(&shared.options.registry, file, &options).map_err(|invalid| invalid.rendered)
    });
    let mut entries = shared.entries();
    let entry = entries.entry(id.to_owned()).or_insert_with(|| new_entry(shared, (id, file), observer));
    (entry.is_gone, entry.file) = (false, file.clone());
    match loaded {
        Ok(loaded) => {
            name_times(shared, entry, &loaded.plan);
            let before = entry.plan.as_ref().and_then(|plan| plan.schedule.clone());
            let is_first = entry.plan.is_none();
            if shared.options.attention == Attention::All {
                set_schedule(shared, entry, (before, loaded.plan.schedule.clone(), is_first));
            }
            if is_first {
                entry.totals.last_success = shared.last_success(&loaded.plan.name);
            }
            entry.plan = Some(Arc::new(loaded.plan));
            entry.problems = None;
        }
        Err(problems) => {
            let problems = shared.options.redactor.redact(&problems).into_owned();
            let kept = if entry.plan.is_some() { "; the last good plan is kept" } else { "" };
            tracing::warn!("the file of `{id}` is wrong{kept}\n{}", problems.trim_end());
            entry.problems = Some(problems);
        }
    }
}

/// Planned times belong to a file and its targets: servers with other working folders have other targets under the same names, and
/// times of their own.
fn name_times(shared: &Shared, entry: &mut Entry, plan: &Plan) {
    let targets: Vec<_> = plan.tables.iter().map(|table| table.sink().target()).collect();
    let times = times_of(&entry.key, targets.iter().map(AsRef::as_ref), std::env::current_dir().ok());
    if entry.times != times {
        // As earlier versions have named them.
        if let Err(error) = shared.leases.adopt((&entry.key, &times)) {
            tracing::warn!(pipeline = entry.id, %error, "the planned times so far are not known");
        }
        entry.times = times;
    }
}

pub(super) fn times_of<'t>(
    file: &str,
    mut targets: impl Iterator<Item = &'t str>,
    folder: Option<PathBuf>,
) -> String {
    let is_relative = |target: &str| {
        !target.contains("://") && target != STDOUT && !std::path::Path::new(target).is_absolute()
    };
    match folder.filter(|_| targets.any(is_relative)) {
        Some(folder) => format!("{file} from {}", folder.display()),
        None => file.to_owned(),
    }
}

/// A schedule that says the same keeps its timetable; another one begins now, and after a start what was missed counts.
fn set_schedule(
    shared: &Shared,
    entry: &mut Entry,
    (before, after, is_first): (Option<ScheduleSpec>, Option<ScheduleSpec>, bool),
) {
    if before == after && entry.timetable.is_some() == after.is_some() {
        return;
    }
    let last = is_first.then(|| shared.leases.last(&entry.times, shared.clock.now())).transpose();
    let last = last.unwrap_or_else(|error| {
        tracing::warn!(pipeline = entry.id, %error, "what was missed is not known");
        None
    });
    if after.is_some()
        && let Err(error) = shared.leases.begin_schedule(&entry.times, shared.clock.now())
    {
        tracing::warn!(pipeline = entry.id, %error, "a first time that is missed will not be known");
    }
    entry.timetable = after.map(|spec| Timetable::new(spec, shared.clock.now(), last.flatten()));
}

fn new_entry(shared: &Shared, (id, file): (&str, &PathBuf), observer: Arc<CurrentRun>) -> Entry {
    let key = file.to_string_lossy().into_owned();
    Entry {
        is_paused: shared.leases.is_paused(&key).unwrap_or_default(),
        id: id.to_owned(),
        file: file.clone(),
        times: key.clone(),
        key,
        plan: None,
        problems: None,
        timetable: None,
        running: None,
        watched: None,
        pending: None,
        is_gone: false,
        observer,
        totals: RunTotals::default(),
        last_error: None,
    }
}

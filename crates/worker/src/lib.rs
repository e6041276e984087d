//! Hosts a converter in a process, or on a thread, that is ended when a limit is passed. For the engine and for previews.
//!
//! ```text
//! Page ─ContainedConverter::convert─▶ pipe ─▶ process: run_worker ─convert(json)─▶ rows ─▶ pipe ─▶ Batch
//!            └─ a time-out kills the process, and the next page gets a new one
//! ```
//! The engine of JavaScript cannot be interrupted inside its built-ins (a regular expression, a sort), so a script that does not
//! come back is stopped from outside. A process is killed and replaced; a thread cannot be, and is left behind. On Linux the kernel
//! refuses a worker everything but reading, writing and memory before it gets the script. ADR 0006 has the reasons and the costs.

mod confine;
mod process;
mod thread;
mod worker;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pipeline_converter::{
    Converter, ConverterError, ConverterSpec, DeterministicEnv, Isolation, Metadata, PageInput,
};
use pipeline_datasource::{Page, PageColumn};
use pipeline_query::PageMark;
use pipeline_table::{Batch, ColumnType, DeclaredColumn, DeclaredColumns};

use process::ProcessLane;
use thread::ThreadLane;

pub use confine::has_system_call_filter;
pub use worker::{ALLOCATOR_OPTIONS, WORKER_ARGUMENT, run_worker, this_program};

/// Converters that keep this machine busy: one per core.
pub fn n_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What a converter is made from.
#[derive(Debug, Clone)]
pub struct ConverterSetup {
    /// The script, its limits and where it runs.
    pub spec: ConverterSpec,
    /// What rows must look like.
    pub columns: Arc<DeclaredColumns>,
    /// Whether what a source says of its columns' types holds for the rows too.
    pub takes_types: bool,
    /// The time and the chance that it sees.
    pub deterministic: DeterministicEnv,
    /// The table's name.
    pub table: String,
    /// The query parameters as the file has them.
    pub written_params: Vec<(String, String)>,
    /// The run's id.
    pub run_id: String,
    /// The program that calls [`run_worker`] when its only arguments are [`WORKER_ARGUMENT`] and a number; without
    /// one, converters run on threads.
    pub program: Option<PathBuf>,
}

/// One converter, watched; it takes one page at a time.
#[derive(Debug)]
pub struct ContainedConverter {
    setup: Arc<ConverterSetup>,
    /// What the source told of its columns when the setup was made.
    told: Option<Arc<[PageColumn]>>,
    /// None at first, and after it had to be ended.
    lane: Option<Lane>,
}

#[derive(Debug)]
enum Lane {
    Process(Box<ProcessLane>),
    Thread(ThreadLane),
}

/// Why a page was not converted.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The converter has failed.
    #[error(transparent)]
    Converter(#[from] ConverterError),
    /// There is no process or thread for a converter.
    #[error("a converter cannot be started")]
    Start(#[source] std::io::Error),
}

/// Why there are no rows.
enum Ended {
    /// The process was killed from outside: another one may do the page.
    Killed(WorkerError),
    Failed(WorkerError),
}

impl Ended {
    fn into_error(self) -> WorkerError {
        match self {
            Self::Killed(error) | Self::Failed(error) => error,
        }
    }
}

impl ContainedConverter {
    /// Starts nothing before the first page.
    pub fn new(setup: Arc<ConverterSetup>) -> Self {
        Self { setup, told: None, lane: None }
    }

    /// Converts one page; a page that had to be ended costs the next one a new start.
    ///
    /// # Errors
    /// [`WorkerError`].
    pub async fn convert(&mut self, page: Arc<Page>) -> Result<Batch, WorkerError> {
        let file = (page.status == 0).then(|| page.url.clone());
        self.convert_or_again(page).await.map_err(|error| match (error, file) {
            (WorkerError::Converter(error), Some(file)) => WorkerError::Converter(error.of_file(&file)),
            (error, _) => error,
        })
    }

    async fn convert_or_again(&mut self, page: Arc<Page>) -> Result<Batch, WorkerError> {
        self.take_types(&page);
        let converted = match self.convert_once(&page).await {
            Err(Ended::Killed(error)) => {
                tracing::warn!(%error, "the page is tried once more");
                self.convert_once(&page).await
            }
            converted => converted,
        };
        let empty = self.setup.spec.script.empty_body().filter(|_| converted.is_err() && lacks_array(&page));
        match empty {
            // The server leaves an array out that would be empty.
            Some(body) => {
                let empty = Page { body: body.into(), ..(*page).clone() };
                self.convert_once(&Arc::new(empty)).await.map_err(Ended::into_error)
            }
            None => converted.map_err(Ended::into_error),
        }
    }

    async fn convert_once(&mut self, page: &Arc<Page>) -> Result<Batch, Ended> {
        let (index, timeout) = (page.index, self.setup.spec.limits.timeout);
        // Taken out: what is dropped on the way, by an error or by the caller, is not used again.
        let mut lane = match self.lane.take() {
            Some(lane) => lane,
            None => Lane::start(&self.setup).map_err(Ended::Failed)?,
        };
        let converted = match tokio::time::timeout(timeout, lane.convert(Arc::clone(page))).await {
            Ok(converted) => converted,
            Err(_) => Err(self.timed_out(index, timeout)),
        };
        match converted {
            Err(error @ (ConverterError::Engine(..) | ConverterError::Limit(..))) => {
                let ended = if lane.is_killed() { Ended::Killed } else { Ended::Failed };
                lane.end().await;
                Err(ended(error.into()))
            }
            converted => {
                self.lane = Some(lane);
                converted.map_err(|error| Ended::Failed(error.into()))
            }
        }
    }

    /// Columns that the source describes and nobody has declared are declared from now on.
    fn take_types(&mut self, page: &Page) {
        let is_told = |told: &Arc<[PageColumn]>| page.columns.as_ref().is_some_and(|now| now == told);
        if !self.setup.takes_types || page.columns.is_none() || self.told.as_ref().is_some_and(is_told) {
            return;
        }
        let columns = with_told(&self.setup.columns, page.columns.as_deref().unwrap_or_default());
        self.setup = Arc::new(ConverterSetup { columns, ..(*self.setup).clone() });
        self.told.clone_from(&page.columns);
        self.lane = None;
    }

    fn timed_out(&self, page: usize, timeout: Duration) -> ConverterError {
        ConverterError::timed_out(&self.setup.spec.script, page, timeout)
    }
}

impl Lane {
    fn start(setup: &Arc<ConverterSetup>) -> Result<Self, WorkerError> {
        let lane = match (setup.spec.isolation, &setup.program) {
            (Isolation::Process, Some(program)) => {
                ProcessLane::start(setup, program).map(Box::new).map(Self::Process)
            }
            _ => ThreadLane::start(setup).map(Self::Thread),
        };
        lane.map_err(WorkerError::Start)
    }

    async fn convert(&mut self, page: Arc<Page>) -> Result<Batch, ConverterError> {
        match self {
            Self::Process(lane) => lane.convert(&page).await,
            Self::Thread(lane) => lane.convert(page).await,
        }
    }

    fn is_killed(&self) -> bool {
        match self {
            Self::Process(lane) => lane.is_killed(),
            Self::Thread(_) => false,
        }
    }

    async fn end(self) {
        match self {
            Self::Process(lane) => lane.end().await,
            // Dropping it closes its queue; it ends when it comes back.
            Self::Thread(_) => {}
        }
    }
}

/// Converters that take turns, as many as there are pages at work.
#[derive(Debug)]
pub struct ConverterPool {
    setup: Arc<ConverterSetup>,
    /// Those that have no page right now.
    idle: Mutex<Vec<ContainedConverter>>,
}

impl ConverterPool {
    /// A pool without a converter; each is started when it is wanted.
    pub fn new(setup: ConverterSetup) -> Self {
        Self { setup: Arc::new(setup), idle: Mutex::default() }
    }

    /// As [`ContainedConverter::convert`].
    pub async fn convert(&self, page: Arc<Page>) -> Result<Batch, WorkerError> {
        let idle = self.idle().pop();
        let mut converter = idle.unwrap_or_else(|| ContainedConverter::new(Arc::clone(&self.setup)));
        let converted = converter.convert(page).await;
        self.idle().push(converter);
        converted
    }

    fn idle(&self) -> MutexGuard<'_, Vec<ContainedConverter>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lacks_array(page: &Page) -> bool {
    page.mark.as_ref().is_some_and(PageMark::lacks_array)
}

/// What `convert` is called with.
fn input<'p>(page: &'p Page, setup: &'p ConverterSetup) -> PageInput<'p> {
    PageInput {
        index: page.index,
        body: &page.body,
        metadata: Metadata {
            query_name: &setup.table,
            query_parameters: &page.params,
            original_query_parameters: &setup.written_params,
            url: &page.url,
            status: page.status,
            headers: &page.headers,
            run: &setup.run_id,
        },
    }
}

/// A converter of this process.
fn converter(setup: &ConverterSetup) -> Result<Converter, ConverterError> {
    let spec = &setup.spec;
    Converter::at(&spec.script, Arc::clone(&setup.columns), spec.limits.clone(), setup.deterministic)
}

/// The declared columns, then those that the source describes and nobody has declared.
fn with_told(declared: &DeclaredColumns, told: &[PageColumn]) -> Arc<DeclaredColumns> {
    let undeclared = |column: &&PageColumn| declared.as_slice().iter().all(|known| known.name != column.name);
    let typed = |column: &PageColumn| {
        Some(DeclaredColumn::new(&column.name, ColumnType::parse(column.type_name).ok()?))
    };
    Arc::new(declared.and(told.iter().filter(undeclared).filter_map(typed)))
}

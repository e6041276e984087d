//! Does parts of a table that another process coordinates.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt, stream};
use pipeline_config::{Environment, Style, of_temporary};
use pipeline_datasource::Shared;
use pipeline_transport::{Redactor, StatsSnapshot};
use pipeline_worker::{ConverterPool, ConverterSetup};
use tempfile::TempDir;

use super::{Assignment, Content, Delivery, PageHead, PartOrder, RemoteError};
use crate::{
    plan::{LoadOptions, Plan, deterministic, load_assigned},
    progress::Silent,
    registry::Registry,
    run::{FetchPlan, PartPages, RunError},
    summary::Incomplete,
};

/// A table in the process of an executor, which does parts of it side by side.
#[derive(Debug)]
pub struct AssignedTable {
    plan: Plan,
    fetch_plan: FetchPlan,
    converters: ConverterPool,
    /// What the coordinator has been told of.
    told: Mutex<StatsSnapshot>,
    folder: TempDir,
}

impl AssignedTable {
    /// Reads the files; nobody is asked anything yet.
    ///
    /// # Errors
    /// [`RemoteError`] where they mean something else here, such as a kind that this program does not know.
    pub fn load(
        registry: &Registry,
        assignment: &Assignment,
        (shared, redactor): (Shared, Redactor),
    ) -> Result<Self, RemoteError> {
        let folder = tempfile::tempdir().map_err(|error| of_temporary(&error));
        let folder = folder.map_err(|error| RemoteError::failed(error.to_string()))?;
        let pipeline = assignment.unpack(folder.path())?;
        let variables = assignment.variables.clone();
        let options = LoadOptions {
            environment: Environment::empty().with(variables),
            params: assignment.params.clone(),
            now: assignment.started_at,
            state: folder.path().join("state"),
            logins: folder.path().join("state"),
            outputs: pipeline_history::Outputs::Real,
            redactor,
            observer: Arc::new(Silent),
            style: Style::Plain,
        };
        let loaded = load_assigned(registry, &pipeline, (&options, shared));
        let plan = loaded.map_err(|invalid| RemoteError::failed(invalid.rendered))?.plan;
        let table = plan.table(&assignment.table);
        let table = table.ok_or_else(|| RemoteError::failed(format!("no table `{}`", assignment.table)))?;
        let columns = Arc::new(assignment.columns.clone());
        let setup = ConverterSetup {
            run_id: assignment.run_id.clone(),
            deterministic: deterministic(assignment.started_at),
            ..plan.converter_setup(table, &columns)
        };
        let (fetch_plan, converters) = (plan.fetch_plan(table), ConverterPool::new(setup));
        Ok(Self { fetch_plan, converters, plan, told: Mutex::default(), folder })
    }

    /// Does one part. Each next page is under way while one is converted.
    pub fn deliver(self: Arc<Self>, order: PartOrder) -> stream::BoxStream<'static, Delivery> {
        let number = order.number;
        let pages = self.fetch_plan.pages_of(order.part);
        let doing = Doing { table: self, number, pages, is_over: false };
        stream::unfold(doing, |mut doing| async { doing.next().await.map(|delivery| (delivery, doing)) })
            .boxed()
    }

    /// What was sent and received and not told yet. A task that is thrown away takes what it told with it.
    fn untold(&self) -> StatsSnapshot {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.plan.datasource.stats();
        let untold = now - *told;
        *told = now;
        untold
    }

    fn failed(&self, error: &RunError) -> RemoteError {
        let RemoteError { message, reaction } = RemoteError::of(error);
        let message = self.plan.redactor.redact(&message).into_owned();
        // As on the coordinator.
        let message = message.replace(&*self.folder.path().to_string_lossy(), "");
        RemoteError { message, reaction }
    }
}

/// A part under way.
struct Doing {
    table: Arc<AssignedTable>,
    number: u64,
    pages: PartPages,
    is_over: bool,
}

impl Doing {
    async fn next(&mut self) -> Option<Delivery> {
        if self.is_over {
            return None;
        }
        let (content, rows) = match self.page().await {
            Ok(Some((head, rows))) => (Content::Page(Box::new(head)), rows),
            Ok(None) => (Content::End { stats: self.table.untold() }, Vec::new()),
            Err(error) => (Content::Failed(self.table.failed(&error)), Vec::new()),
        };
        self.is_over = !matches!(content, Content::Page(_));
        Some(Delivery { part: self.number, content, rows })
    }

    async fn page(&mut self) -> Result<Option<(PageHead, Vec<u8>)>, RunError> {
        let Some(page) = self.pages.try_next().await? else { return Ok(None) };
        let (index, bytes) = (page.index as u64, page.body.len() as u64);
        let doubt = page.doubt.as_ref().map(Incomplete::of);
        let (next, mark) = (page.next.clone(), page.mark.clone());
        let head = PageHead { index, next, bytes, total: page.total, mark, doubt };
        let batch = self.table.converters.convert(Arc::new(page)).await?;
        Ok(Some((head, batch.to_ipc()?)))
    }
}

//! The converter threads.

use std::sync::{Arc, Mutex, PoisonError};

use pipeline_converter::{Converter, ConverterError, Metadata, PageInput};
use pipeline_datasource::{Page, PageColumn};
use pipeline_table::{Batch, ColumnType, DeclaredColumn, DeclaredColumns};
use tokio::sync::{mpsc, oneshot};

use super::{RunError, RunOptions};
use crate::plan::{Plan, TablePlan};

/// A page, and where its rows are waited for.
pub(super) struct Job {
    pub(super) page: Page,
    pub(super) answer: oneshot::Sender<Result<Batch, RunError>>,
}

/// Starts the threads; they end when the queue does.
pub(super) fn start(
    plan: &Plan,
    (table, columns): (&TablePlan, &Arc<DeclaredColumns>),
    options: &RunOptions,
) -> Result<mpsc::Sender<Job>, RunError> {
    let (jobs, queue) = mpsc::channel::<Job>(options.n_converters);
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..options.n_converters {
        let queue = Arc::clone(&queue);
        let (script, columns) = (table.script.clone(), Arc::clone(columns));
        let (name, run_id) = (table.name.clone(), plan.run_id.clone());
        let takes_types = table.takes_types;
        on_converter_thread(move || {
            // One thread waits in the queue; the others wait for their turn to.
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let (mut converter, mut columns, mut told) = (None, columns, None);
            while let Some(job) = next() {
                if takes_types && !is_same(job.page.columns.as_ref(), told.as_ref()) {
                    columns = with_told(&columns, job.page.columns.as_deref().unwrap_or_default());
                    told.clone_from(&job.page.columns);
                    converter = None;
                }
                let made = match converter.take() {
                    Some(made) => Ok(made),
                    None => Converter::new(&script, Arc::clone(&columns), Default::default()),
                };
                let result = made.and_then(|mut made| {
                    let batch = convert_page(&mut made, &job.page, (&name, &run_id));
                    converter = Some(made);
                    batch
                });
                // Nobody waits for it when the run has ended.
                let _ = job.answer.send(result.map_err(RunError::from));
            }
        })?;
    }
    Ok(jobs)
}

fn is_same(a: Option<&Arc<[PageColumn]>>, b: Option<&Arc<[PageColumn]>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// The declared columns, then those that the source describes and nobody has declared.
pub(crate) fn with_told(declared: &DeclaredColumns, told: &[PageColumn]) -> Arc<DeclaredColumns> {
    let undeclared = |column: &&PageColumn| declared.as_slice().iter().all(|known| known.name != column.name);
    let typed = |column: &PageColumn| {
        Some(DeclaredColumn::new(&column.name, ColumnType::parse(column.type_name).ok()?))
    };
    Arc::new(declared.and(told.iter().filter(undeclared).filter_map(typed)))
}

/// Runs `work` on a thread with the stack that scripts need.
pub(crate) fn on_converter_thread(work: impl FnOnce() + Send + 'static) -> Result<(), RunError> {
    let thread = std::thread::Builder::new().name("converter".into()).stack_size(Converter::THREAD_STACK);
    thread.spawn(work).map(drop).map_err(|_| RunError::Bug("no thread for the converter"))
}

/// The rows of one page.
pub(crate) fn convert_page(
    converter: &mut Converter,
    page: &Page,
    (table, run_id): (&str, &str),
) -> Result<Batch, ConverterError> {
    converter.convert(&PageInput {
        index: page.index,
        body: &page.body,
        metadata: Metadata {
            query_name: table,
            query_parameters: &page.params,
            original_query_parameters: &page.params,
            url: &page.url,
            status: page.status,
            headers: &page.headers,
            run: run_id,
        },
    })
}

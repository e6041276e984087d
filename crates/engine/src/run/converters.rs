//! The converter threads.

use std::sync::{Arc, Mutex, PoisonError};

use pipeline_converter::{Converter, ConverterError, Metadata, PageInput};
use pipeline_datasource::Page;
use pipeline_table::{Batch, DeclaredColumns};
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
        on_converter_thread(move || {
            // One thread waits in the queue; the others wait for their turn to.
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let mut converter = None;
            while let Some(job) = next() {
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

//! The converters of a run.

use std::sync::Arc;

use pipeline_datasource::Page;
use pipeline_table::{Batch, DeclaredColumns};
use pipeline_transport::SPANS;
use tokio::sync::{Mutex, mpsc, oneshot};
use tracing::Instrument;

use super::{RunError, context::Context};
use crate::{converting::ContainedConverter, plan::TablePlan};

/// A page, and where its rows are waited for.
pub(super) struct Job {
    pub(super) page: Page,
    pub(super) answer: oneshot::Sender<Result<Batch, RunError>>,
}

/// Starts the converters; they end when the queue does.
pub(super) fn start(
    context: &Context<'_>,
    (table, columns): (&TablePlan, &Arc<DeclaredColumns>),
) -> mpsc::Sender<Job> {
    let options = context.options;
    let (jobs, queue) = mpsc::channel::<Job>(options.n_converters);
    let queue = Arc::new(Mutex::new(queue));
    let setup = Arc::new(context.converter_setup(table, columns));
    for _ in 0..options.n_converters {
        let queue = Arc::clone(&queue);
        let mut converter = ContainedConverter::new(Arc::clone(&setup));
        let cancel = options.cancel.clone();
        let work = async move {
            loop {
                // One waits in the queue; the others wait for their turn to.
                let Some(job) = queue.lock().await.recv().await else { return };
                let span = tracing::info_span!(target: SPANS, "convert", page = job.page.index);
                let result = tokio::select! {
                    result = converter.convert(Arc::new(job.page)).instrument(span) => result,
                    () = cancel.cancelled() => Err(RunError::Interrupted),
                };
                // Nobody waits for it when the run has ended.
                let _ = job.answer.send(result);
            }
        };
        tokio::spawn(work.in_current_span());
    }
    jobs
}

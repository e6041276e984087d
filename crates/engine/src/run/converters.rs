//! The converters of a run.

use std::sync::Arc;

use pipeline_datasource::Page;
use pipeline_table::Batch;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{RunError, RunOptions};
use crate::{
    converting::ContainedConverter,
    plan::{Plan, TablePlan},
};

/// A page, and where its rows are waited for.
pub(super) struct Job {
    pub(super) page: Page,
    pub(super) answer: oneshot::Sender<Result<Batch, RunError>>,
}

/// Starts the converters; they end when the queue does.
pub(super) fn start(plan: &Plan, table: &TablePlan, options: &RunOptions) -> mpsc::Sender<Job> {
    let (jobs, queue) = mpsc::channel::<Job>(options.n_converters);
    let queue = Arc::new(Mutex::new(queue));
    let setup = Arc::new(plan.converter_setup(table));
    for _ in 0..options.n_converters {
        let queue = Arc::clone(&queue);
        let mut converter = ContainedConverter::new(Arc::clone(&setup));
        let cancel = options.cancel.clone();
        tokio::spawn(async move {
            loop {
                // One waits in the queue; the others wait for their turn to.
                let Some(job) = queue.lock().await.recv().await else { return };
                let result = tokio::select! {
                    result = converter.convert(Arc::new(job.page)) => result,
                    () = cancel.cancelled() => Err(RunError::Interrupted),
                };
                // Nobody waits for it when the run has ended.
                let _ = job.answer.send(result);
            }
        });
    }
    jobs
}

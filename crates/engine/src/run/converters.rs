//! The converters of a run.

use std::sync::Arc;

use pipeline_datasource::Page;
use pipeline_table::{Batch, DeclaredColumns};
use pipeline_transport::SPANS;
use pipeline_worker::ContainedConverter;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{RunError, context::Context};
use crate::plan::TablePlan;

/// A page, and where its rows are waited for.
pub(super) struct Job {
    pub(super) page: Page,
    pub(super) answer: oneshot::Sender<Result<Batch, RunError>>,
}

/// Starts the converters; they end when the queue does.
///
/// The one that was the last to convert a page is the first to get another: a process is started only where all that run are busy.
pub(super) fn start(
    context: &Context<'_>,
    (table, columns): (&TablePlan, &Arc<DeclaredColumns>),
) -> mpsc::Sender<Job> {
    let options = context.options;
    let (jobs, mut queue) = mpsc::channel::<Job>(options.n_converters);
    let setup = Arc::new(context.converter_setup(table, columns));
    let new = || ContainedConverter::new(Arc::clone(&setup));
    let mut idle: Vec<ContainedConverter> = std::iter::repeat_with(new).take(options.n_converters).collect();
    let cancel = options.cancel.clone();
    let work = async move {
        let mut busy = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                Some(done) = busy.join_next() => idle.extend(done),
                job = queue.recv(), if !idle.is_empty() => {
                    let Some((job, converter)) = job.zip(idle.pop()) else { break };
                    busy.spawn(convert(job, converter, cancel.clone()).in_current_span());
                }
                else => break,
            }
        }
        busy.detach_all();
    };
    tokio::spawn(work.in_current_span());
    jobs
}

async fn convert(
    job: Job,
    mut converter: ContainedConverter,
    cancel: CancellationToken,
) -> ContainedConverter {
    let span = tracing::info_span!(target: SPANS, "convert", page = job.page.index);
    let result = tokio::select! {
        result = converter.convert(Arc::new(job.page)).instrument(span) => result.map_err(RunError::from),
        () = cancel.cancelled() => Err(RunError::Interrupted),
    };
    // Nobody waits for it when the run has ended.
    let _ = job.answer.send(result);
    converter
}

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
    let (jobs, queue) = mpsc::channel::<Job>(options.n_converters);
    let setup = Arc::new(context.converter_setup(table, columns));
    let new = || ContainedConverter::new(Arc::clone(&setup));
    let idle = std::iter::repeat_with(new).take(options.n_converters).collect();
    let cancel = options.cancel.clone();
    let work = move |job, converter| convert(job, converter, cancel.clone()).in_current_span();
    tokio::spawn(share(queue, idle, work).in_current_span());
    jobs
}

/// Gives each job to the worker that was the last to be done, until the queue ends.
async fn share<J, W, F>(mut queue: mpsc::Receiver<J>, mut idle: Vec<W>, work: impl Fn(J, W) -> F)
where
    W: Send + 'static,
    F: Future<Output = W> + Send + 'static,
{
    let mut busy = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(done) = busy.join_next() => idle.extend(done),
            job = queue.recv(), if !idle.is_empty() => {
                let Some((job, worker)) = job.zip(idle.pop()) else { break };
                busy.spawn(work(job, worker));
            }
            else => break,
        }
    }
    busy.detach_all();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn another_worker_starts_only_while_all_that_have_started_are_busy() {
        type Asked = (oneshot::Sender<usize>, oneshot::Receiver<()>);
        let (jobs, queue) = mpsc::channel::<Asked>(3);
        let work = |(answer, end): Asked, worker| async move {
            answer.send(worker).unwrap();
            end.await.unwrap();
            worker
        };
        tokio::spawn(share(queue, vec![1, 2, 3], work));
        let ask = async || {
            let ((answer, worker), (end, ended)) = (oneshot::channel(), oneshot::channel());
            jobs.send((answer, ended)).await.unwrap();
            (worker.await.unwrap(), end)
        };
        for _ in 0..3 {
            let (worker, end) = ask().await;
            assert_eq!(worker, 3);
            end.send(()).unwrap();
            tokio::task::yield_now().await;
        }
        let ((first, end), (second, _end)) = (ask().await, ask().await);
        assert_eq!((first, second), (3, 2));
        end.send(()).unwrap();
        tokio::task::yield_now().await;
        assert_eq!(ask().await.0, 3);
    }
}

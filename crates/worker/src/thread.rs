//! A converter on a thread of this process.

use std::{io, sync::Arc};

use pipeline_converter::{Converter, ConverterError};
use pipeline_datasource::Page;
use pipeline_table::Batch;
use tokio::sync::{mpsc, oneshot};

use super::ConverterSetup;

/// A page and where its rows are waited for.
type Job = (Arc<Page>, oneshot::Sender<Result<Batch, ConverterError>>);

/// The way to the thread.
#[derive(Debug)]
pub(super) struct ThreadLane {
    jobs: mpsc::Sender<Job>,
}

impl ThreadLane {
    pub(super) fn start(setup: &Arc<ConverterSetup>) -> io::Result<Self> {
        let (jobs, mut queue) = mpsc::channel::<Job>(1);
        let setup = Arc::clone(setup);
        let work = move || {
            let mut converter = None;
            while let Some((page, answer)) = queue.blocking_recv() {
                let made = match converter.take() {
                    Some(made) => Ok(made),
                    None => super::converter(&setup),
                };
                let converted = made.and_then(|mut made: Converter| {
                    let batch = made.convert(&super::input(&page, &setup));
                    converter = Some(made);
                    batch
                });
                // Nobody waits for it when the run has ended.
                let _ = answer.send(converted);
            }
        };
        std::thread::Builder::new()
            .name("converter".into())
            .stack_size(Converter::THREAD_STACK)
            .spawn(work)?;
        Ok(Self { jobs })
    }

    pub(super) async fn convert(&self, page: Arc<Page>) -> Result<Batch, ConverterError> {
        let index = page.index;
        let (answer, receipt) = oneshot::channel();
        // Both ends only when the thread has.
        let _ = self.jobs.send((page, answer)).await;
        receipt.await.unwrap_or_else(|_| Err(ConverterError::worker_ended(index, "a thread")))
    }
}

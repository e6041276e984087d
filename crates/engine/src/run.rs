//! Runs a plan: network, converters, writer, with bounded queues between them.
//!
//! ```text
//! pages ──▶ jobs (bounded) ──▶ N converters, each in a process or on a thread
//!   │                                   │ one answer per page
//!   └──▶ answers in page order (bounded) ┴──▶ writer ──▶ commit
//! ```
//! Each page takes two ways: its bytes go to whichever converter is free, and a receipt for the answer goes
//! to the writer in page order. So rows are written in page order whatever converter was faster, and both queues
//! being bounded, a slow sink slows the network instead of filling memory.

mod converters;
mod error;
mod writer;

use std::{sync::Arc, time::Instant};

use converters::Job;
use futures::StreamExt;
use pipeline_sink::RunWriter;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use writer::{Receipt, Written};

pub use error::{Reaction, RunError};

use crate::{
    plan::{Plan, TablePlan},
    progress::{Event, Observer},
    summary::{FileSummary, RunSummary, TableSummary},
};

/// How to run, apart from what to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Hears what happens.
    pub observer: Arc<dyn Observer>,
    /// Ends the run without touching the old output.
    pub cancel: CancellationToken,
    /// Converters at work at the same time; at least one.
    pub n_converters: usize,
}

/// Runs every table of the plan, in order, and commits each when it is complete.
///
/// # Errors
/// [`RunError`] says what the caller can do; whatever it is, the output of the failed table is as it was before.
pub async fn run(plan: &Plan, options: &RunOptions) -> Result<RunSummary, RunError> {
    let started = Instant::now();
    let before = plan.datasource.stats();
    let mut tables = Vec::new();
    for table in &plan.tables {
        options.observer.on(&Event::TableStarted { table: &table.name });
        tables.push(run_table(plan, table, options).await?);
    }
    let stats = plan.datasource.stats();
    Ok(RunSummary {
        pipeline: plan.name.clone(),
        run_id: plan.run_id.clone(),
        tables,
        requests: stats.requests - before.requests,
        retries: stats.retries - before.retries,
        waited: stats.waited - before.waited,
        bytes: stats.bytes - before.bytes,
        elapsed: started.elapsed(),
    })
}

async fn run_table(plan: &Plan, table: &TablePlan, options: &RunOptions) -> Result<TableSummary, RunError> {
    let metadata = vec![
        ("pipeline".to_owned(), plan.name.clone()),
        ("table".to_owned(), table.name.clone()),
        ("run_id".to_owned(), plan.run_id.clone()),
        ("query_hash".to_owned(), table.query.fingerprint(&plan.values)),
    ];
    let sink_writer = RunWriter::new(Arc::clone(&table.sink), &table.columns, metadata)?;
    // Two answers per converter keep all of them busy while the writer is at work.
    let (receipts, ordered) = mpsc::channel(options.n_converters * 2);
    let jobs = converters::start(plan, table, options);
    let observer = Arc::clone(&options.observer);
    let writing = tokio::task::spawn_blocking(move || writer::write_all(sink_writer, ordered, &observer));
    tokio::select! {
        () = feed(plan, table, (jobs, receipts), options) => {}
        () = options.cancel.cancelled() => {}
    }
    // The queues have ended with `feed`, and with them the writer.
    let written = writing.await.map_err(|_| RunError::Bug("the writer ended"))?;
    if options.cancel.is_cancelled() {
        return Err(RunError::Interrupted);
    }
    let Written { writer, n_pages } = written?;
    let rows = writer.n_rows();
    let commit = tokio::task::spawn_blocking(move || writer.commit());
    let files = commit.await.map_err(|_| RunError::Bug("the commit ended"))??;
    let files =
        files.into_iter().map(|file| FileSummary { path: file.path, rows: file.rows, bytes: file.bytes });
    Ok(TableSummary { table: table.name.clone(), pages: n_pages, rows, files: files.collect() })
}

/// Sends each page to the converters and its receipt to the writer, until pages or listeners end.
async fn feed(
    plan: &Plan,
    table: &TablePlan,
    (jobs, receipts): (mpsc::Sender<Job>, mpsc::Sender<Receipt>),
    options: &RunOptions,
) {
    let mut pages = Arc::clone(&plan.datasource).pages(Arc::clone(&table.query), Arc::clone(&plan.values));
    while let Some(page) = pages.next().await {
        let (answer, receipt) = oneshot::channel();
        // The writer has failed when nobody listens; its error is the one to tell.
        if receipts.send(receipt).await.is_err() {
            return;
        }
        match page {
            Ok(page) => {
                let (bytes, total) = (page.body.len() as u64, page.total);
                options.observer.on(&Event::PageFetched { bytes, total });
                if jobs.send(Job { page, answer }).await.is_err() {
                    return;
                }
            }
            // In its place among the pages, so that the first error in page order is the one told.
            Err(error) => {
                let _ = answer.send(Err(error.into()));
                return;
            }
        }
    }
}

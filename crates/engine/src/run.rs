//! Runs a plan: network, converters, writer, with bounded queues between them.
//!
//! ```text
//! pages ──▶ jobs (bounded) ──▶ N converters, each in a process or on a thread
//!   │                                   │ one answer per page
//!   └──▶ answers in page order (bounded) ┴──▶ writer ──▶ commit
//! ```
//! A table that is several queries has the pages of all of them, in their order (see `parts`). Each page takes two ways: its bytes go to whichever converter is free, and a receipt for the answer goes
//! to the writer in page order. So rows are written in page order whatever converter was faster, and both queues
//! being bounded, a slow sink slows the network instead of filling memory.

mod converters;
mod error;
mod keys;
mod parts;
mod writer;

use std::{sync::Arc, time::Instant};

use converters::Job;
use futures::StreamExt;
use keys::{KeyCollector, Keys};
use pipeline_sink::{Commit, Run, RunWriter, STDOUT, TargetLock};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use writer::{Receipt, Written};

pub use error::{Reaction, RunError};
pub(crate) use parts::{Asking, Pages};

use crate::{
    plan::{Plan, TablePlan},
    progress::{Event, Observer},
    summary::{RunSummary, TableSummary},
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
    let (mut tables, mut keys) = (Vec::new(), Vec::new());
    for table in &plan.tables {
        options.observer.on(&Event::TableStarted { table: &table.name });
        tables.push(run_table(plan, table, options, &mut keys).await.map_err(|error| error.at(&table.name))?);
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

/// Runs one table; adds to `keys` the columns that later tables go through.
async fn run_table(
    plan: &Plan,
    table: &TablePlan,
    options: &RunOptions,
    keys: &mut Vec<Keys>,
) -> Result<TableSummary, RunError> {
    let collectors = collectors(plan, table)?;
    let pages = pages(plan, table, keys)?;
    let metadata = vec![
        ("pipeline".to_owned(), plan.name.clone()),
        ("table".to_owned(), table.name.clone()),
        ("run_id".to_owned(), plan.run_id.clone()),
        ("query_hash".to_owned(), table.query.fingerprint(&plan.values)),
    ];
    let (_lock, sink_writer) = open_sink(plan, table, metadata).await?;
    // Two answers per converter keep all of them busy while the writer is at work.
    let (receipts, ordered) = mpsc::channel(options.n_converters * 2);
    let jobs = converters::start(plan, (table, sink_writer.declared()), options);
    let observer = Arc::clone(&options.observer);
    let writing =
        tokio::task::spawn_blocking(move || writer::write_all(sink_writer, ordered, collectors, &observer));
    tokio::select! {
        () = feed(pages, (jobs, receipts), options) => {}
        () = options.cancel.cancelled() => {}
    }
    // The queues have ended with `feed`, and with them the writer.
    let written = writing.await.map_err(|_| RunError::Bug("the writer ended"))?;
    if options.cancel.is_cancelled() {
        return Err(RunError::Interrupted);
    }
    let Written { writer, n_pages, keys: collected } = written?;
    for collector in collected {
        keys.push(collector.finish()?);
    }
    let summary = TableSummary::new(&table.name, n_pages, &writer);
    let commit = tokio::task::spawn_blocking(move || writer.commit(Commit::default()));
    let committed = commit.await.map_err(|_| RunError::Bug("the commit ended"))??;
    Ok(summary.with_files(committed))
}

/// Takes the target and finds out what is there; blocks, so it has a thread for that.
async fn open_sink(
    plan: &Plan,
    table: &TablePlan,
    metadata: Vec<(String, String)>,
) -> Result<(Option<TargetLock>, RunWriter), RunError> {
    let run = Run { id: plan.run_id.clone(), started_at: plan.started_at, metadata };
    let (sink, declared) = (Arc::clone(&table.sink), Arc::clone(&table.columns));
    let (state, pipeline) = (plan.state.clone(), plan.name.clone());
    let opening = tokio::task::spawn_blocking(move || {
        // Every process has a stdout of its own.
        let target = sink.target();
        let lock = match target == STDOUT {
            true => None,
            false => Some(TargetLock::acquire(&state, &pipeline, &target)?),
        };
        drop(target);
        Ok::<_, RunError>((lock, RunWriter::new(sink, declared, run)?))
    });
    opening.await.map_err(|_| RunError::Bug("opening the sink ended"))?
}

/// One collector per column of this table that another table goes through.
fn collectors(plan: &Plan, table: &TablePlan) -> Result<Vec<KeyCollector>, RunError> {
    let mut collectors: Vec<KeyCollector> = Vec::new();
    for each in plan.tables.iter().filter_map(|other| other.query.for_each()) {
        let is_there = collectors.iter().any(|collector| collector.column == each.column);
        if each.table.value == table.name && !is_there {
            collectors.push(KeyCollector::new(&table.name, &each.column)?);
        }
    }
    Ok(collectors)
}

/// The pages of a table; `keys` are those of the tables before it.
fn pages(plan: &Plan, table: &TablePlan, keys: &[Keys]) -> Result<Pages, RunError> {
    let found = table.query.for_each().map(|each| {
        let found = keys.iter().find(|keys| keys.table == each.table.value && keys.column == each.column);
        found.ok_or(RunError::Bug("a table runs before the one it goes through"))
    });
    plan.asking(table).pages(found.transpose()?)
}

/// Sends each page to the converters and its receipt to the writer, until pages or listeners end.
async fn feed(
    mut pages: Pages,
    (jobs, receipts): (mpsc::Sender<Job>, mpsc::Sender<Receipt>),
    options: &RunOptions,
) {
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
                let _ = answer.send(Err(error));
                return;
            }
        }
    }
}

//! The end of the line: rows to the sink, in page order.

use std::sync::Arc;

use pipeline_sink::RunWriter;
use pipeline_table::Batch;
use tokio::sync::{mpsc, oneshot};

use super::RunError;
use crate::progress::{Event, Observer};

/// Where the rows of a page will be.
pub(super) type Receipt = oneshot::Receiver<Result<Batch, RunError>>;

/// What the writer did with all pages; nothing is visible yet.
pub(super) struct Written {
    pub(super) writer: RunWriter,
    pub(super) n_pages: u64,
}

/// Writes until there are no more receipts; blocks.
pub(super) fn write_all(
    mut writer: RunWriter,
    mut receipts: mpsc::Receiver<Receipt>,
    observer: &Arc<dyn Observer>,
) -> Result<Written, RunError> {
    let mut n_pages = 0;
    while let Some(receipt) = receipts.blocking_recv() {
        let batch = receipt.blocking_recv().map_err(|_| RunError::Bug("a converter ended"))??;
        let rows = batch.n_rows() as u64;
        writer.write(batch)?;
        n_pages += 1;
        observer.on(&Event::PageWritten { rows });
    }
    Ok(Written { writer, n_pages })
}

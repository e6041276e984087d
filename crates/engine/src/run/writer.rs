//! The end of the line: rows to the intake, in page order.

use pipeline_config::explain;
use pipeline_table::Batch;
use tokio::sync::{mpsc, oneshot};

use super::{
    RunError,
    intake::{Intake, Origin},
};
use crate::journal::{Committed, Journal, Replay, Resumption};

/// Where the rows of a page will be, and where to go on after it.
#[derive(Debug)]
pub(crate) struct Receipt {
    pub(crate) place: Resumption,
    pub(crate) rows: oneshot::Receiver<Result<Batch, RunError>>,
}

/// Takes the pages of the journal, then those that come, until there are no more; blocks.
///
/// Gives the intake back even after an error, with what it has taken.
pub(super) fn take_all(
    mut intake: Intake,
    replay: Option<&Replay>,
    receipts: mpsc::Receiver<Receipt>,
) -> (Intake, Result<(), RunError>) {
    let mut taken = replay.map_or(Ok(()), |replay| take_journal(&mut intake, replay));
    if taken.is_ok() {
        taken = take_fetched(&mut intake, receipts);
    }
    intake.write_down();
    (intake, taken)
}

/// The pages that an earlier run has converted.
pub(super) fn take_journal(intake: &mut Intake, replay: &Replay) -> Result<(), RunError> {
    for page in replay.pages()? {
        let page = page?;
        intake.take(&page.place, page.batch, Origin::Journal(page.at))?;
    }
    Ok(())
}

fn take_fetched(intake: &mut Intake, mut receipts: mpsc::Receiver<Receipt>) -> Result<(), RunError> {
    while let Some(receipt) = receipts.blocking_recv() {
        let batch = receipt.rows.blocking_recv().map_err(|_| RunError::Bug("a converter ended"))??;
        intake.take(&receipt.place, batch, Origin::Fetched)?;
    }
    Ok(())
}

/// Notes the commit in the journal, on disk; blocks, so it has a thread for that.
pub(super) async fn note(mut journal: Journal, committed: Committed) -> Result<(), RunError> {
    let work = move || {
        if let Err(error) = journal.committed(committed) {
            tracing::warn!(error = explain(&error), "the commit is not in the journal");
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| RunError::Bug("noting the commit ended"))
}

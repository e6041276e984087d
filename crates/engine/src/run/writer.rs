//! The end of the line: rows to the intake, in page order, and their commit together with what the next run begins with.

use pipeline_config::explain;
use pipeline_sink::{Commit, Committed, RunWriter, SinkError, unless_ended};
use pipeline_table::Batch;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    RunError,
    intake::{Origin, RowIntake},
};
use crate::journal::{Committed as Noted, Journal, Replay, Resumption};

/// Where the rows of a page will be, and where to go on after it.
#[derive(Debug)]
pub(crate) struct PageTicket {
    pub(crate) place: Resumption,
    pub(crate) rows: oneshot::Receiver<Result<Batch, RunError>>,
}

/// Takes the pages of the journal, then those that come, until there are no more; blocks.
///
/// Gives the intake back even after an error, with what it has taken.
pub(super) fn take_all(
    mut intake: RowIntake,
    replay: Option<&Replay>,
    tickets: mpsc::Receiver<PageTicket>,
) -> (RowIntake, Result<(), RunError>) {
    let mut taken = replay.map_or(Ok(()), |replay| take_journal(&mut intake, replay));
    if taken.is_ok() {
        taken = take_fetched(&mut intake, tickets);
    }
    intake.write_down();
    (intake, taken)
}

/// The pages that an earlier run has converted.
pub(super) fn take_journal(intake: &mut RowIntake, replay: &Replay) -> Result<(), RunError> {
    for page in replay.pages()? {
        let page = page?;
        intake.take(&page.place, page.batch, Origin::Journal(page.at))?;
    }
    Ok(())
}

fn take_fetched(intake: &mut RowIntake, mut tickets: mpsc::Receiver<PageTicket>) -> Result<(), RunError> {
    while let Some(ticket) = tickets.blocking_recv() {
        let batch = ticket.rows.blocking_recv().map_err(|_| RunError::Bug("a converter ended"))??;
        intake.take(&ticket.place, batch, Origin::Fetched)?;
    }
    Ok(())
}

/// What the next run begins with.
type StateLeft = Result<Option<serde_json::Value>, RunError>;

/// Commits on a thread that may block, after noting in the journal what it is about.
pub(super) async fn commit(
    (writer, state): (RunWriter, impl FnOnce(&RunWriter) -> StateLeft + Send + 'static),
    (mut journal, ready): (Option<Journal>, Noted),
    cancel: &CancellationToken,
) -> Result<(Committed, Option<Journal>), RunError> {
    let work = move || {
        let state = state(&writer)?;
        if let Some(journal) = &mut journal
            && let Err(error) = journal.ready(ready)
        {
            tracing::warn!(error = explain(&error), "the counts of the commit are not in the journal");
        }
        Ok::<_, RunError>((writer.commit(Commit { state })?, journal))
    };
    let cancel = cancel.clone();
    let work = move || unless_ended(move || cancel.clone().cancelled_owned(), work);
    match tokio::task::spawn_blocking(work).await.map_err(|_| RunError::Bug("the commit ended"))? {
        Err(RunError::Sink(SinkError::Interrupted { .. })) => Err(RunError::Interrupted),
        committed => committed,
    }
}

/// Notes the commit in the journal, on disk; blocks, so it has a thread for that.
pub(super) async fn note(mut journal: Journal, committed: Noted) -> Result<(), RunError> {
    let work = move || {
        if let Err(error) = journal.committed(committed) {
            tracing::warn!(error = explain(&error), "the commit is not in the journal");
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| RunError::Bug("noting the commit ended"))
}

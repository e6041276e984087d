//! Whether the server is still as it was when the pages of a journal were read.
//!
//! A counted place says how many records or pages come before it. Where some of them have gone or come since, the page at
//! that place has records that an earlier page had, or lacks some that no page had. A cursor that names a record does not have
//! that problem, but nobody can tell it from one that has a number inside, whatever it is called and however it is written.

use std::sync::Arc;

use futures::StreamExt;
use pipeline_datasource::DatasourceError;
use pipeline_query::Position;
use tokio_util::sync::CancellationToken;

use super::{FetchPlan, Part, RunError, keys::Keys};
use crate::journal::{LastPage, Replay, Resumption};

/// What of the last page must be as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sameness {
    /// All of it, and the total: the place counts.
    Whole,
    /// Which records it has: the place may count.
    Records,
}

impl Sameness {
    /// What the places of the last page and of the next one ask for; nothing, where no page of the same query follows.
    fn of(fetch_plan: &FetchPlan, position: &Position, next: Option<&Position>) -> Option<Self> {
        let counts = |position: &Position| fetch_plan.query.is_counted(position);
        match next {
            _ if counts(position) || next.is_some_and(counts) => Some(Self::Whole),
            // The server would move on by a page, and such a run begins anew.
            Some(next) if next == position => None,
            Some(_) => Some(Self::Records),
            None => None,
        }
    }
}

/// Requests the last page of a journal again.
///
/// # Errors
/// [`RunError::Changed`] where it is not the same page; others where it could not be requested.
pub(super) async fn verify(
    fetch_plan: &FetchPlan,
    keys: Option<&Keys>,
    (replay, cancel): (Option<&Replay>, &CancellationToken),
) -> Result<(), RunError> {
    let Some(replay) = replay else { return Ok(()) };
    tokio::select! {
        verified = verify_last_page(fetch_plan, keys, replay) => verified,
        () = cancel.cancelled() => Err(RunError::Interrupted),
    }
}

async fn verify_last_page(
    fetch_plan: &FetchPlan,
    keys: Option<&Keys>,
    replay: &Replay,
) -> Result<(), RunError> {
    let Some(last) = &replay.last_page else { return Ok(()) };
    let (position, page) = match &last.start {
        Some((position, n_pages)) => (position.clone(), *n_pages),
        None => (fetch_plan.query.first_position(), 0),
    };
    let next = replay.place.position.as_ref().map(|(next, _)| next);
    let Some(sameness) = Sameness::of(fetch_plan, &position, next) else { return Ok(()) };
    let its_query = Resumption { part: last.part, position: last.start.clone(), ..Resumption::default() };
    let Some(part) = fetch_plan.parts_from(keys, its_query)?.next().transpose()? else {
        let change = "its query is not there any more".into();
        return Err(RunError::Changed { query: String::new(), page, change });
    };
    let query = part.prefix();
    let change = match change_since(fetch_plan, part, (last, page, sameness)).await {
        Ok(change) => change,
        Err(error) => Some(refusal(&error, page).ok_or(error)?),
    };
    change.map_or(Ok(()), |change| Err(RunError::Changed { query, page, change }))
}

/// What of the page is not as it was.
async fn change_since(
    fetch_plan: &FetchPlan,
    part: Part,
    (last, page, sameness): (&LastPage, u64, Sameness),
) -> Result<Option<String>, RunError> {
    let n_pages = usize::try_from(page).unwrap_or(usize::MAX).saturating_add(1);
    let query = Arc::new(fetch_plan.query.first_pages(n_pages).leniently());
    let found = FetchPlan { query, ..fetch_plan.clone() }.pages_of(part).next().await.transpose()?;
    let found = found.and_then(|page| page.mark);
    Ok(match (found, &last.mark) {
        (Some(found), Some(mark)) if sameness == Sameness::Whole => found.change_since(mark),
        (Some(found), Some(mark)) => found.change_of_records_since(mark),
        (None, _) => Some(GONE.to_owned()),
        (_, None) => Some("what it had was not kept".into()),
    })
}

const GONE: &str = "it is not there any more";

/// What a refusal of the page says of it; `None` where another request may be answered.
fn refusal(error: &RunError, page: u64) -> Option<String> {
    match error.datasource()? {
        DatasourceError::Status { status, page: of, .. } => {
            let is_refused = is_about_place(*status) && *of as u64 == page;
            is_refused.then(|| format!("the server answers {status}"))
        }
        DatasourceError::Pagination { source, .. } => Some(source.to_string()),
        DatasourceError::NotResumable { .. } => Some(GONE.to_owned()),
        _ => None,
    }
}

/// The server does not know the place any more where the journal ends.
pub(super) fn is_stale(error: &RunError, replay: Option<&Replay>) -> bool {
    // Where the next page is the first one of a query, no place of the server is kept.
    let at = replay.and_then(|replay| replay.place.position.as_ref().map(|(_, n_pages)| *n_pages));
    match error.datasource() {
        Some(DatasourceError::Status { status, page, .. }) => {
            is_about_place(*status) && Some(*page as u64) == at
        }
        Some(DatasourceError::NotResumable { .. }) => replay.is_some(),
        _ => matches!(error, RunError::Changed { .. }),
    }
}

/// Whether a status is about what was asked for: what others say of the login, of quotas and of time may pass.
fn is_about_place(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 401 | 403 | 407 | 408 | 425 | 429)
}

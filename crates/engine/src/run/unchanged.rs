//! Whether the server is still as it was when the pages of a journal were read.
//!
//! A counted place says how many records or pages come before it. Where some of them have gone or come since, the page at
//! that place has records that an earlier page had, or lacks some that no page had. Cursors do not have that problem.

use std::sync::Arc;

use futures::StreamExt;
use pipeline_datasource::DatasourceError;
use tokio_util::sync::CancellationToken;

use super::{Asking, Part, RunError, keys::Keys};
use crate::journal::{LastPage, Replay, Resumption};

/// Requests the last page of a journal again where the place after it is counted.
///
/// # Errors
/// [`RunError::Changed`] where it is not the same page; others where it could not be requested.
pub(super) async fn verify(
    asking: &Asking,
    keys: Option<&Keys>,
    (replay, cancel): (Option<&Replay>, &CancellationToken),
) -> Result<(), RunError> {
    let Some(replay) = replay else { return Ok(()) };
    tokio::select! {
        verified = verify_last_page(asking, keys, replay) => verified,
        () = cancel.cancelled() => Err(RunError::Interrupted),
    }
}

async fn verify_last_page(asking: &Asking, keys: Option<&Keys>, replay: &Replay) -> Result<(), RunError> {
    let Some(last) = &replay.last_page else { return Ok(()) };
    let (position, page) = match &last.start {
        Some((position, n_pages)) => (position.clone(), *n_pages),
        None => (asking.query.first_position(), 0),
    };
    let next = replay.place.position.as_ref().map(|(next, _)| next);
    if !asking.query.is_counted(&position) && !next.is_some_and(|next| asking.query.is_counted(next)) {
        return Ok(());
    }
    let its_query = Resumption { part: last.part, position: last.start.clone(), ..Resumption::default() };
    let Some(part) = asking.parts_from(keys, its_query)?.next().transpose()? else {
        let change = "its query is not there any more".into();
        return Err(RunError::Changed { query: String::new(), page, change });
    };
    let query = part.prefix();
    let change = match change_since(asking, part, (last, page)).await {
        Ok(change) => change,
        Err(error) => Some(refusal(&error, page).ok_or(error)?),
    };
    change.map_or(Ok(()), |change| Err(RunError::Changed { query, page, change }))
}

/// What of the page is not as it was.
async fn change_since(
    asking: &Asking,
    part: Part,
    (last, page): (&LastPage, u64),
) -> Result<Option<String>, RunError> {
    let n_pages = usize::try_from(page).unwrap_or(usize::MAX).saturating_add(1);
    let query = Arc::new(asking.query.first_pages(n_pages).leniently());
    let found = Asking { query, ..asking.clone() }.pages_of(part).next().await.transpose()?;
    let found = found.and_then(|page| page.mark);
    Ok(match (found, &last.mark) {
        (Some(found), Some(mark)) => found.change_since(mark),
        (None, _) => Some("it is not there any more".into()),
        (_, None) => Some("what it had was not kept".into()),
    })
}

/// What a refusal of the page says of it; `None` where another request may be answered.
fn refusal(error: &RunError, page: u64) -> Option<String> {
    match error.datasource()? {
        DatasourceError::Status { status, page: of, .. } => {
            let is_refused = matches!(status, 400 | 404 | 410 | 416 | 422) && *of as u64 == page;
            is_refused.then(|| format!("the server answers {status}"))
        }
        DatasourceError::Pagination { source, .. } => Some(source.to_string()),
        _ => None,
    }
}

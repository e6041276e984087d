//! Kinds of pagination: how one page leads to the next.

mod cursor;
mod link;
mod none;
mod numbered;
#[cfg(test)]
mod tests;

use std::{fmt::Debug, sync::Arc};

use pipeline_config::{Kind, Section, Template};
use serde::{Deserialize, Serialize};

use crate::{
    ask::Ask,
    scan::{Scan, ScanError},
    selector::Selector,
};

/// Every kind of pagination.
pub const KINDS: &[Kind<PaginationBuild>] =
    &[none::KIND, numbered::OFFSET, numbered::PAGE_NUMBER, cursor::KIND, link::NEXT_URL, link::LINK_HEADER];

/// Makes a pagination from its section; `None` after reporting why there can be none.
pub type PaginationBuild = fn(&Section<'_>, &PaginationContext<'_>) -> Option<Arc<dyn Pagination>>;

/// What the rest of the query says.
#[derive(Debug)]
pub struct PaginationContext<'q> {
    pub(crate) params: &'q [(String, Template)],
    pub(crate) select: Option<Selector>,
}

/// Where a page is; can be stored and taken up again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Nothing to say: the first page of cursors and links.
    First,
    /// From this record on, counted from 0.
    Offset(u64),
    /// The page of this number.
    Page(u64),
    /// After this cursor.
    Cursor(String),
    /// At this address, relative to the page before.
    Url(String),
}

/// What came back for one page.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The content.
    pub body: &'a [u8],
    /// The values of the `Link` headers.
    pub links: &'a [&'a str],
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The next page.
    pub next: Next,
    /// How many records the page has, where that was counted.
    pub n_records: Option<u64>,
    /// How many records the server has in all, where it says so.
    pub total: Option<u64>,
}

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This was the last page.
    End,
    /// There may be another one.
    Page(Position),
}

/// Why the next page cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaginationError {
    /// The body is not JSON.
    #[error(transparent)]
    Body(#[from] ScanError),
    /// A value has the wrong shape.
    #[error("`{selector}` is {found}, where {expected} was expected")]
    Shape {
        /// The path.
        selector: String,
        /// What is there.
        found: &'static str,
        /// What should be.
        expected: &'static str,
    },
    /// Records must be counted, and there is not exactly one array of them.
    #[error("the records cannot be counted: {problem}; name their array with `select`")]
    Records {
        /// What was found.
        problem: String,
    },
}

/// One way through the pages of an answer.
pub trait Pagination: Debug + Send + Sync {
    /// Where the first page is.
    fn first(&self) -> Position {
        Position::First
    }

    /// Makes `ask` ask for the page at `position`.
    fn apply(&self, position: &Position, ask: &mut Ask);

    /// What [`next`](Self::next) wants to see of a body.
    fn selectors(&self) -> &[Selector] {
        &[]
    }

    /// Whether the body must be JSON at all.
    fn reads_body(&self) -> bool {
        true
    }

    /// What follows the page at `position`; `scan` holds what the selectors found.
    ///
    /// # Errors
    /// [`PaginationError`] when the page does not tell.
    fn next(&self, position: &Position, answer: &Answer<'_>, scan: &Scan) -> Result<Step, PaginationError>;
}

/// Reads the `pagination` of a query; without one there is one page.
pub(crate) fn read(
    query: &Section<'_>,
    params: &[(String, Template)],
    select: Option<Selector>,
) -> Option<Arc<dyn Pagination>> {
    let Some(node) = query.node("pagination") else {
        return Some(Arc::new(none::SinglePage));
    };
    let (section, kind) = Section::read_kind(query.reader(), node, KINDS, "pagination")?;
    (kind.build)(&section, &PaginationContext { params, select })
}

/// How many records a page has: those at `select`, or of the one array of records at the top.
pub(crate) fn count_records(
    select: Option<(&Selector, &crate::scan::Found)>,
    scan: &Scan,
) -> Result<u64, PaginationError> {
    use crate::scan::Found;
    match (select, scan.records.as_slice()) {
        (Some((_, Found::Array(n_records))), _) | (None, [(_, n_records)]) => Ok(*n_records),
        // Some servers leave the array out when it would be empty.
        (Some((_, Found::Absent | Found::Null)), _) => Ok(0),
        (Some((selector, found)), _) => Err(PaginationError::Shape {
            selector: selector.as_str().to_owned(),
            found: found.name(),
            expected: "an array of records",
        }),
        (None, []) => {
            Err(PaginationError::Records { problem: "there is no array of records at the top".into() })
        }
        (None, several) => {
            let names: Vec<String> = several.iter().map(|(name, _)| format!("`{name}`")).collect();
            Err(PaginationError::Records { problem: format!("{} may be records", names.join(" and ")) })
        }
    }
}

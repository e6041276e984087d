//! Kinds of pagination: how one page leads to the next.

mod counted;
mod cursor;
mod envelope;
mod facts;
pub(crate) mod failure;
mod link;
mod listed;
mod marks;
mod none;
mod numbered;
mod page_mark;
mod place;
mod report;
mod sequence;
mod shared;
mod signals;
mod standing;
mod starts;
mod suggest;
#[cfg(test)]
mod tests;
mod totals;
mod verdict;
pub(crate) mod web_link;
mod within;
mod words;

use std::{fmt::Debug, sync::Arc};

use pipeline_config::{Kind, Section};
use serde::{Deserialize, Serialize};

pub use facts::{Answer, Facts};
pub use page_mark::PageMark;
pub use report::PageReport;
pub use sequence::Sequence;
pub use signals::{
    Content, FlagSignal, NextSignal, OtherSignal, PagePolicy, PageSignals, Progress, Records, TotalSignal,
    Way,
};
pub use verdict::{Contradiction, Doubt, End, More, Verdict, judge};
pub use words::{Doubted, Names};

pub(crate) use envelope::{Around, Envelope, plain, says_more};
pub(crate) use report::{NextPlace, Selected, WholeBody};
pub(crate) use sequence::{EndRules, hash_of};
pub(crate) use standing::standing;

use crate::{QUERY_FIELDS, ask::Ask, scan::ScanError, selector::Selector};

/// Every kind of pagination.
pub const KINDS: &[Kind<PaginationBuild>] =
    &[none::KIND, numbered::OFFSET, numbered::PAGE_NUMBER, cursor::KIND, link::NEXT_URL, link::LINK_HEADER];

/// Makes a pagination from its section; `None` after reporting why there can be none.
pub type PaginationBuild = fn(&Section<'_>, &PaginationContext<'_>) -> Option<Arc<dyn Pagination>>;

/// What the rest of the query says.
#[derive(Debug)]
pub struct PaginationContext<'q> {
    /// The names of the query's own parameters.
    pub(crate) params: &'q [&'q str],
    /// What a page without records means, where the user says.
    pub(crate) empty_page: Option<PagePolicy>,
    /// The HTTP method.
    pub(crate) method: &'q str,
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
    /// After this cursor, which is JSON as the server has written it, and no text.
    Value(String),
    /// At this address, relative to the page before.
    Url(String),
}

impl Position {
    /// How long the token or address is.
    fn n_bytes(&self) -> usize {
        match self {
            Self::First | Self::Offset(_) | Self::Page(_) => 0,
            Self::Cursor(text) | Self::Value(text) | Self::Url(text) => text.len(),
        }
    }
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The next page.
    pub next: Next,
    /// Why that follows.
    pub verdict: Verdict,
    /// Whether the answer is a page; one without content, or one that only repeats the last page, is none.
    pub is_page: bool,
    /// Why rows may be missing.
    pub doubt: Option<Doubted>,
    /// How many records the page has, where that was counted.
    pub n_records: Option<u64>,
    /// How many records the server has in all, where it says so.
    pub total: Option<u64>,
    /// Where the pages after the next one will be, if all goes on as it has begun.
    pub ahead: Option<Ahead>,
    /// What a journal keeps of the page for later ones.
    pub mark: PageMark,
}

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This was the last page.
    End,
    /// There may be another one.
    Page(Position),
}

/// Positions that can be told before their pages come; a guess, which each page in its turn confirms or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// From one page to the next.
    pub(crate) stride: u64,
    /// There is no page after this number.
    pub(crate) last: u64,
}

impl Ahead {
    /// The position one page after `position`, as long as there is one.
    pub fn after(&self, position: &Position) -> Option<Position> {
        let further = |number: &u64| number.checked_add(self.stride).filter(|next| *next <= self.last);
        match position {
            Position::Offset(offset) => further(offset).map(Position::Offset),
            Position::Page(page) => further(page).map(Position::Page),
            Position::First | Position::Cursor(_) | Position::Value(_) | Position::Url(_) => None,
        }
    }
}

/// Why the next page cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaginationError {
    /// The body is not JSON.
    #[error(transparent)]
    Body(#[from] ScanError),
    /// A value has the wrong shape.
    #[error("`{selector}` is {found}, where {expected} was expected\n  = help: {help}")]
    Shape {
        /// The path.
        selector: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: &'static str,
        /// What to write instead.
        help: String,
    },
    /// Records must be counted, and there is not exactly one array of them.
    #[error("the records cannot be counted: {problem}; name their array with `select`")]
    Records {
        /// What was found.
        problem: String,
    },
    /// A page without records, where the user wants none or the server has promised more.
    #[error("the page has no records, {expectation}\n  = help: {help}")]
    Empty {
        /// What was expected instead.
        expectation: String,
        /// What to do when that is fine.
        help: String,
    },
    /// The page says two things that cannot both be true, or nothing where something must be said.
    #[error("{problem}\n  = help: {help}")]
    Contradiction {
        /// What is wrong.
        problem: String,
        /// What to write instead.
        help: String,
    },
    /// The status is fine, and the body says that something went wrong.
    #[error("the body says at `{selector}` that something went wrong")]
    Refused {
        /// The path.
        selector: String,
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

    /// What [`read`](Self::read) wants to see of a body.
    fn selectors(&self) -> &[Selector] {
        &[]
    }

    /// Whether the body must be JSON at all.
    fn reads_body(&self) -> bool {
        true
    }

    /// What the page at `position` says by itself; [`judge`] decides what that means.
    ///
    /// # Errors
    /// [`PaginationError`] when something in the page has the wrong shape.
    fn read(&self, position: &Position, facts: &Facts<'_>) -> Result<PageReport, PaginationError>;

    /// Whether `position` says how many records or pages come before it, so that it leads elsewhere once there are more or
    /// fewer of them.
    fn is_counted(&self, position: &Position) -> bool {
        counted::counts(position)
    }

    /// Whether there may be more than one page.
    fn has_pages(&self) -> bool {
        true
    }

    /// The parameter that takes the size of a page, where the user names it.
    fn size_param(&self) -> Option<&str> {
        None
    }

    /// What messages call the parts of it.
    fn names(&self) -> Names {
        Names::default()
    }

    /// What stands before a link that begins with `/`, where the server does not know it.
    fn link_base(&self) -> Option<&str> {
        None
    }
}

/// Reads the `pagination` of a query; without one there is one page.
pub(crate) fn read(query: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let Some(node) = query.node("pagination") else {
        return Some(Arc::new(none::SinglePage));
    };
    let (section, kind) =
        Section::read_kind_within(query.reader(), node, KINDS, ("pagination", "query", QUERY_FIELDS))?;
    (kind.build)(&section, context)
}

//! What stands in a journal.

use pipeline_query::{PageMark, Position};
use pipeline_table::Batch;
use serde::{Deserialize, Serialize};

use crate::summary::{Incomplete, TableSummary};

/// Begins a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Names what is run; a journal of anything else is of no use.
    pub(crate) config: String,
    /// The run that began it, whose id and time the query's placeholders keep.
    pub(crate) first_run: String,
    /// When that run began.
    pub(crate) started_at: jiff::Timestamp,
    /// The state that the target had then, which the window was made from.
    pub(crate) state: Option<serde_json::Value>,
}

/// One entry after the header.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// A page; where to go on after it. Its rows follow.
    Page(Box<Resumption>),
    /// Another run goes on.
    Run(String),
    /// All its pages are there and its checks hold: what its commit, which follows, is about.
    Ready(Box<Committed>),
    /// The table is committed.
    Committed(Box<Committed>),
    /// Nothing is to be gone on with: the run is over.
    Over,
}

/// Where to go on after a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resumption {
    /// How many pages of the table there are so far.
    pub(crate) n_pages: u64,
    /// Which of its queries is next, from 0.
    pub(crate) part: u64,
    /// Where in that query, and how many of its pages came before; at its beginning without it.
    pub(crate) position: Option<(Position, u64)>,
    /// What later pages are compared with, of the page before this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mark: Option<PageMark>,
    /// Why that page may be the last of its query although rows are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) doubt: Option<Incomplete>,
    /// The marks of all pages of the query before this place; a journal has them page by page.
    #[serde(skip)]
    pub(crate) marks: Vec<PageMark>,
}

impl Resumption {
    /// After the page `index` of a part, the last of `n_pages` so far; `next` is where the one after it is.
    pub(crate) fn after(n_pages: u64, (part, index): (u64, u64), next: Option<Position>) -> Self {
        match next {
            Some(next) => Self { n_pages, part, position: Some((next, index + 1)), ..Self::default() },
            None => Self { n_pages, part: part + 1, ..Self::default() },
        }
    }

    /// Which of the table's queries the page before this place is of.
    pub(crate) fn part_before(&self) -> u64 {
        if self.position.is_some() { self.part } else { self.part.saturating_sub(1) }
    }

    /// The same with the marks of the pages before `earlier`, the place of the page before.
    pub(super) fn following(mut self, earlier: &mut Self) -> Self {
        if self.position.is_some() {
            self.marks =
                if earlier.part == self.part { std::mem::take(&mut earlier.marks) } else { Vec::new() };
            self.marks.extend(self.mark.clone());
        }
        self
    }
}

/// The last page with records: what a later run requests again, to see whether the server still has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastPage {
    /// Which of the table's queries it is of.
    pub(crate) part: u64,
    /// Where in that query it was requested, and how many of its pages came before; at its beginning without it.
    pub(crate) start: Option<(Position, u64)>,
    /// What is known of it.
    pub(crate) mark: Option<PageMark>,
}

impl LastPage {
    /// The page between two places, where it has records.
    pub(super) fn between(before: &Resumption, after: &Resumption) -> Option<Self> {
        let part = after.part_before();
        let start = before.position.clone().filter(|_| before.part == part);
        let has_records = after.mark.as_ref().is_none_or(PageMark::has_records);
        has_records.then(|| Self { part, start, mark: after.mark.clone() })
    }
}

/// What the table's run said when it was committed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Committed {
    /// The run that did it.
    pub(crate) run_id: String,
    /// Its summary.
    pub(crate) summary: TableSummary,
    /// When the process that has committed it failed with another pipeline: whoever tries all of them again soon does not mean
    /// this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kept_at: Option<jiff::Timestamp>,
}

impl Committed {
    /// What a run of this id has committed.
    pub(crate) fn new(run_id: &str, summary: &TableSummary) -> Self {
        Self { run_id: run_id.to_owned(), summary: summary.clone(), kept_at: None }
    }
}

/// A page as it is read back.
#[derive(Debug)]
pub(crate) struct PageRecord {
    pub(crate) place: Resumption,
    pub(crate) batch: Batch,
    /// Where its record begins.
    pub(crate) at: u64,
}

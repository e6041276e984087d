//! What one page says by itself, whatever came before it.

use super::{
    Ahead, Position,
    envelope::Envelope,
    facts::Facts,
    signals::{FlagSignal, Way},
};

/// What one page says by itself; [`Sequence`](super::Sequence) compares it with the pages before.
#[derive(Debug, Clone)]
pub struct PageReport {
    pub(crate) way: Way,
    /// How many records the page has, where they can be counted.
    pub(crate) n_records: Option<u64>,
    /// How much came before the page, in what its total counts; without it, the records of the pages before.
    pub(crate) before: Option<u64>,
    /// How much of that the page itself is; without it, its records.
    pub(crate) here: Option<u64>,
    pub(crate) next: NextPlace,
    pub(crate) flag: FlagSignal,
    pub(crate) total: Option<Total>,
    /// How many records were asked for.
    pub(crate) size: Option<u64>,
    /// What well-known keys say; looked at only where the page may be the last one.
    pub(crate) envelope: Envelope,
    /// Names the content; equal contents have equal names.
    pub(crate) body: Option<u64>,
    /// Ways to the records, of which the first one that leads somewhere counts.
    pub(crate) records_at: Vec<Vec<String>>,
    pub(crate) has_content: bool,
    pub(crate) ahead: Option<Ahead>,
}

/// Where the next page is, as one page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NextPlace {
    /// The page does not say.
    Absent,
    /// What stands in its place cannot be read.
    Unreadable(String),
    /// There, if there is one.
    At(Position),
}

/// A total, and what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Total {
    /// How much there is in all.
    pub(crate) in_all: u64,
    pub(crate) of: Counted,
}

/// What a total counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Records,
    Pages,
}

impl PageReport {
    /// A report that says nothing yet but how many records there are.
    pub(crate) fn new(way: Way, facts: &Facts<'_>) -> Self {
        Self {
            way,
            n_records: facts.n_records().ok(),
            before: None,
            here: None,
            next: NextPlace::Absent,
            flag: FlagSignal::Silent,
            total: None,
            size: None,
            envelope: Envelope::default(),
            body: None,
            records_at: Vec::new(),
            has_content: facts.answer.body.is_some(),
            ahead: None,
        }
    }

    /// The position of the next page, as the server wrote it.
    pub fn next(&self) -> Option<&Position> {
        match &self.next {
            NextPlace::At(position) => Some(position),
            NextPlace::Absent | NextPlace::Unreadable(_) => None,
        }
    }

    /// The same with the next page at another position, such as a whole address in the place of a relative one.
    #[must_use]
    pub fn with_next(self, next: Position) -> Self {
        Self { next: NextPlace::At(next), ..self }
    }
}

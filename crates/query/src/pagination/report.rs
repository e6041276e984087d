//! What one page says by itself, whatever came before it.

use super::{
    Ahead, Position,
    envelope::{Envelope, Named, NextForm},
    facts::Facts,
    signals::{Content, FlagSignal, Way},
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
    /// What well-known keys say.
    pub(crate) envelope: Envelope,
    /// A hash of the records, or of the body where the records are not known.
    pub(crate) records: Option<u64>,
    /// A hash of each record, where they are known.
    pub(crate) items: Vec<u64>,
    /// A hash of each record as it is written, or by value.
    pub(crate) texts: Vec<u64>,
    /// A hash of the records by value, whatever names them; where windows are compared.
    pub(crate) values: Option<u64>,
    /// A hash of each record by value, where windows are compared.
    pub(crate) item_values: Vec<u64>,
    /// The members that name the records in `records`, such as `id`.
    pub(crate) identity: Option<String>,
    /// The first record for people, such as `id` 17.
    pub(crate) first: Option<String>,
    /// Whether there is an array that records are looked for in.
    pub(crate) items_are_known: bool,
    /// Another array that holds records, where `select` finds nothing.
    pub(crate) elsewhere: Option<Named<u64>>,
    /// Whether a page before this one would be one that was never requested.
    pub(crate) is_numbered_first: bool,
    /// The number of the page that was requested, or of the records to skip, as the request has it.
    pub(crate) requested: Option<u64>,
    /// Whether the client counts pages from 0, so that a total may be the number of the last one.
    pub(crate) counts_from_0: bool,
    /// What stands at `select`.
    pub(crate) selected: Selected,
    /// Whether there is a `select`, and nothing or null stands there.
    pub(crate) selects_nothing: bool,
    /// Whether each line of the body is a record.
    pub(crate) is_of_lines: bool,
    /// Whether nothing stands at `select`, and the page says that there are no records at all.
    pub(crate) counts_nothing: bool,
    /// What the body itself is, where there is no `select`.
    pub(crate) whole: WholeBody,
    /// Why the records cannot be counted, where there is no array that they could be in.
    pub(crate) uncounted: Option<String>,
    pub(crate) content: Content,
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

/// What stands at `select`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selected {
    /// Nothing, or there is no `select`.
    Nothing,
    Array,
    /// Something else.
    Other(Instead),
}

/// What stands in the place of the array of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instead {
    /// In words.
    pub(crate) what: &'static str,
    /// Where it stands, if that is on the way to `select` and not there; the body itself is at an empty path.
    pub(crate) at: Option<String>,
}

/// What the body itself is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WholeBody {
    /// It is not known, or `select` says where in it the records stand.
    Unknown,
    /// An array: the records.
    Array,
    /// Something else, in words.
    Other(&'static str),
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
            records: None,
            items: Vec::new(),
            texts: Vec::new(),
            values: None,
            item_values: Vec::new(),
            identity: None,
            first: None,
            items_are_known: false,
            elsewhere: None,
            is_numbered_first: false,
            requested: None,
            counts_from_0: false,
            selected: Selected::Nothing,
            selects_nothing: false,
            is_of_lines: false,
            counts_nothing: false,
            whole: WholeBody::Unknown,
            uncounted: None,
            content: if facts.answer.body.is_some() { Content::Body } else { Content::None },
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

    /// The number that the page gives itself: of the page, or of the records that were passed over.
    pub(crate) fn echo(&self) -> Option<u64> {
        let echo = match self.way {
            Way::Offset => self.envelope.start.as_ref(),
            Way::PageNumber => self.envelope.page.as_ref(),
            Way::Single | Way::Named => None,
        };
        echo.map(|echo| echo.value)
    }

    /// Where the page says itself that it ends, counted in records to skip: `start` and `limit`. It may have fewer records,
    /// since some are hidden from whoever asks.
    pub(crate) fn window_end(&self) -> Option<u64> {
        let start = self.echo().filter(|start| Some(*start) == self.requested && self.way == Way::Offset)?;
        Some(start.saturating_add(self.envelope.page_size?))
    }

    /// Goes on where the page itself says that the next one begins, in the parameter `param` of its address or as a number,
    /// where the page is shorter than it says that it reaches: Confluence hides records, and counts them. A number may be
    /// beyond that, as Bitbucket's `nextPageStart`.
    pub(crate) fn follow_window(&mut self, param: &str) {
        let Some((end, start)) = self.window_end().zip(self.requested) else { return };
        let counted = start.saturating_add(self.n_records.unwrap_or(0));
        let is_number = self.envelope.next.as_ref().is_some_and(|next| next.value == NextForm::Number);
        let furthest = if is_number { u64::MAX } else { end };
        let is_ahead = |own: &u64| *own > counted && *own <= furthest;
        let Some(own) = self.envelope.next_offset(param).filter(is_ahead) else { return };
        self.next = NextPlace::At(Position::Offset(own));
        self.ahead = self.ahead.map(|ahead| Ahead { stride: own - start, ..ahead });
    }

    /// The report of an answer whose status may mean that the page before was the last one.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { content: Content::Refused, ..self }
    }

    /// The same with the next page at another position, such as a whole address in the place of a relative one.
    #[must_use]
    pub fn with_next(self, next: Position) -> Self {
        Self { next: NextPlace::At(next), ..self }
    }
}

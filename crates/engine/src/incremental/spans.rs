//! The times whose rows are in a target that rows are appended to. Pure.

use pipeline_query::{Cursor, Incremental};

use super::{Span, TableState};

/// From where, the beginning without it, up to where, not included.
pub(crate) type Stretch = (Option<Cursor>, Cursor);

/// Times that do not touch each other, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spans {
    list: Vec<Stretch>,
}

impl Spans {
    /// Those of a state; one that an earlier version has left says only up to where all is read.
    pub(crate) fn of(state: Option<&TableState>, incremental: &Incremental) -> Self {
        let parse = |text: &str| Cursor::parse(text, incremental.kind());
        let mut spans = Self::default();
        let Some(state) = state else { return spans };
        match (&state.spans, parse(&state.cursor)) {
            (Some(list), _) => list
                .iter()
                .filter_map(|span| Some((span.from.as_deref().and_then(parse), parse(&span.to)?)))
                .for_each(|(from, to)| spans.add((from, to))),
            (None, Some(cursor)) => spans.add((None, incremental.horizon(cursor))),
            (None, None) => {}
        }
        // Keys of other columns tell no row from another.
        let has_other_key = !state.key.is_empty() && state.key != incremental.key;
        if let Some(cursor) = parse(&state.cursor).filter(|_| has_other_key) {
            let from = spans.end_before(cursor).unwrap_or(incremental.horizon(cursor));
            spans.add((Some(from), cursor.next()));
        }
        spans
    }

    /// As a manifest keeps them.
    pub(crate) fn kept(&self, incremental: &Incremental) -> Vec<Span> {
        let shown = |cursor: Cursor| cursor.shown(incremental.kind());
        self.list.iter().map(|(from, to)| Span { from: from.map(shown), to: shown(*to) }).collect()
    }

    pub(crate) fn add(&mut self, (from, to): Stretch) {
        if from >= Some(to) {
            return;
        }
        self.list.push((from, to));
        self.list.sort_unstable();
        let mut joined: Vec<Stretch> = Vec::new();
        for (from, to) in self.list.drain(..) {
            match joined.last_mut().filter(|last| from <= Some(last.1)) {
                Some(last) => last.1 = last.1.max(to),
                None => joined.push((from, to)),
            }
        }
        self.list = joined;
    }

    /// Adds all of another one.
    pub(crate) fn join(&mut self, other: &Self) {
        other.list.iter().for_each(|span| self.add(*span));
    }

    pub(crate) fn contains(&self, at: Cursor) -> bool {
        self.list.iter().any(|(from, to)| *from <= Some(at) && at < *to)
    }

    /// The first one that has a part of the time from `from` on, which ends at `to` where it does.
    pub(super) fn meets(&self, from: Option<Cursor>, to: Option<Cursor>) -> Option<Stretch> {
        let meets = |(begin, end): &&Stretch| from < Some(*end) && to.is_none_or(|to| *begin < Some(to));
        self.list.iter().find(meets).copied()
    }

    /// Where the last one ends that ends no later than `cursor`.
    pub(crate) fn end_before(&self, cursor: Cursor) -> Option<Cursor> {
        self.list.iter().map(|(_, to)| *to).filter(|to| *to <= cursor).max()
    }
}

/// Before when rows of the window that come late cannot be told from those that are there: after a look-back that is longer than that of
/// the run before, or with another key. Only the end of that look-back has keys.
pub(crate) fn untold_before(
    incremental: &Incremental,
    state: Option<&TableState>,
    from: Option<Cursor>,
) -> Option<Cursor> {
    Cursor::parse(&state?.cursor, incremental.kind())?;
    let (_, end) = Spans::of(state, incremental).meets(from, None)?;
    Some(end)
}

//! What incremental runs leave for the next one, and what they know of the rows that pass.

mod kept;
pub(crate) mod refusals;
mod spans;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use indexmap::IndexSet;
use jiff::Timestamp;
use pipeline_config::digest;
use pipeline_query::{Cursor, CursorKind, Incremental, Range};
use pipeline_table::{Batch, ColumnText, Spelled};

pub(crate) use kept::QueryName;
pub use kept::{Span, TableState, TargetState};
pub(crate) use spans::{Spans, Stretch, untold_before};

use crate::{
    RunError,
    run::{cursor_help, refuse_fractions, refuse_rounded, refuse_spelled},
};

/// In the place of a run, where a person has set the cursor.
pub(crate) const SET: &str = "set";

/// More keys than this are too many for a manifest.
const MAX_SEEN: usize = 100_000;

/// Looks at the rows of a run for the next cursor, and leaves out those that are there already.
#[derive(Debug)]
pub(crate) struct Watermark {
    incremental: Incremental,
    /// The greatest value so far.
    greatest: Option<Cursor>,
    /// What is beyond it may still be incomplete.
    limit: Option<Cursor>,
    /// What is asked for.
    range: Range,
    asked: Asked,
    /// When the run began, by the server's time.
    now: Option<Cursor>,
    /// Rows before it are there already: an earlier run has read up to here. Only where rows are appended.
    begin: Option<Cursor>,
    /// Rows of these times are there already. Only where rows are appended.
    spans: Option<Spans>,
    /// Keys of rows that are there or have just come, where rows are appended.
    seen: Option<HashMap<u128, Option<Cursor>>>,
    /// The same of rows without a cursor.
    undated: HashSet<u128>,
    /// What is known of the columns that name a row.
    spelled: HashMap<String, Spelled>,
    /// Before when late rows cannot be told from those that are there, and how many rows of then were left out.
    untold: Option<(Cursor, u64)>,
    n_rows: u64,
    has_column: bool,
    /// The columns so far, for the message when this one never comes.
    known: IndexSet<String>,
}

impl Watermark {
    /// `appends` says that rows that come again would be there twice.
    pub(crate) fn new(
        incremental: &Incremental,
        range: &Range,
        before: Option<&TableState>,
        appends: Appends,
    ) -> Self {
        let before = before.filter(|_| appends == Appends::Yes);
        let hashes = |digits: &[String]| -> Vec<u128> {
            digits.iter().filter_map(|digits| u128::from_str_radix(digits, 16).ok()).collect()
        };
        let earlier = hashes(before.map_or(&[], |state| &state.seen));
        let undated = hashes(before.map_or(&[], |state| &state.undated));
        let seen = (appends == Appends::Yes).then(|| earlier.into_iter().map(|hash| (hash, None)).collect());
        Self {
            incremental: incremental.clone(),
            greatest: None,
            limit: range.to,
            range: *range,
            asked: Asked::Changes,
            now: None,
            spans: (appends == Appends::Yes).then(|| Spans::of(before, incremental)),
            begin: before.and(range.from),
            seen,
            undated: undated.into_iter().collect(),
            spelled: HashMap::new(),
            untold: untold_before(incremental, before, range.from).map(|end| (end, 0)),
            n_rows: 0,
            has_column: false,
            known: IndexSet::new(),
        }
    }

    /// The same of another kind of run.
    pub(crate) fn of(self, asked: Asked) -> Self {
        Self { asked, ..self }
    }

    /// Ends the window by the server's clock: it has shown nothing of a time that it had not reached when the run began.
    /// `begun` and `now` are the beginnings of the run whose window this is, and of this run. Says so where the difference is
    /// more than a matter of clocks that drift.
    pub(crate) fn end_by_server(
        &mut self,
        (begun, now): (Timestamp, Timestamp),
        ahead: Duration,
    ) -> Option<String> {
        const DRIFT: Duration = Duration::from_secs(60);
        let kind = self.incremental.kind();
        let limit = self.limit.filter(|_| kind == CursorKind::Time)?;
        if begun > now && self.incremental.column.is_none() {
            self.limit = None;
            return Some(format!(
                "the run that this one goes on with began at {begun} by its clock, and it is {now}; when that was is not \
                 known, so the cursor of `incremental` stays where it was"
            ));
        }
        let by_server = Cursor::at(begun.min(now)).earlier(ahead);
        self.now = Some(by_server);
        let limit = limit.min(by_server);
        self.limit = Some(limit);
        let ahead = Duration::from_secs(ahead.as_secs());
        (ahead > DRIFT).then(|| {
            format!(
                "this machine's clock is {} ahead of the server's, so the cursor of `incremental` ends at {}, by the \
                 server's time; set the clock right",
                humantime::format_duration(ahead),
                limit.shown(kind),
            )
        })
    }

    /// The rows of a page that are not there yet.
    pub(crate) fn add(&mut self, page: usize, batch: Batch) -> Result<Batch, RunError> {
        self.n_rows += batch.n_rows() as u64;
        let Some(name) = self.incremental.column.clone() else { return Ok(batch) };
        for column in batch.columns().iter().filter(|_| !self.has_column) {
            if !self.known.contains(&column.name) {
                self.known.insert(column.name.clone());
            }
        }
        let place = |name: &str| batch.columns().iter().position(|column| column.name == name);
        self.has_column |= place(&name).is_some();
        self.refuse_inexact(page, &batch, &name)?;
        let texts = ColumnText::of(batch.rows())?;
        let column = place(&name).map(|index| &texts[index]);
        let keys: Vec<Option<&ColumnText<'_>>> =
            self.incremental.key.iter().map(|name| place(name).map(|index| &texts[index])).collect();
        let mut keep = vec![true; batch.n_rows()];
        for (row, keep) in keep.iter_mut().enumerate() {
            let Some(column) = column.filter(|column| !column.is_null(row)) else {
                *keep = self.seen.is_none() || self.undated.insert(key(&keys, row, ""));
                continue;
            };
            let mut text = String::new();
            column.push_plain(row, &mut text);
            let cursor = Cursor::parse(&text, self.incremental.kind());
            let cursor = cursor.ok_or_else(|| RunError::Cursor {
                page,
                row: batch.returned_row(row),
                column: name.clone(),
                value: text.clone(),
                help: cursor_help((&name, &text), self.incremental.kind()),
            })?;
            self.greatest = self.greatest.max(Some(cursor));
            if let Some(seen) = &mut self.seen {
                let is_early = self.begin.is_some_and(|begin| cursor < begin);
                let is_there = is_early || self.spans.as_ref().is_some_and(|spans| spans.contains(cursor));
                if let Some((_, n_rows)) = self.untold.as_mut().filter(|_| is_there && !is_early) {
                    *n_rows += 1;
                }
                *keep = !is_there && seen.insert(key(&keys, row, &text), Some(cursor)).is_none();
            }
        }
        drop(texts);
        self.forget_old();
        Ok(if keep.contains(&false) { batch.filter(&keep)? } else { batch })
    }

    /// What is to be said of rows that were left out because it is not known which of them are there.
    pub(crate) fn untold(&self) -> Option<String> {
        let (end, n_rows) = self.untold.filter(|(_, n_rows)| *n_rows > 0 && self.asked == Asked::Changes)?;
        Some(format!(
            "{n_rows} rows of before {} were left out: `lookback` or `key` of `incremental` have changed, and rows of then that come \
             late cannot be told from those that are there; `--full-refresh` once reads everything in the place of all rows, and \
             `mode: upsert` with a `key` takes late rows without that",
            end.shown(self.incremental.kind())
        ))
    }

    /// Refuses numbers that would lose rows: the next run would begin elsewhere, or take one row for another.
    fn refuse_inexact(&mut self, page: usize, batch: &Batch, column: &str) -> Result<(), RunError> {
        if self.incremental.kind() == CursorKind::Integer {
            const USED_AS: &str = "the cursor of `incremental`";
            refuse_rounded((page, batch), column, USED_AS)?;
            let help = "`type: integer` takes whole numbers; choose a column of these, or one of times with `type: time`";
            refuse_fractions((page, batch), column, (USED_AS, help))?;
        }
        if self.seen.is_none() {
            return Ok(());
        }
        for key in &self.incremental.key {
            const USED_AS: &str = "a part of the `key` of `incremental`";
            refuse_rounded((page, batch), key, USED_AS)?;
            let spelled = self.spelled.entry(key.clone()).or_default();
            refuse_spelled((page, batch), key, (spelled, USED_AS))?;
            if let Some(row) = batch.first_null(key) {
                let problem = format!(
                    "there is no `{key}`, which is a part of the `key` of `incremental`, so that the row cannot be told \
                     when it comes again; leave such rows out, or choose a `key` that all rows have"
                );
                return Err(RunError::Inexact { page, row: Some(batch.returned_row(row)), problem });
            }
        }
        Ok(())
    }

    /// Drops keys that no later run will see again, so that memory holds those of the look-back only.
    fn forget_old(&mut self) {
        let Some(horizon) = self.reached().map(|cursor| self.incremental.horizon(cursor)) else { return };
        if let Some(seen) = self.seen.as_mut().filter(|seen| seen.len() > MAX_SEEN) {
            seen.retain(|_, cursor| cursor.is_none_or(|cursor| cursor >= horizon));
        }
    }

    fn reached(&self) -> Option<Cursor> {
        match (self.greatest, self.limit) {
            (Some(greatest), Some(limit)) => Some(greatest.min(limit)),
            (greatest, _) => greatest,
        }
    }

    /// What the next run begins with; `before` is what this one began with.
    pub(crate) fn finish(
        mut self,
        before: Option<&TableState>,
        run_id: &str,
        came: Came,
    ) -> Result<Option<TableState>, RunError> {
        self.refuse_no_cursor()?;
        let kind = self.incremental.kind();
        let earlier = before.and_then(|state| Cursor::parse(&state.cursor, kind));
        // What is missing may be anywhere in the window.
        let reached = match (&self.incremental.column, came) {
            (_, Came::InPart) => None,
            (Some(_), Came::Whole) => self.reached(),
            (None, Came::Whole) => self.limit,
        };
        let read = self.has_read((before, earlier), came);
        let spans = self.spans.take().map(|mut spans| {
            read.into_iter().for_each(|read| spans.add(read));
            spans.kept(&self.incremental)
        });
        let moved = if self.asked == Asked::Beside { earlier } else { reached.max(earlier) };
        let Some(cursor) = moved else {
            return self.finish_without_cursor((before, run_id), (spans, read), came);
        };
        let undated = sorted(self.undated);
        let horizon = self.incremental.horizon(cursor);
        let horizon = read.map_or(horizon, |(_, end)| end.min(horizon));
        // A row that was within the look-back and has not come again is gone from it, unless nothing has moved.
        let has_moved = Some(cursor) != earlier;
        let keeps = !has_moved || self.asked != Asked::Changes;
        let is_near = |(_, at): &(u128, Option<Cursor>)| at.map_or(keeps, |at| at >= horizon);
        let seen = sorted(self.seen.into_iter().flatten().filter(is_near).map(|(hash, _)| hash));
        if seen.len() > MAX_SEEN {
            return Err(RunError::LookbackTooLong { n_rows: seen.len() });
        }
        if undated.len() > MAX_SEEN {
            return Err(RunError::TooManyUndated {
                n_rows: undated.len(),
                column: self.incremental.column.unwrap_or_default(),
            });
        }
        let by = before.filter(|_| self.asked != Asked::Changes && !has_moved);
        let run_id = by.map_or(run_id, |state| &state.run_id).to_owned();
        let key = key_of(&self.incremental, spans.as_deref());
        let cursor = cursor.shown(kind);
        Ok(Some(TableState { cursor, run_id, seen, undated, spans, key, ..TableState::default() }))
    }

    fn refuse_no_cursor(&self) -> Result<(), RunError> {
        match self.incremental.column.as_ref().filter(|_| self.n_rows > 0 && !self.has_column) {
            Some(column) => Err(RunError::NoCursor {
                column: column.clone(),
                known: self.known.iter().cloned().collect(),
            }),
            None => Ok(()),
        }
    }

    /// Without a cursor the next run asks for everything again, and brings the rows of this one too.
    fn finish_without_cursor(
        self,
        (before, run_id): (Option<&TableState>, &str),
        (spans, read): (Option<Vec<Span>>, Option<Stretch>),
        came: Came,
    ) -> Result<Option<TableState>, RunError> {
        let undated = sorted(self.undated);
        let is_kept = |(_, at): &(u128, Option<Cursor>)| match (came, read) {
            (Came::InPart, _) => true,
            (Came::Whole, Some((_, end))) => at.is_none_or(|at| at >= end),
            (Came::Whole, None) => false,
        };
        let seen = sorted(self.seen.into_iter().flatten().filter(is_kept).map(|(hash, _)| hash));
        if seen.len() > MAX_SEEN {
            return Err(RunError::LookbackTooLong { n_rows: seen.len() });
        }
        let is_new = !undated.is_empty() || !seen.is_empty() || read.is_some();
        let key = key_of(&self.incremental, spans.as_deref());
        let state = before.cloned().filter(|_| !is_new);
        let run_id = run_id.to_owned();
        let none = || TableState { run_id, undated, seen, spans, key, ..TableState::default() };
        Ok(state.or_else(|| is_new.then(none)))
    }

    /// The time whose rows are in the target now, but for those that come later than `lookback` allows.
    fn has_read(
        &self,
        (before, earlier): (Option<&TableState>, Option<Cursor>),
        came: Came,
    ) -> Option<Stretch> {
        let spans = self.spans.as_ref()?;
        let reached = self.reached().filter(|_| came == Came::Whole)?;
        let (from, horizon) = (self.range.from, |cursor| self.incremental.horizon(cursor));
        if self.asked == Asked::Changes {
            let is_set = before.is_some_and(|state| state.run_id == SET);
            // A look-back that has become shorter leaves no gap.
            let last = earlier.filter(|_| !is_set).and_then(|cursor| spans.end_before(cursor));
            let from = last.map_or(from, |end| from.min(Some(end)));
            return Some((from, horizon(earlier.map_or(reached, |cursor| cursor.max(reached)))));
        }
        let to = self.range.to?;
        Some((
            from,
            match self.incremental.kind() {
                CursorKind::Time => to.min(horizon(self.now.unwrap_or(to))),
                // Greater ones may come later.
                CursorKind::Integer => to.min(horizon(reached)),
            },
        ))
    }
}

/// What names a row, where that is kept.
fn key_of(incremental: &Incremental, spans: Option<&[Span]>) -> Vec<String> {
    spans.map(|_| incremental.key.clone()).unwrap_or_default()
}

/// Hashes as a manifest keeps them.
fn sorted(hashes: impl IntoIterator<Item = u128>) -> Vec<String> {
    let mut digits: Vec<String> = hashes.into_iter().map(|hash| format!("{hash:032x}")).collect();
    digits.sort_unstable();
    digits
}

/// What a run asks for, as far as the cursor is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// What has changed since the cursor, which moves.
    Changes,
    /// A time from the cursor or from before it on; the cursor may move.
    Backfill,
    /// A time that leaves a gap behind the cursor, which stays.
    Beside,
}

/// Whether all rows of the window have come, as far as anything tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    Whole,
    InPart,
}

/// Whether rows of earlier runs stay beside those that come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appends {
    Yes,
    No,
}

/// A row by its key and its cursor: a later version of it is another row.
fn key(columns: &[Option<&ColumnText<'_>>], row: usize, cursor: &str) -> u128 {
    let part = |column: &Option<&ColumnText<'_>>| {
        let mut text = String::new();
        if let Some(column) = column {
            column.push_plain(row, &mut text);
        }
        text
    };
    let parts: Vec<String> = columns.iter().map(part).collect();
    let digest = digest(parts.iter().map(String::as_str).chain([cursor]));
    u128::from_be_bytes(digest[..16].try_into().expect("a digest has 32 bytes"))
}

#[cfg(test)]
mod tests;

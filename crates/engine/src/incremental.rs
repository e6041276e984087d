//! What incremental runs leave for the next one, and what they know of the rows that pass.

mod spans;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use indexmap::IndexSet;
use jiff::Timestamp;
use pipeline_config::digest;
use pipeline_query::{Cursor, CursorKind, Incremental, Range};
use pipeline_table::{Batch, ColumnText, Spelled};
use serde::{Deserialize, Serialize};

pub use spans::Span;
pub(crate) use spans::{Spans, Stretch, refuse_overlap, refuse_set_back, unknown_keys};

use crate::{
    RunError,
    run::{cursor_help, refuse_fractions, refuse_rounded, refuse_spelled},
};

/// The version of a state's own form.
const FORM: u32 = 1;

/// In the place of a run, where a person has set the cursor.
pub(crate) const SET: &str = "set";

/// More keys than this are too many for a manifest.
const MAX_SEEN: usize = 100_000;

/// What a target's manifest keeps: for each table the cursors of its queries.
///
/// A query with other parameters has a cursor of its own, so that one folder may hold several projects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TargetState {
    /// The version of this form.
    #[serde(default)]
    version: u32,
    /// By `pipeline/table`, then by query hash.
    #[serde(default)]
    tables: BTreeMap<String, BTreeMap<String, TableState>>,
}

/// Up to where one query has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableState {
    /// RFC 3339 in UTC, or digits.
    pub cursor: String,
    /// The run that brought it there; `set` when a person did.
    pub run_id: String,
    /// Hashes of the rows that the look-back will bring again, where rows are appended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// The same of the rows without a cursor, which may come again in any run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undated: Vec<String>,
    /// The times whose rows are in the target and whose keys are not kept, where rows are appended; a state of an earlier version
    /// does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spans: Option<Vec<Span>>,
    /// The columns that `seen` and `undated` are made of, where rows are appended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
}

impl TargetState {
    /// Reads what a manifest has.
    ///
    /// # Errors
    /// [`RunError::State`] for what a later version of this program has left, and for anything else: to take it for
    /// nothing would ask for everything again, and lose the cursors of other tables.
    pub fn parse(json: Option<&serde_json::Value>) -> Result<Self, RunError> {
        let Some(json) = json else { return Ok(Self::default()) };
        let found = json.get("version").and_then(serde_json::Value::as_u64).unwrap_or_default();
        if found > u64::from(FORM) {
            let problem = format!(
                "it has form {found}, and this program knows {FORM}; a later version of pipeline has written it"
            );
            return Err(RunError::State { problem });
        }
        serde_json::from_value(json.clone())
            .map_err(|error| RunError::State { problem: format!("it is damaged: {error}") })
    }

    /// As a manifest keeps it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(Self { version: FORM, ..self.clone() }).expect("text and maps are JSON")
    }

    /// The state of a query.
    pub fn get(&self, table: &str, query: &str) -> Option<&TableState> {
        self.tables.get(table)?.get(query)
    }

    /// Replaces the state of a query.
    pub fn set(&mut self, table: &str, query: &str, state: TableState) {
        self.tables.entry(table.to_owned()).or_default().insert(query.to_owned(), state);
    }

    /// Forgets a query; says whether there was anything to forget.
    pub fn remove(&mut self, table: &str, query: &str) -> bool {
        let Some(queries) = self.tables.get_mut(table) else { return false };
        let was_there = queries.remove(query).is_some();
        self.tables.retain(|_, queries| !queries.is_empty());
        was_there
    }

    /// Another pipeline or table with the same query.
    pub fn namesake(&self, table: &str, query: &str) -> Option<&str> {
        let mut others =
            self.tables.iter().filter(|(name, queries)| *name != table && queries.contains_key(query));
        others.next().map(|(name, _)| name.as_str())
    }

    /// How many other queries of this table have a state.
    pub fn n_others(&self, table: &str, query: &str) -> usize {
        self.tables.get(table).map_or(0, |queries| queries.keys().filter(|key| *key != query).count())
    }
}

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
                let is_there = self.begin.is_some_and(|begin| cursor < begin)
                    || self.spans.as_ref().is_some_and(|spans| spans.contains(cursor));
                *keep = !is_there && seen.insert(key(&keys, row, &text), Some(cursor)).is_none();
            }
        }
        drop(texts);
        self.forget_old();
        Ok(if keep.contains(&false) { batch.filter(&keep)? } else { batch })
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
        Ok(Some(TableState { cursor: cursor.shown(kind), run_id, seen, undated, spans, key }))
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
        let none =
            || TableState { run_id: run_id.to_owned(), undated, seen, spans, key, cursor: String::new() };
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

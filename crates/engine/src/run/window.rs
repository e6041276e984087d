//! What a table's query is to ask for, by what the last run left.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use pipeline_query::{Cursor, CursorKind, Incremental, Range, Values};
use pipeline_sink::{Mode, RunWriter};

use super::{
    RunError, Scope,
    context::Context,
    keys::Keys,
    through::{Kept, Through},
};
use crate::{
    incremental::{
        Appends, Asked, Came, QueryName, TableState, TargetState, Watermark,
        refusals::{
            other_column, refuse_edited, refuse_namesake, refuse_other_column, refuse_overlap,
            refuse_set_back, refuse_untold,
        },
    },
    plan::TablePlan,
};

/// The windows of an incremental table.
#[derive(Debug)]
pub(super) struct Windows {
    incremental: Incremental,
    ranges: Vec<Range>,
    /// What the state is kept under.
    name: QueryName,
    before: Option<TableState>,
    asked: Asked,
    appends: Appends,
    is_alone: bool,
    /// Hashes of the values that it goes through, those of earlier runs too.
    through: Option<Vec<String>>,
}

/// What is left for the next run.
#[derive(Debug)]
pub(super) struct Left {
    name: QueryName,
    state: Option<TableState>,
    /// Whether the run is in the place of all rows, and so of what was known of them.
    is_alone: bool,
    /// The run, where no cursor of appended rows tells of its rows.
    untold: Option<String>,
}

impl Windows {
    /// `None` for a table that is always asked for everything.
    pub(super) fn decide(
        context: &Context<'_>,
        table: &TablePlan,
        ((state, has_rows), keys): ((Option<&serde_json::Value>, bool), Option<&Keys>),
    ) -> Result<Option<Self>, RunError> {
        let Some(incremental) = table.query.incremental() else {
            return match &context.options.scope {
                Scope::Backfill { .. } => {
                    Err(RunError::Scope { problem: "`--from` needs `query.incremental`".into() })
                }
                _ => Ok(None),
            };
        };
        let name = context.plan.query_name(table);
        let target = TargetState::parse(state)?;
        let appends = if table.sink.mode() == Mode::Append { Appends::Yes } else { Appends::No };
        let before = known(table, (&target, &name), (incremental, &context.options.scope))?;
        if has_rows && appends == Appends::Yes && context.options.scope != Scope::Everything {
            refuse_untold(&target, &name, (incremental, &table.sink.target()))?;
        }
        let (before, through) = gone_through(context, table, (before, keys))?;
        let now = end(incremental, before.as_ref(), context);
        let (ranges, asked, before) = match &context.options.scope {
            Scope::Everything => (vec![incremental.range(None, context.started_at)], Asked::Changes, None),
            Scope::Changes => {
                let range = incremental.range(cursor_of(incremental, before.as_ref()), now);
                refuse_the_future((incremental, &name.table), &range, before.as_ref())?;
                if let Some(state) = before.as_ref().filter(|_| appends == Appends::Yes) {
                    refuse_set_back(incremental, state, &table.sink.target())?;
                }
                (vec![range], Asked::Changes, before)
            }
            Scope::Backfill { from, to, every } => {
                let ends = ends(incremental, (from, to.as_deref()), context)?;
                let ranges = incremental.cut(ends, *every).map_err(|problem| RunError::Scope { problem })?;
                if appends == Appends::Yes {
                    refuse_overlap(incremental, before.as_ref(), ends)?;
                }
                let cursor = cursor_of(incremental, before.as_ref());
                let known = cursor.or(incremental.initial()).unwrap_or(Cursor::BEGINNING);
                let asked = if ends.0 <= known { Asked::Backfill } else { Asked::Beside };
                (ranges, asked, before)
            }
        };
        let is_alone = context.options.scope == Scope::Everything && table.sink.mode() != Mode::Snapshot;
        let incremental = incremental.clone();
        Ok(Some(Self { incremental, ranges, name, before, asked, appends, is_alone, through }))
    }

    /// Whether the cursor of a query is another one now: a person has set it, or another run has committed since. Rows of the
    /// window that went before would be there twice, or its end would go over the window that is asked for now.
    pub(super) fn have_moved(
        context: &Context<'_>,
        table: &TablePlan,
        (before, now): (Option<&serde_json::Value>, Option<&serde_json::Value>),
    ) -> Result<bool, RunError> {
        let Some(incremental) = table.query.incremental() else { return Ok(false) };
        if context.options.scope == Scope::Everything {
            return Ok(false);
        }
        let name = context.plan.query_name(table);
        let (before, now) = (TargetState::parse(before)?, TargetState::parse(now)?);
        let now = now.get(&name);
        // A window that ends with this run is not that of the one before.
        Ok(before.get(&name) != now || end(incremental, now, context) != context.started_at)
    }

    /// The values of each window.
    pub(super) fn values(&self, values: &Values) -> Vec<Arc<Values>> {
        self.ranges.iter().map(|range| Arc::new(self.incremental.values(values, range))).collect()
    }

    /// The whole of it, for people.
    pub(super) fn shown(&self) -> String {
        let kind = self.incremental.kind();
        let end = |cursor: Option<Cursor>, without: &str| {
            cursor.map_or_else(|| without.to_owned(), |cursor| cursor.shown(kind))
        };
        let from = end(self.ranges.first().and_then(|range| range.from), "the beginning");
        let to = end(self.ranges.last().and_then(|range| range.to), "the end");
        format!("{from} to {to}")
    }

    pub(super) fn watermark(&self) -> Watermark {
        let whole = Range {
            from: self.ranges.first().and_then(|range| range.from),
            to: self.ranges.last().and_then(|range| range.to),
            cursor: None,
        };
        Watermark::new(&self.incremental, &whole, self.before.as_ref(), self.appends).of(self.asked)
    }

    /// What the rows of the run leave for the next one.
    pub(super) fn left(self, watermark: Watermark, (run_id, came): (&str, Came)) -> Result<Left, RunError> {
        let state = watermark.finish(self.before.as_ref(), run_id, came)?;
        let stays = self.asked == Asked::Beside && self.appends == Appends::No;
        let through = match came {
            Came::Whole => self.through,
            Came::InPart => self.before.as_ref().and_then(|state| state.through.clone()),
        };
        let state = if stays { self.before } else { state.map(|state| TableState { through, ..state }) };
        let untold = (self.appends == Appends::No).then(|| run_id.to_owned());
        Ok(Left { name: self.name, state, is_alone: self.is_alone, untold })
    }
}

/// What a run leaves for the next one, beside its rows.
pub(super) enum Leaves {
    Cursor(Box<Left>),
    NoCursor {
        run_id: String,
        /// Whether its rows are in the place of all earlier ones.
        replaces: bool,
    },
}

impl Leaves {
    /// Of a table without a cursor.
    pub(super) fn of(context: &Context<'_>, table: &TablePlan) -> Self {
        let replaces = match table.sink.mode() {
            Mode::Overwrite => true,
            Mode::Append | Mode::Upsert => context.options.scope == Scope::Everything,
            Mode::Snapshot => false,
        };
        Self::NoCursor { run_id: context.plan.run_id.clone(), replaces }
    }

    /// Gives the state once the rows are written.
    pub(super) fn at_commit(
        self,
    ) -> impl FnOnce(&RunWriter) -> Result<Option<serde_json::Value>, RunError> + Send + 'static {
        move |writer| self.state(writer)
    }

    fn state(self, writer: &RunWriter) -> Result<Option<serde_json::Value>, RunError> {
        match self {
            Self::Cursor(left) => left.into_target(writer.state()),
            Self::NoCursor { replaces: false, .. } if writer.n_rows() == 0 => Ok(None),
            Self::NoCursor { run_id, replaces } => {
                let state = TargetState::after_run_without_cursor(writer.state(), (&run_id, replaces))?;
                Ok(state.map(|state| state.to_json()))
            }
        }
    }
}

impl Left {
    /// The state of the whole target with that of this query.
    pub(super) fn into_target(
        self,
        current: Option<&serde_json::Value>,
    ) -> Result<Option<serde_json::Value>, RunError> {
        let mut target = if self.is_alone { TargetState::default() } else { TargetState::parse(current)? };
        match self.state {
            Some(state) => target.set(&self.name, state),
            None if current.is_some() && (self.is_alone || self.untold.is_some()) => {}
            None => return Ok(None),
        }
        if self.untold.is_some() {
            target.set_untold(self.untold.as_deref());
        }
        Ok(Some(target.to_json()))
    }
}

/// The state without its cursor where the table goes through a value that is new, and the values from now on.
fn gone_through(
    context: &Context<'_>,
    table: &TablePlan,
    (before, keys): (Option<TableState>, Option<&Keys>),
) -> Result<(Option<TableState>, Option<Vec<String>>), RunError> {
    let scope = &context.options.scope;
    if let Scope::Backfill { .. } = scope {
        let through = before.as_ref().and_then(|state| state.through.clone());
        return Ok((before, through));
    }
    let parent = table.query.for_each().map(|each| context.plan.parent(each)).transpose()?;
    let kept = match parent.is_some_and(|parent| parent.query.incremental().is_some()) {
        true => Kept::OfAllRuns,
        false => Kept::OfThisRun,
    };
    // A full refresh leaves no rows of values that it does not list.
    let known = before.as_ref().filter(|_| *scope == Scope::Changes);
    let through = Through::of(keys, known, kept)?;
    let before = match (&through, keys) {
        (Some(through), Some(keys)) if through.n_new > 0 && *scope == Scope::Changes => {
            if table.sink.mode() == Mode::Append {
                return Err(through.refusal(keys));
            }
            tracing::warn!(
                table = table.name,
                "{}; the table is read from its beginning",
                through.problem(keys)
            );
            None
        }
        _ => before,
    };
    Ok((before, through.map(|through| through.all)))
}

/// Up to where the query has been read; refuses a run that would append rows once more.
fn known(
    table: &TablePlan,
    (target, name): (&TargetState, &QueryName),
    (incremental, scope): (&Incremental, &Scope),
) -> Result<Option<TableState>, RunError> {
    let before = target.get(name).cloned();
    let appends = table.sink.mode() == Mode::Append;
    match &before {
        _ if *scope == Scope::Everything => {}
        Some(before) if appends => {
            refuse_other_column((incremental, before), &table.sink.target())?;
        }
        Some(before) => {
            if let Some(column) = other_column(incremental, before) {
                tracing::warn!(
                    table = table.name,
                    "the cursor is of {column}, and not of the `column` of `incremental`: the query is read from its beginning"
                );
                return Ok(None);
            }
        }
        None if appends => {
            refuse_namesake((target, name), &table.sink.target())?;
            refuse_edited(target, name, (incremental, &table.sink.target()))?;
            tell_of_others(table, (target, name));
        }
        None => {}
    }
    Ok(before)
}

/// Says what a query that is new to a target means for rows that are appended.
fn tell_of_others(table: &TablePlan, (target, name): (&TargetState, &QueryName)) {
    if target.n_others(name) > 0 {
        tracing::warn!(
            table = table.name,
            "the parameters of the query are new: it is read from its beginning, and rows that other parameters have brought stay; \
             those that it brings, too, are there twice then"
        );
    }
    if let Some(other) = target.another(name) {
        tracing::warn!(
            table = table.name,
            "the target has rows of `{other}`, too: those that `{}` brings as well are there twice then",
            name.table
        );
    }
}

/// Says why the cursor is where it was.
pub(super) fn cursor_stays(why: Option<&str>) -> String {
    let why = why.unwrap_or("`max_pages` has ended the pages");
    format!(
        "{why}, so the cursor of `incremental` stays where it was: the next run asks for the same window again"
    )
}

/// When the window ends: where the run began, or the one that it goes on with; now where another run has moved the cursor beyond
/// that in the meantime.
fn end(incremental: &Incremental, before: Option<&TableState>, context: &Context<'_>) -> Timestamp {
    let (began, now) = (context.started_at, context.plan.started_at);
    let ends_before = |cursor| incremental.range(None, began).to.is_some_and(|to| to < cursor);
    if cursor_of(incremental, before).is_some_and(ends_before) { now } else { began }
}

/// A run whose window ends before it begins asks for nothing, and what has changed until its beginning would never come:
/// this clock is wrong now, or one was when the cursor was kept.
fn refuse_the_future(
    (incremental, name): (&Incremental, &str),
    range: &Range,
    before: Option<&TableState>,
) -> Result<(), RunError> {
    /// Clocks of machines that share a target differ, and the next run is right again.
    const TOLERANCE: Duration = Duration::from_secs(60);
    let (Some(begin), Some(now)) = (range.cursor.or(range.from), range.to) else { return Ok(()) };
    if begin.earlier(TOLERANCE) <= now {
        return Ok(());
    }
    let kind = incremental.kind();
    let (begin, now) = (begin.shown(kind), now.shown(kind));
    let Some(before) = before else {
        let problem =
            format!("`initial` of `incremental` is {begin}, and by this machine's clock it is {now}");
        return Err(RunError::Scope { problem });
    };
    if range.from.is_some_and(|from| from.earlier(TOLERANCE) <= range.to.unwrap_or(from)) {
        tracing::warn!(
            table = name,
            cursor = begin,
            now,
            "the cursor is ahead of this machine's clock: one that was wrong may have set it, and rows may be missing then"
        );
        return Ok(());
    }
    let by = &before.run_id;
    Err(RunError::Scope {
        problem: format!(
            "the cursor of `{name}` is {begin} (run `{by}`), and by this machine's clock it is {now}: the run would ask for \
             nothing\n  = help: set the clock right if it is behind; if the clock of that run was ahead, go back to before it with \
             `pipeline state set FILE --cursor TIME`, or run with `--full-refresh`, which alone helps with `mode: append`"
        ),
    })
}

fn cursor_of(incremental: &Incremental, state: Option<&TableState>) -> Option<Cursor> {
    Cursor::parse(&state?.cursor, incremental.kind())
}

fn ends(
    incremental: &Incremental,
    (from, to): (&str, Option<&str>),
    context: &Context<'_>,
) -> Result<(Cursor, Cursor), RunError> {
    let parse = |text: &str| {
        let what =
            if incremental.kind() == CursorKind::Integer { "a whole number" } else { "a date or a time" };
        let problem = || RunError::Scope { problem: format!("`{text}` is not {what}") };
        Cursor::parse(text, incremental.kind()).ok_or_else(problem)
    };
    let to = match (to, incremental.kind()) {
        (Some(to), _) => parse(to)?,
        (None, CursorKind::Time) => Cursor::at(context.started_at),
        (None, CursorKind::Integer) => {
            return Err(RunError::Scope {
                problem: "`--from` needs `--to` where cursors are numbers".into(),
            });
        }
    };
    Ok((parse(from)?, to))
}

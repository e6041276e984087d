//! Queries whose rows would be in a target twice.

use pipeline_query::{Cursor, CursorKind, Incremental};

use super::{
    SET,
    kept::{QueryName, TableState, TargetState},
    spans::{Spans, Stretch},
};
use crate::RunError;

/// Refuses a query that is in the target under another name: its rows would be there twice.
pub(crate) fn refuse_namesake(
    (target, name): (&TargetState, &QueryName),
    shown: &str,
) -> Result<(), RunError> {
    let Some(other) = target.namesake(name) else { return Ok(()) };
    let pipeline = other.rsplit_once('/').map_or(other, |(pipeline, _)| pipeline);
    Err(RunError::Scope {
        problem: format!(
            "`{shown}` has rows that `{other}` has read with the same query, and `mode: append` would add all of them once more as \
             `{}`\n  = help: if the pipeline or the table has another name now, give it the earlier one (`name: {pipeline}`); if it \
             is another one, give it a target of its own; `--full-refresh` reads everything in the place of all rows",
            name.table
        ),
    })
}

/// Refuses to append to rows of which no cursor tells: those that come again would be there twice.
pub(crate) fn refuse_untold(
    target: &TargetState,
    name: &QueryName,
    (incremental, shown): (&Incremental, &str),
) -> Result<(), RunError> {
    if !target.has_untold() {
        return Ok(());
    }
    let by = target.untold().map(|run_id| format!(" (run `{run_id}`)")).unwrap_or_default();
    let kind = incremental.kind();
    let cursor = target.get(name).and_then(|state| Cursor::parse(&state.cursor, kind));
    let cursor = cursor.map_or_else(
        || if kind == CursorKind::Integer { "NUMBER".to_owned() } else { "TIME".to_owned() },
        |cursor| cursor.shown(kind),
    );
    Err(RunError::Scope {
        problem: format!(
            "`{shown}` has rows that a run without `incremental` or with another `mode` has written{by}: which of the rows to come are \
             among them cannot be told, and `mode: append` would add those once more\n  \
             = help: read everything in the place of all rows with `--full-refresh`, or write `mode: upsert` with a `key`; \
             `pipeline state set FILE --cursor {cursor}` takes all rows of before then as there, and `pipeline state reset FILE` none, \
             so that the next run adds them once more"
        ),
    })
}

/// Refuses to append the rows of a query that has read them before it was edited.
pub(crate) fn refuse_edited(
    target: &TargetState,
    name: &QueryName,
    (incremental, shown): (&Incremental, &str),
) -> Result<(), RunError> {
    let kind = incremental.kind();
    let edited = target.edited(name);
    let Some(last) = edited.iter().max_by_key(|state| Cursor::parse(&state.cursor, kind)) else {
        return Ok(());
    };
    let (table, run_id) = (&name.table, &last.run_id);
    let go_on = match Cursor::parse(&last.cursor, kind) {
        Some(cursor) => format!(
            "go on where that one has ended with `pipeline state set FILE --cursor {}` (what the query as it is now would have \
             brought before stays away); ",
            cursor.shown(kind)
        ),
        None => String::new(),
    };
    Err(RunError::Scope {
        problem: format!(
            "the query of `{table}` is another one than that of the rows in `{shown}` (run `{run_id}`): its method, `path`, `params`, \
             `body`, the `base_url`, or a variable in them, has changed. A run would read everything, and `mode: append` would add all rows once more\n  \
             = help: take the change back; or {go_on}or write `mode: upsert` with a `key`; `--full-refresh` reads everything in the \
             place of all rows, and `pipeline state reset FILE` makes the next run add them once more. What differs from run to run \
             has a cursor of its own as a parameter (`params`, `-p NAME=VALUE`), and needs a target of its own as anything else"
        ),
    })
}

/// Refuses to go on at a cursor of another column, by which rows that are there cannot be told.
pub(crate) fn refuse_other_column(
    (incremental, state): (&Incremental, &TableState),
    shown: &str,
) -> Result<(), RunError> {
    let Some(before) = other_column(incremental, state) else { return Ok(()) };
    let now = incremental.column.as_deref().unwrap_or_default();
    let cursor = &state.cursor;
    Err(RunError::Scope {
        problem: format!(
            "the cursor of the rows in `{shown}` is `{cursor}`, of {before}, and `incremental` names another `column` or `type` now \
             (`{now}`): which rows are there cannot be told, and `mode: append` would add them once more\n  = help: take the change \
             back, write `mode: upsert` with a `key`, or read everything in the place of all rows with `--full-refresh`"
        ),
    })
}

/// The column that a cursor is of, where that is not the one of the query.
pub(crate) fn other_column(incremental: &Incremental, state: &TableState) -> Option<String> {
    if state.cursor.is_empty() {
        return None;
    }
    let column = state.column.as_ref().filter(|column| Some(*column) != incremental.column.as_ref());
    match column {
        Some(column) => Some(format!("`{column}`")),
        None if Cursor::parse(&state.cursor, incremental.kind()).is_none() => Some("another `type`".into()),
        None => None,
    }
}

/// Refuses a cursor that a person has set to before the end of what has been read: of the rows since then it is not known which ones
/// are in the target.
pub(crate) fn refuse_set_back(
    incremental: &Incremental,
    state: &TableState,
    target: &str,
) -> Result<(), RunError> {
    let kind = incremental.kind();
    let Some(cursor) = Cursor::parse(&state.cursor, kind).filter(|_| state.run_id == SET) else {
        return Ok(());
    };
    let spans = Spans::of(Some(state), incremental);
    let Some(there) = spans.meets(Some(incremental.horizon(cursor)), None) else { return Ok(()) };
    let (cursor, there) = (cursor.shown(kind), shown(there, incremental));
    Err(RunError::Scope {
        problem: format!(
            "a run that goes on at the cursor {cursor} asks for rows {there} again, which are in `{target}`, and `mode: append` \
             would add them once more\n  = help: leave the cursor where it was, write `mode: upsert` with a `key`, or read everything \
             in the place of all rows with `--full-refresh`"
        ),
    })
}

/// Refuses a backfill of a time of which rows are in the target.
pub(crate) fn refuse_overlap(
    incremental: &Incremental,
    state: Option<&TableState>,
    (from, to): (Cursor, Cursor),
) -> Result<(), RunError> {
    // Behind their end keys tell what is there.
    let Some(there) = Spans::of(state, incremental).meets(Some(from), Some(to)) else { return Ok(()) };
    Err(RunError::Scope {
        problem: format!(
            "rows {} are there already, and `mode: append` would add them once more; ask for another time, or use \
             `mode: upsert` or `--full-refresh`",
            shown(there, incremental)
        ),
    })
}

fn shown((from, to): Stretch, incremental: &Incremental) -> String {
    let to = to.shown(incremental.kind());
    match from {
        Some(from) => format!("from {} to {to}", from.shown(incremental.kind())),
        None => format!("before {to}"),
    }
}

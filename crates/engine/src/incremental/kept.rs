//! The cursors that a target keeps, and which of them is that of a query.

use std::collections::BTreeMap;

use pipeline_query::{Cursor, Identity, Incremental, Query, Values};
use serde::{Deserialize, Serialize};

use crate::RunError;

/// The version of a state's own form.
const FORM: u32 = 1;

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
    /// Names the query without what brings no other rows; a state of an earlier version does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// Hashes of the parameters that the query names; a state of an earlier version does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<BTreeMap<String, String>>,
    /// The column that the cursor is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// A time that has been read as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From here on; from the beginning without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Up to here, not included.
    pub to: String,
}

/// What the state of a query is kept under.
#[derive(Debug, Clone, Default)]
pub(crate) struct QueryName {
    /// `pipeline/table`.
    pub(crate) table: String,
    /// The query without its window.
    pub(crate) identity: Identity,
    /// The column of its cursor.
    pub(crate) column: Option<String>,
}

impl QueryName {
    pub(crate) fn new((pipeline, table): (&str, &str), query: &Query, values: &Values) -> Self {
        Self {
            table: format!("{pipeline}/{table}"),
            identity: query.identity(values),
            column: query.incremental().and_then(|incremental| incremental.column.clone()),
        }
    }

    fn is_edit_of(&self, state: &TableState) -> bool {
        match &state.params {
            Some(params) => !self.identity.is_apart(params),
            None => self.identity.params.is_empty(),
        }
    }

    fn has_rows_of(&self, state: &TableState) -> bool {
        state.rows.as_ref() == Some(&self.identity.rows)
    }
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

    /// The state of a query, which may have had pages of another size then.
    pub(crate) fn get(&self, name: &QueryName) -> Option<&TableState> {
        let queries = self.tables.get(&name.table)?;
        let same = || queries.values().find(|state| name.has_rows_of(state));
        queries.get(&name.identity.query).or_else(same)
    }

    /// Replaces the state of a query.
    pub(crate) fn set(&mut self, name: &QueryName, state: TableState) {
        let queries = self.tables.entry(name.table.clone()).or_default();
        queries.retain(|_, other| !name.has_rows_of(other));
        let Identity { query, rows, params } = name.identity.clone();
        let named =
            TableState { rows: Some(rows), params: Some(params), column: name.column.clone(), ..state };
        queries.insert(query, named);
    }

    /// Forgets a query.
    pub(crate) fn remove(&mut self, name: &QueryName) {
        self.retain(name, |key, state| *key != name.identity.query && !name.has_rows_of(state));
    }

    /// Forgets a query as it was before it was edited.
    pub(crate) fn remove_edited(&mut self, name: &QueryName) {
        let is_other = |key: &String, state: &TableState| {
            *key == name.identity.query || name.has_rows_of(state) || !name.is_edit_of(state)
        };
        self.retain(name, is_other);
    }

    fn retain(&mut self, name: &QueryName, stays: impl Fn(&String, &TableState) -> bool) {
        let Some(queries) = self.tables.get_mut(&name.table) else { return };
        queries.retain(|key, state| stays(key, state));
        self.tables.retain(|_, queries| !queries.is_empty());
    }

    #[cfg(test)]
    pub(crate) fn tables_mut(&mut self) -> &mut BTreeMap<String, BTreeMap<String, TableState>> {
        &mut self.tables
    }

    /// Another pipeline or table with the same query.
    pub(crate) fn namesake(&self, name: &QueryName) -> Option<&str> {
        let has_query = |queries: &BTreeMap<String, TableState>| {
            queries.iter().any(|(key, state)| *key == name.identity.query || name.has_rows_of(state))
        };
        self.tables
            .iter()
            .find(|(table, queries)| **table != name.table && has_query(queries))
            .map(|(table, _)| table.as_str())
    }

    /// Another pipeline or table, whatever its query.
    pub(crate) fn another(&self, name: &QueryName) -> Option<&str> {
        self.tables.keys().find(|table| **table != name.table).map(String::as_str)
    }

    /// The states of the same table that are those of the query before it was edited: no parameter sets them apart.
    pub(crate) fn edited(&self, name: &QueryName) -> Vec<&TableState> {
        self.others(name).filter(|state| name.is_edit_of(state)).collect()
    }

    /// How many other queries of this table have a state.
    pub(crate) fn n_others(&self, name: &QueryName) -> usize {
        self.others(name).count()
    }

    fn others(&self, name: &QueryName) -> impl Iterator<Item = &TableState> {
        let queries = self.tables.get(&name.table).into_iter().flatten();
        queries
            .filter(|(key, state)| **key != name.identity.query && !name.has_rows_of(state))
            .map(|(_, state)| state)
    }
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
             `body`, or a variable in them, has changed. A run would read everything, and `mode: append` would add all rows once more\n  \
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

//! The cursors that a target keeps, and which of them is that of a query.

use std::collections::BTreeMap;

use pipeline_config::fingerprint;
use pipeline_query::{Identity, Query};
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
    /// A run that has brought rows of which no cursor of appended rows tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    untold: Option<String>,
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
    /// Hashes of the values of another table that the query has gone through (`for_each`); a state of an earlier version does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Vec<String>>,
    /// Names where the rows come from beside the query: the address, the site, headers that name a tenant; a state of an earlier version
    /// does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
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
    /// Where the rows come from beside the query; `None` where that does not matter.
    pub(crate) origin: Option<String>,
}

impl QueryName {
    pub(crate) fn new((pipeline, table): (&str, &str), query: &Query, identity: Identity) -> Self {
        Self {
            table: format!("{pipeline}/{table}"),
            identity,
            column: query.incremental().and_then(|incremental| incremental.column.clone()),
            origin: None,
        }
    }

    /// The same with where the rows come from.
    pub(crate) fn of(self, origin: Option<String>) -> Self {
        Self { origin, ..self }
    }

    /// Whether a state that is kept under `key` is that of this query, which may have had pages of another size then.
    fn is(&self, key: &str, state: &TableState) -> bool {
        let is_query = key == self.identity.query || self.has_rows_of(state);
        is_query && (state.origin.is_none() || self.origin.is_none() || state.origin == self.origin)
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

    /// The state of a query.
    pub(crate) fn get(&self, name: &QueryName) -> Option<&TableState> {
        let queries = self.tables.get(&name.table)?;
        let same = || queries.iter().find(|(key, state)| name.is(key, state));
        let exact = queries.get_key_value(&name.identity.query).filter(|(key, state)| name.is(key, state));
        exact.or_else(same).map(|(_, state)| state)
    }

    /// Replaces the state of a query.
    pub(crate) fn set(&mut self, name: &QueryName, state: TableState) {
        let queries = self.tables.entry(name.table.clone()).or_default();
        queries.retain(|key, other| !name.is(key, other));
        let Identity { query, rows, params } = name.identity.clone();
        // The same query has a state for each place that its rows come from.
        let key = match &name.origin {
            Some(origin) if queries.contains_key(&query) => fingerprint([&*query, &**origin]),
            _ => query,
        };
        let named = TableState {
            rows: Some(rows),
            params: Some(params),
            column: name.column.clone(),
            origin: name.origin.clone(),
            ..state
        };
        queries.insert(key, named);
    }

    /// Forgets a query.
    pub(crate) fn remove(&mut self, name: &QueryName) {
        self.retain(name, |key, state| !name.is(key, state));
    }

    /// Forgets a query as it was before it was edited.
    pub(crate) fn remove_edited(&mut self, name: &QueryName) {
        self.retain(name, |key, state| name.is(key, state) || !name.is_edit_of(state));
    }

    /// Notes that a run has brought rows without a cursor of appended rows, or that a person takes all of them for known.
    pub(crate) fn set_untold(&mut self, run_id: Option<&str>) {
        self.untold = run_id.map(str::to_owned);
    }

    /// The run whose rows no cursor of appended rows tells of, where it is known.
    pub(super) fn untold(&self) -> Option<&str> {
        self.untold.as_deref()
    }

    /// Whether a target that has rows has some of which no cursor of appended rows tells.
    pub(super) fn has_untold(&self) -> bool {
        self.untold.is_some() || self.tables.is_empty()
    }

    /// What a run leaves that has no cursor; nothing where it changes nothing. `replaces` says that its rows are in the place of all
    /// earlier ones, and of what was known of them.
    pub(crate) fn after_run_without_cursor(
        current: Option<&serde_json::Value>,
        (run_id, replaces): (&str, bool),
    ) -> Result<Option<Self>, RunError> {
        if current.is_none() {
            return Ok(None);
        }
        let earlier = if replaces { Self::default() } else { Self::parse(current)? };
        Ok(Some(Self { untold: (!replaces).then(|| run_id.to_owned()), ..earlier }))
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
        let has_query =
            |queries: &BTreeMap<String, TableState>| queries.iter().any(|(key, state)| name.is(key, state));
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
        queries.filter(|(key, state)| !name.is(key, state)).map(|(_, state)| state)
    }
}

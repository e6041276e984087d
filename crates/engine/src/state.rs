//! Looks at the cursors of incremental tables, and changes them by hand.

use pipeline_config::fingerprint;
use pipeline_history::Outputs;
use pipeline_query::{Cursor, Incremental};
use pipeline_sink::{Mode, SinkError, TargetLock};

use crate::{
    incremental::{
        QueryName, SET, Spans, TableState, TargetState,
        refusals::{refuse_namesake, refuse_set_back},
    },
    plan::{Plan, TablePlan},
    run::RunError,
};

/// The state of one table, as its query is now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StateEntry {
    /// The table.
    pub table: String,
    /// Where its rows are, and its state with them.
    pub target: String,
    /// What the next run begins with; nothing before the first run.
    pub state: Option<TableState>,
    /// How many other queries of the table, such as those for other parameters, have a state of their own.
    pub others: usize,
}

/// The state of every incremental table of a pipeline.
///
/// # Errors
/// [`RunError::Sink`] when a target cannot be read.
pub fn state(plan: &Plan) -> Result<Vec<StateEntry>, RunError> {
    incremental(plan)
        .map(|table| {
            let target = parsed(table)?;
            let name = plan.query_name(table);
            Ok(StateEntry {
                table: table.name.clone(),
                target: table.sink.target().into_owned(),
                state: target.get(&name).cloned(),
                others: target.n_others(&name),
            })
        })
        .collect()
}

/// Lets the next run of the tables begin at `cursor`; of those named `only`, where that is given.
///
/// # Errors
/// [`RunError::Scope`] when there is no such table or the cursor is none, or rows would be appended once more; [`RunError::Sink`].
pub fn set_state(plan: &Plan, only: Option<&str>, cursor: &str) -> Result<(), RunError> {
    change(plan, only, |table, (target, name)| {
        let no_cursor = || RunError::Scope { problem: format!("`{cursor}` is no cursor") };
        let incremental = table.query.incremental().ok_or_else(no_cursor)?;
        let kind = incremental.kind();
        let cursor = Cursor::parse(cursor, kind).ok_or_else(no_cursor)?.shown(kind);
        let mut state = TableState { cursor, run_id: SET.into(), ..TableState::default() };
        if table.sink.mode() == Mode::Append {
            refuse_namesake((target, name), &table.sink.target())?;
            know_what_is_there(&mut state, incremental, (target, name));
            refuse_set_back(incremental, &state, &table.sink.target())?;
            target.remove_edited(name);
            target.set_untold(None);
        }
        target.set(name, state);
        Ok(())
    })
}

/// Adds what is known of the rows in the target that the query has brought, or has brought before it was edited.
fn know_what_is_there(
    state: &mut TableState,
    incremental: &Incremental,
    (target, name): (&TargetState, &QueryName),
) {
    let before = target.get(name).map_or_else(|| target.edited(name), |before| vec![before]);
    let mut spans = Spans::default();
    for before in before {
        spans.join(&Spans::of(Some(before), incremental));
        state.seen.extend(before.seen.iter().cloned());
        state.undated.extend(before.undated.iter().cloned());
        // The spans are of all keys that are not these.
        state.key.clone_from(&incremental.key);
    }
    for hashes in [&mut state.seen, &mut state.undated] {
        hashes.sort_unstable();
        hashes.dedup();
    }
    state.spans = Some(spans.kept(incremental));
}

/// Lets the next run of the tables ask for everything again, rows that are there staying.
///
/// # Errors
/// As of [`set_state`].
pub fn reset_state(plan: &Plan, only: Option<&str>) -> Result<(), RunError> {
    change(plan, only, |table, (target, name)| {
        target.remove(name);
        if table.sink.mode() == Mode::Append {
            target.remove_edited(name);
            // Says that a person knows of the rows that are there.
            target.set_untold(None);
            target.set(name, TableState { run_id: SET.into(), ..TableState::default() });
        }
        Ok(())
    })
}

impl Plan {
    /// What the state of a table's query is kept under: the table, and the query without its window.
    pub(crate) fn query_name(&self, table: &TablePlan) -> QueryName {
        // A credential that is renewed changes no rows, whatever the parameter is called that it stands in.
        let clean = |text: &str| self.redactor.redact_parameter("", text).into_owned();
        let identity = table.query.identity_without(&self.values, &clean);
        let name = QueryName::new((&self.name, &table.name), &table.query, identity);
        // The sandbox has another address at each start, and targets of its own.
        let is_real = self.outputs == Outputs::Real;
        name.of(is_real.then(|| {
            let owners = table.query.owners(&self.values);
            let origin = self.datasource.origin();
            let origin: Vec<String> = origin.iter().chain(&owners).map(|text| clean(text)).collect();
            fingerprint(origin.iter().map(String::as_str))
        }))
    }
}

fn incremental(plan: &Plan) -> impl Iterator<Item = &TablePlan> {
    plan.tables.iter().filter(|table| table.query.incremental().is_some())
}

fn parsed(table: &TablePlan) -> Result<TargetState, RunError> {
    TargetState::parse(table.sink.state()?.as_ref()).map_err(|error| error.at(&table.name))
}

fn change(
    plan: &Plan,
    only: Option<&str>,
    work: impl Fn(&TablePlan, (&mut TargetState, &QueryName)) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let chosen: Vec<&TablePlan> =
        incremental(plan).filter(|table| only.is_none_or(|name| name == table.name)).collect();
    if chosen.is_empty() {
        let problem = match only {
            Some(name) => format!("there is no incremental table `{name}`"),
            None => "no table of this pipeline is incremental".into(),
        };
        return Err(RunError::Scope { problem });
    }
    for table in chosen {
        let _lock = TargetLock::acquire(&plan.state, &plan.name, &table.sink.target())?;
        let mut target = parsed(table)?;
        work(table, (&mut target, &plan.query_name(table)))?;
        table
            .sink
            .set_state(target.to_json())
            .map_err(|error: SinkError| RunError::from(error).at(&table.name))?;
    }
    Ok(())
}

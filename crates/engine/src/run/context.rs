//! What all tables of a run share.

use std::sync::Arc;

use jiff::Timestamp;
use pipeline_history::OpenRun;
use pipeline_query::Values;
use pipeline_table::DeclaredColumns;
use pipeline_transport::StatsSnapshot;
use pipeline_worker::ConverterSetup;

use super::{RunOptions, keys::Keys, resume::Journals};
use crate::plan::{Plan, TablePlan, deterministic};

/// One run.
#[derive(Debug)]
pub(crate) struct Context<'r> {
    pub(crate) plan: &'r Plan,
    pub(crate) options: &'r RunOptions,
    pub(super) record: Arc<OpenRun>,
    pub(crate) journals: Journals,
    /// The id and the start of the run that asked for the first page, which later pages must be asked with too.
    pub(super) values: Arc<Values>,
    pub(super) started_at: Timestamp,
    /// The columns that later tables go through.
    pub(super) keys: Vec<Keys>,
    /// The tables that an earlier run has committed.
    pub(super) committed_before: Vec<String>,
    /// What other processes have sent and received.
    pub(super) elsewhere: StatsSnapshot,
}

impl<'r> Context<'r> {
    pub(super) fn new(
        plan: &'r Plan,
        options: &'r RunOptions,
        (record, journals): (Arc<OpenRun>, Journals),
    ) -> Self {
        let (run_id, started_at) = journals.first_run();
        let values = plan.values.with("run", "id", run_id).with("run", "started_at", started_at.to_string());
        Self {
            plan,
            options,
            record,
            values: Arc::new(values),
            started_at,
            journals,
            keys: Vec::new(),
            committed_before: Vec::new(),
            elsewhere: StatsSnapshot::default(),
        }
    }

    /// What converters are made from: those of a run that goes on see the time and the id of the one before.
    pub(super) fn converter_setup(
        &self,
        table: &TablePlan,
        columns: &Arc<DeclaredColumns>,
    ) -> ConverterSetup {
        let (run_id, started_at) = self.journals.first_run();
        ConverterSetup {
            run_id,
            deterministic: deterministic(started_at),
            ..self.plan.converter_setup(table, columns)
        }
    }
}

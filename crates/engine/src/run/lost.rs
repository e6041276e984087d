//! Tables that a run has committed and whose journals are gone: somebody has removed or damaged them. What the history knows of
//! the run is then asked, since the rows would be added twice otherwise.

use pipeline_history::{OpenRun, RunOutcome, RunRecord};

use super::{RunError, committed, context::Context, noted};
use crate::{plan::Plan, summary::TableSummary};

/// No run goes on with more than so many others.
const MAX_EARLIER: usize = 1000;

/// The last run of the pipeline, where that has not ended well, and those it had gone on with; the last one first.
pub(super) fn unfinished(plan: &Plan, record: &OpenRun) -> Vec<RunRecord> {
    let runs = noted(record.history().runs_of(&plan.name, plan.outputs, 2));
    let last = runs.into_iter().find(|run| run.run_id != plan.run_id);
    match last.filter(|run| !matches!(run.outcome, RunOutcome::Done | RunOutcome::Running)) {
        Some(last) => chain(last, record),
        None => Vec::new(),
    }
}

/// A run, and those it had gone on with.
pub(super) fn with_earlier(run_id: &str, record: &OpenRun) -> Vec<String> {
    match noted(record.history().run(run_id)) {
        Some(run) => chain(run, record).into_iter().map(|run| run.run_id).collect(),
        None => vec![run_id.to_owned()],
    }
}

fn chain(last: RunRecord, record: &OpenRun) -> Vec<RunRecord> {
    let earlier = |run: &RunRecord| noted(record.history().run(run.resumes.as_deref()?));
    std::iter::successors(Some(last), earlier).take(MAX_EARLIER).collect()
}

/// The summary of a table that an unfinished run of the same pipeline has committed, and which has no journal any more.
pub(super) async fn find(
    context: &mut Context<'_>,
    position: usize,
) -> Result<Option<TableSummary>, RunError> {
    let (plan, (runs, helps)) = (context.plan, context.journals.unfinished(position));
    let table = &plan.tables[position];
    let runs: Vec<(String, bool)> =
        runs.iter().map(|run| (run.run_id.clone(), run.config_hash == plan.config_hash)).collect();
    for (run_id, is_same) in runs {
        if !committed::has(table, &run_id).await? {
            continue;
        }
        let told = format!(
            "`{}`: the run {run_id} has committed it and did not end, and its journal is gone or damaged",
            table.name
        );
        if !is_same || !helps {
            let why =
                if is_same { "other tables go through its rows" } else { "the pipeline has changed since" };
            tracing::warn!(
                "{told}; {why}, so it is read again, and rows that are in the target already are added to it once more"
            );
            return Ok(None);
        }
        tracing::warn!("{told}; it is not committed again, which `--restart` would do");
        if context.journals.last_run().is_none() {
            noted(context.record.resumes(&run_id));
        }
        return committed::find_of(context, position, &run_id).await;
    }
    Ok(None)
}

//! The history as JSON.

use pipeline_history::{RunRecord, TableRecord};

use serde_json::{Value, json};

/// A run without what is large about it.
pub(super) fn run(run: &RunRecord) -> Value {
    let pages: u64 = run.tables.iter().map(|table| table.pages).sum();
    let rejected: u64 = run.tables.iter().map(|table| table.rows_rejected).sum();
    json!({
        "run": run.run_id,
        "pipeline": run.pipeline,
        "startedAt": run.started_at,
        "endedAt": run.ended_at,
        "seconds": seconds(run),
        "outcome": run.outcome.word(),
        "sandbox": run.sandbox,
        "incomplete": run.is_incomplete(),
        "error": run.error,
        "resumes": run.resumes,
        "rows": run.rows(),
        "pages": pages,
        "rejected": rejected,
        "bytes": run.bytes,
        "requests": run.requests,
        "retries": run.retries,
        "waitedSeconds": run.waited_seconds,
    })
}

/// A table with its files and checks.
pub(super) fn table(table: &TableRecord) -> Value {
    let columns = table.columns.iter().map(|(name, kind)| json!({"name": name, "type": kind}));
    json!({
        "table": table.table,
        "target": table.target,
        "pages": table.pages,
        "resumedPages": table.resumed_pages,
        "rowsReturned": table.rows_returned,
        "rowsRejected": table.rows_rejected,
        "rowsDiscarded": table.rows_discarded,
        "rowsWritten": table.rows_written,
        "window": table.window,
        "incomplete": table.incomplete,
        "incompleteReason": table.incomplete_reason,
        "columns": columns.collect::<Vec<_>>(),
        "files": table.files,
        "checks": table.checks,
        "rowsPerPage": table.rows_per_page,
    })
}

fn seconds(run: &RunRecord) -> Option<f64> {
    let started: jiff::Timestamp = run.started_at.parse().ok()?;
    let ended: jiff::Timestamp = run.ended_at.as_ref()?.parse().ok()?;
    Some(ended.duration_since(started).as_secs_f64())
}

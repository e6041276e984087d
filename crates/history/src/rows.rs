//! From the rows of the SQLite file to records.

use rusqlite::Row;

use super::{CheckRecord, FileRecord, RunOutcome, RunRecord, TableRecord};
use crate::outputs::Outputs;

/// One run, with whether its server was the sandbox.
pub(super) const RUN: &str = "SELECT *, EXISTS (SELECT 1 FROM sandbox_runs WHERE sandbox_runs.run_id = runs.run_id) AS sandbox \
                   FROM runs WHERE run_id = ?";

/// What holds of runs that wrote to these targets.
pub(super) fn wrote_to(outputs: Outputs) -> &'static str {
    match outputs {
        Outputs::Real => "runs.run_id NOT IN (SELECT run_id FROM sandbox_runs)",
        Outputs::Sandbox => "runs.run_id IN (SELECT run_id FROM sandbox_runs)",
    }
}

/// SQLite's integers have a sign.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(i64::unsigned_abs)
}

pub(super) fn named(row: &Row<'_>, name: &str) -> rusqlite::Result<u64> {
    row.get::<_, i64>(name).map(i64::unsigned_abs)
}

pub(super) fn run_of(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        run_id: row.get("run_id")?,
        pipeline: row.get("pipeline")?,
        config_hash: row.get("config_hash")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        outcome: RunOutcome::parse(&row.get::<_, String>("outcome")?),
        sandbox: row.get("sandbox")?,
        error: row.get("error")?,
        resumes: row.get("resumes")?,
        requests: named(row, "requests")?,
        retries: named(row, "retries")?,
        waited_seconds: row.get("waited_seconds")?,
        bytes: named(row, "bytes")?,
        tables: Vec::new(),
    })
}

pub(super) fn table_of(row: &Row<'_>) -> rusqlite::Result<TableRecord> {
    let columns: String = row.get("columns")?;
    Ok(TableRecord {
        table: row.get("table")?,
        target: row.get("target")?,
        query_hash: row.get("query_hash")?,
        pages: named(row, "pages")?,
        resumed_pages: named(row, "resumed_pages")?,
        rows_returned: named(row, "rows_returned")?,
        rows_rejected: named(row, "rows_rejected")?,
        rows_discarded: named(row, "rows_discarded")?,
        rows_written: named(row, "rows_written")?,
        rows_in_files: named(row, "rows_in_files")?,
        window: row.get("window")?,
        columns: serde_json::from_str(&columns).unwrap_or_default(),
        ..TableRecord::default()
    })
}

pub(super) fn file_of(row: &Row<'_>) -> rusqlite::Result<FileRecord> {
    Ok(FileRecord { path: row.get(0)?, rows: count(row, 1)?, bytes: count(row, 2)?, sha256: row.get(3)? })
}

pub(super) fn check_of(row: &Row<'_>) -> rusqlite::Result<CheckRecord> {
    Ok(CheckRecord { check: row.get(0)?, severity: row.get(1)?, problem: row.get(2)? })
}

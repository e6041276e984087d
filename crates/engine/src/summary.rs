//! What a run did.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use pipeline_history::{CheckRecord, FileRecord, RunCounts, TableRecord};
use pipeline_query::Doubted;
use pipeline_sink::{Committed, RunWriter, WrittenFile};
use serde::{Deserialize, Serialize};

use crate::run::Counts;

/// What happened in one run; printed for people and, as JSON, for machines.
#[derive(Debug, Clone, Serialize)]
pub struct RunSummary {
    /// The pipeline's name.
    pub pipeline: String,
    /// Names this run in logs and in the files' metadata.
    pub run_id: String,
    /// Whether the server was the sandbox, so that the rows are beside the real ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
    /// One entry per table, in the order they ran.
    pub tables: Vec<TableSummary>,
    /// Whether rows of a table may be missing although nothing failed; the table says why.
    pub incomplete: bool,
    /// HTTP requests sent, repeated ones included.
    pub requests: u64,
    /// How many of them were repeats of a failed one.
    pub retries: u64,
    /// Time spent waiting because a server asked for it or a limit of ours did.
    #[serde(serialize_with = "seconds")]
    pub waited: Duration,
    /// Bytes of response bodies, after decompression.
    pub bytes: u64,
    /// From start to commit.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
}

/// What happened to one table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TableSummary {
    /// The table's name; for a pipeline of one table, the pipeline's.
    pub table: String,
    /// Pages fetched and converted.
    pub pages: u64,
    /// How many of them came from the journal of a run that ended before its end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resumed_pages: u64,
    /// The target that the file names, where the rows are beside it because the server is the sandbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<String>,
    /// The earlier run that has committed it, where it was not fetched again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched_by: Option<String>,
    /// When that run, or the one that it had gone on with, began: as old are its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<String>,
    /// Why pages that an earlier run left were fetched again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_anew: Option<String>,
    /// Rows the converter returned and the contract took, all of which are in the files.
    pub rows: u64,
    /// Rows that an earlier run had written already.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub discarded: u64,
    /// Rows that broke the contract.
    pub rejected: u64,
    /// The file they are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_file: Option<String>,
    /// For each column that was left out, or had values that are null instead, how many values there were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, u64>,
    /// For each place in a column, how many whole numbers beyond 2^53 came as doubles and may have lost digits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rounded: BTreeMap<String, u64>,
    /// Whether rows may be missing although nothing failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete_reason: Option<String>,
    /// What to write in the YAML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete_help: Option<String>,
    /// The window that an incremental query was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// The verdicts of its checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckRecord>,
    /// What is odd about the rows as a whole, though none is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The files that now hold them.
    pub files: Vec<FileSummary>,
}

/// Why rows may be missing although nothing failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incomplete {
    /// What the page says.
    pub reason: String,
    /// What to write in the YAML.
    pub help: String,
}

impl Incomplete {
    /// What a page's doubt says.
    pub fn of(doubt: &Doubted) -> Self {
        Self { reason: doubt.problem.clone(), help: doubt.help.clone() }
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n  = help: {}", self.reason, self.help)
    }
}

/// One committed file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileSummary {
    /// Where it is.
    pub path: PathBuf,
    /// How many rows it holds.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl TableSummary {
    /// What was done so far.
    pub(crate) fn new(
        table: &str,
        (counts, window, checks): (Counts, Option<String>, Vec<CheckRecord>),
        writer: &RunWriter,
    ) -> Self {
        let rejected = writer.rejected();
        Self {
            table: table.to_owned(),
            pages: counts.pages,
            resumed_pages: counts.resumed_pages,
            discarded: counts.discarded,
            window,
            checks,
            rows: writer.n_rows(),
            rejected: rejected.as_ref().map_or(0, |(rows, _)| *rows),
            rejected_file: rejected.map(|(_, path)| path),
            left_out: writer.left_out().clone(),
            ..Self::default()
        }
    }

    /// The same, with why rows may be missing.
    #[must_use]
    pub(crate) fn with_doubt(self, why: Option<Incomplete>) -> Self {
        let (reason, help) = why.map(|Incomplete { reason, help }| (reason, help)).unzip();
        Self { incomplete: reason.is_some(), incomplete_reason: reason, incomplete_help: help, ..self }
    }

    /// The same with what was committed.
    #[must_use]
    pub(crate) fn with_files(self, committed: &Committed) -> Self {
        let file = |file: &WrittenFile| FileSummary {
            path: file.path.clone(),
            rows: file.rows,
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        };
        Self { files: committed.files.iter().map(file).collect(), ..self }
    }
}

impl RunSummary {
    /// What the run has asked its servers for.
    pub(crate) fn counts(&self) -> RunCounts {
        RunCounts { requests: self.requests, retries: self.retries, waited: self.waited, bytes: self.bytes }
    }

    /// Pages of all tables.
    pub fn pages(&self) -> u64 {
        self.tables.iter().map(|table| table.pages).sum()
    }

    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

impl TableSummary {
    /// The record of this table in the history, as far as the summary goes.
    pub(crate) fn record(&self) -> TableRecord {
        let file = |file: &FileSummary| FileRecord {
            path: file.path.to_string_lossy().into_owned(),
            rows: file.rows,
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        };
        TableRecord {
            table: self.table.clone(),
            pages: self.pages,
            resumed_pages: self.resumed_pages,
            rows_returned: self.rows + self.rejected + self.discarded,
            rows_rejected: self.rejected,
            rows_discarded: self.discarded,
            rows_written: self.rows,
            window: self.window.clone(),
            incomplete: self.incomplete,
            incomplete_reason: self.incomplete_reason.clone(),
            files: self.files.iter().map(file).collect(),
            ..TableRecord::default()
        }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}

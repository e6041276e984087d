//! What is remembered of a run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// It is under way.
    Running,
    /// All its tables were committed.
    Done,
    /// It ended with an error.
    Failed,
    /// A quota was used up; the next run goes on.
    Quota,
    /// Someone pressed Ctrl-C.
    Interrupted,
    /// Its process ended without a word.
    Crashed,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    /// Names it.
    pub run_id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// Names what was run: the files, their parameters and variables without credentials.
    pub config_hash: String,
    /// When it began.
    pub started_at: String,
    /// When it ended, where that is known.
    pub ended_at: Option<String>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Whether its server was the sandbox.
    pub sandbox: bool,
    /// Why it ended badly; credentials are not in it.
    pub error: Option<String>,
    /// The run that it went on with.
    pub resumes: Option<String>,
    /// HTTP requests sent, repeated ones included.
    pub requests: u64,
    /// How many of them were repeats of a failed one.
    pub retries: u64,
    /// Seconds spent waiting because a server asked for it or a limit of ours did.
    pub waited_seconds: f64,
    /// Bytes of response bodies, after decompression.
    pub bytes: u64,
    /// Its tables, as far as it came.
    pub tables: Vec<TableRecord>,
}

/// One table of a run that was committed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TableRecord {
    /// Its name.
    pub table: String,
    /// Where its rows went.
    pub target: String,
    /// Names the query.
    pub query_hash: String,
    /// Pages fetched and converted, those of the run before included.
    pub pages: u64,
    /// How many of them came from the run that this one went on with.
    pub resumed_pages: u64,
    /// Rows that the converter returned.
    pub rows_returned: u64,
    /// Rows that broke the contract.
    pub rows_rejected: u64,
    /// Rows that an earlier run had written already.
    pub rows_discarded: u64,
    /// Rows handed to the sink.
    pub rows_written: u64,
    /// Rows in the files of this run, as the files themselves say.
    pub rows_in_files: u64,
    /// The window that was asked for, as it was asked.
    pub window: Option<String>,
    /// Whether rows may be missing although nothing failed.
    pub incomplete: bool,
    /// Why.
    pub incomplete_reason: Option<String>,
    /// Its columns, as (name, type).
    pub columns: Vec<(String, String)>,
    /// The files it wrote.
    pub files: Vec<FileRecord>,
    /// The verdicts of its checks.
    pub checks: Vec<CheckRecord>,
    /// The rows of its pages.
    pub rows_per_page: Vec<PageCount>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileRecord {
    /// Where it is.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content, where it was computed.
    pub sha256: Option<String>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// What it is about.
    pub check: String,
    /// `fail` or `warn`.
    pub severity: String,
    /// What is wrong; nothing when it holds.
    pub problem: Option<String>,
}

/// One page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PageCount {
    /// Which, from 0.
    pub page: u64,
    /// Rows that the converter returned.
    pub returned: u64,
    /// Rows that broke the contract.
    pub rejected: u64,
}

impl RunOutcome {
    const ALL: [Self; 6] =
        [Self::Running, Self::Done, Self::Failed, Self::Quota, Self::Interrupted, Self::Crashed];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Quota => "quota",
            Self::Interrupted => "interrupted",
            Self::Crashed => "crashed",
        }
    }

    /// A word that nobody knows counts as a failure.
    pub(super) fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word).unwrap_or(Self::Failed)
    }
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl RunRecord {
    /// Whether rows of a table may be missing although nothing failed.
    pub fn is_incomplete(&self) -> bool {
        self.tables.iter().any(|table| table.incomplete)
    }

    /// Rows handed to sinks.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows_written).sum()
    }
}

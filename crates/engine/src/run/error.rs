//! Why a run ended without its rows.

use std::io;

use pipeline_auth::AuthError;
use pipeline_converter::ConverterError;
use pipeline_datasource::DatasourceError;
use pipeline_history::HistoryError;
use pipeline_query::{CursorKind, SplitError};
use pipeline_sink::SinkError;
use pipeline_table::TableError;
use pipeline_transport::TransportError;
use pipeline_worker::WorkerError;
use serde::{Deserialize, Serialize};

use crate::{
    cluster::{ClusterError, RemoteError},
    journal::JournalError,
};

/// A run failed; the output of the table it was at is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A page could not be had.
    #[error(transparent)]
    Datasource(#[from] DatasourceError),
    /// A page could not be converted.
    #[error(transparent)]
    Converter(#[from] ConverterError),
    /// Rows could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A page of one query of several could not be had.
    #[error("{part}")]
    Part {
        /// Which query: its row, its window.
        part: String,
        /// Why.
        source: Box<DatasourceError>,
    },
    /// A query cannot be cut into windows.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A table cannot be asked for once per row of another, which lacks the column.
    #[error("the table `{table}` has no column `{column}` for `for_each`; it has `{known}`")]
    NoKeys {
        /// The other table.
        table: String,
        /// The column.
        column: String,
        /// The columns that there are.
        known: String,
    },
    /// A temporary file cannot be used.
    #[error(
        "a temporary file in `{}`, the folder for temporary files; `TMPDIR` names another one",
        std::env::temp_dir().display()
    )]
    Scratch(#[source] io::Error),
    /// What failed, and where in the run.
    #[error("`{table}`: {step}")]
    Table {
        /// The table.
        table: String,
        /// What was being done.
        step: &'static str,
        /// Why that failed.
        source: Box<RunError>,
    },
    /// Rows without a single column make no table.
    #[error(
        "the {n_rows} rows have no columns: `convert` returned objects without members; the earlier output is as it was"
    )]
    NoColumns {
        /// How many rows there are.
        n_rows: u64,
    },
    /// The server has no page at all.
    #[error("the datasource returned no pages")]
    NoPage,
    /// The server has changed since pages of an earlier run were read, so that later pages do not fit them.
    #[error(
        "{query}page {}, requested again, is not as it was: {change}. Pages are resumed only where the last \
         one is as it was, because rows may be lost or doubled otherwise; `resume: {{ enabled: false }}` keeps no pages",
        page + 1
    )]
    Changed {
        /// Which query of several, with a colon.
        query: String,
        /// Which page of its query, from 0.
        page: u64,
        /// What shows it.
        change: String,
    },
    /// The history of runs cannot be used.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The journal of a run cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Checks that must hold do not; the rows of the run are not visible.
    #[error("{n_failed} of {n_checks} checks failed; the earlier output is as it was\n{shown}")]
    Checks {
        /// How many must hold and do not.
        n_failed: usize,
        /// How many there are.
        n_checks: usize,
        /// What they say, credentials left out.
        shown: String,
    },
    /// Rows have come and gone nowhere; nothing was committed.
    #[error("the counts of this run do not agree: {problem}; nothing was committed")]
    Counts {
        /// Which.
        problem: String,
    },
    /// What was asked for on the command line does not go with the pipeline.
    #[error("{problem}")]
    Scope {
        /// Why not.
        problem: String,
    },
    /// What the last run left for this one is not understood.
    #[error("the state of the target cannot be used: {problem}")]
    State {
        /// Why not.
        problem: String,
    },
    /// The column that the next run is to begin after never came.
    #[error("no row has the column `{column}` of `incremental`; they have `{}`", known.join("`, `"))]
    NoCursor {
        /// The column.
        column: String,
        /// Those that rows have.
        known: Vec<String>,
    },
    /// A value that is to be a cursor is none.
    #[error("page {}, row {}: `{value}` in `{column}` is no cursor: {help}", page + 1, row + 1)]
    Cursor {
        /// The page, from 0.
        page: usize,
        /// The row, from 0.
        row: usize,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// What to do.
        help: String,
    },
    /// A number that names a row or another query is not exact.
    #[error("page {}{}: {problem}", page + 1, row.map(|row| format!(", row {}", row + 1)).unwrap_or_default())]
    Inexact {
        /// The page, from 0.
        page: usize,
        /// The row, from 0, where it is known.
        row: Option<usize>,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// So many rows are within the look-back that their keys do not fit a manifest.
    #[error("{n_rows} rows are within `incremental.lookback`; shorten it, or use `mode: upsert`")]
    LookbackTooLong {
        /// How many.
        n_rows: usize,
    },
    /// So many rows have no cursor that their keys do not fit a manifest.
    #[error(
        "{n_rows} rows have no `{column}`, and each must be remembered so that it is not appended again; use `mode: upsert`, \
         or a `column` that rows have"
    )]
    TooManyUndated {
        /// How many.
        n_rows: usize,
        /// The column of the cursor.
        column: String,
    },
    /// There is no process or thread for a converter.
    #[error("a converter cannot be started")]
    Worker(#[source] std::io::Error),
    /// Another process of the cluster could not do its part.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The cluster does not work.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Someone pressed Ctrl-C.
    #[error("interrupted; the earlier output is as it was")]
    Interrupted,
    /// Values could not be read back from rows.
    #[error(transparent)]
    Rows(#[from] TableError),
    /// A mistake in this program.
    #[error("this is a bug in pipeline: {0}")]
    Bug(&'static str),
}

/// What the caller of a failed run can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// Read the message.
    Failed,
    /// Log in again.
    Reauthorize,
    /// Run again later.
    Resume,
    /// Nothing: it was asked for.
    Interrupted,
}

impl From<AuthError> for RunError {
    fn from(error: AuthError) -> Self {
        Self::Datasource(error.into())
    }
}

impl RunError {
    /// Whether a new login is what helps.
    pub fn wants_login(&self) -> bool {
        match self {
            Self::Table { source, .. } => source.wants_login(),
            Self::Datasource(source) => is_helped_by_login(source),
            Self::Part { source, .. } => is_helped_by_login(source),
            _ => false,
        }
    }

    /// Whether the rows that have come are refused, so that the same rows would end another run in the same way.
    pub(crate) fn is_of_rows(&self) -> bool {
        match self {
            Self::Table { source, .. } => source.is_of_rows(),
            Self::Sink(error) => error.is_of_rows(),
            Self::NoKeys { .. }
            | Self::NoColumns { .. }
            | Self::Checks { .. }
            | Self::Counts { .. }
            | Self::NoCursor { .. }
            | Self::Cursor { .. }
            | Self::Inexact { .. }
            | Self::LookbackTooLong { .. }
            | Self::TooManyUndated { .. }
            | Self::Rows(_) => true,
            _ => false,
        }
    }

    /// Whether a value of another table cannot be asked with, so that the next run must ask for that table again.
    pub(super) fn is_of_value(&self) -> bool {
        matches!(self.datasource(), Some(DatasourceError::Value { .. }))
    }

    /// Whether the server refuses a request as it is, and will the next time: no login, quota or patience helps.
    pub(super) fn is_lasting(&self) -> bool {
        match self.datasource() {
            Some(DatasourceError::Status { status, .. }) => {
                (400..500).contains(status) && !matches!(status, 401 | 403 | 408 | 429)
            }
            _ => false,
        }
    }

    /// Whether that is because of one page alone.
    pub(crate) fn is_of_page(&self) -> bool {
        matches!(self, Self::Cursor { .. } | Self::Inexact { .. } | Self::Sink(SinkError::Key { .. }))
    }

    /// What the caller can do.
    pub fn reaction(&self) -> Reaction {
        match self {
            Self::Interrupted => Reaction::Interrupted,
            Self::Table { source, .. } => source.reaction(),
            Self::Datasource(source) => after(source),
            Self::Part { source, .. } => after(source),
            Self::Remote(error) => error.reaction,
            _ => Reaction::Failed,
        }
    }

    /// Why a page could not be had, if that is what it is.
    pub(super) fn datasource(&self) -> Option<&DatasourceError> {
        match self {
            Self::Datasource(source) => Some(source),
            Self::Part { source, .. } => Some(source),
            Self::Table { source, .. } => source.datasource(),
            _ => None,
        }
    }

    /// The same, saying which table failed and at what; what was asked for or is a bug needs no place.
    pub(crate) fn at(self, table: &str) -> Self {
        let step = match &self {
            Self::Interrupted | Self::Bug(_) | Self::Table { .. } => return self,
            Self::Datasource(_) | Self::Part { .. } => "fetch",
            Self::Remote(_) | Self::Cluster(_) => "fetch and convert",
            Self::Converter(_) | Self::Worker(_) | Self::NoColumns { .. } => "convert",
            Self::Sink(_) => "write",
            Self::Checks { .. }
            | Self::Counts { .. }
            | Self::NoCursor { .. }
            | Self::Cursor { .. }
            | Self::Inexact { .. }
            | Self::LookbackTooLong { .. }
            | Self::TooManyUndated { .. } => "check",
            Self::History(_) | Self::Journal(_) => "record",
            Self::Split(_)
            | Self::NoKeys { .. }
            | Self::Scratch(_)
            | Self::NoPage
            | Self::Changed { .. }
            | Self::Rows(_)
            | Self::State { .. }
            | Self::Scope { .. } => "plan",
        };
        Self::Table { table: table.to_owned(), step, source: Box::new(self) }
    }
}

/// What to do about a value that is no cursor of this kind.
pub(crate) fn cursor_help((column, value): (&str, &str), kind: CursorKind) -> String {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let counts = match value.len() {
        9..=11 if is_number => Some(("seconds", "unix")),
        12..=14 if is_number => Some(("milliseconds", "unix_ms")),
        15..=17 if is_number => Some(("microseconds", "unix_us")),
        _ => None,
    };
    match (kind, counts) {
        (CursorKind::Integer, _) => {
            "`incremental.type` is `integer`, which takes whole numbers; times have `type: time`".to_owned()
        }
        (CursorKind::Time, Some((unit, format))) => format!(
            "if it counts {unit} since 1970, write `columns: {{ {column}: {{ type: timestamp, format: {format} }} }}`; if it is an \
             id that grows, `type: integer` in `incremental`"
        ),
        (CursorKind::Time, None) if is_number => {
            "if it is a number that grows, such as an id, write `type: integer` in `incremental`".to_owned()
        }
        (CursorKind::Time, None) => format!(
            "a time is written like `2024-11-29T10:44:51Z`; if it is written otherwise, declare `{column}` in `columns` as \
             `timestamp` with its `format`"
        ),
    }
}

fn is_helped_by_login(error: &DatasourceError) -> bool {
    matches!(error, DatasourceError::Auth(AuthError::Reauthorize { .. } | AuthError::NotLoggedIn))
}

/// What the caller can do about a page that could not be had.
fn after(error: &DatasourceError) -> Reaction {
    match error {
        DatasourceError::Auth(error) if error.needs_login() => Reaction::Reauthorize,
        DatasourceError::Transport { source: TransportError::Quota { .. }, .. }
        | DatasourceError::Auth(AuthError::Transport(TransportError::Quota { .. })) => Reaction::Resume,
        _ => Reaction::Failed,
    }
}

impl From<WorkerError> for RunError {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Converter(error) => Self::Converter(error),
            WorkerError::Start(error) => Self::Worker(error),
        }
    }
}

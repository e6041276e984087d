//! What every run did, and which server runs which planned time: SQLite files in the state folder that other tools can read too.
//!
//! ```text
//! History::begin ─▶ OpenRun ─pages, tables, checks─▶ end      `history.sqlite`
//!   └─ runs whose process has ended without an end are marked as crashed
//! ScheduleLeases::claim ─▶ a planned time has one server      `schedule.sqlite`
//! ```
//! A run that is under way holds a lock ([`AliveLock`]), by which others tell a run that has crashed from one that takes long. The
//! files are readable by their owner only. The history is a record and no gate: a run goes on where it cannot be written.
//!
//! ```
//! use pipeline_history::{History, Outputs, RunCounts, RunOutcome, RunStart};
//!
//! let state = std::env::temp_dir().join("pipeline-history-example");
//! let history = History::open(&state)?;
//! let started_at = "2026-01-01T02:00:00Z".parse().unwrap();
//! let run = history.begin(RunStart {
//!     run_id: "r1".into(),
//!     pipeline: "jira".into(),
//!     config_hash: "c0ffee".into(),
//!     started_at,
//!     outputs: Outputs::Real,
//! })?;
//! run.end(started_at, (RunOutcome::Done, None), &RunCounts { requests: 3, ..RunCounts::default() })?;
//! assert_eq!(history.run("r1")?.unwrap().requests, 3);
//! # std::fs::remove_dir_all(&state).ok();
//! # Ok::<(), pipeline_history::HistoryError>(())
//! ```

mod alive;
mod last;
mod leases;
mod outputs;
mod record;
mod rows;
mod sqlite;
mod store;
mod substitute;
mod undelivered;

use std::path::{Path, PathBuf};

use sqlite::OpenError;

pub use alive::{AliveLock, is_gone};
pub use leases::{Lease, LeaseEnd, LeaseError, ScheduleLeases};
pub use outputs::Outputs;
pub use record::{CheckRecord, FileRecord, PageCount, RunOutcome, RunRecord, TableRecord};
pub use store::{History, OpenRun, RunCounts, RunStart};
pub use undelivered::Undelivered;

/// Why the history cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The folder or the file cannot be used.
    #[error("`{path}` cannot be used, which every run needs; `--state-dir` names another folder for it")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses.
    #[error("the run history `{path}` cannot be read or written")]
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A later version of this program wrote it.
    #[error(
        "the run history `{path}` is of a later version of pipeline (form {found}); update, or move it away"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: i64,
    },
    /// It was damaged, moved away or could not be opened since the run began.
    #[error("the run history has no run `{run_id}`: its file is another one than that of the run")]
    UnknownRun {
        /// The run.
        run_id: String,
    },
}

impl HistoryError {
    fn open(path: &Path, error: OpenError) -> Self {
        let path = path.to_owned();
        match error {
            OpenError::Folder(source) => Self::Folder { path, source },
            OpenError::Store(source) => Self::Store { path, source },
            OpenError::Newer(found) => Self::Newer { path, found },
            error => Self::Folder { path, source: std::io::Error::other(error) },
        }
    }

    fn folder(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Folder { path: path.to_owned(), source }
    }

    fn store(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        move |source| Self::Store { path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests;

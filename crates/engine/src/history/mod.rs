//! What every run did, in an SQLite file in the state folder that other tools can read too.
//!
//! ```text
//! begin ─▶ OpenRun ─pages, tables─▶ end          `history.sqlite`, readable by its owner only
//!   └─ runs whose process is gone without a word are marked as crashed
//! ```
//! A run that is under way holds a lock, so that a crashed one can be told from one that takes long.

mod alive;
mod last;
mod record;
mod rows;
mod store;
mod substitute;

use std::path::{Path, PathBuf};

use crate::sqlite::OpenError;

pub(crate) use alive::{AliveLock, is_gone};
pub use record::{CheckRecord, FileRecord, PageCount, RunOutcome, RunRecord, TableRecord};
pub use store::{History, OpenRun, RunStart};

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

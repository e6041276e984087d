//! What can go wrong between rows and files.

use std::{
    io,
    path::{Path, PathBuf},
};

use pipeline_store::StoreError;
use pipeline_table::TableError;

/// What folders for parts of object stores are called among temporary files.
pub(crate) const TEMPORARY: &str = "pipeline-parts-";

/// Why rows could not be written; whichever it is, the old output is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The target cannot be written at all: the path or its permissions must change.
    #[error("`{path}` cannot be written{}", scratch(path))]
    Target {
        /// The target.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Writing began and broke off: the disk is full or broken.
    #[error("rows could not be written to `{path}`{}", scratch(path))]
    Write {
        /// The target, or the folder of the rows that wait.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An object store refused, or could not be reached.
    #[error("`{target}`: the object store answered with an error")]
    Store {
        /// The object.
        target: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Somebody wanted the run to end while rows were sent to an object store; nothing was committed.
    #[error("`{target}`: the upload was given up")]
    Interrupted {
        /// The object.
        target: String,
    },
    /// What an earlier run left behind cannot be read.
    #[error("`{target}` is there, but it cannot be read")]
    Read {
        /// The file.
        target: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another run has committed to the target since this one began; nothing of this one is visible.
    #[error("`{target}` was changed by another run in the meantime; nothing was written, run again")]
    Conflict {
        /// The target.
        target: String,
    },
    /// Another run has committed at the same moment, and its table is beside this run's now.
    #[error(
        "`{target}` was changed by another run at the moment of the commit, and could not be put back: it has this run's \
         rows now, and the other run's table is in `{}`; move that one to its place, or remove it",
        kept.display()
    )]
    NotPutBack {
        /// The target.
        target: String,
        /// Where the other run's table is.
        kept: PathBuf,
    },
    /// The answer to a commit was lost, and the commit is not in place so far; it may still arrive.
    #[error(
        "`{target}`: no answer came to the commit, and the commit is not in place so far; run again, the next run \
         looks whether it has arrived"
    )]
    Unanswered {
        /// The target.
        target: String,
        /// What came in the place of an answer.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The same, and the target could not be read either.
    #[error(
        "`{target}`: no answer came to the commit, and whether it is in place could not be read; run again, the next run \
         looks whether it has arrived"
    )]
    Unread {
        /// The target.
        target: String,
        /// What came in the place of an answer.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store has not kept what it has taken.
    #[error(transparent)]
    NotStored(StoreError),
    /// The store has taken the manifest of this run, and has another one in its place.
    #[error(
        "`{target}` has taken the `_manifest.json` of this run, and has another one now, without this run: another run has \
         committed at the same moment, and the store or a proxy in front of it passes over `If-Match`, so that either may be lost; \
         run again, and let one run at a time write there"
    )]
    Displaced {
        /// The target.
        target: String,
    },
    /// Files that the manifest names are gone.
    #[error(
        "`{target}` lacks {names}, which `_manifest.json` names; restore them, or write the table anew: \
         `pipeline run --full-refresh` for an incremental table, else remove the folder"
    )]
    Missing {
        /// The target.
        target: String,
        /// The first of the files, and how many more.
        names: String,
    },
    /// Another run is at work on the target.
    #[error("`{target}` is in use: {holder}")]
    Locked {
        /// The target.
        target: String,
        /// Who holds it, and since when.
        holder: String,
    },
    /// The target has rows that must stay, and this run does not go with them.
    #[error("`{target}`: {problem}")]
    Refused {
        /// The target.
        target: String,
        /// Why not, and what to do.
        problem: String,
    },
    /// A row of a page has no key, or one that may be another row's.
    #[error("`{target}`: page {}{}: {problem}", page + 1, row.map(|row| format!(", row {}", row + 1)).unwrap_or_default())]
    Key {
        /// The target.
        target: String,
        /// The page, from 0.
        page: usize,
        /// The row of the page, from 0, where it is known.
        row: Option<usize>,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A file does not have the rows that were written to it; nothing of it was made visible.
    #[error(
        "`{target}`: {written} rows were written, and the file says that it has {found}; nothing was committed"
    )]
    Mismatch {
        /// The file, or the folder.
        target: String,
        /// How many rows it should have.
        written: u64,
        /// How many it has.
        found: u64,
    },
    /// The rows themselves are the problem.
    #[error("rows do not make one table")]
    Table(#[from] TableError),
}

/// What to say of the folder for temporary files, in which rows wait that go to stdout or to a store.
fn scratch(path: &Path) -> &'static str {
    let is_ours = |path: &Path| path.to_string_lossy().starts_with(TEMPORARY);
    if path.strip_prefix(std::env::temp_dir()).is_ok_and(|rest| rest == Path::new("") || is_ours(rest)) {
        ", the folder for temporary files; `TMPDIR` names another one"
    } else {
        ""
    }
}

impl SinkError {
    /// Whether the same rows would end another run in the same way.
    pub fn is_of_rows(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Key { .. } | Self::Table(_))
    }

    /// Turns a failure to use `path` at all into an error.
    pub(crate) fn target(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Target { path: path.to_owned(), source }
    }

    /// Turns a failure in reading `target` into an error.
    pub(crate) fn read<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        target: &str,
    ) -> impl Fn(E) -> Self {
        move |source| Self::Read { target: target.to_owned(), source: source.into() }
    }

    /// Turns a failure in writing to `path` into an error.
    pub(crate) fn write<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        path: &Path,
    ) -> impl Fn(E) -> Self {
        move |source| Self::Write { path: path.to_owned(), source: source.into() }
    }
}

impl From<StoreError> for SinkError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Answer { target, source } => Self::Store { target, source },
            StoreError::Conflict { target } => Self::Conflict { target },
            error @ StoreError::NotStored { .. } => Self::NotStored(error),
            StoreError::Interrupted { target } => Self::Interrupted { target },
            StoreError::Disk { path, source } => Self::Write { path, source: source.into() },
        }
    }
}

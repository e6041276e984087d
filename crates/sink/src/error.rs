//! What can go wrong between rows and files.

use std::{
    io,
    path::{Path, PathBuf},
};

use pipeline_table::TableError;

/// Why rows could not be written; whichever it is, the old output is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The target cannot be written at all: the path or its permissions must change.
    #[error("`{path}` cannot be written")]
    Target {
        /// The target.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Writing began and broke off: the disk is full or broken.
    #[error("rows could not be written to `{path}`")]
    Write {
        /// The target, or the folder of the rows that wait.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The rows themselves are the problem.
    #[error("rows do not make one table")]
    Table(#[from] TableError),
}

impl SinkError {
    /// Turns a failure to use `path` at all into an error.
    pub(crate) fn target(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Target { path: path.to_owned(), source }
    }

    /// Turns a failure in writing to `path` into an error.
    pub(crate) fn write<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        path: &Path,
    ) -> impl Fn(E) -> Self {
        move |source| Self::Write { path: path.to_owned(), source: source.into() }
    }
}

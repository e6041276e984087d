//! Why something cannot be done with a pipeline.

use std::{io, path::PathBuf};

use pipeline_auth::{AuthError, LoginError};
use pipeline_authoring::WatchError;
use pipeline_config::Invalid;
use pipeline_engine::RunError;
use pipeline_history::{HistoryError, LeaseError};

/// Something that was asked for cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SupervisorError {
    /// There is no such pipeline.
    #[error("there is no pipeline `{id}`")]
    NoPipeline {
        /// What was asked for.
        id: String,
    },
    /// There is no such run, or it has ended.
    #[error("the run `{run}` is not under way here")]
    NoRun {
        /// What was asked for.
        run: String,
    },
    /// A pipeline runs at most once at a time.
    #[error("`{id}` is running already, as {run}")]
    Busy {
        /// The pipeline.
        id: String,
        /// Its run.
        run: String,
    },
    /// The file was never right, so there is no plan to run.
    #[error("the file of `{id}` is wrong")]
    Broken {
        /// The pipeline.
        id: String,
    },
    /// The pipeline has no such table.
    #[error("`{id}` has no table `{table}`")]
    NoTable {
        /// The pipeline.
        id: String,
        /// What was asked for.
        table: String,
    },
    /// The records themselves are the rows.
    #[error("the table `{table}` has no converter")]
    NoCode {
        /// The table.
        table: String,
    },
    /// A page cannot be had.
    #[error("the first page cannot be had")]
    Page(#[source] Box<RunError>),
    /// A converter's file cannot be read or written.
    #[error("`{path}` cannot be used")]
    Code {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else has changed the code.
    #[error("`{path}` has changed on the disk")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// What was opened is not there now.
    #[error("nothing is saved, because {what} is not there now")]
    Gone {
        /// The file, the pipeline or the table.
        what: String,
    },
    /// Code that stands in YAML otherwise than as a block.
    #[error("{path}:{line}: the code in this file cannot be replaced")]
    Inline {
        /// The file.
        path: PathBuf,
        /// Where the code begins.
        line: usize,
    },
    /// Code that would change more of its file than the code.
    #[error("`{path}` stays as it is: {problem}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What is wrong with the code.
        problem: String,
    },
    /// The server is about to end.
    #[error("the server is being stopped")]
    Draining,
    /// Only `kind: oauth2` has a login.
    #[error("the datasource of `{id}` has no login")]
    NoLogin {
        /// The pipeline.
        id: String,
    },
    /// The datasource's section is wrong.
    #[error("the datasource is wrong")]
    Invalid(Box<Invalid>),
    /// A `.env` cannot be read.
    #[error("{problem}")]
    Dotenv {
        /// Which, and why.
        problem: String,
    },
    /// The login cannot begin.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The stored login cannot be read.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The history cannot be used.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The file of planned times cannot be used.
    #[error(transparent)]
    Leases(#[from] LeaseError),
    /// A folder cannot be used.
    #[error("the folder `{path}` cannot be used")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Files cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
}

impl From<Invalid> for SupervisorError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(Box::new(invalid))
    }
}

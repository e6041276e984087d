//! What a worker sends.

use pipeline_config::escaped;
use pipeline_table::Batch;
use serde::{Deserialize, Serialize};

use super::{Frame, WireError};
use crate::{error::ConverterError, failure::Failure, script::Script};

/// How urgent a line of `console` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogLevel {
    /// `console.error`
    Error,
    /// `console.warn`
    Warn,
    /// `console.log`, `console.info`
    Info,
    /// `console.debug`
    Debug,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Head {
    Log { level: LogLevel, page: Option<usize>, text: String },
    Rows,
    Failed(Box<Failure>),
}

/// One message of a worker.
#[derive(Debug)]
pub enum Answer {
    /// A line of `console`; more messages follow.
    Log {
        /// How urgent it is.
        level: LogLevel,
        /// The page, from 0; `None` while the top level ran.
        page: Option<usize>,
        /// The line.
        text: String,
    },
    /// The page is done.
    Page(Box<Result<Batch, ConverterError>>),
}

impl Answer {
    /// Reads a frame of the worker that runs `script`.
    ///
    /// # Errors
    /// [`WireError`] for what is no answer: the worker is not to be trusted any further.
    pub fn read(frame: Frame, script: &Script) -> Result<Self, WireError> {
        Ok(match serde_json::from_slice(&frame.head)? {
            // One line in a log is one line of a script, whatever the process says.
            Head::Log { level, page, text } => Self::Log { level, page, text: escaped(&text).into_owned() },
            Head::Rows => Self::Page(Box::new(Ok(Batch::from_ipc(frame.body)?))),
            Head::Failed(failure) => Self::Page(Box::new(Err(failure.into_error(script)))),
        })
    }
}

//! The pages that a run has converted, so that the next one goes on after the last of them.
//!
//! ```text
//! header · page · page · page … · ready · committed · over
//!   page = what was returned, rejected and left out, where the next page is, and its rows as Arrow
//! ```
//! A journal is a file in the state folder, which only its owner can read. It is written before its pages count as
//! done; a run that goes on reads the pages back instead of fetching them, whatever the sink. A record that was
//! cut off by a crash is told by its checksum and left out. See ADR 0025.

mod file;
mod record;

pub(crate) use file::{Found, Journal, Keep, Replay, discard, end, file_of, keep, peek};
pub(crate) use record::{Committed, Header, LastPage, PageRecord, Resumption};

use std::path::PathBuf;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the journal `{path}` cannot be used")]
pub struct JournalError {
    /// The file.
    path: PathBuf,
    /// Why.
    source: std::io::Error,
}

#[cfg(test)]
mod tests;

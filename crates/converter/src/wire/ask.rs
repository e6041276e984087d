//! What the parent sends.

use serde::{Deserialize, Serialize};

use pipeline_table::DeclaredColumns;

use super::{Frame, WireError};
use crate::{
    converter::PageInput,
    deterministic::DeterministicEnv,
    limits::ConverterLimits,
    metadata::{Metadata, MetadataBuf},
    script::{Script, ScriptParts},
};

/// Everything a worker is told, as it is read.
#[derive(Debug, Deserialize)]
pub(super) enum Ask {
    Start(Box<Start>),
    Page(PageHead),
}

/// The same as it is written: both sides are the same program.
#[derive(Debug, Serialize)]
enum Asked<'a> {
    Start(Box<Start>),
    Page { index: usize, metadata: Metadata<'a> },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start {
    script: ScriptParts,
    limits: ConverterLimits,
    deterministic: DeterministicEnv,
    columns: DeclaredColumns,
}

#[derive(Debug, Deserialize)]
pub(super) struct PageHead {
    pub(super) index: usize,
    metadata: MetadataBuf,
}

impl PageHead {
    /// The page with its body.
    pub(super) fn with<'a>(&'a self, body: &'a [u8]) -> PageInput<'a> {
        PageInput { index: self.index, body, metadata: self.metadata.as_metadata() }
    }
}

impl Start {
    /// What a worker's converter is made of.
    pub(super) fn open(self) -> (Script, DeclaredColumns, ConverterLimits, DeterministicEnv) {
        (Script::from_parts(self.script), self.columns, self.limits, self.deterministic)
    }
}

/// Whether a worker understands the frame.
pub(crate) fn is_ask(frame: &Frame) -> bool {
    serde_json::from_slice::<Ask>(&frame.head).is_ok()
}

/// The first frame for a worker: what it is to run.
///
/// # Errors
/// [`WireError::TooLong`] for a script of gigabytes.
pub fn start(
    script: &Script,
    columns: &DeclaredColumns,
    limits: &ConverterLimits,
    deterministic: DeterministicEnv,
) -> Result<Vec<u8>, WireError> {
    let (script, limits, columns) = (script.to_parts(), limits.clone(), columns.clone());
    let start = Start { script, limits, deterministic, columns };
    Frame::opening(&Asked::Start(Box::new(start)), 0)
}

/// The opening of the frame with a page; its body is to follow.
///
/// # Errors
/// [`WireError::TooLong`] for metadata of gigabytes.
pub fn page(page: &PageInput<'_>) -> Result<Vec<u8>, WireError> {
    Frame::opening(&Asked::Page { index: page.index, metadata: page.metadata }, page.body.len())
}

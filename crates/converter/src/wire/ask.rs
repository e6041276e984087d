//! What the parent sends.

use serde::{Deserialize, Serialize};

use pipeline_table::{DeclaredColumn, DeclaredColumns, DeclaredType};

use super::{Frame, WireError};
use crate::{
    converter::PageInput,
    limits::ConverterLimits,
    metadata::{Metadata, MetadataBuf},
    moment::Moment,
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
    moment: Moment,
    columns: Vec<(String, String, bool)>,
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
    pub(super) fn open(self) -> (Script, DeclaredColumns, ConverterLimits, Moment) {
        let column = |(name, declared_type, required): (String, String, bool)| {
            let declared_type = DeclaredType::parse(&declared_type)?;
            Some(DeclaredColumn { name, declared_type, required })
        };
        let columns = DeclaredColumns::new(self.columns.into_iter().filter_map(column).collect());
        (Script::from_parts(self.script), columns, self.limits, self.moment)
    }
}

/// The first frame for a worker: what it is to run.
///
/// # Errors
/// [`WireError::TooLong`] for a script of gigabytes.
pub fn start(
    script: &Script,
    columns: &DeclaredColumns,
    limits: &ConverterLimits,
    moment: Moment,
) -> Result<Vec<u8>, WireError> {
    let columns = columns.as_slice().iter();
    let columns = columns
        .map(|column| (column.name.clone(), column.declared_type.name().to_owned(), column.required))
        .collect();
    let start = Start { script: script.to_parts(), limits: limits.clone(), moment, columns };
    Frame::opening(&Asked::Start(Box::new(start)), 0)
}

/// The opening of the frame with a page; its body is to follow.
///
/// # Errors
/// [`WireError::TooLong`] for metadata of gigabytes.
pub fn page(page: &PageInput<'_>) -> Result<Vec<u8>, WireError> {
    Frame::opening(&Asked::Page { index: page.index, metadata: page.metadata }, page.body.len())
}

//! What is left of a page's limits on rows and bytes.

use pipeline_table::Cell;

use crate::{error::Limit, failure::bytes, limits::ConverterLimits};

/// Counts down.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    rows: u64,
    bytes: u64,
    max: (u64, u64),
}

/// A limit was reached.
#[derive(Debug)]
pub(crate) struct Exceeded {
    pub(crate) limit: Limit,
    pub(crate) message: String,
    pub(crate) help: Vec<String>,
}

impl Budget {
    pub(crate) fn new(limits: &ConverterLimits) -> Self {
        let max = (limits.max_rows, limits.max_bytes);
        Self { rows: max.0, bytes: max.1, max }
    }

    /// Takes one row.
    pub(crate) fn row(&mut self) -> Result<(), Exceeded> {
        match self.rows.checked_sub(1) {
            Some(left) => {
                self.rows = left;
                Ok(())
            }
            None => Err(Exceeded {
                limit: Limit::Rows,
                message: format!("the page has more than {} rows", self.max.0),
                help: vec![
                    "is the iterator without an end? `limits: { rows: … }` of `converter` allows more".into(),
                ],
            }),
        }
    }

    /// Takes so many bytes.
    pub(crate) fn bytes(&mut self, n: u64) -> Result<(), Exceeded> {
        match self.bytes.checked_sub(n) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => Err(Exceeded {
                limit: Limit::Bytes,
                message: format!("the rows of the page have more than {}", bytes(self.max.1)),
                help: vec![
                    "return only what the table needs; `limits: { bytes: … }` of `converter` allows more"
                        .into(),
                ],
            }),
        }
    }

    /// Takes the bytes of a cell.
    pub(crate) fn cell(&mut self, cell: &Cell<'_>) -> Result<(), Exceeded> {
        self.bytes(size(cell))
    }
}

/// About what a cell takes in a column.
fn size(cell: &Cell<'_>) -> u64 {
    match cell {
        Cell::Null | Cell::Undefined | Cell::Bool(_) => 1,
        Cell::Int(_) | Cell::Float(_) | Cell::Timestamp(_) => 8,
        Cell::Text(text) | Cell::Number(text) => 4 + text.len() as u64,
        Cell::List(items) => 4 + items.iter().map(size).sum::<u64>(),
        Cell::Struct(members) => members.iter().map(|(_, member)| size(member)).sum(),
    }
}

//! What checks look at.

use indexmap::IndexSet;
use jiff::Timestamp;
use pipeline_config::known_names;

use crate::{
    batch::Batch, column_text::ColumnText, column_type::ColumnType, error::TableError, spelled::Spelled,
};

/// One page on its way to the sink.
#[derive(Debug)]
pub struct CheckedPage<'p> {
    index: usize,
    batch: &'p Batch,
    columns: Vec<ColumnText<'p>>,
}

/// What is known of a run when all its pages have passed.
#[derive(Debug, Clone, Default)]
pub struct RunFacts {
    /// How many rows there are.
    pub n_rows: u64,
    /// How many the last run that was committed had.
    pub n_rows_before: Option<u64>,
    /// When the run began.
    pub now: Timestamp,
    /// The columns of all pages.
    pub columns: IndexSet<String>,
}

impl<'p> CheckedPage<'p> {
    pub(crate) fn new(index: usize, batch: &'p Batch) -> Result<Self, TableError> {
        Ok(Self { index, batch, columns: ColumnText::of(batch.rows())? })
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.batch.n_rows()
    }

    /// The number of a row among those that the converter returned, rejected ones included.
    pub(crate) fn returned_row(&self, row: usize) -> usize {
        self.batch.returned_row(row)
    }

    /// The values of a column; `None` when this page has no such column.
    pub(crate) fn column(&self, name: &str) -> Option<&ColumnText<'p>> {
        let place = self.batch.columns().iter().position(|column| column.name == name)?;
        self.columns.get(place)
    }

    /// The type of a column in this page; that of nulls when it has no such column.
    pub(crate) fn column_type(&self, name: &str) -> &ColumnType {
        self.batch.columns().get(name).unwrap_or(&ColumnType::Null)
    }

    /// The values of a column that have lost something.
    pub(crate) fn rounded(&self, name: &str) -> Option<crate::Rounded> {
        self.batch.rounded(name).or_else(|| self.batch.boundless(name))
    }

    /// Adds what the page says of a column's numbers and texts.
    pub(crate) fn add_to(&self, spelled: &mut Spelled, name: &str) {
        spelled.add(self.index, self.batch, name);
    }

    /// The value at `row` as readers see it; `None` for null, and in a page without the column.
    pub(crate) fn text(&self, column: Option<&ColumnText<'p>>, row: usize) -> Option<String> {
        let column = column.filter(|column| !column.is_null(row))?;
        let mut text = String::new();
        column.push_plain(row, &mut text);
        Some(text)
    }
}

impl RunFacts {
    /// What to say when a check names a column that no row has.
    pub(crate) fn no_such_column(&self, names: &[String]) -> Option<String> {
        if self.n_rows == 0 {
            return None;
        }
        let missing = names.iter().find(|name| !self.columns.contains(name.as_str()))?;
        let known = known_names(missing, self.columns.iter().map(String::as_str));
        Some(format!("no row has a column `{missing}`; {known}"))
    }
}

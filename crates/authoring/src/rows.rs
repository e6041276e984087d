//! Rows as JSON: what cases expect and what saves are compared by.

use indexmap::IndexMap;
use pipeline_engine::RunError;
use pipeline_table::{Batch, ColumnText, Columns, TableError, cast};

use super::json::{Json, JsonObject};

/// The rows of a page with the names of their types.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JsonRows {
    /// Column to type, in order.
    pub columns: IndexMap<String, String>,
    /// Every row has every column.
    pub rows: Vec<JsonObject>,
}

impl JsonRows {
    /// The rows of a batch, with the types that readers of the output would see.
    ///
    /// # Errors
    /// [`RunError::Bug`]: the batch has just been made.
    pub fn of(batch: &Batch) -> Result<Self, RunError> {
        Self::read(batch).map_err(|_| RunError::Bug("rows that cannot be shown"))
    }

    fn read(batch: &Batch) -> Result<Self, TableError> {
        let published = batch.columns().published();
        let rows = cast(batch, &published)?;
        let texts = ColumnText::of(&rows)?;
        let row = |index: usize| {
            let cell = |(column, text): (&pipeline_table::ColumnSpec, &ColumnText<'_>)| {
                let mut json = String::new();
                text.push_json(index, &mut json);
                // A text that is no JSON cannot come from `push_json`.
                (column.name.clone(), Json::read(&json).unwrap_or_default())
            };
            published.iter().zip(&texts).map(cell).collect()
        };
        Ok(Self { columns: types(&published), rows: (0..rows.num_rows()).map(row).collect() })
    }
}

fn types(columns: &Columns) -> IndexMap<String, String> {
    columns.iter().map(|column| (column.name.clone(), column.column_type.name())).collect()
}

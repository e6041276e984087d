//! The rows of one page.

use std::{collections::HashMap, sync::Arc};

use arrow::array::{RecordBatch, RecordBatchOptions};

use crate::{
    cell::Cell,
    columns::{ColumnSpec, Columns},
    declared::DeclaredColumns,
    error::TableError,
    members::Members,
};

/// Rows with more columns than this have data for keys, and would end in a file that no reader opens in useful time.
pub const MAX_COLUMNS: usize = 10_000;

/// Rows with the columns and types of one page.
#[derive(Debug, Clone)]
pub struct Batch {
    columns: Columns,
    rows: RecordBatch,
}

impl Batch {
    pub(crate) fn new(columns: Columns, rows: RecordBatch) -> Self {
        Self { columns, rows }
    }

    /// The columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The rows in Arrow, with the types of this page; [`cast`](crate::cast()) them to be read by others.
    pub fn rows(&self) -> &RecordBatch {
        &self.rows
    }

    /// How many rows.
    pub fn n_rows(&self) -> usize {
        self.rows.num_rows()
    }
}

/// Takes rows, cell by cell.
#[derive(Debug)]
pub struct BatchBuilder {
    declared: Arc<DeclaredColumns>,
    /// The declared columns come first, in their order.
    columns: Members,
    /// For each declared column, whether the current row has a value.
    has_value: Vec<bool>,
}

impl BatchBuilder {
    /// A page without rows yet; it has the declared columns whether rows have them or not.
    pub fn new(declared: Arc<DeclaredColumns>) -> Self {
        let mut columns = Members::new(0);
        for column in declared.as_slice() {
            columns.declare(&column.name, &column.declared_type.column_type());
        }
        let has_value = vec![false; declared.as_slice().len()];
        Self { declared, columns, has_value }
    }

    /// How many rows are complete.
    pub fn n_rows(&self) -> usize {
        self.columns.n_rows()
    }

    /// Adds a cell to the current row; of two for one column the later one counts.
    ///
    /// # Errors
    /// [`TableError::TypeMismatch`] against a declared type, [`TableError::TooManyColumns`].
    pub fn push(&mut self, column: &str, cell: Cell<'_>) -> Result<(), TableError> {
        let row = self.n_rows();
        let index = match self.columns.find(column) {
            Some(index) => index,
            None if self.columns.len() >= MAX_COLUMNS => {
                return Err(TableError::TooManyColumns { row: Some(row), column: column.to_owned() });
            }
            None => self.columns.add(column),
        };
        let Some(declared) = self.declared.as_slice().get(index) else {
            self.columns.column_for_row(index).push(cell);
            return Ok(());
        };
        let declared_type = declared.declared_type;
        let has_value = cell != Cell::Null;
        if declared_type.is_json() && has_value {
            self.columns.column_for_row(index).push_exact_json(&cell);
        } else {
            let cell = declared_type.accept(cell).map_err(|found| TableError::TypeMismatch {
                row,
                column: column.to_owned(),
                found,
                expected: declared_type.name(),
            })?;
            self.columns.column_for_row(index).push(cell);
        }
        self.has_value[index] = has_value;
        Ok(())
    }

    /// Completes the current row; columns without a cell are null.
    ///
    /// # Errors
    /// [`TableError::RequiredMissing`] names the first required column that is null.
    pub fn end_row(&mut self) -> Result<(), TableError> {
        for (declared, has_value) in self.declared.as_slice().iter().zip(&mut self.has_value) {
            if !std::mem::take(has_value) && declared.required {
                let (row, column) = (self.columns.n_rows(), declared.name.clone());
                return Err(TableError::RequiredMissing { row, column });
            }
        }
        self.columns.end_rows(1);
        Ok(())
    }

    /// The complete rows as Arrow, with the narrowest types that hold them.
    ///
    /// # Errors
    /// [`TableError::Arrow`], see there.
    pub fn finish(self) -> Result<Batch, TableError> {
        let n_rows = self.n_rows();
        let finished = self.columns.finish()?;
        let mut list = Vec::with_capacity(finished.len());
        let mut arrays = Vec::with_capacity(finished.len());
        for (index, (name, column_type, array)) in finished.into_iter().enumerate() {
            let required = self.declared.as_slice().get(index).is_some_and(|declared| declared.required);
            list.push(ColumnSpec { name, column_type, required });
            arrays.push(array);
        }
        let columns = Columns::new(list);
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        let rows = RecordBatch::try_new_with_options(columns.to_schema(HashMap::new()), arrays, &options)?;
        Ok(Batch { columns, rows })
    }
}

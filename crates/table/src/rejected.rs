//! Rows that break the contract of a column with `on_error: reject`.

use serde::{Deserialize, Serialize};

use crate::{
    batch::BatchBuilder,
    cell::Cell,
    declared::OnError,
    error::TableError,
    text::{Members, push_cell_json},
};

/// A row that is not in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// Which row of the page, from 0.
    pub row: usize,
    /// The column at fault.
    pub column: String,
    /// What is wrong.
    pub reason: String,
    /// The row as the converter returned it, as JSON.
    pub json: String,
}

impl BatchBuilder {
    /// Ends a row all of whose cells are known, by taking it or by rejecting it.
    pub(crate) fn end_staged(&mut self, staged: Vec<(String, Cell<'static>)>) -> Result<(), TableError> {
        if let Some(error) = self.reason_to_reject(&staged) {
            let members = staged.into_iter().map(|(name, cell)| (name.into(), cell)).collect();
            let mut json = String::new();
            push_cell_json(&Cell::Struct(members), Members::AsTheyAre, &mut json);
            let column = error.column().unwrap_or_default().to_owned();
            let (row, reason) = (self.n_rows(), error.to_string());
            self.outcome.rejected.push(RejectedRow { row, column, reason, json });
            return Ok(());
        }
        for (key, cell) in staged {
            self.place(&key, cell)?;
        }
        self.complete()
    }

    fn reason_to_reject(&self, staged: &[(String, Cell<'static>)]) -> Option<TableError> {
        let rejecting = |column: &&crate::DeclaredColumn| column.on_error == OnError::Reject;
        self.declared.as_slice().iter().filter(rejecting).find_map(|column| {
            // Of two cells for one key the later one counts.
            let cell = staged.iter().rev().find(|(key, _)| Some(key) == column.source.first());
            let cell = cell.map_or(&Cell::Null, |(_, cell)| cell.at(&column.source[1..]));
            match column.accept(cell.clone(), self.declared.extras()) {
                Ok(crate::accept::Value::Null) if column.required => {
                    Some(TableError::RequiredMissing { row: self.n_rows(), column: column.name.clone() })
                }
                Ok(_) => None,
                Err(mismatch) => Some(TableError::mismatch(self.n_rows(), &column.name, *mismatch)),
            }
        })
    }
}

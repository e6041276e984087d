//! Which declared columns the rows of a table really have.

use indexmap::IndexSet;
use pipeline_table::{Batch, DeclaredColumns};

/// More names than this say nothing to people.
const MAX_KNOWN: usize = 1_000;

/// What all pages of a table have had so far.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// The declared columns that no row has had; `None` before the first row.
    absent: Option<IndexSet<String>>,
    /// The columns of the rows.
    known: IndexSet<String>,
}

impl Presence {
    /// Adds the rows of a page.
    pub(crate) fn add(&mut self, batch: &Batch) {
        if batch.n_rows() == 0 || self.absent.as_ref().is_some_and(IndexSet::is_empty) {
            return;
        }
        let of_page = &batch.outcome().absent;
        match &mut self.absent {
            Some(absent) => absent.retain(|name| of_page.contains(name)),
            None => self.absent = Some(of_page.iter().cloned().collect()),
        }
        for name in batch.columns().iter().map(|column| &column.name).chain(batch.outcome().left_out.keys()) {
            if self.known.len() < MAX_KNOWN && !self.known.contains(name) {
                self.known.insert(name.clone());
            }
        }
    }

    /// What to say of declared columns that no row has.
    pub(crate) fn warnings(&self, declared: &DeclaredColumns) -> Vec<String> {
        let absent = self.absent.iter().flatten();
        absent.filter_map(|name| declared.absence(name, self.known.iter().map(String::as_str))).collect()
    }
}

//! Named columns that grow row by row: those of a page, and those of the objects in a column.

use indexmap::IndexMap;

use crate::{
    cell::Cell,
    column::{ColumnBuilder, Finished},
    column_type::ColumnType,
    error::TableError,
    nesting::{Nesting, Share},
};

#[derive(Debug)]
pub(crate) struct Members {
    slots: IndexMap<String, Slot>,
    n_rows: usize,
    /// Where the next cell goes if this row looks like the one before.
    expected: usize,
    /// How many lists and objects the columns are in.
    nesting: Nesting,
    share: Share,
}

#[derive(Debug)]
struct Slot {
    column: ColumnBuilder,
    /// Rows it has values for, the current one included; it lags behind where rows lack the member.
    length: usize,
}

impl Members {
    pub(crate) fn new(nesting: Nesting) -> Self {
        let share = Share::of(&nesting);
        Self { slots: IndexMap::new(), n_rows: 0, expected: 0, nesting, share }
    }

    /// The first member of an object, at any depth, for which there was no column.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.nesting.refused()
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Complete rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Where the member is, if there is one of this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        // Rows of one page mostly have the same members in the same order.
        match self.slots.get_index(self.expected) {
            Some((known, _)) if known == name => Some(self.expected),
            _ => self.slots.get_index_of(name),
        }
    }

    /// Adds a member without values and says where it is.
    pub(crate) fn add(&mut self, name: &str) -> usize {
        let slot = Slot { column: ColumnBuilder::new(self.nesting.clone()), length: 0 };
        self.slots.insert_full(name.to_owned(), slot).0
    }

    /// The same of a type that is known to hold all its values, and for which there is a column for that reason.
    pub(crate) fn add_of_type(&mut self, name: &str, column_type: &ColumnType) -> usize {
        let _ = self.share.take(name);
        let slot = Slot { column: ColumnBuilder::of_type(column_type, self.nesting.clone()), length: 0 };
        self.slots.insert_full(name.to_owned(), slot).0
    }

    /// The column at `index`, up to but not including the current row, which takes one value now.
    ///
    /// A value that it already has for this row is taken back.
    pub(crate) fn column_for_row(&mut self, index: usize) -> &mut ColumnBuilder {
        self.expected = index + 1;
        let slot = &mut self.slots[index];
        if slot.length > self.n_rows {
            slot.column.pop();
        } else {
            slot.column.push_nulls(self.n_rows - slot.length);
        }
        slot.length = self.n_rows + 1;
        &mut slot.column
    }

    pub(crate) fn push(&mut self, name: &str, cell: Cell<'_>) {
        let found = self.find(name).or_else(|| self.share.take(name).map(|()| self.add(name)));
        let Some(index) = found else { return };
        self.column_for_row(index).push(cell);
    }

    /// Completes the current row, and rows after it that have no values; members without a value are null.
    pub(crate) fn end_rows(&mut self, n_rows: usize) {
        self.n_rows += n_rows;
        self.expected = 0;
    }

    /// Name and values of each column, in the order in which they were first seen; a row that was not ended is
    /// left out.
    pub(crate) fn finish(self) -> Result<Vec<(String, Finished)>, TableError> {
        let finish = |(name, mut slot): (String, Slot)| {
            match self.n_rows.checked_sub(slot.length) {
                Some(n_nulls) => slot.column.push_nulls(n_nulls),
                None => slot.column.pop(),
            }
            Ok((name, slot.column.finish()?))
        };
        self.slots.into_iter().map(finish).collect()
    }
}

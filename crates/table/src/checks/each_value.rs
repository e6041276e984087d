//! The probe of checks that look at one value of one column at a time; nulls are passed over.

use crate::{
    checks::{CheckedPage, Probe, Problem, RunFacts, tally::Tally},
    column_type::ColumnType,
};

/// Looks at every value of a column.
pub(crate) struct EachValue<F> {
    column: String,
    holds: F,
    /// What is said of the rows at fault, after their number.
    what: &'static str,
    tally: Tally,
}

impl<F: Fn(&str, &ColumnType) -> bool + Send> EachValue<F> {
    /// `holds` says whether a value, as text, of a column of this type is as it must be.
    pub(crate) fn new(column: String, holds: F, what: &'static str) -> Self {
        Self { column, holds, what, tally: Tally::default() }
    }
}

impl<F: Fn(&str, &ColumnType) -> bool + Send> Probe for EachValue<F> {
    fn add(&mut self, page: &CheckedPage<'_>) {
        let column = page.column(&self.column);
        let column_type = page.column_type(&self.column);
        for row in 0..page.n_rows() {
            if let Some(text) = page.text(column, row)
                && !(self.holds)(&text, column_type)
            {
                self.tally.count(page, row, Some(text));
            }
        }
    }

    fn finish(self: Box<Self>, facts: &RunFacts) -> Option<Problem> {
        match facts.no_such_column(std::slice::from_ref(&self.column)) {
            Some(message) => Some(Problem::of_all(message)),
            None => self.tally.into_problem(self.what),
        }
    }
}

//! Counts what is wrong, and remembers where it began.

use std::fmt;

use crate::checks::CheckedPage;

/// How many places are named.
const N_EXAMPLES: usize = 5;

/// How many characters of a value are shown.
const MAX_SHOWN: usize = 80;

/// What is wrong with the rows of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What, in one sentence.
    pub message: String,
    /// How many rows are at fault; 0 where it is about all of them together.
    pub n_rows: u64,
    /// The first rows at fault.
    pub examples: Vec<Example>,
}

/// A row at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its page, from 0.
    pub page: usize,
    /// Which of the rows that the converter returned for that page, from 0.
    pub row: usize,
    /// The value at fault; `None` for null.
    pub value: Option<String>,
}

impl Problem {
    /// About all rows together.
    pub(crate) fn of_all(message: String) -> Self {
        Self { message, n_rows: 0, examples: Vec::new() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        for example in &self.examples {
            let value = example.value.as_ref().map_or("null".to_owned(), |value| format!("`{value}`"));
            write!(formatter, "\n    page {}, row {}: {value}", example.page + 1, example.row + 1)?;
        }
        match self.n_rows.saturating_sub(self.examples.len() as u64) {
            n_more if n_more > 0 && !self.examples.is_empty() => {
                write!(formatter, "\n    … and {n_more} more")
            }
            _ => Ok(()),
        }
    }
}

/// The rows at fault so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    n_rows: u64,
    examples: Vec<Example>,
}

impl Tally {
    pub(crate) fn count(&mut self, page: &CheckedPage<'_>, row: usize, value: Option<String>) {
        self.n_rows += 1;
        if self.examples.len() < N_EXAMPLES {
            let value = value.map(|text| match text.char_indices().nth(MAX_SHOWN) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            });
            let (page, row) = (page.index(), page.returned_row(row));
            self.examples.push(Example { page, row, value });
        }
    }

    /// `None` when no row is at fault; `what` follows the number of rows.
    pub(crate) fn into_problem(self, what: &str) -> Option<Problem> {
        let (noun, n_rows) = (if self.n_rows == 1 { "row" } else { "rows" }, self.n_rows);
        let message = format!("{n_rows} {noun} {what}");
        (n_rows > 0).then_some(Problem { message, n_rows, examples: self.examples })
    }
}

//! Values that name rows or other queries must be exact.

use std::collections::BTreeMap;

use pipeline_table::{Batch, Outcome, Spelled};

use super::RunError;

/// Refuses a column with values that have lost something, of which different ones may be equal.
pub(crate) fn refuse_rounded(
    (page, batch): (usize, &Batch),
    column: &str,
    used_as: &str,
) -> Result<(), RunError> {
    match batch.rounded(column).or_else(|| batch.boundless(column)) {
        Some(rounded) => {
            let problem = rounded.refusal(column, used_as);
            let row = rounded.row.map(|row| batch.returned_row(row));
            Err(RunError::Inexact { page, row, problem })
        }
        None => Ok(()),
    }
}

/// Refuses a column whose numbers are text now, and no longer as they were written.
pub(crate) fn refuse_spelled(
    (page, batch): (usize, &Batch),
    column: &str,
    (spelled, used_as): (&mut Spelled, &str),
) -> Result<(), RunError> {
    match spelled.add(page, batch, column) {
        Some((page, lost)) => {
            let problem = lost.refusal(column, used_as);
            Err(RunError::Inexact { page: *page, row: lost.row, problem })
        }
        None => Ok(()),
    }
}

/// Refuses a column with numbers that are not whole.
pub(crate) fn refuse_fractions(
    (page, batch): (usize, &Batch),
    column: &str,
    (used_as, help): (&str, &str),
) -> Result<(), RunError> {
    match batch.fraction(column) {
        Some(fraction) => {
            let problem = format!(
                "`{column}` is {}, which is no whole number, and is used as {used_as}; {help}",
                fraction.value
            );
            let row = Some(batch.returned_row(fraction.row));
            Err(RunError::Inexact { page, row, problem })
        }
        None => Ok(()),
    }
}

/// For each column how many whole numbers came as doubles.
pub(crate) fn count_rounded(counts: &mut BTreeMap<String, u64>, outcome: &Outcome) {
    for (column, rounded) in &outcome.rounded {
        *counts.entry(column.clone()).or_default() += rounded.n;
    }
}

/// What to say about a column with such numbers.
pub fn rounded_warning(column: &str, n: u64) -> String {
    let noun = if n == 1 { "whole number" } else { "whole numbers" };
    format!(
        "`{column}`: {n} {noun} beyond 2^53 may have lost digits, since numbers of JavaScript are doubles; keep what \
         the page has as text as text, write `big_integers: bigint` in `converter` for what it has as numbers, or declare \
         the column as `float` if doubles are meant"
    )
}

//! The values that a table with a cursor of its own has gone through: rows of a new one from before the cursor were never requested.

use std::collections::BTreeSet;

use pipeline_config::fingerprint;

use super::{RunError, keys::Keys};
use crate::incremental::TableState;

/// More values than this are too many for a manifest; new ones among them are not noticed.
const MAX_VALUES: usize = 50_000;

/// The values of a run, as hashes.
#[derive(Debug)]
pub(super) struct Through {
    /// Those of this run, and of the runs before.
    pub(super) all: Vec<String>,
    /// How many no run before had.
    pub(super) n_new: usize,
}

impl Through {
    /// `None` where the table goes through no other, or where there are too many values.
    pub(super) fn of(keys: Option<&Keys>, before: Option<&TableState>) -> Result<Option<Self>, RunError> {
        let Some(keys) = keys else { return Ok(None) };
        let before = before.and_then(|state| state.through.as_ref());
        let mut all: BTreeSet<String> = before.into_iter().flatten().cloned().collect();
        let n_before = all.len();
        for value in keys.read()? {
            all.insert(fingerprint([value?.as_str()]));
            if all.len() > MAX_VALUES {
                return Ok(None);
            }
        }
        let n_new = if before.is_some() { all.len() - n_before } else { 0 };
        Ok(Some(Self { all: all.into_iter().collect(), n_new }))
    }

    /// What a run says that reads everything again, or that cannot.
    pub(super) fn problem(&self, keys: &Keys) -> String {
        let what = if self.n_new == 1 { "value is" } else { "values are" };
        let (table, column) = (&keys.table, &keys.column);
        format!(
            "{} {what} new in `{column}` of `{table}`, which this table goes through (`for_each`), and rows of before the cursor were never \
             requested for what is new",
            self.n_new
        )
    }

    /// The refusal where rows are appended.
    pub(super) fn refusal(&self, keys: &Keys) -> RunError {
        RunError::Scope {
            problem: format!(
                "{}; reading everything again would add the others once more\n  = help: write `mode: upsert` with a `key`, which then \
                 reads everything again by itself, or run once with `--full-refresh`",
                self.problem(keys)
            ),
        }
    }
}

//! The values that a table with a cursor of its own has gone through: rows of a new one from before the cursor were never requested.

use std::collections::BTreeSet;

use pipeline_config::fingerprint;

use super::{RunError, keys::Keys};
use crate::incremental::TableState;

/// More values than this are too many for a manifest; new ones among them are not noticed.
const MAX_VALUES: usize = 50_000;

/// Which values stay known. One that is not listed for a night is not asked for, while the cursor passes its rows; where the other table
/// brings changes only, that it is not listed says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    OfThisRun,
    OfAllRuns,
}

/// The values of a run, as hashes.
#[derive(Debug)]
pub(super) struct Through {
    /// Those of this run; of the runs before, too, where the other table brings changes only.
    pub(super) all: Vec<String>,
    /// How many no run before had.
    pub(super) n_new: usize,
}

impl Through {
    /// `None` where the table goes through no other, or where there are too many values.
    pub(super) fn of(
        keys: Option<&Keys>,
        before: Option<&TableState>,
        kept: Kept,
    ) -> Result<Option<Self>, RunError> {
        let Some(keys) = keys else { return Ok(None) };
        let before = before.and_then(|state| state.through.as_ref());
        let known: BTreeSet<String> = before.into_iter().flatten().cloned().collect();
        let mut all = BTreeSet::new();
        for value in keys.read()? {
            all.insert(fingerprint([value?.as_str()]));
            if all.len() > MAX_VALUES {
                return Ok(None);
            }
        }
        let n_new = if before.is_some() { all.difference(&known).count() } else { 0 };
        if kept == Kept::OfAllRuns {
            all.extend(known);
        }
        Ok(Some(Self { all: all.into_iter().collect(), n_new })
            .filter(|through| through.all.len() <= MAX_VALUES))
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

//! The columns that rows have, from the first pages of a table and from its output.

use std::sync::Arc;

use futures::TryStreamExt;
use pipeline_table::{Columns, DeclaredColumns};
use pipeline_worker::ContainedConverter;

use crate::{
    plan::{Plan, TablePlan},
    preview::first_pages,
    run::RunError,
};

/// What the first pages show.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The columns of all their rows, as readers would see them.
    pub columns: Columns,
    /// How many pages there were.
    pub n_pages: usize,
    /// How many rows they have.
    pub n_rows: usize,
}

/// Whether the contract of `columns:` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// Types are those of the values alone.
    Ignored,
    /// Declared columns have their types, and values that break the contract are errors.
    Kept,
}

/// Fetches and converts up to `max_pages` pages of a table's first query, and writes nothing.
///
/// # Errors
/// [`RunError`], as of a run.
pub async fn sample(
    plan: &Plan,
    table: &TablePlan,
    (contract, max_pages): (Contract, usize),
) -> Result<Sample, RunError> {
    let declared = match contract {
        Contract::Ignored => Arc::new(DeclaredColumns::default()),
        Contract::Kept => Arc::clone(&table.columns),
    };
    let mut converter = ContainedConverter::new(Arc::new(plan.converter_setup(table, &declared)));
    let mut pages = first_pages(plan, table, max_pages).await?;
    let mut sample = Sample { columns: declared.columns(), ..Sample::default() };
    while let Some(page) = pages.try_next().await? {
        let batch = converter.convert(Arc::new(page)).await?;
        sample.columns = sample.columns.unify(batch.columns());
        sample.n_rows += batch.n_rows();
        sample.n_pages += 1;
    }
    sample.columns = sample.columns.published();
    Ok(sample)
}

/// The columns that the last run left in the output of a table; `None` when there is none that tells.
///
/// # Errors
/// [`RunError::Sink`] when it is there and cannot be read.
pub async fn earlier(table: &TablePlan) -> Result<Option<Columns>, RunError> {
    let sink = Arc::clone(&table.sink);
    let reading = tokio::task::spawn_blocking(move || sink.earlier());
    Ok(reading.await.map_err(|_| RunError::Bug("reading the output ended"))??)
}

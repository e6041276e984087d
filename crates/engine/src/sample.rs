//! The columns that rows have, from the first pages of a table and from its output.

use std::sync::Arc;

use futures::TryStreamExt;
use pipeline_converter::Converter;
use pipeline_table::{Columns, DeclaredColumns};

use crate::{
    plan::{Plan, TablePlan},
    run::{RunError, convert_page, on_converter_thread},
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

/// Fetches and converts up to `max_pages` pages of a table, and writes nothing.
///
/// # Errors
/// [`RunError`], as of a run.
pub async fn sample(
    plan: &Plan,
    table: &TablePlan,
    (contract, max_pages): (Contract, usize),
) -> Result<Sample, RunError> {
    let mut stream = Arc::clone(&plan.datasource).pages(Arc::clone(&table.query), Arc::clone(&plan.values));
    let mut pages = Vec::new();
    while pages.len() < max_pages
        && let Some(page) = stream.try_next().await?
    {
        pages.push(page);
    }
    drop(stream);
    let declared = match contract {
        Contract::Ignored => Arc::new(DeclaredColumns::default()),
        Contract::Kept => Arc::clone(&table.columns),
    };
    let (script, name, run_id) = (table.script.clone(), table.name.clone(), plan.run_id.clone());
    let (answer, received) = tokio::sync::oneshot::channel();
    on_converter_thread(move || {
        let read = || {
            let mut converter = Converter::new(&script, Arc::clone(&declared), Default::default())?;
            let mut sample = Sample { columns: declared.columns(), ..Sample::default() };
            for page in &pages {
                let batch = convert_page(&mut converter, page, (&name, &run_id))?;
                sample.columns = sample.columns.unify(batch.columns());
                sample.n_rows += batch.n_rows();
            }
            sample.n_pages = pages.len();
            sample.columns = sample.columns.published();
            Ok(sample)
        };
        // The receiver is gone when the sample was given up.
        let _ = answer.send(read());
    })?;
    received.await.map_err(|_| RunError::Bug("the converter thread ended"))?.map_err(RunError::Converter)
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

//! Looks at a plan without writing anything.

use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use indexmap::IndexMap;
use pipeline_datasource::Page;
use pipeline_query::{Doubted, ForEach, Query};
use pipeline_table::{Batch, ColumnText, Columns, Rounded, cast};
use pipeline_worker::ContainedConverter;

use crate::{
    plan::{Plan, TablePlan},
    run::{FetchPlan, PartPages, Presence, RunError, refuse_inexact},
};

/// The first page as rows.
#[derive(Debug)]
pub struct Preview {
    /// The columns with the types that this page shows.
    pub columns: Columns,
    /// The rows.
    pub rows: RecordBatch,
    /// For each place in a column, the whole numbers beyond 2^53 that came as doubles and may have lost digits.
    pub rounded: IndexMap<String, Rounded>,
    /// What is odd about them.
    pub warnings: Vec<String>,
    /// Why a run would miss rows, or end with an error, as far as this page tells.
    pub doubt: Option<Doubted>,
}

/// Fetches and converts the first page of a table; of one that goes through another table, for its first row.
///
/// # Errors
/// [`RunError`], as of a run.
pub async fn preview(plan: &Plan, table: &TablePlan) -> Result<Preview, RunError> {
    let page = first_pages(plan, table, 1).await?.try_next().await?.ok_or(RunError::NoPage)?;
    convert_first(plan, table, page).await
}

/// The first page of a table as a run gets it; of one that goes through another table, for its first row.
pub(crate) async fn first_page(plan: &Plan, table: &TablePlan) -> Result<Page, RunError> {
    let query = Arc::new(table.query.first_pages(1));
    let mut pages = pages_of_first_part(plan, table, query).await?;
    pages.try_next().await?.ok_or(RunError::NoPage)
}

/// The first `n_pages` pages, or as many as there are, of a table's first query: its first window, and of one that goes
/// through another table, its first row. A page that contradicts itself is shown with its doubt.
pub async fn first_pages(plan: &Plan, table: &TablePlan, n_pages: usize) -> Result<PartPages, RunError> {
    let query = Arc::new(table.query.first_pages(n_pages).leniently());
    pages_of_first_part(plan, table, query).await
}

async fn pages_of_first_part(
    plan: &Plan,
    table: &TablePlan,
    query: Arc<Query>,
) -> Result<PartPages, RunError> {
    let key = match table.query.for_each() {
        None => None,
        Some(each) => Some(first_key(plan, each).await?),
    };
    let fetch_plan = FetchPlan { query, ..plan.fetch_plan(table) };
    Ok(fetch_plan.pages_of(fetch_plan.first_part(key.as_deref())?))
}

/// The rows of that page.
pub(crate) async fn convert_first(plan: &Plan, table: &TablePlan, page: Page) -> Result<Preview, RunError> {
    let doubt = page.doubt.clone();
    let batch = batch_of(plan, table, page).await?;
    let mut presence = Presence::default();
    presence.add(&batch);
    let warnings = presence.warnings(&table.columns, (batch.columns(), table.sink.json()));
    let warnings = warnings.into_iter().map(|warning| format!("on the first page, {warning}")).collect();
    Ok(Preview {
        columns: batch.columns().clone(),
        rows: batch.rows().clone(),
        rounded: batch.outcome().rounded.clone(),
        warnings,
        doubt,
    })
}

async fn batch_of(plan: &Plan, table: &TablePlan, page: Page) -> Result<Batch, RunError> {
    let mut converter = ContainedConverter::new(Arc::new(plan.converter_setup(table, &table.columns)));
    Ok(converter.convert(Arc::new(page)).await?)
}

/// The first value of the column that a table goes through, from the first page of its table.
async fn first_key(plan: &Plan, each: &ForEach) -> Result<String, RunError> {
    let parent = plan.parent(each)?;
    let page = Box::pin(first_page(plan, parent)).await?;
    let seen = batch_of(plan, parent, page).await?;
    refuse_inexact((0, &seen), &each.column)?;
    let values = cast(&seen, &seen.columns().published())?;
    let at = values.schema().index_of(&each.column).map_err(|_| RunError::NoKeys {
        table: each.table.value.clone(),
        column: each.column.clone(),
        known: seen.columns().iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join("`, `"),
    })?;
    let texts = ColumnText::of(&values)?;
    let row = (0..values.num_rows()).find(|row| !texts[at].is_null(*row)).ok_or(RunError::NoPage)?;
    let mut key = String::new();
    texts[at].push_plain(row, &mut key);
    Ok(key)
}

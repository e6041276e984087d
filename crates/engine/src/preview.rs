//! Looks at a plan without writing anything.

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use pipeline_converter::Converter;
use pipeline_datasource::Page;
use pipeline_table::Columns;

use crate::{
    plan::{Plan, TablePlan},
    run::{RunError, convert_page, on_converter_thread},
};

/// The first page as rows.
#[derive(Debug)]
pub struct Preview {
    /// The columns with the types that this page shows.
    pub columns: Columns,
    /// The rows.
    pub rows: RecordBatch,
}

/// Fetches and converts the first page of a table.
///
/// # Errors
/// [`RunError`], as of a run.
pub async fn preview(plan: &Plan, table: &TablePlan) -> Result<Preview, RunError> {
    let page = first_page(plan, table).await?;
    convert_first(plan, table, page).await
}

/// The first page of a table.
pub(crate) async fn first_page(plan: &Plan, table: &TablePlan) -> Result<Page, RunError> {
    let mut pages = std::sync::Arc::clone(&plan.datasource).pages(table.query.clone(), plan.values.clone());
    pages.try_next().await?.ok_or(RunError::Bug("the datasource gave no page"))
}

/// The rows of that page.
pub(crate) async fn convert_first(plan: &Plan, table: &TablePlan, page: Page) -> Result<Preview, RunError> {
    let (script, columns) = (table.script.clone(), table.columns.clone());
    let (name, run_id) = (table.name.clone(), plan.run_id.clone());
    let (answer, received) = tokio::sync::oneshot::channel();
    on_converter_thread(move || {
        let converted = Converter::new(&script, columns, Default::default())
            .and_then(|mut converter| convert_page(&mut converter, &page, (&name, &run_id)));
        // The receiver is gone when the preview was given up.
        let _ = answer.send(converted);
    })?;
    let batch = received.await.map_err(|_| RunError::Bug("the converter thread ended"))??;
    Ok(Preview { columns: batch.columns().clone(), rows: batch.rows().clone() })
}

//! Looks at a plan without writing anything.

use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use pipeline_datasource::Tested;
use pipeline_table::Columns;

use crate::{
    converting::ContainedConverter,
    plan::{Plan, TablePlan},
    run::RunError,
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
    let mut pages = Arc::clone(&plan.datasource).pages(table.query.clone(), plan.values.clone());
    let page = pages.try_next().await?.ok_or(RunError::Bug("the datasource gave no page"))?;
    let mut converter = ContainedConverter::new(Arc::new(plan.converter_setup(table)));
    let batch = converter.convert(Arc::new(page)).await?;
    Ok(Preview { columns: batch.columns().clone(), rows: batch.rows().clone() })
}

/// One `GET` on the datasource's `test_path`.
///
/// # Errors
/// [`RunError::Datasource`].
pub async fn check(plan: &Plan) -> Result<Tested, RunError> {
    Ok(plan.datasource.test().await?)
}

//! Gives the rows of a table to whoever asks, and writes nothing.

use std::sync::Arc;

use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use pipeline_query::ForEach;
use pipeline_table::{Batch, DeclaredColumns};
use pipeline_worker::{ConverterPool, n_cores};

use crate::{
    journal::Resumption,
    plan::{Plan, TablePlan},
    run::{KeyCollector, Keys, Pages, RunError},
};

/// Pages of rows, in order; after an error there are no more.
pub type Rows = BoxStream<'static, Result<Batch, RunError>>;

/// Reads a table from its beginning, with these columns for its contract; pages are asked for while rows are taken, and
/// no more when the stream is dropped.
pub fn read(plan: &Arc<Plan>, table: &str, columns: &Arc<DeclaredColumns>) -> Rows {
    let begun = begin(Arc::clone(plan), table.to_owned(), Arc::clone(columns));
    stream::once(begun).try_flatten().boxed()
}

async fn begin(plan: Arc<Plan>, table: String, columns: Arc<DeclaredColumns>) -> Result<Rows, RunError> {
    let table = plan.table(&table).ok_or(RunError::Bug("a table is read that is not there"))?;
    let keys = match table.query.for_each() {
        Some(each) => Some(keys(&plan, each).await?),
        None => None,
    };
    let pages = plan.fetch_plan(table).pages(keys.as_ref(), Resumption::default())?;
    Ok(convert(&plan, (table, &columns), pages))
}

/// Converts pages side by side; at least one is ahead of its reader, so that fetching and converting go on meanwhile.
fn convert(plan: &Plan, (table, columns): (&TablePlan, &Arc<DeclaredColumns>), pages: Pages) -> Rows {
    let converters = Arc::new(ConverterPool::new(plan.converter_setup(table, columns)));
    let converted = pages.map(move |fetched| {
        let converters = Arc::clone(&converters);
        async move { Ok(converters.convert(Arc::new(fetched?.page)).await?) }
    });
    converted.buffered(n_cores()).boxed()
}

/// The column that a table goes through, of all rows of its table.
async fn keys(plan: &Arc<Plan>, each: &ForEach) -> Result<Keys, RunError> {
    let parent = plan.parent(each)?;
    let mut collector = KeyCollector::new(&parent.name, &each.column)?;
    let mut rows = read(plan, &parent.name, &parent.columns);
    while let Some(batch) = rows.try_next().await? {
        collector.add(&batch)?;
    }
    collector.finish()
}

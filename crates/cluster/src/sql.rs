//! SQL over pipelines: in `select … from 'pipelines/jira.yaml'`, the file stands for the rows that it would write.
//!
//! Columns that nobody asks for are never built, and no page is asked for beyond those that a `limit` needs. A column has
//! its declared type, or the one that the first page shows.

use std::{
    fmt::{self, Debug},
    path::PathBuf,
    sync::Arc,
};

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::{
    catalog::{DynamicFileCatalog, Session, TableProvider, UrlTableFactory},
    datasource::{TableType, dynamic_file::DynamicListTableFactory},
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext, session_state::SessionStateBuilder},
    logical_expr::Expr,
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
    prelude::{SessionConfig, SessionContext},
};
use futures::{StreamExt, TryStreamExt};
use pipeline_config::explain;
use pipeline_engine::{Contract, Plan, RunError, read, sample};
use pipeline_table::{Columns, DeclaredColumns, cast};

/// Reads a pipeline's file; the problem in words where it is wrong.
pub type OpenPipeline = dyn Fn(PathBuf) -> Result<Plan, String> + Send + Sync;

/// Answers queries.
pub struct Sql {
    context: SessionContext,
}

/// A query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// A pipeline that it reads from could not be run.
    #[error(transparent)]
    Run(Box<RunError>),
    /// It is wrong, or what it asks for is not there.
    #[error("{0}")]
    Query(String),
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        let query = |error: &DataFusionError| Self::Query(error.strip_backtrace());
        match error {
            DataFusionError::External(source) => match source.downcast::<RunError>() {
                Ok(error) => Self::Run(error),
                Err(source) => Self::Query(source.to_string()),
            },
            DataFusionError::Context(_, source) => Self::from(*source),
            // Several may wait for one that failed.
            DataFusionError::Shared(ref source) => match source.as_ref() {
                DataFusionError::External(source) => Self::Query(explain(source.as_ref())),
                source => query(source),
            },
            error => query(&error),
        }
    }
}

impl Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sql").finish_non_exhaustive()
    }
}

impl Sql {
    /// A session in which files are tables: pipelines as `open` reads them, and those of data.
    pub fn new(open: Arc<OpenPipeline>) -> Self {
        // As columns are named in converters, `select Key` is to find `Key`.
        let config = SessionConfig::new()
            .with_information_schema(true)
            .set_bool("datafusion.sql_parser.enable_ident_normalization", false);
        let context = SessionContext::new_with_config(config);
        let files = Arc::new(DynamicListTableFactory::default());
        let factory = Arc::new(Tables { open, files: Arc::clone(&files) });
        let catalogs = Arc::clone(context.state_ref().read().catalog_list());
        let state = SessionStateBuilder::from(context.state())
            .with_catalog_list(Arc::new(DynamicFileCatalog::new(catalogs, factory)))
            .build();
        let context = SessionContext::new_with_state(state);
        files.session_store().with_state(context.state_weak_ref());
        Self { context }
    }

    /// The rows of a query, as they come, and their columns.
    ///
    /// # Errors
    /// [`SqlError`], here and among the rows.
    pub async fn query(
        &self,
        sql: &str,
    ) -> Result<
        (SchemaRef, impl futures::Stream<Item = Result<arrow::array::RecordBatch, SqlError>> + use<>),
        SqlError,
    > {
        let rows = self.context.sql(sql).await?.execute_stream().await?;
        Ok((rows.schema(), rows.map_err(SqlError::from)))
    }
}

/// Makes tables of file names.
struct Tables {
    open: Arc<OpenPipeline>,
    files: Arc<DynamicListTableFactory>,
}

impl Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}

#[async_trait]
impl UrlTableFactory for Tables {
    async fn try_new(&self, url: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let (path, table) = url.split_once('#').map_or((url, None), |(path, table)| (path, Some(table)));
        if !(path.ends_with(".yaml") || path.ends_with(".yml")) {
            return self.files.try_new(url).await;
        }
        let plan = (self.open)(path.into()).map_err(|problem| DataFusionError::External(problem.into()))?;
        let names: Vec<&str> = plan.tables.iter().map(|table| table.name.as_str()).collect();
        let table = match (table, names.as_slice()) {
            (None, [only]) => *only,
            (Some(table), _) if names.contains(&table) => table,
            (_, names) => {
                let shown: Vec<String> = names.iter().map(|name| format!("'{path}#{name}'")).collect();
                let problem = format!("`{url}` is not one table; write {}", shown.join(" or "));
                return Err(DataFusionError::External(problem.into()));
            }
        };
        let table = table.to_owned();
        Ok(Some(Arc::new(PipelineTable::open(plan, table).await.map_err(external)?)))
    }
}

fn external(error: RunError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// A table of a pipeline.
#[derive(Debug)]
struct PipelineTable {
    plan: Arc<Plan>,
    table: String,
    columns: Columns,
    declared: Arc<DeclaredColumns>,
    schema: SchemaRef,
}

impl PipelineTable {
    /// Takes a look at the first page for the types of columns that are not declared.
    async fn open(plan: Plan, table: String) -> Result<Self, RunError> {
        let plan = Arc::new(plan);
        let found = plan.table(&table).ok_or(RunError::NoPage)?;
        let columns = sample(&plan, found, (Contract::Kept, 1)).await?.columns;
        let declared = found.columns().clone();
        let schema = nullable(&columns.to_schema(Default::default()));
        Ok(Self { plan, table, columns, declared, schema })
    }
}

/// Aggregates and joins know nothing of columns that must not be null.
fn nullable(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect::<Vec<_>>(),
    ))
}

#[async_trait]
impl TableProvider for PipelineTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<_> = self.columns.iter().cloned().collect();
        let wanted: Vec<_> = match projection {
            Some(indices) => indices.iter().map(|index| all[*index].clone()).collect(),
            None => all,
        };
        let names: Vec<&str> = wanted.iter().map(|column| column.name.as_str()).collect();
        let declared = Arc::new(self.declared.only(&self.columns, &names));
        let columns = Columns::new(wanted);
        let schema = nullable(&columns.to_schema(Default::default()));
        let (plan, table) = (Arc::clone(&self.plan), self.table.clone());
        let rows = TableRows { plan, table, declared, columns, schema: Arc::clone(&schema) };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(rows)], None, [], false, limit)?))
    }
}

/// Rows with some of the columns.
#[derive(Debug)]
struct TableRows {
    plan: Arc<Plan>,
    table: String,
    declared: Arc<DeclaredColumns>,
    columns: Columns,
    schema: SchemaRef,
}

impl PartitionStream for TableRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (columns, schema) = (self.columns.clone(), Arc::clone(&self.schema));
        let batches = read(&self.plan, &self.table, &self.declared).map(move |batch| {
            let rows = batch.and_then(|batch| Ok(cast(&batch, &columns)?)).map_err(external)?;
            Ok(rows.with_schema(Arc::clone(&schema))?)
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

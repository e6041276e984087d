//! `pipeline query`.

use std::{path::PathBuf, sync::Arc};

use arrow::{array::RecordBatch, compute::concat_batches, error::ArrowError, json::LineDelimitedWriter};
use futures::TryStreamExt;
use pipeline_cluster::{Sql, SqlError};
use pipeline_engine::Silent;

use crate::{
    Failure, Session,
    args::{Format, PipelineArgs, QueryArgs},
    numbers, table_view,
};

pub(crate) async fn query(session: &Session, args: &QueryArgs) -> Result<(), Failure> {
    let runtime = Arc::new(session.runtime(args.sandbox.issues()).await?);
    let open = {
        let (session, runtime) = (session.clone(), Arc::clone(&runtime));
        let params = args.clone();
        move |file: PathBuf| {
            let plan = session.load(&pipeline(&params, file), &runtime, Arc::new(Silent));
            plan.map_err(|failure| failure.message().to_owned())
        }
    };
    let sql = if args.explain { format!("explain {}", args.sql) } else { args.sql.clone() };
    let engine = Sql::new(Arc::new(open));
    let (schema, rows) = engine.query(&sql).await.map_err(failure)?;
    match args.format {
        Format::Text => {
            // As wide as their widest value, tables are drawn whole.
            let batches: Vec<RecordBatch> = rows.try_collect().await.map_err(failure)?;
            let rows =
                concat_batches(&schema, &batches).map_err(|error| Failure::failed(error.to_string()))?;
            session.terminal.print(table_view::table(&rows, session.terminal.width()))?;
            session.terminal.say(numbers::counted(rows.num_rows() as u64, "row"));
        }
        Format::Json => {
            let mut rows = std::pin::pin!(rows);
            while let Some(batch) = rows.try_next().await.map_err(failure)? {
                session.terminal.print(lines(&batch).map_err(|error| Failure::failed(error.to_string()))?)?;
            }
        }
    }
    Ok(())
}

/// What the file of a pipeline is read with.
fn pipeline(args: &QueryArgs, file: PathBuf) -> PipelineArgs {
    PipelineArgs { file, params: args.params.clone(), sandbox: args.sandbox }
}

/// One line of JSON per row.
fn lines(rows: &RecordBatch) -> Result<String, ArrowError> {
    let mut writer = LineDelimitedWriter::new(Vec::new());
    writer.write(rows)?;
    writer.finish()?;
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned())
}

fn failure(error: SqlError) -> Failure {
    match error {
        SqlError::Run(error) => Failure::from(*error),
        SqlError::Query(problem) => {
            let problem = problem.strip_prefix("error: ").unwrap_or(&problem);
            Failure::usage(problem)
        }
    }
}

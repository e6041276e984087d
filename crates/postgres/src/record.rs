//! What a table remembers of its runs: `_pipeline_runs`, beside it.

use pipeline_sink::SinkError;
use pipeline_table::{ColumnSpec, ColumnType, Columns};
use postgres::{Client, GenericClient};
use serde_json::{Value, json};

use crate::{connection::read_error, names::TableName};

/// The last run that was committed into a table.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) run_id: String,
    pub(crate) columns: Columns,
    pub(crate) state: Option<Value>,
}

/// Whether a table of this name is there.
pub(crate) fn exists(client: &mut impl GenericClient, table: &TableName) -> Result<bool, postgres::Error> {
    let row = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&table.sql()])?;
    Ok(row.get(0))
}

/// Whether a table that is there has a row.
pub(crate) fn has_rows(client: &mut Client, table: &TableName) -> Result<bool, postgres::Error> {
    Ok(client.query_one(&format!("SELECT EXISTS (SELECT 1 FROM {})", table.sql()), &[])?.get(0))
}

impl Record {
    /// The record of the last run into a table; `None` where there is no table, or none that we know.
    ///
    /// # Errors
    /// [`SinkError::Read`], [`SinkError::Refused`].
    pub(crate) fn last(
        client: &mut Client,
        table: &TableName,
        target: &str,
    ) -> Result<Option<Self>, SinkError> {
        let failed = read_error(target);
        if !exists(client, table).map_err(&failed)? || !exists(client, &table.runs()).map_err(&failed)? {
            return Ok(None);
        }
        let select = format!(
            "SELECT run_id, columns, state FROM {} WHERE table_name = $1 ORDER BY committed_at DESC, run_id DESC LIMIT 1",
            table.runs().sql()
        );
        let Some(row) = client.query_opt(&select, &[&table.name()]).map_err(&failed)? else {
            return Ok(None);
        };
        let columns = columns_of(&row.get(1)).ok_or_else(|| SinkError::Refused {
            target: target.to_owned(),
            problem: format!("`{}` has columns that this program does not know", table.runs()),
        })?;
        Ok(Some(Self { run_id: row.get(0), columns, state: row.get(2) }))
    }

    /// How many rows a run has brought; `None` when it is not part of the table.
    ///
    /// # Errors
    /// [`SinkError::Read`].
    pub(crate) fn rows(
        client: &mut Client,
        table: &TableName,
        run_id: &str,
    ) -> Result<Option<u64>, postgres::Error> {
        if !exists(client, table)? || !exists(client, &table.runs())? {
            return Ok(None);
        }
        let select = format!("SELECT rows FROM {} WHERE table_name = $1 AND run_id = $2", table.runs().sql());
        let row = client.query_opt(&select, &[&table.name(), &run_id])?;
        Ok(row.map(|row| row.get::<_, i64>(0).unsigned_abs()))
    }

    /// Notes a run, in the transaction that brings its rows.
    pub(crate) fn note(
        &self,
        client: &mut impl GenericClient,
        (table, mode, n_rows): (&TableName, &str, u64),
    ) -> Result<(), postgres::Error> {
        let runs = table.runs().sql();
        client.batch_execute(&format!(
            "CREATE TABLE IF NOT EXISTS {runs} (
                table_name text NOT NULL,
                run_id text NOT NULL,
                committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                mode text NOT NULL,
                rows bigint NOT NULL,
                columns jsonb NOT NULL,
                state jsonb,
                PRIMARY KEY (table_name, run_id)
            )"
        ))?;
        let insert = format!(
            "INSERT INTO {runs} (table_name, run_id, mode, rows, columns, state) VALUES ($1, $2, $3, $4, $5, $6)"
        );
        let n_rows = i64::try_from(n_rows).unwrap_or(i64::MAX);
        let columns = columns_json(&self.columns);
        client.execute(&insert, &[&table.name(), &self.run_id, &mode, &n_rows, &columns, &self.state])?;
        Ok(())
    }
}

fn columns_json(columns: &Columns) -> Value {
    let column = |column: &ColumnSpec| json!({"name": column.name, "type": column.column_type.exact_name(), "required": column.required});
    columns.iter().map(column).collect()
}

fn columns_of(json: &Value) -> Option<Columns> {
    let column = |column: &Value| {
        Some(ColumnSpec {
            name: column["name"].as_str()?.to_owned(),
            column_type: ColumnType::parse_exact(column["type"].as_str()?).ok()?,
            required: column["required"].as_bool()?,
        })
    };
    json.as_array()?.iter().map(column).collect::<Option<Vec<_>>>().map(Columns::new)
}

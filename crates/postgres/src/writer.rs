//! Rows on their way into a table.

use std::io::Write;

use arrow::array::{Array, RecordBatch};
use pipeline_sink::{Commit, Committed, Earlier, Mode, Run, Sink, SinkError, Writer, WrittenFile};
use pipeline_table::{ColumnSpec, Columns};
use postgres::Transaction;

use crate::{
    connection::{Connection, told, write_error},
    encode::{SendError, encode},
    lost_answer::{find_out, is_refusal},
    names::{check_column, quoted, quoted_list},
    record::{Record, exists},
    sink::PostgresSink,
    sql_type::{arrived, sql_type, waiting_type, widened},
};

/// Where rows wait; it ends with the connection.
const WAITING: &str = "pg_temp._pipeline_rows";
/// The order of rows that wait.
const ORDER: &str = "_pipeline_order";

/// One run's rows, on a connection that holds the lock.
pub(crate) struct TableWriter {
    sink: PostgresSink,
    run: Run,
    target: String,
    connection: Connection,
    columns: Columns,
    /// Those of the table, as we left it.
    earlier: Option<Columns>,
    n_rows: u64,
    n_bytes: u64,
}

impl TableWriter {
    /// Makes the table in which rows wait.
    ///
    /// # Errors
    /// [`SinkError::Refused`], [`SinkError::Write`].
    pub(crate) fn new(
        (sink, run): (PostgresSink, Run),
        mut connection: Connection,
        (columns, earlier): (&Columns, Option<Columns>),
    ) -> Result<Self, SinkError> {
        let target = sink.target().into_owned();
        columns.iter().try_for_each(|column| check_column(&column.name, &target))?;
        for key in &sink.key {
            if columns.get(key).is_none() {
                let problem = format!("no row has `{key}`, which is part of the `key`");
                return Err(SinkError::Refused { target, problem });
            }
        }
        let typed =
            |column: &ColumnSpec| format!("{} {}", quoted(&column.name), waiting_type(&column.column_type));
        let defined: Vec<String> =
            std::iter::once(format!("{ORDER} bigserial")).chain(columns.iter().map(typed)).collect();
        let create = format!("CREATE TEMPORARY TABLE _pipeline_rows ({})", defined.join(", "));
        connection.batch_execute(&create).map_err(write_error(&target))?;
        Ok(Self { sink, run, target, connection, columns: columns.clone(), earlier, n_rows: 0, n_bytes: 0 })
    }

    fn refuse_rows_without_key(&self, rows: &RecordBatch) -> Result<(), SinkError> {
        let null = |key: &String| {
            let values = rows.column_by_name(key)?;
            (0..values.len()).find(|row| values.is_null(*row)).map(|row| (key.clone(), row))
        };
        let Some((key, row)) = self.sink.key.iter().find_map(null) else { return Ok(()) };
        let row = self.n_rows + row as u64 + 1;
        let problem = format!("row {row} of the run has no `{key}`, which is part of the `key`");
        Err(SinkError::Refused { target: self.target.clone(), problem })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }
}

impl Writer for TableWriter {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        if self.columns.is_empty() || rows.num_rows() == 0 {
            self.n_rows += rows.num_rows() as u64;
            return Ok(());
        }
        self.refuse_rows_without_key(rows)?;
        let target = &self.target;
        let failed = write_error(target);
        let copy = format!("COPY {WAITING} ({}) FROM STDIN", quoted_list(self.names()));
        let mut copying = self.connection.copy_in(&copy).map_err(&failed)?;
        let mut n_bytes = 0;
        let sent = encode(rows, |lines| {
            n_bytes += lines.len() as u64;
            copying.write_all(lines)
        });
        match sent {
            Ok(()) => {}
            Err(SendError::Table(error)) => return Err(error.into()),
            Err(SendError::Io(error)) => {
                return Err(SinkError::Write { path: target.into(), source: of_io(error) });
            }
            Err(SendError::Zero { row, column }) => {
                let name = rows.schema_ref().field(column).name().clone();
                let problem = format!(
                    "row {}, column `{name}`: the text has the character U+0000, which PostgreSQL does not take; \
                     remove it in the converter, as `.replaceAll('\\0', '')`",
                    self.n_rows + row as u64 + 1
                );
                return Err(SinkError::Refused { target: target.clone(), problem });
            }
        }
        self.n_bytes += n_bytes;
        self.n_rows += copying.finish().map_err(&failed)?;
        Ok(())
    }

    fn finish(mut self: Box<Self>, commit: Commit) -> Result<Committed, SinkError> {
        let failed = write_error(&self.target);
        let replaces_all = self.sink.mode == Mode::Overwrite || self.run.earlier == Earlier::Drop;
        let (sink, columns) = (&self.sink, &self.columns);
        let plan = Plan { sink, columns, earlier: self.earlier.as_ref(), replaces_all };
        let mut transaction = self.connection.transaction().map_err(&failed)?;
        let inserted = plan.bring(&mut transaction).map_err(&failed)?;
        let superseded = self.n_rows.saturating_sub(inserted);
        if superseded > 0 && self.sink.mode != Mode::Upsert && !self.columns.is_empty() {
            let (written, found) = (self.n_rows, inserted);
            return Err(SinkError::Mismatch { target: self.target.clone(), written, found });
        }
        let record = Record { run_id: self.run.id.clone(), columns: plan.all_columns(), state: commit.state };
        let noted = (&self.sink.table, self.sink.mode_name(), inserted);
        record.note(&mut transaction, noted).map_err(&failed)?;
        if let Err(error) = transaction.commit() {
            if is_refusal(&error) {
                return Err(failed(error));
            }
            find_out(&self.sink, &self.run.id, error)?;
        }
        let file = WrittenFile {
            path: self.target.clone().into(),
            rows: inserted,
            bytes: self.n_bytes,
            sha256: None,
        };
        Ok(Committed { files: vec![file], rows_in_files: inserted, superseded, has_no_columns: false })
    }
}

/// COPY tells what it does not take as an error of its pipe.
fn of_io(error: std::io::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error.into_inner() {
        None => "the connection ended".into(),
        Some(inner) => match inner.downcast::<postgres::Error>() {
            Ok(error) => told(*error),
            Err(other) => other,
        },
    }
}

/// What the transaction does.
struct Plan<'a> {
    sink: &'a PostgresSink,
    columns: &'a Columns,
    earlier: Option<&'a Columns>,
    /// Whether no earlier row stays.
    replaces_all: bool,
}

impl Plan<'_> {
    /// Brings the rows that wait into the table; how many there are.
    fn bring(&self, transaction: &mut Transaction<'_>) -> Result<u64, postgres::Error> {
        let table = self.sink.table.sql();
        let is_new = !exists(transaction, &self.sink.table)?;
        if is_new {
            self.create(transaction)?;
        }
        // Other writers wait; readers do not.
        transaction.batch_execute(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))?;
        if self.replaces_all {
            transaction.batch_execute(&format!("DELETE FROM {table}"))?;
        }
        if !is_new {
            self.evolve(transaction)?;
        }
        if self.columns.is_empty() {
            return Ok(0);
        }
        if self.sink.mode == Mode::Upsert && !self.replaces_all {
            transaction.batch_execute(&self.delete_of_same_key())?;
        }
        transaction.execute(&self.insert(), &[])
    }

    fn create(&self, transaction: &mut Transaction<'_>) -> Result<(), postgres::Error> {
        let table = self.sink.table.sql();
        let columns: Vec<String> = self.columns.iter().map(definition).collect();
        transaction.batch_execute(&format!("CREATE TABLE {table} ({})", columns.join(", ")))?;
        if self.sink.key.is_empty() {
            return Ok(());
        }
        // Upserts look for rows by their key.
        let key = quoted_list(self.sink.key.iter().map(String::as_str));
        transaction.batch_execute(&format!("CREATE UNIQUE INDEX ON {table} ({key})"))
    }

    /// Adds columns, and widens those that earlier runs made; those that others made stay as they are.
    fn evolve(&self, transaction: &mut Transaction<'_>) -> Result<(), postgres::Error> {
        let table = self.sink.table.sql();
        for column in self.columns.iter() {
            let name = quoted(&column.name);
            let wanted = sql_type(&column.column_type);
            let earlier = self.earlier.and_then(|earlier| earlier.iter().find(|one| one.name == column.name));
            match earlier {
                // It may have been made by somebody else.
                None => transaction.batch_execute(&format!(
                    "ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} {wanted}"
                ))?,
                Some(earlier) if sql_type(&earlier.column_type) != wanted => {
                    let using = widened(&column.name, &column.column_type);
                    transaction.batch_execute(&format!(
                        "ALTER TABLE {table} ALTER COLUMN {name} TYPE {wanted} USING {using}"
                    ))?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn delete_of_same_key(&self) -> String {
        let same = |key: &String| format!("t.{0} = w.{0}", quoted(key));
        let same: Vec<String> = self.sink.key.iter().map(same).collect();
        format!("DELETE FROM {} t USING {WAITING} w WHERE {}", self.sink.table.sql(), same.join(" AND "))
    }

    /// In the order in which they came; of several with one key, the last.
    fn insert(&self) -> String {
        let names = quoted_list(self.columns.iter().map(|column| column.name.as_str()));
        let values: Vec<String> =
            self.columns.iter().map(|column| arrived(&column.name, &column.column_type)).collect();
        let values = values.join(", ");
        let waiting = match self.sink.mode {
            Mode::Upsert => {
                let key = quoted_list(self.sink.key.iter().map(String::as_str));
                format!("(SELECT DISTINCT ON ({key}) * FROM {WAITING} ORDER BY {key}, {ORDER} DESC) w")
            }
            _ => WAITING.to_owned(),
        };
        format!(
            "INSERT INTO {} ({names}) SELECT {values} FROM {waiting} ORDER BY {ORDER}",
            self.sink.table.sql()
        )
    }

    /// Those of the run, and those of the table that this run does not have.
    fn all_columns(&self) -> Columns {
        let earlier = self.earlier.map(Columns::iter).into_iter().flatten();
        let others = earlier.filter(|column| self.columns.get(&column.name).is_none());
        Columns::new(self.columns.iter().chain(others).cloned().collect())
    }
}

fn definition(column: &ColumnSpec) -> String {
    let required = if column.required { " NOT NULL" } else { "" };
    format!("{} {}{required}", quoted(&column.name), sql_type(&column.column_type))
}

//! A table as a target.

use std::{borrow::Cow, time::Duration};

use pipeline_sink::{
    Committed, Earlier, Evolution, Mode, Output, RejectPlace, Run, Sink, SinkError, Writer, WrittenFile,
};
use pipeline_table::{Columns, JsonValues};
use postgres::{Config, config::Host};

use crate::{
    connection::{Connection, read_error, write_error},
    names::TableName,
    record::{Record, has_rows},
    writer::TableWriter,
};

/// How long a connection that was silent may take to show that it is there.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// One table, with its settings.
#[derive(Clone)]
pub(crate) struct PostgresSink {
    /// With the password; its `Debug` leaves that out.
    pub(crate) config: Box<Config>,
    pub(crate) table: TableName,
    pub(crate) mode: Mode,
    pub(crate) key: Vec<String>,
    pub(crate) evolution: Evolution,
}

impl std::fmt::Debug for PostgresSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresSink").field("target", &self.target()).finish_non_exhaustive()
    }
}

impl PostgresSink {
    pub(crate) fn mode_name(&self) -> &'static str {
        match self.mode {
            Mode::Append => "append",
            Mode::Upsert => "upsert",
            _ => "overwrite",
        }
    }

    pub(crate) fn connect(&self) -> Result<Connection, SinkError> {
        Connection::open(&self.config, &self.target())
    }

    /// Whether the run could end well, as far as the server tells before it.
    fn may_write(&self, connection: &mut Connection) -> Result<(), SinkError> {
        let target = self.target();
        let select = "SELECT n.oid IS NOT NULL,
                             coalesce(has_schema_privilege(n.oid, 'CREATE'), false),
                             coalesce(has_table_privilege(to_regclass($2), 'INSERT, DELETE'), true)
                      FROM (SELECT to_regnamespace(coalesce($1, quote_ident(current_schema()))) AS oid) n";
        let schema = self.table.schema();
        let row = connection.query_one(select, &[&schema, &self.table.sql()]).map_err(read_error(&target))?;
        let named = schema.unwrap_or_else(|| "the search path".to_owned());
        let problem = match (row.get(0), row.get(1), row.get(2)) {
            (false, _, _) => {
                format!("there is no schema {named}; make it, or name another one as `schema.table`")
            }
            // Runs are noted in a table of their own.
            (_, false, _) => {
                format!("this user may not create tables in {named}; `GRANT CREATE ON SCHEMA` allows it")
            }
            (_, _, false) => "this user may not insert into the table and delete from it".to_owned(),
            (true, true, true) => return Ok(()),
        };
        Err(SinkError::Refused { target: target.into_owned(), problem })
    }

    fn last(&self) -> Result<Option<Record>, SinkError> {
        Record::last(&mut *self.connect()?, &self.table, &self.target())
    }
}

impl Sink for PostgresSink {
    fn target(&self) -> Cow<'_, str> {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "localhost".to_owned(),
        };
        let database = self.config.get_dbname().or(self.config.get_user()).unwrap_or_default();
        format!("postgres://{host}/{database} {}", self.table).into()
    }

    fn json(&self) -> JsonValues {
        JsonValues::Nested
    }

    fn mode(&self) -> Mode {
        self.mode
    }

    fn key(&self) -> &[String] {
        &self.key
    }

    fn state(&self) -> Result<Option<serde_json::Value>, SinkError> {
        Ok(self.last()?.and_then(|record| record.state))
    }

    fn set_state(&self, state: serde_json::Value) -> Result<(), SinkError> {
        let target = self.target();
        let mut connection = self.connect()?;
        connection.lock(&self.table, &target)?;
        let Some(record) = Record::last(&mut connection, &self.table, &target)? else {
            let problem =
                "there is no table yet; `incremental.initial` says where the first run begins".to_owned();
            return Err(SinkError::Refused { target: target.into_owned(), problem });
        };
        let update = format!(
            "UPDATE {} SET state = $1 WHERE table_name = $2 AND run_id = $3",
            self.table.runs().sql()
        );
        let updated = connection.execute(&update, &[&state, &self.table.name(), &record.run_id]);
        updated.map(drop).map_err(write_error(&target))
    }

    fn committed(&self, run_id: &str) -> Result<Option<Committed>, SinkError> {
        let (mut connection, target) = (self.connect()?, self.target());
        let rows = Record::rows(&mut connection, &self.table, run_id).map_err(read_error(&target))?;
        let table =
            |rows| WrittenFile { path: target.clone().into_owned().into(), rows, bytes: 0, sha256: None };
        Ok(rows.map(|rows| Committed {
            files: vec![table(rows)],
            rows_in_files: rows,
            ..Committed::default()
        }))
    }

    fn evolution(&self) -> Evolution {
        self.evolution
    }

    fn earlier(&self) -> Result<Option<Columns>, SinkError> {
        Ok(self.last()?.map(|record| record.columns))
    }

    fn open(&self, run: &Run) -> Result<Box<dyn Output>, SinkError> {
        let target = self.target().into_owned();
        let mut connection = self.connect()?;
        connection.lock(&self.table, &target)?;
        self.may_write(&mut connection)?;
        let last = Record::last(&mut connection, &self.table, &target)?;
        let has_rows =
            last.is_some() && has_rows(&mut connection, &self.table).map_err(read_error(&target))?;
        let (sink, run, connection) = (self.clone(), run.clone(), Some(connection));
        Ok(Box::new(TableOutput { sink, run, connection, last, has_rows }))
    }

    fn rejected(&self, run_id: &str) -> RejectPlace {
        RejectPlace::file(format!(
            "{}.rejected-{run_id}.jsonl",
            self.table.to_string().replace(['/', '\\'], "_")
        ))
    }
}

/// One run into a table.
struct TableOutput {
    sink: PostgresSink,
    run: Run,
    /// With the lock; a writer takes it.
    connection: Option<Connection>,
    last: Option<Record>,
    has_rows: bool,
}

impl Output for TableOutput {
    fn kept(&self) -> Option<&Columns> {
        let keeps = self.sink.mode != Mode::Overwrite && self.run.earlier == Earlier::Keep;
        self.last.as_ref().filter(|_| keeps).map(|record| &record.columns)
    }

    fn state(&self) -> Option<&serde_json::Value> {
        self.last.as_ref()?.state.as_ref()
    }

    fn has_rows(&self) -> bool {
        self.has_rows
    }

    fn create(&mut self, columns: &Columns, _: &[(String, String)]) -> Result<Box<dyn Writer>, SinkError> {
        let first = self.connection.take();
        let alive = first.and_then(|mut first| first.is_valid(ANSWER_TIMEOUT).is_ok().then_some(first));
        let connection = alive.map_or_else(|| self.reconnect(), Ok)?;
        let earlier = self.last.as_ref().map(|record| record.columns.clone());
        Ok(Box::new(TableWriter::new((self.sink.clone(), self.run.clone()), connection, (columns, earlier))?))
    }
}

impl TableOutput {
    /// A run may take hours, and servers and what stands before them end connections that are silent for so long.
    fn reconnect(&self) -> Result<Connection, SinkError> {
        let target = self.sink.target();
        let mut connection = self.sink.connect()?;
        connection.lock(&self.sink.table, &target)?;
        let id = |record: &Option<Record>| record.as_ref().map(|record| record.run_id.clone());
        // The lock was gone for a while.
        match id(&Record::last(&mut connection, &self.sink.table, &target)?) == id(&self.last) {
            true => Ok(connection),
            false => Err(SinkError::Conflict { target: target.into_owned() }),
        }
    }
}

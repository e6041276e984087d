//! A history in memory, where the file cannot be used: the history is a record, and no reason not to run.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use pipeline_config::explain;

use super::{
    HistoryError,
    store::{History, LONG_PATIENCE, OpenRun, RunStart, SCHEMA},
};
use crate::sqlite;

impl History {
    /// Begins a run, which goes on where the history cannot be used: its record is kept in memory then, with a warning, and
    /// written down when it ends, where that can be done then.
    ///
    /// # Errors
    /// [`HistoryError`] for a state folder that cannot be made.
    pub fn begin_run(state: &Path, start: &RunStart) -> Result<OpenRun, HistoryError> {
        const MISSING: &str = "this run will not be in the history, unless that can be used when it ends";
        Self::or_in_memory((state, MISSING), |history| history.begin(start.clone()))
    }

    /// The history of a server, which goes on without it as runs do.
    ///
    /// # Errors
    /// [`HistoryError`] for a state folder that cannot be made.
    pub fn open_if_possible(state: &Path) -> Result<Self, HistoryError> {
        const MISSING: &str = "the server shows no runs until it is started again";
        Self::or_in_memory((state, MISSING), |history| history.mark_crashed().map(|_| history.clone()))
    }

    /// Does something with the history; with one in memory where the file cannot be used, and says what that means.
    fn or_in_memory<T>(
        (state, meaning): (&Path, &str),
        work: impl Fn(&Self) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let attempt = |is_suspect| work(&Self::open_by((state, is_suspect))?);
        let done = match attempt(false) {
            Err(HistoryError::Store { source, .. }) if sqlite::is_corrupt(&source) => attempt(true),
            done => done,
        };
        match done {
            Err(error @ (HistoryError::Store { .. } | HistoryError::Newer { .. })) => {
                let path = state.join("history.sqlite");
                let connection =
                    sqlite::in_memory(&SCHEMA).map_err(|error| HistoryError::open(&path, error))?;
                let connection = Arc::new(Mutex::new(connection));
                // What keeps the run from beginning at all is the only thing to tell then.
                let done = work(&Self { state: state.to_owned(), path, connection, is_substitute: true })?;
                tracing::warn!(error = explain(&error), "{meaning}");
                Ok(done)
            }
            done => done,
        }
    }

    /// Writes what is in memory into the file.
    pub(super) fn write_down(&self) -> Result<(), HistoryError> {
        // With its tables, and as long as it is open no other descriptor of it is closed.
        let file = Self::open_by((&self.state, false))?;
        let memory = self.connection();
        let copy = || {
            memory.busy_timeout(LONG_PATIENCE)?;
            memory.execute("ATTACH DATABASE ? AS file", [file.path.to_string_lossy()])?;
            let copies = SCHEMA.tables.iter().map(|table| {
                format!("INSERT OR IGNORE INTO file.\"{table}\" SELECT * FROM main.\"{table}\";")
            });
            let copied =
                memory.execute_batch(&format!("BEGIN IMMEDIATE; {} COMMIT", copies.collect::<String>()));
            if copied.is_err() && !memory.is_autocommit() {
                memory.execute_batch("ROLLBACK")?;
            }
            copied.and(memory.execute_batch("DETACH DATABASE file"))
        };
        copy().map_err(HistoryError::store(&self.path))
    }
}

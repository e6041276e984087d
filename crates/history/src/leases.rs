//! Who runs which planned time, in an SQLite file that all servers of a state folder share.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::{
    alive::{AliveLock, is_gone},
    sqlite::{self, OpenError, Schema},
};

/// Each write takes a millisecond; another server that takes longer is in trouble.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many planned times of a pipeline are kept.
const KEPT_TIMES: u32 = 1000;

/// How a planned time ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEnd {
    /// The run has done its work.
    Done,
    /// The run has failed.
    Failed,
    /// Somebody has cancelled the run.
    Cancelled,
    /// The time was left out.
    Skipped,
    /// Whoever comes next may run it.
    Open,
}

/// Why the leases cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// A folder cannot be used.
    #[error("the folder `{path}` cannot be used")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses.
    #[error("the schedule's file `{path}` cannot be used")]
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// Who runs a planned time, when a server asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// This server runs it.
    Ours,
    /// Another server runs it.
    Theirs,
    /// It has ended already.
    Over,
}

/// The planned times of all servers of a state folder, as one of them sees them: each time has one server that runs it.
#[derive(Debug)]
pub struct ScheduleLeases {
    path: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) server: String,
    connection: Mutex<Connection>,
    _alive: AliveLock,
}

/// Its tables.
const SCHEMA: Schema =
    Schema { version: 1, create: TABLES, extend: LATER, tables: &["planned", "paused"], patience: PATIENCE };

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS planned (
    pipeline TEXT NOT NULL,
    -- Seconds since 1970.
    planned INTEGER NOT NULL,
    server TEXT,
    -- running | done | failed | cancelled | skipped | open
    state TEXT NOT NULL,
    run_id TEXT,
    PRIMARY KEY (pipeline, planned)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS paused (pipeline TEXT PRIMARY KEY) WITHOUT ROWID;
";

/// Pipelines of which a run that somebody asked for was interrupted by the end of its server, the tries of planned times that are not over,
/// and what nobody has been told yet:
/// `target` names one of `on_failure`, without the credentials that it may be.
const LATER: &str = "
CREATE TABLE IF NOT EXISTS interrupted (pipeline TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tried (
    pipeline TEXT NOT NULL,
    planned INTEGER NOT NULL,
    -- How often it has failed and was to be tried again.
    failed INTEGER NOT NULL,
    PRIMARY KEY (pipeline, planned)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS untold (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    target TEXT NOT NULL,
    notice TEXT NOT NULL,
    server TEXT
);
";

impl LeaseEnd {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::Open => "open",
        }
    }
}

impl ScheduleLeases {
    /// Opens the file in `state`, a folder, which is created where it is missing.
    ///
    /// # Errors
    /// [`LeaseError`] when the folder or the file cannot be used.
    pub fn open(state: &Path) -> Result<Self, LeaseError> {
        let folder = |source| LeaseError::Folder { path: state.to_owned(), source };
        pipeline_config::create_folder(state).map_err(folder)?;
        let path = state.join("schedule.sqlite");
        let server = format!("server-{}-{:08x}", std::process::id(), fastrand::u32(..));
        let alive = AliveLock::hold(state, &server).map_err(folder)?;
        let connection = sqlite::open_checked(&path, &SCHEMA).map_err(|error| match error {
            OpenError::Store(source) => LeaseError::Store { path: path.clone(), source },
            error => LeaseError::Folder { path: path.clone(), source: std::io::Error::other(error) },
        })?;
        Ok(Self { path, state: state.to_owned(), server, connection: Mutex::new(connection), _alive: alive })
    }

    /// Takes a planned time, unless another server has it and lives, or it is over: `is_done` says of the last run that
    /// was begun for it whether it has ended well, which a server that was killed could not write down here.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn claim(
        &self,
        pipeline: &str,
        planned: Timestamp,
        is_done: impl Fn(&str) -> bool,
    ) -> Result<Lease, LeaseError> {
        type Found = (String, Option<String>, Option<String>);
        let key = params![pipeline, planned.as_second()];
        self.change(|change| {
            let sql = "SELECT state, server, run_id FROM planned WHERE pipeline = ? AND planned = ?";
            let read = |row: &rusqlite::Row<'_>| Ok::<Found, _>((row.get(0)?, row.get(1)?, row.get(2)?));
            let (state, server, run_id) = match change.query_row(sql, key, read).optional()? {
                Some((state, server, run_id)) => (state, server, run_id),
                None => (LeaseEnd::Open.word().to_owned(), None, None),
            };
            let lives = |server: &String| *server != self.server && !is_gone(&self.state, server);
            match state.as_str() {
                "running" if server.as_ref().is_some_and(lives) => return Ok(Lease::Theirs),
                "running" | "open" if run_id.as_deref().is_some_and(&is_done) => {
                    let sql = "UPDATE planned SET state = 'done' WHERE pipeline = ? AND planned = ?";
                    change.execute(sql, key)?;
                    return Ok(Lease::Over);
                }
                "running" | "open" => {}
                _ => return Ok(Lease::Over),
            }
            let sql = "INSERT OR REPLACE INTO planned (pipeline, planned, server, state) VALUES (?, ?, ?, 'running')";
            change.execute(sql, params![pipeline, planned.as_second(), self.server])?;
            Ok(Lease::Ours)
        })
    }

    /// Says which run is begun for a planned time of ours.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn begun(&self, pipeline: &str, planned: Timestamp, run_id: &str) -> Result<(), LeaseError> {
        let sql = "UPDATE planned SET run_id = ? WHERE pipeline = ? AND planned = ? AND server = ?";
        let values = params![run_id, pipeline, planned.as_second(), self.server];
        self.change(|change| change.execute(sql, values)).map(drop)
    }

    /// Says that a planned time of ours has failed for so many times, and is tried again.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn failed(&self, pipeline: &str, planned: Timestamp, n_failed: u32) -> Result<(), LeaseError> {
        let sql = "INSERT OR REPLACE INTO tried (pipeline, planned, failed) VALUES (?, ?, ?)";
        let values = params![pipeline, planned.as_second(), n_failed];
        self.change(|change| change.execute(sql, values)).map(drop)
    }

    /// How often a planned time has failed, whatever server has tried it.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn n_failed(&self, pipeline: &str, planned: Timestamp) -> Result<u32, LeaseError> {
        let sql = "SELECT failed FROM tried WHERE pipeline = ? AND planned = ?";
        let values = params![pipeline, planned.as_second()];
        let found = self.change(|change| change.query_row(sql, values, |row| row.get(0)).optional())?;
        Ok(found.unwrap_or_default())
    }

    /// Says how a planned time of ours ended; the end of the one before that was not skipped is what comes back.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn end(
        &self,
        pipeline: &str,
        planned: Timestamp,
        (end, run_id): (LeaseEnd, Option<&str>),
    ) -> Result<Option<String>, LeaseError> {
        self.change(|change| {
            let sql = "INSERT INTO planned (pipeline, planned, server, state, run_id) VALUES (?1, ?2, ?3, ?4, ?5) \
                       ON CONFLICT DO UPDATE SET state = ?4, run_id = ?5 WHERE server IS ?3";
            change.execute(sql, params![pipeline, planned.as_second(), self.server, end.word(), run_id])?;
            let sql = "DELETE FROM planned WHERE pipeline = ?1 AND state NOT IN ('running', 'open') AND planned < (
                           SELECT planned FROM planned WHERE pipeline = ?1 ORDER BY planned DESC LIMIT 1 OFFSET ?2)";
            change.execute(sql, params![pipeline, KEPT_TIMES])?;
            if end != LeaseEnd::Open {
                let sql = "DELETE FROM tried WHERE pipeline = ? AND planned <= ?";
                change.execute(sql, params![pipeline, planned.as_second()])?;
            }
            let sql = "SELECT state FROM planned WHERE pipeline = ? AND planned < ? AND state IN ('done', 'failed') \
                       ORDER BY planned DESC LIMIT 1";
            change.query_row(sql, params![pipeline, planned.as_second()], |row| row.get(0)).optional()
        })
    }

    /// The time up to which all planned times are over: before the first one that a server left behind, else the last.
    /// Times ahead of `now`, which a clock that was ahead has brought, say nothing of those before them; they are over
    /// when they come.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn last(&self, pipeline: &str, now: Timestamp) -> Result<Option<Timestamp>, LeaseError> {
        let sql = "SELECT coalesce(
                       min(planned) FILTER (WHERE state IN ('running', 'open')) - 1,
                       max(planned)
                   ) FROM planned WHERE pipeline = ? AND planned <= ?";
        let values = params![pipeline, now.as_second()];
        let seconds: Option<i64> = self.change(|change| change.query_row(sql, values, |row| row.get(0)))?;
        Ok(seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    }

    /// Keeps that a pipeline has a schedule from `now` on, where no time of it is kept: a time that passes while no server runs is
    /// missed then, also if it is the first one.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn begin_schedule(&self, pipeline: &str, now: Timestamp) -> Result<(), LeaseError> {
        let sql = "INSERT INTO planned (pipeline, planned, state) SELECT ?1, ?2, 'skipped' \
                   WHERE NOT EXISTS (SELECT 1 FROM planned WHERE pipeline = ?1)";
        let values = params![pipeline, now.as_second()];
        self.change(|change| change.execute(sql, values)).map(drop)
    }

    /// Whether a pipeline is paused.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn is_paused(&self, pipeline: &str) -> Result<bool, LeaseError> {
        let sql = "SELECT count(*) FROM paused WHERE pipeline = ?";
        self.change(|change| change.query_row(sql, [pipeline], |row| row.get::<_, i64>(0))).map(|n| n > 0)
    }

    /// Pauses a pipeline, for later servers too.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn pause(&self, pipeline: &str) -> Result<(), LeaseError> {
        self.change(|change| change.execute("INSERT OR IGNORE INTO paused VALUES (?)", [pipeline])).map(drop)
    }

    /// Ends the pause of a pipeline.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn resume(&self, pipeline: &str) -> Result<(), LeaseError> {
        self.change(|change| change.execute("DELETE FROM paused WHERE pipeline = ?", [pipeline])).map(drop)
    }

    /// Notes that the end of the server has interrupted a run that nothing had planned.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn interrupt(&self, pipeline: &str) -> Result<(), LeaseError> {
        self.change(|change| change.execute("INSERT OR IGNORE INTO interrupted VALUES (?)", [pipeline]))
            .map(drop)
    }

    /// Whether there was such a run; from now on there is none.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn take_interrupted(&self, pipeline: &str) -> Result<bool, LeaseError> {
        self.change(|change| change.execute("DELETE FROM interrupted WHERE pipeline = ?", [pipeline]))
            .map(|n| n > 0)
    }

    /// Takes the planned times over that are kept under another name.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn adopt(&self, (before, now): (&str, &str)) -> Result<(), LeaseError> {
        let sql = "UPDATE planned SET pipeline = ?2 WHERE pipeline = ?1 \
                   AND NOT EXISTS (SELECT 1 FROM planned WHERE pipeline = ?2)";
        self.change(|change| {
            let n_adopted = change.execute(sql, [before, now])?;
            if n_adopted > 0 {
                change.execute(
                    "UPDATE OR REPLACE tried SET pipeline = ?2 WHERE pipeline = ?1",
                    [before, now],
                )?;
            }
            Ok(())
        })
    }

    pub(crate) fn change<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LeaseError> {
        let mut connection = self.connection();
        // Immediate: two servers must not both read before one of them writes.
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let ended = begun.and_then(|change| {
            let found = work(&change)?;
            change.commit()?;
            Ok(found)
        });
        ended.map_err(|source| LeaseError::Store { path: self.path.clone(), source })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The SQLite file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use jiff::Timestamp;
use pipeline_config::explain;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    CheckRecord, HistoryError, PageCount, RunOutcome, RunRecord, TableRecord,
    alive::{AliveLock, is_gone},
    rows::{RUN, check_of, count, file_of, run_of, signed, table_of, wrote_to},
};
use crate::{
    outputs::Outputs,
    sqlite::{self, Schema},
};

/// Its tables; an earlier program passes over those that came later.
pub(super) const SCHEMA: Schema = Schema {
    version: 1,
    create: include_str!("schema.sql"),
    extend: include_str!("schema_later.sql"),
    tables: &["runs", "tables", "pages", "files", "checks", "incomplete_tables", "sandbox_runs"],
    patience: PATIENCE,
};

/// Rows per page are kept for so many runs; all else of a run stays.
const RUNS_WITH_PAGES: i64 = 500;

/// How long a run waits for another program that writes; each write of ours takes milliseconds. Readers hold up nobody.
const PATIENCE: Duration = Duration::from_secs(3);
/// The same for what was committed and how a run ended, which nothing else keeps.
pub(super) const LONG_PATIENCE: Duration = Duration::from_secs(20);

/// All runs of this user, in the order in which they began: that of their rows, since clocks are set back.
#[derive(Debug, Clone)]
pub struct History {
    pub(super) state: PathBuf,
    pub(super) path: PathBuf,
    pub(super) connection: Arc<Mutex<Connection>>,
    /// Whether it is in memory, since the file could not be used.
    pub(super) is_substitute: bool,
}

/// What a run has asked its servers for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Requests, repeated ones included.
    pub requests: u64,
    /// Requests that were repeated.
    pub retries: u64,
    /// How long the run has waited before requests.
    pub waited: Duration,
    /// The size of all bodies.
    pub bytes: u64,
}

/// What is known of a run when it begins.
#[derive(Debug, Clone)]
pub struct RunStart {
    /// Names it.
    pub run_id: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// Names what is run.
    pub config_hash: String,
    /// When it begins.
    pub started_at: Timestamp,
    /// Which targets it writes to.
    pub outputs: Outputs,
}

/// A run that is under way.
#[derive(Debug)]
pub struct OpenRun {
    history: History,
    run_id: String,
    _alive: AliveLock,
}

impl History {
    /// The history in the folder `state`, which is made if need be; one connection for the whole process.
    ///
    /// A damaged file is moved aside.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn open(state: &Path) -> Result<Self, HistoryError> {
        Self::open_by((state, false))
    }

    /// `is_suspect` where a statement has found that the file is damaged.
    pub(super) fn open_by((state, is_suspect): (&Path, bool)) -> Result<Self, HistoryError> {
        static OPENED: Mutex<Vec<(PathBuf, Weak<Mutex<Connection>>)>> = Mutex::new(Vec::new());
        pipeline_config::create_folder(state).map_err(HistoryError::folder(state))?;
        let path = fs::canonicalize(state).map_err(HistoryError::folder(state))?.join("history.sqlite");
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|(_, connection)| connection.strong_count() > 0);
        let found = opened.iter().find(|(known, _)| *known == path);
        let connection = match found.and_then(|(_, connection)| connection.upgrade()) {
            Some(connection) if path.exists() && !is_suspect => connection,
            _ => {
                let open = if is_suspect { sqlite::replace } else { sqlite::open };
                let connection = open(&path, &SCHEMA).map_err(|error| HistoryError::open(&path, error))?;
                let connection = Arc::new(Mutex::new(connection));
                opened.retain(|(known, _)| *known != path);
                opened.push((path.clone(), Arc::downgrade(&connection)));
                connection
            }
        };
        Ok(Self { state: state.to_owned(), path, connection, is_substitute: false })
    }

    /// Marks runs whose process is gone, then begins one.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn begin(&self, start: RunStart) -> Result<OpenRun, HistoryError> {
        self.mark_crashed()?;
        let alive = AliveLock::hold(&self.state, &start.run_id).map_err(HistoryError::folder(&self.state))?;
        let sql =
            "INSERT INTO runs (run_id, pipeline, config_hash, started_at, outcome) VALUES (?, ?, ?, ?, ?)";
        let running = RunOutcome::Running.word();
        let started = start.started_at.to_string();
        let old = "DELETE FROM pages WHERE run_id IN (SELECT run_id FROM runs ORDER BY rowid DESC LIMIT -1 OFFSET ?)";
        self.write(|store| store.execute(old, [RUNS_WITH_PAGES]))?;
        self.transaction(|store| {
            store.execute(sql, params![start.run_id, start.pipeline, start.config_hash, started, running])?;
            if start.outputs == Outputs::Sandbox {
                store.execute("INSERT INTO sandbox_runs VALUES (?)", [&start.run_id])?;
            }
            Ok(())
        })?;
        Ok(OpenRun { history: self.clone(), run_id: start.run_id, _alive: alive })
    }

    /// Marks runs whose process is gone; says which.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn mark_crashed(&self) -> Result<Vec<String>, HistoryError> {
        let open: Vec<String> = self.write(|store| {
            let mut query = store.prepare("SELECT run_id FROM runs WHERE outcome = 'running'")?;
            query.query_map([], |row| row.get(0))?.collect()
        })?;
        let gone: Vec<String> = open.into_iter().filter(|run_id| is_gone(&self.state, run_id)).collect();
        for run_id in &gone {
            let sql = "UPDATE runs SET outcome = 'crashed', error = 'the process ended without a word' \
                       WHERE run_id = ? AND outcome = 'running'";
            self.write(|store| store.execute(sql, [run_id]))?;
        }
        Ok(gone)
    }

    /// The last runs, the last one first; of one pipeline, where it is named. Pages are left out.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn runs(&self, pipeline: Option<&str>, limit: usize) -> Result<Vec<RunRecord>, HistoryError> {
        self.runs_before(pipeline, None, limit)
    }

    /// The last runs of a pipeline that wrote to these targets, the last one first.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn runs_of(
        &self,
        pipeline: &str,
        outputs: Outputs,
        limit: usize,
    ) -> Result<Vec<RunRecord>, HistoryError> {
        self.mark_crashed()?;
        let sql = format!(
            "SELECT run_id FROM runs WHERE pipeline = ?1 AND {} ORDER BY rowid DESC LIMIT ?2",
            wrote_to(outputs)
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids: Vec<String> = self.write(|store| {
            store.prepare(&sql)?.query_map(params![pipeline, limit], |row| row.get(0))?.collect()
        })?;
        let runs = ids.iter().map(|run_id| self.read_run(run_id));
        Ok(runs.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// The same, of runs that began before the one that is named.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn runs_before(
        &self,
        pipeline: Option<&str>,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<RunRecord>, HistoryError> {
        self.mark_crashed()?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids: Vec<String> = self.write(|store| {
            let sql =
                "SELECT run_id FROM runs WHERE (?1 IS NULL OR pipeline = ?1) \
                       AND (?2 IS NULL OR rowid < (SELECT rowid FROM runs WHERE run_id = ?2)) ORDER BY rowid DESC LIMIT ?3";
            store.prepare(sql)?.query_map(params![pipeline, before, limit], |row| row.get(0))?.collect()
        })?;
        let runs = ids.iter().map(|run_id| self.read_run(run_id));
        Ok(runs.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// One run with all that is known of it; `None` when there is no such run.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn run(&self, run_id: &str) -> Result<Option<RunRecord>, HistoryError> {
        self.mark_crashed()?;
        let Some(mut run) = self.read_run(run_id)? else { return Ok(None) };
        for table in &mut run.tables {
            table.rows_per_page = self.write(|store| {
                let sql = "SELECT page, returned, rejected FROM pages WHERE run_id = ? AND \"table\" = ? ORDER BY page";
                let read = |row: &Row<'_>| {
                    Ok(PageCount { page: count(row, 0)?, returned: count(row, 1)?, rejected: count(row, 2)? })
                };
                store.prepare(sql)?.query_map([run_id, &table.table], read)?.collect()
            })?;
        }
        Ok(Some(run))
    }

    /// The last runs that have ended before they committed this table, which may have had another name, and the pipeline too. One
    /// that was killed after its commit has a record of the table, which the next run adds.
    pub fn unfinished(&self, table: &str, target: &str) -> Result<Vec<String>, HistoryError> {
        self.write(|store| {
            let sql = "SELECT run_id FROM runs WHERE outcome <> 'done' AND NOT EXISTS \
                       (SELECT 1 FROM tables WHERE tables.run_id = runs.run_id AND (\"table\" = ?1 OR target = ?2)) \
                       ORDER BY rowid DESC LIMIT 1000";
            store.prepare(sql)?.query_map([table, target], |row| row.get(0))?.collect()
        })
    }

    /// The last runs that have committed to a target.
    pub fn committed(&self, target: &str) -> Result<Vec<String>, HistoryError> {
        self.write(|store| {
            let sql = "SELECT run_id FROM runs WHERE run_id IN (SELECT run_id FROM tables WHERE target = ?) \
                       ORDER BY rowid DESC LIMIT 1000";
            store.prepare(sql)?.query_map([target], |row| row.get(0))?.collect()
        })
    }

    /// How a run ended, and when; `None` when that is not known.
    pub fn end_of(&self, run_id: &str) -> Option<(RunOutcome, Option<Timestamp>)> {
        let read = self.write(|store| {
            let sql = "SELECT outcome, ended_at FROM runs WHERE run_id = ?";
            let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?));
            store.query_row(sql, [run_id], read).optional()
        });
        let found =
            read.inspect_err(|error| tracing::warn!(error = explain(error), "a run is not known")).ok()?;
        let (outcome, ended_at) = found?;
        Some((RunOutcome::parse(&outcome), ended_at.and_then(|at| at.parse().ok())))
    }

    /// How many rows a table had in the last run that was committed to these targets.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn last_rows(
        &self,
        (pipeline, table): (&str, &str),
        outputs: Outputs,
    ) -> Result<Option<u64>, HistoryError> {
        let sql = format!(
            "SELECT rows_written FROM tables JOIN runs USING (run_id) \
             WHERE pipeline = ? AND \"table\" = ? AND {} ORDER BY runs.rowid DESC LIMIT 1",
            wrote_to(outputs)
        );
        self.write(|store| store.query_row(&sql, [pipeline, table], |row| count(row, 0)).optional())
    }

    /// Whether a table of a run is known to be committed.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn has_table(&self, run_id: &str, table: &str) -> Result<bool, HistoryError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM tables WHERE run_id = ? AND \"table\" = ?)";
        self.write(|store| store.query_row(sql, [run_id, table], |row| row.get(0)))
    }

    /// Adds a table that a run has committed, which need not be under way any more.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn add_table(&self, run_id: &str, position: usize, table: &TableRecord) -> Result<(), HistoryError> {
        let columns = serde_json::to_string(&table.columns).unwrap_or_default();
        let counts = [
            table.pages,
            table.resumed_pages,
            table.rows_returned,
            table.rows_rejected,
            table.rows_discarded,
            table.rows_written,
            table.rows_in_files,
        ]
        .map(signed);
        let is_known = self.write(|store| {
            let sql = "SELECT EXISTS (SELECT 1 FROM runs WHERE run_id = ?)";
            store.query_row(sql, [run_id], |row| row.get::<_, bool>(0))
        })?;
        if !is_known {
            return Err(HistoryError::UnknownRun { run_id: run_id.to_owned() });
        }
        self.transaction(|store| {
            store.execute(
                "INSERT OR REPLACE INTO tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    run_id,
                    signed(position as u64),
                    table.table,
                    table.target,
                    table.query_hash,
                    counts[0],
                    counts[1],
                    counts[2],
                    counts[3],
                    counts[4],
                    counts[5],
                    counts[6],
                    table.window,
                    columns
                ],
            )?;
            if let Some(reason) = &table.incomplete_reason {
                let sql = "INSERT OR REPLACE INTO incomplete_tables VALUES (?, ?, ?)";
                store.execute(sql, params![run_id, table.table, reason])?;
            }
            let mut insert = store.prepare("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)")?;
            for file in &table.files {
                let (rows, bytes) = (signed(file.rows), signed(file.bytes));
                insert.execute(params![run_id, table.table, file.path, rows, bytes, file.sha256])?;
            }
            Ok(())
        })
    }

    fn read_run(&self, run_id: &str) -> Result<Option<RunRecord>, HistoryError> {
        self.write(|store| {
            let run = store.query_row(RUN, [run_id], run_of).optional()?;
            let Some(mut run) = run else { return Ok(None) };
            let sql = "SELECT * FROM tables WHERE run_id = ? ORDER BY position";
            run.tables = store.prepare(sql)?.query_map([run_id], table_of)?.collect::<Result<_, _>>()?;
            for table in &mut run.tables {
                let of = [run_id, &table.table];
                let sql =
                    "SELECT path, \"rows\", bytes, sha256 FROM files WHERE run_id = ? AND \"table\" = ?";
                table.files = store.prepare(sql)?.query_map(of, file_of)?.collect::<Result<_, _>>()?;
                let sql =
                    "SELECT \"check\", severity, problem FROM checks WHERE run_id = ? AND \"table\" = ?";
                table.checks = store.prepare(sql)?.query_map(of, check_of)?.collect::<Result<_, _>>()?;
                let sql = "SELECT reason FROM incomplete_tables WHERE run_id = ? AND \"table\" = ?";
                table.incomplete_reason = store.query_row(sql, of, |row| row.get(0)).optional()?;
                table.incomplete = table.incomplete_reason.is_some();
            }
            Ok(Some(run))
        })
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits longer for other programs: nothing else keeps what is written.
    fn patiently<T>(&self, work: impl FnOnce() -> Result<T, HistoryError>) -> Result<T, HistoryError> {
        let wait =
            |patience| self.connection().busy_timeout(patience).map_err(HistoryError::store(&self.path));
        wait(LONG_PATIENCE)?;
        let done = work();
        wait(PATIENCE)?;
        done
    }

    fn write<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, HistoryError> {
        work(&self.connection()).map_err(HistoryError::store(&self.path))
    }

    fn transaction(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), HistoryError> {
        let mut connection = self.connection();
        let change = || {
            let change = connection.transaction()?;
            work(&change)?;
            change.commit()
        };
        change().map_err(HistoryError::store(&self.path))
    }
}

impl OpenRun {
    /// The history it belongs to.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Says which run this one goes on with.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn resumes(&self, run_id: &str) -> Result<(), HistoryError> {
        let sql = "UPDATE runs SET resumes = ? WHERE run_id = ?";
        self.history.write(|store| store.execute(sql, [run_id, &self.run_id])).map(drop)
    }

    /// Adds pages of a table.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn pages(&self, table: &str, pages: &[PageCount]) -> Result<(), HistoryError> {
        self.history.transaction(|store| {
            let mut insert = store.prepare("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?)")?;
            for page in pages {
                let counts = [page.page, page.returned, page.rejected].map(signed);
                insert.execute(params![self.run_id, table, counts[0], counts[1], counts[2]])?;
            }
            Ok(())
        })
    }

    /// Adds a table that was committed.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn table(&self, position: usize, table: &TableRecord) -> Result<(), HistoryError> {
        self.history.patiently(|| self.history.add_table(&self.run_id, position, table))
    }

    /// Adds the verdicts of a table's checks, whether it is committed or not.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn checks(&self, table: &str, checks: &[CheckRecord]) -> Result<(), HistoryError> {
        self.history.transaction(|store| {
            let mut insert = store.prepare("INSERT INTO checks VALUES (?, ?, ?, ?, ?)")?;
            for check in checks {
                insert.execute(params![self.run_id, table, check.check, check.severity, check.problem])?;
            }
            Ok(())
        })
    }

    /// Says how the run ended.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn end(
        &self,
        ended_at: Timestamp,
        (outcome, error): (RunOutcome, Option<&str>),
        counts: &RunCounts,
    ) -> Result<(), HistoryError> {
        let sql = "UPDATE runs SET ended_at = ?, outcome = ?, error = ?, requests = ?, retries = ?, \
                   waited_seconds = ?, bytes = ? WHERE run_id = ?";
        let [requests, retries, bytes] = [counts.requests, counts.retries, counts.bytes].map(signed);
        let values = params![
            ended_at.to_string(),
            outcome.word(),
            error,
            requests,
            retries,
            counts.waited.as_secs_f64(),
            bytes,
            self.run_id
        ];
        self.history.patiently(|| self.history.write(|store| store.execute(sql, values)))?;
        if self.history.is_substitute { self.history.write_down() } else { Ok(()) }
    }
}

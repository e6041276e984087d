//! Opens the SQLite files of the state folder: private, in WAL mode, one version number each, damage moved aside.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// The tables of one file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schema {
    /// SQLite's `user_version` of files that have these tables.
    pub(crate) version: i64,
    /// Makes the tables of the first version.
    pub(crate) create: &'static str,
    /// Makes what came later, where it is missing.
    pub(crate) extend: &'static str,
    /// Tables without which a file is damaged.
    pub(crate) tables: &'static [&'static str],
    /// How long a statement waits for another process that writes.
    pub(crate) patience: Duration,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Folder(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] rusqlite::Error),
    #[error("version {0} of its tables is newer than this program")]
    Newer(i64),
    #[error("it lacks the table `{0}`")]
    Incomplete(&'static str),
    #[error("{0}")]
    Inconsistent(String),
}

/// Opens or creates a file; one that is damaged is renamed, and a warning says so.
///
/// No file that exists is opened other than by SQLite: closing any other descriptor of it would drop the locks that this
/// process has on it (<https://sqlite.org/howtocorrupt.html>, 2.2).
///
/// # Errors
/// [`OpenError`].
pub(crate) fn open(path: &Path, schema: &Schema) -> Result<Connection, OpenError> {
    match attempt(path, schema) {
        Err(error) if is_damaged(&error) => replace(path, schema),
        opened => opened,
    }
}

/// The same for a file that is small enough to be looked at as a whole.
///
/// # Errors
/// [`OpenError`].
pub(crate) fn open_checked(path: &Path, schema: &Schema) -> Result<Connection, OpenError> {
    match attempt(path, schema).and_then(check) {
        Err(error) if is_damaged(&error) => replace(path, schema),
        opened => opened,
    }
}

/// A database of this process alone, with the same tables.
pub(crate) fn in_memory(schema: &Schema) -> Result<Connection, OpenError> {
    prepare(Connection::open_in_memory()?, schema)
}

fn attempt(path: &Path, schema: &Schema) -> Result<Connection, OpenError> {
    create_private(path)?;
    let connection = Connection::open(path)?;
    connection.busy_timeout(schema.patience)?;
    // Readers do not stop writers then. A file system without shared memory keeps the mode it has.
    let _: Result<String, _> =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0));
    prepare(connection, schema)
}

fn prepare(mut connection: Connection, schema: &Schema) -> Result<Connection, OpenError> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > schema.version {
        return Err(OpenError::Newer(found));
    }
    if found == 0 {
        change.execute_batch(schema.create)?;
        change.pragma_update(None, "user_version", schema.version)?;
    }
    change.execute_batch(schema.extend)?;
    for table in schema.tables {
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?)";
        if !change.query_row(sql, [table], |row| row.get::<_, bool>(0))? {
            return Err(OpenError::Incomplete(table));
        }
    }
    change.commit()?;
    Ok(connection)
}

/// SQLite gives its files the permissions of the first one.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

fn is_damaged(error: &OpenError) -> bool {
    match error {
        OpenError::Incomplete(_) | OpenError::Inconsistent(_) => true,
        OpenError::Store(error) => is_corrupt(error),
        OpenError::Folder(_) | OpenError::Newer(_) => false,
    }
}

/// Whether SQLite says that the file is none of its own, or inconsistent.
pub(crate) fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

/// SQLite looks at what a statement needs; this looks at all of it.
fn check(connection: Connection) -> Result<Connection, OpenError> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(connection) } else { Err(OpenError::Inconsistent(found)) }
}

/// Renames a damaged file and begins a new one, unless another process has done that.
///
/// # Errors
/// [`OpenError`].
pub(crate) fn replace(path: &Path, schema: &Schema) -> Result<Connection, OpenError> {
    let guard = File::create(with_suffix(path, ".lock"))?;
    let _ = guard.lock();
    match attempt(path, schema).and_then(check) {
        Err(error) if is_damaged(&error) => {
            let stamp = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
            let aside = with_suffix(path, &format!(".damaged-{stamp}"));
            fs::rename(path, &aside)?;
            for suffix in ["-wal", "-shm", "-journal"] {
                let _ = fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix));
            }
            tracing::warn!(
                "`{}` was damaged ({error}); it is `{}` now, and a new one begins",
                path.display(),
                aside.display()
            );
            attempt(path, schema)
        }
        opened => opened,
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

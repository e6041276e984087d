//! Finds out what became of a commit whose answer was lost.

use std::{
    thread,
    time::{Duration, Instant},
};

use pipeline_sink::{Sink, SinkError};

use crate::{
    connection::{Connection, read_error, told, write_error},
    record::Record,
    sink::PostgresSink,
};

/// How long to look: more than a server needs to start again, and to notice that a connection was cut.
const PATIENCE: Duration = if cfg!(test) { Duration::from_secs(2) } else { Duration::from_secs(60) };
const PAUSE: Duration = Duration::from_millis(200);

/// What the server knows of a run.
enum Found {
    Committed,
    NotCommitted,
    /// The session that was cut is still there, and may commit yet.
    Open,
}

/// Whether an error in the place of the answer to COMMIT says that nothing was committed. Connections that end (class 08) and
/// servers that end them (class 57) say nothing of the transaction.
pub(crate) fn is_refusal(error: &postgres::Error) -> bool {
    error.code().is_some_and(|code| !matches!(code.code().get(..2), Some("08" | "57")))
}

/// Looks until it is certain; success where the run is in the table.
///
/// # Errors
/// [`SinkError::Write`] where the run is not in the table and cannot come; [`SinkError::Unanswered`] where nobody can tell.
pub(crate) fn find_out(sink: &PostgresSink, run_id: &str, lost: postgres::Error) -> Result<(), SinkError> {
    let target = sink.target().into_owned();
    let end = Instant::now() + PATIENCE;
    loop {
        match look(sink, run_id, &target) {
            Ok(Found::Committed) => return Ok(()),
            Ok(Found::NotCommitted) => return Err(write_error(&target)(lost)),
            Ok(Found::Open) | Err(_) if Instant::now() < end => thread::sleep(PAUSE),
            Ok(Found::Open) | Err(_) => return Err(SinkError::Unanswered { target, source: told(lost) }),
        }
    }
}

fn look(sink: &PostgresSink, run_id: &str, target: &str) -> Result<Found, SinkError> {
    let mut connection = sink.connect()?;
    if is_there(&mut connection, sink, run_id)? {
        return Ok(Found::Committed);
    }
    // The session that was cut holds the lock until it ends; what is not there after that does not come.
    match connection.lock(&sink.table, target) {
        Err(SinkError::Locked { .. }) => return Ok(Found::Open),
        locked => locked?,
    }
    Ok(if is_there(&mut connection, sink, run_id)? { Found::Committed } else { Found::NotCommitted })
}

fn is_there(connection: &mut Connection, sink: &PostgresSink, run_id: &str) -> Result<bool, SinkError> {
    let rows = Record::rows(connection, &sink.table, run_id);
    Ok(rows.map_err(read_error(&sink.target()))?.is_some())
}

//! What those of `on_failure` are to be told, kept until they are: a server may end in the middle of it, and the next one tells them
//! then, rather twice than not at all.

use rusqlite::params;

use super::{SupervisorError, claims::Claims};
use crate::history::is_gone;

/// Something that a server which is gone has not told.
#[derive(Debug)]
pub(super) struct Untold {
    pub(super) id: i64,
    pub(super) pipeline: String,
    /// Names one of `on_failure`.
    pub(super) target: String,
    /// As JSON.
    pub(super) notice: String,
}

impl Claims {
    /// Keeps what somebody is to be told.
    pub(super) fn keep_untold(
        &self,
        pipeline: &str,
        (target, notice): (&str, &str),
    ) -> Result<i64, SupervisorError> {
        let sql = "INSERT INTO untold (pipeline, target, notice, server) VALUES (?, ?, ?, ?)";
        self.change(|change| {
            change.execute(sql, params![pipeline, target, notice, self.server])?;
            Ok(change.last_insert_rowid())
        })
    }

    /// It is told, or never will be.
    pub(super) fn forget_untold(&self, id: i64) -> Result<(), SupervisorError> {
        self.change(|change| change.execute("DELETE FROM untold WHERE id = ?", [id])).map(drop)
    }

    /// It is left to the next server.
    pub(super) fn leave_untold(&self, id: i64) -> Result<(), SupervisorError> {
        self.change(|change| change.execute("UPDATE untold SET server = NULL WHERE id = ?", [id])).map(drop)
    }

    /// Takes what servers that are gone have left.
    pub(super) fn take_untold(&self) -> Result<Vec<Untold>, SupervisorError> {
        self.change(|change| {
            let mut select =
                change.prepare("SELECT id, pipeline, target, notice, server FROM untold ORDER BY id")?;
            let read = |row: &rusqlite::Row<'_>| {
                let untold = Untold {
                    id: row.get(0)?,
                    pipeline: row.get(1)?,
                    target: row.get(2)?,
                    notice: row.get(3)?,
                };
                Ok((untold, row.get::<_, Option<String>>(4)?))
            };
            let all: Vec<(Untold, Option<String>)> = select.query_map([], read)?.collect::<Result<_, _>>()?;
            let is_left = |server: &Option<String>| {
                server.as_ref().is_none_or(|server| *server != self.server && is_gone(&self.state, server))
            };
            let left: Vec<Untold> =
                all.into_iter().filter(|(_, server)| is_left(server)).map(|(untold, _)| untold).collect();
            for untold in &left {
                change
                    .execute("UPDATE untold SET server = ? WHERE id = ?", params![self.server, untold.id])?;
            }
            Ok(left)
        })
    }
}

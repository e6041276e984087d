//! Notices for the targets of `on_failure` that are not delivered yet: a server may end while it delivers one, and the next server
//! delivers it then, rather twice than not at all.

use rusqlite::params;

use crate::{
    alive::is_gone,
    leases::{LeaseError, ScheduleLeases},
};

/// A notice that a server which has ended did not deliver.
#[derive(Debug)]
pub struct Undelivered {
    /// The row.
    pub id: i64,
    /// The pipeline that the notice is about.
    pub pipeline: String,
    /// The name of one target of `on_failure`, without credentials.
    pub target: String,
    /// The notice as JSON.
    pub notice: String,
}

impl ScheduleLeases {
    /// Keeps a notice until it is delivered, and returns its row.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn keep_undelivered(
        &self,
        pipeline: &str,
        (target, notice): (&str, &str),
    ) -> Result<i64, LeaseError> {
        let sql = "INSERT INTO untold (pipeline, target, notice, server) VALUES (?, ?, ?, ?)";
        self.change(|change| {
            change.execute(sql, params![pipeline, target, notice, self.server])?;
            Ok(change.last_insert_rowid())
        })
    }

    /// Removes a notice that is delivered, or never will be.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn forget_undelivered(&self, id: i64) -> Result<(), LeaseError> {
        self.change(|change| change.execute("DELETE FROM untold WHERE id = ?", [id])).map(drop)
    }

    /// Leaves a notice to the next server.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn leave_undelivered(&self, id: i64) -> Result<(), LeaseError> {
        self.change(|change| change.execute("UPDATE untold SET server = NULL WHERE id = ?", [id])).map(drop)
    }

    /// Takes the notices of servers that have ended.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn take_undelivered(&self) -> Result<Vec<Undelivered>, LeaseError> {
        self.change(|change| {
            let mut select =
                change.prepare("SELECT id, pipeline, target, notice, server FROM untold ORDER BY id")?;
            let read = |row: &rusqlite::Row<'_>| {
                let untold = Undelivered {
                    id: row.get(0)?,
                    pipeline: row.get(1)?,
                    target: row.get(2)?,
                    notice: row.get(3)?,
                };
                Ok((untold, row.get::<_, Option<String>>(4)?))
            };
            let all: Vec<(Undelivered, Option<String>)> =
                select.query_map([], read)?.collect::<Result<_, _>>()?;
            let is_left = |server: &Option<String>| {
                server.as_ref().is_none_or(|server| *server != self.server && is_gone(&self.state, server))
            };
            let left: Vec<Undelivered> =
                all.into_iter().filter(|(_, server)| is_left(server)).map(|(untold, _)| untold).collect();
            for untold in &left {
                change
                    .execute("UPDATE untold SET server = ? WHERE id = ?", params![self.server, untold.id])?;
            }
            Ok(left)
        })
    }
}

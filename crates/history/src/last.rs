//! Which of several runs is the last one.

use rusqlite::OptionalExtension;

use super::store::History;

impl History {
    /// Which of the runs began last, by the order in which they were written down: clocks differ, and are set back.
    pub fn last_of<'r>(&self, run_ids: impl Iterator<Item = &'r str>) -> Option<&'r str> {
        // Of those that are not known their ids tell, which begin with the time.
        run_ids.max_by_key(|run_id| (self.place(run_id), *run_id))
    }

    fn place(&self, run_id: &str) -> Option<i64> {
        let sql = "SELECT rowid FROM runs WHERE run_id = ?";
        let found = self.connection().query_row(sql, [run_id], |row| row.get(0)).optional();
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "a run is not known");
            None
        })
    }
}

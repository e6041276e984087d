//! The file of rows that break a contract with `on_error: reject`: one JSON object per line.

use std::{fs, io::Write, path::PathBuf};

use pipeline_config::Environment;
use pipeline_table::RejectedRow;

use crate::{error::SinkError, staged::Staged, store::Store, temp_file::TempFile};

/// Rows that are not in the table; nothing is written while there are none.
#[derive(Debug)]
pub(crate) struct Rejects {
    target: String,
    file: Option<(Staged, std::io::BufWriter<fs::File>)>,
    n_rows: u64,
}

/// A file of rejected rows that goes again unless the rows that were not rejected are committed too.
#[derive(Debug)]
pub(crate) struct Provisional {
    path: Option<PathBuf>,
}

impl Rejects {
    /// Rows for a path or an URL.
    pub(crate) fn new(target: String) -> Self {
        Self { target, file: None, n_rows: 0 }
    }

    /// How many there are, and where they will be.
    pub(crate) fn summary(&self) -> Option<(u64, &str)> {
        (self.n_rows > 0).then_some((self.n_rows, self.target.as_str()))
    }

    /// Adds the rejected rows of a page; pages and rows count from 1 in the file, as in messages.
    pub(crate) fn write(&mut self, page: usize, rows: &[RejectedRow]) -> Result<(), SinkError> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            let staged = self.stage()?;
            let writer = staged.writer()?;
            self.file = Some((staged, writer));
        }
        let Some((staged, writer)) = &mut self.file else { return Ok(()) };
        for rejected in rows {
            let (reason, column) = (
                serde_json::Value::from(rejected.reason.as_str()),
                serde_json::Value::from(rejected.column.as_str()),
            );
            let (page, row, json) = (page + 1, rejected.row + 1, &rejected.json);
            writeln!(
                writer,
                "{{\"reason\":{reason},\"column\":{column},\"page\":{page},\"row\":{row},\"data\":{json}}}"
            )
            .map_err(SinkError::write(&staged.target()))?;
        }
        self.n_rows += rows.len() as u64;
        Ok(())
    }

    fn stage(&self) -> Result<Staged, SinkError> {
        if !self.target.contains("://") {
            return TempFile::create(self.target.as_ref()).map(Staged::Beside);
        }
        let refuse = |(problem, _)| SinkError::Refused { target: self.target.clone(), problem };
        let store = Store::open(&self.target, &Environment::process(), &[]).map_err(refuse)?;
        let scratch = tempfile::NamedTempFile::new().map_err(SinkError::target(&std::env::temp_dir()))?;
        Ok(Staged::Upload(scratch, store))
    }

    /// Makes the rows visible.
    pub(crate) fn commit(&mut self) -> Result<Provisional, SinkError> {
        let Some((staged, mut writer)) = self.file.take() else { return Ok(Provisional { path: None }) };
        writer.flush().map_err(SinkError::write(&staged.target()))?;
        let is_local = matches!(staged, Staged::Beside(_));
        let written = staged.commit(self.n_rows)?;
        Ok(Provisional { path: is_local.then_some(written.path) })
    }
}

impl Provisional {
    /// Says that the other rows are committed.
    pub(crate) fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for Provisional {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // The next run has a file of its own.
            let _ = fs::remove_file(path);
        }
    }
}

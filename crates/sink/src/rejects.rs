//! The file of rows that break a contract with `on_error: reject`: one JSON object per line.

use std::{
    fs,
    io::{BufWriter, Write},
    path::PathBuf,
};

use pipeline_config::explain;
use pipeline_store::Store;
use pipeline_table::RejectedRow;

use crate::{error::SinkError, staged::Staged, temp_file::TempFile};

/// Where rejected rows go.
#[derive(Debug, Clone)]
pub struct RejectPlace(Place);

#[derive(Debug, Clone)]
enum Place {
    File(PathBuf),
    Object(Store),
}

impl RejectPlace {
    /// A file on this machine.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Place::File(path.into()))
    }

    /// An object of a store.
    pub(crate) fn object(store: Store) -> Self {
        Self(Place::Object(store))
    }

    /// Removes the file that a run has left which did not come to its commit; there may be none.
    pub fn remove(&self) {
        let removed = match &self.0 {
            Place::File(path) => match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
                _ => Ok(()),
            },
            Place::Object(store) => store.delete("").map_err(|error| explain(&error)),
        };
        if let Err(error) = removed {
            tracing::warn!(file = self.shown(), error, "rejected rows of a run that was not committed stay");
        }
    }

    fn shown(&self) -> String {
        match &self.0 {
            Place::File(path) => path.display().to_string(),
            Place::Object(store) => store.url().to_owned(),
        }
    }

    fn stage(&self) -> Result<Staged, SinkError> {
        match &self.0 {
            Place::File(path) => TempFile::create(path).map(Staged::Beside),
            Place::Object(store) => {
                let scratch = tempfile::NamedTempFile::new();
                let scratch = scratch.map_err(SinkError::target(&std::env::temp_dir()))?;
                Ok(Staged::Upload(scratch, store.clone()))
            }
        }
    }
}

/// Rows that are not in the table; nothing is written while there are none.
#[derive(Debug)]
pub(crate) struct Rejects {
    place: RejectPlace,
    file: Option<(Staged, BufWriter<fs::File>)>,
    n_rows: u64,
}

/// A file of rejected rows that goes again unless the rows that were not rejected are committed too.
#[derive(Debug)]
pub(crate) struct Provisional {
    place: Option<RejectPlace>,
}

impl Rejects {
    pub(crate) fn new(place: RejectPlace) -> Self {
        Self { place, file: None, n_rows: 0 }
    }

    /// How many there are, and where they will be.
    pub(crate) fn summary(&self) -> Option<(u64, String)> {
        (self.n_rows > 0).then(|| (self.n_rows, self.place.shown()))
    }

    /// Adds the rejected rows of a page; pages and rows count from 1 in the file, as in messages.
    pub(crate) fn write(&mut self, page: usize, rows: &[RejectedRow]) -> Result<(), SinkError> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            let staged = self.place.stage()?;
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
            .map_err(SinkError::write(&staged.disk()))?;
        }
        self.n_rows += rows.len() as u64;
        Ok(())
    }

    /// Makes the rows visible.
    pub(crate) fn commit(&mut self) -> Result<Provisional, SinkError> {
        let Some((staged, mut writer)) = self.file.take() else { return Ok(Provisional { place: None }) };
        writer.flush().map_err(SinkError::write(&staged.disk()))?;
        staged.commit(self.n_rows)?;
        Ok(Provisional { place: Some(self.place.clone()) })
    }
}

impl Provisional {
    /// Says that the other rows are committed.
    pub(crate) fn keep(mut self) {
        self.place = None;
    }
}

impl Drop for Provisional {
    fn drop(&mut self) {
        // One that stays does no harm: the next run has a file of its own.
        match self.place.take() {
            Some(RejectPlace(Place::File(path))) => drop(fs::remove_file(path)),
            Some(RejectPlace(Place::Object(store))) => drop(store.delete("")),
            None => {}
        }
    }
}

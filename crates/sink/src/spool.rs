//! Rows on disk that wait for the end of the run.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Seek},
    path::{Path, PathBuf},
};

use arrow::{
    array::RecordBatch,
    ipc::{
        CompressionType,
        reader::StreamReader,
        writer::{IpcWriteOptions, StreamWriter},
    },
};

use crate::{Rows, error::SinkError};

/// Batches of any columns, in a file that has no name and so goes with its process.
///
/// Each batch is an Arrow IPC stream of its own: the schema, some kilobytes, comes again each time, and batches of
/// narrower and wider columns can follow each other.
#[derive(Debug)]
pub(crate) struct Spool {
    file: BufWriter<File>,
    folder: PathBuf,
    n_batches: usize,
}

impl Spool {
    pub(crate) fn create(folder: &Path) -> Result<Self, SinkError> {
        let file = tempfile::tempfile_in(folder).map_err(SinkError::target(folder))?;
        Ok(Self { file: BufWriter::new(file), folder: folder.to_owned(), n_batches: 0 })
    }

    pub(crate) fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        // LZ4 costs less time than writing what it saves.
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME));
        let write = || {
            let mut stream = StreamWriter::try_new_with_options(&mut self.file, rows.schema_ref(), options?)?;
            stream.write(rows)?;
            stream.finish()
        };
        write().map_err(SinkError::write(&self.folder))?;
        self.n_batches += 1;
        Ok(())
    }

    /// The batches, in the order in which they were written.
    pub(crate) fn into_rows(self) -> Result<Rows, SinkError> {
        let folder = self.folder;
        let mut file =
            self.file.into_inner().map_err(|error| SinkError::write(&folder)(error.into_error()))?;
        file.rewind().map_err(SinkError::write(&folder))?;
        let mut file = BufReader::new(file);
        let read = move |_| {
            let mut read = || {
                let mut stream = StreamReader::try_new(&mut file, None)?;
                let rows = stream
                    .next()
                    .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))??;
                // The stream's end mark stands before the next stream.
                stream.next().transpose()?;
                Ok::<_, arrow::error::ArrowError>(rows)
            };
            read().map_err(SinkError::write(&folder))
        };
        Ok(Box::new((0..self.n_batches).map(read)))
    }
}

//! One file that is written on this machine before it is anything to readers.

use std::{
    fs::File,
    io::{self, BufWriter, Seek},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use pipeline_store::Store;

use crate::{WrittenFile, error::SinkError, fields::STDOUT, place::parent, temp_file::TempFile};

/// A file in the making, and where it goes when it is complete; removed on drop unless committed.
#[derive(Debug)]
pub(crate) enum Staged {
    /// Beside the file that it replaces.
    Beside(TempFile),
    /// In the folder for temporary files, on its way to a store.
    Upload(NamedTempFile, Store),
    /// In the folder for temporary files, on its way to stdout.
    Stdout(NamedTempFile),
}

impl Staged {
    /// A handle to write with.
    pub(crate) fn writer(&self) -> Result<BufWriter<File>, SinkError> {
        match self {
            Self::Beside(file) => file.writer(),
            Self::Upload(file, _) | Self::Stdout(file) => {
                file.as_file().try_clone().map(BufWriter::new).map_err(SinkError::write(&parent(file.path())))
            }
        }
    }

    /// A handle that reads from the start.
    pub(crate) fn reader(&self) -> Result<File, SinkError> {
        match self {
            Self::Beside(file) => file.reader(),
            Self::Upload(file, _) | Self::Stdout(file) => {
                file.reopen().map_err(SinkError::write(&parent(file.path())))
            }
        }
    }

    /// For messages.
    pub(crate) fn target(&self) -> PathBuf {
        match self {
            Self::Beside(file) => file.target().to_owned(),
            Self::Upload(_, store) => store.url().into(),
            Self::Stdout(_) => STDOUT.into(),
        }
    }

    /// Where a full disk is told of: the target, or the folder of what waits for it.
    pub(crate) fn disk(&self) -> PathBuf {
        match self {
            Self::Beside(file) => file.target().to_owned(),
            Self::Upload(file, _) | Self::Stdout(file) => parent(file.path()),
        }
    }

    /// Makes the complete file what readers see.
    pub(crate) fn commit(self, rows: u64) -> Result<WrittenFile, SinkError> {
        let target = self.target();
        let bytes = self.length()?;
        match self {
            Self::Beside(file) => file.commit(rows),
            Self::Upload(file, store) => {
                store.upload("", file.reopen().map_err(SinkError::write(&parent(file.path())))?)?;
                Ok(WrittenFile { path: target, rows, bytes, sha256: None })
            }
            Self::Stdout(mut file) => {
                let mut copy = || {
                    file.as_file_mut().rewind()?;
                    let mut stdout = io::stdout().lock();
                    io::copy(file.as_file_mut(), &mut stdout)?;
                    io::Write::flush(&mut stdout)
                };
                match copy() {
                    // A reader that has seen enough (`| head`) is no failure.
                    Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                        Err(SinkError::write(Path::new(STDOUT))(error))
                    }
                    _ => Ok(WrittenFile { path: target, rows, bytes, sha256: None }),
                }
            }
        }
    }

    fn length(&self) -> Result<u64, SinkError> {
        let metadata = self.reader()?.metadata();
        metadata.map(|metadata| metadata.len()).map_err(SinkError::write(&self.disk()))
    }
}

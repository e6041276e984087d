//! Where the files of a table are: on this machine, or in an object store.

use std::{
    borrow::Cow,
    fs::File,
    path::{Path, PathBuf},
};

use pipeline_store::UpdateVersion;
use tempfile::TempDir;

use crate::{
    error::SinkError,
    folder::{LocalFolder, ObjectFolder, manifest::Manifest},
};

/// One of the two.
#[derive(Debug, Clone)]
pub(crate) enum Storage {
    Local(LocalFolder),
    Objects(ObjectFolder),
}

/// Which manifest a run began with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Version {
    /// There was none.
    None,
    /// The sequence number, on this machine.
    Sequence(u64),
    /// What the store says.
    Object(UpdateVersion),
}

/// A folder in which files are made; goes on drop.
#[derive(Debug)]
pub(crate) struct Staging {
    pub(crate) folder: TempDir,
    /// Locked while this process lives, so that others can tell the folder from one left behind.
    pub(crate) _lock: Option<File>,
}

impl Staging {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// What a run does to a table.
#[derive(Debug)]
pub(crate) struct Change {
    /// Files of the staging folder that become part of it.
    pub(crate) added: Vec<String>,
    /// Files that no longer are.
    pub(crate) removed: Vec<String>,
    /// The manifest afterwards.
    pub(crate) manifest: Manifest,
    /// The manifest before.
    pub(crate) expected: Version,
}

impl Storage {
    /// The folder, for messages; ends with a separator.
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Local(folder) => folder.shown().into(),
            Self::Objects(folder) => folder.store.url().into(),
        }
    }

    /// Finds out whether files can be written, and removes what dead runs left behind.
    pub(crate) fn prepare(&self, extension: &str) -> Result<(), SinkError> {
        match self {
            Self::Local(folder) => folder.prepare(extension),
            Self::Objects(folder) => folder.prepare(extension),
        }
    }

    /// The manifest, and its version.
    pub(crate) fn manifest(&self) -> Result<Option<(Manifest, Version)>, SinkError> {
        match self {
            Self::Local(folder) => folder.manifest(),
            Self::Objects(folder) => folder.manifest(),
        }
    }

    /// A file of the table.
    pub(crate) fn open(&self, name: &str) -> Result<File, SinkError> {
        match self {
            Self::Local(folder) => folder.open(name),
            Self::Objects(folder) => Ok(folder.store.download(name)?),
        }
    }

    /// A new folder for files in the making.
    pub(crate) fn staging(&self) -> Result<Staging, SinkError> {
        match self {
            Self::Local(folder) => folder.staging(),
            Self::Objects(_) => {
                let folder = TempDir::new().map_err(SinkError::target(&std::env::temp_dir()))?;
                Ok(Staging { folder, _lock: None })
            }
        }
    }

    /// A folder with room for rows that wait.
    pub(crate) fn scratch(&self) -> PathBuf {
        match self {
            Self::Local(folder) => folder.scratch(),
            Self::Objects(_) => std::env::temp_dir(),
        }
    }

    /// Makes the change what readers see, or nothing of it.
    ///
    /// # Errors
    /// [`SinkError::Conflict`] when the manifest is not the expected one any more.
    pub(crate) fn commit(&self, staging: Staging, change: &Change) -> Result<(), SinkError> {
        match self {
            Self::Local(folder) => folder.commit(staging, change),
            Self::Objects(folder) => folder.commit(&staging, change),
        }
    }
}

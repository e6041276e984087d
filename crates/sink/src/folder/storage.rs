//! Where the files of a table are: on this machine, or in an object store.

use std::{
    borrow::Cow,
    fs::File,
    path::{Path, PathBuf},
};

use pipeline_store::UpdateVersion;
use tempfile::TempDir;

use crate::{
    Run,
    error::{SinkError, TEMPORARY},
    folder::{
        LocalFolder, ObjectFolder,
        manifest::{Manifest, ManifestFile},
    },
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
    /// The sequence number and the last run, on this machine.
    Local(u64, Option<String>),
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

impl Change {
    /// Whether a manifest that was read back has this change in it, alone or below later ones.
    pub(crate) fn is_in(&self, found: &Manifest) -> bool {
        match &self.run_id {
            Some(run_id) => found.run(run_id).is_some(),
            None => *found == self.manifest,
        }
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
    /// The run that commits, which the manifest names then; none where only the state changes.
    pub(crate) run_id: Option<String>,
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

    /// Removes what a commit has left behind that was killed after its manifest was in place.
    pub(crate) fn tidy(&self, manifest: &Manifest) {
        match self {
            Self::Local(folder) => folder.tidy(manifest),
            // What is left there is beside the table, which its manifest alone makes.
            Self::Objects(_) => {}
        }
    }

    /// Finds out whether files can be written, and removes what dead runs left behind; gives the parts that stay beside a new table.
    pub(crate) fn prepare(&self, extension: &str, run: &Run) -> Result<Vec<String>, SinkError> {
        match self {
            Self::Local(folder) => folder.prepare(extension, &run.unfinished).map(|()| Vec::new()),
            Self::Objects(folder) => folder.prepare(extension, run),
        }
    }

    /// The manifest, and its version.
    pub(crate) fn manifest(&self) -> Result<Option<(Manifest, Version)>, SinkError> {
        match self {
            Self::Local(folder) => folder.manifest(),
            Self::Objects(folder) => folder.manifest(),
        }
    }

    /// Refuses a table of which files are gone that the manifest names; their sizes are compared, too.
    ///
    /// # Errors
    /// [`SinkError::Missing`].
    pub(crate) fn verify<'m>(&self, files: impl Iterator<Item = &'m ManifestFile>) -> Result<(), SinkError> {
        let sizes = match self {
            Self::Local(_) => None,
            Self::Objects(folder) => Some(folder.sizes()?),
        };
        let is_there = |file: &&ManifestFile| match (self, &sizes) {
            (Self::Local(folder), _) => folder.size(&file.path) == Some(file.bytes),
            (_, Some(sizes)) => sizes.get(&file.path) == Some(&file.bytes),
            _ => false,
        };
        let missing: Vec<&str> =
            files.filter(|file| !is_there(file)).map(|file| file.path.as_str()).collect();
        match missing.as_slice() {
            [] => Ok(()),
            [only] => Err(self.missing(format!("`{only}`"))),
            [first, more @ ..] => Err(self.missing(format!("`{first}` and {} more files", more.len()))),
        }
    }

    fn missing(&self, names: String) -> SinkError {
        SinkError::Missing { target: self.shown().into_owned(), names }
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
                let folder = tempfile::Builder::new().prefix(TEMPORARY).tempdir();
                let folder = folder.map_err(SinkError::target(&std::env::temp_dir()))?;
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
    /// [`SinkError::Conflict`] when the manifest is not the expected one any more; [`SinkError::Unanswered`] when it is
    /// not known what became of the change.
    pub(crate) fn commit(&self, staging: Staging, change: &Change) -> Result<(), SinkError> {
        match self {
            Self::Local(folder) => folder.commit(staging, change),
            Self::Objects(folder) => folder.commit(&staging, change),
        }
    }
}

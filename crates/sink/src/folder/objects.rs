//! A table in an object store.
//!
//! The manifest is the one thing that changes in place, and a store replaces an object only if it still is the one
//! that was read. So of two runs one wins, and readers of the manifest see all of a run or nothing of it.

use std::{fs::File, path::Path};

use pipeline_store::{Store, UpdateVersion};

use crate::{
    error::SinkError,
    folder::{
        manifest::{self, Manifest},
        storage::{Change, Staging, Version},
    },
};

/// The objects whose names begin alike.
#[derive(Debug, Clone)]
pub(crate) struct ObjectFolder {
    pub(crate) store: Store,
}

impl ObjectFolder {
    /// Removes objects that no manifest names and that are older than the last one.
    ///
    /// A run that still was to commit them has read an older manifest, and will be refused.
    pub(crate) fn prepare(&self, extension: &str) -> Result<(), SinkError> {
        let found = self.store.get(manifest::NAME)?;
        let objects = self.store.list()?;
        let Some((json, meta)) = found else {
            let is_foreign = |name: &&str| name.ends_with(&format!(".{extension}")) && !is_part(name);
            return match objects.iter().map(|(name, _)| name.as_str()).find(is_foreign) {
                Some(name) => Err(self.refuse(format!(
                    "it has `{name}`, which no manifest names; readers would take it for a part of the table"
                ))),
                None => Ok(()),
            };
        };
        let manifest = self.parse(&json)?;
        let named = manifest.paths();
        for (name, object) in objects {
            let is_named = named.contains(Path::new(&name));
            if is_part(&name) && !is_named && object.last_modified < meta.last_modified {
                self.store.delete(&name)?;
                tracing::debug!(name, "removed what an earlier run left behind");
            }
        }
        Ok(())
    }

    pub(crate) fn manifest(&self) -> Result<Option<(Manifest, Version)>, SinkError> {
        let Some((json, meta)) = self.store.get(manifest::NAME)? else { return Ok(None) };
        let version = UpdateVersion { e_tag: meta.e_tag, version: meta.version };
        Ok(Some((self.parse(&json)?, Version::Object(version))))
    }

    fn parse(&self, json: &[u8]) -> Result<Manifest, SinkError> {
        Manifest::parse(json).map_err(|problem| self.refuse(problem))
    }

    fn refuse(&self, problem: String) -> SinkError {
        SinkError::Refused { target: self.store.url().to_owned(), problem }
    }

    pub(crate) fn commit(&self, staging: &Staging, change: &Change) -> Result<(), SinkError> {
        let version = match &change.expected {
            Version::Object(version) => Some(version.clone()),
            Version::None | Version::Sequence(_) => None,
        };
        let upload = |name: &String| {
            let path = staging.path().join(name);
            Ok(self.store.upload(name, File::open(&path).map_err(SinkError::write(&path))?)?)
        };
        let sent = change.added.iter().try_for_each(upload);
        let committed =
            sent.and_then(|()| Ok(self.store.replace(manifest::NAME, change.manifest.to_json(), version)?));
        let unused = if committed.is_ok() { &change.removed } else { &change.added };
        for name in unused {
            // The next run tries again.
            if let Err(error) = self.store.delete(name) {
                tracing::warn!(name, %error, "an object that is no part of the table any more stays");
            }
        }
        committed
    }
}

/// Whether a run of this program may have written the object.
fn is_part(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|name| name.starts_with(manifest::PART))
}

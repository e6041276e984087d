//! A table in an object store.
//!
//! The manifest is the one thing that changes in place, and a store replaces an object only if it still is the one
//! that was read. So of two runs one wins, and readers of the manifest see all of a run or nothing of it.

use std::{collections::HashMap, fs::File, path::Path};

use pipeline_config::explain;
use pipeline_store::{Store, StoreError, UpdateVersion};

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
    pub(crate) fn prepare(&self, extension: &str, unfinished: &[String]) -> Result<(), SinkError> {
        let found = self.store.get(manifest::NAME)?;
        let objects = self.store.list()?;
        let Some((json, meta)) = found else {
            let names = objects.iter().map(|(name, _)| name.as_str());
            let refusal = manifest::refusal(names, (extension, unfinished));
            return refusal.map_or(Ok(()), |problem| Err(self.refuse(problem)));
        };
        let manifest = self.parse(&json)?;
        let named = manifest.paths();
        for (name, object) in objects {
            let is_named = named.contains(Path::new(&name));
            if manifest::run_of(&name).is_some() && !is_named && object.last_modified < meta.last_modified {
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
            Version::None | Version::Local(..) => None,
        };
        let upload = |name: &String| {
            let path = staging.path().join(name);
            Ok(self.store.upload(name, File::open(&path).map_err(SinkError::write(&path))?)?)
        };
        if let Err(error) = change.added.iter().try_for_each(upload) {
            self.delete(&change.added);
            return Err(error);
        }
        match self.store.replace(manifest::NAME, change.manifest.to_json(), version) {
            Ok(()) => {}
            Err(error) => self.decide(change, error)?,
        }
        self.delete(&change.removed);
        Ok(())
    }

    /// Reads back what became of a commit whose answer is no success.
    ///
    /// A store may have done what it was asked before its answer was lost, and then refuses the repetition, because the
    /// manifest that is there is the new one. Parts go only where the manifest in place does not name them and never
    /// will: after a refusal. After any other answer the commit may still arrive; parts that it did not need go with
    /// the next commit, which it cannot follow.
    fn decide(&self, change: &Change, error: StoreError) -> Result<(), SinkError> {
        let found = match self.store.get(manifest::NAME) {
            Ok(found) => found.map(|(json, _)| self.parse(&json)).transpose()?,
            Err(_) => return Err(self.unanswered(error)),
        };
        if found.as_ref().is_some_and(|found| change.is_in(found)) {
            tracing::info!("the commit was in place although its answer was: {}", explain(&error));
            return Ok(());
        }
        match error {
            StoreError::Conflict { target } => {
                self.delete(&change.added);
                Err(SinkError::Conflict { target })
            }
            error => Err(self.unanswered(error)),
        }
    }

    fn unanswered(&self, error: StoreError) -> SinkError {
        SinkError::Unanswered { target: self.store.url().to_owned(), source: Box::new(error) }
    }

    /// Removes objects that are no part of the table; the next run tries again where it cannot be done.
    fn delete(&self, names: &[String]) {
        for name in names {
            if let Err(error) = self.store.delete(name) {
                tracing::warn!(name, %error, "an object that is no part of the table any more stays");
            }
        }
    }

    /// The sizes of all objects below the URL, by their names.
    pub(crate) fn sizes(&self) -> Result<HashMap<String, u64>, SinkError> {
        Ok(self.store.list()?.into_iter().map(|(name, object)| (name, object.size)).collect())
    }
}

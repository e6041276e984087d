//! A table in an object store.
//!
//! The manifest is the one thing that changes in place, and a store replaces an object only if it still is the one
//! that was read. So of two runs one wins, and readers of the manifest see all of a run or nothing of it.

use std::{collections::HashMap, fs::File, path::Path};

use pipeline_config::explain;
use pipeline_store::{Store, StoreError, UpdateVersion};

use crate::{
    Run,
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
    /// Removes objects that no manifest names and that are older than the last one; gives those that a new table has beside it.
    ///
    /// A run that still was to commit them has read an older manifest, and will be refused. So it is where there is no manifest yet:
    /// of several first commits one is made, and the parts of others tell nothing.
    pub(crate) fn prepare(&self, extension: &str, run: &Run) -> Result<Vec<String>, SinkError> {
        let found = self.store.get(manifest::NAME)?;
        let objects = self.store.list()?;
        let is_unfinished = |name: &str| {
            manifest::run_of(name).is_some_and(|run_id| run.unfinished.iter().any(|known| known == run_id))
        };
        let Some((json, meta)) = found else {
            let names: Vec<&str> = objects.iter().map(|(name, _)| name.as_str()).collect();
            let left =
                manifest::beside_new(&names, extension, run).map_err(|problem| self.refuse(problem))?;
            let left: Vec<String> =
                left.into_iter().filter(|name| !is_unfinished(name)).map(str::to_owned).collect();
            self.tell_of_left(&left);
            return Ok(left);
        };
        let manifest = self.parse(&json)?;
        let named = manifest.paths();
        for (name, object) in objects {
            let is_dead = manifest::run_of(&name).is_some()
                && !named.contains(Path::new(&name))
                && object.last_modified < meta.last_modified;
            if is_dead && (is_unfinished(&name) || !manifest.beside.contains(&name)) {
                self.store.delete(&name)?;
                tracing::debug!(name, "removed what an earlier run left behind");
            }
        }
        Ok(Vec::new())
    }

    fn tell_of_left(&self, left: &[String]) {
        let Some(first) = left.first() else { return };
        let more = match left.len() {
            1 => String::new(),
            n => format!(" and {} more such files", n - 1),
        };
        tracing::warn!(
            "`{}` has `{first}`{more} of a run that this state folder does not know, and no `{}`: a first commit did not arrive, or is \
             under way, so the table begins without them and they stay; if the table was there before, restore its manifest in the \
             place of the one that this run writes",
            self.store.url(),
            manifest::NAME
        );
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
            Ok(()) => self.confirm(change)?,
            Err(error) => self.decide(change, error)?,
        }
        self.delete(&change.removed);
        Ok(())
    }

    /// Reads back what became of a commit whose answer is a success: of two runs one wins only where the store keeps to its
    /// conditions, and the other one sees it here.
    fn confirm(&self, change: &Change) -> Result<(), SinkError> {
        let found = match self.store.get(manifest::NAME) {
            Ok(found) => found.map(|(json, _)| self.parse(&json)).transpose()?,
            Err(error) => {
                tracing::debug!(error = explain(&error), "the manifest could not be read back");
                return Ok(());
            }
        };
        match found.is_some_and(|found| change.is_in(&found)) {
            true => Ok(()),
            false => Err(SinkError::Displaced { target: self.store.url().to_owned() }),
        }
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
            Err(_) => {
                let target = self.store.url().to_owned();
                return Err(SinkError::Unread { target, source: Box::new(error) });
            }
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

#[cfg(test)]
mod tests {
    use pipeline_config::Environment;

    use super::*;

    const PART: &str = "part-20241129T104451.887000Z-3f1c-0.parquet";
    const RUN: &str = "20241129T104451.887000Z-3f1c";

    fn folder(names: &[&str]) -> ObjectFolder {
        let folder = ObjectFolder { store: Store::open("memory:///t/", &Environment::empty(), &[]).unwrap() };
        for name in names {
            folder.store.replace(name, b"rows".to_vec(), None).unwrap();
        }
        folder
    }

    fn unfinished() -> Run {
        Run { unfinished: vec![RUN.into()], ..Run::default() }
    }

    #[test]
    fn a_table_begins_beside_parts_of_runs_that_nobody_knows() {
        let partitioned = format!("day=1/{PART}");
        let names = [PART, &partitioned, "README.md"];
        let folder = folder(&names);
        let mut beside = folder.prepare("parquet", &Run::default()).unwrap();
        beside.sort();
        assert_eq!(beside, [partitioned.as_str(), PART]);
        // Those of a run that has not come to its commit are known, and go with the next run.
        assert_eq!(folder.prepare("parquet", &unfinished()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_table_whose_manifest_was_lost_and_files_of_other_programs_are_refused() {
        let committed = Run { committed: vec!["r".into(), RUN.into()], ..Run::default() };
        let error = folder(&[PART]).prepare("parquet", &committed).unwrap_err().to_string();
        assert!(error.contains(&format!("it has `{PART}`")) && error.contains("restore that"), "{error}");
        for run in [Run::default(), committed, unfinished()] {
            let error = folder(&[PART, "a.parquet"]).prepare("parquet", &run).unwrap_err().to_string();
            assert!(error.contains("`a.parquet`") || error.contains(PART), "{error}");
        }
        assert!(folder(&["a.csv"]).prepare("parquet", &Run::default()).is_ok());
    }

    #[test]
    fn parts_beside_a_table_stay_and_those_of_dead_runs_go() {
        let other = "part-20241129T104451.887000Z-aaaa-0.parquet";
        let folder = folder(&[PART, other]);
        let left = |run: &Run| {
            folder.prepare("parquet", run).unwrap();
            let mut names: Vec<String> =
                folder.store.list().unwrap().into_iter().map(|(name, _)| name).collect();
            names.retain(|name| name != manifest::NAME);
            names
        };
        std::thread::sleep(std::time::Duration::from_millis(2));
        let manifest = Manifest { beside: vec![PART.into()], ..Manifest::new() };
        folder.store.replace(manifest::NAME, manifest.to_json(), None).unwrap();
        assert_eq!(left(&Run::default()), [PART]);
        // The run that knows it as its own.
        assert_eq!(left(&unfinished()), Vec::<String>::new());
    }
}

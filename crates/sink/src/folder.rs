//! Folders of files: a manifest says which of them are the table.
//!
//! ```text
//! rows ──▶ parts (staging) ──▶ finish: rows that stay, rewritten where they must ──▶ commit: manifest
//! ```
//! Every mode is a question of which earlier files stay. All files of one table have one schema, snapshots aside, so
//! a run that widens a column writes the files that stay again.

mod folder_lock;
mod keys;
mod layout;
mod local;
mod manifest;
mod objects;
mod partition;
mod parts;
mod storage;
mod swap;
mod table_writer;

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use pipeline_table::{Columns, JsonValues};

pub(crate) use layout::{Layout, SnapshotBy};
pub(crate) use local::LocalFolder;
pub(crate) use manifest::Manifest;
pub(crate) use objects::ObjectFolder;
pub(crate) use storage::Storage;

use crate::{
    Committed, Earlier, Evolution, Mode, Output, RejectPlace, Run, Sink, SinkError, StreamWriter, Writer,
    folder::{
        manifest::ManifestFile,
        storage::{Change, Version},
        table_writer::TableWriter,
    },
    format::Format,
    place::sandbox_folder,
};

/// A folder of files of one format.
#[derive(Debug, Clone)]
pub(crate) struct FolderSink {
    pub(crate) format: Arc<dyn Format>,
    pub(crate) storage: Storage,
    pub(crate) layout: Layout,
    pub(crate) evolution: Evolution,
}

impl Sink for FolderSink {
    fn target(&self) -> Cow<'_, str> {
        self.storage.shown()
    }

    fn sample_file(&self) -> Option<String> {
        let names = self.layout.partition_names().into_iter();
        let partition = names.map(|name| (name, Some("1".to_owned()))).collect();
        let folder = partition::folder(&partition).ok()?;
        let (part, extension) = (manifest::PART, self.format.naming().extension);
        Some(format!("{}{folder}{part}20241129T104451.887000Z-3f1c-0.{extension}", self.target()))
    }

    fn for_sandbox(&self) -> Option<Arc<dyn Sink>> {
        let Storage::Local(folder) = &self.storage else { return None };
        let path = sandbox_folder(&folder.path)?;
        Some(Arc::new(Self { storage: Storage::Local(LocalFolder { path }), ..self.clone() }))
    }

    fn json(&self) -> JsonValues {
        self.format.json()
    }

    fn mode(&self) -> Mode {
        self.layout.mode
    }

    fn key(&self) -> &[String] {
        &self.layout.key
    }

    fn state(&self) -> Result<Option<serde_json::Value>, SinkError> {
        Ok(self.storage.manifest()?.and_then(|(manifest, _)| manifest.state))
    }

    fn set_state(&self, state: serde_json::Value) -> Result<(), SinkError> {
        let Some((manifest, expected)) = self.storage.manifest()? else {
            return Err(self.refuse(
                "there is no table yet; `incremental.initial` says where the first run begins".into(),
            ));
        };
        let manifest = Manifest { sequence: manifest.sequence + 1, state: Some(state), ..manifest };
        let change = Change { added: Vec::new(), removed: Vec::new(), manifest, run_id: None, expected };
        self.storage.commit(self.storage.staging()?, &change)
    }

    fn committed(&self, run_id: &str) -> Result<Option<Committed>, SinkError> {
        let Some((manifest, _)) = self.whole(|manifest| manifest.files_of(run_id).collect())? else {
            return Ok(None);
        };
        let shown = self.storage.shown();
        if manifest.run(run_id).is_some() {
            self.storage.tidy(&manifest);
        }
        Ok(manifest.run(run_id).map(|run| Committed {
            files: manifest.files_of(run_id).map(|file| file.written(&shown)).collect(),
            rows_in_files: run.rows.saturating_sub(run.superseded),
            superseded: run.superseded,
            has_no_columns: false,
        }))
    }

    fn evolution(&self) -> Evolution {
        self.evolution
    }

    fn earlier(&self) -> Result<Option<Columns>, SinkError> {
        match self.storage.manifest()? {
            Some((manifest, _)) => self.columns_of(&manifest).map(Some),
            None => Ok(None),
        }
    }

    fn open(&self, run: &Run) -> Result<Box<dyn Output>, SinkError> {
        let beside = self.storage.prepare(self.format.naming().extension, run)?;
        let stays = run.earlier == Earlier::Keep && self.layout.mode != Mode::Overwrite;
        let current =
            self.whole(|manifest| if stays { manifest.files.iter().collect() } else { Vec::new() })?;
        if let Some((manifest, _)) = current.as_ref().filter(|_| run.earlier == Earlier::Keep) {
            self.refuse_other_layout(manifest)?;
        }
        let columns = current.as_ref().map(|(manifest, _)| self.columns_of(manifest)).transpose()?;
        let parts = self.layout.partitions(run);
        if let (Mode::Snapshot, Some((manifest, _))) = (self.layout.mode, &current) {
            self.refuse_existing_snapshot(manifest, &parts.fixed())?;
        }
        if current.as_ref().is_some_and(|(manifest, _)| manifest.run(&run.id).is_some()) {
            return Err(self.refuse(format!(
                "it has a run `{}` already, and this one has the same id: run again",
                run.id
            )));
        }
        let (manifest, version) = current.map_or((None, Version::None), |(found, at)| (Some(found), at));
        Ok(Box::new(FolderOutput {
            table: Arc::new(FolderRun {
                sink: self.clone(),
                run: run.clone(),
                manifest,
                version,
                columns,
                beside,
            }),
        }))
    }

    fn rejected(&self, run_id: &str) -> RejectPlace {
        let name = format!(".rejected-{run_id}.jsonl");
        match &self.storage {
            Storage::Local(folder) => RejectPlace::file(format!("{}{name}", folder.path.display())),
            Storage::Objects(folder) => RejectPlace::object(folder.store.beside(&name)),
        }
    }
}

impl FolderSink {
    /// The manifest whose `files` are all there.
    fn whole(
        &self,
        files: impl for<'m> Fn(&'m Manifest) -> Vec<&'m ManifestFile>,
    ) -> Result<Option<(Manifest, Version)>, SinkError> {
        loop {
            let Some((manifest, version)) = self.storage.manifest()? else { return Ok(None) };
            match self.storage.verify(files(&manifest).into_iter()) {
                Ok(()) => return Ok(Some((manifest, version))),
                Err(error @ SinkError::Missing { .. }) => {
                    // Another run may have committed between the two looks.
                    if self.storage.manifest()?.is_some_and(|(_, now)| now == version) {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn refuse(&self, problem: String) -> SinkError {
        SinkError::Refused { target: self.target().into_owned(), problem }
    }

    fn columns_of(&self, manifest: &Manifest) -> Result<Columns, SinkError> {
        manifest.columns().map_err(|problem| self.refuse(format!("the manifest is damaged: {problem}")))
    }

    /// Rows that stay must be where rows that come would go.
    fn refuse_other_layout(&self, manifest: &Manifest) -> Result<(), SinkError> {
        let naming = self.format.naming();
        if self.layout.mode == Mode::Overwrite {
            return Ok(());
        }
        if manifest.kind != naming.kind || manifest.extension != naming.extension {
            return Err(self.refuse(format!(
                "it has {} files, and the sink is {}; choose another path, or `mode: overwrite`",
                manifest.kind, naming.kind
            )));
        }
        let names = self.layout.partition_names();
        if manifest.partition_by != names {
            return Err(self.refuse(format!(
                "it is partitioned by [{}], and the sink by [{}]; choose another path, or `mode: overwrite`",
                manifest.partition_by.join(", "),
                names.join(", ")
            )));
        }
        Ok(())
    }

    fn refuse_existing_snapshot(
        &self,
        manifest: &Manifest,
        fixed: &[(String, Option<String>)],
    ) -> Result<(), SinkError> {
        let exists =
            manifest.files.iter().any(|file| fixed.iter().all(|value| file.partition.contains(value)))
                || manifest.runs.iter().any(|run| run.partition == fixed);
        match (exists, fixed.first()) {
            (true, Some((name, value))) => Err(self.refuse(format!(
                "the snapshot `{name}={}` exists, and snapshots never change; `snapshot_by: hour` or `run` makes \
                 finer ones",
                value.as_deref().unwrap_or_default()
            ))),
            _ => Ok(()),
        }
    }
}

/// One run into a folder.
#[derive(Debug)]
pub(crate) struct FolderRun {
    pub(crate) sink: FolderSink,
    pub(crate) run: Run,
    /// What the last run left, and which version of the manifest says so.
    pub(crate) manifest: Option<Manifest>,
    pub(crate) version: Version,
    columns: Option<Columns>,
    /// Parts that stay beside a new table.
    pub(crate) beside: Vec<String>,
}

impl FolderRun {
    /// The manifest, where this run leaves earlier rows beside its own in this mode.
    pub(crate) fn rows_that_stay(&self, mode: Mode) -> Option<&Manifest> {
        let keeps = self.sink.layout.mode == mode && self.run.earlier == Earlier::Keep;
        self.manifest.as_ref().filter(|manifest| keeps && manifest.has_rows())
    }

    /// The conflict that is behind an error: a run that commits removes the parts that it replaces, which this one still wants to read,
    /// and the next one takes the parts of this one for those of a dead run.
    pub(crate) fn conflict_or(&self, error: SinkError) -> SinkError {
        let is_of_parts =
            matches!(error, SinkError::Store { .. } | SinkError::NotStored(_) | SinkError::Read { .. });
        if !is_of_parts {
            return error;
        }
        match self.sink.storage.manifest() {
            Ok(found) if found.as_ref().map_or(&Version::None, |(_, version)| version) != &self.version => {
                SinkError::Conflict { target: self.sink.storage.shown().into_owned() }
            }
            _ => error,
        }
    }
}

struct FolderOutput {
    table: Arc<FolderRun>,
}

impl Output for FolderOutput {
    fn kept(&self) -> Option<&Columns> {
        match self.table.sink.layout.mode {
            Mode::Append | Mode::Upsert if self.table.run.earlier == Earlier::Keep => {
                self.table.columns.as_ref()
            }
            _ => None,
        }
    }

    fn state(&self) -> Option<&serde_json::Value> {
        self.table.manifest.as_ref()?.state.as_ref()
    }

    fn has_rows(&self) -> bool {
        self.table.manifest.as_ref().is_some_and(Manifest::has_rows)
    }

    fn create(
        &mut self,
        columns: &Columns,
        metadata: &[(String, String)],
    ) -> Result<Box<dyn Writer>, SinkError> {
        Ok(Box::new(TableWriter::new(Arc::clone(&self.table), columns, metadata)?))
    }

    fn stream(
        &mut self,
        columns: &Columns,
        metadata: &[(String, String)],
    ) -> Result<Option<Box<dyn StreamWriter>>, SinkError> {
        let sink = &self.table.sink;
        // The rows of several partitions come back in another order, and a later row may replace an earlier one.
        let has_order = self.table.sink.layout.partition_columns().is_empty();
        if !has_order || sink.layout.mode == Mode::Upsert || !sink.format.keeps_types() {
            return Ok(None);
        }
        Ok(Some(Box::new(TableWriter::new(Arc::clone(&self.table), columns, metadata)?)))
    }

    fn scratch(&self) -> PathBuf {
        self.table.sink.storage.scratch()
    }
}

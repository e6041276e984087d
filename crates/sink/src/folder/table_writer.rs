//! Writes the rows of one run, and decides which earlier files stay.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{BooleanArray, RecordBatch},
    compute::filter_record_batch,
};
use pipeline_table::{Columns, cast_record_batch};

use crate::{
    Commit, Committed, Earlier, Mode, Rows, SinkError, StreamWriter, Writer,
    folder::{
        FolderRun,
        keys::Keys,
        manifest::{Manifest, ManifestFile, ManifestRun},
        parts::{Parts, PartsPlan},
        storage::{Change, Staging},
    },
    spool::Spool,
};

/// One run into a folder, with its final columns or those so far.
pub(crate) struct TableWriter {
    table: Arc<FolderRun>,
    columns: Columns,
    parts: Parts,
    staging: Staging,
    upsert: Option<Upsert>,
    n_rows: u64,
    /// Rows of the run that a later row replaced.
    n_superseded: u64,
    /// Rows of earlier runs that were written again.
    n_again: u64,
}

/// Rows that wait until it is known which of them are the last of their keys.
struct Upsert {
    keys: Keys,
    waiting: Spool,
}

impl TableWriter {
    pub(crate) fn new(
        table: Arc<FolderRun>,
        columns: &Columns,
        metadata: &[(String, String)],
    ) -> Result<Self, SinkError> {
        let sink = &table.sink;
        let partitions = sink.layout.partitions(&table.run);
        partitions.check(columns).map_err(|problem| sink.refuse(problem))?;
        for name in &sink.layout.key {
            match columns.get(name) {
                Some(column_type) if column_type.is_scalar() => {}
                // A run without rows has nothing to replace.
                None if columns.is_empty() => {}
                Some(_) => return Err(sink.refuse(format!("the `key` `{name}` holds lists or objects"))),
                None => {
                    return Err(sink.refuse(format!("`key` names `{name}`, which is no column of the rows")));
                }
            }
        }
        refuse_rows_without_key(&table)?;
        refuse_two_ways(&table, columns)?;
        let staging = sink.storage.staging()?;
        let plan = PartsPlan {
            format: Arc::clone(&sink.format),
            columns: columns.clone(),
            metadata: metadata.to_vec(),
            partitions,
            run_id: table.run.id.clone(),
            target: sink.storage.shown().into_owned(),
            target_bytes: sink.layout.target_file_bytes,
        };
        let upsert = match sink.layout.mode {
            Mode::Upsert => Some(Upsert {
                keys: Keys::new(sink.layout.key.clone()),
                waiting: Spool::create(&sink.storage.scratch())?,
            }),
            _ => None,
        };
        let parts = Parts::new(plan, staging.path());
        Ok(Self {
            columns: columns.clone(),
            parts,
            staging,
            upsert,
            n_rows: 0,
            n_superseded: 0,
            n_again: 0,
            table,
        })
    }

    /// Writes the rows of the run that no later one replaces.
    fn settle(&mut self) -> Result<Option<Keys>, SinkError> {
        let Some(Upsert { keys, waiting }) = self.upsert.take() else { return Ok(None) };
        let mut first = 0;
        for rows in waiting.into_rows()? {
            let rows = rows?;
            let last = keys.last_ones(&rows, first)?;
            first += rows.num_rows() as u64;
            self.n_superseded += last.false_count() as u64;
            self.parts.write(&filtered(&rows, &last)?)?;
        }
        Ok(Some(keys))
    }

    /// The earlier files that stay, after writing again those that must change.
    fn keep(&mut self, keys: Option<&Keys>) -> Result<Vec<ManifestFile>, SinkError> {
        let table = Arc::clone(&self.table);
        let Some(manifest) = &table.manifest else { return Ok(Vec::new()) };
        let has_changed = self.has_changed(manifest)?;
        let mut kept = Vec::new();
        for file in &manifest.files {
            let stays = match (table.sink.layout.mode, keys) {
                (Mode::Append | Mode::Upsert, _) if table.run.earlier == Earlier::Drop => continue,
                (Mode::Overwrite, _) => continue,
                (Mode::Append | Mode::Snapshot, _) | (Mode::Upsert, None) => true,
                (Mode::Upsert, Some(keys)) => self.is_untouched(file, keys)?,
            };
            match stays && !has_changed {
                true => kept.push(file.clone()),
                false => self.write_again(file, keys.filter(|_| !stays))?,
            }
        }
        Ok(kept)
    }

    /// Whether the files that stay must get the columns and types of this run.
    fn has_changed(&self, manifest: &Manifest) -> Result<bool, SinkError> {
        let sink = &self.table.sink;
        // Text has no types, and snapshots never change.
        if !sink.format.keeps_types() || sink.layout.mode == Mode::Snapshot {
            return Ok(false);
        }
        let partitions = sink.layout.partition_columns();
        let earlier = sink.columns_of(manifest)?.without(&partitions);
        Ok(!earlier.are_stored_like(&self.columns.without(&partitions)))
    }

    /// Whether no row of the run has the key of a row in this file; reads the columns of the key only.
    fn is_untouched(&self, file: &ManifestFile, keys: &Keys) -> Result<bool, SinkError> {
        // In the types of this run, whose texts are the keys: a decimal may have got more digits.
        let columns = self.parts.columns().only(keys.names());
        for rows in self.rows_of(file, Some(keys.names()))? {
            if keys.untouched(&cast_record_batch(&rows?, &columns)?, &file.partition)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes the rows of a file in the columns of this run, without those whose keys come again.
    fn write_again(&mut self, file: &ManifestFile, keys: Option<&Keys>) -> Result<(), SinkError> {
        for rows in self.rows_of(file, None)? {
            let mut rows = cast_record_batch(&rows?, self.parts.columns())?;
            if let Some(keys) = keys
                && let Some(stays) = keys.untouched(&rows, &file.partition)?
            {
                rows = filtered(&rows, &stays)?;
            }
            self.n_again += rows.num_rows() as u64;
            self.parts.write_to(&file.partition, &rows)?;
        }
        Ok(())
    }

    fn rows_of(&self, file: &ManifestFile, columns: Option<&[String]>) -> Result<Rows, SinkError> {
        let sink = &self.table.sink;
        let name = format!("{}{}", sink.storage.shown(), file.path);
        let rows =
            sink.format.read(sink.storage.open(&file.path)?, columns).map_err(SinkError::read(&name))?;
        Ok(Box::new(rows.map(move |rows| rows.map_err(SinkError::read(&name)))))
    }

    /// How many rows of the run are in its files, by what the files say.
    fn reconcile(&self, added: &[ManifestFile]) -> Result<u64, SinkError> {
        let in_files: u64 = added.iter().map(|file| file.rows).sum();
        let expected = self.n_rows - self.n_superseded + self.n_again;
        if in_files != expected {
            let target = self.table.sink.storage.shown().into_owned();
            return Err(SinkError::Mismatch { target, written: expected, found: in_files });
        }
        Ok(in_files - self.n_again)
    }

    /// The manifest after this run.
    fn manifest(&self, kept: &[ManifestFile], added: &[ManifestFile], commit: Commit) -> Manifest {
        let (sink, run) = (&self.table.sink, &self.table.run);
        let naming = sink.format.naming();
        let mut next = self.table.manifest.clone().unwrap_or_else(|| {
            let beside = self.table.beside.clone();
            Manifest { beside, ..Manifest::new() }
        });
        next.sequence += 1;
        naming.kind.clone_into(&mut next.kind);
        naming.extension.clone_into(&mut next.extension);
        next.set_columns(&self.columns);
        next.partition_by = sink.layout.partition_names();
        next.files = kept.iter().chain(added).cloned().collect();
        next.state = commit.state.or(next.state);
        next.push_run(ManifestRun {
            run_id: run.id.clone(),
            started_at: run.started_at.to_string(),
            mode: sink.layout.mode.name().to_owned(),
            rows: self.n_rows,
            superseded: self.n_superseded,
            files: added.iter().map(|file| file.path.clone()).collect(),
            partition: sink.layout.partitions(run).fixed(),
        });
        next
    }
}

/// Rows that are there and have no column of the key could never be replaced: all of them would be there twice.
fn refuse_rows_without_key(table: &FolderRun) -> Result<(), SinkError> {
    let sink = &table.sink;
    let Some(manifest) = table.rows_that_stay(Mode::Upsert) else { return Ok(()) };
    let earlier = sink.columns_of(manifest)?;
    let Some(name) = sink.layout.key.iter().find(|name| earlier.get(name).is_none()) else { return Ok(()) };
    let known: Vec<&str> = earlier.iter().map(|column| column.name.as_str()).collect();
    Err(sink.refuse(format!(
        "`key` names `{name}`, which is no column of the rows that are there ({}), so that none of them could be replaced and all that \
         come again would be there twice; give the column its earlier name again, or run once with `--full-refresh`, which has this \
         run's rows in the place of all earlier ones",
        known.join(", ")
    )))
}

/// Files of text tell no types and are not written again: values that would be written otherwise from now on are refused.
fn refuse_two_ways(table: &FolderRun, columns: &Columns) -> Result<(), SinkError> {
    let sink = &table.sink;
    let stays = table.rows_that_stay(Mode::Append).filter(|_| !sink.format.keeps_types());
    let Some(manifest) = stays else { return Ok(()) };
    let earlier = sink.columns_of(manifest)?.without(&sink.layout.partition_columns());
    let Some((name, before, now)) = earlier.written_otherwise(columns, sink.format.json()) else {
        return Ok(());
    };
    Err(sink.refuse(format!(
        "`{name}` is {} in the files that are there and would be {} with this run's rows, which is written otherwise, so that readers \
         would find one value in two ways; {} files are not written again: choose another `path`, or `kind: parquet`, which writes \
         earlier rows again, or `--full-refresh`, which has this run's rows in the place of all earlier ones",
        before.name(),
        now.name(),
        sink.format.naming().kind
    )))
}

fn filtered(rows: &RecordBatch, mask: &BooleanArray) -> Result<RecordBatch, SinkError> {
    filter_record_batch(rows, mask).map_err(|error| SinkError::Table(error.into()))
}

impl Writer for TableWriter {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        self.n_rows += rows.num_rows() as u64;
        match &mut self.upsert {
            Some(Upsert { keys, waiting }) => {
                keys.add(rows, &self.table.sink.storage.shown())?;
                waiting.write(rows)
            }
            None => self.parts.write(rows),
        }
    }

    fn finish(self: Box<Self>, commit: Commit) -> Result<Committed, SinkError> {
        let table = Arc::clone(&self.table);
        self.commit(commit).map_err(|error| table.conflict_or(error))
    }
}

impl TableWriter {
    fn commit(mut self: Box<Self>, commit: Commit) -> Result<Committed, SinkError> {
        let keys = self.settle()?;
        let kept = self.keep(keys.as_ref())?;
        let mut added = self.parts.finish()?;
        // A file without columns is one that most readers do not open.
        if kept.is_empty() && added.is_empty() && !self.columns.is_empty() {
            self.parts.write_empty()?;
            added = self.parts.finish()?;
        }
        let rows_in_files = self.reconcile(&added)?;
        let superseded = self.n_superseded;
        let manifest = self.manifest(&kept, &added, commit);
        let stays: HashSet<&str> = kept.iter().map(|file| file.path.as_str()).collect();
        let is_gone = |file: &&ManifestFile| !stays.contains(file.path.as_str());
        let earlier = self.table.manifest.as_ref().map_or(&[][..], |manifest| &manifest.files);
        let change = Change {
            added: added.iter().map(|file| file.path.clone()).collect(),
            removed: earlier.iter().filter(is_gone).map(|file| file.path.clone()).collect(),
            manifest,
            run_id: Some(self.table.run.id.clone()),
            expected: self.table.version.clone(),
        };
        let storage = self.table.sink.storage.clone();
        storage.commit(self.staging, &change)?;
        let shown = storage.shown();
        let files = added.iter().map(|file| file.written(&shown)).collect();
        Ok(Committed { files, rows_in_files, superseded, has_no_columns: false })
    }
}

impl StreamWriter for TableWriter {
    fn take_back(mut self: Box<Self>) -> Result<Rows, SinkError> {
        let files = self.parts.finish()?;
        let (staging, format) = (self.staging, Arc::clone(&self.table.sink.format));
        let mut waiting = files.into_iter();
        let mut current: Option<Rows> = None;
        // The folder goes when its rows have been read.
        Ok(Box::new(std::iter::from_fn(move || {
            loop {
                if let Some(rows) = current.as_mut().and_then(Iterator::next) {
                    return Some(rows);
                }
                let path = staging.path().join(waiting.next()?.path);
                let rows =
                    std::fs::File::open(&path).map_err(Into::into).and_then(|file| format.read(file, None));
                match rows {
                    Ok(rows) => {
                        current = Some(Box::new(rows.map(move |rows| rows.map_err(SinkError::write(&path)))));
                    }
                    Err(error) => return Some(Err(SinkError::write(&path)(error))),
                }
            }
        })))
    }
}

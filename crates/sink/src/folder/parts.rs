//! The files of one run while they are written.

use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::array::RecordBatch;
use indexmap::IndexMap;
use pipeline_table::Columns;

use crate::{
    error::SinkError,
    folder::{
        manifest::{ManifestFile, PART},
        partition::{self, Partitions, Values},
    },
    format::{Encoder, Format},
    verify::verify,
};

/// Files that are open at once, each with a row group in memory; a run with more partitions closes the oldest.
const MAX_OPEN: usize = 32;

/// Rows after which a file may be found to be large enough; fewer where a quarter of a file has fewer.
const CHUNK_ROWS: usize = 8192;
const MIN_CHUNK_ROWS: usize = 16;

/// Writes rows into files of a staging folder.
pub(crate) struct Parts {
    format: Arc<dyn Format>,
    /// Of the files, without those of partitions.
    columns: Columns,
    metadata: Vec<(String, String)>,
    partitions: Partitions,
    staging: PathBuf,
    run_id: String,
    target: String,
    target_bytes: u64,
    n_files: usize,
    open: IndexMap<Values, OpenPart>,
    done: Vec<ManifestFile>,
}

struct OpenPart {
    encoder: Box<dyn Encoder>,
    path: String,
    n_rows: u64,
}

/// What [`Parts`] are made of.
pub(crate) struct PartsPlan {
    pub(crate) format: Arc<dyn Format>,
    /// All columns.
    pub(crate) columns: Columns,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) partitions: Partitions,
    pub(crate) run_id: String,
    /// The folder, for messages.
    pub(crate) target: String,
    pub(crate) target_bytes: u64,
}

impl Parts {
    /// No files yet, in an empty folder.
    pub(crate) fn new(plan: PartsPlan, staging: &Path) -> Self {
        Self {
            columns: plan.columns.without(&plan.partitions.columns()),
            format: plan.format,
            metadata: plan.metadata,
            partitions: plan.partitions,
            staging: staging.to_owned(),
            run_id: plan.run_id,
            target: plan.target,
            target_bytes: plan.target_bytes,
            n_files: 0,
            open: IndexMap::new(),
            done: Vec::new(),
        }
    }

    /// The columns of the files.
    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Adds rows with all their columns.
    pub(crate) fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        for (values, rows) in self.partitions.split(rows).map_err(SinkError::write(&self.staging))? {
            self.write_to(&values, &rows)?;
        }
        Ok(())
    }

    /// Adds rows of one partition, without its columns.
    pub(crate) fn write_to(&mut self, values: &Values, rows: &RecordBatch) -> Result<(), SinkError> {
        let mut start = 0;
        let row_bytes = rows.get_array_memory_size() / rows.num_rows().max(1);
        let quarter = usize::try_from(self.target_bytes / 4).unwrap_or(usize::MAX) / row_bytes.max(1);
        let chunk_rows = quarter.clamp(MIN_CHUNK_ROWS, CHUNK_ROWS);
        while start < rows.num_rows() {
            let length = chunk_rows.min(rows.num_rows() - start);
            let part = self.part(values)?;
            part.n_rows += length as u64;
            let written = part.encoder.write(&rows.slice(start, length));
            let is_full = part.encoder.size();
            written.map_err(SinkError::write(&self.staging))?;
            if is_full >= self.target_bytes {
                self.close(values)?;
            }
            start += length;
        }
        Ok(())
    }

    /// The open file of a partition.
    fn part(&mut self, values: &Values) -> Result<&mut OpenPart, SinkError> {
        if !self.open.contains_key(values) {
            if self.open.len() >= MAX_OPEN {
                let oldest = self.open.get_index(0).map(|(values, _)| values.clone());
                oldest.map_or(Ok(()), |oldest| self.close(&oldest))?;
            }
            let part = self.begin(values)?;
            self.open.insert(values.clone(), part);
        }
        Ok(self.open.get_mut(values).expect("it was opened above"))
    }

    fn begin(&mut self, values: &Values) -> Result<OpenPart, SinkError> {
        let refuse = |problem: String| SinkError::Refused { target: self.target.clone(), problem };
        let folder = partition::folder(values).map_err(refuse)?;
        let extension = self.format.naming().extension;
        let path = format!("{folder}{PART}{}-{}.{extension}", self.run_id, self.n_files);
        self.n_files += 1;
        let whole = self.staging.join(&path);
        let create = || {
            fs::create_dir_all(self.staging.join(&folder))?;
            File::create_new(&whole)
        };
        let file = create().map_err(SinkError::write(&whole))?;
        let encoder = self.format.encoder(&self.columns, &self.metadata, BufWriter::new(file));
        Ok(OpenPart { encoder: encoder.map_err(SinkError::write(&whole))?, path, n_rows: 0 })
    }

    fn close(&mut self, values: &Values) -> Result<(), SinkError> {
        let Some(part) = self.open.shift_remove(values) else { return Ok(()) };
        let whole = self.staging.join(&part.path);
        part.encoder.finish().map_err(SinkError::write(&whole))?;
        let file = File::open(&whole).map_err(SinkError::write(&whole))?;
        // On disk before anything says that it is there.
        file.sync_all().map_err(SinkError::write(&whole))?;
        let verified = verify(self.format.as_ref(), file, (&whole, part.n_rows))?;
        self.done.push(ManifestFile {
            path: part.path,
            run_id: self.run_id.clone(),
            rows: verified.rows,
            bytes: verified.bytes,
            sha256: Some(verified.sha256),
            partition: values.clone(),
        });
        Ok(())
    }

    /// Completes what is open; at least one file, so that an empty table has columns.
    pub(crate) fn finish(&mut self) -> Result<Vec<ManifestFile>, SinkError> {
        let open: Vec<Values> = self.open.keys().cloned().collect();
        open.iter().try_for_each(|values| self.close(values))?;
        Ok(std::mem::take(&mut self.done))
    }

    /// A file without rows, so that readers find the columns; in the partition of nulls where only rows could tell another.
    pub(crate) fn write_empty(&mut self) -> Result<(), SinkError> {
        let values = self.partitions.of_nothing();
        self.part(&values)?;
        Ok(())
    }
}

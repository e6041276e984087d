//! Sinks of one file, which a run replaces.

use std::{borrow::Cow, fs::File, path::PathBuf, sync::Arc};

use arrow::array::RecordBatch;
use pipeline_store::Store;
use pipeline_table::{ColumnSpec, ColumnType, Columns, JsonValues};

use crate::{
    Commit, Committed, Evolution, Output, RejectPlace, Rows, Run, Sink, SinkError, StreamWriter, Writer,
    WrittenFile,
    fields::STDOUT,
    format::{Encoder, Format, Header},
    place::{parent, sandbox_path},
    staged::Staged,
    temp_file::{TempFile, prepare_file},
    verify::verify,
};

/// Where the one file is.
#[derive(Debug, Clone)]
pub(crate) enum FilePlace {
    Local(PathBuf),
    Object(Store),
    Stdout,
}

/// One file of one format.
#[derive(Debug, Clone)]
pub(crate) struct FileSink {
    pub(crate) format: Arc<dyn Format>,
    pub(crate) place: FilePlace,
    pub(crate) evolution: Evolution,
}

impl Sink for FileSink {
    fn json(&self) -> JsonValues {
        self.format.json()
    }

    fn target(&self) -> Cow<'_, str> {
        match &self.place {
            FilePlace::Local(path) => path.to_string_lossy(),
            FilePlace::Object(store) => store.url().into(),
            FilePlace::Stdout => STDOUT.into(),
        }
    }

    fn sample_file(&self) -> Option<String> {
        let is_file = !matches!(self.place, FilePlace::Stdout);
        is_file.then(|| self.target().into_owned())
    }

    fn for_sandbox(&self) -> Option<Arc<dyn Sink>> {
        let place = match &self.place {
            FilePlace::Local(path) => FilePlace::Local(sandbox_path(path)?),
            FilePlace::Stdout => FilePlace::Stdout,
            FilePlace::Object(_) => return None,
        };
        Some(Arc::new(Self { place, ..self.clone() }))
    }

    fn evolution(&self) -> Evolution {
        self.evolution
    }

    fn earlier(&self) -> Result<Option<Columns>, SinkError> {
        if !self.format.keeps_types() {
            return Ok(None);
        }
        let file = self.earlier_file()?;
        let columns = |file| self.format.columns(file).map_err(SinkError::read(self.target().as_ref()));
        file.map(columns).transpose()
    }

    fn columns_without_rows(&self) -> Result<Option<Columns>, SinkError> {
        if self.format.keeps_types() {
            // No reader opens a typed file without columns.
            return Ok(self.earlier()?.filter(|columns| !columns.is_empty()));
        }
        let Some(file) = self.earlier_file()? else { return Ok(None) };
        let header = self.format.header(file).map_err(SinkError::read(self.target().as_ref()))?;
        Ok(match header {
            Header::None => Some(Columns::default()),
            Header::Names(names) if names.is_empty() => None,
            Header::Names(names) => {
                let column = |name| ColumnSpec { name, column_type: ColumnType::Text, required: false };
                Some(Columns::new(names.into_iter().map(column).collect()))
            }
        })
    }

    fn open(&self, _: &Run) -> Result<Box<dyn Output>, SinkError> {
        if let FilePlace::Local(path) = &self.place {
            prepare_file(path)?;
        }
        Ok(Box::new(FileOutput { sink: self.clone() }))
    }

    fn rejected(&self, run_id: &str) -> RejectPlace {
        let name = format!(".rejected-{run_id}.jsonl");
        match &self.place {
            FilePlace::Local(path) => {
                RejectPlace::file(format!("{}{name}", path.with_extension("").display()))
            }
            FilePlace::Object(store) => RejectPlace::object(store.beside(&name)),
            FilePlace::Stdout => RejectPlace::file(format!("stdout{name}")),
        }
    }
}

impl FileSink {
    /// What the last run left; `None` when there is nothing.
    fn earlier_file(&self) -> Result<Option<File>, SinkError> {
        Ok(match &self.place {
            FilePlace::Local(path) => File::open(path).ok(),
            FilePlace::Object(store) => match store.exists("")? {
                true => Some(store.download("")?),
                false => None,
            },
            FilePlace::Stdout => None,
        })
    }
}

struct FileOutput {
    sink: FileSink,
}

impl FileOutput {
    fn writer(&self, columns: &Columns, metadata: &[(String, String)]) -> Result<FileWriter, SinkError> {
        let scratch = || tempfile::NamedTempFile::new().map_err(SinkError::target(&std::env::temp_dir()));
        let file = match &self.sink.place {
            FilePlace::Local(path) => Staged::Beside(TempFile::create(path)?),
            FilePlace::Object(store) => Staged::Upload(scratch()?, store.clone()),
            FilePlace::Stdout => Staged::Stdout(scratch()?),
        };
        let encoder = self.sink.format.encoder(columns, metadata, file.writer()?);
        let encoder = encoder.map_err(SinkError::write(&file.disk()))?;
        Ok(FileWriter { format: Arc::clone(&self.sink.format), encoder, file, n_rows: 0 })
    }
}

impl Output for FileOutput {
    fn create(
        &mut self,
        columns: &Columns,
        metadata: &[(String, String)],
    ) -> Result<Box<dyn Writer>, SinkError> {
        Ok(Box::new(self.writer(columns, metadata)?))
    }

    fn stream(
        &mut self,
        columns: &Columns,
        metadata: &[(String, String)],
    ) -> Result<Option<Box<dyn StreamWriter>>, SinkError> {
        if !self.sink.format.keeps_types() {
            return Ok(None);
        }
        Ok(Some(Box::new(self.writer(columns, metadata)?)))
    }

    fn scratch(&self) -> PathBuf {
        match &self.sink.place {
            FilePlace::Local(path) => parent(path),
            FilePlace::Object(_) | FilePlace::Stdout => std::env::temp_dir(),
        }
    }
}

struct FileWriter {
    format: Arc<dyn Format>,
    encoder: Box<dyn Encoder>,
    file: Staged,
    n_rows: u64,
}

impl Writer for FileWriter {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        self.n_rows += rows.num_rows() as u64;
        self.encoder.write(rows).map_err(SinkError::write(&self.file.disk()))
    }

    fn finish(self: Box<Self>, _: Commit) -> Result<Committed, SinkError> {
        let target = self.file.target();
        self.encoder.finish().map_err(SinkError::write(&self.file.disk()))?;
        let verified = verify(self.format.as_ref(), self.file.reader()?, (&target, self.n_rows))?;
        let file = WrittenFile { sha256: Some(verified.sha256), ..self.file.commit(verified.rows)? };
        Ok(Committed {
            files: vec![file],
            rows_in_files: verified.rows,
            superseded: 0,
            has_no_columns: false,
        })
    }
}

impl StreamWriter for FileWriter {
    fn take_back(self: Box<Self>) -> Result<Rows, SinkError> {
        let disk = self.file.disk();
        self.encoder.finish().map_err(SinkError::write(&disk))?;
        let rows = self.format.read(self.file.reader()?, None).map_err(SinkError::write(&disk))?;
        let file = self.file;
        // The file goes when its rows have been read.
        Ok(Box::new(rows.map(move |rows| rows.map_err(SinkError::write(&file.disk())))))
    }
}

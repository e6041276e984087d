//! `kind: arrow`.

use std::{borrow::Cow, fs::File, io::BufWriter, path::PathBuf, sync::Arc};

use arrow::{
    array::RecordBatch,
    ipc::{reader::FileReader, writer::FileWriter},
};
use pipeline_config::{Kind, Section};
use pipeline_table::Columns;

use crate::{
    Rows, Sink, SinkBuild, SinkError, StreamWriter, Writer, WrittenFile,
    target::{self, Naming, Target},
    temp_file::TempFile,
};

pub(crate) const KIND: Kind<SinkBuild> = Kind {
    name: NAMING.kind,
    summary: "An Arrow IPC file (Feather v2): typed columns that readers map into memory as they are.",
    fields: &[target::PATH, target::MODE],
    build,
};

const NAMING: Naming = Naming { kind: "arrow", also: &["feather", "ipc"] };

#[derive(Debug)]
struct ArrowSink {
    target: Target,
}

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    Some(Arc::new(ArrowSink { target: Target::read(section, NAMING)? }))
}

impl Sink for ArrowSink {
    fn target(&self) -> Cow<'_, str> {
        self.target.shown()
    }

    fn prepare(&self) -> Result<(), SinkError> {
        self.target.prepare()
    }

    fn create(&self, columns: &Columns, metadata: &[(String, String)]) -> Result<Box<dyn Writer>, SinkError> {
        Ok(Box::new(self.writer(columns, metadata)?))
    }

    fn stream(
        &self,
        columns: &Columns,
        metadata: &[(String, String)],
    ) -> Result<Option<Box<dyn StreamWriter>>, SinkError> {
        Ok(Some(Box::new(self.writer(columns, metadata)?)))
    }

    fn scratch(&self) -> PathBuf {
        self.target.folder()
    }
}

impl ArrowSink {
    fn writer(&self, columns: &Columns, metadata: &[(String, String)]) -> Result<ArrowWriter, SinkError> {
        let file = TempFile::create(self.target.path())?;
        let schema = columns.to_schema(metadata.iter().cloned().collect());
        let encoder =
            FileWriter::try_new(file.writer()?, &schema).map_err(SinkError::write(file.target()))?;
        Ok(ArrowWriter { encoder, file, n_rows: 0 })
    }
}

struct ArrowWriter {
    encoder: FileWriter<BufWriter<File>>,
    file: TempFile,
    n_rows: u64,
}

impl ArrowWriter {
    /// Writes the footer.
    fn complete(mut self) -> Result<(TempFile, u64), SinkError> {
        // The footer's writer flushes the buffer.
        self.encoder.finish().map_err(SinkError::write(self.file.target()))?;
        Ok((self.file, self.n_rows))
    }
}

impl Writer for ArrowWriter {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        self.n_rows += rows.num_rows() as u64;
        self.encoder.write(rows).map_err(SinkError::write(self.file.target()))
    }

    fn finish(self: Box<Self>) -> Result<Vec<WrittenFile>, SinkError> {
        let (file, n_rows) = self.complete()?;
        Ok(vec![file.commit(n_rows)?])
    }
}

impl StreamWriter for ArrowWriter {
    fn take_back(self: Box<Self>) -> Result<Rows, SinkError> {
        let (file, _) = self.complete()?;
        let reader =
            FileReader::try_new_buffered(file.reader()?, None).map_err(SinkError::write(file.target()))?;
        // The file goes when its rows have been read.
        Ok(Box::new(reader.map(move |rows| rows.map_err(SinkError::write(file.target())))))
    }
}

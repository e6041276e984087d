//! `kind: parquet`.

use std::{borrow::Cow, collections::HashMap, fs::File, io::BufWriter, path::PathBuf, sync::Arc};

use arrow::array::RecordBatch;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};
use pipeline_config::{Field, Kind, Section, Shape};
use pipeline_table::Columns;

use crate::{
    Rows, Sink, SinkBuild, SinkError, StreamWriter, Writer, WrittenFile,
    target::{self, Naming, Target},
    temp_file::TempFile,
};

pub(crate) const KIND: Kind<SinkBuild> = Kind {
    name: NAMING.kind,
    summary: "An Apache Parquet file: typed, compressed columns for DuckDB, pandas, polars, Spark and others.",
    fields: &[
        target::PATH,
        Field::default(
            "compression",
            Shape::OneOf(&["zstd", "snappy", "none"]),
            "zstd",
            "How pages are compressed: `zstd` (level 3) is smallest, `snappy` is for old readers.",
        ),
        target::MODE,
    ],
    build,
};

const NAMING: Naming = Naming { kind: "parquet", also: &["pq"] };

/// The default of zstd itself, and where more time stops saving much.
const ZSTD_LEVEL: i32 = 3;

/// A row group is what a reader's thread takes at once, and what the writer holds in memory until it is complete.
/// DuckDB advises at least 100,000 rows, so that bytes are the limit for wide rows only.
const MAX_ROW_GROUP_ROWS: usize = 1024 * 1024;
const MAX_ROW_GROUP_BYTES: usize = 64 * 1024 * 1024;

/// Few enough that rows of long text stay within some megabytes when they are read again.
const READ_BACK_ROWS: usize = 4096;

/// Readers that know which writers had bugs look for `NAME version NUMBER`.
const CREATED_BY: &str = concat!("pipeline version ", env!("CARGO_PKG_VERSION"));

#[derive(Debug)]
struct ParquetSink {
    target: Target,
    compression: Compression,
}

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    let compression = match section.text("compression").as_str() {
        "snappy" => Compression::SNAPPY,
        "none" => Compression::UNCOMPRESSED,
        _ => Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).expect("zstd has a level 3")),
    };
    Some(Arc::new(ParquetSink { target: Target::read(section, NAMING)?, compression }))
}

impl Sink for ParquetSink {
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

impl ParquetSink {
    fn writer(&self, columns: &Columns, metadata: &[(String, String)]) -> Result<ParquetWriter, SinkError> {
        let metadata = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(self.compression)
            .set_max_row_group_row_count(Some(MAX_ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(MAX_ROW_GROUP_BYTES))
            .set_key_value_metadata(Some(metadata.collect()))
            .build();
        let file = TempFile::create(self.target.path())?;
        let schema = columns.to_schema(HashMap::new());
        let encoder = ArrowWriter::try_new(file.writer()?, schema, Some(properties))
            .map_err(SinkError::write(file.target()))?;
        Ok(ParquetWriter { encoder, file, n_rows: 0 })
    }
}

struct ParquetWriter {
    encoder: ArrowWriter<BufWriter<File>>,
    file: TempFile,
    n_rows: u64,
}

impl ParquetWriter {
    /// Writes the footer.
    fn complete(self) -> Result<(TempFile, u64), SinkError> {
        // The footer's writer flushes the buffer.
        self.encoder.close().map_err(SinkError::write(self.file.target()))?;
        Ok((self.file, self.n_rows))
    }
}

impl Writer for ParquetWriter {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        self.n_rows += rows.num_rows() as u64;
        self.encoder.write(rows).map_err(SinkError::write(self.file.target()))
    }

    fn finish(self: Box<Self>) -> Result<Vec<WrittenFile>, SinkError> {
        let (file, n_rows) = self.complete()?;
        Ok(vec![file.commit(n_rows)?])
    }
}

impl StreamWriter for ParquetWriter {
    fn take_back(self: Box<Self>) -> Result<Rows, SinkError> {
        let (file, _) = self.complete()?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file.reader()?)
            .and_then(|builder| builder.with_batch_size(READ_BACK_ROWS).build())
            .map_err(SinkError::write(file.target()))?;
        // The file goes when its rows have been read.
        Ok(Box::new(reader.map(move |rows| rows.map_err(SinkError::write(file.target())))))
    }
}

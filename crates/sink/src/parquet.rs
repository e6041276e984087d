//! `kind: parquet`.

mod options;
mod sorting;

use std::{collections::HashMap, fs::File, io::BufWriter, sync::Arc};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::{Field as ArrowField, Schema, SchemaRef},
};
use options::ParquetOptions;
use parquet::{
    arrow::{
        ArrowWriter, PARQUET_FIELD_ID_META_KEY, ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder},
    },
    file::metadata::KeyValue,
};
use pipeline_config::{Kind, Section};
use pipeline_table::Columns;
use sorting::SortingEncoder;

use crate::{
    Sink, SinkBuild,
    build::build_sink,
    fields,
    format::{Encoder, Failure, FileRows, Format, Naming},
};

pub(crate) const KIND: Kind<SinkBuild> = Kind {
    name: "parquet",
    summary: "An Apache Parquet file: typed, compressed columns for DuckDB, pandas, polars, Spark and others.",
    fields: &fields::with::<{ options::FIELDS.len() }, { fields::COMMON.len() + options::FIELDS.len() }>(
        options::FIELDS,
    ),
    build,
};

/// Few enough that rows of long text stay within some megabytes when they are read again.
const READ_BACK_ROWS: usize = 4096;

#[derive(Debug)]
struct ParquetFormat {
    options: ParquetOptions,
}

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    let options = ParquetOptions::read(section)?;
    build_sink(section, Arc::new(ParquetFormat { options }))
}

impl Format for ParquetFormat {
    fn naming(&self) -> Naming {
        Naming { kind: "parquet", extension: "parquet", also: &["pq"] }
    }

    fn encoder(
        &self,
        columns: &Columns,
        metadata: &[(String, String)],
        out: BufWriter<File>,
    ) -> Result<Box<dyn Encoder>, Failure> {
        let metadata = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let schema = self.schema(columns);
        let order = self.options.sorting(&schema)?;
        let properties = self.options.properties(&schema)?.set_key_value_metadata(Some(metadata.collect()));
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties.build()))?;
        let encoder = ParquetEncoder { writer, schema };
        match order.is_empty() {
            true => Ok(Box::new(encoder)),
            false => Ok(Box::new(SortingEncoder::new(encoder, order, self.options.row_group()))),
        }
    }

    fn keeps_types(&self) -> bool {
        true
    }

    fn read(&self, file: File, columns: Option<&[String]>) -> Result<FileRows, Failure> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let mask = match columns {
            Some(names) => {
                let schema = builder.schema();
                let places = names.iter().filter_map(|name| schema.index_of(name).ok());
                ProjectionMask::roots(builder.parquet_schema(), places)
            }
            None => ProjectionMask::all(),
        };
        let reader = builder.with_projection(mask).with_batch_size(READ_BACK_ROWS).build()?;
        Ok(Box::new(reader.map(|rows| Ok(rows?))))
    }

    fn columns(&self, file: File) -> Result<Columns, Failure> {
        let metadata = ArrowReaderMetadata::load(&file, Default::default())?;
        Ok(Columns::from_schema(metadata.schema())?)
    }
}

impl ParquetFormat {
    /// The schema to write, with the ids of its fields where they are wanted.
    fn schema(&self, columns: &Columns) -> SchemaRef {
        let schema = columns.to_schema(HashMap::new());
        if !self.options.field_ids {
            return schema;
        }
        // A table's columns keep their order while it evolves, and so their ids.
        let with_id = |(index, field): (usize, &Arc<ArrowField>)| {
            let mut metadata = field.metadata().clone();
            metadata.insert(PARQUET_FIELD_ID_META_KEY.to_owned(), (index + 1).to_string());
            field.as_ref().clone().with_metadata(metadata)
        };
        Arc::new(Schema::new(schema.fields().iter().enumerate().map(with_id).collect::<Vec<_>>()))
    }
}

/// A file whose rows stay in their order.
struct ParquetEncoder {
    writer: ArrowWriter<BufWriter<File>>,
    schema: SchemaRef,
}

impl ParquetEncoder {
    fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.writer.flush()?)
    }
}

impl Encoder for ParquetEncoder {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), Failure> {
        // The fields' ids are in the file's schema only.
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let rows =
            RecordBatch::try_new_with_options(Arc::clone(&self.schema), rows.columns().to_vec(), &options)?;
        Ok(self.writer.write(&rows)?)
    }

    fn size(&self) -> u64 {
        (self.writer.bytes_written() + self.writer.in_progress_size()) as u64
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        // The footer's writer flushes the buffer.
        self.writer.close()?;
        Ok(())
    }
}

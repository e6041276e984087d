//! `kind: arrow`.

use std::{
    fs::File,
    io::{BufReader, BufWriter},
    sync::Arc,
};

use arrow::{
    array::RecordBatch,
    ipc::{
        CompressionType,
        reader::{FileReader, StreamReader},
        writer::{FileWriter, IpcWriteOptions, StreamWriter},
    },
};
use pipeline_config::{Field, Kind, Section, Shape};
use pipeline_table::Columns;

use crate::{
    Sink, SinkBuild,
    build::build_sink,
    counting::CountingFile,
    fields,
    format::{Encoder, Failure, FileRows, Format, Naming},
};

pub(crate) const KIND: Kind<SinkBuild> = Kind {
    name: "arrow",
    summary: "Arrow IPC (Feather v2): typed columns that readers map into memory as they are, or a stream of them.",
    fields: &fields::with::<2, { fields::COMMON.len() + 2 }>([
        Field::optional(
            "format",
            Shape::OneOf(&["file", "stream"]),
            "`file` has an index of its batches at the end, `stream` is read from front to back; without it a \
             stream on stdout and a file elsewhere.",
        ),
        Field::default(
            "compression",
            Shape::OneOf(&["none", "lz4", "zstd"]),
            "none",
            "How buffers are compressed; only what is not compressed can be mapped into memory.",
        ),
    ]),
    build,
};

#[derive(Debug)]
struct ArrowFormat {
    is_stream: bool,
    compression: Option<CompressionType>,
}

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    let is_stream = match section.text("format").as_str() {
        "stream" => true,
        "file" => false,
        _ => section.text("path") == fields::STDOUT,
    };
    let compression = match section.text("compression").as_str() {
        "lz4" => Some(CompressionType::LZ4_FRAME),
        "zstd" => Some(CompressionType::ZSTD),
        _ => None,
    };
    build_sink(section, Arc::new(ArrowFormat { is_stream, compression }))
}

impl Format for ArrowFormat {
    fn naming(&self) -> Naming {
        match self.is_stream {
            // https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
            true => Naming { kind: "arrow", extension: "arrows", also: &["ipc"] },
            false => Naming { kind: "arrow", extension: "arrow", also: &["feather", "ipc"] },
        }
    }

    fn encoder(
        &self,
        columns: &Columns,
        metadata: &[(String, String)],
        out: BufWriter<File>,
    ) -> Result<Box<dyn Encoder>, Failure> {
        let schema = columns.to_schema(metadata.iter().cloned().collect());
        let options = IpcWriteOptions::default().try_with_compression(self.compression)?;
        let out = CountingFile::new(out);
        Ok(match self.is_stream {
            true => Box::new(Stream(StreamWriter::try_new_with_options(out, &schema, options)?)),
            false => Box::new(Whole(FileWriter::try_new_with_options(out, &schema, options)?)),
        })
    }

    fn keeps_types(&self) -> bool {
        true
    }

    fn read(&self, file: File, columns: Option<&[String]>) -> Result<FileRows, Failure> {
        let file = BufReader::new(file);
        if self.is_stream {
            let all = StreamReader::try_new(file, None)?;
            let places = columns.map(|names| places(all.schema().as_ref(), names));
            return Ok(Box::new(all.map(move |rows| match &places {
                Some(places) => Ok(rows?.project(places)?),
                None => Ok(rows?),
            })));
        }
        let reader = FileReader::try_new(file, None)?;
        let Some(names) = columns else { return Ok(Box::new(reader.map(|rows| Ok(rows?)))) };
        let places = places(reader.schema().as_ref(), names);
        Ok(Box::new(reader.map(move |rows| Ok(rows?.project(&places)?))))
    }

    fn columns(&self, file: File) -> Result<Columns, Failure> {
        let file = BufReader::new(file);
        let schema = match self.is_stream {
            true => StreamReader::try_new(file, None)?.schema(),
            false => FileReader::try_new(file, None)?.schema(),
        };
        Ok(Columns::from_schema(&schema)?)
    }
}

/// Where these columns are, those that are not there left out.
fn places(schema: &arrow::datatypes::Schema, names: &[String]) -> Vec<usize> {
    names.iter().filter_map(|name| schema.index_of(name).ok()).collect()
}

struct Whole(FileWriter<CountingFile>);

impl Encoder for Whole {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), Failure> {
        Ok(self.0.write(rows)?)
    }

    fn size(&self) -> u64 {
        self.0.get_ref().n_bytes()
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        // The footer's writer flushes the buffer.
        Ok(self.0.finish()?)
    }
}

struct Stream(StreamWriter<CountingFile>);

impl Encoder for Stream {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), Failure> {
        Ok(self.0.write(rows)?)
    }

    fn size(&self) -> u64 {
        self.0.get_ref().n_bytes()
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.0.finish()?;
        Ok(self.0.flush()?)
    }
}

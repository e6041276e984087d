//! `kind: csv`.

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use arrow::array::RecordBatch;
use pipeline_config::{Kind, Section};
use pipeline_table::Columns;

use crate::{
    Sink, SinkBuild, SinkError, Writer, WrittenFile,
    target::{self, Naming, Target},
    text_file::TextFile,
};

/// RFC 4180 with a header. A null is an empty field and empty text is `""`, which DuckDB and others tell apart;
/// numbers are as JavaScript prints them, timestamps RFC 3339, nested values JSON text.
pub(crate) const KIND: Kind<SinkBuild> = Kind {
    name: NAMING.kind,
    summary: "Comma-separated text (RFC 4180) with a header; nested values as JSON text.",
    fields: &[target::PATH, target::MODE],
    build,
};

const NAMING: Naming = Naming { kind: "csv", also: &[] };

/// RFC 4180 §2.1.
const LINE_END: &str = "\r\n";

#[derive(Debug)]
struct CsvSink {
    target: Target,
}

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    Some(Arc::new(CsvSink { target: Target::read(section, NAMING)? }))
}

impl Sink for CsvSink {
    fn target(&self) -> Cow<'_, str> {
        self.target.shown()
    }

    fn prepare(&self) -> Result<(), SinkError> {
        self.target.prepare()
    }

    fn create(&self, columns: &Columns, _: &[(String, String)]) -> Result<Box<dyn Writer>, SinkError> {
        let mut head = String::new();
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                head.push(',');
            }
            push_field(&column.name, &mut head);
        }
        head.push_str(LINE_END);
        Ok(Box::new(CsvWriter { file: TextFile::create(&self.target, &head)?, value: String::new() }))
    }

    fn scratch(&self) -> PathBuf {
        self.target.folder()
    }
}

struct CsvWriter {
    file: TextFile,
    value: String,
}

impl Writer for CsvWriter {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        let value = &mut self.value;
        self.file.write(rows, |columns, row, line| {
            for (index, column) in columns.iter().enumerate() {
                if index > 0 {
                    line.push(',');
                }
                value.clear();
                column.push_plain(row, value);
                // Readers skip empty lines, so a row that would be one says `""`.
                if !column.is_null(row) || columns.len() == 1 {
                    push_field(value, line);
                }
            }
            line.push_str(LINE_END);
        })
    }

    fn finish(self: Box<Self>) -> Result<Vec<WrittenFile>, SinkError> {
        self.file.finish()
    }
}

/// Adds a value that is not null, in quotes where it must be.
fn push_field(value: &str, line: &mut String) {
    if !value.is_empty() && !value.contains(['"', ',', '\r', '\n']) {
        return line.push_str(value);
    }
    line.push('"');
    for (index, part) in value.split('"').enumerate() {
        if index > 0 {
            line.push_str("\"\"");
        }
        line.push_str(part);
    }
    line.push('"');
}

//! `kind: jsonl`.

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use arrow::array::RecordBatch;
use pipeline_config::{Kind, Section};
use pipeline_table::Columns;

use crate::{
    Sink, SinkBuild, SinkError, Writer, WrittenFile,
    target::{self, Naming, Target},
    text_file::TextFile,
};

/// One JSON object per line (<https://jsonlines.org>), with every column in every row; JSON has no date, NaN or
/// infinity, so these are RFC 3339 text and null.
pub(crate) const KIND: Kind<SinkBuild> = Kind {
    name: NAMING.kind,
    summary: "JSON Lines: one object per row, every column in each, nested values as they are.",
    fields: &[target::PATH, target::MODE],
    build,
};

const NAMING: Naming = Naming { kind: "jsonl", also: &["ndjson"] };

#[derive(Debug)]
struct JsonlSink {
    target: Target,
}

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    Some(Arc::new(JsonlSink { target: Target::read(section, NAMING)? }))
}

impl Sink for JsonlSink {
    fn target(&self) -> Cow<'_, str> {
        self.target.shown()
    }

    fn prepare(&self) -> Result<(), SinkError> {
        self.target.prepare()
    }

    fn create(&self, columns: &Columns, _: &[(String, String)]) -> Result<Box<dyn Writer>, SinkError> {
        let key = |(index, column): (usize, &pipeline_table::ColumnSpec)| {
            let comma = if index > 0 { "," } else { "" };
            format!("{comma}{}:", serde_json::Value::from(column.name.as_str()))
        };
        let keys = columns.iter().enumerate().map(key).collect();
        Ok(Box::new(JsonlWriter { keys, file: TextFile::create(&self.target, "")? }))
    }

    fn scratch(&self) -> PathBuf {
        self.target.folder()
    }
}

struct JsonlWriter {
    /// What stands before each value.
    keys: Vec<String>,
    file: TextFile,
}

impl Writer for JsonlWriter {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        self.file.write(rows, |columns, row, line| {
            line.push('{');
            for (key, column) in self.keys.iter().zip(columns) {
                line.push_str(key);
                column.push_json(row, line);
            }
            line.push_str("}\n");
        })
    }

    fn finish(self: Box<Self>) -> Result<Vec<WrittenFile>, SinkError> {
        self.file.finish()
    }
}

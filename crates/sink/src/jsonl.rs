//! `kind: jsonl`.

use std::{fs::File, io::BufWriter, sync::Arc};

use pipeline_config::{Kind, Section};
use pipeline_table::{ColumnText, Columns, JsonValues};

use crate::{
    Sink, SinkBuild,
    build::build_sink,
    fields,
    format::{Encoder, Failure, Format, Naming, TextEncoder},
    verify::count_lines,
};

/// One JSON object per line (<https://jsonlines.org>), with every column in every row; JSON has no date, NaN or
/// infinity, so these are RFC 3339 text and null.
pub(crate) const KIND: Kind<SinkBuild> = Kind {
    name: "jsonl",
    summary: "JSON Lines: one object per row, every column in each, nested values as they are.",
    fields: fields::COMMON,
    build,
};

#[derive(Debug)]
struct JsonlFormat;

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    build_sink(section, Arc::new(JsonlFormat))
}

impl Format for JsonlFormat {
    fn naming(&self) -> Naming {
        Naming { kind: "jsonl", extension: "jsonl", also: &["ndjson"] }
    }

    fn json(&self) -> JsonValues {
        JsonValues::All
    }

    fn n_rows(&self, file: File) -> Result<u64, Failure> {
        Ok(count_lines(file)?)
    }

    fn encoder(
        &self,
        columns: &Columns,
        _: &[(String, String)],
        out: BufWriter<File>,
    ) -> Result<Box<dyn Encoder>, Failure> {
        let key = |(index, column): (usize, &pipeline_table::ColumnSpec)| {
            let comma = if index > 0 { "," } else { "" };
            format!("{comma}{}:", serde_json::Value::from(column.name.as_str()))
        };
        let keys: Vec<String> = columns.iter().enumerate().map(key).collect();
        let push_line = move |columns: &[ColumnText<'_>], row: usize, line: &mut String| {
            line.push('{');
            for (key, column) in keys.iter().zip(columns) {
                line.push_str(key);
                column.push_json(row, line);
            }
            line.push_str("}\n");
        };
        Ok(Box::new(TextEncoder::new(out, "", push_line)?))
    }
}

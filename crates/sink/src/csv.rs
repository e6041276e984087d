//! `kind: csv`.

use std::{fs::File, io::BufWriter, sync::Arc};

use pipeline_config::{Kind, Section};
use pipeline_table::{ColumnText, Columns};

use crate::{
    Sink, SinkBuild,
    build::build_sink,
    fields,
    format::{Encoder, Failure, Format, Naming, TextEncoder},
};

/// RFC 4180 with a header. A null is an empty field and empty text is `""`, which DuckDB and others tell apart;
/// numbers are as JavaScript prints them, timestamps RFC 3339, nested values JSON text.
pub(crate) const KIND: Kind<SinkBuild> = Kind {
    name: "csv",
    summary: "Comma-separated text (RFC 4180) with a header; nested values as JSON text.",
    fields: fields::COMMON,
    build,
};

/// RFC 4180 §2.1.
const LINE_END: &str = "\r\n";

#[derive(Debug)]
struct CsvFormat;

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    build_sink(section, Arc::new(CsvFormat))
}

impl Format for CsvFormat {
    fn naming(&self) -> Naming {
        Naming { kind: "csv", extension: "csv", also: &[] }
    }

    fn encoder(
        &self,
        columns: &Columns,
        _: &[(String, String)],
        out: BufWriter<File>,
    ) -> Result<Box<dyn Encoder>, Failure> {
        let mut head = String::new();
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                head.push(',');
            }
            push_field(&column.name, &mut head);
        }
        head.push_str(LINE_END);
        let mut value = String::new();
        let push_line = move |columns: &[ColumnText<'_>], row: usize, line: &mut String| {
            for (index, column) in columns.iter().enumerate() {
                if index > 0 {
                    line.push(',');
                }
                value.clear();
                column.push_plain(row, &mut value);
                // Readers skip empty lines, so a row that would be one says `""`.
                if !column.is_null(row) || columns.len() == 1 {
                    push_field(&value, line);
                }
            }
            line.push_str(LINE_END);
        };
        Ok(Box::new(TextEncoder::new(out, &head, push_line)?))
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

//! `kind: csv`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter},
    sync::Arc,
};

use pipeline_config::{Kind, Section};
use pipeline_table::{ColumnText, Columns, JsonValues};

use crate::{
    Sink, SinkBuild,
    build::build_sink,
    fields,
    format::{Encoder, Failure, Format, Header, Naming, TextEncoder},
    verify::count_records,
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

    fn json(&self) -> JsonValues {
        JsonValues::Nested
    }

    fn n_rows(&self, file: File) -> Result<u64, Failure> {
        Ok(count_records(file)?.saturating_sub(1))
    }

    fn header(&self, file: File) -> Result<Header, Failure> {
        Ok(Header::Names(read_header(&mut BufReader::new(file))?))
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

/// The fields of the first record, as [`push_field`] writes them; none of an empty file.
fn read_header(file: &mut impl BufRead) -> io::Result<Vec<String>> {
    let mut record = String::new();
    // A field in quotes may have line ends.
    while file.read_line(&mut record)? > 0 && record.matches('"').count() % 2 == 1 {}
    let mut rest = record.strip_prefix('\u{feff}').unwrap_or(&record).trim_end_matches(['\r', '\n']);
    let mut names = Vec::new();
    while !rest.is_empty() {
        let mut name = String::new();
        let mut is_quoted = false;
        let mut length = rest.len();
        let mut characters = rest.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' if is_quoted && characters.next_if(|(_, next)| *next == '"').is_some() => name.push('"'),
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => {
                    length = at;
                    break;
                }
                character => name.push(character),
            }
        }
        names.push(name);
        match rest.get(length + 1..) {
            // The line ends with a comma, after which a name is empty.
            Some("") => {
                names.push(String::new());
                rest = "";
            }
            Some(more) => rest = more,
            None => rest = "",
        }
    }
    Ok(names)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_is_written() {
        let names = ["id", "Issue Key", "a,b", "say \"so\"", "two\nlines", "", "é"];
        let mut head = String::new();
        for (index, name) in names.iter().enumerate() {
            head.push_str(if index > 0 { "," } else { "" });
            push_field(name, &mut head);
        }
        head.push_str("\r\n1,2,3,4,5,6,7\r\n");
        assert_eq!(read_header(&mut head.as_bytes()).unwrap(), names);
        assert_eq!(read_header(&mut "".as_bytes()).unwrap(), Vec::<String>::new());
        assert_eq!(read_header(&mut "\r\n".as_bytes()).unwrap(), Vec::<String>::new());
        assert_eq!(read_header(&mut "a,\n1,2".as_bytes()).unwrap(), ["a", ""]);
    }
}

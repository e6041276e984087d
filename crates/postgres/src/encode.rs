//! Rows as `COPY … FROM STDIN` takes them.

use std::io;

use arrow::array::RecordBatch;
use pipeline_table::{ColumnText, TableError};

/// About how much goes to the server at once.
pub(crate) const BLOCK: usize = 256 * 1024;

/// Why rows did not reach the server.
#[derive(Debug)]
pub(crate) enum SendError {
    /// They are none of ours.
    Table(TableError),
    /// The connection ended, or the server refused them.
    Io(io::Error),
    /// A text has the character U+0000.
    Zero {
        /// Counted from 0.
        row: usize,
        /// Counted from 0.
        column: usize,
    },
}

/// Sends the rows in the text format of COPY: tabs between values, `\N` for null.
///
/// # Errors
/// Any [`SendError`].
pub(crate) fn encode(
    rows: &RecordBatch,
    mut send: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), SendError> {
    let columns = ColumnText::of(rows).map_err(SendError::Table)?;
    let (mut lines, mut value) = (String::with_capacity(2 * BLOCK), String::new());
    for row in 0..rows.num_rows() {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                lines.push('\t');
            }
            if column.is_null(row) {
                lines.push_str("\\N");
                continue;
            }
            value.clear();
            column.push_plain(row, &mut value);
            if value.contains('\0') {
                return Err(SendError::Zero { row, column: index });
            }
            push_escaped(&value, &mut lines);
        }
        lines.push('\n');
        if lines.len() >= BLOCK {
            send(lines.as_bytes()).map_err(SendError::Io)?;
            lines.clear();
        }
    }
    if lines.is_empty() { Ok(()) } else { send(lines.as_bytes()).map_err(SendError::Io) }
}

fn push_escaped(value: &str, line: &mut String) {
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '\t', '\n', '\r']) {
        line.push_str(&rest[..at]);
        line.push_str(match rest.as_bytes()[at] {
            b'\t' => "\\t",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => "\\\\",
        });
        rest = &rest[at + 1..];
    }
    line.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_copy_is_escaped() {
        let check = |value: &str, expected: &str| {
            let mut line = String::new();
            push_escaped(value, &mut line);
            assert_eq!(line, expected);
        };
        check("plain", "plain");
        check("a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e");
        check("\\N", "\\\\N");
        check("\\.", "\\\\.");
        check("ü\t", "ü\\t");
    }
}

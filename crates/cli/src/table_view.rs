//! Rows as a table on a terminal.

use arrow::array::RecordBatch;
use comfy_table::{Cell, ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use pipeline_table::{ColumnText, Columns};

/// A value longer than this says no more at a glance.
const MAX_CELL: usize = 36;
/// No column is narrower than this, so that so many of them fit.
const MIN_COLUMN: usize = 14;

/// The rows as a table of at most `width` characters; columns that do not fit are counted below it.
pub(crate) fn table(rows: &RecordBatch, width: usize) -> String {
    let (Ok(columns), Ok(values)) = (Columns::from_schema(rows.schema_ref()), ColumnText::of(rows)) else {
        return String::new();
    };
    if columns.is_empty() {
        return format!("{} rows without columns", rows.num_rows());
    }
    let n_shown = (width / MIN_COLUMN).clamp(1, columns.len());
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let heading = |column: &pipeline_table::ColumnSpec| {
        Cell::new(format!("{}\n{}", clip(&column.name, MAX_CELL), column.column_type.name()))
    };
    table.set_header(columns.iter().take(n_shown).map(heading));
    for row in 0..rows.num_rows() {
        let cell = |column: &ColumnText<'_>| {
            let mut text = String::new();
            if column.is_null(row) {
                text.push_str("null");
            } else {
                column.push_plain(row, &mut text);
            }
            Cell::new(clip(&text, MAX_CELL))
        };
        table.add_row(values.iter().take(n_shown).map(cell));
    }
    let n_hidden = columns.len() - n_shown;
    let more = if n_hidden > 0 { format!("\n… and {n_hidden} more columns") } else { String::new() };
    format!("{table}{more}")
}

/// One line of at most `width` characters, without control characters that could play tricks on a terminal.
pub(crate) fn clip(text: &str, width: usize) -> String {
    let mut line: String = text
        .chars()
        .take(width + 1)
        .map(|c| if pipeline_config::is_invisible(c) { ' ' } else { c })
        .collect();
    if line.chars().count() > width {
        line = line.chars().take(width.saturating_sub(1)).collect();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use pipeline_table::{BatchBuilder, Cell as Value, DeclaredColumns, cast};

    use super::*;

    #[test]
    fn clips_by_characters() {
        let check = |text: &str, expected: &str| assert_eq!(clip(text, 4), expected);
        check("äöüß", "äöüß");
        check("äöüßx", "äöü…");
        check("a\n\u{1b}b", "a  b");
    }

    #[test]
    fn shows_names_types_and_nulls() {
        let mut rows = BatchBuilder::new(DeclaredColumns::default().into());
        for key in [Value::Text("ABC-1".into()), Value::Null] {
            rows.push("Issue Key", key).unwrap();
            rows.push("Points", Value::Int(3)).unwrap();
            rows.end_row().unwrap();
        }
        let batch = rows.finish().unwrap();
        let columns = batch.columns().clone();
        assert!(!columns.to_schema(HashMap::new()).fields().is_empty());
        let text = table(&cast(&batch, &columns).unwrap(), 80);
        for part in ["Issue Key", "string", "ABC-1", "null", "Points", "int"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(table(&cast(&batch, &columns).unwrap(), 20).ends_with("… and 1 more columns"));
    }
}

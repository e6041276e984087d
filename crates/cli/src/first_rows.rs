//! The first rows of a file that a run has written, read back from the file itself.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use arrow::{array::RecordBatch, ipc::reader::FileReader};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::table_view;

/// The first `n_rows` rows as text for a terminal of this width; `None` when the file cannot be read.
pub(crate) fn first_rows(path: &Path, n_rows: usize, width: usize) -> Option<String> {
    let file = File::open(path).ok()?;
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let rows: RecordBatch = match extension.as_str() {
        "parquet" | "pq" => {
            let reader =
                ParquetRecordBatchReaderBuilder::try_new(file).ok()?.with_limit(n_rows).build().ok()?;
            let schema = arrow::array::RecordBatchReader::schema(&reader);
            let batches = reader.collect::<Result<Vec<_>, _>>().ok()?;
            arrow::compute::concat_batches(&schema, &batches).ok()?
        }
        "arrow" | "feather" | "ipc" => {
            let mut reader = FileReader::try_new_buffered(file, None).ok()?;
            let schema = reader.schema();
            let first = reader.next().unwrap_or_else(|| Ok(RecordBatch::new_empty(schema))).ok()?;
            first.slice(0, n_rows.min(first.num_rows()))
        }
        _ => {
            let lines = BufReader::new(file).lines().take(n_rows + 1).collect::<Result<Vec<_>, _>>().ok()?;
            return Some(
                lines.iter().map(|line| table_view::clip(line, width)).collect::<Vec<_>>().join("\n"),
            );
        }
    };
    Some(table_view::table(&rows, width))
}

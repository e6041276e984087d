//! What other programs find in the files: rows and types, read with the Arrow and Parquet readers.

use std::{fs::File, path::Path};

use arrow::{
    array::{AsArray, RecordBatch},
    compute::concat_batches,
    datatypes::TimestampMicrosecondType,
    util::display::array_value_to_string,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// A Parquet file, whole.
pub(crate) fn parquet(path: &Path) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("the file is there"));
    let builder = builder.expect("a Parquet file");
    let schema = builder.schema().clone();
    let batches: Vec<_> = builder.build().expect("readable").map(|batch| batch.expect("readable")).collect();
    concat_batches(&schema, &batches).expect("batches of one schema")
}

/// The key-value metadata of a Parquet file.
pub(crate) fn metadata(path: &Path) -> Vec<(String, String)> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("the file is there"));
    let metadata = builder.expect("a Parquet file").metadata().file_metadata().key_value_metadata().cloned();
    let pairs = metadata.unwrap_or_default().into_iter();
    pairs.map(|pair| (pair.key, pair.value.unwrap_or_default())).collect()
}

/// `name: type` of every column.
pub(crate) fn types(rows: &RecordBatch) -> Vec<String> {
    rows.schema().fields().iter().map(|field| format!("{}: {}", field.name(), field.data_type())).collect()
}

/// A column of timestamps without nulls, in UTC.
pub(crate) fn times(rows: &RecordBatch, name: &str) -> Vec<String> {
    let column = rows.column_by_name(name).unwrap_or_else(|| panic!("a column `{name}`"));
    let time = |micros| jiff::Timestamp::from_microsecond(micros).expect("a time").to_string();
    column.as_primitive::<TimestampMicrosecondType>().values().iter().copied().map(time).collect()
}

/// A column as text; nulls are `None`.
pub(crate) fn column(rows: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = rows.column_by_name(name).unwrap_or_else(|| panic!("a column `{name}`"));
    let text = |row| array_value_to_string(column, row).expect("text");
    (0..rows.num_rows()).map(|row| column.is_valid(row).then(|| text(row))).collect()
}

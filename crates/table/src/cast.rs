//! Brings values into a wider type without losing any.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions, StringBuilder, StructArray,
        new_null_array,
    },
    datatypes::DataType,
};

use crate::{
    batch::Batch, column_text::ColumnText, column_type::ColumnType, columns::Columns, error::TableError,
    text::Members, typed::map_array,
};

/// Brings a page into the wider columns `to`, in their order; columns the page does not have are null.
///
/// # Errors
/// [`TableError::ColumnMissing`] when a required one is among those, [`TableError::Arrow`] when text exceeds 2 GiB.
pub fn cast(batch: &Batch, to: &Columns) -> Result<RecordBatch, TableError> {
    cast_rows(batch.rows(), batch.columns(), to)
}

/// As [`cast`], for a batch whose columns are known from its schema, because it was read from a file.
///
/// # Errors
/// As of [`cast`]; [`TableError::ForeignType`] when the schema is not of [`Columns::to_schema`].
pub fn cast_record_batch(batch: &RecordBatch, to: &Columns) -> Result<RecordBatch, TableError> {
    cast_rows(batch, &Columns::from_schema(batch.schema_ref())?, to)
}

fn cast_rows(rows: &RecordBatch, from: &Columns, to: &Columns) -> Result<RecordBatch, TableError> {
    let sources: Vec<_> = from.iter().zip(rows.columns()).collect();
    let places = from.places();
    let mut arrays = Vec::with_capacity(to.len());
    for column in to.iter() {
        let source = places.get(column.name.as_str()).map(|at| sources[*at]);
        arrays.push(match source {
            Some((source, array)) => cast_array(array, &source.column_type, &column.column_type)?,
            None if column.required && rows.num_rows() > 0 => {
                return Err(TableError::ColumnMissing { column: column.name.clone() });
            }
            None => new_null_array(&column.column_type.to_arrow(), rows.num_rows()),
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(to.to_schema(HashMap::new()), arrays, &options)?)
}

/// Casts values of type `from` to `to`, which must be as wide or wider.
pub(crate) fn cast_array(
    array: &ArrayRef,
    from: &ColumnType,
    to: &ColumnType,
) -> Result<ArrayRef, TableError> {
    use ColumnType::{Decimal, Float, Int, Json, List, Long, Map, Mixed, Null, Struct, Text};
    let values = || ColumnText::new(array, from, Members::Canonical);
    Ok(match (from, to) {
        (from, to) if from == to => Arc::clone(array),
        (Null, to) => new_null_array(&to.to_arrow(), array.len()),
        (Int, Long) => Arc::clone(array),
        (Int, Float) => arrow::compute::cast(array, &DataType::Float64)?,
        (List(from), List(to)) => {
            let list = array.as_list::<i32>();
            let items = cast_array(list.values(), from, to)?;
            let field = Arc::new(to.to_field("element"));
            Arc::new(ListArray::try_new(field, list.offsets().clone(), items, list.nulls().cloned())?)
        }
        (Struct(from), Struct(to)) => cast_struct(array, from, to)?,
        (Map(from), Map(to)) => {
            let map = array.as_map();
            let values = cast_array(map.values(), from, to)?;
            let offsets = map.value_offsets().to_vec();
            map_array((offsets, map.nulls().cloned()), (Arc::clone(map.keys()), values), to)?
        }
        (Decimal { .. }, Decimal { .. }) => arrow::compute::cast(array, &to.to_arrow())?,
        (Struct(members), Json) if members.is_empty() => Arc::clone(array),
        (_, Json) => write_all(&values(), array.len(), ColumnText::push_json)?,
        (_, Mixed) => write_all(&values(), array.len(), ColumnText::push_mixed)?,
        (_, Text) => write_all(&values(), array.len(), ColumnText::push_plain)?,
        (from, to) => unreachable!("{from:?} was cast to {to:?}, which is not wider"),
    })
}

fn cast_struct(
    array: &ArrayRef,
    from: &[(String, ColumnType)],
    to: &[(String, ColumnType)],
) -> Result<ArrayRef, TableError> {
    let places: HashMap<&str, usize> =
        from.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
    let mut arrays = Vec::with_capacity(to.len());
    for (name, member) in to {
        arrays.push(match places.get(name.as_str()) {
            Some(at) => cast_array(array.as_struct().column(*at), &from[*at].1, member)?,
            None => new_null_array(&member.to_arrow(), array.len()),
        });
    }
    let fields = to.iter().map(|(name, member)| member.to_field(name)).collect();
    Ok(Arc::new(StructArray::try_new(fields, arrays, array.nulls().cloned())?))
}

/// Text for every value that is not null.
fn write_all<'a>(
    values: &ColumnText<'a>,
    n_rows: usize,
    push: fn(&ColumnText<'a>, usize, &mut String),
) -> Result<ArrayRef, TableError> {
    let mut builder = StringBuilder::with_capacity(n_rows, n_rows * 8);
    let mut text = String::new();
    let mut n_bytes = 0;
    for row in 0..n_rows {
        if values.is_null(row) {
            builder.append_null();
            continue;
        }
        text.clear();
        push(values, row, &mut text);
        n_bytes += text.len();
        // The builder would panic.
        if i32::try_from(n_bytes).is_err() {
            return Err(arrow::error::ArrowError::OffsetOverflowError(n_bytes).into());
        }
        builder.append_value(&text);
    }
    Ok(Arc::new(builder.finish()))
}

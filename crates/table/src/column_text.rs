//! Arrow columns as text, value by value.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, Int64Array, PrimitiveArray,
        RecordBatch, StringArray,
    },
    buffer::NullBuffer,
    datatypes::{
        Date32Type, Decimal128Type, DurationMicrosecondType, Time64MicrosecondType, TimestampMicrosecondType,
    },
};

use crate::{
    column_type::ColumnType,
    columns::Columns,
    error::TableError,
    text::{
        Members, push_bytes, push_date, push_decimal, push_duration, push_integer, push_json_number,
        push_json_string, push_local_timestamp, push_number, push_object, push_plain_cell, push_time,
        push_timestamp,
    },
};

/// Begins what was text in a mixed column.
pub(crate) const MIXED_TEXT: char = '"';

/// The values of one column, each of which can be had as JSON or as plain text.
#[derive(Debug)]
pub struct ColumnText<'a> {
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
    style: Members,
}

#[derive(Debug)]
enum Values<'a> {
    Null,
    Bool(&'a BooleanArray),
    Int(&'a Int64Array),
    Float(&'a Float64Array),
    Decimal(&'a PrimitiveArray<Decimal128Type>, u8),
    Date(&'a PrimitiveArray<Date32Type>),
    Time(&'a PrimitiveArray<Time64MicrosecondType>),
    Timestamp(&'a PrimitiveArray<TimestampMicrosecondType>),
    LocalTimestamp(&'a PrimitiveArray<TimestampMicrosecondType>),
    Duration(&'a PrimitiveArray<DurationMicrosecondType>),
    Binary(&'a BinaryArray),
    Text(&'a StringArray),
    Mixed(&'a StringArray),
    Json(&'a StringArray),
    List(&'a [i32], Box<ColumnText<'a>>),
    Struct(Vec<(String, ColumnText<'a>)>),
    Map(&'a [i32], &'a StringArray, Box<ColumnText<'a>>),
}

impl<'a> ColumnText<'a> {
    /// The columns of a batch that was cast to some [`Columns`]; members of objects come as they are, nulls too.
    ///
    /// # Errors
    /// [`TableError::ForeignType`] when the batch came from somewhere else.
    pub fn of(batch: &'a RecordBatch) -> Result<Vec<Self>, TableError> {
        let columns = Columns::from_schema(batch.schema_ref())?;
        let text = |(array, column)| {
            let column: &crate::ColumnSpec = column;
            Self::new(array, &column.column_type, Members::AsTheyAre)
        };
        Ok(batch.columns().iter().zip(columns.iter()).map(text).collect())
    }

    /// The array must be what `column_type` is in Arrow.
    pub(crate) fn new(array: &'a ArrayRef, column_type: &ColumnType, style: Members) -> Self {
        let values = match column_type {
            ColumnType::Null => Values::Null,
            ColumnType::Bool => Values::Bool(array.as_boolean()),
            ColumnType::Int | ColumnType::Long => Values::Int(array.as_primitive()),
            ColumnType::Float => Values::Float(array.as_primitive()),
            ColumnType::Decimal { scale, .. } => Values::Decimal(array.as_primitive(), *scale),
            ColumnType::Date => Values::Date(array.as_primitive()),
            ColumnType::Time => Values::Time(array.as_primitive()),
            ColumnType::Timestamp => Values::Timestamp(array.as_primitive()),
            ColumnType::LocalTimestamp => Values::LocalTimestamp(array.as_primitive()),
            ColumnType::Duration => Values::Duration(array.as_primitive()),
            ColumnType::Binary => Values::Binary(array.as_binary()),
            ColumnType::Text => Values::Text(array.as_string()),
            ColumnType::Mixed => Values::Mixed(array.as_string()),
            ColumnType::Json => Values::Json(array.as_string()),
            ColumnType::Struct(members) if members.is_empty() => Values::Json(array.as_string()),
            ColumnType::List(item) => {
                let list = array.as_list::<i32>();
                Values::List(list.value_offsets(), Box::new(Self::new(list.values(), item, style)))
            }
            ColumnType::Map(value) => {
                let map = array.as_map();
                let values = Box::new(Self::new(map.values(), value, style));
                Values::Map(map.value_offsets(), map.keys().as_string(), values)
            }
            ColumnType::Struct(members) => {
                let mut named = Vec::with_capacity(members.len());
                for ((name, member), array) in members.iter().zip(array.as_struct().columns()) {
                    named.push((name.clone(), Self::new(array, member, style)));
                }
                if style == Members::Canonical {
                    named.sort_by(|(a, _), (b, _)| a.cmp(b));
                }
                Values::Struct(named)
            }
        };
        Self { nulls: array.nulls(), values, style }
    }

    /// Whether the value at `row` is null.
    pub fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Null) || self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }

    /// Adds the value at `row` as JSON; NaN and infinities are null, timestamps text.
    pub fn push_json(&self, row: usize, json: &mut String) {
        if self.is_null(row) {
            return json.push_str("null");
        }
        match &self.values {
            Values::Float(array) => push_json_number(array.value(row), json),
            Values::Text(array) => push_json_string(array.value(row), json),
            Values::Mixed(array) => match array.value(row) {
                "NaN" | "Infinity" | "-Infinity" => json.push_str("null"),
                value => match value.strip_prefix(MIXED_TEXT) {
                    Some(text) => push_json_string(text, json),
                    None => json.push_str(value),
                },
            },
            Values::Date(_)
            | Values::Time(_)
            | Values::Timestamp(_)
            | Values::LocalTimestamp(_)
            | Values::Duration(_)
            | Values::Binary(_) => {
                json.push('"');
                self.push_plain(row, json);
                json.push('"');
            }
            Values::Map(offsets, keys, values) => {
                let entries = (offsets[row]..offsets[row + 1]).map(|entry| entry as usize).collect();
                self.push_entries(entries, (keys, values), json);
            }
            Values::List(offsets, items) => {
                json.push('[');
                for item in offsets[row]..offsets[row + 1] {
                    if item > offsets[row] {
                        json.push(',');
                    }
                    items.push_json(item as usize, json);
                }
                json.push(']');
            }
            Values::Struct(members) => {
                let is_shown =
                    |member: &ColumnText<'_>| self.style == Members::AsTheyAre || !member.is_null(row);
                let shown = members
                    .iter()
                    .filter(|(_, member)| is_shown(member))
                    .map(|(name, member)| (name.as_str(), member));
                push_object(shown, |member, json| member.push_json(row, json), json);
            }
            Values::Null | Values::Bool(_) | Values::Int(_) | Values::Decimal(..) | Values::Json(_) => {
                self.push_plain(row, json);
            }
        }
    }

    /// Adds the entries of a map as an object.
    fn push_entries(
        &self,
        mut entries: Vec<usize>,
        (keys, values): (&StringArray, &ColumnText<'_>),
        json: &mut String,
    ) {
        if self.style == Members::Canonical {
            entries.retain(|entry| !values.is_null(*entry));
            entries.sort_by_key(|entry| keys.value(*entry));
        }
        let shown = entries.into_iter().map(|entry| (keys.value(entry), entry));
        push_object(shown, |entry, json| values.push_json(entry, json), json);
    }

    /// Adds the value at `row` as text without quotes, numbers as JavaScript prints them; what is nested as JSON.
    ///
    /// A null adds nothing.
    pub fn push_plain(&self, row: usize, text: &mut String) {
        if self.is_null(row) {
            return;
        }
        match &self.values {
            Values::Null => {}
            Values::Bool(array) => text.push_str(if array.value(row) { "true" } else { "false" }),
            Values::Int(array) => push_integer(array.value(row), text),
            Values::Float(array) => push_number(array.value(row), text),
            Values::Decimal(array, scale) => push_decimal(array.value(row), *scale, text),
            Values::Date(array) => push_date(array.value(row), text),
            Values::Time(array) => push_time(array.value(row), text),
            Values::Timestamp(array) => push_timestamp(array.value(row), text),
            Values::LocalTimestamp(array) => push_local_timestamp(array.value(row), text),
            Values::Duration(array) => push_duration(array.value(row), text),
            Values::Binary(array) => push_bytes(array.value(row), text),
            Values::Text(array) | Values::Json(array) => text.push_str(array.value(row)),
            Values::Mixed(array) => {
                let value = array.value(row);
                text.push_str(value.strip_prefix(MIXED_TEXT).unwrap_or(value));
            }
            Values::List(..) | Values::Struct(_) | Values::Map(..) => self.push_json(row, text),
        }
    }

    /// Adds the value of a scalar column as a mixed one holds it.
    pub(crate) fn push_mixed(&self, row: usize, text: &mut String) {
        if !matches!(
            self.values,
            Values::Null | Values::Bool(_) | Values::Int(_) | Values::Float(_) | Values::Decimal(..)
        ) {
            text.push(MIXED_TEXT);
        }
        self.push_plain(row, text);
    }
}

/// Adds a scalar cell as a mixed column holds it.
pub(crate) fn push_mixed_cell(cell: &crate::Cell<'_>, text: &mut String) {
    if matches!(cell, crate::Cell::Text(_) | crate::Cell::Timestamp(_)) {
        text.push(MIXED_TEXT);
    }
    push_plain_cell(cell, text);
}

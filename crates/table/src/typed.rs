//! A column whose type is declared, while its rows arrive.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder,
        DurationMicrosecondBuilder, Float64Builder, Int64Builder, ListArray, MapArray, NullBufferBuilder,
        StringBuilder, StructArray, Time64MicrosecondBuilder, TimestampMicrosecondBuilder, make_array,
    },
    buffer::OffsetBuffer,
    compute::concat,
    datatypes::{DataType, Fields},
    error::ArrowError,
};

use crate::{accept::Value, column_type::ColumnType, schema};

/// Values of one type, in row order.
#[derive(Debug)]
pub(crate) struct TypedColumn {
    column_type: ColumnType,
    /// Values before one that was taken back.
    closed: Vec<ArrayRef>,
    n_closed: usize,
    open: Open,
}

#[derive(Debug)]
enum Open {
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Decimal(Decimal128Builder, u8, u8),
    Text(StringBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    LocalTimestamp(TimestampMicrosecondBuilder),
    Duration(DurationMicrosecondBuilder),
    Binary(BinaryBuilder),
    List(Box<Items>),
    Struct(Vec<(String, Open)>, NullBufferBuilder),
    Map(Box<Items>, StringBuilder),
}

/// What lists and maps have in common.
#[derive(Debug)]
struct Items {
    offsets: Vec<i32>,
    validity: NullBufferBuilder,
    values: Open,
}

impl TypedColumn {
    pub(crate) fn new(column_type: &ColumnType) -> Self {
        let open = Open::new(column_type);
        Self { column_type: column_type.clone(), closed: Vec::new(), n_closed: 0, open }
    }

    pub(crate) fn len(&self) -> usize {
        self.n_closed + self.open.len()
    }

    /// Adds a value that was accepted for this type.
    pub(crate) fn push(&mut self, value: Value<'_>) -> Result<(), ArrowError> {
        self.open.push(value)
    }

    /// Takes the last value back.
    pub(crate) fn pop(&mut self) -> Result<(), ArrowError> {
        let length = self.open.len();
        let open = std::mem::replace(&mut self.open, Open::new(&self.column_type));
        if let Some(length) = length.checked_sub(1) {
            self.closed.push(open.finish(&self.column_type)?.slice(0, length));
            self.n_closed += length;
        }
        Ok(())
    }

    /// The values; nulls up to `n_rows`.
    pub(crate) fn finish(mut self, n_rows: usize) -> Result<ArrayRef, ArrowError> {
        while self.len() > n_rows {
            self.pop()?;
        }
        while self.len() < n_rows {
            self.push(Value::Null)?;
        }
        let last = self.open.finish(&self.column_type)?;
        if self.closed.is_empty() {
            return Ok(last);
        }
        self.closed.push(last);
        concat(&self.closed.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())
    }
}

impl Items {
    fn new(value: &ColumnType) -> Self {
        Self { offsets: vec![0], validity: NullBufferBuilder::new(0), values: Open::new(value) }
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn push_null(&mut self) {
        self.offsets.push(self.offsets[self.len()]);
        self.validity.append_null();
    }

    /// Says that the last value has so many items.
    fn close(&mut self, n_items: usize) -> Result<(), ArrowError> {
        let end =
            i32::try_from(n_items).ok().and_then(|n_items| self.offsets[self.len()].checked_add(n_items));
        self.offsets.push(end.ok_or(ArrowError::OffsetOverflowError(n_items))?);
        self.validity.append_non_null();
        Ok(())
    }
}

impl Open {
    fn new(column_type: &ColumnType) -> Self {
        match column_type {
            ColumnType::Bool => Open::Bool(BooleanBuilder::new()),
            ColumnType::Int | ColumnType::Long => Open::Int(Int64Builder::new()),
            ColumnType::Float => Open::Float(Float64Builder::new()),
            ColumnType::Decimal { precision, scale } => {
                Open::Decimal(Decimal128Builder::new(), *precision, *scale)
            }
            ColumnType::Null | ColumnType::Text | ColumnType::Mixed | ColumnType::Json => {
                Open::Text(StringBuilder::new())
            }
            ColumnType::Date => Open::Date(Date32Builder::new()),
            ColumnType::Time => Open::Time(Time64MicrosecondBuilder::new()),
            ColumnType::Timestamp => Open::Timestamp(TimestampMicrosecondBuilder::new()),
            ColumnType::LocalTimestamp => Open::LocalTimestamp(TimestampMicrosecondBuilder::new()),
            ColumnType::Duration => Open::Duration(DurationMicrosecondBuilder::new()),
            ColumnType::Binary => Open::Binary(BinaryBuilder::new()),
            ColumnType::List(item) => Open::List(Box::new(Items::new(item))),
            // Objects without members are JSON text.
            ColumnType::Struct(members) if members.is_empty() => Open::Text(StringBuilder::new()),
            ColumnType::Struct(members) => {
                let members = members.iter().map(|(name, member)| (name.clone(), Open::new(member)));
                Open::Struct(members.collect(), NullBufferBuilder::new(0))
            }
            ColumnType::Map(value) => Open::Map(Box::new(Items::new(value)), StringBuilder::new()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Open::Bool(builder) => builder.len(),
            Open::Int(builder) => builder.len(),
            Open::Float(builder) => builder.len(),
            Open::Decimal(builder, ..) => builder.len(),
            Open::Text(builder) => builder.len(),
            Open::Date(builder) => builder.len(),
            Open::Time(builder) => builder.len(),
            Open::Timestamp(builder) | Open::LocalTimestamp(builder) => builder.len(),
            Open::Duration(builder) => builder.len(),
            Open::Binary(builder) => builder.len(),
            Open::List(items) | Open::Map(items, _) => items.len(),
            Open::Struct(_, validity) => validity.len(),
        }
    }

    fn push(&mut self, value: Value<'_>) -> Result<(), ArrowError> {
        match (self, value) {
            (open, Value::Null) => open.push_null()?,
            (Open::Bool(builder), Value::Bool(value)) => builder.append_value(value),
            (Open::Int(builder), Value::Int(value)) => builder.append_value(value),
            (Open::Float(builder), Value::Float(value)) => builder.append_value(value),
            (Open::Decimal(builder, ..), Value::Decimal(value)) => builder.append_value(value),
            (Open::Text(builder), Value::Text(text)) => {
                fits(builder.values_slice().len(), text.len())?;
                builder.append_value(text);
            }
            (Open::Date(builder), Value::Date(days)) => builder.append_value(days),
            (Open::Time(builder), Value::Int(micros)) => builder.append_value(micros),
            (Open::Timestamp(builder) | Open::LocalTimestamp(builder), Value::Int(micros)) => {
                builder.append_value(micros);
            }
            (Open::Duration(builder), Value::Int(micros)) => builder.append_value(micros),
            (Open::Binary(builder), Value::Bytes(bytes)) => {
                fits(builder.values_slice().len(), bytes.len())?;
                builder.append_value(bytes);
            }
            (Open::List(items), Value::List(values)) => {
                let n_values = values.len();
                values.into_iter().try_for_each(|value| items.values.push(value))?;
                items.close(n_values)?;
            }
            (Open::Struct(members, validity), Value::Struct(values)) => {
                for ((_, member), value) in members.iter_mut().zip(values) {
                    member.push(value)?;
                }
                validity.append_non_null();
            }
            (Open::Map(items, keys), Value::Map(entries)) => {
                let n_entries = entries.len();
                for (key, value) in entries {
                    fits(keys.values_slice().len(), key.len())?;
                    keys.append_value(key);
                    items.values.push(value)?;
                }
                items.close(n_entries)?;
            }
            (open, value) => unreachable!("{value:?} was accepted for {open:?}"),
        }
        Ok(())
    }

    fn push_null(&mut self) -> Result<(), ArrowError> {
        match self {
            Open::Bool(builder) => builder.append_null(),
            Open::Int(builder) => builder.append_null(),
            Open::Float(builder) => builder.append_null(),
            Open::Decimal(builder, ..) => builder.append_null(),
            Open::Text(builder) => builder.append_null(),
            Open::Date(builder) => builder.append_null(),
            Open::Time(builder) => builder.append_null(),
            Open::Timestamp(builder) | Open::LocalTimestamp(builder) => builder.append_null(),
            Open::Duration(builder) => builder.append_null(),
            Open::Binary(builder) => builder.append_null(),
            Open::List(items) | Open::Map(items, _) => items.push_null(),
            Open::Struct(members, validity) => {
                members.iter_mut().try_for_each(|(_, member)| member.push(Value::Null))?;
                validity.append_null();
            }
        }
        Ok(())
    }

    fn finish(self, column_type: &ColumnType) -> Result<ArrayRef, ArrowError> {
        Ok(match (self, column_type) {
            (Open::Bool(mut builder), _) => Arc::new(builder.finish()),
            (Open::Int(mut builder), _) => Arc::new(builder.finish()),
            (Open::Float(mut builder), _) => Arc::new(builder.finish()),
            (Open::Decimal(mut builder, precision, scale), _) => {
                let scale = i8::try_from(scale).expect("a scale has at most 38 digits");
                Arc::new(builder.finish().with_precision_and_scale(precision, scale)?)
            }
            (Open::Text(mut builder), _) => Arc::new(builder.finish()),
            (Open::Date(mut builder), _) => Arc::new(builder.finish()),
            (Open::Time(mut builder), _) => Arc::new(builder.finish()),
            (Open::Timestamp(mut builder), _) => Arc::new(builder.finish().with_timezone("UTC")),
            (Open::LocalTimestamp(mut builder), _) => Arc::new(builder.finish()),
            (Open::Duration(mut builder), _) => Arc::new(builder.finish()),
            (Open::Binary(mut builder), _) => Arc::new(builder.finish()),
            (Open::List(items), ColumnType::List(item)) => {
                let Items { offsets, mut validity, values } = *items;
                let offsets = OffsetBuffer::new(offsets.into());
                let field = Arc::new(item.to_field("element"));
                Arc::new(ListArray::try_new(field, offsets, values.finish(item)?, validity.finish())?)
            }
            (Open::Struct(members, mut validity), ColumnType::Struct(types)) => {
                let fields: Fields = types.iter().map(|(name, member)| member.to_field(name)).collect();
                let finish = |((_, member), (_, member_type)): ((String, Open), &(String, ColumnType))| {
                    member.finish(member_type)
                };
                let arrays = members.into_iter().zip(types).map(finish).collect::<Result<Vec<_>, _>>()?;
                Arc::new(StructArray::try_new(fields, arrays, validity.finish())?)
            }
            (Open::Map(items, mut keys), ColumnType::Map(value)) => {
                let Items { offsets, mut validity, values } = *items;
                let values = values.finish(value)?;
                let keys: ArrayRef = Arc::new(keys.finish());
                map_array((offsets, validity.finish()), (keys, values), value)?
            }
            (open, column_type) => unreachable!("{open:?} was made for {column_type:?}"),
        })
    }
}

/// A map of these entries.
pub(crate) fn map_array(
    (offsets, nulls): (Vec<i32>, Option<arrow::buffer::NullBuffer>),
    (keys, values): (ArrayRef, ArrayRef),
    value: &ColumnType,
) -> Result<ArrayRef, ArrowError> {
    let field = schema::entries_field(value);
    let DataType::Struct(fields) = field.data_type() else {
        unreachable!("the entries of a map are structs");
    };
    let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    let map = MapArray::try_new(field, OffsetBuffer::new(offsets.into()), entries, nulls, false)?;
    Ok(make_array(map.into_data()))
}

/// Whether so many more bytes leave the offsets within 32 bits; the builder would panic.
fn fits(n_present: usize, n_more: usize) -> Result<(), ArrowError> {
    let n_bytes = n_present + n_more;
    i32::try_from(n_bytes).map(drop).map_err(|_| ArrowError::OffsetOverflowError(n_bytes))
}

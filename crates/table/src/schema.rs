//! Column types as Arrow fields, and back.
//!
//! Some types share one Arrow type; a field of the less usual one says so in its metadata, so that the exact type is
//! known again from a file written earlier.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{DataType, Field, TimeUnit};

use crate::{
    column_type::ColumnType,
    columns::{ColumnSpec, Columns},
    error::TableError,
};

/// Names the exact type where the Arrow type does not tell.
const TYPE_KEY: &str = "pipeline:type";

// https://arrow.apache.org/docs/format/CanonicalExtensions.html#json
const EXTENSION_KEY: &str = "ARROW:extension:name";
const EXTENSION_METADATA_KEY: &str = "ARROW:extension:metadata";
const JSON_EXTENSION: &str = "arrow.json";

impl ColumnType {
    /// The Arrow type; a column of nulls is text, since readers disagree on Parquet's null type.
    pub fn to_arrow(&self) -> DataType {
        match self {
            ColumnType::Bool => DataType::Boolean,
            ColumnType::Int | ColumnType::Long => DataType::Int64,
            ColumnType::Float => DataType::Float64,
            ColumnType::Decimal { precision, scale } => {
                DataType::Decimal128(*precision, i8::try_from(*scale).unwrap_or(i8::MAX))
            }
            ColumnType::Date => DataType::Date32,
            ColumnType::Time => DataType::Time64(TimeUnit::Microsecond),
            ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            ColumnType::LocalTimestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            ColumnType::Duration => DataType::Duration(TimeUnit::Microsecond),
            ColumnType::Binary => DataType::Binary,
            ColumnType::Map(value) => DataType::Map(entries_field(value), false),
            // The Parquet format calls the items of a list `element`.
            ColumnType::List(item) => DataType::List(Arc::new(item.to_field("element"))),
            ColumnType::Struct(members) if !members.is_empty() => {
                DataType::Struct(members.iter().map(|(name, member)| member.to_field(name)).collect())
            }
            ColumnType::Null
            | ColumnType::Text
            | ColumnType::Mixed
            | ColumnType::Json
            | ColumnType::Struct(_) => DataType::Utf8,
        }
    }

    /// A nullable Arrow field; JSON text has Arrow's canonical extension type.
    pub fn to_field(&self, name: &str) -> Field {
        let mut metadata = HashMap::new();
        if let Some(exact) = self.type_key() {
            metadata.insert(TYPE_KEY.to_owned(), exact.to_owned());
        }
        if matches!(self, ColumnType::Json | ColumnType::Struct(_)) && self.to_arrow() == DataType::Utf8 {
            metadata.insert(EXTENSION_KEY.to_owned(), JSON_EXTENSION.to_owned());
            metadata.insert(EXTENSION_METADATA_KEY.to_owned(), "{}".to_owned());
        }
        Field::new(name, self.to_arrow(), true).with_metadata(metadata)
    }

    /// Whether values of both types stand in files in the same form, and readers of a file see the same type.
    ///
    /// Text and JSON text do not, although Arrow has one type for both: `a` is `"a"` as JSON.
    fn is_stored_like(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.to_field(""), other.to_field(""));
        let extension = |field: &Field| field.metadata().get(EXTENSION_KEY).cloned();
        ours.data_type() == theirs.data_type() && extension(&ours) == extension(&theirs)
    }

    /// What tells this type from the others with the same Arrow type.
    fn type_key(&self) -> Option<&'static str> {
        match self {
            ColumnType::Null => Some("null"),
            ColumnType::Long => Some("long"),
            ColumnType::Mixed => Some("mixed"),
            ColumnType::Struct(members) if members.is_empty() => Some("object"),
            _ => None,
        }
    }

    /// The type of a field that [`to_field`](Self::to_field) made.
    ///
    /// # Errors
    /// [`TableError::ForeignType`] when it was made by something else, of a type there is none for.
    pub fn from_field(field: &Field) -> Result<Self, TableError> {
        let metadata = |key: &str| field.metadata().get(key).map(String::as_str);
        Ok(match (field.data_type(), metadata(TYPE_KEY)) {
            (DataType::Boolean, _) => ColumnType::Bool,
            (DataType::Int64, None) => ColumnType::Int,
            (DataType::Int64, Some(_)) => ColumnType::Long,
            (DataType::Float64, _) => ColumnType::Float,
            (DataType::Decimal128(precision, scale), _) if *scale >= 0 => {
                ColumnType::Decimal { precision: *precision, scale: scale.unsigned_abs() }
            }
            (DataType::Date32, _) => ColumnType::Date,
            (DataType::Time64(TimeUnit::Microsecond), _) => ColumnType::Time,
            (DataType::Timestamp(TimeUnit::Microsecond, Some(_)), _) => ColumnType::Timestamp,
            (DataType::Timestamp(TimeUnit::Microsecond, None), _) => ColumnType::LocalTimestamp,
            (DataType::Duration(TimeUnit::Microsecond), _) => ColumnType::Duration,
            (DataType::Binary, _) => ColumnType::Binary,
            (DataType::Map(entries, _), _) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => {
                    ColumnType::Map(Box::new(Self::from_field(&fields[1])?))
                }
                foreign => return Err(foreign_type(field, foreign)),
            },
            (DataType::Utf8, Some("null")) => ColumnType::Null,
            (DataType::Utf8, Some("mixed")) => ColumnType::Mixed,
            (DataType::Utf8, Some("object")) => ColumnType::Struct(Vec::new()),
            (DataType::Utf8, _) if metadata(EXTENSION_KEY) == Some(JSON_EXTENSION) => ColumnType::Json,
            (DataType::Utf8, _) => ColumnType::Text,
            (DataType::List(item), _) => ColumnType::List(Box::new(Self::from_field(item)?)),
            (DataType::Struct(fields), _) => {
                let member =
                    |field: &Arc<Field>| Self::from_field(field).map(|member| (field.name().clone(), member));
                ColumnType::Struct(fields.iter().map(member).collect::<Result<_, _>>()?)
            }
            (foreign, _) => return Err(foreign_type(field, foreign)),
        })
    }
}

impl Columns {
    /// Whether a file of these columns may stand beside one of the others in a table: names and order are the same, and
    /// types are stored alike.
    pub fn are_stored_like(&self, other: &Self) -> bool {
        let is_alike = |(ours, theirs): (&ColumnSpec, &ColumnSpec)| {
            ours.name == theirs.name && ours.column_type.is_stored_like(&theirs.column_type)
        };
        self.len() == other.len() && self.iter().zip(other.iter()).all(is_alike)
    }
}

/// The entries of a map, as the Parquet format names them.
pub(crate) fn entries_field(value: &ColumnType) -> Arc<Field> {
    let members = vec![Field::new("key", DataType::Utf8, false), value.to_field("value")];
    Arc::new(Field::new("key_value", DataType::Struct(members.into()), false))
}

fn foreign_type(field: &Field, data_type: &DataType) -> TableError {
    TableError::ForeignType { column: field.name().clone(), data_type: data_type.to_string() }
}

#[cfg(test)]
mod tests {
    use super::{ColumnType::*, *};

    #[test]
    fn the_exact_type_is_known_again_from_the_field() {
        let check = |column_type: ColumnType| {
            let field = column_type.to_field("c");
            assert_eq!(ColumnType::from_field(&field).unwrap(), column_type);
        };
        for column_type in [
            Null,
            Bool,
            Int,
            Long,
            Float,
            Text,
            Timestamp,
            Mixed,
            Json,
            Struct(vec![]),
            Date,
            Time,
            Duration,
            LocalTimestamp,
            Binary,
            Map(Box::new(Date)),
        ] {
            check(column_type);
        }
        check(Decimal { precision: 18, scale: 2 });
        check(List(Box::new(Struct(vec![("a".into(), Long), ("b".into(), List(Box::new(Null)))]))));
    }

    #[test]
    fn refuses_types_of_other_writers() {
        let error = ColumnType::from_field(&Field::new("c", DataType::Int8, true)).unwrap_err();
        assert_eq!(error.to_string(), "column `c` has the Arrow type Int8, which pipeline does not write");
    }
}

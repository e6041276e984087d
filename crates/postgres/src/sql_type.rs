//! Types of columns in SQL.

use pipeline_table::ColumnType;

use crate::names::quoted;

/// The type of a column.
pub(crate) fn sql_type(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Bool => "boolean".to_owned(),
        ColumnType::Int | ColumnType::Long => "bigint".to_owned(),
        ColumnType::Float => "double precision".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Time => "time".to_owned(),
        ColumnType::Timestamp => "timestamptz".to_owned(),
        ColumnType::LocalTimestamp => "timestamp".to_owned(),
        ColumnType::Duration => "interval".to_owned(),
        ColumnType::Binary => "bytea".to_owned(),
        ColumnType::Json | ColumnType::List(_) | ColumnType::Struct(_) | ColumnType::Map(_) => {
            "jsonb".to_owned()
        }
        ColumnType::Null | ColumnType::Text | ColumnType::Mixed => "text".to_owned(),
    }
}

/// The type that waiting rows have; bytes come as base64.
pub(crate) fn waiting_type(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Binary => "text".to_owned(),
        other => sql_type(other),
    }
}

/// A waiting value in its own type.
pub(crate) fn arrived(name: &str, column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Binary => format!("decode({}, 'base64')", quoted(name)),
        _ => quoted(name),
    }
}

/// The values of a column in a wider type, without losing any.
pub(crate) fn widened(name: &str, column_type: &ColumnType) -> String {
    let wide = sql_type(column_type);
    match wide.as_str() {
        "jsonb" => format!("to_jsonb({})", quoted(name)),
        _ => format!("{}::{wide}", quoted(name)),
    }
}

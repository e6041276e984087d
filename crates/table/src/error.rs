//! What can be wrong with rows.

use crate::batch::MAX_COLUMNS;

/// Why rows could not become a table.
///
/// Rows count from 0 within their page; messages leave the row to the caller, who knows the page too.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A value does not fit the column's declared type.
    #[error("column `{column}` is {found}, but `columns` declares {expected}")]
    TypeMismatch {
        /// Which row of the page.
        row: usize,
        /// Which column.
        column: String,
        /// What the value is, and how it begins.
        found: String,
        /// The declared type.
        expected: &'static str,
    },
    /// A required column has no value.
    #[error("column `{column}` is null or missing, but `columns` says it is required")]
    RequiredMissing {
        /// Which row of the page.
        row: usize,
        /// Which column.
        column: String,
    },
    /// Rows have so many different keys that these must be data.
    #[error("`{column}` would be one column more than the {MAX_COLUMNS} that a table may have")]
    TooManyColumns {
        /// Which row of the page, where one page has so many.
        row: Option<usize>,
        /// The first column too many.
        column: String,
    },
    /// A schema has a type that this program never writes.
    #[error("column `{column}` has the Arrow type {data_type}, which pipeline does not write")]
    ForeignType {
        /// Which column.
        column: String,
        /// Its type.
        data_type: String,
    },
    /// A schema lacks a column that must have values.
    #[error("column `{column}` is required, but the rows do not have it")]
    ColumnMissing {
        /// Which column.
        column: String,
    },
    /// Arrow refused: a page with more than 2 GiB of text in one column, or a bug of ours.
    #[error("Arrow refused the rows")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl TableError {
    /// The row of the page that is at fault, from 0.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::TypeMismatch { row, .. } | Self::RequiredMissing { row, .. } => Some(*row),
            Self::TooManyColumns { row, .. } => *row,
            Self::ForeignType { .. } | Self::ColumnMissing { .. } | Self::Arrow(_) => None,
        }
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::TypeMismatch { column, expected, .. } => {
                let convert = match *expected {
                    "string" => "return `String(value)`",
                    "int" => "return `Math.round(value)` or `parseInt(value, 10)`",
                    "float" => "return `Number(value)`",
                    "bool" => "return `Boolean(value)`",
                    "timestamp" => "return a `Date`, or text such as `2024-11-29T10:44:51Z`",
                    _ => "return another value",
                };
                Some(format!("{convert} in `convert`, or declare another `type` for `{column}`"))
            }
            Self::RequiredMissing { column, .. } => {
                Some(format!("return a value in `convert`, or take `required` off `{column}`"))
            }
            Self::TooManyColumns { .. } => Some(
                "do rows have ids or dates as keys? return one row per key, or put the object under one key"
                    .into(),
            ),
            Self::ForeignType { .. } | Self::ColumnMissing { .. } | Self::Arrow(_) => None,
        }
    }
}

//! What can be wrong with rows.

use crate::{
    accept::Mismatch,
    advice::{self, Advice},
    batch::MAX_COLUMNS,
    nesting::MAX_NESTED,
};

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
        found: Box<str>,
        /// The declared type.
        expected: Box<str>,
        /// What it is about, where digits are.
        advice: Option<Advice>,
        /// What to do, where that is not what always helps with the type.
        help: Option<Box<str>>,
    },
    /// A value does not fit the type that a column has in the table, which is kept as it is.
    #[error("column `{column}` is {found}, but the table has {expected}, and `evolution` is `freeze`")]
    Frozen {
        /// Which row of the page.
        row: usize,
        /// Which column.
        column: String,
        /// What the value is, and how it begins.
        found: Box<str>,
        /// The type of the table's column.
        expected: Box<str>,
    },
    /// A whole number does not fit the largest type that is inferred.
    #[error("column `{column}` is a whole number ({written}) that 64 bits do not hold")]
    TooLarge {
        /// Which row of the page; `None` where the number is nested.
        row: Option<usize>,
        /// Which column, and the way into its value.
        column: String,
        /// The number.
        written: String,
    },
    /// A required column has no value.
    #[error("column `{column}` is null or missing, but `columns` says it is required")]
    RequiredMissing {
        /// Which row of the page.
        row: usize,
        /// Which column.
        column: String,
    },
    /// A column is not declared, and the contract is closed.
    #[error("column `{column}` is new, and `evolution` is `freeze`")]
    UndeclaredColumn {
        /// Which row of the page.
        row: usize,
        /// Which column.
        column: String,
    },
    /// Rows have a key with the name of a column that takes its values from elsewhere.
    #[error("rows have a key `{column}`, but `columns` takes the column of that name from elsewhere")]
    NameTaken {
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
    /// Objects have so many different keys that these must be data.
    #[error(
        "the member `{member}` of an object in `{column}` would be one column more than the {MAX_NESTED} that objects may have together"
    )]
    TooManyMembers {
        /// Which row of the page, where one page has so many.
        row: Option<usize>,
        /// In which column of the table.
        column: String,
        /// The first member too many.
        member: String,
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
    /// The table holds values that a declared type does not take.
    #[error("column `{column}` is declared {declared}, but the earlier output has {found}")]
    DeclaredNarrower {
        /// Which column.
        column: String,
        /// The declared type.
        declared: String,
        /// The type that is there.
        found: String,
    },
    /// Arrow refused: a page with more than 2 GiB of text in one column, or a bug of ours.
    #[error("Arrow refused the rows")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl TableError {
    /// A value at `row` that `column` does not take.
    pub(crate) fn mismatch(row: usize, column: &str, mismatch: Mismatch) -> Self {
        let column = format!("{column}{}", mismatch.path);
        let Mismatch { found, expected, advice, help, .. } = mismatch;
        let (found, expected, help) = (found.into(), expected.into(), help.map(Into::into));
        Self::TypeMismatch { row, column, found, expected, advice, help }
    }

    /// The same of a column that nobody has declared, in a table whose columns stay as they are.
    pub(crate) fn frozen(row: usize, column: &str, mismatch: Mismatch) -> Self {
        let column = format!("{column}{}", mismatch.path);
        Self::Frozen { row, column, found: mismatch.found.into(), expected: mismatch.expected.into() }
    }

    /// The column at fault.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::TypeMismatch { column, .. }
            | Self::Frozen { column, .. }
            | Self::TooLarge { column, .. }
            | Self::RequiredMissing { column, .. }
            | Self::UndeclaredColumn { column, .. }
            | Self::NameTaken { column, .. }
            | Self::TooManyColumns { column, .. }
            | Self::TooManyMembers { column, .. }
            | Self::ForeignType { column, .. }
            | Self::DeclaredNarrower { column, .. }
            | Self::ColumnMissing { column } => Some(column),
            Self::Arrow(_) => None,
        }
    }

    /// The row of the page that is at fault, from 0.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::TypeMismatch { row, .. }
            | Self::Frozen { row, .. }
            | Self::RequiredMissing { row, .. }
            | Self::UndeclaredColumn { row, .. }
            | Self::NameTaken { row, .. } => Some(*row),
            Self::TooManyColumns { row, .. }
            | Self::TooManyMembers { row, .. }
            | Self::TooLarge { row, .. } => *row,
            Self::ForeignType { .. }
            | Self::ColumnMissing { .. }
            | Self::DeclaredNarrower { .. }
            | Self::Arrow(_) => None,
        }
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::TypeMismatch { help: Some(help), .. } => Some(help.to_string()),
            Self::TypeMismatch { column, expected, advice: Some(advice), .. } => {
                Some(advice.help(column, expected))
            }
            Self::TooLarge { column, written, .. } => {
                let n_digits = written.trim_start_matches('-').len();
                Some(advice::declared(column, u8::try_from(n_digits).unwrap_or(u8::MAX)))
            }
            Self::TypeMismatch { column, expected, .. } => {
                let convert = conversion(expected);
                Some(format!(
                    "{convert} in `convert`, or declare another `type` or `on_error` for `{column}`"
                ))
            }
            Self::Frozen { column, .. } => Some(format!(
                "write `evolution: evolve` in `sink`, which widens the column, or `evolution: discard`, which makes such values \
                 null; or declare `{column}` in `columns` with an `on_error`, or return what the table has"
            )),
            Self::RequiredMissing { column, .. } => {
                Some(format!("return a value in `convert`, or take `required` off `{column}`"))
            }
            Self::UndeclaredColumn { column, .. } => Some(format!(
                "add `{column}` to `columns` (`pipeline schema diff` shows what is new), or write `evolution: evolve` in `sink`, \
                 which adds new columns, or `evolution: discard`, which leaves them out"
            )),
            Self::NameTaken { column, .. } => {
                Some(format!("leave `{column}` out in `convert`, or give the declared column another name"))
            }
            Self::TooManyColumns { .. } => Some(
                "do rows have ids or dates as keys? return one row per key, or put the object under one key"
                    .into(),
            ),
            Self::TooManyMembers { column, .. } => Some(format!(
                "do objects have ids or dates as keys? declare `{column}: json` in `columns`, or return one row per key"
            )),
            Self::DeclaredNarrower { column, found, .. } => Some(format!(
                "declare `{column}` as {found}, or write the table anew: `mode: overwrite`, or another path"
            )),
            Self::ForeignType { .. } | Self::ColumnMissing { .. } | Self::Arrow(_) => None,
        }
    }

    /// The same where no script makes the rows.
    pub fn help_without_script(&self) -> Option<String> {
        match self {
            // What helps with the text of a time is a `format`, and no script.
            Self::TypeMismatch { help: Some(help), .. } if !help.starts_with("return ") => {
                Some(help.to_string())
            }
            Self::TypeMismatch { column, found, expected, advice: None, .. }
                if advice::of_text(found, expected).is_some() =>
            {
                advice::of_text(found, expected).map(|holds| {
                    format!(
                        "declare `{column}` as {holds}, which takes numbers that are written as text, as all values of CSV and XML \
                         are, or write a `converter` that returns `Number(value)`"
                    )
                })
            }
            Self::TypeMismatch { column, advice: None | Some(Advice::Rounded), .. } => Some(format!(
                "declare another `type` or `on_error` for `{column}`, or write a `converter` that returns what is \
                 declared"
            )),
            Self::RequiredMissing { column, .. } => {
                Some(format!("take `required` off `{column}`, or give it a `default`"))
            }
            other => other.help(),
        }
    }
}

/// What gives a value of a declared type.
fn conversion(expected: &str) -> &'static str {
    match expected.split(['(', '<']).next().unwrap_or_default() {
        "string" => "return `String(value)`",
        "int" => "return `BigInt(value)` of digits, or `Math.round(value)` of a fraction,",
        "float" => "return `Number(value)`",
        "bool" => "return `Boolean(value)`",
        "decimal" => "declare more digits, or round with `value.toFixed(2)`",
        "date" => {
            "return text such as `2024-11-29`, from 0001-01-01 to 9999-12-31, or give the column a `format` such as \
             `\"%d.%m.%Y\"`,"
        }
        "time" => {
            "return text such as `10:44:51`, from 00:00 to 23:59:59.999999, or give the column a `format` such as \
             `\"%I:%M %p\"`,"
        }
        "timestamp" => {
            "return a `Date`, or text such as `2024-11-29T10:44:51Z`, or give the column a `format` such as \
             `\"%d.%m.%Y %H:%M %z\"`,"
        }
        "timestamp_ntz" => {
            "return text such as `2024-11-29T10:44:51`, or give the column a `format` such as `\"%d.%m.%Y %H:%M\"`,"
        }
        "duration" => "return text such as `PT1H30M`, or give the column a `format` such as `seconds`,",
        "binary" => "return text in base64, or give the column a `format`,",
        _ => "return another value",
    }
}

//! What to write where digits were lost, or would be.

use crate::{
    cell::Cell,
    column_type::{ColumnType, MAX_PRECISION},
    number::{Number, has_made_up_digits, is_rounded},
    parse,
};

/// Why a number does not fit a declared type, where that is for want of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// It came as a double, which does not have all digits of the page.
    Rounded,
    /// 64 bits do not hold it.
    TooLarge,
    /// It has all digits, and a double has not.
    NotAFloat,
}

impl Advice {
    /// What is to be said of a cell that a type does not take.
    pub(crate) fn about(cell: &Cell<'_>, column_type: &ColumnType) -> Option<Self> {
        match (cell, column_type) {
            (Cell::Float(value), ColumnType::Decimal { scale, .. }) if has_made_up_digits(*value, *scale) => {
                Some(Self::Rounded)
            }
            (Cell::Float(value), _) if is_rounded(*value) => Some(Self::Rounded),
            (Cell::Int(_) | Cell::Number(_), ColumnType::Float) => Some(Self::NotAFloat),
            (Cell::Number(written), ColumnType::Long) if Number::read(written) == Number::TooLarge => {
                Some(Self::TooLarge)
            }
            _ => None,
        }
    }

    /// The help line for a column of this type.
    pub(crate) fn help(self, column: &str, expected: &str) -> String {
        let text = format!("read the digits as text: {}", text_of(column));
        match (self, expected) {
            (Self::Rounded, "int") => {
                "`JSON.parse` rounds whole numbers beyond 2^53; write `big_integers: bigint` in `converter`, which \
                 makes BigInts of them"
                    .into()
            }
            (Self::Rounded, "string") => format!("`JSON.parse` rounds numbers of so many digits; {text}"),
            (Self::Rounded, _) => {
                format!("`JSON.parse` rounds numbers of so many digits; {text}, which a {expected} takes")
            }
            (Self::TooLarge, _) => declared(column, MAX_PRECISION),
            (Self::NotAFloat, _) => format!(
                "declare `{column}` as `int`, or as `string` or `decimal({MAX_PRECISION},0)` where 64 bits are not \
                 enough"
            ),
        }
    }
}

/// What to do with a value whose kind tells it, where what always helps with the type does not.
pub(crate) fn of_value(cell: &Cell<'_>, column_type: &ColumnType) -> Option<String> {
    let is_no_number = |cell: &Cell<'_>| matches!(cell, Cell::Float(value) if !value.is_finite());
    let help = match (column_type, cell) {
        (ColumnType::Long | ColumnType::Decimal { .. }, cell) if is_no_number(cell) => {
            "it comes of arithmetic with what is no number (text, undefined) or with zero: return null for it"
        }
        (ColumnType::Text, Cell::Timestamp(_)) => "return `value.toISOString()`, or declare `timestamp`",
        (ColumnType::Text, Cell::List(_)) => {
            "return `value.join(', ')` or `JSON.stringify(value)`, or declare `json` or a list"
        }
        (ColumnType::Text, Cell::Struct(_)) => {
            "return one of its members, or `JSON.stringify(value)`, or declare `json`"
        }
        (ColumnType::Long | ColumnType::Float, Cell::Timestamp(_)) => {
            "return `value.getTime()`, its milliseconds since 1970, or declare `timestamp`"
        }
        (ColumnType::Bool, Cell::Text(_)) => {
            "return `value === 'true'`, since `Boolean(value)` is true for any text but the empty one"
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// The type that takes the text of a number, which `found` describes, where a number was expected.
pub(crate) fn of_text(found: &str, expected: &str) -> Option<&'static str> {
    let text = found.strip_prefix("a string (\"")?.strip_suffix("\")")?;
    let holds = |scale| parse::decimal(text, MAX_PRECISION, scale).is_some();
    match expected {
        "int" if holds(0) => Some("`decimal(18,0)`"),
        "float" if holds(18) => Some("a decimal with room for all digits, such as `decimal(18,6)`"),
        _ => None,
    }
}

/// The types that have room for any whole number of a column: `id`, or `o.ids[]`.
pub(crate) fn declared(path: &str, n_digits: u8) -> String {
    let text = "`string` (text with all digits)";
    let digits = match n_digits <= MAX_PRECISION {
        true => format!("{text} or `decimal({n_digits},0)`"),
        false => text.to_owned(),
    };
    match path.split_once(['.', '[']) {
        None => format!("declare `{path}` in `columns` as {digits}"),
        Some((column, _)) => {
            format!("declare `{column}` in `columns`, with {digits} where the number is, or as `json`")
        }
    }
}

/// The call of `JSON.parse` that has the number of a column as text.
fn text_of(column: &str) -> String {
    let key = column.rsplit('.').next().unwrap_or(column).trim_end_matches(|c: char| !c.is_alphanumeric());
    let key = key.split('[').next().unwrap_or(key).replace('\\', "\\\\").replace('\'', "\\'");
    format!(
        "`JSON.parse(json, (key, value, {{ source }}) => key === '{key}' && typeof value === 'number' ? source : value)`"
    )
}

//! One value of one row, before it has a place in a column.

use std::borrow::Cow;

use crate::column_type::ColumnType;

/// The largest whole number that a float tells apart from its neighbours (ECMA-262 §21.1.2.6).
pub const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// A value a converter returned.
///
/// Cells are walked by recursion: whoever makes them from foreign data bounds how deep they nest.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// null, or missing.
    Null,
    /// undefined: the row names the column and has nothing for it. A null in every column, but no sign that the column is
    /// there.
    Undefined,
    /// true or false.
    Bool(bool),
    /// A whole number; beyond ±[`MAX_SAFE_INTEGER`] it came from a BigInt.
    Int(i64),
    /// Any other number; may be NaN or infinite.
    Float(f64),
    /// A number of JSON as it is written, which nothing has rounded: of a page that no script has read.
    Number(Cow<'a, str>),
    /// Text.
    Text(Cow<'a, str>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// An array.
    List(Vec<Cell<'a>>),
    /// An object with its members in order; of two with the same name the later one counts.
    Struct(Vec<(Cow<'a, str>, Cell<'a>)>),
}

impl Cell<'_> {
    /// The same, with text of its own.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Cell::Null => Cell::Null,
            Cell::Undefined => Cell::Undefined,
            Cell::Bool(value) => Cell::Bool(value),
            Cell::Int(value) => Cell::Int(value),
            Cell::Float(value) => Cell::Float(value),
            Cell::Number(written) => Cell::Number(written.into_owned().into()),
            Cell::Text(text) => Cell::Text(text.into_owned().into()),
            Cell::Timestamp(value) => Cell::Timestamp(value),
            Cell::List(items) => Cell::List(items.into_iter().map(Cell::into_owned).collect()),
            Cell::Struct(members) => {
                let own = |(name, member): (Cow<'_, str>, Cell<'_>)| {
                    (Cow::Owned(name.into_owned()), member.into_owned())
                };
                Cell::Struct(members.into_iter().map(own).collect())
            }
        }
    }

    /// What is at a path of member names and positions; null where there is nothing.
    pub(crate) fn at(&self, path: &[String]) -> &Self {
        let Some((step, rest)) = path.split_first() else { return self };
        let inner = match self {
            Cell::Struct(members) => {
                members.iter().rev().find(|(name, _)| name == step).map(|(_, member)| member)
            }
            Cell::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        inner.map_or(&Cell::Null, |inner| inner.at(rest))
    }

    /// The narrowest type that holds this cell; what is nested in it is not looked into.
    pub(crate) fn outer_type(&self) -> ColumnType {
        match self {
            Cell::Null | Cell::Undefined => ColumnType::Null,
            Cell::Bool(_) => ColumnType::Bool,
            Cell::Int(value) if is_safe(*value) => ColumnType::Int,
            Cell::Int(_) => ColumnType::Long,
            Cell::Float(_) => ColumnType::Float,
            // One that 64 bits do not hold; the others have become another cell before.
            Cell::Number(_) => ColumnType::Mixed,
            Cell::Text(_) => ColumnType::Text,
            Cell::Timestamp(_) => ColumnType::Timestamp,
            Cell::List(_) => ColumnType::List(Box::new(ColumnType::Null)),
            Cell::Struct(_) => ColumnType::Struct(Vec::new()),
        }
    }

    /// Whether a column has a null for it.
    pub fn is_null(&self) -> bool {
        matches!(self, Cell::Null | Cell::Undefined)
    }

    pub(crate) fn is_nested(&self) -> bool {
        matches!(self, Cell::List(_) | Cell::Struct(_))
    }
}

/// Whether a float holds this number exactly and no other number becomes the same float.
pub(crate) fn is_safe(value: i64) -> bool {
    (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&value)
}

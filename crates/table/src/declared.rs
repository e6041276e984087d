//! The `columns:` block: types that are promised instead of inferred.

use pipeline_config::{Field, Node, Section, Shape, Spanned};

use crate::{
    cell::{Cell, is_safe},
    column_type::ColumnType,
    columns::{ColumnSpec, Columns},
    text,
};

/// Keys of one declared column.
pub const COLUMN_FIELDS: &[Field] = &[
    Field::required("type", Shape::OneOf(DeclaredType::NAMES), "What every value must be."),
    Field::default("required", Shape::Boolean, "false", "Whether null and missing values are errors."),
];

/// A type a user may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredType {
    /// Text only.
    String,
    /// Whole numbers.
    Int,
    /// Any number.
    Float,
    /// Booleans.
    Bool,
    /// Dates of JavaScript, or text with date, time and offset.
    Timestamp,
    /// Anything, as JSON text.
    Json,
}

impl DeclaredType {
    /// The words for `type:`.
    pub const NAMES: &'static [&'static str] = &["string", "int", "float", "bool", "timestamp", "json"];

    /// The type of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "timestamp" => Self::Timestamp,
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// The word for `type:`.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub(crate) fn is_json(self) -> bool {
        self == Self::Json
    }

    pub(crate) fn column_type(self) -> ColumnType {
        match self {
            Self::String => ColumnType::Text,
            Self::Int => ColumnType::Long,
            Self::Float => ColumnType::Float,
            Self::Bool => ColumnType::Bool,
            Self::Timestamp => ColumnType::Timestamp,
            Self::Json => ColumnType::Json,
        }
    }

    /// The cell as this type, or what it is instead.
    pub(crate) fn accept<'a>(self, cell: Cell<'a>) -> Result<Cell<'a>, String> {
        match (self, cell) {
            (_, Cell::Null) => Ok(Cell::Null),
            (Self::String, cell @ Cell::Text(_))
            | (Self::Int, cell @ Cell::Int(_))
            | (Self::Float, cell @ Cell::Float(_))
            | (Self::Bool, cell @ Cell::Bool(_))
            | (Self::Timestamp, cell @ Cell::Timestamp(_))
            | (Self::Json, cell) => Ok(cell),
            (Self::Float, Cell::Int(value)) if is_safe(value) => Ok(Cell::Float(value as f64)),
            (Self::Float, cell @ Cell::Int(_)) => {
                Err(format!("{}, which a float does not hold exactly", text::describe(&cell)))
            }
            (Self::Timestamp, Cell::Text(written)) => match text::parse_timestamp(&written) {
                Some(microseconds) => Ok(Cell::Timestamp(microseconds)),
                None => Err(text::describe(&Cell::Text(written))),
            },
            (_, cell) => Err(text::describe(&cell)),
        }
    }
}

/// One declared column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub declared_type: DeclaredType,
    /// Whether nulls are errors.
    pub required: bool,
}

/// The declared columns, in order; columns that rows have besides these are inferred and come after them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredColumns {
    list: Vec<DeclaredColumn>,
}

impl DeclaredColumns {
    /// These columns; names must be unique.
    pub fn new(list: Vec<DeclaredColumn>) -> Self {
        Self { list }
    }

    /// Reads the mapping under `name` of `section`; a column may be given by its type alone.
    pub fn read(section: &Section<'_>, name: &str) -> Self {
        let read = |(key, node): &(Spanned<String>, Node)| {
            let column = Section::read(section.reader(), node, COLUMN_FIELDS);
            Some(DeclaredColumn {
                name: key.value.clone(),
                declared_type: DeclaredType::parse(&column.text("type"))?,
                required: column.boolean("required"),
            })
        };
        Self { list: section.entries(name).iter().filter_map(read).collect() }
    }

    /// The columns, in order.
    pub fn as_slice(&self) -> &[DeclaredColumn] {
        &self.list
    }

    /// The columns a run has before its first row.
    pub fn columns(&self) -> Columns {
        let spec = |declared: &DeclaredColumn| ColumnSpec {
            name: declared.name.clone(),
            column_type: declared.declared_type.column_type(),
            required: declared.required,
        };
        Columns::new(self.list.iter().map(spec).collect())
    }
}

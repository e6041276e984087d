//! One column of one page while its rows arrive.

use std::{borrow::Cow, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder,
        TimestampMicrosecondBuilder, new_null_array,
    },
    compute::concat,
    datatypes::DataType,
};

use crate::{
    cast::cast_array,
    cell::{Cell, is_safe},
    column_text::push_mixed_cell,
    column_type::{ColumnType, MAX_MEMBERS},
    doubts::{Doubt, Doubts},
    error::TableError,
    loss::{self, Loss},
    nested::{ListBuilder, StructBuilder},
    nesting::Nesting,
    number::{Number, is_rounded, prints_as_written},
    text::{Members, push_cell_json},
};

/// Lists and objects that are deeper inside others become JSON text.
///
/// Documents (Atlassian's rich text among them) nest without end, and each level would multiply the columns.
pub const MAX_DEPTH: usize = 16;

/// Values of one column, in row order.
///
/// Values go into a builder of the narrowest type so far. A cell that does not fit closes the builder as a chunk and
/// opens one of the widened type; chunks are few, since types only widen. At the end they are cast to the widest.
#[derive(Debug)]
pub(crate) struct ColumnBuilder {
    chunks: Vec<Chunk>,
    open: Open,
    nesting: Nesting,
    /// Set once there are any, which is hardly ever.
    doubts: Option<Box<Doubts>>,
    /// Whether a value was undefined, and whether one was not.
    is_undefined: bool,
    is_defined: bool,
}

/// A column whose rows have all come.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) column_type: ColumnType,
    pub(crate) array: ArrayRef,
    pub(crate) doubts: Vec<Doubt>,
    /// Whether it is text, or has text in it, of numbers that came before it was, and were written otherwise than they are
    /// printed.
    pub(crate) is_respelled: bool,
}

/// Values in one type, of which the first `length` count.
#[derive(Debug)]
struct Chunk {
    values: Open,
    length: usize,
}

/// The builder that takes the next value.
#[derive(Debug)]
enum Open {
    Null(usize),
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Long(Int64Builder),
    Float(Float64Builder),
    Text(StringBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Mixed(StringBuilder),
    Json(StringBuilder),
    List(Box<ListBuilder>),
    Struct(Box<StructBuilder>),
}

impl ColumnBuilder {
    /// A column that stands there, of no type yet.
    pub(crate) fn new(nesting: Nesting) -> Self {
        let (chunks, open) = (Vec::new(), Open::Null(0));
        Self { chunks, open, nesting, doubts: None, is_undefined: false, is_defined: false }
    }

    /// The same of a type that is known to hold all values.
    pub(crate) fn of_type(column_type: &ColumnType, nesting: Nesting) -> Self {
        Self { open: Open::of_whole_type(column_type, &nesting), ..Self::new(nesting) }
    }

    pub(crate) fn push_nulls(&mut self, n_nulls: usize) {
        if n_nulls > 0 {
            self.open.push_nulls(n_nulls);
        }
    }

    /// Adds a value, widening the column where it must.
    pub(crate) fn push(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Undefined => self.is_undefined = true,
            _ => self.is_defined = true,
        }
        let cell = match cell {
            Cell::Number(written) => self.read(written),
            Cell::Float(value) if is_rounded(value) || !value.is_finite() => {
                let row = self.len();
                self.doubts().double(value, row);
                Cell::Float(value)
            }
            cell => cell,
        };
        if matches!(self.open, Open::Json(_)) {
            self.note_json(&cell);
        }
        // So many members become JSON before there is a column for each.
        let is_wide = matches!(&cell, Cell::Struct(members) if members.len() > MAX_MEMBERS);
        let pushed = match (&self.open, is_wide) {
            (Open::Struct(_), true) => Err(cell),
            _ => self.open.push(cell),
        };
        if let Err(cell) = pushed {
            let narrowest = match is_wide || cell.is_nested() && self.nesting.depth >= MAX_DEPTH {
                true => ColumnType::Json,
                false => cell.outer_type(),
            };
            self.close(&self.open.outer_type().widen(&narrowest));
            if matches!(self.open, Open::Json(_)) {
                self.note_json(&cell);
            }
            let pushed = self.open.push(cell);
            debug_assert!(pushed.is_ok(), "the widened type takes the cell");
        }
        if let Open::Struct(builder) = &self.open
            && builder.n_members() > MAX_MEMBERS
        {
            self.close(&ColumnType::Json);
        }
    }

    /// The cell for a number of a page; one that 64 bits do not hold, or that becomes text, stays what it is.
    fn read<'a>(&mut self, written: Cow<'a, str>) -> Cell<'a> {
        let number = Number::read(&written);
        let becomes_text = match self.open {
            Open::Null(_) | Open::Int(_) | Open::Float(_) => false,
            Open::Long(_) => matches!(number, Number::Float(_)),
            _ => true,
        };
        if becomes_text && number != Number::TooLarge {
            return Cell::Number(written);
        }
        if !prints_as_written(number, &written) {
            let row = self.len();
            self.doubts().lose(Loss::Spelling, row, || written.to_string());
        }
        match number {
            Number::Int(value) => Cell::Int(value),
            Number::Float(value) => {
                if value.is_infinite() {
                    let row = self.len();
                    self.doubts().lose(Loss::NotFinite, row, || written.to_string());
                }
                if let Some(loss) = loss::of_number(&written) {
                    let row = self.len();
                    self.doubts().lose(loss, row, || written.to_string());
                }
                Cell::Float(value)
            }
            Number::TooLarge => {
                let row = self.len();
                self.doubts().too_large(&written, row);
                Cell::Number(written)
            }
        }
    }

    /// Looks into a value that becomes JSON text, where no column will.
    fn note_json(&mut self, cell: &Cell<'_>) {
        if cell.is_nested() {
            let row = self.len();
            self.doubts().doubles_in(cell, row);
        }
    }

    fn doubts(&mut self) -> &mut Doubts {
        self.doubts.get_or_insert_default()
    }

    /// How many values there are.
    fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.length).sum::<usize>() + self.open.len()
    }

    /// Takes the last value back; the column keeps the type it widened to.
    pub(crate) fn pop(&mut self) {
        if self.open.len() > 0 {
            self.close(&self.open.outer_type());
        }
        if let Open::Null(n_nulls @ 1..) = &mut self.open {
            *n_nulls -= 1;
        } else if let Some(last) = self.chunks.last_mut() {
            last.length -= 1;
        }
    }

    /// Ends the open chunk and begins one of `next`.
    fn close(&mut self, next: &ColumnType) {
        match std::mem::replace(&mut self.open, Open::of_type(next, &self.nesting)) {
            // Leading nulls need no chunk of their own.
            Open::Null(n_nulls) => self.push_nulls(n_nulls),
            values => self.chunks.push(Chunk { length: values.len(), values }),
        }
    }

    /// The widest type and all values in it.
    pub(crate) fn finish(mut self) -> Result<Finished, TableError> {
        if self.is_undefined && !self.is_defined {
            self.doubts().is_undefined = true;
        }
        let own = self.doubts.and_then(|doubts| doubts.into_doubt());
        let mut last = self.open.finish()?;
        if !self.chunks.is_empty() {
            let mut chunks = Vec::with_capacity(self.chunks.len() + 1);
            for chunk in self.chunks {
                let finished = chunk.values.finish()?;
                chunks.push(Finished { array: finished.array.slice(0, chunk.length), ..finished });
            }
            chunks.push(last);
            last = join(chunks)?;
        }
        last.doubts.splice(0..0, own);
        let is_text = matches!(last.column_type, ColumnType::Text | ColumnType::Mixed);
        if is_text || last.column_type == ColumnType::Json {
            last.is_respelled |= last.doubts.iter().any(Doubt::is_respelled);
        }
        if last.column_type == ColumnType::Json {
            last.doubts = last.doubts.into_iter().filter_map(Doubt::in_json).collect();
        }
        Ok(last)
    }
}

/// The values of all chunks in the widest of their types.
fn join(chunks: Vec<Finished>) -> Result<Finished, TableError> {
    let widest = chunks.iter().fold(ColumnType::Null, |widest, chunk| widest.widen(&chunk.column_type));
    let (mut arrays, mut doubts) = (Vec::with_capacity(chunks.len()), Vec::new());
    let is_respelled = chunks.iter().any(|chunk| chunk.is_respelled);
    for chunk in chunks {
        arrays.push(cast_array(&chunk.array, &chunk.column_type, &widest)?);
        doubts.extend(chunk.doubts);
    }
    let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(Finished { array: concat(&parts)?, column_type: widest, doubts, is_respelled })
}

/// Whether so much more text leaves the offsets within 32 bits; the builder would panic.
fn has_room(builder: &StringBuilder, n_bytes: usize) -> bool {
    builder.values_slice().len() + n_bytes < i32::MAX as usize
}

impl Open {
    fn of_type(column_type: &ColumnType, nesting: &Nesting) -> Self {
        match column_type {
            ColumnType::Null => Open::Null(0),
            ColumnType::Bool => Open::Bool(BooleanBuilder::new()),
            ColumnType::Int => Open::Int(Int64Builder::new()),
            ColumnType::Long => Open::Long(Int64Builder::new()),
            ColumnType::Float => Open::Float(Float64Builder::new()),
            ColumnType::Text => Open::Text(StringBuilder::new()),
            ColumnType::Timestamp => Open::Timestamp(TimestampMicrosecondBuilder::new()),
            ColumnType::Mixed => Open::Mixed(StringBuilder::new()),
            ColumnType::Json => Open::Json(StringBuilder::new()),
            ColumnType::List(_) => Open::List(Box::new(ListBuilder::new(nesting.deeper()))),
            ColumnType::Struct(_) => Open::Struct(Box::new(StructBuilder::new(nesting.deeper()))),
            declared_only => unreachable!("{declared_only:?} is never inferred"),
        }
    }

    /// The same with what is nested in it.
    fn of_whole_type(column_type: &ColumnType, nesting: &Nesting) -> Self {
        match column_type {
            ColumnType::List(item) => Open::List(Box::new(ListBuilder::of_type(item, nesting.deeper()))),
            ColumnType::Struct(members) => {
                Open::Struct(Box::new(StructBuilder::of_type(members, nesting.deeper())))
            }
            scalar => Self::of_type(scalar, nesting),
        }
    }

    /// The type without what is nested in it, which is enough to decide how to widen.
    fn outer_type(&self) -> ColumnType {
        match self {
            Open::Null(_) => ColumnType::Null,
            Open::Bool(_) => ColumnType::Bool,
            Open::Int(_) => ColumnType::Int,
            Open::Long(_) => ColumnType::Long,
            Open::Float(_) => ColumnType::Float,
            Open::Text(_) => ColumnType::Text,
            Open::Timestamp(_) => ColumnType::Timestamp,
            Open::Mixed(_) => ColumnType::Mixed,
            Open::Json(_) => ColumnType::Json,
            Open::List(_) => ColumnType::List(Box::new(ColumnType::Null)),
            Open::Struct(_) => ColumnType::Struct(Vec::new()),
        }
    }

    fn len(&self) -> usize {
        use arrow::array::ArrayBuilder;
        match self {
            Open::Null(n_nulls) => *n_nulls,
            Open::Bool(builder) => builder.len(),
            Open::Int(builder) | Open::Long(builder) => builder.len(),
            Open::Float(builder) => builder.len(),
            Open::Text(builder) | Open::Mixed(builder) | Open::Json(builder) => builder.len(),
            Open::Timestamp(builder) => builder.len(),
            Open::List(builder) => builder.len(),
            Open::Struct(builder) => builder.len(),
        }
    }

    fn push_nulls(&mut self, n_nulls: usize) {
        match self {
            Open::Null(length) => *length += n_nulls,
            Open::Bool(builder) => builder.append_nulls(n_nulls),
            Open::Int(builder) | Open::Long(builder) => builder.append_nulls(n_nulls),
            Open::Float(builder) => builder.append_nulls(n_nulls),
            Open::Text(builder) | Open::Mixed(builder) | Open::Json(builder) => builder.append_nulls(n_nulls),
            Open::Timestamp(builder) => builder.append_nulls(n_nulls),
            Open::List(builder) => builder.push_nulls(n_nulls),
            Open::Struct(builder) => builder.push_nulls(n_nulls),
        }
    }

    /// Adds a cell, or gives it back when only a wider type or a new chunk can hold it.
    fn push<'a>(&mut self, cell: Cell<'a>) -> Result<(), Cell<'a>> {
        match (self, cell) {
            (open, Cell::Null | Cell::Undefined) => open.push_nulls(1),
            (Open::Bool(builder), Cell::Bool(value)) => builder.append_value(value),
            (Open::Int(builder), Cell::Int(value)) if is_safe(value) => builder.append_value(value),
            (Open::Long(builder), Cell::Int(value)) => builder.append_value(value),
            (Open::Float(builder), Cell::Float(value)) => builder.append_value(value),
            (Open::Float(builder), Cell::Int(value)) if is_safe(value) => builder.append_value(value as f64),
            (Open::Timestamp(builder), Cell::Timestamp(value)) => builder.append_value(value),
            (Open::Text(builder), Cell::Text(text)) if has_room(builder, text.len()) => {
                builder.append_value(text);
            }
            (Open::List(builder), Cell::List(items)) => return builder.push(items).map_err(Cell::List),
            (Open::Struct(builder), Cell::Struct(members)) => builder.push(members),
            (Open::Mixed(builder), cell) if !cell.is_nested() => {
                return append(builder, cell, push_mixed_cell);
            }
            (Open::Json(builder), cell) => {
                return append(builder, cell, |cell, json| push_cell_json(cell, Members::Canonical, json));
            }
            (_, cell) => return Err(cell),
        }
        Ok(())
    }

    fn finish(self) -> Result<Finished, TableError> {
        let column_type = self.outer_type();
        let array: ArrayRef = match self {
            Open::Null(n_nulls) => new_null_array(&DataType::Utf8, n_nulls),
            Open::Bool(mut builder) => Arc::new(builder.finish()),
            Open::Int(mut builder) | Open::Long(mut builder) => Arc::new(builder.finish()),
            Open::Float(mut builder) => Arc::new(builder.finish()),
            Open::Text(mut builder) | Open::Mixed(mut builder) | Open::Json(mut builder) => {
                Arc::new(builder.finish())
            }
            Open::Timestamp(mut builder) => Arc::new(builder.finish().with_timezone("UTC")),
            Open::List(builder) => return builder.finish(),
            Open::Struct(builder) => return builder.finish(),
        };
        Ok(Finished { column_type, array, doubts: Vec::new(), is_respelled: false })
    }
}

/// Appends the text of a cell, or gives the cell back when there is no room.
fn append<'a>(
    builder: &mut StringBuilder,
    cell: Cell<'a>,
    push: impl FnOnce(&Cell<'_>, &mut String),
) -> Result<(), Cell<'a>> {
    let mut text = String::new();
    push(&cell, &mut text);
    if !has_room(builder, text.len()) {
        return Err(cell);
    }
    builder.append_value(text);
    Ok(())
}

//! Columns of lists and of objects while their rows arrive.

use std::{borrow::Cow, sync::Arc};

use arrow::{
    array::{ListArray, NullBufferBuilder, StringArray, StructArray},
    buffer::OffsetBuffer,
    datatypes::Fields,
};

use crate::{
    cell::Cell,
    column::{ColumnBuilder, Finished},
    column_type::ColumnType,
    error::TableError,
    members::Members,
    nesting::Nesting,
};

#[derive(Debug)]
pub(crate) struct ListBuilder {
    offsets: Vec<i32>,
    validity: NullBufferBuilder,
    items: ColumnBuilder,
}

impl ListBuilder {
    /// Lists whose items stand there.
    pub(crate) fn new(nesting: Nesting) -> Self {
        Self { offsets: vec![0], validity: NullBufferBuilder::new(0), items: ColumnBuilder::new(nesting) }
    }

    /// The same with items of a type that is known to hold all of them.
    pub(crate) fn of_type(item: &ColumnType, nesting: Nesting) -> Self {
        Self { items: ColumnBuilder::of_type(item, nesting.clone()), ..Self::new(nesting) }
    }

    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// How many items all lists have.
    fn n_items(&self) -> i32 {
        self.offsets[self.len()]
    }

    pub(crate) fn push_nulls(&mut self, n_nulls: usize) {
        self.offsets.extend(std::iter::repeat_n(self.n_items(), n_nulls));
        self.validity.append_n_nulls(n_nulls);
    }

    /// Adds a list, or gives it back when the items would be too many for offsets of 32 bits.
    pub(crate) fn push<'a>(&mut self, items: Vec<Cell<'a>>) -> Result<(), Vec<Cell<'a>>> {
        let end = i32::try_from(items.len()).ok().and_then(|n_items| self.n_items().checked_add(n_items));
        let Some(end) = end else { return Err(items) };
        for item in items {
            self.items.push(item);
        }
        self.offsets.push(end);
        self.validity.append_non_null();
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Finished, TableError> {
        let items = self.items.finish()?;
        let field = Arc::new(items.column_type.to_field("element"));
        let offsets = OffsetBuffer::new(self.offsets.into());
        let array = ListArray::try_new(field, offsets, items.array, self.validity.finish())?;
        Ok(Finished {
            column_type: ColumnType::List(Box::new(items.column_type)),
            array: Arc::new(array),
            doubts: items.doubts.into_iter().map(|doubt| doubt.inside("[]")).collect(),
            is_respelled: items.is_respelled,
        })
    }
}

#[derive(Debug)]
pub(crate) struct StructBuilder {
    validity: NullBufferBuilder,
    members: Members,
}

impl StructBuilder {
    /// Objects whose members stand there.
    pub(crate) fn new(nesting: Nesting) -> Self {
        Self { validity: NullBufferBuilder::new(0), members: Members::new(nesting) }
    }

    /// The same with members of types that are known to hold all their values.
    pub(crate) fn of_type(types: &[(String, ColumnType)], nesting: Nesting) -> Self {
        let mut builder = Self::new(nesting);
        for (name, member) in types {
            builder.members.add_of_type(name, member);
        }
        builder
    }

    pub(crate) fn len(&self) -> usize {
        self.members.n_rows()
    }

    pub(crate) fn n_members(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn push_nulls(&mut self, n_nulls: usize) {
        self.members.end_rows(n_nulls);
        self.validity.append_n_nulls(n_nulls);
    }

    pub(crate) fn push(&mut self, members: Vec<(Cow<'_, str>, Cell<'_>)>) {
        for (name, cell) in members {
            self.members.push(&name, cell);
        }
        self.members.end_rows(1);
        self.validity.append_non_null();
    }

    pub(crate) fn finish(mut self) -> Result<Finished, TableError> {
        let length = self.len();
        let validity = self.validity.finish();
        let finished = self.members.finish()?;
        if finished.is_empty() {
            let is_valid = |row| validity.as_ref().is_none_or(|validity| validity.is_valid(row));
            let objects: StringArray = (0..length).map(|row| is_valid(row).then_some("{}")).collect();
            let column_type = ColumnType::Struct(Vec::new());
            let (array, doubts) = (Arc::new(objects), Vec::new());
            return Ok(Finished { column_type, array, doubts, is_respelled: false });
        }
        let (mut members, mut arrays, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
        let is_respelled = finished.iter().any(|(_, member)| member.is_respelled);
        for (name, member) in finished {
            doubts.extend(member.doubts.into_iter().map(|doubt| doubt.inside(&format!(".{name}"))));
            members.push((name, member.column_type));
            arrays.push(member.array);
        }
        let fields: Fields = members.iter().map(|(name, member)| member.to_field(name)).collect();
        let array = StructArray::try_new(fields, arrays, validity)?;
        let (column_type, array) = (ColumnType::Struct(members), Arc::new(array));
        Ok(Finished { column_type, array, doubts, is_respelled })
    }
}

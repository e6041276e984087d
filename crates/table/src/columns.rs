//! The columns of a page, a part or a run.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{Schema, SchemaRef};
use pipeline_config::fingerprint;

use crate::{column_type::ColumnType, error::TableError, nesting::MAX_NESTED};

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name, exactly as the converter gave it.
    pub name: String,
    /// What its values are.
    pub column_type: ColumnType,
    /// Whether `required: true` ruled out nulls.
    pub required: bool,
}

/// Columns in the order in which they were first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    list: Vec<ColumnSpec>,
}

impl Columns {
    /// Columns in this order; names must be unique.
    pub fn new(list: Vec<ColumnSpec>) -> Self {
        Self { list }
    }

    /// The columns of a schema that [`to_schema`](Self::to_schema) made, perhaps in a file written earlier.
    ///
    /// # Errors
    /// [`TableError::ForeignType`] when another program made it.
    pub fn from_schema(schema: &Schema) -> Result<Self, TableError> {
        let mut list = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            list.push(ColumnSpec {
                name: field.name().clone(),
                column_type: ColumnType::from_field(field)?,
                required: !field.is_nullable(),
            });
        }
        Ok(Self { list })
    }

    /// The columns, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, ColumnSpec> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The type of a column.
    pub fn get(&self, name: &str) -> Option<&ColumnType> {
        self.list.iter().find(|column| column.name == name).map(|column| &column.column_type)
    }

    /// The type at a place in a column: `id`, `links[].id`; that of the text which a place has become a part of.
    pub fn type_at(&self, path: &str) -> Option<&ColumnType> {
        let columns = self.list.iter().map(|column| (column.name.as_str(), &column.column_type));
        type_among(columns, path)
    }

    /// The column that has a place. Where names have dots it may be in several; what is nested comes before a column that was
    /// declared in its name.
    pub fn column_at(&self, path: &str) -> Option<&ColumnSpec> {
        let has = |column: &&ColumnSpec| {
            let rest = path.strip_prefix(column.name.as_str());
            rest.is_some_and(|rest| type_within(&column.column_type, rest).is_some())
        };
        self.list.iter().filter(has).min_by_key(|column| column.name.len())
    }

    /// Whether the values at a place are written as JSON, where `json` are.
    pub fn is_json_at(&self, path: &str, json: JsonValues) -> bool {
        let found = self.type_at(path);
        match json {
            _ if matches!(found, Some(ColumnType::Json)) => true,
            JsonValues::None => false,
            JsonValues::Nested => self.get(path).is_none_or(|found| !found.is_scalar()),
            // Text beside numbers is text.
            JsonValues::All => !matches!(found, Some(ColumnType::Text | ColumnType::Mixed)),
        }
    }

    /// The columns that hold the rows of both: ours first, then what only `other` has, each as wide as needed.
    ///
    /// A required column is one that was declared, so all pages of a run have it.
    #[must_use]
    pub fn unify(&self, other: &Columns) -> Columns {
        if self == other {
            return self.clone();
        }
        let mut list = self.list.clone();
        let mut places: HashMap<&str, usize> = self.places();
        for (index, column) in other.list.iter().enumerate() {
            // Pages of one run mostly have their columns at the same places.
            let same_place = self.list.get(index).filter(|ours| ours.name == column.name).map(|_| index);
            match same_place.or_else(|| places.get(column.name.as_str()).copied()) {
                Some(at) if list[at].column_type == column.column_type => {}
                Some(at) => list[at].column_type = list[at].column_type.widen(&column.column_type),
                None => {
                    places.insert(&column.name, list.len());
                    list.push(column.clone());
                }
            }
        }
        Columns { list }
    }

    /// The column of the table, and the member of an object in it, with which objects have more columns than they may have together.
    pub fn member_too_many(&self) -> Option<(&str, &str)> {
        let mut n_left = MAX_NESTED;
        let columns = self.list.iter();
        columns
            .filter_map(|column| Some((&*column.name, column.column_type.member_beyond(&mut n_left)?)))
            .next()
    }

    /// The columns of a table that has these rows already and gets those of `declared`: a column is required if both
    /// say so, since rows that stay have no value in a new one.
    ///
    /// # Errors
    /// [`TableError::DeclaredNarrower`] when a declared type does not hold the values that are there.
    pub fn join(&self, declared: &Columns) -> Result<Columns, TableError> {
        let mut joined = self.unify(declared);
        let places = declared.places();
        for column in &mut joined.list {
            let Some(at) = places.get(column.name.as_str()) else {
                column.required = false;
                continue;
            };
            let wanted = &declared.list[*at];
            if column.column_type.name() != wanted.column_type.name() {
                return Err(TableError::DeclaredNarrower {
                    column: column.name.clone(),
                    declared: wanted.column_type.name(),
                    found: self.get(&column.name).unwrap_or(&column.column_type).name(),
                });
            }
            let was_required =
                self.list.iter().any(|earlier| earlier.name == column.name && earlier.required);
            column.required = was_required && wanted.required;
        }
        Ok(joined)
    }

    /// The columns of a table whose rows go while none come: those of `earlier` in their order, with our types where we have
    /// them, then what only we have.
    #[must_use]
    pub fn after(&self, earlier: &Columns) -> Columns {
        let ours = |name: &str| self.list.iter().find(|column| column.name == name);
        let kept = earlier.iter().map(|column| ours(&column.name).unwrap_or(column));
        let new = self.list.iter().filter(|column| earlier.get(&column.name).is_none());
        Columns { list: kept.chain(new).cloned().collect() }
    }

    /// The columns without those of these names.
    #[must_use]
    pub fn without(&self, names: &[String]) -> Columns {
        Columns { list: self.list.iter().filter(|column| !names.contains(&column.name)).cloned().collect() }
    }

    /// The columns of these names alone, none of them required.
    #[must_use]
    pub fn only(&self, names: &[String]) -> Columns {
        let named = self.list.iter().filter(|column| names.contains(&column.name));
        Columns { list: named.map(|column| ColumnSpec { required: false, ..column.clone() }).collect() }
    }

    /// Each name's position.
    pub(crate) fn places(&self) -> HashMap<&str, usize> {
        self.list.iter().enumerate().map(|(at, column)| (column.name.as_str(), at)).collect()
    }

    /// The columns once no more rows can come, as readers are to see them; casting to these is the last widening.
    #[must_use]
    pub fn published(&self) -> Columns {
        let publish = |column: &ColumnSpec| ColumnSpec {
            name: column.name.clone(),
            column_type: column.column_type.published(),
            required: column.required,
        };
        Columns { list: self.list.iter().map(publish).collect() }
    }

    /// Names these columns: the same for every file with the same names and types in the same order.
    pub fn fingerprint(&self) -> String {
        let types: Vec<String> =
            self.list.iter().map(|column| column.column_type.to_arrow().to_string()).collect();
        let names = self.list.iter().map(|column| column.name.as_str());
        fingerprint(names.zip(&types).flat_map(|(name, arrow_type)| [name, arrow_type]))
    }

    /// The Arrow schema; columns are nullable unless required.
    pub fn to_schema(&self, metadata: HashMap<String, String>) -> SchemaRef {
        let field =
            |column: &ColumnSpec| column.column_type.to_field(&column.name).with_nullable(!column.required);
        Arc::new(Schema::new_with_metadata(self.list.iter().map(field).collect::<Vec<_>>(), metadata))
    }
}

/// Which values of a table are written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonValues {
    /// None but those of `json` columns.
    None,
    /// Those that are nested.
    Nested,
    /// All of them.
    All,
}

/// The type at a place in one of some named values; names may have any character.
fn type_among<'t>(
    mut named: impl Iterator<Item = (&'t str, &'t ColumnType)>,
    path: &str,
) -> Option<&'t ColumnType> {
    named.find_map(|(name, column_type)| type_within(column_type, path.strip_prefix(name)?))
}

fn type_within<'t>(column_type: &'t ColumnType, rest: &str) -> Option<&'t ColumnType> {
    match column_type {
        found if rest.is_empty() => Some(found),
        ColumnType::Json => Some(column_type),
        ColumnType::List(item) => type_within(item, rest.strip_prefix("[]")?),
        ColumnType::Struct(members) => {
            let named = members.iter().map(|(name, member)| (name.as_str(), member));
            type_among(named, rest.strip_prefix('.')?)
        }
        _ => None,
    }
}

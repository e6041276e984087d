//! The `columns:` block as a contract: types that are promised instead of inferred.

use indexmap::IndexMap;
use pipeline_config::nearest;
use serde::{Deserialize, Serialize};

use crate::{
    accept::{Mismatch, Rules, Value},
    cell::Cell,
    column_type::ColumnType,
    columns::{ColumnSpec, Columns},
    doubts::Doubts,
    loss,
    parse::Format,
};

/// What happens when a value breaks the contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnError {
    /// The run ends.
    #[default]
    Fail,
    /// The value is null instead.
    Null,
    /// The row goes to the rejected ones.
    Reject,
}

/// What happens to columns that are not declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extras {
    /// Their types are inferred.
    #[default]
    Infer,
    /// They end the run.
    Refuse,
    /// They are left out, and counted.
    Drop,
    /// They are not looked at: nobody has asked for them.
    Skip,
}

/// One declared column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether nulls are errors.
    pub required: bool,
    /// Where its values are in a row: the key, and the way into that key's value.
    pub(crate) source: Vec<String>,
    pub(crate) default: Option<Value<'static>>,
    pub(crate) format: Option<Format>,
    pub(crate) on_error: OnError,
    /// It was not declared by the user but found in an earlier output.
    pub(crate) is_inferred: bool,
}

impl DeclaredColumn {
    /// A column of this name and type, from the key of the same name.
    pub fn new(name: impl Into<String>, column_type: ColumnType) -> Self {
        let name = name.into();
        Self {
            source: vec![name.clone()],
            name,
            column_type,
            required: false,
            default: None,
            format: None,
            on_error: OnError::Fail,
            is_inferred: false,
        }
    }

    /// The same, where nulls are errors.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same, with another answer to values that break the contract.
    #[must_use]
    pub fn on_error(self, on_error: OnError) -> Self {
        Self { on_error, ..self }
    }

    /// The cell as this column's type; the default where it is null.
    pub(crate) fn accept<'a>(&self, cell: Cell<'a>, extras: Extras) -> Result<Value<'a>, Box<Mismatch>> {
        if cell.is_null() {
            return Ok(self.default.clone().unwrap_or(Value::Null));
        }
        let rules = Rules {
            format: self.format.as_ref(),
            is_inferred: self.is_inferred,
            drops_members: extras == Extras::Drop,
        };
        rules.accept(cell, &self.column_type)
    }

    /// Notes what a value loses in this column; doubles alone where its type was not asked for.
    pub(crate) fn losses(&self, cell: &Cell<'_>, row: usize, doubts: &mut Doubts) {
        if self.is_inferred || self.column_type == ColumnType::Json {
            doubts.doubles_in(cell, row);
            return;
        }
        let declared = (&self.column_type, self.format.as_ref());
        loss::of_declared(cell, declared, &mut |loss, value| doubts.lose(loss, row, || value));
    }

    fn spec(&self) -> ColumnSpec {
        ColumnSpec { name: self.name.clone(), column_type: self.column_type.clone(), required: self.required }
    }
}

/// The declared columns, in order; columns that rows have besides these come after them.
///
/// It can be serialised, so that rows may be built in another process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DeclaredColumns {
    list: Vec<DeclaredColumn>,
    /// Which columns take values from a key.
    sources: IndexMap<String, Vec<usize>>,
    extras: Extras,
}

impl DeclaredColumns {
    /// These columns; names must be unique.
    pub fn new(list: Vec<DeclaredColumn>) -> Self {
        let mut sources: IndexMap<String, Vec<usize>> = IndexMap::new();
        for (index, column) in list.iter().enumerate() {
            if let Some(key) = column.source.first() {
                sources.entry(key.clone()).or_default().push(index);
            }
        }
        Self { list, sources, extras: Extras::Infer }
    }

    /// The same with more columns, whose names are not among them.
    #[must_use]
    pub fn and(&self, more: impl IntoIterator<Item = DeclaredColumn>) -> Self {
        Self { extras: self.extras, ..Self::new(self.list.iter().cloned().chain(more).collect()) }
    }

    /// The keys of rows that they take values from.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str)
    }

    /// What to say of a declared column that no row has; `known` are the columns that rows have.
    ///
    /// `None` for a column with a default that is close to none of them: it may be meant for all rows.
    pub fn absence<'n>(&self, name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
        /// So many names are shown.
        const MAX_NAMES: usize = 8;
        let column = self.list.iter().find(|column| column.name == name)?;
        let is_declared = |name: &&str| self.list.iter().any(|column| column.name == *name);
        let others: Vec<&str> = known.into_iter().filter(|name| !is_declared(name)).collect();
        let key = column.source.first().map_or(name, String::as_str);
        let near = if column.source.len() == 1 { nearest(key, others.iter().copied()) } else { None };
        if column.default.is_some() && near.is_none() {
            return None;
        }
        let lacks = match column.source.as_slice() {
            [key] if key == name => format!("no row has `{name}`, which `columns` declares"),
            [key] => format!("no row has `{key}`, from which `columns` takes `{name}`"),
            path => {
                format!("no row has a value at `{}`, from which `columns` takes `{name}`", path.join("."))
            }
        };
        Some(match (near, others.as_slice()) {
            (Some(near), _) => format!("{lacks}; did you mean `{near}`?"),
            (None, []) => lacks,
            (None, others) => {
                let shown: Vec<String> =
                    others.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
                let more = if others.len() > MAX_NAMES { ", …" } else { "" };
                format!("{lacks}; rows also have {}{more}", shown.join(", "))
            }
        })
    }

    /// The columns, in order.
    pub fn as_slice(&self) -> &[DeclaredColumn] {
        &self.list
    }

    /// What happens to other columns.
    pub fn extras(&self) -> Extras {
        self.extras
    }

    /// The columns a run has before its first row.
    pub fn columns(&self) -> Columns {
        Columns::new(self.list.iter().map(DeclaredColumn::spec).collect())
    }

    /// The same contract with the columns of an earlier output joined to it, so that new rows fit into them; columns
    /// that had nothing but nulls stay open.
    ///
    /// What fits by widening fits; what does not is an error, or null if other columns are dropped.
    #[must_use]
    pub fn closed_over(&self, earlier: &Columns, extras: Extras) -> Self {
        let on_error = if extras == Extras::Drop { OnError::Null } else { OnError::Fail };
        let mut list = self.list.clone();
        for column in earlier.iter() {
            let is_declared = self.list.iter().any(|declared| declared.name == column.name);
            if !is_declared && column.column_type != ColumnType::Null {
                let joined = DeclaredColumn::new(&column.name, column.column_type.declared());
                list.push(DeclaredColumn { is_inferred: true, ..joined.on_error(on_error) });
            }
        }
        let open = earlier.iter().filter(|column| column.column_type == ColumnType::Null);
        let mut closed = Self { extras, ..Self::new(list) };
        for column in open {
            // A source without columns is a key that is taken as it comes.
            closed.sources.entry(column.name.clone()).or_default();
        }
        closed
    }

    /// The same contract with more columns after its own; those of a name that it has are left out.
    #[must_use]
    pub fn with(&self, more: impl IntoIterator<Item = DeclaredColumn>) -> Self {
        let mut list = self.list.clone();
        for column in more {
            if !list.iter().any(|known| known.name == column.name) {
                list.push(column);
            }
        }
        let mut joined = Self { extras: self.extras, ..Self::new(list) };
        for (key, columns) in self.sources.iter().filter(|(_, columns)| columns.is_empty()) {
            joined.sources.entry(key.clone()).or_insert_with(|| columns.clone());
        }
        joined
    }

    /// The same contract for those who want some columns alone: of its own and those seen in a sample, these. Others are
    /// never built.
    #[must_use]
    pub fn only(&self, sample: &Columns, names: &[&str]) -> Self {
        let closed = self.closed_over(sample, Extras::Refuse);
        let list = closed.list.into_iter().filter(|column| names.contains(&column.name.as_str()));
        Self { extras: Extras::Skip, ..Self::new(list.collect()) }
    }

    /// Whether anything becomes of the values of a key.
    pub fn wants(&self, key: &str) -> bool {
        self.extras != Extras::Skip || self.sources.contains_key(key)
    }

    /// Whether rows may be rejected.
    pub(crate) fn may_reject(&self) -> bool {
        self.list.iter().any(|column| column.on_error == OnError::Reject)
    }

    /// Where the key stands among the sources; `expected` is looked at first.
    pub(crate) fn find_source(&self, key: &str, expected: usize) -> Option<usize> {
        match self.sources.get_index(expected) {
            Some((known, _)) if known == key => Some(expected),
            _ => self.sources.get_index_of(key),
        }
    }

    /// The columns that take their values from a source.
    pub(crate) fn of_source(&self, source: usize) -> &[usize] {
        &self.sources[source]
    }

    /// Whether a key that is no source has the name of a column.
    pub(crate) fn is_taken(&self, key: &str) -> bool {
        self.list.iter().any(|column| column.name == key)
    }
}

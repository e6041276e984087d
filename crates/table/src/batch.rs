//! The rows of one page.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{BooleanArray, RecordBatch, RecordBatchOptions},
    compute::filter_record_batch,
};
use indexmap::{IndexMap, map::Entry};
use serde::{Deserialize, Serialize};

use crate::{
    accept::Value,
    cell::Cell,
    column::Finished,
    column_type::ColumnType,
    columns::{ColumnSpec, Columns, JsonValues},
    declared::{DeclaredColumns, Extras, OnError},
    doubts::{Doubt, Doubts},
    error::TableError,
    loss::{Loss, Rounded},
    members::Members,
    nesting::Nesting,
    rejected::RejectedRow,
    typed::TypedColumn,
};

/// Rows with more columns than this have data for keys, and would end in a file that no reader opens in useful time.
pub const MAX_COLUMNS: usize = 10_000;

/// Rows with the columns and types of one page.
#[derive(Debug, Clone)]
pub struct Batch {
    columns: Columns,
    rows: RecordBatch,
    outcome: Outcome,
    respelled: ColumnTypes,
}

/// Some columns of a page with their types.
pub type ColumnTypes = HashMap<String, ColumnType>;

/// What a page had besides the rows that are in the table; it can be serialised, as Arrow has no place for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The rows that broke a contract with `on_error: reject`, in order.
    pub rejected: Vec<RejectedRow>,
    /// For each column that was left out, or had values that are null instead, how many there were.
    pub left_out: IndexMap<String, u64>,
    /// For each place in a column (`id`, `links[].id`) whole numbers that came as doubles and may have lost digits.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub rounded: IndexMap<String, Rounded>,
    /// For each place in a column the values that have lost something else.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub lost: IndexMap<String, Vec<Rounded>>,
    /// The declared columns whose key no row of the page had; empty for a page without rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
    /// The places in columns where all values are undefined, and why that is, where the page tells.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub undefined: IndexMap<String, Option<String>>,
}

impl Outcome {
    /// Adds what a column knows of its numbers.
    ///
    /// # Errors
    /// [`TableError::TooLarge`] for a whole number that 64 bits do not hold.
    fn note(&mut self, doubt: Doubt) -> Result<(), TableError> {
        if let Some((row, written)) = doubt.too_large {
            return Err(TableError::TooLarge { row, column: doubt.path, written });
        }
        if doubt.is_undefined {
            self.undefined.insert(doubt.path.clone(), None);
        }
        for lost in doubt.lost {
            self.lose(doubt.path.clone(), lost);
        }
        Ok(())
    }
}

impl Outcome {
    /// Adds values that have lost something, at their place.
    fn lose(&mut self, path: String, lost: Rounded) {
        if lost.loss == Loss::Double {
            match self.rounded.entry(path) {
                Entry::Occupied(mut known) => known.get_mut().add(&lost),
                Entry::Vacant(place) => drop(place.insert(lost)),
            }
            return;
        }
        let of_place = self.lost.entry(path).or_default();
        match of_place.iter_mut().find(|known| known.loss == lost.loss) {
            Some(known) => known.add(&lost),
            None => of_place.push(lost),
        }
    }
}

/// What to say of places where all values are undefined.
pub fn undefined_warnings(undefined: &IndexMap<String, Option<String>>) -> Vec<String> {
    /// More are counted.
    const N_SHOWN: usize = 10;
    let warning = |(path, why): (&String, &Option<String>)| {
        let help = "return `null` where a value may be missing";
        format!("`{path}` is undefined in all rows: {}", why.as_deref().unwrap_or(help))
    };
    let mut warnings: Vec<String> = undefined.iter().take(N_SHOWN).map(warning).collect();
    if undefined.len() > N_SHOWN {
        warnings.push(format!("{} more columns are undefined in all rows", undefined.len() - N_SHOWN));
    }
    warnings
}

impl Batch {
    pub(crate) fn new(columns: Columns, rows: RecordBatch) -> Self {
        Self { columns, rows, outcome: Outcome::default(), respelled: ColumnTypes::new() }
    }

    /// The columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The rows in Arrow, with the types of this page; [`cast`](crate::cast()) them to be read by others.
    pub fn rows(&self) -> &RecordBatch {
        &self.rows
    }

    /// How many rows, without those rejected.
    pub fn n_rows(&self) -> usize {
        self.rows.num_rows()
    }

    /// How many bytes its rows take, however much is allocated for them: columns that came in one piece share it.
    ///
    /// # Errors
    /// [`TableError::Arrow`], see there.
    pub fn n_bytes(&self) -> Result<usize, TableError> {
        let sizes = self.rows.columns().iter().map(|column| column.to_data().get_slice_memory_size());
        Ok(sizes.sum::<Result<usize, _>>()?)
    }

    /// What the page had besides.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// What to say of values that have lost something or are nowhere; doubles of scripts are counted apart.
    pub fn warnings(&self) -> Vec<String> {
        let of_place = |(path, lost): (&String, &Vec<Rounded>)| -> Vec<String> {
            lost.iter().filter_map(|lost| lost.warning(path, &self.columns)).collect()
        };
        let lost = self.outcome.lost.iter().flat_map(of_place);
        lost.chain(undefined_warnings(&self.outcome.undefined)).collect()
    }

    /// What to say of numbers that JSON cannot hold, where all values are written as JSON.
    pub fn json_warnings(&self) -> Vec<String> {
        let is_json = |path: &&String| self.columns.is_json_at(path, JsonValues::All);
        let places = self.outcome.lost.iter().filter(|(path, _)| is_json(path));
        places
            .flat_map(|(path, lost)| {
                lost.iter().filter_map(|lost| lost.not_finite_warning(path, &self.columns))
            })
            .collect()
    }

    /// The columns that became text after numbers which are written otherwise than they are printed; a builder that
    /// [knows](BatchBuilder::knowing) their types takes the same rows as they are written.
    pub fn respelled(&self) -> &ColumnTypes {
        &self.respelled
    }

    /// The same rows with another outcome, which came another way.
    #[must_use]
    pub fn with_outcome(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// How many rows the converter returned, those rejected included.
    pub fn n_returned(&self) -> usize {
        self.n_rows() + self.outcome.rejected.len()
    }

    /// The rows at which `keep` is true; it has one entry per row.
    ///
    /// # Errors
    /// [`TableError::Arrow`], see there.
    pub fn filter(self, keep: &[bool]) -> Result<Self, TableError> {
        let rows = filter_record_batch(&self.rows, &BooleanArray::from(keep.to_vec()))?;
        Ok(Self { rows, ..self })
    }
}

/// Takes rows, cell by cell.
#[derive(Debug)]
pub struct BatchBuilder {
    pub(crate) declared: Arc<DeclaredColumns>,
    typed: Vec<TypedColumn>,
    /// For each declared column, whether the current row has a value.
    has_value: Vec<bool>,
    /// For each declared column, whether a row had its key, or a value at its path.
    is_present: Vec<bool>,
    inferred: Members,
    /// The types of columns that are inferred, where they are known.
    known: ColumnTypes,
    /// Where the next declared key stands if this row looks like the one before.
    expected_source: usize,
    /// The cells of the current row, where rows may be rejected.
    pub(crate) staged: Option<Vec<(String, Cell<'static>)>>,
    pub(crate) outcome: Outcome,
}

impl BatchBuilder {
    /// A page without rows yet; it has the declared columns whether rows have them or not.
    pub fn new(declared: Arc<DeclaredColumns>) -> Self {
        let columns = declared.as_slice();
        Self {
            typed: columns.iter().map(|column| TypedColumn::new(&column.column_type)).collect(),
            has_value: vec![false; columns.len()],
            is_present: vec![false; columns.len()],
            inferred: Members::new(Nesting::default()),
            known: ColumnTypes::new(),
            expected_source: 0,
            staged: declared.may_reject().then(Vec::new),
            outcome: Outcome::default(),
            declared,
        }
    }

    /// The same for rows of which some columns are known to have these types in the end.
    #[must_use]
    pub fn knowing(self, known: ColumnTypes) -> Self {
        Self { known, ..self }
    }

    /// How many rows are complete, those rejected included.
    pub fn n_rows(&self) -> usize {
        self.inferred.n_rows() + self.outcome.rejected.len()
    }

    /// Adds a cell to the current row; of two for one column the later one counts.
    ///
    /// # Errors
    /// [`TableError::TypeMismatch`] against a declared type, [`TableError::TooManyColumns`],
    /// [`TableError::UndeclaredColumn`], [`TableError::NameTaken`].
    pub fn push(&mut self, column: &str, cell: Cell<'_>) -> Result<(), TableError> {
        if let Some(staged) = &mut self.staged {
            staged.push((column.to_owned(), cell.into_owned()));
            return Ok(());
        }
        self.place(column, cell)
    }

    /// Says that the text which comes next for a column of the current row has half of a surrogate pair, in whose place it has
    /// U+FFFD.
    pub fn note_surrogate(&mut self, column: &str, text: &str) {
        let lost = Rounded { n: 1, row: Some(self.n_rows()), value: text.to_owned(), loss: Loss::Surrogate };
        self.outcome.lose(column.to_owned(), lost);
    }

    /// Completes the current row; columns without a cell are null, or have their default.
    ///
    /// # Errors
    /// [`TableError::RequiredMissing`] names the first required column that is null; where rows may be rejected, also
    /// those of [`push`](Self::push).
    pub fn end_row(&mut self) -> Result<(), TableError> {
        if let Some(staged) = self.staged.take() {
            let ended = self.end_staged(staged);
            self.staged = Some(Vec::new());
            return ended;
        }
        self.complete()
    }

    /// Puts a cell into the columns that take it.
    pub(crate) fn place(&mut self, key: &str, cell: Cell<'_>) -> Result<(), TableError> {
        let Some(source) = self.declared.find_source(key, self.expected_source) else {
            return self.place_extra(key, cell);
        };
        self.expected_source = source + 1;
        // Mostly a key is one column, and needs no copy of anything.
        if let [index] = *self.declared.of_source(source)
            && self.declared.as_slice()[index].source.len() == 1
        {
            self.is_present[index] |= cell != Cell::Undefined;
            return self.place_declared(index, cell);
        }
        let declared = Arc::clone(&self.declared);
        let (mut whole, mut has_parts) = (None, false);
        for &index in declared.of_source(source) {
            match declared.as_slice()[index].source.len() {
                1 if whole.is_none() => whole = Some(index),
                _ => {
                    has_parts = true;
                    let part = cell.at(&declared.as_slice()[index].source[1..]).clone();
                    self.is_present[index] |= !part.is_null();
                    self.place_declared(index, part)?;
                }
            }
        }
        match whole {
            Some(index) => {
                self.is_present[index] |= cell != Cell::Undefined;
                self.place_declared(index, cell)
            }
            // What only parts were taken of is still a column of the rows; a closed contract has said what it takes.
            None if has_parts && self.declared.extras() != Extras::Infer => Ok(()),
            None => self.infer(key, cell),
        }
    }

    fn place_declared(&mut self, index: usize, cell: Cell<'_>) -> Result<(), TableError> {
        let row = self.n_rows();
        let column = &self.declared.as_slice()[index];
        let mut doubts = Doubts::default();
        column.losses(&cell, self.inferred.n_rows(), &mut doubts);
        let value = match column.accept(cell, self.declared.extras()) {
            Ok(value) => value,
            Err(_) if column.on_error == OnError::Null => {
                *self.outcome.left_out.entry(column.name.clone()).or_default() += 1;
                Value::Null
            }
            Err(mismatch) if column.is_inferred => {
                return Err(TableError::frozen(row, &column.name, *mismatch));
            }
            Err(mismatch) => return Err(TableError::mismatch(row, &column.name, *mismatch)),
        };
        if let Some(doubt) = doubts.into_doubt().filter(|_| value != Value::Null) {
            self.outcome.note(doubt.inside_column(&column.name))?;
        }
        let typed = &mut self.typed[index];
        if typed.len() > self.inferred.n_rows() {
            typed.pop()?;
        }
        self.has_value[index] = value != Value::Null;
        Ok(typed.push(value)?)
    }

    /// A column that is not declared.
    fn place_extra(&mut self, key: &str, cell: Cell<'_>) -> Result<(), TableError> {
        match self.declared.extras() {
            Extras::Infer => self.infer(key, cell),
            Extras::Skip => Ok(()),
            Extras::Refuse => {
                Err(TableError::UndeclaredColumn { row: self.n_rows(), column: key.to_owned() })
            }
            Extras::Drop => {
                *self.outcome.left_out.entry(key.to_owned()).or_default() += 1;
                Ok(())
            }
        }
    }

    fn infer(&mut self, key: &str, cell: Cell<'_>) -> Result<(), TableError> {
        let index = match self.inferred.find(key) {
            Some(index) => index,
            None if self.declared.is_taken(key) => {
                return Err(TableError::NameTaken { row: self.n_rows(), column: key.to_owned() });
            }
            None if self.typed.len() + self.inferred.len() >= MAX_COLUMNS => {
                return Err(TableError::TooManyColumns { row: Some(self.n_rows()), column: key.to_owned() });
            }
            None => match self.known.get(key) {
                Some(column_type) => self.inferred.add_of_type(key, column_type),
                None => self.inferred.add(key),
            },
        };
        self.inferred.column_for_row(index).push(cell);
        match self.inferred.refused() {
            None => Ok(()),
            Some(member) => Err(TableError::TooManyMembers {
                row: Some(self.n_rows()),
                column: key.to_owned(),
                member: member.to_owned(),
            }),
        }
    }

    /// Ends a row whose cells are in place.
    pub(crate) fn complete(&mut self) -> Result<(), TableError> {
        let row = self.n_rows();
        let n_complete = self.inferred.n_rows();
        let declared = Arc::clone(&self.declared);
        for ((column, typed), has_value) in
            declared.as_slice().iter().zip(&mut self.typed).zip(&mut self.has_value)
        {
            if typed.len() == n_complete {
                let value = column.accept(Cell::Null, Extras::Infer);
                let value = value.unwrap_or(Value::Null);
                *has_value = value != Value::Null;
                typed.push(value)?;
            }
            if !std::mem::take(has_value) && column.required {
                return Err(TableError::RequiredMissing { row, column: column.name.clone() });
            }
        }
        self.expected_source = 0;
        self.inferred.end_rows(1);
        Ok(())
    }

    /// The complete rows as Arrow, with the narrowest types that hold them.
    ///
    /// # Errors
    /// [`TableError::Arrow`], see there.
    pub fn finish(mut self) -> Result<Batch, TableError> {
        let n_rows = self.inferred.n_rows();
        if n_rows > 0 {
            let columns = self.declared.as_slice().iter().zip(&self.is_present);
            let absent = columns.filter(|(column, is_present)| !**is_present && !column.is_inferred);
            self.outcome.absent = absent.map(|(column, _)| column.name.clone()).collect();
        }
        let mut list: Vec<ColumnSpec> = self.declared.columns().iter().cloned().collect();
        let mut arrays =
            self.typed.into_iter().map(|typed| typed.finish(n_rows)).collect::<Result<Vec<_>, _>>()?;
        let (mut outcome, mut respelled) = (self.outcome, ColumnTypes::new());
        for (name, Finished { column_type, array, doubts, is_respelled }) in self.inferred.finish()? {
            if is_respelled {
                respelled.insert(name.clone(), column_type.clone());
            }
            doubts.into_iter().try_for_each(|doubt| outcome.note(doubt.inside_column(&name)))?;
            list.push(ColumnSpec { name, column_type, required: false });
            arrays.push(array);
        }
        let columns = Columns::new(list);
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        let rows = RecordBatch::try_new_with_options(columns.to_schema(HashMap::new()), arrays, &options)?;
        Ok(Batch { columns, rows, outcome, respelled })
    }
}

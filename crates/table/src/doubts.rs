//! Numbers of a column that lost digits, or would.

use crate::{
    cell::Cell,
    loss::{Loss, Rounded},
    number::is_rounded,
};

/// What to write where doubles beyond 2^53 cannot be used.
pub const KEEP_DIGITS: &str =
    "write `big_integers: bigint` in `converter`, or do without a script, to have all digits";

/// `1 whole number beyond 2^53`, `7 whole numbers beyond 2^53`
pub(crate) fn counted(n: u64) -> String {
    match n {
        1 => "1 whole number beyond 2^53".into(),
        n => format!("{n} whole numbers beyond 2^53"),
    }
}

/// What one column knows of its numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Doubts {
    /// One for each loss that there is.
    lost: Vec<Rounded>,
    /// The first whole number that 64 bits do not hold, and its row.
    too_large: Option<(usize, String)>,
    /// Whether all values are undefined.
    pub(crate) is_undefined: bool,
}

/// The same with the place below its column: `.name[]`; empty for the column itself.
#[derive(Debug)]
pub(crate) struct Doubt {
    pub(crate) path: String,
    pub(crate) lost: Vec<Rounded>,
    pub(crate) too_large: Option<(Option<usize>, String)>,
    /// Whether there are values, all of them undefined.
    pub(crate) is_undefined: bool,
}

impl Doubts {
    /// Notes a double if it is a whole number beyond 2^53, or none that JSON can hold.
    pub(crate) fn double(&mut self, value: f64, row: usize) {
        let loss = match value.is_finite() {
            true if is_rounded(value) => Loss::Double,
            true => return,
            false => Loss::NotFinite,
        };
        self.lose(loss, row, || {
            let mut text = String::new();
            crate::text::push_number(value, &mut text);
            text
        });
    }

    /// Notes a value that has lost something; only the first one is kept.
    pub(crate) fn lose(&mut self, loss: Loss, row: usize, value: impl FnOnce() -> String) {
        match self.lost.iter_mut().find(|lost| lost.loss == loss) {
            Some(lost) => lost.n += 1,
            None => self.lost.push(Rounded { n: 1, row: Some(row), value: value(), loss }),
        }
    }

    /// Notes all doubles in a cell that becomes JSON text.
    pub(crate) fn doubles_in(&mut self, cell: &Cell<'_>, row: usize) {
        match cell {
            Cell::Float(value) => self.double(*value, row),
            Cell::List(items) => items.iter().for_each(|item| self.doubles_in(item, row)),
            Cell::Struct(members) => members.iter().for_each(|(_, member)| self.doubles_in(member, row)),
            _ => {}
        }
    }

    /// Notes a whole number that 64 bits do not hold.
    pub(crate) fn too_large(&mut self, written: &str, row: usize) {
        self.too_large.get_or_insert_with(|| (row, written.to_owned()));
    }

    /// What is to be told, if anything is.
    pub(crate) fn into_doubt(self) -> Option<Doubt> {
        let too_large = self.too_large.map(|(row, written)| (Some(row), written));
        let is_undefined = self.is_undefined;
        let is_any = !self.lost.is_empty() || too_large.is_some() || is_undefined;
        is_any.then(|| Doubt { path: String::new(), lost: self.lost, too_large, is_undefined })
    }
}

impl Doubt {
    /// The same one level further out, where rows count differently.
    pub(crate) fn inside(self, step: &str) -> Self {
        Self {
            path: format!("{step}{}", self.path),
            lost: self.lost.into_iter().map(|lost| Rounded { row: None, ..lost }).collect(),
            too_large: self.too_large.map(|(_, written)| (None, written)),
            is_undefined: self.is_undefined,
        }
    }

    /// The same with the name of its column.
    pub(crate) fn inside_column(self, name: &str) -> Self {
        Self { path: format!("{name}{}", self.path), ..self }
    }

    /// Whether numbers are written otherwise than they are printed.
    pub(crate) fn is_respelled(&self) -> bool {
        self.lost.iter().any(|lost| lost.loss == Loss::Spelling)
    }

    /// The same in a column that turned out to be JSON text, which has all digits.
    pub(crate) fn in_json(self) -> Option<Self> {
        (!self.lost.is_empty()).then_some(Self { too_large: None, is_undefined: false, ..self })
    }
}

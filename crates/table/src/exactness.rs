//! Whether a column may name rows: keys, cursors and values of other queries must be exact.

use std::collections::HashSet;

use arrow::{
    array::{Array, AsArray},
    datatypes::Float64Type,
};

use crate::{
    batch::Batch,
    column_text::{ColumnText, MIXED_TEXT},
    column_type::ColumnType,
    loss::{Loss, Rounded},
    text::{Members, push_number},
};

/// A number that is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fraction {
    /// Its row within the page, from 0.
    pub row: usize,
    /// The number.
    pub value: String,
}

impl Batch {
    /// The values of a column that have lost something, so that different ones may be equal now.
    pub fn rounded(&self, column: &str) -> Option<Rounded> {
        let column_type = self.columns().get(column)?;
        let is_nested = !matches!(column_type, ColumnType::Mixed | ColumnType::Text);
        let is_in = |path: &String| {
            let rest = path.strip_prefix(column);
            rest.is_some_and(|rest| rest.is_empty() || is_nested && rest.starts_with(['.', '[']))
        };
        let outcome = self.outcome();
        let doubles = outcome.rounded.iter().filter(|(path, _)| is_in(path)).map(|(_, found)| found);
        let others = outcome.lost.iter().filter(|(path, _)| is_in(path)).flat_map(|(_, found)| found);
        let others =
            others.filter(|lost| !matches!(lost.loss, Loss::Spelling | Loss::NotFinite | Loss::Merged));
        let mut found = doubles.chain(others);
        let mut all = found.next()?.clone();
        found.filter(|more| more.loss == all.loss).for_each(|more| all.n += more.n);
        Some(all)
    }

    /// The numbers of a column that are infinite, as all beyond the doubles are, or none at all.
    pub fn boundless(&self, column: &str) -> Option<Rounded> {
        let (index, found) = self.columns().iter().enumerate().find(|(_, known)| known.name == column)?;
        if found.column_type != ColumnType::Float {
            return None;
        }
        let values = self.rows().column(index).as_primitive::<Float64Type>().iter().enumerate();
        let mut found =
            values.filter_map(|(row, value)| Some((row, value.filter(|value| !value.is_finite())?)));
        let (row, value) = found.next()?;
        let mut text = String::new();
        push_number(value, &mut text);
        Some(Rounded { n: 1 + found.count() as u64, row: Some(row), value: text, loss: Loss::Boundless })
    }

    /// The same batch, which knows of texts and whole numbers that have the digits of one of `rounded`: what a script made of
    /// whole numbers that `JSON.parse` had rounded.
    #[must_use]
    pub fn with_rounded_texts(self, rounded: &HashSet<String>) -> Self {
        if rounded.is_empty() {
            return self;
        }
        let mut found = Vec::new();
        for (column, array) in self.columns().iter().zip(self.rows().columns()) {
            let is_text = matches!(column.column_type, ColumnType::Text | ColumnType::Mixed);
            if !is_text && !matches!(column.column_type, ColumnType::Int | ColumnType::Long) {
                continue;
            }
            let texts = ColumnText::new(array, &column.column_type, Members::AsTheyAre);
            let mut lost: Option<Rounded> = None;
            for row in 0..self.n_rows() {
                let mut text = String::new();
                texts.push_plain(row, &mut text);
                if !has_one_of(&text, rounded) {
                    continue;
                }
                let first =
                    || Rounded { n: 0, row: Some(row), value: text.clone(), loss: Loss::DoubleAsText };
                lost.get_or_insert_with(first).n += 1;
            }
            found.extend(lost.map(|lost| (column.name.clone(), lost)));
        }
        let mut outcome = self.outcome().clone();
        for (column, lost) in found {
            outcome.lost.entry(column).or_default().push(lost);
        }
        self.with_outcome(outcome)
    }

    /// The same batch, which knows of the columns whose values are others in `changed`: the rows of the same page with other
    /// doubles in place of those that stand for whole numbers beyond 2^53.
    ///
    /// Values that are others in `same` too, whose doubles are the same and are written otherwise, have the digits of the page.
    #[must_use]
    pub fn with_computed(self, changed: &Self, same: Option<&Self>) -> Self {
        if self.n_rows() != changed.n_rows() {
            return self;
        }
        let mut outcome = self.outcome().clone();
        for (column, array) in self.columns().iter().zip(self.rows().columns()) {
            let mut others = changed.columns().iter().zip(changed.rows().columns());
            let other = others.find(|(other, _)| other.name == column.name);
            let Some((other, other_array)) = other.filter(|_| self.rounded(&column.name).is_none()) else {
                continue;
            };
            let texts = ColumnText::new(array, &column.column_type, Members::AsTheyAre);
            let others = ColumnText::new(other_array, &other.column_type, Members::AsTheyAre);
            let text = |texts: &ColumnText<'_>, row| {
                let mut text = String::new();
                texts.push_plain(row, &mut text);
                text
            };
            let exact = same.filter(|same| same.n_rows() == self.n_rows()).and_then(|same| {
                let (column, array) = same
                    .columns()
                    .iter()
                    .zip(same.rows().columns())
                    .find(|(other, _)| other.name == column.name)?;
                Some(ColumnText::new(array, &column.column_type, Members::AsTheyAre))
            });
            let is_exact =
                |row: usize| exact.as_ref().is_some_and(|same| text(same, row) != text(&texts, row));
            let is_changed = |row: &usize| text(&texts, *row) != text(&others, *row) && !is_exact(*row);
            let rows: Vec<usize> = (0..self.n_rows()).filter(is_changed).collect();
            let Some(first) = rows.first().copied() else { continue };
            // Doubles may be meant where the column has others.
            let is_float = column.column_type == ColumnType::Float;
            let loss = if is_float { Loss::DeclaredDouble } else { Loss::Computed };
            let n = rows.len() as u64;
            let lost = Rounded { n, row: Some(first), value: text(&texts, first), loss };
            outcome.lost.entry(column.name.clone()).or_default().push(lost);
        }
        self.with_outcome(outcome)
    }

    /// The same batch, which knows whether its rows, or columns of them, are others in `apart`: the rows of the same page with
    /// doubles of their own for numbers that one double stands for here. `same` is as for [`with_computed`](Self::with_computed).
    #[must_use]
    pub fn with_merged(self, apart: &Self, same: Option<&Self>) -> Self {
        let (n, n_apart) = (self.n_rows(), apart.n_rows());
        if n == n_apart {
            return self.with_looked_up(apart, same);
        }
        if same.is_some_and(|same| same.n_rows() != n) {
            // The rows depend on the digits of the page, which the script has read itself.
            return self;
        }
        let rows = if n == 1 { "row" } else { "rows" };
        let value = format!("{n} {rows}, and {n_apart} where they can be told apart");
        let lost = Rounded { n: n.abs_diff(n_apart) as u64, row: None, value, loss: Loss::Merged };
        let mut outcome = self.outcome().clone();
        outcome.lost.entry(String::new()).or_default().push(lost);
        self.with_outcome(outcome)
    }

    /// The same for as many rows, which may only have another order: a script may sort by numbers whose order is lost.
    fn with_looked_up(self, apart: &Self, same: Option<&Self>) -> Self {
        let names: Vec<String> = self.columns().iter().map(|column| column.name.clone()).collect();
        let is_moved = |name: &&String| {
            self.rounded(name).is_none() && self.sorted_texts(name) == apart.sorted_texts(name)
        };
        let moved: Vec<&String> = names.iter().filter(is_moved).collect();
        let before = self.outcome().lost.clone();
        let told = self.with_computed(apart, same);
        let mut outcome = told.outcome().clone();
        for name in moved {
            match before.get(name) {
                Some(lost) => drop(outcome.lost.insert(name.clone(), lost.clone())),
                None => drop(outcome.lost.shift_remove(name)),
            }
        }
        told.with_outcome(outcome)
    }

    /// The values of a column as text, in an order of their own.
    fn sorted_texts(&self, name: &str) -> Vec<String> {
        let mut columns = self.columns().iter().zip(self.rows().columns());
        let Some((column, array)) = columns.find(|(column, _)| column.name == name) else {
            return Vec::new();
        };
        let texts = ColumnText::new(array, &column.column_type, Members::AsTheyAre);
        let text = |row| {
            let mut text = String::new();
            texts.push_plain(row, &mut text);
            text
        };
        let mut texts: Vec<String> = (0..self.n_rows()).map(text).collect();
        texts.sort_unstable();
        texts
    }

    /// The first row that has no value in a column.
    pub fn first_null(&self, column: &str) -> Option<usize> {
        if self.n_rows() == 0 {
            return None;
        }
        let Some(index) = self.columns().iter().position(|known| known.name == column) else {
            return Some(0);
        };
        let array = self.rows().column(index);
        let is_null = |row: &usize| array.is_null(*row);
        (0..self.n_rows()).find(is_null)
    }

    /// The number of a row among those that the converter returned, rejected ones included.
    pub fn returned_row(&self, row: usize) -> usize {
        let mut returned = row;
        for rejected in &self.outcome().rejected {
            if rejected.row <= returned {
                returned += 1;
            }
        }
        returned
    }

    /// The first number of a column that is not whole.
    pub fn fraction(&self, column: &str) -> Option<Fraction> {
        let index = self.columns().iter().position(|known| known.name == column)?;
        let array = self.rows().column(index);
        match self.columns().iter().nth(index)?.column_type {
            ColumnType::Float => {
                let values = array.as_primitive::<Float64Type>();
                let is_fraction = |value: &f64| value.fract() != 0.0 || !value.is_finite();
                let (row, value) = values
                    .iter()
                    .enumerate()
                    .find_map(|(row, value)| Some((row, value.filter(is_fraction)?)))?;
                let mut text = String::new();
                push_number(value, &mut text);
                Some(Fraction { row, value: text })
            }
            ColumnType::Mixed => {
                let is_fraction = |text: &&str| {
                    !text.starts_with(MIXED_TEXT)
                        && text.parse::<f64>().is_ok_and(|value| value.fract() != 0.0)
                };
                let texts = array.as_string::<i32>();
                let mut found =
                    texts.iter().enumerate().filter_map(|(row, text)| Some((row, text.filter(is_fraction)?)));
                found.next().map(|(row, text)| Fraction { row, value: text.to_owned() })
            }
            _ => None,
        }
    }
}

/// Whether a text, or a number of many digits in it, is one of these.
fn has_one_of(text: &str, numbers: &HashSet<String>) -> bool {
    /// Fewer digits are those of safe numbers.
    const MIN_DIGITS: usize = 16;
    let mut runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= MIN_DIGITS);
    text.len() >= MIN_DIGITS && (runs.any(|run| numbers.contains(run)) || numbers.contains(text))
}

#[cfg(test)]
mod tests {
    use crate::{BatchBuilder, Cell, DeclaredColumns};

    use super::*;

    fn batch(cells: Vec<Cell<'_>>) -> Batch {
        let mut rows = BatchBuilder::new(DeclaredColumns::default().into());
        for cell in cells {
            rows.push("c", cell).unwrap();
            rows.end_row().unwrap();
        }
        Batch::from_ipc(rows.finish().unwrap().to_ipc().unwrap()).unwrap()
    }

    #[test]
    fn finds_doubles_that_stand_for_several_numbers() {
        let large = || Cell::Float(9_007_199_254_740_992.0);
        let check = |cells: Vec<Cell<'_>>, expected: Option<(u64, Option<usize>)>| {
            let found = batch(cells).rounded("c");
            assert_eq!(found.as_ref().map(|found| (found.n, found.row)), expected, "{found:?}");
        };
        check(vec![Cell::Int(1), Cell::Float(0.5), Cell::Float(f64::INFINITY)], None);
        check(vec![Cell::Int(1), Cell::Null, large(), large()], Some((2, Some(2))));
        check(vec![Cell::Int(i64::MAX)], None);
        check(vec![Cell::Int(i64::MAX), large()], Some((1, Some(1))));
        check(vec![Cell::Text("a".into()), large()], Some((1, Some(1))));
        check(vec![Cell::List(vec![Cell::Int(1), large()])], Some((1, None)));
        let object = Cell::Struct(vec![("id".into(), Cell::List(vec![large()]))]);
        check(vec![object.clone(), object.clone()], Some((2, None)));
        check(vec![object, Cell::List(vec![])], Some((1, None)));
        assert_eq!(batch(vec![large()]).rounded("d"), None);
    }

    #[test]
    fn finds_what_a_script_made_of_rounded_numbers() {
        let rounded = HashSet::from(["1909699624467843800".to_owned()]);
        let check = |cell: Cell<'_>, expected: bool| {
            let found = batch(vec![Cell::Null, cell]).with_rounded_texts(&rounded).rounded("c");
            assert_eq!(
                found.map(|found| (found.row, found.loss)),
                expected.then_some((Some(1), Loss::DoubleAsText))
            );
        };
        check(Cell::Text("1909699624467843800".into()), true);
        check(Cell::Text("order-1909699624467843800".into()), true);
        check(Cell::Int(1_909_699_624_467_843_800), true);
        check(Cell::Text("1909699624467843943".into()), false);
        check(Cell::Text("71909699624467843800".into()), false);
        check(Cell::Int(7), false);
    }

    #[test]
    fn finds_fractions() {
        let check = |cells: Vec<Cell<'_>>, expected: Option<(usize, &str)>| {
            let found = batch(cells).fraction("c");
            assert_eq!(found.as_ref().map(|found| (found.row, found.value.as_str())), expected);
        };
        check(vec![Cell::Int(1), Cell::Int(2)], None);
        check(vec![Cell::Int(1), Cell::Float(2.5)], Some((1, "2.5")));
        check(vec![Cell::Text("1.5".into()), Cell::Int(2)], None);
        check(vec![Cell::Text("x".into()), Cell::Float(2.5)], Some((1, "2.5")));
        check(vec![Cell::Float(f64::NAN)], Some((0, "NaN")));
    }
}

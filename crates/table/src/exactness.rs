//! Whether a column may name rows: keys, cursors and values of other queries must be exact.

use arrow::{array::AsArray, datatypes::Float64Type};

use crate::{
    batch::Batch, column_text::MIXED_TEXT, column_type::ColumnType, doubts::Rounded, number::is_rounded,
    text::push_number,
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
    /// The whole numbers beyond 2^53 of a column that came as doubles, so that different ones may be equal now.
    pub fn rounded(&self, column: &str) -> Option<Rounded> {
        let index = self.columns().iter().position(|known| known.name == column)?;
        let column_type = &self.columns().iter().nth(index)?.column_type;
        if *column_type == ColumnType::Float {
            let values = self.rows().column(index).as_primitive::<Float64Type>();
            let mut rounded = values.iter().enumerate().filter(|(_, value)| value.is_some_and(is_rounded));
            let (row, value) = rounded.next()?;
            let mut text = String::new();
            push_number(value?, &mut text);
            return Some(Rounded { n: 1 + rounded.count() as u64, row: Some(row), value: text });
        }
        let is_nested = !matches!(column_type, ColumnType::Mixed | ColumnType::Text);
        let is_in = |path: &str| {
            let rest = path.strip_prefix(column);
            rest.is_some_and(|rest| rest.is_empty() || is_nested && rest.starts_with(['.', '[']))
        };
        let mut found = self.outcome().rounded.iter().filter(|(path, _)| is_in(path));
        let (_, first) = found.next()?;
        let mut all = first.clone();
        found.for_each(|(_, more)| all.add(more));
        Some(all)
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

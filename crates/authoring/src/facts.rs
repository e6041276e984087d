//! What is in the columns of rows, and the rows in another order; of all rows, however few of them are shown.

use std::{cmp::Ordering, collections::HashMap};

use super::{json::Json, rows::JsonRows};

/// How many of the most frequent values are told.
const MAX_TOP: usize = 8;
/// Into how many equal steps numbers are counted, from the least to the greatest.
const N_STEPS: usize = 10;

/// What is in a column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnFacts {
    /// Rows without a value.
    pub n_nulls: usize,
    /// Different values, null left out.
    pub n_distinct: usize,
    /// The most frequent values as text, and how often each is there.
    pub top: Vec<(String, usize)>,
    /// The least and the greatest number, as they are written.
    pub range: Option<(String, String)>,
    /// How many numbers are in each of ten steps from the least to the greatest; empty where there are no numbers.
    pub steps: Vec<usize>,
}

/// By which column rows are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowOrder {
    /// Its name.
    pub column: String,
    /// Which value comes first; null comes last in both.
    pub direction: Direction,
}

/// Which value comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The least.
    Up,
    /// The greatest.
    Down,
}

impl JsonRows {
    /// What is in each column.
    pub fn facts(&self) -> Vec<ColumnFacts> {
        self.columns.iter().map(|(name, column_type)| self.facts_of(name, column_type)).collect()
    }

    /// The places of all rows in this order, rows with the same value as they came; `None` where there is no such column.
    pub fn ordered(&self, order: &RowOrder) -> Option<Vec<usize>> {
        self.columns.get(&order.column)?;
        let value = |row: &usize| self.rows[*row].get(&order.column).unwrap_or(&Json::Null);
        let mut places: Vec<usize> = (0..self.rows.len()).collect();
        places.sort_by(|a, b| match (value(a), value(b)) {
            (Json::Null, Json::Null) => Ordering::Equal,
            (Json::Null, _) => Ordering::Greater,
            (_, Json::Null) => Ordering::Less,
            (a, b) if order.direction == Direction::Up => compared(a, b),
            (a, b) => compared(b, a),
        });
        Some(places)
    }

    fn facts_of(&self, name: &str, column_type: &str) -> ColumnFacts {
        let values =
            || self.rows.iter().filter_map(|row| row.get(name)).filter(|value| **value != Json::Null);
        let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
        let mut n_values = 0;
        for (index, value) in values().enumerate() {
            n_values += 1;
            // The place makes equally frequent values stand in the order in which they came.
            counts.entry(text(value)).or_insert((0, index)).0 += 1;
        }
        let n_distinct = counts.len();
        let mut top: Vec<(String, (usize, usize))> = counts.into_iter().collect();
        top.sort_unstable_by(|(_, a), (_, b)| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        top.truncate(MAX_TOP);
        let top = top.into_iter().map(|(text, (count, _))| (text, count)).collect();
        let is_numeric =
            ["int", "safe_int", "float", "decimal"].iter().any(|kind| column_type.starts_with(kind));
        let numbers: Vec<&Json> = values().filter(|_| is_numeric).collect();
        let least = numbers.iter().copied().min_by(|a, b| compared(a, b));
        let greatest = numbers.iter().copied().max_by(|a, b| compared(a, b));
        let steps = least.zip(greatest).map(|range| steps(&numbers, range)).unwrap_or_default();
        let range = least.zip(greatest).map(|(least, greatest)| (text(least), text(greatest)));
        ColumnFacts { n_nulls: self.rows.len() - n_values, n_distinct, top, range, steps }
    }
}

fn text(value: &Json) -> String {
    match value {
        Json::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

fn steps(numbers: &[&Json], (least, greatest): (&Json, &Json)) -> Vec<usize> {
    let (least, greatest) = (double(least), double(greatest));
    let width = (greatest - least) / N_STEPS as f64;
    let mut steps = vec![0; N_STEPS];
    for number in numbers {
        let step = if width > 0.0 { ((double(number) - least) / width) as usize } else { 0 };
        steps[step.min(N_STEPS - 1)] += 1;
    }
    steps
}

fn double(value: &Json) -> f64 {
    match value {
        // A decimal is text in JSON.
        Json::Number(text) | Json::Text(text) => text.parse().unwrap_or(0.0),
        _ => 0.0,
    }
}

/// Numbers by their size, all else as people order it: `b2` before `B10`.
fn compared(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => numbers_compared(a, b),
        (Json::Text(a), Json::Text(b)) => match (is_number(a), is_number(b)) {
            (true, true) => numbers_compared(a, b),
            _ => texts_compared(a, b),
        },
        (a, b) => texts_compared(&text(a), &text(b)),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-') && text.parse::<f64>().is_ok()
}

/// Digits that a double has not count too.
fn numbers_compared(a: &str, b: &str) -> Ordering {
    match (a.parse::<i128>(), b.parse::<i128>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.parse().unwrap_or(0.0_f64).total_cmp(&b.parse().unwrap_or(0.0)),
    }
}

fn texts_compared(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(one), Some(other)) = (left.chars().next(), right.chars().next()) {
        let order = if one.is_ascii_digit() && other.is_ascii_digit() {
            let (one, other) = (digits(&mut left), digits(&mut right));
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        } else {
            (left, right) = (&left[one.len_utf8()..], &right[other.len_utf8()..]);
            one.to_lowercase().cmp(other.to_lowercase())
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// Takes the digits that the text begins with; gives them without leading zeros.
fn digits<'t>(text: &mut &'t str) -> &'t str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(column_type: &str, values: impl IntoIterator<Item = Json>) -> JsonRows {
        let row = |value| [("a".to_owned(), value)].into_iter().collect();
        JsonRows {
            columns: [("a".to_owned(), column_type.to_owned())].into_iter().collect(),
            rows: values.into_iter().map(row).collect(),
        }
    }

    fn number(n: i64) -> Json {
        Json::Number(n.to_string())
    }

    #[test]
    fn facts_are_of_all_rows() {
        let found = rows("int", (0..10_000).map(number).chain([Json::Null])).facts().remove(0);
        assert_eq!((found.n_nulls, found.n_distinct), (1, 10_000));
        assert_eq!(found.range, Some(("0".into(), "9999".into())));
        assert_eq!(found.steps, [1_000; 10]);
        let texts = ["b", "a", "b", "", "c", "a", "b"].map(|text| Json::Text(text.into()));
        let found = rows("string", texts).facts().remove(0);
        let top = found.top.iter().map(|(text, count)| format!("{text}={count}")).collect::<Vec<_>>();
        assert_eq!((top.join(" ").as_str(), found.range, found.steps.len()), ("b=3 a=2 =1 c=1", None, 0));
        assert_eq!(rows("int", [Json::Null]).facts()[0].range, None);
        assert_eq!(rows("int", [number(5), number(5)]).facts()[0].steps[0], 2);
        let digits = ["12345678901234567890", "12345678901234567891"].map(|text| Json::Number(text.into()));
        let range = rows("decimal(38,0)", digits).facts()[0].range.clone().unwrap();
        assert_eq!(range, ("12345678901234567890".into(), "12345678901234567891".into()));
    }

    #[test]
    fn rows_are_ordered_as_people_do() {
        let check = |values: Vec<Json>, direction, expected: &[usize]| {
            let order = RowOrder { column: "a".into(), direction };
            assert_eq!(rows("string", values.clone()).ordered(&order).unwrap(), expected, "{values:?}");
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| Json::Text((*text).into())).collect::<Vec<_>>();
        check(texts(&["B10", "b2", "a", "Ä", "b2"]), Direction::Up, &[2, 1, 4, 0, 3]);
        check(texts(&["B10", "b2", "a", "Ä", "b2"]), Direction::Down, &[3, 0, 1, 4, 2]);
        let numbers = vec![number(10), Json::Null, number(-3), number(9), Json::Number("9.5".into())];
        check(numbers.clone(), Direction::Up, &[2, 3, 4, 0, 1]);
        check(numbers, Direction::Down, &[0, 4, 3, 2, 1]);
        check(texts(&["10.50", "9.75", "-1.00"]), Direction::Up, &[2, 1, 0]);
        check((0..3_000).map(number).collect(), Direction::Down, &(0..3_000).rev().collect::<Vec<_>>());
        assert_eq!(
            rows("int", [number(1)]).ordered(&RowOrder { column: "b".into(), direction: Direction::Up }),
            None
        );
    }
}

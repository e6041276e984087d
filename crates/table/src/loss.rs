//! What values of a column have lost on their way, and what to write so that they do not.

use std::hash::Hash;

use serde::{Deserialize, Serialize};

use crate::{
    cell::Cell,
    column_type::ColumnType,
    columns::Columns,
    doubts::{KEEP_DIGITS, counted},
    number::{is_rounded, loses_digits},
    parse::{self, Format},
    text::push_number,
};

/// What a value has lost, so that different values may be equal now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Digits of a whole number beyond 2^53, which a script has as a double.
    #[default]
    Double,
    /// The same in a column that is declared `float`, so that doubles are meant.
    DeclaredDouble,
    /// The same in text that a script made of such a double.
    DoubleAsText,
    /// The same in a value that a script computed from such a double, and that another double would have changed.
    Computed,
    /// Rows that a script makes of several numbers for which one double stands.
    Merged,
    /// Digits of a number beyond 2^53 of a page that no script has read.
    Digits,
    /// Digits of a fraction of such a page.
    Fraction,
    /// How a number of such a page is written (`1.10`, `1e3`), which only text shows.
    Spelling,
    /// A number that JSON cannot hold, where it is written as JSON: NaN, or one beyond the doubles.
    NotFinite,
    /// A number in a key that is NaN or beyond the doubles, which are all infinite.
    Boundless,
    /// Digits of a time below the microsecond.
    Microsecond,
    /// Half of a surrogate pair in a text.
    Surrogate,
}

/// The values of one column that have lost the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounded {
    /// How many there are.
    pub n: u64,
    /// The row of the first one within its page, from 0; `None` where it is nested in a value.
    pub row: Option<usize>,
    /// The first one, as it looks now.
    pub value: String,
    /// What they have lost.
    #[serde(default)]
    pub loss: Loss,
}

impl Rounded {
    /// Why such a column cannot be used for what needs exact values, and what to write instead.
    pub fn refusal(&self, column: &str, used_as: &str) -> String {
        let (what, help) = (self.what(), self.exact(column));
        format!("`{column}` has {what}, and is used as {used_as}; different values become one there: {help}")
    }

    /// The same for a check that compares values.
    pub(crate) fn not_compared(&self, column: &str) -> String {
        format!("`{column}` has {}, and different ones may be equal now; {}", self.what(), self.exact(column))
    }

    /// What to say of a column with such values; `None` where nothing is odd about them unless they name something.
    ///
    /// Doubles of scripts are counted apart. `place` is one in these columns.
    pub fn warning(&self, place: &str, columns: &Columns) -> Option<String> {
        let (what, help) = (self.what(), self.advice(place, columns));
        Some(match self.loss {
            Loss::Double
            | Loss::DeclaredDouble
            | Loss::Fraction
            | Loss::Spelling
            | Loss::NotFinite
            | Loss::Boundless => {
                return None;
            }
            Loss::DoubleAsText | Loss::Computed | Loss::Digits => {
                format!("`{place}` has {what}; {help}")
            }
            Loss::Merged => format!("{what}; {help}"),
            Loss::Microsecond => {
                format!("`{place}` has {what}, which are left out; {help}")
            }
            Loss::Surrogate => format!("`{place}` has {what}; U+FFFD stands in its place"),
        })
    }

    /// What to say of numbers in a column that a later page has made text.
    pub fn spelling_warning(&self, place: &str, columns: &Columns) -> Option<String> {
        (self.loss == Loss::Spelling)
            .then(|| format!("`{place}` has {}; {}", self.what(), self.advice(place, columns)))
    }

    /// What to say of numbers that are written as JSON, which has no NaN and no infinities.
    pub fn not_finite_warning(&self, place: &str, columns: &Columns) -> Option<String> {
        (self.loss == Loss::NotFinite)
            .then(|| format!("`{place}` has {}; {}", self.what(), self.advice(place, columns)))
    }

    /// The same with those of a later page.
    pub fn add(&mut self, more: &Self) {
        self.n += more.n;
    }

    /// `3 values with digits below the microsecond, such as …`
    fn what(&self) -> String {
        let values = if self.n == 1 { "value" } else { "values" };
        let (n, value) = (self.n, &self.value);
        match self.loss {
            Loss::Double | Loss::DeclaredDouble => {
                format!("{} that came as doubles, such as {value}", counted(n))
            }
            Loss::DoubleAsText => format!(
                "{n} {values} with the digits of a whole number beyond 2^53 that `JSON.parse` rounded, such as `{value}`"
            ),
            Loss::Computed => format!(
                "values that the script computed from whole numbers beyond 2^53, which `JSON.parse` rounds, such as `{value}`"
            ),
            Loss::Merged => format!(
                "the script makes rows of whole numbers beyond 2^53, and `JSON.parse` makes one of several that differ in the page: \
                 {value}"
            ),
            Loss::Digits | Loss::Fraction => {
                let numbers = if n == 1 { "number" } else { "numbers" };
                format!("{n} {numbers} with more digits than a double keeps, such as {value}")
            }
            Loss::Spelling => {
                let numbers = if n == 1 { "number" } else { "numbers" };
                format!(
                    "{n} {numbers} of pages without text, such as {value}, whose text is not as it is written there, since \
                     another page made the column text"
                )
            }
            Loss::NotFinite => {
                let numbers = if n == 1 { "number" } else { "numbers" };
                format!(
                    "{n} {numbers} that JSON cannot hold, such as {value}, with null in the place of each"
                )
            }
            Loss::Boundless => format!("{n} {values} that no double holds, such as {value}"),
            Loss::Microsecond => {
                format!("{n} {values} with digits below the microsecond, such as `{value}`")
            }
            Loss::Surrogate => {
                format!(
                    "{n} {values} with half of a surrogate pair (such as `\\ud83d`), which is no character"
                )
            }
        }
    }

    /// How to have all of such values at a place. What is nested has no name in `columns`: its column has one, and values of any
    /// shape are `json`, with all digits.
    fn advice(&self, place: &str, columns: &Columns) -> String {
        let column = columns.column_at(place);
        let Some(column) = column.filter(|found| found.name != place || !found.column_type.is_scalar())
        else {
            return self.exact(place);
        };
        let name = &column.name;
        match self.loss {
            Loss::Digits | Loss::Fraction | Loss::Spelling => {
                format!("declare `{name}` in `columns` as `json`, which keeps all digits")
            }
            Loss::Microsecond => {
                format!("declare `{name}` in `columns` as `json`, without `format`, which keeps all digits")
            }
            Loss::NotFinite => format!(
                "text keeps them: write `String(…)` in the script, or, where there is none, declare `{name}` in `columns` as `json`"
            ),
            _ => self.exact(place),
        }
    }

    /// How to have all of such values of a column.
    fn exact(&self, column: &str) -> String {
        match self.loss {
            Loss::Double | Loss::DeclaredDouble | Loss::DoubleAsText | Loss::Computed | Loss::Merged => {
                KEEP_DIGITS.to_owned()
            }
            Loss::Digits | Loss::Fraction => {
                format!(
                    "declare `{column}` in `columns` as `decimal(p,s)` or `string`, which keep all digits"
                )
            }
            Loss::Spelling => {
                format!("declare `{column}` in `columns` as `string` (or `json`), which keeps all digits")
            }
            Loss::NotFinite => format!(
                "text keeps them: declare `{column}` in `columns` as `string`, or write `String(…)` in the script; so do `float` \
                 columns of Parquet and Arrow"
            ),
            Loss::Boundless => format!(
                "declare `{column}` in `columns` as `string`, which keeps all digits, or use another column"
            ),
            Loss::Microsecond => {
                format!(
                    "declare `{column}` in `columns` as `string`, without `format`, which keeps all digits"
                )
            }
            Loss::Surrogate => "use a column whose texts are whole".to_owned(),
        }
    }
}

/// Calls `note` for each value of a declared column that loses something by its type.
pub(crate) fn of_declared(
    cell: &Cell<'_>,
    (column_type, format): (&ColumnType, Option<&Format>),
    note: &mut impl FnMut(Loss, String),
) {
    use ColumnType::{Duration, Float, List, LocalTimestamp, Map, Struct, Time, Timestamp};
    match (column_type, cell) {
        (List(item), Cell::List(items)) => {
            items.iter().for_each(|cell| of_declared(cell, (item, format), note));
        }
        (Map(value), Cell::Struct(members)) => {
            members.iter().for_each(|(_, cell)| of_declared(cell, (value, format), note));
        }
        (Struct(types), Cell::Struct(members)) => {
            for (name, cell) in members {
                if let Some((_, member)) = types.iter().find(|(known, _)| known == name) {
                    of_declared(cell, (member, format), note);
                }
            }
        }
        (Float, Cell::Float(value)) if !value.is_finite() => note(Loss::NotFinite, printed(*value)),
        (Float, Cell::Number(written)) if written.parse::<f64>().is_ok_and(f64::is_infinite) => {
            note(Loss::NotFinite, written.to_string());
        }
        (ColumnType::Json, cell) => of_json(cell, note),
        (Float, Cell::Float(value)) if is_rounded(*value) => {
            note(Loss::DeclaredDouble, printed(*value));
        }
        (Float, Cell::Number(written)) => {
            if let Some(loss) = of_number(written) {
                note(loss, written.to_string());
            }
        }
        (Timestamp | LocalTimestamp | Time | Duration, Cell::Text(written) | Cell::Number(written))
            if parse::is_finer_than_micros(written, format) =>
        {
            note(Loss::Microsecond, written.to_string());
        }
        (Timestamp | LocalTimestamp | Time | Duration, Cell::Float(value)) => {
            let mut written = String::new();
            push_number(*value, &mut written);
            if parse::is_finer_than_micros(&written, format) {
                note(Loss::Microsecond, written);
            }
        }
        _ => {}
    }
}

/// The same for a value that becomes JSON text.
fn of_json(cell: &Cell<'_>, note: &mut impl FnMut(Loss, String)) {
    match cell {
        Cell::Float(value) if !value.is_finite() => note(Loss::NotFinite, printed(*value)),
        Cell::List(items) => items.iter().for_each(|item| of_json(item, note)),
        Cell::Struct(members) => members.iter().for_each(|(_, member)| of_json(member, note)),
        _ => {}
    }
}

fn printed(value: f64) -> String {
    let mut text = String::new();
    push_number(value, &mut text);
    text
}

/// What a number of a page loses as a double.
pub(crate) fn of_number(written: &str) -> Option<Loss> {
    if !loses_digits(written) {
        return None;
    }
    let value: f64 = written.parse().ok()?;
    match is_rounded(value) {
        // A whole number whose digits stand for it exactly, although a double prints fewer.
        true => (parse::decimal(written, 38, 0) != Some(value as i128)).then_some(Loss::Digits),
        false => Some(Loss::Fraction),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_digits_where_a_double_prints_others() {
        let check =
            |written: &str, expected: Option<Loss>| assert_eq!(of_number(written), expected, "{written}");
        for kept in
            ["0.1", "1.10", "4062.6168251037598", "1e16", "1e300", "5e-324", "0.0", "1e400", "0.000001"]
        {
            check(kept, None);
        }
        check("0.1234567890123456789", Some(Loss::Fraction));
        check("0.10000000000000001", Some(Loss::Fraction));
        check("1e-400", Some(Loss::Fraction));
        check("12345678901234567890.12", Some(Loss::Digits));
        check("9007199254740993.5", Some(Loss::Digits));
    }

    #[test]
    fn times_lose_digits_below_the_microsecond() {
        let of = |cell: Cell<'_>, column_type: &ColumnType, format: Option<&Format>| {
            let mut found = Vec::new();
            of_declared(&cell, (column_type, format), &mut |loss, value| found.push((loss, value)));
            found.len()
        };
        let text = |written: &'static str| Cell::Text(written.into());
        let number = |written: &'static str| Cell::Number(written.into());
        let time = ColumnType::Timestamp;
        assert_eq!(of(text("2024-11-29T10:44:51.123456Z"), &time, None), 0);
        assert_eq!(of(text("2024-11-29T10:44:51.123456000Z"), &time, None), 0);
        assert_eq!(of(text("2024-11-29T10:44:51.1234567Z"), &time, None), 1);
        assert_eq!(of(text("10:44:51,1234567"), &ColumnType::Time, None), 1);
        assert_eq!(of(text("PT0.0000001S"), &ColumnType::Duration, None), 1);
        let pattern = |pattern: &str| Some(Format::Pattern(pattern.to_owned()));
        assert_eq!(of(text("29.1120241044"), &time, pattern("%d.%m%Y%H%M").as_ref()), 0);
        assert_eq!(of(text("29.11.2024 1.0000001"), &time, pattern("%d.%m.%Y %S%.f").as_ref()), 1);
        let (unix, ms) = (Some(Format::Units(1_000_000)), Some(Format::Units(1000)));
        assert_eq!(of(number("253402300799.123456"), &time, unix.as_ref()), 0);
        assert_eq!(of(number("253402300799.1234567"), &time, unix.as_ref()), 1);
        assert_eq!(of(number("1.0005"), &time, ms.as_ref()), 1);
        assert_eq!(of(Cell::Float(1.000_000_5), &time, unix.as_ref()), 1);
        assert_eq!(of(number("1.3333333333"), &ColumnType::Duration, Some(&Format::Units(3_600_000_000))), 0);
        let list = ColumnType::List(Box::new(time));
        assert_eq!(of(Cell::List(vec![text("2024-11-29T10:44:51.1234567Z"); 2]), &list, None), 2);
    }
}

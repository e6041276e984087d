//! Holds cells against a declared type.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    advice::{self, Advice},
    cell::{Cell, is_safe},
    column_type::ColumnType,
    number::{self, Number, has_made_up_digits},
    parse::{self, Format},
    text::{Members, describe, push_cell_json, push_number, push_plain_cell},
    times::{self, day},
};

/// A value that fits its declared type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// A number, or a number of microseconds.
    Int(i64),
    Float(f64),
    // JSON has no numbers of so many digits.
    #[serde(with = "as_text")]
    Decimal(i128),
    Text(Cow<'a, str>),
    /// Days since 1970.
    Date(i32),
    Bytes(Vec<u8>),
    List(Vec<Value<'a>>),
    /// The members of the type, in its order.
    Struct(Vec<Value<'a>>),
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// How strictly values are held against the type.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules<'r> {
    pub(crate) format: Option<&'r Format>,
    /// The type was not declared but found in an earlier output, so what widens into it fits.
    pub(crate) is_inferred: bool,
    /// Members that the type does not have are left out.
    pub(crate) drops_members: bool,
}

/// A value does not fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mismatch {
    /// Where in the column: `.name[2]`; empty for the value itself.
    pub(crate) path: String,
    /// What is there instead.
    pub(crate) found: String,
    /// What should be.
    pub(crate) expected: String,
    /// What to do, where the type alone does not say it.
    pub(crate) advice: Option<Advice>,
    /// What to do, where that is not what always helps with the type.
    pub(crate) help: Option<String>,
}

/// A value does not fit the type itself.
struct Unfit {
    found: String,
    help: Option<String>,
}

impl Unfit {
    fn new(found: impl Into<String>) -> Self {
        Self { found: found.into(), help: None }
    }
}

impl Rules<'_> {
    /// The cell as this type.
    pub(crate) fn accept<'a>(
        self,
        cell: Cell<'a>,
        column_type: &ColumnType,
    ) -> Result<Value<'a>, Box<Mismatch>> {
        match (column_type, cell) {
            (_, Cell::Null | Cell::Undefined) => Ok(Value::Null),
            (ColumnType::Text, Cell::Text(text)) => Ok(Value::Text(text)),
            (ColumnType::Bool, Cell::Bool(value)) => Ok(Value::Bool(value)),
            (ColumnType::Long, Cell::Int(value)) => Ok(Value::Int(value)),
            (ColumnType::Float, Cell::Float(value)) => Ok(Value::Float(value)),
            (ColumnType::Float, Cell::Int(value)) if is_safe(value) => Ok(Value::Float(value as f64)),
            (ColumnType::Float, Cell::Int(value)) => self.number(value.to_string().into(), column_type),
            (column_type, Cell::Number(written)) => self.number(written, column_type),
            (ColumnType::Json, cell) => Ok(Value::Text(self.json(&cell).into())),
            (ColumnType::List(item), Cell::List(items)) => self.list(items, item),
            (ColumnType::Struct(members), Cell::Struct(found)) => self.members(found, members),
            (ColumnType::Map(value), Cell::Struct(found)) => self.map(found, value),
            (ColumnType::Text, cell) if self.is_inferred && !cell.is_nested() => {
                let mut text = String::new();
                push_plain_cell(&cell, &mut text);
                Ok(Value::Text(text.into()))
            }
            (column_type, cell) => self.written(&cell, column_type).map_err(mismatch(&cell, column_type)),
        }
    }

    /// A number of a page as this type, with the digits that stand there.
    fn number<'a>(self, written: Cow<'a, str>, column_type: &ColumnType) -> Result<Value<'a>, Box<Mismatch>> {
        let read = Number::read(&written);
        let value = match column_type {
            ColumnType::Text => return Ok(Value::Text(written)),
            ColumnType::Long => number::whole(&written).map(Value::Int),
            ColumnType::Float => number::float(&written).map(Value::Float),
            ColumnType::Json
            | ColumnType::Decimal { .. }
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::Timestamp
            | ColumnType::LocalTimestamp
            | ColumnType::Duration => None,
            // The other types look at the number, not at its digits.
            _ => match read.cell() {
                Some(cell) => return self.accept(cell, column_type),
                None => None,
            },
        };
        let cell = Cell::Number(written);
        match (value, column_type) {
            (Some(value), _) => Ok(value),
            (None, ColumnType::Json) => Ok(Value::Text(self.json(&cell).into())),
            (None, ColumnType::Long) if read == Number::TooLarge => {
                let found = format!("{}, which 64 bits do not hold", describe(&cell));
                Err(mismatch(&cell, column_type)(Unfit::new(found)))
            }
            (None, ColumnType::Float) => {
                Err(mismatch(&cell, column_type)(Unfit::new(not_exactly(&cell, "float"))))
            }
            (None, _) => self.written(&cell, column_type).map_err(mismatch(&cell, column_type)),
        }
    }

    fn json(self, cell: &Cell<'_>) -> String {
        let style = if self.is_inferred { Members::Canonical } else { Members::AsTheyAre };
        let mut json = String::new();
        push_cell_json(cell, style, &mut json);
        json
    }

    /// Types that JSON and JavaScript write as text or as numbers.
    fn written<'a>(self, cell: &Cell<'_>, column_type: &ColumnType) -> Result<Value<'a>, Unfit> {
        let value = match (column_type, cell) {
            (ColumnType::Decimal { scale, .. }, Cell::Float(value)) if has_made_up_digits(*value, *scale) => {
                let found = format!("{}, which has more digits than a double keeps", describe(cell));
                return Err(Unfit::new(found));
            }
            (ColumnType::Decimal { precision, scale }, _) => {
                let unfit = || Unfit { found: describe(cell), help: advice::of_value(cell, column_type) };
                let Some(number) = number_text(cell) else { return Err(unfit()) };
                return match parse::decimal(&number, *precision, *scale) {
                    Some(value) => Ok(Value::Decimal(value)),
                    None if parse::decimal(&number, 38, 18).is_some() => {
                        Err(Unfit::new(not_exactly(cell, &column_type.name())))
                    }
                    None => Err(unfit()),
                };
            }
            (ColumnType::Binary, Cell::Text(text)) => {
                parse::bytes(text, self.format).map(Value::Bytes).ok_or(None)
            }
            (ColumnType::Timestamp | ColumnType::LocalTimestamp, Cell::Timestamp(micros)) => {
                Ok(Value::Int(*micros))
            }
            (ColumnType::Date, Cell::Timestamp(micros)) => {
                // A day was meant only if there is nothing of another one.
                let is_day = micros % parse::MICROS_PER_DAY == 0;
                let help = "the date has a time of day in UTC: return `value.toISOString().slice(0, 10)` for its day, or \
                            declare `timestamp`";
                is_day.then(|| day(*micros)).flatten().ok_or_else(|| Some(help.to_owned()))
            }
            _ => times::read(cell, column_type, self.format),
        };
        value.map_err(|help| Unfit {
            found: describe(cell),
            help: help.or_else(|| advice::of_value(cell, column_type)),
        })
    }

    fn list<'a>(self, items: Vec<Cell<'a>>, item: &ColumnType) -> Result<Value<'a>, Box<Mismatch>> {
        let accept = |(index, cell): (usize, Cell<'a>)| {
            self.accept(cell, item).map_err(|mismatch| mismatch.inside(&format!("[{index}]")))
        };
        items.into_iter().enumerate().map(accept).collect::<Result<_, _>>().map(Value::List)
    }

    fn members<'a>(
        self,
        found: Vec<(Cow<'a, str>, Cell<'a>)>,
        members: &[(String, ColumnType)],
    ) -> Result<Value<'a>, Box<Mismatch>> {
        let mut values = vec![Value::Null; members.len()];
        for (name, cell) in found {
            let Some(at) = members.iter().position(|(known, _)| *known == name) else {
                if self.drops_members {
                    continue;
                }
                let expected = ColumnType::Struct(members.to_vec()).name();
                let found = format!("an object with a member `{name}`");
                return Err(Box::new(Mismatch {
                    path: String::new(),
                    found,
                    expected,
                    advice: None,
                    help: None,
                }));
            };
            // Of two with one name the later one counts.
            values[at] =
                self.accept(cell, &members[at].1).map_err(|mismatch| mismatch.inside(&format!(".{name}")))?;
        }
        Ok(Value::Struct(values))
    }

    fn map<'a>(
        self,
        found: Vec<(Cow<'a, str>, Cell<'a>)>,
        value: &ColumnType,
    ) -> Result<Value<'a>, Box<Mismatch>> {
        let mut entries: Vec<(Cow<'a, str>, Value<'a>)> = Vec::with_capacity(found.len());
        for (name, cell) in found {
            let accepted =
                self.accept(cell, value).map_err(|mismatch| mismatch.inside(&format!(".{name}")))?;
            match entries.iter_mut().rev().find(|(known, _)| *known == name) {
                Some((_, earlier)) => *earlier = accepted,
                None => entries.push((name, accepted)),
            }
        }
        Ok(Value::Map(entries))
    }
}

impl Mismatch {
    fn inside(mut self: Box<Self>, step: &str) -> Box<Self> {
        self.path.insert_str(0, step);
        self
    }
}

/// Makes the refusal of a cell out of what it is.
fn mismatch(cell: &Cell<'_>, column_type: &ColumnType) -> impl Fn(Unfit) -> Box<Mismatch> {
    let (advice, expected) = (Advice::about(cell, column_type), column_type.name());
    move |Unfit { found, help }| {
        Box::new(Mismatch { path: String::new(), found, expected: expected.clone(), advice, help })
    }
}

fn not_exactly(cell: &Cell<'_>, type_name: &str) -> String {
    format!("{}, which a {type_name} does not hold exactly", describe(cell))
}

/// A number with all its digits, or text that may be one.
pub(crate) fn number_text<'c>(cell: &'c Cell<'_>) -> Option<Cow<'c, str>> {
    match cell {
        Cell::Int(value) => Some(value.to_string().into()),
        Cell::Float(value) => {
            let mut text = String::new();
            push_number(*value, &mut text);
            Some(text.into())
        }
        Cell::Text(text) | Cell::Number(text) => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

/// Numbers of 128 bits as text.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

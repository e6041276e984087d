//! `kind: range`: values between two bounds.

use pipeline_config::{Field, Kind, Section, Shape, utc};

use crate::{
    checks::{Check, CheckBuild, Probe, SEVERITY, each_value::EachValue},
    parse,
};

pub(crate) const KIND: Kind<CheckBuild> = Kind {
    name: "range",
    summary: "The values of a column are between two bounds, both included; nulls are passed over.",
    fields: &[
        Field::required("column", Shape::Text, "The column."),
        Field::optional("min", Shape::Text, "The least value: a number, a date or a time."),
        Field::optional("max", Shape::Text, "The greatest value."),
        SEVERITY,
    ],
    build,
};

fn build(section: &Section<'_>) -> Option<Box<dyn Check>> {
    let bound = |name: &str| {
        let written = section.optional_text(name)?;
        let point = Point::parse(&written);
        if point.is_none() {
            let error = section.error("T010", name, format!("`{written}` is no number, date or time"));
            section.reader().report(error.help("write `0`, `0.5`, `2024-11-29` or `2024-11-29T10:00:00Z`"));
        }
        point
    };
    if section.node("min").is_none() && section.node("max").is_none() {
        section.reader().report(section.error("T010", "column", "a range has `min`, `max` or both"));
    }
    let column = section.optional_text("column")?;
    let shown = |name: &str| section.optional_text(name).unwrap_or_default();
    let shown = format!("{}..{}", shown("min"), shown("max"));
    Some(Box::new(Range { column, min: bound("min"), max: bound("max"), shown }))
}

/// A value that has a before and an after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Point {
    /// All digits, and how many of them come after the point.
    Exact(i128, u8),
    /// A number with an exponent, or of more digits.
    Number(f64),
    /// Microseconds since 1970, UTC.
    Time(i64),
}

impl Point {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        if let Some(digits) = u8::try_from(scale).ok().and_then(|scale| parse::decimal(text, 38, scale)) {
            return Some(Self::Exact(digits, u8::try_from(scale).unwrap_or_default()));
        }
        if let Ok(number) = text.parse::<f64>() {
            return number.is_finite().then_some(Self::Number(number));
        }
        utc::parse_any(text).map(Self::Time)
    }

    /// Whether `self` is less than `point`; `None` for a time and a number.
    fn is_less(self, point: Self) -> Option<bool> {
        match (self, point) {
            (Self::Time(a), Self::Time(b)) => Some(a < b),
            (Self::Exact(a, scale), Self::Exact(b, other)) => {
                let most = scale.max(other);
                let aligned = |digits: i128, scale: u8| {
                    digits.checked_mul(10_i128.checked_pow(u32::from(most - scale))?)
                };
                match (aligned(a, scale), aligned(b, other)) {
                    (Some(a), Some(b)) => Some(a < b),
                    _ => Some(self.number() < point.number()),
                }
            }
            (Self::Time(_), _) | (_, Self::Time(_)) => None,
            (a, b) => Some(a.number() < b.number()),
        }
    }

    /// Whether both are the same number, however it is written, or the same time.
    pub(crate) fn is_equal(self, point: Self) -> bool {
        self.is_less(point) == Some(false) && point.is_less(self) == Some(false)
    }

    fn number(self) -> f64 {
        match self {
            Self::Exact(digits, scale) => digits as f64 / 10_f64.powi(scale.into()),
            Self::Time(micros) => micros as f64,
            Self::Number(number) => number,
        }
    }
}

#[derive(Debug, Clone)]
struct Range {
    column: String,
    min: Option<Point>,
    max: Option<Point>,
    shown: String,
}

impl Range {
    fn contains(&self, text: &str) -> bool {
        let Some(point) = Point::parse(text) else { return false };
        let fits = |less: Option<bool>| less == Some(false);
        self.min.is_none_or(|min| fits(point.is_less(min)))
            && self.max.is_none_or(|max| fits(max.is_less(point)))
    }
}

impl Check for Range {
    fn name(&self) -> String {
        format!("range ({}, {})", self.column, self.shown)
    }

    fn begin(&self) -> Box<dyn Probe> {
        let range = self.clone();
        let column = self.column.clone();
        Box::new(EachValue::new(column, move |text, _| range.contains(text), "outside of the range"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_digits_are_compared() {
        let check = |text: &str, max: &str, expected: bool| {
            let (column, shown) = ("c".to_owned(), String::new());
            let range = Range { column, min: None, max: Point::parse(max), shown };
            assert_eq!(range.contains(text), expected, "{text} {max}");
        };
        check("9007199254740993", "9007199254740992", false);
        check("9007199254740992", "9007199254740992.5", true);
        check("9007199254740993", "9007199254740992.5", false);
        check("12345678901234567890.12", "12345678901234567890.11", false);
        check("18446744073709551616", "18446744073709551615", false);
        check("0.1", "0.10", true);
        check("1e300", "1e3", false);
        check("1500", "1.5e3", true);
        check("-0.5", "0", true);
        check("2024-11-29", "2024-11-28", false);
        check("2024-11-29", "5", false);
    }
}

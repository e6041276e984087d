//! `kind: range`: values between two bounds.

use pipeline_config::{Field, Kind, Section, Shape, utc};

use crate::checks::{Check, CheckBuild, Probe, SEVERITY, each_value::EachValue};

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
    Integer(i64),
    Number(f64),
    /// Microseconds since 1970, UTC.
    Time(i64),
}

impl Point {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(integer) = text.parse() {
            return Some(Self::Integer(integer));
        }
        if let Ok(number) = text.parse::<f64>() {
            return number.is_finite().then_some(Self::Number(number));
        }
        utc::parse_any(text).map(Self::Time)
    }

    /// Whether `self` is less than `other`; `None` for a time and a number.
    fn is_less(self, other: Self) -> Option<bool> {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) | (Self::Time(a), Self::Time(b)) => Some(a < b),
            (Self::Time(_), _) | (_, Self::Time(_)) => None,
            (a, b) => Some(a.number() < b.number()),
        }
    }

    fn number(self) -> f64 {
        match self {
            Self::Integer(integer) | Self::Time(integer) => integer as f64,
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
        Box::new(EachValue::new(column, move |text| range.contains(text), "outside of the range"))
    }
}

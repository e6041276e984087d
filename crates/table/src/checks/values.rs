//! `kind: not_null` and `kind: accepted_values`: checks of one value at a time.

use std::collections::HashSet;

use pipeline_config::{Field, Kind, Section, Shape, utc};

use crate::{
    checks::{
        Check, CheckBuild, CheckedPage, Probe, Problem, RunFacts, SEVERITY, each_value::EachValue,
        range::Point, tally::Tally,
    },
    column_type::ColumnType,
    parse,
};

pub(crate) const NOT_NULL: Kind<CheckBuild> = Kind {
    name: "not_null",
    summary: "Every row has a value in each of these columns.",
    fields: &[Field::required("columns", Shape::List(&Shape::Text), "The columns."), SEVERITY],
    build: |section| Some(Box::new(NotNull { columns: columns(section)? })),
};

pub(crate) const ACCEPTED_VALUES: Kind<CheckBuild> = Kind {
    name: "accepted_values",
    summary: "A column has no values but these; nulls are passed over.",
    fields: &[
        Field::required("column", Shape::Text, "The column."),
        Field::required("values", Shape::List(&Shape::Text), "The values, as text."),
        SEVERITY,
    ],
    build: |section| {
        let values = section.texts("values").into_iter().map(|text| text.value).collect();
        Some(Box::new(AcceptedValues { column: section.optional_text("column")?, values }))
    },
};

/// The names under `columns`, of which there must be one.
pub(crate) fn columns(section: &Section<'_>) -> Option<Vec<String>> {
    let columns: Vec<String> = section.texts("columns").into_iter().map(|text| text.value).collect();
    if columns.is_empty() && section.node("columns").is_some() {
        section.reader().report(section.error("T010", "columns", "a check needs a column"));
    }
    (!columns.is_empty()).then_some(columns)
}

#[derive(Debug, Clone)]
struct NotNull {
    columns: Vec<String>,
}

impl Check for NotNull {
    fn name(&self) -> String {
        format!("not_null ({})", self.columns.join(", "))
    }

    fn begin(&self) -> Box<dyn Probe> {
        Box::new(NotNullProbe { check: self.clone(), tally: Tally::default() })
    }
}

struct NotNullProbe {
    check: NotNull,
    tally: Tally,
}

impl Probe for NotNullProbe {
    fn add(&mut self, page: &CheckedPage<'_>) {
        for name in &self.check.columns {
            let column = page.column(name);
            for row in 0..page.n_rows() {
                if column.is_none_or(|column| column.is_null(row)) {
                    self.tally.count(page, row, None);
                }
            }
        }
    }

    fn finish(self: Box<Self>, facts: &RunFacts) -> Option<Problem> {
        match facts.no_such_column(&self.check.columns) {
            Some(message) => Some(Problem::of_all(message)),
            None => self.tally.into_problem("without a value"),
        }
    }
}

#[derive(Debug, Clone)]
struct AcceptedValues {
    column: String,
    values: HashSet<String>,
}

impl Check for AcceptedValues {
    fn name(&self) -> String {
        format!("accepted_values ({})", self.column)
    }

    fn begin(&self) -> Box<dyn Probe> {
        let Self { column, values } = self.clone();
        let is_accepted = move |text: &str, column_type: &ColumnType| {
            values.contains(text) || values.iter().any(|value| is_same(value, text, column_type))
        };
        Box::new(EachValue::new(column, is_accepted, "with a value that is not accepted"))
    }
}

/// Whether two texts are the same value of a type that has several ways to write it: `1` and `1.0`, a day and its midnight.
fn is_same(a: &str, b: &str, column_type: &ColumnType) -> bool {
    use ColumnType::{Date, Decimal, Duration, Float, Int, LocalTimestamp, Long, Mixed, Time, Timestamp};
    match column_type {
        Int | Long | Float | Decimal { .. } | Mixed => match (Point::parse(a), Point::parse(b)) {
            (Some(a), Some(b)) => a.is_equal(b),
            _ => false,
        },
        Date | Timestamp | LocalTimestamp => {
            utc::parse_any(a).is_some_and(|time| utc::parse_any(b) == Some(time))
        }
        Time => parse::time(a).is_ok_and(|time| parse::time(b) == Ok(time)),
        Duration => parse::duration(a).is_ok_and(|length| parse::duration(b) == Ok(length)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_numbers_and_times_are_compared_by_what_they_are() {
        let check = |column_type: &str, a: &str, b: &str, expected: bool| {
            let column_type = ColumnType::parse(column_type).unwrap();
            assert_eq!(is_same(a, b, &column_type), expected, "{column_type:?} {a} {b}");
        };
        check("float", "1.0", "1", true);
        check("int", "1e3", "1000", true);
        check("int", "9007199254740993", "9007199254740992", false);
        check("decimal(10,2)", "1", "1.00", true);
        check("timestamp", "2024-11-29", "2024-11-29T00:00:00.000Z", true);
        check("timestamp", "2024-11-29T01:00:00+01:00", "2024-11-29T00:00:00.000Z", true);
        check("date", "2024-11-29", "2024-11-30", false);
        check("time", "10:44", "10:44:00.000", true);
        check("duration", "PT60M", "PT1H", true);
        check("string", "1.0", "1", false);
        check("bool", "1", "true", false);
    }
}

//! `kind: not_null` and `kind: accepted_values`: checks of one value at a time.

use std::collections::HashSet;

use pipeline_config::{Field, Kind, Section, Shape};

use crate::checks::{
    Check, CheckBuild, CheckedPage, Probe, Problem, RunFacts, SEVERITY, each_value::EachValue, tally::Tally,
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
        Box::new(EachValue::new(
            column,
            move |text| values.contains(text),
            "with a value that is not accepted",
        ))
    }
}

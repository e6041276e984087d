//! `kind: row_count`: how many rows a run has, by itself and against the last one.

use pipeline_config::{Field, Kind, Section, Shape};

use crate::checks::{Check, CheckBuild, CheckedPage, Probe, Problem, RunFacts, SEVERITY};

pub(crate) const KIND: Kind<CheckBuild> = Kind {
    name: "row_count",
    summary: "A run has so many rows, and not many more or fewer than the last one that was committed.",
    fields: &[
        Field::optional("min", Shape::Integer(0, u64::MAX), "At least so many rows."),
        Field::optional("max", Shape::Integer(0, u64::MAX), "At most so many."),
        Field::optional(
            "max_change",
            Shape::Text,
            "How far it may be from the number of the last run, such as `20%`; the first run has none to be compared \
             with.",
        ),
        SEVERITY,
    ],
    build,
};

fn build(section: &Section<'_>) -> Option<Box<dyn Check>> {
    let max_change = section.optional_text("max_change").and_then(|written| {
        let percent: Option<f64> = written.strip_suffix('%').and_then(|number| number.trim().parse().ok());
        let percent = percent.filter(|percent| percent.is_finite() && *percent >= 0.0);
        if percent.is_none() {
            let error = section.error("T010", "max_change", format!("`{written}` is no percentage"));
            section.reader().report(error.help("write `20%`"));
        }
        percent
    });
    if ["min", "max", "max_change"].iter().all(|name| section.node(name).is_none()) {
        let error = section.error("T010", "min", "a row count has `min`, `max` or `max_change`");
        section.reader().report(error);
    }
    Some(Box::new(RowCount { min: section.integer("min"), max: section.integer("max"), max_change }))
}

#[derive(Debug, Clone, Copy)]
struct RowCount {
    min: Option<u64>,
    max: Option<u64>,
    max_change: Option<f64>,
}

impl Check for RowCount {
    fn name(&self) -> String {
        "row_count".into()
    }

    fn begin(&self) -> Box<dyn Probe> {
        Box::new(*self)
    }
}

impl Probe for RowCount {
    fn add(&mut self, _: &CheckedPage<'_>) {}

    fn finish(self: Box<Self>, facts: &RunFacts) -> Option<Problem> {
        let n_rows = facts.n_rows;
        let counted =
            if n_rows == 1 { "there is 1 row".to_owned() } else { format!("there are {n_rows} rows") };
        if let Some(min) = self.min.filter(|min| n_rows < *min) {
            return Some(Problem::of_all(format!("{counted}, at least {min} were expected")));
        }
        if let Some(max) = self.max.filter(|max| n_rows > *max) {
            return Some(Problem::of_all(format!("{counted}, at most {max} were expected")));
        }
        let (max_change, before) = (self.max_change?, facts.n_rows_before?);
        let change = match before {
            0 if n_rows == 0 => 0.0,
            0 => f64::INFINITY,
            before => (n_rows as f64 - before as f64) / before as f64 * 100.0,
        };
        (change.abs() > max_change).then(|| {
            Problem::of_all(format!(
                "{counted}, {change:+.1}% against the {before} of the last run; at most {max_change}% were expected"
            ))
        })
    }
}

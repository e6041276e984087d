//! `kind: freshness`: the newest row is not old.

use std::time::Duration;

use pipeline_config::{Field, Kind, Section, Shape, utc};

use crate::checks::{Check, CheckBuild, CheckedPage, Probe, Problem, RunFacts, SEVERITY, tally::Tally};

/// 2900-01-01; what is later stands for "without end", such as 9999-12-31.
const WITHOUT_END: i64 = 29_348_006_400_000_000;

pub(crate) const KIND: Kind<CheckBuild> = Kind {
    name: "freshness",
    summary: "The newest time in a column is at most so old when the run begins; times from the year 2900 on, which mean \
              \"without end\", are passed over.",
    fields: &[
        Field::required("column", Shape::Text, "The column: times, dates, or text that is one."),
        Field::required("max_age", Shape::Duration, "How old the newest row may be."),
        SEVERITY,
    ],
    build,
};

fn build(section: &Section<'_>) -> Option<Box<dyn Check>> {
    let (column, max_age) = (section.optional_text("column")?, section.duration("max_age")?);
    Some(Box::new(Freshness { column, max_age }))
}

#[derive(Debug, Clone)]
struct Freshness {
    column: String,
    max_age: Duration,
}

impl Check for Freshness {
    fn name(&self) -> String {
        format!("freshness ({})", self.column)
    }

    fn begin(&self) -> Box<dyn Probe> {
        Box::new(FreshnessProbe { check: self.clone(), newest: None, tally: Tally::default() })
    }
}

struct FreshnessProbe {
    check: Freshness,
    /// Microseconds since 1970.
    newest: Option<i64>,
    /// Values that are no times.
    tally: Tally,
}

impl Probe for FreshnessProbe {
    fn add(&mut self, page: &CheckedPage<'_>) {
        let column = page.column(&self.check.column);
        for row in 0..page.n_rows() {
            let Some(text) = page.text(column, row) else { continue };
            match utc::parse_any(&text) {
                // A row that is valid without end would be fresh for ever.
                Some(time) if time >= WITHOUT_END => {}
                Some(time) => self.newest = self.newest.max(Some(time)),
                None => self.tally.count(page, row, Some(text)),
            }
        }
    }

    fn finish(self: Box<Self>, facts: &RunFacts) -> Option<Problem> {
        if let Some(message) = facts.no_such_column(std::slice::from_ref(&self.check.column)) {
            return Some(Problem::of_all(message));
        }
        if let Some(problem) = self.tally.into_problem("whose value is no time") {
            return Some(problem);
        }
        let Some(newest) = self.newest else {
            return Some(Problem::of_all("there is no row that could be fresh".into()));
        };
        let age = facts.now.as_microsecond().saturating_sub(newest);
        if i128::from(age) <= self.check.max_age.as_micros() as i128 {
            return None;
        }
        let shown = utc::to_text(newest);
        Some(Problem::of_all(format!("the newest row is of {shown}, older than the `max_age` allows")))
    }
}

//! `kind: unique`: no two rows of a run have the same key.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hasher},
};

use indexmap::IndexMap;
use pipeline_config::{Field, Kind, Section, Shape};

use crate::{
    checks::{Check, CheckBuild, CheckedPage, Example, Probe, Problem, RunFacts, SEVERITY, tally::Tally},
    loss::Rounded,
    spelled::Spelled,
};

pub(crate) const KIND: Kind<CheckBuild> = Kind {
    name: "unique",
    summary: "No two rows of a run have the same values in these columns; nulls are passed over. Needs some 40 bytes \
              of memory per row.",
    fields: &[
        Field::required(
            "columns",
            Shape::List(&Shape::Text),
            "One column, or several that make the key together.",
        ),
        Field::default(
            "max_keys",
            Shape::Integer(1, u64::MAX),
            "10000000",
            "With more keys than this the check does not hold, for it would need too much memory.",
        ),
        SEVERITY,
    ],
    build,
};

fn build(section: &Section<'_>) -> Option<Box<dyn Check>> {
    let columns = super::values::columns(section)?;
    Some(Box::new(Unique { columns, max_keys: section.integer("max_keys")? }))
}

#[derive(Debug, Clone)]
struct Unique {
    columns: Vec<String>,
    max_keys: u64,
}

impl Check for Unique {
    fn name(&self) -> String {
        format!("unique ({})", self.columns.join(", "))
    }

    fn begin(&self) -> Box<dyn Probe> {
        Box::new(UniqueProbe {
            check: self.clone(),
            seen: HashSet::new(),
            tally: Tally::default(),
            rounded: IndexMap::new(),
            spelled: vec![Spelled::default(); self.columns.len()],
            is_too_many: false,
        })
    }
}

struct UniqueProbe {
    check: Unique,
    /// Keys hashed to 128 bits: two of a billion have the same with a chance below one in 10^20.
    seen: HashSet<u128>,
    tally: Tally,
    /// Columns with values that may have been different ones.
    rounded: IndexMap<String, (Rounded, Option<Example>)>,
    /// What is known of each column.
    spelled: Vec<Spelled>,
    is_too_many: bool,
}

impl UniqueProbe {
    /// Values that have lost something are no keys: two of them may be equal although the page had different ones.
    fn note_rounded(&mut self, page: &CheckedPage<'_>) {
        for (column, spelled) in self.check.columns.iter().zip(&mut self.spelled) {
            page.add_to(spelled, column);
            let Some(rounded) = page.rounded(column) else { continue };
            match self.rounded.get_mut(column) {
                Some((known, _)) => known.add(&rounded),
                None => {
                    let example = rounded.row.map(|row| Example {
                        page: page.index(),
                        row: page.returned_row(row),
                        value: Some(rounded.value.clone()),
                    });
                    self.rounded.insert(column.clone(), (rounded, example));
                }
            }
        }
    }
}

impl Probe for UniqueProbe {
    fn add(&mut self, page: &CheckedPage<'_>) {
        self.note_rounded(page);
        if self.is_too_many || !self.rounded.is_empty() {
            return;
        }
        let columns: Vec<_> = self.check.columns.iter().map(|name| page.column(name)).collect();
        for row in 0..page.n_rows() {
            let parts: Option<Vec<String>> = columns.iter().map(|column| page.text(*column, row)).collect();
            let Some(parts) = parts else { continue };
            if !self.seen.insert(hash_128(&parts)) {
                self.tally.count(page, row, Some(parts.join(", ")));
            }
        }
        if self.seen.len() as u64 > self.check.max_keys {
            self.is_too_many = true;
            self.seen = HashSet::new();
        }
    }

    fn finish(self: Box<Self>, facts: &RunFacts) -> Option<Problem> {
        if let Some(message) = facts.no_such_column(&self.check.columns) {
            return Some(Problem::of_all(message));
        }
        for (column, spelled) in self.check.columns.iter().zip(&self.spelled) {
            if let Some((page, lost)) = spelled.found() {
                let row = lost.row.map(|row| Example { page: *page, row, value: Some(lost.value.clone()) });
                let (message, n_rows) = (lost.not_compared(column), lost.n);
                return Some(Problem { message, n_rows, examples: row.into_iter().collect() });
            }
        }
        if let Some((column, (rounded, example))) = self.rounded.into_iter().next() {
            return Some(Problem {
                message: rounded.not_compared(&column),
                n_rows: rounded.n,
                examples: example.into_iter().collect(),
            });
        }
        if self.is_too_many {
            return Some(Problem::of_all(format!(
                "there are more than {} keys, which are not compared; raise `max_keys` if there is memory for some 40 \
                 bytes per row",
                self.check.max_keys
            )));
        }
        self.tally.into_problem("with a key that came before")
    }
}

/// Hashes the parts of a key, each with its length.
pub(crate) fn hash_128(parts: &[String]) -> u128 {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        for part in parts {
            hasher.write_usize(part.len());
            hasher.write(part.as_bytes());
        }
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}

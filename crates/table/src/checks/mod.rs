//! `checks:`: what must be true of the rows of a run before anyone sees them.
//!
//! A [`Check`] is what was written, a [`Probe`] looks at the pages as they pass and says at the end what it
//! [found](Finding). Memory does not grow with the rows, except for `unique`, which says what it needs.

mod each_value;
mod facts;
mod freshness;
mod range;
mod row_count;
mod tally;
mod unique;
mod values;

use std::fmt::Debug;

use indexmap::IndexSet;
use pipeline_config::{Field, Kind, Node, Section, Shape};

pub use facts::{CheckedPage, RunFacts};
pub use tally::{Example, Problem};

/// Every kind of check.
pub const CHECK_KINDS: &[Kind<CheckBuild>] =
    &[unique::KIND, values::NOT_NULL, values::ACCEPTED_VALUES, range::KIND, row_count::KIND, freshness::KIND];

/// Makes a check from its section; `None` after reporting why there can be none.
pub type CheckBuild = fn(&Section<'_>) -> Option<Box<dyn Check>>;

/// The key that all kinds share.
pub(crate) const SEVERITY: Field = Field::default(
    "severity",
    Shape::OneOf(&["fail", "warn"]),
    "fail",
    "What it means when it does not hold: `fail` leaves the earlier output as it was, `warn` only tells.",
);

/// Something that must be true of rows.
pub trait Check: Debug + Send + Sync {
    /// What it is about, for messages: `unique (Issue Key)`.
    fn name(&self) -> String;

    /// Begins to look at the rows of a run.
    fn begin(&self) -> Box<dyn Probe>;
}

/// A check at work on one run.
pub trait Probe: Send {
    /// Looks at the rows of the next page.
    fn add(&mut self, page: &CheckedPage<'_>);

    /// What is wrong; `None` when the check holds.
    fn finish(self: Box<Self>, facts: &RunFacts) -> Option<Problem>;
}

/// How bad it is when a check does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The run tells.
    Warn,
    /// The run fails.
    Fail,
}

/// The checks of one table.
#[derive(Debug, Default)]
pub struct Checks {
    list: Vec<(Severity, Box<dyn Check>)>,
}

/// The checks of one table at work.
#[derive(Default)]
pub struct Probes {
    list: Vec<(String, Severity, Box<dyn Probe>)>,
    names: IndexSet<String>,
}

/// The verdict of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What the check is about.
    pub check: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong; `None` when the check holds.
    pub problem: Option<Problem>,
}

impl Checks {
    /// Reads the list under `name`; mistakes are reported.
    pub fn read(section: &Section<'_>, name: &str) -> Self {
        let reader = section.reader();
        let nodes: &[Node] = match section.node(name) {
            Some(Node { value: pipeline_config::Value::List(items), .. }) => items,
            Some(node) => std::slice::from_ref(node),
            None => &[],
        };
        let read = |node: &Node| {
            let (section, kind) = Section::read_kind(reader, node, CHECK_KINDS, "check")?;
            let severity = if section.text("severity") == "warn" { Severity::Warn } else { Severity::Fail };
            Some((severity, (kind.build)(&section)?))
        };
        Self { list: nodes.iter().filter_map(read).collect() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Begins to look at the rows of a run.
    pub fn begin(&self) -> Probes {
        let begin = |(severity, check): &(Severity, Box<dyn Check>)| (check.name(), *severity, check.begin());
        Probes { list: self.list.iter().map(begin).collect(), names: IndexSet::new() }
    }
}

impl Probes {
    /// Looks at the rows of the next page; pages come in order.
    ///
    /// # Errors
    /// [`TableError::ForeignType`](crate::TableError::ForeignType) when the rows are not those of a batch.
    pub fn add(&mut self, index: usize, batch: &crate::Batch) -> Result<(), crate::TableError> {
        if self.list.is_empty() {
            return Ok(());
        }
        for column in batch.columns().iter() {
            // Most pages bring no new ones, and a name is copied once.
            if !self.names.contains(&column.name) {
                self.names.insert(column.name.clone());
            }
        }
        let page = CheckedPage::new(index, batch)?;
        self.list.iter_mut().for_each(|(_, _, probe)| probe.add(&page));
        Ok(())
    }

    /// The verdicts, in the order of the file.
    pub fn finish(self, facts: &RunFacts) -> Vec<Finding> {
        let facts = RunFacts { columns: self.names, ..facts.clone() };
        let finding = |(check, severity, probe): (String, Severity, Box<dyn Probe>)| Finding {
            check,
            severity,
            problem: probe.finish(&facts),
        };
        self.list.into_iter().map(finding).collect()
    }
}

impl Debug for Probes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.list.iter().map(|(name, _, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests;

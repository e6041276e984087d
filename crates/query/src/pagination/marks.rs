//! What a body may say about its page besides where the next one is.

use pipeline_config::{Field, Section, Shape};

use super::{Facts, PaginationError};
use crate::{query::optional_selector, scan::Found, selector::Selector};

pub(super) const IS_LAST: Field =
    Field::optional("is_last", Shape::Text, "A value in the body that is `true` on the last page.");
pub(super) const HAS_MORE: Field =
    Field::optional("has_more", Shape::Text, "A value in the body that is `false` on the last page.");
pub(super) const TOTAL: Field = Field::optional(
    "total",
    Shape::Text,
    "Where the body says how many records there are, for the progress.",
);

/// What is looked for in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Next,
    IsLast,
    HasMore,
    Total,
}

/// The selectors of the keys `next`, `is_last`, `has_more` and `total`, as far as a section has them.
#[derive(Debug)]
pub(super) struct Marks {
    roles: Vec<Role>,
    selectors: Vec<Selector>,
}

impl Marks {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let named = [
            (Role::Next, "next"),
            (Role::IsLast, "is_last"),
            (Role::HasMore, "has_more"),
            (Role::Total, "total"),
        ];
        let read = |(role, name): (Role, &str)| Some((role, optional_selector(section, name)?));
        let (roles, selectors) = named.into_iter().filter_map(read).unzip();
        Self { roles, selectors }
    }

    /// What [`Pagination::selectors`](super::Pagination::selectors) asks for.
    pub(super) fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    fn found<'f>(&'f self, role: Role, facts: &'f Facts<'_>) -> Option<(&'f Selector, &'f Found)> {
        let index = self.roles.iter().position(|known| *known == role)?;
        Some((&self.selectors[index], &facts.found[index]))
    }

    /// Where the next page should be named, and what stands there.
    pub(super) fn next<'f>(&'f self, facts: &'f Facts<'_>) -> Option<(&'f Selector, &'f Found)> {
        self.found(Role::Next, facts)
    }

    /// Whether the body says that this is the last page.
    pub(super) fn is_last(&self, facts: &Facts<'_>) -> bool {
        self.found(Role::IsLast, facts).is_some_and(|(_, found)| found.is_true())
            || self.found(Role::HasMore, facts).is_some_and(|(_, found)| found.is_false())
    }

    /// How many records there are in all, where the body says so.
    pub(super) fn total(&self, facts: &Facts<'_>) -> Result<Option<u64>, PaginationError> {
        facts.number(None, self.found(Role::Total, facts))
    }
}

//! What a body may say about its page besides where the next one is.

use pipeline_config::{Field, Section, Shape};

use super::{Facts, FlagSignal, PaginationError, says_more};
use crate::{query::optional_selector, scan::Found, selector::Selector};

pub(super) const IS_LAST: Field = Field::optional(
    "is_last",
    Shape::Text,
    "A value in the body that is `true` on the last page; `1`, `yes` and the like are understood too.",
);
pub(super) const HAS_MORE: Field = Field::optional(
    "has_more",
    Shape::Text,
    "A value in the body that is `false` on the last page; `0`, `no` and the like are understood too.",
);
pub(super) const TOTAL: Field = Field::optional(
    "total",
    Shape::Text,
    "Where the body says how many records there are, for the progress; pages that end before are told.",
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
    /// The keys of a kind whose pages name the next one.
    pub(super) fn named(section: &Section<'_>) -> Self {
        Self::read(section, &[(Role::Next, "next"), (Role::Total, "total")])
    }

    /// The keys of a kind that counts; `total` is what it calls the total.
    pub(super) fn counted(section: &Section<'_>, total: &'static str) -> Self {
        Self::read(section, &[(Role::Total, total)])
    }

    fn read(section: &Section<'_>, own: &[(Role, &'static str)]) -> Self {
        let flags = [(Role::IsLast, "is_last"), (Role::HasMore, "has_more")];
        let named = own.iter().copied().chain(flags);
        let read = |(role, name): (Role, &'static str)| {
            report_opposite(section, role, name);
            Some((role, optional_selector(section, name)?))
        };
        let (roles, selectors) = named.filter_map(read).unzip();
        Self { roles, selectors }
    }

    /// What [`Pagination::selectors`](super::Pagination::selectors) asks for.
    pub(super) fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    fn found<'f>(&'f self, role: Role, facts: &'f Facts<'_>) -> Option<(&'f Selector, &'f Found)> {
        let index = self.roles.iter().position(|known| *known == role)?;
        Some((&self.selectors[index], facts.found.get(index)?))
    }

    /// Where the next page should be named, and what stands there.
    pub(super) fn next<'f>(&'f self, facts: &'f Facts<'_>) -> Option<(&'f Selector, &'f Found)> {
        self.found(Role::Next, facts)
    }

    /// What `is_last` and `has_more` say together. A flag that is absent says nothing.
    pub(super) fn flag(&self, facts: &Facts<'_>) -> FlagSignal {
        let says = |role, yes, no| match self.found(role, facts).map(|(_, found)| (found, found.truth())) {
            None | Some((Found::Absent, _)) => FlagSignal::Silent,
            Some((_, Some(true))) => yes,
            Some((_, Some(false))) => no,
            Some((_, None)) => FlagSignal::Unreadable,
        };
        let is_last = says(Role::IsLast, FlagSignal::Last, FlagSignal::More);
        let has_more = says(Role::HasMore, FlagSignal::More, FlagSignal::Last);
        match (is_last, has_more) {
            (FlagSignal::Silent, flag) | (flag, FlagSignal::Silent) => flag,
            (one, other) if one == other => one,
            (FlagSignal::Unreadable, _) | (_, FlagSignal::Unreadable) => FlagSignal::Unreadable,
            _ => FlagSignal::Disagree,
        }
    }

    /// What messages call the flags, and where a path stands.
    pub(super) fn flag_name(&self) -> String {
        let of = |role| self.roles.iter().position(|known| *known == role);
        let named = [Role::HasMore, Role::IsLast].into_iter().filter_map(of);
        let names: Vec<String> = named.map(|index| format!("`{}`", self.selectors[index].as_str())).collect();
        names.join(" or ")
    }

    /// What messages call the place of the next page.
    pub(super) fn next_name(&self) -> String {
        let index = self.roles.iter().position(|role| *role == Role::Next);
        index.map(|index| format!("`{}`", self.selectors[index].as_str())).unwrap_or_default()
    }

    /// How many records or pages there are in all, where the body or the header of that name says so.
    pub(super) fn total(
        &self,
        header: Option<&str>,
        facts: &Facts<'_>,
    ) -> Result<Option<u64>, PaginationError> {
        facts.number(header, self.found(Role::Total, facts))
    }
}

/// Reports a flag whose name says the opposite: `is_last: has_more` would end after the first page.
fn report_opposite(section: &Section<'_>, role: Role, name: &'static str) {
    let (means_more, other) = match role {
        Role::IsLast => (false, "has_more"),
        Role::HasMore => (true, "is_last"),
        Role::Next | Role::Total => return,
    };
    let Some(path) = section.optional_text(name) else { return };
    let key = path.rsplit(['.', '/']).next().unwrap_or_default();
    if says_more(key).is_some_and(|says| says != means_more) {
        let message = format!("`{name}: {path}` is the wrong way round: `{key}` says the opposite");
        section
            .reader()
            .report(section.error("Q005", name, message).help(format!("write `{other}: {path}`")));
    }
}

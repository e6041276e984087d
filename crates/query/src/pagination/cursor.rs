//! `kind: cursor`: the page says what to send to get the next one.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{
    Facts, Next, Pagination, PaginationBuild, PaginationContext, PaginationError, Position, Step,
    place::{IN, Place},
};
use crate::{ask::Ask, query::optional_selector, scan::Found, selector::Selector};

pub(crate) const KIND: Kind<PaginationBuild> = Kind {
    name: "cursor",
    summary: "A token in the page leads to the next one; its absence is the end (Jira's /search/jql).",
    fields: &[
        Field::optional(
            "next",
            Shape::Text,
            "Where the token stands in the body, such as `nextPageToken`; `data.-1.id` is the id of the last record.",
        ),
        Field::optional("next_header", Shape::Text, "The header that holds the token, in place of `next`."),
        Field::required("param", Shape::Text, "What it is sent back as; in a body a dotted path."),
        IN,
        Field::optional("is_last", Shape::Text, "A value in the body that is `true` on the last page."),
        Field::optional("has_more", Shape::Text, "A value in the body that is `false` on the last page."),
        Field::optional(
            "total",
            Shape::Text,
            "Where the body says how many records there are, for the progress.",
        ),
    ],
    build,
};

/// What is looked for in the body; the places of [`Cursor::selectors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Next,
    IsLast,
    HasMore,
    Total,
}

#[derive(Debug)]
struct Cursor {
    param: String,
    place: Place,
    next_header: Option<String>,
    roles: Vec<Role>,
    selectors: Vec<Selector>,
}

fn build(section: &Section<'_>, _: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let next_header = section.optional_text("next_header");
    if next_header.is_some() == section.node("next").is_some() {
        let error = section.error("Q005", "next", "a cursor has either `next` or `next_header`");
        section.reader().report(error.help("`next` is a path into the body, `next_header` names a header"));
    }
    let named = [
        (Role::Next, "next"),
        (Role::IsLast, "is_last"),
        (Role::HasMore, "has_more"),
        (Role::Total, "total"),
    ];
    let read = |(role, name): (Role, &str)| Some((role, optional_selector(section, name)?));
    let (roles, selectors) = named.into_iter().filter_map(read).unzip();
    Some(Arc::new(Cursor {
        param: section.text("param"),
        place: Place::read(section),
        next_header,
        roles,
        selectors,
    }))
}

impl Cursor {
    fn found<'f>(&'f self, role: Role, facts: &'f Facts<'_>) -> Option<(&'f Selector, &'f Found)> {
        let index = self.roles.iter().position(|known| *known == role)?;
        Some((&self.selectors[index], &facts.found[index]))
    }

    /// The token, if the page has one.
    fn token(&self, facts: &Facts<'_>) -> Result<Option<String>, PaginationError> {
        if let Some(header) = &self.next_header {
            return Ok(facts
                .answer
                .header(header)
                .next()
                .filter(|token| !token.is_empty())
                .map(str::to_owned));
        }
        let Some((selector, found)) = self.found(Role::Next, facts) else {
            return Ok(None);
        };
        match (found.cursor(), found) {
            (Some(token), _) => Ok(Some(token.to_owned())),
            (None, Found::Absent | Found::Null | Found::Bool(false) | Found::Text(_)) => Ok(None),
            (None, _) => Err(PaginationError::Shape {
                selector: selector.as_str().to_owned(),
                found: found.name(),
                expected: "a token",
            }),
        }
    }
}

impl Pagination for Cursor {
    fn apply(&self, position: &Position, ask: &mut Ask) {
        if let Position::Cursor(cursor) = position {
            self.place.set_text(ask, &self.param, cursor);
        }
    }

    fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    fn next(&self, _: &Position, facts: &Facts<'_>) -> Result<Step, PaginationError> {
        let is_last = self.found(Role::IsLast, facts).is_some_and(|(_, found)| found.is_true())
            || self.found(Role::HasMore, facts).is_some_and(|(_, found)| found.is_false());
        // A page of few records, or of none, does not mean the end: the token decides.
        let next = match (is_last, self.token(facts)?) {
            (false, Some(token)) => Next::Page(Position::Cursor(token)),
            _ => Next::End,
        };
        let total = facts.number(None, self.found(Role::Total, facts))?;
        Ok(Step { next, n_records: facts.n_records().ok(), total, ahead: None })
    }
}

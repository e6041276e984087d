//! `kind: cursor`: the page says what to send to get the next one.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{
    Facts, Next, Pagination, PaginationBuild, PaginationContext, PaginationError, Position, Step,
    marks::{HAS_MORE, IS_LAST, Marks, TOTAL},
    place::{IN, Place},
};
use crate::{ask::Ask, scan::Found, selector::Selector};

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
        IS_LAST,
        HAS_MORE,
        TOTAL,
    ],
    build,
};

#[derive(Debug)]
struct Cursor {
    param: String,
    place: Place,
    next_header: Option<String>,
    marks: Marks,
}

fn build(section: &Section<'_>, _: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let next_header = section.optional_text("next_header");
    if next_header.is_some() == section.node("next").is_some() {
        let error = section.error("Q005", "next", "a cursor has either `next` or `next_header`");
        section.reader().report(error.help("`next` is a path into the body, `next_header` names a header"));
    }
    let (param, place, marks) = (section.text("param"), Place::read(section), Marks::read(section));
    Some(Arc::new(Cursor { param, place, next_header, marks }))
}

impl Cursor {
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
        let Some((selector, found)) = self.marks.next(facts) else {
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
        self.marks.selectors()
    }

    fn next(&self, _: &Position, facts: &Facts<'_>) -> Result<Step, PaginationError> {
        // A page of few records, or of none, does not mean the end: the token decides.
        let next = match (self.marks.is_last(facts), self.token(facts)?) {
            (false, Some(token)) => Next::Page(Position::Cursor(token)),
            _ => Next::End,
        };
        let total = self.marks.total(facts)?;
        Ok(Step { next, n_records: facts.n_records().ok(), total, ahead: None })
    }
}

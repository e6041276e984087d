//! `kind: cursor`: the body says what to send to get the next page.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{Answer, Next, Pagination, PaginationBuild, PaginationContext, PaginationError, Position, Step};
use crate::{
    ask::Ask,
    query::selector,
    scan::{Found, Scan},
    selector::Selector,
};

pub(crate) const KIND: Kind<PaginationBuild> = Kind {
    name: "cursor",
    summary: "A token in the body leads to the next page; its absence is the end (Jira's /search/jql).",
    fields: &[
        Field::required("next", Shape::Text, "Where the token stands in the body, such as `nextPageToken`."),
        Field::required("param", Shape::Text, "What it is sent back as."),
        Field::default("in", Shape::OneOf(&["query", "body", "header"]), "query", "Where it is sent."),
        Field::optional("is_last", Shape::Text, "A value in the body that is `true` on the last page."),
    ],
    build,
};

#[derive(Debug, Clone, Copy)]
enum Place {
    Query,
    Body,
    Header,
}

#[derive(Debug)]
struct Cursor {
    param: String,
    place: Place,
    /// `next`, then `is_last`, then `select`, as far as they are there.
    selectors: Vec<Selector>,
    has_is_last: bool,
    has_select: bool,
}

fn build(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let next = selector(section, "next", &section.optional_text("next")?)?;
    let is_last = section.optional_text("is_last").and_then(|text| selector(section, "is_last", &text));
    let (has_is_last, has_select) = (is_last.is_some(), context.select.is_some());
    let place = match section.text("in").as_str() {
        "body" => Place::Body,
        "header" => Place::Header,
        _ => Place::Query,
    };
    let selectors = [Some(next), is_last, context.select.clone()].into_iter().flatten().collect();
    Some(Arc::new(Cursor { param: section.text("param"), place, selectors, has_is_last, has_select }))
}

impl Pagination for Cursor {
    fn apply(&self, position: &Position, ask: &mut Ask) {
        let Position::Cursor(cursor) = position else { return };
        match self.place {
            Place::Query => ask.set_param(&self.param, cursor.clone()),
            Place::Body => ask.set_body_field(&self.param, cursor.clone()),
            Place::Header => ask.set_header(&self.param, cursor.clone()),
        }
    }

    fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    fn next(&self, _: &Position, _: &Answer<'_>, scan: &Scan) -> Result<Step, PaginationError> {
        let n_records = match (self.has_select.then(|| scan.found.last()).flatten(), scan.records.as_slice())
        {
            (Some(Found::Array(n_records)), _) | (None, [(_, n_records)]) => Some(*n_records),
            _ => None,
        };
        let is_last = self.has_is_last && scan.found[1] == Found::Bool(true);
        let next = match &scan.found[0] {
            _ if is_last => Next::End,
            // A page of few records, or of none, does not mean the end: the token decides.
            found if found.cursor().is_some() => {
                Next::Page(Position::Cursor(found.cursor().unwrap_or_default().into()))
            }
            Found::Absent | Found::Null | Found::Bool(false) | Found::Text(_) => Next::End,
            found => {
                let selector = self.selectors[0].as_str().to_owned();
                return Err(PaginationError::Shape { selector, found: found.name(), expected: "a token" });
            }
        };
        Ok(Step { next, n_records, total: None })
    }
}

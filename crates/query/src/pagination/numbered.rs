//! `kind: offset` and `kind: page_number`: the client counts.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{
    Ahead, EmptyPage, Facts, Next, Pagination, PaginationBuild, PaginationContext, PaginationError, Position,
    Step,
    place::{IN, Place},
};
use crate::{ask::Ask, query::optional_selector, selector::Selector};

const SIZE: Field =
    Field::optional("size", Shape::Integer(1, u64::MAX), "How many records to ask for per page.");
const SIZE_PARAM: Field = Field::optional(
    "size_param",
    Shape::Text,
    "The parameter that takes `size`; a value among the query's own `params` goes before.",
);

pub(crate) const OFFSET: Kind<PaginationBuild> = Kind {
    name: "offset",
    summary: "Skip so many records (startAt and maxResults of Jira's /search); counts what really came.",
    fields: &[
        Field::required("param", Shape::Text, "The parameter that takes the number of records to skip."),
        IN,
        SIZE,
        SIZE_PARAM,
        Field::optional(
            "total",
            Shape::Text,
            "Where the body says how many records there are; else an empty page ends. With it pages are fetched ahead.",
        ),
        Field::optional("total_header", Shape::Text, "The header that says so, in place of `total`."),
    ],
    build: build_offset,
};

pub(crate) const PAGE_NUMBER: Kind<PaginationBuild> = Kind {
    name: "page_number",
    summary: "Pages 1, 2, 3 until the last one or an empty one.",
    fields: &[
        Field::required("param", Shape::Text, "The parameter that takes the number of the page."),
        Field::default("first", Shape::Integer(0, u64::MAX), "1", "The number of the first page."),
        IN,
        SIZE,
        SIZE_PARAM,
        Field::optional(
            "total_pages",
            Shape::Text,
            "Where the body says how many pages there are; else an empty page ends. With it pages are fetched ahead.",
        ),
        Field::optional(
            "total_pages_header",
            Shape::Text,
            "The header that says so, in place of `total_pages` (GitLab's `X-Total-Pages`).",
        ),
    ],
    build: build_page_number,
};

/// What both kinds have.
#[derive(Debug)]
struct Numbered {
    param: String,
    place: Place,
    size: Option<(String, u64)>,
    /// The total, if it is in the body.
    selectors: Vec<Selector>,
    total_header: Option<String>,
    empty_page: Option<EmptyPage>,
}

#[derive(Debug)]
struct Offset(Numbered);

#[derive(Debug)]
struct PageNumber {
    numbered: Numbered,
    first: u64,
}

fn build_offset(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let numbered = Numbered::read(section, context, ("total", "total_header"));
    Some(Arc::new(Offset(numbered)))
}

fn build_page_number(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let numbered = Numbered::read(section, context, ("total_pages", "total_pages_header"));
    Some(Arc::new(PageNumber { numbered, first: section.integer("first").unwrap_or(1) }))
}

impl Numbered {
    fn read(section: &Section<'_>, context: &PaginationContext<'_>, (total, header): (&str, &str)) -> Self {
        let total_header = section.optional_text(header);
        if total_header.is_some() && section.node(total).is_some() {
            let error = section.error("Q005", header, format!("there are both `{total}` and `{header}`"));
            section.reader().report(error.help("keep the one that the server sends"));
        }
        let size = match (section.integer("size"), section.optional_text("size_param")) {
            (Some(size), Some(param)) => Some((param, size)),
            (Some(_), None) => {
                let error =
                    section.error("Q004", "size", "`size` needs `size_param`, the parameter that takes it");
                section.reader().report(error);
                None
            }
            (None, _) => None,
        };
        Self {
            param: section.text("param"),
            place: Place::read(section),
            size: size.filter(|(name, _)| !context.params.contains(&name.as_str())),
            selectors: optional_selector(section, total).into_iter().collect(),
            total_header,
            empty_page: context.empty_page,
        }
    }

    fn apply(&self, number: u64, ask: &mut Ask) {
        self.place.set_number(ask, &self.param, number);
        if let Some((name, size)) = &self.size {
            self.place.set_number(ask, name, *size);
        }
    }

    /// What the server says, if it was asked to.
    fn total(&self, facts: &Facts<'_>) -> Result<Option<u64>, PaginationError> {
        facts.number(self.total_header.as_deref(), self.selectors.first().zip(facts.found.first()))
    }
}

impl Offset {
    /// What follows an empty page: nothing, unless the server has promised more.
    fn after_empty(&self, offset: u64, total: Option<u64>) -> Result<Next, PaginationError> {
        let Some(total) = total.filter(|total| offset < *total) else {
            return Ok(Next::End);
        };
        match (self.0.empty_page, &self.0.size) {
            (Some(EmptyPage::End), _) => Ok(Next::End),
            (Some(EmptyPage::Follow), Some((_, size))) if offset + size < total => {
                Ok(Next::Page(Position::Offset(offset + size)))
            }
            (Some(EmptyPage::Follow), Some(_)) => Ok(Next::End),
            // An end here would lose rows without a word.
            _ => Err(PaginationError::Empty {
                expectation: format!(
                    "though the server counts {total} and {offset} have come; write `empty_page: end` if it counts \
                     records that it does not show"
                ),
            }),
        }
    }
}

impl Pagination for Offset {
    fn first(&self) -> Position {
        Position::Offset(0)
    }

    fn apply(&self, position: &Position, ask: &mut Ask) {
        if let Position::Offset(offset) = position {
            self.0.apply(*offset, ask);
        }
    }

    fn selectors(&self) -> &[Selector] {
        &self.0.selectors
    }

    fn next(&self, position: &Position, facts: &Facts<'_>) -> Result<Step, PaginationError> {
        let Position::Offset(offset) = *position else { return Ok(Step::END) };
        // Servers give fewer records than asked for, so what came counts, not what was asked.
        let n_records = facts.n_records()?;
        let total = self.0.total(facts)?;
        let reached = offset + n_records;
        let next = match (n_records, total) {
            (0, total) => self.after_empty(offset, total)?,
            (_, Some(total)) if reached >= total => Next::End,
            _ => Next::Page(Position::Offset(reached)),
        };
        let ahead = total
            .filter(|_| n_records > 0)
            .map(|total| Ahead { stride: n_records, last: total.saturating_sub(1) });
        Ok(Step { next, n_records: Some(n_records), total, ahead })
    }
}

impl Pagination for PageNumber {
    fn first(&self) -> Position {
        Position::Page(self.first)
    }

    fn apply(&self, position: &Position, ask: &mut Ask) {
        if let Position::Page(page) = position {
            self.numbered.apply(*page, ask);
        }
    }

    fn selectors(&self) -> &[Selector] {
        &self.numbered.selectors
    }

    fn next(&self, position: &Position, facts: &Facts<'_>) -> Result<Step, PaginationError> {
        let Position::Page(page) = *position else { return Ok(Step::END) };
        let total_pages = self.numbered.total(facts)?;
        let follows_empty = self.numbered.empty_page == Some(EmptyPage::Follow);
        let (is_end, n_records) = match total_pages {
            Some(total) => (page + 1 - self.first >= total, facts.n_records().ok()),
            None => {
                let n_records = facts.n_records()?;
                (n_records == 0 && !follows_empty, Some(n_records))
            }
        };
        let next = if is_end { Next::End } else { Next::Page(Position::Page(page + 1)) };
        let ahead =
            total_pages.map(|total| Ahead { stride: 1, last: (self.first + total).saturating_sub(1) });
        Ok(Step { next, n_records, total: None, ahead })
    }
}

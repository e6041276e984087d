//! `kind: offset` and `kind: page_number`: the client counts.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{
    Answer, Next, Pagination, PaginationBuild, PaginationContext, PaginationError, Position, Step,
    count_records,
};
use crate::{
    ask::Ask,
    query::selector,
    scan::{Found, Scan},
    selector::Selector,
};

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
        SIZE,
        SIZE_PARAM,
        Field::optional(
            "total",
            Shape::Text,
            "Where the body says how many records there are; else an empty page ends.",
        ),
    ],
    build: build_offset,
};

pub(crate) const PAGE_NUMBER: Kind<PaginationBuild> = Kind {
    name: "page_number",
    summary: "Pages 1, 2, 3 until the last one or an empty one.",
    fields: &[
        Field::required("param", Shape::Text, "The parameter that takes the number of the page."),
        Field::default("first", Shape::Integer(0, u64::MAX), "1", "The number of the first page."),
        SIZE,
        SIZE_PARAM,
        Field::optional(
            "total_pages",
            Shape::Text,
            "Where the body says how many pages there are; else an empty page ends.",
        ),
    ],
    build: build_page_number,
};

/// What both kinds have.
#[derive(Debug)]
struct Numbered {
    param: String,
    size: Option<(String, u64)>,
    /// The total, then `select`, as far as they are there.
    selectors: Vec<Selector>,
    has_total: bool,
    has_select: bool,
}

#[derive(Debug)]
struct Offset(Numbered);

#[derive(Debug)]
struct PageNumber {
    numbered: Numbered,
    first: u64,
}

fn build_offset(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    Some(Arc::new(Offset(Numbered::read(section, context, "total")?)))
}

fn build_page_number(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let numbered = Numbered::read(section, context, "total_pages")?;
    Some(Arc::new(PageNumber { numbered, first: section.integer("first").unwrap_or(1) }))
}

impl Numbered {
    fn read(section: &Section<'_>, context: &PaginationContext<'_>, total: &str) -> Option<Self> {
        let total = match section.optional_text(total) {
            Some(text) => Some(selector(section, total, &text)?),
            None => None,
        };
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
        let is_users = |name: &str| context.params.iter().any(|(known, _)| known == name);
        Some(Self {
            param: section.text("param"),
            size: size.filter(|(name, _)| !is_users(name)),
            has_total: total.is_some(),
            has_select: context.select.is_some(),
            selectors: [total, context.select.clone()].into_iter().flatten().collect(),
        })
    }

    fn apply(&self, number: u64, ask: &mut Ask) {
        ask.set_param(&self.param, number.to_string());
        if let Some((name, size)) = &self.size {
            ask.set_param(name, size.to_string());
        }
    }

    fn count(&self, scan: &Scan) -> Result<u64, PaginationError> {
        let select = self.has_select.then(|| self.selectors.last().zip(scan.found.last())).flatten();
        count_records(select, scan)
    }

    /// What the server says, if it was asked to.
    fn total(&self, scan: &Scan) -> Result<Option<u64>, PaginationError> {
        if !self.has_total {
            return Ok(None);
        }
        match &scan.found[0] {
            Found::Absent | Found::Null => Ok(None),
            found => match found.integer() {
                Some(total) => Ok(Some(total)),
                None => Err(PaginationError::Shape {
                    selector: self.selectors[0].as_str().to_owned(),
                    found: found.name(),
                    expected: "a whole number",
                }),
            },
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

    fn next(&self, position: &Position, _: &Answer<'_>, scan: &Scan) -> Result<Step, PaginationError> {
        let Position::Offset(offset) = position else {
            return Ok(Step { next: Next::End, n_records: None, total: None });
        };
        // Servers give fewer records than asked for, so what came counts, not what was asked.
        let n_records = self.0.count(scan)?;
        let total = self.0.total(scan)?;
        let next = offset + n_records;
        let is_end = n_records == 0 || total.is_some_and(|total| next >= total);
        let next = if is_end { Next::End } else { Next::Page(Position::Offset(next)) };
        Ok(Step { next, n_records: Some(n_records), total })
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

    fn next(&self, position: &Position, _: &Answer<'_>, scan: &Scan) -> Result<Step, PaginationError> {
        let Position::Page(page) = position else {
            return Ok(Step { next: Next::End, n_records: None, total: None });
        };
        let total_pages = self.numbered.total(scan)?;
        let (is_end, n_records) = match total_pages {
            Some(total) => (page + 1 - self.first >= total, self.numbered.count(scan).ok()),
            None => {
                let n_records = self.numbered.count(scan)?;
                (n_records == 0, Some(n_records))
            }
        };
        let next = if is_end { Next::End } else { Next::Page(Position::Page(page + 1)) };
        Ok(Step { next, n_records, total: None })
    }
}

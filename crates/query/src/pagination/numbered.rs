//! `kind: offset` and `kind: page_number`: the client counts.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{
    Ahead, Facts, FlagSignal, Names, NextPlace, PagePolicy, PageReport, Pagination, PaginationBuild,
    PaginationContext, PaginationError, Position, Way,
    marks::{HAS_MORE, IS_LAST, Marks},
    place::{IN, Place, report_empty},
    report::{Counted, Total},
};
use crate::{ask::Ask, selector::Selector};

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
        Field::default(
            "first",
            Shape::Integer(0, 1),
            "0",
            "The number of the first record: 1 for SCIM's `startIndex`.",
        ),
        IN,
        SIZE,
        SIZE_PARAM,
        Field::optional(
            "total",
            Shape::Text,
            "Where the body says how many records there are; else an empty page ends. With it pages are fetched ahead.",
        ),
        Field::optional("total_header", Shape::Text, "The header that says so, in place of `total`."),
        IS_LAST,
        HAS_MORE,
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
        IS_LAST,
        HAS_MORE,
    ],
    build: build_page_number,
};

/// What both kinds have.
#[derive(Debug)]
struct Numbered {
    param: String,
    place: Place,
    size: Option<(String, u64)>,
    /// The parameter that takes the size, also where the query's own value goes before.
    size_param: Option<String>,
    marks: Marks,
    total_header: Option<String>,
}

#[derive(Debug)]
struct Offset {
    numbered: Numbered,
    first: u64,
}

#[derive(Debug)]
struct PageNumber {
    numbered: Numbered,
    first: u64,
}

fn build_offset(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let numbered = Numbered::read(section, context, ("total", "total_header"));
    if context.empty_page == Some(PagePolicy::Follow) && numbered.size.is_none() {
        let error = section.error(
            "Q004",
            "param",
            "`empty_page: follow` does not know how far an empty page reaches",
        );
        section.reader().report(error.help(
            "write `size` and `size_param` in `pagination`, and leave the parameter out of `params`: then the next page is \
             `size` records further",
        ));
    }
    Some(Arc::new(Offset { numbered, first: section.integer("first").unwrap_or(0) }))
}

fn build_page_number(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let numbered = Numbered::read(section, context, ("total_pages", "total_pages_header"));
    Some(Arc::new(PageNumber { numbered, first: section.integer("first").unwrap_or(1) }))
}

impl Numbered {
    fn read(
        section: &Section<'_>,
        context: &PaginationContext<'_>,
        (total, header): (&'static str, &str),
    ) -> Self {
        let total_header = section.optional_text(header);
        if total_header.is_some() && section.node(total).is_some() {
            let error = section.error("Q005", header, format!("there are both `{total}` and `{header}`"));
            section.reader().report(error.help("keep the one that the server sends"));
        }
        report_empty(section, "param");
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
            place: Place::read(section, context),
            size_param: section.optional_text("size_param"),
            size: size.filter(|(name, _)| !context.params.contains(&name.as_str())),
            marks: Marks::counted(section, total),
            total_header,
        }
    }

    fn apply(&self, number: u64, ask: &mut Ask) {
        self.place.set_number(ask, &self.param, number);
        if let Some((name, size)) = &self.size {
            self.place.set_number(ask, name, *size);
        }
    }

    /// What both kinds see of a page.
    fn report(&self, way: Way, facts: &Facts<'_>) -> PageReport {
        let size = self.size.as_ref().map(|(_, size)| *size);
        PageReport { flag: self.marks.flag(facts), size, ..PageReport::new(way, facts) }
    }

    fn total(&self, facts: &Facts<'_>) -> Result<Option<u64>, PaginationError> {
        self.marks.total(self.total_header.as_deref(), facts)
    }

    fn names(&self) -> Names {
        Names { param: self.param.clone(), flag: self.marks.flag_name(), ..Names::default() }
    }
}

impl Pagination for Offset {
    fn first(&self) -> Position {
        Position::Offset(self.first)
    }

    fn apply(&self, position: &Position, ask: &mut Ask) {
        if let Position::Offset(offset) = position {
            self.numbered.apply(*offset, ask);
        }
    }

    fn selectors(&self) -> &[Selector] {
        self.numbered.marks.selectors()
    }

    fn read(&self, position: &Position, facts: &Facts<'_>) -> Result<PageReport, PaginationError> {
        let Position::Offset(offset) = *position else { return Ok(PageReport::new(Way::Offset, facts)) };
        // Servers give fewer records than asked for, so what came counts, not what was asked.
        let (n_records, uncounted) = facts.n_records_if_any()?;
        let report = self.numbered.report(Way::Offset, facts);
        let step = match (n_records, report.size) {
            (0, size) => size,
            (n_records, _) => Some(n_records),
        };
        let next = step
            .map_or(NextPlace::Absent, |step| NextPlace::At(Position::Offset(offset.saturating_add(step))));
        let total = self.numbered.total(facts)?;
        let ahead = total
            .filter(|_| n_records > 0)
            .map(|total| Ahead { stride: n_records, last: (self.first + total).saturating_sub(1) });
        let total = total.map(|in_all| Total { in_all, of: Counted::Records });
        let (before, here) = (Some(offset.saturating_sub(self.first)), Some(n_records));
        let (requested, is_numbered_first) = (Some(offset), offset == 0 && self.first == 0);
        let report = PageReport { next, total, ahead, n_records: here, before, here, ..report };
        Ok(PageReport { requested, is_numbered_first, uncounted, ..report })
    }

    fn names(&self) -> Names {
        self.numbered.names()
    }

    fn size_param(&self) -> Option<&str> {
        self.numbered.size_param.as_deref()
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
        self.numbered.marks.selectors()
    }

    fn read(&self, position: &Position, facts: &Facts<'_>) -> Result<PageReport, PaginationError> {
        let Position::Page(page) = *position else { return Ok(PageReport::new(Way::PageNumber, facts)) };
        let report = self.numbered.report(Way::PageNumber, facts);
        let in_all = self.numbered.total(facts)?;
        let is_told = in_all.is_some() || report.flag != FlagSignal::Silent;
        // Where nothing but an empty page ends, records must be counted.
        let (n_records, uncounted) = match is_told {
            true => (report.n_records, None),
            false => facts.n_records_if_any().map(|(n_records, uncounted)| (Some(n_records), uncounted))?,
        };
        let before = page.checked_sub(self.first);
        let total = in_all.map(|in_all| Total { in_all, of: Counted::Pages });
        let ahead = in_all.map(|total| Ahead { stride: 1, last: (self.first + total).saturating_sub(1) });
        let next = NextPlace::At(Position::Page(page.saturating_add(1)));
        // Whoever begins at a page of their own choice knows that there are pages before it.
        let is_numbered_first = page == 1 && self.first == 1;
        let report = PageReport { next, n_records, total, ahead, before, here: Some(1), ..report };
        let (requested, counts_from_0) = (Some(page), self.first == 0);
        Ok(PageReport { is_numbered_first, requested, counts_from_0, uncounted, ..report })
    }

    fn names(&self) -> Names {
        self.numbered.names()
    }

    fn size_param(&self) -> Option<&str> {
        self.numbered.size_param.as_deref()
    }
}

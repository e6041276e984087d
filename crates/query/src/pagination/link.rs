//! `kind: next_url` and `kind: link_header`: the server gives the address of the next page.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{
    EmptyPage, Facts, Next, Pagination, PaginationBuild, PaginationContext, PaginationError, Position, Step,
    marks::{HAS_MORE, IS_LAST, Marks, TOTAL},
};
use crate::{ask::Ask, scan::Found, selector::Selector};

pub(crate) const NEXT_URL: Kind<PaginationBuild> = Kind {
    name: "next_url",
    summary: "The body holds the address of the next page, absolute or relative (OData, Salesforce).",
    fields: &[
        Field::required(
            "next",
            Shape::Text,
            "Where the address stands in the body, such as `@odata.nextLink`.",
        ),
        IS_LAST,
        HAS_MORE,
        TOTAL,
    ],
    build: build_next_url,
};

pub(crate) const LINK_HEADER: Kind<PaginationBuild> = Kind {
    name: "link_header",
    summary: "The header `Link` holds the address of the next page (RFC 8288; GitHub, GitLab).",
    fields: &[Field::default("rel", Shape::Text, "next", "The relation that the link must have.")],
    build: build_link_header,
};

#[derive(Debug)]
struct NextUrl(Marks);

#[derive(Debug)]
struct LinkHeader {
    rel: String,
    /// Only who wants to know whether there are records looks into the body.
    counts: bool,
}

fn build_next_url(section: &Section<'_>, _: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    Some(Arc::new(NextUrl(Marks::read(section))))
}

#[expect(clippy::unnecessary_wraps, reason = "every kind has the same build function")]
fn build_link_header(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let counts = matches!(context.empty_page, Some(EmptyPage::End | EmptyPage::Error));
    Some(Arc::new(LinkHeader { rel: section.text("rel"), counts }))
}

/// The link is a whole request: it holds the parameters already.
fn follow(position: &Position, ask: &mut Ask) {
    if let Position::Url(url) = position {
        ask.path.clone_from(url);
        ask.params.clear();
    }
}

impl Pagination for NextUrl {
    fn apply(&self, position: &Position, ask: &mut Ask) {
        follow(position, ask);
    }

    fn selectors(&self) -> &[Selector] {
        self.0.selectors()
    }

    fn next(&self, _: &Position, facts: &Facts<'_>) -> Result<Step, PaginationError> {
        let next = match self.0.next(facts) {
            _ if self.0.is_last(facts) => Next::End,
            Some((_, Found::Text(url))) if !url.is_empty() => Next::Page(Position::Url(url.clone())),
            None | Some((_, Found::Absent | Found::Null | Found::Text(_) | Found::Bool(false))) => Next::End,
            Some((selector, found)) => {
                let selector = selector.as_str().to_owned();
                return Err(PaginationError::Shape { selector, found: found.name(), expected: "an address" });
            }
        };
        let total = self.0.total(facts)?;
        Ok(Step { next, n_records: facts.n_records().ok(), total, ahead: None })
    }
}

impl Pagination for LinkHeader {
    fn apply(&self, position: &Position, ask: &mut Ask) {
        follow(position, ask);
    }

    fn reads_body(&self) -> bool {
        self.counts
    }

    fn next(&self, _: &Position, facts: &Facts<'_>) -> Result<Step, PaginationError> {
        let url = facts.answer.header("link").find_map(|value| link(value, &self.rel));
        let next = url.map_or(Next::End, |url| Next::Page(Position::Url(url)));
        let n_records = if self.counts { Some(facts.n_records()?) } else { None };
        Ok(Step { next, n_records, total: None, ahead: None })
    }
}

/// The target with relation `rel` in a `Link` header (RFC 8288 §3).
pub(super) fn link(value: &str, rel: &str) -> Option<String> {
    let mut rest = value;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>')?;
        let target = &rest[start + 1..end];
        let (params, after) = parameters(&rest[end + 1..]);
        let has_rel = params.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("rel")
                && value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(rel))
        });
        if has_rel {
            return Some(target.trim().to_owned());
        }
        rest = after;
    }
    None
}

/// The parameters up to the comma that ends a link, and what comes after it.
fn parameters(text: &str) -> (Vec<(&str, &str)>, &str) {
    let mut start = 0;
    let mut is_quoted = false;
    let mut end = text.len();
    let mut pieces = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            ';' | ',' if !is_quoted => {
                pieces.push(&text[start..at]);
                start = at + 1;
                if c == ',' {
                    end = at;
                    break;
                }
            }
            _ => {}
        }
    }
    if end == text.len() {
        pieces.push(&text[start.min(end)..]);
    }
    let pairs = pieces.into_iter().filter_map(|piece| piece.split_once('='));
    let params = pairs.map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))).collect();
    (params, text.get(end + 1..).unwrap_or_default())
}

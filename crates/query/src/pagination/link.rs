//! `kind: next_url` and `kind: link_header`: the server gives the address of the next page.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{Answer, Next, Pagination, PaginationBuild, PaginationContext, PaginationError, Position, Step};
use crate::{
    ask::Ask,
    query::selector,
    scan::{Found, Scan},
    selector::Selector,
};

pub(crate) const NEXT_URL: Kind<PaginationBuild> = Kind {
    name: "next_url",
    summary: "The body holds the address of the next page, absolute or relative (OData, Salesforce).",
    fields: &[Field::required(
        "next",
        Shape::Text,
        "Where the address stands in the body, such as `@odata.nextLink`.",
    )],
    build: build_next_url,
};

pub(crate) const LINK_HEADER: Kind<PaginationBuild> = Kind {
    name: "link_header",
    summary: "The header `Link` holds the address of the next page (RFC 8288; GitHub, GitLab).",
    fields: &[Field::default("rel", Shape::Text, "next", "The relation that the link must have.")],
    build: build_link_header,
};

#[derive(Debug)]
struct NextUrl(Vec<Selector>);

#[derive(Debug)]
struct LinkHeader {
    rel: String,
}

fn build_next_url(section: &Section<'_>, _: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    Some(Arc::new(NextUrl(vec![selector(section, "next", &section.optional_text("next")?)?])))
}

#[expect(clippy::unnecessary_wraps, reason = "every kind has the same build function")]
fn build_link_header(section: &Section<'_>, _: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    Some(Arc::new(LinkHeader { rel: section.text("rel") }))
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
        &self.0
    }

    fn next(&self, _: &Position, _: &Answer<'_>, scan: &Scan) -> Result<Step, PaginationError> {
        let next = match &scan.found[0] {
            Found::Text(url) if !url.is_empty() => Next::Page(Position::Url(url.clone())),
            Found::Absent | Found::Null | Found::Text(_) | Found::Bool(false) => Next::End,
            found => {
                let selector = self.0[0].as_str().to_owned();
                return Err(PaginationError::Shape { selector, found: found.name(), expected: "an address" });
            }
        };
        let n_records = match scan.records.as_slice() {
            [(_, n_records)] => Some(*n_records),
            _ => None,
        };
        Ok(Step { next, n_records, total: None })
    }
}

impl Pagination for LinkHeader {
    fn apply(&self, position: &Position, ask: &mut Ask) {
        follow(position, ask);
    }

    fn reads_body(&self) -> bool {
        false
    }

    fn next(&self, _: &Position, answer: &Answer<'_>, _: &Scan) -> Result<Step, PaginationError> {
        let url = answer.links.iter().find_map(|value| link(value, &self.rel));
        let next = url.map_or(Next::End, |url| Next::Page(Position::Url(url)));
        Ok(Step { next, n_records: None, total: None })
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

//! `kind: next_url` and `kind: link_header`: the server gives the address of the next page.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use super::{
    Facts, Names, NextPlace, PagePolicy, PageReport, Pagination, PaginationBuild, PaginationContext,
    PaginationError, Position, Way, cursor,
    marks::{HAS_MORE, IS_LAST, Marks, TOTAL},
    web_link,
};
use crate::{ask::Ask, raw::value_at, scan::Found, selector::Selector};

const BASE: Field = Field::optional(
    "base",
    Shape::Text,
    "What stands before an address that begins with `/`, where a gateway has a path of its own that the server does not \
     know, such as `/gateway/api`.",
);

pub(crate) const NEXT_URL: Kind<PaginationBuild> = Kind {
    name: "next_url",
    summary: "The body holds the address of the next page, absolute or relative (OData, Salesforce).",
    fields: &[
        Field::required(
            "next",
            Shape::Text,
            "Where the address stands in the body, such as `@odata.nextLink`; of a list of links the one with `rel: next`.",
        ),
        BASE,
        IS_LAST,
        HAS_MORE,
        TOTAL,
    ],
    build: build_next_url,
};

pub(crate) const LINK_HEADER: Kind<PaginationBuild> = Kind {
    name: "link_header",
    summary: "The header `Link` holds the address of the next page (RFC 8288; GitHub, GitLab).",
    fields: &[Field::default("rel", Shape::Text, "next", "The relation that the link must have."), BASE],
    build: build_link_header,
};

#[derive(Debug)]
struct NextUrl {
    marks: Marks,
    base: Option<String>,
}

#[derive(Debug)]
struct LinkHeader {
    rel: String,
    base: Option<String>,
    /// Only who wants to know whether there are records looks into the body.
    counts: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "every kind has the same build function")]
fn build_next_url(section: &Section<'_>, _: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    Some(Arc::new(NextUrl { marks: Marks::named(section), base: section.optional_text("base") }))
}

#[expect(clippy::unnecessary_wraps, reason = "every kind has the same build function")]
fn build_link_header(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let counts = matches!(context.empty_page, Some(PagePolicy::End | PagePolicy::Error));
    Some(Arc::new(LinkHeader { rel: section.text("rel"), base: section.optional_text("base"), counts }))
}

/// The link is a whole request: it holds the parameters already.
fn follow(position: &Position, ask: &mut Ask) {
    if let Position::Url(url) = position {
        ask.path.clone_from(url);
        ask.params.clear();
    }
}

/// The address in a list of links, `[{"rel": "next", "href": …}]`, as PayPal, Oracle and FHIR write it: its place in the
/// list differs from page to page.
fn link_in(selector: &Selector, facts: &Facts<'_>) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Link {
        #[serde(alias = "relation")]
        rel: Option<String>,
        #[serde(alias = "url")]
        href: Option<String>,
    }
    let body = facts.answer.body?;
    let list = selector.ways().iter().find_map(|way| value_at(body, way))?;
    let links: Vec<Link> = serde_json::from_slice(list).unwrap_or_default();
    let next = links.into_iter().find(|link| link.rel.as_deref() == Some("next"))?;
    next.href.filter(|address| !address.is_empty())
}

impl Pagination for NextUrl {
    fn apply(&self, position: &Position, ask: &mut Ask) {
        follow(position, ask);
    }

    fn selectors(&self) -> &[Selector] {
        self.marks.selectors()
    }

    fn read(&self, _: &Position, facts: &Facts<'_>) -> Result<PageReport, PaginationError> {
        let next = match self.marks.next(facts) {
            Some((_, Found::Text(url))) if !url.is_empty() => NextPlace::At(Position::Url(url.clone())),
            None | Some((_, Found::Absent | Found::Null | Found::Text(_) | Found::Bool(false))) => {
                NextPlace::Absent
            }
            Some((selector, Found::Array(_))) => match link_in(selector, facts) {
                Some(url) => NextPlace::At(Position::Url(url)),
                None => NextPlace::Absent,
            },
            Some((selector, found)) => {
                let selector = selector.as_str().to_owned();
                let help = format!("write the path of the address within it, such as `{selector}.href`");
                return Err(PaginationError::Shape {
                    selector,
                    found: found.shown(),
                    expected: "an address",
                    help,
                });
            }
        };
        cursor::report(&self.marks, next, facts)
    }

    fn names(&self) -> Names {
        let (next, flag) = (self.marks.next_name(), self.marks.flag_name());
        Names { next, next_key: "next", flag, ..Names::default() }
    }

    fn link_base(&self) -> Option<&str> {
        self.base.as_deref()
    }
}

impl Pagination for LinkHeader {
    fn apply(&self, position: &Position, ask: &mut Ask) {
        follow(position, ask);
    }

    fn reads_body(&self) -> bool {
        self.counts
    }

    fn read(&self, _: &Position, facts: &Facts<'_>) -> Result<PageReport, PaginationError> {
        let next = match web_link::find(facts.answer.header("link"), &self.rel) {
            Ok(None) => NextPlace::Absent,
            Ok(Some(url)) => NextPlace::At(Position::Url(url)),
            Err(web_link::UnreadableLink(text)) => NextPlace::Unreadable(text),
        };
        let n_records = if self.counts { Some(facts.n_records()?) } else { None };
        Ok(PageReport { next, n_records, ..PageReport::new(Way::Named, facts) })
    }

    fn names(&self) -> Names {
        let next = format!("header `Link` with `rel=\"{}\"`", self.rel);
        Names { next, ..Names::default() }
    }

    fn link_base(&self) -> Option<&str> {
        self.base.as_deref()
    }
}

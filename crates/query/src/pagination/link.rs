//! `kind: next_url` and `kind: link_header`: the server gives the address of the next page.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};
use serde_json::Value;

use super::{
    Facts, Names, NextPlace, PagePolicy, PageReport, Pagination, PaginationBuild, PaginationContext,
    PaginationError, Position, Way, cursor,
    envelope::is_none,
    listed::{self, ListedNext},
    marks::{HAS_MORE, IS_LAST, Marks, TOTAL},
    web_link,
    within::{self, Wanted},
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

/// What stands in the place of the address, where that is no text: a list of links, as PayPal, Oracle, FHIR and Siren write
/// it, whose place of the next one differs from page to page, or one link, as XML has it.
fn listed((selector, found): (&Selector, &Found), facts: &Facts<'_>) -> Result<NextPlace, PaginationError> {
    let text = facts.answer.body.and_then(|body| selector.ways().iter().find_map(|way| value_at(body, way)));
    let value: Value = text.and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default();
    let name = selector.as_str();
    if !value.is_array() && !listed::is_link(&value) {
        return Err(PaginationError::Shape {
            selector: name.to_owned(),
            found: found.shown(),
            expected: "an address",
            help: within::help(selector, facts.answer.body, Wanted::Address),
        });
    }
    let key = name.rsplit(['.', '/']).next().unwrap_or_default();
    match listed::next_at(key, &value) {
        ListedNext::At(address) => Ok(NextPlace::At(Position::Url(address))),
        ListedNext::Nowhere => Ok(NextPlace::Absent),
        ListedNext::Unclear(shown) => Err(PaginationError::Shape {
            selector: name.to_owned(),
            found: format!("a list of {shown}"),
            expected: "a list of links with `rel` and `href`",
            help: format!(
                "write the path of the address itself, such as `{name}.0.href` (or `{name}.0` in a list of texts) where the next link always stands first, or use \
                 another kind of pagination"
            ),
        }),
    }
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
            Some((_, Found::Text(url))) if !is_none(url) => NextPlace::At(Position::Url(url.clone())),
            None | Some((_, Found::Absent | Found::Null | Found::Text(_) | Found::Bool(false))) => {
                NextPlace::Absent
            }
            Some(found) => listed(found, facts)?,
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

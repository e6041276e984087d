//! What well-known headers of an answer say about further pages.

use super::{Envelope, Named, NextForm, classify, walk};
use crate::{
    pagination::{Answer, web_link},
    scan::Found,
};

/// Hold what leads to the next page.
const NEXT: &[(&str, NextForm)] = &[
    ("X-Next-Page", NextForm::Number),
    ("X-Next-Cursor", NextForm::Header),
    ("X-Next-Token", NextForm::Header),
    ("X-Next-Page-Token", NextForm::Header),
    ("X-Continuation-Token", NextForm::Header),
    ("X-MS-Continuation", NextForm::Header),
    ("X-MS-ContinuationToken", NextForm::Header),
    ("Next-Page-Token", NextForm::Header),
    ("Next-Cursor", NextForm::Header),
];
const MORE: &[&str] = &["X-Has-More", "X-Has-Next", "X-Has-Next-Page", "X-More-Available"];
const TOTAL: &[&str] = &[
    "X-Total-Count",
    "X-Total",
    "X-WP-Total",
    "Total-Count",
    "X-Total-Results",
    "X-Total-Records",
    "Pagination-Count",
    "X-Pagination-Count",
    "X-Pagination-Total-Count",
];
const PAGES: &[&str] = &["X-Total-Pages", "X-WP-TotalPages", "X-Page-Count", "X-Pagination-Page-Count"];
const PAGE: &[&str] = &["X-Page", "X-Current-Page"];
const PAGE_SIZE: &[&str] = &["X-Per-Page", "X-Page-Size", "X-Limit"];
/// Holds an object that speaks of pages, as ASP.NET services write it.
const OBJECT: &str = "X-Pagination";

struct Headers<'a> {
    answer: &'a Answer<'a>,
    ignored: &'a [String],
}

impl Headers<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        let is_ignored = self.ignored.iter().any(|known| known.eq_ignore_ascii_case(name));
        let value = self.answer.header(name).next().map(str::trim).filter(|value| !value.is_empty());
        value.filter(|_| !is_ignored)
    }

    fn first<T>(&self, names: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<Named<T>> {
        names.iter().find_map(|name| Some(named(name, read(self.text(name)?)?)))
    }

    fn number(&self, names: &[&str]) -> Option<Named<u64>> {
        self.first(names, |text| text.parse().ok())
    }

    fn has_link(&self, rel: &str) -> bool {
        self.text("Link").is_some() && matches!(web_link::find(self.answer.header("link"), rel), Ok(Some(_)))
    }
}

/// Adds what the headers say to what the body says.
pub(super) fn add(envelope: &mut Envelope, answer: &Answer<'_>, ignored: &[String]) {
    let headers = Headers { answer, ignored };
    if headers.has_link("next") {
        envelope.next = Some(named("Link", NextForm::LinkHeader));
        envelope.is_likely = false;
    }
    let next =
        || NEXT.iter().find(|(name, _)| headers.text(name).is_some_and(|text| !classify::is_none(text)));
    envelope.next = envelope.next.take().or_else(|| next().map(|(name, form)| named(name, form.clone())));
    let own = headers.text(OBJECT).map(|text| classify::signals(&walk::entries(text.as_bytes())));
    let own = own.unwrap_or_default();
    fn renamed<T>(found: Option<Named<T>>) -> Option<Named<T>> {
        found.map(|found| named(OBJECT, found.value))
    }
    let more = headers.first(MORE, |text| Found::Text(text.to_owned()).truth());
    envelope.more = envelope.more.take().or(more).or(renamed(own.more));
    let total = || headers.number(TOTAL).or_else(|| headers.first(&["Content-Range"], in_all));
    envelope.total = envelope.total.take().or_else(total).or(renamed(own.total));
    let page_size = || Some(headers.number(PAGE_SIZE)?.value);
    envelope.page_size = envelope.page_size.or_else(page_size).or(own.page_size);
    envelope.page = envelope.page.take().or_else(|| headers.number(PAGE)).or(renamed(own.page));
    let current = envelope.page.as_ref().map_or(1, |page| page.value.max(1));
    let all_pages = headers.number(PAGES);
    let pages = || all_pages.clone().filter(|pages| pages.value > current);
    envelope.pages = envelope.pages.take().or_else(pages).or(renamed(own.pages));
    envelope.all_pages = envelope.all_pages.take().or(all_pages).or(renamed(own.all_pages));
    let previous = || headers.first(&["X-Prev-Page", "X-Previous-Page"], |_| Some(()));
    let link = || headers.has_link("prev").then(|| named("Link", ()));
    envelope.previous = envelope.previous.take().or_else(link).or_else(previous);
}

fn named<T>(name: &str, value: T) -> Named<T> {
    Named { name: name.to_owned(), value }
}

/// The length in `items 0-24/66` (RFC 9110 §14.4); bytes are no records.
fn in_all(range: &str) -> Option<u64> {
    let (unit, total) = range.rsplit_once('/')?;
    total.trim().parse().ok().filter(|_| !unit.trim_start().to_ascii_lowercase().starts_with("bytes"))
}

//! What well-known keys and headers of a page say about further pages, whatever the pagination names. Pure.
//!
//! Looked at where a page would be the last one, and where there is no pagination: whoever has mistyped a key, or has
//! no `pagination`, must hear of the pages that are missing.

mod classify;
mod walk;

use super::{Answer, web_link};
use crate::{scan::Found, selector::Selector};

pub(crate) use walk::Entry;

/// A key or header, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named<T> {
    /// The path as `next:` takes it, or the header's name.
    pub(crate) name: String,
    pub(crate) value: T,
}

/// What is in the place of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NextForm {
    /// The header `Link`.
    LinkHeader,
    /// A header that holds a token.
    Header,
    /// An address.
    Address,
    /// A token.
    Token,
    /// A number of a page, or of records to skip.
    Number,
}

/// All that well-known keys and headers say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Envelope {
    /// Says yes where there are more pages.
    pub(crate) more: Option<Named<bool>>,
    pub(crate) next: Option<Named<NextForm>>,
    /// Whether `next` is only likely to lead on: `cursor` may be that of the page itself.
    pub(crate) is_likely: bool,
    /// How many records there are in all.
    pub(crate) total: Option<Named<u64>>,
    /// How many pages there are in all, where that is more than the number of this one.
    pub(crate) pages: Option<Named<u64>>,
    /// How many records the server says that a page may have.
    pub(crate) page_size: Option<u64>,
    /// How many records the server says that it has passed over.
    pub(crate) start: Option<Named<u64>>,
    /// The number that the server gives the page.
    pub(crate) page: Option<Named<u64>>,
    /// The longest array: what is likely to be the records.
    pub(crate) records: Option<Named<u64>>,
    pub(crate) entries: Vec<Entry>,
}

/// What [`Envelope::says`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Nothing,
    Last,
    More,
    TotalAbove,
}

impl Envelope {
    /// Reads what is there; `ignored` are paths and headers that say nothing here.
    pub(crate) fn read(answer: &Answer<'_>, ignored: &[String]) -> Self {
        let is_ignored = |name: &str| ignored.iter().any(|known| known.eq_ignore_ascii_case(name));
        let entries: Vec<Entry> = walk::entries(answer.body.unwrap_or_default())
            .into_iter()
            .filter(|entry| !is_ignored(&entry.name()))
            .collect();
        let mut envelope = classify::classify(entries);
        let header = |name: &str| {
            let value = answer.header(name).next().map(str::trim).filter(|value| !value.is_empty());
            value.filter(|_| !is_ignored(name)).map(str::to_owned)
        };
        if !is_ignored("link") && matches!(web_link::find(answer.header("link"), "next"), Ok(Some(_))) {
            envelope.next = Some(Named { name: "Link".into(), value: NextForm::LinkHeader });
            envelope.is_likely = false;
        }
        for (name, form) in [
            ("X-Next-Page", NextForm::Number),
            ("X-Next-Cursor", NextForm::Header),
            ("X-Next-Token", NextForm::Header),
        ] {
            if envelope.next.is_none() && header(name).is_some() {
                envelope.next = Some(Named { name: name.into(), value: form });
            }
        }
        let number = |names: &[&str]| {
            names.iter().find_map(|name| {
                let value = header(name)?.parse().ok()?;
                Some(Named { name: (*name).to_owned(), value })
            })
        };
        envelope.total =
            envelope.total.or_else(|| number(&["X-Total-Count", "X-Total", "X-WP-Total", "Total-Count"]));
        envelope.page_size =
            envelope.page_size.or_else(|| Some(number(&["X-Per-Page", "X-Page-Size", "X-Limit"])?.value));
        envelope.page = envelope.page.or_else(|| number(&["X-Page", "X-Current-Page"]));
        let current = envelope.page.as_ref().map_or(1, |page| page.value);
        envelope.pages = envelope.pages.or_else(|| {
            number(&["X-Total-Pages", "X-WP-TotalPages", "X-Page-Count"])
                .filter(|pages| pages.value > current)
        });
        envelope
    }

    /// What all of it says, where `n_before` records came before the `n_records` of the page.
    pub(crate) fn says(&self, (n_before, n_records): (Option<u64>, Option<u64>)) -> Says {
        match &self.more {
            Some(Named { value: false, .. }) => return Says::Last,
            Some(Named { value: true, .. }) => return Says::More,
            None => {}
        }
        if self.next.is_some() {
            return Says::More;
        }
        let n_records = n_records.or_else(|| Some(self.records.as_ref()?.value));
        let skipped = n_before.into_iter().chain(self.start.as_ref().map(|start| start.value)).max();
        let has_come = n_records.map(|n_records| skipped.unwrap_or(0).saturating_add(n_records));
        match (&self.total, has_come) {
            (Some(total), Some(has_come)) if total.value > has_come => Says::TotalAbove,
            (Some(_), Some(_)) => Says::Nothing,
            // Without a number of the page only the first one is known.
            _ if self.pages.is_some() && (self.page.is_some() || n_before == Some(0)) => Says::TotalAbove,
            _ => Says::Nothing,
        }
    }

    /// Whether nothing but a key that may mean something else says that there are more.
    pub(crate) fn is_likely_only(&self) -> bool {
        self.is_likely && self.more.is_none()
    }

    /// How many items the array at this path has.
    pub(crate) fn n_items(&self, path: &str) -> Option<u64> {
        self.entries.iter().find_map(|entry| match entry.found {
            Found::Array(n_items) if entry.name() == path => Some(n_items),
            _ => None,
        })
    }

    /// The key or header that says that there are more, and how it says so.
    pub(crate) fn evidence(&self) -> String {
        let Some((name, says)) = self.strongest() else { return "the page says that there is more".into() };
        match name {
            "Link" => "the header `Link` names a next page".into(),
            _ if name.starts_with("X-") => format!("the header `{name}` {says}"),
            _ => format!("`{name}` {says}"),
        }
    }

    /// The name of what says so, as `ignore_signals` takes it.
    pub(crate) fn evidence_name(&self) -> &str {
        self.strongest().map_or("", |(name, _)| name)
    }

    fn strongest(&self) -> Option<(&str, String)> {
        if let Some(next) = &self.next {
            let says = match next.value {
                NextForm::LinkHeader | NextForm::Address => "holds the address of a next page",
                NextForm::Header | NextForm::Token => "holds a token for a next page",
                NextForm::Number => "names a next page",
            };
            return Some((&next.name, says.to_owned()));
        }
        if let Some(more) = &self.more {
            let value = self.entries.iter().find(|entry| entry.name() == more.name);
            let value = value.map(|entry| shown(&entry.found)).unwrap_or_default();
            return Some((&more.name, format!("is {value}")));
        }
        if let Some(total) = &self.total {
            return Some((&total.name, format!("is {}", total.value)));
        }
        self.pages.as_ref().map(|pages| (pages.name.as_str(), format!("is {}", pages.value)))
    }
}

fn shown(found: &Found) -> String {
    match found {
        Found::Bool(value) => value.to_string(),
        Found::Number(text) => text.clone(),
        Found::Text(text) => format!("`{text}`"),
        other => other.name().to_owned(),
    }
}

/// A path as [`Selector`] reads it: dotted, or a JSON Pointer where keys have dots or slashes.
pub(crate) fn path_text(path: &[String]) -> String {
    let dotted = path.join(".");
    let steps = path.len();
    let reads_back = Selector::parse(&dotted).is_some_and(|selector| {
        selector.ways().last().is_some_and(|way| way.as_slice() == path)
            || (steps == 1 && selector.ways().first().is_some_and(|way| way.as_slice() == path))
    });
    if reads_back {
        return dotted;
    }
    path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}

//! What well-known keys and headers of a page say about further pages, whatever the pagination names. Pure.
//!
//! Whoever has mistyped a key, or has no `pagination`, must hear of the pages that are missing; and what one page
//! promises, a later one must not silently break.

mod classify;
mod counts;
mod headers;
mod walk;

use pipeline_config::is_slip;

use super::{Answer, cursor::parameter};
use crate::{
    raw::{self, value_at, values_at},
    records::{Records, of_all},
    scan::{Found, without_bom},
    selector::Selector,
};

pub(crate) use classify::{is_none, plain, says_more};
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

/// A body without its records.
#[derive(Debug)]
pub(crate) struct Around<'a> {
    pub(crate) text: &'a [u8],
    /// Where the records stand.
    pub(crate) path: &'a [String],
    pub(crate) n_items: u64,
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
    /// The same, whichever page this is.
    pub(crate) all_pages: Option<Named<u64>>,
    /// Whether the total is a lower bound of it.
    pub(crate) is_lower_bound: bool,
    /// How many records the server says that a page may have.
    pub(crate) page_size: Option<u64>,
    /// How many records the server says that it has passed over.
    pub(crate) start: Option<Named<u64>>,
    /// The number that the server gives the page.
    pub(crate) page: Option<Named<u64>>,
    /// Says that there is a page before this one.
    pub(crate) previous: Option<Named<()>>,
    /// The longest array: what is likely to be the records.
    pub(crate) records: Option<Named<u64>>,
    pub(crate) entries: Vec<Entry>,
    /// Whether the body is an object.
    pub(crate) is_object: bool,
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
    ///
    /// `around` is the body without its records, where they are known: most of a body need not be read twice.
    pub(crate) fn read(answer: &Answer<'_>, ignored: &[String], around: Option<&Around<'_>>) -> Self {
        let is_ignored = |name: &str| ignored.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut entries = walk::entries(around.map_or(answer.body.unwrap_or_default(), |around| around.text));
        if let Some(around) = around
            && let Some(records) = entries.iter_mut().find(|entry| entry.path == around.path)
        {
            records.found = Found::Array(around.n_items);
        }
        entries.extend(around.map(beside_records).unwrap_or_default());
        entries.retain(|entry| !is_ignored(&entry.name()));
        let is_object =
            answer.body.is_some_and(|body| without_bom(body).trim_ascii_start().starts_with(b"{"));
        let mut envelope = Envelope { is_object, ..classify::classify(entries) };
        headers::add(&mut envelope, answer, ignored);
        envelope
    }

    /// Adds the key that the path of `next` is a slip of, where there is one: whoever has mistyped it must hear of it.
    pub(crate) fn add_slip_of(&mut self, next: &str) {
        let holds = |entry: &&Entry| entry.found.cursor().is_some() && is_slip(next, &entry.name());
        if self.next.is_none()
            && let Some(entry) = self.entries.iter().find(holds)
        {
            self.next = Some(Named { name: entry.name(), value: classify::form_of(entry) });
            self.is_likely = true;
        }
    }

    /// A hash of the records of all arrays that hold something; `None` where there is none. `key` are the members that
    /// name records.
    pub(crate) fn name_of_arrays(&self, (body, key): (&[u8], &[String])) -> Option<u64> {
        let is_array = |entry: &&Entry| matches!(entry.found, Found::Array(n) if n > 0);
        let ways: Vec<&[String]> = self.entries.iter().filter(is_array).map(|entry| &*entry.path).collect();
        let arrays = values_at(body, &ways).into_iter().flatten();
        let names: Vec<u64> =
            arrays.filter_map(raw::items).map(|items| Records::of(&items, key).name).collect();
        (!names.is_empty()).then(|| of_all(&names))
    }

    /// The longest array of objects, which may be the records that a query looks for elsewhere.
    pub(crate) fn other_records(&self, body: &[u8]) -> Option<Named<u64>> {
        let arrays = self.entries.iter().filter_map(|entry| match entry.found {
            Found::Array(n) if n > 0 && !classify::is_beside_the_point(entry) => Some((entry, n)),
            _ => None,
        });
        let arrays: Vec<(&Entry, u64)> = arrays.collect();
        let ways: Vec<&[String]> = arrays.iter().map(|(entry, _)| &*entry.path).collect();
        let holds_objects = |text: Option<&[u8]>| {
            let items = text.and_then(raw::items).unwrap_or_default();
            items.first().is_some_and(|item| item.starts_with(b"{"))
        };
        let named =
            |((entry, n), text)| holds_objects(text).then(|| Named { name: Entry::name(entry), value: n });
        arrays.into_iter().zip(values_at(body, &ways)).filter_map(named).max_by_key(|array| array.value)
    }

    /// What all of it says, where `n_before` records came, or were passed over, before the `n_records` of the page.
    pub(crate) fn says(&self, (n_before, n_records): (Option<u64>, Option<u64>)) -> Says {
        match &self.more {
            Some(Named { value: false, .. }) => return Says::Last,
            Some(Named { value: true, .. }) => return Says::More,
            None => {}
        }
        if self.next.is_some() && !self.is_likely {
            return Says::More;
        }
        let n_records = n_records.or_else(|| Some(self.records.as_ref()?.value));
        // Where a page says that it begins is no evidence that what is before it has come.
        let skipped = n_before.or_else(|| self.start.as_ref().map(|start| start.value));
        let has_come = n_records.map(|n_records| skipped.unwrap_or(0).saturating_add(n_records));
        match (&self.total, has_come) {
            // Some servers have a cursor on each page; a total that is reached counts for more.
            (Some(total), Some(has_come))
                if self.next.is_some() && !self.is_lower_bound && total.value == has_come =>
            {
                Says::Nothing
            }
            _ if self.next.is_some() => Says::More,
            (Some(total), Some(has_come)) if total.value > has_come => Says::TotalAbove,
            (Some(_), Some(_)) => Says::Nothing,
            // Without a number of the page only the first one is known.
            _ if self.pages.is_some() && (self.page.is_some() || n_before == Some(0)) => Says::TotalAbove,
            _ => Says::Nothing,
        }
    }

    /// Whether an address of a next page is all that says that there are more.
    pub(crate) fn is_address_only(&self) -> bool {
        let is_address =
            |next: &Named<NextForm>| matches!(next.value, NextForm::Address | NextForm::LinkHeader);
        self.more.is_none() && self.next.as_ref().is_some_and(is_address)
    }

    /// Whether the total is one that counts what the query leads to: not `count`, which means many things, nor an estimate,
    /// nor one beside which another says that `has_come` is all, as where the server counts what its filter leaves.
    pub(crate) fn has_sure_total(&self, has_come: u64) -> bool {
        self.total.as_ref().is_some_and(|total| {
            let others = self.entries.iter().filter(|entry| entry.name() != total.name);
            classify::is_sure_total(&total.name)
                && !others
                    .filter(|entry| classify::is_total_of_all(entry))
                    .any(|entry| entry.found.integer() == Some(has_come))
        })
    }

    /// Whether the page is the last one of a server that counts its pages from 0.
    pub(crate) fn is_last_from_0(&self) -> bool {
        let page = self.page.as_ref().map(|page| page.value.saturating_add(1));
        self.total.is_none() && page.zip(self.all_pages.as_ref()).is_some_and(|(page, all)| page >= all.value)
    }

    /// Whether an array holds something.
    pub(crate) fn has_items(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.found, Found::Array(n) if n > 0))
    }

    /// Whether nothing but a key that may mean something else says that there are more.
    pub(crate) fn is_likely_only(&self) -> bool {
        self.is_likely && self.more.is_none()
    }

    /// The offset at which the page says that the next one begins: in the parameter `param` of an address, or as a number.
    pub(crate) fn next_offset(&self, param: &str) -> Option<u64> {
        let next = self.next.as_ref()?;
        let found = &self
            .entries
            .iter()
            .find(|entry| entry.name() == next.name && entry.found.cursor().is_some())?
            .found;
        match next.value {
            NextForm::Address => parameter(found.cursor()?, param)?.parse().ok(),
            NextForm::Number => found.integer().filter(|_| classify::is_offset(&next.name)),
            NextForm::LinkHeader | NextForm::Header | NextForm::Token => None,
        }
    }

    /// How many items the array has that a path leads to.
    pub(crate) fn n_items(&self, select: &Selector) -> Option<u64> {
        self.entries.iter().find_map(|entry| match entry.found {
            Found::Array(n_items) if select.ways().contains(&entry.path) => Some(n_items),
            _ => None,
        })
    }

    /// The key or header that says that there are more, and how it says so.
    pub(crate) fn evidence(&self) -> String {
        let Some((name, says)) = self.strongest() else { return "the page says that there is more".into() };
        match name {
            "Link" => "the header `Link` names a next page".into(),
            _ if is_header(name) => format!("the header `{name}` {says}"),
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
            let value = value.map(|entry| entry.found.shown()).unwrap_or_else(|| "says so".into());
            let says = if value == "says so" { value } else { format!("is {value}") };
            return Some((&more.name, says));
        }
        if let Some(total) = &self.total {
            return Some((&total.name, format!("is {}", total.value)));
        }
        self.pages.as_ref().map(|pages| (pages.name.as_str(), format!("is {}", pages.value)))
    }
}

/// What stands beside records that are found through a list, within which nothing else is looked at.
fn beside_records(around: &Around<'_>) -> Vec<Entry> {
    let Some((_, parent)) = around.path.split_last().filter(|(_, parent)| {
        parent.iter().any(|step| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()))
    }) else {
        return Vec::new();
    };
    let found = value_at(around.text, parent).map(walk::entries).unwrap_or_default();
    let below = |entry: Entry| Entry { path: [parent, &entry.path].concat(), ..entry };
    let mut entries: Vec<Entry> = found.into_iter().map(below).collect();
    if let Some(records) = entries.iter_mut().find(|entry| entry.path == around.path) {
        records.found = Found::Array(around.n_items);
    }
    entries
}

/// Whether the name is that of a header; keys of bodies have no dash before capitals.
pub(crate) fn is_header(name: &str) -> bool {
    name.starts_with("X-") || matches!(name, "Link" | "Content-Range" | "Total-Count")
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

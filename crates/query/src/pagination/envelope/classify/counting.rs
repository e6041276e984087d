//! Which numbers around records count all of them, or all pages. Pure.

use super::{Facts, PAGE, PAGE_SIZE, PAGES, START, TOTAL, is_beside_the_point, plain};
use crate::{
    pagination::envelope::{Entry, Named},
    scan::Found,
};

/// Count the records of the page, all of them, or those that were asked for: what stands beside tells which.
const COUNT: &[&str] = &["count", "found", "numresults"];
/// Count the records of the page, or all of them.
const RESULT_COUNT: &[&str] = &["resultcount", "resultscount"];
/// Of the names of totals, those that some servers give to the number of records in the page.
const MAY_BE_OF_PAGE: &[&str] = &["itemcount", "recordcount", "rowcount"];
/// Say how many records were asked for, beside the sizes of pages.
const ASKED: &[&str] = &["take", "top", "rows", "num"];
/// Of the sizes of pages, those beside which `count` may be how many records were asked for.
const LIMIT: &[&str] = &["limit", "maxresults", "itemsperpage", "pagelimit", "pagelen"];
/// Objects in which `current` and `last` are numbers of pages.
const PAGER: &[&str] = &["pages", "pagination", "paging", "page", "pageinfo"];

/// Whether a total of this name is meant exactly, and as one of all records.
pub(in crate::pagination::envelope) fn is_sure_total(name: &str) -> bool {
    let name = plain(name);
    !["count", "found", "value", "numresults", "resultcount", "resultscount"].contains(&name.as_str())
        && !name.contains("estimat")
        && !name.contains("approx")
}

/// Whether a value is the number of a page in an object that speaks of pages: `pages: { current: 1, last: 9 }`.
pub(super) fn is_of_pager(entry: &Entry) -> bool {
    let is_there = entry.parent().last().is_some_and(|parent| PAGER.contains(&plain(parent).as_str()));
    is_there && matches!(plain(entry.key()).as_str(), "current" | "last")
}

impl Facts<'_> {
    /// How many records there are in all.
    pub(super) fn total(&self) -> Option<Named<u64>> {
        let named = |entry: &&Entry| Some(Named { name: entry.name(), value: entry.found.integer()? });
        let sure = self.entries.iter().filter(|entry| self.is_total(entry)).find_map(|entry| named(&entry));
        let counts = self.entries.iter().filter(|entry| {
            let name = plain(entry.key());
            let is = |names: &[&str]| names.contains(&name.as_str());
            is(MAY_BE_OF_PAGE) && self.is_about_pages(entry)
                || is(RESULT_COUNT) && self.is_about_pages(entry) && self.is_above_page(entry)
                || is(COUNT) && self.counts_all(entry)
        });
        // Of several, one may be that of the page.
        sure.or_else(|| {
            let counts: Vec<Named<u64>> = counts.filter_map(|entry| named(&entry)).collect();
            counts.into_iter().rev().max_by_key(|count| count.value)
        })
    }

    /// Whether a name says that all records are counted.
    fn is_total(&self, entry: &Entry) -> bool {
        let name = plain(entry.key());
        let is_named = TOTAL.contains(&name.as_str()) && !MAY_BE_OF_PAGE.contains(&name.as_str());
        let is_named = (is_named || self.is_total_of_list(&name))
            && self.is_about_pages(entry)
            && !self.is_total_of_pages(entry);
        // Elasticsearch: `hits.total.value`.
        let is_value =
            name == "value" && entry.parent().last().is_some_and(|parent| plain(parent) == "total");
        is_named || is_value
    }

    /// How many records the longest array has that may be the records.
    fn here(&self) -> Option<u64> {
        let length = |entry: &Entry| match entry.found {
            Found::Array(n) if !is_beside_the_point(entry) => Some(n),
            _ => None,
        };
        self.entries.iter().filter_map(length).max()
    }

    fn is_above_page(&self, entry: &Entry) -> bool {
        entry.found.integer() > self.here()
    }

    /// Whether `count` is that of all records: it stands beside `previous`, as at Django; it is OData's `__count`; it is more
    /// than a page may have; or it is more than the page has, and nothing says that it is how many were asked for.
    fn counts_all(&self, entry: &Entry) -> bool {
        if self.has_neighbour(entry, &["previous", "prev"]) || entry.key() == "__count" {
            return true;
        }
        let Some(count) = entry.found.integer() else { return false };
        let has_start = self.entries.iter().any(|other| {
            let name = plain(other.key());
            name != "skip"
                && START.contains(&name.as_str())
                && other.found.integer().is_some()
                && self.is_about_pages(other)
        });
        let sizes = |names: &[&str]| -> Vec<u64> {
            let is_size = |other: &&Entry| {
                let name = plain(other.key());
                // Confluence writes how many records the page has as `size`.
                names.contains(&name.as_str())
                    && !(has_start && name == "size")
                    && (other.parent() == entry.parent() || self.is_about_pages(other))
            };
            self.entries
                .iter()
                .filter(is_size)
                .filter_map(|other| other.found.integer())
                .filter(|size| *size > 0)
                .collect()
        };
        if sizes(PAGE_SIZE).contains(&count) || sizes(ASKED).contains(&count) {
            return false;
        }
        // A page has no more records than its limit.
        let is_above_size = sizes(PAGE_SIZE).into_iter().max().is_some_and(|size| count > size);
        let is_asked = has_start || !sizes(LIMIT).is_empty();
        is_above_size || !is_asked && self.is_about_pages(entry) && self.is_above_page(entry)
    }

    /// Plaid has `total_transactions` for its `transactions`.
    fn is_total_of_list(&self, name: &str) -> bool {
        name.strip_prefix("total")
            .is_some_and(|of| !of.is_empty() && self.lists().any(|list| plain(list.key()) == of))
    }

    fn lists(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| matches!(entry.found, Found::Array(_)))
    }

    /// Whether `hasMoreComments` speaks of a list that is not the longest one.
    pub(super) fn is_of_other_list(&self, name: &str) -> bool {
        let here = self.here();
        self.lists().any(|list| {
            let is_shorter = !matches!(list.found, Found::Array(n) if Some(n) >= here);
            is_shorter && name.strip_prefix("hasmore") == Some(plain(list.key()).as_str())
        })
    }

    /// `pages: { current: 1, total: 9 }` counts pages.
    fn is_total_of_pages(&self, entry: &Entry) -> bool {
        let is_of_pages = entry.parent().last().is_some_and(|parent| plain(parent) == "pages");
        is_of_pages
            && plain(entry.key()) == "total"
            && self.has_neighbour(entry, &["current"])
            && !self.has_neighbour(entry, PAGE_SIZE)
    }

    /// How many pages there are in all, where the server has `total` records and pages of `size`.
    pub(super) fn all_pages(&self, (total, size): (Option<u64>, Option<u64>)) -> Option<Named<u64>> {
        let is_it = |entry: &&Entry| {
            let name = plain(entry.key());
            let is_named = PAGES.contains(&name.as_str()) && self.is_about_pages(entry);
            let is_last = name == "last" && is_of_pager(entry) && self.has_neighbour(entry, &["current"]);
            is_named || is_last || self.is_total_of_pages(entry)
        };
        let named = |entry: &Entry| {
            let value = entry.found.integer()?;
            let is_of_page = plain(entry.key()) == "pagecount" && self.counts_page(value, (total, size));
            (!is_of_page).then(|| Named { name: entry.name(), value })
        };
        self.entries.iter().filter(is_it).find_map(named)
    }

    /// Whether `page_count` is how many records the page has, as Open Food Facts means it: it is just as many, and no number of
    /// pages that agrees with what else is said.
    fn counts_page(&self, value: u64, (total, size): (Option<u64>, Option<u64>)) -> bool {
        let Some(here) = self.here().filter(|here| *here == value && *here > 0) else { return false };
        match (total, size) {
            (Some(total), size) => total.div_ceil(size.unwrap_or(here).max(1)) != value,
            (None, Some(size)) => size > here,
            (None, None) => self.counts_records(here),
        }
    }

    /// Whether `count` says that there are so many records as the page has.
    fn counts_records(&self, here: u64) -> bool {
        self.entries.iter().any(|entry| {
            COUNT.contains(&plain(entry.key()).as_str())
                && entry.found.integer() == Some(here)
                && self.is_about_pages(entry)
        })
    }

    /// The number of the page.
    pub(super) fn page(&self) -> Option<Named<u64>> {
        let is_current = |entry: &&Entry| is_of_pager(entry) && plain(entry.key()) == "current";
        let current = || self.entries.iter().find(is_current);
        self.number(PAGE).or_else(|| {
            current().and_then(|entry| Some(Named { name: entry.name(), value: entry.found.integer()? }))
        })
    }
}

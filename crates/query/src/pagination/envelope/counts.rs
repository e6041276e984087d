//! Bodies without an array of records that say that there are none, or hold nothing else.

use super::{
    Entry, Envelope,
    classify::{self, plain},
};
use crate::pagination::failure;

/// Count the records of a page, where they stand beside them or in an object that speaks of pages.
const COUNT: &[&str] = &[
    "count",
    "resultcount",
    "resultscount",
    "numberreturned",
    "returned",
    "returnedcount",
    "found",
    "length",
];

impl Envelope {
    /// Whether the body is an object of nothing but keys that speak of pages, or of nothing, and counts no
    /// records.
    pub(crate) fn is_of_pages_only(&self) -> bool {
        let counts_some = self.entries.iter().filter_map(any_total).any(|total| total > 0);
        self.is_object && !counts_some && self.entries.iter().all(classify::is_of_pages)
    }

    /// Whether the body says that there are no records at all: `named`, the total of the pagination, is 0, or each total under a
    /// well-known name is. A body with a message says that something went wrong.
    pub(crate) fn counts_nothing(&self, named: Option<u64>) -> bool {
        let mut totals: Vec<u64> = self.entries.iter().filter_map(any_total).collect();
        totals.extend(named);
        self.is_object
            && !totals.is_empty()
            && totals.iter().all(|total| *total == 0)
            && !failure::has_message(&self.entries)
    }
}

/// A number of records, of all or of the page, under a well-known name at the top or in an object that speaks of pages.
fn any_total(entry: &Entry) -> Option<u64> {
    let name = plain(entry.key());
    let parent = entry.parent().last().map(|name| plain(name));
    let is_about_pages = parent.as_ref().is_none_or(|name| classify::ABOUT_PAGES.contains(&name.as_str()));
    let is_value = name == "value" && parent.as_deref() == Some("total");
    let is_named = is_value || classify::TOTAL.contains(&name.as_str()) || COUNT.contains(&name.as_str());
    entry.found.integer().filter(|_| is_named && is_about_pages)
}

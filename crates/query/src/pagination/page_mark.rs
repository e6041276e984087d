//! What is kept of each page.

use serde::{Deserialize, Serialize};

use super::shared::Shared;

/// What later pages are compared with, of one page; a journal keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageMark {
    /// Names the position.
    pub(super) at: u64,
    /// Names the address, where the page was asked for at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) records: Option<u64>,
    /// Names the records by value, for the windows of a split; without one by their text, for runs that are resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) values: Option<u64>,
    /// Names each record by value, for the next window; no journal keeps it.
    #[serde(skip)]
    pub(super) item_values: Vec<u64>,
    /// The first record for people.
    #[serde(skip)]
    pub(super) first: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) n_records: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<u64>,
    /// A total that the pagination does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) other_total: Option<u64>,
    #[serde(default)]
    pub(super) named_next: bool,
    #[serde(default)]
    pub(super) was_above: bool,
    #[serde(default)]
    pub(super) is_disproved: bool,
    #[serde(default)]
    pub(super) is_same: bool,
    /// Whether the next request only finds out if there is more, so that the server may refuse it.
    #[serde(default)]
    pub(super) is_trial: bool,
    /// What the page says of its own number, where that is the one that was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) echo: Option<u64>,
    /// Whether the page calls itself page 0.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_page_0: bool,
    /// Where the first page begins among all records, where that is not at the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<u64>,
    /// Whether an array stands at `select`, or is the one that records are counted in.
    #[serde(default)]
    pub(super) has_array: bool,
    /// Whether the page has no array of records, and is empty: an earlier page had it, it says that there are none, or nothing
    /// else stands in it.
    #[serde(skip)]
    pub(super) lacks_array: bool,
    /// What the page has in common with the page before.
    #[serde(skip)]
    pub(super) shared: Shared,
    /// Whether the body itself is an array.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_array: bool,
    /// Whether the page has `has_more` or `is_last`.
    #[serde(default)]
    pub(super) has_flag: bool,
    /// Whether the page is the last one for no other reason than `max_pages`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_cut: bool,
    /// Whether it was told with the page that rows may be missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) has_doubt: bool,
    /// What in the page says that there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) promise: Option<String>,
    /// Whether the page says itself at which offset the next one begins.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) names_offset: bool,
    /// What is to be said of a record that came with the page before already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) warning: Option<String>,
    /// How many records that speaks of; one where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) n_doubled: Option<u64>,
}

impl PageMark {
    /// Whether the page has no array of records, and none are missing: the server leaves an empty one out.
    pub fn lacks_array(&self) -> bool {
        self.lacks_array
    }

    /// A hash of the page's records by value; `None` where there are none, or where they were not looked at.
    ///
    /// Windows may honestly have the same things with other values: a report of each day.
    pub fn values(&self) -> Option<u64> {
        self.values.filter(|_| self.n_records != Some(0))
    }

    /// A hash of each record by value, where windows are compared and the records have ids.
    pub fn item_values(&self) -> &[u64] {
        if self.first.is_some() { &self.item_values } else { &[] }
    }

    /// The first record for people, such as `id` 17.
    pub fn first(&self) -> Option<&str> {
        self.first.as_deref()
    }

    /// Whether the page is the last one for no other reason than `max_pages`.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What is to be said of a record that came before already.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// How many records have come before already.
    pub fn n_doubled(&self) -> u64 {
        let n_told = u64::from(self.warning.is_some());
        self.n_doubled.unwrap_or(n_told).max(n_told)
    }

    /// How many records have not come before.
    pub(super) fn n_new(&self) -> Option<u64> {
        self.n_records.map(|n_records| n_records.saturating_sub(self.n_doubled()))
    }

    /// Says so of so many records of this page, unless there is something to say already.
    pub fn warn(&mut self, warning: String, n_records: u64) {
        self.n_doubled = Some(self.n_doubled() + n_records);
        self.warning.get_or_insert(warning);
    }

    /// Begins what is to be said with the name of the query.
    pub fn name_query(&mut self, label: &str) {
        if let Some(warning) = &mut self.warning {
            warning.insert_str(0, &format!("{label}: "));
        }
    }
}

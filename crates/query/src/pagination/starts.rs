//! What a page says against the place that it is thought to have. Pure.

use super::{Names, report::PageReport, signals::Way};

/// Whether an empty page that has one before it may mean that rows are there: not where the server counts none.
pub(super) fn says_rows(report: &PageReport) -> bool {
    report.envelope.previous.is_some() && report.envelope.total.as_ref().is_none_or(|total| total.value > 0)
}

/// How many records come before a first page by its own words, where it is not the first one of the server: whoever asks
/// begins further on. Servers that count records from 1 say 1, and what is beyond the total is something else.
pub(super) fn first(report: &PageReport) -> Option<u64> {
    let total = report.envelope.total.as_ref().map(|total| total.value);
    let start = report.envelope.start.as_ref().map(|start| start.value)?;
    (start > 1 && total.is_none_or(|total| start <= total)).then_some(start)
}

/// Whether a flag that the pagination does not name says that there are more pages.
pub(super) fn says_more(report: &PageReport, names: &Names) -> bool {
    let is_other = |name: &str| !names.flag.contains(&format!("`{name}`"));
    report.envelope.more.as_ref().is_some_and(|more| more.value && is_other(&more.name))
}

/// Whether the first page is not the first one of a server that counts its pages from 0, or its records from 1.
pub(super) fn starts_late(report: &PageReport) -> bool {
    let counts_from_1 = report.envelope.start.as_ref().is_some_and(|start| {
        let key = start.name.rsplit('.').next().unwrap_or_default();
        start.value == 1 && key.eq_ignore_ascii_case("startindex")
    });
    report.is_numbered_first
        && match report.way {
            Way::Offset => counts_from_1,
            Way::Single | Way::Named | Way::PageNumber => report.envelope.previous.is_some(),
        }
}

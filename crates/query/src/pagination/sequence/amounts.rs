//! More or fewer records than the server counts. Pure.

use super::{Counted, PageMark, PageReport, Sequence, Way, starts, totals};

impl Sequence {
    /// How many records came before the page.
    pub(super) fn records_before(&self, report: &PageReport) -> Option<u64> {
        match report.way {
            Way::Offset => report.before,
            Way::Single | Way::Named | Way::PageNumber => self.n_records,
        }
    }

    /// The same with the records that the run passes over. Where a later page says that it begins counts for nothing: records
    /// before it may be missing.
    pub(super) fn reached_before(&self, report: &PageReport) -> Option<u64> {
        let first = starts::first(report).filter(|_| self.n_pages == 0).unwrap_or(0);
        let before = self.records_before(report)?;
        Some(match report.way {
            Way::Offset => before.max(first),
            Way::Single | Way::Named | Way::PageNumber => before.saturating_add(self.n_skipped.max(first)),
        })
    }

    /// How many records every page counts, and how many have come, where those are more.
    pub(super) fn records_above(&self, report: &PageReport, n_records: Option<u64>) -> Option<(u64, u64)> {
        let above = self.above(report, n_records)?;
        (counts_records(report) || self.n_pages + 1 > above.0).then_some(above)
    }

    /// As [`records_above`](Self::records_above), where this page is the last one: as many pages have come then as a number
    /// of records makes, and not as many as it would be if it counted pages.
    pub(super) fn above_at_end(&self, report: &PageReport, n_records: Option<u64>) -> Option<(u64, u64)> {
        let above = self.above(report, n_records)?;
        let longest = self.total.longest.max(n_records.unwrap_or(0));
        let size = report.envelope.page_size.or(report.size).unwrap_or(longest).max(1);
        let n_pages = self.n_pages + u64::from(n_records != Some(0));
        let is_of_records = n_pages != above.0 && n_pages == above.0.div_ceil(size);
        (counts_records(report) || is_of_records || n_pages > above.0).then_some(above)
    }

    fn above(&self, report: &PageReport, n_records: Option<u64>) -> Option<(u64, u64)> {
        let said = report.envelope.total.as_ref().map(|total| total.value);
        let before = self.n_records.map(|n_records| n_records.saturating_sub(self.n_doubled));
        self.steady.above(said, before.zip(n_records)).filter(|_| !totals::may_be_limit(report))
    }

    /// How many records every page counts, and how many have come, where those are fewer, the pagination does not name that
    /// total, and all pages were asked for.
    pub(super) fn records_below(&self, report: &PageReport, mark: &PageMark) -> Option<(u64, u64)> {
        let envelope = &report.envelope;
        let is_named = report.total.is_some_and(|total| total.of == Counted::Records);
        let first =
            report.requested.zip(report.before).map(|(requested, before)| requested.saturating_sub(before));
        let begins_late = report.way == Way::PageNumber && first > Some(1);
        let is_last_from_0 = self.counts_from_0 && envelope.is_last_from_0();
        if is_named || begins_late || is_last_from_0 || self.is_last_window(report) {
            return None;
        }
        let here = mark.n_records.or(envelope.records.as_ref().map(|records| records.value))?;
        let here = if self.is_repeat(mark) { 0 } else { here };
        let reached = self.reached_before(report)?.saturating_add(here);
        let (total, _) = self.steady.below(envelope.total.as_ref().map(|total| total.value), reached)?;
        let below = (total, self.records_before(report)?.saturating_add(here));
        // One may be the page.
        let is_page = below == (1, 0);
        let is_sure = envelope.total.is_none() || envelope.has_sure_total(reached);
        (is_sure && !is_page).then_some(below)
    }
}

/// Whether the total is one of records. What is called `total`, and by nobody named as that of records, may be that of
/// pages.
fn counts_records(report: &PageReport) -> bool {
    let said = report.envelope.total.as_ref();
    said.is_some_and(|total| !total.name.eq_ignore_ascii_case("total"))
        || report.total.is_some_and(|total| total.of == Counted::Records)
        || report.envelope.start.is_some()
}

//! What a total is worth, after what earlier pages said. Pure.

use super::{
    envelope::{Entry, plain},
    page_mark::PageMark,
    report::{Counted, PageReport},
    signals::{TotalSignal, Way},
};

/// What was said of the total so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TotalSoFar {
    pub(super) last: Option<u64>,
    pub(super) was_above: bool,
    is_disproved: bool,
    /// How many records the page before had, which a total that counts what is left falls by.
    last_here: Option<u64>,
    /// How many records the longest page had.
    pub(super) longest: u64,
    /// Whether a record has come twice, so that another may not have come.
    has_doubled: bool,
}

impl TotalSoFar {
    pub(super) fn remember(&mut self, mark: &PageMark) {
        self.last = mark.total.or(self.last);
        self.was_above |= mark.was_above;
        self.is_disproved |= mark.is_disproved;
        self.last_here = mark.n_records;
        self.longest = self.longest.max(mark.n_records.unwrap_or(0));
        self.has_doubled |= mark.warning.is_some();
    }

    /// The total, believed only while it agrees with what has come: `before` the page, in what the total counts. A page
    /// that only repeats an earlier one, or was refused, adds nothing.
    pub(super) fn signal(
        &self,
        report: &PageReport,
        mark: &mut PageMark,
        (before, is_repeat): (Option<u64>, bool),
    ) -> TotalSignal {
        let brings_nothing = is_repeat || mark.n_records == Some(0);
        let here = if is_repeat { Some(0) } else { report.here.or(mark.n_records) };
        let said = report.total.map(|total| total.in_all);
        let (Some(before), Some(here)) = (before, here) else { return TotalSignal::Silent };
        // A page that says nothing takes nothing back, but only an empty page ends by what was said before. Nor does a
        // page without records take a total back by one that is less than what has come.
        let is_nonsense = brings_nothing && said.is_some_and(|said| said < before);
        let earlier = self.last.filter(|_| brings_nothing || report.way == Way::Named);
        let Some(in_all) = said.filter(|_| !is_nonsense || earlier.is_none()).or(earlier) else {
            return TotalSignal::Silent;
        };
        let reached = before.saturating_add(here);
        if report.way == Way::Named {
            return if reached < in_all { TotalSignal::Above } else { TotalSignal::Reached };
        }
        if !brings_nothing && self.counts_something_else(report, in_all, reached) {
            mark.is_disproved = true;
        }
        if self.is_disproved || mark.is_disproved {
            mark.is_disproved = true;
            return TotalSignal::Disproved;
        }
        if reached < in_all {
            mark.was_above = true;
            return TotalSignal::Above;
        }
        let has_doubled = report.way == Way::Offset && (self.has_doubled || mark.warning.is_some());
        match brings_nothing || !has_doubled && !self.is_doubtful(report, said) {
            true => TotalSignal::Reached,
            false => TotalSignal::Unproven,
        }
    }

    /// Whether a total that is reached may count something else than everything, or not everything.
    fn is_doubtful(&self, report: &PageReport, said: Option<u64>) -> bool {
        let has_dropped = self.last.is_some_and(|last| said.is_some_and(|said| said < last));
        // The first page is all that it counts: it may count the page. Of pages there is more than one where it does.
        // A limit that is neither asked for nor round is the number of records by another name: Jira Data Center writes that as
        // `maxResults` of an issue's worklogs, all of which it gives.
        let is_limit =
            report.size.is_some() || report.envelope.page_size.is_none_or(|size| size.is_multiple_of(5));
        let may_be_of_page =
            !self.was_above && is_limit && (report.way == Way::Offset || report.echo().is_none());
        has_dropped
            || report.envelope.is_lower_bound
            || self.is_full(report)
                && (may_be_limit(report) || report.counts_from_0 || may_be_of_page || counts_page(report))
    }

    /// It cannot count everything when it is less than what has come, nor when it falls by just what was read.
    fn counts_something_else(&self, report: &PageReport, in_all: u64, reached: u64) -> bool {
        let said = report.total.map(|total| total.in_all);
        let fell_by = |n: u64| said.is_some() && self.last.is_some_and(|last| last.checked_sub(n) == said);
        let falls = match report.way {
            Way::Offset => self.last_here.is_some_and(|read| read > 0 && fell_by(read)),
            Way::PageNumber => fell_by(1),
            Way::Single | Way::Named => false,
        };
        in_all < reached || falls
    }

    /// Whether the server may have had more records for the page.
    fn is_full(&self, report: &PageReport) -> bool {
        let size = report.envelope.page_size.or(report.size).unwrap_or(self.longest);
        report.n_records.is_some_and(|n_records| n_records > 0 && n_records >= size)
    }
}

/// Whether a total may be as much as the server gives, and not all that there is: 1000, 10000, or by the page's own words
/// a lower bound (Elasticsearch's `relation: gte`).
pub(super) fn may_be_limit(report: &PageReport) -> bool {
    let of_records = report.total.filter(|total| total.of == Counted::Records).map(|total| total.in_all);
    let named = report.envelope.total.as_ref().map(|total| total.value);
    report.envelope.is_lower_bound || of_records.or(named).is_some_and(is_round)
}

/// Whether a number of pages may be that of the records in the page, as `page_count` of Open Food Facts.
fn counts_page(report: &PageReport) -> bool {
    let pages = report.total.filter(|total| total.of == Counted::Pages).map(|total| total.in_all);
    let is_told = |pages: u64| {
        let is_it = |entry: &Entry| plain(entry.key()) == "pagecount" && entry.found.integer() == Some(pages);
        report.envelope.entries.iter().any(is_it)
    };
    pages.is_some_and(|pages| pages > 1 && report.n_records == Some(pages) && is_told(pages))
}

fn is_round(total: u64) -> bool {
    total > 0 && total.is_multiple_of(1000)
}

/// The number of all records as long as each page says the same.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Steady {
    total: Option<u64>,
    has_changed: bool,
    /// Whether it was more than what had come.
    was_above: bool,
}

impl Steady {
    pub(super) fn remember(&mut self, said: Option<u64>, has_come: Option<u64>) {
        self.has_changed |= said.is_some() && self.total.is_some() && self.total != said;
        self.total = self.total.or(said);
        self.was_above |= self.total.zip(has_come).is_some_and(|(total, has_come)| total > has_come);
    }

    /// The total and what has come with a page that says `said`, where that is more than the total.
    pub(super) fn above(&self, said: Option<u64>, counted: Option<(u64, u64)>) -> Option<(u64, u64)> {
        let total = self.total.filter(|total| !is_round(*total) && said.is_none_or(|said| said == *total))?;
        let has_come = counted.map(|(before, here)| before.saturating_add(here))?;
        (self.was_above && !self.has_changed && has_come > total).then_some((total, has_come))
    }

    /// The total and what has come, `has_come`, with a page that says `said`, where that is less than the total.
    pub(super) fn below(&self, said: Option<u64>, has_come: u64) -> Option<(u64, u64)> {
        let total = self.total.or(said).filter(|total| said.is_none_or(|said| said == *total))?;
        (!self.has_changed && total > has_come).then_some((total, has_come))
    }

    /// Whether so much more has come that it is no matter of a few records that were added meanwhile.
    pub(super) fn is_far((total, has_come): (u64, u64)) -> bool {
        has_come >= total.saturating_mul(2)
    }
}

//! Totals that fall while pages are read: records before the place that was reached are gone, and those behind it have moved
//! before it. Pure.

use super::{Doubted, PageMark, PageReport, Position, Sequence, Way, words};
use crate::pagination::counted;

/// What pages said of one total.
#[derive(Debug, Clone, Default)]
pub(super) struct Falling {
    /// What the total is called, where the pagination does not name it.
    name: String,
    first: Option<u64>,
    top: u64,
}

impl Falling {
    pub(super) fn remember(&mut self, total: Option<u64>) {
        self.first = self.first.or(total);
        self.top = self.top.max(total.unwrap_or(0));
    }

    /// The same of a total that has a name; another name is another total.
    fn remember_named(&mut self, name: &str, total: u64) {
        if self.name != name {
            *self = Self { name: name.to_owned(), ..Self::default() };
        }
        self.remember(Some(total));
    }

    /// What the total was, where it is less with this page, which has `here`; `before` has come, in what it counts.
    fn fell(&self, total: u64, before: u64, here: Option<u64>) -> Option<u64> {
        let is_empty = here == Some(0);
        // Less than has come with rows that are there counts no rows: Workday's total is 0 from the second page on.
        let is_nonsense = !is_empty && here.is_some_and(|here| total < before.saturating_add(here));
        // A total that is no more than what has come counts something else: the records of the page.
        let was_all = self.top > before;
        // It may count what is left, and then it falls by what has come. A page behind the last one may count itself.
        let counts_left = self.first == total.checked_add(before) && !is_empty;
        let fell = total < self.top && was_all && !is_nonsense && !counts_left && !(is_empty && total == 0);
        fell.then_some(self.top)
    }
}

impl Sequence {
    /// Why rows may be missing, unless that was told before.
    pub(super) fn untold(
        &self,
        doubt: Option<Doubted>,
        position: &Position,
        (report, mark): (&PageReport, &PageMark),
    ) -> Option<Doubted> {
        match self.has_doubt {
            true => None,
            false => doubt.or_else(|| self.fell(position, report, mark)),
        }
    }

    /// What is to be said of a page whose total is less than that of an earlier one, where positions count what comes before.
    fn fell(&self, position: &Position, report: &PageReport, mark: &PageMark) -> Option<Doubted> {
        if report.way == Way::Single || !counted::counts(position) || report.envelope.is_lower_bound {
            return None;
        }
        let named = report.total.zip(report.before.or(self.n_records));
        let named = named.and_then(|(total, before)| {
            // Of pages it is one, with records or without.
            let here = report.here.filter(|_| mark.n_records != Some(0)).or(mark.n_records);
            Some((self.falling.fell(total.in_all, before, here)?, total.in_all, None))
        });
        let other = || {
            let total =
                report.envelope.total.as_ref().filter(|total| total.name == self.falling_other.name)?;
            let was = self.falling_other.fell(total.value, self.records_before(report)?, mark.n_records)?;
            Some((was, total.value, Some(total.name.as_str())))
        };
        let (was, is, name) = named.or_else(other)?;
        Some(words::fell((was, is), (name, self.n_pages + 1)))
    }

    /// Keeps what a page said of a total that the pagination does not name.
    pub(super) fn remember_other(&mut self, report: &PageReport) {
        if let Some(total) = &report.envelope.total {
            self.falling_other.remember_named(&total.name, total.value);
        }
    }
}

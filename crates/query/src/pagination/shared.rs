//! Records that a page has in common with the page before. Pure.

use std::collections::HashSet;

use super::report::PageReport;

/// What the next page is compared with.
#[derive(Debug, Clone, Default)]
pub(super) struct LastPage {
    /// A hash of each record, by what names it.
    items: Vec<u64>,
    /// A hash of each record as it is written.
    texts: Vec<u64>,
    /// Whether each page so far began with the last record of the page before; `None` before the second page.
    shares_seams: Option<bool>,
}

/// What a page has in common with the page before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shared {
    /// Nothing that proves anything.
    #[default]
    Nothing,
    /// It begins with so many records that the page before ends with; fewer than half.
    Seam(u64),
    /// It has so many records of the page before, here and there; fewer than half.
    Few(u64),
    /// It begins with at least half of the page before, or all pages share a record with the one before.
    Overlap,
    /// It has at least half of the records of the page before, in any order.
    Most(u64),
}

impl LastPage {
    /// Takes the next page.
    pub(super) fn remember(&mut self, report: &PageReport) {
        self.shares_seams = match (self.items.last(), report.items.first()) {
            (Some(last), Some(first)) => Some(self.shares_seams != Some(false) && last == first),
            _ => self.shares_seams,
        };
        self.items.clone_from(&report.items);
        self.texts.clone_from(&report.texts);
    }

    /// The records with names of their own that end this page and begin the next one as they are written.
    pub(super) fn written_seam(&self, report: &PageReport) -> Shared {
        match seam(&self.texts, &report.texts) {
            n_records if n_records > 0 && report.identity.is_some() => Shared::Seam(n_records as u64),
            _ => Shared::Nothing,
        }
    }

    /// What a page shares with this one. Records that come several times in one page prove nothing.
    pub(super) fn shared(&self, report: &PageReport) -> Shared {
        let here = &report.items;
        let longest = self.items.len().max(here.len());
        if self.items.is_empty() || here.is_empty() {
            return Shared::Nothing;
        }
        let seam = seam(&self.items, here);
        if overlaps(&self.items, here) || seam == 1 && self.shares_seams == Some(true) {
            return Shared::Overlap;
        }
        // Different records may have the same ids, as a product in several shops has; not all of a page.
        let n_same = match n_common(&self.items, here) {
            n_items if n_items == longest => n_items,
            0 => 0,
            _ => n_common(&self.texts, &report.texts),
        };
        match (n_same, seam) {
            (2.., _) if n_same * 2 >= longest => Shared::Most(n_same as u64),
            (n_same, seam) if seam > 0 && seam >= n_same => Shared::Seam(seam as u64),
            (0, _) => Shared::Nothing,
            (n_same, _) => Shared::Few(n_same as u64),
        }
    }
}

/// How many records end one page and begin the next one.
fn seam(before: &[u64], here: &[u64]) -> usize {
    let Some(start) = here.first().and_then(|first| before.iter().position(|record| record == first)) else {
        return 0;
    };
    let tail = &before[start..];
    let is_once = |items: &[u64], of: &u64| items.iter().filter(|item| *item == of).count() == 1;
    let is_known =
        here.starts_with(tail) && tail.iter().all(|record| is_once(before, record) && is_once(here, record));
    if is_known { tail.len() } else { 0 }
}

/// How many records two pages have in common; none where one comes twice in a page.
fn n_common(before: &[u64], here: &[u64]) -> usize {
    let known: HashSet<&u64> = before.iter().collect();
    let n_common = here.iter().filter(|record| known.contains(record)).count();
    if n_common == 0 || known.len() < before.len() {
        return 0;
    }
    let distinct: HashSet<&u64> = here.iter().collect();
    if distinct.len() < here.len() { 0 } else { n_common }
}

/// Whether `here` begins with the last records of `before`, at least half of them: the server counts records where the
/// client counts pages. Fewer may come again when records are added while pages are read; equal ones prove nothing.
fn overlaps(before: &[u64], here: &[u64]) -> bool {
    let Some(first) = here.first() else { return false };
    let starts = before.iter().enumerate().filter(|(_, record)| *record == first);
    starts.map(|(start, _)| &before[start..]).any(|tail| {
        let distinct: HashSet<&u64> = tail.iter().collect();
        tail.len() > 1
            && tail.len() * 2 >= before.len()
            && distinct.len() == tail.len()
            && here.starts_with(tail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pagination::{Answer, Facts, Way};

    fn report(items: &[u64]) -> PageReport {
        let answer = Answer { body: None, headers: &[] };
        let facts = Facts { found: &[], answer: &answer, select: None, is_xml: false, scan: &<_>::default() };
        PageReport { items: items.to_vec(), texts: items.to_vec(), ..PageReport::new(Way::Offset, &facts) }
    }

    fn shared(before: &[u64], here: &[u64]) -> Shared {
        let mut last = LastPage::default();
        last.remember(&report(before));
        last.shared(&report(here))
    }

    #[test]
    fn pages_are_compared_by_their_records() {
        let ten: Vec<u64> = (1..=10).collect();
        let from = |first: u64| -> Vec<u64> { (first..first + 10).collect() };
        assert_eq!(shared(&ten, &from(11)), Shared::Nothing);
        for n in 1..=4 {
            assert_eq!(shared(&ten, &from(11 - n)), Shared::Seam(n));
        }
        assert_eq!(shared(&ten, &from(6)), Shared::Overlap);
        // Shuffled, and a window that drifts the other way.
        assert_eq!(shared(&ten, &[3, 1, 2, 10, 9, 8, 7, 6, 5, 4]), Shared::Most(10));
        assert_eq!(shared(&from(2), &ten), Shared::Most(9));
        // A few that have moved, and a last page that is short.
        assert_eq!(shared(&ten, &[11, 3, 12, 7, 13, 14, 15, 16, 17, 18]), Shared::Few(2));
        assert_eq!(shared(&ten, &[9, 10]), Shared::Seam(2));
        assert_eq!(shared(&ten, &[10, 9, 8, 11]), Shared::Few(3));
        // One of two is no half of anything.
        assert_eq!(shared(&[1, 2], &[2, 3]), Shared::Seam(1));
        // What comes several times proves nothing.
        assert_eq!(shared(&[1, 2, 2], &[2, 2, 1]), Shared::Nothing);
    }

    #[test]
    fn the_same_ids_of_other_records_prove_nothing() {
        let mut last = LastPage::default();
        last.remember(&PageReport { texts: vec![21, 22, 23, 24], ..report(&[1, 2, 3, 4]) });
        assert_eq!(
            last.shared(&PageReport { texts: vec![31, 32, 33, 34], ..report(&[7, 2, 3, 4]) }),
            Shared::Nothing
        );
        assert_eq!(
            last.shared(&PageReport { texts: vec![31, 32, 33, 34], ..report(&[4, 3, 2, 1]) }),
            Shared::Most(4)
        );
    }
}

//! What each page of a query says of the next one.

use std::sync::Arc;

use pipeline_config::Section;

use super::Query;
use crate::{
    pagination::{
        Answer, EmptyPage, EndRules, Envelope, Facts, NextPlace, PageReport, PaginationError, Position,
        SamePage, Sequence, Way, name_of_body,
    },
    scan::Scan,
    selector::Selector,
};

/// The keys beside `pagination` that say what ends pages.
#[derive(Debug, Clone)]
pub(super) struct EndKeys {
    pub(super) empty_page: Option<EmptyPage>,
    same_page: Option<SamePage>,
    pub(super) end_status: Option<u64>,
    ignored_signals: Vec<String>,
    pub(super) max_pages: Option<u64>,
    max_empty_pages: u64,
}

impl EndKeys {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let text = |name| section.optional_text(name);
        Self {
            empty_page: text("empty_page").and_then(|name| EmptyPage::parse(&name)),
            same_page: text("same_page").and_then(|name| SamePage::parse(&name)),
            end_status: section.integer("end_status"),
            ignored_signals: section.texts("ignore_signals").into_iter().map(|text| text.value).collect(),
            max_pages: section.integer("max_pages"),
            max_empty_pages: section.integer("max_empty_pages").unwrap_or(u64::MAX),
        }
    }
}

impl Query {
    /// The pages of this query, before the first one or after those of [`after`](Self::after).
    pub fn sequence(&self) -> Sequence {
        let rules = EndRules {
            empty_page: self.ends.empty_page,
            same_page: self.ends.same_page,
            max_empty_pages: self.ends.max_empty_pages,
            max_pages: self.ends.max_pages,
            is_lenient: self.look.is_some_and(|look| look.is_lenient),
            names: Arc::new(self.pagination.names()),
        };
        Sequence::new(rules, self.n_pages_before(), &self.marks)
    }

    /// What a page says of itself; [`Sequence::step`] says what follows it.
    ///
    /// # Errors
    /// [`PaginationError`] when the body is not what this kind of pagination needs.
    pub fn report(&self, position: &Position, answer: &Answer<'_>) -> Result<PageReport, PaginationError> {
        let of_kind = self.pagination.selectors();
        // Bodies are not even read where nothing in them matters.
        let is_read = self.pagination.reads_body() || self.error.is_some();
        let scan = match answer.body.filter(|_| is_read) {
            Some(body) => {
                let own = self.select.iter().chain(&self.error);
                let selectors: Vec<Selector> = of_kind.iter().chain(own).cloned().collect();
                Scan::read(body, &selectors)?
            }
            None => Scan::default(),
        };
        let (found, own) = scan.found.split_at(of_kind.len().min(scan.found.len()));
        if let Some((selector, found)) = self.error.as_ref().zip(own.last())
            && found.is_something()
        {
            return Err(PaginationError::Refused { selector: selector.as_str().to_owned() });
        }
        let facts = Facts { found, answer, select: self.select.as_ref().zip(own.first()), scan: &scan };
        let mut report = self.pagination.read(position, &facts)?;
        if report.way != Way::Single
            && matches!(self.ends.empty_page, Some(EmptyPage::End | EmptyPage::Error))
        {
            report.n_records = Some(facts.n_records()?);
        }
        report.records_at = match (&self.select, scan.records.as_slice()) {
            (Some(selector), _) => selector.ways().to_vec(),
            (None, [(name, _)]) if name.is_empty() => vec![Vec::new()],
            (None, [(name, _)]) => vec![vec![name.clone()]],
            (None, _) => Vec::new(),
        };
        self.look_further(&mut report, answer);
        Ok(report)
    }

    /// What is looked for only where the page may be the last one, and what only counted pages need.
    fn look_further(&self, report: &mut PageReport, answer: &Answer<'_>) {
        let has_come = report.before.zip(report.here).map(|(before, here)| before.saturating_add(here));
        let is_total_reached =
            report.total.zip(has_come).is_some_and(|(total, has_come)| has_come >= total.in_all);
        let may_end = match report.way {
            Way::Single => true,
            Way::Named => report.next == NextPlace::Absent,
            Way::Offset | Way::PageNumber => report.n_records == Some(0) || is_total_reached,
        };
        if may_end {
            report.envelope = Envelope::read(answer, &self.ends.ignored_signals);
        }
        if report.way == Way::Single {
            let selected = self.select.as_ref().and_then(|select| report.envelope.n_items(select.as_str()));
            report.n_records = report.n_records.or(selected);
        }
        if matches!(report.way, Way::Offset | Way::PageNumber) && report.n_records != Some(0) {
            report.body = answer.body.map(name_of_body);
        }
    }
}

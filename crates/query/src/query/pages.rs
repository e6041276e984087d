//! What each page of a query says of the next one.

use std::sync::Arc;

use pipeline_config::{Part, Section};

use super::{Decode, Query, before_query};
use crate::{
    pagination::{
        Answer, Around, EndRules, Envelope, Facts, Names, NextPlace, PagePolicy, PageReport, PaginationError,
        Position, Selected, Sequence, Way, WholeBody,
        failure::{self, Looked},
        hash_of, standing,
    },
    raw::{self, value_at, value_hash},
    records::{Records, of_all},
    scan::{Scan, without_bom},
    selector::Selector,
};

/// The keys beside `pagination` that say what ends pages.
#[derive(Debug, Clone)]
pub(super) struct EndKeys {
    pub(super) empty_page: Option<PagePolicy>,
    pub(super) same_page: Option<PagePolicy>,
    pub(super) end_status: Option<u64>,
    ignored_signals: Vec<String>,
    pub(super) max_pages: Option<u64>,
    max_empty_pages: u64,
    /// The columns that name a row, as the sink has them.
    pub(super) record_key: Vec<String>,
}

impl EndKeys {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let text = |name| section.optional_text(name);
        Self {
            empty_page: text("empty_page").and_then(|name| PagePolicy::parse(&name)),
            same_page: text("same_page").and_then(|name| PagePolicy::parse(&name)),
            end_status: section.integer("end_status"),
            ignored_signals: section.texts("ignore_signals").into_iter().map(|text| text.value).collect(),
            max_pages: section.integer("max_pages"),
            max_empty_pages: section.integer("max_empty_pages").unwrap_or(u64::MAX),
            record_key: Vec::new(),
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
            keeps_once: !self.ends.record_key.is_empty(),
            is_lenient: self.look.is_some_and(|look| look.is_lenient),
            names: Arc::new(Names { has_body: self.body.is_some(), ..self.pagination.names() }),
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
        let is_xml = matches!(self.decode, Decode::Xml | Decode::XmlPrefixed)
            || answer.header("content-type").any(|text| text.contains("xml"));
        let select = self.select.as_ref().zip(own.first());
        let facts = Facts { found, answer, select, is_xml, scan: &scan };
        let mut report =
            self.read_page(position, &facts).map_err(|error| self.told(error, (answer, is_xml)))?;
        self.look_around(&mut report, answer, (&scan, is_xml));
        report.is_of_lines = self.is_of_lines(answer);
        report.follow_window(&self.pagination.names().param);
        let looked = answer.body.map(|body| self.looked((body, is_xml)));
        let failure = looked.and_then(|looked| {
            failure::find(&report.envelope, report.way, looked).or_else(|| self.failed_line(looked, answer))
        });
        match failure {
            Some(failure) => Err(failure),
            None => Ok(report),
        }
    }

    /// Whether the rows of another table must bring other records each: their value stands beside the path, where a server may
    /// pass over it.
    pub fn has_distinct_rows(&self) -> bool {
        let in_path = |part: &Part| matches!(part, Part::Placeholder { scope, .. } if scope == "each");
        self.for_each.is_some()
            && self.ends.same_page != Some(PagePolicy::Follow)
            && !before_query(&self.path.parts).iter().any(in_path)
    }

    fn looked<'b>(&'b self, (body, is_xml): (&'b [u8], bool)) -> Looked<'b> {
        Looked { body: without_bom(body), select: self.select.as_ref(), is_xml }
    }

    /// Whether each line of the body is a record.
    fn is_of_lines(&self, answer: &Answer<'_>) -> bool {
        self.decode.is_lines(answer.header("content-type").next().unwrap_or_default())
    }

    /// The error that ends a body of lines.
    fn failed_line(&self, looked: Looked<'_>, answer: &Answer<'_>) -> Option<PaginationError> {
        let lines = if self.is_of_lines(answer) { raw::items(looked.body)? } else { return None };
        failure::find_in_lines(&lines, &self.ends.ignored_signals)
    }

    /// What the kind of pagination sees of a page, with its records counted where that matters.
    fn read_page(&self, position: &Position, facts: &Facts<'_>) -> Result<PageReport, PaginationError> {
        let mut report = self.pagination.read(position, facts)?;
        if report.way != Way::Single
            && matches!(self.ends.empty_page, Some(PagePolicy::End | PagePolicy::Error))
        {
            let (n_records, uncounted) = facts.n_records_if_any()?;
            (report.n_records, report.uncounted) = (Some(n_records), uncounted);
        }
        Ok(report)
    }

    /// An error about the shape of a body, or in its place what the body itself says that went wrong.
    fn told(&self, error: PaginationError, (answer, is_xml): (&Answer<'_>, bool)) -> PaginationError {
        let Some(body) = answer.body else { return error };
        let envelope = Envelope::read(answer, &self.ends.ignored_signals, None);
        failure::find(&envelope, Way::Named, self.looked((body, is_xml))).unwrap_or(error)
    }

    /// Reads what stands around the records, and names the records so that later pages can be compared.
    fn look_around(&self, report: &mut PageReport, answer: &Answer<'_>, (scan, is_xml): (&Scan, bool)) {
        let Some(body) = answer.body.map(without_bom) else {
            report.envelope = Envelope::read(answer, &self.ends.ignored_signals, None);
            return;
        };
        let path = self.records_path(body, scan);
        let records = path.as_ref().and_then(|path| value_at(body, path));
        let items = records.and_then(raw::items);
        let n_items = items.as_ref().map(|items| items.len() as u64);
        let around = records
            .zip(n_items)
            .zip(path.as_ref())
            .and_then(|((records, n), path)| Some((raw::without_items(body, records)?, path.as_slice(), n)));
        let around = around.as_ref().map(|(text, path, n)| Around { text, path, n_items: *n });
        report.envelope = Envelope::read(answer, &self.ends.ignored_signals, around.as_ref());
        // Without pagination the one array may be anything.
        let is_counted = report.way != Way::Single || self.select.is_some();
        let is_selected = self.select.is_none() || records.is_some_and(|records| records != b"null");
        report.selected = match self.select.as_ref().filter(|_| report.way != Way::Single) {
            Some(select) => standing(select, (body, is_xml), records),
            None => Selected::Nothing,
        };
        report.whole = match body.trim_ascii_start().first() {
            Some(_) if self.select.is_some() || report.way == Way::Single || is_xml => WholeBody::Unknown,
            Some(b'[') => WholeBody::Array,
            Some(b'{') => WholeBody::Other("an object"),
            Some(b'"') => WholeBody::Other("text"),
            _ => WholeBody::Unknown,
        };
        report.elsewhere = Some(())
            .filter(|()| !is_selected && report.way != Way::Single)
            .and_then(|()| report.envelope.other_records(body));
        report.selects_nothing = self.select.is_some()
            && records.is_none_or(|records| records == b"null")
            && report.elsewhere.is_none();
        report.counts_nothing = report.selects_nothing
            && report.envelope.counts_nothing(report.total.map(|total| total.in_all))
            && report.envelope.other_records(body).is_none();
        if report.way == Way::Named && report.next == NextPlace::Absent {
            report.envelope.add_slip_of(self.pagination.names().next.trim_matches('`'));
        }
        report.n_records = report.n_records.or(n_items.filter(|_| is_counted)).or_else(|| {
            // The longest array may be something else, but one that is empty says nothing at all.
            let longest = report.envelope.records.as_ref().map(|longest| longest.value);
            longest.filter(|n| *n > 0 && report.way != Way::Single && is_selected)
        });
        // Without pagination nothing but the windows of a split, and what rows of another table bring, is compared.
        if report.way == Way::Single && self.split.is_none() {
            self.name_as_written(report, (body, items));
            return;
        }
        self.name_records(report, (body, items.as_deref()));
    }

    /// Names the records as they are written, where what rows of another table bring is compared.
    fn name_as_written(&self, report: &mut PageReport, (body, items): (&[u8], Option<Vec<&[u8]>>)) {
        if self.has_distinct_rows() {
            let written = |items: Vec<&[u8]>| of_all(&items.into_iter().map(hash_of).collect::<Vec<_>>());
            report.values = Some(items.map_or_else(|| hash_of(body), written));
        }
    }

    /// Names the records, so that later pages can be compared.
    fn name_records(&self, report: &mut PageReport, (body, items): (&[u8], Option<&[&[u8]]>)) {
        report.items_are_known = items.is_some();
        if self.split.is_some() {
            let values: Option<Vec<u64>> =
                items.map(|items| items.iter().map(|item| value_hash(item)).collect());
            report.values = Some(values.as_ref().map_or_else(|| value_hash(body), |values| of_all(values)));
            report.item_values = values.unwrap_or_default();
            report.texts.clone_from(&report.item_values);
        } else {
            // As they are written: a resumed run asks only whether the page is as it was.
            let texts: Option<Vec<u64>> = items.map(|items| items.iter().map(|item| hash_of(item)).collect());
            report.values = texts.as_deref().map(of_all);
            report.texts = texts.unwrap_or_default();
        }
        match items.map(|items| Records::of(items, self.record_key())) {
            Some(Records { name, items, identity, first }) => {
                report.records = Some(name);
                (report.items, report.identity, report.first) = (items, identity, first);
            }
            None => {
                let name = report.envelope.name_of_arrays((body, self.record_key()));
                report.records = Some(name.unwrap_or_else(|| value_hash(body)));
            }
        }
    }

    /// Where the records stand, as far as the query or the body leaves no doubt.
    fn records_path(&self, body: &[u8], scan: &Scan) -> Option<Vec<String>> {
        if let Some(select) = &self.select {
            return select.ways().iter().find(|way| value_at(body, way).is_some()).cloned();
        }
        match scan.records.as_slice() {
            [(name, _)] if !name.is_empty() => Some(vec![name.clone()]),
            [_] => Some(Vec::new()),
            _ => body.trim_ascii_start().starts_with(b"[").then(Vec::new),
        }
    }
}

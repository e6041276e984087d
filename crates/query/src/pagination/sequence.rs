//! The pages of one query so far, and what each next one means after them. Pure.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use super::{
    Doubted, EmptyPage, Names, Next, PaginationError, Position, Step,
    envelope::Says,
    report::{Counted, NextPlace, PageReport},
    signals::{NextSignal, OtherSignal, PageSignals, Records, SamePage, TotalSignal, Way},
    verdict::{Contradiction, End, More, Verdict, judge},
    words::{self, About},
};
use crate::raw::value_at;

/// Pages that name their next one may be equal so often in a row before that is an error: a new token is a sign of
/// progress, but there are servers that pass over the token and make a new one each time.
const MAX_SAME: u64 = 10;

/// Bodies with the same records differ by no more than this: a request id, a time, a token.
const MAX_DIFFERENCE: usize = 1024;

/// In longer bodies the middle is one of the records.
const MIN_QUICK: usize = 16 * 1024;

/// What the query says about the end.
#[derive(Debug, Clone)]
pub(crate) struct EndRules {
    pub(crate) empty_page: Option<EmptyPage>,
    pub(crate) same_page: Option<SamePage>,
    pub(crate) max_empty_pages: u64,
    /// As the user wrote it.
    pub(crate) max_pages: Option<u64>,
    /// Whether a contradiction is told and not an error: in a look at the first page.
    pub(crate) is_lenient: bool,
    pub(crate) names: Arc<Names>,
}

/// The bodies of a page and of the one before it, where that is at hand.
#[derive(Debug, Clone, Copy)]
pub struct Bodies<'b> {
    /// Of the page.
    pub this: &'b [u8],
    /// Of the page before.
    pub before: Option<&'b [u8]>,
}

/// What later pages are compared with, of one page; a journal keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageMark {
    /// Names the position.
    at: u64,
    /// Names the address, where the page was asked for at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n_records: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(default)]
    named_next: bool,
    #[serde(default)]
    was_above: bool,
    #[serde(default)]
    is_disproved: bool,
    #[serde(default)]
    is_same: bool,
}

/// The pages of one query so far.
#[derive(Debug, Clone)]
pub struct Sequence {
    rules: EndRules,
    n_pages: u64,
    /// How many records have come; `None` once a page could not be counted.
    n_records: Option<u64>,
    /// Positions and addresses that were read.
    read: HashSet<u64>,
    /// The number of the page by the name of its content.
    bodies: HashMap<u64, u64>,
    n_empty: u64,
    n_same: u64,
    had_next: bool,
    total: TotalSoFar,
    /// What the last page had, which a total that counts what is left falls by.
    last_here: Option<u64>,
}

/// What was said of the total so far.
#[derive(Debug, Clone, Copy, Default)]
struct TotalSoFar {
    last: Option<u64>,
    was_above: bool,
    is_disproved: bool,
}

impl Sequence {
    /// Before the first page, or after those of `marks`.
    pub(crate) fn new(rules: EndRules, n_pages_before: u64, marks: &[PageMark]) -> Self {
        let n_unmarked = n_pages_before.saturating_sub(marks.len() as u64);
        let mut sequence = Self {
            rules,
            n_pages: n_unmarked,
            n_records: (n_unmarked == 0).then_some(0),
            read: HashSet::new(),
            bodies: HashMap::new(),
            n_empty: 0,
            n_same: 0,
            // A page whose position is known was named, or counted, by an earlier one.
            had_next: n_unmarked > 0,
            total: TotalSoFar::default(),
            last_here: None,
        };
        marks.iter().for_each(|mark| sequence.remember(mark));
        sequence
    }

    /// What follows the page at `position`, which was asked for at `address` where that is known.
    ///
    /// # Errors
    /// [`PaginationError::Contradiction`] when the page says two things that cannot both be true.
    pub fn step(
        &mut self,
        (position, address): (&Position, Option<&str>),
        report: &PageReport,
        bodies: Bodies<'_>,
    ) -> Result<Step, PaginationError> {
        let mut mark = self.mark((position, address), report);
        mark.is_same = self.has_same_records(report, bodies);
        let same_as = report.body.and_then(|body| self.bodies.get(&body)).copied();
        let signals = self.signals((report, &mut mark), same_as, position);
        let verdict = judge(&signals);
        let about = About {
            names: &self.rules.names,
            report,
            page: self.n_pages + 1,
            same_as: same_as.unwrap_or(self.n_pages.saturating_sub(1)) + 1,
            n_before: report.before.or(self.n_records),
            records_before: self.records_before(report),
            total: report.total.map(|total| total.in_all).or(self.total.last),
            max_empty_pages: self.rules.max_empty_pages,
            had_next: self.had_next,
        };
        let (next, doubt) = match verdict {
            Verdict::More(_) => (report.next().cloned().map_or(Next::End, Next::Page), None),
            Verdict::End(_, doubt) => (Next::End, doubt.map(|doubt| words::doubt(doubt, &about))),
            Verdict::Contradiction(contradiction) => match words::contradiction(contradiction, &about) {
                doubted if self.rules.is_lenient => (Next::End, Some(Doubted { is_error: true, ..doubted })),
                Doubted { problem, help, .. } => return Err(error_of(contradiction, problem, help)),
            },
        };
        let is_page = report.has_content && !matches!(verdict, Verdict::End(End::SamePage, _));
        if let Some(Doubted { problem, help, .. }) = doubt.as_ref().filter(|_| !is_page) {
            // Who reads pages hears of doubts with them, and there is none.
            let (problem, help) = (problem.clone(), help.clone());
            return Err(PaginationError::Contradiction { problem, help });
        }
        self.remember(&mark);
        Ok(Step {
            is_page,
            is_trial: matches!(verdict, Verdict::More(More::TotalUnproven | More::MoreThanTotal)),
            next,
            n_records: report.n_records,
            total: report.total.filter(|total| total.of == Counted::Records).map(|total| total.in_all),
            ahead: report.ahead.filter(|_| signals.total == TotalSignal::Above),
            verdict,
            doubt,
            mark,
        })
    }

    fn mark(&self, (position, address): (&Position, Option<&str>), report: &PageReport) -> PageMark {
        PageMark {
            at: name_of(position),
            address: address.map(|address| name_of(&Position::Url(address.to_owned()))),
            body: report.body,
            n_records: if report.has_content { report.n_records } else { Some(0) },
            total: report.total.map(|total| total.in_all),
            named_next: report.way == Way::Named && matches!(report.next, NextPlace::At(_)),
            ..PageMark::default()
        }
    }

    /// Adds a page to those that came.
    fn remember(&mut self, mark: &PageMark) {
        self.read.insert(mark.at);
        self.read.extend(mark.address);
        if let Some(body) = mark.body {
            self.bodies.entry(body).or_insert(self.n_pages);
        }
        self.n_pages += 1;
        self.n_records = self.n_records.zip(mark.n_records).map(|(before, here)| before.saturating_add(here));
        self.n_empty = if mark.n_records == Some(0) { self.n_empty + 1 } else { 0 };
        self.n_same = if mark.is_same { self.n_same + 1 } else { 0 };
        self.had_next |= mark.named_next;
        self.total.last = mark.total.or(self.total.last);
        self.total.was_above |= mark.was_above;
        self.total.is_disproved |= mark.is_disproved;
        self.last_here = mark.n_records;
    }

    /// Whether the records are those of the page before, whatever stands around them.
    fn has_same_records(&self, report: &PageReport, bodies: Bodies<'_>) -> bool {
        let Some(before) = bodies.before.filter(|_| report.n_records != Some(0)) else { return false };
        if bodies.this.len().abs_diff(before.len()) > MAX_DIFFERENCE || report.n_records != self.last_here {
            return false;
        }
        if before.len() > MIN_QUICK && !has_middle_of(before, bodies.this) {
            return false;
        }
        let records = |body| report.records_at.iter().find_map(|way| value_at(body, way));
        match (records(bodies.this), records(before)) {
            (Some(here), Some(there)) => here == there,
            _ => bodies.this == before,
        }
    }

    fn signals(
        &self,
        (report, mark): (&PageReport, &mut PageMark),
        same_as: Option<u64>,
        position: &Position,
    ) -> PageSignals {
        let n_records = mark.n_records;
        let next = match &report.next {
            NextPlace::Absent => NextSignal::Absent,
            NextPlace::Unreadable(_) => NextSignal::Unreadable,
            NextPlace::At(next) if self.read.contains(&name_of(next)) || next == position => {
                NextSignal::ReadBefore
            }
            NextPlace::At(_) if mark.address.is_some() && self.is_address(report, mark) => {
                NextSignal::ReadBefore
            }
            NextPlace::At(_) => NextSignal::New,
        };
        let repeats = match report.way {
            Way::Single => false,
            // A scroll id stays the same, so that the records alone can move on.
            Way::Named if next == NextSignal::ReadBefore => {
                mark.is_same && self.rules.empty_page == Some(EmptyPage::End)
            }
            Way::Named => mark.is_same && self.n_same + 1 >= MAX_SAME,
            Way::Offset | Way::PageNumber => n_records != Some(0) && (same_as.is_some() || mark.is_same),
        };
        let total = self.total_signal(report, mark);
        let n_before = self.records_before(report);
        let other = match report.envelope.says((n_before, n_records)) {
            Says::Nothing => OtherSignal::Silent,
            Says::Last => OtherSignal::Last,
            Says::More if self.had_next && report.envelope.is_likely_only() => OtherSignal::Silent,
            Says::More => OtherSignal::More,
            // A page that could not be counted may have brought the rest.
            Says::TotalAbove if n_before.is_none() && report.way != Way::Single => OtherSignal::Silent,
            Says::TotalAbove => OtherSignal::TotalAbove,
        };
        PageSignals {
            way: report.way,
            records: match n_records {
                None => Records::Unknown,
                Some(0) => Records::None,
                Some(_) => Records::Some,
            },
            next,
            had_next: self.had_next,
            flag: report.flag,
            total,
            other,
            repeats,
            has_content: report.has_content,
            too_many_empty: n_records == Some(0) && self.n_empty + 1 >= self.rules.max_empty_pages,
            is_enough: self.rules.max_pages.is_some_and(|max| self.n_pages + 1 >= max),
            empty_page: self.rules.empty_page,
            same_page: self.rules.same_page,
        }
    }

    fn records_before(&self, report: &PageReport) -> Option<u64> {
        match report.way {
            Way::Offset => report.before,
            Way::Single | Way::Named | Way::PageNumber => self.n_records,
        }
    }

    /// Whether the next page is where this one was asked for.
    fn is_address(&self, report: &PageReport, mark: &PageMark) -> bool {
        report.next().is_some_and(|next| Some(name_of(next)) == mark.address)
    }

    /// The total, believed only while it agrees with what has come.
    fn total_signal(&self, report: &PageReport, mark: &mut PageMark) -> TotalSignal {
        let before = report.before.or(self.n_records);
        let here = report.here.or(mark.n_records);
        let said = report.total.map(|total| total.in_all);
        let is_empty = mark.n_records == Some(0);
        // A page that says nothing takes nothing back, but only an empty page ends by what was said before.
        let Some(in_all) = said.or_else(|| self.total.last.filter(|_| is_empty || report.way == Way::Named))
        else {
            return TotalSignal::Silent;
        };
        let (Some(before), Some(here)) = (before, here) else { return TotalSignal::Silent };
        let reached = before.saturating_add(here);
        if report.way == Way::Named {
            return if reached < in_all { TotalSignal::Above } else { TotalSignal::Reached };
        }
        // It cannot count everything when it is less than what has come, nor when it falls by just what was read.
        let is_less = !is_empty && in_all < reached;
        let falls = self.total.last.zip(self.last_here).is_some_and(|(last, read)| {
            said.is_some() && read > 0 && report.way == Way::Offset && last.checked_sub(read) == said
        });
        let counts_down = report.way == Way::PageNumber
            && self.total.last.is_some_and(|last| said.is_some() && last.checked_sub(1) == said);
        if self.total.is_disproved || is_less || (!is_empty && (falls || counts_down)) {
            mark.is_disproved = true;
            return TotalSignal::Disproved;
        }
        if reached < in_all {
            mark.was_above = true;
            return TotalSignal::Above;
        }
        match self.total.was_above || is_empty || !report.may_be_full() {
            true => TotalSignal::Reached,
            false => TotalSignal::Unproven,
        }
    }
}

impl PageReport {
    /// Whether the server may have had more records for the page.
    fn may_be_full(&self) -> bool {
        match (self.n_records, self.envelope.page_size.or(self.size)) {
            (None | Some(0), _) => false,
            (Some(_), None) => true,
            (Some(n_records), Some(size)) => n_records >= size,
        }
    }
}

fn error_of(contradiction: Contradiction, problem: String, help: String) -> PaginationError {
    match contradiction {
        Contradiction::EmptyForbidden | Contradiction::EmptyBeforeTotal | Contradiction::EmptyButMore => {
            PaginationError::Empty { expectation: problem, help }
        }
        _ => PaginationError::Contradiction { problem, help },
    }
}

/// Whether some bytes from the middle of `before` are at nearly the same place in `this`: most pages are told apart by
/// that, without looking for their records.
fn has_middle_of(before: &[u8], this: &[u8]) -> bool {
    let middle = before.len() / 2;
    let piece = &before[middle..(middle + 64).min(before.len())];
    let from = middle.saturating_sub(MAX_DIFFERENCE).min(this.len());
    let near = &this[from..(middle + MAX_DIFFERENCE + piece.len()).min(this.len())];
    near.windows(piece.len()).any(|window| window == piece)
}

/// Names a position, in all versions of this program alike: journals keep it.
fn name_of(position: &Position) -> u64 {
    let text = serde_json::to_string(position).expect("positions are JSON");
    XxHash64::oneshot(0, text.as_bytes())
}

/// Names the content of a page.
pub(crate) fn name_of_body(body: &[u8]) -> u64 {
    XxHash64::oneshot(0, body)
}

//! The pages of one query so far, and what each next one means after them. Pure.

mod amounts;
mod falling;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use twox_hash::XxHash64;

use super::{
    Doubted, Names, Next, PagePolicy, PaginationError, Position, Step,
    envelope::Says,
    page_mark::PageMark,
    report::{Counted, Instead, NextPlace, PageReport, Selected, WholeBody},
    shared::{LastPage, Shared},
    signals::{
        Content, FlagSignal, NextSignal, OtherSignal, PageSignals, Progress, Records, TotalSignal, Way,
    },
    starts::{self, says_more, says_rows, starts_late},
    totals::{self, Steady, TotalSoFar},
    verdict::{Contradiction, End, More, Verdict, judge},
    words::{self, About},
};
use falling::Falling;

/// More bytes than a token or an address has: each page would keep them, in the journal and in memory.
const MAX_TOKEN: usize = 1 << 20;

/// Whether what leads to the next page is short enough to be kept.
fn check_length(next: Option<&Position>) -> Result<(), PaginationError> {
    let Some(n_bytes) = next.map(Position::n_bytes).filter(|n_bytes| *n_bytes > MAX_TOKEN) else {
        return Ok(());
    };
    Err(PaginationError::Contradiction {
        problem: format!(
            "the page names the next one with {n_bytes} bytes, and no server that works takes {MAX_TOKEN} of them back"
        ),
        help: "look at what `next` finds in the page: it should be a token or an address".to_owned(),
    })
}

/// What the query says about the end.
#[derive(Debug, Clone)]
pub(crate) struct EndRules {
    pub(crate) empty_page: Option<PagePolicy>,
    pub(crate) same_page: Option<PagePolicy>,
    pub(crate) max_empty_pages: u64,
    /// As the user wrote it.
    pub(crate) max_pages: Option<u64>,
    /// Whether the sink has a key, so that a record that comes twice is kept once.
    pub(crate) keeps_once: bool,
    /// Whether a contradiction is told and not an error: in a look at the first page.
    pub(crate) is_lenient: bool,
    pub(crate) names: Arc<Names>,
}

/// The pages of one query so far.
#[derive(Debug, Clone)]
pub struct Sequence {
    rules: EndRules,
    n_pages: u64,
    /// How many records the run passes over, as its first page says of itself.
    n_skipped: u64,
    /// How many records have come; `None` once a page could not be counted.
    n_records: Option<u64>,
    /// Positions and addresses that were read.
    read: HashSet<u64>,
    /// The number of the page by the hash of its records.
    records: HashMap<u64, u64>,
    /// The records of the page before.
    last_page: LastPage,
    /// How many pages in a row were empty, or had the records of earlier ones.
    n_without_news: u64,
    had_next: bool,
    /// Whether a page has said itself at which offset the next one begins.
    had_offset: bool,
    /// How many records have come twice.
    n_doubled: u64,
    total: TotalSoFar,
    other_total: Option<u64>,
    steady: Steady,
    /// The total that the pagination names, and the one that it does not.
    falling: Falling,
    falling_other: Falling,
    /// Whether it was told that rows may be missing.
    has_doubt: bool,
    /// Whether the first page has told its number, and the one that was requested.
    tells_number: bool,
    /// Whether the first page called itself page 0.
    counts_from_0: bool,
    /// Whether a page had the array of records.
    had_array: bool,
    /// Whether the body of a page was an array.
    was_array: bool,
    /// Whether a page had `has_more` or `is_last`.
    had_flag: bool,
    /// The last page that said that there are more, with its words, until a page with new records has come.
    promise: Option<(u64, String)>,
    /// What the page that comes next was requested for, where that is only to find out if there is more.
    trial: Option<Trial>,
    /// Whether the page that comes next is the first one of a run that was resumed.
    is_resumed: bool,
}

/// Why a page is requested although everything seems to have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    /// The total may count something else.
    Total,
    /// The total may be as much as the server gives.
    Limit,
    /// The page before says that there is more.
    More,
}

impl Sequence {
    /// Before the first page, or after those of `marks`.
    pub(crate) fn new(rules: EndRules, n_pages_before: u64, marks: &[PageMark]) -> Self {
        let n_unmarked = n_pages_before.saturating_sub(marks.len() as u64);
        let mut sequence = Self {
            rules,
            n_pages: n_unmarked,
            n_skipped: 0,
            n_records: (n_unmarked == 0).then_some(0),
            read: HashSet::new(),
            records: HashMap::new(),
            last_page: LastPage::default(),
            n_without_news: 0,
            // A page whose position is known was named, or counted, by an earlier one.
            had_next: n_unmarked > 0,
            had_offset: false,
            n_doubled: 0,
            total: TotalSoFar::default(),
            other_total: None,
            steady: Steady::default(),
            falling: Falling::default(),
            falling_other: Falling::default(),
            has_doubt: false,
            tells_number: false,
            counts_from_0: false,
            had_array: false,
            was_array: false,
            had_flag: false,
            promise: None,
            trial: None,
            is_resumed: n_pages_before > 0,
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
    ) -> Result<Step, PaginationError> {
        check_length(report.next())?;
        if let Some(problem) = report.uncounted.as_ref().filter(|_| !self.had_array) {
            return Err(PaginationError::Records { problem: problem.clone() });
        }
        let mut mark = self.mark((position, address), report);
        let same_as = report.records.and_then(|records| self.records.get(&records)).copied();
        mark.is_same = report.way != Way::Single && mark.n_records != Some(0) && same_as.is_some();
        (mark.warning, mark.n_doubled) = self.doubled(report, &mark).unzip();
        let signals = self.signals((report, &mut mark), position);
        let verdict = judge(&signals);
        let n_shared = if let Shared::Most(n) = mark.shared { n } else { 0 };
        let records_below = self.records_below(report, &mark);
        let about = About { n_shared, records_below, ..self.about((report, &signals), same_as) };
        let (next, doubt) = match verdict {
            Verdict::More(_) => (report.next().cloned().map_or(Next::End, Next::Page), None),
            Verdict::End(_, doubt) => (Next::End, doubt.map(|doubt| words::doubt(doubt, &about))),
            Verdict::Contradiction(contradiction) => match words::contradiction(contradiction, &about) {
                doubted if self.rules.is_lenient => (Next::End, Some(Doubted { is_error: true, ..doubted })),
                Doubted { problem, help, .. } => return Err(error_of(contradiction, problem, help)),
            },
        };
        let repeats = matches!(verdict, Verdict::End(End::SamePage, _)) || is_confirmed(verdict, &signals);
        let is_page = report.content == Content::Body && !repeats;
        if let Some(Doubted { problem, help, .. }) =
            doubt.as_ref().filter(|_| !is_page && self.trial.is_none())
        {
            // Who reads pages hears of doubts with them, and there is none.
            let (problem, help) = (problem.clone(), help.clone());
            return Err(PaginationError::Contradiction { problem, help });
        }
        mark.is_trial = matches!(verdict, Verdict::More(More::TotalUnproven | More::MoreThanTotal));
        let without_limit = judge(&PageSignals { is_enough: false, ..signals });
        mark.is_cut =
            matches!(verdict, Verdict::End(End::MaxPages, _)) && matches!(without_limit, Verdict::More(_));
        let doubt = self.untold(doubt, position, (report, &mark));
        mark.has_doubt = is_page && doubt.is_some();
        self.remember(&mark);
        self.remember_other(report);
        self.trial = trial_of(verdict, report);
        self.last_page.remember(report);
        self.is_resumed = false;
        Ok(Step {
            is_page,
            next,
            n_records: report.n_records,
            total: report.total.filter(|total| total.of == Counted::Records).map(|total| total.in_all),
            ahead: report.ahead.filter(|_| signals.total == TotalSignal::Above),
            verdict,
            doubt,
            mark,
        })
    }

    /// Whether the next request only finds out if there is more, so that the page before may be the last one.
    pub fn is_trial(&self) -> bool {
        self.trial.is_some()
    }

    /// Whether the next request may fail, with this status where it has one: it only confirms that everything has come.
    pub fn may_fail(&self, status: Option<u16>) -> bool {
        match self.trial {
            Some(Trial::Total | Trial::Limit) => true,
            Some(Trial::More) => matches!(status, Some(400 | 404 | 410 | 416 | 422)),
            None => false,
        }
    }

    /// Whether the first page of a resumed run has nothing where the page before it has named it: a server that does not know a token
    /// any more may answer so, and the pages have not ended.
    pub fn lacks_what_was_promised(&self, position: &Position, report: &PageReport) -> bool {
        let is_named = matches!(position, Position::Cursor(_) | Position::Value(_) | Position::Url(_));
        let is_empty = report.content != Content::Body
            || report.n_records == Some(0)
            || report.n_records.is_none() && (self.had_array || self.n_records.is_some_and(|n| n > 0));
        self.is_resumed && is_named && is_empty && self.trial.is_none()
    }

    /// Whether a page was read at this position.
    pub fn has_read(&self, position: &Position) -> bool {
        self.read.contains(&name_of(position))
    }

    fn mark(&self, (position, address): (&Position, Option<&str>), report: &PageReport) -> PageMark {
        PageMark {
            at: name_of(position),
            address: address.map(|address| name_of(&Position::Url(address.to_owned()))),
            records: report.records,
            values: report.values,
            item_values: report.item_values.clone(),
            first: report.first.clone(),
            n_records: if report.content == Content::Body { report.n_records } else { Some(0) },
            total: report.total.map(|total| total.in_all),
            other_total: report.envelope.total.as_ref().map(|total| total.value),
            named_next: report.way == Way::Named && matches!(report.next, NextPlace::At(_)),
            promise: words::promise(report, &self.rules.names),
            echo: report.echo().filter(|echo| Some(*echo) == report.requested),
            is_page_0: report.envelope.page.as_ref().is_some_and(|page| page.value == 0),
            has_flag: report.flag != FlagSignal::Silent,
            start: starts::first(report).filter(|_| self.n_pages == 0),
            has_array: report.selected == Selected::Array || report.items_are_known,
            lacks_array: report.n_records.is_none_or(|n_records| n_records == 0)
                && report.selects_nothing
                && (self.had_array || report.counts_nothing || report.envelope.is_of_pages_only()),
            is_array: report.whole == WholeBody::Array,
            shared: self.last_page.shared(report),
            names_offset: report.way == Way::Offset && report.envelope.next.is_some(),
            ..PageMark::default()
        }
    }

    /// Adds a page to those that came.
    fn remember(&mut self, mark: &PageMark) {
        self.read.insert(mark.at);
        self.read.extend(mark.address);
        if let Some(records) = mark.records {
            self.records.entry(records).or_insert(self.n_pages);
        }
        self.tells_number |= self.n_pages == 0 && mark.echo.is_some();
        self.counts_from_0 |= self.n_pages == 0 && mark.is_page_0;
        self.n_skipped = self.n_skipped.max(mark.start.unwrap_or(0));
        self.had_array |= mark.has_array;
        self.was_array |= mark.is_array;
        self.had_flag |= mark.has_flag;
        self.n_pages += 1;
        let before = self.n_records;
        self.n_records = before.zip(mark.n_records).map(|(before, here)| before.saturating_add(here));
        let has_news = mark.n_records != Some(0) && !mark.is_same;
        self.n_without_news = if has_news { 0 } else { self.n_without_news + 1 };
        // Where pages may be equal, an equal one is the next one.
        let keeps_promise = mark.n_records != Some(0) && !self.is_repeat(mark);
        self.steady.remember(mark.other_total, self.n_records);
        self.had_next |= mark.named_next;
        self.had_offset |= mark.names_offset;
        self.n_doubled += mark.n_doubled();
        self.total.remember(mark);
        self.falling.remember(mark.total);
        self.has_doubt |= mark.has_doubt;
        self.trial = mark.is_trial.then_some(Trial::Total);
        // A total below what has come counts something else.
        let is_all = |total: &u64| self.n_records.is_some_and(|has_come| *total >= has_come);
        self.other_total = mark.other_total.filter(is_all).or(self.other_total);
        match &mark.promise {
            Some(promise) => self.promise = Some((self.n_pages, promise.clone())),
            None if keeps_promise => self.promise = None,
            None => {}
        }
    }

    fn signals(&self, (report, mark): (&PageReport, &mut PageMark), position: &Position) -> PageSignals {
        let n_records = mark.n_records;
        let next = match &report.next {
            NextPlace::Absent => NextSignal::Absent,
            NextPlace::Unreadable(_) => NextSignal::Unreadable,
            // Solr: the mark that was sent comes back where there is nothing behind it.
            NextPlace::At(next @ (Position::Cursor(_) | Position::Value(_)))
                if next == position && n_records == Some(0) =>
            {
                NextSignal::Absent
            }
            NextPlace::At(next) if self.read.contains(&name_of(next)) || next == position => {
                NextSignal::ReadBefore
            }
            NextPlace::At(_) if mark.address.is_some() && self.is_address(report, mark) => {
                NextSignal::ReadBefore
            }
            NextPlace::At(_) => NextSignal::New,
        };
        let is_repeat = self.is_repeat(mark)
            || report.content == Content::Refused
            || self.trial.is_some() && self.is_misplaced(report);
        let total = match self.total.signal(report, mark, (report.before.or(self.n_records), is_repeat)) {
            TotalSignal::Above if self.is_last_window(report) => TotalSignal::Reached,
            total => total,
        };
        PageSignals {
            way: report.way,
            records: match n_records {
                _ if report.elsewhere.is_some() && self.n_records == Some(0) => Records::Elsewhere,
                _ if self.is_instead(report) => Records::NoArray,
                _ if self.was_array && matches!(report.whole, WholeBody::Other(_)) => Records::NoArray,
                None => Records::Unknown,
                Some(0) => Records::None,
                Some(_) => Records::Some,
            },
            next,
            had_next: self.had_next,
            flag: self.flag(report),
            total,
            other: self.other(report, mark),
            progress: self.progress(report, mark),
            content: self.content(report),
            is_above_total: self.rules.same_page != Some(PagePolicy::Follow)
                && self.above_at_end(report, mark.n_new()).is_some(),
            is_below_total: self.records_below(report, mark).is_some(),
            is_all: self.is_all(report, mark),
            is_enough: self.rules.max_pages.is_some_and(|max| self.n_pages + 1 >= max),
            empty_page: self.rules.empty_page,
            same_page: self.rules.same_page,
        }
    }

    fn content(&self, report: &PageReport) -> Content {
        match report.content {
            Content::Refused if self.trial == Some(Trial::Limit) => Content::RefusedAtLimit,
            content => content,
        }
    }

    /// Whether something else stands where an earlier page has the array of records, or on the way there on any page.
    fn is_instead(&self, report: &PageReport) -> bool {
        match &report.selected {
            Selected::Other(Instead { at, .. }) => self.had_array || at.is_some(),
            Selected::Nothing | Selected::Array => false,
        }
    }

    /// What the pagination names is no more sure than what it does not name.
    fn flag(&self, report: &PageReport) -> FlagSignal {
        match report.flag {
            FlagSignal::Last if says_more(report, &self.rules.names) => FlagSignal::Disagree,
            flag => flag,
        }
    }

    /// What the page says beside the keys of the pagination; where it says nothing, what earlier pages said.
    fn other(&self, report: &PageReport, mark: &PageMark) -> OtherSignal {
        let n_before = self.reached_before(report);
        let brings_nothing = mark.n_records == Some(0) || self.is_repeat(mark);
        let is_promised = self.promise.is_some() && brings_nothing && report.flag == FlagSignal::Silent;
        match report.envelope.says((n_before, mark.n_records)) {
            Says::Last => OtherSignal::Last,
            Says::More if self.is_all(report, mark) && self.promises_by_link(report, mark) => {
                OtherSignal::Silent
            }
            Says::More
                if report.envelope.is_likely_only() && (self.had_next || mark.n_records == Some(0)) =>
            {
                OtherSignal::Silent
            }
            Says::More => OtherSignal::More,
            _ if is_promised => OtherSignal::More,
            _ if self.is_last_window(report) => OtherSignal::Silent,
            // A page that could not be counted may have brought the rest.
            _ if n_before.is_none() && report.way != Way::Single => OtherSignal::Silent,
            Says::TotalAbove if self.counts_from_0 && report.envelope.is_last_from_0() => OtherSignal::Silent,
            Says::TotalAbove => OtherSignal::TotalAbove,
            Says::Nothing if self.is_below_other_total(report, mark) => OtherSignal::TotalAbove,
            Says::Nothing => OtherSignal::Silent,
        }
    }

    /// Whether the page has no records, and counts just as many as have come. One that counts its own would count none.
    fn is_all(&self, report: &PageReport, mark: &PageMark) -> bool {
        let named = report.total.map(|total| total.in_all).zip(report.before.or(self.n_records));
        let records = self.reached_before(report);
        let total = report.envelope.total.as_ref().map(|total| total.value);
        let other = total.zip(records).filter(|(_, has_come)| report.envelope.has_sure_total(*has_come));
        let is_all = |(total, has_come): (u64, u64)| total > 0 && total == has_come;
        mark.n_records == Some(0) && !report.envelope.is_lower_bound && named.or(other).is_some_and(is_all)
    }

    /// Whether nothing but an address says that there are more, on this page and on those before.
    fn promises_by_link(&self, report: &PageReport, mark: &PageMark) -> bool {
        let is_earlier = |(_, earlier): &(u64, String)| mark.promise.as_ref() != Some(earlier);
        report.envelope.is_address_only() && !self.promise.as_ref().is_some_and(is_earlier)
    }

    /// Whether less has come than an earlier page counted, where this one counts nothing that can be true.
    fn is_below_other_total(&self, report: &PageReport, mark: &PageMark) -> bool {
        let has_come = self
            .reached_before(report)
            .zip(mark.n_records.map(|here| if self.is_repeat(mark) { 0 } else { here }));
        let has_come = has_come.map(|(before, here)| before.saturating_add(here));
        let own = report.envelope.total.as_ref().map(|total| total.value);
        let is_told = own.is_some_and(|own| has_come.is_some_and(|has_come| own >= has_come));
        report.way != Way::Single && !is_told && self.other_total > has_come && has_come.is_some()
    }

    /// Whether the page has the records of an earlier one, and no leave to: a page beyond the total never has.
    fn is_repeat(&self, mark: &PageMark) -> bool {
        mark.is_same && (self.trial.is_some() || self.rules.same_page != Some(PagePolicy::Follow))
    }

    fn progress(&self, report: &PageReport, mark: &PageMark) -> Progress {
        let brings_nothing = mark.is_same || mark.n_records == Some(0);
        let is_stuck = brings_nothing && self.n_without_news + 1 >= self.rules.max_empty_pages;
        let is_excused = self.rules.same_page == Some(PagePolicy::Follow);
        let confirms = self.trial.is_some() && (self.total.was_above || self.trial != Some(Trial::More));
        match mark.is_same {
            _ if is_stuck && (!mark.is_same || is_excused) => Progress::Stuck,
            true if confirms => Progress::SameOnTrial,
            true => Progress::Same,
            false if brings_nothing && starts_late(report) && says_rows(report) => Progress::StartsLate,
            false if self.lacks_promised(report, mark) => Progress::StartsLate,
            false if brings_nothing => Progress::New,
            false if self.is_misplaced(report) && self.trial.is_some() => Progress::SameOnTrial,
            false if self.is_misplaced(report) => Progress::Misplaced,
            false if self.records_above(report, mark.n_new()).is_some_and(Steady::is_far) => {
                Progress::AboveTotal
            }
            false if starts_late(report) => Progress::StartsLate,
            false => match mark.shared {
                Shared::Most(n) if confirms && n as usize == report.items.len() => Progress::SameOnTrial,
                Shared::Overlap | Shared::Most(_) => Progress::Overlaps,
                Shared::Nothing | Shared::Seam(_) | Shared::Few(_) => Progress::New,
            },
        }
    }

    /// Whether the last of the pages that the server counts has no records, although there are some: it counts from 0.
    fn lacks_promised(&self, report: &PageReport, mark: &PageMark) -> bool {
        let counts_from_1 =
            report.requested.zip(report.before).is_some_and(|(page, before)| page == before + 1);
        let named = report.total.filter(|total| total.of == Counted::Pages).map(|total| total.in_all);
        let in_all = named.or(report.envelope.all_pages.as_ref().map(|pages| pages.value));
        let is_last = report.requested.is_some() && report.requested == in_all;
        let has_records = match self.n_pages {
            0 => report.envelope.total.as_ref().is_some_and(|total| total.value > 0),
            _ => self.n_records.is_none_or(|n_records| n_records > 0) && self.n_without_news == 0,
        };
        report.way == Way::PageNumber
            && report.content == Content::Body
            && mark.n_records == Some(0)
            && self.rules.empty_page.is_none()
            && (counts_from_1 && is_last && has_records)
    }

    /// Whether the page says itself that it reaches up to the total, and names no next one where earlier pages did: it may
    /// have fewer records than it counts, since some are hidden.
    fn is_last_window(&self, report: &PageReport) -> bool {
        let end = report.window_end().filter(|_| self.had_offset && report.envelope.next.is_none());
        let named = report.envelope.total.as_ref().map(|total| total.value);
        let total = report.total.map(|total| total.in_all).or(named);
        report.n_records != Some(0) && end.zip(total).is_some_and(|(end, total)| end >= total)
    }

    /// What is to be said of records that the page before has too, and how many these are.
    fn doubled(&self, report: &PageReport, mark: &PageMark) -> Option<(String, u64)> {
        let first = report.first.as_ref().filter(|_| !mark.is_same && report.way != Way::Single)?;
        let shared = match self.rules.same_page {
            // Pages may have the same things with other values, but none begins with the last record of the page before.
            Some(PagePolicy::Follow) if self.rules.keeps_once => Shared::Nothing,
            Some(PagePolicy::Follow) => self.last_page.written_seam(report),
            _ => mark.shared,
        };
        let n = match shared {
            Shared::Seam(n) | Shared::Few(n) => n,
            Shared::Overlap => 1,
            Shared::Nothing | Shared::Most(_) => return None,
        };
        Some((words::doubled((first, shared), (report.way, self.n_pages + 1), &self.rules.names), n))
    }

    /// Whether the page is by its own words another one than was requested, where the first page told the truth.
    fn is_misplaced(&self, report: &PageReport) -> bool {
        let differs = report.echo().zip(report.requested).is_some_and(|(echo, requested)| echo != requested);
        self.tells_number && differs
    }

    fn about<'a>(
        &'a self,
        (report, signals): (&'a PageReport, &PageSignals),
        same_as: Option<u64>,
    ) -> About<'a> {
        let is_told = signals.other != OtherSignal::Silent;
        About {
            names: &self.rules.names,
            report,
            page: self.n_pages + 1,
            same_as: same_as.unwrap_or(self.n_pages.saturating_sub(1)) + 1,
            n_before: report.before.or(self.n_records),
            records_before: self.records_before(report),
            reached_before: self.reached_before(report),
            total: report.total.map(|total| total.in_all).max(self.total.last),
            other_total: self.other_total,
            promise: self.promise.as_ref().filter(|_| is_told),
            max_empty_pages: self.rules.max_empty_pages,
            had_next: self.had_next,
            records_above: self
                .records_above(report, report.n_records)
                .or_else(|| self.above_at_end(report, report.n_records)),
            records_below: None,
            n_shared: 0,
            lacks_flag: !self.had_flag && report.flag == FlagSignal::Silent,
            is_resumed: self.is_resumed,
        }
    }

    /// Whether the next page is where this one was asked for.
    fn is_address(&self, report: &PageReport, mark: &PageMark) -> bool {
        report.next().is_some_and(|next| Some(name_of(next)) == mark.address)
    }
}

/// What the next request only finds out.
fn trial_of(verdict: Verdict, report: &PageReport) -> Option<Trial> {
    match verdict {
        Verdict::More(More::TotalUnproven) if totals::may_be_limit(report) => Some(Trial::Limit),
        Verdict::More(More::TotalUnproven) => Some(Trial::Total),
        Verdict::More(More::MoreThanTotal) => Some(Trial::More),
        _ => None,
    }
}

/// Whether a repeated page confirms a total, so that it is none itself.
fn is_confirmed(verdict: Verdict, signals: &PageSignals) -> bool {
    verdict == Verdict::End(End::TotalReached, None) && signals.progress == Progress::SameOnTrial
}

fn error_of(contradiction: Contradiction, problem: String, help: String) -> PaginationError {
    match contradiction {
        Contradiction::EmptyForbidden | Contradiction::EmptyBeforeTotal | Contradiction::EmptyButMore => {
            PaginationError::Empty { expectation: problem, help }
        }
        _ => PaginationError::Contradiction { problem, help },
    }
}

/// Names a position, in all versions of this program alike: journals keep it.
fn name_of(position: &Position) -> u64 {
    let text = serde_json::to_string(position).expect("positions are JSON");
    hash_of(text.as_bytes())
}

/// A hash that is the same in all versions of this program: journals keep it.
pub(crate) fn hash_of(text: &[u8]) -> u64 {
    XxHash64::oneshot(0, text)
}

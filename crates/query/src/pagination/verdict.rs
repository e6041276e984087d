//! The one judge of the end of pages: all signals of a page in, a verdict with its reason out. Pure.
//!
//! That a page does not say where the next one is means the end only where nothing else in the page says that there are
//! more. Where signals contradict each other, the verdict is a contradiction and the run an error: rows that are missing
//! without a word are worse than no rows.

use super::signals::{
    Content, FlagSignal, NextSignal, OtherSignal, PagePolicy, PageSignals, Progress, Records, TotalSignal,
    Way,
};

/// What follows a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Another page.
    More(More),
    /// Nothing; with a doubt, rows may be missing.
    End(End, Option<Doubt>),
    /// The signals contradict each other.
    Contradiction(Contradiction),
}

/// Why there is another page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// The page names it.
    Named,
    /// Not everything has come, as far as anything tells.
    Counted,
    /// The total may count something else: one more request tells.
    TotalUnproven,
    /// The total counts something else; an empty page ends.
    TotalDisproved,
    /// The total is reached, and the page says that there is more.
    MoreThanTotal,
    /// The page has no records, and is followed.
    AfterEmpty,
}

/// Why there are no more pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The query has no pagination.
    SinglePage,
    /// `max_pages` have come.
    MaxPages,
    /// `is_last` or `has_more` says so.
    LastFlag,
    /// The page names no next one, and nothing in it says that there are more.
    NoNext,
    /// As much has come as the total says.
    TotalReached,
    /// The page has no records.
    EmptyPage,
    /// The page repeats an earlier one, and `same_page` is `end`.
    SamePage,
    /// The server refuses the page after the last one.
    Refused,
}

/// Why rows may be missing although nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The page says that there are more, and the query has no pagination.
    NoPagination,
    /// Less has come than `total` says.
    TotalNotReached,
    /// Less has come than a total says that the pagination does not name.
    OtherTotalNotReached,
    /// More has come than every page counts.
    AboveTotal,
    /// The server refuses what comes after a total that may be as much as it gives.
    Limit,
}

/// Which signals contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction {
    /// The page has the records of an earlier page.
    SamePage,
    /// The page has the records of an earlier page, `same_page` is `end`, and something says that there are more.
    SameButMore,
    /// The page begins with records of the page before.
    Overlap,
    /// The first page is not the first one of the server.
    StartsLate,
    /// `select` finds nothing, and records stand elsewhere.
    RecordsElsewhere,
    /// Something else than an array stands at `select`, where an earlier page had one.
    NoArray,
    /// The page is by its own words another one than was requested.
    Misplaced,
    /// Far more has come than every page counts.
    AboveTotal,
    /// The server refuses a page, and something says that there are more.
    RefusedButMore,
    /// The page has no records, and `empty_page` is `error`.
    EmptyForbidden,
    /// `max_empty_pages` in a row brought no new records.
    Stuck,
    /// `has_more` and `is_last` say different things.
    FlagsDisagree,
    /// `has_more` or `is_last` is neither yes nor no.
    FlagUnreadable,
    /// The header `Link` cannot be read.
    NextUnreadable,
    /// The next page was read before.
    LeadsBack,
    /// `has_more` or `is_last` says that there are more, and the page does not name the next one.
    MoreWithoutNext,
    /// The page says elsewhere that there are more.
    MoreElsewhere,
    /// The page has no records, and less has come than the total says.
    EmptyBeforeTotal,
    /// The page has no records, and says that there are more.
    EmptyButMore,
}

/// What follows a page with these signals.
pub fn judge(signals: &PageSignals) -> Verdict {
    if signals.way != Way::Single
        && let Some(verdict) = without_progress(signals)
    {
        return verdict;
    }
    let is_empty = signals.records == Records::None;
    // A total that is reached may have to be confirmed, which is no page that anybody wants.
    let is_reached = signals.total == TotalSignal::Reached && signals.way != Way::Named;
    match signals.empty_page {
        Some(PagePolicy::Error) if is_empty && !is_reached && signals.content == Content::Body => {
            return Verdict::Contradiction(Contradiction::EmptyForbidden);
        }
        Some(PagePolicy::End) if is_empty => return Verdict::End(End::EmptyPage, total_doubt(signals)),
        _ => {}
    }
    if signals.is_enough {
        return Verdict::End(End::MaxPages, None);
    }
    let verdict = match signals.way {
        Way::Single => single(signals),
        Way::Named => named(signals),
        Way::Offset | Way::PageNumber => counted(signals),
    };
    match verdict {
        Verdict::More(_) if signals.progress == Progress::Stuck => {
            Verdict::Contradiction(Contradiction::Stuck)
        }
        Verdict::End(end, None) if signals.is_above_total && signals.content == Content::Body => {
            Verdict::End(end, Some(Doubt::AboveTotal))
        }
        Verdict::End(end, None) if signals.is_below_total => {
            Verdict::End(end, Some(Doubt::OtherTotalNotReached))
        }
        verdict => verdict,
    }
}

/// What follows a page that brings nothing, or not what it should: the same records, a refusal, records at another
/// place.
fn without_progress(signals: &PageSignals) -> Option<Verdict> {
    if matches!(signals.content, Content::Refused | Content::RefusedAtLimit) {
        let doubt = (signals.content == Content::RefusedAtLimit).then_some(Doubt::Limit);
        return Some(match promises_more(signals) {
            true => Verdict::Contradiction(Contradiction::RefusedButMore),
            false => Verdict::End(End::Refused, doubt),
        });
    }
    match signals.records {
        Records::Elsewhere => return Some(Verdict::Contradiction(Contradiction::RecordsElsewhere)),
        Records::NoArray => return Some(Verdict::Contradiction(Contradiction::NoArray)),
        Records::Unknown | Records::None | Records::Some => {}
    }
    let follows = signals.same_page == Some(PagePolicy::Follow);
    match (signals.progress, signals.same_page) {
        (Progress::SameOnTrial, _) if !promises_more(signals) => Some(Verdict::End(End::TotalReached, None)),
        // What is requested beyond a total is never equal to what came before, whatever pages below it may be.
        (Progress::SameOnTrial, Some(PagePolicy::Follow)) => {
            Some(Verdict::Contradiction(Contradiction::SameButMore))
        }
        (Progress::Same, Some(PagePolicy::Follow)) => None,
        (Progress::Same | Progress::SameOnTrial | Progress::Misplaced, Some(PagePolicy::End)) => {
            Some(match promises_more(signals) {
                true => Verdict::Contradiction(Contradiction::SameButMore),
                false => Verdict::End(End::SamePage, None),
            })
        }
        (Progress::Same | Progress::SameOnTrial, _) => Some(Verdict::Contradiction(Contradiction::SamePage)),
        (Progress::Misplaced, _) if !follows => Some(Verdict::Contradiction(Contradiction::Misplaced)),
        (Progress::AboveTotal, _) => Some(Verdict::Contradiction(Contradiction::AboveTotal)),
        (Progress::Overlaps, _) if !follows => Some(Verdict::Contradiction(Contradiction::Overlap)),
        (Progress::StartsLate, _) => Some(Verdict::Contradiction(Contradiction::StartsLate)),
        (Progress::New | Progress::Overlaps | Progress::Stuck | Progress::Misplaced, _) => None,
    }
}

/// Whether this page, or an earlier one whose word still holds, says that there are more.
fn promises_more(signals: &PageSignals) -> bool {
    signals.flag == FlagSignal::More
        || matches!(signals.other, OtherSignal::More | OtherSignal::TotalAbove)
        || signals.total == TotalSignal::Above
        || signals.way == Way::Named && signals.next == NextSignal::Unreadable
}

fn single(signals: &PageSignals) -> Verdict {
    let doubt = match signals.other {
        OtherSignal::More | OtherSignal::TotalAbove => Some(Doubt::NoPagination),
        OtherSignal::Silent | OtherSignal::Last => None,
    };
    Verdict::End(End::SinglePage, doubt)
}

/// A page of few records, or of none, is not the end here: what the page says decides.
fn named(signals: &PageSignals) -> Verdict {
    match signals.flag {
        FlagSignal::Disagree => return Verdict::Contradiction(Contradiction::FlagsDisagree),
        FlagSignal::Last => return Verdict::End(End::LastFlag, total_doubt(signals)),
        FlagSignal::Unreadable if signals.next != NextSignal::Absent => {
            return Verdict::Contradiction(Contradiction::FlagUnreadable);
        }
        FlagSignal::Silent | FlagSignal::More | FlagSignal::Unreadable => {}
    }
    match signals.next {
        NextSignal::Unreadable => Verdict::Contradiction(Contradiction::NextUnreadable),
        // CKAN has the address of a next page on every page, also behind the last one.
        NextSignal::New | NextSignal::ReadBefore if is_all(signals) => Verdict::End(End::TotalReached, None),
        NextSignal::New => Verdict::More(More::Named),
        // A scroll id stays the same to the end; the records are the witness then, and the end is an empty page.
        NextSignal::ReadBefore
            if signals.empty_page == Some(PagePolicy::End) && signals.records == Records::Some =>
        {
            Verdict::More(More::Named)
        }
        NextSignal::ReadBefore => Verdict::Contradiction(Contradiction::LeadsBack),
        NextSignal::Absent if signals.flag == FlagSignal::More => {
            Verdict::Contradiction(Contradiction::MoreWithoutNext)
        }
        NextSignal::Absent => match signals.other {
            OtherSignal::More => Verdict::Contradiction(Contradiction::MoreElsewhere),
            // Totals are often wrong by a few; where the next page was named before, its absence is worth more.
            OtherSignal::TotalAbove if !signals.had_next => {
                Verdict::Contradiction(Contradiction::MoreElsewhere)
            }
            OtherSignal::TotalAbove if signals.total != TotalSignal::Above => {
                Verdict::End(End::NoNext, Some(Doubt::OtherTotalNotReached))
            }
            OtherSignal::TotalAbove | OtherSignal::Silent | OtherSignal::Last => {
                Verdict::End(End::NoNext, total_doubt(signals))
            }
        },
    }
}

/// Whether a page without records says that all have come, and nothing but the name of the next page says that there are more.
fn is_all(signals: &PageSignals) -> bool {
    signals.is_all
        && signals.records == Records::None
        && signals.flag == FlagSignal::Silent
        && matches!(signals.other, OtherSignal::Silent | OtherSignal::Last)
        && signals.total != TotalSignal::Above
        && signals.empty_page != Some(PagePolicy::Follow)
}

/// Who counts has no witness but the page: it must have other records than those before, and the end must agree with
/// everything that the page says.
fn counted(signals: &PageSignals) -> Verdict {
    match signals.flag {
        FlagSignal::Disagree => return Verdict::Contradiction(Contradiction::FlagsDisagree),
        FlagSignal::Unreadable => return Verdict::Contradiction(Contradiction::FlagUnreadable),
        FlagSignal::Last => return Verdict::End(End::LastFlag, total_doubt(signals)),
        FlagSignal::Silent | FlagSignal::More => {}
    }
    if signals.records == Records::None {
        return counted_empty(signals);
    }
    let says_more = signals.flag == FlagSignal::More || signals.other == OtherSignal::More;
    match signals.total {
        TotalSignal::Silent | TotalSignal::Above => Verdict::More(More::Counted),
        TotalSignal::Disproved => Verdict::More(More::TotalDisproved),
        TotalSignal::Unproven => Verdict::More(More::TotalUnproven),
        TotalSignal::Reached if says_more || signals.other == OtherSignal::TotalAbove => {
            Verdict::More(More::MoreThanTotal)
        }
        TotalSignal::Reached => Verdict::End(End::TotalReached, None),
    }
}

fn counted_empty(signals: &PageSignals) -> Verdict {
    let can_follow = signals.next == NextSignal::New;
    let is_followed = signals.empty_page == Some(PagePolicy::Follow) && can_follow;
    let flags_more = signals.flag == FlagSignal::More || signals.other == OtherSignal::More;
    let says_more = flags_more || signals.other == OtherSignal::TotalAbove;
    match (signals.way, signals.total) {
        // Pages have numbers, so that an empty one in the middle hides nothing.
        (Way::PageNumber, TotalSignal::Above) if can_follow => Verdict::More(More::AfterEmpty),
        (_, TotalSignal::Above) if is_followed => Verdict::More(More::AfterEmpty),
        (_, TotalSignal::Above) => Verdict::Contradiction(Contradiction::EmptyBeforeTotal),
        (_, TotalSignal::Reached | TotalSignal::Unproven) if !flags_more => {
            Verdict::End(End::TotalReached, None)
        }
        _ if is_followed => Verdict::More(More::AfterEmpty),
        _ if says_more => Verdict::Contradiction(Contradiction::EmptyButMore),
        _ => Verdict::End(End::EmptyPage, None),
    }
}

fn total_doubt(signals: &PageSignals) -> Option<Doubt> {
    (signals.total == TotalSignal::Above).then_some(Doubt::TotalNotReached)
}

impl Verdict {
    /// The reason in one sentence, as docs/pagination.md lists it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::More(More::Named) => "the page names the next one",
            Self::More(More::Counted) => "not everything has come, as far as the page tells",
            Self::More(More::TotalUnproven) => {
                "the total is reached, and may count something else; one more request confirms it"
            }
            Self::More(More::TotalDisproved) => {
                "the total disagrees with what has come, so only an empty page ends"
            }
            Self::More(More::MoreThanTotal) => "the total is reached, and the page says that there is more",
            Self::More(More::AfterEmpty) => "the page has no records and is followed",
            Self::End(_, Some(Doubt::NoPagination)) => {
                "the query has no `pagination`, and the page says that there is more"
            }
            Self::End(_, Some(Doubt::TotalNotReached | Doubt::OtherTotalNotReached)) => {
                "the pages end before the total is reached"
            }
            Self::End(_, Some(Doubt::AboveTotal)) => "more records have come than the server counts",
            Self::End(_, Some(Doubt::Limit)) => {
                "the server refuses what comes after a total that may be a limit"
            }
            Self::End(End::SinglePage, None) => "the query has no `pagination`",
            Self::End(End::MaxPages, None) => "`max_pages` have come",
            Self::End(End::LastFlag, None) => "`is_last` or `has_more` says so",
            Self::End(End::NoNext, None) => {
                "the page names no next one, and nothing in it says that there is more"
            }
            Self::End(End::TotalReached, None) => "as much has come as the total says",
            Self::End(End::EmptyPage, None) => "the page has no records",
            Self::End(End::SamePage, None) => "the page repeats an earlier one, and `same_page` is `end`",
            Self::End(End::Refused, None) => "the server refuses the page after the last one",
            Self::Contradiction(contradiction) => contradiction.reason(),
        }
    }
}

impl Contradiction {
    fn reason(self) -> &'static str {
        match self {
            Self::SamePage => "the page has the records of an earlier page",
            Self::SameButMore => "the page repeats an earlier one, and something says that there is more",
            Self::Overlap => "the page begins with records of the page before",
            Self::StartsLate => "the first page says that there is a page before it",
            Self::RecordsElsewhere => "`select` finds nothing, and records stand elsewhere",
            Self::NoArray => {
                "something else than an array stands at `select`, where an earlier page had one, or on the way to it"
            }
            Self::Misplaced => "the page is by its own words another one than was requested",
            Self::AboveTotal => "far more records have come than the server counts",
            Self::RefusedButMore => "the server refuses the page, and something says that there is more",
            Self::EmptyForbidden => "the page has no records, and `empty_page` is `error`",
            Self::Stuck => "`max_empty_pages` in a row brought no new records",
            Self::FlagsDisagree => "`has_more` and `is_last` say different things",
            Self::FlagUnreadable => "`has_more` or `is_last` is neither yes nor no",
            Self::NextUnreadable => "the header `Link` cannot be read",
            Self::LeadsBack => "the next page was read before",
            Self::MoreWithoutNext => {
                "`has_more` or `is_last` says that there is more, and the page names no next one"
            }
            Self::MoreElsewhere => "the page names no next one, and says elsewhere that there is more",
            Self::EmptyBeforeTotal => "the page has no records, and less has come than the total says",
            Self::EmptyButMore => "the page has no records, and says that there is more",
        }
    }
}

#[cfg(test)]
mod tests;

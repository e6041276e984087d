//! Every combination of signals has a verdict with a reason, and no verdict loses rows without a word.

use super::*;

const WAYS: [Way; 4] = [Way::Single, Way::Named, Way::Offset, Way::PageNumber];
const RECORDS: [Records; 5] =
    [Records::Unknown, Records::None, Records::Elsewhere, Records::NoArray, Records::Some];
const NEXTS: [NextSignal; 4] =
    [NextSignal::Absent, NextSignal::Unreadable, NextSignal::New, NextSignal::ReadBefore];
const FLAGS: [FlagSignal; 5] =
    [FlagSignal::Silent, FlagSignal::More, FlagSignal::Last, FlagSignal::Disagree, FlagSignal::Unreadable];
const TOTALS: [TotalSignal; 5] = [
    TotalSignal::Silent,
    TotalSignal::Above,
    TotalSignal::Reached,
    TotalSignal::Unproven,
    TotalSignal::Disproved,
];
const OTHERS: [OtherSignal; 4] =
    [OtherSignal::Silent, OtherSignal::Last, OtherSignal::More, OtherSignal::TotalAbove];
const EMPTIES: [Option<PagePolicy>; 4] =
    [None, Some(PagePolicy::Follow), Some(PagePolicy::End), Some(PagePolicy::Error)];
/// `error` is as none.
const SAMES: [Option<PagePolicy>; 3] = [None, Some(PagePolicy::Follow), Some(PagePolicy::End)];

const PROGRESS: [Progress; 8] = [
    Progress::New,
    Progress::Same,
    Progress::SameOnTrial,
    Progress::Misplaced,
    Progress::AboveTotal,
    Progress::Overlaps,
    Progress::StartsLate,
    Progress::Stuck,
];
const CONTENTS: [Content; 4] = [Content::Body, Content::None, Content::Refused, Content::RefusedAtLimit];

/// Which combinations to try: all of them, or every 97th. No number of choices is a multiple of 97, so that each choice meets each
/// other one.
fn stride() -> usize {
    crate::pagination::tests::every(97)
}

/// Calls `check` with the combinations of signals.
fn each(mut check: impl FnMut(&PageSignals)) {
    const SIZES: [usize; 11] = [4, 5, 4, 5, 5, 4, 4, 3, 8, 4, 32];
    for number in (0..SIZES.iter().product()).step_by(stride()) {
        let mut rest: usize = number;
        let choice = SIZES.map(|size| {
            let chosen = rest % size;
            rest /= size;
            chosen
        });
        let [way, records, next, flag, total, other, empty, same, progress, content, bits] = choice;
        check(&PageSignals {
            way: WAYS[way],
            records: RECORDS[records],
            next: NEXTS[next],
            had_next: bits & 1 != 0,
            flag: FLAGS[flag],
            total: TOTALS[total],
            other: OTHERS[other],
            progress: PROGRESS[progress],
            content: CONTENTS[content],
            is_enough: bits & 2 != 0,
            is_above_total: bits & 4 != 0,
            is_below_total: bits & 8 != 0,
            is_all: bits & 16 != 0,
            empty_page: EMPTIES[empty],
            same_page: SAMES[same],
        });
    }
}

/// Whether the user has said that this is the end.
fn is_the_users_word(signals: &PageSignals, end: End) -> bool {
    match end {
        End::MaxPages => signals.is_enough,
        End::EmptyPage if signals.empty_page == Some(PagePolicy::End) => true,
        End::LastFlag => signals.flag == FlagSignal::Last,
        _ => false,
    }
}

/// No end is quiet while something says that there are more, unless the user's own keys say so.
fn check_end(signals: &PageSignals, end: End, doubt: Option<Doubt>) {
    let flags_more = signals.flag == FlagSignal::More && signals.way != Way::Single;
    let says_more = flags_more || signals.other == OtherSignal::More;
    let is_quiet = doubt.is_none() && !is_the_users_word(signals, end);
    assert!(!(is_quiet && says_more), "an end although the page says more: {signals:?}");
    let is_early = signals.total == TotalSignal::Above && signals.way != Way::Single;
    assert!(!(is_quiet && is_early), "an end before the total: {signals:?}");
    let never_had = signals.way == Way::Named && !signals.had_next;
    let is_above = signals.other == OtherSignal::TotalAbove && (never_had || signals.way == Way::Single);
    assert!(!(is_quiet && is_above), "an end below a total: {signals:?}");
    let is_told = doubt.is_some() || matches!(end, End::MaxPages | End::SamePage | End::Refused);
    let is_by_policy = end == End::EmptyPage && signals.empty_page == Some(PagePolicy::End);
    let is_confirmed = signals.progress == Progress::SameOnTrial;
    assert!(
        !signals.is_below_total || is_told || is_by_policy || is_confirmed,
        "an end below a steady total: {signals:?}"
    );
    let is_unasked = matches!(end, End::SamePage | End::Refused);
    let is_promised = signals.other == OtherSignal::TotalAbove || says_more || is_early;
    assert!(!(is_unasked && is_promised), "an end against a promise: {signals:?}");
    assert!(signals.records != Records::Elsewhere || signals.way == Way::Single || end == End::Refused);
    assert!(
        !(is_quiet && signals.next == NextSignal::Unreadable && signals.way == Way::Named),
        "an end by a link that was not read: {signals:?}"
    );
}

#[test]
fn every_combination_of_signals_has_a_verdict_with_a_reason() {
    let mut reasons = std::collections::BTreeSet::new();
    let mut n = 0_usize;
    each(|signals| {
        n += 1;
        let verdict = judge(signals);
        reasons.insert(verdict.reason());
        let repeats = matches!(signals.progress, Progress::Same | Progress::SameOnTrial);
        match verdict {
            Verdict::End(end, doubt) => check_end(signals, end, doubt),
            Verdict::More(_) => {
                assert!(!signals.is_enough && signals.way != Way::Single, "{signals:?}");
                if signals.way == Way::Named {
                    let is_scroll =
                        signals.empty_page == Some(PagePolicy::End) && signals.records == Records::Some;
                    let leads_on = signals.next == NextSignal::New
                        || signals.next == NextSignal::ReadBefore && is_scroll;
                    assert!(leads_on, "nothing leads on: {signals:?}");
                }
                let is_excused = signals.same_page == Some(PagePolicy::Follow);
                assert!(!repeats || is_excused, "the same page again: {signals:?}");
                assert!(!matches!(signals.progress, Progress::Stuck | Progress::StartsLate), "{signals:?}");
                assert!(
                    !matches!(signals.content, Content::Refused | Content::RefusedAtLimit),
                    "{signals:?}"
                );
            }
            Verdict::Contradiction(contradiction) => {
                let is_asked_for = contradiction == Contradiction::EmptyForbidden;
                assert!(
                    signals.way != Way::Single || is_asked_for,
                    "one page contradicts nothing: {signals:?}"
                );
            }
        }
    });
    assert_eq!(n, (4 * 5 * 4 * 5 * 5 * 4 * 12 * 8 * 4 * 32_usize).div_ceil(stride()));
    assert!(reasons.iter().all(|reason| !reason.is_empty()));
    let docs = include_str!("../../../../../docs/pagination.md");
    let missing: Vec<_> = reasons.iter().filter(|reason| !docs.contains(**reason)).collect();
    assert!(missing.is_empty(), "docs/pagination.md lists every reason; these are missing: {missing:#?}");
}

/// A page of a query that goes on.
fn page(way: Way) -> PageSignals {
    PageSignals {
        way,
        records: Records::Some,
        next: NextSignal::New,
        had_next: false,
        flag: FlagSignal::Silent,
        total: TotalSignal::Silent,
        other: OtherSignal::Silent,
        progress: Progress::New,
        content: Content::Body,
        is_above_total: false,
        is_below_total: false,
        is_all: false,
        is_enough: false,
        empty_page: None,
        same_page: None,
    }
}

#[test]
fn verdicts_of_pages_as_servers_send_them() {
    use Contradiction as C;
    let check =
        |signals: PageSignals, expected: Verdict| assert_eq!(judge(&signals), expected, "{signals:?}");
    let (named, offset) = (page(Way::Named), page(Way::Offset));
    let last = PageSignals { next: NextSignal::Absent, ..named };
    check(named, Verdict::More(More::Named));
    check(last, Verdict::End(End::NoNext, None));
    check(PageSignals { flag: FlagSignal::More, ..last }, Verdict::Contradiction(C::MoreWithoutNext));
    check(PageSignals { other: OtherSignal::More, ..last }, Verdict::Contradiction(C::MoreElsewhere));
    check(PageSignals { other: OtherSignal::TotalAbove, ..last }, Verdict::Contradiction(C::MoreElsewhere));
    check(
        PageSignals { other: OtherSignal::TotalAbove, had_next: true, ..last },
        Verdict::End(End::NoNext, Some(Doubt::OtherTotalNotReached)),
    );
    check(
        PageSignals { total: TotalSignal::Above, ..last },
        Verdict::End(End::NoNext, Some(Doubt::TotalNotReached)),
    );
    check(PageSignals { flag: FlagSignal::Last, ..named }, Verdict::End(End::LastFlag, None));
    check(PageSignals { next: NextSignal::ReadBefore, ..named }, Verdict::Contradiction(C::LeadsBack));
    check(offset, Verdict::More(More::Counted));
    let empty = PageSignals { records: Records::None, next: NextSignal::Absent, ..offset };
    check(empty, Verdict::End(End::EmptyPage, None));
    check(PageSignals { total: TotalSignal::Above, ..empty }, Verdict::Contradiction(C::EmptyBeforeTotal));
    check(PageSignals { other: OtherSignal::TotalAbove, ..empty }, Verdict::Contradiction(C::EmptyButMore));
    check(PageSignals { total: TotalSignal::Reached, ..offset }, Verdict::End(End::TotalReached, None));
    check(PageSignals { total: TotalSignal::Unproven, ..offset }, Verdict::More(More::TotalUnproven));
    check(PageSignals { total: TotalSignal::Disproved, ..offset }, Verdict::More(More::TotalDisproved));
    let same = PageSignals { progress: Progress::Same, ..offset };
    check(same, Verdict::Contradiction(C::SamePage));
    let clamped = PageSignals { same_page: Some(PagePolicy::End), ..same };
    check(clamped, Verdict::End(End::SamePage, None));
    check(PageSignals { flag: FlagSignal::More, ..clamped }, Verdict::Contradiction(C::SameButMore));
    check(PageSignals { progress: Progress::SameOnTrial, ..offset }, Verdict::End(End::TotalReached, None));
    check(PageSignals { progress: Progress::Overlaps, ..offset }, Verdict::Contradiction(C::Overlap));
    let refused = PageSignals { content: Content::Refused, ..empty };
    check(refused, Verdict::End(End::Refused, None));
    for promising in [
        PageSignals { other: OtherSignal::More, ..refused },
        PageSignals { total: TotalSignal::Above, ..refused },
        PageSignals { way: Way::Named, other: OtherSignal::TotalAbove, ..refused },
    ] {
        check(promising, Verdict::Contradiction(C::RefusedButMore));
    }
    let single = page(Way::Single);
    check(single, Verdict::End(End::SinglePage, None));
    check(
        PageSignals { other: OtherSignal::More, ..single },
        Verdict::End(End::SinglePage, Some(Doubt::NoPagination)),
    );
}

#[test]
fn an_address_behind_all_records_leads_nowhere() {
    let check =
        |signals: PageSignals, expected: Verdict| assert_eq!(judge(&signals), expected, "{signals:?}");
    let named = page(Way::Named);
    let behind = PageSignals { records: Records::None, is_all: true, ..named };
    check(behind, Verdict::End(End::TotalReached, None));
    check(PageSignals { is_all: false, ..behind }, Verdict::More(More::Named));
    check(PageSignals { flag: FlagSignal::More, ..behind }, Verdict::More(More::Named));
    check(PageSignals { other: OtherSignal::More, ..behind }, Verdict::More(More::Named));
    check(PageSignals { empty_page: Some(PagePolicy::Follow), ..behind }, Verdict::More(More::Named));
}

#[test]
fn amounts_that_each_page_counts_differently_are_told() {
    let check =
        |signals: PageSignals, expected: Verdict| assert_eq!(judge(&signals), expected, "{signals:?}");
    let named = page(Way::Named);
    let last = PageSignals { next: NextSignal::Absent, ..named };
    check(
        PageSignals { flag: FlagSignal::Last, is_below_total: true, ..named },
        Verdict::End(End::LastFlag, Some(Doubt::OtherTotalNotReached)),
    );
    check(PageSignals { is_above_total: true, ..last }, Verdict::End(End::NoNext, Some(Doubt::AboveTotal)));
}

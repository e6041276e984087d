//! Every combination of signals has a verdict with a reason, and no verdict loses rows without a word.

use super::*;

const WAYS: [Way; 4] = [Way::Single, Way::Named, Way::Offset, Way::PageNumber];
const RECORDS: [Records; 3] = [Records::Unknown, Records::None, Records::Some];
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
const EMPTIES: [Option<EmptyPage>; 4] =
    [None, Some(EmptyPage::Follow), Some(EmptyPage::End), Some(EmptyPage::Error)];
const SAMES: [Option<SamePage>; 4] =
    [None, Some(SamePage::Follow), Some(SamePage::End), Some(SamePage::Error)];

/// Calls `check` with every combination of signals.
fn each(mut check: impl FnMut(&PageSignals)) {
    for way in WAYS {
        for records in RECORDS {
            for next in NEXTS {
                for flag in FLAGS {
                    for total in TOTALS {
                        for other in OTHERS {
                            for (empty_page, same_page) in
                                EMPTIES.iter().flat_map(|empty| SAMES.map(|same| (*empty, same)))
                            {
                                for bits in 0..32_u8 {
                                    let is = |bit: u8| bits & 1 << bit != 0;
                                    let (had_next, repeats, has_content) = (is(0), is(1), is(2));
                                    let (too_many_empty, is_enough) = (is(3), is(4));
                                    check(&PageSignals {
                                        way,
                                        records,
                                        next,
                                        had_next,
                                        flag,
                                        total,
                                        other,
                                        repeats,
                                        has_content,
                                        too_many_empty,
                                        is_enough,
                                        empty_page,
                                        same_page,
                                    });
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether the user has said that this is the end.
fn is_the_users_word(signals: &PageSignals, end: End) -> bool {
    match end {
        End::MaxPages => signals.is_enough,
        End::SamePage => signals.same_page == Some(SamePage::End) && signals.repeats,
        End::EmptyPage if signals.empty_page == Some(EmptyPage::End) => true,
        End::LastFlag => signals.flag == FlagSignal::Last,
        _ => false,
    }
}

#[test]
fn every_combination_of_signals_has_a_verdict_with_a_reason() {
    let mut reasons = std::collections::BTreeSet::new();
    let mut n = 0_u32;
    each(|signals| {
        n += 1;
        let verdict = judge(signals);
        reasons.insert(verdict.reason());
        let flags_more = signals.flag == FlagSignal::More && signals.way != Way::Single;
        let says_more = flags_more || signals.other == OtherSignal::More;
        match verdict {
            Verdict::End(end, doubt) => {
                let is_quiet = doubt.is_none() && !is_the_users_word(signals, end);
                assert!(!(is_quiet && says_more), "an end although the page says more: {signals:?}");
                let is_early = signals.total == TotalSignal::Above && signals.way != Way::Single;
                assert!(!(is_quiet && is_early), "an end before the total: {signals:?}");
                let never_had = signals.way == Way::Named && !signals.had_next;
                let is_above =
                    signals.other == OtherSignal::TotalAbove && (never_had || signals.way == Way::Single);
                assert!(!(is_quiet && is_above), "an end below a total: {signals:?}");
                assert!(
                    !(is_quiet && signals.next == NextSignal::Unreadable && signals.way == Way::Named),
                    "an end by a link that was not read: {signals:?}"
                );
            }
            Verdict::More(_) => {
                assert!(!signals.is_enough && signals.way != Way::Single, "{signals:?}");
                if signals.way == Way::Named {
                    let is_scroll =
                        signals.empty_page == Some(EmptyPage::End) && signals.records == Records::Some;
                    let leads_on = signals.next == NextSignal::New
                        || signals.next == NextSignal::ReadBefore && is_scroll;
                    assert!(leads_on, "nothing leads on: {signals:?}");
                }
                let is_excused = signals.same_page == Some(SamePage::Follow);
                assert!(!signals.repeats || is_excused, "the same page again: {signals:?}");
                assert!(!signals.too_many_empty, "{signals:?}");
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
    assert_eq!(n, 4 * 3 * 4 * 5 * 5 * 4 * 16 * 32);
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
        repeats: false,
        has_content: true,
        too_many_empty: false,
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
        Verdict::End(End::NoNext, None),
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
    check(PageSignals { repeats: true, ..offset }, Verdict::Contradiction(C::SamePage));
    let single = page(Way::Single);
    check(single, Verdict::End(End::SinglePage, None));
    check(
        PageSignals { other: OtherSignal::More, ..single },
        Verdict::End(End::SinglePage, Some(Doubt::NoPagination)),
    );
}

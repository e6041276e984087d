//! Verdicts as messages: what is wrong with a page, and what to write instead.

mod progress;

pub(super) use progress::doubled;

use super::{
    envelope::{Named, Says},
    report::{NextPlace, PageReport},
    signals::{Content, FlagSignal, Way},
    suggest::{is_guess, pagination_line, quoted},
    verdict::{Contradiction, Doubt},
};

/// What messages call the parts of a pagination.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The parameter that takes the position.
    pub param: String,
    /// Where the next page is named, such as `` `next_cursor` ``.
    pub next: String,
    /// The key of the YAML that says where that is.
    pub next_key: &'static str,
    /// The paths of `has_more` and `is_last`.
    pub flag: String,
    /// Whether the query sends a body, so that the position is likely to belong there.
    pub has_body: bool,
}

/// A message about a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubted {
    /// What is wrong.
    pub problem: String,
    /// What to write.
    pub help: String,
    /// Whether a run would end with it as an error.
    pub is_error: bool,
}

/// What a message speaks of.
#[derive(Debug)]
pub(crate) struct About<'a> {
    pub(crate) names: &'a Names,
    pub(crate) report: &'a PageReport,
    /// The page, counted from 1.
    pub(crate) page: u64,
    /// The page that it is equal to, from 1.
    pub(crate) same_as: u64,
    /// How much came before the page, in what the total counts.
    pub(crate) n_before: Option<u64>,
    /// How many records came before it.
    pub(crate) records_before: Option<u64>,
    /// The same with those that the run passes over.
    pub(crate) reached_before: Option<u64>,
    pub(crate) total: Option<u64>,
    /// What an earlier page counted that the pagination does not name.
    pub(crate) other_total: Option<u64>,
    /// The number of an earlier page that said that there are more, and how it said so.
    pub(crate) promise: Option<&'a (u64, String)>,
    pub(crate) max_empty_pages: u64,
    pub(crate) had_next: bool,
    /// How many records every page counts, and how many have come, where those are more.
    pub(crate) records_above: Option<(u64, u64)>,
    /// How many records every page counts, and how many have come, where those are fewer.
    pub(crate) records_below: Option<(u64, u64)>,
    /// How many records are those of the page before, in any order, where these are at least half of them.
    pub(crate) n_shared: u64,
    /// Whether no page had `has_more` or `is_last`.
    pub(crate) lacks_flag: bool,
    /// Whether the page is the first one of a run that was resumed.
    pub(crate) is_resumed: bool,
}

/// What in a page says that there are more, for messages about later pages that say nothing.
pub(crate) fn promise(report: &PageReport, names: &Names) -> Option<String> {
    let envelope = &report.envelope;
    if report.flag == FlagSignal::More {
        return Some(format!("{} says so", names.flag));
    }
    if let Some(Named { name, value: true }) = &envelope.more {
        return Some(format!("`{name}` says so"));
    }
    // Only where pages are counted is it known which one this is.
    let page = report.before.filter(|_| report.way == Way::PageNumber).map(|before| before + 1);
    let pages = envelope.pages.as_ref().filter(|pages| page.is_some_and(|page| pages.value > page))?;
    Some(format!("`{}` is {}", pages.name, pages.value))
}

/// What is said of a parameter that no page names.
fn doubtful_param(about: &About<'_>) -> &'static str {
    match (about.names.has_body, is_guess(&about.report.envelope)) {
        (true, _) => " (look up what the API calls `param` in its body)",
        (false, true) => " (`param` is a guess: look up what the API calls it)",
        (false, false) => "",
    }
}

/// The message about an end that may not be one.
pub(crate) fn doubt(doubt: Doubt, about: &About<'_>) -> Doubted {
    let envelope = &about.report.envelope;
    let (problem, help) = match doubt {
        Doubt::NoPagination => (
            format!("the query has no `pagination`, and there is more: {}", evidence(about)),
            format!(
                "add `{}` to `query`{}; if one page is wanted, `max_pages: 1`; if `{name}` means something else, \
                 `ignore_signals: [{}]`",
                pagination_line(envelope, about.names),
                doubtful_param(about),
                quoted(envelope.evidence_name()),
                name = envelope.evidence_name(),
            ),
        ),
        Doubt::TotalNotReached => (
            format!(
                "the server counts {} {}, and its pages end after {}",
                about.total.unwrap_or_default(),
                unit(about),
                about.n_before.unwrap_or_default()
                    + about.report.here.or(about.report.n_records).unwrap_or_default()
            ),
            match about.report.way {
                Way::Offset if about.report.n_records == Some(0) => "`empty_page: follow` with `size` reads on behind an empty page; \
                     take `total` away if it counts records that the server does not show"
                    .into(),
                _ => "look into the last page; take `total` away if it counts records that the server does not show".into(),
            },
        ),
        Doubt::AboveTotal => progress::above_total(about),
        Doubt::Limit => (
            format!(
                "the server counts {} records, which may be as many as it gives, and refuses to give more",
                about.total.unwrap_or_default()
            ),
            "cut the query into windows with `split`, or use a `cursor` where the API has one, so that each part stays \
             below the limit of the server"
                .into(),
        ),
        Doubt::OtherTotalNotReached if about.records_below.is_some() && envelope.total.is_some() => {
            below_total(about)
        }
        Doubt::OtherTotalNotReached => (
            format!("the pages end, and there is more: {}", evidence(about)),
            format!("look into the last page{}", ignore_help(about)),
        ),
    };
    Doubted { problem, help, is_error: false }
}

/// A total is less on this page than it was; `name` is the key of one that the pagination does not name.
pub(super) fn fell((was, is): (u64, u64), (name, page): (Option<&str>, u64)) -> Doubted {
    let what = name.map_or_else(|| "the total".to_owned(), |name| format!("`{name}`"));
    let excuse = match name {
        Some(name) => format!("if `{name}` means something else, `ignore_signals: [{}]`", quoted(name)),
        None => "take `total` away, and name its key in `ignore_signals`, if it is an estimate".to_owned(),
    };
    Doubted {
        problem: format!(
            "{what} was {was} and is {is} with page {page}: where rows are deleted while the run is under way, others move to \
             pages that have been read, and are missing"
        ),
        help: format!(
            "run it again while nothing is deleted, or use a `cursor` where the API has one; {excuse}"
        ),
        is_error: false,
    }
}

/// Fewer records have come than every page counts, by a key that the pagination does not name.
fn below_total(about: &About<'_>) -> (String, String) {
    let (total, has_come) = about.records_below.unwrap_or_default();
    let name = about.report.envelope.total.as_ref().map_or("", |total| total.name.as_str());
    (
        format!("the pages end, and there is more: `{name}` is {total}, and {has_come} records have come"),
        format!(
            "look into the last page, and look up how many records the API gives at most; if `{name}` means something \
             else, `ignore_signals: [{}]`",
            quoted(name)
        ),
    )
}

/// The message about signals that contradict each other.
pub(crate) fn contradiction(contradiction: Contradiction, about: &About<'_>) -> Doubted {
    let of_progress = progress::words(contradiction, about);
    let (problem, mut help) = of_progress.unwrap_or_else(|| of_signals(contradiction, about));
    if about.lacks_flag && !about.names.flag.is_empty() {
        help.push_str(&format!("; no page had {}, which `pagination` names", about.names.flag));
    }
    if about.is_resumed {
        help.push_str(
            "; this is the first page of a resumed run, whose token may have expired: `pipeline run FILE --restart` \
             starts at the first page",
        );
    }
    Doubted { problem, help, is_error: true }
}

/// What signals of one page contradict each other.
fn of_signals(contradiction: Contradiction, about: &About<'_>) -> (String, String) {
    match contradiction {
        Contradiction::NextUnreadable => next_unreadable(about),
        Contradiction::MoreElsewhere => more_elsewhere(about),
        Contradiction::MoreWithoutNext => (
            format!("{} says that there is more, and the page has no {}", about.names.flag, about.names.next),
            next_help(about),
        ),
        Contradiction::FlagsDisagree => flags_disagree(about),
        Contradiction::FlagUnreadable => (
            format!("{} is neither yes nor no", about.names.flag),
            "take the key away if the server does not say with it whether there is more".into(),
        ),
        _ => empty(contradiction, about),
    }
}

fn flags_disagree(about: &About<'_>) -> (String, String) {
    let other = about.report.envelope.more.as_ref().filter(|_| about.report.flag == FlagSignal::Last);
    match other {
        Some(other) => (
            format!(
                "{} says that this is the last page, and `{}` says that there is more",
                about.names.flag, other.name
            ),
            format!("take away the key that means something else{}", ignore_help(about)),
        ),
        None => (
            "`has_more` and `is_last` say different things about the same page".into(),
            "keep the one of the two keys that the server means".into(),
        ),
    }
}

/// What the total counts.
fn unit(about: &About<'_>) -> &'static str {
    match about.report.way {
        Way::PageNumber => "pages",
        Way::Single | Way::Named | Way::Offset => "records",
    }
}

/// What goes on after "the page has no records, ".
fn empty(contradiction: Contradiction, about: &About<'_>) -> (String, String) {
    match contradiction {
        Contradiction::EmptyBeforeTotal => (
            format!(
                "though the server counts {}{} and {} have come",
                about.total.unwrap_or_default(),
                if about.report.way == Way::PageNumber { " pages" } else { "" },
                about.n_before.unwrap_or_default()
            ),
            "write `empty_page: follow`, with `size`, if records that the server hides may leave a page empty in the middle; \
             `empty_page: end` ends there, and the table is incomplete; take `total` away, with `ignore_signals`, if it counts \
             records that the server never shows"
                .into(),
        ),
        Contradiction::EmptyButMore => {
            let says = evidence(about);
            let first = match about.report.way {
                Way::PageNumber => "write `first: 0` in `pagination` if the server counts its pages from 0, ",
                Way::Single | Way::Named | Way::Offset => "write ",
            };
            let help = format!(
                "{first}`empty_page: end` if the end is there all the same, `empty_page: follow` if a page may be \
                 empty{}",
                ignore_help(about)
            );
            (format!("though there is more: {says}"), help)
        }
        _ => (
            "and `empty_page` is `error`".into(),
            "`empty_page: end` ends there, `empty_page: follow` goes on".into(),
        ),
    }
}

fn next_unreadable(about: &About<'_>) -> (String, String) {
    let text = match &about.report.next {
        NextPlace::Unreadable(text) => text.as_str(),
        NextPlace::Absent | NextPlace::At(_) => "",
    };
    let clipped: String = text.chars().take(200).collect();
    (
        format!("the header `Link` cannot be read: {clipped}"),
        "it is not `<address>; rel=\"next\"` (RFC 8288); use another kind of pagination, or tell the server's authors"
            .into(),
    )
}

fn more_elsewhere(about: &About<'_>) -> (String, String) {
    let next = &about.names.next;
    let missing = match about.had_next {
        true => format!("the page has no {next}"),
        false if next.starts_with('`') => format!("no page had {next}"),
        false => format!("no page had a {next}"),
    };
    let problem = format!("{missing}, and there is more: {}", evidence(about));
    (problem, next_help(about))
}

/// What to write in the place of a key that is not there.
fn next_help(about: &About<'_>) -> String {
    let envelope = &about.report.envelope;
    let ignore = ignore_help(about);
    if let Some(next) = &envelope.next {
        let form = pagination_line(envelope, about.names);
        let name = &next.name;
        let is_path = !name.starts_with("X-") && name != "Link";
        return match about.names.next_key {
            // The line may be of another kind, for numbers of pages.
            "next" if is_path && !form.contains("next: ") => {
                format!("write `next: {}`{ignore}", quoted(name))
            }
            "next" if is_path => format!("write `next: {}`, as in `{form}`{ignore}", quoted(name)),
            _ => format!("write `{form}`{ignore}"),
        };
    }
    match about.names.next_key {
        "" => format!("write `{}`{ignore}", pagination_line(envelope, about.names)),
        key => format!(
            "look for the right path for `{key}` in the page; `pipeline preview` and `curl -i` show it{ignore}"
        ),
    }
}

fn ignore_help(about: &About<'_>) -> String {
    match about.report.envelope.evidence_name() {
        "" if about.promise.is_some() || about.other_total.is_some() => {
            "; a key of an earlier page that means something else is named by `ignore_signals`".into()
        }
        "" => String::new(),
        name => format!("; if `{name}` means something else, `ignore_signals: [{}]`", quoted(name)),
    }
}

/// What in the page, or in an earlier one, says that there are more.
fn evidence(about: &About<'_>) -> String {
    let (report, envelope) = (about.report, &about.report.envelope);
    let has_records = report.n_records.or(envelope.records.as_ref().map(|records| records.value));
    let here = if report.content == Content::Refused { 0 } else { has_records.unwrap_or_default() };
    let so_far = about.records_before.unwrap_or_default().saturating_add(here);
    match envelope.says((about.reached_before, has_records)) {
        Says::More => envelope.evidence(),
        Says::TotalAbove if has_records.is_some() => {
            format!("{}, and {so_far} records have come", envelope.evidence())
        }
        Says::TotalAbove => envelope.evidence(),
        Says::Nothing | Says::Last => {
            let n_before = about.n_before.unwrap_or_default();
            match (about.total.filter(|total| *total > n_before), about.promise, about.other_total) {
                _ if report.flag == FlagSignal::More => format!("{} says so", about.names.flag),
                (Some(total), ..) => {
                    format!("the server counts {total} {}, and {n_before} have come", unit(about))
                }
                (None, Some((page, says)), _) => format!("on page {page} {says}"),
                (None, None, Some(total)) => {
                    format!("an earlier page counts {total} records, and {so_far} have come")
                }
                (None, None, None) => envelope.evidence(),
            }
        }
    }
}

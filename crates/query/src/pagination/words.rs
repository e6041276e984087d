//! Verdicts as messages: what is wrong with a page, and what to write instead.

use super::{
    envelope::Says,
    report::{NextPlace, PageReport},
    signals::Way,
    suggest::{pagination_line, quoted},
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
    pub(crate) total: Option<u64>,
    pub(crate) max_empty_pages: u64,
    pub(crate) had_next: bool,
}

/// The message about an end that may not be one.
pub(crate) fn doubt(doubt: Doubt, about: &About<'_>) -> Doubted {
    let envelope = &about.report.envelope;
    let (problem, help) = match doubt {
        Doubt::NoPagination => (
            format!("the query has no `pagination`, and there is more: {}", evidence(about)),
            format!(
                "add `{}` to `query`; if one page is wanted, `max_pages: 1`; if `{name}` means something else, \
                 `ignore_signals: [{}]`",
                pagination_line(envelope),
                quoted(envelope.evidence_name()),
                name = envelope.evidence_name(),
            ),
        ),
        Doubt::TotalNotReached => (
            format!(
                "the server counts {} records, and its pages end after {}",
                about.total.unwrap_or_default(),
                about.n_before.unwrap_or_default() + about.report.n_records.unwrap_or_default()
            ),
            "look into the last page; take `total` away if it counts records that the server does not show"
                .into(),
        ),
    };
    Doubted { problem, help, is_error: false }
}

/// The message about signals that contradict each other.
pub(crate) fn contradiction(contradiction: Contradiction, about: &About<'_>) -> Doubted {
    let (problem, help) = match contradiction {
        Contradiction::SamePage => same_page(about),
        Contradiction::LeadsBack => leads_back(about),
        Contradiction::NextUnreadable => next_unreadable(about),
        Contradiction::MoreElsewhere => more_elsewhere(about),
        Contradiction::MoreWithoutNext => (
            format!("{} says that there is more, and the page has no {}", about.names.flag, about.names.next),
            next_help(about),
        ),
        Contradiction::FlagsDisagree => (
            "`has_more` and `is_last` say different things about the same page".into(),
            "keep the one of the two keys that the server means".into(),
        ),
        Contradiction::FlagUnreadable => (
            format!("{} is neither yes nor no", about.names.flag),
            "take the key away if the server does not say with it whether there is more".into(),
        ),
        Contradiction::TooManyEmpty => (
            format!("{} pages in a row had no records", about.max_empty_pages),
            "`max_empty_pages` is how many may be empty, `empty_page: end` ends there".into(),
        ),
        Contradiction::EmptyForbidden | Contradiction::EmptyBeforeTotal | Contradiction::EmptyButMore => {
            empty(contradiction, about)
        }
    };
    Doubted { problem, help, is_error: true }
}

/// What goes on after "the page has no records, ".
fn empty(contradiction: Contradiction, about: &About<'_>) -> (String, String) {
    match contradiction {
        Contradiction::EmptyBeforeTotal => (
            format!(
                "though the server counts {} and {} have come",
                about.total.unwrap_or_default(),
                about.n_before.unwrap_or_default()
            ),
            "write `empty_page: end` if it counts records that it does not show".into(),
        ),
        Contradiction::EmptyButMore => {
            let says = match about.report.envelope.says((about.records_before, Some(0))) {
                Says::More | Says::TotalAbove => evidence(about),
                Says::Nothing | Says::Last => format!("{} says so", about.names.flag),
            };
            let help = format!(
                "write `empty_page: end` if the end is there all the same, `empty_page: follow` if a page may be \
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

fn leads_back(about: &About<'_>) -> (String, String) {
    let help = match about.names.param.as_str() {
        "" => "the address of the next page is wrong there; `max_pages` stops before".into(),
        param => format!(
            "the server may not know the parameter `{param}`; if its token stays the same to the end, write \
             `empty_page: end`"
        ),
    };
    ("the server leads back to a page that was read before".into(), help)
}

fn same_page(about: &About<'_>) -> (String, String) {
    let param = &about.names.param;
    let problem = match (about.report.way, about.page, about.same_as) {
        (Way::Named, ..) => "page after page has the same records: the server does not move on".to_owned(),
        (_, page, 1) if page <= 2 => {
            format!(
                "page {page} has the same records as page 1: the server does not know the parameter `{param}`"
            )
        }
        (_, page, same_as) => format!(
            "page {page} has the same records as page {same_as}: the server repeats its pages, or does not know the \
             parameter `{param}`"
        ),
    };
    let wrong = match (about.report.way, param.as_str()) {
        (_, "") => String::new(),
        (Way::PageNumber, param) => {
            format!("look up what the API calls `{param}`, and the number of its first page (`first`); ")
        }
        (_, param) => format!("look up what the API calls `{param}`; "),
    };
    let help = format!(
        "{wrong}write `same_page: end` in `query` if the server repeats its last page, `same_page: follow` if pages \
         may be equal"
    );
    (problem, help)
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
        let form = pagination_line(envelope);
        let name = &next.name;
        let is_path = !name.starts_with("X-") && name != "Link";
        return match about.names.next_key {
            "next" if is_path => format!("write `next: {}`, as in `{form}`{ignore}", quoted(name)),
            _ => format!("write `{form}`{ignore}"),
        };
    }
    match about.names.next_key {
        "" => format!("write `{}`{ignore}", pagination_line(envelope)),
        key => format!(
            "look for the right path for `{key}` in the page; `pipeline preview` and `curl -i` show it{ignore}"
        ),
    }
}

fn ignore_help(about: &About<'_>) -> String {
    match about.report.envelope.evidence_name() {
        "" => String::new(),
        name => format!("; if `{name}` means something else, `ignore_signals: [{}]`", quoted(name)),
    }
}

/// What in the page says that there are more.
fn evidence(about: &About<'_>) -> String {
    let envelope = &about.report.envelope;
    let has_records = about.report.n_records.or(envelope.records.as_ref().map(|records| records.value));
    match (envelope.next.is_none() && envelope.more.is_none(), has_records) {
        (true, Some(here)) => {
            let so_far = about.records_before.unwrap_or_default().saturating_add(here);
            format!("{}, and {so_far} records have come", envelope.evidence())
        }
        _ => envelope.evidence(),
    }
}

//! Pages that bring nothing new, or not what they should, as messages.

use super::{About, Names, evidence, ignore_help};
use crate::pagination::{
    envelope::Named,
    report::{Instead, Selected, WholeBody},
    shared::Shared,
    signals::Way,
    suggest::{pagination_line, quoted},
    verdict::Contradiction,
};

/// The problem and what to write; `None` for contradictions of other kinds.
pub(super) fn words(contradiction: Contradiction, about: &About<'_>) -> Option<(String, String)> {
    Some(match contradiction {
        Contradiction::SamePage => same_page(about),
        Contradiction::SameButMore => (
            format!(
                "page {} has the same records as page {}, and there is more: {}",
                about.page,
                about.same_as,
                evidence(about)
            ),
            format!(
                "{}`same_page: end` is for servers that repeat their last page{}",
                look_up(&about.names.param),
                ignore_help(about)
            ),
        ),
        Contradiction::Overlap if about.n_shared > 0 => same_page(about),
        Contradiction::Overlap => overlap(about),
        Contradiction::StartsLate => starts_late(about),
        Contradiction::RecordsElsewhere => elsewhere(about),
        Contradiction::NoArray => no_array(about),
        Contradiction::Misplaced => misplaced(about),
        Contradiction::AboveTotal => above_total(about),
        Contradiction::RefusedButMore => (
            format!("the server refuses page {}, and there is more: {}", about.page, evidence(about)),
            format!("look up why the server refuses it{}", ignore_help(about)),
        ),
        Contradiction::LeadsBack => leads_back(about),
        Contradiction::Stuck => stuck(about),
        _ => return None,
    })
}

/// A page has records of the page before, of which `first` is its first one.
pub(in crate::pagination) fn doubled(
    (first, shared): (&str, Shared),
    (way, page): (Way, u64),
    names: &Names,
) -> String {
    let cause = match way {
        Way::Offset => format!(
            "the server may count records from 1 (`first: 1` in `pagination`) or take `{}` for something else, or rows were \
             inserted while the run was under way",
            names.param
        ),
        Way::PageNumber | Way::Named | Way::Single => {
            "rows may have been inserted while the run was under way, or the server begins a page with the last record of the \
             page before"
                .into()
        }
    };
    let before = page - 1;
    let what = match shared {
        Shared::Seam(n) if n > 1 => {
            format!(
                "page {page} begins with {n} records that page {before} ends with, the first of them {first}, which"
            )
        }
        Shared::Few(1) => format!("page {page} has a record that page {before} has too, which"),
        Shared::Few(n) => format!("page {page} has {n} records that page {before} has too, which"),
        Shared::Seam(_) | Shared::Overlap | Shared::Most(_) | Shared::Nothing => {
            format!("page {page} begins with the record that page {before} ends with, {first}, which")
        }
    };
    format!("{what} came twice: {cause}")
}

/// The beginning of a help about a parameter; nothing where pages are led to by addresses.
fn look_up(param: &str) -> String {
    if param.is_empty() { String::new() } else { format!("look up what the API calls `{param}`; ") }
}

/// More has come than every page counts.
pub(super) fn above_total(about: &About<'_>) -> (String, String) {
    let (total, has_come) = about.records_above.unwrap_or_default();
    let name = about.report.envelope.total.as_ref().map(|total| total.name.as_str());
    let problem = format!(
        "{has_come} records have come, and {} is {total} on each page: records may have come twice",
        name.map_or("the total".into(), |name| format!("`{name}`"))
    );
    let param = match about.names.param.as_str() {
        "" => String::new(),
        param => {
            format!("look up what the API calls `{param}`, and whether it counts from 0 or 1 (`first`); ")
        }
    };
    let excuse =
        name.map(|name| format!("if `{name}` means something else, `ignore_signals: [{}]`", quoted(name)));
    (
        problem,
        format!("{param}{}", excuse.unwrap_or_else(|| "take `total` away if it means something else".into())),
    )
}

fn misplaced(about: &About<'_>) -> (String, String) {
    let envelope = &about.report.envelope;
    let echo = if about.report.way == Way::Offset { &envelope.start } else { &envelope.page };
    let Some(Named { name, value }) = echo else { return <_>::default() };
    let (param, requested) = (&about.names.param, about.report.requested.unwrap_or_default());
    let problem = format!("`{param}={requested}` was requested, and the page says `{name}: {value}`");
    let help = format!(
        "look up what the API calls `{param}`; if `{name}` means something else, `ignore_signals: [{}]` in `query`",
        quoted(name)
    );
    (problem, help)
}

fn no_array(about: &About<'_>) -> (String, String) {
    let problem = match (&about.report.selected, about.report.whole) {
        (Selected::Other(Instead { what, at: None }), _) => {
            format!("{what} stands at `select`, where an earlier page has the array of records")
        }
        (Selected::Other(Instead { what, at: Some(path) }), _) => {
            let place = if path.is_empty() {
                format!("the body is {what}")
            } else {
                format!("{what} stands at `{path}`")
            };
            format!("{place}, and no array of records can stand there at `select`")
        }
        (_, WholeBody::Other(what)) => {
            format!("the body is {what}, where that of an earlier page is the array of records")
        }
        _ => "the array of records is not where an earlier page has it".into(),
    };
    (
        problem,
        "look into the page: a server that fails may write its message in the place of the records".into(),
    )
}

fn stuck(about: &About<'_>) -> (String, String) {
    if about.report.n_records == Some(0) || about.report.n_records.is_none() {
        return (
            format!("{} pages in a row had no records", about.max_empty_pages),
            "`max_empty_pages` is how many may be empty, `empty_page: end` ends there".into(),
        );
    }
    let cause = match about.names.param.as_str() {
        "" => "the addresses of next pages lead to what was read before".into(),
        param => format!("the server may not know the parameter `{param}`"),
    };
    let help = format!("{cause}; `max_empty_pages` is how many pages may bring nothing new");
    (format!("{} pages in a row had the records of earlier pages", about.max_empty_pages), help)
}

fn starts_late(about: &About<'_>) -> (String, String) {
    if let (Way::Offset, Some(start)) = (about.report.way, &about.report.envelope.start) {
        let (name, param) = (&start.name, &about.names.param);
        return (
            format!(
                "`{param}=0` was requested, and the page says `{name}: 1`: the server counts its records from 1"
            ),
            format!(
                "write `first: 1` in `pagination`; if `{name}` means something else, `ignore_signals: [{}]` in `query`",
                quoted(name)
            ),
        );
    }
    let Some(previous) = about.report.envelope.previous.as_ref().filter(|_| about.report.is_numbered_first)
    else {
        let page = about.report.requested.unwrap_or_default();
        return (
            format!("page {page} is the last one that the server counts, and has no records: the server counts its pages from 0"),
            "write `first: 0` in `pagination`; `empty_page: end` in `query` if the server counts a page too many".into(),
        );
    };
    let previous = previous.name.as_str();
    let problem =
        format!("`{previous}` says that there is a page before page 1: the server counts its pages from 0");
    let help = format!(
        "write `first: 0` in `pagination`; if `{previous}` means something else, `ignore_signals: [{}]` in `query`",
        quoted(previous)
    );
    (problem, help)
}

fn overlap(about: &About<'_>) -> (String, String) {
    let (page, param) = (about.page, &about.names.param);
    let problem =
        format!("page {page} begins with records that page {} ends with: its pages overlap", page - 1);
    let cause = match about.report.way {
        Way::PageNumber => {
            format!("the server may take `{param}` for the number of records to skip: write `kind: offset`")
        }
        Way::Single | Way::Named => {
            "the next page begins at the last record and not behind it, or records were added meanwhile"
                .into()
        }
        Way::Offset => {
            format!("the server may count from 1 (`first: 1`), or take `{param}` for something else")
        }
    };
    let once = match about.report.identity.as_deref() {
        Some(key) if !key.contains('`') => {
            format!(
                "; records come twice then, and `mode: upsert, key: [{}]` of a sink keeps each once",
                quoted(key)
            )
        }
        _ => "; records come twice then".into(),
    };
    (problem, format!("{cause}; `same_page: follow` in `query` if pages may overlap{once}"))
}

fn elsewhere(about: &About<'_>) -> (String, String) {
    let Some(Named { name, value }) = &about.report.elsewhere else { return <_>::default() };
    if name.is_empty() && about.report.is_of_lines && *value == 1 {
        return (
            "`select` finds no records in the page, whose lines are read as one record each, and there is one line".into(),
            "write `decode: json` in `query`, if that line is an object that holds the records; leave `select` out, if it is \
             a record"
                .into(),
        );
    }
    if name.is_empty() {
        return (
            format!("`select` finds no records in the page, and the body itself is an array of {value}"),
            "leave `select` out: the body is the array of records".into(),
        );
    }
    (
        format!("`select` finds no records in the page, and `{name}` has {value}"),
        format!("write `select: {}`, or the path where the records stand", quoted(name)),
    )
}

fn leads_back(about: &About<'_>) -> (String, String) {
    let help = match about.names.param.as_str() {
        "" => "the address of the next page is wrong there: write `is_last`, `has_more` or `total` in `pagination`, if the \
               page says with one of them that it is the last; `max_pages` stops before it"
            .into(),
        param => format!(
            "the server may not know the parameter `{param}`; if its token stays the same to the end, write \
             `empty_page: end`"
        ),
    };
    ("the server leads back to a page that was read before".into(), help)
}

fn same_page(about: &About<'_>) -> (String, String) {
    let param = &about.names.param;
    let has_same = match about.n_shared {
        0 => "has the same records as".into(),
        n if about.report.n_records == Some(n) => "has the same records, in another order, as".into(),
        n => format!("has {n} of its records in common with"),
    };
    let problem = match (about.report.way, about.page, about.same_as) {
        (Way::Named, page, same_as) if param.is_empty() => format!(
            "page {page} {has_same} page {same_as}: the server does not move on, or its address led back"
        ),
        (Way::Named, page, same_as) => format!(
            "page {page} {has_same} page {same_as}: the server does not know the parameter `{param}`, or its \
             token led back"
        ),
        (_, page, 1) if page <= 2 => {
            format!("page {page} {has_same} page 1: the server does not know the parameter `{param}`")
        }
        (_, page, same_as) => format!(
            "page {page} {has_same} page {same_as}: the server repeats its pages, or does not know the \
             parameter `{param}`"
        ),
    };
    let wrong = match (about.report.way, param.as_str()) {
        (Way::PageNumber, param) if !param.is_empty() => {
            format!("look up what the API calls `{param}`, and the number of its first page (`first`); ")
        }
        (_, param) => look_up(param),
    };
    let envelope = &about.report.envelope;
    let instead = envelope.next.as_ref().filter(|_| about.report.way != Way::Named).map(|next| {
        format!("the page has `{}`: write `{}`; or ", next.name, pagination_line(envelope, about.names))
    });
    let by = about.report.identity.as_ref().map(|keys| format!(" in `{keys}`, which names their records"));
    let end = match about.n_shared {
        0 => "`same_page: end` in `query` if the server repeats its last page, `same_page: follow`",
        _ => "`same_page: follow` in `query`",
    };
    let help = format!(
        "{}{wrong}write {end} if pages may be equal{}",
        instead.unwrap_or_default(),
        by.unwrap_or_default()
    );
    (problem, help)
}

//! The line of YAML that follows the pages of an answer without `pagination`. Pure.

use super::{
    Names,
    envelope::{Envelope, Named, NextForm, is_header, plain},
};

/// The line, as it stands in the query; `param` is a guess where the page does not tell it.
pub(crate) fn pagination_line(envelope: &Envelope, names: &Names) -> String {
    let keys = keys(envelope);
    let is_link = keys.starts_with("kind: next_url") || keys.starts_with("kind: link_header");
    let place = if names.has_body && !is_link && !keys.contains("in: body") { ", in: body" } else { "" };
    format!("pagination: {{ {keys}{place} }}")
}

fn keys(envelope: &Envelope) -> String {
    if let Some(next) = &envelope.next {
        return by_next(envelope, next);
    }
    if let Some(more) = envelope.more.as_ref().filter(|more| more.value) {
        return by_flag(envelope, more);
    }
    if let Some(pages) = &envelope.pages
        && (envelope.start.is_none() || skips_by_page(envelope))
        && pages.name != "X-Pagination"
    {
        let key = if pages.name.starts_with("X-") { "total_pages_header" } else { "total_pages" };
        let total = match may_count_page(envelope, pages) {
            true => String::new(),
            false => format!(", {key}: {}", quoted(&pages.name)),
        };
        return format!("kind: page_number, param: {}{total}", page_param(envelope));
    }
    if envelope.page.is_some() && (envelope.start.is_none() || skips_by_page(envelope)) {
        return format!("kind: page_number, param: {}", page_param(envelope));
    }
    offset(envelope)
}

/// Whether `page_count` is just as much as the page has records, which it may count: an empty page ends then.
fn may_count_page(envelope: &Envelope, pages: &Named<u64>) -> bool {
    let is_same = envelope.records.as_ref().is_some_and(|records| records.value == pages.value);
    is_same && plain(last_key(&pages.name)) == "pagecount"
}

/// Whether `skip` is what the server makes of the number of the page, as Open Food Facts writes both.
fn skips_by_page(envelope: &Envelope) -> bool {
    let is_skip =
        envelope.start.as_ref().is_some_and(|start| last_key(&start.name).eq_ignore_ascii_case("skip"));
    is_skip && envelope.page.is_some()
}

fn offset(envelope: &Envelope) -> String {
    let param = envelope.start.as_ref().map_or("offset", |start| last_key(&start.name));
    let total = envelope.total.as_ref().map(|total| {
        let key = if total.name.contains('-') { "total_header" } else { "total" };
        // Headers that hold more than a number can be read by no key.
        let is_number = !matches!(total.name.as_str(), "Content-Range" | "X-Pagination");
        if is_number { format!(", {key}: {}", quoted(&total.name)) } else { String::new() }
    });
    format!("kind: offset, param: {}{}", quoted(param), total.unwrap_or_default())
}

fn by_next(envelope: &Envelope, next: &Named<NextForm>) -> String {
    let path = quoted(&next.name);
    let has_more = envelope.more.as_ref().map(|more| flag_key(envelope, &more.name)).unwrap_or_default();
    let key = last_key(&next.name).to_ascii_lowercase().replace(['_', '-'], "");
    match next.value {
        NextForm::LinkHeader => "kind: link_header".into(),
        NextForm::Address => format!("kind: next_url, next: {path}{has_more}"),
        NextForm::Header => {
            format!("kind: cursor, next_header: {path}, param: {}", param_of_header(&next.name))
        }
        NextForm::Number if key.contains("page") || key == "next" => {
            format!("kind: page_number, param: {}", page_param(envelope))
        }
        NextForm::Number => {
            let param = envelope.start.as_ref().map_or("offset", |start| last_key(&start.name)).to_owned();
            format!("kind: cursor, next: {path}, param: {}{has_more}", quoted(&param))
        }
        NextForm::Token => {
            let is_notion =
                key == "nextcursor" && envelope.entries.iter().any(|entry| entry.name() == "object");
            let is_jira =
                key == "nextpagetoken" && envelope.entries.iter().any(|entry| entry.name() == "isLast");
            let param = match key.as_str() {
                "nextpagetoken" if is_jira => "nextPageToken",
                // Who writes it so takes it back under its own name, as Zoom does; Google's is `pageToken`.
                "nextpagetoken" if next.name.contains('_') => last_key(&next.name),
                "nextpagetoken" => "pageToken",
                "nextcursor" if is_notion => "start_cursor",
                "nextcursor" => "cursor",
                "nextmarker" => "marker",
                "nextcursormark" => "cursorMark",
                "nextfilename" => "startFileName",
                "nextbookmark" => "bookmark",
                "scrollid" => "scroll_id",
                "nextid" => "from_id",
                "nextmaxid" if next.name.ends_with("Id") => "maxId",
                "nextmaxid" => "max_id",
                "nextmaxtagid" => "max_tag_id",
                "nexttoken" => "nextToken",
                "nextcontinuationtoken" | "continuationtoken" => "continuationToken",
                _ => last_key(&next.name),
            };
            format!("kind: cursor, next: {path}, param: {}{has_more}", quoted(param))
        }
    }
}

/// Whether the line is a guess in the parameter: the page has a name for the token, and not for what takes it.
pub(crate) fn is_guess(envelope: &Envelope) -> bool {
    let Some(next) = &envelope.next else { return false };
    let is_sure = ["nextpagetoken", "nextcursor", "after", "startingafter", "cmcontinue"];
    let key = last_key(&next.name).to_ascii_lowercase().replace(['_', '-'], "");
    match next.value {
        NextForm::Header => true,
        NextForm::Token => !is_sure.contains(&key.as_str()),
        _ => false,
    }
}

/// What takes back the token of a header: its own name, without what says that it is a header and of the next page.
fn param_of_header(name: &str) -> String {
    let words: Vec<&str> = name.split('-').filter(|word| !matches!(*word, "X" | "MS" | "Next")).collect();
    let param = match words.as_slice() {
        ["Continuation"] => "continuationToken".to_owned(),
        ["Token"] => "nextToken".to_owned(),
        words => words.concat(),
    };
    let mut letters = param.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// A flag says that there are more, and nothing where.
fn by_flag(envelope: &Envelope, more: &Named<bool>) -> String {
    let flag = flag_key(envelope, &more.name);
    let end = envelope.entries.iter().find(|entry| entry.key().eq_ignore_ascii_case("endCursor"));
    if let Some(end) = end {
        return graphql(&end.name(), &flag);
    }
    // GraphQL gives the cursor only to those who ask for it.
    if let Some(info) = more.name.strip_suffix("pageInfo.hasNextPage") {
        return graphql(&format!("{info}pageInfo.endCursor"), &flag);
    }
    if envelope.start.is_some() {
        return offset(envelope);
    }
    if envelope.page.is_some() {
        return format!("kind: page_number, param: {}", page_param(envelope));
    }
    match envelope.records.as_ref().filter(|records| !records.name.is_empty()) {
        Some(records) => {
            let id = format!("{}.-1.id", records.name);
            format!("kind: cursor, next: {}, param: starting_after{flag}", quoted(&id))
        }
        None => offset(envelope),
    }
}

fn graphql(end_cursor: &str, flag: &str) -> String {
    format!("kind: cursor, next: {}, param: variables.after, in: body{flag}", quoted(end_cursor))
}

fn flag_key(envelope: &Envelope, name: &str) -> String {
    if is_header(name) {
        return String::new();
    }
    let found =
        envelope.entries.iter().find(|entry| entry.name() == name).and_then(|entry| entry.found.truth());
    let says_more = envelope.more.as_ref().is_some_and(|more| more.value);
    // A yes that means more is `has_more`; a no that means more is `is_last`.
    let key = if found == Some(says_more) { "has_more" } else { "is_last" };
    format!(", {key}: {}", quoted(name))
}

/// The parameter that takes the number of the page, and the first number where that is not 1.
fn page_param(envelope: &Envelope) -> String {
    let name = envelope.page.as_ref().map_or("page", |page| last_key(&page.name));
    let is_of_the_answer = name.starts_with("X-")
        || ["current_page", "currentPage", "number", "current"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
    let param = if is_of_the_answer { "page".into() } else { quoted(name) };
    match envelope.page.as_ref().map(|page| page.value) {
        Some(0) => format!("{param}, first: 0"),
        _ => param,
    }
}

fn last_key(name: &str) -> &str {
    name.rsplit(['.', '/']).next().unwrap_or(name)
}

/// Text for YAML, in quotes where a plain scalar would be something else.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    let means_more = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "n" | "y"
    );
    match text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/')
        && text.chars().all(is_plain)
        && !means_more
    {
        true => text.to_owned(),
        false => format!("{text:?}"),
    }
}

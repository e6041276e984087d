//! Where a page has a key that speaks of the rest of a list, and a value that says that there is a rest. Pure.
//!
//! Each page of each run is looked at, so that this is done at the speed of memory, and what needs more is left to whoever reads
//! the few pages that have such a key.

use aho_corasick::packed::Searcher;

use crate::raw;

/// How the value of a key says that there is a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It is `true`.
    Yes,
    /// It is a text with something in it.
    Text,
    /// It is an object with `next` in it.
    Next,
    /// It is the number of records that a page of the list may have, which is less than the `total` beside it.
    Limit,
    /// It is a number that is not 0.
    Number,
}

/// The keys, as far as their spellings have it in common, and what their values say.
const KEYS: &[(&str, Says)] = &[
    ("axResults\"", Says::Limit),
    ("otalCount\"", Says::Number),
    ("total_count\"", Says::Number),
    ("as_more\"", Says::Yes),
    ("asMore\"", Says::Yes),
    ("asNextPage\"", Says::Yes),
    ("s_next_page\"", Says::Yes),
    ("extRecordsUrl\"", Says::Text),
    (".nextLink\"", Says::Text),
    ("extPageToken\"", Says::Text),
    ("ext_page_token\"", Says::Text),
    ("\"paging\"", Says::Next),
    ("\"_links\"", Says::Next),
];

/// So far from a key the members beside it are looked for.
const NEAR: usize = 200;

/// So far from its ends a page is looked at for what stands around its records.
const EDGE: usize = 4096;

/// Finds the keys.
#[derive(Debug, Default)]
pub(super) struct Signs {
    searcher: Option<Searcher>,
}

impl Signs {
    /// Where such keys end, in order; keys around the records, which speak of the page, are left out where that is seen easily.
    pub(super) fn find(&mut self, body: &[u8]) -> Vec<usize> {
        let searcher = match &mut self.searcher {
            Some(searcher) => searcher,
            None => match Searcher::new(KEYS.iter().map(|(key, _)| key)) {
                Some(searcher) => self.searcher.insert(searcher),
                None => return Vec::new(),
            },
        };
        let is_sign = |found: &aho_corasick::Match| {
            let says = KEYS[found.pattern().as_usize()].1;
            says_so(body, found.end(), says) && !is_around(body, found.end())
        };
        searcher.find_iter(body).filter(is_sign).map(|found| found.end() - 1).collect()
    }
}

/// Whether the value after a key, which ends at `end`, says that there is a rest.
fn says_so(body: &[u8], end: usize, says: Says) -> bool {
    let Some(value) = body[end..].trim_ascii_start().strip_prefix(b":") else { return false };
    let value = value.trim_ascii_start();
    match says {
        Says::Yes => value.starts_with(b"true"),
        Says::Text => value.starts_with(b"\"") && !value.starts_with(b"\"\""),
        Says::Number => number(value).is_some_and(|number| number > 0),
        Says::Next => raw::keys(value).is_some_and(|keys| keys.iter().any(|key| key == "next")),
        Says::Limit => match (number(value), total_near(body, end)) {
            (Some(limit), Some(total)) => total > limit,
            _ => true,
        },
    }
}

fn number(text: &[u8]) -> Option<u64> {
    let length = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    str::from_utf8(&text[..length]).ok()?.parse().ok()
}

/// The `total` that stands beside a key, with nothing but scalars between them.
fn total_near(body: &[u8], at: usize) -> Option<u64> {
    let is_bracket = |byte: &u8| matches!(byte, b'{' | b'}' | b'[' | b']');
    let before = &body[at.saturating_sub(NEAR)..at];
    let before = &before[before.iter().rposition(is_bracket).map_or(0, |bracket| bracket + 1)..];
    let after = &body[at..body.len().min(at + NEAR)];
    let after = &after[..after.iter().position(is_bracket).unwrap_or(after.len())];
    let total = |part: &[u8]| {
        let found = memchr::memmem::find(part, b"\"total\"")?;
        number(part[found + 7..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start())
    };
    total(before).or_else(|| total(after))
}

/// Whether a key surely stands in no array: near one end of the page, with no bracket open between.
fn is_around(body: &[u8], at: usize) -> bool {
    at < EDGE && depth(&body[..at]) <= 0 || body.len() - at < EDGE && depth(&body[at..]) >= 0
}

/// How many arrays are open at the end of a text, which begins outside of strings.
fn depth(text: &[u8]) -> i64 {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text[at] {
            b'"' => {
                at += 1;
                while at < text.len() && text[at] != b'"' {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_say_nothing_are_passed_over() {
        let check = |body: &str, n: usize| {
            assert_eq!(Signs::default().find(body.as_bytes()).len(), n, "{body}");
        };
        check(r#"[{"has_more":true}]"#, 1);
        check(r#"[{"has_more" : true}]"#, 1);
        check(r#"[{"has_more":false}]"#, 0);
        check(r#"[{"nextRecordsUrl":null},{"nextRecordsUrl":""},{"nextRecordsUrl":"x"}]"#, 1);
        check(r#"[{"startAt":0,"maxResults":20,"total":3,"w":[]}]"#, 0);
        check(r#"[{"startAt":0,"maxResults":20,"total":25,"w":[]}]"#, 1);
        check(r#"[{"w":[{"total":99}],"maxResults":5,"total":5}]"#, 0);
        check(r#"[{"total":9,"w":[1],"maxResults":5}]"#, 1);
        check(r#"[{"_links":{"self":"x"}},{"_links":{"next":"x"}}]"#, 1);
        check(r#"[{"text":"\"has_more\": true"}]"#, 0);
        // Around the records.
        check(r#"{"has_more":true,"data":[{}]}"#, 0);
        check(r#"{"data":[{"a":"]"}],"has_more":true}"#, 0);
        check(r#"{"data":[{"a":"["}],"paging":{"next":"x"}}"#, 0);
        check(r#"{"has_more":true,"data":[{"b":{"has_more":true}}]}"#, 1);
    }
}

//! How many records a page has, as far as its shape tells.

use serde_json::Value;

/// What is in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageRecords {
    /// Nothing at all: no text, `null`, `[]` or `{}`.
    EmptyPage,
    /// So many records; one that is no list counts as one.
    Some(usize),
}

/// Lists that are deeper belong to a record; GraphQL has its own at `data.a.b.nodes`.
const MAX_DEPTH: usize = 5;

/// Counts the entries of the longest list of a page; a page without lists is one record.
pub(crate) fn count(body: &[u8]) -> PageRecords {
    let page = match serde_json::from_slice(body) {
        Ok(page) => page,
        Err(_) if body.iter().all(u8::is_ascii_whitespace) => return PageRecords::EmptyPage,
        // Text that is no JSON is the record.
        Err(_) => return PageRecords::Some(1),
    };
    match &page {
        Value::Null => PageRecords::EmptyPage,
        Value::String(text) if text.is_empty() => PageRecords::EmptyPage,
        Value::Array(items) if items.is_empty() => PageRecords::EmptyPage,
        Value::Object(members) if members.is_empty() => PageRecords::EmptyPage,
        page => PageRecords::Some(longest(page, MAX_DEPTH).unwrap_or(1)),
    }
}

fn longest(value: &Value, depth: usize) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(members) if depth > 0 => {
            members.values().filter_map(|member| longest(member, depth - 1)).max()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_list_are_the_records() {
        let check =
            |body: &str, expected: PageRecords| assert_eq!(count(body.as_bytes()), expected, "{body}");
        for empty in ["", " ", "null", "[]", "{}", "\"\""] {
            check(empty, PageRecords::EmptyPage);
        }
        check("[1,2,3]", PageRecords::Some(3));
        check(r#"{"issues":[],"isLast":true}"#, PageRecords::Some(0));
        check(r#"{"issues":[{},{},{}],"warnings":[]}"#, PageRecords::Some(3));
        check(r#"{"data":{"search":{"issues":{"nodes":[{},{}]}}}}"#, PageRecords::Some(2));
        check(r#"{"id":1,"name":"a"}"#, PageRecords::Some(1));
        check("7", PageRecords::Some(1));
        check("a,b", PageRecords::Some(1));
    }
}

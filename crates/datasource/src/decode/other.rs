//! What to write where a body that should be JSON is something else. Pure.

use pipeline_query::Delimiter;

use super::{Looks, check_json, without_mark};

/// So many lines are looked at.
const N_LINES: usize = 100;

/// What reads such a body; `None` where it is JSON with a mistake, or nothing that is known.
pub(crate) fn decode_as(body: &[u8]) -> Option<&'static str> {
    let text = without_mark(std::str::from_utf8(body).ok()?);
    if Looks::of(text.as_bytes()) == Some(Looks::Markup) {
        return Some("it begins as XML or a web page does; `decode: xml` in `query` reads XML");
    }
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).take(N_LINES);
    let (first, second) = (lines.next()?, lines.next());
    let is_json = |line: &str| check_json(line.trim_start_matches('\u{1e}').trim()).is_ok();
    if is_json(first) && second.is_none_or(is_json) && lines.all(is_json) {
        return Some("each of its lines is JSON: write `decode: ndjson` in `query`");
    }
    if first.starts_with(['{', '[', '"', '<']) {
        return None;
    }
    let n_of =
        |line: &str, delimiter: Delimiter| line.bytes().filter(|byte| *byte == delimiter.byte()).count();
    let separates = |delimiter: &Delimiter| {
        let n = n_of(first, *delimiter);
        n > 0 && second.is_none_or(|second| n_of(second, *delimiter) == n)
    };
    let delimiter = Delimiter::ALL.into_iter().filter(separates).max_by_key(|found| n_of(first, *found))?;
    Some(match delimiter {
        Delimiter::Comma => "it may be CSV: `decode: csv` in `query` reads that",
        Delimiter::Semicolon => {
            "it may be CSV: `decode: csv` and `delimiter: semicolon` in `query` read that"
        }
        Delimiter::Tab => {
            "it may be text with tabulators: `decode: csv` and `delimiter: tab` in `query` read that"
        }
        Delimiter::Pipe => "it may be CSV: `decode: csv` and `delimiter: pipe` in `query` read that",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_reads_a_body_that_is_no_json() {
        let check = |body: &str, expected: Option<&str>| {
            let found = decode_as(body.as_bytes());
            assert_eq!(found.is_some(), expected.is_some(), "{body}: {found:?}");
            let part = expected.unwrap_or_default();
            assert!(found.unwrap_or_default().contains(part), "{body}: {found:?}");
        };
        check("{\"id\":1}\n{\"id\":2}\n", Some("`decode: ndjson`"));
        check("\u{feff}{\"id\":1}\r\n\r\n{\"id\":2}", Some("`decode: ndjson`"));
        check("\u{1e}{\"id\":1}\n", Some("`decode: ndjson`"));
        check("id,name\n1,a\n", Some("`decode: csv` in"));
        check("id;name;n\n1;a;2\n", Some("`delimiter: semicolon`"));
        check("id\tname\n1\ta\n", Some("`delimiter: tab`"));
        check("<r><i/></r>", Some("`decode: xml`"));
        check("{\"id\":1,}", None);
        check("{\n\"id\": 1\n}\n{\n\"id\": 2\n}\n", None);
        check("[1, 2", None);
        check("Internal error", None);
        check("", None);
    }
}

//! Positions that say how many records or pages come before, and what shows that these have changed. Pure.

use super::{PageMark, Position};

/// Parameters that count, without case and punctuation: `page[number]`, `_start`, `$skip`.
const COUNTING: &[&str] = &[
    "page",
    "p",
    "pageno",
    "pagenum",
    "pagenumber",
    "pageindex",
    "currentpage",
    "offset",
    "pageoffset",
    "start",
    "startat",
    "startindex",
    "startposition",
    "skip",
];

/// Parameters of links whose numbers count nothing: how many records a page has, and the id of the record
/// behind which it begins.
const COUNTING_NOTHING: &[&str] = &[
    "limit",
    "size",
    "pagesize",
    "perpage",
    "pagelimit",
    "maxresults",
    "maxitems",
    "count",
    "top",
    "first",
    "rows",
    "take",
    "num",
    "results",
    "after",
    "afterid",
    "since",
    "sinceid",
    "startingafter",
    "lastid",
    "lastseenid",
    "minid",
    "maxid",
    "before",
    "endingbefore",
    "version",
];

/// Whether a position counts what comes before it, by itself or in a link that the server gives.
pub(super) fn counts(position: &Position) -> bool {
    match position {
        Position::Offset(_) | Position::Page(_) => true,
        Position::Url(url) => {
            let url = url.split('#').next().unwrap_or_default();
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            let last = path.rsplit('/').next().unwrap_or_default();
            is_number(last)
                || query.split('&').filter_map(|pair| pair.split_once('=')).any(|(name, value)| {
                    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
                    may_count(&name, value)
                })
        }
        Position::First | Position::Cursor(_) | Position::Value(_) => false,
    }
}

/// Whether the parameter of a cursor counts: by its name, and its value being a whole number; other numbers are tokens.
pub(super) fn is_counted(name: &str, value: &str) -> bool {
    is_number(value) && COUNTING.contains(&plain(name).as_str())
}

/// Whether the parameter of a link may count. A number that counts nothing after all costs one request.
fn may_count(name: &str, value: &str) -> bool {
    is_number(value) && !COUNTING_NOTHING.contains(&plain(name).as_str())
}

/// The last name of a path of members, without case and punctuation.
fn plain(name: &str) -> String {
    let own = name.rsplit('.').next().unwrap_or_default();
    own.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

const OTHER_RECORDS: &str = "it has other records than before";

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl PageMark {
    /// Whether the page has records, as far as that is known.
    pub fn has_records(&self) -> bool {
        self.n_records != Some(0)
    }

    /// What shows that a page, requested again, is not as it was at `earlier`: its total, or its records.
    pub fn change_since(&self, earlier: &Self) -> Option<String> {
        let totals = [(earlier.total, self.total), (earlier.other_total, self.other_total)];
        if let Some((before, now)) = totals.into_iter().find(|(before, now)| before != now) {
            let shown =
                |total: Option<u64>| total.map_or_else(|| "missing".to_owned(), |total| total.to_string());
            return Some(format!("its total was {} and is {} now", shown(before), shown(now)));
        }
        // Records with the same ids may have other values now, and those of earlier pages too.
        let is_same =
            earlier.records.is_some() && (earlier.records, earlier.values) == (self.records, self.values);
        (!is_same).then(|| OTHER_RECORDS.to_owned())
    }

    /// What shows that the records of a page, requested again, are not those it had at `earlier`, whatever they hold now: the place
    /// counts, or some of them are gone.
    pub fn change_of_records_since(&self, earlier: &Self) -> Option<String> {
        let is_same = earlier.records.is_some() && earlier.records == self.records;
        (!is_same).then(|| OTHER_RECORDS.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_count_where_a_parameter_does() {
        let check = |url: &str, expected| assert_eq!(counts(&Position::Url(url.into())), expected, "{url}");
        check("https://x/items?page=2", true);
        check("/items?limit=3&Offset=30#top", true);
        check("/items?page%5Bnumber%5D=2&page[size]=3", true);
        check("/items?%24skip=30", true);
        check("/items?limit=3", false);
        check("/items?page=eyJpZCI6MX0", false);
        check("/items?$skiptoken=30", true);
        check("/items?from=4&limit=3", true);
        check("/items/3", true);
        check("/items/3#top", true);
        check("/rest/api/3/search?after=12", false);
        check("/items/page=2", false);
        check("/query/01gD0000002HU6KIAW-2000", false);
    }

    #[test]
    fn a_page_is_the_same_where_its_records_and_totals_are() {
        let mark = |json: &str| serde_json::from_str::<PageMark>(json).unwrap();
        let check = |earlier: &str, now: &str, expected: Option<&str>| {
            assert_eq!(mark(now).change_since(&mark(earlier)).as_deref(), expected, "{earlier} {now}");
        };
        let page = r#"{"at":1,"records":7,"n_records":3,"total":12}"#;
        check(page, page, None);
        // What a page leads to is another matter.
        check(
            page,
            r#"{"at":1,"records":7,"n_records":3,"total":12,"named_next":true,"is_trial":true}"#,
            None,
        );
        check(
            page,
            r#"{"at":1,"records":8,"n_records":3,"total":12}"#,
            Some("it has other records than before"),
        );
        check(page, r#"{"at":1,"records":7,"total":11}"#, Some("its total was 12 and is 11 now"));
        check(page, r#"{"at":1,"records":7}"#, Some("its total was 12 and is missing now"));
        check(r#"{"at":1}"#, r#"{"at":1}"#, Some("it has other records than before"));
        // Of a place that may count, the records matter alone, by their names.
        let named = |now: &str| mark(now).change_of_records_since(&mark(page));
        assert_eq!(named(r#"{"at":1,"records":7,"values":5,"n_records":3,"total":13}"#), None);
        assert!(named(r#"{"at":1,"records":8,"n_records":3,"total":12}"#).is_some());
        assert!(named(r#"{"at":1}"#).is_some());
    }
}

//! What a kind of pagination sees of a page.

use super::{PaginationError, envelope::Envelope};
use crate::{
    scan::{Found, Scan, without_bom},
    selector::Selector,
};

/// What came back for one page.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The content, as JSON; `None` where the status says that there is none (204).
    pub body: Option<&'a [u8]>,
    /// The headers, in order; names in any case.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Answer<'a> {
    /// All values of a header, in order.
    pub fn header(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = move |(known, _): &&(&str, &str)| known.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(|(_, value)| *value)
    }
}

/// One page, as far as a kind of pagination has asked for it.
#[derive(Debug)]
pub struct Facts<'a> {
    /// One per selector of the kind, in order.
    pub found: &'a [Found],
    /// What came back.
    pub answer: &'a Answer<'a>,
    /// What the query's `select` found, if there is one.
    pub(crate) select: Option<(&'a Selector, &'a Found)>,
    /// Whether the body was XML, where an element that occurs once is no array.
    pub(crate) is_xml: bool,
    pub(crate) scan: &'a Scan,
}

impl Facts<'_> {
    /// How many records the page has: those at `select`, or of the one array of records at the top.
    ///
    /// # Errors
    /// [`PaginationError::Records`] and [`PaginationError::Shape`].
    pub fn n_records(&self) -> Result<u64, PaginationError> {
        let Some(body) = self.answer.body else { return Ok(0) };
        if without_bom(body).trim_ascii() == b"null" {
            return Ok(0);
        }
        match (self.select, self.scan.records.as_slice()) {
            (Some((_, Found::Array(n_records))), _) | (None, [(_, n_records)]) => Ok(*n_records),
            // Some servers leave the array out when it would be empty.
            (Some((_, Found::Absent | Found::Null)), _) => Ok(0),
            (Some((_, Found::Object)), _) if self.is_xml => Ok(1),
            (Some((_, Found::Text(text))), _) if self.is_xml => Ok(u64::from(!text.trim().is_empty())),
            (Some((selector, found)), _) => Err(PaginationError::Shape {
                selector: selector.as_str().to_owned(),
                found: found.shown(),
                expected: "an array of records",
                help: "`select` is the path of the array that holds the records".into(),
            }),
            (None, []) => {
                Err(PaginationError::Records { problem: "there is no array of records at the top".into() })
            }
            (None, several) => {
                let names: Vec<String> = several.iter().map(|(name, _)| format!("`{name}`")).collect();
                Err(PaginationError::Records { problem: format!("{} may be records", names.join(" and ")) })
            }
        }
    }

    /// How many records the page has; none where it has no array at all, with the reason why they cannot be counted where
    /// that may be wrong: some servers leave the array out when it would be empty.
    ///
    /// # Errors
    /// As [`n_records`](Self::n_records).
    pub(crate) fn n_records_if_any(&self) -> Result<(u64, Option<String>), PaginationError> {
        match self.n_records() {
            Err(PaginationError::Records { problem }) if self.scan.records.is_empty() => {
                let envelope = Envelope::read(self.answer, &[], None);
                match envelope.is_of_pages_only() || envelope.counts_nothing(None) {
                    _ if envelope.has_items() => Err(PaginationError::Records { problem }),
                    true => Ok((0, None)),
                    false => Ok((0, Some(problem))),
                }
            }
            counted => counted.map(|n_records| (n_records, None)),
        }
    }

    /// A whole number that the server may say in a header or in the body.
    pub(crate) fn number(
        &self,
        header: Option<&str>,
        body: Option<(&Selector, &Found)>,
    ) -> Result<Option<u64>, PaginationError> {
        let (name, found) = match (header, body) {
            (Some(name), _) => match self.answer.header(name).next().map(str::trim) {
                None | Some("") => return Ok(None),
                Some(text) => (name, &Found::Text(text.to_owned())),
            },
            (None, None | Some((_, Found::Absent | Found::Null))) => return Ok(None),
            (None, Some((selector, found))) => (selector.as_str(), found),
        };
        match found.integer() {
            Some(number) => Ok(Some(number)),
            None => Err(PaginationError::Shape {
                selector: name.to_owned(),
                found: found.shown(),
                expected: "a whole number",
                help: match found {
                    Found::Object => {
                        format!("write the path of the number within it, such as `{name}.value`")
                    }
                    _ => {
                        "take the key away if the server does not count: an empty page is the end then".into()
                    }
                },
            }),
        }
    }
}

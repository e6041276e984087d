//! One page.

use std::sync::Arc;

use bytes::Bytes;
use pipeline_query::{Doubted, PageMark, Position};

/// The body of one answer, and where it came from.
#[derive(Debug, Clone)]
pub struct Page {
    /// Which page of its query, counted from 0.
    pub index: usize,
    /// The content: JSON in UTF-8, whatever the server sent.
    pub body: Bytes,
    /// Where it was asked for, safe to print.
    pub url: String,
    /// The HTTP status; 0 where nothing was asked over HTTP.
    pub status: u16,
    /// The headers of the answer.
    pub headers: Vec<(String, String)>,
    /// The query parameters that were sent, without credentials.
    pub params: Vec<(String, String)>,
    /// How many records the server has in all, where it says so.
    pub total: Option<u64>,
    /// Where the page is in its query.
    pub position: Position,
    /// Where the next page is; `None` on the last one. Both can be stored, to go on after this page some other day.
    pub next: Option<Position>,
    /// What the source says about the types of its records, where it says anything.
    pub columns: Option<Arc<[PageColumn]>>,
    /// What later pages of the query are compared with, to be stored beside `next`.
    pub mark: Option<PageMark>,
    /// Why the page may be the last one although rows are missing.
    pub doubt: Option<Doubted>,
}

impl Page {
    /// A page that came from `url` without HTTP, or without anything else worth saying.
    pub fn new(index: usize, position: Position, url: String, body: Bytes) -> Self {
        let (headers, params) = (Vec::new(), Vec::new());
        Self {
            index,
            body,
            url,
            status: 0,
            headers,
            params,
            total: None,
            position,
            next: None,
            columns: None,
            mark: None,
            doubt: None,
        }
    }
}

/// One column that a source describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageColumn {
    /// Its name.
    pub name: String,
    /// One of the words for `type:` of a declared column.
    pub type_name: &'static str,
}

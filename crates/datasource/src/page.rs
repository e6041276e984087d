//! One page.

use bytes::Bytes;

/// The body of one answer, and where it came from.
#[derive(Debug, Clone)]
pub struct Page {
    /// Which page of its query, counted from 0.
    pub index: usize,
    /// The content: UTF-8.
    pub body: Bytes,
    /// Where it was asked for, safe to print.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers of the answer.
    pub headers: Vec<(String, String)>,
    /// The query parameters that were sent, without credentials.
    pub params: Vec<(String, String)>,
    /// How many records the server has in all, where it says so.
    pub total: Option<u64>,
}

//! Why no answer could be had.

use std::time::Duration;

use jiff::Timestamp;

use crate::{redacted_url::RedactedUrl, request::Method};

fn said_wait(waited: &Duration) -> String {
    match Duration::from_millis(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX)) {
        Duration::ZERO => "this request has not waited yet".to_owned(),
        waited => format!("this request has waited {waited:?}"),
    }
}

/// A request that ended without an answer; answers of any status are [`Response`](crate::Response)s.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The settings of the client cannot be used.
    #[error("the HTTP client cannot be set up: {problem}")]
    Settings {
        /// Which, and why.
        problem: String,
    },
    /// Sending would show credentials to everyone on the way.
    #[error("`{url}` is not sent: {problem}")]
    Unsafe {
        /// The address.
        url: RedactedUrl,
        /// What is wrong with it.
        problem: String,
    },
    /// The server could not be reached, or no whole answer came back, and enough attempts were made.
    #[error("{method} {url}: {problem} (attempt {attempts} of {max_attempts})")]
    Connection {
        /// The method.
        method: Method,
        /// The address.
        url: RedactedUrl,
        /// In words, causes included.
        problem: String,
        /// How often it was sent.
        attempts: u32,
        /// How often it could have been sent.
        max_attempts: u32,
    },
    /// The answer is longer than the limit.
    #[error("{method} {url}: the answer is larger than `max_response`, {limit} bytes")]
    TooLarge {
        /// The method.
        method: Method,
        /// The address.
        url: RedactedUrl,
        /// Bytes after decompression.
        limit: u64,
    },
    /// Another process gives the turns of this one, and did not.
    #[error("no turn for a request: {problem}")]
    NoTurn {
        /// Why not.
        problem: String,
    },
    /// A redirect that is not followed.
    #[error("{method} {url}: {problem}")]
    Redirect {
        /// The method.
        method: Method,
        /// The address that redirects.
        url: RedactedUrl,
        /// Why not.
        problem: String,
    },
    /// The server wants no request for longer than we may wait.
    #[error(
        "{method} {url}: the server wants no more requests until {until}; {} and `max_wait` is {max_wait:?}",
        said_wait(waited)
    )]
    Quota {
        /// The method.
        method: Method,
        /// The address.
        url: RedactedUrl,
        /// When it can go on.
        until: Timestamp,
        /// How long this request has waited already.
        waited: Duration,
        /// The limit.
        max_wait: Duration,
    },
}

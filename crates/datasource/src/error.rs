//! Why there is no page.

use pipeline_auth::AuthError;
use pipeline_query::PaginationError;
use pipeline_transport::{Method, RedactedUrl, TransportError};

/// A page could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasourceError {
    /// The request could not be authorized.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The site was not found.
    #[error(transparent)]
    Site(pipeline_auth::atlassian::SiteError),
    /// No answer came.
    #[error("page {}", page + 1)]
    Transport {
        /// Which page, counted from 0.
        page: usize,
        /// Why.
        source: TransportError,
    },
    /// The server refused.
    #[error("page {}: {method} {url}: the server answered {status}{}", page + 1, said(message.as_deref(), *hint))]
    Status {
        /// Which page, counted from 0.
        page: usize,
        /// The method.
        method: Method,
        /// What was asked.
        url: RedactedUrl,
        /// The answer's status.
        status: u16,
        /// The server's own words.
        message: Option<String>,
        /// What to do.
        hint: Option<&'static str>,
    },
    /// The answer is not what a page is.
    #[error("page {}: {url}: {problem}", page + 1)]
    Body {
        /// Which page, counted from 0.
        page: usize,
        /// What was asked.
        url: RedactedUrl,
        /// What is wrong with it.
        problem: String,
    },
    /// The page does not tell where the next one is.
    #[error("page {}: {url}", page + 1)]
    Pagination {
        /// Which page, counted from 0.
        page: usize,
        /// What was asked.
        url: RedactedUrl,
        /// Why.
        source: PaginationError,
    },
}

fn said(message: Option<&str>, hint: Option<&str>) -> String {
    let message = message.map(|message| format!(": {message}")).unwrap_or_default();
    let hint = hint.map(|hint| format!("\n  = help: {hint}")).unwrap_or_default();
    message + &hint
}

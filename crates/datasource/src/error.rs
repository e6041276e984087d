//! Why there is no page.

use std::{borrow::Cow, io};

use pipeline_auth::AuthError;
use pipeline_query::PaginationError;
use pipeline_transport::{Method, RedactedUrl, TransportError};

/// A page could not be had; pages are counted from 0 and named from 1.
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
        /// Which page.
        page: usize,
        /// Why.
        source: TransportError,
    },
    /// The server refused.
    #[error(
        "page {}: {method} {url}: the server answered {status}{}{}", page + 1, with_an_error(*status),
        said(message.as_deref(), hint.as_deref())
    )]
    Status {
        /// Which page.
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
        hint: Option<Cow<'static, str>>,
    },
    /// The answer is not what a page is.
    #[error("page {}: {place}: {problem}{}", page + 1, help(hint.as_deref()))]
    Body {
        /// Which page.
        page: usize,
        /// What was asked, and how it was answered; safe to print.
        place: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        hint: Option<Cow<'static, str>>,
    },
    /// The page does not tell where the next one is.
    #[error("page {}: {place}", page + 1)]
    Pagination {
        /// Which page.
        page: usize,
        /// What was asked, and how it was answered; safe to print.
        place: String,
        /// Why.
        source: PaginationError,
    },
    /// The pages of an earlier run cannot be gone on with.
    #[error("page {}: {problem}", page + 1)]
    NotResumable {
        /// Which page would be next.
        page: usize,
        /// Why.
        problem: Cow<'static, str>,
    },
    /// A value of the query would lead elsewhere than its path says.
    #[error("{problem}")]
    Value {
        /// Which value, and what to do.
        problem: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// The file, or the pattern that names it.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The files that are asked for are not there, or not what they should be.
    #[error("`{path}`: {problem}")]
    Files {
        /// The file, or the pattern that names it.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// A command does not do what it should.
    #[error("the command `{command}` {problem}")]
    Command {
        /// The program.
        command: String,
        /// What it did; with its own words where it said any.
        problem: String,
    },
}

fn with_an_error(status: u16) -> &'static str {
    if (200..300).contains(&status) { " with an error in the body" } else { "" }
}

fn said(message: Option<&str>, hint: Option<&str>) -> String {
    let message = message.map(|message| format!(": {message}")).unwrap_or_default();
    message + &help(hint)
}

fn help(hint: Option<&str>) -> String {
    hint.map(|hint| format!("\n  = help: {hint}")).unwrap_or_default()
}

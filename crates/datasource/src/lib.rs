//! Reaches an API and gives its pages as a stream.
//!
//! A [`Datasource`] joins the other crates around one server: `query` says what to ask, `auth` adds the credential,
//! `transport` sends and retries, and each [`Page`] comes back with the place where it was found.

mod account;
mod error;
mod hints;
mod page;
mod rest;

use std::{fmt::Debug, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use pipeline_auth::Authenticator;
use pipeline_config::{Kind, Section};
use pipeline_query::{Query, Values};
use pipeline_transport::{Observer, Redactor, StatsSnapshot};

pub use error::DatasourceError;
pub use page::Page;

/// Every kind of datasource.
pub const KINDS: &[Kind<DatasourceBuild>] = &[rest::KIND];

/// Makes a datasource from its section; `None` after reporting why there can be none.
pub type DatasourceBuild = fn(&Section<'_>, &DatasourceContext) -> Option<Arc<dyn Datasource>>;

/// Pages in order; after an error there are no more.
pub type PageStream = BoxStream<'static, Result<Page, DatasourceError>>;

/// What a datasource may use.
#[derive(Debug, Clone)]
pub struct DatasourceContext {
    /// Learns every secret.
    pub redactor: Redactor,
    /// Hears of waits.
    pub observer: Option<Arc<dyn Observer>>,
    /// The folder below which logins are kept.
    pub state: PathBuf,
}

/// A server, and who we are to it.
#[async_trait]
pub trait Datasource: Debug + Send + Sync {
    /// The pages of a query, each asked for when the stream is polled.
    fn pages(self: Arc<Self>, query: Arc<Query>, values: Arc<Values>) -> PageStream;

    /// One `GET` on the path that is there for testing.
    ///
    /// # Errors
    /// [`DatasourceError`], as a page would give it.
    async fn test(&self) -> Result<Tested, DatasourceError>;

    /// Finds the site that is meant, where the address depends on it; says which in words.
    ///
    /// # Errors
    /// [`DatasourceError`], also when it is not clear which one is meant.
    async fn locate(&self) -> Result<Option<String>, DatasourceError> {
        Ok(None)
    }

    /// What was sent and received so far.
    fn stats(&self) -> StatsSnapshot;

    /// Who we are to the server, where the server wants to know.
    fn authenticator(&self) -> Option<&dyn Authenticator> {
        None
    }
}

/// What a test found.
#[derive(Debug, Clone)]
pub struct Tested {
    /// What was asked, safe to print.
    pub url: String,
    /// The status of the answer.
    pub status: u16,
    /// Whose the credentials are, where the answer tells.
    pub account: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
}

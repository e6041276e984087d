//! Reaches an API, files or a program and gives pages as a stream.
//!
//! A [`Datasource`] joins the other crates around one source: `query` says what to ask, `auth` adds the credential,
//! `transport` sends and retries, and each [`Page`] comes back with the place where it was found.
//!
//! ```text
//! rest      request ─▶ task: authorize, send, decode, where next? ─▶ Page      (up to `concurrency` tasks ahead)
//! file      pattern ─▶ files in order ─▶ one Page per JSON file, or per so many records
//! command   config, catalog (0600) ─▶ program ─▶ SCHEMA, RECORD, STATE ─▶ one Page per so many records
//! ```
//! Whatever the source sends, a [`Page`] holds JSON.

mod account;
mod command;
mod decode;
mod error;
mod file;
#[doc(hidden)]
pub mod fuzzing;
mod hints;
mod origin;
mod page;
mod rest;
mod unused;

use std::{fmt::Debug, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use pipeline_auth::Authenticator;
use pipeline_config::{Kind, Section};
use pipeline_query::{Query, Values};
use pipeline_transport::{Observer, Redactor, StatsSnapshot, Turns};

pub use error::DatasourceError;
pub use file::Inputs;
pub use page::{Page, PageColumn};

/// Every kind of datasource.
pub const KINDS: &[Kind<DatasourceBuild>] = &[rest::KIND, file::KIND, command::KIND];

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
    /// What is done in the process that coordinates this one, where there is such a process.
    pub shared: Option<Shared>,
}

impl DatasourceContext {
    /// For a process that works alone, whose waits nobody hears of.
    pub fn new(redactor: Redactor, state: PathBuf) -> Self {
        Self { redactor, observer: None, state, shared: None }
    }
}

/// What all processes that ask one server for one run have in common.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Who they are to it.
    pub auth: Arc<dyn Authenticator>,
    /// When their requests may start.
    pub turns: Arc<dyn Turns>,
}

/// A server, and who we are to it.
#[async_trait]
pub trait Datasource: Debug + Send + Sync {
    /// The pages of a query: the first one is asked for when the stream is polled, and each next one is under way
    /// when its predecessor is handed over. Dropping the stream ends what is under way.
    fn pages(self: Arc<Self>, query: Arc<Query>, values: Arc<Values>) -> PageStream;

    /// Whether [`Page::next`](crate::Page::next) leads on in another process, from
    /// [`Query::starting_at`](pipeline_query::Query::starting_at).
    fn can_resume(&self) -> bool {
        false
    }

    /// How far to run ahead where a table is several queries, windows of a split or one per row of another table.
    fn ahead(&self) -> Ahead {
        Ahead { n_queries: 1, bytes: 0 }
    }

    /// What other processes need to ask the same server; `None` where only this one can.
    fn shared(&self) -> Option<Shared> {
        None
    }

    /// Keys of a query that say nothing to this kind; a query that has one is refused.
    fn unused_keys(&self) -> &'static [UnusedKey] {
        &[]
    }

    /// What tells the rows of a query here from those of the same query elsewhere: the address, the site, headers that name a
    /// tenant. No credentials. A cursor of one is none of another.
    fn origin(&self) -> Vec<String> {
        Vec::new()
    }

    /// The files that a query of this [`target`](Query::target) reads; `None` where it reads none.
    fn inputs(&self, target: &str) -> Option<Inputs> {
        let _ = target;
        None
    }

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

/// A key of a query that a kind of datasource has no use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnusedKey {
    /// The key.
    pub key: &'static str,
    /// Why it does nothing.
    pub why: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// How far queries may run ahead of the one whose rows are next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// How many queries run at once, that one included.
    pub n_queries: usize,
    /// Bytes of their pages that may wait for their turn.
    pub bytes: u64,
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

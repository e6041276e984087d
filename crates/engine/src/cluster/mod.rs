//! Parts of a table, fetched and converted by other processes.
//!
//! ```text
//! coordinator                                                    executors, each a process somewhere
//! Plan ─▶ Assignment (files, variables, columns) ──────────────▶ AssignedTable
//! parts in waves ─▶ ClusterJob::run ─▶ PartOrder ─────────────▶   fetch, convert
//! writer ◀── tickets, in order ◀── Delivery ◀────────────────    rows of a page; the end of a part
//! ```
//! The coordinator keeps everything that must be done once: the login, the rate of requests, the journal, checks and the
//! commit. What carries orders and deliveries is a [`Cluster`]; this module does not know which.

mod assignment;
mod delivery;
mod executor;
mod waves;

use std::fmt::Debug;

use async_trait::async_trait;
use futures::stream::BoxStream;
use pipeline_datasource::Shared;
use serde::{Deserialize, Serialize};

pub use assignment::Assignment;
pub(crate) use assignment::Origin;
pub use delivery::{Content, Delivery, PageHead, RemoteError};
pub use executor::AssignedTable;
pub(crate) use waves::{FetchStats, feed};

use crate::run::Part;

/// Processes that take parts of tables.
pub trait Cluster: Debug + Send + Sync {
    /// Makes a table known to them until the job is dropped.
    fn open(&self, work: Work) -> Box<dyn ClusterJob>;
}

/// A table that executors know of.
#[async_trait]
pub trait ClusterJob: Send + Sync {
    /// Has parts done; comes back when their deliveries can be read. Those of one part come in order, parts in any
    /// order, and each part ends with [`Content::End`] or [`Content::Failed`].
    ///
    /// # Errors
    /// [`ClusterError`]; the same parts may be tried again, from wherever their deliveries ended.
    async fn run(&self, parts: Vec<PartOrder>) -> Result<Deliveries, ClusterError>;
}

/// What was made of parts.
pub type Deliveries = BoxStream<'static, Result<Delivery, ClusterError>>;

/// A table, and what its executors must not do by themselves.
#[derive(Debug, Clone)]
pub struct Work {
    /// What executors need to know.
    pub assignment: Assignment,
    /// What stays with the coordinator, for executors to ask for.
    pub shared: Shared,
}

/// A part that an executor is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartOrder {
    /// Which of the table's parts, from 0.
    pub number: u64,
    part: Part,
}

/// The cluster did not do what it was asked to.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the cluster: {0}")]
pub struct ClusterError(pub String);

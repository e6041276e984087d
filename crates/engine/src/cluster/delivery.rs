//! What comes back from executors.

use pipeline_config::explain;
use pipeline_query::{PageMark, Position};
use pipeline_transport::StatsSnapshot;
use serde::{Deserialize, Serialize};

use crate::{
    run::{Reaction, RunError},
    summary::Incomplete,
};

/// One message about a part.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Which of the table's parts, from 0.
    pub part: u64,
    /// What about it.
    pub content: Content,
    /// Of a page its rows, as an Arrow IPC stream that [`pipeline_table::Batch`] understands; nothing otherwise.
    pub rows: Vec<u8>,
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A page; its rows come along.
    Page(Box<PageHead>),
    /// There are no more pages.
    End {
        /// What was sent and received since the executor said so the last time.
        stats: StatsSnapshot,
    },
    /// The part could not be done.
    Failed(RemoteError),
}

/// What is known of a page beside its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageHead {
    /// Which of its part's pages, from 0.
    pub index: u64,
    /// Where the next one is; `None` on the last one.
    pub next: Option<Position>,
    /// Bytes of its body.
    pub bytes: u64,
    /// How many records the server has in all, where it says so.
    pub total: Option<u64>,
    /// What later pages of the part are compared with.
    #[serde(default)]
    pub mark: Option<PageMark>,
    /// Why the page may be the last of its part although rows are missing.
    #[serde(default)]
    pub doubt: Option<Incomplete>,
}

/// Why an executor could not do a part, in words that hold no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct RemoteError {
    /// With causes.
    pub message: String,
    /// What the user can do.
    pub reaction: Reaction,
}

impl RemoteError {
    /// One that the user can only read.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), reaction: Reaction::Failed }
    }

    /// What a run would have ended with.
    pub(super) fn of(error: &RunError) -> Self {
        Self { message: explain(error), reaction: error.reaction() }
    }
}

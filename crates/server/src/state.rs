//! What all requests share.

use std::sync::Arc;

use pipeline_scheduler::Supervisor;

use tokio::sync::Semaphore;

use crate::access::AccessPolicy;

/// What all requests share; the page's routes get it too.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The pipelines.
    pub supervisor: Supervisor,
    pub(crate) access: Arc<AccessPolicy>,
    /// Places for code that is tried: each runs in a process that may take what `limits` of converters allow.
    pub(crate) trials: Arc<Semaphore>,
    /// Tells the events of this server from those of one before.
    pub(crate) boot: Arc<str>,
}

//! What all requests share.

use std::sync::Arc;

use pipeline_engine::supervisor::Supervisor;

use crate::access::Door;

/// What all requests share; the page's routes get it too.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The pipelines.
    pub supervisor: Supervisor,
    pub(crate) door: Arc<Door>,
    /// Tells the events of this server from those of one before.
    pub(crate) boot: Arc<str>,
}

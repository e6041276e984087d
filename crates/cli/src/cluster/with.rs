//! `--cluster`, `pipeline cluster` and `pipeline query`.

mod processes;
mod sql;

use std::sync::Arc;

use pipeline_cluster::Coordinator;
use pipeline_engine::cluster::Cluster;

use crate::Failure;

pub(crate) use processes::command;
pub(crate) use sql::query;

/// Finds the cluster of `--cluster`.
pub(crate) async fn connect(url: &str) -> Result<Arc<dyn Cluster>, Failure> {
    let coordinator = Coordinator::connect(url).await;
    Ok(Arc::new(coordinator.map_err(|error| Failure::usage(error.to_string()))?))
}

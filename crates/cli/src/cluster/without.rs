//! Says what this build has not.

use std::sync::Arc;

use pipeline_engine::cluster::Cluster;

use crate::{
    Failure, Session,
    args::{ClusterCommand, QueryArgs},
};

fn absent() -> Failure {
    Failure::usage(
        "this `pipeline` was built without clusters and SQL\n  = help: `cargo install --path crates/cli --features cluster` builds one that has them",
    )
}

#[expect(clippy::unused_async, reason = "as the one that connects")]
pub(crate) async fn connect(_: &str) -> Result<Arc<dyn Cluster>, Failure> {
    Err(absent())
}

#[expect(clippy::unused_async, reason = "as the one that starts something")]
pub(crate) async fn command(_: &Session, _: ClusterCommand) -> Result<(), Failure> {
    Err(absent())
}

#[expect(clippy::unused_async, reason = "as the one that asks")]
pub(crate) async fn query(_: &Session, _: &QueryArgs) -> Result<(), Failure> {
    Err(absent())
}

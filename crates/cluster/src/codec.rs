//! How our operator travels between processes.

use std::sync::Arc;

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::{
    error::{DataFusionError, Result},
    execution::TaskContext,
    physical_plan::ExecutionPlan,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use pipeline_config::Secret;
use serde::{Deserialize, Serialize};

use crate::{
    assignments::{Assignments, TableRef},
    deliveries::DeliveriesExec,
};

/// Begins our node, which no message of protobuf begins with: field 15 of a group that is never closed.
const MAGIC: &[u8] = b"{pipeline1}";

/// Our operator, and Ballista's own beside it.
#[derive(Debug, Default)]
pub(crate) struct Codec {
    ballista: BallistaPhysicalExtensionCodec,
    /// What executors have and others have not.
    assignments: Option<Arc<Assignments>>,
}

#[derive(Serialize, Deserialize)]
struct Node {
    broker: String,
    key: String,
}

impl Codec {
    /// For a process that does parts.
    pub(crate) fn of_executor(assignments: Arc<Assignments>) -> Self {
        Self { assignments: Some(assignments), ..Self::default() }
    }
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(node) = buf.strip_prefix(MAGIC) else {
            return self.ballista.try_decode(buf, inputs, ctx, converter);
        };
        let node: Node = serde_json::from_slice(node).map_err(|error| broken(&error.to_string()))?;
        let [input] = inputs else { return Err(broken("it has one input")) };
        let broker = node.broker.parse().map_err(|_| broken("its broker has no address"))?;
        let table = TableRef { broker, key: Secret::new(node.key) };
        Ok(Arc::new(DeliveriesExec::new(Arc::clone(input), table, self.assignments.clone())))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(ours) = node.downcast_ref::<DeliveriesExec>() else {
            return self.ballista.try_encode(node, buf, converter);
        };
        let TableRef { broker, key } = &ours.table;
        let node = Node { broker: broker.to_string(), key: key.expose().to_owned() };
        buf.extend_from_slice(MAGIC);
        serde_json::to_writer(buf, &node).map_err(|error| broken(&error.to_string()))
    }
}

fn broken(problem: &str) -> DataFusionError {
    DataFusionError::Internal(format!("a node of pipeline's: {problem}"))
}

#[cfg(test)]
mod tests;

//! The one operator of our plans: orders in, deliveries out.
//!
//! Ballista gives tasks some of the partitions of a plan by cutting its leaves, of which it knows its own kinds only. So
//! the orders are a leaf that it knows, a table in memory with one partition per part, and this operator stands above it.

use std::{fmt, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, LargeBinaryArray, RecordBatch, StringArray, UInt64Array},
    datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type},
};
use datafusion::{
    common::tree_node::TreeNodeRecursion,
    datasource::memory::MemorySourceConfig,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
        execution_plan::{Boundedness, EmissionType},
        stream::RecordBatchStreamAdapter,
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use pipeline_engine::cluster::{Content, Delivery, PartOrder, RemoteError};

use crate::assignments::{Assignments, TableRef};

/// Does the parts that its input orders.
#[derive(Debug)]
pub(crate) struct DeliveriesExec {
    input: Arc<dyn ExecutionPlan>,
    pub(crate) table: TableRef,
    /// What executors have and others have not.
    assignments: Option<Arc<Assignments>>,
    properties: Arc<PlanProperties>,
}

impl DeliveriesExec {
    /// For parts, each a partition of its own.
    pub(crate) fn of_parts(parts: &[PartOrder], table: TableRef) -> Result<Self> {
        let schema = Arc::new(Schema::new(vec![Field::new("order", DataType::Utf8, false)]));
        let partition = |part: &PartOrder| -> Result<Vec<RecordBatch>> {
            let order = serde_json::to_string(part).map_err(|error| external(&error))?;
            let orders: ArrayRef = Arc::new(StringArray::from(vec![order]));
            Ok(vec![RecordBatch::try_new(Arc::clone(&schema), vec![orders])?])
        };
        let partitions: Vec<_> = parts.iter().map(partition).collect::<Result<_>>()?;
        let orders = MemorySourceConfig::try_new_exec(&partitions, Arc::clone(&schema), None)?;
        Ok(Self::new(orders, table, None))
    }

    pub(crate) fn new(
        input: Arc<dyn ExecutionPlan>,
        table: TableRef,
        assignments: Option<Arc<Assignments>>,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema()),
            input.output_partitioning().clone(),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { input, table, assignments, properties: Arc::new(properties) }
    }
}

/// One row per delivery.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("part", DataType::UInt64, false),
        Field::new("content", DataType::Utf8, false),
        Field::new("rows", DataType::LargeBinary, false),
    ]))
}

impl DisplayAs for DeliveriesExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeliveriesExec: {} parts", self.properties.output_partitioning().partition_count())
    }
}

impl ExecutionPlan for DeliveriesExec {
    fn name(&self) -> &'static str {
        "DeliveriesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        // Each part is one already.
        vec![false]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.pop().filter(|_| children.is_empty());
        let input = input.ok_or_else(|| DataFusionError::Internal("DeliveriesExec has one input".into()))?;
        Ok(Arc::new(Self::new(input, self.table.clone(), self.assignments.clone())))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let assignments = self.assignments.clone().ok_or_else(|| {
            DataFusionError::Execution("parts are done by the executors of `pipeline cluster`".into())
        })?;
        let table = self.table.clone();
        let orders = self.input.execute(partition, context)?;
        let deliveries = orders
            .map(|batch| Ok::<_, DataFusionError>(stream::iter(read_orders(&batch?)?)))
            .try_flatten()
            .and_then(move |order: PartOrder| {
                let (assignments, table) = (Arc::clone(&assignments), table.clone());
                async move { Ok(deliver(&assignments, &table, order).await) }
            })
            .map(|deliveries| match deliveries {
                Ok(deliveries) => deliveries.map(|delivery| to_batch(&delivery)).boxed(),
                Err(error) => stream::once(async { Err(error) }).boxed(),
            })
            .flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema(), deliveries)))
    }
}

/// A part that cannot even begin is a delivery too, so that the run's message is ours.
async fn deliver(
    assignments: &Assignments,
    table: &TableRef,
    order: PartOrder,
) -> stream::BoxStream<'static, Delivery> {
    match assignments.get(table).await {
        Ok(table) => table.deliver(order),
        Err(error) => {
            let content = Content::Failed(error);
            stream::once(async move { Delivery { part: order.number, content, rows: Vec::new() } }).boxed()
        }
    }
}

fn read_orders(batch: &RecordBatch) -> Result<Vec<Result<PartOrder>>> {
    let orders = batch.column(0).as_string_opt::<i32>();
    let orders = orders.ok_or_else(|| DataFusionError::Internal("orders are text".into()))?;
    Ok(orders
        .iter()
        .flatten()
        .map(|order| serde_json::from_str(order).map_err(|error| external(&error)))
        .collect())
}

fn to_batch(delivery: &Delivery) -> Result<RecordBatch> {
    let content = serde_json::to_string(&delivery.content).map_err(|error| external(&error))?;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from(vec![delivery.part])),
        Arc::new(StringArray::from(vec![content])),
        Arc::new(LargeBinaryArray::from(vec![delivery.rows.as_slice()])),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// The deliveries of a batch that came back.
pub(crate) fn read_deliveries(batch: &RecordBatch) -> Result<Vec<Delivery>, RemoteError> {
    let broken = || RemoteError::failed("what an executor has sent is broken");
    let columns = batch.columns();
    let [part, content, rows] = columns else { return Err(broken()) };
    let part = part.as_primitive_opt::<UInt64Type>().ok_or_else(broken)?;
    let content = content.as_string_opt::<i32>().ok_or_else(broken)?;
    let rows = rows.as_binary_opt::<i64>().ok_or_else(broken)?;
    (0..batch.num_rows())
        .map(|row| {
            let content = serde_json::from_str(content.value(row)).map_err(|_| broken())?;
            Ok(Delivery { part: part.value(row), content, rows: rows.value(row).to_vec() })
        })
        .collect()
}

fn external(error: &serde_json::Error) -> DataFusionError {
    DataFusionError::Internal(error.to_string())
}

#[cfg(test)]
mod tests;

//! More than one machine, and SQL, with engines that exist: Apache DataFusion and Ballista.
//!
//! ```text
//! pipeline run FILE --cluster URL                  scheduler (Ballista's)          executors (Ballista's, with our codec)
//! engine ─▶ Coordinator ─ orders: DeliveriesExec ─▶ stages, tasks, retries ──────▶ Assignments ─▶ AssignedTable
//!   ▲          │ Broker ◀─ assignment, credentials, turns ──────────────────────────┘      │
//!   └── deliveries, over Arrow Flight ◀────────────────────────────────────────────────────┘
//! ```
//! The broker is what keeps a run one run: executors ask it who they are to the server and when they may ask, and never
//! hold a refresh token. See ADR 0031.

mod assignments;
mod broker;
mod codec;
mod coordinator;
mod deliveries;
mod processes;
mod sql;

pub use coordinator::{ConnectError, Coordinator};
pub use processes::{ExecutorOptions, ProcessError, SchedulerOptions, run_executor, run_scheduler};
pub use sql::{OpenPipeline, Sql, SqlError};

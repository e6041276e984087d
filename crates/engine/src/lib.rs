//! Plans and runs pipelines.
//!
//! ```text
//! YAML ─load─▶ Plan ─run─▶ RunSummary
//!               │ └─preview─▶ Preview (the first page)
//!               └─check─▶ one request
//! ```
//! [`load`] reads a pipeline file with all its mistakes at once, [`run`] carries it out, and an [`Observer`] hears
//! what happens. Nothing here prints.

mod converting;
mod params;
mod plan;
mod preview;
mod progress;
mod registry;
mod run;
mod spec;
mod summary;

pub use converting::{ContainedConverter, ConverterSetup, WORKER_ARGUMENT, run_worker, this_program};
pub use params::{PARAM_FIELDS, ParamSpec};
pub use pipeline_converter::{CONVERTER_FIELDS, LIMIT_FIELDS};
pub use plan::{LoadOptions, Loaded, Plan, TablePlan, load};
pub use preview::{Preview, check, preview};
pub use progress::{Event, Observer, Silent};
pub use registry::{KindEntry, Registry};
pub use run::{Reaction, RunError, RunOptions, run};
pub use spec::{PIPELINE_FIELDS, TABLE_FIELDS};
pub use summary::{FileSummary, RunSummary, TableSummary};

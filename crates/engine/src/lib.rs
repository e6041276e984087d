//! Plans and runs pipelines.
//!
//! ```text
//! YAML ─load─▶ Plan ─run─▶ RunSummary
//!               ├─preview─▶ Preview (the first page)
//!               ├─sample─▶ the columns of the first pages
//!               └─check─▶ one request
//! ```
//! [`load`] reads a pipeline file with all its mistakes at once, [`run`] carries it out, and an [`Observer`] hears
//! what happens. Nothing here prints.

mod history;
mod incremental;
mod journal;
mod params;
mod plan;
mod preview;
mod progress;
mod registry;
mod run;
mod sample;
mod spec;
mod state;
mod summary;

pub use history::{
    CheckRecord, FileRecord, History, HistoryError, OpenRun, Outcome, PageCount, RunRecord, RunStart,
    TableRecord,
};
pub use incremental::{TableState, TargetState};
pub use journal::JournalError;
pub use params::{PARAM_FIELDS, ParamSpec};
pub use plan::{LoadOptions, Loaded, Plan, TablePlan, load};
pub use preview::{Preview, check, preview};
pub use progress::{Event, Observer, Silent};
pub use registry::{KindEntry, Registry};
pub use run::{Beginning, Reaction, RunError, RunOptions, Scope, run};
pub use sample::{Contract, Sample, earlier, sample};
pub use spec::{PIPELINE_FIELDS, RESUME_FIELDS, TABLE_FIELDS};
pub use state::{StateEntry, reset_state, set_state, state};
pub use summary::{FileSummary, RunSummary, TableSummary};

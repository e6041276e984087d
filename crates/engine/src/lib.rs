//! Plans and runs pipelines.
//!
//! ```text
//! YAML ─load─▶ Plan ─run─▶ RunSummary
//!               ├─preview─▶ Preview (the first page)
//!               ├─sample─▶ the columns of the first pages
//!               └─check─▶ a checklist: token, scopes, test path, one page of each table
//! ```
//! [`Access`] reads no more of a file than who we are to its server. [`load`] reads a pipeline file with all its mistakes at once, [`run`] carries it out, and an [`Observer`] hears
//! what happens. Nothing here prints.

mod access;
pub mod authoring;
mod check;
pub mod cluster;
mod converting;
#[doc(hidden)]
pub mod fuzzing;
mod history;
mod incremental;
mod journal;
mod outputs;
mod params;
mod plan;
mod preview;
mod progress;
mod read;
mod registry;
mod run;
mod sample;
pub mod schedule;
mod spec;
mod sqlite;
mod state;
mod summary;
pub mod supervisor;

pub use access::Access;
pub use check::{CheckStep, Outcome, check};
pub use converting::{
    ALLOCATOR_OPTIONS, ContainedConverter, ConverterSetup, WORKER_ARGUMENT, has_system_call_filter, n_cores,
    run_worker, this_program,
};
pub use history::{
    CheckRecord, FileRecord, History, HistoryError, OpenRun, PageCount, RunOutcome, RunRecord, RunStart,
    TableRecord,
};
pub use incremental::{Span, TableState, TargetState};
pub use journal::JournalError;
pub use outputs::Outputs;
pub use params::{PARAM_FIELDS, ParamSpec};
pub use pipeline_converter::{CONVERTER_FIELDS, LIMIT_FIELDS};
pub use pipeline_process::ENDS_AT_ONCE;
pub use plan::{LoadOptions, Loaded, Plan, TablePlan, load};
pub use preview::{Preview, preview};
pub use progress::{Event, Observer, Silent};
pub use read::{Rows, read};
pub use registry::{KindEntry, Registry};
pub use run::{
    Beginning, EndedRun, Reaction, RunError, RunOptions, Scope, TRIED_AGAIN, rounded_warning, run,
    run_and_hold,
};
pub use sample::{Contract, Sample, earlier, sample};
pub use spec::{PIPELINE_FIELDS, RESUME_FIELDS, TABLE_FIELDS};
pub use state::{StateEntry, reset_state, set_state, state};
pub use summary::{FileSummary, Incomplete, RunSummary, TableSummary};

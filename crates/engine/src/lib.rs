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
mod check;
pub mod cluster;
#[doc(hidden)]
pub mod fuzzing;
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
mod source_files;
mod spec;
mod state;
mod summary;

pub use access::Access;
pub use check::{CheckStep, Outcome, check};
pub use incremental::{Span, TableState, TargetState};
pub use journal::JournalError;
pub use params::{PARAM_FIELDS, ParamSpec};
pub use pipeline_converter::{CONVERTER_FIELDS, LIMIT_FIELDS};
pub use plan::{LoadOptions, Loaded, Plan, TablePlan, load};
pub use preview::{Preview, first_pages, preview};
pub use progress::{Event, Observer, Silent};
pub use read::{Rows, read};
pub use registry::{KindEntry, Registry};
pub use run::{
    EndedRun, Reaction, ResumePolicy, RunError, RunOptions, Scope, TRIED_AGAIN, in_use, rounded_warning, run,
    run_and_hold,
};
pub use sample::{Contract, Sample, earlier, sample};
pub use source_files::{plain_path, source_files};
pub use spec::{PIPELINE_FIELDS, RESUME_FIELDS, TABLE_FIELDS};
pub use state::{StateEntry, reset_state, set_state, state};
pub use summary::{FileSummary, Incomplete, RunSummary, TableSummary};

//! Writes the rows of a run to files that appear whole or not at all.
//!
//! ```text
//! pages ──▶ RunWriter ──▶ buffer ──▶ Writer (temporary files) ──commit: fsync, rename──▶ target
//!                           └─ types widened in mid-run ─▶ spool, read again at the end ─┘
//! ```
//! A [`Sink`] is one target with its settings, an [`Output`] what one run does to it, a [`Writer`] the rows on their
//! way. [`RunWriter`] stands before them and decides when the types of a run are known; see [`pipeline_table`] for how
//! they widen. A target is one file, or a folder with a manifest that names its files; either is on this machine or in
//! an object store.
//!
//! Sinks block, and those of object stores must not be called from asynchronous code.
//!
//! ```
//! use pipeline_config::{Environment, Reader, Section};
//! use pipeline_sink::{KINDS, Run, RunWriter};
//! use pipeline_table::{BatchBuilder, Cell, DeclaredColumns};
//!
//! # let folder = tempfile::tempdir()?;
//! let reader = Reader::new(Environment::empty());
//! # let yaml = format!("{{kind: jsonl, path: {}/rows}}", folder.path().display()); /*
//! let yaml = "{kind: jsonl, path: out/rows}";
//! # */
//! let node = reader.parse("example.yaml", &yaml).unwrap();
//! let (section, kind) = Section::read_kind(&reader, &node, KINDS, "sink").unwrap();
//! let sink = (kind.build)(&section).unwrap();
//!
//! let mut page = BatchBuilder::new(DeclaredColumns::default().into());
//! page.push("Issue Key", Cell::Text("ABC-1".into()))?;
//! page.end_row()?;
//! let mut run = RunWriter::new(sink, DeclaredColumns::default().into(), Run::default())?;
//! run.write(page.finish()?)?;
//! assert!(run.commit(Default::default())?.files[0].path.ends_with("rows.jsonl"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arrow_ipc;
mod build;
mod counting;
mod csv;
mod error;
mod fields;
mod file_sink;
mod folder;
mod format;
#[doc(hidden)]
pub mod fuzzing;
mod jsonl;
mod lock;
mod owner;
mod parquet;
mod place;
mod rejects;
mod run_writer;
mod spool;
mod staged;
mod temp_file;
mod verify;

use std::{borrow::Cow, fmt::Debug, path::PathBuf, sync::Arc};

use ::arrow::array::RecordBatch;
use pipeline_config::{Kind, Section};
use pipeline_table::{Columns, JsonValues};

pub use error::SinkError;
pub use lock::{TargetLock, TargetPlace, absolute_target};
pub use pipeline_store::unless_ended;
pub use rejects::RejectPlace;
pub use run_writer::{MAX_BUFFERED_BYTES, MAX_BUFFERED_ROWS, RunWriter};

/// Every kind of sink this crate has.
pub const KINDS: &[Kind<SinkBuild>] = &[parquet::KIND, arrow_ipc::KIND, jsonl::KIND, csv::KIND];

/// The target that is the process's stdout, which carries nothing else then.
pub const STDOUT: &str = fields::STDOUT;

/// Makes a sink from its section; `None` after reporting why there can be none.
pub type SinkBuild = fn(&Section<'_>) -> Option<Arc<dyn Sink>>;

/// One target, with its settings.
pub trait Sink: Debug + Send + Sync {
    /// Where the rows go, for messages; two sinks of one target would overwrite each other.
    fn target(&self) -> Cow<'_, str>;

    /// The path or URL of a file as it writes them, for whoever asks whether a query reads them; `None` where it writes none.
    fn sample_file(&self) -> Option<String> {
        None
    }

    /// The same sink at a target beside its own, for runs against a sandbox; `None` where there is no such place.
    fn for_sandbox(&self) -> Option<Arc<dyn Sink>> {
        None
    }

    /// What happens to the rows of earlier runs.
    fn mode(&self) -> Mode {
        Mode::Overwrite
    }

    /// The columns that name a row, where rows replace earlier ones.
    fn key(&self) -> &[String] {
        &[]
    }

    /// Which values are written as JSON, which has no NaN and no infinities.
    fn json(&self) -> JsonValues {
        JsonValues::None
    }

    /// What the last committed run left for the next one; targets without a manifest have no room for it.
    ///
    /// # Errors
    /// [`SinkError::Read`], [`SinkError::Store`].
    fn state(&self) -> Result<Option<serde_json::Value>, SinkError> {
        Ok(None)
    }

    /// Replaces what the next run is left, and nothing else.
    ///
    /// # Errors
    /// [`SinkError::Refused`] where there is no table yet, or no room for it; those of [`Writer::finish`].
    fn set_state(&self, state: serde_json::Value) -> Result<(), SinkError> {
        let _ = state;
        let problem = "only a folder with `mode: append`, `upsert` or `snapshot` keeps a state".into();
        Err(SinkError::Refused { target: self.target().into_owned(), problem })
    }

    /// What this run has left behind, if it is part of the target already; one that only replaces need not know.
    ///
    /// # Errors
    /// [`SinkError::Read`], [`SinkError::Store`].
    fn committed(&self, run_id: &str) -> Result<Option<Committed>, SinkError> {
        let _ = run_id;
        Ok(None)
    }

    /// What happens to columns and types that the earlier output does not have.
    fn evolution(&self) -> Evolution {
        Evolution::Evolve
    }

    /// The columns that the last run left behind; `None` when there was none, or when the output does not tell.
    ///
    /// # Errors
    /// [`SinkError::Read`], [`SinkError::Store`].
    fn earlier(&self) -> Result<Option<Columns>, SinkError> {
        Ok(None)
    }

    /// The columns that an output without rows has when this run brings none; `None` where there is no earlier output that
    /// readers could open.
    ///
    /// # Errors
    /// As of [`earlier`](Self::earlier).
    fn columns_without_rows(&self) -> Result<Option<Columns>, SinkError> {
        self.earlier()
    }

    /// Finds out, before the first request, whether a run could end well, and removes what dead runs left behind.
    ///
    /// # Errors
    /// [`SinkError::Target`] when the target cannot be written, [`SinkError::Refused`] when rows that are there must
    /// stay and this run does not go with them.
    fn open(&self, run: &Run) -> Result<Box<dyn Output>, SinkError>;

    /// Where rows go that break a contract with `on_error: reject`.
    fn rejected(&self, run_id: &str) -> RejectPlace {
        RejectPlace::file(format!("rejected-{run_id}.jsonl"))
    }
}

/// What happens to columns and types that the earlier output does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Evolution {
    /// Columns are added, and types widen.
    #[default]
    Evolve,
    /// They end the run.
    Freeze,
    /// Columns are left out, and values that do not fit are null; both are counted.
    Discard,
}

/// What happens to the rows of earlier runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They go.
    Overwrite,
    /// They stay.
    Append,
    /// Those stay whose keys do not come again.
    Upsert,
    /// They stay in the partitions of their runs.
    Snapshot,
}

/// Whether rows of earlier runs may stay where the [`Mode`] says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Earlier {
    /// As the mode says.
    #[default]
    Keep,
    /// They go, snapshots aside, which never change: the run brings everything anew.
    Drop,
}

/// One run of a pipeline.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Names it; unique among the runs into one target, and later runs have later ids.
    pub id: String,
    /// When it began.
    pub started_at: jiff::Timestamp,
    /// What files say about themselves besides their rows.
    pub metadata: Vec<(String, String)>,
    /// Whether earlier rows may stay.
    pub earlier: Earlier,
    /// Runs that have ended before their commit: files of theirs that no manifest names are nobody's rows.
    pub unfinished: Vec<String>,
    /// Runs that are known to have committed to the target.
    pub committed: Vec<String>,
}

/// What is committed together with the rows, in the same step.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// What the next incremental run begins with; kept by targets that have a manifest.
    pub state: Option<serde_json::Value>,
}

/// What a run has left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// The files it wrote.
    pub files: Vec<WrittenFile>,
    /// Rows of this run in those files, as the files themselves say.
    pub rows_in_files: u64,
    /// Rows of this run that a later row of the same key has replaced.
    pub superseded: u64,
    /// There was nothing to write: no row has come, and neither `columns` nor an earlier output says what the columns are.
    pub has_no_columns: bool,
}

/// What one run does to a target.
pub trait Output: Send {
    /// The columns of rows that stay, which those of this run are joined to.
    fn kept(&self) -> Option<&Columns> {
        None
    }

    /// What the last committed run left for the next one.
    fn state(&self) -> Option<&serde_json::Value> {
        None
    }

    /// Whether there are rows of earlier runs; one that only replaces need not know.
    fn has_rows(&self) -> bool {
        false
    }

    /// Starts an output with these columns, which stay as they are; readers see nothing before [`Writer::finish`].
    ///
    /// # Errors
    /// [`SinkError::Target`], [`SinkError::Write`], [`SinkError::Refused`].
    fn create(
        &mut self,
        columns: &Columns,
        metadata: &[(String, String)],
    ) -> Result<Box<dyn Writer>, SinkError>;

    /// As [`create`](Self::create), for targets that can give rows back when later ones need wider columns.
    ///
    /// Rows then go out while the run goes on, instead of after its last page.
    ///
    /// # Errors
    /// As of [`create`](Self::create).
    fn stream(
        &mut self,
        columns: &Columns,
        metadata: &[(String, String)],
    ) -> Result<Option<Box<dyn StreamWriter>>, SinkError> {
        let _ = (columns, metadata);
        Ok(None)
    }

    /// A folder with room for rows that wait for the end of the run.
    fn scratch(&self) -> PathBuf {
        std::env::temp_dir()
    }
}

/// One output in the making; dropping it leaves the old output as it was.
pub trait Writer: Send {
    /// Adds rows, which have exactly the columns it was created with.
    ///
    /// # Errors
    /// [`SinkError::Write`].
    fn write(&mut self, rows: &RecordBatch) -> Result<(), SinkError>;

    /// Completes the output and makes it what readers see, in one step.
    ///
    /// # Errors
    /// [`SinkError::Write`], [`SinkError::Store`], [`SinkError::Conflict`]; the old output is as it was.
    fn finish(self: Box<Self>, commit: Commit) -> Result<Committed, SinkError>;
}

/// A writer that can read again what it has written.
pub trait StreamWriter: Writer {
    /// Ends this output without making it visible, and gives its rows back in order.
    ///
    /// # Errors
    /// [`SinkError::Write`].
    fn take_back(self: Box<Self>) -> Result<Rows, SinkError>;
}

/// Rows that were written before, in batches.
pub type Rows = Box<dyn Iterator<Item = Result<RecordBatch, SinkError>> + Send>;

/// A file that a run has left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Where it is; an object's URL, or `-` for stdout.
    pub path: PathBuf,
    /// How many rows it holds.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: Option<String>,
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod empty_tests;
#[cfg(test)]
mod folder_tests;
#[cfg(test)]
mod round_trip_tests;

//! Writes the rows of a run to files that appear whole or not at all.
//!
//! ```text
//! pages ──▶ RunWriter ──▶ buffer ──▶ Writer (temporary file) ──commit: fsync, rename──▶ target
//!                           └─ types widened in mid-run ─▶ spool, read again at the end ─┘
//! ```
//! A [`Sink`] is one kind of output, a [`Writer`] one output in the making. [`RunWriter`] stands before them and
//! decides when the types of a run are known; see [`pipeline_table`] for how they widen.
//!
//! ```
//! use pipeline_config::{Environment, Reader, Section};
//! use pipeline_sink::{KINDS, RunWriter};
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
//! let mut run = RunWriter::new(sink, &DeclaredColumns::default(), Vec::new())?;
//! run.write(page.finish()?)?;
//! assert!(run.commit()?[0].path.ends_with("rows.jsonl"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arrow_ipc;
mod csv;
mod error;
mod jsonl;
mod parquet;
mod run_writer;
mod spool;
mod target;
mod temp_file;
mod text_file;

use std::{borrow::Cow, fmt::Debug, path::PathBuf, sync::Arc};

use ::arrow::array::RecordBatch;
use pipeline_config::{Kind, Section};
use pipeline_table::Columns;

pub use error::SinkError;
pub use run_writer::{MAX_BUFFERED_BYTES, MAX_BUFFERED_ROWS, RunWriter};

/// Every kind of sink this crate has.
pub const KINDS: &[Kind<SinkBuild>] = &[parquet::KIND, arrow_ipc::KIND, jsonl::KIND, csv::KIND];

/// Makes a sink from its section; `None` after reporting why there can be none.
pub type SinkBuild = fn(&Section<'_>) -> Option<Arc<dyn Sink>>;

/// One kind of output, with its settings.
pub trait Sink: Debug + Send + Sync {
    /// Where the rows go, for messages; two sinks of one target would overwrite each other.
    fn target(&self) -> Cow<'_, str>;

    /// Finds out, before the first request, whether a run could end well, and removes what dead runs left behind.
    ///
    /// # Errors
    /// [`SinkError::Target`] when the target cannot be written.
    fn prepare(&self) -> Result<(), SinkError>;

    /// Starts an output with these columns, which stay as they are; readers see nothing before [`Writer::finish`].
    ///
    /// # Errors
    /// [`SinkError::Target`], [`SinkError::Write`].
    fn create(&self, columns: &Columns, metadata: &[(String, String)]) -> Result<Box<dyn Writer>, SinkError>;

    /// As [`create`](Self::create), for sinks that can give rows back when later ones need wider columns.
    ///
    /// Rows then go out while the run goes on, instead of after its last page.
    ///
    /// # Errors
    /// As of [`create`](Self::create).
    fn stream(
        &self,
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

    /// Completes the output and puts it in the place of the old one, in one step.
    ///
    /// # Errors
    /// [`SinkError::Write`]; the old output is as it was.
    fn finish(self: Box<Self>) -> Result<Vec<WrittenFile>, SinkError>;
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
    /// Where it is.
    pub path: PathBuf,
    /// How many rows it holds.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
}

#[cfg(test)]
mod conformance;

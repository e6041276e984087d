//! Writes a run whose types are known for certain only at its end.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use arrow::{array::RecordBatch, compute::concat_batches};
use pipeline_table::{
    Batch, ColumnType, Columns, DeclaredColumns, Extras, MAX_COLUMNS, Spelled, TableError, cast,
    cast_record_batch,
};

use crate::{
    Commit, Committed, Evolution, Output, Rows, Run, Sink, SinkError, StreamWriter, rejects::Rejects,
    spool::Spool,
};

/// Rows that wait in memory before the types so far are relied on.
///
/// Columns that are filled rarely mostly show their type within so many rows; a run that ends earlier is written
/// once, with its final types. Arrow's readers like batches of this size too.
pub const MAX_BUFFERED_ROWS: usize = 64 * 1024;

/// Bytes that wait in memory, for rows of long text. Twice as much is in use while they are joined to one batch.
pub const MAX_BUFFERED_BYTES: usize = 8 * 1024 * 1024;

/// Bytes that wait once types are relied on, so that the last rows of a run are soon written.
const MAX_STREAMED_BYTES: usize = 2 * 1024 * 1024;

/// The rows of one run on their way to a sink; dropping it leaves the old output as it was.
///
/// Memory is bounded by the buffer and one row group. Rows go to the sink as they come if it can
/// [give them back](crate::Output::stream), and to a file without name otherwise. A row that needs wider columns than those
/// written so far ends the streaming; the rows after it wait on disk too, and all are written again in their final
/// types at the end.
pub struct RunWriter {
    sink: Arc<dyn Sink>,
    output: Box<dyn Output>,
    metadata: Vec<(String, String)>,
    declared: Arc<DeclaredColumns>,
    rejects: Rejects,
    left_out: BTreeMap<String, u64>,
    /// What is known of each column of the key.
    spelled: Vec<(String, Spelled)>,
    n_pages: usize,
    /// Of all rows so far, and of those that stay.
    columns: Columns,
    pending: Vec<Batch>,
    n_pending_rows: usize,
    n_pending_bytes: usize,
    n_rows: u64,
    stage: Stage,
    max_pending_rows: usize,
}

enum Stage {
    /// All rows are in memory.
    Buffering,
    /// Rows go to the sink in these columns.
    Streaming(Box<dyn StreamWriter>, Columns),
    /// Rows go to the spool; those that had gone to the sink come before.
    Spooling(Option<Rows>, Spool),
}

impl RunWriter {
    /// Prepares the sink for a run; what is there decides with the declared columns what rows must be.
    ///
    /// # Errors
    /// Those of [`Sink::open`]; [`SinkError::Table`] when rows that stay do not go with the declared columns.
    pub fn new(sink: Arc<dyn Sink>, declared: Arc<DeclaredColumns>, run: Run) -> Result<Self, SinkError> {
        let output = sink.open(&run)?;
        let declared = contract(sink.as_ref(), declared)?;
        let columns = match output.kept() {
            Some(kept) => kept.join(&declared.columns())?,
            None => declared.columns(),
        };
        let spelled = |name: &String| (name.clone(), Spelled::of(name, output.kept()));
        Ok(Self {
            spelled: sink.key().iter().map(spelled).collect(),
            rejects: Rejects::new(sink.rejected(&run.id)),
            sink,
            output,
            metadata: run.metadata,
            declared,
            left_out: BTreeMap::new(),
            n_pages: 0,
            columns,
            pending: Vec::new(),
            n_pending_rows: 0,
            n_pending_bytes: 0,
            n_rows: 0,
            stage: Stage::Buffering,
            max_pending_rows: MAX_BUFFERED_ROWS,
        })
    }

    /// As [`new`](Self::new), with another buffer, so that tests need few rows.
    #[cfg(test)]
    pub(crate) fn with_buffer(
        sink: Arc<dyn Sink>,
        declared: &DeclaredColumns,
        (run, max_rows): (Run, usize),
    ) -> Result<Self, SinkError> {
        let run = Self::new(sink, declared.clone().into(), run)?;
        Ok(Self { max_pending_rows: max_rows, ..run })
    }

    /// What the rows of this run must be.
    pub fn declared(&self) -> &Arc<DeclaredColumns> {
        &self.declared
    }

    /// What the last committed run left for this one.
    pub fn state(&self) -> Option<&serde_json::Value> {
        self.output.state()
    }

    /// Whether the target has rows of earlier runs, as far as it tells.
    pub fn has_rows(&self) -> bool {
        self.output.has_rows()
    }

    /// Adds the rows of one page, which come after those of the pages before.
    ///
    /// # Errors
    /// [`SinkError::Write`]; [`SinkError::Table`] when the pages together have too many columns.
    pub fn write(&mut self, page: Batch) -> Result<(), SinkError> {
        self.refuse_bad_keys(&page)?;
        self.rejects.write(self.n_pages, &page.outcome().rejected)?;
        self.n_pages += 1;
        for (column, count) in &page.outcome().left_out {
            *self.left_out.entry(column.clone()).or_default() += count;
        }
        self.columns = self.columns.unify(page.columns());
        if self.columns.len() > MAX_COLUMNS {
            let column = self.columns.iter().last().map(|last| last.name.clone()).unwrap_or_default();
            return Err(TableError::TooManyColumns { row: None, column }.into());
        }
        if let Some((column, member)) = self.columns.member_too_many() {
            let (column, member) = (column.to_owned(), member.to_owned());
            return Err(TableError::TooManyMembers { row: None, column, member }.into());
        }
        self.n_rows += page.n_rows() as u64;
        self.n_pending_rows += page.n_rows();
        self.n_pending_bytes += page.n_bytes()?;
        self.pending.push(page);
        let max_bytes = match self.stage {
            Stage::Buffering => MAX_BUFFERED_BYTES,
            _ => MAX_STREAMED_BYTES,
        };
        if self.n_pending_rows >= self.max_pending_rows || self.n_pending_bytes >= max_bytes {
            self.flush()?;
        }
        Ok(())
    }

    /// Rows without a key have no place in an upsert, and those with a value that has lost something would replace others.
    fn refuse_bad_keys(&mut self, page: &Batch) -> Result<(), SinkError> {
        const USED_AS: &str = "a part of the `key`";
        let target = self.sink.target().into_owned();
        for (name, spelled) in &mut self.spelled {
            if let Some((page, lost)) = spelled.add(self.n_pages, page, name) {
                return Err(SinkError::Key {
                    target,
                    page: *page,
                    row: lost.row,
                    problem: lost.refusal(name, USED_AS),
                });
            }
            let was_float = self.output.kept().is_some_and(|kept| kept.get(name) == Some(&ColumnType::Float));
            if was_float && matches!(page.columns().get(name), Some(ColumnType::Text | ColumnType::Mixed)) {
                let problem = format!(
                    "`{name}`, which is a part of the `key`, has been a number with a fraction in earlier runs, and has text now: how \
                     those numbers were written (`1.10`) is not known any more, and rows would be taken for others; declare \
                     `{name}` in `columns` as `string`, and run once with `--full-refresh`"
                );
                return Err(SinkError::Key { target, page: self.n_pages, row: None, problem });
            }
        }
        let refuse = |row: Option<usize>, problem: String| {
            let row = row.map(|row| page.returned_row(row));
            Err(SinkError::Key { target: self.sink.target().into_owned(), page: self.n_pages, row, problem })
        };
        for name in self.sink.key() {
            if let Some(rounded) = page.rounded(name).or_else(|| page.boundless(name)) {
                return refuse(rounded.row, rounded.refusal(name, USED_AS));
            }
            if let Some(row) = page.first_null(name) {
                let problem = format!(
                    "there is no `{name}`, which is a part of the `key`; leave such rows out, or choose a `key` that all \
                     rows have"
                );
                return refuse(Some(row), problem);
            }
        }
        Ok(())
    }

    /// How many rows have come so far.
    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// How many rows broke the contract and are in the file of rejected rows, and where that will be.
    pub fn rejected(&self) -> Option<(u64, String)> {
        self.rejects.summary()
    }

    /// For each column that was left out, or had values that are null instead, how many values there were.
    pub fn left_out(&self) -> &BTreeMap<String, u64> {
        &self.left_out
    }

    /// The columns of all rows so far, and of those that stay.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Makes the rows what readers see, in one step, together with what `commit` has.
    ///
    /// A run without rows keeps the columns of the earlier output, and writes no file where no columns are known at all.
    ///
    /// # Errors
    /// Those of [`Writer::finish`](crate::Writer::finish); the old output is as it was.
    pub fn commit(mut self, commit: Commit) -> Result<Committed, SinkError> {
        if !matches!(self.stage, Stage::Buffering) && !self.pending.is_empty() {
            self.flush()?;
        }
        if self.n_rows == 0 {
            let earlier = self.sink.columns_without_rows()?;
            if earlier.is_none() && self.columns.is_empty() && commit.state.is_none() {
                // A file without columns is one that most readers do not open.
                return Ok(Committed { has_no_columns: true, ..Committed::default() });
            }
            self.columns = self.columns.after(&earlier.unwrap_or_default());
        }
        let last = self.columns.published();
        let waiting: Rows = match std::mem::replace(&mut self.stage, Stage::Buffering) {
            Stage::Streaming(writer, _) => {
                // Rows that are in neither file would be lost if this process died between the two.
                let rejects = self.rejects.commit()?;
                let committed = writer.finish(commit)?;
                rejects.keep();
                return Ok(committed);
            }
            Stage::Buffering => Box::new(std::iter::once(self.take_pending(&last))),
            Stage::Spooling(first, spool) => Box::new(first.into_iter().flatten().chain(spool.into_rows()?)),
        };
        let metadata = self.metadata(&last);
        let mut writer = self.output.create(&last, &metadata)?;
        for rows in waiting {
            writer.write(&cast_record_batch(&rows?, &last)?)?;
        }
        let rejects = self.rejects.commit()?;
        let committed = writer.finish(commit)?;
        rejects.keep();
        let has_no_columns = self.n_rows == 0 && last.is_empty() && committed.files.is_empty();
        Ok(Committed { has_no_columns, ..committed })
    }

    /// Sends what is in memory on its way.
    fn flush(&mut self) -> Result<(), SinkError> {
        let columns = self.columns.clone();
        let rows = self.take_pending(&columns)?;
        self.stage = match std::mem::replace(&mut self.stage, Stage::Buffering) {
            Stage::Buffering => self.first_stage(&columns)?,
            Stage::Streaming(writer, written) if written != columns => {
                Stage::Spooling(Some(writer.take_back()?), Spool::create(&self.output.scratch())?)
            }
            stage => stage,
        };
        match &mut self.stage {
            Stage::Streaming(writer, _) => writer.write(&rows),
            Stage::Spooling(_, spool) => spool.write(&rows),
            Stage::Buffering => unreachable!("the first flush ends the buffering"),
        }
    }

    /// Where rows go once they no longer fit into memory.
    fn first_stage(&mut self, columns: &Columns) -> Result<Stage, SinkError> {
        let metadata = self.metadata(columns);
        // Rows without columns, and columns that are mixed, cannot be had back from a file as they were.
        if !columns.is_empty()
            && columns.published() == *columns
            && let Some(writer) = self.output.stream(columns, &metadata)?
        {
            return Ok(Stage::Streaming(writer, columns.clone()));
        }
        Ok(Stage::Spooling(None, Spool::create(&self.output.scratch())?))
    }

    /// What the file says about itself besides its rows.
    fn metadata(&self, columns: &Columns) -> Vec<(String, String)> {
        let mut metadata = self.metadata.clone();
        metadata.push(("schema_hash".to_owned(), columns.fingerprint()));
        metadata
    }

    /// All rows in memory as one batch of these columns.
    fn take_pending(&mut self, columns: &Columns) -> Result<RecordBatch, SinkError> {
        self.n_pending_rows = 0;
        self.n_pending_bytes = 0;
        let pages: Vec<RecordBatch> =
            self.pending.drain(..).map(|page| cast(&page, columns)).collect::<Result<_, _>>()?;
        let joined = concat_batches(&columns.to_schema(HashMap::new()), &pages);
        Ok(joined.map_err(TableError::Arrow)?)
    }
}

/// What rows must be, by the declared columns and by what is there already.
fn contract(sink: &dyn Sink, declared: Arc<DeclaredColumns>) -> Result<Arc<DeclaredColumns>, SinkError> {
    let extras = match sink.evolution() {
        Evolution::Evolve => return Ok(declared),
        Evolution::Freeze => Extras::Refuse,
        Evolution::Discard => Extras::Drop,
    };
    match sink.earlier()? {
        Some(earlier) => Ok(Arc::new(declared.closed_over(&earlier, extras))),
        // The first run says what the columns are, unless the user has.
        None if declared.as_slice().is_empty() => Ok(declared),
        None => Ok(Arc::new(declared.closed_over(&Columns::default(), extras))),
    }
}

impl fmt::Debug for RunWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Buffering => "buffering",
            Stage::Streaming(..) => "streaming",
            Stage::Spooling(..) => "spooling",
        };
        formatter
            .debug_struct("RunWriter")
            .field("sink", &self.sink)
            .field("n_rows", &self.n_rows)
            .field("stage", &stage)
            .finish_non_exhaustive()
    }
}

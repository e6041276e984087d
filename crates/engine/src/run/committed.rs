//! Tables that an earlier run has committed, and which are not run again.

use std::sync::Arc;

use jiff::Timestamp;
use pipeline_config::explain;
use pipeline_history::TableRecord;
use pipeline_sink::{Mode, Sink};
use pipeline_table::Columns;

use super::{RunError, context::Context, noted, table::collectors};
use crate::{
    journal::{Committed, Replay},
    plan::TablePlan,
    spec::DEFAULT_MAX_AGE,
    summary::{FileSummary, TableSummary},
};

/// The summary of a table that an earlier run has committed, after reading the keys for later tables.
pub(super) async fn find(
    context: &mut Context<'_>,
    position: usize,
    replay: &Replay,
) -> Result<Option<TableSummary>, RunError> {
    let table = &context.plan.tables[position];
    let found = look(table, Noted::of(replay, &table.name)).await?;
    let Some(Committed { run_id, summary, .. }) = found else { return Ok(None) };
    if !noted(context.record.history().has_table(&run_id, &table.name)) {
        remember(context, position, (&run_id, &summary)).await?;
    }
    let mut keys = collectors(context.plan, table)?;
    if !keys.is_empty() {
        for page in replay.pages()? {
            let page = page?;
            keys.iter_mut().try_for_each(|keys| keys.add(&page.batch))?;
        }
    }
    for collector in keys {
        context.keys.push(collector.finish()?);
    }
    context.committed_before.push(context.plan.tables[position].name.clone());
    let summary = TableSummary { resumed_pages: summary.pages, ..summary };
    Ok(Some(not_fetched(context, summary, (run_id, Some(replay.header.started_at)))))
}

/// The same, with of when its rows are, and a warning where that is long ago: nobody may notice otherwise.
fn not_fetched(
    context: &Context<'_>,
    summary: TableSummary,
    (run_id, since): (String, Option<Timestamp>),
) -> TableSummary {
    let mut warnings = summary.warnings.clone();
    let plan = context.plan;
    let patience = plan.resume.unwrap_or(DEFAULT_MAX_AGE).min(DEFAULT_MAX_AGE);
    if let Some(since) =
        since.filter(|since| plan.started_at.duration_since(*since).unsigned_abs() >= patience)
    {
        warnings.push(format!(
            "it was not fetched again: its rows are of {since}, and the run {run_id} has committed them; the next \
             `pipeline run` fetches it, and so does `--restart`"
        ));
    }
    let fetched_at = since.map(|since| since.to_string());
    TableSummary { warnings, fetched_by: Some(run_id), fetched_at, ..summary }
}

/// The summary of a table that has no journal any more, where its target has the rows of that run.
pub(super) async fn find_of(
    context: &mut Context<'_>,
    position: usize,
    run_id: &str,
) -> Result<Option<TableSummary>, RunError> {
    let table = &context.plan.tables[position];
    let found = look(table, Noted::by(run_id, &table.name)).await?;
    let Some(Committed { summary, .. }) = found else { return Ok(None) };
    context.committed_before.push(table.name.clone());
    let began = noted(context.record.history().run(run_id)).and_then(|run| run.started_at.parse().ok());
    Ok(Some(not_fetched(context, summary, (run_id.to_owned(), began))))
}

/// Whether the target of a table has the rows of that run.
pub(super) async fn has(table: &TablePlan, run_id: &str) -> Result<bool, RunError> {
    Ok(look(table, Noted::by(run_id, &table.name)).await?.is_some())
}

/// Asks the target, on a thread where that may block.
async fn look(table: &TablePlan, noted: Noted) -> Result<Option<Committed>, RunError> {
    let sink = Arc::clone(&table.sink);
    let looking = tokio::task::spawn_blocking(move || noted.find(sink.as_ref()));
    looking.await.map_err(|_| RunError::Bug("looking for a commit ended"))?
}

/// What the history keeps of a table.
pub(super) fn record(
    context: &Context<'_>,
    table: &TablePlan,
    (summary, rows_in_files, columns): (&TableSummary, u64, &Columns),
) -> TableRecord {
    let plan = context.plan;
    TableRecord {
        target: plan.redactor.redact(&table.sink.target()).into_owned(),
        query_hash: table.query.fingerprint(&plan.values),
        rows_in_files,
        columns: columns.iter().map(|column| (column.name.clone(), column.column_type.name())).collect(),
        ..summary.record()
    }
}

/// Adds to the history what a run that ended right after its commit could not add.
async fn remember(
    context: &Context<'_>,
    position: usize,
    (run_id, summary): (&str, &TableSummary),
) -> Result<(), RunError> {
    let table = &context.plan.tables[position];
    let (sink, id) = (Arc::clone(&table.sink), run_id.to_owned());
    let look = move || Ok::<_, RunError>((sink.committed(&id)?, sink.earlier()?));
    let looking = tokio::task::spawn_blocking(look);
    let (committed, columns) = looking.await.map_err(|_| RunError::Bug("looking at a target ended"))??;
    let in_files = summary.files.iter().map(|file| file.rows).sum();
    let rows_in_files = committed.map_or(in_files, |committed| committed.rows_in_files);
    let columns = columns.unwrap_or_default().published();
    let record = record(context, table, (summary, rows_in_files, &columns));
    if let Err(error) = context.record.history().add_table(run_id, position, &record) {
        tracing::warn!(error = explain(&error), "the table is not in the history");
    }
    Ok(())
}

/// Whether the target still has what was committed to it; somebody may have removed it since.
fn is_there(sink: &dyn Sink, noted: &Committed) -> Result<bool, RunError> {
    if sink.committed(&noted.run_id)?.is_some() {
        return Ok(true);
    }
    // Sinks that replace their target as a whole do not know who wrote it.
    let is_file = |file: &FileSummary| file.path.to_string_lossy().contains("://") || file.path.exists();
    Ok(sink.mode() == Mode::Overwrite && noted.summary.files.iter().all(is_file))
}

/// What a journal says of the end of its runs.
struct Noted {
    table: String,
    committed: Option<Committed>,
    ready: Option<Committed>,
    runs: Vec<String>,
    n_pages: u64,
}

impl Noted {
    fn of(replay: &Replay, table: &str) -> Self {
        Self {
            table: table.to_owned(),
            committed: replay.committed.clone(),
            ready: replay.ready.clone(),
            runs: replay.runs.clone(),
            n_pages: replay.place.n_pages,
        }
    }

    /// What is known of a run whose journal has gone.
    fn by(run_id: &str, table: &str) -> Self {
        Self {
            table: table.to_owned(),
            committed: None,
            ready: None,
            runs: vec![run_id.to_owned()],
            n_pages: 0,
        }
    }

    /// Asks the target when the journal does not know: a process may end between its commit and its note; blocks.
    fn find(self, sink: &dyn Sink) -> Result<Option<Committed>, RunError> {
        if let Some(committed) = self.committed {
            return Ok(is_there(sink, &committed)?.then_some(committed));
        }
        for run_id in self.runs {
            let Some(committed) = sink.committed(&run_id)? else { continue };
            let ready = self.ready.filter(|ready| ready.run_id == run_id).map(|ready| ready.summary);
            // The machine, and not only the process, may have gone down before the journal was on disk.
            let summary = ready.unwrap_or_else(|| TableSummary {
                table: self.table,
                pages: self.n_pages,
                rows: committed.rows_in_files + committed.superseded,
                ..TableSummary::default()
            });
            return Ok(Some(Committed { run_id, summary: summary.with_files(&committed), kept_at: None }));
        }
        Ok(None)
    }
}

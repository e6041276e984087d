//! One table of a run.

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use indexmap::IndexSet;
use pipeline_config::explain;
use pipeline_history::CheckRecord;
use pipeline_query::{CutLists, KnownColumns, Values};
use pipeline_sink::{Earlier, Run, RunWriter};
use pipeline_table::{Columns, DeclaredColumns, RunFacts};
use tokio::sync::{mpsc, oneshot};

use super::{
    FetchPlan, Pages, Parts, RunError, Scope,
    alike::Alike,
    committed,
    context::Context,
    converters::{self, Job},
    cut_lists,
    going_on::GoingOn,
    intake::{Counts, RowIntake},
    keys::{KeyCollector, Keys},
    lost, noted,
    presence::Presence,
    unchanged, verdict,
    window::{Leaves, Windows, cursor_stays},
    writer::{self, PageTicket},
};
use crate::{
    cluster::{self, Cluster, FetchStats},
    incremental::{Came, Watermark},
    journal::{Committed as Noted, Journal, Replay, Resumption},
    plan::{Plan, TablePlan},
    progress::Event,
    summary::TableSummary,
};

/// All pages of a table, before anything is visible.
struct FetchedTable {
    intake: RowIntake,
    windows: Option<Windows>,
    n_fetched: u64,
    /// Why no page of an earlier run is among them, where there were some.
    begun_anew: Option<String>,
}

/// Runs one table; adds to the context's keys the columns that later tables go through.
pub(super) async fn run_table(context: &mut Context<'_>, position: usize) -> Result<TableSummary, RunError> {
    let (plan, replay) = (context.plan, context.journals.take(position));
    let table = &plan.tables[position];
    if let Some(summary) = find_committed(context, (position, replay.as_ref())).await? {
        return Ok(summary);
    }
    if let Some(summary) = lost::find(context, position).await? {
        return Ok(summary);
    }
    let writer = open_sink(context, table).await?;
    // Once more: the commit of an earlier run, whose answer was lost, may have arrived in the meantime. From here on it
    // would be a conflict.
    if let Some(summary) = find_committed(context, (position, replay.as_ref())).await? {
        return Ok(summary);
    }
    let left = replay.as_ref().map(|replay| replay.runs.clone()).unwrap_or_default();
    let useless = match &replay {
        Some(replay) => why_useless(context, (position, replay), &writer)?,
        None => None,
    };
    if let (Some(replay), Some(reason)) = (&replay, &useless) {
        context.options.observer.on(&Event::Restarted { reason, pages: replay.place.n_pages });
    }
    let earlier = context.journals.why_anew(position).map(str::to_owned);
    let begun_anew = useless.or(earlier);
    let replay = replay.filter(|_| begun_anew.is_none() && context.journals.keeps_pages());
    let arrived = arrive(context, (position, replay.as_ref()), writer).await;
    let finished = match arrived {
        Ok(arrived) => {
            let begun_anew = arrived.begun_anew.clone().or(begun_anew);
            finish(context, position, FetchedTable { begun_anew, ..arrived }).await
        }
        Err(error) => Err(error),
    };
    match &finished {
        Ok(summary) if summary.rejected > 0 => forget_rejected(table, left).await,
        // The next run would go on with the same rows and end in the same way. Of one page, the journal knows already.
        Err(error) if error.is_of_rows() && !error.is_of_page() => context.journals.discard(position)?,
        _ => {}
    }
    finished
}

/// What the target has of an earlier run.
async fn find_committed(
    context: &mut Context<'_>,
    (position, replay): (usize, Option<&Replay>),
) -> Result<Option<TableSummary>, RunError> {
    if let Some(replay) = replay {
        let found = committed::find(context, position, replay).await?;
        if found.is_some() {
            let said = going_on(context, Some(replay));
            context.journals.end_going_on(said);
        }
        return Ok(found);
    }
    for run_id in context.journals.killed_at_end(position).to_vec() {
        if let Some(summary) = committed::find_of(context, position, &run_id).await? {
            return Ok(Some(summary));
        }
    }
    Ok(None)
}

/// Fetches what is missing, or everything where the server does not know the place any more.
async fn arrive(
    context: &mut Context<'_>,
    (position, replay): (usize, Option<&Replay>),
    writer: RunWriter,
) -> Result<FetchedTable, RunError> {
    let (plan, table) = (context.plan, &context.plan.tables[position]);
    let mut keys = collectors(plan, table)?;
    match fetch(context, (position, replay), (writer, &mut keys)).await {
        Err(error) if replay.is_some() && unchanged::is_stale(&error, replay) => {
            // What to do about it is done here.
            let reason = explain(&error).split("\n  = help").next().unwrap_or_default().to_owned();
            let pages = replay.map_or(0, |replay| replay.place.n_pages);
            context.options.observer.on(&Event::Restarted { reason: &reason, pages });
            context.journals.discard(position)?;
            keys = collectors(plan, table)?;
            let writer = open_sink(context, table).await?;
            let arrived = fetch(context, (position, None), (writer, &mut keys)).await;
            arrived.map(|arrived| FetchedTable { begun_anew: Some(reason), ..arrived })
        }
        arrived => arrived,
    }
}

/// Removes the rejected rows that earlier runs have written which did not come to their commit: this run has them, too.
async fn forget_rejected(table: &TablePlan, runs: Vec<String>) {
    let sink = Arc::clone(&table.sink);
    let removing = tokio::task::spawn_blocking(move || {
        runs.iter().for_each(|run_id| sink.rejected(run_id).remove());
    });
    if removing.await.is_err() {
        tracing::warn!("rejected rows of a run that was not committed stay");
    }
}

/// Why a table that is not committed does not go on with the pages it had.
fn why_useless(
    context: &Context<'_>,
    (position, replay): (usize, &Replay),
    writer: &RunWriter,
) -> Result<Option<String>, RunError> {
    let table = &context.plan.tables[position];
    if replay.committed.is_some() {
        return Ok(Some("the target does not have its rows any more".into()));
    }
    let parent = table.query.for_each().map(|each| &each.table.value);
    if let Some(parent) = parent.filter(|parent| !context.committed_before.contains(parent)) {
        return Ok(Some(format!("`{parent}`, which it goes through, is read anew")));
    }
    if Windows::have_moved(context, table, (replay.header.state.as_ref(), writer.state()))? {
        return Ok(Some("its cursor has been set, or another run has moved it, since".into()));
    }
    Ok(context.journals.too_old(position).filter(|_| replay.place.n_pages > 0).map(str::to_owned))
}

/// Fetches and converts all pages that are not in the journal.
async fn fetch(
    context: &mut Context<'_>,
    (position, replay): (usize, Option<&Replay>),
    (writer, keys): (RunWriter, &mut Vec<KeyCollector>),
) -> Result<FetchedTable, RunError> {
    let (plan, options) = (context.plan, context.options);
    let table = &plan.tables[position];
    // The window that the first page was asked with; its cursor has not moved since.
    let state = replay.map_or_else(|| writer.state().cloned(), |replay| replay.header.state.clone());
    let windows =
        Windows::decide(context, table, ((state.as_ref(), writer.has_rows()), keys_of(context, table)?))?;
    let known = known_columns(context, table, writer.columns());
    let fetch_plan = fetch_plan(context, table, (windows.as_ref(), known.clone()));
    unchanged::verify(&fetch_plan, keys_of(context, table)?, (replay, &options.cancel)).await?;
    let (n_windows, mut going_on) = (fetch_plan.n_windows()?, going_on(context, replay));
    let journal = context.journals.write(position, (replay, state.as_ref()), &plan.run_id);
    let start = replay.map(|replay| replay.place.clone()).unwrap_or_default();
    let source = match &options.cluster {
        None => {
            let pages = fetch_plan.pages(keys_of(context, table)?, start)?;
            Source::Here(pages, converters::start(context, (table, writer.declared())))
        }
        Some(cluster) => {
            let parts = fetch_plan.parts_from(keys_of(context, table)?, start.clone())?;
            Source::Elsewhere(Arc::clone(cluster), Arc::clone(writer.declared()), parts, Box::new(start))
        }
    };
    let mut intake = intake(context, table, (writer, journal, windows.as_ref(), std::mem::take(keys)));
    intake.alike = Alike::of(&table.query, n_windows);
    // Two answers per converter keep all of them busy while the writer is at work.
    let (tickets, ordered) = mpsc::channel(options.n_converters * 2);
    // Two readers of one file: the journal is read here while it is being written at its end.
    let replayed = replay.map(Replay::share);
    let writing = tokio::task::spawn_blocking(move || writer::take_all(intake, replayed.as_ref(), ordered));
    let mut cut_lists = cut_lists::of(table);
    let fed = tokio::select! {
        fed = bring(context, (source, table), tickets, (replay, &mut going_on, &mut cut_lists)) => fed,
        () = options.cancel.cancelled() => FetchStats::default(),
    };
    // The queues have ended with `bring`, and with them the writer.
    let (mut intake, taken) = writing.await.map_err(|_| RunError::Bug("the writer ended"))?;
    if options.cancel.is_cancelled() {
        return Err(RunError::Interrupted);
    }
    context.journals.end_going_on(going_on);
    taken?;
    (context.elsewhere, intake.cut_lists) = (context.elsewhere + fed.stats, of_pages(&cut_lists, &known));
    Ok(FetchedTable { intake, windows, n_fetched: fed.n_pages, begun_anew: None })
}

fn going_on(context: &Context<'_>, replay: Option<&Replay>) -> GoingOn {
    GoingOn::new(context.journals.going_on().filter(|_| replay.is_some()), &context.options.observer)
}

/// Has the pages fetched and converted, here or elsewhere.
async fn bring(
    context: &Context<'_>,
    (source, table): (Source, &TablePlan),
    tickets: mpsc::Sender<PageTicket>,
    (replay, going_on, cut_lists): (Option<&Replay>, &mut GoingOn, &mut CutLists),
) -> FetchStats {
    match source {
        Source::Here(pages, jobs) => {
            let mut hear =
                |error: Option<&RunError>| going_on.hear(error, |error| unchanged::is_stale(error, replay));
            FetchStats::here(feed(pages, (jobs, tickets), (context.options, cut_lists), &mut hear).await)
        }
        Source::Elsewhere(cluster, columns, parts, start) => {
            going_on.say();
            let todo = (&*cluster, table, &*columns);
            cluster::feed(context, todo, (parts, *start), &tickets).await
        }
    }
}

/// What is to be said of pages.
fn of_pages(cut_lists: &CutLists, known: &KnownColumns) -> Vec<String> {
    cut_lists.warnings().into_iter().chain(known.renamed().cloned()).collect()
}

fn intake(
    context: &Context<'_>,
    table: &TablePlan,
    (writer, journal, windows, keys): (RunWriter, Option<Journal>, Option<&Windows>, Vec<KeyCollector>),
) -> RowIntake {
    RowIntake {
        table: table.name.clone(),
        writer,
        journal,
        keys,
        watermark: windows.map(Windows::watermark),
        probes: table.checks.begin(),
        record: Arc::clone(&context.record),
        observer: Arc::clone(&context.options.observer),
        counts: Counts::default(),
        rounded: BTreeMap::new(),
        presence: Presence::default(),
        waiting: Vec::new(),
        doubt: None,
        alike: None,
        is_cut: false,
        doubled: None,
        cut_lists: Vec::new(),
    }
}

/// What is to be said of a table's rows; ends its window by the server's clock.
fn warnings(
    context: &Context<'_>,
    table: &TablePlan,
    (intake, stays): (&mut RowIntake, Option<String>),
) -> Vec<String> {
    let plan = context.plan;
    let mut warnings = intake.presence.warnings(&table.columns, (intake.writer.columns(), table.sink.json()));
    warnings.extend(intake.doubled().map(|warning| plan.redactor.redact(&warning).into_owned()));
    warnings.extend(std::mem::take(&mut intake.cut_lists));
    warnings.extend(stays);
    warnings.extend(intake.watermark.as_ref().and_then(Watermark::untold));
    let ahead = plan.datasource.stats().clock_ahead.max(context.elsewhere.clock_ahead);
    let begins = (context.started_at, plan.started_at);
    warnings.extend(intake.watermark.as_mut().and_then(|watermark| watermark.end_by_server(begins, ahead)));
    warnings
}

/// Decides whether the rows may be seen, and makes them so.
async fn finish(
    context: &mut Context<'_>,
    position: usize,
    arrived: FetchedTable,
) -> Result<TableSummary, RunError> {
    let FetchedTable { mut intake, windows, n_fetched, begun_anew } = arrived;
    let (plan, table) = (context.plan, &context.plan.tables[position]);
    intake.reconcile(n_fetched)?;
    if intake.writer.n_rows() > 0 && intake.writer.columns().is_empty() {
        return Err(RunError::NoColumns { n_rows: intake.writer.n_rows() });
    }
    let checks = checks(context, table, &mut intake)?;
    noted(context.record.checks(&table.name, &checks));
    verdict::decide(&checks)?;
    let shown = windows.as_ref().map(Windows::shown);
    let incomplete = intake.incomplete();
    let came = if incomplete.is_some() || intake.is_cut { Came::InPart } else { Came::Whole };
    let stays = (windows.is_some() && came == Came::InPart)
        .then(|| cursor_stays(incomplete.is_some().then_some("rows may be missing")));
    let warnings = warnings(context, table, (&mut intake, stays));
    let left = match (windows, intake.watermark.take()) {
        (Some(windows), Some(watermark)) => {
            Leaves::Cursor(Box::new(windows.left(watermark, (&plan.run_id, came))?))
        }
        _ => Leaves::of(context, table),
    };
    for collector in std::mem::take(&mut intake.keys) {
        context.keys.push(collector.finish()?);
    }
    let RowIntake { writer, counts, journal, rounded, .. } = intake;
    let mut summary = TableSummary::new(&table.name, (counts, shown, checks), &writer).with_doubt(incomplete);
    summary.rounded = rounded;
    summary.warnings = warnings;
    summary.begun_anew = begun_anew;
    summary.in_place_of = table.in_place_of.as_ref().map(|target| plan.redactor.redact(target).into_owned());
    let columns = writer.columns().published();
    let noted = (journal, Noted::new(&plan.run_id, &summary));
    let (committed, journal) =
        writer::commit((writer, left.at_commit()), noted, &context.options.cancel).await?;
    summary = summary.with_files(&committed);
    if committed.has_no_columns {
        summary.warnings.push(no_columns(&plan.redactor.redact(&table.sink.target())));
    }
    let record = committed::record(context, table, (&summary, committed.rows_in_files, &columns));
    if let Err(error) = context.record.table(position, &record) {
        tracing::warn!(error = explain(&error), "the table is not in the history");
    }
    if let Some(journal) = journal {
        // The last act, so that whoever goes on without this note does what else is missing.
        writer::note(journal, Noted::new(&plan.run_id, &summary)).await?;
    }
    Ok(summary)
}

fn no_columns(target: &str) -> String {
    format!(
        "no row has come and no column is known, so `{target}` gets no file; `columns` gives a table without rows its columns"
    )
}

/// The verdicts of the checks.
fn checks(
    context: &Context<'_>,
    table: &TablePlan,
    intake: &mut RowIntake,
) -> Result<Vec<CheckRecord>, RunError> {
    if table.checks.is_empty() {
        return Ok(Vec::new());
    }
    let facts = RunFacts {
        n_rows: intake.writer.n_rows(),
        n_rows_before: noted(
            context.record.history().last_rows((&context.plan.name, &table.name), context.plan.outputs),
        ),
        now: context.plan.started_at,
        columns: IndexSet::new(),
    };
    let findings = std::mem::take(&mut intake.probes).finish(&facts);
    Ok(verdict::records(&findings, &context.plan.redactor))
}

/// Finds out what is there; blocks, so it has a thread for that.
async fn open_sink(context: &Context<'_>, table: &TablePlan) -> Result<RunWriter, RunError> {
    let plan = context.plan;
    let metadata = vec![
        ("pipeline".to_owned(), plan.name.clone()),
        ("table".to_owned(), table.name.clone()),
        ("run_id".to_owned(), plan.run_id.clone()),
        ("query_hash".to_owned(), table.query.fingerprint(&plan.values)),
    ];
    let earlier = match context.options.scope {
        Scope::Everything => Earlier::Drop,
        Scope::Changes | Scope::Backfill { .. } => Earlier::Keep,
    };
    let target = plan.redactor.redact(&table.sink.target()).into_owned();
    let unfinished = noted(context.record.history().unfinished(&table.name, &target));
    let committed = noted(context.record.history().committed(&target));
    let (id, started_at) = (plan.run_id.clone(), context.started_at);
    let run = Run { id, started_at, metadata, earlier, unfinished, committed };
    let (sink, declared) = (Arc::clone(&table.sink), Arc::clone(&table.columns));
    let opening = tokio::task::spawn_blocking(move || RunWriter::new(sink, declared, run));
    Ok(opening.await.map_err(|_| RunError::Bug("opening the sink ended"))??)
}

/// One collector per column of this table that another table goes through.
pub(super) fn collectors(plan: &Plan, table: &TablePlan) -> Result<Vec<KeyCollector>, RunError> {
    let mut collectors: Vec<KeyCollector> = Vec::new();
    for each in plan.tables.iter().filter_map(|other| other.query.for_each()) {
        let is_there = collectors.iter().any(|collector| collector.column == each.column);
        if each.table.value == table.name && !is_there {
            collectors.push(KeyCollector::new(&table.name, &each.column)?);
        }
    }
    Ok(collectors)
}

/// Where converted pages come from.
enum Source {
    /// From pages of this process, and the queue of its converters.
    Here(Pages, mpsc::Sender<Job>),
    /// From a cluster, which is to use these columns and to do these parts.
    Elsewhere(Arc<dyn Cluster>, Arc<DeclaredColumns>, Parts, Box<Resumption>),
}

/// The column of an earlier table that this one goes through.
fn keys_of<'c>(context: &'c Context<'_>, table: &TablePlan) -> Result<Option<&'c Keys>, RunError> {
    let Some(each) = table.query.for_each() else { return Ok(None) };
    let is_it = |keys: &&Keys| keys.table == each.table.value && keys.column == each.column;
    let found = context.keys.iter().find(is_it);
    Ok(Some(found.ok_or(RunError::Bug("a table runs before the one it goes through"))?))
}

/// What a table asks in this run.
fn fetch_plan(
    context: &Context<'_>,
    table: &TablePlan,
    (windows, known): (Option<&Windows>, KnownColumns),
) -> FetchPlan {
    let values: Vec<Arc<Values>> = match windows {
        Some(windows) => windows.values(&context.values),
        None => vec![Arc::clone(&context.values)],
    };
    let datasource = Arc::clone(&context.plan.datasource);
    FetchPlan { datasource, query: Arc::new(table.query.knowing(known)), values }
}

/// What the names of records may be, where records are rows: those of the columns that are declared, stay, or are in the target.
fn known_columns(context: &Context<'_>, table: &TablePlan, columns: &Columns) -> KnownColumns {
    if table.converter.script.is_shown() {
        return KnownColumns::new(Vec::new);
    }
    let declared = table.columns.sources().map(str::to_owned);
    let stay = columns.iter().map(|column| column.name.clone());
    let known: Vec<String> = declared.chain(stay).chain(table.sink.key().iter().cloned()).collect();
    let (sink, keeps) = (Arc::clone(&table.sink), context.options.scope != Scope::Everything);
    KnownColumns::new(move || {
        let mut known = known.clone();
        if keeps {
            let sink = Arc::clone(&sink);
            // Sinks of object stores block, and whoever asks may be asynchronous.
            let earlier = std::thread::spawn(move || sink.columns_without_rows().ok().flatten()).join();
            let earlier = earlier.ok().flatten().unwrap_or_default();
            known.extend(earlier.iter().map(|column| column.name.clone()));
        }
        known
    })
}

/// Sends each page to the converters and its ticket to the writer, until pages or listeners end; gives the number
/// of pages.
async fn feed(
    mut pages: Pages,
    (jobs, tickets): (mpsc::Sender<Job>, mpsc::Sender<PageTicket>),
    (options, cut_lists): (&super::RunOptions, &mut CutLists),
    hear: &mut (dyn FnMut(Option<&RunError>) + Send),
) -> u64 {
    let mut n_pages = 0;
    while let Some(fetched) = pages.next().await {
        hear(fetched.as_ref().err());
        let (answer, rows) = oneshot::channel();
        let (place, page) = match fetched {
            Ok(fetched) => (fetched.place(), Ok(fetched.page)),
            Err(error) => (Resumption::default(), Err(error)),
        };
        // The writer has failed when nobody listens; its error is the one to tell.
        if tickets.send(PageTicket { place, rows }).await.is_err() {
            return n_pages;
        }
        match page {
            Ok(page) => {
                cut_lists.look(&page.body);
                let (bytes, total) = (page.body.len() as u64, page.total);
                options.observer.on(&Event::PageFetched { bytes, total });
                if jobs.send(Job { page, answer }).await.is_err() {
                    return n_pages;
                }
                n_pages += 1;
            }
            // In its place among the pages, so that the first error in page order is the one told.
            Err(error) => {
                let _ = answer.send(Err(error));
                return n_pages;
            }
        }
    }
    n_pages
}

//! `pipeline run`.

use std::sync::Arc;

use pipeline_worker::n_cores;

use pipeline_engine::{
    Observer, Plan, ResumePolicy, RunOptions, RunSummary, Scope, TableSummary, rounded_warning,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Failure, Session,
    args::{Format, RunArgs},
    cluster,
    commands::run_many,
    first_rows::first_rows,
    numbers,
    progress::Progress,
    signals::StopSignals,
};

/// How many rows of the result are shown.
const N_ROWS: usize = 5;
/// How many files are named.
const N_FILES: usize = 10;

pub(crate) async fn run(session: &Session, args: &RunArgs) -> Result<(), Failure> {
    if run_many::is_asked_for(args) {
        return run_many::run(session, args).await;
    }
    let progress = Arc::new(Progress::new(session.terminal));
    let opened = session.open_to_write(&args.pipeline, Arc::clone(&progress) as _).await?;
    let cancel = CancellationToken::new();
    stop_on_signals(session.terminal, cancel.clone())?;
    let options = options(args, Arc::clone(&progress) as _, cancel).await?;
    let result = pipeline_engine::run_and_hold(&opened.plan, &options).await;
    progress.finish();
    let ended = result?;
    tell(session, args, (&opened.plan, ended.summary()));
    session.close_last(ended);
    Ok(())
}

/// Prints what the run did.
fn tell(session: &Session, args: &RunArgs, (plan, summary): (&Plan, &RunSummary)) {
    // Stdout carries the rows then, and nothing else.
    let is_taken = plan.tables.iter().any(|table| table.sink().target() == "-");
    let print = |text: String| match is_taken {
        true => {
            session.terminal.say(text);
            Ok(())
        }
        false => session.terminal.print(text),
    };
    let printed = match args.format {
        Format::Json => {
            warn_of_missing(session, summary);
            serde_json::to_string(summary).map_err(std::io::Error::from).and_then(print)
        }
        Format::Text => show(session, summary, print),
    };
    complain_of_printing(session, printed);
}

/// A run that is committed has not failed because nobody can read of it: a scheduler would run it again.
pub(super) fn complain_of_printing(session: &Session, printed: std::io::Result<()>) {
    if let Err(error) = printed {
        session.terminal.complain(format!("warning: the summary cannot be printed: {error}"));
    }
}

/// How to run; finds the cluster of `--cluster`.
pub(super) async fn options(
    args: &RunArgs,
    observer: Arc<dyn Observer>,
    cancel: CancellationToken,
) -> Result<RunOptions, Failure> {
    let cluster = match &args.cluster {
        Some(url) => Some(cluster::connect(url).await?),
        None => None,
    };
    Ok(RunOptions {
        observer,
        cancel,
        n_converters: args.threads.map_or_else(n_cores, usize::from),
        scope: scope(args),
        resume: if args.restart { ResumePolicy::Anew } else { ResumePolicy::ResumeKilled },
        cluster,
    })
}

/// What the command line asks for.
fn scope(args: &RunArgs) -> Scope {
    match &args.from {
        _ if args.full_refresh => Scope::Everything,
        Some(from) => Scope::Backfill { from: from.clone(), to: args.to.clone(), every: args.window },
        None => Scope::Changes,
    }
}

/// The first Ctrl-C, SIGTERM or SIGHUP ends the run, the second one the process.
///
/// # Errors
/// The system allows no handler.
pub(super) fn stop_on_signals(terminal: crate::Terminal, cancel: CancellationToken) -> std::io::Result<()> {
    // Here and not in the task: a signal may come before that begins.
    let mut signals = StopSignals::listen()?;
    tokio::spawn(async move {
        signals.next().await;
        terminal.say("stopping; press Ctrl-C again to stop at once");
        cancel.cancel();
        signals.next().await;
        std::process::exit(130);
    });
    Ok(())
}

fn show(
    session: &Session,
    summary: &RunSummary,
    print: impl Fn(String) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let waited = match summary.waited.is_zero() {
        true => String::new(),
        false => format!(", waited {}", numbers::time(summary.waited)),
    };
    session.terminal.say(format!(
        "{}: {}, {}, {} in {} ({}{waited})",
        summary.pipeline,
        numbers::counted(summary.rows(), "row"),
        numbers::counted(summary.pages(), "page"),
        numbers::bytes(summary.bytes),
        numbers::time(summary.elapsed),
        requests(summary),
    ));
    say_where(session, summary);
    say_of_earlier(session, summary);
    warn_of_missing(session, summary);
    for table in &summary.tables {
        for line in notes(table) {
            session.terminal.complain(line);
        }
        for file in table.files.iter().take(N_FILES) {
            let size = numbers::bytes(file.bytes);
            print(format!("{}  {}, {size}", file.path.display(), numbers::counted(file.rows, "row")))?;
        }
        if table.files.len() > N_FILES {
            print(format!("… and {} more files", table.files.len() - N_FILES))?;
        }
        // Rows are for people who watch, not for the log of a scheduler.
        let first = table.files.first().filter(|_| !session.terminal.is_quiet());
        if let Some(rows) = first.and_then(|file| first_rows(&file.path, N_ROWS, session.terminal.width())) {
            print(rows)?;
        }
    }
    Ok(())
}

/// Says where the rows of the sandbox are.
pub(super) fn say_where(session: &Session, summary: &RunSummary) {
    for table in &summary.tables {
        if let (Some(own), Some(file)) = (&table.in_place_of, table.files.first()) {
            let text = format!(
                "{}: rows of the sandbox are in `{}`; `{own}` is as it was",
                table.table,
                file.path.display()
            );
            session.terminal.say(session.redactor.redact(&text));
        }
    }
}

/// Says which tables were not fetched again, and of when their rows are.
pub(super) fn say_of_earlier(session: &Session, summary: &RunSummary) {
    for table in &summary.tables {
        if let (Some(run), Some(at)) = (&table.fetched_by, &table.fetched_at) {
            session
                .terminal
                .say(format!("{}: not fetched again; its rows are of {at}, by the run {run}", table.table));
        }
    }
}

/// Says which tables may lack rows although nothing failed, and what to write.
pub(super) fn warn_of_missing(session: &Session, summary: &RunSummary) {
    for table in &summary.tables {
        if let Some(reason) = &table.incomplete_reason {
            let help = table.incomplete_help.as_deref().unwrap_or_default();
            let text = format!("warning: {}: incomplete: {reason}\n  = help: {help}", table.table);
            session.terminal.complain(session.redactor.redact(&text));
        }
    }
}

/// What people should know about rows that are not in the table as they came.
pub(super) fn notes(table: &TableSummary) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(path) = &table.rejected_file {
        let rejected = numbers::counted(table.rejected, "row");
        lines.push(format!("warning: {}: {rejected} rejected, see {path}", table.table));
    }
    for check in &table.checks {
        if let Some(problem) = &check.problem {
            lines.push(format!("warning: {}: {}: {problem}", table.table, check.check));
        }
    }
    lines.extend(table.warnings.iter().map(|warning| format!("warning: {}: {warning}", table.table)));
    for (column, count) in &table.left_out {
        let values = numbers::counted(*count, "value");
        lines.push(format!("warning: {}: {values} of `{column}` left out", table.table));
    }
    for (column, count) in &table.rounded {
        lines.push(format!("warning: {}: {}", table.table, rounded_warning(column, *count)));
    }
    lines
}

fn requests(summary: &RunSummary) -> String {
    let requests = numbers::counted(summary.requests, "request");
    match summary.retries {
        0 => requests,
        retries => format!("{requests}, {} repeated", numbers::count(retries)),
    }
}

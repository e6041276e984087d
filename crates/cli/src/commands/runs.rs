//! `pipeline runs`: what earlier runs did.

use std::path::Path;

use comfy_table::{Cell, ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use pipeline_config::{Environment, Reader, Value};
use pipeline_history::{History, HistoryError, RunRecord, TableRecord};

use crate::{
    Failure, Session,
    args::{Format, RunsArgs, RunsCommand},
    numbers,
    table_view::clip,
};

/// An error is shown so far in the list; `runs show` has the rest.
const MAX_ERROR: usize = 60;

pub(crate) fn runs(session: &Session, args: &RunsArgs) -> Result<(), Failure> {
    let history = History::open(&session.state()?).map_err(failure)?;
    if let Some(RunsCommand::Show { run, format }) = &args.command {
        return show(session, &history, (run.as_deref(), *format));
    }
    let name = args.pipeline.as_deref().map(name_of);
    let found = history.runs(name.as_deref(), args.limit).map_err(failure)?;
    match args.format {
        Format::Json => session.terminal.print(json(&found)?)?,
        Format::Text if found.is_empty() => session.terminal.say("no runs yet"),
        Format::Text => session.terminal.print(list(&found, session.terminal.width()))?,
    }
    Ok(())
}

fn failure(error: HistoryError) -> Failure {
    pipeline_engine::RunError::from(error).into()
}

/// The pipeline's name, from its file where that is what was given.
fn name_of(file_or_name: &str) -> String {
    let path = Path::new(file_or_name);
    if !path.is_file() {
        return file_or_name.to_owned();
    }
    let reader = Reader::new(Environment::empty());
    let node = reader.read_file(path, None);
    match node.as_ref().and_then(|node| node.get("name")).map(|name| &name.value) {
        Some(Value::Text(name)) => name.clone(),
        _ => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

fn show(session: &Session, history: &History, (run, format): (Option<&str>, Format)) -> Result<(), Failure> {
    let all = history.runs(None, usize::MAX).map_err(failure)?;
    let last = all.first().map(|found| found.run_id.as_str());
    let run = run.or(last).ok_or_else(|| Failure::usage("there are no runs yet"))?;
    let fitting: Vec<&str> =
        all.iter().map(|found| found.run_id.as_str()).filter(|run_id| run_id.starts_with(run)).collect();
    let run_id = match fitting.as_slice() {
        [one] => *one,
        _ if fitting.contains(&run) => run,
        [] => return Err(Failure::usage(format!("there is no run `{run}`; `pipeline runs` lists them"))),
        many => return Err(Failure::usage(format!("`{run}` begins the ids of {} runs", many.len()))),
    };
    let Some(found) = history.run(run_id).map_err(failure)? else {
        return Err(Failure::usage(format!("there is no run `{run}`")));
    };
    match format {
        Format::Json => session.terminal.print(json(&found)?)?,
        Format::Text => session.terminal.print(details(&found))?,
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(value).map_err(std::io::Error::from)?)
}

fn list(runs: &[RunRecord], width: usize) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(["run", "pipeline", "outcome", "rows", "error"]);
    for run in runs {
        let error = run.error.as_deref().and_then(|error| error.lines().next()).unwrap_or_default();
        let cells = [
            run.run_id.clone(),
            run.pipeline.clone(),
            outcome(run),
            numbers::count(run.rows()),
            clip(error, MAX_ERROR),
        ];
        table.add_row(cells.map(Cell::new));
    }
    table.to_string()
}

fn outcome(run: &RunRecord) -> String {
    let mut words = vec![run.outcome.word()];
    words.extend(run.is_incomplete().then_some("incomplete"));
    words.extend(run.sandbox.then_some("sandbox"));
    words.join(", ")
}

fn details(run: &RunRecord) -> String {
    let of_sandbox = if run.sandbox { ", sandbox" } else { "" };
    let mut lines = vec![format!("{} {}: {}{of_sandbox}", run.pipeline, run.run_id, run.outcome)];
    let ended = run.ended_at.as_deref().unwrap_or("?");
    lines.push(format!("  from {} to {ended}, configuration {}", run.started_at, run.config_hash));
    if let Some(earlier) = &run.resumes {
        lines.push(format!("  went on with {earlier}"));
    }
    if let Some(error) = &run.error {
        lines.push(format!("  error: {error}"));
    }
    lines.push(format!(
        "  {}, {} repeated, {:.1} s waited, {}",
        numbers::counted(run.requests, "request"),
        numbers::count(run.retries),
        run.waited_seconds,
        numbers::bytes(run.bytes)
    ));
    run.tables.iter().for_each(|table| table_details(table, &mut lines));
    lines.join("\n")
}

fn table_details(table: &TableRecord, lines: &mut Vec<String>) {
    lines.push(format!("  {} → {}", table.table, table.target));
    lines.push(format!(
        "    {} ({} of an earlier run), {} returned = {} written + {} rejected + {} discarded; {} in files",
        numbers::counted(table.pages, "page"),
        numbers::count(table.resumed_pages),
        numbers::counted(table.rows_returned, "row"),
        numbers::count(table.rows_written),
        numbers::count(table.rows_rejected),
        numbers::count(table.rows_discarded),
        numbers::count(table.rows_in_files),
    ));
    if let Some(reason) = &table.incomplete_reason {
        lines.push(format!("    incomplete: {reason}"));
    }
    if let Some(window) = &table.window {
        lines.push(format!("    window {window}"));
    }
    for check in &table.checks {
        let verdict = check.problem.as_deref().unwrap_or("holds");
        lines.push(format!("    check {} ({}): {verdict}", check.check, check.severity));
    }
    for file in &table.files {
        let sha256 = file.sha256.as_deref().unwrap_or("-");
        lines.push(format!(
            "    {}  {}, {}, SHA-256 {sha256}",
            file.path,
            numbers::counted(file.rows, "row"),
            numbers::bytes(file.bytes)
        ));
    }
    let columns: Vec<String> = table.columns.iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
    lines.push(format!("    columns {}", columns.join(", ")));
}

//! `pipeline run` of several files, for external schedulers.

use std::{
    collections::{BTreeMap, HashSet, btree_map::Entry},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, stream};
use pipeline_engine::source_files;
use pipeline_engine::{EndedRun, Plan, RunOptions, RunSummary, Silent, TRIED_AGAIN};
use pipeline_scheduler::pipeline_files;
use pipeline_sink::TargetPlace;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::run::{
    complain_of_printing, notes, options, say_of_earlier, say_where, stop_on_signals, warn_of_missing,
};
use crate::{
    Failure, Session,
    args::{Format, PipelineArgs, RunArgs},
    failure::{FILE_IS_WRONG, INTERRUPTED},
    numbers,
    session::RuntimeContext,
};

/// Pipelines that a cluster runs at once.
const MAX_AT_ONCE: usize = 8;

/// Whether this is about more than one file.
pub(super) fn is_asked_for(args: &RunArgs) -> bool {
    let is_choice = !args.select.is_empty() || args.changed_since.is_some();
    is_choice || !args.more.is_empty() || args.pipeline.file.is_dir()
}

/// What came of one pipeline.
struct Ended {
    id: String,
    file: PathBuf,
    name: Option<String>,
    result: Result<RunSummary, Failure>,
}

/// Runs those that are chosen; one that fails keeps none of the others from running.
pub(super) async fn run(session: &Session, args: &RunArgs) -> Result<(), Failure> {
    let files = changed(all_files(args), args.changed_since.as_deref())?;
    let runtime = session.runtime(args.pipeline.sandbox.issues()).await?.that_write();
    let cancel = CancellationToken::new();
    stop_on_signals(session.terminal, cancel.clone())?;
    let options = options(args, Arc::new(Silent), cancel.clone()).await?;
    // Here one uses the whole machine; a cluster has room for more.
    let n_at_once = if options.cluster.is_some() { MAX_AT_ONCE } else { 1 };
    let mut chosen = Vec::new();
    for (id, file) in files {
        if let Some(plan) = plan((session, args), (&id, &file), &runtime)? {
            chosen.push((id, file, plan));
        }
    }
    let plans = chosen.iter().filter_map(|(_, file, plan)| Some((file.as_path(), plan.as_ref().ok()?)));
    refuse_shared_targets(plans)?;
    let all_ids: Vec<String> = chosen.iter().map(|(id, ..)| id.clone()).collect();
    let begun = std::time::Instant::now();
    let held = Mutex::new(Vec::new());
    let run = |(id, file, plan): (String, PathBuf, Result<Plan, Failure>)| {
        let (options, held) = (&options, &held);
        async move {
            let (name, result) = match plan {
                Ok(plan) => {
                    let plan = plan.at(session.now.checked_add(begun.elapsed()).unwrap_or(session.now));
                    let result = run_one((session, held), &plan, options).await;
                    (Some(plan.name), result.map_err(|failure| failure.about(&file)))
                }
                Err(failure) => (None, Err(failure)),
            };
            told(session, Ended { id, file, name, result })
        }
    };
    let mut runs = std::pin::pin!(stream::iter(chosen).map(run).buffered(n_at_once));
    let mut ended = Vec::new();
    while let Some(run) = runs.next().await {
        ended.push(run);
        if cancel.is_cancelled() {
            break;
        }
    }
    close(session, &held, (&ended, &cancel));
    if ended.is_empty() && !args.select.is_empty() && args.changed_since.is_none() {
        let wanted = args.select.join("`, `");
        return Err(Failure::usage(format!("`--select`: there is no pipeline `{wanted}` here")));
    }
    // They are run in their order.
    sum_up(session, args.format, (&ended, all_ids.get(ended.len()..).unwrap_or_default()))
}

/// Refuses pipelines that would write over each other's rows.
pub(super) fn refuse_shared_targets<'p>(
    plans: impl Iterator<Item = (&'p Path, &'p Plan)>,
) -> Result<(), Failure> {
    let mut known: Vec<(TargetPlace, String, &Path)> = Vec::new();
    for (file, plan) in plans {
        for table in &plan.tables {
            let target = table.sink().target();
            // Every table of one process may write to it.
            if target == "-" {
                continue;
            }
            let place = TargetPlace::of(&target);
            let overlaps = |(earlier, _, other): &&(TargetPlace, String, &Path)| {
                *other != file && earlier.overlaps(&place)
            };
            if let Some((earlier_place, earlier, other)) = known.iter().find(overlaps) {
                let (other, file) = (other.display(), file.display());
                let both = match earlier_place.is(&place) {
                    true => format!("`{other}` and `{file}` both write to `{target}`"),
                    false => {
                        format!("`{other}` writes to `{earlier}` and `{file}` to `{target}`, which overlap")
                    }
                };
                return Err(Failure::invalid(format!(
                    "error: {both}\n  = help: give one of them another `sink.path`"
                )));
            }
            known.push((place, target.into_owned(), file));
        }
    }
    Ok(())
}

/// The plan of a file, or what is wrong with it; `None` where it was not chosen.
fn plan(
    (session, args): (&Session, &RunArgs),
    (id, file): (&str, &Path),
    runtime: &RuntimeContext,
) -> Result<Option<Result<Plan, Failure>>, Failure> {
    let pipeline = PipelineArgs { file: file.to_owned(), ..args.pipeline.clone() };
    let loaded = session.load(&pipeline, runtime, Arc::new(Silent));
    let is_wanted = match &loaded {
        Ok(plan) => is_chosen(&args.select, (id, Some(&plan.name), &plan.tags))?,
        // A broken file that nobody asked for is no failure; its name is not known, but its path is.
        Err(_) => is_chosen(&args.select, (id, None, &[]))?,
    };
    Ok(is_wanted.then_some(loaded))
}

/// Closes those that were held, unless somebody will try all of them again.
fn close(session: &Session, held: &Mutex<Vec<EndedRun>>, (ended, cancel): (&[Ended], &CancellationToken)) {
    let held = std::mem::take(&mut *held.lock().unwrap_or_else(PoisonError::into_inner));
    let may_be_tried_again =
        |ended: &Ended| ended.result.as_ref().is_err_and(|failure| failure.code() != FILE_IS_WRONG);
    match cancel.is_cancelled() || ended.iter().any(may_be_tried_again) {
        true => keep(session, held),
        false => held.into_iter().for_each(|run| session.close_last(run)),
    }
}

/// Leaves those that have ended for whoever tries all of them again.
fn keep(session: &Session, held: Vec<EndedRun>) {
    let names: Vec<String> = held.iter().map(|run| format!("`{}`", run.summary().pipeline)).collect();
    if !names.is_empty() {
        session.terminal.complain(format!(
            "{}: done; a `pipeline run` within {TRIED_AGAIN:#} of now does not add these rows once more, which `--restart` does",
            names.join(", ")
        ));
    }
    held.into_iter().for_each(EndedRun::keep);
}

/// Runs one; those that would add their rows once more are held until all have ended.
async fn run_one(
    (session, held): (&Session, &Mutex<Vec<EndedRun>>),
    plan: &Plan,
    options: &RunOptions,
) -> Result<RunSummary, Failure> {
    session.terminal.say(format!("{}: begins", plan.name));
    let ended = pipeline_engine::run_and_hold(plan, options).await?;
    let summary = ended.summary().clone();
    // Whoever tries all of them again because a signal has ended a later one must not add the rows of this one twice.
    match ended.repeats() {
        true => held.lock().unwrap_or_else(PoisonError::into_inner).push(ended),
        false => session.close_last(ended),
    }
    Ok(summary)
}

/// All files, by id: for files of their own the path as it was given, without its extension. One that is named several times is run
/// once.
fn all_files(args: &RunArgs) -> Vec<(String, PathBuf)> {
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for path in std::iter::once(&args.pipeline.file).chain(&args.more) {
        match path.is_dir() {
            true => files.extend(pipeline_files(path)),
            false => files.push((path.with_extension("").to_string_lossy().into_owned(), path.clone())),
        }
    }
    let mut known = HashSet::new();
    files.retain(|(_, file)| known.insert(fs::canonicalize(file).unwrap_or_else(|_| file.clone())));
    files
}

/// Whether a pipeline is one of those that were asked for.
fn is_chosen(select: &[String], (id, name, tags): (&str, Option<&str>, &[String])) -> Result<bool, Failure> {
    for wanted in select {
        let is_it = match wanted.strip_prefix("tag:") {
            Some(tag) => tags.iter().any(|known| known == tag),
            None => {
                let pattern = glob::Pattern::new(wanted);
                let pattern = pattern.map_err(|error| Failure::usage(format!("`{wanted}`: {error}")))?;
                pattern.matches(id) || name.is_some_and(|name| pattern.matches(name))
            }
        };
        if is_it {
            return Ok(true);
        }
    }
    Ok(select.is_empty())
}

/// Those of which a file has changed: the pipeline's own, its converter, what that imports, its datasource.
fn changed(files: Vec<(String, PathBuf)>, since: Option<&str>) -> Result<Vec<(String, PathBuf)>, Failure> {
    let Some(since) = since else { return Ok(files) };
    if let Some(moment) = moment(since) {
        let is_newer = |source: &PathBuf| {
            let modified = source.metadata().and_then(|metadata| metadata.modified()).ok();
            modified.and_then(|time| jiff::Timestamp::try_from(time).ok()).is_some_and(|time| time >= moment)
        };
        return Ok(files.into_iter().filter(|(_, file)| source_files(file).iter().any(is_newer)).collect());
    }
    let (mut kept, mut asked) = (Vec::new(), BTreeMap::new());
    for (id, file) in files {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let changed = match asked.entry(folder) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let changed = changed_in_git(new.key(), since)?;
                new.insert(changed)
            }
        };
        let sources = source_files(&file);
        let mut sources = sources.iter().filter_map(|source| source.canonicalize().ok());
        if sources.any(|source| changed.contains(&source)) {
            kept.push((id, file));
        }
    }
    Ok(kept)
}

/// A time, a day, or how long ago.
fn moment(text: &str) -> Option<jiff::Timestamp> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time);
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let midnight = jiff::tz::TimeZone::system().to_timestamp(date.at(0, 0, 0, 0));
        return midnight.ok();
    }
    jiff::Timestamp::now().checked_sub(humantime::parse_duration(text).ok()?).ok()
}

/// What differs from a revision, files that git does not know yet included.
fn changed_in_git(folder: &Path, revision: &str) -> Result<Vec<PathBuf>, Failure> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let git = |arguments: &[&str]| -> Result<String, Failure> {
        let output = Command::new("git")
            .env_remove("PIPELINE_SERVE_TOKEN")
            .arg("-C")
            .arg(folder)
            .args(arguments)
            .output();
        let output = output.map_err(|error| Failure::usage(format!("git cannot be asked: {error}")))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Failure::usage(format!(
                "`{revision}` is no time, and git says: {}",
                String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default()
            ))),
        }
    };
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?.trim_end());
    // A revision that begins with a dash would be an option.
    git(&["rev-parse", "--verify", "--quiet", "--end-of-options", revision])?;
    let differs = git(&["diff", "--name-only", "-z", revision, "--", ":/"])?;
    let unknown = git(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z", ":/"])?;
    let paths = differs.split('\0').chain(unknown.split('\0')).filter(|path| !path.is_empty());
    Ok(paths.filter_map(|path| top.join(path).canonicalize().ok()).collect())
}

fn told(session: &Session, ended: Ended) -> Ended {
    match &ended.result {
        Ok(summary) => {
            session.terminal.say(format!(
                "{}: {} in {}",
                summary.pipeline,
                numbers::counted(summary.rows(), "row"),
                numbers::time(summary.elapsed)
            ));
            warn_of_missing(session, summary);
            say_where(session, summary);
            say_of_earlier(session, summary);
            for line in summary.tables.iter().flat_map(notes) {
                session.terminal.complain(line);
            }
        }
        Err(failure) => session.terminal.complain(session.redactor.redact(failure.message())),
    }
    ended
}

/// Says what has become of all of them; some are not done where somebody has stopped the program.
fn sum_up(
    session: &Session,
    format: Format,
    (ended, not_done): (&[Ended], &[String]),
) -> Result<(), Failure> {
    let codes: Vec<u8> = ended.iter().filter_map(|ended| Some(ended.result.as_ref().err()?.code())).collect();
    let stopped = (!not_done.is_empty()).then_some(INTERRUPTED);
    let failure = (!codes.is_empty() || stopped.is_some()).then(|| {
        let all_codes: Vec<u8> = codes.iter().copied().chain(stopped).collect();
        let n_all = numbers::counted((ended.len() + not_done.len()) as u64, "pipeline");
        let rest = match not_done {
            [] => String::new(),
            rest => format!(", and {} not done: `{}`", verb(rest.len()), rest.join("`, `")),
        };
        Failure::of_several(format!("{} of {n_all} failed{rest}", codes.len()), &all_codes)
    });
    match format {
        Format::Json => {
            let pipelines: Vec<Value> = ended.iter().map(|ended| as_json(session, ended)).collect();
            let code = failure.as_ref().map_or(0, Failure::code);
            let text = json!({"code": code, "pipelines": pipelines, "not_done": not_done}).to_string();
            complain_of_printing(session, session.terminal.print(text));
        }
        Format::Text => {
            let n_done = ended.len() - codes.len();
            let text = format!("{} done", numbers::counted(n_done as u64, "pipeline"));
            complain_of_printing(session, session.terminal.print(text));
        }
    }
    failure.map_or(Ok(()), Err)
}

fn verb(n: usize) -> String {
    if n == 1 { "1 was".to_owned() } else { format!("{n} were") }
}

fn as_json(session: &Session, ended: &Ended) -> Value {
    let (code, error, summary) = match &ended.result {
        Ok(summary) => (0, None, Some(summary)),
        Err(failure) => (failure.code(), Some(session.redactor.redact(failure.message())), None),
    };
    json!({
        "id": ended.id, "file": ended.file, "name": ended.name,
        "code": code, "error": error, "summary": summary,
    })
}

//! A run from its beginning to its end.

use std::{
    collections::BTreeMap,
    sync::{Arc, MutexGuard},
};

use jiff::Timestamp;
use pipeline_config::explain;
use pipeline_engine::{Plan, Reaction, ResumePolicy, RunError, RunOptions, RunSummary, Scope};
use pipeline_history::{LeaseEnd, RunOutcome};
use pipeline_schedule::{Action, Ended};
use tokio_util::sync::CancellationToken;

use super::{
    feed::FeedKind,
    live_run::LiveRun,
    notices::{Notice, NoticeKind},
    shared::{Cause, Entry, Running, Shared},
    targets::{Patience, Reached, reach},
};

/// Runs a plan as soon as there is a slot, and tells the server how it ended.
pub(super) async fn carry_out(
    shared: Arc<Shared>,
    id: String,
    (plan, patience): (Plan, Patience),
    (live, cancel): (Arc<LiveRun>, CancellationToken),
) {
    match reach(&shared, &plan, patience, (&live, &cancel)).await {
        Reached::Free => {}
        Reached::Ended => return ended(&shared, &id, &Err(RunError::Interrupted)),
        Reached::LeftOut(why) => return left_out(&shared, &id, &why),
    }
    let options = RunOptions {
        cluster: None,
        observer: Arc::clone(&live) as _,
        cancel: cancel.clone(),
        n_converters: shared.options.n_converters,
        scope: Scope::Changes,
        resume: ResumePolicy::Resume,
    };
    live.say("info", "waiting for its turn");
    let result = tokio::select! {
        biased;
        slot = shared.slots.acquire() => {
            live.say("info", "begins");
            let result = shared.runner.run(plan, options).await;
            drop(slot);
            result
        }
        () = cancel.cancelled() => Err(RunError::Interrupted),
    };
    ended(&shared, &id, &result);
}

/// How a run ended, as far as it matters here.
struct How<'r> {
    outcome: RunOutcome,
    ended: Ended,
    error: Option<&'r str>,
}

fn ended(shared: &Arc<Shared>, id: &str, result: &Result<RunSummary, RunError>) {
    let mut entries = shared.entries();
    let Some(entry) = entries.get_mut(id) else { return };
    let Some(running) = entry.running.take() else { return };
    entry.observer.set(None);
    let error = result.as_ref().err().map(|error| {
        let text = match running.cause {
            Some(Cause::Timeout) => "it took longer than its `timeout`".to_owned(),
            _ => explain(error),
        };
        shared.options.redactor.redact(&text).into_owned()
    });
    let how = How { error: error.as_deref(), ..verdict(result, running.cause) };
    entry.totals.add(how.outcome, &running.live.progress());
    tell(shared, entry, &running, (how.outcome.word(), how.error));
    if let Ok(summary) = result {
        entry.totals.retries += summary.retries;
        entry.totals.last_success = Some(shared.clock.now());
    }
    let actions = follow_up(shared, entry, (&running, &how));
    shared.perform(entry, actions);
    go_on(shared, entries, id);
}

/// What comes after a run, however it has ended.
fn go_on(shared: &Arc<Shared>, mut entries: MutexGuard<'_, BTreeMap<String, Entry>>, id: &str) {
    let Some(entry) = entries.get_mut(id) else { return };
    if entry.running.is_none()
        && let Some((planned, attempt)) = entry.pending.take()
    {
        shared.perform(entry, vec![Action::Start { planned, attempt }]);
    }
    if entry.is_gone && entry.running.is_none() {
        entries.remove(id);
        shared.feed.tell(FeedKind::PipelinesChanged {});
    }
    shared.wake.notify_one();
}

/// The end of a planned run that has not begun, because others are at work on its target. Nobody is told of a failure.
fn left_out(shared: &Arc<Shared>, id: &str, why: &str) {
    let mut entries = shared.entries();
    let Some(entry) = entries.get_mut(id) else { return };
    let Some(running) = entry.running.take() else { return };
    entry.observer.set(None);
    let why = shared.options.redactor.redact(why).into_owned();
    tell(shared, entry, &running, ("skipped", Some(&why)));
    if let Some(planned) = running.planned {
        shared.skip(entry, planned, &why);
        let is_known = entry.timetable.as_ref().is_some_and(|timetable| timetable.is_running(planned));
        let actions = if is_known { shared.answer(entry, Ended::Succeeded) } else { Vec::new() };
        shared.perform(entry, actions);
    }
    go_on(shared, entries, id);
}

fn verdict(result: &Result<RunSummary, RunError>, cause: Option<Cause>) -> How<'static> {
    let (outcome, ended) = match (result, cause) {
        (Ok(_), _) => (RunOutcome::Done, Ended::Succeeded),
        (Err(error), cause) => match (error.reaction(), cause) {
            (Reaction::Interrupted, Some(Cause::Draining)) => (RunOutcome::Interrupted, Ended::Interrupted),
            // Nobody wants a run tried again that somebody has cancelled.
            (Reaction::Interrupted, Some(Cause::Cancelled)) => (RunOutcome::Interrupted, Ended::Succeeded),
            (Reaction::Interrupted, _) | (Reaction::Failed | Reaction::Reauthorize, _) => {
                (RunOutcome::Failed, Ended::Failed)
            }
            (Reaction::Resume, _) => (RunOutcome::Quota, Ended::Failed),
        },
    };
    How { outcome, ended, error: None }
}

fn tell(shared: &Shared, entry: &Entry, running: &Running, (outcome, error): (&'static str, Option<&str>)) {
    let progress = running.live.progress();
    match error {
        Some(error) => running.live.say("error", error),
        None => running.live.say("info", "done"),
    }
    shared.keep_log(&running.live);
    shared.feed.tell(FeedKind::RunEnded {
        run: running.live.run.clone(),
        pipeline: entry.id.clone(),
        outcome,
        error: error.map(str::to_owned),
        rows: progress.rows,
        pages: progress.pages,
        seconds: progress.seconds,
    });
}

/// What comes after a run that the schedule asked for; nothing after others, but that the next start goes on with them.
fn follow_up(shared: &Arc<Shared>, entry: &mut Entry, (running, how): (&Running, &How<'_>)) -> Vec<Action> {
    let Some(planned) = running.planned else {
        if how.ended == Ended::Interrupted
            && let Err(error) = shared.leases.interrupt(&entry.times)
        {
            tracing::warn!(pipeline = entry.id, %error, "the next start does not go on with the run");
        }
        return Vec::new();
    };
    let is_known = entry.timetable.as_ref().is_some_and(|timetable| timetable.is_running(planned));
    let actions = if is_known { shared.answer(entry, how.ended) } else { Vec::new() };
    let is_over = !is_known || actions.iter().any(|action| matches!(action, Action::Report { .. }));
    let end = match how.ended {
        Ended::Succeeded if running.cause == Some(Cause::Cancelled) => LeaseEnd::Cancelled,
        Ended::Succeeded => LeaseEnd::Done,
        Ended::Failed if is_over => LeaseEnd::Failed,
        // It is tried again, and stays ours.
        Ended::Failed => {
            if let Err(error) = shared.leases.failed(&entry.times, planned.at, running.attempt) {
                tracing::warn!(pipeline = entry.id, %error, "a server that starts again counts its tries anew");
            }
            return actions;
        }
        Ended::Interrupted => LeaseEnd::Open,
    };
    entry.last_error = how.error.map(|error| (running.live.run.clone(), error.to_owned()));
    // Before the planned time is over: nobody would hear of it after a kill in between.
    let (reports, actions): (Vec<Action>, Vec<Action>) =
        actions.into_iter().partition(|action| matches!(action, Action::Report { .. }));
    let mut tellings = Vec::new();
    for report in reports {
        if let Action::Report { planned, attempts } = report {
            let notice = Notice::new(entry, NoticeKind::Failed { attempts }, planned.at);
            tellings.extend(shared.note(entry, notice));
        }
    }
    let before = shared.end_claim(entry, planned.at, (end, Some(&running.live.run)));
    shared.tell(tellings);
    if end == LeaseEnd::Done && before.as_deref() == Some("failed") {
        recovered(shared, entry, (&running.live.run, planned.at));
    }
    actions
}

fn recovered(shared: &Arc<Shared>, entry: &mut Entry, (run, planned): (&str, Timestamp)) {
    let kind = NoticeKind::Recovered { run: run.to_owned() };
    let notice = Notice::new(entry, kind, planned);
    shared.notify(entry, notice);
}

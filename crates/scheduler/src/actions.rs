//! Does what a timetable has decided.

use std::{collections::VecDeque, sync::Arc};

use jiff::Timestamp;
use pipeline_history::{Lease, LeaseEnd, RunOutcome};
use pipeline_schedule::{Action, Ended, Overlap, Planned, Reason};
use tokio_util::sync::CancellationToken;

use super::{
    SupervisorError,
    feed::FeedKind,
    live_run::LiveRun,
    notices::{Notice, NoticeKind},
    runs::carry_out,
    shared::{Cause, Entry, Running, Shared},
    targets::Patience,
};

impl Shared {
    /// Does what is to be done, and what follows from that.
    pub(super) fn perform(self: &Arc<Self>, entry: &mut Entry, actions: Vec<Action>) {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Start { planned, attempt } => actions.extend(self.start(entry, (planned, attempt))),
                Action::Skip { planned, reason } => {
                    let why = match reason {
                        Reason::Overlap => "the run before has not ended",
                        Reason::Missed => "its time had passed",
                    };
                    self.skip(entry, planned, why);
                }
                Action::Stop { planned } => {
                    if let Some(running) = entry.running.as_mut().filter(|run| run.planned == Some(planned)) {
                        running.cause.get_or_insert(Cause::Timeout);
                        running.cancel.cancel();
                    }
                }
                Action::Report { planned, attempts } => {
                    let kind = NoticeKind::Failed { attempts };
                    let notice = Notice::new(entry, kind, planned.at);
                    self.notify(entry, notice);
                }
            }
        }
    }

    /// Goes on with runs that somebody asked for by hand and that the end of a server has interrupted.
    pub(super) fn go_on_with_interrupted(self: &Arc<Self>) {
        for entry in self.entries().values_mut().filter(|entry| entry.plan.is_some()) {
            match self.leases.take_interrupted(&entry.times) {
                Ok(true) => drop(self.begin(entry, None, 1)),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(pipeline = entry.id, %error, "whether a run was interrupted is not known");
                }
            }
        }
    }

    /// Reaches for a planned time; gives what follows when it is not to be run here.
    fn start(self: &Arc<Self>, entry: &mut Entry, (planned, attempt): (Planned, u32)) -> Vec<Action> {
        if self.draining.is_cancelled() {
            return self.answer(entry, Ended::Interrupted);
        }
        entry.is_paused = self.leases.is_paused(&entry.key).unwrap_or(entry.is_paused);
        if entry.is_paused {
            self.skip(entry, planned, "the schedule is paused");
            return self.answer(entry, Ended::Succeeded);
        }
        if entry.running.is_some() {
            let overlap =
                entry.plan.as_ref().and_then(|plan| plan.schedule.as_ref()).map(|spec| spec.overlap);
            if overlap == Some(Overlap::Queue) {
                entry.pending = Some((planned, attempt));
                return Vec::new();
            }
            self.skip(entry, planned, "a run that was asked for by hand has not ended");
            return self.answer(entry, Ended::Succeeded);
        }
        match self.claim(entry, planned.at) {
            Ok(claim) => self.take(entry, (planned, attempt), claim),
            Err(error) => {
                tracing::error!(pipeline = entry.id, %error, "a planned run cannot begin");
                self.answer(entry, Ended::Failed)
            }
        }
    }

    /// Reaches for a planned time; a run that the history knows to have ended well is not begun once more.
    pub(super) fn claim(&self, entry: &Entry, planned: Timestamp) -> Result<Lease, SupervisorError> {
        let is_done = |run_id: &str| {
            self.history.end_of(run_id).is_some_and(|(outcome, _)| outcome == RunOutcome::Done)
        };
        Ok(self.leases.claim(&entry.times, planned, is_done)?)
    }

    /// Goes on after reaching for a planned time that another server had.
    pub(super) fn claimed(self: &Arc<Self>, entry: &mut Entry, what: (Planned, u32), claim: Lease) {
        let actions = self.take(entry, what, claim);
        self.perform(entry, actions);
    }

    fn take(
        self: &Arc<Self>,
        entry: &mut Entry,
        (planned, attempt): (Planned, u32),
        claim: Lease,
    ) -> Vec<Action> {
        match claim {
            Lease::Ours => {
                let attempt = attempt.max(self.n_failed(entry, planned.at).saturating_add(1));
                if let Some(timetable) = &mut entry.timetable {
                    timetable.is_tried(planned, attempt);
                }
                self.begin(entry, Some(planned), attempt);
                Vec::new()
            }
            Lease::Theirs => {
                entry.watched = Some(planned);
                Vec::new()
            }
            Lease::Over => self.answer(entry, Ended::Succeeded),
        }
    }

    /// How often a planned time has failed so far, with servers that have ended since, too.
    fn n_failed(&self, entry: &Entry, planned: Timestamp) -> u32 {
        self.leases.n_failed(&entry.times, planned).unwrap_or_else(|error| {
            tracing::warn!(pipeline = entry.id, %error, "how often a planned run was tried is not known");
            0
        })
    }

    /// Begins a run; the caller has seen that none is under way. Gives its id.
    pub(super) fn begin(
        self: &Arc<Self>,
        entry: &mut Entry,
        planned: Option<Planned>,
        attempt: u32,
    ) -> Option<String> {
        let plan = entry.plan.as_ref()?.at(self.clock.now());
        let live = Arc::new(LiveRun::new((&plan.run_id, &entry.id), &self.feed, &self.options.redactor));
        let cancel = CancellationToken::new();
        entry.observer.set(Some(Arc::clone(&live)));
        let (run, started_at) = (plan.run_id.clone(), plan.started_at);
        if let Some(planned) = planned
            && let Err(error) = self.leases.begun(&entry.times, planned.at, &run)
        {
            tracing::warn!(pipeline = entry.id, %error, "the run of a planned time is not written down");
        }
        self.feed.tell(FeedKind::RunStarted {
            run: run.clone(),
            pipeline: entry.id.clone(),
            started_at: started_at.to_string(),
            planned: planned.map(|planned| planned.at.to_string()),
            attempt,
        });
        let patience = Patience::of(entry, planned, attempt);
        self.tasks.spawn(carry_out(
            Arc::clone(self),
            entry.id.clone(),
            (plan, patience),
            (Arc::clone(&live), cancel.clone()),
        ));
        entry.running = Some(Running { live, started_at, planned, attempt, cancel, cause: None });
        Some(run)
    }

    pub(super) fn skip(&self, entry: &mut Entry, planned: Planned, why: &str) {
        entry.totals.skipped += 1;
        tracing::info!(pipeline = entry.id, planned = %planned.at, why, "left out");
        self.end_claim(entry, planned.at, (LeaseEnd::Skipped, None));
    }

    /// What the timetable says to how its run has ended.
    pub(super) fn answer(&self, entry: &mut Entry, how: Ended) -> Vec<Action> {
        entry.timetable.as_mut().map(|timetable| timetable.ended(self.clock.now(), how)).unwrap_or_default()
    }

    /// Writes down the end of a planned time; gives how the one before ended.
    pub(super) fn end_claim(
        &self,
        entry: &Entry,
        planned: Timestamp,
        end: (LeaseEnd, Option<&str>),
    ) -> Option<String> {
        self.leases.end(&entry.times, planned, end).unwrap_or_else(|error| {
            tracing::warn!(pipeline = entry.id, %error, "the end of a planned run is not written down");
            None
        })
    }
}

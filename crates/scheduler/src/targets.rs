//! A planned run whose target somebody else is at work on: a run by hand, or one of another state folder's server.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use pipeline_config::explain;
use pipeline_engine::{Plan, in_use};
use pipeline_schedule::{Overlap, Planned};
use tokio_util::sync::CancellationToken;

use super::{
    live_run::LiveRun,
    shared::{Entry, Shared},
};

/// How soon it is noticed that a target is free.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What a run does while a target is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// It fails, and says who is at work.
    None,
    /// It is left out.
    LeaveOut,
    /// It waits until the next planned time, and as long as its `timeout`, where it has one.
    Wait(Option<Timestamp>),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Reached {
    /// The run may begin.
    Free,
    /// Somebody has ended it meanwhile.
    Ended,
    /// It is not run, for this reason.
    LeftOut(String),
}

impl Patience {
    /// That of a run: what `overlap` says holds for runs by hand, too. One that is tried again after a failure has something to
    /// tell, and is not left out.
    pub(super) fn of(entry: &Entry, planned: Option<Planned>, attempt: u32) -> Self {
        let spec = entry.plan.as_ref().and_then(|plan| plan.schedule.as_ref());
        match (planned, spec.map(|spec| (spec, spec.overlap))) {
            (Some(_), Some((_, Overlap::Skip))) if attempt == 1 => Self::LeaveOut,
            (Some(_), Some((spec, Overlap::Queue))) if spec.timeout.is_some() => Self::Wait(None),
            (Some(planned), Some((spec, Overlap::Queue))) => {
                Self::Wait(spec.times.after(planned.at).map(|next| next.starts))
            }
            _ => Self::None,
        }
    }
}

/// Waits for the targets of a plan, as far as its patience goes.
pub(super) async fn reach(
    shared: &Shared,
    plan: &Plan,
    patience: Patience,
    (live, cancel): (&Arc<LiveRun>, &CancellationToken),
) -> Reached {
    let mut is_told = false;
    loop {
        let Some(error) = in_use(plan).filter(|_| patience != Patience::None) else { return Reached::Free };
        let why = explain(&error);
        let Patience::Wait(until) = patience else { return Reached::LeftOut(why) };
        if until.is_some_and(|until| shared.clock.now() >= until) {
            return Reached::LeftOut(format!("{why}, and the next planned time has come"));
        }
        if !std::mem::replace(&mut is_told, true) {
            live.say("warn", &format!("waiting: {why}"));
        }
        tokio::select! {
            () = shared.clock.sleep(LOOK_EVERY) => {}
            () = cancel.cancelled() => return Reached::Ended,
        }
    }
}

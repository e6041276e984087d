//! The rounds of a server: what is due, and which files have changed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use pipeline_authoring::Watch;
use pipeline_history::Lease;

use super::{Attention, clock::Clock, shared::Shared};

/// Nobody sleeps longer at once, so that a clock that was set and a machine that was suspended are noticed.
const MAX_SLEEP: Duration = Duration::from_secs(60);
/// How soon a server tells what another one has left that is gone.
const TELL_EVERY: Duration = Duration::from_secs(50);
/// How soon the end of a run of another server is noticed, and its death.
const WATCH_EVERY: Duration = Duration::from_secs(2);
/// How often the folder of pipelines is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Clocks drift by less than this in a round; more means that somebody set one.
const MAX_DRIFT: SignedDuration = SignedDuration::from_secs(2);

/// Does what is due until the server ends.
pub(super) async fn rounds(shared: Arc<Shared>) {
    let mut clocks = Clocks::new(shared.clock.as_ref());
    let mut looked = Instant::now();
    loop {
        if let Some(jump) = clocks.jump(shared.clock.as_ref()) {
            tracing::warn!(by = %jump, "the clock was set, or the machine was suspended");
            if jump.is_negative() {
                set_back(&shared, jump.abs());
            }
        }
        if shared.options.attention == Attention::All && looked.elapsed() > TELL_EVERY {
            looked = Instant::now();
            shared.tell_untold();
        }
        let now = shared.clock.now();
        look(&shared, now);
        let sleep = until_next(&shared, now);
        tokio::select! {
            () = shared.clock.sleep(sleep) => {}
            () = shared.wake.notified() => {}
            () = shared.draining.cancelled() => return,
        }
    }
}

/// Goes by the clock as it is now, which was ahead before.
fn set_back(shared: &Shared, step: SignedDuration) {
    // It is noticed after a sleep at the latest; times in between that were run already are over.
    let since = shared.clock.now() - MAX_SLEEP;
    for entry in shared.entries().values_mut() {
        if let Some(timetable) = &mut entry.timetable {
            timetable.clock_set_back(since, step);
        }
    }
}

/// Reads files again when they change, until the server ends.
pub(super) async fn reloads(shared: Arc<Shared>, mut watch: Watch) {
    let mut said = None;
    loop {
        let changed = tokio::select! {
            changed = watch.changed() => changed,
            () = tokio::time::sleep(LOOK_EVERY) => Ok(Vec::new()),
            () = shared.draining.cancelled() => return,
        };
        let changed = match changed {
            Ok(changed) => changed,
            Err(error) => {
                let problem = error.to_string();
                if said.as_ref() != Some(&problem) {
                    tracing::error!(problem, "changes of files may not be noticed");
                }
                said = Some(problem);
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
        };
        if changed.is_empty() && !shared.folder.is_to_be_read(&shared.options.folder) {
            continue;
        }
        let here = Arc::clone(&shared);
        // Scripts are read, which takes as long as their authors want.
        let read = move || here.read_again(&changed);
        if tokio::task::spawn_blocking(read).await.is_err() {
            tracing::error!("files that have changed could not be read");
        }
        shared.wake.notify_one();
    }
}

/// What is due now, pipeline by pipeline.
fn look(shared: &Arc<Shared>, now: Timestamp) {
    let mut entries = shared.entries();
    for entry in entries.values_mut() {
        if let Some(planned) = entry.watched {
            match shared.claim(entry, planned.at) {
                Ok(Lease::Theirs) => {}
                Ok(claim) => {
                    entry.watched = None;
                    shared.claimed(entry, (planned, 1), claim);
                }
                Err(error) => tracing::warn!(pipeline = entry.id, %error, "the other server is not seen"),
            }
        }
        if let Some(timetable) = &mut entry.timetable {
            let actions = timetable.tick(now);
            shared.perform(entry, actions);
        }
    }
}

fn until_next(shared: &Shared, now: Timestamp) -> Duration {
    let entries = shared.entries();
    let wakes = entries.values().filter_map(|entry| entry.timetable.as_ref()?.wake_at());
    let wake = wakes.min().map_or(MAX_SLEEP, |wake| {
        // What is due already waits for a run to end, and that wakes us.
        let left = now.duration_until(wake);
        if left.is_positive() { left.unsigned_abs() } else { MAX_SLEEP }
    });
    let is_watching = entries.values().any(|entry| entry.watched.is_some());
    wake.min(if is_watching { WATCH_EVERY } else { MAX_SLEEP })
}

/// The distance between the clock that can be set and the one that cannot.
struct Clocks {
    distance: SignedDuration,
}

impl Clocks {
    fn new(clock: &dyn Clock) -> Self {
        Self { distance: distance(clock) }
    }

    fn jump(&mut self, clock: &dyn Clock) -> Option<SignedDuration> {
        let jump = distance(clock) - std::mem::replace(&mut self.distance, distance(clock));
        (jump.abs() > MAX_DRIFT).then_some(jump)
    }
}

fn distance(clock: &dyn Clock) -> SignedDuration {
    let running = SignedDuration::try_from(clock.running()).unwrap_or(SignedDuration::MAX);
    clock.now().duration_since(Timestamp::UNIX_EPOCH).saturating_sub(running)
}

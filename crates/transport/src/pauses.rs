//! Hosts that want no request for a while.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use jiff::Timestamp;

use crate::clock::{StepBack, until};

/// Until when each host is left alone.
#[derive(Debug, Default)]
pub struct Pauses(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    hosts: HashMap<String, Timestamp>,
    clock: StepBack,
}

impl Pauses {
    /// No request to `host` before `time`.
    pub fn pause(&self, host: &str, time: Timestamp) {
        let mut state = self.lock();
        let known = state.hosts.entry(host.to_owned()).or_insert(time);
        *known = time.max(*known);
    }

    /// When `host` may be asked again, and how long that is from now; `None` when now.
    pub fn remaining(&self, host: &str, now: Timestamp) -> Option<(Timestamp, Duration)> {
        let mut state = self.lock();
        if let Some(step) = state.clock.seen(now) {
            for time in state.hosts.values_mut() {
                *time = time.saturating_sub(step).unwrap_or(Timestamp::MIN);
            }
        }
        let time = *state.hosts.get(host)?;
        if time <= now {
            state.hosts.remove(host);
            return None;
        }
        Some((time, until(now, time)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no one panics while holding the pauses")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_as_long_when_the_clock_is_set_back() {
        let pauses = Pauses::default();
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        assert_eq!(pauses.remaining("a", now), None);
        pauses.pause("a", now + Duration::from_secs(60));
        assert_eq!(pauses.remaining("a", now).unwrap().1.as_secs(), 60);
        let earlier = now - Duration::from_secs(7200);
        assert_eq!(pauses.remaining("a", earlier).unwrap().1.as_secs(), 60);
        assert_eq!(pauses.remaining("a", earlier + Duration::from_secs(61)), None);
    }
}

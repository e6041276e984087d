//! When requests may start: the rates of a datasource, and hosts that want to be left alone.

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{limits::Rate, pauses::Pauses, throttle::Throttle};

/// Gives all requests of a datasource their turns, those of other processes included where it is shared with them.
#[async_trait]
pub trait Turns: Debug + Send + Sync {
    /// Takes a place in the queue for a request to `host`.
    ///
    /// # Errors
    /// A sentence, where the turns are given in another process that cannot be asked.
    async fn take(&self, host: &str, now: Timestamp) -> Result<Turn, String>;

    /// No request to `host` before `until`.
    async fn pause(&self, host: &str, until: Timestamp);

    /// Whether `host` is known to be left alone now; a turn that was waited for is kept only where it is not.
    fn is_paused(&self, host: &str, now: Timestamp) -> bool;
}

/// What became of a request that wants to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It has a place, and may start after so long.
    After(Duration),
    /// It has none: the host is left alone.
    Paused {
        /// Up to when.
        until: Timestamp,
        /// How long that is.
        wait: Duration,
    },
}

/// The turns of one process.
#[derive(Debug)]
pub(crate) struct OwnTurns {
    throttle: Throttle,
    pauses: Pauses,
}

impl OwnTurns {
    pub(crate) fn new(rates: &[Rate]) -> Self {
        Self { throttle: Throttle::new(rates), pauses: Pauses::default() }
    }
}

#[async_trait]
impl Turns for OwnTurns {
    async fn take(&self, host: &str, now: Timestamp) -> Result<Turn, String> {
        Ok(match self.pauses.remaining(host, now) {
            Some((until, wait)) => Turn::Paused { until, wait },
            None => Turn::After(self.throttle.reserve(now)),
        })
    }

    async fn pause(&self, host: &str, until: Timestamp) {
        self.pauses.pause(host, until);
    }

    fn is_paused(&self, host: &str, now: Timestamp) -> bool {
        self.pauses.remaining(host, now).is_some()
    }
}

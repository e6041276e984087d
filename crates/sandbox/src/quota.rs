//! Points, as Atlassian counts them for apps that log in with OAuth 2.0.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::faults::Fault;

/// What all requests of an app may cost within a window; then every one is refused until the next window.
///
/// A request costs 1 and an issue that it returns costs 1. Atlassian's smallest quota is 65,000 points an hour, over
/// all sites of an app; API tokens have none
/// (<https://developer.atlassian.com/cloud/jira/platform/rate-limiting/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The points of one window.
    pub points: u64,
    /// How long a window is; the first begins with the sandbox.
    pub window: Duration,
}

/// How many issues an answer holds, noted beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served(pub(crate) usize);

/// What has been used of a quota.
#[derive(Debug)]
pub(crate) struct Meter {
    quota: Option<Quota>,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    window: u128,
    points: u64,
}

impl Meter {
    pub(crate) fn new(quota: Option<Quota>) -> Meter {
        Meter { quota, used: Mutex::default() }
    }

    /// What requests get until the window ends, when all points are used up.
    pub(crate) fn refusal(&self, now: Duration) -> Option<Fault> {
        let quota = self.quota?;
        let is_used_up = self.used(quota, now).points >= quota.points;
        let left = window_ms(quota) - now.as_millis() % window_ms(quota);
        let seconds = u64::try_from(left.div_ceil(1_000)).unwrap_or(u64::MAX);
        is_used_up.then(|| Fault::quota_of(quota.points, seconds))
    }

    /// Counts an answer with so many issues, and returns what it cost.
    pub(crate) fn charge(&self, now: Duration, n_issues: usize) -> u64 {
        let Some(quota) = self.quota else { return 0 };
        let points = 1 + n_issues as u64;
        self.used(quota, now).points += points;
        points
    }

    fn used(&self, quota: Quota, now: Duration) -> MutexGuard<'_, Used> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let window = now.as_millis() / window_ms(quota);
        if window != used.window {
            *used = Used { window, points: 0 };
        }
        used
    }
}

fn window_ms(quota: Quota) -> u128 {
    quota.window.as_millis().max(1)
}

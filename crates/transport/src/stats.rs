//! What a client did so far.

use std::{
    ops::{Add, Sub},
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{clock::later, headers::Headers, rate_limit::http_date};

/// No server has said what time it is.
const UNKNOWN: i64 = i64::MAX;

/// Counters that any thread may read while requests run.
#[derive(Debug)]
pub struct Stats {
    requests: AtomicU64,
    retries: AtomicU64,
    waited_ms: AtomicU64,
    bytes: AtomicU64,
    /// In milliseconds, of the answer that says least.
    clock_ahead: AtomicI64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StatsSnapshot {
    /// Requests sent, each attempt and each redirect counted.
    pub requests: u64,
    /// Attempts after the first one of a request.
    pub retries: u64,
    /// Time that requests spent waiting for the next attempt or for a paused host, added up.
    pub waited: Duration,
    /// Bytes of content received, after decompression.
    pub bytes: u64,
    /// How far the clock of this machine was ahead of the server's, by the `Date` of its answers; zero without any.
    #[serde(default)]
    pub clock_ahead: Duration,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            waited_ms: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            clock_ahead: AtomicI64::new(UNKNOWN),
        }
    }
}

impl Add for StatsSnapshot {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            retries: self.retries + other.retries,
            waited: self.waited + other.waited,
            bytes: self.bytes + other.bytes,
            clock_ahead: self.clock_ahead.max(other.clock_ahead),
        }
    }
}

impl Sub for StatsSnapshot {
    type Output = Self;

    /// What was done since `earlier`.
    fn sub(self, earlier: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(earlier.requests),
            retries: self.retries.saturating_sub(earlier.retries),
            waited: self.waited.saturating_sub(earlier.waited),
            bytes: self.bytes.saturating_sub(earlier.bytes),
            clock_ahead: self.clock_ahead,
        }
    }
}

impl Stats {
    /// The counters now.
    pub fn snapshot(&self) -> StatsSnapshot {
        StatsSnapshot {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            waited: Duration::from_millis(self.waited_ms.load(Ordering::Relaxed)),
            bytes: self.bytes.load(Ordering::Relaxed),
            clock_ahead: self.clock_ahead(),
        }
    }

    /// A `Date` has whole seconds, and takes its time to come: less than that is no difference.
    fn clock_ahead(&self) -> Duration {
        const LEAST: Duration = Duration::from_secs(2);
        let milliseconds = self.clock_ahead.load(Ordering::Relaxed);
        let ahead = if milliseconds == UNKNOWN { 0 } else { u64::try_from(milliseconds).unwrap_or_default() };
        Some(Duration::from_millis(ahead)).filter(|ahead| *ahead > LEAST).unwrap_or_default()
    }

    /// Looks at the `Date` of an answer that has begun to come.
    pub(crate) fn compare_clocks(&self, headers: &Headers, now: Timestamp) {
        let Some(date) = headers.get("date").and_then(http_date) else { return };
        // How long a cache has kept it (RFC 9111 §5.1).
        let age = headers.get("age").and_then(|age| age.trim().parse().ok()).unwrap_or_default();
        let ahead = now.duration_since(later(date, Duration::from_secs(age)));
        let milliseconds = i64::try_from(ahead.as_millis()).unwrap_or(UNKNOWN);
        self.clock_ahead.fetch_min(milliseconds, Ordering::Relaxed);
    }

    pub(crate) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_wait(&self, wait: Duration) {
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.waited_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }

    pub(crate) fn count_bytes(&self, n_bytes: usize) {
        self.bytes.fetch_add(n_bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_ahead_is_known_by_the_answer_that_says_least() {
        let now: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        let check = |answers: &[&[(&str, &str)]], expected: u64| {
            let stats = Stats::default();
            for headers in answers {
                stats.compare_clocks(&headers.iter().copied().collect(), now);
            }
            assert_eq!(stats.snapshot().clock_ahead, Duration::from_secs(expected), "{answers:?}");
        };
        let date = |time: &'static str| ("Date", time);
        let (two, ten, ahead) = (
            "Mon, 02 Mar 2026 10:00:00 GMT",
            "Mon, 02 Mar 2026 11:50:00 GMT",
            "Mon, 02 Mar 2026 13:00:00 GMT",
        );
        check(&[], 0);
        check(&[&[]], 0);
        check(&[&[date("soon")]], 0);
        check(&[&[date(two)]], 7200);
        check(&[&[date(two), ("Age", "7190")]], 10);
        // An answer of a cache that does not say so is no proof.
        check(&[&[date(two)], &[date(ten)]], 600);
        check(&[&[date(two)], &[date("Mon, 02 Mar 2026 11:59:59 GMT")]], 0);
        check(&[&[date(ahead)]], 0);
    }
}

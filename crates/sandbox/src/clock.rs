//! The sandbox's time: real time, plus what a test has added to it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts from the start of the sandbox. Tokens age by it, so a test expires them without waiting.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    ahead_ms: AtomicU64,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock { started: Instant::now(), ahead_ms: AtomicU64::new(0) }
    }

    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed() + Duration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX / 2);
        self.ahead_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}

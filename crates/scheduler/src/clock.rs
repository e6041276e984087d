//! The time that schedules go by.

use std::{fmt::Debug, time::Duration};

use futures::future::BoxFuture;
use jiff::Timestamp;

/// What time it is, and how to wait.
pub trait Clock: Debug + Send + Sync {
    /// The time of the wall's clock, which somebody may set.
    fn now(&self) -> Timestamp;

    /// How long this clock has been running; nobody can set that.
    fn running(&self) -> Duration;

    /// Waits.
    fn sleep(&self, length: Duration) -> BoxFuture<'_, ()>;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn running(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, length: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(length))
    }
}

//! Time, as something that tests can hand in.

use std::{fmt, future::Future, pin::Pin, sync::Mutex, time::Duration};

use jiff::{SignedDuration, Timestamp};

/// Tells the time and lets it pass.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Resolves when `duration` has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The time of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Notices that the clock was set back, by the times that it is shown.
///
/// Times that were fixed before then lie too far ahead, and whoever waits for them would wait for as long as the clock
/// was set back.
#[derive(Debug, Default)]
pub(crate) struct StepBack {
    last: Option<Timestamp>,
}

impl StepBack {
    /// Threads show their times in any order; a clock that is set goes back by more.
    const LEAST: SignedDuration = SignedDuration::from_secs(1);

    /// By how much the clock was set back since the last call, if it was.
    pub(crate) fn seen(&mut self, now: Timestamp) -> Option<SignedDuration> {
        let last = self.last.replace(now)?;
        let step = last.duration_since(now);
        if step.is_positive() && step < Self::LEAST {
            self.last = Some(last);
        }
        (step >= Self::LEAST).then_some(step)
    }
}

/// A clock for tests: time passes only when someone sleeps, and then at once.
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<(Timestamp, Vec<Duration>)>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { state: Mutex::new((now, Vec::new())) }
    }

    /// Sets the clock.
    pub fn set(&self, now: Timestamp) {
        self.lock().0 = now;
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.lock();
        state.0 = later(state.0, duration);
    }

    /// How long each sleep so far was asked to be, in order.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.lock().1.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Timestamp, Vec<Duration>)> {
        self.state.lock().expect("no one panics while holding the clock")
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().0
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.advance(duration);
        self.lock().1.push(duration);
        Box::pin(tokio::task::yield_now())
    }
}

/// The time `duration` after `time`; the end of time when that is beyond it.
pub(crate) fn later(time: Timestamp, duration: Duration) -> Timestamp {
    let signed = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    time.saturating_add(signed).unwrap_or(Timestamp::MAX)
}

/// The first whole second from `time` on: nobody reads nanoseconds.
pub(crate) fn whole_second(time: Timestamp) -> Timestamp {
    let is_whole = time.subsec_nanosecond() == 0;
    let begun = time.as_second();
    let whole = || Timestamp::from_second(begun + 1).or_else(|_| Timestamp::from_second(begun));
    if is_whole { time } else { whole().unwrap_or(time) }
}

/// How long it is from `now` until `time`; zero when that has passed.
pub(crate) fn until(now: Timestamp, time: Timestamp) -> Duration {
    Duration::try_from(now.duration_until(time)).unwrap_or_default()
}

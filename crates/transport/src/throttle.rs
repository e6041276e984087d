//! Spreads the starts of requests over time.

use std::{sync::Mutex, time::Duration};

use jiff::Timestamp;

use crate::{
    clock::{StepBack, later, until},
    limits::Rate,
};

/// The generic cell rate algorithm (ITU-T I.371), with a burst as large as the rate.
#[derive(Debug)]
pub(crate) struct Throttle {
    cells: Mutex<(Vec<Cell>, StepBack)>,
}

#[derive(Debug)]
struct Cell {
    /// Between two requests at the full rate.
    interval: Duration,
    /// How far ahead of the even spacing requests may run after a rest.
    tolerance: Duration,
    /// When the next request would start if all were spaced evenly.
    next: Timestamp,
}

impl Throttle {
    pub(crate) fn new(rates: &[Rate]) -> Self {
        let cell = |rate: &Rate| {
            let interval = rate.per / rate.requests.get();
            Cell { interval, tolerance: rate.per.saturating_sub(interval), next: Timestamp::MIN }
        };
        Self { cells: Mutex::new((rates.iter().map(cell).collect(), StepBack::default())) }
    }

    /// Takes a place in the queue; the request may start after so long.
    pub(crate) fn reserve(&self, now: Timestamp) -> Duration {
        let mut guard = self.cells.lock().expect("no one panics while holding the throttle");
        let (cells, clock) = &mut *guard;
        let step = clock.seen(now);
        let mut wait = Duration::ZERO;
        for cell in cells.iter_mut() {
            if let Some(step) = step {
                cell.next = cell.next.saturating_sub(step).unwrap_or(Timestamp::MIN);
            }
            let next = cell.next.max(now);
            wait = wait.max(until(now, next).saturating_sub(cell.tolerance));
            cell.next = later(next, cell.interval);
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn waits(throttle: &Throttle, now: Timestamp, n_requests: usize) -> Vec<u128> {
        (0..n_requests).map(|_| throttle.reserve(now).as_millis()).collect()
    }

    #[test]
    fn lets_a_burst_through_and_then_one_at_a_time() {
        let throttle = Throttle::new(&[Rate::per_second(NonZeroU32::new(4).unwrap())]);
        let start: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        assert_eq!(waits(&throttle, start, 6), [0, 0, 0, 0, 250, 500]);
        // A second later two of the places have been used, and two are free again.
        assert_eq!(waits(&throttle, later(start, Duration::from_secs(1)), 3), [0, 0, 250]);
        assert_eq!(waits(&throttle, later(start, Duration::from_secs(60)), 5), [0, 0, 0, 0, 250]);
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nobody() {
        let throttle = Throttle::new(&[Rate::per_second(NonZeroU32::new(2).unwrap())]);
        let start: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        assert_eq!(waits(&throttle, start, 4), [0, 0, 500, 1000]);
        for step in [2, 30, 7200, 10 * 365 * 86_400] {
            let earlier = start - jiff::SignedDuration::from_secs(step);
            assert_eq!(waits(&throttle, earlier, 1), [1500], "{step}");
            assert_eq!(
                waits(&throttle, later(start, Duration::from_secs(5)), 4),
                [0, 0, 500, 1000],
                "{step}"
            );
        }
        // Of two threads the later one may show the earlier time.
        let a_little_earlier = start + jiff::SignedDuration::from_millis(4999);
        assert_eq!(waits(&throttle, a_little_earlier, 1), [1501]);
    }

    #[test]
    fn the_stricter_rate_holds() {
        let minute = Rate { requests: NonZeroU32::new(2).unwrap(), per: Duration::from_secs(60) };
        let throttle = Throttle::new(&[Rate::per_second(NonZeroU32::new(10).unwrap()), minute]);
        assert_eq!(waits(&throttle, Timestamp::UNIX_EPOCH, 3), [0, 0, 30_000]);
        assert_eq!(waits(&Throttle::new(&[]), Timestamp::UNIX_EPOCH, 2), [0, 0]);
    }
}

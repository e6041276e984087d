//! Wrong tokens: told in the log, and answered ever more slowly.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use crate::ApiError;

/// How long the first wrong token is waited with; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait.
const MAX_WAIT: Duration = Duration::from_secs(4);
/// After so long without a wrong token they are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// How many requests may show a token at once. Sessions of browsers are no attempts: nobody guesses 256 bits.
const MAX_AT_ONCE: usize = 32;

/// All tokens that were shown, of whomever: addresses tell nobody apart behind a proxy or on one machine.
#[derive(Debug)]
pub(crate) struct Attempts {
    places: Semaphore,
    /// How many were wrong of late, and when the last one was.
    wrong: Mutex<(u32, Option<Instant>)>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { places: Semaphore::new(MAX_AT_ONCE), wrong: Mutex::default() }
    }
}

impl Attempts {
    /// Whether the token opens; whoever shows the right one never waits.
    ///
    /// # Errors
    /// 429 while too many others wait for the answer that theirs is wrong.
    pub(crate) async fn check(
        &self,
        is_right: impl FnOnce() -> bool,
        peer: Option<SocketAddr>,
    ) -> Result<bool, ApiError> {
        let Ok(_place) = self.places.try_acquire() else {
            let refused = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "many wrong tokens are being shown");
            return Err(refused.help("try again in some seconds; browsers that have entered go on"));
        };
        let is_right = is_right();
        if !is_right {
            tokio::time::sleep(self.count(peer)).await;
        }
        Ok(is_right)
    }

    /// Counts a wrong one, and gives the time that its answer takes.
    fn count(&self, peer: Option<SocketAddr>) -> Duration {
        let count = {
            let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
            let is_old = wrong.1.is_none_or(|last| last.elapsed() > FORGOTTEN);
            *wrong = (if is_old { 1 } else { wrong.0.saturating_add(1) }, Some(Instant::now()));
            wrong.0
        };
        // The log of somebody who guesses must not fill the disk.
        if count.is_power_of_two() {
            let peer = peer.map(|peer| peer.ip().to_string()).unwrap_or_default();
            tracing::warn!(peer, count, "a wrong token was shown");
        }
        FIRST_WAIT.saturating_mul(1 << (count - 1).min(8)).min(MAX_WAIT)
    }
}

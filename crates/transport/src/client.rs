//! Sends requests until they are answered or patience ends.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline_config::shown_in_data;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};
use tracing::Instrument;

use crate::{
    attempt::{Failure, attempt},
    clock::{Clock, SystemClock, until, whole_second},
    connections::Connections,
    error::TransportError,
    limits::Limits,
    observer::{Event, Observer, WaitReason},
    reach::Reach,
    redacted_url::RedactedUrl,
    redactor::Redactor,
    request::{Network, Request},
    response::Response,
    retry::{Attempt, Decision, Outcome, decide},
    safety::is_private,
    stats::Stats,
    turns::{OwnTurns, Turn, Turns},
};

/// The target of spans, which are for traces: log lines do without them.
pub const SPANS: &str = "spans";

/// Sends requests within the limits of one datasource; clones share connections, limits and counters.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    limits: Limits,
    redactor: Redactor,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
    connections: Connections,
    turns: Arc<dyn Turns>,
    concurrency: Semaphore,
    stats: Stats,
}

impl Client {
    /// A client that waits by the clock of this machine and tells nobody.
    ///
    /// # Errors
    /// [`TransportError::Settings`] when the proxy or the CA file cannot be used.
    pub fn new(limits: Limits, redactor: Redactor) -> Result<Self, TransportError> {
        Self::with(limits, redactor, Arc::new(SystemClock), None)
    }

    /// A client with its own clock and someone who hears of waits.
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn with(
        limits: Limits,
        redactor: Redactor,
        clock: Arc<dyn Clock>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Result<Self, TransportError> {
        let turns = Arc::new(OwnTurns::new(&limits.rates));
        Self::with_turns((limits, turns), redactor, clock, observer)
    }

    /// The same, with turns that are given elsewhere.
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn with_turns(
        (limits, turns): (Limits, Arc<dyn Turns>),
        redactor: Redactor,
        clock: Arc<dyn Clock>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Result<Self, TransportError> {
        if let Some(password) = limits.proxy.as_ref().and_then(url::Url::password) {
            redactor.add(&pipeline_config::Secret::new(password));
        }
        Ok(Self(Arc::new(Inner {
            connections: Connections::new(&limits)?,
            concurrency: Semaphore::new(limits.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            turns,
            stats: Stats::default(),
            limits,
            redactor,
            clock,
            observer,
        })))
    }

    /// What it may ask of servers.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// When its requests may start.
    pub fn turns(&self) -> &Arc<dyn Turns> {
        &self.0.turns
    }

    /// The secrets it knows.
    pub fn redactor(&self) -> &Redactor {
        &self.0.redactor
    }

    /// The time it goes by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// What it did so far.
    pub fn stats(&self) -> &Stats {
        &self.0.stats
    }

    /// `url` as it may be kept with data.
    pub fn redacted_data(&self, url: &url::Url) -> RedactedUrl {
        RedactedUrl::of_data(url, &self.0.redactor)
    }

    /// The parameters of `url` as they may be kept with data.
    pub fn redacted_params(&self, url: &url::Url) -> Vec<(String, String)> {
        RedactedUrl::params_of_data(url, &self.0.redactor)
    }

    /// A header of an answer as it may be kept with data: cookies and other credentials are masked by their names, and links like
    /// addresses.
    pub fn redacted_header(&self, (name, value): (&str, &str)) -> (String, String) {
        let shown = shown_in_data(name, value);
        (name.to_owned(), self.0.redactor.redact_address(shown).into_owned())
    }

    /// From where the host of `url` can be reached, once it has answered: what a page of it links to is asked with that.
    pub fn reach(&self, url: &url::Url) -> Option<Reach> {
        self.0.connections.reach(url)
    }

    /// `url` as it may be printed.
    pub fn redacted(&self, url: &url::Url) -> RedactedUrl {
        RedactedUrl::new(url, &self.0.redactor)
    }

    /// Sends `request` until there is an answer, of whatever status, that another attempt would not change.
    ///
    /// # Errors
    /// [`TransportError`], after all attempts.
    pub async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let sent = self.send_authorized(&mut request.clone(), &mut AsItIs).await;
        sent.map_err(|error| match error {
            SendError::Transport(error) => error,
            SendError::Authorize(never) => match never {},
        })
    }

    /// The same with a credential that is put on the request for every attempt, after all waits before it: one that was
    /// good when the request was made may have ended in the queue of the host, or while a `Retry-After` passed.
    ///
    /// # Errors
    /// [`SendError`], after all attempts.
    pub async fn send_authorized<A: Authorize>(
        &self,
        request: &mut Request,
        authorize: &mut A,
    ) -> Result<Response, SendError<A::Error>> {
        let is_trusted = request.network == Network::Trusted && request.url.scheme() == "http";
        if !is_private(&request.url) && !is_trusted {
            let problem = match request.url.scheme() {
                "http" => "only this machine is asked without https; write `https://`".to_owned(),
                scheme => format!("`{scheme}:` is not http"),
            };
            return Err(TransportError::Unsafe { url: self.redacted(&request.url), problem }.into());
        }
        // Read only where somebody collects spans.
        let span = tracing::info_span!(
            target: SPANS, "request", method = request.method.as_str(), url = %self.redacted(&request.url)
        );
        let sending = Sending { client: &self.0, request, number: 1, waited: Duration::ZERO };
        sending.run(authorize).instrument(span).await
    }
}

/// Puts a credential on a request.
#[async_trait]
pub trait Authorize: Send {
    /// Why there is none.
    type Error: Send;

    /// Called before every attempt; says when the credential ends, where that is known.
    ///
    /// # Errors
    /// There is no credential; the request is not sent.
    async fn authorize(&mut self, request: &mut Request) -> Result<Option<Timestamp>, Self::Error>;
}

/// Why a request with a credential got no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError<E> {
    /// There was no credential.
    #[error("there is no credential for the request")]
    Authorize(E),
    /// It could not be sent.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// For requests that are complete.
struct AsItIs;

#[async_trait]
impl Authorize for AsItIs {
    type Error = std::convert::Infallible;

    async fn authorize(&mut self, _: &mut Request) -> Result<Option<Timestamp>, Self::Error> {
        Ok(None)
    }
}

/// One request on its way through its attempts.
struct Sending<'a> {
    client: &'a Inner,
    request: &'a mut Request,
    number: u32,
    waited: Duration,
}

impl<'a> Sending<'a> {
    async fn run<A: Authorize>(mut self, authorize: &mut A) -> Result<Response, SendError<A::Error>> {
        loop {
            let permit = self.start(authorize).await?;
            let result = {
                let start = self.client.clock.now();
                let client = self.client;
                let result = attempt(&client.connections, self.request, &client.limits, &client.stats).await;
                self.log(&result, start);
                result
            };
            drop(permit);
            let outcome = match &result {
                Ok(response) => Outcome::Answer { status: response.status, headers: &response.headers },
                Err(Failure::NotSent(_)) => Outcome::NotSent,
                Err(Failure::Broken(_)) => Outcome::Broken,
                Err(Failure::Hopeless(_) | Failure::TooLarge | Failure::Redirect(_)) => {
                    return Ok(result.map_err(|failure| self.error(failure))?);
                }
            };
            match self.decide(outcome) {
                Decision::Stop => return Ok(result.map_err(|failure| self.error(failure))?),
                Decision::Quota { until } => return Err(self.quota(until).into()),
                Decision::Pause { until } => self.client.turns.pause(&self.host(), until).await,
                Decision::Wait { wait, reason } => {
                    self.number += 1;
                    self.client.stats.count_retry();
                    self.wait(wait, reason).await;
                }
            }
        }
    }

    /// Waits for everything that a request waits for, with a credential on it that has not ended meanwhile.
    async fn start<A: Authorize>(
        &mut self,
        authorize: &mut A,
    ) -> Result<SemaphorePermit<'a>, SendError<A::Error>> {
        self.pass_gate().await?;
        loop {
            // Before the permit, for a renewal is a request that needs one itself.
            let ends = authorize.authorize(self.request).await.map_err(SendError::Authorize)?;
            for (_, secret) in self.request.credential_headers().chain(self.request.credential_query()) {
                self.client.redactor.add(secret);
            }
            let asked = self.client.clock.now();
            let permit = self.client.concurrency.acquire().await.expect("the semaphore is never closed");
            let now = self.client.clock.now();
            // One that had ended before the queue would only be the same again.
            if !ends.is_some_and(|end| asked < end && end <= now) {
                return Ok(permit);
            }
        }
    }

    /// One line for each answer, `-vv` on the command line.
    fn log(&self, result: &Result<Response, Failure>, start: jiff::Timestamp) {
        let Ok(Response { status, body, .. }) = result else { return };
        tracing::debug!(
            "{} {}: {status}, {} bytes in {} ms",
            self.request.method.as_str(),
            RedactedUrl::new(&self.request.url, &self.client.redactor),
            body.len(),
            until(start, self.client.clock.now()).as_millis(),
        );
    }

    /// Waits until the host may be asked and it is this request's turn.
    async fn pass_gate(&mut self) -> Result<(), TransportError> {
        let host = self.host();
        loop {
            let turn = self.client.turns.take(&host, self.client.clock.now()).await;
            match turn.map_err(|problem| TransportError::NoTurn { problem })? {
                Turn::After(Duration::ZERO) => return Ok(()),
                Turn::After(wait) => {
                    self.client.clock.sleep(wait).await;
                    // The host may have been paused meanwhile; the turn is kept.
                    if !self.client.turns.is_paused(&host, self.client.clock.now()) {
                        return Ok(());
                    }
                }
                Turn::Paused { until, wait } => {
                    if self.waited.saturating_add(wait) > self.client.limits.max_wait {
                        return Err(self.quota(until));
                    }
                    self.wait(wait, WaitReason::Quota).await;
                }
            }
        }
    }

    fn decide(&self, outcome: Outcome<'_>) -> Decision {
        let attempt = Attempt {
            number: self.number,
            outcome,
            repeat: self.request.repeat,
            waited: self.waited,
            now: self.client.clock.now(),
            jitter: 0.7 + 0.6 * fastrand::f64(),
        };
        let decision = decide(&attempt, &self.client.limits);
        if decision != Decision::Stop {
            tracing::debug!(attempt = self.number, ?outcome, ?decision, "the request was not answered");
        }
        decision
    }

    async fn wait(&mut self, wait: Duration, reason: WaitReason) {
        let start = self.client.clock.now();
        if let Some(observer) = &self.client.observer {
            let until = whole_second(crate::clock::later(start, wait));
            observer.observe(&Event::Waiting { host: self.host(), until, wait, reason });
        }
        let began = Instant::now();
        self.client.clock.sleep(wait).await;
        // Whatever the clock was set to meanwhile; that of a test stands.
        let waited = began.elapsed().max(wait);
        self.client.stats.count_wait(waited);
        self.waited = self.waited.saturating_add(waited);
    }

    /// As it stands in the URL, with the port where there is one.
    fn host(&self) -> String {
        let url = &self.request.url;
        let host = url.host_str().unwrap_or_default();
        url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn quota(&self, until: jiff::Timestamp) -> TransportError {
        let max_wait = self.client.limits.max_wait;
        let url = RedactedUrl::new(&self.request.url, &self.client.redactor);
        let method = self.request.method;
        TransportError::Quota { method, url, until: whole_second(until), waited: self.waited, max_wait }
    }

    fn error(&self, failure: Failure) -> TransportError {
        let method = self.request.method;
        let url = RedactedUrl::new(&self.request.url, &self.client.redactor);
        match failure {
            Failure::NotSent(problem) | Failure::Broken(problem) | Failure::Hopeless(problem) => {
                let problem = self.client.redactor.redact(&problem).into_owned();
                let max_attempts = self.client.limits.max_attempts;
                TransportError::Connection { method, url, problem, attempts: self.number, max_attempts }
            }
            Failure::TooLarge => {
                TransportError::TooLarge { method, url, limit: self.client.limits.max_response }
            }
            Failure::Redirect(problem) => TransportError::Redirect { method, url, problem },
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("limits", &self.0.limits)
            .field("stats", &self.0.stats)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;

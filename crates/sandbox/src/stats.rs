//! What the sandbox has been asked, for tests that must know ("was there exactly one refresh?").

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Counts since the start; `GET /_sandbox/stats` answers them as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SandboxStats {
    /// All requests, those to `/_sandbox/…` excepted.
    pub requests: u64,
    /// Requests to `/oauth/token`, of every grant type, successful or not.
    pub token_requests: u64,
    /// Refresh tokens that were exchanged for a new pair.
    pub refreshes: u64,
    /// Refresh tokens that came a second time beyond the leeway; each revoked its whole family.
    pub reuse_detections: u64,
    /// Requests to `/search` and `/search/jql`, failed ones included.
    pub search_requests: u64,
    /// Requests to `/issue/{key}/worklog`.
    pub worklog_requests: u64,
    /// Issues written into search answers.
    pub issues_served: u64,
    /// Points that answers cost, where there is a quota.
    pub points_used: u64,
    /// Requests that were refused because no points were left.
    pub quota_refusals: u64,
    /// Requests that the sandbox itself refused with a 4xx status; injected faults are not among them.
    pub rejected_requests: u64,
    /// Among the rejected ones those answered with 401.
    pub unauthorized_requests: u64,
    /// How often each fault struck, by its `kind`.
    pub faults: BTreeMap<String, u64>,
    /// The most requests that were being answered at one moment.
    pub max_concurrent_requests: u64,
}

/// The live counters behind [`SandboxStats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    pub(crate) token_requests: AtomicU64,
    pub(crate) refreshes: AtomicU64,
    pub(crate) reuse_detections: AtomicU64,
    pub(crate) search_requests: AtomicU64,
    pub(crate) worklog_requests: AtomicU64,
    pub(crate) issues_served: AtomicU64,
    pub(crate) points_used: AtomicU64,
    pub(crate) quota_refusals: AtomicU64,
    pub(crate) rejected_requests: AtomicU64,
    pub(crate) unauthorized_requests: AtomicU64,
    in_flight: AtomicU64,
    max_in_flight: AtomicU64,
    faults: Mutex<BTreeMap<&'static str, u64>>,
}

/// Holds one place among the requests in flight until it is dropped.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a Counters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counters {
    pub(crate) fn enter(&self) -> InFlight<'_> {
        let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.max_in_flight.fetch_max(in_flight, Ordering::Relaxed);
        InFlight(self)
    }

    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    /// Counts an answer of the sandbox's own.
    pub(crate) fn answered(&self, status: u16) {
        if (400..500).contains(&status) {
            Counters::add(&self.rejected_requests, 1);
        }
        if status == 401 {
            Counters::add(&self.unauthorized_requests, 1);
        }
    }

    pub(crate) fn fault(&self, kind: &'static str) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        *faults.entry(kind).or_default() += 1;
    }

    pub(crate) fn snapshot(&self) -> SandboxStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        SandboxStats {
            requests: read(&self.requests),
            token_requests: read(&self.token_requests),
            refreshes: read(&self.refreshes),
            reuse_detections: read(&self.reuse_detections),
            search_requests: read(&self.search_requests),
            worklog_requests: read(&self.worklog_requests),
            issues_served: read(&self.issues_served),
            points_used: read(&self.points_used),
            quota_refusals: read(&self.quota_refusals),
            rejected_requests: read(&self.rejected_requests),
            unauthorized_requests: read(&self.unauthorized_requests),
            faults: faults.iter().map(|(kind, hits)| ((*kind).to_owned(), *hits)).collect(),
            max_concurrent_requests: read(&self.max_in_flight),
        }
    }
}

//! Decides what to do after an attempt. Pure: the caller sleeps and sends.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    clock::later, headers::Headers, limits::Limits, observer::WaitReason, rate_limit::RateLimit,
    request::Repeat,
};

/// Atlassian's advice (rate limiting, "Retry"): base 2 s, doubled each time, at most 30 s, jitter ×0.7–1.3. The base
/// is `limits.backoff`.
const CAP: Duration = Duration::from_secs(30);

/// A refusal for longer than this is about a quota, whatever the server calls it: bursts pass within seconds.
const QUOTA_WAIT: Duration = Duration::from_secs(60);

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<'a> {
    /// The server was never reached.
    NotSent,
    /// The request was on its way, and no whole answer came back.
    Broken,
    /// An answer.
    Answer { status: u16, headers: &'a Headers },
}

/// What is known when an attempt has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// 1 for the first one; attempts that ended in a pause of the host are not counted.
    pub(crate) number: u32,
    /// How it ended.
    pub(crate) outcome: Outcome<'a>,
    /// Whether the request may be sent again.
    pub(crate) repeat: Repeat,
    /// What this request has waited so far.
    pub(crate) waited: Duration,
    /// The time.
    pub(crate) now: Timestamp,
    /// Chosen at random from 0.7 to 1.3.
    pub(crate) jitter: f64,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Hand over what came back, answer or error: another attempt would not change it, or there were enough.
    Stop,
    /// Wait, then send this request again.
    Wait { wait: Duration, reason: WaitReason },
    /// No request to this host before that time; then again, not counted as an attempt.
    Pause { until: Timestamp },
    /// Patience ends here: the server wants none of us before that time.
    Quota { until: Timestamp },
}

/// Decides. Waits the server asked for are minimums; their sum per request stays within `limits.max_wait`.
pub(crate) fn decide(attempt: &Attempt<'_>, limits: &Limits) -> Decision {
    let Some(refusal) = Refusal::read(attempt) else {
        return Decision::Stop;
    };
    if attempt.repeat == Repeat::WhenUnread && !refusal.is_unread {
        return Decision::Stop;
    }
    let backoff = backoff(limits.backoff, attempt.number, attempt.jitter);
    let wait = refusal.rate_limit.wait().map_or(backoff, |minimum| minimum.max(backoff));
    let until = later(attempt.now, wait);
    let is_limit = refusal.reason == WaitReason::RateLimit;
    let is_quota = is_limit && (refusal.rate_limit.is_quota || wait > QUOTA_WAIT);
    let is_patient = attempt.waited.saturating_add(wait) <= limits.max_wait;
    let is_last = attempt.number >= limits.max_attempts;
    // Without a time from the server a quota is tried again like a burst: it may be over at any moment.
    let is_timed = refusal.rate_limit.wait().is_some();
    match (is_limit, is_patient) {
        (true, false) => Decision::Quota { until },
        (false, false) => Decision::Stop,
        (_, true) if is_quota && is_timed => Decision::Pause { until },
        (true, true) if is_last => Decision::Quota { until },
        (false, true) if is_last => Decision::Stop,
        _ => Decision::Wait { wait, reason: refusal.reason },
    }
}

/// An outcome that another attempt may change.
struct Refusal {
    reason: WaitReason,
    rate_limit: RateLimit,
    /// The server has surely not acted on the request.
    is_unread: bool,
}

impl Refusal {
    fn read(attempt: &Attempt<'_>) -> Option<Self> {
        let (status, headers) = match attempt.outcome {
            Outcome::NotSent => {
                return Some(Self {
                    reason: WaitReason::Connection,
                    rate_limit: RateLimit::default(),
                    is_unread: true,
                });
            }
            Outcome::Broken => {
                return Some(Self {
                    reason: WaitReason::Connection,
                    rate_limit: RateLimit::default(),
                    is_unread: false,
                });
            }
            Outcome::Answer { status, headers } => (status, headers),
        };
        let rate_limit = RateLimit::read(headers, attempt.now);
        let (reason, is_unread) = match status {
            429 => (WaitReason::RateLimit, true),
            // GitHub answers 403 where others answer 429 ("Rate limits for the REST API").
            403 if rate_limit.retry_after.is_some() || rate_limit.is_exhausted => {
                (WaitReason::RateLimit, true)
            }
            425 => (WaitReason::Status(status), true),
            503 => (WaitReason::Status(status), rate_limit.retry_after.is_some()),
            408 | 500 | 502 | 504 => (WaitReason::Status(status), false),
            _ => return None,
        };
        Some(Self { reason, rate_limit, is_unread })
    }
}

fn backoff(base: Duration, attempt_number: u32, jitter: f64) -> Duration {
    let doublings = attempt_number.saturating_sub(1).min(16);
    base.saturating_mul(2_u32.pow(doublings)).min(CAP).mul_f64(jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-02T10:00:00Z";

    fn attempt(outcome: Outcome<'_>) -> Attempt<'_> {
        Attempt {
            number: 1,
            outcome,
            repeat: Repeat::Always,
            waited: Duration::ZERO,
            now: NOW.parse().unwrap(),
            jitter: 1.0,
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)], change: impl FnOnce(&mut Attempt<'_>)) -> Decision {
        let headers = headers.iter().copied().collect();
        let mut attempt = attempt(Outcome::Answer { status, headers: &headers });
        change(&mut attempt);
        decide(&attempt, &Limits::default())
    }

    fn wait(seconds: u64, reason: WaitReason) -> Decision {
        Decision::Wait { wait: Duration::from_secs(seconds), reason }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn tries_again_what_may_pass() {
        for status in [200, 204, 301, 400, 401, 403, 404, 409, 410, 422, 501, 505] {
            assert_eq!(answer(status, &[], |_| ()), Decision::Stop, "{status}");
        }
        for status in [408, 425, 500, 502, 503, 504] {
            assert_eq!(answer(status, &[], |_| ()), wait(2, WaitReason::Status(status)), "{status}");
        }
        assert_eq!(answer(429, &[], |_| ()), wait(2, WaitReason::RateLimit));
        assert_eq!(decide(&attempt(Outcome::Broken), &Limits::default()), wait(2, WaitReason::Connection));
    }

    #[test]
    fn backs_off_up_to_the_cap_and_then_stops() {
        let waits = [2, 4, 8, 16];
        for (number, seconds) in (1..).zip(waits) {
            assert_eq!(
                answer(500, &[], |attempt| attempt.number = number),
                wait(seconds, WaitReason::Status(500))
            );
        }
        assert_eq!(answer(500, &[], |attempt| attempt.number = 5), Decision::Stop);
        assert_eq!(backoff(Duration::from_secs(2), 50, 1.0), CAP);
        assert_eq!(backoff(Duration::from_secs(2), 1, 0.7), Duration::from_millis(1400));
    }

    #[test]
    fn takes_the_word_of_the_server_as_a_minimum() {
        assert_eq!(answer(429, &[("Retry-After", "9")], |_| ()), wait(9, WaitReason::RateLimit));
        assert_eq!(answer(429, &[("Retry-After", "1")], |_| ()), wait(2, WaitReason::RateLimit));
        assert_eq!(answer(503, &[("Retry-After", "90")], |_| ()), wait(90, WaitReason::Status(503)));
    }

    #[test]
    fn a_quota_pauses_the_host_and_costs_no_attempt() {
        let quota = [("RateLimit-Reason", "jira-quota-global-based"), ("Retry-After", "40")];
        let pause = Decision::Pause { until: at("2026-03-02T10:00:40Z") };
        assert_eq!(answer(429, &quota, |_| ()), pause);
        assert!(matches!(answer(429, &quota, |attempt| attempt.number = 5), Decision::Pause { .. }));
        let long = Decision::Pause { until: at("2026-03-02T10:30:47Z") };
        assert_eq!(answer(429, &[("Retry-After", "1847")], |_| ()), long);
        let github = [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1772446200")];
        assert_eq!(answer(403, &github, |_| ()), Decision::Pause { until: at("2026-03-02T10:10:00Z") });
        let untimed = [("RateLimit-Reason", "jira-quota-global-based")];
        assert_eq!(answer(429, &untimed, |_| ()), wait(2, WaitReason::RateLimit));
    }

    #[test]
    fn patience_ends() {
        let until = at("2026-03-02T11:00:01Z");
        assert_eq!(answer(429, &[("Retry-After", "3601")], |_| ()), Decision::Quota { until });
        let until = at("2026-03-02T10:10:00Z");
        let waited = |attempt: &mut Attempt<'_>| attempt.waited = Duration::from_secs(3001);
        assert_eq!(answer(429, &[("Retry-After", "600")], waited), Decision::Quota { until });
        assert_eq!(answer(503, &[("Retry-After", "3601")], |_| ()), Decision::Stop);
        assert!(matches!(answer(429, &[], |attempt| attempt.number = 5), Decision::Quota { .. }));
    }

    #[test]
    fn repeats_a_request_with_effects_only_when_it_was_not_read() {
        let once = |attempt: &mut Attempt<'_>| attempt.repeat = Repeat::WhenUnread;
        assert_eq!(answer(500, &[], once), Decision::Stop);
        assert_eq!(answer(503, &[], once), Decision::Stop);
        assert_eq!(answer(503, &[("Retry-After", "3")], once), wait(3, WaitReason::Status(503)));
        assert_eq!(answer(429, &[], once), wait(2, WaitReason::RateLimit));
        let decided =
            |outcome| decide(&Attempt { repeat: Repeat::WhenUnread, ..attempt(outcome) }, &Limits::default());
        assert_eq!(decided(Outcome::NotSent), wait(2, WaitReason::Connection));
        assert_eq!(decided(Outcome::Broken), Decision::Stop);
    }
}

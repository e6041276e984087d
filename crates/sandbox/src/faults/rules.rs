//! Faults as they are asked for, in Rust or as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::sandbox::SandboxError;

/// Everything that shall go wrong; the default is nothing.
///
/// # Example
/// ```
/// use pipeline_sandbox::{FaultTarget, FaultTiming, Faults};
///
/// let faults = Faults::from_json(
///     r#"{ "rules": [
///         { "on": "search", "request": 3, "times": 2,
///           "fault": { "kind": "status", "status": 429, "retry_after": { "seconds": 1 } } },
///         { "on": "token", "every": 2, "fault": { "kind": "reset" } }
///     ] }"#,
/// )?;
/// assert_eq!(faults.rules[0].on, FaultTarget::Search);
/// assert_eq!(faults.rules[0].when, FaultTiming::Request(3));
/// # Ok::<(), pipeline_sandbox::SandboxError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The rules; of those that strike at the same request the first wins.
    pub rules: Vec<FaultRule>,
    /// Makes `/search` what it is in Jira Cloud since 2025: 410, with Atlassian's message.
    pub search_removed: bool,
}

/// One fault and the requests that it strikes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenRule")]
pub struct FaultRule {
    /// Which requests count.
    pub on: FaultTarget,
    /// Which of them are struck.
    pub when: FaultTiming,
    /// How often at most; without it once for [`FaultTiming::Request`], for ever for [`FaultTiming::Every`].
    pub times: Option<u64>,
    /// What happens then.
    pub fault: Fault,
}

/// Requests by what they ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultTarget {
    /// Every request, those to `/_sandbox/…` excepted.
    #[default]
    Any,
    /// Everything that needs an access token.
    Api,
    /// `/oauth/token`.
    Token,
    /// `/search` and `/search/jql`.
    Search,
    /// `/issue/{key}/worklog`.
    Worklog,
}

/// Which of the matching requests a rule strikes; they are counted from 1 when the rule is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultTiming {
    /// The Nth; with `times: K` also those that follow, K in all.
    Request(u64),
    /// The Nth, 2Nth, 3Nth …
    Every(u64),
}

/// What a struck request gets. In JSON `kind` names it: `{"kind": "slow_body", "chunk": 100, "delay_ms": 50}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An error status in place of the answer.
    Status(StatusFault),
    /// A page of HTML with status 200, as a login wall or a captive portal sends it.
    Html,
    /// A redirect.
    Redirect {
        /// Where to: absolute, or relative to the sandbox.
        to: String,
        /// 301, 302, 303, 307 or 308; 302 by default.
        #[serde(default = "found")]
        status: u16,
    },
    /// A TCP reset in the middle of the body.
    Reset {
        /// Bytes of the body that are sent before; half of it by default.
        #[serde(default)]
        after: Option<usize>,
    },
    /// A connection that ends before as many bytes have come as `Content-Length` says.
    Truncate {
        /// Bytes of the body that are sent; half of it by default.
        #[serde(default)]
        after: Option<usize>,
    },
    /// The body in pieces, with a pause before each.
    SlowBody {
        /// Bytes of a piece.
        chunk: usize,
        /// The pause; `delay_ms` in JSON.
        #[serde(rename = "delay_ms", deserialize_with = "millis")]
        delay: Duration,
    },
    /// A long silence, then the answer.
    SlowFirstByte {
        /// The silence; `delay_ms` in JSON.
        #[serde(rename = "delay_ms", deserialize_with = "millis")]
        delay: Duration,
    },
    /// Bytes that are no UTF-8 within a string of the body.
    InvalidUtf8,
    /// A body of this many bytes, valid JSON, without `Content-Length`.
    Oversize {
        /// Length of the body.
        bytes: u64,
    },
    /// `/search/jql` only: the answer's `nextPageToken` is the one that the request came with.
    RepeatedCursor,
    /// Searches only: no issues, but the way to go on (`nextPageToken`, `total`) all the same.
    EmptyPage,
    /// All access tokens expire now, before the request is looked at; refresh tokens stay good.
    ExpireAccessTokens,
    /// All tokens die now, so that only a new consent helps.
    RevokeRefreshTokens,
}

/// An error status and what comes with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusFault {
    /// The status code, 200 to 599.
    pub status: u16,
    /// The header `Retry-After`.
    #[serde(default)]
    pub retry_after: Option<RetryAfter>,
    /// The header `X-RateLimit-Reset`: so many seconds from now, as ISO 8601, as Atlassian writes it.
    #[serde(default)]
    pub reset_after: Option<u64>,
    /// The header `RateLimit-Reason`, for example `jira-quota-global-based`.
    #[serde(default)]
    pub reason: Option<String>,
    /// More headers, by name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body; Jira's JSON by default.
    #[serde(default)]
    pub body: FaultBody,
}

/// The two forms of `Retry-After` (RFC 9110 §10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// As a number.
    Seconds(u64),
    /// As an HTTP date, so many seconds from now.
    Date(u64),
}

/// The body of a [`StatusFault`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultBody {
    /// Jira's `errorMessages`; at `/oauth/token` an `error` by RFC 6749.
    #[default]
    Json,
    /// A page of HTML (seen with 429: apache/devlake#2932).
    Html,
    /// Nothing.
    Empty,
    /// This text, as `application/json`.
    Text(String),
}

impl Faults {
    /// Reads faults as `POST /_sandbox/faults` takes them.
    ///
    /// # Errors
    /// [`SandboxError::Faults`] for text that is no JSON or no faults.
    pub fn from_json(text: &str) -> Result<Faults, SandboxError> {
        Ok(serde_json::from_str(text)?)
    }
}

impl FaultRule {
    /// Strikes the Nth matching request, once.
    pub fn nth(on: FaultTarget, request: u64, fault: Fault) -> FaultRule {
        FaultRule { on, when: FaultTiming::Request(request), times: None, fault }
    }

    /// Strikes every Nth matching request.
    pub fn every(on: FaultTarget, every: u64, fault: Fault) -> FaultRule {
        FaultRule { on, when: FaultTiming::Every(every), times: None, fault }
    }
}

impl Fault {
    /// A status code with Jira's body and no further headers.
    pub fn status(status: u16) -> Fault {
        Fault::Status(StatusFault {
            status,
            retry_after: None,
            reset_after: None,
            reason: None,
            headers: BTreeMap::new(),
            body: FaultBody::Json,
        })
    }

    /// What Jira answers when an app's points of the hour are used up: 429 until the reset.
    pub fn quota(seconds: u64) -> Fault {
        Fault::quota_of(65_000, seconds)
    }

    /// The same for so many points.
    pub(crate) fn quota_of(points: u64, seconds: u64) -> Fault {
        let headers = [("X-RateLimit-Limit", points.to_string()), ("X-RateLimit-Remaining", "0".to_owned())];
        Fault::Status(StatusFault {
            status: 429,
            retry_after: Some(RetryAfter::Seconds(seconds)),
            reset_after: Some(seconds),
            reason: Some("jira-quota-global-based".to_owned()),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: FaultBody::Json,
        })
    }

    /// The fault's `kind` in JSON and in the stats.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Status(_) => "status",
            Fault::Html => "html",
            Fault::Redirect { .. } => "redirect",
            Fault::Reset { .. } => "reset",
            Fault::Truncate { .. } => "truncate",
            Fault::SlowBody { .. } => "slow_body",
            Fault::SlowFirstByte { .. } => "slow_first_byte",
            Fault::InvalidUtf8 => "invalid_utf8",
            Fault::Oversize { .. } => "oversize",
            Fault::RepeatedCursor => "repeated_cursor",
            Fault::EmptyPage => "empty_page",
            Fault::ExpireAccessTokens => "expire_access_tokens",
            Fault::RevokeRefreshTokens => "revoke_refresh_tokens",
        }
    }
}

/// A rule as JSON has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    #[serde(default)]
    on: FaultTarget,
    request: Option<u64>,
    every: Option<u64>,
    times: Option<u64>,
    fault: Fault,
}

/// A rule that can never strike, or whose timing is said twice.
#[derive(Debug, thiserror::Error)]
enum TimingError {
    #[error("a fault rule has either `request` or `every`, not both")]
    Both,
    #[error("`request` and `every` count from 1")]
    Zero,
}

impl TryFrom<WrittenRule> for FaultRule {
    type Error = TimingError;

    fn try_from(rule: WrittenRule) -> Result<FaultRule, TimingError> {
        let when = match (rule.request, rule.every) {
            (Some(_), Some(_)) => return Err(TimingError::Both),
            (Some(0), _) | (_, Some(0)) => return Err(TimingError::Zero),
            (_, Some(every)) => FaultTiming::Every(every),
            (request, None) => FaultTiming::Request(request.unwrap_or(1)),
        };
        Ok(FaultRule { on: rule.on, when, times: rule.times, fault: rule.fault })
    }
}

fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

fn found() -> u16 {
    302
}

//! What a client tells while it works.

use std::{fmt, time::Duration};

use jiff::Timestamp;

/// Why a request has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// The server's quota is used up; every request to the host waits.
    Quota,
    /// The server asked to slow down.
    RateLimit,
    /// The server answered with this status, which usually passes.
    Status(u16),
    /// The connection broke or the answer did not come in time.
    Connection,
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitReason::Quota => f.write_str("the quota is used up"),
            WaitReason::RateLimit => f.write_str("too many requests"),
            WaitReason::Status(status) => write!(f, "the server answered {status}"),
            WaitReason::Connection => f.write_str("the connection broke"),
        }
    }
}

/// Something worth telling the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A request waits before its next attempt.
    Waiting {
        /// The server.
        host: String,
        /// When it goes on.
        until: Timestamp,
        /// How long that is.
        wait: Duration,
        /// Why.
        reason: WaitReason,
    },
}

/// Hears what a client does; must return at once.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Takes one event.
    fn observe(&self, event: &Event);
}

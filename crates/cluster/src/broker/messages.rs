//! What goes to and fro.

use jiff::Timestamp;
use pipeline_auth::Credential;
use serde::{Deserialize, Serialize};

/// A request wants to start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TurnRequest {
    pub(super) host: String,
}

/// When it may.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TurnAnswer {
    AfterMs(u64),
    PausedUntil(Timestamp),
}

/// A server wants no request for a while.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PauseRequest {
    pub(super) host: String,
    pub(super) until: Timestamp,
}

/// What to put on requests.
#[derive(Serialize, Deserialize)]
pub(super) struct CredentialAnswer {
    pub(super) credential: Credential,
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
}

/// A server has turned a credential away, with this answer.
#[derive(Serialize, Deserialize)]
pub(super) struct RefusedRequest {
    pub(super) credential: Credential,
    pub(super) status: u16,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// Whether there is a new one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RefusedAnswer {
    pub(super) again: bool,
}

/// Why there is no answer of those.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Problem {
    pub(super) problem: String,
    /// Whether a person must log in again.
    pub(super) needs_login: bool,
}

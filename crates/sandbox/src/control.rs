//! `/_sandbox/…`: looking into the sandbox and steering it from outside the process.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::{FaultSchedule, Faults};
use crate::reply::{Refusal, json_text};
use crate::server::Site;

/// `GET /_sandbox/stats`.
pub(crate) async fn stats(State(site): State<Arc<Site>>) -> Response {
    let stats = serde_json::to_string(&site.counters.snapshot());
    json_text(stats.expect("counters and their names are always JSON"))
}

/// `POST /_sandbox/faults`: these faults and no others from now on; `{}` ends them all.
pub(crate) async fn faults(State(site): State<Arc<Site>>, body: Bytes) -> Result<Response, Refusal> {
    let faults: Faults = read(&body)?;
    let n_rules = faults.rules.len();
    *site.faults() = FaultSchedule::new(faults);
    Ok(json_text(json!({ "rules": n_rules }).to_string()))
}

/// `POST /_sandbox/clock`: lets tokens age, `{"advance_seconds": 3600}`.
pub(crate) async fn clock(State(site): State<Arc<Site>>, body: Bytes) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Advance {
        advance_seconds: u64,
    }
    let Advance { advance_seconds } = read(&body)?;
    site.clock.advance(Duration::from_secs(advance_seconds));
    Ok(json_text(Value::Object(serde_json::Map::new()).to_string()))
}

/// `POST /_sandbox/edit`: changes an issue, `{"issue": 5, "updated_ms": 1735689600000}`.
pub(crate) async fn edit(State(site): State<Arc<Site>>, body: Bytes) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Edit {
        issue: u32,
        updated_ms: i64,
    }
    let Edit { issue, updated_ms } = read(&body)?;
    site.dataset.edit(issue, updated_ms);
    Ok(json_text(json!({ "issue": issue }).to_string()))
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::other(StatusCode::BAD_REQUEST, json!({ "error": error.to_string() })))
}

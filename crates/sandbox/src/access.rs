//! Who may call the API: bearer tokens through the gateway, email and API token everywhere.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::faults::strike;
use crate::oauth::{INITIAL_SCOPE, has_scope};
use crate::quota::Served;
use crate::reply::Refusal;
use crate::server::Site;
use crate::stats::Counters;

/// Email of the sandbox's account, for Basic authentication.
pub(crate) const EMAIL: &str = "sandbox@example.net";
/// Its API token; worthless anywhere else.
pub(crate) const API_TOKEN: &str = "sandboxApiToken3c7a90be51";

/// What stands before a group of paths.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) site: Arc<Site>,
    pub(crate) access: AccessPolicy,
}

/// The three ways into Atlassian's cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessPolicy {
    /// `api.atlassian.com/ex/jira/{cloudId}`: a bearer token with this scope.
    Gateway(&'static str),
    /// `api.atlassian.com` itself: any bearer token.
    Account,
    /// `your-site.atlassian.net`: no bearer token of a 3LO app is good here, however valid.
    Site,
}

/// What a request came with.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) scope: String,
    /// Whether an app sent it with a token of OAuth 2.0, not a person with an API token.
    pub(crate) is_app: bool,
}

/// Lets a request pass or answers 401.
pub(crate) async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match granted(&guard, request.headers()) {
        Ok(granted) => {
            let is_counted = granted.is_app && matches!(guard.access, AccessPolicy::Gateway(_));
            request.extensions_mut().insert(granted);
            if is_counted { within_quota(&guard.site, request, next).await } else { next.run(request).await }
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Lets a request of an app pass while there are points, and counts what it cost.
async fn within_quota(site: &Arc<Site>, request: Request, next: Next) -> Response {
    if let Some(refusal) = site.meter.refusal(site.clock.now()) {
        Counters::add(&site.counters.quota_refusals, 1);
        return strike(site, refusal, request, next).await;
    }
    let response = next.run(request).await;
    let n_issues = response.extensions().get::<Served>().map_or(0, |served| served.0);
    Counters::add(&site.counters.points_used, site.meter.charge(site.clock.now(), n_issues));
    response
}

fn granted(guard: &Guard, headers: &HeaderMap) -> Result<Granted, Refusal> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, credentials) = header.and_then(|header| header.split_once(' ')).unwrap_or_default();
    let basic = scheme.eq_ignore_ascii_case("Basic")
        && credentials == STANDARD.encode(format!("{EMAIL}:{API_TOKEN}"));
    let wanted = match guard.access {
        AccessPolicy::Gateway(_) | AccessPolicy::Site if basic => {
            return Ok(Granted { scope: INITIAL_SCOPE.to_owned(), is_app: false });
        }
        AccessPolicy::Site => {
            let message = "Client must be authenticated to access this resource.";
            let body = json!({ "message": message, "status-code": 401 });
            return Err(Refusal::other(StatusCode::UNAUTHORIZED, body));
        }
        AccessPolicy::Account => None,
        AccessPolicy::Gateway(scope) => Some(scope),
    };
    let unauthorized = |message| Refusal::gateway(StatusCode::UNAUTHORIZED, message);
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(unauthorized("Unauthorized"));
    }
    let grants = guard.site.grants();
    let scope = grants.scope_of(credentials.trim(), guard.site.clock.now());
    let scope = scope.ok_or_else(|| unauthorized("Unauthorized"))?;
    if wanted.is_some_and(|wanted| !has_scope(scope, wanted)) {
        return Err(unauthorized("Unauthorized; scope does not match"));
    }
    Ok(Granted { scope: scope.to_owned(), is_app: true })
}

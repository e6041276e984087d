//! The routes, and what happens to every request before it reaches one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::access::{AccessPolicy, Guard, guard};
use crate::clock::Clock;
use crate::data::{ApiVersion, Dataset};
use crate::faults::{Endpoint, FaultSchedule, strike};
use crate::oauth::{Grants, authorize, token};
use crate::page_cache::PageCache;
use crate::quota::Meter;
use crate::reply::{Refusal, html};
use crate::stats::Counters;
use crate::{account, control, search, worklogs};

/// Id of the one site; a client finds it by its URL.
pub(crate) const CLOUD_ID: &str = "5a9d1c0e-7b34-4f52-8e61-0c2f9b7d4a13";

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) url: String,
    pub(crate) seed: u64,
    pub(crate) latency: Duration,
    pub(crate) dataset: Dataset,
    pub(crate) clock: Clock,
    pub(crate) counters: Counters,
    pub(crate) grants: Mutex<Grants>,
    pub(crate) meter: Meter,
    pub(crate) cache: PageCache,
    pub(crate) faults: Mutex<FaultSchedule>,
}

impl Site {
    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, FaultSchedule> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All routes. Jira is there twice: behind the gateway for apps, and on the site itself for API tokens.
pub(crate) fn router(site: &Arc<Site>) -> Router {
    let guarded = |access, routes: Router<Arc<Site>>| {
        routes.route_layer(from_fn_with_state(Guard { site: Arc::clone(site), access }, guard))
    };
    let resources =
        Router::new().route("/oauth/token/accessible-resources", get(account::accessible_resources));
    let identity = Router::new().route("/me", get(account::me));
    Router::new()
        .route("/oauth/token", post(token))
        .route("/authorize", get(authorize))
        .route("/_edge/tenant_info", get(account::tenant_info))
        .route("/_sandbox/stats", get(control::stats))
        .route("/_sandbox/faults", post(control::faults))
        .route("/_sandbox/clock", post(control::clock))
        .route("/_sandbox/edit", post(control::edit))
        .merge(guarded(AccessPolicy::Account, resources))
        .merge(guarded(AccessPolicy::Gateway("read:me"), identity))
        .merge(guarded(AccessPolicy::Gateway("read:jira-work"), jira("/ex/jira/{site}")))
        .merge(guarded(AccessPolicy::Site, jira("")))
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(site), front))
        .with_state(Arc::clone(site))
}

fn jira(prefix: &str) -> Router<Arc<Site>> {
    let at = |path: &str| format!("{prefix}/rest/api/{{version}}/{path}");
    Router::new()
        .route(&at("myself"), get(account::myself))
        .route(&at("search"), get(search::search).post(search::search))
        .route(&at("search/jql"), get(search::search_jql).post(search::search_jql))
        .route(&at("search/approximate-count"), post(search::approximate_count))
        .route(&at("issue/{issue}/worklog"), get(worklogs::worklogs))
}

/// Counts, lets faults strike, and adds the latency.
async fn front(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let endpoint = Endpoint::of(request.uri().path());
    if endpoint == Endpoint::Control {
        return next.run(request).await;
    }
    let counters = &site.counters;
    let _in_flight = counters.enter();
    count(counters, endpoint);
    let fault = site.faults().next(endpoint);
    let response = match fault {
        Some(fault) => {
            counters.fault(fault.kind());
            strike(&site, fault, request, next).await
        }
        None => {
            let response = if has_forbidden_body(&request) {
                html(StatusCode::FORBIDDEN, "ERROR: The request could not be satisfied")
            } else {
                next.run(request).await
            };
            counters.answered(response.status().as_u16());
            response
        }
    };
    if endpoint.is_api() && !site.latency.is_zero() {
        tokio::time::sleep(site.latency).await;
    }
    response
}

fn count(counters: &Counters, endpoint: Endpoint) {
    Counters::add(&counters.requests, 1);
    match endpoint {
        Endpoint::Token => Counters::add(&counters.token_requests, 1),
        Endpoint::Search => Counters::add(&counters.search_requests, 1),
        Endpoint::Worklog => Counters::add(&counters.worklog_requests, 1),
        Endpoint::OtherApi | Endpoint::Open | Endpoint::Control => {}
    }
}

/// CloudFront answers 403 in HTML to a GET with a body (n8n-io/n8n#13401).
fn has_forbidden_body(request: &Request) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    request.method() == Method::GET && (length || request.headers().contains_key(header::TRANSFER_ENCODING))
}

async fn not_found() -> Refusal {
    Refusal::gateway(StatusCode::NOT_FOUND, "Not Found")
}

/// The version of Jira's API that a path names; any other version, or another site's id, is 404.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Api(pub(crate) ApiVersion);

impl<S: Send + Sync> FromRequestParts<S> for Api {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Api, Response> {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let Path(path) = path.map_err(IntoResponse::into_response)?;
        let own_site = path.get("site").is_none_or(|site| site == CLOUD_ID);
        let version = path.get("version").and_then(|segment| ApiVersion::of(segment)).filter(|_| own_site);
        version.map(Api).ok_or_else(|| Refusal::gateway(StatusCode::NOT_FOUND, "Not Found").into_response())
    }
}

//! The coordinator's side.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use pipeline_auth::{Again, AuthError};
use pipeline_config::{Secret, explain};
use pipeline_engine::cluster::Work;
use pipeline_transport::{Method, Request, Turn};
use tokio::net::TcpListener;
use url::Url;

use super::messages::{
    CredentialAnswer, PauseRequest, Problem, RefusedAnswer, RefusedRequest, TurnAnswer, TurnRequest,
};

/// Bytes of an executor's message; a refused answer's body is the largest.
const MAX_MESSAGE: usize = 4 << 20;

/// Answers executors as long as it is there.
#[derive(Debug)]
pub(crate) struct Broker {
    /// Where executors find it.
    url: Url,
    tables: Tables,
    serving: tokio::task::JoinHandle<()>,
}

type Tables = Arc<Mutex<HashMap<String, Arc<Work>>>>;

/// Keeps a table known.
#[derive(Debug)]
pub(crate) struct Registration {
    tables: Tables,
    pub(crate) key: Secret,
}

impl Broker {
    /// Listens at `address`; executors on other machines find it there.
    pub(crate) async fn start(address: IpAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::new(address, 0)).await?;
        let at = listener.local_addr()?;
        let tables = Tables::default();
        let router = Router::new()
            .route("/assignment", post(assignment))
            .route("/turn", post(turn))
            .route("/pause", post(pause))
            .route("/credential", post(credential))
            .route("/refused", post(refused))
            .layer(axum::extract::DefaultBodyLimit::max(MAX_MESSAGE))
            .with_state(Arc::clone(&tables));
        let serving = tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        let url = format!("http://{at}/").parse().map_err(std::io::Error::other)?;
        Ok(Self { url, tables, serving })
    }

    /// Where executors find it.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Makes a table known.
    pub(crate) fn register(&self, work: Work) -> Registration {
        let key = key();
        lock(&self.tables).insert(key.clone(), Arc::new(work));
        Registration { tables: Arc::clone(&self.tables), key: Secret::new(key) }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        lock(&self.tables).remove(self.key.expose());
    }
}

/// 256 bits that nobody guesses.
fn key() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer that is none.
struct Refusal(StatusCode, Problem);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        let problem = Problem { problem: explain(&error), needs_login: error.needs_login() };
        Self(StatusCode::CONFLICT, problem)
    }
}

fn failed(problem: String) -> Refusal {
    Refusal(StatusCode::CONFLICT, Problem { problem, needs_login: false })
}

/// The table that a message is about.
fn work(tables: &Tables, headers: &HeaderMap) -> Result<Arc<Work>, Refusal> {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok());
    let key = key.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let problem = || Problem { problem: "the run is over".into(), needs_login: false };
    lock(tables).get(key).cloned().ok_or_else(|| Refusal(StatusCode::UNAUTHORIZED, problem()))
}

async fn assignment(State(tables): State<Tables>, headers: HeaderMap) -> Result<Response, Refusal> {
    Ok(Json(&work(&tables, &headers)?.assignment).into_response())
}

async fn turn(
    State(tables): State<Tables>,
    headers: HeaderMap,
    Json(request): Json<TurnRequest>,
) -> Result<Json<TurnAnswer>, Refusal> {
    let work = work(&tables, &headers)?;
    let turn = work.shared.turns.take(&request.host, jiff::Timestamp::now()).await.map_err(failed)?;
    Ok(Json(match turn {
        Turn::After(wait) => TurnAnswer::AfterMs(milliseconds(wait)),
        Turn::Paused { until, .. } => TurnAnswer::PausedUntil(until),
    }))
}

/// Rounded up: a request that starts too early breaks the server's limit.
fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

async fn pause(
    State(tables): State<Tables>,
    headers: HeaderMap,
    Json(request): Json<PauseRequest>,
) -> Result<(), Refusal> {
    work(&tables, &headers)?.shared.turns.pause(&request.host, request.until).await;
    Ok(())
}

async fn credential(
    State(tables): State<Tables>,
    headers: HeaderMap,
) -> Result<Json<CredentialAnswer>, Refusal> {
    let work = work(&tables, &headers)?;
    // The credential of a request does not depend on where it goes.
    let mut request = Request::new(Method::Get, "https://localhost/".parse().expect("a URL"));
    let credential = work.shared.auth.authorize(&mut request).await?;
    let shown = |(name, secret): (&str, &Secret)| (name.to_owned(), secret.expose().to_owned());
    Ok(Json(CredentialAnswer {
        credential,
        headers: request.credential_headers().map(shown).collect(),
        query: request.credential_query().map(shown).collect(),
    }))
}

async fn refused(
    State(tables): State<Tables>,
    headers: HeaderMap,
    Json(request): Json<RefusedRequest>,
) -> Result<Json<RefusedAnswer>, Refusal> {
    let work = work(&tables, &headers)?;
    let mut headers = pipeline_transport::Headers::default();
    request.headers.iter().for_each(|(name, value)| headers.add(name.clone(), value.clone()));
    let url = request.url.parse().map_err(|_| failed("a refused request has no address".into()))?;
    let (status, body) = (request.status, request.body.into());
    let response = pipeline_transport::Response { status, headers, body, url };
    let again = work.shared.auth.rejected(&request.credential, &response).await? == Again::Yes;
    Ok(Json(RefusedAnswer { again }))
}

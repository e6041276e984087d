//! The executors' side.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pipeline_auth::{Again, AuthError, Authenticator, Credential};
use pipeline_config::{Secret, explain};
use pipeline_datasource::Shared;
use pipeline_engine::cluster::Assignment;
use pipeline_transport::{
    Body, Client, Limits, Method, Network, Pauses, Redactor, Repeat, Request, Response, Turn, Turns,
};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use super::messages::{
    CredentialAnswer, PauseRequest, Problem, RefusedAnswer, RefusedRequest, TurnAnswer, TurnRequest,
};

/// A credential is asked for anew this long before it ends; the coordinator renews it earlier.
const SKEW: SignedDuration = SignedDuration::from_secs(30);
/// Of a refused answer the beginning, which is where its reason stands.
const MAX_BODY: usize = 64 << 10;

/// Asks the broker of one table.
#[derive(Debug)]
pub(crate) struct BrokerClient {
    client: Client,
    url: Url,
    key: Secret,
}

impl BrokerClient {
    /// Asks nothing yet.
    pub(crate) fn new((url, key): (Url, Secret), redactor: &Redactor) -> Result<Self, String> {
        redactor.add(&key);
        let backoff = Duration::from_millis(200);
        let limits =
            Limits { rates: Vec::new(), concurrency: 256, max_attempts: 3, backoff, ..Limits::default() };
        let client = Client::new(limits, redactor.clone()).map_err(|error| explain(&error))?;
        Ok(Self { client, url, key })
    }

    /// The table.
    pub(crate) async fn assignment(&self) -> Result<Assignment, String> {
        self.ask("assignment", &()).await.map_err(|problem| problem.problem)
    }

    /// What the executors of a run have in common.
    pub(crate) fn shared(self, redactor: Redactor) -> Shared {
        let broker = Arc::new(self);
        Shared {
            auth: Arc::new(BrokeredAuthenticator {
                broker: Arc::clone(&broker),
                redactor,
                held: tokio::sync::Mutex::default(),
            }),
            turns: Arc::new(BrokeredTurns { broker, pauses: Pauses::default() }),
        }
    }

    async fn ask<Q: Serialize, A: DeserializeOwned>(&self, path: &str, question: &Q) -> Result<A, Problem> {
        let failed = |problem: String| Problem {
            problem: format!("the process that coordinates the run: {problem}"),
            needs_login: false,
        };
        let url = self.url.join(path).map_err(|error| failed(error.to_string()))?;
        let mut request = Request::new(Method::Post, url);
        request.network = Network::Trusted;
        // None of them does anything that may not be done twice.
        request.repeat = Repeat::Always;
        request.set_credential_header("Authorization", Secret::new(format!("Bearer {}", self.key.expose())));
        request.body =
            Some(Body::json(serde_json::to_string(question).map_err(|error| failed(error.to_string()))?));
        let response = self.client.send(&request).await.map_err(|error| failed(explain(&error)))?;
        if response.is_success() {
            // Where nothing is expected, nothing comes.
            let body: &[u8] = if response.body.is_empty() { b"null" } else { &response.body };
            return serde_json::from_slice(body).map_err(|error| failed(error.to_string()));
        }
        match serde_json::from_slice(&response.body) {
            Ok(problem) => Err(problem),
            Err(_) => Err(failed(format!("it answered {}", response.status))),
        }
    }
}

/// Has credentials from the broker, and keeps them while they are good.
#[derive(Debug)]
struct BrokeredAuthenticator {
    broker: Arc<BrokerClient>,
    redactor: Redactor,
    /// Held across the question: one per executor, the rest wait for its answer.
    held: tokio::sync::Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    credential: Credential,
    headers: Vec<(String, Secret)>,
    query: Vec<(String, Secret)>,
}

impl From<Problem> for AuthError {
    fn from(Problem { problem, needs_login }: Problem) -> Self {
        Self::Elsewhere { problem, needs_login }
    }
}

#[async_trait]
impl Authenticator for BrokeredAuthenticator {
    async fn authorize(&self, request: &mut Request) -> Result<Credential, AuthError> {
        let mut held = self.held.lock().await;
        let is_good = |held: &Held| {
            held.credential.ends().is_none_or(|ends| Timestamp::now().duration_until(ends) > SKEW)
        };
        if !held.as_ref().is_some_and(is_good) {
            let answer: CredentialAnswer = self.broker.ask("credential", &()).await?;
            let secret = |(name, value): (String, String)| {
                let value = Secret::new(value);
                self.redactor.add(&value);
                (name, value)
            };
            *held = Some(Held {
                credential: answer.credential,
                headers: answer.headers.into_iter().map(secret).collect(),
                query: answer.query.into_iter().map(secret).collect(),
            });
        }
        let held = held.as_ref().expect("it was just put there");
        held.headers.iter().for_each(|(name, value)| request.set_credential_header(name, value.clone()));
        held.query.iter().for_each(|(name, value)| request.set_credential_query(name, value.clone()));
        Ok(held.credential)
    }

    async fn rejected(&self, credential: &Credential, response: &Response) -> Result<Again, AuthError> {
        let question = RefusedRequest {
            credential: *credential,
            status: response.status,
            url: response.url.to_string(),
            headers: response
                .headers
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: response.text_lossy().chars().take(MAX_BODY).collect(),
        };
        let RefusedAnswer { again } = self.broker.ask("refused", &question).await?;
        if !again {
            return Ok(Again::No);
        }
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.credential == *credential) {
            *held = None;
        }
        Ok(Again::Yes)
    }
}

/// Has turns from the broker.
#[derive(Debug)]
struct BrokeredTurns {
    broker: Arc<BrokerClient>,
    /// What this executor has heard of pauses.
    pauses: Pauses,
}

#[async_trait]
impl Turns for BrokeredTurns {
    async fn take(&self, host: &str, now: Timestamp) -> Result<Turn, String> {
        let answer = self.broker.ask("turn", &TurnRequest { host: host.to_owned() }).await;
        Ok(match answer.map_err(|problem| problem.problem)? {
            TurnAnswer::AfterMs(wait) => Turn::After(Duration::from_millis(wait)),
            TurnAnswer::PausedUntil(until) => {
                self.pauses.pause(host, until);
                Turn::Paused {
                    until,
                    wait: Duration::try_from(now.duration_until(until)).unwrap_or_default(),
                }
            }
        })
    }

    async fn pause(&self, host: &str, until: Timestamp) {
        self.pauses.pause(host, until);
        let told: Result<(), Problem> =
            self.broker.ask("pause", &PauseRequest { host: host.to_owned(), until }).await;
        if let Err(Problem { problem, .. }) = told {
            tracing::warn!(problem, "the other executors do not know that {host} wants a pause");
        }
    }

    fn is_paused(&self, host: &str, now: Timestamp) -> bool {
        self.pauses.remaining(host, now).is_some()
    }
}

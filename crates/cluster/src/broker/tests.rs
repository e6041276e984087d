//! Both sides, on loopback.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline_auth::{Again, AuthError, Authenticator, Credential};
use pipeline_config::Secret;
use pipeline_datasource::Shared;
use pipeline_engine::cluster::{Assignment, Work};
use pipeline_transport::{Method, Redactor, Request, Response, Turn, Turns};
use serde_json::json;

use super::{Broker, BrokerClient};

/// What the coordinator was asked, and how it answers.
#[derive(Debug, Default)]
struct Coordinator {
    asked: Mutex<Vec<String>>,
    is_logged_out: bool,
}

impl Coordinator {
    fn note(&self, what: impl Into<String>) {
        self.asked.lock().unwrap().push(what.into());
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn credential(generation: u64, ends: Option<&str>) -> Credential {
    serde_json::from_value(json!({ "generation": generation, "ends": ends })).unwrap()
}

#[async_trait]
impl Authenticator for Coordinator {
    async fn authorize(&self, request: &mut Request) -> Result<Credential, AuthError> {
        self.note("authorize");
        if self.is_logged_out {
            return Err(AuthError::Elsewhere { problem: "log in again".into(), needs_login: true });
        }
        request.set_credential_header("Authorization", Secret::new("Bearer access"));
        Ok(credential(7, Some("2100-01-01T00:00:00Z")))
    }

    async fn rejected(&self, credential: &Credential, response: &Response) -> Result<Again, AuthError> {
        self.note(format!("rejected {} {}", credential.ends().is_some(), response.status));
        Ok(Again::Yes)
    }
}

#[async_trait]
impl Turns for Coordinator {
    async fn take(&self, host: &str, now: Timestamp) -> Result<Turn, String> {
        self.note(format!("turn {host}"));
        let until = now + Duration::from_secs(60);
        Ok(match host {
            "paused" => Turn::Paused { until, wait: Duration::from_secs(60) },
            _ => Turn::After(Duration::from_micros(1500)),
        })
    }

    async fn pause(&self, host: &str, _: Timestamp) {
        self.note(format!("pause {host}"));
    }

    fn is_paused(&self, _: &str, _: Timestamp) -> bool {
        false
    }
}

fn assignment() -> Assignment {
    let columns = serde_json::to_value(pipeline_table::DeclaredColumns::default()).unwrap();
    serde_json::from_value(json!({
        "pipeline": "/p.yaml", "files": [["/p.yaml", "name: p"]], "variables": {}, "params": [], "run_id": "r",
        "started_at": "2026-01-01T00:00:00Z", "table": "t", "columns": columns,
    }))
    .unwrap()
}

async fn broker() -> Broker {
    Broker::start(Ipv4Addr::LOCALHOST.into()).await.expect("a port")
}

fn work(coordinator: &Arc<Coordinator>) -> Work {
    let shared = Shared { auth: Arc::clone(coordinator) as _, turns: Arc::clone(coordinator) as _ };
    Work { assignment: assignment(), shared }
}

fn client(broker: &Broker, key: &Secret) -> BrokerClient {
    BrokerClient::new((broker.url().clone(), key.clone()), &Redactor::default()).expect("a client")
}

#[tokio::test]
async fn an_executor_is_told_its_table_while_the_run_lasts() {
    let (broker, coordinator) = (broker().await, Arc::default());
    let registration = broker.register(work(&coordinator));
    let told = client(&broker, &registration.key).assignment().await.expect("a table");
    assert_eq!(serde_json::to_value(told).unwrap(), serde_json::to_value(assignment()).unwrap());
    let guessed = client(&broker, &Secret::new("guess")).assignment().await.expect_err("no such run");
    assert_eq!(guessed, "the run is over");
    let client = client(&broker, &registration.key);
    drop(registration);
    assert_eq!(client.assignment().await.expect_err("it has ended"), "the run is over");
}

#[tokio::test]
async fn access_tokens_are_asked_for_once_and_again_when_refused() {
    let (broker, coordinator) = (broker().await, Arc::<Coordinator>::default());
    let registration = broker.register(work(&coordinator));
    let redactor = Redactor::default();
    let shared = client(&broker, &registration.key).shared(redactor.clone());
    let mut request = Request::new(Method::Get, "https://example.net/".parse().unwrap());
    for _ in 0..3 {
        shared.auth.authorize(&mut request).await.expect("a credential");
    }
    let (name, value) = request.credential_headers().next().expect("it was put on");
    assert_eq!((name.to_lowercase().as_str(), value.expose()), ("authorization", "Bearer access"));
    assert_eq!(coordinator.asked(), ["authorize"]);
    assert!(!redactor.redact("Bearer access").contains("access"), "executors' logs do not hold it");
    let refused = Response {
        status: 401,
        headers: pipeline_transport::Headers::default(),
        body: "no".into(),
        url: "https://example.net/".parse().unwrap(),
    };
    let used = shared.auth.authorize(&mut request).await.expect("the same");
    assert!(matches!(shared.auth.rejected(&used, &refused).await, Ok(Again::Yes)));
    shared.auth.authorize(&mut request).await.expect("a new one");
    assert_eq!(coordinator.asked(), ["authorize", "rejected true 401", "authorize"]);
}

#[tokio::test]
async fn a_dead_login_is_told_as_what_it_is() {
    let broker = broker().await;
    let coordinator = Arc::new(Coordinator { is_logged_out: true, ..Coordinator::default() });
    let registration = broker.register(work(&coordinator));
    let shared = client(&broker, &registration.key).shared(Redactor::default());
    let mut request = Request::new(Method::Get, "https://example.net/".parse().unwrap());
    let error = shared.auth.authorize(&mut request).await.expect_err("nobody is logged in");
    assert!(error.needs_login() && error.to_string().contains("log in again"), "{error}");
}

#[tokio::test]
async fn turns_and_pauses_are_those_of_the_run() {
    let (broker, coordinator) = (broker().await, Arc::<Coordinator>::default());
    let registration = broker.register(work(&coordinator));
    let turns = client(&broker, &registration.key).shared(Redactor::default()).turns;
    let now = Timestamp::now();
    // Rounded up: too early would be too fast.
    assert_eq!(turns.take("open", now).await, Ok(Turn::After(Duration::from_millis(2))));
    assert!(!turns.is_paused("paused", now));
    assert!(matches!(turns.take("paused", now).await, Ok(Turn::Paused { .. })));
    assert!(turns.is_paused("paused", now), "what it has heard of it keeps in mind");
    turns.pause("open", now + Duration::from_secs(5)).await;
    assert!(turns.is_paused("open", now));
    assert_eq!(coordinator.asked(), ["turn open", "turn paused", "pause open"]);
}

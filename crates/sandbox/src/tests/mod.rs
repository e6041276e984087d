//! The routes through `oneshot`, without a socket.

mod access;
mod faults;
mod oauth;
mod quota;
mod search;
mod sockets;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use crate::oauth::{CLIENT_ID, CLIENT_SECRET};
use crate::sandbox::{SandboxOptions, site};
use crate::server::{CLOUD_ID, Site, router};

/// A site without a port.
struct Offline {
    router: Router,
    site: Arc<Site>,
    refresh_token: String,
}

/// An answer, with its body read as far as it goes.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    /// Whether the body broke off.
    broken: bool,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    #[track_caller]
    fn keys(&self) -> Vec<String> {
        let json = self.json();
        let issues = json["issues"].as_array().expect("issues");
        issues.iter().map(|issue| issue["key"].as_str().expect("key").to_owned()).collect()
    }
}

impl Offline {
    fn new(options: SandboxOptions) -> Offline {
        let (site, refresh_token) = site(options).expect("good options");
        let site = Arc::new(Site { url: "http://127.0.0.1:1".to_owned(), ..site });
        Offline { router: router(&site), site, refresh_token }
    }

    fn with_issues(issues: usize) -> Offline {
        Offline::new(SandboxOptions { issues, ..SandboxOptions::default() })
    }

    fn with_faults(rules: &str) -> Offline {
        let faults = crate::Faults::from_json(&format!(r#"{{"rules":[{rules}]}}"#)).expect("good faults");
        Offline::new(SandboxOptions { faults, ..SandboxOptions::default() })
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("axum never fails");
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await;
        let broken = body.is_err();
        Answer { status: head.status, headers: head.headers, body: body.unwrap_or_default().into(), broken }
    }

    async fn get_as(&self, authorization: &str, path: &str) -> Answer {
        let request = Request::get(path).header("authorization", authorization);
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let request = Request::post(path).header("content-type", content_type);
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// A token of its own for each call, past the token endpoint.
    fn bearer(&self) -> String {
        let tokens = self.site.grants().grant(crate::oauth::INITIAL_SCOPE, self.site.clock.now());
        format!("Bearer {}", tokens.access_token)
    }

    /// `GET` below `/ex/jira/{site}/rest/api/` with a good token.
    async fn api(&self, path: &str) -> Answer {
        self.get_as(&self.bearer(), &format!("/ex/jira/{CLOUD_ID}/rest/api/{path}")).await
    }

    async fn api_post(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(format!("/ex/jira/{CLOUD_ID}/rest/api/{path}"))
            .header("authorization", self.bearer())
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// `POST /oauth/token` in JSON, with the client's id and secret.
    async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        let mut all = HashMap::from([("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)]);
        all.extend(fields.iter().copied());
        let body = serde_json::to_string(&all).expect("strings");
        self.post("/oauth/token", "application/json", &body).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }
}

//! Servers that answer as real ones do, on loopback, and remember what they were asked.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use tokio::runtime::Runtime;

/// One request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// As it was sent, percent-encoded.
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A query parameter, decoded as far as these tests need it.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let plain = |text: &str| {
            text.replace('+', " ")
                .replace("%24", "$")
                .replace("%2C", ",")
                .replace("%3D", "=")
                .replace("%3A", ":")
        };
        pairs
            .map(|(key, value)| (plain(key), plain(value)))
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

/// One answer; `{server}` in headers and body becomes the server's address.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Bytes of any kind.
    pub(crate) fn of(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: vec![("content-type", media_type.into())], body: body.into() }
    }

    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::of("application/json", body.into())
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn of_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// A running server; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _runtime: Runtime,
}

impl Server {
    /// Answers each request with what `answer` says.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_boxed(Box::new(answer))
    }

    /// Compiled once: with a router for each of 160 closures, this was half of the compiling of the tests.
    fn start_boxed(answer: Box<dyn Fn(&Asked) -> Reply + Send + Sync>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, answer, base) = (Arc::clone(&asked), Arc::new(answer), url.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (log, answer, base) = (Arc::clone(&log), Arc::clone(&answer), base.clone());
            async move {
                let asked = read(request).await;
                let reply = answer(&asked);
                log.lock().expect("nobody panics here").push(asked);
                write(&reply, &base)
            }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, asked, _runtime: runtime }
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panics here").clone()
    }
}

async fn read(request: Request) -> Asked {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let headers = head.headers.iter();
    Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

fn write(reply: &Reply, base: &str) -> Response {
    let body = match std::str::from_utf8(&reply.body) {
        Ok(text) => text.replace("{server}", base).into_bytes(),
        Err(_) => reply.body.clone(),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status");
    for (name, value) in &reply.headers {
        let value = HeaderValue::from_str(&value.replace("{server}", base)).expect("a header");
        response.headers_mut().append(HeaderName::from_static(name), value);
    }
    response
}

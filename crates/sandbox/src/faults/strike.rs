//! What a struck request gets.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

use super::bodies;
use super::rules::{Fault, FaultBody, RetryAfter, StatusFault};
use super::schedule::Endpoint;
use crate::connection::Line;
use crate::reply::{Refusal, html, json_text};
use crate::server::Site;

/// A fault that the search itself must carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twist {
    RepeatedCursor,
    EmptyPage,
}

/// Answers a request in the fault's way.
pub(crate) async fn strike(site: &Arc<Site>, fault: Fault, mut request: Request, next: Next) -> Response {
    match fault {
        Fault::Status(status) => status_response(&status, Endpoint::of(request.uri().path())),
        Fault::Html => html(StatusCode::OK, "Log in to continue"),
        Fault::Redirect { to, status } => redirect(&to, status),
        Fault::Oversize { bytes } => json_stream(bodies::oversize(bytes)),
        Fault::SlowFirstByte { delay } => {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Fault::RepeatedCursor => {
            request.extensions_mut().insert(Twist::RepeatedCursor);
            next.run(request).await
        }
        Fault::EmptyPage => {
            request.extensions_mut().insert(Twist::EmptyPage);
            next.run(request).await
        }
        Fault::ExpireAccessTokens => {
            site.grants().expire_access_tokens();
            next.run(request).await
        }
        Fault::RevokeRefreshTokens => {
            site.grants().revoke_all();
            next.run(request).await
        }
        Fault::Reset { .. } | Fault::Truncate { .. } | Fault::SlowBody { .. } | Fault::InvalidUtf8 => {
            let line = request.extensions().get::<ConnectInfo<Line>>().map(|ConnectInfo(line)| line.clone());
            spoil(next.run(request).await, &fault, line).await
        }
    }
}

/// Changes the body of an answer that was good.
async fn spoil(response: Response, fault: &Fault, line: Option<Line>) -> Response {
    let (mut head, body) = response.into_parts();
    // The sandbox's own bodies are whole in memory; collecting them cannot fail.
    let body: Bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.remove(header::CONTENT_LENGTH);
    let half = body.len() / 2;
    let spoilt = match fault {
        Fault::Reset { after } => bodies::broken(&body, after.unwrap_or(half), line),
        Fault::Truncate { after } => {
            head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            // One byte short at most, whatever was asked for: all of it would not be truncated.
            bodies::broken(&body, after.unwrap_or(half).min(body.len().saturating_sub(1)), None)
        }
        Fault::SlowBody { chunk, delay } => bodies::slow(body, *chunk, *delay),
        Fault::InvalidUtf8 => Body::from(bodies::invalid_utf8(&body)),
        _ => Body::from(body),
    };
    Response::from_parts(head, spoilt)
}

fn redirect(to: &str, status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
    (status, [(header::LOCATION, to.to_owned())]).into_response()
}

fn json_stream(body: Body) -> Response {
    let mut response = json_text(String::new());
    *response.body_mut() = body;
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

fn status_response(fault: &StatusFault, endpoint: Endpoint) -> Response {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Error");
    let mut response = match &fault.body {
        FaultBody::Json if endpoint == Endpoint::Token => {
            Refusal::oauth(status, "temporarily_unavailable", reason).into_response()
        }
        FaultBody::Json => {
            Refusal::jira(status, format!("{reason} (injected by the sandbox)")).into_response()
        }
        FaultBody::Html => html(status, reason),
        FaultBody::Empty => status.into_response(),
        FaultBody::Text(text) => (status, json_text(text.clone())).into_response(),
    };
    let headers = response.headers_mut();
    match fault.retry_after {
        Some(RetryAfter::Seconds(seconds)) => insert(headers, "retry-after", &seconds.to_string()),
        Some(RetryAfter::Date(seconds)) => insert(headers, "retry-after", &http_date(from_now(seconds))),
        None => {}
    }
    if let Some(seconds) = fault.reset_after {
        insert(headers, "x-ratelimit-reset", &from_now(seconds).strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    if let Some(reason) = &fault.reason {
        insert(headers, "ratelimit-reason", reason);
    }
    for (name, value) in &fault.headers {
        insert(headers, name, value);
    }
    response
}

fn from_now(seconds: u64) -> Timestamp {
    let ahead = SignedDuration::try_from(Duration::from_secs(seconds)).unwrap_or(SignedDuration::MAX);
    Timestamp::now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
}

fn http_date(at: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

/// Headers that HTTP does not allow are left out.
fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
        headers.insert(name, value);
    }
}

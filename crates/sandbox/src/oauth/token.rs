//! `POST /oauth/token`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::grants::{Exchange, GrantError, Tokens};
use super::{CLIENT_ID, CLIENT_SECRET, INITIAL_SCOPE};
use crate::reply::{Refusal, json_text};
use crate::server::Site;
use crate::stats::Counters;

/// RFC 6749 §4.1.3, §4.4.2, §6; unknown fields are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenRequest {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    scope: Option<String>,
}

/// Answers in JSON whatever the request's encoding: JSON as Atlassian documents it, or a form as RFC 6749 has it.
pub(crate) async fn token(State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = read(&headers, &body).and_then(|request| {
        authenticate(&request, &headers)?;
        answer(&site, &request)
    });
    let mut response = match answer {
        Ok(tokens) => json_text(written(&tokens)),
        Err(refusal) => refusal.into_response(),
    };
    // RFC 6749 §5.1.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<TokenRequest, Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let fields = if content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let pairs = url::form_urlencoded::parse(body);
        let object: Map<String, Value> =
            pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect();
        serde_json::from_value(Value::Object(object))
    } else {
        serde_json::from_slice(body)
    };
    fields.map_err(|_| invalid_request("the body is neither a JSON object nor a form"))
}

/// The client says who it is in the body or, by RFC 6749 §2.3.1, in a Basic header.
fn authenticate(request: &TokenRequest, headers: &HeaderMap) -> Result<(), Refusal> {
    let in_body = request.client_id.as_deref() == Some(CLIENT_ID)
        && request.client_secret.as_deref() == Some(CLIENT_SECRET);
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    let in_header =
        headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes() == basic.as_bytes());
    if in_body || in_header {
        return Ok(());
    }
    Err(Refusal::oauth(StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized"))
}

fn answer(site: &Site, request: &TokenRequest) -> Result<Tokens, Refusal> {
    let now = site.clock.now();
    let given = |field: &Option<String>, name: &str| {
        field.clone().ok_or_else(|| invalid_request(&format!("Missing required parameter: {name}")))
    };
    match request.grant_type.as_deref() {
        Some("refresh_token") => {
            let token = given(&request.refresh_token, "refresh_token")?;
            let answer = site.grants().refresh(&token, now);
            match answer {
                Ok(_) => Counters::add(&site.counters.refreshes, 1),
                Err(GrantError::ReusedRefreshToken) => Counters::add(&site.counters.reuse_detections, 1),
                Err(_) => {}
            }
            answer.map_err(refusal)
        }
        Some("authorization_code") => {
            let code = given(&request.code, "code")?;
            let redirect_uri = given(&request.redirect_uri, "redirect_uri")?;
            let verifier = request.code_verifier.as_deref();
            let exchange = Exchange { code: &code, redirect_uri: &redirect_uri, verifier };
            site.grants().exchange(exchange, now).map_err(refusal)
        }
        Some("client_credentials") => {
            // There is no user to come back for, hence no refresh token (RFC 6749 §4.4.3).
            let asked = request.scope.as_deref().unwrap_or(INITIAL_SCOPE);
            let scope: Vec<&str> = asked.split_whitespace().filter(|one| *one != "offline_access").collect();
            Ok(site.grants().grant(&scope.join(" "), now))
        }
        Some(other) => Err(Refusal::oauth(
            StatusCode::FORBIDDEN,
            "unsupported_grant_type",
            &format!("Unsupported grant type: {other}"),
        )),
        None => Err(invalid_request("Missing required parameter: grant_type")),
    }
}

fn refusal(error: GrantError) -> Refusal {
    let (error, description) = match error {
        // The body seen live in 2026, in place of the documented `invalid_grant`.
        GrantError::DeadRefreshToken | GrantError::ReusedRefreshToken => {
            ("unauthorized_client", "refresh_token is invalid")
        }
        GrantError::BadCode => ("invalid_grant", "Invalid authorization code"),
        GrantError::BadVerifier => ("invalid_grant", "Failed to verify code verifier"),
    };
    Refusal::oauth(StatusCode::FORBIDDEN, error, description)
}

fn invalid_request(description: &str) -> Refusal {
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_request", description)
}

fn written(tokens: &Tokens) -> String {
    let mut object = json!({ "access_token": tokens.access_token });
    if let Some(refresh_token) = &tokens.refresh_token {
        object["refresh_token"] = json!(refresh_token);
    }
    object["expires_in"] = json!(tokens.lifetime.as_secs());
    object["token_type"] = json!("Bearer");
    object["scope"] = json!(tokens.scope);
    object.to_string()
}

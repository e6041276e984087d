//! Token requests and what comes back; pure.

use std::time::Duration;

use jiff::Timestamp;
use pipeline_config::Secret;
use pipeline_transport::{Body, Method, Repeat, Request, Response, server_message};
use serde_json::{Map, Value};

use super::fields::{Settings, TokenRequest};
use crate::token_store::Tokens;

/// Why there are no tokens in an answer, by what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The refresh token is worth nothing any more: someone must log in.
    DeadGrant(String),
    /// The application is unknown.
    WrongClient(String),
    /// Anything else.
    Other(String),
}

/// Asks for new tokens in exchange for a refresh token (RFC 6749 §6).
pub(crate) fn refresh(settings: &Settings, refresh_token: &Secret) -> Request {
    let mut request = token_request(
        settings,
        &[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())],
    );
    // When the answer was lost the token may be spent; asking again is the one way to find out, and Atlassian
    // allows it for ten minutes ("OAuth 2.0 (3LO) apps", reuse interval).
    request.repeat = Repeat::Always;
    request
}

fn token_request(settings: &Settings, fields: &[(&str, &str)]) -> Request {
    let mut pairs = vec![("client_id", settings.client_id.as_str())];
    pairs.extend(settings.client_secret.as_ref().map(|secret| ("client_secret", secret.expose())));
    pairs.extend_from_slice(fields);
    let mut request = Request::new(Method::Post, settings.token_endpoint.clone());
    request.headers.set("Accept", "application/json");
    request.body = Some(match settings.token_request {
        TokenRequest::Form => Body::form(pairs),
        TokenRequest::Json => {
            let object: Map<String, Value> =
                pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
            Body::json(Value::from(object).to_string())
        }
    });
    request
}

/// The tokens of an answer that arrived at `now` (RFC 6749 §5).
pub(crate) fn read(response: &Response, now: Timestamp) -> Result<Tokens, Failure> {
    let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    match text("access_token") {
        Some(access_token) if response.is_success() => Ok(Tokens {
            access_token: Some(Secret::new(access_token)),
            refresh_token: text("refresh_token").map(Secret::new),
            obtained_at: now,
            lifetime: lifetime(&value["expires_in"]),
            scope: text("scope").map(str::to_owned),
        }),
        _ => Err(classify(text("error"), response)),
    }
}

/// A number of seconds; some servers write it as text.
fn lifetime(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// By the `error` of RFC 6749 §5.2; Atlassian's status is 403 where the RFC says 400.
fn classify(error: Option<&str>, response: &Response) -> Failure {
    let message = server_message(response)
        .unwrap_or_else(|| format!("an answer of {} bytes that holds no access token", response.body.len()));
    let is_about_token = {
        let lower = message.to_lowercase();
        lower.contains("refresh_token") || lower.contains("refresh token")
    };
    match error {
        Some("invalid_grant") => Failure::DeadGrant(message),
        // Seen at Atlassian for a used token; a wrong client secret gives the same code with other words.
        Some("unauthorized_client" | "invalid_request") if is_about_token => Failure::DeadGrant(message),
        Some("invalid_client" | "unauthorized_client" | "access_denied") => Failure::WrongClient(message),
        _ => Failure::Other(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Tokens, Failure> {
        let response = Response {
            status,
            headers: Default::default(),
            body: body.to_owned().into(),
            url: "https://auth.test/oauth/token".parse().unwrap(),
        };
        read(&response, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn reads_tokens() {
        let body =
            r#"{"access_token":"a","expires_in":3600,"token_type":"Bearer","refresh_token":"r","scope":"s"}"#;
        let tokens = answer(200, body).unwrap();
        assert_eq!(tokens.access_token, Some(Secret::new("a")));
        assert_eq!(tokens.refresh_token, Some(Secret::new("r")));
        assert_eq!(tokens.lifetime, Some(Duration::from_secs(3600)));
        let few = answer(200, r#"{"access_token":"a","expires_in":"60"}"#).unwrap();
        assert_eq!((few.refresh_token, few.lifetime), (None, Some(Duration::from_secs(60))));
    }

    #[test]
    fn tells_a_dead_login_from_a_wrong_client_and_from_anything_else() {
        let check = |status: u16, body: &str, expected: fn(String) -> Failure, message: &str| {
            assert_eq!(answer(status, body), Err(expected(message.into())), "{body}");
        };
        check(
            403,
            r#"{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}"#,
            Failure::DeadGrant,
            "invalid_grant: Unknown or invalid refresh token.",
        );
        check(
            403,
            r#"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#,
            Failure::DeadGrant,
            "unauthorized_client: refresh_token is invalid",
        );
        check(
            400,
            r#"{"error":"invalid_request","error_description":"Invalid refresh_token"}"#,
            Failure::DeadGrant,
            "invalid_request: Invalid refresh_token",
        );
        check(
            401,
            r#"{"error":"access_denied","error_description":"Unauthorized"}"#,
            Failure::WrongClient,
            "access_denied: Unauthorized",
        );
        check(401, r#"{"error":"invalid_client"}"#, Failure::WrongClient, "invalid_client");
        check(
            400,
            r#"{"error":"invalid_request","error_description":"Missing required parameter: grant_type"}"#,
            Failure::Other,
            "invalid_request: Missing required parameter: grant_type",
        );
        check(200, "<html><title>Sign in</title></html>", Failure::Other, "Sign in");
        check(502, "", Failure::Other, "an answer of 0 bytes that holds no access token");
        check(200, r#"{"ok":true}"#, Failure::Other, "an answer of 11 bytes that holds no access token");
    }
}

//! Token requests and what comes back; pure.

use std::time::Duration;

use jiff::Timestamp;
use pipeline_config::Secret;
use pipeline_transport::{Body, Method, Redactor, Repeat, Request, Response, server_message};
use serde_json::{Map, Value};
use url::Url;

use crate::{AuthError, basic::basic_credentials, tokens::Tokens};

/// How the token endpoint reads its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRequest {
    Json,
    Form,
}

/// Where a token request says which application is asking (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    Body,
    Basic,
}

/// Whom to ask for tokens, and as which application.
#[derive(Debug, Clone)]
pub(crate) struct TokenEndpoint {
    pub(crate) url: Url,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) token_request: TokenRequest,
    pub(crate) client_authentication: ClientAuthentication,
}

/// Why there are no tokens in an answer, by what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The refresh token or code is worth nothing any more: someone must log in.
    DeadGrant(String),
    /// The application is unknown.
    WrongClient(String),
    /// Anything else.
    Other(String),
}

impl Failure {
    pub(crate) fn into_error(self, status: u16, redactor: &Redactor) -> AuthError {
        let redact = |problem: String| redactor.redact(&problem).into_owned();
        match self {
            Self::DeadGrant(problem) => AuthError::Reauthorize { problem: redact(problem) },
            Self::WrongClient(problem) => AuthError::WrongClient { problem: redact(problem) },
            Self::Other(problem) => AuthError::TokenEndpoint { status, problem: redact(problem) },
        }
    }
}

impl TokenEndpoint {
    /// Asks for new tokens in exchange for a refresh token (RFC 6749 §6).
    ///
    /// Without `scope`, which would be the granted one anyway; some servers refuse to see it here.
    pub(crate) fn refresh(&self, refresh_token: &Secret) -> Request {
        let mut request =
            self.request(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())]);
        // When the answer was lost the token may be spent; asking again is the one way to find out, and Atlassian
        // allows it for ten minutes ("OAuth 2.0 (3LO) apps", reuse interval).
        request.repeat = Repeat::Always;
        request
    }

    /// A token request with these fields besides those that name the application.
    pub(crate) fn request(&self, fields: &[(&str, &str)]) -> Request {
        let mut request = Request::new(Method::Post, self.url.clone());
        request.headers.set("Accept", "application/json");
        let secret = self.client_secret.as_ref();
        let mut pairs = fields.to_vec();
        match (self.client_authentication, secret) {
            (ClientAuthentication::Basic, Some(secret)) => {
                let encode =
                    |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let credentials = basic_credentials(&encode(&self.client_id), &encode(secret.expose()));
                request.set_credential_header("Authorization", credentials);
            }
            _ => {
                pairs.push(("client_id", &self.client_id));
                pairs.extend(secret.map(|secret| ("client_secret", secret.expose())));
            }
        }
        request.body = Some(match self.token_request {
            TokenRequest::Form => Body::form(pairs),
            TokenRequest::Json => {
                let object: Map<String, Value> =
                    pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
                Body::json(Value::from(object).to_string())
            }
        });
        request
    }
}

/// The largest answer with tokens that is read; tokens have some kilobytes.
const MAX_ANSWER: usize = 256 << 10;

/// The tokens of an answer that arrived at `now` (RFC 6749 §5).
pub(crate) fn read(response: &Response, now: Timestamp) -> Result<Tokens, Failure> {
    // No request could carry it, and every form of it would be kept to be masked.
    if response.body.len() > MAX_ANSWER {
        let length = response.body.len();
        return Err(Failure::Other(format!(
            "an answer of {length} bytes, which is no token; {MAX_ANSWER} are read"
        )));
    }
    let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    match tokens(&value, now) {
        Some(tokens) if response.is_success() => Ok(tokens),
        _ => Err(classify(text(&value, "error"), response)),
    }
}

/// The tokens of a token response; `None` without an access token.
pub(crate) fn tokens(value: &Value, now: Timestamp) -> Option<Tokens> {
    Some(Tokens {
        access_token: Some(Secret::new(text(value, "access_token")?)),
        refresh_token: text(value, "refresh_token").map(Secret::new),
        obtained_at: now,
        lifetime: lifetime(&value["expires_in"]),
        scope: text(value, "scope").map(str::to_owned),
    })
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A number of seconds; some servers write it as text.
pub(crate) fn lifetime(value: &Value) -> Option<Duration> {
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

    fn endpoint(token_request: TokenRequest, client_authentication: ClientAuthentication) -> TokenEndpoint {
        TokenEndpoint {
            url: "https://auth.test/oauth/token".parse().unwrap(),
            client_id: "me".into(),
            client_secret: Some(Secret::new("hunter 2")),
            token_request,
            client_authentication,
        }
    }

    #[test]
    fn says_who_asks_where_the_server_looks_for_it() {
        let json = endpoint(TokenRequest::Json, ClientAuthentication::Body).refresh(&Secret::new("r"));
        let body = json.body.unwrap();
        assert_eq!(body.content_type, "application/json");
        assert_eq!(
            body.bytes,
            r#"{"grant_type":"refresh_token","refresh_token":"r","client_id":"me","client_secret":"hunter 2"}"#
        );
        let form = endpoint(TokenRequest::Form, ClientAuthentication::Body).refresh(&Secret::new("r"));
        let expected = "grant_type=refresh_token&refresh_token=r&client_id=me&client_secret=hunter+2";
        assert_eq!(form.body.unwrap().bytes, expected);
        let basic = endpoint(TokenRequest::Form, ClientAuthentication::Basic).refresh(&Secret::new("r"));
        assert_eq!(basic.body.as_ref().unwrap().bytes, "grant_type=refresh_token&refresh_token=r");
        // `me:hunter+2`: RFC 6749 §2.3.1 encodes both as in a form first.
        assert_eq!(basic.credential_headers().next().unwrap().1.expose(), "Basic bWU6aHVudGVyKzI=");
    }

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
        let endless = format!(r#"{{"access_token":"{}"}}"#, "x".repeat(MAX_ANSWER));
        let said = "an answer of 262163 bytes, which is no token; 262144 are read";
        check(200, &endless, Failure::Other, said);
        check(502, "", Failure::Other, "an answer of 0 bytes that holds no access token");
        check(200, r#"{"ok":true}"#, Failure::Other, "an answer of 11 bytes that holds no access token");
    }
}

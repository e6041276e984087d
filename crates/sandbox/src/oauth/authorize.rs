//! `GET /authorize`: the consent page, where the user has always agreed already.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::CLIENT_ID;
use super::grants::Consent;
use crate::reply::html;
use crate::server::Site;

/// Redirects to the callback with `code` and `state`. Errors that concern the callback itself are shown here,
/// all others travel to it (RFC 6749 §4.1.2.1).
pub(crate) async fn authorize(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let fields: HashMap<String, String> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
    if field("client_id") != Some(CLIENT_ID) {
        return html(StatusCode::FORBIDDEN, "Unauthorized client: client_id is not registered");
    }
    let Some(callback) = field("redirect_uri").and_then(callback) else {
        return html(StatusCode::FORBIDDEN, "redirect_uri is not registered for client");
    };
    let mut answer: Vec<(&str, String)> = match refusal(&field) {
        Some((error, description)) => vec![("error", error.to_owned()), ("error_description", description)],
        None => {
            let consent = Consent {
                redirect_uri: field("redirect_uri").unwrap_or_default().to_owned(),
                scope: field("scope").unwrap_or_default().to_owned(),
                challenge: field("code_challenge").map(str::to_owned),
            };
            vec![("code", site.grants().consent(consent, site.clock.now()))]
        }
    };
    answer.extend(field("state").map(|state| ("state", state.to_owned())));
    redirect(callback, &answer)
}

/// A callback that this app could have registered: anything secure, or plain HTTP on loopback.
fn callback(text: &str) -> Option<Url> {
    let callback = Url::parse(text).ok()?;
    let loopback = matches!(callback.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let fits = match callback.scheme() {
        "https" => callback.has_host(),
        "http" => loopback,
        _ => false,
    };
    (fits && callback.fragment().is_none()).then_some(callback)
}

/// The first thing wrong with a request whose callback is right; Atlassian documents all of these as required.
fn refusal<'a>(field: &impl Fn(&str) -> Option<&'a str>) -> Option<(&'static str, String)> {
    let missing =
        ["state", "scope", "audience", "response_type"].into_iter().find(|name| field(name).is_none());
    if let Some(name) = missing {
        return Some(("invalid_request", format!("Missing required parameter: {name}")));
    }
    if field("response_type") != Some("code") {
        return Some(("unsupported_response_type", "only response_type=code is supported".to_owned()));
    }
    if field("audience") != Some("api.atlassian.com") {
        return Some(("invalid_request", "audience must be api.atlassian.com".to_owned()));
    }
    if field("code_challenge").is_some() && field("code_challenge_method") != Some("S256") {
        return Some(("invalid_request", "code_challenge_method must be S256".to_owned()));
    }
    None
}

fn redirect(mut callback: Url, answer: &[(&str, String)]) -> Response {
    callback.query_pairs_mut().extend_pairs(answer);
    (StatusCode::FOUND, [(header::LOCATION, callback.to_string())]).into_response()
}

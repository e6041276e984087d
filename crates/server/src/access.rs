//! Who may ask. Everything a request must pass before it reaches a route.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use pipeline_config::Secret;

use crate::{
    ApiError, AppState, ServerError,
    session::{COOKIE, Sessions, hash},
};

/// Shorter tokens can be tried out.
pub(crate) const MIN_TOKEN: usize = 12;
/// What only our own page and programs send: other origins would need leave from a preflight, which nobody gives.
const CSRF_HEADER: &str = "x-pipeline";

/// Nothing from elsewhere, no inline script, no frame around us. `style-src` lets editors of code set styles.
const CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                   connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    /// The hash of the token, where one is demanded.
    token: Option<[u8; 32]>,
    /// Names that it may be called by, besides addresses.
    hosts: Vec<String>,
    pub(crate) sessions: Sessions,
}

impl Door {
    /// # Errors
    /// [`ServerError::NoToken`], [`ServerError::ShortToken`].
    pub(crate) fn new(
        address: SocketAddr,
        token: Option<&Secret>,
        hosts: &[String],
    ) -> Result<Self, ServerError> {
        match token.map(|token| token.expose().chars().count()) {
            None if !address.ip().is_loopback() => return Err(ServerError::NoToken { address }),
            Some(length) if length < MIN_TOKEN => return Err(ServerError::ShortToken { length }),
            _ => {}
        }
        let token = token.map(|token| hash(token.expose()));
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Ok(Self { address, token, hosts, sessions: Sessions::default() })
    }

    /// Whether a token is demanded.
    pub(crate) fn is_locked(&self) -> bool {
        self.token.is_some()
    }

    pub(crate) fn opens(&self, token: &str) -> bool {
        self.token.is_some_and(|known| known == hash(token))
    }

    /// A page elsewhere can make a name lead to this machine (DNS rebinding), but not the browser say another name.
    fn knows_host(&self, host: &str) -> bool {
        let name = host_name(host).to_ascii_lowercase();
        match name.trim_matches(['[', ']']).parse::<IpAddr>() {
            // Nobody rebinds an address; of loopback servers it must be this machine all the same.
            Ok(address) => !self.address.ip().is_loopback() || address.is_loopback(),
            Err(_) => name == "localhost" || self.hosts.contains(&name),
        }
    }

    /// Whether the request is of somebody who has shown the token.
    fn admits(&self, headers: &HeaderMap) -> bool {
        if !self.is_locked() {
            return true;
        }
        let bearer = text(headers, header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        bearer.is_some_and(|token| self.opens(token.trim()))
            || session(headers).is_some_and(|value| self.sessions.knows(value))
    }
}

/// What a request gets in place of an answer.
enum Refused {
    /// A person without session.
    ToLogin,
    Api(ApiError),
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// Lets a request pass, or answers in its place.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = match check(&state.door, &request) {
        Ok(()) => next.run(request).await,
        Err(Refused::Api(refused)) => refused.into_response(),
        Err(Refused::ToLogin) => Redirect::to("/login").into_response(),
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // With `no-referrer` browsers would send our own form with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn check(door: &Door, request: &Request) -> Result<(), Refused> {
    let headers = request.headers();
    let path = request.uri().path();
    let host = text(headers, header::HOST).or_else(|| request.uri().authority().map(|host| host.as_str()));
    // Probes of a container call it by whatever name; they learn nothing but that it lives.
    if path != "/healthz" && !host.is_some_and(|host| door.knows_host(host)) {
        let refused = ApiError::new(StatusCode::MISDIRECTED_REQUEST, "this server has another name");
        return Err(refused.help("say `--allow-host NAME` where it is to have this one").into());
    }
    let is_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_write {
        check_write(headers, host, path)?;
    }
    if is_open(path) || door.admits(headers) {
        return Ok(());
    }
    let wants_page = text(headers, header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    if wants_page && !is_write {
        return Err(Refused::ToLogin);
    }
    let refused = ApiError::new(StatusCode::UNAUTHORIZED, "this server wants its token");
    Err(refused.help("send `Authorization: Bearer TOKEN`, or log in at `/login`").into())
}

/// Who wants to change something must be our own page, or no page at all.
fn check_write(headers: &HeaderMap, host: Option<&str>, path: &str) -> Result<(), ApiError> {
    let refuse = |message: &str| ApiError::new(StatusCode::FORBIDDEN, message);
    if let Some(origin) = text(headers, header::ORIGIN) {
        let of = origin.split_once("://").map(|(_, authority)| authority);
        if of.is_none() || of != host {
            return Err(refuse("this request comes from a page of another origin"));
        }
    }
    if text(headers, header::HeaderName::from_static("sec-fetch-site"))
        .is_some_and(|site| !matches!(site, "same-origin" | "none"))
    {
        return Err(refuse("this request comes from a page of another site"));
    }
    // The form of the login has no headers of its own; `SameSite` and the origin hold there.
    if path != "/login" && !headers.contains_key(CSRF_HEADER) {
        let refused = refuse("the header `X-Pipeline` is missing");
        return Err(refused.help("send `X-Pipeline: 1` with every request that changes something"));
    }
    Ok(())
}

/// What everybody may see: that it lives, and where to show the token.
fn is_open(path: &str) -> bool {
    matches!(path, "/healthz" | "/login") || crate::studio::is_public(path)
}

/// The value of the session's cookie.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A host without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

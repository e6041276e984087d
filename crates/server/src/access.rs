//! Who may ask. Everything a request must pass before it reaches a route.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use pipeline_config::Secret;

use crate::{
    ApiError, AppState, ServerError,
    attempts::Attempts,
    connections::Peer,
    session::{Sessions, hash, unguessable},
};

/// What everybody must show to be let in.
#[derive(Debug, Clone)]
pub enum Token {
    /// One that the server makes; [`Server::url`](crate::Server::url) tells whoever has started it. On this machine only.
    Random,
    /// This one.
    Given(Secret),
    /// Nothing: every user and program of this machine may ask.
    None,
}

/// The token of a server that listens at `address`.
///
/// # Errors
/// [`ServerError::NoToken`], [`ServerError::ShortToken`].
pub(crate) fn token(address: SocketAddr, token: &Token) -> Result<Option<Secret>, ServerError> {
    let is_private = address.ip().is_loopback();
    match token {
        Token::Given(token) => match token.expose().chars().count() {
            length if length < MIN_TOKEN => Err(ServerError::ShortToken { length }),
            _ => Ok(Some(token.clone())),
        },
        Token::Random if is_private => Ok(Some(Secret::new(unguessable()))),
        Token::None if is_private => Ok(None),
        Token::Random | Token::None => Err(ServerError::NoToken { address }),
    }
}

/// Shorter tokens can be tried out.
pub(crate) const MIN_TOKEN: usize = 12;
/// What only our own page and programs send: other origins would need leave from a preflight, which nobody gives.
const CSRF_HEADER: &str = "x-pipeline";

/// Nothing from elsewhere, no inline script, no frame around us. `style-src` lets editors of code set styles.
const CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                   connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct AccessPolicy {
    address: SocketAddr,
    /// The hash of the token, where one is demanded.
    token: Option<[u8; 32]>,
    /// Names that it may be called by, besides addresses.
    hosts: Vec<String>,
    sessions: Sessions,
    attempts: Attempts,
}

impl AccessPolicy {
    /// Of a server that listens at `address`.
    pub(crate) fn new(address: SocketAddr, token: Option<&Secret>, hosts: &[String]) -> Self {
        let token = token.map(|token| hash(token.expose()));
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { address, token, hosts, sessions: Sessions::default(), attempts: Attempts::default() }
    }

    /// Whether the token opens; a wrong one is answered late.
    ///
    /// # Errors
    /// 429 while many wrong ones are being shown.
    pub(crate) async fn tries(&self, token: &str, peer: Option<Peer>) -> Result<bool, ApiError> {
        let is_right = || self.token.is_some_and(|known| known == hash(token));
        self.attempts.check(is_right, peer.map(|Peer(address)| address)).await
    }

    /// Begins a session; gives the cookie of it.
    pub(crate) fn begin_session(&self) -> String {
        self.cookie(&self.sessions.begin())
    }

    /// Ends the session of whoever asks.
    pub(crate) fn end_session(&self, headers: &HeaderMap) {
        if let Some(session) = self.session(headers) {
            self.sessions.end(session);
        }
    }

    /// Without `Secure`: the server itself speaks plain HTTP, and a proxy before it may not.
    pub(crate) fn cookie(&self, value: &str) -> String {
        format!("{}={value}; HttpOnly; SameSite=Strict; Path=/", self.cookie_name())
    }

    /// Browsers send cookies to all ports of a machine: with one name, each server would end the sessions of the others.
    fn cookie_name(&self) -> String {
        format!("pipeline_session_{}", self.address.port())
    }

    /// The value of the session's cookie.
    fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let wanted = self.cookie_name();
        let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
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

    /// Whether the request is of somebody who has shown the token before, or need not show one.
    fn knows(&self, headers: &HeaderMap) -> bool {
        self.token.is_none() || self.session(headers).is_some_and(|value| self.sessions.knows(value))
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
    let (parts, body) = request.into_parts();
    let (mut response, cookie) = match check(&state.access, &parts).await {
        Ok(cookie) => (next.run(Request::from_parts(parts, body)).await, cookie),
        Err(Refused::Api(refused)) => (refused.into_response(), None),
        Err(Refused::ToLogin) => (Redirect::to("/login").into_response(), None),
    };
    let headers = response.headers_mut();
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
        headers.append(header::SET_COOKIE, cookie);
    }
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

/// Whether the request may pass, and the cookie of a session that begins with it.
async fn check(access: &AccessPolicy, request: &Parts) -> Result<Option<String>, Refused> {
    let headers = &request.headers;
    let path = request.uri.path();
    let host = text(headers, header::HOST).or_else(|| request.uri.authority().map(|host| host.as_str()));
    let is_ambiguous = headers.get_all(header::HOST).iter().count() > 1;
    // Probes of a container call it by whatever name; they learn nothing but that it lives.
    if path != "/healthz" && (is_ambiguous || !host.is_some_and(|host| access.knows_host(host))) {
        let refused = ApiError::new(StatusCode::MISDIRECTED_REQUEST, "this server has another name");
        return Err(refused.help("say `--allow-host NAME` where it is to have this one").into());
    }
    let is_write = !matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if is_write {
        check_write(headers, host, path)?;
    }
    if is_open(path) || access.knows(headers) {
        return Ok(None);
    }
    let is_page =
        !is_write && text(headers, header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    let refused = match shown(request) {
        Some((way, token)) => {
            if access.tries(&token, request.extensions.get().copied()).await? {
                // The page takes the token out of its address; from here on it has the session.
                return Ok((way == Way::Address && is_page).then(|| access.begin_session()));
            }
            "this is not the token of this server"
        }
        None => "this server wants its token",
    };
    if is_page {
        return Err(Refused::ToLogin);
    }
    let refused = ApiError::new(StatusCode::UNAUTHORIZED, refused);
    Err(refused.help("send `Authorization: Bearer TOKEN`, or log in at `/login`").into())
}

/// How a token was shown.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    Header,
    Address,
}

/// The token in `Authorization: Bearer TOKEN` or `?token=TOKEN`.
fn shown(request: &Parts) -> Option<(Way, String)> {
    let header = text(&request.headers, header::AUTHORIZATION).and_then(|value| value.split_once(' '));
    if let Some((_, token)) = header.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        return Some((Way::Header, token.trim().to_owned()));
    }
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&request.uri).ok()?;
    let token = pairs.0.into_iter().find(|(name, _)| name == "token");
    token.map(|(_, token)| (Way::Address, token))
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

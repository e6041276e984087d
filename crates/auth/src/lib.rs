//! Proves to a server who is asking.
//!
//! An [`Authenticator`] puts a credential on a request, and hears when the server did not like it:
//!
//! ```text
//! authorize ─▶ request ─▶ server ─┬▶ answer
//!     ▲                           └▶ 401 ─▶ rejected ─┬▶ Again::Yes: authorize and send once more
//!     └── new access token, saved first ◀─────────────┘▶ Again::No: the refusal stands
//! ```
//! The kind `oauth2` keeps its rotating tokens in a store that survives crashes and is shared by all
//! processes; [`OAuth2::begin_login`] and [`OAuth2::finish_login`] fill it. Credentials are never printed.
//!
//! ```
//! use pipeline_auth::{AuthContext, KINDS};
//! use pipeline_config::{Environment, Reader, Section};
//! use pipeline_transport::{Client, Limits, Method, Redactor, Request};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let reader = Reader::new(Environment::empty().with([("TOKEN".into(), "hunter2".into())]));
//! let node = reader.parse("example.yaml", "{kind: bearer, token: '${TOKEN}'}").unwrap();
//! let (section, kind) = Section::read_kind(&reader, &node, KINDS, "auth").unwrap();
//! let client = Client::new(Limits::default(), Redactor::default())?;
//! let auth = (kind.build)(&section, &AuthContext::new(client, "state".into())).unwrap();
//! let mut request = Request::new(Method::Get, "https://example.com/".parse()?);
//! auth.authorize(&mut request).await?;
//! assert_eq!(request.credential_headers().next().unwrap().1.expose(), "Bearer hunter2");
//! # Ok(())
//! # }
//! ```

mod api_key;
pub mod atlassian;
mod authorized;
mod basic;
mod bearer;
mod cached;
mod client_credentials;
mod command;
mod error;
mod fixed;
mod headers;
mod logins;
mod none;
mod oauth2;
mod token_store;
mod tokens;

use std::{fmt::Debug, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline_config::{Kind, Section};
use pipeline_transport::{Client, Method, Request, Response};
use serde::{Deserialize, Serialize};

pub use authorized::send_authorized;
pub use error::AuthError;
pub use none::anonymous;
pub use oauth2::{CallbackListener, LoginAttempt, LoginError, LoginStatus, OAuth2, renewals_settled};

/// Every kind of authentication.
pub const KINDS: &[Kind<AuthBuild>] = &[
    none::KIND,
    bearer::KIND,
    basic::KIND,
    api_key::KIND,
    headers::KIND,
    oauth2::KIND,
    client_credentials::KIND,
    command::KIND,
];

/// Makes an authenticator from its section; `None` after reporting why there can be none.
pub type AuthBuild = fn(&Section<'_>, &AuthContext) -> Option<Arc<dyn Authenticator>>;

/// What an authenticator may use.
#[derive(Debug, Clone)]
pub struct AuthContext {
    /// Sends token requests; the datasource's own, so that limits and redaction are shared.
    pub client: Client,
    /// The folder below which tokens are kept.
    pub state: PathBuf,
}

impl AuthContext {
    /// With this client, keeping tokens below `state`.
    pub fn new(client: Client, state: PathBuf) -> Self {
        Self { client, state }
    }
}

/// Puts credentials on requests; one per datasource, shared by all its requests.
#[async_trait]
pub trait Authenticator: Debug + Send + Sync {
    /// Adds the credential, after getting a new one where that is due.
    ///
    /// # Errors
    /// [`AuthError`] when there is none to be had.
    async fn authorize(&self, request: &mut Request) -> Result<Credential, AuthError>;

    /// Hears that a server turned away a request that carried `credential`.
    ///
    /// # Errors
    /// [`AuthError`] when a new credential is needed and cannot be had.
    async fn rejected(&self, credential: &Credential, response: &Response) -> Result<Again, AuthError>;

    /// Makes sure that there is a credential, without a request to put it on.
    ///
    /// # Errors
    /// As of [`authorize`](Self::authorize).
    async fn ready(&self) -> Result<(), AuthError> {
        let nowhere = "https://localhost/".parse().expect("a URL");
        self.authorize(&mut Request::new(Method::Get, nowhere)).await.map(drop)
    }

    /// Waits until nothing is under way that must not be broken off, such as the renewal of a login.
    async fn settled(&self) {}

    /// The login behind it, for the kinds that have one.
    fn oauth2(&self) -> Option<&OAuth2> {
        None
    }
}

/// Which of its credentials an authenticator used; tells a refused one from one that has been renewed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    generation: u64,
    ends: Option<Timestamp>,
    /// Whether it may have ended long ago: nobody knows its age, and it can be renewed.
    #[serde(default)]
    is_of_unknown_age: bool,
}

impl Credential {
    /// One that is never renewed.
    pub(crate) const UNCHANGING: Self = Self { generation: 0, ends: None, is_of_unknown_age: false };

    /// When it ends, where that is known.
    pub fn ends(&self) -> Option<Timestamp> {
        self.ends
    }

    /// Whether a refusal with this status can mean that the credential has ended.
    pub(crate) fn may_have_ended(&self, status: u16, now: Timestamp) -> bool {
        match status {
            401 => true,
            // Atlassian's gateway is reported to answer so when the token has ended.
            403 | 404 => self.is_of_unknown_age || self.ends.is_some_and(|end| end <= now),
            _ => false,
        }
    }
}

/// Whether a request that was turned away is worth sending once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// There is a new credential.
    Yes,
    /// The refusal stands.
    No,
}

#[cfg(test)]
mod conformance;

//! Credentials that never change.

use async_trait::async_trait;
use pipeline_config::Secret;
use pipeline_transport::{Request, Response};

use crate::{Again, AuthError, Authenticator, Credential};

/// Sends the same credentials with every request.
#[derive(Debug)]
pub(crate) enum Fixed {
    /// In headers of these names.
    Headers(Vec<(String, Secret)>),
    /// In a query parameter of this name.
    Query(String, Secret),
}

impl Fixed {
    pub(crate) fn headers(headers: impl IntoIterator<Item = (String, Secret)>) -> Self {
        Self::Headers(headers.into_iter().collect())
    }
}

#[async_trait]
impl Authenticator for Fixed {
    async fn authorize(&self, request: &mut Request) -> Result<Credential, AuthError> {
        match self {
            Self::Headers(headers) => {
                for (name, value) in headers {
                    request.set_credential_header(name, value.clone());
                }
            }
            Self::Query(name, value) => request.set_credential_query(name, value.clone()),
        }
        Ok(Credential::UNCHANGING)
    }

    async fn rejected(&self, _: &Credential, _: &Response) -> Result<Again, AuthError> {
        Ok(Again::No)
    }
}

/// Whether `name` can be the name of a header (RFC 9110 §5.1).
pub(crate) fn is_header_name(name: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(is_token)
}

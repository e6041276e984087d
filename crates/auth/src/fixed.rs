//! A credential that never changes.

use async_trait::async_trait;
use pipeline_config::Secret;
use pipeline_transport::{Request, Response};

use crate::{Again, AuthError, Authenticator, Credential};

/// Sends the same credential with every request.
#[derive(Debug)]
pub(crate) enum Fixed {
    /// In a header of this name.
    Header(String, Secret),
    /// In a query parameter of this name.
    Query(String, Secret),
}

#[async_trait]
impl Authenticator for Fixed {
    async fn authorize(&self, request: &mut Request) -> Result<Credential, AuthError> {
        match self {
            Self::Header(name, value) => request.set_credential_header(name, value.clone()),
            Self::Query(name, value) => request.set_credential_query(name, value.clone()),
        }
        Ok(Credential { generation: 0 })
    }

    async fn rejected(&self, _: &Credential, _: &Response) -> Result<Again, AuthError> {
        Ok(Again::No)
    }
}

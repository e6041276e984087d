//! Requests that carry a credential, from its first use to its renewal.

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline_transport::{Authorize, Client, Request, Response, SendError};

use crate::{Again, AuthError, Authenticator, Credential};

/// Sends `request` with the credential of `authenticator`, and once more with a new one where the server turned the
/// first one away.
///
/// A credential that had ended when it was refused says nothing about the next one, so only refusals of credentials
/// that should have been good are counted: the second one stands.
///
/// # Errors
/// [`SendError`]; a refusal that stands is a response.
pub async fn send_authorized(
    client: &Client,
    authenticator: &dyn Authenticator,
    request: &mut Request,
) -> Result<Response, SendError<AuthError>> {
    let (mut n_refused, mut n_sent) = (0, 0);
    loop {
        let mut signer = Signer { authenticator, credential: None };
        let response = client.send_authorized(request, &mut signer).await?;
        n_sent += 1;
        let Some(credential) = signer.credential.filter(|_| !response.is_success()) else {
            return Ok(response);
        };
        let had_ended = credential.ends().is_some_and(|end| end <= client.clock().now());
        n_refused += u32::from(!had_ended);
        if n_refused > 1 || n_sent > client.limits().max_attempts {
            return Ok(response);
        }
        let again = authenticator.rejected(&credential, &response).await.map_err(SendError::Authorize)?;
        if again == Again::No {
            return Ok(response);
        }
    }
}

/// Keeps what the last attempt carried.
struct Signer<'a> {
    authenticator: &'a dyn Authenticator,
    credential: Option<Credential>,
}

#[async_trait]
impl Authorize for Signer<'_> {
    type Error = AuthError;

    async fn authorize(&mut self, request: &mut Request) -> Result<Option<Timestamp>, AuthError> {
        let credential = self.authenticator.authorize(request).await?;
        self.credential = Some(credential);
        Ok(credential.ends())
    }
}

//! `kind: oauth2`: a login whose access token is renewed with a refresh token (RFC 6749 §6).

mod fields;
mod grant;
#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline_config::Secret;
use pipeline_transport::{Client, Request, Response};
use tokio::sync::Mutex as AsyncMutex;

pub(crate) use fields::KIND;
use fields::Settings;
use grant::Failure;

use crate::{
    Again, AuthError, Authenticator, Credential,
    token_store::{TokenStore, Tokens},
};

/// The authenticator of one login.
#[derive(Debug)]
pub struct OAuth2 {
    settings: Settings,
    client: Client,
    store: TokenStore,
    /// The tokens in use, and how many times they were replaced.
    current: Mutex<(u64, Option<Tokens>)>,
    /// Held across the wait for the token endpoint: one refresh per process, the rest wait for its result.
    renewing: AsyncMutex<()>,
}

impl OAuth2 {
    fn new(settings: Settings, client: Client, state: &Path) -> Self {
        let store = TokenStore::new(state, &settings.login_name());
        Self { settings, client, store, current: Mutex::default(), renewing: AsyncMutex::default() }
    }

    fn now(&self) -> Timestamp {
        self.client.clock().now()
    }

    /// The tokens in use; the first time those of the store, or else those of the YAML.
    fn current(&self) -> Result<(u64, Tokens), AuthError> {
        {
            let current = self.lock_current();
            if let (generation, Some(tokens)) = &*current {
                return Ok((*generation, tokens.clone()));
            }
        }
        let tokens = match self.store.load()? {
            Some(stored) => stored,
            None => Tokens {
                access_token: self.settings.access_token.clone(),
                refresh_token: self.settings.refresh_token.clone(),
                obtained_at: self.now(),
                lifetime: None,
                scope: None,
            },
        };
        Ok((self.adopt(&tokens), tokens))
    }

    /// Uses these tokens from now on.
    fn adopt(&self, tokens: &Tokens) -> u64 {
        for secret in [&tokens.access_token, &tokens.refresh_token].into_iter().flatten() {
            self.client.redactor().add(secret);
        }
        let mut current = self.lock_current();
        current.0 += 1;
        current.1 = Some(tokens.clone());
        current.0
    }

    fn lock_current(&self) -> std::sync::MutexGuard<'_, (u64, Option<Tokens>)> {
        self.current.lock().expect("no one panics while holding the tokens")
    }

    /// Tokens other than those of generation `refused`, from the store or from the server.
    async fn renew(&self, refused: Option<u64>) -> Result<(u64, Tokens), AuthError> {
        let _one_at_a_time = self.renewing.lock().await;
        let (generation, current) = self.current()?;
        if refused != Some(generation) && current.is_usable(self.now()) {
            return Ok((generation, current));
        }
        let _one_process = self.store.lock().await?;
        let stored = self.store.load()?;
        if let Some(stored) = &stored
            && stored.access_token != current.access_token
            && stored.is_usable(self.now())
        {
            tracing::debug!("another process has renewed the access token");
            return Ok((self.adopt(stored), stored.clone()));
        }
        let latest = stored.unwrap_or(current);
        let renewed = match self.refresh(&latest).await {
            Err(AuthError::Reauthorize { problem }) => {
                // Where the file system has no locks, another process may have used the token just before us.
                match self.store.load()? {
                    Some(newer) if newer.refresh_token != latest.refresh_token => {
                        self.refresh(&newer).await?
                    }
                    _ => return Err(AuthError::Reauthorize { problem }),
                }
            }
            result => result?,
        };
        // Saved before it is used: a crash from here on loses nothing.
        self.store.save(&renewed)?;
        tracing::debug!(expires_at = ?renewed.expires_at(), "renewed the access token");
        Ok((self.adopt(&renewed), renewed))
    }

    /// Asks the token endpoint for new tokens.
    async fn refresh(&self, tokens: &Tokens) -> Result<Tokens, AuthError> {
        let Some(refresh_token) = &tokens.refresh_token else {
            let problem = match &tokens.access_token {
                Some(_) => {
                    "the access token was refused, and there is no `refresh_token` to get a new one with"
                }
                None => "there is neither an `access_token` nor a `refresh_token`",
            };
            return Err(AuthError::Reauthorize { problem: problem.into() });
        };
        self.client.redactor().add(refresh_token);
        let request = grant::refresh(&self.settings, refresh_token);
        let response = self.client.send(&request).await?;
        let mut renewed =
            grant::read(&response, self.now()).map_err(|failure| self.error(failure, &response))?;
        // RFC 6749 §6: without a new one the old one stays good.
        renewed.refresh_token = renewed.refresh_token.or_else(|| Some(refresh_token.clone()));
        renewed.scope = renewed.scope.or_else(|| tokens.scope.clone());
        Ok(renewed)
    }

    fn error(&self, failure: Failure, response: &Response) -> AuthError {
        let redact = |problem: String| self.client.redactor().redact(&problem).into_owned();
        match failure {
            Failure::DeadGrant(problem) => AuthError::Reauthorize { problem: redact(problem) },
            Failure::WrongClient(problem) => AuthError::WrongClient { problem: redact(problem) },
            Failure::Other(problem) => {
                AuthError::TokenEndpoint { status: response.status, problem: redact(problem) }
            }
        }
    }
}

#[async_trait]
impl Authenticator for OAuth2 {
    async fn authorize(&self, request: &mut Request) -> Result<Credential, AuthError> {
        let (generation, tokens) = match self.current()? {
            (generation, tokens) if tokens.is_usable(self.now()) => (generation, tokens),
            _ => self.renew(None).await?,
        };
        let access_token = tokens.access_token.expect("renewed tokens have an access token");
        let value = Secret::new(format!("Bearer {}", access_token.expose()));
        request.set_credential_header("Authorization", value);
        Ok(Credential { generation })
    }

    async fn rejected(&self, credential: &Credential, response: &Response) -> Result<Again, AuthError> {
        let (_, tokens) = self.current()?;
        let is_past = tokens.expires_at().is_some_and(|end| end <= self.now());
        match response.status {
            401 => {}
            // Atlassian's gateway is reported to answer so when the token has ended.
            403 | 404 if is_past => {}
            _ => return Ok(Again::No),
        }
        self.renew(Some(credential.generation)).await?;
        Ok(Again::Yes)
    }

    fn oauth2(&self) -> Option<&OAuth2> {
        Some(self)
    }
}

/// For whoever builds one without going through the kind.
impl From<OAuth2> for Arc<dyn Authenticator> {
    fn from(auth: OAuth2) -> Self {
        Arc::new(auth)
    }
}

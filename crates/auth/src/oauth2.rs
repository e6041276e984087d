//! `kind: oauth2`: a login whose access token is renewed with a refresh token (RFC 6749 §6).

mod authorize_url;
mod callback;
mod fields;
mod grant;
mod login;
mod redirected;
mod status;
#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{Arc, Mutex, Weak},
};

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline_config::Secret;
use pipeline_transport::{Client, Request, Response};
use tokio::sync::Mutex as AsyncMutex;

pub use callback::CallbackListener;
use fields::Settings;
pub(crate) use fields::{AUTHENTICATION_URL, CLIENT_AUTHENTICATION, KIND, TOKEN_REQUEST, token_endpoint};
pub(crate) use grant::{
    ClientAuthentication, Failure, TokenEndpoint, TokenRequest, lifetime, read as read_tokens,
};
pub use login::{LoginAttempt, LoginError};
pub use status::LoginStatus;

use crate::{
    Again, AuthError, Authenticator, Credential,
    logins::{Login, Logins, seed_of},
    token_store::TokenStore,
    tokens::Tokens,
};

/// The authenticator of one login.
#[derive(Debug)]
pub struct OAuth2 {
    /// Itself, for renewals that go on when nobody waits for them any more.
    this: Weak<Self>,
    settings: Settings,
    /// Stands for the YAML's refresh token.
    seed: Option<String>,
    client: Client,
    store: TokenStore,
    /// The tokens in use, and how many times they were replaced.
    current: Mutex<(u64, Option<Tokens>)>,
    /// Held across the wait for the token endpoint: one refresh per process, the rest wait for its result.
    renewing: AsyncMutex<()>,
}

/// Held by each renewal of this process; signals that end the process know of no login.
static UNDER_WAY: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

/// Waits until no login is being renewed in this process, for whoever ends it.
pub async fn renewals_settled() {
    drop(UNDER_WAY.write().await);
}

impl OAuth2 {
    fn new(settings: Settings, client: Client, state: &Path) -> Arc<Self> {
        let store = TokenStore::new(state, &settings.store_name(), settings.keeper);
        let seed = seed_of(settings.refresh_token.as_ref());
        Arc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            settings,
            seed,
            client,
            store,
            current: Mutex::default(),
            renewing: AsyncMutex::default(),
        })
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
        let tokens = self.tokens_of(self.store.load()?.find(self.seed.as_deref()));
        Ok((self.adopt(&tokens), tokens))
    }

    /// What a login holds; without one, what the YAML holds.
    fn tokens_of(&self, login: Option<&Login>) -> Tokens {
        let none = Tokens {
            access_token: None,
            refresh_token: None,
            obtained_at: self.now(),
            lifetime: None,
            scope: None,
        };
        match login {
            Some(Login { tokens: Some(tokens), .. }) => tokens.clone(),
            // Who has logged out is not logged in again by the token that stands in the YAML.
            Some(Login { tokens: None, .. }) if self.seed.is_some() => none,
            _ => Tokens {
                access_token: self.settings.access_token.clone(),
                refresh_token: self.settings.refresh_token.clone(),
                ..none
            },
        }
    }

    /// Uses these tokens from now on.
    fn adopt(&self, tokens: &Tokens) -> u64 {
        self.hide(tokens);
        let mut current = self.lock_current();
        current.0 += 1;
        current.1 = Some(tokens.clone());
        current.0
    }

    /// Keeps the tokens out of everything that is printed.
    fn hide(&self, tokens: &Tokens) {
        for secret in [&tokens.access_token, &tokens.refresh_token].into_iter().flatten() {
            self.client.redactor().add(secret);
        }
    }

    fn lock_current(&self) -> std::sync::MutexGuard<'_, (u64, Option<Tokens>)> {
        self.current.lock().expect("no one panics while holding the tokens")
    }

    /// Tokens other than those of generation `refused`, from the store or from the server.
    ///
    /// It goes on when the caller is dropped, as requests for pages ahead are: the server may have spent the refresh
    /// token already, and the one that it answers with must be kept.
    async fn renew(&self, refused: Option<u64>) -> Result<(u64, Tokens), AuthError> {
        let this = self.this.upgrade().expect("it is borrowed from the one `Arc` that `new` made");
        let renewal = tokio::spawn(async move {
            let _under_way = UNDER_WAY.read().await;
            this.renew_and_keep(refused).await
        });
        renewal.await.expect("renewals do not panic, and nobody ends them")
    }

    async fn renew_and_keep(&self, refused: Option<u64>) -> Result<(u64, Tokens), AuthError> {
        let _one_at_a_time = self.renewing.lock().await;
        let (generation, current) = self.current()?;
        if refused != Some(generation) && current.is_usable(self.now()) {
            return Ok((generation, current));
        }
        let lock = self.store.lock().await?;
        let logins = self.store.load()?;
        let stored = logins.find(self.seed.as_deref()).map(|login| self.tokens_of(Some(login)));
        let latest = match stored {
            Some(stored) if stored.access_token != current.access_token && stored.is_usable(self.now()) => {
                tracing::debug!("another process has renewed the access token");
                return Ok((self.adopt(&stored), stored));
            }
            Some(stored) => stored,
            None => current,
        };
        let renewed = match self.refresh(&latest).await {
            Err(AuthError::Reauthorize { problem }) => self.without(&latest, problem).await?,
            result => result?,
        };
        // Saved before it is used: a crash from here on loses nothing.
        let mut logins = self.store.load()?;
        logins.renew(self.seed.as_deref(), renewed.clone());
        self.store.save(&logins, lock)?;
        tracing::debug!(expires_at = ?renewed.expires_at(), "renewed the access token");
        Ok((self.adopt(&renewed), renewed))
    }

    /// Once more with what another process stored while we asked, which happens where the file system has no
    /// locks; without such tokens the `problem` with the `dead` ones stands.
    async fn without(&self, dead: &Tokens, problem: String) -> Result<Tokens, AuthError> {
        let logins = self.store.load()?;
        match logins.find(self.seed.as_deref()).and_then(|login| login.tokens.clone()) {
            Some(newer) if newer.refresh_token != dead.refresh_token => {
                self.hide(&newer);
                if newer.access_token != dead.access_token && newer.is_usable(self.now()) {
                    return Ok(newer);
                }
                self.refresh(&newer).await
            }
            _ => Err(AuthError::Reauthorize { problem }),
        }
    }

    /// Asks the token endpoint for new tokens.
    async fn refresh(&self, tokens: &Tokens) -> Result<Tokens, AuthError> {
        let Some(refresh_token) = &tokens.refresh_token else {
            let problem = "the access token has ended, and there is no `refresh_token` to get a new one with";
            return Err(match &tokens.access_token {
                Some(_) => AuthError::Reauthorize { problem: problem.into() },
                None => AuthError::NotLoggedIn,
            });
        };
        self.client.redactor().add(refresh_token);
        let request = self.settings.endpoint.refresh(refresh_token);
        let response = self.client.send(&request).await?;
        let mut renewed =
            read_tokens(&response, self.now()).map_err(|failure| self.error(failure, &response))?;
        // RFC 6749 §6: without a new one the old one stays good.
        renewed.refresh_token = renewed.refresh_token.or_else(|| Some(refresh_token.clone()));
        renewed.scope = renewed.scope.or_else(|| tokens.scope.clone());
        self.hide(&renewed);
        Ok(renewed)
    }

    fn error(&self, failure: Failure, response: &Response) -> AuthError {
        failure.into_error(response.status, self.client.redactor())
    }

    /// Changes what is stored, and uses what is then stored.
    async fn change_store(&self, change: impl FnOnce(&mut Logins) + Send) -> Result<(), AuthError> {
        let lock = self.store.lock().await?;
        let mut logins = self.store.load()?;
        change(&mut logins);
        self.store.save(&logins, lock)?;
        self.adopt(&self.tokens_of(logins.find(self.seed.as_deref())));
        Ok(())
    }
}

#[async_trait]
impl Authenticator for OAuth2 {
    async fn authorize(&self, request: &mut Request) -> Result<Credential, AuthError> {
        let (generation, tokens) = match self.current()? {
            (generation, tokens) if tokens.is_usable(self.now()) => (generation, tokens),
            _ => self.renew(None).await?,
        };
        let access_token = tokens.access_token.as_ref().expect("renewed tokens have an access token");
        let value = Secret::new(format!("Bearer {}", access_token.expose()));
        request.set_credential_header("Authorization", value);
        let ends = tokens.expires_at();
        // The one in the YAML was obtained at some time; a renewed one is as old as its renewal.
        let is_of_unknown_age = ends.is_none()
            && tokens.refresh_token.is_some()
            && tokens.access_token == self.settings.access_token;
        Ok(Credential { generation, ends, is_of_unknown_age })
    }

    async fn rejected(&self, credential: &Credential, response: &Response) -> Result<Again, AuthError> {
        if !credential.may_have_ended(response.status, self.now()) {
            return Ok(Again::No);
        }
        self.renew(Some(credential.generation)).await?;
        Ok(Again::Yes)
    }

    async fn settled(&self) {
        drop(self.renewing.lock().await);
    }

    fn oauth2(&self) -> Option<&OAuth2> {
        Some(self)
    }
}

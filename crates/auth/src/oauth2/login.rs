//! Logging in: a user's consent becomes tokens (RFC 6749 §4.1).

use std::{io, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pipeline_config::Secret;
use serde_json::Value;
use url::Url;

use super::{
    LoginStatus, OAuth2,
    authorize_url::{Nonces, authorize_url},
    grant::{self, Failure},
    redirected,
};
use crate::{AuthError, tokens::Tokens};

/// A login that was begun; the user is at the authorize page now.
#[derive(Debug)]
pub struct LoginAttempt {
    url: Url,
    redirect_url: String,
    nonces: Nonces,
}

/// A login came to nothing; whatever was stored before is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// Nothing says where a user logs in.
    #[error("there is no `authorize_url`, and none that follows from `authentication_url`")]
    NoAuthorizeUrl,
    /// The user, or the server on their behalf, said no.
    #[error("the consent was refused: {problem}")]
    Refused {
        /// What the server said.
        problem: String,
    },
    /// The answer has another `state` than this login.
    #[error("this is the answer to another login (its `state` is not ours)")]
    WrongState,
    /// There is no code in the answer.
    #[error("there is no `code` in it")]
    NoCode,
    /// The token endpoint did not take the code.
    #[error("the token endpoint did not take the code: {problem}")]
    CodeRefused {
        /// What it said.
        problem: String,
    },
    /// What was imported is no token response.
    #[error("this is not a token response: {problem}")]
    NotTokens {
        /// Why not.
        problem: &'static str,
    },
    /// Nobody can listen for the answer.
    #[error("`{redirect_url}` cannot be listened at")]
    Listen {
        /// The callback.
        redirect_url: String,
        /// Why.
        source: io::Error,
    },
    /// No answer came.
    #[error("no answer came within {0:?}")]
    Timeout(Duration),
    /// As of any request for tokens.
    #[error(transparent)]
    Auth(#[from] AuthError),
}

impl LoginAttempt {
    /// The page where the user logs in; it is for the user's eyes, as it holds the attempt's `state`.
    pub fn authorize_url(&self) -> &Url {
        &self.url
    }

    /// Where the answer goes, as the application has registered it.
    pub fn redirect_url(&self) -> &str {
        &self.redirect_url
    }

    /// The code in what came back.
    ///
    /// # Errors
    /// [`LoginError::Refused`], [`LoginError::WrongState`], [`LoginError::NoCode`].
    pub(super) fn code(&self, redirected: &str) -> Result<Secret, LoginError> {
        redirected::code(redirected, &self.nonces.state)
    }
}

impl OAuth2 {
    /// Begins a login whose answer goes to `redirect_url`, or to the one in the YAML.
    ///
    /// # Errors
    /// [`LoginError::NoAuthorizeUrl`].
    pub fn begin_login(&self, redirect_url: Option<&str>) -> Result<LoginAttempt, LoginError> {
        let redirect_url = redirect_url.unwrap_or(&self.settings.redirect_url).to_owned();
        let nonces = Nonces { state: unguessable(), verifier: unguessable() };
        self.client.redactor().add(&nonces.verifier);
        let url = authorize_url(&self.settings, &redirect_url, &nonces).ok_or(LoginError::NoAuthorizeUrl)?;
        Ok(LoginAttempt { url, redirect_url, nonces })
    }

    /// Where the answer goes by the YAML.
    pub fn redirect_url(&self) -> &str {
        &self.settings.redirect_url
    }

    /// Ends a login: `redirected` is the address that the browser was sent to, or the code in it.
    ///
    /// # Errors
    /// [`LoginError`]; what was stored before is still there.
    pub async fn finish_login(
        &self,
        attempt: &LoginAttempt,
        redirected: &str,
    ) -> Result<LoginStatus, LoginError> {
        let code = attempt.code(redirected)?;
        self.client.redactor().add(&code);
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &attempt.redirect_url),
        ];
        if self.settings.has_pkce {
            fields.push(("code_verifier", attempt.nonces.verifier.expose()));
        }
        let request = self.settings.endpoint.request(&fields);
        let response = self.client.send(&request).await.map_err(AuthError::from)?;
        let tokens = grant::read(&response, self.now()).map_err(|failure| match failure {
            Failure::DeadGrant(problem) => {
                LoginError::CodeRefused { problem: self.client.redactor().redact(&problem).into_owned() }
            }
            other => self.error(other, &response).into(),
        })?;
        self.store_login(tokens).await
    }

    /// Stores the tokens of a token response, such as the guide's `curl` prints.
    ///
    /// # Errors
    /// [`LoginError::NotTokens`], or [`AuthError::Store`].
    pub async fn import(&self, token_response: &str) -> Result<LoginStatus, LoginError> {
        let wrong = |problem| LoginError::NotTokens { problem };
        // The parser's own message may quote what it read.
        let value: Value = serde_json::from_str(token_response).map_err(|_| wrong("it is not JSON"))?;
        let tokens = grant::tokens(&value, self.now()).ok_or_else(|| wrong("it has no `access_token`"))?;
        self.store_login(tokens).await
    }

    async fn store_login(&self, tokens: Tokens) -> Result<LoginStatus, LoginError> {
        self.hide(&tokens);
        self.change_store(|logins| logins.log_in(self.seed.as_deref(), tokens)).await?;
        Ok(self.status()?)
    }

    /// Renews the access token whether it has ended or not.
    ///
    /// # Errors
    /// [`AuthError`], as of any request.
    pub async fn refresh_now(&self) -> Result<LoginStatus, AuthError> {
        let (generation, _) = self.current()?;
        self.renew(Some(generation)).await?;
        self.status()
    }

    /// Forgets the tokens; `false` when there were none. The server is not told.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn log_out(&self) -> Result<bool, AuthError> {
        let mut had_tokens = false;
        self.change_store(|logins| had_tokens = logins.log_out(self.seed.as_deref())).await?;
        Ok(had_tokens)
    }

    /// Remembers whose login it is, for [`status`](Self::status).
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn name_account(&self, account: &str) -> Result<(), AuthError> {
        self.change_store(|logins| logins.name_account(self.seed.as_deref(), account)).await
    }
}

/// 256 bits of the system's randomness, in the alphabet of RFC 7636 §4.1.
fn unguessable() -> Secret {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

//! What there is to know about a login without its tokens.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{OAuth2, authorize_url};
use crate::{AuthError, atlassian};

/// A login, without its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginStatus {
    /// Whose it is, as the server said when it began; or the `account` of the YAML.
    pub account: Option<String>,
    /// The application.
    pub client_id: String,
    /// The host of the token endpoint.
    pub server: String,
    /// What was granted; `None` when the server did not say.
    pub granted: Option<Vec<String>>,
    /// What the YAML asks for.
    pub wanted: Vec<String>,
    /// When the access token came; `None` without one.
    pub obtained_at: Option<Timestamp>,
    /// When the access token ends; `None` when the server did not say.
    pub expires_at: Option<Timestamp>,
    /// Whether the access token can be used now.
    pub is_usable: bool,
    /// Whether a new access token can be had without a user.
    pub is_renewable: bool,
    /// Whether it stands in the store; else only in the YAML.
    pub is_stored: bool,
    /// The store.
    pub store: PathBuf,
    /// Where a user takes back the consent, where that is known.
    pub revoke_at: Option<&'static str>,
}

impl LoginStatus {
    /// Whether there is anything to authorize a request with.
    pub fn is_logged_in(&self) -> bool {
        self.is_usable || self.is_renewable
    }

    /// Scopes that the YAML asks for and the server did not grant; none when the server did not say.
    pub fn missing_scopes(&self) -> Vec<&str> {
        let Some(granted) = &self.granted else { return Vec::new() };
        // Not a scope of any API; servers differ in whether they list it, and the refresh token shows it anyway.
        let is_listed = |scope: &&String| scope.as_str() == "offline_access" || granted.contains(scope);
        self.wanted.iter().filter(|scope| !is_listed(scope)).map(String::as_str).collect()
    }
}

impl OAuth2 {
    /// What is stored now; asks no server.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub fn status(&self) -> Result<LoginStatus, AuthError> {
        let logins = self.store.load()?;
        let login = logins.find(self.seed.as_deref());
        let tokens = self.tokens_of(login);
        self.hide(&tokens);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let is_stored = login.is_some_and(|login| login.tokens.is_some());
        Ok(LoginStatus {
            account: login.and_then(|login| login.account.clone()).or_else(|| self.settings.account.clone()),
            client_id: self.settings.endpoint.client_id.clone(),
            server: self.settings.endpoint.url.host_str().unwrap_or_default().to_owned(),
            granted: tokens.scope.as_deref().map(words),
            wanted: authorize_url::scope(&self.settings).as_deref().map(words).unwrap_or_default(),
            obtained_at: is_stored.then_some(tokens.obtained_at),
            expires_at: tokens.expires_at(),
            is_usable: tokens.is_usable(self.now()),
            is_renewable: tokens.refresh_token.is_some(),
            is_stored,
            store: self.store.place(),
            revoke_at: atlassian::is_atlassian(&self.settings.endpoint.url).then_some(atlassian::REVOKE_AT),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_which_scopes_are_missing() {
        let check = |wanted: &str, granted: Option<&str>, expected: &[&str]| {
            let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
            let status = LoginStatus {
                account: None,
                client_id: String::new(),
                server: String::new(),
                granted: granted.map(words),
                wanted: words(wanted),
                obtained_at: None,
                expires_at: None,
                is_usable: true,
                is_renewable: true,
                is_stored: true,
                store: PathBuf::new(),
                revoke_at: None,
            };
            assert_eq!(status.missing_scopes(), expected);
        };
        check("a b offline_access", Some("a"), &["b"]);
        check("a", Some("b a"), &[]);
        check("a", None, &[]);
    }
}

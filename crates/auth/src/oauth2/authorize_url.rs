//! The page where a user logs in and allows the application what it asks for (RFC 6749 §4.1.1); pure.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pipeline_config::Secret;
use sha2::{Digest, Sha256};
use url::Url;

use super::fields::Settings;

/// What makes one login unlike any other.
#[derive(Debug, Clone)]
pub(crate) struct Nonces {
    /// Comes back with the answer, so that nobody can slip us another's.
    pub(crate) state: Secret,
    /// RFC 7636; shown to the token endpoint alone.
    pub(crate) verifier: Secret,
}

/// The address to open, which leads back to `redirect_url`, letter by letter as registered; `None` when nothing says where the authorize page is.
pub(crate) fn authorize_url(settings: &Settings, redirect_url: &str, nonces: &Nonces) -> Option<Url> {
    let mut url = settings.authorize_url.clone()?;
    let mut pairs: Vec<(&str, String)> = Vec::new();
    pairs.extend(settings.audience.as_ref().map(|audience| ("audience", audience.clone())));
    pairs.push(("client_id", settings.endpoint.client_id.clone()));
    pairs.extend(scope(settings).map(|scope| ("scope", scope)));
    pairs.push(("redirect_uri", redirect_url.to_owned()));
    pairs.push(("state", nonces.state.expose().to_owned()));
    pairs.push(("response_type", "code".into()));
    // Without it a server may skip the page, and then give no refresh token.
    pairs.push(("prompt", "consent".into()));
    if settings.has_pkce {
        pairs.push(("code_challenge", URL_SAFE_NO_PAD.encode(Sha256::digest(nonces.verifier.expose()))));
        pairs.push(("code_challenge_method", "S256".into()));
    }
    pairs.retain(|(name, _)| settings.authorize_params.iter().all(|(own, _)| own != name));
    pairs.extend(settings.authorize_params.iter().map(|(name, value)| (name.as_str(), value.clone())));
    // `%20` and not `+` for blanks: Atlassian's own examples have it so, and every server reads it.
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string();
    let ours = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let query: Vec<String> = url.query().map(str::to_owned).into_iter().chain(ours).collect();
    url.set_query(Some(&query.join("&")));
    Some(url)
}

/// RFC 3986 §2.3.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The scopes to ask for. An audience means a server of the family of Auth0, Atlassian's among them, where
/// `offline_access` is what gives a refresh token; elsewhere an unknown scope may be refused.
pub(crate) fn scope(settings: &Settings) -> Option<String> {
    let written = settings.scope.as_deref().unwrap_or_default();
    let mut scopes: Vec<&str> = written.split_whitespace().collect();
    if settings.audience.is_some() && !scopes.contains(&"offline_access") {
        scopes.push("offline_access");
    }
    (!scopes.is_empty()).then(|| scopes.join(" "))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        oauth2::{ClientAuthentication, TokenEndpoint, TokenRequest},
        token_store::Keeper,
    };

    pub(in crate::oauth2) fn settings() -> Settings {
        Settings {
            endpoint: TokenEndpoint {
                url: "https://auth.atlassian.com/oauth/token".parse().unwrap(),
                client_id: "me".into(),
                client_secret: None,
                token_request: TokenRequest::Json,
                client_authentication: ClientAuthentication::Body,
            },
            refresh_token: None,
            access_token: None,
            scope: Some("read:jira-work manage:jira-project".into()),
            account: None,
            authorize_url: Some("https://auth.atlassian.com/authorize".parse().unwrap()),
            redirect_url: "https://example.com".into(),
            audience: Some("api.atlassian.com".into()),
            authorize_params: vec![],
            has_pkce: false,
            keeper: Keeper::File,
        }
    }

    fn url(settings: &Settings) -> String {
        let nonces = Nonces { state: Secret::new("s1"), verifier: Secret::new("v1") };
        authorize_url(settings, &settings.redirect_url, &nonces).unwrap().to_string()
    }

    #[test]
    fn asks_as_atlassian_documents_it() {
        assert_eq!(
            url(&settings()),
            "https://auth.atlassian.com/authorize?audience=api.atlassian.com&client_id=me\
             &scope=read%3Ajira-work%20manage%3Ajira-project%20offline_access\
             &redirect_uri=https%3A%2F%2Fexample.com&state=s1&response_type=code&prompt=consent"
        );
    }

    #[test]
    fn asks_others_for_what_is_written_and_with_a_challenge() {
        let settings = Settings {
            scope: Some("openid".into()),
            authorize_url: Some("https://x.test/auth?tenant=a".parse().unwrap()),
            audience: None,
            authorize_params: vec![
                ("prompt".into(), "login".into()),
                ("access_type".into(), "offline".into()),
            ],
            has_pkce: true,
            ..settings()
        };
        // The challenge of `v1`, computed with `printf v1 | openssl dgst -sha256 -binary | basenc --base64url`.
        assert_eq!(
            url(&settings),
            "https://x.test/auth?tenant=a&client_id=me&scope=openid&redirect_uri=https%3A%2F%2Fexample.com\
             &state=s1&response_type=code&code_challenge=O_wmlZTvZJIo6adLqwDwQu_JHVrMb77jGjgugNQjiP4\
             &code_challenge_method=S256&prompt=login&access_type=offline"
        );
    }
}

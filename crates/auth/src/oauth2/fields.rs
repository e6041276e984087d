//! The keys of `kind: oauth2`; the guide's fields, with the guide's meaning.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Secret, Section, Shape, fingerprint};
use pipeline_transport::is_private;
use url::Url;

use super::OAuth2;
use crate::{AuthBuild, AuthContext, Authenticator};

pub(crate) const KIND: Kind<AuthBuild> = Kind {
    name: "oauth2",
    summary: "OAuth 2.0 with a refresh token (3LO at Atlassian); rotated tokens are kept in the state folder.",
    fields: &[
        Field::required("authentication_url", Shape::Url, "The token endpoint."),
        Field::required("client_id", Shape::Text, "From the settings page of your application."),
        Field::optional("client_secret", Shape::Secret, "From the same page; public clients have none."),
        Field::optional(
            "refresh_token",
            Shape::Secret,
            "The first refresh token. The ones that follow are kept in the state folder and win over this one; \
             another value here starts afresh.",
        ),
        Field::optional("access_token", Shape::Secret, "Used until it ends, when nothing is stored yet."),
        Field::optional(
            "scope",
            Shape::Text,
            "Separated by blanks; `offline_access` is what gives a refresh token.",
        ),
        Field::default(
            "token_request",
            Shape::OneOf(&["json", "form"]),
            "json",
            "How the token endpoint is asked: `json` as at Atlassian, `form` as in RFC 6749.",
        ),
        Field::optional("account", Shape::Text, "Tells several logins of one application apart."),
    ],
    build,
};

/// How the token endpoint reads its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRequest {
    Json,
    Form,
}

/// The section, read.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) token_endpoint: Url,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) access_token: Option<Secret>,
    pub(crate) token_request: TokenRequest,
    pub(crate) account: Option<String>,
}

impl Settings {
    /// Names the file of the login: the same for every pipeline that means the same login.
    ///
    /// Another refresh token in the YAML means another login. The hash does not tell the token.
    pub(crate) fn login_name(&self) -> String {
        let seed = self.refresh_token.as_ref().map_or("", Secret::expose);
        let parts =
            [self.token_endpoint.as_str(), &self.client_id, self.account.as_deref().unwrap_or(""), seed];
        let host = self.token_endpoint.host_str().unwrap_or("oauth2");
        let name = format!("{host}-{}", fingerprint(parts));
        // A host may be an IPv6 address, whose brackets and colons file systems dislike.
        name.replace(['[', ']', ':'], "_")
    }
}

fn build(section: &Section<'_>, context: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    let token_endpoint: Url = section.optional_text("authentication_url")?.parse().ok()?;
    if !is_private(&token_endpoint) {
        let error = section.error("A003", "authentication_url", "tokens are not sent without encryption");
        section
            .reader()
            .report(error.help("write `https://`; only a server on this machine is asked without"));
        return None;
    }
    let token_request = match section.text("token_request").as_str() {
        "form" => TokenRequest::Form,
        _ => TokenRequest::Json,
    };
    let settings = Settings {
        token_endpoint,
        client_id: section.text("client_id"),
        client_secret: section.secret("client_secret"),
        refresh_token: section.secret("refresh_token"),
        access_token: section.secret("access_token"),
        token_request,
        account: section.optional_text("account"),
    };
    for secret in
        [&settings.client_secret, &settings.refresh_token, &settings.access_token].into_iter().flatten()
    {
        context.client.redactor().add(secret);
    }
    Some(OAuth2::new(settings, context.client.clone(), &context.state).into())
}

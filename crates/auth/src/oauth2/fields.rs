//! The keys of `kind: oauth2`; the guide's fields, with the guide's meaning.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Secret, Section, Shape, fingerprint};
use pipeline_transport::is_private;
use url::Url;

use super::{ClientAuthentication, OAuth2, TokenEndpoint, TokenRequest};
use crate::{AuthBuild, AuthContext, Authenticator, atlassian, token_store::Keeper};

pub(crate) const KIND: Kind<AuthBuild> = Kind {
    name: "oauth2",
    summary: "OAuth 2.0 with a refresh token (3LO at Atlassian): `pipeline auth login` once; rotated tokens are kept \
              in the state folder.",
    fields: &[
        AUTHENTICATION_URL,
        Field::required("client_id", Shape::Text, "From the settings page of your application."),
        Field::optional("client_secret", Shape::Secret, "From the same page; public clients have none."),
        Field::optional(
            "refresh_token",
            Shape::Secret,
            "The first refresh token, in place of `pipeline auth login`. The ones that follow are kept in the state \
             folder and win over this one; another value here starts afresh.",
        ),
        Field::optional("access_token", Shape::Secret, "Used until it ends, when nothing is stored yet."),
        Field::optional(
            "scope",
            Shape::Text,
            "What to ask for, separated by blanks; at Atlassian, `offline_access` is added, which gives a refresh \
             token.",
        ),
        TOKEN_REQUEST,
        CLIENT_AUTHENTICATION,
        Field::default(
            "token_store",
            Shape::OneOf(&["file", "keyring"]),
            "file",
            "Where tokens are kept: in the state folder, or in the keyring of the operating system, for which the \
             program must have been built with `--features keyring`.",
        ),
        Field::optional("account", Shape::Text, "Tells several logins of one application apart."),
        Field::optional(
            "authorize_url",
            Shape::Url,
            "The page where a user logs in; from an `authentication_url` that ends with `/oauth/token` it is known.",
        ),
        Field::default(
            "redirect_url",
            Shape::Url,
            "http://localhost:8765/callback",
            "The callback URL that your application has registered, letter by letter.",
        ),
        Field::optional(
            "audience",
            Shape::Text,
            "Who the tokens are for, where the authorize page wants to know; at Atlassian, `api.atlassian.com`.",
        ),
        Field::optional(
            "authorize_params",
            Shape::Map(&Shape::Text),
            "More parameters for the authorize page, such as `access_type: offline` at Google.",
        ),
        Field::default(
            "pkce",
            Shape::OneOf(&["auto", "always", "never"]),
            "auto",
            "Whether the login proves that it is the one that was begun (RFC 7636); `auto` does everywhere but at \
             Atlassian, which does not document it.",
        ),
    ],
    build,
};

pub(crate) const AUTHENTICATION_URL: Field =
    Field::required("authentication_url", Shape::Url, "The token endpoint.");
pub(crate) const TOKEN_REQUEST: Field = Field::default(
    "token_request",
    Shape::OneOf(&["json", "form"]),
    "json",
    "How the token endpoint is asked: `json` as at Atlassian, `form` as in RFC 6749.",
);
pub(crate) const CLIENT_AUTHENTICATION: Field = Field::default(
    "client_authentication",
    Shape::OneOf(&["body", "basic"]),
    "body",
    "Where the client id and secret go: into the body as at Atlassian, or into an `Authorization: Basic` header.",
);

/// The section, read.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) endpoint: TokenEndpoint,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) access_token: Option<Secret>,
    pub(crate) scope: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) authorize_url: Option<Url>,
    /// As it is written: servers compare it letter by letter with what was registered.
    pub(crate) redirect_url: String,
    pub(crate) audience: Option<String>,
    pub(crate) authorize_params: Vec<(String, String)>,
    pub(crate) has_pkce: bool,
    pub(crate) keeper: Keeper,
}

impl Settings {
    /// Names the file of the application's logins: the same for every pipeline that means the same application
    /// and account.
    pub(crate) fn store_name(&self) -> String {
        let url = &self.endpoint.url;
        let parts = [url.as_str(), &self.endpoint.client_id, self.account.as_deref().unwrap_or("")];
        let name = format!("{}-{}", url.host_str().unwrap_or("oauth2"), fingerprint(parts));
        // A host may be an IPv6 address, whose brackets and colons file systems dislike.
        name.replace(['[', ']', ':'], "_")
    }
}

fn build(section: &Section<'_>, context: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    let endpoint = token_endpoint(section, context)?;
    let url = |name: &str| section.optional_text(name)?.parse::<Url>().ok();
    let authorize_url = url("authorize_url").or_else(|| atlassian::authorize_url(&endpoint.url));
    if let Some(authorize_url) = authorize_url.as_ref().filter(|url| !is_private(url)) {
        let error = section.error("A003", "authorize_url", "nobody logs in without encryption");
        section
            .reader()
            .report(error.help(format!("write `https://` in front of {}", authorize_url.authority())));
    }
    let audience =
        section.optional_text("audience").or_else(|| atlassian::audience(&endpoint.url).map(str::to_owned));
    let has_pkce = match section.text("pkce").as_str() {
        "always" => true,
        "never" => false,
        _ => !atlassian::is_atlassian(&endpoint.url),
    };
    let settings = Settings {
        refresh_token: section.secret("refresh_token"),
        access_token: section.secret("access_token"),
        scope: section.optional_text("scope"),
        account: section.optional_text("account"),
        authorize_url,
        redirect_url: section.text("redirect_url"),
        audience,
        authorize_params: section.pairs("authorize_params"),
        has_pkce,
        keeper: keeper(section)?,
        endpoint,
    };
    for secret in [&settings.refresh_token, &settings.access_token].into_iter().flatten() {
        context.client.redactor().add(secret);
    }
    Some(OAuth2::new(settings, context.client.clone(), &context.state))
}

/// What keeps the tokens; `None` after reporting that this program cannot use it.
fn keeper(section: &Section<'_>) -> Option<Keeper> {
    if section.text("token_store") != "keyring" {
        return Some(Keeper::File);
    }
    #[cfg(feature = "keyring")]
    return Some(Keeper::Keyring);
    #[cfg(not(feature = "keyring"))]
    {
        let error = section.error("A005", "token_store", "this program was built without the keyring");
        let help =
            "build it with `cargo install --path crates/cli --features keyring`, or keep tokens in a `file`";
        section.reader().report(error.help(help));
        None
    }
}

/// Reads the keys that every kind with a token endpoint has; `None` after reporting what is wrong.
pub(crate) fn token_endpoint(section: &Section<'_>, context: &AuthContext) -> Option<TokenEndpoint> {
    let url: Url = section.optional_text("authentication_url")?.parse().ok()?;
    if !is_private(&url) {
        let error = section.error("A003", "authentication_url", "tokens are not sent without encryption");
        section
            .reader()
            .report(error.help("write `https://`; only a server on this machine is asked without"));
        return None;
    }
    let client_secret = section.secret("client_secret");
    if let Some(secret) = &client_secret {
        context.client.redactor().add(secret);
    }
    Some(TokenEndpoint {
        url,
        client_id: section.text("client_id"),
        client_secret,
        token_request: match section.text("token_request").as_str() {
            "form" => TokenRequest::Form,
            _ => TokenRequest::Json,
        },
        client_authentication: match section.text("client_authentication").as_str() {
            "basic" => ClientAuthentication::Basic,
            _ => ClientAuthentication::Body,
        },
    })
}

//! `kind: oauth2_client_credentials` (RFC 6749 §4.4).

use std::sync::Arc;

use async_trait::async_trait;
use pipeline_config::{Field, Kind, Section, Shape};
use pipeline_transport::{Client, Repeat};

use crate::{
    AuthBuild, AuthContext, AuthError, Authenticator,
    cached::{Cached, Fetched, TokenSource},
    oauth2::{
        AUTHENTICATION_URL, CLIENT_AUTHENTICATION, Failure, TOKEN_REQUEST, TokenEndpoint, read_tokens,
        token_endpoint,
    },
};

pub(crate) const KIND: Kind<AuthBuild> = Kind {
    name: "oauth2_client_credentials",
    summary: "OAuth 2.0 for a program of its own, without a user: an access token for the client id and secret.",
    fields: &[
        AUTHENTICATION_URL,
        Field::required("client_id", Shape::Text, "Who the program is."),
        Field::required("client_secret", Shape::Secret, "How it proves that."),
        Field::optional("scope", Shape::Text, "What to ask for, separated by blanks."),
        Field::optional("audience", Shape::Text, "Who the token is for, where the server wants to know."),
        TOKEN_REQUEST,
        CLIENT_AUTHENTICATION,
    ],
    build,
};

fn build(section: &Section<'_>, context: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    let source = ClientCredentials {
        endpoint: token_endpoint(section, context)?,
        scope: section.optional_text("scope"),
        audience: section.optional_text("audience"),
        client: context.client.clone(),
    };
    Some(Arc::new(Cached::bearer(source, context.client.clone())))
}

#[derive(Debug)]
struct ClientCredentials {
    endpoint: TokenEndpoint,
    scope: Option<String>,
    audience: Option<String>,
    client: Client,
}

#[async_trait]
impl TokenSource for ClientCredentials {
    async fn fetch(&self) -> Result<Fetched, AuthError> {
        let mut fields = vec![("grant_type", "client_credentials")];
        fields.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        fields.extend(self.audience.as_deref().map(|audience| ("audience", audience)));
        let mut request = self.endpoint.request(&fields);
        // Each token is as good as the other.
        request.repeat = Repeat::Always;
        let response = self.client.send(&request).await?;
        let tokens = read_tokens(&response, self.client.clock().now()).map_err(|failure| {
            let failure = match failure {
                // There is no login that could have ended.
                Failure::DeadGrant(problem) => Failure::WrongClient(problem),
                other => other,
            };
            failure.into_error(response.status, self.client.redactor())
        })?;
        let token = tokens.access_token.expect("an answer without one is a failure");
        Ok(Fetched { token, lifetime: tokens.lifetime })
    }
}

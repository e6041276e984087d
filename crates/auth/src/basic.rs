//! `kind: basic` (RFC 7617).

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use pipeline_config::{Field, Kind, Secret, Section, Shape};

use crate::{AuthBuild, AuthContext, Authenticator, fixed::Fixed};

pub(crate) const KIND: Kind<AuthBuild> = Kind {
    name: "basic",
    summary: "A user name and a password; at Atlassian, the e-mail address and an API token.",
    fields: &[
        Field::required("username", Shape::Text, "The user name; may not hold a colon."),
        Field::required("password", Shape::Secret, "The password or API token."),
    ],
    build,
};

fn build(section: &Section<'_>, context: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    let username = section.text("username");
    if username.contains(':') {
        let error = section.error("A001", "username", "a user name for `basic` may not hold a colon");
        section.reader().report(error.help("the colon is what ends the user name (RFC 7617)"));
        return None;
    }
    let password = section.secret("password")?;
    context.client.redactor().add(&password);
    let credentials = basic_credentials(&username, password.expose());
    Some(Arc::new(Fixed::headers([("Authorization".into(), credentials)])))
}

/// The value of an `Authorization` header.
pub(crate) fn basic_credentials(username: &str, password: &str) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
}

//! `kind: bearer` (RFC 6750 §2.1).

use std::sync::Arc;

use pipeline_config::{Field, Kind, Secret, Section, Shape};

use crate::{AuthBuild, AuthContext, Authenticator, fixed::Fixed};

pub(crate) const KIND: Kind<AuthBuild> = Kind {
    name: "bearer",
    summary: "A token that does not change, sent as `Authorization: Bearer`.",
    fields: &[Field::required("token", Shape::Secret, "The token.")],
    build,
};

fn build(section: &Section<'_>, context: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    let token = section.secret("token")?;
    context.client.redactor().add(&token);
    let value = Secret::new(format!("Bearer {}", token.expose()));
    Some(Arc::new(Fixed::headers([("Authorization".into(), value)])))
}

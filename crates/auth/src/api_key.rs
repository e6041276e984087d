//! `kind: api_key`.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};

use crate::{
    AuthBuild, AuthContext, Authenticator,
    fixed::{Fixed, is_header_name},
};

pub(crate) const KIND: Kind<AuthBuild> = Kind {
    name: "api_key",
    summary: "A key in a header or a query parameter of your choice.",
    fields: &[
        Field::required("name", Shape::Text, "The header or parameter, such as `X-Api-Key`."),
        Field::required("key", Shape::Secret, "The key."),
        Field::default("in", Shape::OneOf(&["header", "query"]), "header", "Where the key goes."),
    ],
    build,
};

fn build(section: &Section<'_>, context: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    let (name, key) = (section.text("name"), section.secret("key")?);
    context.client.redactor().add(&key);
    Some(Arc::new(match section.text("in").as_str() {
        "query" => Fixed::Query(name, key),
        // An empty name was reported as missing.
        _ if !name.is_empty() && !is_header_name(&name) => {
            let error = section.error("A002", "name", format!("`{name}` is not the name of a header"));
            section.reader().report(error.help("headers are named with letters, digits and `-`"));
            return None;
        }
        _ => Fixed::headers([(name, key)]),
    }))
}

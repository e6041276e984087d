//! `kind: headers`.

use std::sync::Arc;

use pipeline_config::{Diagnostic, Field, Kind, Section, Shape};

use crate::{
    AuthBuild, AuthContext, Authenticator,
    fixed::{Fixed, is_header_name},
};

pub(crate) const KIND: Kind<AuthBuild> = Kind {
    name: "headers",
    summary: "Credentials in several headers of your choice; what is no secret goes into the datasource's `headers`.",
    fields: &[Field::required(
        "headers",
        Shape::Map(&Shape::Secret),
        "The headers and their values, such as `X-Api-Key: ${KEY}`; they are kept out of every message.",
    )],
    build,
};

fn build(section: &Section<'_>, context: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    let headers = section.secrets("headers");
    for (name, value) in &headers {
        context.client.redactor().add(value);
        if !is_header_name(&name.value) {
            let message = format!("`{}` is not the name of a header", name.value);
            let error = Diagnostic::error("A002", name.span, message);
            section.reader().report(error.help("headers are named with letters, digits and `-`"));
        }
    }
    Some(Arc::new(Fixed::headers(headers.into_iter().map(|(name, value)| (name.value, value)))))
}

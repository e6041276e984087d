//! The shapes of answers: JSON, Jira's errors, the gateway's errors, HTML pages.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer that is an error, in the body shape of the part that raises it.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Value,
}

impl Refusal {
    /// Jira's own shape: `{"errorMessages":[…],"errors":{}}`.
    pub(crate) fn jira(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal { status, body: json!({ "errorMessages": [message.into()], "errors": {} }) }
    }

    /// The shape of the gateway in front of Jira: `{"code":401,"message":"Unauthorized"}`.
    pub(crate) fn gateway(status: StatusCode, message: &str) -> Refusal {
        Refusal { status, body: json!({ "code": status.as_u16(), "message": message }) }
    }

    /// RFC 6749 §5.2: `{"error":…,"error_description":…}`.
    pub(crate) fn oauth(status: StatusCode, error: &str, description: &str) -> Refusal {
        Refusal { status, body: json!({ "error": error, "error_description": description }) }
    }

    /// Any other shape.
    pub(crate) fn other(status: StatusCode, body: Value) -> Refusal {
        Refusal { status, body }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, json_text(self.body.to_string())).into_response()
    }
}

/// A body of JSON that is already text; the header is Jira's.
pub(crate) fn json_text(body: String) -> Response {
    let mut response = body.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

/// A page as a proxy or a login wall sends it, whatever the client asked for.
pub(crate) fn html(status: StatusCode, title: &str) -> Response {
    let body = format!(
        "<!DOCTYPE html>\r\n<html><head><title>{title}</title></head>\r\n<body><h1>{title}</h1>\r\n\
         <p>This page was made by the sandbox.</p></body></html>\r\n"
    );
    let content_type = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (status, content_type, body).into_response()
}

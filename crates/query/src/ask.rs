//! One request, before anyone knows how to send it.

use serde_json::Value;

/// What to ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Below the base URL, values percent-encoded; or a whole URL, when a server gave the link.
    pub path: String,
    /// Query parameters, in order, not encoded.
    pub params: Vec<(String, String)>,
    /// Headers, in order.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Option<AskBody>,
}

/// The content of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum AskBody {
    /// Sent as JSON.
    Json(Value),
    /// Sent as an HTML form.
    Form(Vec<(String, String)>),
}

impl Ask {
    /// Sets a query parameter, in place of one of that name.
    pub fn set_param(&mut self, name: &str, value: String) {
        set(&mut self.params, name, value);
    }

    /// Sets a header, in place of one of that name.
    pub fn set_header(&mut self, name: &str, value: String) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value));
    }

    /// Sets a field of the body, in place of one of that name; a dotted name reaches into objects.
    pub fn set_body_field(&mut self, name: &str, value: Value) {
        match self.body.get_or_insert_with(|| AskBody::Json(Value::Object(Default::default()))) {
            AskBody::Form(pairs) => set(pairs, name, text(value)),
            AskBody::Json(json) => {
                let mut place = json;
                for step in name.split('.') {
                    if !place.is_object() {
                        *place = Value::Object(Default::default());
                    }
                    place = &mut place[step];
                }
                *place = value;
            }
        }
    }
}

/// A value as a form sends it.
pub(crate) fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn set(pairs: &mut Vec<(String, String)>, name: &str, value: String) {
    match pairs.iter_mut().find(|(known, _)| known == name) {
        Some(pair) => pair.1 = value,
        None => pairs.push((name.to_owned(), value)),
    }
}

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
    /// Sent as JSON, and written so already: it has digits that no [`Value`] holds.
    Written(String),
    /// Sent as an HTML form.
    Form(Vec<(String, String)>),
}

impl Ask {
    /// Sets a query parameter, in place of one of that name, also of one in the query of the path.
    pub fn set_param(&mut self, name: &str, value: String) {
        self.remove_param_of_path(name);
        set(&mut self.params, name, value);
    }

    /// Removes a query parameter, also one in the query of the path.
    pub(crate) fn remove_param(&mut self, name: &str) {
        self.remove_param_of_path(name);
        self.params.retain(|(known, _)| known != name);
    }

    fn remove_param_of_path(&mut self, name: &str) {
        if let Some((path, query)) = self.path.split_once('?') {
            let is_other = |pair: &&str| param_name(pair) != name;
            let kept: Vec<&str> = query.split('&').filter(is_other).collect();
            if kept.len() < query.split('&').count() {
                let mark = if kept.is_empty() { "" } else { "?" };
                self.path = format!("{path}{mark}{}", kept.join("&"));
            }
        }
    }

    /// Sets a header, in place of one of that name.
    pub fn set_header(&mut self, name: &str, value: String) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value));
    }

    /// Sets a field of the body, in place of one of that name; a dotted name reaches into objects, and with numbers into
    /// arrays.
    pub fn set_body_field(&mut self, name: &str, value: Value) {
        match self.body_or_new() {
            AskBody::Form(pairs) => set(pairs, name, text(value)),
            AskBody::Json(json) => *field(json, name) = value,
            AskBody::Written(_) => {}
        }
    }

    /// Sets a field of the body to a value that is JSON, with the digits that are written there.
    pub fn set_body_json(&mut self, name: &str, json: &str) {
        let value = serde_json::from_str::<Value>(json).ok().filter(|value| {
            let again = value.to_string();
            again == json
        });
        match (self.body_or_new(), value) {
            (AskBody::Form(pairs), _) => set(pairs, name, json.to_owned()),
            (AskBody::Json(body), Some(value)) => *field(body, name) = value,
            (AskBody::Json(body), None) => self.body = Some(AskBody::Written(with_json(body, (name, json)))),
            (AskBody::Written(_), _) => {}
        }
    }

    fn body_or_new(&mut self) -> &mut AskBody {
        self.body.get_or_insert_with(|| AskBody::Json(Value::Object(Default::default())))
    }
}

/// The text of `body` with the text `json` at `name`.
fn with_json(body: &mut Value, (name, json): (&str, &str)) -> String {
    let mut marker = "the value".to_owned();
    while name.contains(&marker) || body.to_string().contains(&marker) {
        marker.push('.');
    }
    *field(body, name) = Value::String(marker.clone());
    body.to_string().replacen(&format!("\"{marker}\""), json, 1)
}

/// The place of a field, which may be a new one.
fn field<'v>(json: &'v mut Value, name: &str) -> &'v mut Value {
    name.split('.').fold(json, member)
}

fn member<'v>(place: &'v mut Value, step: &str) -> &'v mut Value {
    if place.is_null() && step == "0" {
        *place = Value::Array(Vec::new());
    }
    let index = place.as_array().and_then(|items| index(step, items.len()));
    match (place, index) {
        (Value::Array(items), Some(index)) => {
            if index == items.len() {
                items.push(Value::Null);
            }
            &mut items[index]
        }
        (place, _) => {
            if !place.is_object() {
                *place = Value::Object(Default::default());
            }
            &mut place[step]
        }
    }
}

/// The number of an item, or of the one behind the last.
fn index(step: &str, n_items: usize) -> Option<usize> {
    match step {
        "-1" => n_items.checked_sub(1),
        step => step.parse().ok().filter(|index| *index <= n_items),
    }
}

/// The name of a parameter as it stands in an address.
pub(crate) fn param_name(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or_default().replace('+', " ");
    percent_encoding::percent_decode_str(&name).decode_utf8_lossy().into_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &str, name: &str, json: &str) -> String {
        let body = serde_json::from_str(body).unwrap();
        let mut ask = Ask {
            method: "POST".into(),
            path: "/".into(),
            params: Vec::new(),
            headers: Vec::new(),
            body: Some(AskBody::Json(body)),
        };
        ask.set_body_json(name, json);
        match ask.body.unwrap() {
            AskBody::Json(json) => json.to_string(),
            AskBody::Written(text) => text,
            AskBody::Form(pairs) => panic!("{pairs:?}"),
        }
    }

    #[test]
    fn a_parameter_replaces_the_one_in_the_path() {
        let check = |path: &str, expected: &str| {
            let (method, params, headers) = ("GET".into(), Vec::new(), Vec::new());
            let mut ask = Ask { method, path: path.into(), params, headers, body: None };
            ask.set_param("page no", "7".into());
            assert_eq!(ask.path, expected);
            assert_eq!(ask.params, [("page no".to_owned(), "7".to_owned())]);
        };
        check("/items", "/items");
        check("/items?page+no=1", "/items");
        check("/items?a=1&page%20no=1&b=2", "/items?a=1&b=2");
        check("/items?page+no&a", "/items?a");
        check("/items?a=page+no", "/items?a=page+no");
    }

    #[test]
    fn values_keep_their_type_and_their_digits() {
        let check = |body: &str, (name, json): (&str, &str), expected: &str| {
            assert_eq!(asked(body, name, json), expected, "{body} {name} {json}");
        };
        check(r#"{"start":0}"#, ("start", "10"), r#"{"start":10}"#);
        check(r#"{"search_after":[0]}"#, ("search_after.0", "10"), r#"{"search_after":[10]}"#);
        check(r#"{"search_after":[0,"x"]}"#, ("search_after.-1", "10"), r#"{"search_after":[0,10]}"#);
        check(r#"{"search_after":[0]}"#, ("search_after.1", "10"), r#"{"search_after":[0,10]}"#);
        check(r#"{"a":[{"b":1}]}"#, ("a.0.b", "2"), r#"{"a":[{"b":2}]}"#);
        check("{}", ("search_after.0", "10"), r#"{"search_after":[10]}"#);
        check(r#"{"a":{"0":1}}"#, ("a.0", "2"), r#"{"a":{"0":2}}"#);
        check(
            "{}",
            ("search_after", r#"[1.10,"the value",null]"#),
            r#"{"search_after":[1.10,"the value",null]}"#,
        );
        check(
            r#"{"the value":"the value."}"#,
            ("the value.x", "12345678901234567890123"),
            r#"{"the value":{"x":12345678901234567890123}}"#,
        );
        check("{}", ("k", r#"{"id":{"N":"1"}}"#), r#"{"k":{"id":{"N":"1"}}}"#);
    }
}

//! What the server itself says about an error.

use serde_json::Value;

use crate::response::Response;

const MAX_CHARS: usize = 300;

/// The server's own words, at most 300 characters on one line; `None` when there are none.
///
/// Knows the JSON of Atlassian (`errorMessages`, `errors`), OAuth 2.0 (`error`, `error_description`), GitHub
/// (`message`), Slack (`error`), Google and Stripe (`error.message`), Salesforce (a list), GraphQL and RFC 9457;
/// of HTML it takes the title, of anything else the text.
pub fn server_message(response: &Response) -> Option<String> {
    let text = response.text_lossy();
    let message = match serde_json::from_str::<Value>(&text) {
        Ok(value) => from_json(&value),
        Err(_) if text.trim_start().starts_with('<') => from_markup(&text),
        Err(_) => Some(text.into_owned()),
    };
    clip(&message?)
}

fn from_json(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => joined(items.iter().filter_map(from_json)),
        Value::Object(object) => {
            let field = |name: &str| object.get(name).and_then(from_json);
            // Pairs of a code and its explanation say more together than either alone.
            let pair = |code: &str, text: &str| match (field(code), field(text)) {
                (Some(code), Some(text)) if code != text => Some(format!("{code}: {text}")),
                (code, text) => text.or(code),
            };
            let listed = joined(
                [field("errorMessages"), object.get("errors").and_then(from_errors)].into_iter().flatten(),
            );
            let message =
                ["message", "Message", "msg", "errorMessage", "faultstring"].into_iter().find_map(field);
            match object.get("error") {
                Some(Value::String(_)) if object.contains_key("error_description") => {
                    pair("error", "error_description")
                }
                Some(Value::String(_)) if message.is_none() => field("error"),
                Some(Value::Object(_) | Value::Array(_)) => field("error"),
                _ => joined([message, listed].into_iter().flatten())
                    .or_else(|| pair("title", "detail"))
                    .or_else(|| field("description"))
                    .or_else(|| field("reason"))
                    .or_else(|| field("fault")),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// `errors` is a list of errors or, at Atlassian, a mapping of fields to what is wrong with them.
fn from_errors(errors: &Value) -> Option<String> {
    match errors {
        Value::Object(fields) => {
            joined(fields.iter().filter_map(|(name, value)| Some(format!("{name}: {}", from_json(value)?))))
        }
        other => from_json(other),
    }
}

fn joined(messages: impl Iterator<Item = String>) -> Option<String> {
    let messages: Vec<String> = messages.filter(|message| !message.is_empty()).collect();
    (!messages.is_empty()).then(|| messages.join("; "))
}

fn from_markup(text: &str) -> Option<String> {
    // ASCII lower case keeps the byte offsets.
    let lower = text.to_ascii_lowercase();
    let element = |name: &str| {
        let open = lower.find(&format!("<{name}"))?;
        let start = open + lower[open..].find('>')? + 1;
        let end = start + lower[start..].find(&format!("</{name}"))?;
        let inside = without_tags(&text[start..end]);
        (!inside.trim().is_empty()).then_some(inside)
    };
    element("title")
        .or_else(|| element("h1"))
        .or_else(|| element("body"))
        .or_else(|| Some(without_tags(text)))
}

fn without_tags(markup: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in markup.chars() {
        match c {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                text.push(' ');
            }
            _ if !is_tag => text.push(c),
            _ => {}
        }
    }
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    entities.into_iter().fold(text, |text, (entity, plain)| text.replace(entity, plain))
}

/// One line of bounded length, without control characters that could play tricks on a terminal.
fn clip(message: &str) -> Option<String> {
    let visible = pipeline_config::on_one_line(message);
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_CHARS {
        return (!line.is_empty()).then_some(line);
    }
    let mut clipped: String = line.chars().take(MAX_CHARS - 1).collect();
    clipped.push('…');
    Some(clipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> Option<String> {
        server_message(&Response {
            status: 400,
            headers: Default::default(),
            body: body.to_owned().into(),
            url: "https://x.test/".parse().unwrap(),
        })
    }

    #[test]
    fn finds_the_words_of_each_server() {
        let check =
            |body: &str, expected: &str| assert_eq!(message(body).unwrap_or_default(), expected, "{body}");
        check(r#"{"errorMessages":["The JQL is unbounded."],"errors":{}}"#, "The JQL is unbounded.");
        check(r#"{"errorMessages":["a","b"],"errors":{"jql":"c"}}"#, "a; b; jql: c");
        check(
            r#"{"code":401,"message":"Unauthorized; scope does not match"}"#,
            "Unauthorized; scope does not match",
        );
        check(
            r#"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#,
            "unauthorized_client: refresh_token is invalid",
        );
        check(r#"{"message":"Bad credentials","documentation_url":"https://docs"}"#, "Bad credentials");
        check(
            r#"{"message":"Validation Failed","errors":[{"message":"too long","field":"q"}]}"#,
            "Validation Failed; too long",
        );
        check(r#"{"ok":false,"error":"invalid_auth"}"#, "invalid_auth");
        check(r#"{"error":{"code":401,"message":"Invalid API Key"}}"#, "Invalid API Key");
        check(r#"{"error":"Not Found","message":"No such site","status":404}"#, "No such site");
        check(r#"[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]"#, "Session expired");
        check(r#"{"errors":[{"message":"Cannot query field"}]}"#, "Cannot query field");
        check(r#"{"title":"Forbidden","detail":"no scope","status":403}"#, "Forbidden: no scope");
        check(r#"{"fault":{"faultstring":"Rate limit quota violation"}}"#, "Rate limit quota violation");
        check(r#"{"issues":[]}"#, "");
        check(
            "<html><head><TITLE>429 Too Many\nRequests</TITLE></head><body>x</body></html>",
            "429 Too Many Requests",
        );
        check("<html><body><h1>Forbidden</h1><p>no</p></body></html>", "Forbidden");
        check("<?xml version='1.0'?><Error><Message>No &amp; no</Message></Error>", "No & no");
        check("upstream  down\r\n\u{1b}[31mred", "upstream down [31mred");
        check("a\u{202e}b\u{2066}c\u{85}d\u{2028}e", "a b c d e");
        check("", "");
    }

    #[test]
    fn is_short() {
        let long = message(&"é".repeat(1000)).unwrap();
        assert_eq!(long.chars().count(), MAX_CHARS);
        assert!(long.ends_with('…'));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[<>/a-z&;{}\":\\[\\] é]{0,60}") {
            message(&text);
        }
    }
}

//! One line of a tap's output.

use std::collections::HashMap;

use serde_json::{Value, value::RawValue};

use super::schema;
use crate::PageColumn;

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// What the records of a stream look like.
    Schema { stream: String, columns: Vec<PageColumn> },
    /// One record, as JSON.
    Record { stream: String, record: String },
    /// How far the tap has come, as JSON.
    State(String),
    /// Nothing that matters here: a version to activate, or what later protocols add.
    Other,
}

impl Message {
    /// Reads a line; a sentence on what is wrong with it otherwise.
    ///
    /// Records and states stay the text that the tap has written: to read their numbers is for those who know what
    /// they are to become.
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let Some(message) = members(line)? else { return Ok(Self::Other) };
        let kind = text(&message, "type").unwrap_or_default().to_ascii_uppercase();
        let incomplete = |what: &str| format!("printed a {kind} without `{what}`: {}", excerpt(line));
        let stream = || text(&message, "stream").ok_or_else(|| incomplete("stream"));
        let member = |name: &str| message.get(name).map(|json| json.get()).filter(|json| *json != "null");
        match kind.as_str() {
            "SCHEMA" => {
                let schema = member("schema").and_then(|json| serde_json::from_str(json).ok());
                Ok(Self::Schema {
                    stream: stream()?,
                    columns: schema::columns(&schema.unwrap_or(Value::Null)),
                })
            }
            "RECORD" => {
                let record = member("record").ok_or_else(|| incomplete("record"));
                Ok(Self::Record { stream: stream()?, record: record?.to_owned() })
            }
            "STATE" => Ok(Self::State(member("value").unwrap_or("null").to_owned())),
            // Its records are in files that only the tap knows the form of; passing it over would lose them.
            "BATCH" => {
                Err("printed a BATCH message, which is not supported; switch batches off in its config"
                    .into())
            }
            _ => Ok(Self::Other),
        }
    }
}

/// The members of a line, each as it is written; `None` where the line is JSON of another kind.
fn members(line: &[u8]) -> Result<Option<HashMap<String, &RawValue>>, String> {
    match serde_json::from_slice(line) {
        Ok(members) => Ok(Some(members)),
        Err(_)
            if serde_json::from_slice::<&RawValue>(line).is_ok_and(|json| !json.get().starts_with('{')) =>
        {
            Ok(None)
        }
        Err(error) => Err(format!("printed a line that is not JSON: {error}: {}", excerpt(line))),
    }
}

fn text(message: &HashMap<String, &RawValue>, name: &str) -> Option<String> {
    serde_json::from_str(message.get(name)?.get()).ok()
}

/// The beginning of a line, for messages.
fn excerpt(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text: String = text.chars().filter(|c| !pipeline_config::is_invisible(*c)).take(80).collect();
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_messages_of_the_protocol() {
        let check = |line: &str, expected: Message| {
            assert_eq!(Message::read(line.as_bytes()), Ok(expected), "{line}");
        };
        check(
            r#"{"type":"RECORD","stream":"users","record":{"b":1,"a":"x"},"time_extracted":"2024-01-01T00:00:00Z"}"#,
            Message::Record { stream: "users".into(), record: r#"{"b":1,"a":"x"}"#.into() },
        );
        // Numbers keep their digits, whatever they are.
        check(
            "\u{feff}{\"stream\":\"s\", \"record\": {\"v\": 4062.6168251037598, \"id\": 123456789012345678901, \"x\": 1e400},\"type\":\"record\"}",
            Message::Record {
                stream: "s".into(),
                record: r#"{"v": 4062.6168251037598, "id": 123456789012345678901, "x": 1e400}"#.into(),
            },
        );
        check("[1]", Message::Other);
        check("7", Message::Other);
        check(
            r#"{"type":"STATE","value":{"at":0.030330565571784974}}"#,
            Message::State(r#"{"at":0.030330565571784974}"#.into()),
        );
        check(r#"{"type":"STATE","value":{"bookmark":7}}"#, Message::State(r#"{"bookmark":7}"#.into()));
        check(r#"{"type":"ACTIVATE_VERSION","stream":"users","version":1}"#, Message::Other);
    }

    #[test]
    fn refuses_what_would_lose_records() {
        let check = |line: &str, expected: &str| {
            let problem = Message::read(line.as_bytes()).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        };
        check("Traceback (most recent call last):", "not JSON");
        check(r#"{"type":"RECORD","record":{}}"#, "without `stream`");
        check(r#"{"type":"RECORD","stream":"x"}"#, "without `record`");
        check(r#"{"type":"BATCH","stream":"x"}"#, "not supported");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(line in "\\PC{0,60}") {
            let _ = Message::read(line.as_bytes());
        }
    }
}

//! One line of a tap's output.

use serde_json::Value;

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
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        let mut message: Value = serde_json::from_slice(line)
            .map_err(|error| format!("printed a line that is not JSON: {error}: {}", excerpt(line)))?;
        let kind = message["type"].as_str().unwrap_or_default().to_ascii_uppercase();
        let stream = || message["stream"].as_str().map(str::to_owned);
        let incomplete = |what: &str| format!("printed a {kind} without `{what}`: {}", excerpt(line));
        match kind.as_str() {
            "SCHEMA" => {
                let stream = stream().ok_or_else(|| incomplete("stream"))?;
                Ok(Self::Schema { stream, columns: schema::columns(&message["schema"]) })
            }
            "RECORD" => {
                let stream = stream().ok_or_else(|| incomplete("stream"))?;
                match message["record"].take() {
                    Value::Null => Err(incomplete("record")),
                    record => Ok(Self::Record { stream, record: record.to_string() }),
                }
            }
            "STATE" => Ok(Self::State(message["value"].to_string())),
            // Its records are in files that only the tap knows the form of; passing it over would lose them.
            "BATCH" => {
                Err("printed a BATCH message, which is not supported; switch batches off in its config"
                    .into())
            }
            _ => Ok(Self::Other),
        }
    }
}

/// The beginning of a line, for messages.
fn excerpt(line: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(line).chars().filter(|c| !c.is_control()).take(80).collect();
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

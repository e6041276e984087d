//! Names values: those that are equal have one name, however they are written.

use std::borrow::Cow;

use super::{Reader, unquoted};
use crate::pagination::hash_of;

/// What is deeper than this is compared by its text.
const MAX_DEPTH: usize = 64;

/// A hash of the value that `text` is, the same in all versions of this program. The order of an object's members, white
/// space, escapes in strings, and whether a number is `1` or `1.0` make no difference.
pub(crate) fn value_hash(text: &[u8]) -> u64 {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    reader.name(0).unwrap_or_else(|| hash_of(text))
}

/// What kinds of values have, so that `1` and `"1"` are two.
#[derive(Clone, Copy)]
enum Kind {
    Text = 1,
    Number,
    Word,
    List,
    Object,
}

/// Names a value of this kind.
fn of_kind(kind: Kind, name: u64) -> u64 {
    two(kind as u64, name)
}

/// Names two names in this order.
fn two(first: u64, second: u64) -> u64 {
    let mut text = [0; 16];
    text[..8].copy_from_slice(&first.to_le_bytes());
    text[8..].copy_from_slice(&second.to_le_bytes());
    hash_of(&text)
}

impl Reader<'_> {
    fn name(&mut self, depth: usize) -> Option<u64> {
        match self.peek()? {
            b'"' => Some(of_kind(Kind::Text, text_name(self.string()?))),
            b'{' if depth < MAX_DEPTH => {
                let mut members = 0_u64;
                self.each_item(b'}', |reader, _| {
                    let key = text_name(reader.string()?);
                    reader.skip_space();
                    reader.take(b':')?;
                    reader.skip_space();
                    // A sum does not depend on the order.
                    members = members.wrapping_add(two(key, reader.name(depth + 1)?));
                    Some(())
                })?;
                Some(of_kind(Kind::Object, members))
            }
            b'[' if depth < MAX_DEPTH => {
                let mut items = 0;
                self.each_item(b']', |reader, _| {
                    items = two(items, reader.name(depth + 1)?);
                    Some(())
                })?;
                Some(of_kind(Kind::List, items))
            }
            b'{' | b'[' => Some(hash_of(self.value()?)),
            b't' | b'f' | b'n' => Some(of_kind(Kind::Word, hash_of(self.value()?))),
            _ => Some(of_kind(Kind::Number, hash_of(number(self.value()?).as_bytes()))),
        }
    }
}

fn text_name(quoted: &[u8]) -> u64 {
    match unquoted(quoted) {
        Some(text) => hash_of(text.as_bytes()),
        None => hash_of(quoted),
    }
}

/// A number in one form, without losing digits where it has no exponent.
fn number(written: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(written);
    if text.contains(['e', 'E']) {
        return match text.parse::<f64>() {
            Ok(0.0) => "0".into(),
            Ok(number) if number.is_finite() => number.to_string().into(),
            _ => text,
        };
    }
    if !text.contains('.') {
        return if text == "-0" { "0".into() } else { text };
    }
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" | "0" => "0".into(),
        trimmed => trimmed.to_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_name() {
        for (one, other) in [
            (
                r#"{"a":1,"b":[1,{"c":2,"d":null}]}"#,
                r#" { "b" : [ 1.0, { "d":null , "c":2e0 } ], "a":10e-1 } "#,
            ),
            (r#""\u0061\/b""#, r#""a/b""#),
            ("0.10", "1e-1"),
            ("-0", "0.0"),
            ("100", "1E2"),
            ("[]", "[ ]"),
            ("{}", "{ }"),
        ] {
            assert_eq!(value_hash(one.as_bytes()), value_hash(other.as_bytes()), "{one} {other}");
        }
    }

    #[test]
    fn other_values_have_other_names() {
        let values = [
            "1",
            "\"1\"",
            "10",
            "true",
            "\"true\"",
            "null",
            "[]",
            "{}",
            "[1]",
            "[1,2]",
            "[2,1]",
            "[[1],2]",
            "[[1,2]]",
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"b":1}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":2,"b":1}"#,
            r#"{"a":{"b":1}}"#,
            "12345678901234567890123",
            "12345678901234567890124",
            "0.1",
            "1.1",
            "-1",
            "",
        ];
        let names: std::collections::HashSet<u64> =
            values.iter().map(|text| value_hash(text.as_bytes())).collect();
        assert_eq!(names.len(), values.len());
    }

    #[test]
    fn no_depth_is_too_deep() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(value_hash(deep.as_bytes()), value_hash(deep.as_bytes()));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(body in "[\\[\\]{}\":,a-c0-9e. \\\\-]{0,40}") {
            let _ = value_hash(body.as_bytes());
        }

        #[test]
        fn does_not_depend_on_how_a_value_is_written(body in "[\\[\\]{}\":,a-c0-9 ]{0,30}") {
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&body)
                && !body.contains('"')
            {
                let pretty = serde_json::to_string_pretty(&value).unwrap();
                proptest::prop_assert_eq!(value_hash(body.as_bytes()), value_hash(pretty.as_bytes()));
            }
        }
    }
}

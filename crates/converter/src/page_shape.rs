//! What a page looks like, without what stands in it: messages are copied into tickets, and pages hold people's data.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// More keys of one object are not named.
const MAX_KEYS: usize = 8;

/// Deeper levels are `{…}` and `[…]`.
const DEPTH: usize = 2;

/// Longer texts are cut.
const MAX_CHARS: usize = 160;

/// `{"startAt": 0, "issues": [50 × {"id", "key", "fields"}]}` without the values; what it begins with if it is no JSON.
pub(crate) fn shape(body: &[u8]) -> String {
    let mut json = serde_json::Deserializer::from_slice(crate::json::utf8(body).unwrap_or(body));
    match Shape(DEPTH).deserialize(&mut json) {
        Ok(shape) => crate::values::shorten(&shape, MAX_CHARS),
        Err(_) if body.iter().all(u8::is_ascii_whitespace) => "empty".into(),
        Err(_) if body.trim_ascii_start().starts_with(b"<") => "HTML or XML, not JSON".into(),
        Err(_) => "not JSON".into(),
    }
}

/// The shape of a value so many levels deep.
#[derive(Clone, Copy)]
struct Shape(usize);

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<String, E> {
        Ok("boolean".into())
    }

    fn visit_i64<E>(self, _: i64) -> Result<String, E> {
        Ok("number".into())
    }

    fn visit_u64<E>(self, _: u64) -> Result<String, E> {
        Ok("number".into())
    }

    fn visit_f64<E>(self, _: f64) -> Result<String, E> {
        Ok("number".into())
    }

    fn visit_str<E>(self, _: &str) -> Result<String, E> {
        Ok("text".into())
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok("null".into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
        let first = match self.0 {
            0 => items.next_element::<IgnoredAny>()?.map(|_| "…".to_owned()),
            depth => items.next_element_seed(Shape(depth - 1))?,
        };
        let Some(first) = first else { return Ok("[]".into()) };
        let mut length = 1;
        while items.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(format!("[{length} × {first}]"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<String, A::Error> {
        let (mut shown, mut n_more) = (Vec::new(), 0);
        while let Some(key) = members.next_key_seed(Key)? {
            if self.0 == 0 || shown.len() == MAX_KEYS {
                members.next_value::<IgnoredAny>()?;
                n_more += 1;
                continue;
            }
            let value = members.next_value_seed(Shape(self.0 - 1))?;
            shown.push(format!("\"{}\": {value}", crate::values::shorten(&key, 40)));
        }
        Ok(match (shown.len(), n_more) {
            (0, 0) => "{}".into(),
            (0, n) => format!("{{{n} keys}}"),
            (_, 0) => format!("{{{}}}", shown.join(", ")),
            (_, n) => format!("{{{}, {n} more}}", shown.join(", ")),
        })
    }
}

/// A key as text.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shapes_have_no_values() {
        let check = |body: &str, expected: &str| assert_eq!(shape(body.as_bytes()), expected, "{body}");
        check(
            r#"{"startAt": 7, "issues": [{"key": "SECRET-1", "fields": {"a": 1}}, {}], "last": true}"#,
            r#"{"startAt": number, "issues": [2 × {2 keys}], "last": boolean}"#,
        );
        check(
            r#"{"errorMessages": ["no such project"], "errors": {}}"#,
            r#"{"errorMessages": [1 × text], "errors": {}}"#,
        );
        check("[]", "[]");
        check("[[1, 2], 3]", "[2 × [2 × number]]");
        check("null", "null");
        check("<html>secret</html>", "HTML or XML, not JSON");
        check("secret", "not JSON");
        check(" ", "empty");
        check(r#"{"a": {"b": {"c": {"d": 1}}}}"#, r#"{"a": {"b": {1 keys}}}"#);
    }

    proptest! {
        #[test]
        fn any_body_has_a_short_shape(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(shape(&body).chars().count() <= MAX_CHARS + 1);
        }
    }
}

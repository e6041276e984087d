//! JSON whose numbers keep the digits they are written with.
//!
//! `serde_json::Value` rounds what is beyond 64 bits, and the digits of decimals. Pages that are shown, kept and
//! cleaned, and rows that are compared, must have them all; see ADR 0051.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::{Value, value::RawValue};

/// Deeper values are refused, since reading and writing them takes stack.
const MAX_DEPTH: usize = 256;

/// A value of JSON.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, its members in order.
    Object(JsonObject),
}

/// The members of an object; of two with one name the later one counts.
pub type JsonObject = IndexMap<String, Json>;

impl Json {
    /// Reads a text; a byte order mark before it is dropped, as everywhere.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self::of_raw(serde_json::from_str(text)?, 0)
    }

    fn of_raw(raw: &RawValue, depth: usize) -> Result<Self, serde_json::Error> {
        if depth > MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(<serde_json::Error as serde::de::Error>::custom(message));
        }
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let members: IndexMap<String, &RawValue> = serde_json::from_str(text)?;
                let member = |(name, raw)| Ok((name, Self::of_raw(raw, depth + 1)?));
                Self::Object(members.into_iter().map(member).collect::<Result<_, serde_json::Error>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text)?;
                let items = items.into_iter().map(|raw| Self::of_raw(raw, depth + 1));
                Self::Array(items.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Self::Text(serde_json::from_str(text)?),
            Some(b't' | b'f') => Self::Bool(serde_json::from_str(text)?),
            Some(b'n') => Self::Null,
            _ => Self::Number(text.to_owned()),
        })
    }

    /// The value on many lines, as people read it.
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(self).expect("a value is JSON")
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(written) => {
                RawValue::from_string(written.clone()).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(from)?;
        Self::of_raw(&raw, 0).map_err(D::Error::custom)
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, member)| (name, member.into())).collect())
            }
        }
    }
}

/// Whether two numbers are one: `1`, `1.0` and `10e-1`, but not `9007199254740993` and `9007199254740992`.
///
/// A fraction may be written with more digits than the double that it stands for.
pub(super) fn is_same_number(a: &str, b: &str) -> bool {
    let (Some(left), Some(right)) = (Decimal::read(a), Decimal::read(b)) else { return a == b };
    if left == right {
        return true;
    }
    let (Ok(double), Ok(other)) = (a.parse::<f64>(), b.parse::<f64>()) else { return false };
    let is_fraction = double.is_finite() && double.fract() != 0.0;
    let shortest = Decimal::read(&format!("{double:?}"));
    is_fraction && double == other && [Some(left), Some(right)].contains(&shortest)
}

/// The digits of a number without zeros before and after them, and the place of the last one.
#[derive(Debug, PartialEq)]
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn read(written: &str) -> Option<Self> {
        let (mantissa, exponent) = match written.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (written, 0),
        };
        let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(mantissa) => (true, mantissa),
            None => (false, mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let n_zeros = i64::try_from(all.len() - digits.len()).ok()?;
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(n_zeros)?;
        let digits = digits.trim_start_matches('0').to_owned();
        Some(match digits.is_empty() {
            true => Self { is_negative: false, digits, exponent: 0 },
            false => Self { is_negative, digits, exponent },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let text = r#"{"id":123456789012345678901,"v":[1.10,-0.0,1e400,{"é\n":null}],"b":[true,""],"o":{}}"#;
        assert_eq!(Json::read(&format!("\u{feff} {text}\n")).unwrap().to_string(), text);
        assert_eq!(Json::read("1.50").unwrap().pretty(), "1.50");
        assert!(Json::read("[1").is_err());
        assert!(Json::read(&"[".repeat(100_000)).is_err());
        let deep = "[".repeat(1_000) + &"]".repeat(1_000);
        assert!(Json::read(&deep).unwrap_err().to_string().contains("levels deep"));
    }

    #[test]
    fn numbers_are_compared_by_their_value() {
        let check = |a: &str, b: &str, expected: bool| {
            assert_eq!((is_same_number(a, b), is_same_number(b, a)), (expected, expected), "{a} {b}");
        };
        check("1", "1.0", true);
        check("100", "1e2", true);
        check("-0", "0.0", true);
        check("10e-1", "1", true);
        check("9007199254740993", "9007199254740992", false);
        check("18446744073709551615", "18446744073709551616", false);
        check("12345678901234567890.12", "12345678901234567890.13", false);
        check("0.030330565571784974", "0.030330565571784977", false);
        check("3.141592653589793238", "3.141592653589793", true);
        check("1e400", "1e401", false);
        check("1e400", "10e399", true);
        check("-1", "1", false);
    }
}

//! JSON strings to JavaScript strings and back.
//!
//! The bytes of a text are UTF-8, or WTF-8 where a JavaScript string has halves of surrogate pairs: the same format,
//! in which a half that stands alone is three bytes (<https://simonsapin.github.io/wtf-8/>).

use boa_engine::{
    JsStr, JsString,
    string::{JsStrVariant, Latin1JsStringBuilder},
};
use encoding_rs::mem;

use super::scan;

/// Whether a text has halves of surrogate pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surrogates {
    /// It is UTF-8.
    Paired,
    /// Some stand alone, or may.
    Lone,
}

/// The bytes of a JavaScript string.
pub(crate) fn bytes_of(string: &JsString, bytes: &mut Vec<u8>) -> Surrogates {
    bytes.clear();
    match string.as_str().variant() {
        JsStrVariant::Latin1(latin1) if latin1.is_ascii() => bytes.extend_from_slice(latin1),
        JsStrVariant::Latin1(latin1) => {
            bytes.resize(latin1.len() * 2, 0);
            let length = mem::convert_latin1_to_utf8(latin1, bytes);
            bytes.truncate(length);
        }
        JsStrVariant::Utf16(units) if mem::utf16_valid_up_to(units) == units.len() => {
            // The converter wants room for the longest encoding before it starts.
            bytes.resize(units.len() * 3, 0);
            let length = mem::convert_utf16_to_utf8(units, bytes);
            bytes.truncate(length);
        }
        JsStrVariant::Utf16(units) => {
            units.iter().for_each(|unit| push_unit(*unit, bytes));
            return Surrogates::Lone;
        }
    }
    Surrogates::Paired
}

/// The JavaScript string of text without escapes.
pub(crate) fn to_js(bytes: &[u8], surrogates: Surrogates) -> JsString {
    if bytes.is_ascii() {
        // The builder skips looking for one of the engine's static strings, which costs more than it saves.
        let mut builder = Latin1JsStringBuilder::with_capacity(bytes.len());
        builder.extend_from_slice(bytes);
        return builder.build().unwrap_or_default();
    }
    if surrogates == Surrogates::Lone {
        return JsString::from(JsStr::utf16(&units(bytes)));
    }
    if mem::is_utf8_latin1(bytes) {
        let mut latin1 = vec![0; bytes.len()];
        let length = mem::convert_utf8_to_latin1_lossy(bytes, &mut latin1);
        latin1.truncate(length);
        return JsString::from(JsStr::latin1(&latin1));
    }
    // The converter wants room for one unit more than there are bytes.
    let mut units = vec![0; bytes.len() + 1];
    let length = mem::convert_utf8_to_utf16(bytes, &mut units);
    units.truncate(length);
    JsString::from(JsStr::utf16(&units))
}

/// The text of a string with escapes, in WTF-8.
///
/// The tape has checked the escapes.
pub(crate) fn unescape(raw: &[u8], bytes: &mut Vec<u8>) -> Surrogates {
    bytes.clear();
    let mut surrogates = Surrogates::Paired;
    let mut rest = raw;
    // Nothing else that is special stands in a checked string.
    while let Some((before, _)) =
        rest.split_at_checked(scan::special(rest, 0)).filter(|(_, from)| !from.is_empty())
    {
        let at = before.len();
        bytes.extend_from_slice(before);
        let escape = rest.get(at + 1).copied().unwrap_or_default();
        let mut length = 2;
        match escape {
            b'b' => bytes.push(0x08),
            b'f' => bytes.push(0x0C),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'u' => {
                length = 6;
                let unit = hex(rest.get(at + 2..at + 6).unwrap_or_default());
                if (0xD800..0xE000).contains(&unit) {
                    surrogates = Surrogates::Lone;
                }
                push_unit(unit, bytes);
            }
            other => bytes.push(other),
        }
        rest = rest.get(at + length..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest);
    if surrogates == Surrogates::Lone && std::str::from_utf8(bytes).is_ok() {
        surrogates = Surrogates::Paired;
    }
    surrogates
}

fn hex(digits: &[u8]) -> u16 {
    digits
        .iter()
        .fold(0, |unit, digit| unit << 4 | char::from(*digit).to_digit(16).unwrap_or_default() as u16)
}

/// Adds a UTF-16 unit; the second half of a pair joins the first.
fn push_unit(unit: u16, bytes: &mut Vec<u8>) {
    let first = match (unit, bytes.as_slice()) {
        (0xDC00..0xE000, [.., 0xED, middle @ 0xA0..0xB0, last]) => {
            Some(0xD000 | u32::from(middle & 0x3F) << 6 | u32::from(last & 0x3F))
        }
        _ => None,
    };
    let mut code_point = u32::from(unit);
    if let Some(first) = first {
        bytes.truncate(bytes.len() - 3);
        code_point = 0x10000 + ((first - 0xD800) << 10) + (code_point - 0xDC00);
    }
    match char::from_u32(code_point) {
        Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        None => bytes.extend_from_slice(&[
            0xED,
            0x80 | (code_point >> 6 & 0x3F) as u8,
            0x80 | (code_point & 0x3F) as u8,
        ]),
    }
}

/// The UTF-16 units of WTF-8.
fn units(bytes: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = match std::str::from_utf8(rest) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(),
        };
        units.extend(valid.encode_utf16());
        rest = &rest[valid.len()..];
        // Only a surrogate is no UTF-8.
        if let [_, middle, last, after @ ..] = rest {
            units.push(0xD000 | u16::from(middle & 0x3F) << 6 | u16::from(last & 0x3F));
            rest = after;
        } else {
            break;
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_decoded() {
        let check = |raw: &str, expected: &[u16]| {
            let mut bytes = Vec::new();
            let surrogates = unescape(raw.as_bytes(), &mut bytes);
            assert_eq!(to_js(&bytes, surrogates).to_vec(), expected, "{raw}");
        };
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        check("", &[]);
        check("a\\\"\\\\\\/\\b\\f\\n\\r\\tb", &units("a\"\\/\u{8}\u{c}\n\r\tb"));
        check("\\u00e4\\u20AC", &units("ä€"));
        check("\\ud83d\\ude00!", &units("😀!"));
        check("\\ud83d", &[0xD83D]);
        check("\\ude00\\ud83d", &[0xDE00, 0xD83D]);
        check("é\\ud83dé", &[0xE9, 0xD83D, 0xE9]);
        check("\\u0000", &[0]);
    }

    proptest! {
        #[test]
        fn strings_round_trip(units in prop::collection::vec(
            prop_oneof![0..0x80_u16, 0x80..0x100_u16, 0xD7F0..0xE010_u16, any::<u16>()], 0..20))
        {
            let string = JsString::from(JsStr::utf16(&units));
            let mut bytes = Vec::new();
            let surrogates = bytes_of(&string, &mut bytes);
            prop_assert_eq!(&to_js(&bytes, surrogates).to_vec(), &units);
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let mut unescaped = Vec::new();
            let surrogates = unescape(escaped.as_bytes(), &mut unescaped);
            prop_assert_eq!(&unescaped, &bytes);
            prop_assert_eq!(to_js(&unescaped, surrogates).to_vec(), units);
        }
    }
}

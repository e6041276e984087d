//! Charsets of bodies. Pure.

use std::{borrow::Cow, fmt};

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

/// What turns the bytes of a body into text, by the names that the web knows (WHATWG Encoding Standard).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self(UTF_8);

    /// The charset of this name, such as `ISO-8859-1` or `shift_jis`; `None` where it is not known.
    pub fn of(name: &str) -> Option<Self> {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        // ASCII is the part of UTF-8 that is not in doubt; MySQL's `utf8mb4` is UTF-8.
        if matches!(plain.as_str(), "ascii" | "usascii" | "ansix341968") || plain.starts_with("utf8") {
            return Some(Self::UTF_8);
        }
        Encoding::for_label(name.trim().as_bytes()).filter(|known| *known != REPLACEMENT).map(Self)
    }

    /// What the first bytes of a body surely say: a byte order mark, and where that ends.
    pub fn of_mark(body: &[u8]) -> Option<(Self, usize)> {
        Encoding::for_bom(body).map(|(encoding, length)| (Self(encoding), length))
    }

    /// UTF-16, where `<` or `{` comes as two bytes.
    pub fn of_wide(body: &[u8]) -> Option<Self> {
        match body {
            [0, first, ..] if *first != 0 => Some(Self(UTF_16BE)),
            [first, 0, second, ..] if *first != 0 && *second != 0 => Some(Self(UTF_16LE)),
            _ => None,
        }
    }

    /// Whether it is UTF-16, of either order of bytes.
    pub fn is_wide(self) -> bool {
        self.0 == UTF_16LE || self.0 == UTF_16BE
    }

    /// The text; `None` where the bytes are not of this charset. Bytes that are ASCII are not copied.
    pub fn text(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        self.0.decode_without_bom_handling_and_without_replacement(bytes)
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_the_forms_of_servers() {
        let check = |name: &str, expected: &str| {
            assert_eq!(
                Charset::of(name).map(|charset| charset.to_string()).unwrap_or_default(),
                expected,
                "{name}"
            );
        };
        check("utf-8", "UTF-8");
        check("UTF8", "UTF-8");
        check("utf8mb4", "UTF-8");
        check("US-ASCII", "UTF-8");
        check(" iso-8859-1 ", "windows-1252");
        check("ISO-8859-2", "ISO-8859-2");
        check("Shift_JIS", "Shift_JIS");
        check("iso-2022-jp", "ISO-2022-JP");
        check("utf-16", "UTF-16LE");
        check("utf-32", "");
        check("iso-2022-kr", "");
        check("", "");
    }

    #[test]
    fn text_is_whole_or_none() {
        let jis = Charset::of("shift_jis").unwrap();
        assert_eq!(jis.text(b"\x93\xFA\x96{").as_deref(), Some("日本"));
        assert_eq!(jis.text(b"\x93"), None);
        assert!(matches!(Charset::of("latin1").unwrap().text(b"[1]"), Some(Cow::Borrowed("[1]"))));
        assert_eq!(Charset::of_mark(b"\xFE\xFF\0{").map(|(_, length)| length), Some(2));
        assert_eq!(Charset::of_wide(b"\0[\0]").unwrap().text(b"\0[\0]").as_deref(), Some("[]"));
        assert_eq!(Charset::of_wide(b"[\0]\0").unwrap().text(b"[\0]\0").as_deref(), Some("[]"));
        assert_eq!(Charset::of_wide(b"[]"), None);
    }
}

//! Characters that cannot be seen: they end lines, steer terminals, or turn the order of others round.

use std::borrow::Cow;

/// Whether a character is a control character (a line end too), a separator of lines, or one that turns the direction of
/// what follows: whoever reads the text would see something else than what is there.
pub fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text on one line, with a space for each character that [cannot be seen](is_invisible): for comments in files, and
/// for what others say.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    replaced(text, is_invisible, |line, _| line.push(' '))
}

/// The text on one line, with characters that [cannot be seen](is_invisible) as JavaScript and Rust write them: `\n`,
/// `\u{1b}`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    replaced(text, |c| is_invisible(c) && c != '\t', |line, c| line.extend(c.escape_default()))
}

/// The same for a text of several lines, which stay.
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    replaced(text, is_invisible_in_lines, |line, c| line.extend(c.escape_default()))
}

/// The text in the quotation marks of JSON, which YAML and JavaScript read alike, without characters that cannot be seen.
pub fn quoted(text: &str) -> String {
    let escape = |json: &mut String, c: char| match c {
        '"' | '\\' => json.extend(['\\', c]),
        '\n' => json.push_str("\\n"),
        '\t' => json.push_str("\\t"),
        c => push_escaped(json, c),
    };
    format!("\"{}\"", replaced(text, |c| must_be_escaped(c) || matches!(c, '"' | '\\' | '\n' | '\t'), escape))
}

fn must_be_escaped(c: char) -> bool {
    is_invisible_in_lines(c) || c == '\u{feff}'
}

fn push_escaped(json: &mut String, c: char) {
    c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json.push_str(&format!("\\u{unit:04x}")));
}

/// JSON that says the same without characters that cannot be seen, but for its line ends.
pub fn with_json_escapes(json: &str) -> String {
    replaced(json, must_be_escaped, push_escaped).into_owned()
}

/// The first character of a text of several lines that cannot be seen, and where it stands: line and column, from 1.
///
/// A tab may be there, and `\r` in front of `\n`.
pub fn first_invisible(text: &str) -> Option<(char, (usize, usize))> {
    let lines = text.split_inclusive('\n').enumerate();
    lines.into_iter().find_map(|(index, line)| {
        let line = line.strip_suffix("\r\n").unwrap_or(line);
        let found = line.chars().enumerate().find(|(_, c)| is_invisible_in_lines(*c));
        found.map(|(column, c)| (c, (index + 1, column + 1)))
    })
}

fn is_invisible_in_lines(c: char) -> bool {
    is_invisible(c) && c != '\t' && c != '\n'
}

fn replaced(
    text: &str,
    is_replaced: impl Fn(char) -> bool,
    replace: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    if !text.chars().any(&is_replaced) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match is_replaced(c) {
            true => replace(&mut line, c),
            false => line.push(c),
        }
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind: C0, DEL, C1, separators, directions.
    const INVISIBLE: &str =
        "\0\u{1}\u{7}\n\r\u{b}\u{c}\u{1b}\u{7f}\u{85}\u{9b}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}";

    #[test]
    fn nothing_invisible_is_left_on_a_line() {
        for c in INVISIBLE.chars() {
            let text = format!("a{c}b");
            assert_eq!(on_one_line(&text), "a b", "{c:?}");
            assert_eq!(escaped(&text), format!("a{}b", c.escape_default()), "{c:?}");
        }
        for visible in ["", "Aufgaben – 課題 🎉", "שלום a", "\u{200e}1", "e\u{301}"] {
            assert!(matches!(on_one_line(visible), Cow::Borrowed(same) if same == visible), "{visible:?}");
            assert_eq!(escaped(visible), visible);
        }
        assert_eq!(escaped("a\tb"), "a\tb");
    }

    #[test]
    fn quoted_text_is_what_it_was() {
        for text in [INVISIBLE, "", "a\"b\\c", "課🎉\u{feff}", "${HOME}"] {
            let quoted = quoted(text);
            assert!(!quoted.contains(is_invisible), "{quoted:?}");
            let reader = crate::Reader::new(crate::Environment::empty());
            let read = reader.parse("x.yaml", &quoted).unwrap();
            assert_eq!(read.value, crate::Value::Text(text.to_owned()), "{quoted}");
        }
        assert_eq!(with_json_escapes("{\n  \"a\": \"\u{202e}\"\n}\n"), "{\n  \"a\": \"\\u202e\"\n}\n");
    }

    #[test]
    fn lines_and_tabs_are_seen() {
        assert_eq!(first_invisible("a\r\n\tb\n"), None);
        assert_eq!(escaped_lines("a\n\tb\u{1b}[2J\r\nc"), "a\n\tb\\u{1b}[2J\\r\nc");
        for (text, place) in [("a\rb", (1, 2)), ("a\n\u{c}", (2, 1)), ("a\r", (1, 2)), ("ä\r\r\n", (1, 2))] {
            assert_eq!(first_invisible(text).map(|found| found.1), Some(place), "{text:?}");
        }
        for c in INVISIBLE.chars().filter(|c| *c != '\n') {
            assert_eq!(first_invisible(&format!("x\n y{c}z")), Some((c, (2, 3))), "{c:?}");
        }
    }
}

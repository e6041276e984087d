//! Where the characters of a script stand in the YAML scalar that it was written as.
//!
//! In a block with `|` each line stands as it is. In quotation marks there are escapes, `\n` and `''`, and in all other
//! styles lines are joined (YAML 1.2.2 §7.3, §8.1.3).

/// For each byte of `text`, and its end, the byte of `written` that it comes from; `None` where they do not fit together.
pub(super) fn places(text: &str, written: &str) -> Option<Vec<usize>> {
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let mut at = match written.starts_with('>') {
        true => written.find('\n')?,
        false => quote.map_or(0, char::len_utf8),
    };
    let mut places = Vec::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c.is_whitespace() {
            at = continued(written, at, quote);
        } else {
            at = skip_space(written, at, quote);
        }
        let (length, is_it) = character(&written[at..], c, quote);
        // A space or line end that stands for those between two lines.
        if !is_it
            && !(c.is_whitespace()
                && (written[at..].starts_with(char::is_whitespace) || written[at..].is_empty()))
        {
            return None;
        }
        places.extend(std::iter::repeat_n(at, c.len_utf8()));
        at += if is_it { length } else { 0 };
    }
    places.push(at);
    Some(places)
}

/// The length of the next character as it is written, and whether it stands for `c`.
fn character(written: &str, c: char, quote: Option<char>) -> (usize, bool) {
    let Some(first) = written.chars().next() else { return (0, false) };
    match (first, quote) {
        ('\\', Some('"')) => escape(&written[1..], c),
        ('\'', Some('\'')) => (2, c == '\'' && written.starts_with("''")),
        _ => (first.len_utf8(), first == c),
    }
}

/// YAML 1.2.2 §5.7.
fn escape(written: &str, c: char) -> (usize, bool) {
    let Some(name) = written.chars().next() else { return (1, false) };
    let hexadecimal = |n_digits: usize| {
        let code = written.get(1..1 + n_digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        (2 + n_digits, code.and_then(char::from_u32) == Some(c))
    };
    let is = match name {
        'x' => return hexadecimal(2),
        'u' => return hexadecimal(4),
        'U' => return hexadecimal(8),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        other => other,
    };
    (1 + name.len_utf8(), is == c)
}

/// The place after a `\` at the end of a line and the indentation of the next one.
fn continued(written: &str, at: usize, quote: Option<char>) -> usize {
    let rest = &written[at..];
    let line_end = rest.strip_prefix('\\').filter(|_| quote == Some('"'));
    match line_end.map(|rest| rest.trim_start_matches('\r')).and_then(|rest| rest.strip_prefix('\n')) {
        Some(next) => written.len() - next.trim_start_matches([' ', '\t']).len(),
        None => at,
    }
}

fn skip_space(written: &str, at: usize, quote: Option<char>) -> usize {
    let mut at = at;
    loop {
        let rest = &written[at..];
        let next = continued(written, written.len() - rest.trim_start().len(), quote);
        if next == at {
            return at;
        }
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place of each word of the text.
    #[test]
    fn words_are_found() {
        let check = |text: &str, written: &str| {
            let places = places(text, written).unwrap_or_else(|| panic!("{written}"));
            for (at, word) in text.match_indices(char::is_alphanumeric) {
                assert!(written[places[at]..].starts_with(word), "{word} of {written}");
            }
        };
        check("a\nb\tc", r#""a\nb\tc""#);
        check("say \"x\" ! y", r#""say \"x\" \u0021 y""#);
        check("a b\nc", "\"a\n    b\n\n    c\"");
        check("a b", "\"a \\\n    b\"");
        check("it's 'x'", "'it''s ''x'''");
        check("a b", "a\n  b");
        check("a b\nc\n", ">\n  a\n  b\n\n  c\n");
        assert_eq!(places("abc", "'xyz'"), None);
    }
}

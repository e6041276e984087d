//! Classes of regular expressions, in the words in which the engine reads them rightly.

use std::{collections::HashMap, iter::Peekable, ops::RangeInclusive, str::Chars, sync::OnceLock};

use super::regexps::Mode;

/// What `\W` is in a class with `iu`; `\s` at both ends, so that a `-` beside it is no range.
pub(super) const NO_WORD_UNICODE: &str = r"\s\x00-\/:-@\[-\^`{-\u017E\u0180-\u2129\u212B-\u{10FFFF}\s";

/// The length of the class at the beginning, with its brackets.
pub(super) fn class_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            ']' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    text.len()
}

/// `[a-z]` → `(?-i:[A-Za-z])`
pub(super) fn class(text: &str, mode: Mode) -> String {
    let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return text.to_owned();
    };
    let (caret, inside) = match inside.strip_prefix('^') {
        Some(inside) => ("^", inside),
        None => ("", inside),
    };
    if mode.is_unicode {
        return match mode.ignores_case {
            true => format!("[{caret}{}]", replace_escape(inside, r"\W", NO_WORD_UNICODE)),
            false => text.to_owned(),
        };
    }
    let inside = replace_escape(inside, r"\u{", "u{");
    let members = Members::read(&inside);
    match mode.ignores_case && members.depend_on_case() {
        true => format!("(?-i:[{caret}{}{inside}])", members.other_cases()),
        false => format!("[{caret}{inside}]"),
    }
}

/// Replaces an escape, but not the same letters after an escaped `\`.
fn replace_escape(text: &str, escape: &str, instead: &str) -> String {
    let (mut changed, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' if rest.starts_with(escape) => {
                changed.push_str(instead);
                rest = &rest[escape.len()..];
                continue;
            }
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            first => first.len_utf8(),
        };
        changed.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    changed
}

/// What a class without `u` has.
#[derive(Debug, Default)]
struct Members {
    units: Vec<RangeInclusive<u16>>,
    has_words: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Atom {
    Unit(u16),
    /// `\w`, `\W`
    Words,
    /// Without letters, or with all of both cases.
    Caseless,
}

impl Members {
    fn read(inside: &str) -> Self {
        let mut members = Self::default();
        let mut chars = inside.chars().peekable();
        while let Some(first) = atom(&mut chars) {
            let mut ahead = chars.clone();
            let last = match (first, ahead.next()) {
                (Atom::Unit(_), Some('-')) => atom(&mut ahead),
                _ => None,
            };
            match (first, last) {
                (Atom::Unit(first), Some(Atom::Unit(last))) => {
                    members.units.push(first..=last);
                    chars = ahead;
                }
                (Atom::Unit(unit), _) => members.units.push(unit..=unit),
                (Atom::Words, _) => members.has_words = true,
                (Atom::Caseless, _) => {}
            }
        }
        members
    }

    /// Whether the engine's way to ignore case may add something wrong.
    fn depend_on_case(&self) -> bool {
        let has = |unit: u8| self.has(u16::from(unit));
        self.has_words || b"sSkK".iter().any(|unit| has(*unit)) || self.units.iter().any(|r| *r.end() >= 0x80)
    }

    fn has(&self, unit: u16) -> bool {
        self.units.iter().any(|range| range.contains(&unit))
    }

    /// The letters that are the same as a member but for their case, as ranges.
    fn other_cases(&self) -> String {
        let folding = folding();
        let mut others: Vec<u16> = Vec::new();
        for unit in self.units.iter().cloned().flatten() {
            others.extend(folding.get(&upper(unit)).into_iter().flatten().filter(|other| !self.has(**other)));
        }
        others.sort_unstable();
        others.dedup();
        let ranges = others.chunk_by(|a, b| a + 1 == *b);
        ranges
            .filter_map(|range| Some((range.first()?, range.last()?)))
            .map(|(first, last)| match first == last {
                true => format!(r"\u{first:04x}"),
                false => format!(r"\u{first:04x}-\u{last:04x}"),
            })
            .collect()
    }
}

/// The next member of a class: <https://tc39.es/ecma262/#prod-annexB-ClassEscape>.
fn atom(chars: &mut Peekable<Chars<'_>>) -> Option<Atom> {
    let first = chars.next()?;
    let unit = |c: char| u16::try_from(u32::from(c)).map_or(Atom::Caseless, Atom::Unit);
    if first != '\\' {
        return Some(unit(first));
    }
    let Some(escaped) = chars.next() else { return Some(unit('\\')) };
    Some(match escaped {
        'w' | 'W' => Atom::Words,
        'd' | 'D' | 's' | 'S' => Atom::Caseless,
        'b' | 't' | 'n' | 'v' | 'f' | 'r' => Atom::Caseless,
        'c' => Atom::Caseless,
        'x' => hexadecimal(chars, 2).map_or(Atom::Unit(u16::from(b'x')), Atom::Unit),
        'u' => hexadecimal(chars, 4).map_or(Atom::Unit(u16::from(b'u')), Atom::Unit),
        '0'..='7' => {
            let mut value = escaped as u16 - '0' as u16;
            while let Some(digit) = chars.peek().and_then(|c| c.to_digit(8)).filter(|_| value < 0o40) {
                value = value * 8 + digit as u16;
                chars.next();
            }
            Atom::Unit(value)
        }
        other => unit(other),
    })
}

/// So many hexadecimal digits, if they are there.
fn hexadecimal(chars: &mut Peekable<Chars<'_>>, n_digits: usize) -> Option<u16> {
    let digits: String = chars.clone().take(n_digits).filter(char::is_ascii_hexdigit).collect();
    let value = u16::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == n_digits)?;
    chars.nth(n_digits - 1);
    Some(value)
}

/// ECMA-262 §22.2.2.7.3 Canonicalize without `u`.
pub(super) fn upper(unit: u16) -> u16 {
    let Some(c) = char::from_u32(u32::from(unit)) else { return unit };
    let mut upper = c.to_uppercase();
    let (first, more) = (upper.next(), upper.next());
    let first = first.filter(|_| more.is_none()).and_then(|first| u16::try_from(u32::from(first)).ok());
    first.filter(|first| unit < 128 || *first >= 128).unwrap_or(unit)
}

/// By the upper case, all letters that have it, of those that have several.
pub(super) fn folding() -> &'static HashMap<u16, Vec<u16>> {
    static FOLDING: OnceLock<HashMap<u16, Vec<u16>>> = OnceLock::new();
    FOLDING.get_or_init(|| {
        let mut folding: HashMap<u16, Vec<u16>> = HashMap::new();
        for unit in 0..=u16::MAX {
            let upper = upper(unit);
            if upper != unit {
                folding.entry(upper).or_insert_with(|| vec![upper]).push(unit);
            }
        }
        folding
    })
}

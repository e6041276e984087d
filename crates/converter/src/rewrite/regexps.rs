//! Regular expressions that the engine reads otherwise than ECMA-262 says.
//!
//! - With `i` and without `u` it folds what a class has by the rules of `u`: `/\w/i` and `/[a-z]/i` find `ſ` and `K` (Kelvin),
//!   `/[ß]/i` finds `ẞ`. So the class gets both cases of its letters, and ignores none: `(?-i:[A-Za-z])`.
//! - With `iu` it puts `ſ` and `K` into `[\W]`, and with them `s` and `k`. The characters one by one, without those two, are right.
//! - With `iv` it folds the complements `\P{…}` and `\W`; `[^\p{…}]` it does not, but in a class it does: refused.
//! - Without `u` and `v` it takes `\u{61}` for `a`, where ECMA-262 says 61 times `u`.

use std::{collections::HashMap, iter::Peekable, ops::RangeInclusive, str::Chars, sync::OnceLock};

use super::{Refusal, edits::Edits};
use crate::syntax::{Kind, Node};

/// What `\W` is in a class with `iv`.
const NO_WORD_SET: &str = r"[\s\x00-\/:-@\[-\^`\{-\u017E\u0180-\u2129\u212B-\u{10FFFF}]";

/// What `\W` is in a class with `iu`; `\s` at both ends, so that a `-` beside it is no range.
const NO_WORD_UNICODE: &str = r"\s\x00-\/:-@\[-\^`{-\u017E\u0180-\u2129\u212B-\u{10FFFF}\s";

/// Why a pattern is refused.
pub(crate) const BEYOND_ENGINE: &str = "the engine cannot ignore the case of `\\P{…}` in a class";

const OUTSIDE: &str = "write it outside of the class: `(?:[a-z]|\\P{Lu})`";

/// A pattern that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedPattern {
    /// What the engine has.
    pub(crate) engine: String,
    /// What the author wrote.
    pub(crate) author: String,
}

/// # Errors
/// No words lead to the right matches.
pub(super) fn edit(tree: &Node, edits: &mut Edits<'_>) -> Result<Vec<ChangedPattern>, Refusal> {
    let (mut changed, mut refusal) = (Vec::new(), None);
    tree.walk(&mut |node| {
        if node.kind == Kind::Regex {
            let text = node.text(edits.text);
            let (pattern, flags) = text[1..].rsplit_once('/').unwrap_or((&text[1..], ""));
            if is_beyond_engine(pattern, flags) {
                refusal = refusal.take().or(Some(Refusal::new(node.range(), BEYOND_ENGINE).help(OUTSIDE)));
            } else if let Some(engine) = for_engine(pattern, flags) {
                let from = node.start + 1;
                edits.replace(from..from + pattern.len(), engine.clone());
                changed.push(ChangedPattern { engine, author: pattern.to_owned() });
            }
        }
        true
    });
    refusal.map_or(Ok(changed), Err)
}

/// Which rules a pattern follows.
#[derive(Debug, Clone, Copy)]
struct Mode {
    ignores_case: bool,
    is_unicode: bool,
    /// `v`
    has_sets: bool,
}

/// The pattern that the engine reads as ECMA-262 reads `pattern`, if it is another one.
pub(crate) fn for_engine(pattern: &str, flags: &str) -> Option<String> {
    let has_sets = flags.contains('v');
    let mode =
        Mode { ignores_case: flags.contains('i'), is_unicode: has_sets || flags.contains('u'), has_sets };
    if !mode.ignores_case && (mode.is_unicode || !pattern.contains(r"\u{")) {
        return None;
    }
    let (mut changed, mut rest) = (String::new(), pattern);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => match escape(rest, mode) {
                Some((instead, length)) => {
                    changed.push_str(&instead);
                    rest = &rest[length..];
                    continue;
                }
                None => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            },
            '[' if !mode.has_sets => {
                let length = class_length(rest);
                changed.push_str(&class(&rest[..length], mode));
                rest = &rest[length..];
                continue;
            }
            first => first.len_utf8(),
        };
        changed.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    (changed != pattern).then_some(changed)
}

/// Whether the engine cannot read the pattern rightly in any words: `\P{…}` in a class with `iv`.
pub(crate) fn is_beyond_engine(pattern: &str, flags: &str) -> bool {
    if !flags.contains('i') || !flags.contains('v') {
        return false;
    }
    let (mut n_open, mut is_escaped) = (0_usize, false);
    for c in pattern.chars() {
        match c {
            'P' if is_escaped && n_open > 0 => return true,
            '[' if !is_escaped => n_open += 1,
            ']' if !is_escaped => n_open = n_open.saturating_sub(1),
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    false
}

/// What stands for the escape at the beginning, and how long that is.
fn escape(text: &str, mode: Mode) -> Option<(String, usize)> {
    let instead = |text: &str, length| Some((text.to_owned(), length));
    match text.get(1..2)? {
        "u" if !mode.is_unicode && text[2..].starts_with('{') => instead("[u]", 2),
        _ if !mode.ignores_case => None,
        "w" if !mode.is_unicode => instead(r"(?-i:\w)", 2),
        "W" if !mode.is_unicode => instead(r"(?-i:\W)", 2),
        "W" if mode.has_sets => instead(NO_WORD_SET, 2),
        "P" if mode.has_sets && text[2..].starts_with('{') => {
            let end = text.find('}')? + 1;
            Some((format!(r"[^\p{}]", &text[2..end]), end))
        }
        _ => None,
    }
}

/// The length of the class at the beginning, with its brackets.
fn class_length(text: &str) -> usize {
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
fn class(text: &str, mode: Mode) -> String {
    let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return text.to_owned();
    };
    let (caret, inside) = match inside.strip_prefix('^') {
        Some(inside) => ("^", inside),
        None => ("", inside),
    };
    if mode.is_unicode {
        return format!("[{caret}{}]", replace_escape(inside, r"\W", NO_WORD_UNICODE));
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
fn upper(unit: u16) -> u16 {
    let Some(c) = char::from_u32(u32::from(unit)) else { return unit };
    let mut upper = c.to_uppercase();
    let (first, more) = (upper.next(), upper.next());
    let first = first.filter(|_| more.is_none()).and_then(|first| u16::try_from(u32::from(first)).ok());
    first.filter(|first| unit < 128 || *first >= 128).unwrap_or(unit)
}

/// By the upper case, all letters that have it, of those that have several.
fn folding() -> &'static HashMap<u16, Vec<u16>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, flags: &str, expected: &str) {
        assert_eq!(for_engine(pattern, flags).as_deref().unwrap_or(pattern), expected, "/{pattern}/{flags}");
    }

    fn stays(pattern: &str, flags: &str) {
        check(pattern, flags, pattern);
    }

    #[test]
    fn classes_have_both_cases() {
        check(r"\w+\W", "gi", r"(?-i:\w)+(?-i:\W)");
        check("[a-z_]", "i", r"(?-i:[\u0041-\u005aa-z_])");
        check(r"[^\w.-]", "i", r"(?-i:[^\w.-])");
        check("[ß]", "i", "(?-i:[ß])");
        check("[ä-ü]", "i", r"(?-i:[\u00c4-\u00d6\u00d8-\u00dcä-ü])");
        check(r"[\x73-\u0075]", "i", r"(?-i:[\u0053-\u0055\x73-\u0075])");
        stays(r"\w[a-z]\u{61}", "iu");
        stays(r"[\w]\W", "g");
        stays(r"[a-j0-9\s\d\D\\w]\\w", "i");
        stays(r"\[a-z\]", "i");
    }

    #[test]
    fn complements_are_not_folded() {
        check(r"\P{Lu}\W[\W--a]", "iv", &format!(r"[^\p{{Lu}}]{NO_WORD_SET}[{NO_WORD_SET}--a]"));
        assert!(is_beyond_engine(r"[a[\P{Lu}]]", "iv"));
        assert!(!is_beyond_engine(r"[a]\P{Lu}[\\P]", "iv"));
        check(r"[\W_]\W", "iu", &format!("[{NO_WORD_UNICODE}_]\\W"));
        stays(r"\P{Lu}\W", "v");
        stays(r"\P{Lu}[\\W]", "iu");
    }

    #[test]
    fn code_points_need_a_flag() {
        check(r"\u{61}[\u{61}]\\u{61}", "", r"[u]{61}[u{61}]\\u{61}");
        stays(r"\u{61}", "u");
        stays(r"\u0061", "");
    }
}

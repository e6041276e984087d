//! Regular expressions that the engine reads otherwise than ECMA-262 says.
//!
//! - With `i` and without `u` it folds what a class has by the rules of `u`: `/\w/i` and `/[a-z]/i` find `ſ` and `K` (Kelvin),
//!   `/[ß]/i` finds `ẞ`. So the class gets both cases of its letters, and ignores none: `(?-i:[A-Za-z])`.
//! - With `iu` it puts `ſ` and `K` into `[\W]`, and with them `s` and `k`. The characters one by one, without those two, are right.
//! - With `iv` it folds the complements `\P{…}` and `\W`; `[^\p{…}]` it does not, but in a class it does: refused.
//! - Letters outside of classes: see [`letters`].
//! - A group that refers to itself finds there what it found before, where the engine writes `{2}` as two groups; ECMA-262 says
//!   that it has found nothing yet.
//! - With `iv` the ends of words are those without `ſ` and `K`. With `v` it takes `\1` without a group for a character: refused.
//! - Without `u` and `v` it takes `\u{61}` for `a`, where ECMA-262 says 61 times `u`.

use super::{
    Refusal,
    classes::{class, class_length},
    edits::Edits,
    groups::Groups,
    letters,
};
use crate::syntax::{Kind, Node};

/// What `\W` is in a class with `iv`.
const NO_WORD_SET: &str = r"[\s\x00-\/:-@\[-\^`\{-\u017E\u0180-\u2129\u212B-\u{10FFFF}]";

/// Why a pattern is refused.
const BEYOND_ENGINE: &str = "the engine cannot ignore the case of `\\P{…}` in a class";

const OUTSIDE: &str = "write it outside of the class: `(?:[a-z]|\\P{Lu})`";

const NO_GROUP: &str =
    "syntax error: Invalid regular expression: `\\1` and the like need a group with this number";

const GROUPS: &str = "write the group, or without `v` the character";

/// What a group refers to that is still open, in words that no author writes.
const NOTHING: &str = "(?-i:)";

/// `\b` and `\B` with `iv`, where the engine forgets `ſ` and `K`.
const WORD_ENDS: &str = r"(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))";
const NO_WORD_ENDS: &str = r"(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))";

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
            if let Some(message) = self::refusal(pattern, flags) {
                let help = if message == NO_GROUP { GROUPS } else { OUTSIDE };
                refusal = refusal.take().or(Some(Refusal::new(node.range(), message).help(help)));
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
pub(super) struct Mode {
    pub(super) ignores_case: bool,
    pub(super) is_unicode: bool,
    /// `v`
    pub(super) has_sets: bool,
}

impl Mode {
    fn of(flags: &str) -> Self {
        let has_sets = flags.contains('v');
        Self { ignores_case: flags.contains('i'), is_unicode: has_sets || flags.contains('u'), has_sets }
    }
}

/// The pattern that the engine reads as ECMA-262 reads `pattern`, if it is another one.
pub(crate) fn for_engine(pattern: &str, flags: &str) -> Option<String> {
    let mode = Mode::of(flags);
    let refers = pattern.contains(r"\k<") || pattern.contains(|c: char| matches!(c, '1'..='9'));
    if !mode.ignores_case && !refers && (mode.is_unicode || !pattern.contains(r"\u{")) {
        return None;
    }
    let mut reader = Reader { mode, groups: Groups::of(pattern), n_sets: 0 };
    let (mut changed, mut rest) = (String::new(), pattern);
    while let Some(first) = rest.chars().next() {
        let (instead, length) = reader.piece(first, rest);
        changed.push_str(instead.as_deref().unwrap_or(&rest[..length]));
        rest = &rest[length..];
    }
    (changed != pattern).then_some(changed)
}

/// Why no words have the engine read the pattern rightly.
pub(crate) fn refusal(pattern: &str, flags: &str) -> Option<&'static str> {
    let mode = Mode::of(flags);
    if !mode.has_sets {
        return None;
    }
    let groups = Groups::of(pattern);
    let (mut n_open, mut is_escaped) = (0_usize, false);
    for (at, c) in pattern.char_indices() {
        match c {
            'P' if is_escaped && n_open > 0 && mode.ignores_case => return Some(BEYOND_ENGINE),
            '1'..='9' if is_escaped && n_open == 0 && groups.lacks(&pattern[at - 1..]) => {
                return Some(NO_GROUP);
            }
            '[' if !is_escaped => n_open += 1,
            ']' if !is_escaped => n_open = n_open.saturating_sub(1),
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    None
}

/// Reads a pattern from its beginning to its end.
struct Reader<'p> {
    mode: Mode,
    groups: Groups<'p>,
    /// How many classes with `v` are open.
    n_sets: usize,
}

impl<'p> Reader<'p> {
    /// What stands for what comes next, if it is something else, and how long that is.
    fn piece(&mut self, first: char, rest: &'p str) -> (Option<String>, usize) {
        match first {
            '\\' => {
                let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                let other = self.in_classes(rest).or_else(|| self.outside(rest).filter(|_| self.n_sets == 0));
                other.unwrap_or((None, length))
            }
            '[' if !self.mode.has_sets => {
                let length = class_length(rest);
                (Some(class(&rest[..length], self.mode)), length)
            }
            '[' => {
                self.n_sets += 1;
                (None, 1)
            }
            ']' => {
                self.n_sets = self.n_sets.saturating_sub(1);
                (None, 1)
            }
            _ if self.n_sets > 0 => (None, first.len_utf8()),
            '(' => (None, self.groups.begin(rest)),
            ')' => {
                self.groups.end();
                (None, 1)
            }
            _ => (self.letter(first), first.len_utf8()),
        }
    }

    fn letter(&self, letter: char) -> Option<String> {
        letters::instead(letter, self.mode).filter(|_| self.mode.ignores_case)
    }

    /// What stands for an escape, also in classes with `v`.
    fn in_classes(&self, text: &str) -> Option<(Option<String>, usize)> {
        let mode = self.mode;
        let instead = |text: &str, length| Some((Some(text.to_owned()), length));
        match text.get(1..2)? {
            "u" if !mode.is_unicode && text[2..].starts_with('{') => instead("[u]", 2),
            _ if !mode.ignores_case => None,
            "w" if !mode.is_unicode => instead(r"(?-i:\w)", 2),
            "W" if !mode.is_unicode => instead(r"(?-i:\W)", 2),
            "W" if mode.has_sets => instead(NO_WORD_SET, 2),
            "P" if mode.has_sets && text[2..].starts_with('{') => {
                let end = text.find('}')? + 1;
                Some((Some(format!(r"[^\p{}]", &text[2..end])), end))
            }
            _ => None,
        }
    }

    /// What stands for an escape outside of classes.
    fn outside(&self, text: &str) -> Option<(Option<String>, usize)> {
        let mode = self.mode;
        if let Some((length, is_open)) = self.groups.reference(text, mode) {
            return Some((is_open.then(|| NOTHING.to_owned()), length));
        }
        let escaped = text[1..].chars().next()?;
        if mode.has_sets && mode.ignores_case && matches!(escaped, 'b' | 'B') {
            return Some((Some(if escaped == 'b' { WORD_ENDS } else { NO_WORD_ENDS }.to_owned()), 2));
        }
        let is_property = matches!(escaped, 'p' | 'P') && mode.is_unicode;
        if is_property && text[2..].starts_with('{') {
            return Some((None, text.find('}')? + 1));
        }
        if escaped == 'c' && text[2..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Some((None, 3));
        }
        let (letter, length) = code(text).or(matches!(escaped, 'i' | 'I').then_some((escaped, 2)))?;
        Some((self.letter(letter), length))
    }
}

/// The character that is written as `\x69`, `\u0069`, `\u{69}`, `\151`, and how long that is.
fn code(text: &str) -> Option<(char, usize)> {
    let number = |from: usize, to: usize, radix: u32| {
        let value = u32::from_str_radix(text.get(from..to)?, radix).ok()?;
        Some((char::from_u32(value)?, to))
    };
    match text.get(1..2)? {
        "x" => number(2, 4, 16),
        "u" if text[2..].starts_with('{') => {
            let end = text.find('}')?;
            Some((number(3, end, 16)?.0, end + 1))
        }
        "u" => number(2, 6, 16),
        "1" => number(1, 4, 8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::classes::NO_WORD_UNICODE;

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
        assert_eq!(refusal(r"[a[\P{Lu}]]", "iv"), Some(BEYOND_ENGINE));
        assert_eq!(refusal(r"[a]\P{Lu}[\\P]", "iv"), None);
        check(r"[\W_]\W", "iu", &format!("[{NO_WORD_UNICODE}_]\\W"));
        stays(r"\P{Lu}\W", "v");
        stays(r"\P{Lu}[\\W]", "iu");
        // Digits make it look for groups, and change nothing else.
        stays(r"[\W]{1,2}[^\W]\b1[\w-]{2}[a-z]", "u");
        stays(r"[\W]{1,2}\P{Lu}\B[a\W\P{L}]{3}", "v");
        stays(r"[\W]{1,2}\w\Wis[ß]\b{2}", "");
    }

    #[test]
    fn code_points_need_a_flag() {
        check(r"\u{61}[\u{61}]\\u{61}", "", r"[u]{61}[u{61}]\\u{61}");
        stays(r"\u{61}", "u");
        stays(r"\u0061", "");
    }

    #[test]
    fn letters_find_their_other_case_alone() {
        check("Istanbul", "i", "(?-i:[Ii])(?-i:[Ss])tanbul");
        check("ſ|ı|ᾀ+", "i", "(?-i:ſ)|(?-i:ı)|(?-i:ᾀ)+");
        check(r"\x69\u0053\163\i\\i", "i", r"(?-i:[Ii])(?-i:[Ss])(?-i:[Ss])(?-i:[Ii])\\(?-i:[Ii])");
        check("(?<is>i)(?=s)(?<!s)", "i", "(?<is>(?-i:[Ii]))(?=(?-i:[Ss]))(?<!(?-i:[Ss]))");
        check(r"(?<is>a)\k<is>", "i", r"(?<is>a)\k<is>");
        check("kä[k]", "iv", "(?i:[k])(?i:[ä])[k]");
        check(r"\bx\B[\b]", "iv", &format!(r"{WORD_ENDS}x{NO_WORD_ENDS}[\b]"));
        stays(r"\ci\cS(?i:a)(?s-m:b)\s\S", "i");
        stays(r"is\u0069\p{Script=Latin}", "iu");
        stays("is", "g");
    }

    #[test]
    fn open_groups_have_found_nothing() {
        check(r"(\D+\1){2}", "", r"(\D+(?-i:)){2}");
        check(r"(?<x>a\k<x>b)\k<x>", "", r"(?<x>a(?-i:)b)\k<x>");
        check(r"(?:(a)(b\1\2))\2", "u", r"(?:(a)(b\1(?-i:)))\2");
        stays(r"(a)\1[(]\1\(\1", "");
        stays(r"\11(a\2)\01", "");
        assert_eq!(refusal(r"(a)\2", "v"), Some(NO_GROUP));
        assert_eq!(refusal(r"(a)\1[\2]\\2", "v"), None);
        assert_eq!(refusal(r"\2", ""), None);
    }
}

//! The groups of a regular expression, and what refers back to them.

use super::regexps::Mode;

/// Those that are open at a place.
#[derive(Debug)]
pub(super) struct Groups<'p> {
    n_all: usize,
    n_begun: usize,
    /// The number and name of each open group, if it has them.
    open: Vec<(Option<usize>, Option<&'p str>)>,
    has_names: bool,
}

impl<'p> Groups<'p> {
    pub(super) fn of(pattern: &'p str) -> Self {
        let mut all = Self { n_all: 0, n_begun: 0, open: Vec::new(), has_names: false };
        let (mut is_escaped, mut n_sets) = (false, 0_usize);
        for (at, c) in pattern.char_indices() {
            match c {
                _ if is_escaped => {}
                '[' => n_sets += 1,
                ']' => n_sets = n_sets.saturating_sub(1),
                '(' if n_sets == 0 => {
                    all.begin(&pattern[at..]);
                }
                _ => {}
            }
            is_escaped = c == '\\' && !is_escaped;
        }
        let has_names = all.open.iter().any(|(_, name)| name.is_some());
        Self { n_all: all.n_begun, n_begun: 0, open: Vec::new(), has_names }
    }

    /// A `(` stands at the beginning of the text; what belongs to it is so long.
    pub(super) fn begin(&mut self, text: &'p str) -> usize {
        let after = &text[1..];
        let name = after.strip_prefix("?<").filter(|name| !name.starts_with(['=', '!']));
        let name = name.and_then(|name| name.split_once('>')).map(|(name, _)| name);
        let is_capturing = name.is_some() || !after.starts_with('?');
        self.n_begun += usize::from(is_capturing);
        self.open.push((is_capturing.then_some(self.n_begun), name));
        let letters = after.strip_prefix('?').map_or(0, |modifiers| {
            modifiers.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(0)
        });
        match name {
            Some(name) => 1 + "?<".len() + name.len() + ">".len(),
            None if after.starts_with('?') => 2 + letters,
            None => 1,
        }
    }

    pub(super) fn end(&mut self) {
        self.open.pop();
    }

    /// How long the reference at the beginning of the text is, which begins with a `\`, and whether its group is still open.
    pub(super) fn reference(&self, text: &str, mode: Mode) -> Option<(usize, bool)> {
        if let Some(name) = text.strip_prefix(r"\k<").filter(|_| mode.is_unicode || self.has_names) {
            let (name, _) = name.split_once('>')?;
            let is_open = self.open.iter().any(|(_, open)| *open == Some(name));
            return Some((r"\k<>".len() + name.len(), is_open));
        }
        let number = number(text)?;
        let is_reference = mode.is_unicode || number.value <= self.n_all;
        let is_open = self.open.iter().any(|(open, _)| *open == Some(number.value));
        is_reference.then_some((number.length, is_open))
    }

    /// Whether the text begins with a reference to a group that there is not.
    pub(super) fn lacks(&self, text: &str) -> bool {
        number(text).is_some_and(|number| number.value > self.n_all)
    }
}

struct Number {
    value: usize,
    length: usize,
}

/// Of `\12` at the beginning; a `0` first is no reference.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('\\')?;
    let n_digits = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if n_digits == 0 || digits.starts_with('0') {
        return None;
    }
    // More digits are more groups than a pattern has.
    let value = digits[..n_digits].parse().unwrap_or(usize::MAX);
    Some(Number { value, length: 1 + n_digits })
}

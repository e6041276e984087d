//! The pieces of a text that may be a date, as V8 takes it apart.

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// Digits: their value, and how many they are.
    Number(i64, usize),
    /// `:`, `-`, `+`, `.` or `)`.
    Sign(char),
    /// A word of the lenient rules' vocabulary.
    Known(Word),
    /// Another word.
    Unknown,
    /// White space.
    Space,
    /// Anything else.
    Other,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Month(i64),
    /// Hours that it adds.
    AmPm(i64),
    /// Hours from UTC; whether it is the letter `Z`.
    Zone(i64, bool),
    T,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const ZONES: [(&str, i64); 11] = [
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("cdt", -5),
    ("cst", -6),
    ("edt", -4),
    ("est", -5),
    ("mdt", -6),
    ("mst", -7),
    ("pdt", -7),
    ("pst", -8),
];

/// A text, piece by piece.
pub(super) struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// The next piece, which stays.
    pub(super) fn peek(&self) -> Token {
        self.split().0
    }

    /// The next piece.
    pub(super) fn take(&mut self) -> Token {
        let (token, length) = self.split();
        self.rest = &self.rest[length..];
        token
    }

    /// Takes the next token if it is this sign.
    pub(super) fn skip(&mut self, sign: char) -> bool {
        let is_next = self.peek() == Token::Sign(sign);
        if is_next {
            self.take();
        }
        is_next
    }

    /// The next token and its length in bytes.
    fn split(&self) -> (Token, usize) {
        let Some(first) = self.rest.chars().next() else { return (Token::End, 0) };
        let while_is = |is: &dyn Fn(char) -> bool| self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        match first {
            '0'..='9' => {
                let length = while_is(&|c| c.is_ascii_digit());
                (Token::Number(value(&self.rest[..length]), length), length)
            }
            ':' | '-' | '+' | '.' | ')' => (Token::Sign(first), 1),
            '(' => (Token::Other, parenthesised(self.rest)),
            _ if is_space(first) => (Token::Space, while_is(&is_space)),
            _ if is_letter(first) => {
                let length = while_is(&is_letter);
                (word(&self.rest[..length]), length)
            }
            _ => (Token::Other, first.len_utf8()),
        }
    }
}

/// The first nine digits that count; more would be no part of a date.
fn value(digits: &str) -> i64 {
    digits.trim_start_matches('0').chars().take(9).fold(0, |n, c| n * 10 + (c as i64 - '0' as i64))
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Everything from `A` on, as V8 has it: letters of all scripts, and some punctuation.
fn is_letter(c: char) -> bool {
    c >= 'A' && !is_space(c)
}

/// How long the text in parentheses is, to the end if they are not closed.
fn parenthesised(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

fn word(text: &str) -> Token {
    let prefix: String = text.chars().take(3).map(|c| c.to_ascii_lowercase()).collect();
    // Of the months the first three letters are enough.
    if let Some(index) = MONTHS.iter().position(|month| *month == prefix) {
        return Token::Known(Word::Month(index as i64 + 1));
    }
    if text.chars().count() > 3 {
        return Token::Unknown;
    }
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == prefix) {
        return Token::Known(Word::Zone(*hours, false));
    }
    match prefix.as_str() {
        "am" => Token::Known(Word::AmPm(0)),
        "pm" => Token::Known(Word::AmPm(12)),
        "z" => Token::Known(Word::Zone(0, true)),
        "t" => Token::Known(Word::T),
        _ => Token::Unknown,
    }
}

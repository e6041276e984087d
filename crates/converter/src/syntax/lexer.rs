//! Splits a script's text into tokens, one at a time: what a `/` begins depends on what the parser expects.

use std::{borrow::Cow, ops::Range};

use super::SyntaxError;

/// One token; it knows whether a line ended before it, on which automatic semicolons depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) after_newline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a keyword.
    Name,
    /// `#name`
    Private,
    Number,
    Text,
    /// A piece of a template from its `` ` `` or `}`; whether the template ends with it.
    Template {
        is_last: bool,
    },
    Regex,
    Mark(&'static str),
    End,
}

/// All punctuation, the longer ones first.
const MARKS: [&str; 57] = [
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=",
    ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>",
    "**", "{", "}", "(", ")", "[", "]", ";", ",", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "!", "~",
    "?", ":", "=", "@",
];

/// The token at `at`, or after the white space and comments there.
pub(super) fn token(text: &str, at: usize) -> Result<Token, SyntaxError> {
    let (start, after_newline) = skip_space(text, at)?;
    let rest = &text[start..];
    let Some(first) = rest.chars().next() else {
        return Ok(Token { kind: TokenKind::End, start, end: start, after_newline });
    };
    let make = |kind, length: usize| Token { kind, start, end: start + length, after_newline };
    let second_is_digit = || rest[1..].starts_with(|c: char| c.is_ascii_digit());
    Ok(match first {
        '"' | '\'' => make(TokenKind::Text, quoted(rest).ok_or_else(|| open_quote(start))?),
        '`' => template(text, make(TokenKind::End, 0))?,
        '0'..='9' => make(TokenKind::Number, number(rest)),
        '.' if second_is_digit() => make(TokenKind::Number, number(rest)),
        '.' if !rest.starts_with("...") => make(TokenKind::Mark("."), 1),
        '#' => {
            let length = 1 + name(&rest[1..]);
            match length {
                1 => return Err(SyntaxError::at(start, "Invalid or unexpected token")),
                _ => make(TokenKind::Private, length),
            }
        }
        c if begins_name(c) || c == '\\' => match name(rest) {
            0 => return Err(SyntaxError::at(start, "Invalid or unexpected token")),
            length => make(TokenKind::Name, length),
        },
        // `a?.5:b` is a conditional.
        '?' if rest.starts_with("?.") && rest[2..].starts_with(|c: char| c.is_ascii_digit()) => {
            make(TokenKind::Mark("?"), 1)
        }
        _ => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            Some(mark) => make(TokenKind::Mark(mark), mark.len()),
            None => return Err(SyntaxError::at(start, "Invalid or unexpected token")),
        },
    })
}

/// The piece of a template that begins with the `` ` `` or `}` of this token.
pub(super) fn template(text: &str, begin: Token) -> Result<Token, SyntaxError> {
    let (start, after_newline) = (begin.start, begin.after_newline);
    let bytes = text.as_bytes();
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            None => return Err(SyntaxError::at(start, "Unterminated template literal")),
            Some(b'\\') => at += 1 + char_length(text, at + 1),
            Some(b'`') => {
                let kind = TokenKind::Template { is_last: true };
                return Ok(Token { kind, start, end: at + 1, after_newline });
            }
            Some(b'$') if bytes.get(at + 1) == Some(&b'{') => {
                let kind = TokenKind::Template { is_last: false };
                return Ok(Token { kind, start, end: at + 2, after_newline });
            }
            Some(_) => at += 1,
        }
    }
}

/// The regular expression that begins with the `/` of this token.
pub(super) fn regex(text: &str, begin: Token) -> Result<Token, SyntaxError> {
    let (start, after_newline) = (begin.start, begin.after_newline);
    let mut in_class = false;
    let mut at = start + 1;
    loop {
        let Some(c) = text[at..].chars().next().filter(|c| !is_line_end(*c)) else {
            return Err(SyntaxError::at(start, "Invalid regular expression: missing /"));
        };
        at += c.len_utf8();
        match c {
            '\\' => {
                let escaped = text[at..].chars().next().filter(|c| !is_line_end(*c));
                at += escaped
                    .ok_or_else(|| SyntaxError::at(start, "Invalid regular expression: missing /"))?
                    .len_utf8();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => {
                let end = at + name_rest(&text[at..]);
                return Ok(Token { kind: TokenKind::Regex, start, end, after_newline });
            }
            _ => {}
        }
    }
}

/// What the name stands for: `\u0061` is `a`.
pub(crate) fn decoded_name(written: &str) -> Cow<'_, str> {
    if !written.contains('\\') {
        return Cow::Borrowed(written);
    }
    let (mut name, mut rest) = (String::new(), written);
    while let Some((before, after)) = rest.split_once("\\u") {
        name.push_str(before);
        let (digits, next) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').unwrap_or((braced, "")),
            None => after.split_at_checked(4).unwrap_or((after, "")),
        };
        let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        name.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = next;
    }
    name.push_str(rest);
    Cow::Owned(name)
}

/// Where the next token stands.
pub(crate) fn next_token(text: &str, at: usize) -> Range<usize> {
    token(text, at).map_or(at..at, |token| token.start..token.end)
}

pub(super) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn open_quote(start: usize) -> SyntaxError {
    SyntaxError::at(start, "Invalid or unexpected token")
}

/// Where the next token is, and whether a line ended on the way.
fn skip_space(text: &str, from: usize) -> Result<(usize, bool), SyntaxError> {
    let (mut at, mut after_newline) = (from, false);
    loop {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { return Ok((at, after_newline)) };
        let is_line_start = after_newline || from == 0;
        if is_line_end(c) {
            after_newline = true;
            at += c.len_utf8();
        } else if c.is_whitespace() || c == '\u{FEFF}' {
            at += c.len_utf8();
        } else if rest.starts_with("//")
            || rest.starts_with("<!--")
            || (rest.starts_with("-->") && is_line_start)
            || (at == 0 && rest.starts_with("#!"))
        {
            at += rest.find(is_line_end).unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            let length =
                rest.find("*/").ok_or_else(|| SyntaxError::at(at, "Invalid or unexpected token"))? + 2;
            after_newline |= rest[..length].contains(is_line_end);
            at += length;
        } else {
            return Ok((at, after_newline));
        }
    }
}

fn char_length(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

/// The length of the quoted text; `None` if it does not end.
fn quoted(rest: &str) -> Option<usize> {
    let quote = rest.chars().next()?;
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                let (_, escaped) = chars.next()?;
                if escaped == '\r' && rest[at + 2..].starts_with('\n') {
                    chars.next();
                }
            }
            '\n' | '\r' => return None,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    if bytes[0] == b'0' && bytes.get(1).is_some_and(|c| b"xXoObB".contains(c)) {
        return 2 + rest[2..]
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len() - 2);
    }
    let digits = |from: usize| {
        let rest = &rest[from..];
        from + rest.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len())
    };
    let mut at = digits(0);
    let is_octal = at > 1 && bytes[0] == b'0' && bytes[..at].iter().all(|c| (b'0'..=b'7').contains(c));
    if is_octal {
        return at;
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    at + usize::from(bytes.get(at) == Some(&b'n'))
}

/// Which other characters names have is left to the engine's lexer, which refuses the rest.
fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic()
        || c == '$'
        || c == '_'
        || (!c.is_ascii() && !c.is_whitespace() && c != '\u{FEFF}')
}

fn continues_name(c: char) -> bool {
    begins_name(c) || c.is_ascii_digit()
}

/// The length of the name that the text begins with.
fn name(rest: &str) -> usize {
    let begins = rest.starts_with(begins_name) || rest.starts_with("\\u");
    if begins { name_rest(rest) } else { 0 }
}

fn name_rest(rest: &str) -> usize {
    let mut at = 0;
    loop {
        let here = &rest[at..];
        match here.chars().next() {
            Some(c) if continues_name(c) => at += c.len_utf8(),
            Some('\\') if here.starts_with("\\u{") => match here.find('}') {
                Some(end) => at += end + 1,
                None => return at,
            },
            Some('\\') if here.starts_with("\\u") && here.len() >= 6 && here.is_char_boundary(6) => at += 6,
            _ => return at,
        }
    }
}

//! JQL's words, strings and operators.

use super::JqlError;

/// A piece of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Without the quotes of a string.
    pub(super) text: String,
    /// Position of the first character, from 1.
    pub(super) column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Quoted,
    /// `= != > >= < <= ~ !~`
    Operator,
    /// `( ) ,`
    Mark,
}

/// Splits a query; only an open string is an error here.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, JqlError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = characters.get(at).copied() {
        if first.is_whitespace() {
            at += 1;
            continue;
        }
        let (kind, length) = match first {
            '"' | '\'' => (Kind::Quoted, quoted_length(&characters[at..], at)?),
            '(' | ')' | ',' => (Kind::Mark, 1),
            _ if is_operator(first) => (Kind::Operator, run(&characters[at..], is_operator)),
            _ => (Kind::Word, run(&characters[at..], is_word)),
        };
        let text = match kind {
            Kind::Quoted => unquoted(&characters[at + 1..at + length - 1]),
            _ => characters[at..at + length].iter().collect(),
        };
        tokens.push(Token { kind, text, column: at + 1 });
        at += length;
    }
    Ok(tokens)
}

fn is_operator(c: char) -> bool {
    matches!(c, '=' | '!' | '<' | '>' | '~')
}

fn is_word(c: char) -> bool {
    !c.is_whitespace() && !is_operator(c) && !matches!(c, '"' | '\'' | '(' | ')' | ',')
}

fn run(characters: &[char], belongs: fn(char) -> bool) -> usize {
    characters.iter().take_while(|c| belongs(**c)).count()
}

/// Length of a string with both quotes.
fn quoted_length(characters: &[char], at: usize) -> Result<usize, JqlError> {
    let quote = characters[0];
    let mut index = 1;
    while let Some(c) = characters.get(index) {
        match c {
            '\\' => index += 2,
            c if *c == quote => return Ok(index + 1),
            _ => index += 1,
        }
    }
    let text: String = characters[1..].iter().collect();
    Err(JqlError(format!(
        "Error in the JQL Query: The quoted string '{text}' has not been completed. (line 1, character {})",
        at + 1
    )))
}

fn unquoted(characters: &[char]) -> String {
    let mut text = String::with_capacity(characters.len());
    let mut escaped = false;
    for c in characters {
        escaped = !escaped && *c == '\\';
        if !escaped {
            text.push(*c);
        }
    }
    text
}

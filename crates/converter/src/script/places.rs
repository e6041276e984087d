//! Places in the author's file, and what is wrong there before anything runs.

use std::ops::Range;

use boa_engine::{
    ast::{Position, Span},
    parser::{Error as ParseError, lexer::error::Error as LexError},
};

use pipeline_config::Source;

use super::{Parsed, Script};
use crate::{
    error::{ConverterError, Report},
    rewrite::Refusal,
};

impl Script {
    /// The syntax tree of a script that may run.
    ///
    /// # Errors
    /// [`ConverterError::Syntax`], also for what the engine would compute wrongly and cannot be told otherwise.
    pub(crate) fn parse_for_run(&self) -> Result<Parsed, ConverterError> {
        let refused = |refusal: &Refusal| {
            let range = self.place(refusal.range.start)..self.place(refusal.range.end);
            let message = match refusal.is_syntax {
                true => format!("syntax error: {}", refusal.message),
                false => refusal.message.clone(),
            };
            let report = Report::new(self, message, Some(range)).help(refusal.help.clone());
            ConverterError::Syntax(Box::new(report))
        };
        match &self.code.refusal {
            Some(refusal) if !refusal.is_syntax => Err(refused(refusal)),
            refusal => {
                let parsed = self.parse().map_err(|error| match refusal {
                    // The engine knows what is wrong with a text or template, but not where it begins.
                    Some(refusal) => match &error {
                        ParseError::Lex { err: LexError::IO(error) } => {
                            refused(&Refusal { message: error.to_string(), ..refusal.clone() })
                        }
                        _ => self.syntax_error(&error),
                    },
                    None => self.syntax_error(&error),
                })?;
                refusal.as_ref().map_or(Ok(parsed), |refusal| Err(refused(refusal)))
            }
        }
    }

    pub(crate) fn syntax_error(&self, error: &ParseError) -> ConverterError {
        let (message, place) = match error {
            ParseError::Expected { expected, found, span, .. } => {
                let quoted: Vec<_> = expected.iter().map(|token| format!("`{token}`")).collect();
                (format!("expected {}, found `{found}`", quoted.join(" or ")), self.range(*span))
            }
            ParseError::Unexpected { message, found, span } => {
                (format!("unexpected `{found}` ({message})"), self.range(*span))
            }
            ParseError::AbruptEnd => {
                let end = self.shown.text.trim_end().len();
                ("the script ends too early: a bracket or quote is not closed".into(), end..end)
            }
            ParseError::General { message, position } => (message.to_string(), self.range_at(*position)),
            ParseError::Lex { err: LexError::Syntax(message, position) } => {
                (message.to_string(), self.range_at(*position))
            }
            // The rest has no place.
            other => (other.to_string(), 0..0),
        };
        let help = self.syntax_help(&place).map(str::to_owned);
        let report = Report::new(self, format!("syntax error: {message}"), Some(place)).help(help);
        ConverterError::Syntax(Box::new(report))
    }

    /// For what is right in an async function.
    fn syntax_help(&self, place: &Range<usize>) -> Option<&'static str> {
        self.shown.text[..place.start]
            .trim_end()
            .ends_with("await")
            .then_some("`await` needs an async function: `async function convert(json)`")
    }

    /// The bytes of a span of the engine.
    pub(crate) fn range(&self, span: Span) -> Range<usize> {
        let start = self.offset(span.start());
        start..self.offset(span.end()).max(start)
    }

    /// The word or character at a position of the engine.
    pub(crate) fn range_at(&self, position: Position) -> Range<usize> {
        let start = self.offset(position);
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let word =
            self.shown.text[start..].find(|c| !is_word(c)).map_or(self.shown.text.len(), |n| start + n);
        start..word
    }

    fn offset(&self, position: Position) -> usize {
        let place = (position.line_number() as usize, position.column_number() as usize);
        let (line, column) = self.code.origin(&self.text, place);
        if self.written.is_some() {
            let author = Source { path: self.path().to_owned(), text: self.text.to_string() };
            return self.place(author.offset(line, column));
        }
        self.shown.offset(line + self.shift.0, column + self.shift.1)
    }

    /// Where a byte of the author's text stands in what is shown.
    pub(crate) fn place(&self, at: usize) -> usize {
        if let Some(written) = &self.written {
            return written.places.get(at).copied().unwrap_or(self.shown.text.len());
        }
        let before = self.text.get(..at).unwrap_or(&self.text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.shown.offset(before.matches('\n').count() + 1 + self.shift.0, column + self.shift.1)
    }
}

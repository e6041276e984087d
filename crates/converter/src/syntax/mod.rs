//! Reads a script into a tree whose parts know where they stand.
//!
//! The engine's own parser leaves no places of statements, and refuses some of what is right and takes some of what is
//! wrong; see ADR 0053. This one takes what ECMA-262 and its annex B allow in syntax, and leaves early errors to others.

mod expressions;
mod functions;
mod lexer;
mod members;
mod modules;
mod parser;
mod primary;
mod scopes;
mod statements;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use lexer::{decoded_name, next_token};
pub(crate) use parser::parse;
pub(crate) use tree::{Accessor, Declares, Kind, Node};

/// What a text is to be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// A sloppy script.
    Script,
    /// A module, which may import, export and await.
    Module,
}

/// What is no syntax of the language, in V8's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// In bytes from the script's beginning.
    pub(crate) at: usize,
    pub(crate) message: String,
    /// How to write it otherwise, where it is the language but more than is read of it.
    pub(crate) help: Option<&'static str>,
}

impl SyntaxError {
    fn at(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None }
    }
}

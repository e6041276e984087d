//! Changes a script where the engine would compute something else than ECMA-262 says.
//!
//! ```text
//! the author's text ──syntax::parse──▶ tree ──edits──▶ the text that the engine gets, and where each part of it comes from
//!                                        └────────────▶ a refusal, where no other words lead to the right rows
//! ```
//! Most scripts have none of these forms, and stay as they are. Each form, what the engine makes of it, and the test that
//! tells when a newer engine is right: ADR 0053.

mod caches;
mod declared;
mod edits;
mod facts;
mod fields;
mod jumps;
mod map;
mod operands;
mod patterns;
mod regexps;
mod scopes;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use map::Map;
pub(crate) use regexps::original as original_pattern;

use crate::syntax::{self, Goal, Node};

/// A script for the engine.
#[derive(Debug, Clone)]
pub(crate) struct Rewritten {
    /// What the engine gets.
    pub(crate) code: String,
    /// Where it comes from; `None` where nothing was changed.
    pub(crate) map: Option<Map>,
    /// Whether more was changed than how `**` is written, which without the change is right but for last digits.
    pub(crate) is_needed: bool,
    /// Whether a name is written with an escape, `\u0061`.
    pub(crate) has_escaped_names: bool,
}

/// Why a script cannot run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The bytes of the author's text that it is about.
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    /// How to write it.
    pub(crate) help: Option<String>,
    /// Whether the text could not be read at all, and the engine's parser may know more.
    pub(crate) is_syntax: bool,
}

impl Refusal {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), help: None, is_syntax: false }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// A script may begin with the comment `-->`, which the engine takes for an operator.
fn first_comment(text: &str, tree: &Node, edits: &mut edits::Edits<'_>) {
    let first = tree.children.first().map_or(text.len(), |statement| statement.start);
    let line = text[..first].split('\n').next().unwrap_or_default();
    if let Some(at) = line.find("-->") {
        edits.replace(at..at + 3, "// ");
    }
}

/// Changes what the engine would compute wrongly.
///
/// # Errors
/// The text is no JavaScript, or no other words lead to the right rows.
pub(crate) fn rewrite(text: &str, goal: Goal) -> Result<Rewritten, Refusal> {
    let tree = syntax::parse(text, goal).map_err(|error| {
        let end = text[error.at..].chars().next().map_or(error.at, |c| error.at + c.len_utf8());
        Refusal { is_syntax: true, ..Refusal::new(error.at..end, error.message) }
    })?;
    scopes::check(text, &tree, goal)?;
    fields::check(text, &tree)?;
    let facts = facts::Facts::read(text, &tree);
    let has_escaped_names = facts.has_escaped_names;
    let mut edits = edits::Edits::new(text);
    operands::edit(&tree, &facts, &mut edits)?;
    patterns::edit(&tree, &facts, &mut edits)?;
    if facts.has_stale_caches() {
        caches::edit(&tree, &mut edits);
    }
    regexps::edit(&tree, &mut edits);
    jumps::edit(&tree, &facts, &mut edits)?;
    first_comment(text, &tree, &mut edits);
    let is_needed = edits.are_needed();
    let (code, map) = edits.apply(&tree);
    Ok(Rewritten { code, map, is_needed, has_escaped_names })
}

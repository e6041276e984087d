//! Changes a script where the engine would compute something else than ECMA-262 says.
//!
//! ```text
//! the author's text ──syntax::parse──▶ tree ──edits──▶ the text that the engine gets, and where each part of it comes from
//!                                        └────────────▶ a refusal, where no other words lead to the right rows
//! ```
//! Most scripts have none of these forms, and stay as they are. Each form, what the engine makes of it, and the test that
//! tells when a newer engine is right: ADR 0053.

mod block_functions;
mod caches;
mod cases;
mod classes;
mod declared;
mod edits;
mod facts;
mod fields;
mod finally;
mod groups;
mod initial_values;
mod jumps;
mod letters;
mod map;
mod operands;
mod patterns;
mod quotients;
mod regexps;
mod scopes;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use map::Map;
pub(crate) use patterns::TAKEN_APART;
pub(crate) use regexps::{ChangedPattern, for_engine as pattern_for_engine, refusal as refusal_of_pattern};

use crate::syntax::{self, Goal, Kind, Node};

/// A script for the engine.
#[derive(Debug, Clone)]
pub(crate) struct Rewritten {
    /// What the engine gets.
    pub(crate) code: String,
    /// Where it comes from; `None` where nothing was changed.
    pub(crate) map: Option<Map>,
    /// Whether more was changed than what is right without the change but for last digits and signs of zero.
    pub(crate) is_needed: bool,
    /// Whether a name is written with an escape, `\u0061`.
    pub(crate) has_escaped_names: bool,
    /// Regular expressions that the engine gets in other words.
    pub(crate) patterns: Vec<ChangedPattern>,
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
    /// Whether the engine's parser must not see it either.
    pub(crate) is_kept_back: bool,
}

impl Refusal {
    pub(crate) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), help: None, is_syntax: false, is_kept_back: false }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
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

/// `import('./file.js')` of a module that no statement imports, and so nobody has read.
fn check_imports(text: &str, tree: &Node, goal: Goal) -> Result<(), Refusal> {
    let statements = tree.children.iter().filter(|node| matches!(node.kind, Kind::Import | Kind::Export));
    let is_imported = |specifier: &str| {
        let specifier = specifier.trim_matches(['\'', '"']);
        let quoted = ['\'', '"'].map(|quote| format!("{quote}{specifier}{quote}"));
        statements.clone().any(|statement| quoted.iter().any(|quoted| statement.text(text).contains(quoted)))
    };
    let mut found = None;
    tree.walk(&mut |node| {
        let specifier = node.children.first().filter(|_| node.kind == Kind::ImportCall);
        let is_known = specifier.is_some_and(|specifier| match goal {
            Goal::Script => false,
            Goal::Module => specifier.kind != Kind::Text || is_imported(specifier.text(text)),
        });
        if specifier.is_some() && !is_known {
            found = found.or(Some(node));
        }
        found.is_none()
    });
    let Some(node) = found else { return Ok(()) };
    let message = "`import()` finds only modules that are imported at the top of the file";
    let help =
        "write `import { … } from './helpers.js'` at the top; modules are files of the converter's folder";
    Err(Refusal::new(node.range(), message).help(help))
}

/// `async => …` and `async(…)`, where `async` is a variable: the engine's parser takes it for the keyword, in parentheses
/// it does not.
fn variables_named_async(text: &str, tree: &Node, edits: &mut edits::Edits<'_>) {
    tree.walk(&mut |node| {
        let name = match node.kind {
            Kind::Function(function) if function.is_arrow => {
                let parameters = &node.children[1];
                parameters.children.first().filter(|only| only.range() == parameters.range())
            }
            Kind::Call { .. } => node.children.first(),
            _ => None,
        };
        if let Some(name) = name.filter(|name| name.kind == Kind::Name && name.text(text) == "async") {
            edits.wrap(&name.range(), "(", ")");
        }
        true
    });
}

/// `export default async json => …`, which the engine's parser takes for an `async function`; in parentheses it does not.
fn default_async_arrows(tree: &Node, edits: &mut edits::Edits<'_>) {
    for exported in tree.children.iter().filter(|node| node.kind == Kind::Export) {
        let function = exported.children.first();
        if let Some(arrow) =
            function.filter(|node| matches!(node.kind, Kind::Function(f) if f.is_arrow && f.is_async))
        {
            edits.around(arrow.range(), "(", ")");
        }
    }
}

/// `export { n as convert }` at the end of a file, where the engine's parser wants a semicolon.
fn unfinished_exports(text: &str, tree: &Node, edits: &mut edits::Edits<'_>) {
    let last = tree.children.last().filter(|node| node.kind == Kind::Export && node.children.is_empty());
    if let Some(list) = last.filter(|list| !list.text(text).ends_with(';')) {
        edits.end(list.end, ";");
    }
}

/// Changes what the engine would compute wrongly.
///
/// # Errors
/// The text is no JavaScript, or no other words lead to the right rows.
pub(crate) fn rewrite(text: &str, goal: Goal) -> Result<Rewritten, Refusal> {
    let tree = syntax::parse(text, goal).map_err(|error| {
        let end = text[error.at..].chars().next().map_or(error.at, |c| error.at + c.len_utf8());
        let is_syntax = error.help.is_none();
        Refusal {
            is_syntax,
            is_kept_back: !is_syntax,
            help: error.help.map(str::to_owned),
            ..Refusal::new(error.at..end, error.message)
        }
    })?;
    scopes::check(text, &tree, goal)?;
    check_imports(text, &tree, goal)?;
    let facts = facts::Facts::read(text, &tree, goal);
    let has_escaped_names = facts.has_escaped_names;
    let mut edits = edits::Edits::new(text);
    let moved = initial_values::find(text, &tree)?;
    fields::edit(&tree, &initial_values::starts(&moved), &mut edits)?;
    quotients::edit(&tree, &facts, &mut edits);
    operands::edit(&tree, &facts, &mut edits)?;
    let rests = patterns::edit(&tree, &facts, &mut edits)?;
    if facts.has_stale_caches() {
        caches::edit(&tree, &rests, &mut edits);
    } else {
        caches::edit_lengths(&tree, &mut edits);
    }
    let patterns = regexps::edit(&tree, &mut edits)?;
    finally::edit(&tree, &facts, &mut edits)?;
    jumps::edit(&tree, &facts, &mut edits)?;
    cases::edit(&tree, &mut edits)?;
    block_functions::edit(text, &tree, goal, &mut edits)?;
    first_comment(text, &tree, &mut edits);
    variables_named_async(text, &tree, &mut edits);
    default_async_arrows(&tree, &mut edits);
    unfinished_exports(text, &tree, &mut edits);
    initial_values::edit(&moved, &mut edits)?;
    let is_needed = edits.are_needed();
    let (code, map) = edits.apply(&tree);
    Ok(Rewritten { code, map, is_needed, has_escaped_names, patterns })
}

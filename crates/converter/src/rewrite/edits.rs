//! Changes to a text, made all at once.

use std::{cmp::Reverse, ops::Range};

use super::Map;
use crate::syntax::{Kind, Node};

/// What goes into a text, and in place of what.
#[derive(Debug)]
pub(super) struct Edits<'t> {
    pub(super) text: &'t str,
    edits: Vec<Edit>,
    /// What stands before the first statement.
    prelude: Vec<&'static str>,
    /// Variables of the whole script.
    variables: Vec<String>,
    /// Begins no name of the script.
    prefix: String,
    n_names: usize,
    n_of_powers: usize,
}

#[derive(Debug)]
struct Edit {
    range: Range<usize>,
    /// Ends come before beginnings at the same place.
    is_end: bool,
    /// Of beginnings at the same place the one with the most comes first.
    n_within: usize,
    text: String,
}

impl<'t> Edits<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut prefix = "$p".to_owned();
        while text.contains(&prefix) {
            prefix.push('_');
        }
        Self {
            text,
            edits: Vec::new(),
            prelude: Vec::new(),
            variables: Vec::new(),
            prefix,
            n_names: 0,
            n_of_powers: 0,
        }
    }

    /// A name that the script does not have.
    pub(super) fn new_name(&mut self) -> String {
        self.n_names += 1;
        format!("{}{}", self.prefix, self.n_names)
    }

    /// A variable that is declared at the top.
    pub(super) fn new_variable(&mut self) -> String {
        let name = self.new_name();
        self.variables.push(name.clone());
        name
    }

    /// The name of a function that is declared first; `code` is `function @name(…) { … }` in one line.
    pub(super) fn function(&mut self, name: &str, code: &'static str) -> String {
        if !self.prelude.contains(&code) {
            self.prelude.push(code);
        }
        format!("{}{name}", self.prefix)
    }

    /// Puts text before what begins at `at`; of two such texts the first comes first.
    pub(super) fn begin(&mut self, at: usize, text: impl Into<String>) {
        self.edits.push(Edit { range: at..at, is_end: false, n_within: 0, text: text.into() });
    }

    /// Puts text after what ends at `at`; of two such texts the first comes first.
    pub(super) fn end(&mut self, at: usize, text: impl Into<String>) {
        self.edits.push(Edit { range: at..at, is_end: true, n_within: 0, text: text.into() });
    }

    /// Puts text before and after, around all that was put there.
    pub(super) fn around(
        &mut self,
        range: Range<usize>,
        before: impl Into<String>,
        after: impl Into<String>,
    ) {
        let n_within = self.edits.len() + 1;
        self.edits.push(Edit {
            range: range.start..range.start,
            is_end: false,
            n_within,
            text: before.into(),
        });
        self.end(range.end, after);
    }

    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.push(Edit { range, is_end: false, n_within: 0, text: text.into() });
    }

    /// Whether they do more than write powers otherwise.
    pub(super) fn are_needed(&self) -> bool {
        self.edits.len() > self.n_of_powers
    }

    /// The last few edits are those of a power.
    pub(super) fn were_of_power(&mut self, n_edits: usize) {
        self.n_of_powers += n_edits;
    }

    /// The changed text, and where it comes from if anything was changed.
    pub(super) fn apply(mut self, tree: &Node) -> (String, Option<Map>) {
        let mut first = self.prelude.concat().replace('@', &self.prefix);
        if !self.variables.is_empty() {
            first = format!("var {};{first}", self.variables.join(","));
        }
        if !first.is_empty() {
            self.edits.insert(
                0,
                Edit {
                    range: begin_of_code(tree),
                    is_end: false,
                    n_within: usize::MAX,
                    text: format!("{first} "),
                },
            );
        }
        if self.edits.is_empty() {
            return (self.text.to_owned(), None);
        }
        self.edits.sort_by_key(|edit| (edit.range.start, !edit.is_end, Reverse(edit.n_within)));
        let (mut code, mut map, mut at) = (String::new(), Map::default(), 0);
        for edit in &self.edits {
            if edit.range.start > at {
                map.copied(code.len(), at, edit.range.start - at);
                code.push_str(&self.text[at..edit.range.start]);
            }
            code.push_str(&edit.text);
            at = at.max(edit.range.end);
        }
        map.copied(code.len(), at, self.text.len() - at);
        code.push_str(&self.text[at..]);
        (code, Some(map))
    }
}

/// The place after directives such as `'use strict'`.
fn begin_of_code(tree: &Node) -> Range<usize> {
    let is_directive = |node: &&Node| node.kind == Kind::Expression && node.children[0].kind == Kind::Text;
    let statement = tree.children.iter().find(|statement| !is_directive(statement));
    let at = statement.map_or(tree.end, |statement| statement.start);
    at..at
}

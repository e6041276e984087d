//! Changes to a text, made all at once.

use std::{collections::HashSet, ops::Range};

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
    n_optional: usize,
}

#[derive(Debug)]
struct Edit {
    range: Range<usize>,
    place: Place,
    text: String,
}

/// What an edit does at its place. At one place ends come first, then beginnings, then what is replaced.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// It ends what begins at `from`; of two the one within the other comes first.
    End {
        from: usize,
        n_within: usize,
    },
    /// It begins what ends at `until`; of two the one around the other comes first.
    Begin {
        until: usize,
        n_within: usize,
    },
    Replaces,
}

/// Where what has no other end is taken to end.
const OUTERMOST: usize = usize::MAX;

impl Edit {
    /// By this edits are ordered; `nth` says when it was made.
    fn order(&self, nth: usize) -> (usize, u8, usize, usize, usize) {
        let (first, second, third, fourth) = match self.place {
            Place::End { from, n_within } => (0, n_within, usize::MAX - from, nth),
            Place::Begin { until, n_within } => {
                // Around the same text goes what was put around it last.
                let nth = if until == OUTERMOST { nth } else { usize::MAX - nth };
                (1, usize::MAX - n_within, usize::MAX - until, nth)
            }
            Place::Replaces => (2, 0, 0, nth),
        };
        (self.range.start, first, second, third, fourth)
    }
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
            n_optional: 0,
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

    /// Puts text at `at`, before all that begins there; of two such texts the first comes first.
    pub(super) fn begin(&mut self, at: usize, text: impl Into<String>) {
        self.push(at..at, Place::Begin { until: OUTERMOST, n_within: 0 }, text.into());
    }

    /// Puts text at `at`, after all that ends there; of two such texts the first comes first.
    pub(super) fn end(&mut self, at: usize, text: impl Into<String>) {
        self.push(at..at, Place::End { from: 0, n_within: 0 }, text.into());
    }

    /// Puts text before an expression, within what stands around the expression.
    pub(super) fn before(&mut self, range: &Range<usize>, text: impl Into<String>) {
        let place = Place::Begin { until: range.end, n_within: 0 };
        self.push(range.start..range.start, place, text.into());
    }

    /// Puts text before and after an expression; of two around the same expression the last is around the first.
    pub(super) fn wrap(&mut self, range: &Range<usize>, before: impl Into<String>, after: impl Into<String>) {
        self.before(range, before);
        self.after(range, after);
    }

    /// Puts text after an expression, within what stands around the expression.
    pub(super) fn after(&mut self, range: &Range<usize>, text: impl Into<String>) {
        let place = Place::End { from: range.start, n_within: 0 };
        self.push(range.end..range.end, place, text.into());
    }

    /// Puts text before and after, around all that is put there.
    pub(super) fn around(
        &mut self,
        range: Range<usize>,
        before: impl Into<String>,
        after: impl Into<String>,
    ) {
        let n_within = self.edits.len() + 1;
        let place = Place::Begin { until: range.end, n_within };
        self.push(range.start..range.start, place, before.into());
        let place = Place::End { from: range.start, n_within };
        self.push(range.end..range.end, place, after.into());
    }

    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.push(range, Place::Replaces, text.into());
    }

    fn push(&mut self, range: Range<usize>, place: Place, text: String) {
        self.edits.push(Edit { range, place, text });
    }

    /// Whether there are edits without which a script would give other rows, but for last digits and signs of zero.
    pub(super) fn are_needed(&self) -> bool {
        self.edits.len() > self.n_optional
    }

    /// Says of the last few edits that a script would give the same rows without them.
    pub(super) fn were_optional(&mut self, n_edits: usize) {
        self.n_optional += n_edits;
    }

    /// Puts a semicolon before a statement that would go on with the line before, since it has got another beginning.
    fn part_statements(&mut self, tree: &Node) {
        let places: HashSet<_> = self
            .edits
            .iter()
            .filter(|edit| !matches!(edit.place, Place::End { .. }))
            .filter(|edit| edit.text.starts_with(['(', '[', '`', '+', '-', '/']))
            .map(|edit| edit.range.start)
            .collect();
        if places.is_empty() {
            return;
        }
        tree.walk(&mut |node| {
            let statements = match node.kind {
                Kind::Program | Kind::Block | Kind::StaticBlock => &node.children[..],
                Kind::Case => &node.children[1..],
                _ => &[],
            };
            for statement in statements.iter().skip(1) {
                let is_parted = self.text[..statement.start].trim_end().ends_with(';');
                if statement.kind == Kind::Expression && places.contains(&statement.start) && !is_parted {
                    let place = Place::Begin { until: OUTERMOST, n_within: usize::MAX - 1 };
                    self.push(statement.start..statement.start, place, ";".into());
                }
            }
            true
        });
    }

    /// The changed text, and where it comes from if anything was changed.
    pub(super) fn apply(mut self, tree: &Node) -> (String, Option<Map>) {
        let mut first = self.prelude.concat().replace('@', &self.prefix);
        if !self.variables.is_empty() {
            first = format!("var {};{first}", self.variables.join(","));
        }
        if !first.is_empty() {
            let place = Place::Begin { until: OUTERMOST, n_within: usize::MAX };
            self.push(begin_of_code(tree), place, format!("{first} "));
        }
        if self.edits.is_empty() {
            return (self.text.to_owned(), None);
        }
        self.part_statements(tree);
        let mut edits: Vec<_> = self.edits.iter().enumerate().collect();
        edits.sort_by_key(|(nth, edit)| edit.order(*nth));
        let (mut code, mut map, mut at) = (String::new(), Map::default(), 0);
        for (_, edit) in edits {
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

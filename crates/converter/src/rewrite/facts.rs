//! What a script has anywhere, on which it depends whether a form of it needs a change.

use std::{borrow::Cow, collections::HashMap};

use super::declared::{is_var, name_of, targets};
use crate::syntax::{Accessor, Kind, Node};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Facts<'t> {
    pub(super) text: &'t str,
    /// By name, whether all that is ever stored under it is a number.
    numbers: HashMap<Cow<'t, str>, Numbers>,
    /// Getters, setters.
    pub(super) has_accessors: bool,
    /// Members are deleted, or defined with attributes.
    pub(super) reshapes: bool,
    /// Something is made the prototype of something else, or prototypes are asked for.
    touches_prototypes: bool,
    /// `Math` may be another one.
    pub(super) declares_math: bool,
    /// A name is written with an escape.
    pub(super) has_escaped_names: bool,
    /// Something happens when an iterator is closed.
    pub(super) notices_closing: bool,
}

#[derive(Debug)]
struct Numbers {
    are_all: bool,
    /// Where the value of a `var` is: it is undefined before.
    from: usize,
}

/// Functions that make members or take them away.
const RESHAPES: [&str; 7] = [
    "defineProperty",
    "defineProperties",
    "deleteProperty",
    "setPrototypeOf",
    "__defineGetter__",
    "__defineSetter__",
    "__proto__",
];

const PROTOTYPES: [&str; 5] = ["prototype", "__proto__", "create", "setPrototypeOf", "getPrototypeOf"];

const ACCESSORS: [&str; 5] =
    ["defineProperty", "defineProperties", "__defineGetter__", "__defineSetter__", "create"];

impl<'t> Facts<'t> {
    pub(super) fn read(text: &'t str, tree: &Node) -> Self {
        let mut facts = Self { text, ..Self::default() };
        tree.walk(&mut |node| {
            facts.see(node);
            true
        });
        facts.declares_math = facts.numbers.contains_key("Math");
        facts
    }

    /// Whether the engine may remember of a member where it was, although it is there no more: when a getter or setter
    /// changes the object that it was asked of, and when a prototype changes.
    pub(super) fn has_stale_caches(&self) -> bool {
        self.reshapes && (self.has_accessors || self.touches_prototypes)
    }

    /// Whether a variable can only hold numbers at `at`.
    pub(super) fn is_number(&self, name: &str, at: usize) -> bool {
        self.numbers.get(name).is_some_and(|numbers| numbers.are_all && numbers.from <= at)
    }

    fn see(&mut self, node: &Node) {
        match node.kind {
            Kind::Declaration(_) => {
                node.children.iter().for_each(|declarator| self.declare(declarator, is_var(node)))
            }
            // The variable of a loop is declared without a value.
            Kind::ForOf | Kind::ForIn => self.stores_anything(&node.children[0]),
            Kind::Assign(operator) => {
                let is_number = match operator {
                    "=" | "&&=" | "||=" | "??=" => is_number(&node.children[1]),
                    "+=" => is_number(&node.children[1]),
                    _ => true,
                };
                match node.children[0].bare().kind {
                    Kind::Name => self.stores(node.children[0].bare(), is_number, 0),
                    _ => self.stores_anything(&node.children[0]),
                }
            }
            Kind::Function(_) => {
                self.notices_closing |= is_generator(node) && has_finally(node);
                self.stores_anything(&node.children[0]);
                self.stores_anything(&node.children[1]);
            }
            Kind::Class { .. } => {
                self.touches_prototypes |= !node.children[1].is_nothing();
                self.stores_anything(&node.children[0]);
            }
            Kind::Catch | Kind::Import => node.children.iter().for_each(|child| self.stores_anything(child)),
            Kind::Method(accessor) => self.has_accessors |= accessor != Accessor::None,
            Kind::Unary("delete") => self.reshapes |= !matches!(node.children[0].bare().kind, Kind::Name),
            Kind::Name => self.has_escaped_names |= node.text(self.text).contains('\\'),
            Kind::MemberName => {
                self.has_escaped_names |= node.text(self.text).contains('\\');
                self.names(node.text(self.text));
            }
            Kind::Text => self.names(node.text(self.text).trim_matches(['\'', '"'])),
            _ => {}
        }
    }

    fn names(&mut self, member: &str) {
        self.reshapes |= RESHAPES.contains(&member);
        self.touches_prototypes |= PROTOTYPES.contains(&member);
        self.has_accessors |= ACCESSORS.contains(&member);
        self.notices_closing |= member == "return";
    }

    fn declare(&mut self, declarator: &Node, is_var: bool) {
        let target = &declarator.children[0];
        match (target.kind, declarator.children.get(1)) {
            (Kind::Name, Some(value)) => {
                self.stores(target, is_number(value), if is_var { declarator.end } else { 0 });
            }
            _ => self.stores_anything(target),
        }
    }

    fn stores(&mut self, name: &Node, is_number: bool, from: usize) {
        let numbers = self.numbers.entry(name_of(self.text, name)).or_insert(Numbers { are_all: true, from });
        numbers.are_all &= is_number;
        numbers.from = numbers.from.max(from);
    }

    fn stores_anything(&mut self, pattern: &Node) {
        let mut names = Vec::new();
        match pattern.kind {
            Kind::Declaration(_) => {
                pattern.children.iter().for_each(|declarator| targets(&declarator.children[0], &mut names));
            }
            _ => targets(pattern, &mut names),
        }
        names.into_iter().for_each(|name| self.stores(name, false, 0));
    }
}

fn is_generator(function: &Node) -> bool {
    matches!(function.kind, Kind::Function(function) if function.is_generator)
}

fn has_finally(function: &Node) -> bool {
    let has = |node: &Node| node.kind == Kind::Try && !node.children[2].is_nothing();
    function.children[2].has(has)
}

/// Whether the value is a number, or a `BigInt`, which is none but stays what it is where numbers are counted.
fn is_number(value: &Node) -> bool {
    match value.kind {
        Kind::Number | Kind::Update { .. } | Kind::Unary("-" | "+" | "~") => true,
        Kind::Parenthesized => is_number(&value.children[0]),
        Kind::Binary("-" | "*" | "/" | "%" | "**" | "&" | "|" | "^" | "<<" | ">>" | ">>>") => true,
        Kind::Binary("+") => value.children.iter().all(is_number),
        Kind::Conditional => value.children[1..].iter().all(is_number),
        _ => false,
    }
}

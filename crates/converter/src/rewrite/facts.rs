//! What a script has anywhere, on which it depends whether a form of it needs a change.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::declared::{name_of, targets};
use crate::syntax::{Accessor, Declares, Goal, Kind, Node};

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
    /// Names of other modules, whose values these may change.
    pub(super) imported: HashSet<Cow<'t, str>>,
    /// `Math` may be another one.
    pub(super) declares_math: bool,
    /// A name is written with an escape.
    pub(super) has_escaped_names: bool,
    /// Something happens when an iterator is closed.
    pub(super) notices_closing: bool,
    /// Items are taken out of lists.
    shortens: bool,
    /// Objects say themselves what they are as a number, or what their members are.
    has_own_values: bool,
    /// Something has a `next` of the script's own.
    makes_iterators: bool,
}

#[derive(Debug, Clone, Copy)]
struct Numbers {
    are_all: bool,
    /// Where the value of a `var` is: it is undefined before.
    from: usize,
    /// Whether they are constants above zero.
    are_positive: bool,
}

impl Numbers {
    fn of(value: &Node) -> Self {
        Self { are_all: is_number(value), from: 0, are_positive: false }
    }
}

/// Members that say what an object is as a number.
const VALUES: [&str; 3] = ["valueOf", "toString", "toPrimitive"];

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

/// Functions that take items out of lists.
const SHORTENS: [&str; 5] = ["pop", "shift", "splice", "resize", "transfer"];

const PROTOTYPES: [&str; 4] = ["prototype", "__proto__", "setPrototypeOf", "getPrototypeOf"];

const ACCESSORS: [&str; 4] = ["defineProperty", "defineProperties", "__defineGetter__", "__defineSetter__"];

impl<'t> Facts<'t> {
    pub(super) fn read(text: &'t str, tree: &Node, goal: Goal) -> Self {
        let makes_iterators = goal == Goal::Module && !is_alone(text, tree);
        let mut facts = Self { text, makes_iterators, ..Self::default() };
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

    /// Whether something may happen when an iterator is closed, of this file or of one that it imports.
    pub(super) fn may_notice_closing(&self) -> bool {
        self.notices_closing || !self.imported.is_empty()
    }

    /// Whether anybody may notice that a value is asked for once more.
    pub(super) fn notices_repetition(&self) -> bool {
        self.has_accessors || self.has_own_values || !self.imported.is_empty()
    }

    /// Whether an iterator may give something after it has said that it is done: none of the language's own does.
    pub(super) fn may_go_on_after_its_end(&self) -> bool {
        self.makes_iterators
    }

    /// Whether members may go while a loop goes over their names.
    pub(super) fn takes_away(&self) -> bool {
        self.reshapes || self.shortens || !self.imported.is_empty()
    }

    /// Whether a name stands for numbers above zero wherever it is declared.
    pub(super) fn is_positive(&self, name: &str) -> bool {
        self.numbers.get(name).is_some_and(|numbers| numbers.are_positive)
    }

    /// Whether a variable can only hold numbers at `at`.
    pub(super) fn is_number(&self, name: &str, at: usize) -> bool {
        self.numbers.get(name).is_some_and(|numbers| numbers.are_all && numbers.from <= at)
    }

    fn see(&mut self, node: &Node) {
        match node.kind {
            Kind::Declaration(declares) => {
                node.children.iter().for_each(|declarator| self.declare(declarator, declares));
            }
            // The variable of a loop is declared without a value.
            Kind::ForOf | Kind::ForIn => self.stores_anything(&node.children[0]),
            Kind::Assign(operator) => self.assign(operator, node),
            Kind::Function(_) => {
                self.notices_closing |= is_generator(node) && has_finally(node);
                self.stores_anything(&node.children[0]);
                self.stores_anything(&node.children[1]);
            }
            Kind::Class { .. } => {
                self.touches_prototypes |= !node.children[1].is_nothing();
                self.stores_anything(&node.children[0]);
            }
            Kind::Import => {
                self.imported.extend(node.children.iter().map(|name| name_of(self.text, name)));
                node.children.iter().for_each(|child| self.stores_anything(child));
            }
            Kind::Update { .. } => {
                let operand = node.children[0].bare();
                self.shortens |= operand.children.get(1).is_some_and(|name| name.text(self.text) == "length");
            }
            Kind::Catch => node.children.iter().for_each(|child| self.stores_anything(child)),
            Kind::Method(accessor) => {
                self.makes_iterators |= self.is_next(node.children.first());
                self.has_accessors |= accessor != Accessor::None;
                self.has_own_values |= self.is_value(node.children.first());
            }
            Kind::Property | Kind::Field => {
                self.makes_iterators |= self.is_next(node.children.first());
                self.has_own_values |= self.is_value(node.children.first());
            }
            Kind::Shorthand => self.makes_iterators |= self.is_next(node.children.first()),
            Kind::Unary("delete") => self.reshapes |= !matches!(node.children[0].bare().kind, Kind::Name),
            // A method that is called by a computed name may be any.
            Kind::Call { .. } if is_called_by_key(node) => self.shortens = true,
            Kind::Call { .. } if self.called(node) == Some("create") => {
                // `Object.create(null)` is but a dictionary.
                let is_dictionary = matches!(&node.children[1..], [null] if null.kind == Kind::Word);
                self.touches_prototypes |= !is_dictionary;
                self.has_accessors |= node.children.len() > 2;
            }
            Kind::Name | Kind::MemberName | Kind::Text => self.see_word(node),
            _ => {}
        }
    }

    fn assign(&mut self, operator: &str, node: &Node) {
        let numbers = match operator {
            "=" | "&&=" | "||=" | "??=" | "+=" => Numbers::of(&node.children[1]),
            _ => Numbers { are_all: true, from: 0, are_positive: false },
        };
        let member = node.children[0].bare().children.get(1);
        self.has_own_values |= self.is_value(member);
        self.makes_iterators |= self.is_next(member);
        match node.children[0].bare().kind {
            Kind::Name => self.stores(node.children[0].bare(), numbers),
            _ => self.stores_anything(&node.children[0]),
        }
    }

    /// A name, or a text that may be the name of a member.
    fn see_word(&mut self, node: &Node) {
        let text = node.text(self.text);
        match node.kind {
            Kind::Text => {
                let name = text.trim_matches(['\'', '"']);
                self.touches_prototypes |= name == "create";
                self.shortens |= name == "length";
                self.makes_iterators |= name == "next";
                self.names(name);
            }
            Kind::MemberName => {
                self.has_escaped_names |= text.contains('\\');
                self.names(text);
            }
            _ => {
                self.has_escaped_names |= text.contains('\\');
                self.has_own_values |= text == "Proxy";
                self.makes_iterators |= text == "Proxy";
            }
        }
    }

    fn is_value(&self, name: Option<&Node>) -> bool {
        name.is_some_and(|name| VALUES.iter().any(|value| name.text(self.text).contains(value)))
    }

    fn is_next(&self, name: Option<&Node>) -> bool {
        name.is_some_and(|name| name_of(self.text, name) == "next")
    }

    /// The name of the method that is called.
    fn called(&self, call: &Node) -> Option<&str> {
        let function = call.children[0].bare();
        matches!(function.kind, Kind::Member { .. }).then(|| function.children[1].text(self.text))
    }

    fn names(&mut self, member: &str) {
        self.reshapes |= RESHAPES.contains(&member);
        self.touches_prototypes |= PROTOTYPES.contains(&member);
        self.has_accessors |= ACCESSORS.contains(&member);
        self.notices_closing |= member == "return";
        self.shortens |= SHORTENS.contains(&member);
        self.has_own_values |= matches!(member, "valueOf" | "toPrimitive" | "Proxy");
    }

    fn declare(&mut self, declarator: &Node, declares: Declares) {
        let target = &declarator.children[0];
        match (target.kind, declarator.children.get(1)) {
            (Kind::Name, Some(value)) => {
                let from = if declares == Declares::Var { declarator.end } else { 0 };
                let are_positive = declares == Declares::Const && is_positive(self.text, value);
                self.stores(target, Numbers { from, are_positive, ..Numbers::of(value) });
            }
            _ => self.stores_anything(target),
        }
    }

    fn stores(&mut self, name: &Node, stored: Numbers) {
        let numbers = self.numbers.entry(name_of(self.text, name)).or_insert(stored);
        numbers.are_all &= stored.are_all;
        numbers.are_positive &= stored.are_positive;
        numbers.from = numbers.from.max(stored.from);
    }

    fn stores_anything(&mut self, pattern: &Node) {
        self.shortens |=
            pattern.has(|node| node.kind == Kind::MemberName && node.text(self.text) == "length");
        let mut names = Vec::new();
        match pattern.kind {
            Kind::Declaration(_) => {
                pattern.children.iter().for_each(|declarator| targets(&declarator.children[0], &mut names));
            }
            _ => targets(pattern, &mut names),
        }
        names
            .into_iter()
            .for_each(|name| self.stores(name, Numbers { are_all: false, from: 0, are_positive: false }));
    }
}

/// Whether nothing comes to a module from other files: it has `convert` itself, and imports nothing.
fn is_alone(text: &str, module: &Node) -> bool {
    let is_from_other = |node: &Node| match node.kind {
        Kind::Import => true,
        Kind::Export => node.children.is_empty() && node.text(text).contains("from"),
        _ => false,
    };
    text.contains("convert") && !module.children.iter().any(is_from_other)
}

fn is_called_by_key(call: &Node) -> bool {
    let function = call.children[0].bare();
    matches!(function.kind, Kind::Index { .. })
        && !matches!(function.children[1].kind, Kind::Text | Kind::Number)
}

fn is_generator(function: &Node) -> bool {
    matches!(function.kind, Kind::Function(function) if function.is_generator)
}

fn has_finally(function: &Node) -> bool {
    let has = |node: &Node| node.kind == Kind::Try && !node.children[2].is_nothing();
    function.children[2].has(has)
}

/// Whether it is a number above zero that stands in the script, or a product of such.
pub(super) fn is_positive(text: &str, value: &Node) -> bool {
    match value.kind {
        Kind::Number => value.text(text).replace('_', "").parse().is_ok_and(|number: f64| number > 0.0),
        Kind::Parenthesized => is_positive(text, &value.children[0]),
        Kind::Binary("*" | "+") => value.children.iter().all(|child| is_positive(text, child)),
        _ => false,
    }
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

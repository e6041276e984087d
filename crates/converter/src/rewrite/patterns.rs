//! Patterns that the engine takes apart wrongly or refuses.
//!
//! Object rest keeps the members that a nested pattern took: `{ a: { b }, ...rest }` puts `a` into `rest`. So the member goes
//! into a variable first: `{ a: v, '\0': { b } = v, ...rest }`, where no object has a member of that name. The same way leads
//! around `{ [key]: name = value }`, which the engine's parser refuses where it has read an object and finds that it is a
//! pattern: in the parameters of arrow functions and on the left of `=`. `{ [key]: { name } }` it refuses there, too.
//!
//! Into a member the engine puts the rest with all members that computed keys took: in a statement, the rest goes into a
//! variable first, `({ [key]: a, ...v } = b, o.rest = v)`; elsewhere it is refused. And V8 asks for the first member that gets a
//! value before it finds that there is nothing to take apart, which is refused where somebody could notice.
//!
//! An array pattern asks an iterator again that has said that it is done. Where a script may have such an iterator that then
//! gives something, `[a, b]` becomes `{ '\0[]': [a, b] }`; `builtins::taken_apart` is what stands there.

use super::{Refusal, edits::Edits, facts::Facts, operands::is_effect};
use crate::syntax::{Kind, Node};

/// The name of a member that no object has.
const NO_MEMBER: &str = r"'\0\0'";

/// The name of the member that array patterns take apart, see `builtins::taken_apart`.
pub(crate) const TAKEN_APART: &str = r"'\0[]'";

/// The places where a member stood that is written elsewhere now.
pub(super) fn edit<'t>(tree: &Node, facts: &Facts<'t>, edits: &mut Edits<'t>) -> Result<Vec<usize>, Refusal> {
    let has_computed_keys = facts.has_stale_caches();
    let (statement, moved, refusal) = (None, Vec::new(), None);
    let mut patterns = Patterns { facts, edits, has_computed_keys, statement, moved, refusal };
    patterns.visit(tree);
    patterns.refusal.map_or(Ok(patterns.moved), Err)
}

struct Patterns<'f, 'a, 't> {
    facts: &'f Facts<'t>,
    edits: &'a mut Edits<'t>,
    /// Whether all keys become computed, since the engine would remember where their members were.
    has_computed_keys: bool,
    /// Where the assignment ends that is the statement around.
    statement: Option<usize>,
    moved: Vec<usize>,
    refusal: Option<Refusal>,
}

/// Where a pattern stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It declares, and the engine's parser knows from the beginning.
    Declaration,
    /// In the parameters of an arrow function.
    Arrow,
    /// It declares nothing.
    Assignment,
}

impl Patterns<'_, '_, '_> {
    fn visit(&mut self, node: &Node) {
        if let Some(assignment) = assigning_statement(node) {
            // A generator or async function may wait before the rest is assigned.
            let waits = assignment.children[0].has(|node| matches!(node.kind, Kind::Yield | Kind::Await));
            self.statement = Some(assignment.end).filter(|_| !waits);
            self.assignment(assignment);
            self.statement = None;
            return self.visit(&assignment.children[1]);
        }
        let pattern = match node.kind {
            Kind::Declarator | Kind::Catch => Some(Place::Declaration),
            Kind::Assign("=") if is_pattern(&node.children[0]) => {
                self.assignment(node);
                return self.visit(&node.children[1]);
            }
            Kind::ForOf | Kind::ForIn if is_pattern(&node.children[0]) => Some(Place::Assignment),
            Kind::Function(function) => {
                let place = if function.is_arrow { Place::Arrow } else { Place::Declaration };
                node.children[1].children.iter().for_each(|parameter| self.pattern(parameter, place));
                return self.visit(&node.children[2]);
            }
            _ => None,
        };
        let rest = match pattern {
            Some(place) => {
                self.pattern(&node.children[0], place);
                &node.children[1..]
            }
            None => &node.children[..],
        };
        rest.iter().for_each(|child| self.visit(child));
    }

    fn pattern(&mut self, pattern: &Node, place: Place) {
        match pattern.kind {
            Kind::Object => {
                self.rest_is_last(pattern);
                if place == Place::Assignment {
                    self.first_target(pattern);
                }
                let n_members = pattern.children.len() - usize::from(self.rest_is_moved(pattern));
                let members = &pattern.children[..n_members];
                members.iter().for_each(|member| self.member(member, pattern, place));
            }
            Kind::Array => {
                self.rest_is_last(pattern);
                self.stays_done(pattern, place);
                pattern.children.iter().for_each(|element| self.pattern(element, place));
            }
            Kind::Assign("=") => {
                self.pattern(&pattern.children[0], place);
                self.visit(&pattern.children[1]);
            }
            Kind::Spread => self.pattern(&pattern.children[0], place),
            _ => self.visit(pattern),
        }
    }

    fn rest_is_last(&mut self, pattern: &Node) {
        let not_last = pattern.children.iter().rev().skip(1).find(|child| child.kind == Kind::Spread);
        if let Some(rest) = not_last {
            self.refusal =
                Some(Refusal::new(rest.range(), "syntax error: Rest element must be last element"));
        }
    }

    /// `[a, b]` → `{ '\0[]': [a, b] }`, which asks no iterator that is done.
    fn stays_done(&mut self, pattern: &Node, place: Place) {
        if pattern.children.len() < 2 || !self.facts.may_go_on_after_its_end() {
            return;
        }
        let (key, end) = match self.has_computed_keys {
            true if place == Place::Declaration => (format!("[{TAKEN_APART}]"), "}"),
            true => (format!("[{TAKEN_APART}]"), " = undefined}"),
            false => (TAKEN_APART.to_owned(), "}"),
        };
        self.edits.wrap(&pattern.range(), format!("{{{key}:"), end);
    }

    /// `[a, b] = value` becomes an object that must not look like a block.
    fn assignment(&mut self, assignment: &Node) {
        let target = &assignment.children[0];
        let is_changed = target.kind == Kind::Array && target.children.len() > 1;
        if is_changed && self.facts.may_go_on_after_its_end() {
            self.edits.wrap(&assignment.range(), "(", ")");
        }
        self.pattern(target, Place::Assignment);
    }

    /// V8 evaluates `f()` of `({ a: f().b } = null)`.
    fn first_target(&mut self, pattern: &Node) {
        let Some(first) = pattern.children.first().filter(|first| first.kind == Kind::Property) else {
            return;
        };
        let target = match first.children[1].kind {
            Kind::Assign("=") => &first.children[1].children[0],
            _ => &first.children[1],
        };
        let is_member = matches!(target.bare().kind, Kind::Member { .. } | Kind::Index { .. });
        if is_member && target.bare().children.iter().any(|part| part.has(|node| is_effect(node, self.facts)))
        {
            let message = "the engine computes this after it has looked at the value, and node before";
            let help = "take the member into a variable, `const { key } = record`, and assign that";
            self.refusal.get_or_insert(Refusal::new(target.range(), message).help(help));
        }
    }

    /// Puts the rest into a variable where it would have members that computed keys took; whether it did.
    fn rest_is_moved(&mut self, pattern: &Node) -> bool {
        let rest = pattern.children.last().filter(|last| last.kind == Kind::Spread);
        let Some(rest) = rest.filter(|rest| rest.children[0].bare().kind != Kind::Name) else { return false };
        let is_computed = |member: &Node| match member.kind {
            Kind::Property => {
                self.has_computed_keys || matches!(member.children[0].kind, Kind::Computed | Kind::Number)
            }
            Kind::Shorthand => self.has_computed_keys,
            _ => false,
        };
        if !pattern.children.iter().any(is_computed) {
            return false;
        }
        let target = &rest.children[0];
        // What stands in it must not be changed twice, nor computed at another time than before.
        let is_plain = matches!(target.kind, Kind::Member { is_optional: false })
            && matches!(target.children[0].kind, Kind::Name | Kind::This)
            && target.children[1].text(self.edits.text) != "length";
        match self.statement.filter(|_| is_plain) {
            Some(end) => {
                let variable = self.edits.new_variable();
                let written = match &target.children[..] {
                    [object, name] if self.has_computed_keys && name.kind == Kind::MemberName => {
                        format!("{}['{}']", object.text(self.edits.text), name.text(self.edits.text))
                    }
                    _ => target.text(self.edits.text).to_owned(),
                };
                self.moved.push(target.start);
                self.edits.end(end, format!(", {written} = {variable}"));
                self.edits.replace(target.range(), variable);
                true
            }
            None => {
                let message = match self.has_computed_keys {
                    true => {
                        "the engine cannot put the rest into a member here, in a script that has getters or uses prototypes \
                         and deletes or defines members"
                    }
                    false => "the engine cannot put the rest beside computed keys into a member here",
                };
                let help = "take it into a variable, `({ key: name, ...rest } = record)`, and assign that";
                self.refusal.get_or_insert(Refusal::new(rest.range(), message).help(help));
                false
            }
        }
    }

    fn member(&mut self, member: &Node, pattern: &Node, place: Place) {
        match member.kind {
            Kind::Shorthand => self.shorthand(member, place),
            Kind::Property => {
                self.key(&member.children[0]);
                self.property(member, pattern, place);
            }
            _ => self.pattern(member, place),
        }
    }

    fn key(&mut self, key: &Node) {
        match key.kind {
            Kind::Computed => self.visit(&key.children[0]),
            Kind::MemberName if self.has_computed_keys => {
                let name = key.text(self.edits.text);
                self.edits.replace(key.range(), format!("['{name}']"));
            }
            _ if self.has_computed_keys => {
                self.edits.wrap(&key.range(), "[", "]");
            }
            _ => {}
        }
    }

    /// `name`, `name = default`
    fn shorthand(&mut self, member: &Node, place: Place) {
        let name = &member.children[0];
        let text = name.text(self.edits.text);
        let default = member.children.get(1);
        if self.has_computed_keys {
            match default.filter(|_| place != Place::Declaration) {
                Some(default) => {
                    let variable = self.variable(place);
                    self.edits.begin(name.start, format!("['{text}']: {variable}, {NO_MEMBER}: "));
                    self.default_of(&variable, default);
                    return;
                }
                None => self.edits.begin(name.start, format!("['{text}']: ")),
            }
        }
        if let Some(default) = default {
            self.visit(default);
        }
    }

    /// `name: value`, `[key]: value = default`
    fn property(&mut self, member: &Node, pattern: &Node, place: Place) {
        let (key, value) = (&member.children[0], &member.children[1]);
        let (target, default) = match value.kind {
            Kind::Assign("=") => (&value.children[0], value.children.get(1)),
            _ => (value, None),
        };
        // Numbers are computed keys to the engine, too.
        let is_computed = matches!(key.kind, Kind::Computed | Kind::Number) || self.has_computed_keys;
        let has_rest = pattern.children.last().is_some_and(|last| last.kind == Kind::Spread);
        let is_kept = has_rest && is_pattern(target);
        let is_refused =
            place != Place::Declaration && is_computed && default.is_some() && target.kind == Kind::Name;
        if !is_kept && !is_refused {
            self.pattern(value, place);
            // Without a default the engine's parser refuses it, with any default it does not.
            if place != Place::Declaration && is_computed && is_pattern(value) {
                self.edits.end(value.end, " = undefined");
            }
            return;
        }
        let variable = self.variable(place);
        self.edits.begin(value.start, format!("{variable}, {NO_MEMBER}: "));
        self.pattern(target, place);
        match default {
            Some(default) => self.default_of(&variable, default),
            None => self.edits.end(target.end, format!(" = {variable}")),
        }
    }

    fn default_of(&mut self, variable: &str, default: &Node) {
        self.visit(default);
        let range = default.range();
        self.edits.wrap(&range, format!("{variable} === undefined ? "), format!(" : {variable}"));
    }

    /// What holds the member: another name that the pattern declares, or a variable of the whole script.
    fn variable(&mut self, place: Place) -> String {
        match place {
            Place::Assignment => self.edits.new_variable(),
            _ => self.edits.new_name(),
        }
    }
}

/// The assignment of a pattern that is the whole statement.
fn assigning_statement(statement: &Node) -> Option<&Node> {
    let expression = statement.children.first().filter(|_| statement.kind == Kind::Expression)?.bare();
    let is_one = expression.kind == Kind::Assign("=") && is_pattern(&expression.children[0]);
    is_one.then_some(expression)
}

fn is_pattern(node: &Node) -> bool {
    matches!(node.kind, Kind::Object | Kind::Array)
}

//! Ways into a `finally` that the engine forgets while it is in it.
//!
//! - What `catch` throws waits in a place of the whole engine, where each exception that is caught meanwhile takes it away. With a
//!   `finally` alone the engine keeps it for itself: `try { try { … } catch { … } } finally { … }`.
//! - What `return` gives waits on the stack, and a call that throws leaves its arguments above it. So where a `catch` stands in the
//!   `finally`, each `return` that goes through it keeps its value in a variable, too, and the `finally` ends with another
//!   `return` of it. What is thrown on the way, and a `finally` that ends otherwise, are the end of that `return`. What `yield*`
//!   gives when its generator is left cannot be kept so, and is refused.

use super::{Refusal, edits::Edits, facts::Facts};
use crate::syntax::{Kind, Node};

pub(super) fn edit<'t>(tree: &Node, facts: &Facts<'t>, edits: &mut Edits<'t>) -> Result<(), Refusal> {
    let mut ways = Ways { facts, edits, around: Vec::new(), kept: None, waits: false, refusal: None };
    ways.visit(tree);
    ways.refusal.map_or(Ok(()), Err)
}

struct Ways<'a, 't> {
    facts: &'a Facts<'t>,
    edits: &'a mut Edits<'t>,
    /// The statements around, within the function.
    around: Vec<Around>,
    /// The variables of the function for what is returned.
    kept: Option<Kept>,
    /// Whether `return` awaits its value, which is so in async generators.
    waits: bool,
    refusal: Option<Refusal>,
}

#[derive(Clone)]
struct Kept {
    value: String,
    /// The name of whether something is returned.
    is_returned: String,
}

enum Around {
    /// A loop with an iterator, which may throw when it is closed.
    Iterates,
    Try(Try),
}

/// A `try`, around what stands before its `finally`.
#[derive(Default)]
struct Try {
    /// Whether the engine may forget in the `finally` what is returned.
    forgets: bool,
    /// Whether a `return` goes through it whose value is kept.
    keeps: bool,
    /// Whether such a `return` closes an iterator on its way.
    closes: bool,
}

impl Ways<'_, '_> {
    fn visit(&mut self, node: &Node) {
        match node.kind {
            Kind::Function(_) | Kind::StaticBlock | Kind::Field => self.within_function(node),
            Kind::ForIn | Kind::ForOf => {
                node.children[..2].iter().for_each(|child| self.visit(child));
                self.around.push(Around::Iterates);
                self.visit(&node.children[2]);
                self.around.pop();
            }
            Kind::Try => self.within_try(node),
            Kind::Return => {
                node.children.iter().for_each(|child| self.visit(child));
                self.keep(node);
            }
            Kind::Yield => {
                node.children.iter().for_each(|child| self.visit(child));
                self.delegates(node);
            }
            _ => node.children.iter().for_each(|child| self.visit(child)),
        }
    }

    fn within_function(&mut self, node: &Node) {
        let waits =
            matches!(node.kind, Kind::Function(function) if function.is_generator && function.is_async);
        let around = std::mem::take(&mut self.around);
        let kept = self.kept.take();
        let waited = std::mem::replace(&mut self.waits, waits);
        node.children.iter().for_each(|child| self.visit(child));
        (self.around, self.kept, self.waits) = (around, kept, waited);
    }

    fn within_try(&mut self, node: &Node) {
        let [block, catch, last] = &node.children[..] else { return };
        self.around.push(Around::Try(Try { forgets: has_catch(last), ..Try::default() }));
        self.visit(block);
        self.visit(catch);
        let left = self.around.pop();
        self.visit(last);
        let Some(Around::Try(left)) = left else { return };
        if !last.is_nothing() && !catch.is_nothing() && (left.closes || may_throw(catch)) {
            self.edits.around(block.start..catch.end, "{ try ", " }");
        }
        if left.closes {
            self.end_where_thrown(node);
        }
        if last.is_nothing() {
            return;
        }
        if left.keeps {
            self.keep_on(last, &left);
        }
    }

    /// Keeps what is returned where a `finally` on the way may forget it.
    fn keep(&mut self, node: &Node) {
        let Some(first) = self.first_that_forgets() else { return };
        let mut closes = false;
        for around in self.around[first..].iter_mut().rev() {
            match around {
                Around::Iterates => closes = self.facts.may_notice_closing(),
                Around::Try(left) => {
                    left.keeps = true;
                    left.closes |= closes;
                }
            }
        }
        let Kept { value, is_returned } = self.kept();
        let wait = if self.waits { "await " } else { "" };
        let after = format!(", {is_returned} = true, {value}");
        match node.children.first() {
            // After the comma a function does not get the name of the variable.
            Some(returned) => {
                self.edits.around(returned.range(), format!("{value} = {wait}(0, "), format!("){after}"));
            }
            None => self.edits.end(node.start + "return".len(), format!(" {value} = void 0{after}")),
        }
    }

    fn first_that_forgets(&self) -> Option<usize> {
        self.around.iter().position(|around| matches!(around, Around::Try(Try { forgets: true, .. })))
    }

    fn delegates(&mut self, node: &Node) {
        let after = &self.facts.text[node.start + "yield".len()..];
        if !after.trim_start().starts_with('*') || self.first_that_forgets().is_none() {
            return;
        }
        let message = "the engine cannot leave `yield*` through a `finally` that has a `catch`";
        let help = "put the `try` with the `catch` into a function of its own, and call it in the `finally`";
        self.refusal.get_or_insert(Refusal::new(node.range(), message).help(help));
    }

    fn kept(&mut self) -> Kept {
        let edits = &mut *self.edits;
        let new = || Kept { value: edits.new_name(), is_returned: edits.new_name() };
        self.kept.get_or_insert_with(new).clone()
    }

    /// An iterator that throws when it is closed makes an end of the `return` that closes it.
    fn end_where_thrown(&mut self, node: &Node) {
        let [block, catch, last] = &node.children[..] else { return };
        let end = format!("{} = false;", self.kept().is_returned);
        if let Some(caught) = catch.children.get(1) {
            self.edits.begin(caught.start + 1, format!(" {end}"));
        }
        if last.is_nothing() {
            return;
        }
        let error = self.edits.new_name();
        let throw = format!(" catch ({error}) {{ {end} throw {error} }} }}");
        self.edits.around(block.start..block.end.max(catch.end), "{ try ", throw);
    }

    /// Keeps what is returned through a `finally`, unless that ends otherwise.
    fn keep_on(&mut self, last: &Node, left: &Try) {
        let Kept { value, is_returned } = self.kept();
        let (held, was_returned) = (self.edits.new_name(), self.edits.new_name());
        let before = format!(
            " var {value}, {is_returned}; const {held} = {value}, {was_returned} = {is_returned}; {is_returned} = false;"
        );
        let after = match left.forgets {
            true => format!("; if ({was_returned}) return {is_returned} = true, {value} = {held}; "),
            false => format!("; {is_returned} = {was_returned}; {value} = {held}; "),
        };
        self.edits.begin(last.start + 1, before);
        self.edits.begin(last.end - 1, after);
    }
}

/// Whether an exception may be caught in the block, and calls that throw leave something on the stack.
fn has_catch(block: &Node) -> bool {
    block.has(|node| node.kind == Kind::Catch)
}

fn may_throw(catch: &Node) -> bool {
    let is_plain = matches!(catch.children[0].kind, Kind::Nothing | Kind::Name);
    !is_plain || !catch.children[1].children.is_empty()
}

//! Jumps that the engine takes wrongly.
//!
//! - `break label` out of a `for…of` or `for…in` leaves its iterator open and on the stack, where the loop around takes it for
//!   its own; `continue` closes it. So `label: { … break label … }` becomes `v: do { label: { … continue v … } } while (0);`.
//! - `continue` goes to the first of several labels of a loop, not to the loop.
//! - `return` and `throw` of a generator that waits in a `for…of` do not close the iterator; a `finally` around does.
//! - An exception that is thrown in a `for…in` leaves its iterator, too, which a loop around closes in place of its own, and which
//!   stays where the exception is caught: in a loop around, the `for…in` becomes a `for…of` over the names.
//! - Different jumps through two `finally` take the same way, and a `finally` that jumps leaves a result on the stack. These
//!   are refused.

use std::collections::{HashMap, HashSet};

use super::{Refusal, declared::name_of, edits::Edits, facts::Facts};
use crate::syntax::{self, Kind, Node};

/// Iterators that know whether they have ended.
const CLOSING: &str = "function @Closing(o){const t=o[Symbol.iterator](),n=t.next;let d=false;const e=()=>{const f=t.return;\
     return f==null?{}:f.call(t)};return{[Symbol.iterator](){return this},next(){d=true;const r=n.call(t);d=!!r.done;\
     return r},return(){d=true;return e()},end(){if(!d){d=true;e()}}}}";

/// The same for `for await`.
const CLOSING_LATER: &str = "function @ClosingLater(o){const a=o[Symbol.asyncIterator],t=a==null?o[Symbol.iterator]():\
     a.call(o),n=t.next;let d=false;const e=async()=>{const f=t.return;return f==null?{}:await f.call(t)};\
     return{[Symbol.asyncIterator](){return this},async next(){d=true;const r=await n.call(t);d=!!r.done;\
     return a==null?{done:d,value:await r.value}:r},async return(){d=true;return e()},async end(){if(!d){d=true;await e()}}}}";

/// The names of all members, as `for…in` gives them.
const KEYS: &str = "function @Keys(o){const k=[];for(const x in o)k.push(x);return k}";

/// The same where some may be deleted meanwhile.
const KEYS_LEFT: &str = "function @KeysLeft(o){const k=[];for(const x in o)k.push(x);let i=0;return{[Symbol.iterator](){\
     return this},next(){while(i<k.length){const x=k[i++];if(x in Object(o))return{done:false,value:x}}\
     return{done:true,value:undefined}}}}";

pub(super) fn edit<'t>(tree: &Node, facts: &Facts<'t>, edits: &mut Edits<'t>) -> Result<(), Refusal> {
    let mut jumps = Jumps {
        facts,
        edits,
        around: Vec::new(),
        is_generator: false,
        labels: HashMap::new(),
        labelled: HashSet::new(),
        through_two: HashMap::new(),
        refusal: None,
    };
    jumps.visit(tree);
    jumps.refusal.map_or(Ok(()), Err)
}

struct Jumps<'n, 'a, 't> {
    facts: &'a Facts<'t>,
    edits: &'a mut Edits<'t>,
    /// The statements around, within the function.
    around: Vec<Around<'n>>,
    is_generator: bool,
    /// Labels that loops and switches got, by where they begin.
    labels: HashMap<usize, String>,
    /// Jumps that have got a label.
    labelled: HashSet<usize>,
    /// Where jumps go that leave two `try` with `finally`, by the two.
    through_two: HashMap<(usize, usize), Vec<(Target, bool)>>,
    refusal: Option<Refusal>,
}

/// A statement that jumps may leave.
struct Around<'n> {
    node: &'n Node,
    what: What,
    /// Of a label: what stands for `break` to it.
    instead: Option<String>,
    /// Of a label: jumps without one that leave it, and where they go.
    leaving: Vec<(&'n Node, &'n Node)>,
    /// Of a `try` with `finally`: what closes the iterators of loops in it, the outer ones first.
    closes: Vec<String>,
}

impl<'n> Around<'n> {
    fn new(node: &'n Node, what: What) -> Self {
        Self { node, what, instead: None, leaving: Vec::new(), closes: Vec::new() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Loop,
    /// A loop with an iterator.
    Iterates,
    Switch,
    Label,
    /// The block of a `try` with `catch` alone.
    BeforeCatch,
    /// The block or `catch` of a `try` with `finally`.
    BeforeFinally,
    Finally,
}

impl What {
    fn is_loop(self) -> bool {
        matches!(self, Self::Loop | Self::Iterates)
    }
}

/// Where a jump goes; `None` is out of the function.
type Target = Option<(usize, bool)>;

impl<'n> Jumps<'n, '_, '_> {
    fn visit(&mut self, node: &'n Node) {
        match node.kind {
            Kind::Function(_) | Kind::StaticBlock | Kind::Field => self.within_function(node),
            Kind::Labelled => self.labelled(node),
            Kind::For | Kind::While | Kind::DoWhile => {
                self.within(node, What::Loop, &node.children);
            }
            Kind::ForIn | Kind::ForOf => {
                node.children[..2].iter().for_each(|child| self.visit(child));
                if node.kind == Kind::ForIn && self.iterates_in_loop() {
                    self.iterate_names(node);
                }
                let is_labelled = self.around.last().is_some_and(|around| around.what == What::Label);
                if is_labelled || !self.must_close(node) {
                    self.within(node, What::Iterates, &node.children[2..]);
                    return;
                }
                self.closing(node, node, |jumps| {
                    jumps.within(node, What::Iterates, &node.children[2..]);
                });
            }
            Kind::Switch => {
                self.visit(&node.children[0]);
                self.within(node, What::Switch, &node.children[1..]);
            }
            Kind::Try if !node.children[2].is_nothing() => {
                let closes = self.within(node, What::BeforeFinally, &node.children[..2]);
                for close in closes.iter().rev() {
                    self.edits.begin(node.children[2].start + 1, format!(" {close}"));
                }
                self.within(node, What::Finally, &node.children[2..]);
            }
            Kind::Try => {
                self.within(node, What::BeforeCatch, &node.children[..1]);
                self.visit(&node.children[1]);
            }
            Kind::Break | Kind::Continue => self.jump(node),
            Kind::Return => {
                node.children.iter().for_each(|child| self.visit(child));
                self.through_finally(node, None, 0);
            }
            _ => node.children.iter().for_each(|child| self.visit(child)),
        }
    }

    fn within_function(&mut self, node: &'n Node) {
        let is_generator = matches!(node.kind, Kind::Function(function) if function.is_generator);
        let around = std::mem::take(&mut self.around);
        let was_generator = std::mem::replace(&mut self.is_generator, is_generator);
        node.children.iter().for_each(|child| self.visit(child));
        (self.around, self.is_generator) = (around, was_generator);
    }

    /// Visits the children; what is to be closed after them is returned.
    fn within(&mut self, node: &'n Node, what: What, children: &'n [Node]) -> Vec<String> {
        self.around.push(Around::new(node, what));
        children.iter().for_each(|child| self.visit(child));
        self.around.pop().map(|around| around.closes).unwrap_or_default()
    }

    fn labelled(&mut self, node: &'n Node) {
        let is_first = !self
            .around
            .last()
            .is_some_and(|around| around.what == What::Label && is_body(around.node, node));
        let inner = innermost(node);
        if is_first && inner.kind == Kind::ForOf && self.must_close(inner) {
            return self.closing(node, inner, |jumps| jumps.labelled_here(node));
        }
        self.labelled_here(node);
    }

    fn labelled_here(&mut self, node: &'n Node) {
        self.around.push(Around::new(node, What::Label));
        self.visit(&node.children[1]);
        let Some(around) = self.around.pop() else { return };
        let Some(instead) = around.instead else { return };
        for (jump, target) in around.leaving {
            self.label_jump(jump, target);
        }
        self.edits.around(node.range(), format!("{instead}: do {{ "), " } while (0);");
    }

    /// Gives a jump without label one, since there is a new loop in between.
    fn label_jump(&mut self, jump: &Node, target: &'n Node) {
        if !self.labelled.insert(jump.start) {
            return;
        }
        let own =
            self.around.iter().find(|around| around.what == What::Label && is_body(around.node, target));
        let label = match own {
            Some(around) => around.node.children[0].text(self.facts.text).to_owned(),
            None => match self.labels.get(&target.start) {
                Some(label) => label.clone(),
                None => {
                    let label = self.edits.new_name();
                    self.edits.begin(target.start, format!("{label}: "));
                    self.labels.insert(target.start, label.clone());
                    label
                }
            },
        };
        let word = if jump.kind == Kind::Break { "break" } else { "continue" };
        self.edits.end(jump.start + word.len(), format!(" {label}"));
    }

    fn jump(&mut self, node: &'n Node) {
        let is_break = node.kind == Kind::Break;
        let text = self.facts.text;
        let Some(label) = node.children.first() else {
            let is_target =
                |around: &Around<'_>| around.what.is_loop() || (is_break && around.what == What::Switch);
            let Some(place) = self.around.iter().rposition(is_target) else {
                return self.jumps_nowhere(node, None);
            };
            let target = self.around[place].node;
            for around in self.around[place + 1..].iter_mut().filter(|around| around.what == What::Label) {
                around.leaving.push((node, target));
            }
            return self.through_finally(node, Some((target.start, is_break)), place + 1);
        };
        let name = name_of(text, label);
        let is_it = |around: &Around<'_>| {
            around.what == What::Label && name_of(text, &around.node.children[0]) == name
        };
        let Some(place) = self.around.iter().rposition(is_it) else {
            return self.jumps_nowhere(node, Some(&name));
        };
        let labelled = self.around[place].node;
        let is_own = |around: &Around<'_>| is_body(labelled, around.node);
        let n_own = usize::from(self.around.get(place + 1).is_some_and(is_own));
        self.through_finally(node, Some((labelled.start, is_break)), place + 1);
        if is_break {
            let leaves = &self.around[place + 1..];
            let is_own_loop = leaves.first().is_some_and(|first| n_own == 1 && first.what == What::Iterates);
            if leaves.iter().skip(usize::from(is_own_loop)).any(|around| around.what == What::Iterates) {
                let instead = match &self.around[place].instead {
                    Some(instead) => instead.clone(),
                    None => self.edits.new_name(),
                };
                self.edits.replace(node.start..label.end, format!("continue {instead}"));
                self.around[place].instead = Some(instead);
            }
        } else if labelled.children[1].kind == Kind::Labelled {
            let last = last_label(labelled).text(text);
            self.edits.replace(label.range(), last);
        }
    }

    /// Refuses a jump that has no target, in the words of V8; the engine does not say where it stands.
    fn jumps_nowhere(&mut self, node: &Node, label: Option<&str>) {
        let message = match (label, node.kind == Kind::Break) {
            (Some(label), _) => format!("syntax error: Undefined label '{label}'"),
            (None, true) => "syntax error: Illegal break statement".to_owned(),
            (None, false) => {
                "syntax error: Illegal continue statement: no surrounding iteration statement".to_owned()
            }
        };
        let help =
            "a jump stays within its function: in one that `forEach` or `map` calls, `return` ends the round";
        self.refusal.get_or_insert(Refusal::new(node.range(), message).help(help));
    }

    /// What the engine cannot do: see the top.
    fn through_finally(&mut self, node: &Node, target: Target, first: usize) {
        let refuse = |message: &str| {
            let help = "put the inner `try` into a function of its own and let it return what is to happen";
            Refusal::new(node.range(), message).help(help)
        };
        let left = &self.around[first..];
        let is_finally = |around: &Around<'_>| around.what == What::Finally;
        if left.iter().any(is_finally) && self.around[..first].iter().any(is_finally) {
            self.refusal =
                Some(refuse("the engine cannot jump out of a `finally` that stands in another `finally`"));
        }
        let has_finally = |around: &&Around<'_>| matches!(around.what, What::BeforeFinally | What::Finally);
        for (place, outer) in left.iter().enumerate().filter(|(_, around)| around.what == What::BeforeFinally)
        {
            let Some(inner) = left[place + 1..].iter().find(has_finally) else { continue };
            let jumps = self.through_two.entry((outer.node.start, inner.node.start)).or_default();
            jumps.push((target, inner.what == What::BeforeFinally));
            let differ = jumps.iter().any(|(other, _)| *other != target);
            if differ && jumps.iter().any(|(_, through_both)| *through_both) {
                let message = "the engine cannot leave two `try` with `finally` by jumps to different places";
                self.refusal = Some(refuse(message));
            }
        }
    }

    /// Whether a loop around may find the iterator in place of its own: an exception may be caught within that loop, or the loop
    /// closes an iterator that notices it.
    fn iterates_in_loop(&self) -> bool {
        if self.facts.may_notice_closing() {
            return self.around.iter().any(|around| around.what == What::Iterates);
        }
        let catches = |around: &Around<'_>| matches!(around.what, What::BeforeCatch | What::BeforeFinally);
        let last = self.around.iter().rposition(catches).unwrap_or_default();
        self.around[..last].iter().any(|around| around.what == What::Iterates)
    }

    /// `for (name in object)` → `for (name of keys(object))`
    fn iterate_names(&mut self, node: &Node) {
        let [head, object, _] = &node.children[..] else { return };
        if head
            .children
            .first()
            .is_some_and(|first| first.kind == Kind::Declarator && first.children.len() > 1)
        {
            let message =
                "the engine cannot have a value before `in` where an exception of the loop is caught";
            self.refusal =
                Some(Refusal::new(head.range(), message).help("give the variable its value before the loop"));
        }
        let keys = match self.facts.takes_away() {
            true => self.edits.function("KeysLeft", KEYS_LEFT),
            false => self.edits.function("Keys", KEYS),
        };
        self.edits.replace(syntax::next_token(self.facts.text, head.end), "of");
        self.edits.around(object.range(), format!("{keys}(("), "))");
    }

    /// Whether a generator may be left while it waits in the loop, and somebody would notice.
    fn must_close(&self, node: &Node) -> bool {
        let yields = |node: &Node| node.kind == Kind::Yield;
        self.is_generator
            && self.facts.notices_closing
            && node.kind == Kind::ForOf
            && (node.children[2].has(yields) || node.children[0].has(yields))
    }

    /// Closes the loop's iterator in the `finally` around, or in one of its own around the loop and its labels.
    ///
    /// Each `finally` more is one that jumps go through, of which the engine takes not all ways.
    fn closing(&mut self, statement: &'n Node, node: &'n Node, visit: impl FnOnce(&mut Self)) {
        let iterator = self.edits.new_name();
        let is_async = self.facts.text[node.start..node.children[0].start].contains("await");
        let (make, wait) = match is_async {
            true => (self.edits.function("ClosingLater", CLOSING_LATER), "await "),
            false => (self.edits.function("Closing", CLOSING), ""),
        };
        let close = format!("var {iterator}; if ({iterator}) {wait}{iterator}.end();");
        let is_finally = |around: &Around<'_>| matches!(around.what, What::BeforeFinally | What::Finally);
        let nearest = self.around.iter_mut().rfind(|around| is_finally(around));
        let iterated = &node.children[1];
        self.edits.around(iterated.range(), format!("{iterator} = {make}("), ")");
        if let Some(around) = nearest.filter(|around| around.what == What::BeforeFinally) {
            around.closes.push(close);
            return visit(self);
        }
        self.around.push(Around::new(statement, What::BeforeFinally));
        visit(self);
        let inner = self.around.pop().map(|around| around.closes).unwrap_or_default();
        let closes: String = inner.into_iter().rev().chain([close]).collect();
        self.edits.around(statement.range(), "{ try { ", format!(" }} finally {{ {closes} }} }}"));
    }
}

/// Whether the node is what a label stands before.
fn is_body(labelled: &Node, node: &Node) -> bool {
    labelled.children[1].range() == node.range() && labelled.children[1].kind == node.kind
}

/// What stands after all labels.
fn innermost(labelled: &Node) -> &Node {
    let mut node = labelled;
    while node.kind == Kind::Labelled {
        node = &node.children[1];
    }
    node
}

fn last_label(labelled: &Node) -> &Node {
    let mut node = labelled;
    while node.children[1].kind == Kind::Labelled {
        node = &node.children[1];
    }
    &node.children[0]
}

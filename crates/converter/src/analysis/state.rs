//! Which variables are written to, and whether what they hold was made in the same call.

use boa_engine::interner::Sym;
use rustc_hash::{FxHashMap, FxHashSet};

/// Variables, and what happens to them.
#[derive(Debug)]
pub(super) struct Variables {
    /// Declarations by name, for the whole script.
    declared: FxHashMap<Sym, Declared>,
    /// The blocks and functions around the current place, outermost first; the first is the top level.
    open: Vec<Block>,
    /// Variables whose object is changed.
    changed: Vec<Sym>,
    /// Whether something is written that is not in a variable of a call.
    writes_elsewhere: bool,
}

#[derive(Debug)]
struct Declared {
    times: usize,
    is_assigned: bool,
    origin: Origin,
}

impl Declared {
    fn new(origin: Origin) -> Self {
        Self { times: 0, is_assigned: false, origin }
    }
}

#[derive(Debug, Default)]
struct Block {
    names: FxHashSet<Sym>,
    is_function: bool,
}

/// How far a declaration reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Block,
    Function,
}

/// Where all values of a variable come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// They are numbers.
    Number,
    /// They are new objects and no functions, or no objects.
    New,
    /// They are functions of the script.
    Function,
    /// Anywhere.
    Any,
}

impl Origin {
    /// Where values come from that come from either.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, same) if one == same => one,
            (Self::Number | Self::New, Self::Number | Self::New) => Self::New,
            _ => Self::Any,
        }
    }

    /// Whether changing such a value changes nothing that was there before, nor calls anything.
    pub(super) fn is_new(self) -> bool {
        matches!(self, Self::Number | Self::New)
    }
}

impl Variables {
    pub(super) fn new() -> Self {
        let top = Block { names: FxHashSet::default(), is_function: true };
        Self { declared: FxHashMap::default(), open: vec![top], changed: Vec::new(), writes_elsewhere: false }
    }

    pub(super) fn enter(&mut self, reach: Reach) {
        self.open.push(Block { names: FxHashSet::default(), is_function: reach == Reach::Function });
    }

    pub(super) fn leave(&mut self) {
        // The body of a static block has no parameters that would have opened it.
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    pub(super) fn is_declared(&self, name: Sym) -> bool {
        self.declared.contains_key(&name)
    }

    pub(super) fn declare(&mut self, name: Sym, reach: Reach, origin: Origin) {
        let declared = self.declared.entry(name).or_insert(Declared::new(origin));
        declared.times += 1;
        declared.origin = declared.origin.or(origin);
        let block = match reach {
            Reach::Block => self.open.last_mut(),
            Reach::Function => self.open.iter_mut().rev().find(|block| block.is_function),
        };
        if let Some(block) = block {
            block.names.insert(name);
        }
    }

    /// The name of a function expression, which only the function itself sees.
    pub(super) fn declare_within(&mut self, name: Sym) {
        self.declared.entry(name).or_insert(Declared::new(Origin::Any)).times += 2;
    }

    /// `name = value`
    pub(super) fn assign(&mut self, name: Sym, origin: Origin) {
        self.must_be_of_a_call(name);
        if let Some(declared) = self.declared.get_mut(&name) {
            declared.is_assigned = true;
            declared.origin = declared.origin.or(origin);
        }
    }

    /// `name.member = value`, `name.push(value)`
    pub(super) fn change(&mut self, name: Sym) {
        self.must_be_of_a_call(name);
        self.changed.push(name);
    }

    /// A write to what is no variable.
    pub(super) fn write_elsewhere(&mut self) {
        self.writes_elsewhere = true;
    }

    /// A name that is not declared around here is the global object's, or soon will be.
    fn must_be_of_a_call(&mut self, name: Sym) {
        let block = self.open.iter().rposition(|block| block.names.contains(&name));
        self.writes_elsewhere |= block.is_none_or(|block| block == 0);
    }

    /// Where all values of a variable come from; `None` where none is declared.
    pub(super) fn origin(&self, name: Sym) -> Option<Origin> {
        // Of two variables with one name the origin could be that of the other.
        let origin = |declared: &Declared| if declared.times == 1 { declared.origin } else { Origin::Any };
        self.declared.get(&name).map(origin)
    }

    /// All names that are declared somewhere.
    pub(super) fn names(&self) -> impl Iterator<Item = Sym> {
        self.declared.keys().copied()
    }

    /// The names of one variable each that is never assigned to, nor is its object changed.
    pub(super) fn fixed(&self) -> impl Iterator<Item = Sym> {
        let once = self.declared.iter().filter(|(_, declared)| declared.times == 1 && !declared.is_assigned);
        once.map(|(name, _)| *name).filter(|name| !self.changed.contains(name))
    }

    /// Whether every write is to a variable of a call, or to an object made in it.
    pub(super) fn are_of_calls(&self) -> bool {
        let is_new = |name: &Sym| self.origin(*name).is_some_and(Origin::is_new);
        !self.writes_elsewhere && self.changed.iter().all(is_new)
    }
}

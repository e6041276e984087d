//! What a script provably does not do, read from its syntax tree before it runs.
//!
//! Two proofs make a converter fast: nothing in it looks at which members an object has, so that the page's objects may
//! be partial; and nothing in it can leave something behind, so that its global scope may serve the next page. A
//! script for which a proof fails gives the same rows, only later; see ADR 0004.

mod calls;
mod names;
mod seen;
mod state;
mod values;
mod walk;

use boa_engine::interner::Sym;
use rustc_hash::FxHashSet;

use crate::script::Parsed;

pub(crate) use values::convert_function;

/// What is proven of a script; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Proven {
    /// Nothing but builtin functions looks at own properties: no spread into objects, no rest, `in`, `for…in`,
    /// `delete`, `with`, no global that is not known.
    pub(crate) by_name_only: bool,
    /// The page's text is given to `JSON.parse` and used for nothing else; only where both others hold, since the function could
    /// be another one.
    pub(crate) only_parses: bool,
    /// Nothing outlives a call of `convert`.
    pub(crate) keeps_nothing: bool,
}

/// A script that has been looked through.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    pub(crate) proven: Proven,
    /// Names of one variable each, which is given its value where it is declared, and whose object is changed nowhere.
    pub(crate) fixed: FxHashSet<Sym>,
    /// Whether `convert` stands nowhere but where it is declared.
    pub(crate) names_convert_once: bool,
}

/// Looks through the whole script.
pub(crate) fn read(parsed: &Parsed) -> Analysis {
    seen::Walk::new(parsed).read()
}

/// The same, for what it proves.
#[cfg(test)]
pub(crate) fn prove(parsed: &Parsed) -> Proven {
    read(parsed).proven
}

#[cfg(test)]
mod tests;

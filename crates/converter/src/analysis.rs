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

use crate::script::Parsed;

/// What is proven of a script; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Proven {
    /// Nothing but builtin functions looks at own properties: no spread into objects, no rest, `in`, `for…in`,
    /// `delete`, `with`, no global that is not known.
    pub(crate) by_name_only: bool,
    /// The page's text is given to `JSON.parse` and used for nothing else.
    pub(crate) only_parses: bool,
    /// Nothing outlives a call of `convert`.
    pub(crate) keeps_nothing: bool,
}

/// Looks through the whole script.
pub(crate) fn prove(parsed: &Parsed) -> Proven {
    seen::Walk::new(parsed).prove()
}

#[cfg(test)]
mod tests;

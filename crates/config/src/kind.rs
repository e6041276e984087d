//! One choice of a section that comes in several kinds.

use crate::field::Field;

/// One kind: what `kind: NAME` means, its keys, and how it is built.
///
/// `B` is the owner's build function; the slice of a section's kinds is its registry.
#[derive(Debug, Clone, Copy)]
pub struct Kind<B> {
    /// The word after `kind:`.
    pub name: &'static str,
    /// One sentence on what it does.
    pub summary: &'static str,
    /// Its keys, besides `kind`.
    pub fields: &'static [Field],
    /// Makes the thing from the section that was read.
    pub build: B,
}

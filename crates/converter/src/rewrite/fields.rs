//! `super` in the initial value of a class's field, for which the engine takes the parent's constructor in place of its
//! prototype: refused. Static fields, methods and constructors are right.

use super::Refusal;
use crate::syntax::{Kind, Node};

/// # Errors
/// There is such a `super`.
pub(super) fn check(text: &str, tree: &Node) -> Result<(), Refusal> {
    let mut found = None;
    tree.walk(&mut |node| {
        if node.kind == Kind::Field && !is_static(text, node) {
            found = found.or_else(|| super_in(&node.children[1]));
        }
        found.is_none()
    });
    let Some(found) = found else { return Ok(()) };
    let message =
        "the engine looks for `super` in another object where a field of a class has its initial value";
    let help = "set the field in the constructor: `constructor(...values) { super(...values); this.name = super.name }`";
    Err(Refusal::new(found.range(), message).help(help))
}

/// Whether `static` stands before the name, and is not the name.
fn is_static(text: &str, field: &Node) -> bool {
    field.children[0].start > field.start && field.text(text).starts_with("static")
}

/// The first one that means the field's class.
fn super_in(node: &Node) -> Option<&Node> {
    match node.kind {
        Kind::Super => Some(node),
        Kind::Function(function) if !function.is_arrow => None,
        Kind::Method(_) | Kind::Class { .. } => None,
        _ => node.children.iter().find_map(super_in),
    }
}

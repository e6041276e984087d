//! Functions in the expressions of `case`.
//!
//! The engine looks for the variables of a function in these expressions, too, and takes the parameters and variables of functions in
//! them for `var` of the function around: `case list.some(v => v > 1): return v` has an own `v` there, which nothing gives a value.
//! It does not look past a `return`: `case (() => { return list.some(v => v > 1) })():`.

use super::{Refusal, declared::declared_in, edits::Edits};
use crate::syntax::{Kind, Node};

const BEFORE: &str = "(() => { return (";
const AFTER: &str = ") })()";

pub(super) fn edit(tree: &Node, edits: &mut Edits<'_>) -> Result<(), Refusal> {
    let mut refusal = None;
    tree.walk(&mut |node| {
        if node.kind == Kind::Case && declares(&node.children[0]) {
            refusal = refusal.take().or(wrap(&node.children[0], edits).err());
        }
        true
    });
    refusal.map_or(Ok(()), Err)
}

/// Whether a function in the expression has parameters or variables.
fn declares(expression: &Node) -> bool {
    let mut found = false;
    expression.walk(&mut |node| {
        found = found || (node.is_function() && !declared_in(node).is_empty());
        !found
    });
    found
}

fn wrap(expression: &Node, edits: &mut Edits<'_>) -> Result<(), Refusal> {
    let waits = expression.has(|node| matches!(node.kind, Kind::Await | Kind::Yield));
    if !waits {
        edits.around(expression.range(), BEFORE, AFTER);
        return Ok(());
    }
    // What waits has to stay in its function; the functions in it need not.
    wrap_functions(expression, edits)
}

fn wrap_functions(node: &Node, edits: &mut Edits<'_>) -> Result<(), Refusal> {
    for child in &node.children {
        // Others get their names from where they stand.
        let is_argument =
            matches!(node.kind, Kind::Call { .. } | Kind::New | Kind::Array | Kind::Parenthesized);
        match child.kind {
            Kind::Function(_) if !declares(child) => {}
            Kind::Function(_) if is_argument => edits.around(child.range(), BEFORE, AFTER),
            Kind::Function(_) => {
                let message = "the engine cannot have this function in a `case` that awaits";
                let help = "compute the value before the `switch`";
                return Err(Refusal::new(child.range(), message).help(help));
            }
            _ => wrap_functions(child, edits)?,
        }
    }
    Ok(())
}

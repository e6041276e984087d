//! Names that patterns and functions declare.

use std::borrow::Cow;

use crate::syntax::{Declares, Kind, Node, decoded_name};

/// The name that a node stands for.
pub(super) fn name_of<'t>(text: &'t str, node: &Node) -> Cow<'t, str> {
    decoded_name(node.text(text))
}

/// The names that a pattern gives values to, as nodes; members that it writes to are none.
pub(super) fn targets<'n>(pattern: &'n Node, found: &mut Vec<&'n Node>) {
    match pattern.kind {
        Kind::Name => found.push(pattern),
        Kind::Parenthesized | Kind::Spread | Kind::Assign(_) | Kind::Shorthand => {
            targets(&pattern.children[0], found);
        }
        Kind::Property => targets(&pattern.children[1], found),
        Kind::Object | Kind::Array | Kind::Parameters => {
            pattern.children.iter().for_each(|child| targets(child, found));
        }
        _ => {}
    }
}

/// Whether anything in the expression, but for its functions, gives the variable a value.
pub(super) fn assigns(text: &str, expression: &Node, name: &str) -> bool {
    expression.has(|node| match node.kind {
        Kind::Assign(_) => {
            let mut names = Vec::new();
            targets(&node.children[0], &mut names);
            names.iter().any(|target| name_of(text, target) == name)
        }
        Kind::Update { .. } => {
            let operand = node.children[0].bare();
            operand.kind == Kind::Name && name_of(text, operand) == name
        }
        _ => false,
    })
}

/// What a function or script declares in itself, but for what its functions do.
pub(super) fn declared_in(function: &Node) -> Vec<&Node> {
    let mut found = Vec::new();
    if let Kind::Function(_) = function.kind {
        targets(&function.children[0], &mut found);
        targets(&function.children[1], &mut found);
    }
    let body = function.children.last().map_or(&[][..], std::slice::from_ref);
    let parts = if function.is_function() { body } else { &function.children };
    for part in parts {
        part.walk(&mut |node| {
            match node.kind {
                Kind::Declarator => targets(&node.children[0], &mut found),
                Kind::Catch => targets(&node.children[0], &mut found),
                Kind::Class { is_declaration: true } => targets(&node.children[0], &mut found),
                Kind::Function(inner) if inner.is_declaration => targets(&node.children[0], &mut found),
                Kind::Import => node.children.iter().for_each(|name| targets(name, &mut found)),
                _ => {}
            }
            !node.is_function()
        });
    }
    found
}

/// Whether the declaration is one of `var`.
pub(super) fn is_var(declaration: &Node) -> bool {
    declaration.kind == Kind::Declaration(Declares::Var)
}

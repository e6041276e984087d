//! Members that the engine would look for where they were.
//!
//! It remembers for each `object.name` of the script where objects of that shape have the member. It does so after a getter
//! or setter has run, which may have changed the object, and it does not notice when a prototype changes. `object['name']`
//! it looks up each time. Where it remembers the `length` of an array, it stores the number alone, and the items stay: so
//! `list.length = 0` becomes `list['length'] = 0` in every script.

use super::{declared::name_of, edits::Edits};
use crate::syntax::{Kind, Node};

/// All members but those that begin at these places and have gone elsewhere.
pub(super) fn edit(tree: &Node, moved: &[usize], edits: &mut Edits<'_>) {
    tree.walk(&mut |node| {
        if !moved.contains(&node.start) {
            look_up(node, edits);
        }
        true
    });
}

/// Those of the name `length` that get a value.
pub(super) fn edit_lengths(tree: &Node, edits: &mut Edits<'_>) {
    tree.walk(&mut |node| {
        if let Kind::Assign(_) | Kind::Update { .. } | Kind::ForOf | Kind::ForIn = node.kind {
            lengths(&node.children[0], edits);
        }
        true
    });
}

fn lengths(target: &Node, edits: &mut Edits<'_>) {
    match target.kind {
        Kind::Member { .. } if name_of(edits.text, &target.children[1]) == "length" => look_up(target, edits),
        Kind::Property => lengths(&target.children[1], edits),
        Kind::Object | Kind::Array => target.children.iter().for_each(|child| lengths(child, edits)),
        Kind::Parenthesized | Kind::Spread => lengths(&target.children[0], edits),
        _ => {}
    }
}

/// `object.name` → `object['name']`
fn look_up(node: &Node, edits: &mut Edits<'_>) {
    if let Kind::Member { is_optional } = node.kind
        && let [object, name] = &node.children[..]
        && name.kind == Kind::MemberName
        && object.kind != Kind::Super
    {
        // Lines keep their numbers.
        let between = &edits.text[object.end..name.start];
        let lines = "\n".repeat(between.matches('\n').count());
        let chain = if is_optional { "?." } else { "" };
        let name = name.text(edits.text);
        edits.replace(object.end..node.end, format!("{lines}{chain}['{name}']"));
    }
}

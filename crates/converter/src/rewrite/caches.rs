//! Members that the engine would look for where they were.
//!
//! It remembers for each `object.name` of the script where objects of that shape have the member. It does so after a getter
//! or setter has run, which may have changed the object, and it does not notice when a prototype changes. `object['name']`
//! it looks up each time.

use super::edits::Edits;
use crate::syntax::{Kind, Node};

pub(super) fn edit(tree: &Node, edits: &mut Edits<'_>) {
    tree.walk(&mut |node| {
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
        true
    });
}

//! Fields of classes.
//!
//! In the initial value of a field the engine takes the parent's constructor for `super`, in place of its prototype. So
//! `super.name` becomes `superOf(super.prototype, 'name', this)`; what that does not reach is refused. Static fields, methods
//! and constructors are right. And the engine adds no private field to an object that a constructor above has frozen, as
//! newer versions of the language have it, but not node 20: refused.

use std::collections::HashSet;

use super::{Refusal, edits::Edits};
use crate::syntax::{self, Kind, Node};

/// A member of the parent, asked for by the object.
const SUPER_OF: &str = "function @SuperOf(p,k,t){return Reflect.get(p,k,t)}";

/// Values of fields that begin at `moved` stand in methods.
///
/// # Errors
/// There is a `super` that no other words reach, or a private field that may not be added.
pub(super) fn edit(tree: &Node, moved: &HashSet<usize>, edits: &mut Edits<'_>) -> Result<(), Refusal> {
    let text = edits.text;
    let mut fields = Fields { edits, class: tree, refusal: private_fields(tree, text) };
    tree.walk(&mut |node| {
        if let Kind::Class { .. } = node.kind {
            fields.class = node;
            let members = node.children.iter().filter(|member| member.kind == Kind::Field);
            for field in members.filter(|field| !is_static(text, field) && !moved.contains(&field.start)) {
                fields.visit(&field.children[1]);
            }
        }
        true
    });
    fields.refusal.map_or(Ok(()), Err)
}

struct Fields<'n, 'a, 't> {
    edits: &'a mut Edits<'t>,
    /// Whose fields they are.
    class: &'n Node,
    refusal: Option<Refusal>,
}

impl Fields<'_, '_, '_> {
    /// Changes the members of `super` that mean the class.
    fn visit(&mut self, node: &Node) {
        let has_parent = self.class.children.get(1).is_some_and(|parent| !parent.is_nothing());
        match node.kind {
            Kind::Super => self.refuse(node),
            Kind::Function(function) if !function.is_arrow => {}
            Kind::Method(_) | Kind::Class { .. } => {}
            Kind::Member { .. } | Kind::Index { .. }
                if has_parent && node.children[0].kind == Kind::Super =>
            {
                self.member(node);
                if let Kind::Index { .. } = node.kind {
                    self.visit(&node.children[1]);
                }
            }
            Kind::Call { is_optional: false } if has_parent && is_of_super(&node.children[0]) => {
                let opening = syntax::next_token(self.edits.text, node.children[0].end);
                self.edits.replace(opening, ".call(this,");
                node.children.iter().for_each(|child| self.visit(child));
            }
            // Stored into, or called in another way.
            Kind::Assign(_)
            | Kind::Update { .. }
            | Kind::Call { .. }
            | Kind::Tagged
            | Kind::Unary("delete")
                if is_of_super(&node.children[0]) =>
            {
                self.refuse(&node.children[0]);
            }
            _ => node.children.iter().for_each(|child| self.visit(child)),
        }
    }

    /// `super.name` → `superOf(super.prototype, 'name', this)`
    fn member(&mut self, node: &Node) {
        let function = self.edits.function("SuperOf", SUPER_OF);
        let (place, key) = (&node.children[0], &node.children[1]);
        self.edits.before(&node.range(), format!("{function}("));
        match node.kind {
            Kind::Index { .. } => {
                self.edits.replace(place.end..key.start, ".prototype,(");
                self.edits.replace(key.end..node.end, "),this)");
            }
            _ => {
                let name = key.text(self.edits.text).to_owned();
                self.edits.replace(place.end..node.end, format!(".prototype,'{name}',this)"));
            }
        }
    }

    fn refuse(&mut self, node: &Node) {
        let message =
            "the engine looks for `super` in another object where a field of a class has its initial value";
        let help = "set the field in the constructor: `constructor(...values) { super(...values); this.name = super.name }`";
        self.refusal.get_or_insert(Refusal::new(node.range(), message).help(help));
    }
}

/// Whether `static` stands before the name, and is not the name.
fn is_static(text: &str, field: &Node) -> bool {
    field.children[0].start > field.start && field.text(text).starts_with("static")
}

fn is_of_super(node: &Node) -> bool {
    let node = node.bare();
    matches!(node.kind, Kind::Member { .. } | Kind::Index { .. }) && node.children[0].kind == Kind::Super
}

/// The first private member of a class whose parent may have frozen the object.
fn private_fields(tree: &Node, text: &str) -> Option<Refusal> {
    let freezes = tree.has_anywhere(&|node| {
        let is_call = matches!(node.kind, Kind::Call { .. }) && node.children.len() == 2;
        is_call && node.children[1].kind == Kind::This && {
            let function = node.children[0].bare();
            let is_member = matches!(function.kind, Kind::Member { .. });
            is_member && matches!(function.children[1].text(text), "freeze" | "seal" | "preventExtensions")
        }
    });
    let mut found = None;
    tree.walk(&mut |node| {
        if let Kind::Class { .. } = node.kind
            && !node.children[1].is_nothing()
        {
            let members = node.children[2..].iter();
            let mut own = members.filter(|member| matches!(member.kind, Kind::Field | Kind::Method(_)));
            let private = own.find(|member| {
                member.children[0].kind == Kind::PrivateName && !member.text(text).starts_with("static")
            });
            found = found.or(private);
        }
        freezes
    });
    let message =
        "the engine adds no private field to an object that a constructor has frozen, and node does";
    let help = "freeze the object where it is made: `Object.freeze(new Name(…))`";
    found.filter(|_| freezes).map(|member| Refusal::new(member.children[0].range(), message).help(help))
}

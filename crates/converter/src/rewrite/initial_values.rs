//! Initial values of fields that may change their own class: `no = ++Row.count`.
//!
//! The engine keeps a class borrowed while it gives an object its fields, and panics when an initial value stores into the
//! class. So these values move into methods, which the constructor calls where the object has its fields:
//! `no; #init() { this.#no(); return this } #no() { this.no = (++Row.count) }`. What comes after such a field moves too, so that
//! values are computed in their order. Names and `super` mean the same in a method.

use std::collections::HashSet;

use super::{Refusal, edits::Edits};
use crate::syntax::{self, Accessor, Kind, Node};

/// Constructors that store into nothing but what they make.
const OF_LANGUAGE: &[&str] = &[
    "Array",
    "ArrayBuffer",
    "DataView",
    "Date",
    "Error",
    "Float64Array",
    "Int32Array",
    "Map",
    "Object",
    "RegExp",
    "Set",
    "TextDecoder",
    "TextEncoder",
    "URL",
    "URLSearchParams",
    "Uint8Array",
    "WeakMap",
    "WeakSet",
];

/// What reading a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// The script has no getters.
    IsQuiet,
    MayRun,
}

/// A class, and the fields whose values move.
#[derive(Debug)]
pub(super) struct Moved<'n> {
    class: &'n Node,
    fields: Vec<&'n Node>,
}

/// The classes that have such fields.
///
/// # Errors
/// A field that may change its class has a name that is computed.
pub(super) fn find<'n>(text: &str, tree: &'n Node) -> Result<Vec<Moved<'n>>, Refusal> {
    let reading = match tree.has_anywhere(&|node| node.kind == Kind::Method(Accessor::Get)) {
        true => Reading::MayRun,
        false => Reading::IsQuiet,
    };
    let is_open = tree.has_anywhere(&|node| match node.kind {
        Kind::Member { .. } => node.children[1].text(text) == "constructor",
        Kind::Meta => true,
        _ => false,
    });
    let (mut moved, mut refusal) = (Vec::new(), None);
    tree.walk(&mut |node| {
        if matches!(node.kind, Kind::Class { .. }) && (is_open || may_change(text, tree, node)) {
            match fields(text, node, reading) {
                Ok(fields) if fields.is_empty() => {}
                Ok(fields) => moved.push(Moved { class: node, fields }),
                Err(error) => refusal = refusal.take().or(Some(error)),
            }
        }
        true
    });
    refusal.map_or(Ok(moved), Err)
}

/// Where the fields begin that move.
pub(super) fn starts(moved: &[Moved<'_>]) -> HashSet<usize> {
    moved.iter().flat_map(|moved| moved.fields.iter().map(|field| field.start)).collect()
}

/// Whether anything may store into the class: it is stored into by its name, or goes where it has another one.
fn may_change(text: &str, tree: &Node, class: &Node) -> bool {
    let name = &class.children[0];
    let members = class.children[2..].iter();
    let mut own = members.filter(|member| is_static(text, member) || member.kind == Kind::StaticBlock);
    name.is_nothing()
        || own.any(|member| member.has_anywhere(&|node| node.kind == Kind::This))
        || tree.has_anywhere(&|node| lets_out(text, node, name.text(text)))
}

/// Whether the node stores into what has the name, or takes it as a value.
fn lets_out(text: &str, node: &Node, name: &str) -> bool {
    let is_it = |node: &Node| node.kind == Kind::Name && node.text(text) == name;
    let is_target = matches!(
        node.kind,
        Kind::Assign(_) | Kind::Update { .. } | Kind::Unary("delete") | Kind::ForIn | Kind::ForOf
    );
    let is_member = |node: &Node| {
        matches!(node.kind, Kind::Member { .. } | Kind::Index { .. }) && is_it(node.children[0].bare())
    };
    if is_target && node.children[0].has_anywhere(&is_member) {
        return true;
    }
    node.children.iter().enumerate().filter(|(_, child)| is_it(child.bare())).any(|(place, _)| {
        !matches!(
            (node.kind, place),
            (Kind::New | Kind::Member { .. } | Kind::Index { .. } | Kind::Class { .. }, 0)
                | (Kind::Class { .. } | Kind::Binary("instanceof"), 1)
                | (Kind::Parenthesized | Kind::Export, _)
        )
    })
}

/// The fields of a class from the first one on whose value may run what changes the class.
fn fields<'n>(text: &str, class: &'n Node, reading: Reading) -> Result<Vec<&'n Node>, Refusal> {
    let members = class.children[2..].iter();
    let own = members.filter(|member| member.kind == Kind::Field && !is_static(text, member));
    let runs = |field: &&&Node| runs_code(text, &field.children[1], reading);
    let later: Vec<&Node> = own.skip_while(|field| !runs(&field)).collect();
    let fields: Vec<&Node> = later.into_iter().filter(|field| !is_inert(&field.children[1])).collect();
    let is_unknown = |field: &&&Node| {
        field.children[1].has_anywhere(&|node| node.kind == Kind::Name && node.text(text) == "arguments")
    };
    if fields.iter().any(|field| is_unknown(&field)) {
        // Which is an error.
        return Ok(Vec::new());
    }
    let Some(computed) = fields.iter().find(|field| member_of(text, &field.children[0]).is_none()) else {
        return Ok(fields);
    };
    let name = class.children[0].text(text);
    let changes = |field: &Node| field.children[1].has_anywhere(&|node| lets_out(text, node, name));
    if class.children[0].is_nothing() || !fields.iter().any(|field| changes(field)) {
        return Ok(Vec::new());
    }
    let message = "the engine cannot change a class in the initial values of its fields where the name of one is computed";
    let help = "set the fields in the constructor: `constructor(…) { this[name] = … }`";
    Err(Refusal::new(computed.children[0].range(), message).help(help))
}

/// Whether `static` stands before the name, and is not the name.
fn is_static(text: &str, member: &Node) -> bool {
    matches!(member.kind, Kind::Field | Kind::Method(_))
        && member.children[0].start > member.start
        && member.text(text).starts_with("static")
}

/// Whether computing the value may run code that is elsewhere, or stores into an object.
fn runs_code(text: &str, value: &Node, reading: Reading) -> bool {
    !value.is_function()
        && value.has(|node| match node.kind {
            Kind::New => !OF_LANGUAGE.contains(&node.children[0].text(text)),
            Kind::Call { .. } | Kind::Tagged | Kind::Spread | Kind::Class { .. } | Kind::Unary("delete") => {
                true
            }
            Kind::Assign(_) | Kind::Update { .. } => node.children[0].bare().kind != Kind::Name,
            Kind::Member { .. } | Kind::Index { .. } => reading == Reading::MayRun,
            _ => false,
        })
}

/// Whether nobody can tell when the value was computed.
fn is_inert(value: &Node) -> bool {
    value.is_nothing() || value.is_function()
}

/// How a field is called as a member: `.name`, `['a b']`; nothing where the name is computed.
fn member_of(text: &str, name: &Node) -> Option<String> {
    match name.kind {
        Kind::MemberName | Kind::PrivateName => Some(format!(".{}", name.text(text))),
        Kind::Text | Kind::Number => Some(format!("[{}]", name.text(text))),
        Kind::Computed => match name.children[0].kind {
            Kind::Text | Kind::Number => Some(name.text(text).to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// Moves the values. What stands around a value must have been put there before.
///
/// # Errors
/// The constructor needs its fields before they can be set.
pub(super) fn edit(moved: &[Moved<'_>], edits: &mut Edits<'_>) -> Result<(), Refusal> {
    for Moved { class, fields } in moved {
        let all = format!("#{}", edits.new_name());
        let methods: Vec<String> = fields.iter().map(|_| format!("#{}", edits.new_name())).collect();
        let calls: String = methods.iter().map(|method| format!("this.{method}();")).collect();
        let mut first = format!("{all}(){{{calls}return this}}{}", constructor(class, &all, edits)?);
        for (field, method) in fields.iter().zip(&methods) {
            let (name, value) = (&field.children[0], &field.children[1]);
            let member = member_of(edits.text, name).unwrap_or_default();
            let first = std::mem::take(&mut first);
            let sign = syntax::next_token(edits.text, name.end);
            edits.replace(sign, format!(";{first}{method}(){{this{member}=("));
            edits.around(value.range(), "", ")}");
        }
    }
    Ok(())
}

/// Lets the constructor call the method `all`. What is to be added where there is no constructor.
fn constructor(class: &Node, all: &str, edits: &mut Edits<'_>) -> Result<String, Refusal> {
    let text = edits.text;
    let is_constructor = |member: &&Node| {
        matches!(member.kind, Kind::Method(_))
            && !is_static(text, member)
            && matches!(member.children[0].text(text), "constructor" | "'constructor'" | "\"constructor\"")
    };
    let has_parent = !class.children[1].is_nothing();
    let Some(method) = class.children[2..].iter().find(is_constructor) else {
        let values = edits.new_name();
        return Ok(match has_parent {
            true => format!("constructor(...{values}){{super(...{values});this.{all}()}}"),
            false => format!("constructor(){{this.{all}()}}"),
        });
    };
    let [_, parameters, body] = &method.children[1].children[..] else { return Ok(String::new()) };
    if has_parent {
        super_calls(&method.children[1], &mut |call| {
            edits.around(call.range(), "(", format!(",this.{all}())"));
        });
    } else if parameters.has_anywhere(&|node| node.kind == Kind::This) {
        let message = "the engine cannot change a class in the initial values of its fields where the parameters of the \
                       constructor need them";
        let help = "give these parameters their values in the body of the constructor";
        return Err(Refusal::new(parameters.range(), message).help(help));
    } else {
        edits.begin(body.start + 1, format!("this.{all}();"));
    }
    Ok(String::new())
}

/// The calls of the parent's constructor, in the constructor and in arrow functions in it.
fn super_calls(node: &Node, seen: &mut impl FnMut(&Node)) {
    for child in &node.children {
        let is_other = matches!(child.kind, Kind::Function(function) if !function.is_arrow);
        if is_other || matches!(child.kind, Kind::Class { .. } | Kind::Method(_)) {
            continue;
        }
        super_calls(child, seen);
        if matches!(child.kind, Kind::Call { .. }) && child.children[0].kind == Kind::Super {
            seen(child);
        }
    }
}

//! All of a text as ordinary JavaScript values.

use boa_engine::{
    Context, JsValue,
    builtins::object::OrdinaryObject,
    object::{JsObject, builtins::JsArray},
    property::{PropertyDescriptor, PropertyKey},
};

use super::{document::Document, names::Names, tape::Kind};

/// An object with more members would only leave hidden classes behind that no other object shares.
const MAX_SHARED_MEMBERS: usize = 256;

/// An array or object whose content is not complete.
enum Open {
    Array { items: Vec<JsValue>, end: usize },
    Object { object: JsObject, key: PropertyKey, end: usize },
}

/// Builds the value at `index` with all that is in it; depth costs no stack.
pub(crate) fn build(document: &Document, index: usize, names: &mut Names, context: &mut Context) -> JsValue {
    let tape = &document.tape;
    let mut decoded = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut at = index;
    loop {
        let mut complete = None;
        match tape.node(at).kind() {
            Kind::Array => open.push(Open::Array { items: Vec::new(), end: tape.after(at) }),
            Kind::Object => {
                let object = object(document, at, context);
                open.push(Open::Object { object, key: PropertyKey::from(0_u8), end: tape.after(at) });
            }
            _ => complete = Some(document.scalar(at)),
        }
        at += 1;
        loop {
            if let Some(value) = complete.take() {
                match open.last_mut() {
                    None => return value,
                    Some(Open::Array { items, .. }) => items.push(value),
                    Some(Open::Object { object, key, .. }) => {
                        object.insert_property(key.clone(), property(value));
                    }
                }
            }
            match open.last_mut() {
                Some(Open::Array { end, .. } | Open::Object { end, .. }) if *end == at => {
                    complete = open.pop().map(|open| open.close(context));
                }
                Some(Open::Object { key, .. }) => {
                    *key = names.key(document.name(at, &mut decoded));
                    at += 1;
                    break;
                }
                _ => break,
            }
        }
    }
}

impl Open {
    fn close(self, context: &mut Context) -> JsValue {
        match self {
            Open::Array { items, .. } => JsArray::from_iter(items, context).into(),
            Open::Object { object, .. } => object.into(),
        }
    }
}

/// An ordinary object for the members of the one at `index`.
pub(super) fn object(document: &Document, index: usize, context: &Context) -> JsObject {
    let prototype = context.intrinsics().constructors().object().prototype();
    // A name and its value are two nodes at least.
    let may_be_large = document.tape.after(index) - index > 2 * MAX_SHARED_MEMBERS;
    match may_be_large && document.tape.children(index).nth(MAX_SHARED_MEMBERS).is_some() {
        true => JsObject::new_unique(prototype, OrdinaryObject).upcast(),
        false => JsObject::new(context.root_shape(), prototype, OrdinaryObject).upcast(),
    }
}

/// What assigning makes: writable, enumerable, configurable.
pub(crate) fn property(value: JsValue) -> PropertyDescriptor {
    PropertyDescriptor::builder().value(value).writable(true).enumerable(true).configurable(true).build()
}

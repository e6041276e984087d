//! The second argument of `JSON.parse`.

use boa_engine::{
    Context, JsNativeError, JsResult, JsString, JsValue, js_string, object::JsObject, property::PropertyKey,
};
use rustc_hash::FxHashMap;

use super::{document::Document, tape::Kind};
use crate::engine::Natives;

/// Deeper values are refused, as the engine does with calls; V8 throws the same RangeError at a few thousand.
const MAX_DEPTH: usize = 1_000;

/// ECMA-262 §25.5.1.1 InternalizeJSONProperty, with the source text of primitives
/// (<https://tc39.es/proposal-json-parse-with-source/>).
pub(super) struct Reviving<'r> {
    pub(super) document: &'r Document,
    pub(super) natives: &'r Natives,
    pub(super) reviver: &'r JsObject,
    pub(super) context: &'r mut Context,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// In the text, if the reviver has not put another value there.
    node: Option<usize>,
    depth: usize,
}

impl Reviving<'_> {
    /// Calls the reviver for everything in `value`, the value of the whole text, and for itself.
    pub(super) fn root(mut self, value: JsValue) -> JsResult<JsValue> {
        let holder = JsObject::with_object_proto(self.context.intrinsics());
        holder.create_data_property_or_throw(js_string!(), value, self.context)?;
        self.property(&holder, js_string!(), Place { node: Some(0), depth: 0 })
    }

    fn property(&mut self, holder: &JsObject, name: JsString, place: Place) -> JsResult<JsValue> {
        if place.depth > MAX_DEPTH {
            let message = format!("a reviver goes at most {MAX_DEPTH} levels deep");
            return Err(JsNativeError::range().with_message(message).into());
        }
        let value = holder.get(name.clone(), self.context)?;
        if let Some(object) = value.as_object() {
            if self.natives.is_array(&object, self.context)? {
                self.items(&object, place)?;
            } else {
                self.members(&object, place)?;
            }
        }
        let about = JsObject::with_object_proto(self.context.intrinsics());
        if let Some(source) = place.node.and_then(|node| self.source(node, &value)) {
            about.create_data_property_or_throw(js_string!("source"), source, self.context)?;
        }
        self.reviver.call(&holder.clone().into(), &[name.into(), value, about.into()], self.context)
    }

    fn items(&mut self, array: &JsObject, place: Place) -> JsResult<()> {
        let document = self.document;
        let node = place.node.filter(|node| document.tape.node(*node).kind() == Kind::Array);
        let mut nodes = node.map(|node| document.tape.children(node));
        let length = array.get(js_string!("length"), self.context)?.to_length(self.context)?;
        for index in 0..length {
            let node = nodes.as_mut().and_then(Iterator::next);
            self.replace(array, JsString::from(index), Place { node, depth: place.depth + 1 })?;
        }
        Ok(())
    }

    fn members(&mut self, object: &JsObject, place: Place) -> JsResult<()> {
        let document = self.document;
        let node = place.node.filter(|node| document.tape.node(*node).kind() == Kind::Object);
        // Of two members with one name the later one counts.
        let nodes: FxHashMap<JsString, usize> = node
            .map(|node| document.tape.children(node).map(|name| (document.string(name), name + 1)).collect())
            .unwrap_or_default();
        let names = self.natives.keys.call(&JsValue::undefined(), &[object.clone().into()], self.context)?;
        let Some(names) = names.as_object() else { return Ok(()) };
        let length = names.get(js_string!("length"), self.context)?.to_length(self.context)?;
        for index in 0..length {
            let name = names.get(index, self.context)?.to_string(self.context)?;
            let node = nodes.get(&name).copied();
            self.replace(object, name, Place { node, depth: place.depth + 1 })?;
        }
        Ok(())
    }

    fn replace(&mut self, holder: &JsObject, name: JsString, place: Place) -> JsResult<()> {
        let value = self.property(holder, name.clone(), place)?;
        if value.is_undefined() {
            let arguments = [holder.clone().into(), name.into()];
            self.natives.delete_property.call(&JsValue::undefined(), &arguments, self.context)?;
        } else {
            holder.create_data_property(PropertyKey::from(name), value, self.context)?;
        }
        Ok(())
    }

    /// The source text of a primitive that is still the one of the text.
    fn source(&self, node: usize, value: &JsValue) -> Option<JsString> {
        let is_primitive = !matches!(self.document.tape.node(node).kind(), Kind::Array | Kind::Object);
        let is_same = is_primitive && JsValue::same_value(&self.document.scalar(node), value);
        is_same.then(|| self.document.source(node))
    }
}

//! Objects of the page that have only the members a converter uses.
//!
//! A [`Partial`] has the members learned for its place as own properties, so that the engine's inline caches work, and
//! a shared proxy as prototype, which finds the other members in the tape when they are asked for by name. What would
//! notice that members are missing is either not in the script (`analysis`), or makes the object whole first
//! (`guard`), or stops the page, which is then converted again with ordinary objects.

use std::{
    cell::{Ref, RefCell},
    rc::Rc,
};

use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsResult, JsValue, Trace, js_string,
    object::{
        JsObject,
        builtins::{JsArray, JsProxyBuilder},
    },
    property::{PropertyDescriptor, PropertyKey},
};

use super::{
    Json,
    document::Document,
    learned::{Learned, Place},
    tape::Kind,
    text,
    whole::{self, property},
};

/// Deeper values are ordinary; the stack of the builder would grow with them.
const MAX_DEPTH: usize = 64;

/// A page's document for as long as the page is converted; its memory is used again afterwards.
#[derive(Debug)]
pub(crate) struct Shared {
    document: RefCell<Option<Document>>,
}

impl Shared {
    pub(crate) fn new(document: Document) -> Rc<Self> {
        Rc::new(Self { document: RefCell::new(Some(document)) })
    }

    /// The document, while the page is converted.
    pub(crate) fn document(&self) -> Ref<'_, Option<Document>> {
        self.document.borrow()
    }

    /// Takes the document away from all objects that still read from it.
    pub(crate) fn end(&self) -> Option<Document> {
        self.document.borrow_mut().take()
    }
}

/// An object of more nodes is made whole when a name is not among its own.
const MAX_NODES: usize = 4_096;

/// The data of an object that reads from the tape.
#[derive(Debug, Clone, Trace, Finalize, JsData)]
pub(crate) struct Partial {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    shared: Rc<Shared>,
    at: u32,
    #[unsafe_ignore_trace]
    place: Place,
    /// All members are own properties now, in their order; it is an ordinary object.
    is_whole: bool,
}

/// Builds values of one document.
struct Builder<'b> {
    shared: &'b Rc<Shared>,
    document: &'b Document,
    learned: &'b mut Learned,
    json: &'b Json,
    context: &'b mut Context,
    decoded: Vec<u8>,
}

/// The value of the whole text.
pub(crate) fn root(shared: &Rc<Shared>, json: &Json, context: &mut Context) -> JsResult<JsValue> {
    with_builder(shared, json, context, |builder| builder.value(0, Place::default(), 0))
}

/// Makes an object of the page ordinary; others are left alone.
pub(crate) fn complete(object: &JsObject, context: &mut Context) -> JsResult<()> {
    let Some(partial) = object.downcast_ref::<Partial>().map(|partial| partial.clone()) else {
        return Ok(());
    };
    if partial.is_whole {
        return Ok(());
    }
    let json = Json::of(context)?;
    let own = own_properties(object, context)?;
    for (key, _) in own.iter().rev() {
        object.delete_property_or_throw(key.clone(), context)?;
    }
    let prototype = context.intrinsics().constructors().object().prototype();
    object.set_prototype(Some(prototype));
    with_builder(&partial.shared, &json, context, |builder| {
        builder.learned.use_all(partial.place);
        builder.members(object, &partial, &own)
    })?;
    // What the script has added comes last.
    for (key, value) in own {
        object.insert_property(key, property(value));
    }
    if let Some(mut partial) = object.downcast_mut::<Partial>() {
        partial.is_whole = true;
    }
    Ok(())
}

fn own_properties(object: &JsObject, context: &mut Context) -> JsResult<Vec<(PropertyKey, JsValue)>> {
    let keys = object.own_property_keys(context)?;
    let borrowed = object.borrow();
    let own = |key: PropertyKey| {
        let value = borrowed.properties().get(&key)?.value()?.clone();
        Some((key, value))
    };
    Ok(keys.into_iter().filter_map(own).collect())
}

fn with_builder<T>(
    shared: &Rc<Shared>,
    json: &Json,
    context: &mut Context,
    build: impl FnOnce(&mut Builder<'_>) -> JsResult<T>,
) -> JsResult<T> {
    let document = shared.document.borrow();
    let Some(document) = &*document else {
        // The page is over; only a script that keeps objects could get here, and those have no partial ones.
        return Err(json.stop());
    };
    let learned = &mut json.learned.borrow_mut();
    build(&mut Builder { shared, document, learned, json, context, decoded: Vec::new() })
}

impl Builder<'_> {
    fn value(&mut self, index: usize, place: Place, depth: usize) -> JsResult<JsValue> {
        let tape = &self.document.tape;
        match tape.node(index).kind() {
            Kind::Array if depth < MAX_DEPTH => {
                let place = self.learned.items(place);
                let mut items = Vec::new();
                for item in tape.children(index) {
                    items.push(self.value(item, place, depth + 1)?);
                }
                Ok(JsArray::from_iter(items, self.context).into())
            }
            Kind::Object if depth < MAX_DEPTH => self.object(index, place, depth),
            Kind::Array | Kind::Object => {
                Ok(whole::build(self.document, index, &mut self.json.names.borrow_mut(), self.context))
            }
            _ => Ok(self.document.scalar(index)),
        }
    }

    fn object(&mut self, index: usize, place: Place, depth: usize) -> JsResult<JsValue> {
        if self.learned.is_whole(place) {
            let object = whole::object(self.document, index, self.context);
            self.members(
                &object,
                &Partial { shared: Rc::clone(self.shared), at: index as u32, place, is_whole: true },
                &[],
            )?;
            return Ok(object.into());
        }
        let partial = Partial { shared: Rc::clone(self.shared), at: index as u32, place, is_whole: false };
        let prototype = self.json.prototype(self.context)?;
        let object = JsObject::new(self.context.root_shape(), prototype, partial).upcast();
        if !self.learned.is_used(place) {
            return Ok(object.into());
        }
        let document = self.document;
        for name in document.tape.children(index) {
            let bytes = document.name(name, &mut self.decoded);
            if let Some(used) = self.learned.find(place, bytes) {
                let (key, place) = (used.key.clone(), used.place);
                let value = self.value(name + 1, place, depth + 1)?;
                // Of two members with one name the later one counts.
                object.insert_property(key, property(value));
            }
        }
        Ok(object.into())
    }

    /// Adds all members; values that `own` has already are kept.
    fn members(&mut self, object: &JsObject, from: &Partial, own: &[(PropertyKey, JsValue)]) -> JsResult<()> {
        let place = from.place;
        let document = self.document;
        for name in document.tape.children(from.at as usize) {
            let bytes = document.name(name, &mut self.decoded).to_vec();
            let (key, place) = self.used(place, &bytes);
            let value = match own.iter().find(|(known, _)| *known == key) {
                Some((_, value)) => value.clone(),
                None => self.value(name + 1, place, 1)?,
            };
            object.insert_property(key, property(value));
        }
        Ok(())
    }

    /// The key of a member and the place of its value.
    fn used(&mut self, place: Place, name: &[u8]) -> (PropertyKey, Place) {
        if self.learned.has_room(place) {
            let used = self.learned.learn(place, name);
            return (used.key.clone(), used.place);
        }
        (self.json.names.borrow_mut().key(name), place)
    }

    /// Whether looking for a name in the tape again and again would take too long.
    fn is_dictionary(&self, partial: &Partial) -> bool {
        let at = partial.at as usize;
        self.learned.is_whole(partial.place) || self.document.tape.after(at) - at > MAX_NODES
    }

    /// The member that a name asks for, learned for the objects to come.
    fn member(&mut self, partial: &Partial, name: &[u8]) -> JsResult<Option<(PropertyKey, JsValue)>> {
        let document = self.document;
        let mut decoded = std::mem::take(&mut self.decoded);
        let children = document.tape.children(partial.at as usize);
        let found = children.filter(|child| document.name(*child, &mut decoded) == name).last();
        let Some(found) = found else { return Ok(None) };
        let (key, place) = self.used(partial.place, name);
        Ok(Some((key, self.value(found + 1, place, 1)?)))
    }
}

/// The prototype of all partial objects of a context.
pub(crate) fn prototype(context: &mut Context) -> JsResult<JsObject> {
    let target = context.intrinsics().constructors().object().prototype();
    let proxy = JsProxyBuilder::new(target)
        .get(get)
        .get_prototype_of(get_prototype_of)
        .has(refuse)
        .own_keys(refuse)
        .get_own_property_descriptor(refuse)
        .define_property(refuse)
        .delete_property(refuse)
        .set_prototype_of(refuse)
        .is_extensible(refuse)
        .prevent_extensions(refuse)
        .set(set)
        .build(context)?;
    Ok(proxy.into())
}

/// `[[Get]]` of a name that the object has not as an own property.
fn get(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let json = Json::of(context)?;
    let partial = arguments.get_or_undefined(2).as_object().and_then(|receiver| {
        let partial = receiver.downcast_ref::<Partial>()?.clone();
        Some((receiver, partial))
    });
    let Some((receiver, partial)) = partial.filter(|(_, partial)| !partial.is_whole) else {
        // An object that inherits from an object of the page.
        return Err(json.stop());
    };
    let key = arguments.get_or_undefined(1);
    let object_prototype = context.intrinsics().constructors().object().prototype();
    if let Some(name) = key.as_string() {
        let mut bytes = Vec::new();
        text::bytes_of(&name, &mut bytes);
        let shared = Rc::clone(&partial.shared);
        if with_builder(&shared, &json, context, |builder| Ok(builder.is_dictionary(&partial)))? {
            complete(&receiver, context)?;
            return receiver.get(key.to_property_key(context)?, context);
        }
        let member = with_builder(&shared, &json, context, |builder| builder.member(&partial, &bytes))?;
        if let Some((key, value)) = member {
            receiver.insert_property(key, property(value.clone()));
            return Ok(value);
        }
        if name == js_string!("__proto__") {
            return Ok(object_prototype.into());
        }
    }
    let key = key.to_property_key(context)?;
    // A getter there would be asked of `Object.prototype`, and not of the object.
    if shared_property(&object_prototype, &key).is_some_and(|shared| shared.is_accessor_descriptor()) {
        return Err(json.stop());
    }
    object_prototype.get(key, context)
}

/// What all objects have under this name.
fn shared_property(object_prototype: &JsObject, key: &PropertyKey) -> Option<PropertyDescriptor> {
    object_prototype.borrow().properties().get(key)
}

/// `[[Set]]` of a name that the object has not as an own property.
fn set(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let json = Json::of(context)?;
    let receiver = arguments.get_or_undefined(3).as_object().filter(JsObject::is::<Partial>);
    let (Some(receiver), Some(name)) = (receiver, arguments.get_or_undefined(1).as_string()) else {
        return Err(json.stop());
    };
    if name == js_string!("__proto__") {
        return Err(json.stop());
    }
    let key = PropertyKey::from(name);
    // A setter there would have to be called, and what must not be written there cannot be written here.
    let object_prototype = context.intrinsics().constructors().object().prototype();
    let stores_elsewhere =
        |shared: PropertyDescriptor| shared.is_accessor_descriptor() || shared.writable() == Some(false);
    if shared_property(&object_prototype, &key).is_some_and(stores_elsewhere) {
        return Err(json.stop());
    }
    receiver.insert_property(key, property(arguments.get_or_undefined(2).clone()));
    Ok(true.into())
}

fn get_prototype_of(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(context.intrinsics().constructors().object().prototype().into())
}

/// What the proxy cannot answer, since it does not know for which object.
fn refuse(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Err(Json::of(context)?.stop())
}

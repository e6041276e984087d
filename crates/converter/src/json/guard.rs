//! Functions of the language that would see that an object of the page is partial.
//!
//! They look at own properties, not at values by name. Each is replaced by one that makes its arguments whole first;
//! the few for which that is not enough stop the page. What can only be written as syntax is looked for in the script.

use boa_engine::{
    Context, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::{PropertyDescriptor, PropertyKey},
};

use super::{Json, partial::complete};

const OBJECT: [&str; 21] = [
    "assign",
    "create",
    "defineProperties",
    "defineProperty",
    "entries",
    "freeze",
    "getOwnPropertyDescriptor",
    "getOwnPropertyDescriptors",
    "getOwnPropertyNames",
    "getOwnPropertySymbols",
    "getPrototypeOf",
    "groupBy",
    "hasOwn",
    "isExtensible",
    "isFrozen",
    "isSealed",
    "keys",
    "preventExtensions",
    "seal",
    "setPrototypeOf",
    "values",
];

const OBJECT_PROTOTYPE: [&str; 7] = [
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
];

/// Those that delete, when they are called for an object that is no array.
const ARRAY_PROTOTYPE: [&str; 6] = ["pop", "shift", "splice", "unshift", "reverse", "copyWithin"];

const REFLECT: [&str; 12] = [
    "apply",
    "construct",
    "defineProperty",
    "deleteProperty",
    "get",
    "getOwnPropertyDescriptor",
    "getPrototypeOf",
    "has",
    "isExtensible",
    "ownKeys",
    "preventExtensions",
    "setPrototypeOf",
];

/// Replaces the functions in a new context.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let (object, array) = (constructors.object().clone(), constructors.array().clone());
    let reflect = context.intrinsics().objects().reflect();
    let owners: [(JsObject, &[&str]); 4] = [
        (object.constructor(), &OBJECT),
        (object.prototype(), &OBJECT_PROTOTYPE),
        (array.prototype(), &ARRAY_PROTOTYPE),
        (reflect, &REFLECT),
    ];
    for (owner, names) in owners {
        for name in names {
            replace(&owner, JsString::from(*name), completing, context)?;
        }
    }
    let json = context.global_object().get(js_string!("JSON"), context)?;
    if let Some(json) = json.as_object() {
        replace(&json, js_string!("stringify"), stopping, context)?;
    }
    let reflect = context.intrinsics().objects().reflect();
    replace(&reflect, js_string!("set"), stopping, context)?;
    replace(&context.global_object(), js_string!("Proxy"), stopping, context)?;
    replace_proto(&object.prototype(), context)
}

pub(super) type Wrap = fn(&JsValue, &[JsValue], &JsObject, &mut Context) -> JsResult<JsValue>;

fn completing(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    for value in arguments.iter().chain([this]) {
        if let Some(object) = value.as_object() {
            complete(&object, context)?;
        }
    }
    original.call(this, arguments, context)
}

fn stopping(_: &JsValue, _: &[JsValue], _: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    Err(Json::of(context)?.stop())
}

/// Puts `wrap` in the place of a function; it gets the original.
pub(super) fn replace(owner: &JsObject, name: JsString, wrap: Wrap, context: &mut Context) -> JsResult<()> {
    let key = PropertyKey::from(name.clone());
    let Some(original) = owner.get(key.clone(), context)?.as_callable() else { return Ok(()) };
    let function = wrapped(original, name, wrap, context)?;
    let property =
        PropertyDescriptor::builder().value(function).writable(true).enumerable(false).configurable(true);
    owner.define_property_or_throw(key, property, context)?;
    Ok(())
}

fn wrapped(original: JsObject, name: JsString, wrap: Wrap, context: &mut Context) -> JsResult<JsObject> {
    let length = original.get(js_string!("length"), context)?.to_length(context)?;
    let is_constructor = original.is_constructor();
    let native = NativeFunction::from_copy_closure_with_captures(
        move |this, arguments, original: &JsObject, context| wrap(this, arguments, original, context),
        original,
    );
    let function = FunctionObjectBuilder::new(context.realm(), native)
        .name(name)
        .length(length as usize)
        .constructor(is_constructor)
        .build();
    Ok(function.into())
}

/// `Object.prototype.__proto__` is a pair of functions.
fn replace_proto(prototype: &JsObject, context: &mut Context) -> JsResult<()> {
    let key = PropertyKey::from(js_string!("__proto__"));
    let property = prototype.borrow().properties().get(&key);
    let function = |value: Option<&JsValue>| value.and_then(JsValue::as_callable);
    let Some(property) = property else { return Ok(()) };
    let (Some(get), Some(set)) = (function(property.get()), function(property.set())) else { return Ok(()) };
    let get = wrapped(get, js_string!("get __proto__"), completing, context)?;
    let set = wrapped(set, js_string!("set __proto__"), completing, context)?;
    let property = PropertyDescriptor::builder().get(get).set(set).enumerable(false).configurable(true);
    prototype.define_property_or_throw(key, property, context)?;
    Ok(())
}

//! What a JavaScript value is, without running any code of the user's.

use boa_engine::{
    JsBigInt, JsString, JsSymbol, JsValue, JsVariant,
    builtins::{
        date::Date, error::Error, function::OrdinaryFunction, generator::Generator, object::OrdinaryObject,
        promise::Promise, typed_array::TypedArray,
    },
    js_string,
    object::{
        JsObject,
        builtins::{JsArrayBuffer, JsMap, JsProxy, JsRegExp, JsSet},
    },
    property::PropertyKey,
};

use crate::json::Partial;

/// The objects that rows and cells tell apart.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Own properties are its content: literals, instances of classes.
    Plain,
    /// An array.
    Array,
    /// A date.
    Date,
    /// `Object(primitive)`.
    Boxed(JsValue),
    /// Anything that can be called.
    Function,
    /// A proxy; what it looks like is for its traps to say.
    Proxy,
    /// An object that holds its content elsewhere.
    Opaque(Opaque),
}

/// An object that has no meaning as a row or a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opaque {
    /// What it is: `a Map`.
    pub(crate) name: &'static str,
    /// What to write instead.
    pub(crate) help: &'static str,
}

/// Looks at an object's internal slots.
pub(crate) fn kind(object: &JsObject) -> Kind {
    if object.is::<OrdinaryObject>() || object.is::<Partial>() {
        return Kind::Plain;
    }
    if object.is_array() {
        return Kind::Array;
    }
    // A callable proxy is a function too.
    if object.is_callable() {
        return Kind::Function;
    }
    if JsProxy::from_object(object.clone()).is_ok() {
        return Kind::Proxy;
    }
    if object.is::<Date>() {
        return Kind::Date;
    }
    match boxed(object) {
        Some(primitive) => Kind::Boxed(primitive),
        None => Kind::Opaque(opaque(object)),
    }
}

fn boxed(object: &JsObject) -> Option<JsValue> {
    if let Some(text) = object.downcast_ref::<JsString>() {
        return Some(text.clone().into());
    }
    if let Some(number) = object.downcast_ref::<f64>() {
        return Some((*number).into());
    }
    if let Some(boolean) = object.downcast_ref::<bool>() {
        return Some((*boolean).into());
    }
    if let Some(number) = object.downcast_ref::<JsBigInt>() {
        return Some(number.clone().into());
    }
    object.downcast_ref::<JsSymbol>().map(|symbol| symbol.clone().into())
}

fn opaque(object: &JsObject) -> Opaque {
    let is_map = JsMap::from_object(object.clone()).is_ok();
    let is_set = JsSet::from_object(object.clone()).is_ok();
    let (name, help) = match () {
        () if is_map => ("a Map", "write `Object.fromEntries(map)` or `[...map.values()]`"),
        () if is_set => ("a Set", "write `[...set]`"),
        () if object.is::<Promise>() => {
            ("a promise", "await it; of an array of promises, return `Promise.all(…)`")
        }
        () if object.is::<Error>() => ("an Error", "throw it, or use its `message`"),
        () if object.is::<Generator>() => ("a generator", "write `[...generator]`"),
        () if object.is::<TypedArray>() => ("a typed array", "write `[...array]`"),
        () if JsArrayBuffer::from_object(object.clone()).is_ok() => {
            ("an ArrayBuffer", "write `[...new Uint8Array(buffer)]`")
        }
        () if JsRegExp::from_object(object.clone()).is_ok() => ("a regular expression", "use its `source`"),
        () => ("an object of a built-in type", "copy what you need from it into an object or an array"),
    };
    Opaque { name, help }
}

/// What a value is and how it begins, for messages: `a string ("abc…")`, `an object with the keys id, name`.
pub(crate) fn describe(value: &JsValue) -> String {
    match value.variant() {
        JsVariant::Undefined => "undefined".into(),
        JsVariant::Null => "null".into(),
        JsVariant::Boolean(boolean) => format!("a boolean ({boolean})"),
        JsVariant::String(text) => format!("a string (\"{}\")", shorten(&text.to_std_string_lossy(), 40)),
        JsVariant::Float64(_) | JsVariant::Integer32(_) => format!("a number ({})", value.display()),
        JsVariant::BigInt(number) => format!("a BigInt ({}n)", shorten(&number.to_string(), 40)),
        JsVariant::Symbol(_) => format!("a symbol ({})", value.display()),
        JsVariant::Object(object) => describe_object(&object),
    }
}

fn describe_object(object: &JsObject) -> String {
    match kind(object) {
        Kind::Plain => {
            let keys = own_names(object);
            match keys.len() {
                0 => "an empty object".into(),
                1..=6 => format!("an object with the keys {}", keys.join(", ")),
                n => format!("an object with the keys {}, … ({n} in all)", keys[..6].join(", ")),
            }
        }
        Kind::Array => match own_data(object, "length").and_then(|length| length.as_number()) {
            Some(1.0) => "an array of 1 item".into(),
            Some(length) => format!("an array of {length} items"),
            None => "an array".into(),
        },
        Kind::Date => "a Date".into(),
        Kind::Boxed(primitive) => format!("a boxed primitive, {}", describe(&primitive)),
        Kind::Function => match own_data(object, "name").and_then(|name| name.as_string()) {
            Some(name) if !name.is_empty() && object.is::<OrdinaryFunction>() => {
                format!("a function ({})", shorten(&name.to_std_string_lossy(), 40))
            }
            _ => "a function".into(),
        },
        Kind::Proxy => "a proxy".into(),
        Kind::Opaque(opaque) if object.is::<Error>() => match own_data(object, "message") {
            Some(message) => format!("an Error, its message {}", describe(&message)),
            None => opaque.name.into(),
        },
        Kind::Opaque(opaque) => opaque.name.into(),
    }
}

fn own_names(object: &JsObject) -> Vec<String> {
    let borrowed = object.borrow();
    let indices = borrowed.properties().index_property_keys().map(|index| index.to_string());
    let named = borrowed.shape().keys().into_iter().filter_map(|key| match key {
        PropertyKey::String(name) => Some(shorten(&name.to_std_string_lossy(), 40)),
        _ => None,
    });
    indices.chain(named).collect()
}

/// The value of an own data property.
pub(crate) fn own_data(object: &JsObject, name: &str) -> Option<JsValue> {
    object.borrow().properties().get(&js_string!(name).into())?.value().cloned()
}

/// The first `max` characters on one line.
pub(crate) fn shorten(text: &str, max: usize) -> String {
    let line = text.replace(['\r', '\n'], " ");
    match line.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

//! Helpers written in JavaScript, which cost nothing where a converter does not use them.
//!
//! What a script has the name of is there from the beginning: plain functions and classes. Each other name is a property of the
//! global object whose getter evaluates the file that defines it, and puts the values of all its names in the place of the
//! getters; nothing but a name that is put together at run time gets there. A getter that replaces itself must not be asked by
//! `name` or `object.name`: the engine remembers the getter there, see ADR 0053. A converter's own declarations of the same
//! names win.

use boa_engine::{
    Context, JsNativeError, JsResult, JsValue, NativeFunction, Script, Source, js_string,
    object::FunctionObjectBuilder, property::PropertyDescriptor,
};

use super::natives;
use crate::script::Script as Converter;

/// A file and what it defines; backtraces are searched for `pipeline:`. Its text is a function of the natives that it needs.
struct Helper {
    path: &'static str,
    text: &'static str,
    names: &'static [&'static str],
}

const HELPERS: &[Helper] = &[
    Helper { path: "pipeline:exception.js", text: include_str!("exception.js"), names: &["DOMException"] },
    Helper { path: "pipeline:url.js", text: include_str!("url.js"), names: &["URL", "URLSearchParams"] },
    Helper {
        path: "pipeline:text.js",
        text: include_str!("text.js"),
        names: &["TextEncoder", "TextDecoder", "atob", "btoa"],
    },
    Helper { path: "pipeline:clone.js", text: include_str!("clone.js"), names: &["structuredClone"] },
    Helper { path: "pipeline:dates.js", text: include_str!("dates.js"), names: &["PocketQuery"] },
    Helper { path: "pipeline:adf.js", text: include_str!("adf.js"), names: &["adfToText", "adfToMarkdown"] },
];

/// Adds what the script may use, and getters of the rest.
pub(crate) fn install(converter: &Converter, context: &mut Context) -> JsResult<()> {
    for (helper, Helper { names, .. }) in HELPERS.iter().enumerate() {
        if names.iter().any(|name| converter.may_name(name)) {
            define(helper, context)?;
            continue;
        }
        for (name, text) in names.iter().enumerate() {
            let place = (helper, name);
            let get = NativeFunction::from_copy_closure(move |_, _, context| {
                define(place.0, context)?;
                context.global_object().get(js_string!(HELPERS[place.0].names[place.1]), context)
            });
            let set = NativeFunction::from_copy_closure(move |_, arguments, context| {
                let value = arguments.first().cloned().unwrap_or_default();
                replace(HELPERS[place.0].names[place.1], value, context)
            });
            let get = FunctionObjectBuilder::new(context.realm(), get).build();
            let set = FunctionObjectBuilder::new(context.realm(), set).length(1).build();
            context.global_object().insert_property(
                js_string!(*text),
                PropertyDescriptor::builder().get(get).set(set).enumerable(false).configurable(true),
            );
        }
    }
    Ok(())
}

fn define(helper: usize, context: &mut Context) -> JsResult<()> {
    let helper = &HELPERS[helper];
    let source = Source::from_bytes(helper.text).with_path(std::path::Path::new(helper.path));
    let function = Script::parse(source, None, context)?.evaluate(context)?;
    let natives = natives::object(context)?;
    let broken = || JsNativeError::typ().with_message("a helper is broken");
    let function = function.as_callable().ok_or_else(broken)?;
    let defined = function.call(&JsValue::undefined(), &[natives.into()], context)?;
    let defined = defined.as_object().ok_or_else(broken)?;
    for name in helper.names {
        let value = defined.get(js_string!(*name), context)?;
        replace(name, value, context)?;
    }
    Ok(())
}

fn replace(name: &str, value: JsValue, context: &mut Context) -> JsResult<JsValue> {
    let property =
        PropertyDescriptor::builder().value(value).writable(true).enumerable(false).configurable(true);
    context.global_object().define_property_or_throw(js_string!(name), property, context)?;
    Ok(JsValue::undefined())
}

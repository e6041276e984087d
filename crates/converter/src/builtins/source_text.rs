//! `Function.prototype.toString`: the author's words.
//!
//! The engine knows a function by the text that it got, which is not the author's where that was changed, leaves out the end of
//! a template or regular expression that an arrow function ends with, and has no text of a class.

use boa_engine::{
    Context, Finalize, JsNativeError, JsResult, JsString, JsValue, NativeFunction, Trace, js_string,
    object::JsObject,
};

use super::methods::define;

use crate::{
    code::Ambiguous,
    refused::refused,
    script::Script,
    syntax::{self, Goal, Kind},
};

#[derive(Debug, Clone, Trace, Finalize)]
struct Captured {
    original: JsObject,
    #[unsafe_ignore_trace]
    scripts: Vec<Script>,
}

pub(super) fn install(script: &Script, context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().function().prototype();
    let original = prototype.get(js_string!("toString"), context)?;
    let Some(original) = original.as_object() else { return Ok(()) };
    let scripts = script.paths().filter_map(|path| script.file(path)).collect();
    let function = NativeFunction::from_copy_closure_with_captures(to_string, Captured { original, scripts });
    define(&prototype, "toString", (0, function), context)
}

fn to_string(this: &JsValue, _: &[JsValue], captured: &Captured, context: &mut Context) -> JsResult<JsValue> {
    let text = captured.original.call(this, &[], context)?;
    let engine = text.to_string(context)?.to_std_string_lossy();
    for script in &captured.scripts {
        match script.original(&engine) {
            Ok(Some(original)) => return Ok(JsString::from(original).into()),
            Ok(None) => {}
            Err(Ambiguous) => {
                let message = "the text of this function is not kept: another begins as it does";
                return Err(refused(JsNativeError::typ().with_message(message)));
            }
        }
    }
    match this.as_object() {
        Some(function) if engine.ends_with("() { [native code] }") && is_class(&function, context)? => {
            let name = function.get(js_string!("name"), context)?.to_string(context)?.to_std_string_lossy();
            let mut classes = captured.scripts.iter().flat_map(|script| classes(script, &name));
            match (classes.next(), classes.next()) {
                (Some(only), None) => Ok(JsString::from(only).into()),
                _ => {
                    let message = format!("the text of class `{name}` is not kept");
                    Err(refused(JsNativeError::typ().with_message(message)))
                }
            }
        }
        _ => Ok(text),
    }
}

/// Whether it is a class of the script: its `prototype` is fixed, and it is none of the language's constructors.
fn is_class(function: &JsObject, context: &mut Context) -> JsResult<bool> {
    let Some(prototype) = function.borrow().properties().get(&js_string!("prototype").into()) else {
        return Ok(false);
    };
    let name = function.get(js_string!("name"), context)?.to_string(context)?;
    let global = context.global_object().get(name, context)?;
    let is_global = global.as_object().is_some_and(|global| JsObject::equals(&global, function));
    Ok(prototype.writable() == Some(false) && !is_global)
}

/// The texts of the classes with this name.
fn classes(script: &Script, name: &str) -> Vec<String> {
    let Some(text) = script.text() else { return Vec::new() };
    let Ok(tree) = syntax::parse(text, Goal::Module) else { return Vec::new() };
    let mut found = Vec::new();
    tree.walk(&mut |node| {
        let class = match node.kind {
            Kind::Class { .. } if node.children[0].text(text) == name => Some(node),
            // `const A = class { … }`
            Kind::Declarator => {
                let value = node.children.get(1).filter(|value| matches!(value.kind, Kind::Class { .. }));
                value.filter(|value| value.children[0].is_nothing() && node.children[0].text(text) == name)
            }
            _ => None,
        };
        found.extend(class.map(|class| class.text(text).to_owned()));
        true
    });
    found
}

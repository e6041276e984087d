//! The global `BigInt`: Boa's, without the texts that ECMA-262 does not read.
//!
//! Boa reads `BigInt('1_000')`, since Rust's big numbers take underscores between digits.

use boa_engine::{
    Context, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
    value::PreferredType,
};

use crate::script::Script;

/// Puts our constructor before Boa's in scripts that have its name; the prototype, and so all methods, stay.
pub(super) fn install(script: &Script, context: &mut Context) -> JsResult<()> {
    if !script.may_name("BigInt") {
        return Ok(());
    }
    let original = context.intrinsics().constructors().bigint().constructor();
    let prototype = context.intrinsics().constructors().bigint().prototype();
    let construct = NativeFunction::from_copy_closure_with_captures(construct, original.clone());
    let bigint = FunctionObjectBuilder::new(context.realm(), construct)
        .name(js_string!("BigInt"))
        .length(1)
        .constructor(true)
        .build();
    let fixed = PropertyDescriptor::builder().writable(false).enumerable(false).configurable(false);
    let hidden = || PropertyDescriptor::builder().writable(true).enumerable(false).configurable(true);
    bigint.define_property_or_throw(js_string!("prototype"), fixed.value(prototype.clone()), context)?;
    for name in ["asIntN", "asUintN"] {
        let function = original.get(js_string!(name), context)?;
        bigint.define_property_or_throw(js_string!(name), hidden().value(function), context)?;
    }
    prototype.define_property_or_throw(js_string!("constructor"), hidden().value(bigint.clone()), context)?;
    context.global_object().define_property_or_throw(
        js_string!("BigInt"),
        hidden().value(bigint),
        context,
    )?;
    Ok(())
}

/// ECMA-262 §21.2.1.1; Boa hands `new.target` over in the place of `this`.
fn construct(
    new_target: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    if new_target.is_object() {
        return Err(JsNativeError::typ().with_message("BigInt is not a constructor").into());
    }
    let value = arguments.first().cloned().unwrap_or_default();
    let value = value.to_primitive(context, PreferredType::Number)?;
    if let Some(text) = value.as_string().filter(has_underscore) {
        let message = format!("Cannot convert {} to a BigInt", text.to_std_string_lossy());
        return Err(JsNativeError::syntax().with_message(message).into());
    }
    original.call(&JsValue::undefined(), &[value], context)
}

fn has_underscore(text: &JsString) -> bool {
    text.iter().any(|unit| unit == u16::from(b'_'))
}

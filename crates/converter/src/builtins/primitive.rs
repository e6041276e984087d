//! How objects become primitives, as ECMA-262 says it.
//!
//! Boa takes an object whose `toString` or `valueOf` uses the object again for one that holds itself, and gives `''` or 0 for it
//! (`OrdinaryToPrimitive`). It asks `Symbol.toPrimitive` before, so objects have one here, but for scripts that would see it. Only
//! arrays that hold themselves are empty within their own text; `join` sees to that.

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsString, JsSymbol, JsValue, NativeFunction, js_string,
    native_function::NativeFunctionPointer,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
};

use crate::script::Script;

pub(super) fn install(script: &Script, context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let (object, date) = (constructors.object().prototype(), constructors.date().prototype());
    let owners: [(JsObject, bool, NativeFunctionPointer); 2] =
        [(date, false, of_date), (object, true, of_object)];
    let is_seen = script.texts().any(|text| text.contains("toPrimitive"));
    for (owner, is_writable, function) in owners.into_iter().take(if is_seen { 1 } else { 2 }) {
        let function = FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(function))
            .name(js_string!("[Symbol.toPrimitive]"))
            .length(1)
            .build();
        let property = PropertyDescriptor::builder()
            .value(function)
            .writable(is_writable)
            .enumerable(false)
            .configurable(true);
        owner.define_property_or_throw(JsSymbol::to_primitive(), property, context)?;
    }
    Ok(())
}

/// ECMA-262 §7.1.1, for objects that do not say it themselves.
fn of_object(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let order = match arguments.get_or_undefined(0).as_string() {
        Some(hint) if hint == "string" => TEXT_FIRST,
        _ => NUMBER_FIRST,
    };
    ordinary(this, order, context)
}

/// ECMA-262 §21.4.4.45.
fn of_date(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let order = match arguments.get_or_undefined(0).as_string() {
        Some(hint) if hint == "string" || hint == "default" => TEXT_FIRST,
        Some(hint) if hint == "number" => NUMBER_FIRST,
        _ => return Err(JsNativeError::typ().with_message("Invalid hint").into()),
    };
    ordinary(this, order, context)
}

const TEXT_FIRST: [&str; 2] = ["toString", "valueOf"];
const NUMBER_FIRST: [&str; 2] = ["valueOf", "toString"];

/// ECMA-262 §7.1.1.1.
fn ordinary(this: &JsValue, order: [&str; 2], context: &mut Context) -> JsResult<JsValue> {
    let Some(object) = this.as_object() else {
        return Err(JsNativeError::typ().with_message("this is no object").into());
    };
    for name in order {
        if let Some(method) = object.get(JsString::from(name), context)?.as_callable() {
            let primitive = method.call(this, &[], context)?;
            if !primitive.is_object() {
                return Ok(primitive);
            }
        }
    }
    Err(JsNativeError::typ().with_message("Cannot convert object to primitive value").into())
}

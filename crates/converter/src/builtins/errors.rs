//! What V8's `Error` has besides ECMA-262: classes of errors call `Error.captureStackTrace(this)`.

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsValue, NativeFunction, js_string,
    object::FunctionObjectBuilder, property::PropertyDescriptor,
};

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let constructor = context.intrinsics().constructors().error().constructor();
    let capture = FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(capture))
        .name(js_string!("captureStackTrace"))
        .length(2)
        .build();
    let property = || PropertyDescriptor::builder().writable(true).configurable(true);
    constructor.define_property_or_throw(
        js_string!("captureStackTrace"),
        property().value(capture).enumerable(false),
        context,
    )?;
    constructor.define_property_or_throw(
        js_string!("stackTraceLimit"),
        property().value(10).enumerable(true),
        context,
    )?;
    Ok(())
}

/// `captureStackTrace(object)`: its `stack` is what it says of itself, without the calls.
fn capture(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = arguments.get_or_undefined(0);
    let Some(object) = value.as_object() else {
        return Err(JsNativeError::typ().with_message("captureStackTrace needs an object").into());
    };
    let stack = value.to_string(context)?;
    let property =
        PropertyDescriptor::builder().value(stack).writable(true).enumerable(false).configurable(true);
    object.define_property_or_throw(js_string!("stack"), property, context)?;
    Ok(JsValue::undefined())
}

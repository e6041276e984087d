//! Methods of ours in the place of the engine's.

use boa_engine::{
    Context, JsResult, JsString, NativeFunction,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
};

/// Defines a method as the language's own are: writable, configurable, not enumerable.
pub(super) fn define(
    object: &JsObject,
    name: &'static str,
    (length, function): (usize, NativeFunction),
    context: &mut Context,
) -> JsResult<()> {
    let name = JsString::from(name);
    let function =
        FunctionObjectBuilder::new(context.realm(), function).name(name.clone()).length(length).build();
    let property =
        PropertyDescriptor::builder().value(function).writable(true).enumerable(false).configurable(true);
    object.define_property_or_throw(name, property, context)?;
    Ok(())
}

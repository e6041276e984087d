//! The global `Date`: Boa's, with texts read and written as V8 does where the local time zone is UTC.

use boa_engine::{
    Context, JsResult, JsString, JsValue, NativeFunction,
    builtins::date::Date,
    js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
    value::PreferredType,
};

use super::{date_text, methods::define};

/// Methods whose text ends with the name of the time zone.
const WITH_ZONE: [&str; 2] = ["toString", "toTimeString"];

/// Puts our constructor before Boa's; the prototype, and so all other methods, stay.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let original = context.intrinsics().constructors().date().constructor();
    let prototype = context.intrinsics().constructors().date().prototype();
    for name in WITH_ZONE {
        name_zone(&prototype, name, context)?;
    }
    let construct = NativeFunction::from_copy_closure_with_captures(construct, original.clone());
    let date = FunctionObjectBuilder::new(context.realm(), construct)
        .name(js_string!("Date"))
        .length(7)
        .constructor(true)
        .build();
    let parse = FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(parse))
        .name(js_string!("parse"))
        .length(1)
        .build();
    // ECMA-262 §21.4.3 has these attributes.
    let fixed = PropertyDescriptor::builder().writable(false).enumerable(false).configurable(false);
    let hidden = || PropertyDescriptor::builder().writable(true).enumerable(false).configurable(true);
    date.define_property_or_throw(js_string!("prototype"), fixed.value(prototype.clone()), context)?;
    date.define_property_or_throw(js_string!("parse"), hidden().value(parse), context)?;
    for name in ["now", "UTC"] {
        let function = original.get(js_string!(name), context)?;
        date.define_property_or_throw(js_string!(name), hidden().value(function), context)?;
    }
    prototype.define_property_or_throw(js_string!("constructor"), hidden().value(date.clone()), context)?;
    let global = context.global_object();
    global.define_property_or_throw(js_string!("Date"), hidden().value(date), context)?;
    Ok(())
}

/// ECMA-262 §21.4.2.1; Boa hands `new.target` over in the place of `this`.
fn construct(
    new_target: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(new_target) = new_target.as_object() else {
        return Ok(with_zone(original.call(&JsValue::undefined(), arguments, context)?));
    };
    let date = match arguments {
        [value] if !value.as_object().is_some_and(|object| object.is::<Date>()) => {
            let primitive = value.to_primitive(context, PreferredType::Default)?;
            let value = match primitive.as_string() {
                Some(text) => milliseconds(&text.to_std_string_lossy()),
                None => primitive,
            };
            original.construct(&[value], Some(&new_target), context)?
        }
        arguments => original.construct(arguments, Some(&new_target), context)?,
    };
    Ok(date.into())
}

/// Puts a method before Boa's that adds the name of the time zone.
fn name_zone(prototype: &JsObject, name: &'static str, context: &mut Context) -> JsResult<()> {
    let original = prototype.get(js_string!(name), context)?;
    let Some(original) = original.as_object() else { return Ok(()) };
    let function = NativeFunction::from_copy_closure_with_captures(
        |this, _, original: &JsObject, context| Ok(with_zone(original.call(this, &[], context)?)),
        original,
    );
    define(prototype, name, (0, function), context)
}

/// `… GMT+0000 (Coordinated Universal Time)`; `Invalid Date` stays.
fn with_zone(text: JsValue) -> JsValue {
    let written = text.as_string().map(|text| text.to_std_string_lossy()).unwrap_or_default();
    match written.ends_with("GMT+0000") {
        true => JsString::from(format!("{written} (Coordinated Universal Time)")).into(),
        false => text,
    }
}

fn parse(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.first().cloned().unwrap_or_default().to_string(context)?;
    Ok(milliseconds(&text.to_std_string_lossy()))
}

fn milliseconds(text: &str) -> JsValue {
    JsValue::new(date_text::parse(text).map_or(f64::NAN, |milliseconds| milliseconds as f64))
}

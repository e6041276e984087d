//! The methods of numbers, dates, texts and arrays that depend on a locale.

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsString, JsValue, NativeFunction,
    bigint::JsBigInt,
    js_string,
    object::{JsObject, builtins::JsDate},
};

use super::{
    casing, collate,
    date_options::{self, Purpose},
    decimal::Quantity,
    number_options,
};
use crate::builtins::{join, methods::define};

/// Replaces the engine's own methods, which know no locale.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let (number, bigint, date) = (constructors.number(), constructors.bigint(), constructors.date());
    let (number, bigint, date) = (number.prototype(), bigint.prototype(), date.prototype());
    let (array, typed) = (constructors.array().prototype(), constructors.typed_array().prototype());
    let string = constructors.string().prototype();
    let methods: [(&JsObject, &str, usize, NativeFunction); 8] = [
        (&number, "toLocaleString", 0, NativeFunction::from_fn_ptr(number_text)),
        (&bigint, "toLocaleString", 0, NativeFunction::from_fn_ptr(bigint_text)),
        (&date, "toLocaleString", 0, NativeFunction::from_fn_ptr(date_and_time_text)),
        (&date, "toLocaleDateString", 0, NativeFunction::from_fn_ptr(date_text)),
        (&date, "toLocaleTimeString", 0, NativeFunction::from_fn_ptr(time_text)),
        (&array, "toLocaleString", 0, NativeFunction::from_fn_ptr(array_text)),
        (&typed, "toLocaleString", 0, NativeFunction::from_fn_ptr(array_text)),
        (&string, "localeCompare", 1, NativeFunction::from_fn_ptr(compare)),
    ];
    for (object, name, length, function) in methods {
        define(object, name, (length, function), context)?;
    }
    casing::install(&string, context)
}

fn number_text(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = number_options::this_number(this)?;
    number("Number.prototype.toLocaleString", &Quantity::of_f64(value), arguments, context)
}

fn bigint_text(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = || this.as_object()?.downcast_ref::<JsBigInt>().map(|value| value.clone());
    let Some(value) = this.as_bigint().or_else(object) else {
        let message = "BigInt.prototype.toLocaleString requires that 'this' be a BigInt";
        return Err(JsNativeError::typ().with_message(message).into());
    };
    let quantity = number_options::of_digits(&value.to_string_radix(10));
    number("BigInt.prototype.toLocaleString", &quantity, arguments, context)
}

fn number(
    what: &str,
    quantity: &Quantity,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let asked = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
    Ok(number_options::read(asked, what, context)?.format.format(quantity).to_js_text())
}

fn date_and_time_text(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    date(("Date.prototype.toLocaleString", Purpose::DateAndTime), this, arguments, context)
}

fn date_text(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    date(("Date.prototype.toLocaleDateString", Purpose::Date), this, arguments, context)
}

fn time_text(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    date(("Date.prototype.toLocaleTimeString", Purpose::Time), this, arguments, context)
}

fn date(
    (what, purpose): (&str, Purpose),
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let wrong = || JsNativeError::typ().with_message("this is not a Date object.");
    let object = this.as_object().ok_or_else(wrong)?;
    let time = JsDate::from_object(object).map_err(|_| wrong())?.get_time(context)?.to_number(context)?;
    if time.is_nan() {
        return Ok(js_string!("Invalid Date").into());
    }
    let asked = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
    let request = date_options::read(asked, purpose, what, context)?;
    Ok(request.format(time, what)?.to_js_date_text())
}

fn compare(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let what = "String.prototype.localeCompare";
    let left = this.require_object_coercible()?.to_string(context)?;
    let right = arguments.get_or_undefined(0).to_string(context)?;
    let asked = (arguments.get_or_undefined(1), arguments.get_or_undefined(2));
    let collator = collate::for_comparison(asked, what, context)?;
    Ok(JsValue::new(collator.compare(&left, &right)))
}

/// ECMA-402 §18.5.1; V8 puts commas between the items in every locale.
fn array_text(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let array = this.to_object(context)?;
    join::text_of(&array, context, |context| items_text(&array, arguments, context))
}

fn items_text(array: &JsObject, arguments: &[JsValue], context: &mut Context) -> JsResult<JsString> {
    let length = array.get(js_string!("length"), context)?.to_length(context)?;
    let asked = [arguments.get_or_undefined(0).clone(), arguments.get_or_undefined(1).clone()];
    let mut text: Vec<u16> = Vec::new();
    for index in 0..length {
        if index > 0 {
            text.push(u16::from(b','));
        }
        let item = array.get(index, context)?;
        if item.is_null_or_undefined() {
            continue;
        }
        let method = item.to_object(context)?.get(js_string!("toLocaleString"), context)?;
        let Some(method) = method.as_callable() else {
            let message = "toLocaleString of an item is not a function";
            return Err(JsNativeError::typ().with_message(message).into());
        };
        let item = method.call(&item, &asked, context)?.to_string(context)?;
        text.extend(item.iter());
    }
    Ok(JsString::from(text.as_slice()))
}

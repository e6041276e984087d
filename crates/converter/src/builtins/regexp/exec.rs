//! `RegExp.prototype.exec`, which `match`, `matchAll`, `replace`, `search`, `split` and `test` ask, too.
//!
//! Boa's expressions run over units of two bytes, and it copies a text that has one byte per character at each call: a page of a
//! megabyte takes minutes. Here a long text is copied once.

use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_string, object::JsObject,
    string::JsStrVariant,
};

use super::sticky;
use crate::builtins::methods::define;

/// Copying shorter texts costs less than to keep them.
const LONG: usize = 256;

/// The last long text, with one and with two bytes per character.
#[derive(Debug)]
struct Widened(JsString, JsString);

pub(super) fn install(prototype: &JsObject, context: &mut Context) -> JsResult<()> {
    let Some(original) = prototype.get(js_string!("exec"), context)?.as_callable() else { return Ok(()) };
    let function = NativeFunction::from_copy_closure_with_captures(exec, original);
    define(prototype, "exec", (1, function), context)
}

/// ECMA-262 §22.2.6.2.
fn exec(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    match arguments.get_or_undefined(0).as_string() {
        Some(text) if text.len() >= LONG => {
            let wide = wide(text.clone(), context);
            let found = match (this.as_object(), sticky::with_branch(this, context)?) {
                (Some(regexp), Some(branched)) => {
                    sticky::exec((&regexp, &branched), &wide, original, context)?
                }
                _ => original.call(this, &[wide.into()], context)?,
            };
            // The text itself is the same as another sooner than a copy of it.
            if let Some(found) = found.as_object() {
                found.create_data_property_or_throw(js_string!("input"), text, context)?;
            }
            Ok(found)
        }
        _ => original.call(this, arguments, context),
    }
}

/// The same text with two bytes per character.
pub(super) fn wide(text: JsString, context: &mut Context) -> JsString {
    let JsStrVariant::Latin1(bytes) = text.as_str().variant() else { return text };
    if let Some(Widened(last, wide)) = context.get_data::<Widened>()
        && let JsStrVariant::Latin1(of_last) = last.as_str().variant()
        && std::ptr::eq(bytes, of_last)
    {
        return wide.clone();
    }
    let units: Vec<u16> = bytes.iter().copied().map(u16::from).collect();
    let wide = JsString::from(&units[..]);
    context.insert_data(Widened(text.clone(), wide.clone()));
    wide
}

/// Frees the last long text.
pub(in crate::builtins) fn forget_text(context: &mut Context) {
    context.remove_data::<Widened>();
}

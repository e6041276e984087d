//! `Array.prototype.join`, and which arrays are being made texts.
//!
//! An array that is met again within its own text is empty there, in V8 by this list, in Boa by its own check of all objects
//! that become primitives, which `primitive` takes away.

use std::{cell::RefCell, rc::Rc};

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsStr, JsString, JsValue, NativeFunction, js_string,
    object::JsObject,
};

use super::methods::define;

/// V8 has no longer texts.
const MAX_LENGTH: u64 = (1 << 29) - 24;

/// The arrays whose texts are being made.
#[derive(Debug, Clone, Default)]
struct Open(Rc<RefCell<Vec<JsObject>>>);

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    context.insert_data(Open::default());
    let prototype = context.intrinsics().constructors().array().prototype();
    define(&prototype, "join", (1, NativeFunction::from_fn_ptr(join)), context)
}

/// The text that `make` gives for the array; an empty one where it is being made already.
pub(super) fn text_of(
    array: &JsObject,
    context: &mut Context,
    make: impl FnOnce(&mut Context) -> JsResult<JsString>,
) -> JsResult<JsValue> {
    let open = context.get_data::<Open>().cloned().unwrap_or_default();
    if open.0.borrow().iter().any(|outer| JsObject::equals(outer, array)) {
        return Ok(js_string!("").into());
    }
    open.0.borrow_mut().push(array.clone());
    let text = make(context);
    open.0.borrow_mut().pop();
    Ok(text?.into())
}

/// ECMA-262 §23.1.3.18.
fn join(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let array = this.to_object(context)?;
    let length = array.get(js_string!("length"), context)?.to_length(context)?;
    let separator = match arguments.get_or_undefined(0) {
        separator if separator.is_undefined() => js_string!(","),
        separator => separator.to_string(context)?,
    };
    if length.saturating_sub(1).saturating_mul(separator.len() as u64) > MAX_LENGTH {
        return Err(JsNativeError::range().with_message("Invalid string length").into());
    }
    text_of(&array, context, |context| {
        let mut parts: Vec<JsString> = Vec::new();
        for index in 0..length {
            if index > 0 && !separator.is_empty() {
                parts.push(separator.clone());
            }
            let item = array.get(index, context)?;
            if !item.is_null_or_undefined() {
                parts.push(item.to_string(context)?);
            }
        }
        let parts: Vec<JsStr<'_>> = parts.iter().map(JsString::as_str).collect();
        Ok(JsString::concat_array(&parts))
    })
}

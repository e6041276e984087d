//! Looking for a text in a text: `indexOf`, `includes`, `split` and `replaceAll`.
//!
//! Boa counts from the beginning of the text each time it looks for the next place (`JsStr::index_of` skips windows one by one),
//! so that a page of a megabyte takes minutes. What is no text here goes to Boa's own methods.

mod find;
mod replace;

use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::{JsObject, builtins::JsArray},
    value::IntegerOrInfinity,
};

use find::find;

use super::methods::define;

type Method = fn(&JsString, &JsString, &JsValue, &mut Context) -> JsResult<Option<JsValue>>;

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().string().prototype();
    let methods: [(&str, usize, Method); 4] = [
        ("indexOf", 1, index_of),
        ("includes", 1, includes),
        ("split", 2, split),
        ("replaceAll", 2, replace::all),
    ];
    for (name, length, method) in methods {
        let Some(original) = prototype.get(js_string!(name), context)?.as_callable() else { continue };
        let function = NativeFunction::from_copy_closure_with_captures(
            move |this, arguments, original: &JsObject, context| {
                let texts = this.as_string().zip(arguments.get_or_undefined(0).as_string());
                let found = match texts {
                    Some((text, sought)) => method(&text, &sought, arguments.get_or_undefined(1), context)?,
                    None => None,
                };
                found.map_or_else(|| original.call(this, arguments, context), Ok)
            },
            original,
        );
        define(&prototype, name, (length, function), context)?;
    }
    Ok(())
}

/// ECMA-262 §22.1.3.9.
fn index_of(
    text: &JsString,
    sought: &JsString,
    from: &JsValue,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    let from = start(text, from, context)?;
    Ok(Some(find(text.as_str(), sought.as_str(), from).map_or(JsValue::new(-1), JsValue::from)))
}

/// ECMA-262 §22.1.3.8.
fn includes(
    text: &JsString,
    sought: &JsString,
    from: &JsValue,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    let from = start(text, from, context)?;
    Ok(Some(find(text.as_str(), sought.as_str(), from).is_some().into()))
}

fn start(text: &JsString, from: &JsValue, context: &mut Context) -> JsResult<usize> {
    Ok(match from.to_integer_or_infinity(context)? {
        IntegerOrInfinity::Integer(from) => usize::try_from(from).unwrap_or(0).min(text.len()),
        IntegerOrInfinity::PositiveInfinity => text.len(),
        IntegerOrInfinity::NegativeInfinity => 0,
    })
}

/// ECMA-262 §22.1.3.23.
fn split(
    text: &JsString,
    separator: &JsString,
    limit: &JsValue,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    // Boa takes these in one go.
    if separator.is_empty() || text.is_empty() {
        return Ok(None);
    }
    let limit = match limit.is_undefined() {
        true => u32::MAX,
        false => limit.to_u32(context)?,
    };
    if limit == 0 {
        return Ok(Some(JsArray::new(context)?.into()));
    }
    let (mut parts, mut from) = (Vec::new(), 0);
    while let Some(at) = find(text.as_str(), separator.as_str(), from) {
        parts.push(text.slice(from, at).into());
        from = at + separator.len();
        if parts.len() as u32 == limit {
            return Ok(Some(JsArray::from_iter(parts, context).into()));
        }
    }
    parts.push(text.slice(from, text.len()).into());
    Ok(Some(JsArray::from_iter(parts, context).into()))
}

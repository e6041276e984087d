//! `replaceAll` with a text.

use boa_engine::{Context, JsResult, JsStr, JsString, JsValue, object::JsObject};

use super::find::find;

/// ECMA-262 §22.1.3.20.
pub(super) fn all(
    text: &JsString,
    sought: &JsString,
    by: &JsValue,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    let by = match by.as_callable() {
        Some(function) => By::Function(function),
        None => By::Template(by.to_string(context)?),
    };
    let (mut places, mut from) = (Vec::new(), 0);
    while let Some(at) = find(text.as_str(), sought.as_str(), from) {
        places.push(at);
        from = at + sought.len().max(1);
    }
    let (mut parts, mut end) = (Vec::new(), 0);
    for at in places {
        parts.push(text.slice(end, at));
        end = at + sought.len();
        match &by {
            By::Function(function) => {
                let arguments = [sought.clone().into(), at.into(), text.clone().into()];
                parts.push(function.call(&JsValue::undefined(), &arguments, context)?.to_string(context)?);
            }
            By::Template(template) => fill(template, (text, at..end), &mut parts),
        }
    }
    parts.push(text.slice(end, text.len()));
    let parts: Vec<JsStr<'_>> = parts.iter().map(JsString::as_str).collect();
    Ok(Some(JsString::concat_array(&parts).into()))
}

enum By {
    Function(JsObject),
    Template(JsString),
}

/// ECMA-262 §22.1.3.19.1, where nothing is captured: `$$`, `$&`, `` $` `` and `$'`.
fn fill(template: &JsString, (text, found): (&JsString, std::ops::Range<usize>), parts: &mut Vec<JsString>) {
    let (mut from, mut at) = (0, 0);
    while let Some(sign) = find(template.as_str(), JsStr::latin1(b"$"), at) {
        let part = match template.as_str().get(sign + 1).map(u8::try_from) {
            Some(Ok(b'$')) => template.slice(sign, sign + 1),
            Some(Ok(b'&')) => text.slice(found.start, found.end),
            Some(Ok(b'`')) => text.slice(0, found.start),
            Some(Ok(b'\'')) => text.slice(found.end, text.len()),
            _ => {
                at = sign + 1;
                continue;
            }
        };
        parts.extend([template.slice(from, sign), part]);
        from = sign + 2;
        at = from;
    }
    parts.push(template.slice(from, template.len()));
}

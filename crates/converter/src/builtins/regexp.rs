//! `RegExp.prototype.source` as ECMA-262 says, and a word about `RegExp.$1`.
//!
//! Boa puts a `\` before each `/` of a pattern, also where there is one already, so that `new RegExp(/a\/b/.source)` is
//! another expression. `toString` and `structuredClone` ask for `source`, too.

use boa_engine::{
    Context, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
};

use crate::{rewrite, script::Script};

/// What Annex B remembers of the last match; Boa does not.
const LAST_MATCH: [&str; 19] = [
    "$1",
    "$2",
    "$3",
    "$4",
    "$5",
    "$6",
    "$7",
    "$8",
    "$9",
    "$&",
    "$+",
    "$`",
    "$'",
    "input",
    "$_",
    "lastMatch",
    "lastParen",
    "leftContext",
    "rightContext",
];

pub(super) fn install(script: &Script, context: &mut Context) -> JsResult<()> {
    let constructor = context.intrinsics().constructors().regexp().constructor();
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let original = prototype.borrow().properties().get(&js_string!("source").into());
    if let Some(original) = original.as_ref().and_then(PropertyDescriptor::get).and_then(JsValue::as_object) {
        let get = NativeFunction::from_copy_closure_with_captures(source, original);
        let get = FunctionObjectBuilder::new(context.realm(), get).name(js_string!("get source")).build();
        let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
        prototype.define_property_or_throw(js_string!("source"), property, context)?;
    }
    // They are many for each scope, and few scripts have the name.
    let names = if script.texts().any(|text| text.contains("RegExp")) { &LAST_MATCH[..] } else { &[] };
    for &name in names {
        let get = NativeFunction::from_copy_closure(move |_, _, _| {
            let message = format!("`RegExp.{name}` is not there: keep what `exec` or `match` returns");
            Err(JsNativeError::typ().with_message(message).into())
        });
        let get = FunctionObjectBuilder::new(context.realm(), get).build();
        let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
        constructor.define_property_or_throw(js_string!(name), property, context)?;
    }
    Ok(())
}

fn source(this: &JsValue, _: &[JsValue], original: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let source = original.call(this, &[], context)?;
    Ok(match source.as_string() {
        Some(source) => {
            let pattern = escaped(&source.to_vec());
            match String::from_utf16(&pattern) {
                Ok(text) => JsString::from(rewrite::original_pattern(&text)).into(),
                // Halves of surrogate pairs.
                Err(_) => JsString::from(&pattern[..]).into(),
            }
        }
        None => source,
    })
}

/// The pattern with a `\` before the `/` that need one, which are those outside of classes that have none.
fn escaped(engine: &[u16]) -> Vec<u16> {
    let [backslash, slash, open, close] = ['\\', '/', '[', ']'].map(|c| c as u16);
    let mut pattern = Vec::with_capacity(engine.len());
    let (mut is_escaped, mut in_class) = (false, false);
    for (at, unit) in engine.iter().copied().enumerate() {
        // The engine's own, which stands before every `/`.
        if unit == backslash && engine.get(at + 1) == Some(&slash) {
            continue;
        }
        if unit == slash && !is_escaped && !in_class {
            pattern.push(backslash);
        }
        if !is_escaped {
            in_class = (in_class || unit == open) && unit != close;
        }
        is_escaped = unit == backslash && !is_escaped;
        pattern.push(unit);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_have_one_backslash() {
        let check = |engine: &str, expected: &str| {
            let units: Vec<u16> = engine.encode_utf16().collect();
            assert_eq!(String::from_utf16_lossy(&escaped(&units)), expected);
        };
        check(r"(?:)", r"(?:)");
        // The engine's text for `/a\/b/`, `new RegExp('a/b')`, `/[/]/`, `/[\/]/` and `/\\\//`.
        check(r"a\\/b", r"a\/b");
        check(r"a\/b", r"a\/b");
        check(r"[\/]", r"[/]");
        check(r"[\\/]\/", r"[\/]\/");
        check(r"\\\\/", r"\\\/");
        check(r"\[\/", r"\[\/");
    }
}

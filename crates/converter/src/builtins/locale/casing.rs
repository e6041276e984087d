//! `toLocaleUpperCase` and `toLocaleLowerCase`: the languages with a case of their own, and the language's for all others.

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_string, object::JsObject,
};

use super::{refusal, tag};
use crate::builtins::methods::define;

/// I with a dot, and i without one.
const DOTTED: u16 = 0x130;
const DOTLESS: u16 = 0x131;
/// Marks that stand above or below the letter before them.
const MARKS: std::ops::RangeInclusive<u16> = 0x300..=0x36f;
const DOT_ABOVE: u16 = 0x307;

/// Which case letters get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
}

/// Puts the methods in the place of the engine's, which call these two still.
pub(super) fn install(string: &JsObject, context: &mut Context) -> JsResult<()> {
    for (name, plain, case) in [
        ("toLocaleUpperCase", js_string!("toUpperCase"), Case::Upper),
        ("toLocaleLowerCase", js_string!("toLowerCase"), Case::Lower),
    ] {
        let plain = string.get(plain, context)?.as_object();
        let Some(plain) = plain else { continue };
        let function = NativeFunction::from_copy_closure_with_captures(
            move |this, arguments, plain: &JsObject, context| {
                change((name, case), (this, arguments), plain, context)
            },
            plain,
        );
        define(string, name, (0, function), context)?;
    }
    Ok(())
}

fn change(
    (name, case): (&'static str, Case),
    (this, arguments): (&JsValue, &[JsValue]),
    plain: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    if this.is_null_or_undefined() {
        let message = format!("String.prototype.{name} called on null or undefined");
        return Err(JsNativeError::typ().with_message(message).into());
    }
    let text = this.to_string(context)?;
    let tags = tag::tags(arguments.get_or_undefined(0), context)?;
    let language = tags.first().map_or("en", |tag| tag.language.as_str());
    let what = format!("String.prototype.{name}");
    let refuse =
        || Err(refusal::unsupported(&what, &format!("the case of letters of the locale `{language}`")));
    let text = match language {
        "tr" | "az" => match turkic(&text, case) {
            Some(text) => text,
            None => return refuse(),
        },
        // Greek loses accents in capitals, Lithuanian keeps dots, Armenian has a ligature.
        "el" | "lt" | "hy" if text.iter().any(|unit| unit > 0x7f) => return refuse(),
        _ => text,
    };
    plain.call(&text.into(), &[], context)
}

/// The text with the letters that Turkic languages change in another way than all others already changed.
fn turkic(text: &JsString, case: Case) -> Option<JsString> {
    let mut units = text.iter().peekable();
    let mut changed: Vec<u16> = Vec::new();
    while let Some(unit) = units.next() {
        changed.push(match (case, unit) {
            (Case::Upper, 0x69) => DOTTED,
            (Case::Lower, DOTTED) => 0x69,
            (Case::Lower, 0x49) if units.next_if_eq(&DOT_ABOVE).is_some() => 0x69,
            (Case::Lower, 0x49) if units.peek().is_some_and(|next| MARKS.contains(next)) => return None,
            (Case::Lower, 0x49) => DOTLESS,
            (_, unit) => unit,
        });
    }
    Some(JsString::from(changed.as_slice()))
}

//! `RegExp` as ECMA-262 says, and a word about `RegExp.$1`.
//!
//! Boa puts a `\` before each `/` of a pattern, also where there is one already, so that `new RegExp(/a\/b/.source)` is
//! another expression; `toString` and `structuredClone` ask for `source`, too. And it gets some patterns in other words, those
//! of the script's text from `rewrite`, those that are made at run time here: `source` has the author's.

mod exec;
mod split;
mod sticky;

use std::collections::HashMap;

use boa_engine::{
    Context, JsNativeError, JsResult, JsString, JsSymbol, JsValue, NativeFunction,
    builtins::regexp::RegExp,
    js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
};

pub(super) use exec::forget_text;

use crate::{refused::refused, rewrite, script::Script};

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

/// The author's pattern by the engine's, where they differ.
#[derive(Debug, Default)]
struct AuthorPatterns(HashMap<String, String>);

pub(super) fn install(script: &Script, context: &mut Context) -> JsResult<()> {
    let files = script.paths().filter_map(|path| script.file(path));
    let patterns = files.flat_map(|file| file.changed_patterns().to_vec());
    context.insert_data(AuthorPatterns(patterns.map(|pattern| (pattern.engine, pattern.author)).collect()));
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let original = prototype.borrow().properties().get(&js_string!("source").into());
    if let Some(original) = original.as_ref().and_then(PropertyDescriptor::get).and_then(JsValue::as_object) {
        let get = NativeFunction::from_copy_closure_with_captures(source, original);
        let get = FunctionObjectBuilder::new(context.realm(), get).name(js_string!("get source")).build();
        let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
        prototype.define_property_or_throw(js_string!("source"), property, context)?;
    }
    // Few scripts have the name, and this is much for each scope.
    if script.may_name("RegExp") || script.may_name("structuredClone") {
        let constructor = install_constructor(&prototype, context)?;
        refuse_last_match(&constructor, context)?;
    }
    exec::install(&prototype, context)?;
    sticky::install(&prototype, script, context);
    split::install(&prototype, context)
}

fn refuse_last_match(constructor: &JsObject, context: &mut Context) -> JsResult<()> {
    for name in LAST_MATCH {
        let get = NativeFunction::from_copy_closure(move |_, _, _| {
            let message = format!("`RegExp.{name}` is not there: keep what `exec` or `match` returns");
            Err(refused(JsNativeError::typ().with_message(message)))
        });
        let get = FunctionObjectBuilder::new(context.realm(), get).build();
        let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
        constructor.define_property_or_throw(js_string!(name), property, context)?;
    }
    Ok(())
}

/// Puts our constructor before Boa's.
fn install_constructor(prototype: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    let original = context.intrinsics().constructors().regexp().constructor();
    let construct = NativeFunction::from_copy_closure_with_captures(construct, original.clone());
    let constructor = FunctionObjectBuilder::new(context.realm(), construct)
        .name(js_string!("RegExp"))
        .length(2)
        .constructor(true)
        .build();
    let fixed = PropertyDescriptor::builder().writable(false).enumerable(false).configurable(false);
    let hidden = || PropertyDescriptor::builder().writable(true).enumerable(false).configurable(true);
    constructor.define_property_or_throw(js_string!("prototype"), fixed.value(prototype.clone()), context)?;
    let species = original.borrow().properties().get(&JsSymbol::species().into());
    if let Some(species) = species {
        constructor.define_property_or_throw(JsSymbol::species(), species, context)?;
    }
    let escape = original.get(js_string!("escape"), context)?;
    if !escape.is_undefined() {
        constructor.define_property_or_throw(js_string!("escape"), hidden().value(escape), context)?;
    }
    let value = hidden().value(constructor.clone());
    prototype.define_property_or_throw(js_string!("constructor"), value, context)?;
    let value = hidden().value(constructor.clone());
    context.global_object().define_property_or_throw(js_string!("RegExp"), value, context)?;
    Ok(constructor.into())
}

/// ECMA-262 §22.2.4.1; Boa hands `new.target` over in the place of `this`.
fn construct(
    new_target: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let pattern = arguments.first().cloned().unwrap_or_default();
    let flags = arguments.get(1).cloned().unwrap_or_default();
    let regexp = pattern.as_object().filter(JsObject::is::<RegExp>);
    let new_target = new_target.as_object();
    if regexp.is_some() && flags.is_undefined() && new_target.is_none() {
        return Ok(pattern);
    }
    let flags = match (&regexp, flags.is_undefined()) {
        (Some(regexp), true) => regexp.get(js_string!("flags"), context)?,
        _ => flags,
    };
    let pattern = match &regexp {
        Some(regexp) => regexp.get(js_string!("source"), context)?,
        None => pattern,
    };
    let mut arguments = [pattern, flags];
    if let [Some(pattern), Some(flags)] = arguments.each_ref().map(JsValue::as_string)
        && let Ok(author) = pattern.to_std_string()
    {
        let flags = flags.to_std_string_lossy();
        if let Some(message) = rewrite::refusal_of_pattern(&author, &flags) {
            return Err(match message.strip_prefix("syntax error: ") {
                Some(message) => JsNativeError::syntax().with_message(message).into(),
                None => refused(JsNativeError::syntax().with_message(message)),
            });
        }
        if let Some(engine) = rewrite::pattern_for_engine(&author, &flags) {
            arguments[0] = JsString::from(engine.as_str()).into();
            if let Some(mut patterns) = context.remove_data::<AuthorPatterns>() {
                patterns.0.insert(as_source(&engine), as_source(&author));
                context.insert_data(*patterns);
            }
        }
    }
    Ok(original.construct(&arguments, new_target.as_ref(), context)?.into())
}

fn source(this: &JsValue, _: &[JsValue], original: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let source = original.call(this, &[], context)?;
    Ok(match source.as_string() {
        Some(source) => {
            let pattern = escaped(&source.to_vec());
            let text = String::from_utf16(&pattern).ok();
            let patterns = context.get_data::<AuthorPatterns>();
            let author = text.zip(patterns).and_then(|(text, patterns)| patterns.0.get(&text));
            match author {
                Some(author) => JsString::from(author.as_str()).into(),
                None => JsString::from(&pattern[..]).into(),
            }
        }
        None => source,
    })
}

/// What `source` is of a pattern that was given as a text.
fn as_source(pattern: &str) -> String {
    let engine: Vec<u16> = pattern.replace('/', r"\/").encode_utf16().collect();
    String::from_utf16_lossy(&escaped(&engine))
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
        assert_eq!([r"a/b\/[/]\\/", r"\[/"].map(as_source), [r"a\/b\/[/]\\\/", r"\[\/"]);
    }
}

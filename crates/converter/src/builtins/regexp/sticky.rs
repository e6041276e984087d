//! Expressions with `y`, which match where they are asked to or not at all.
//!
//! Boa looks through the rest of the text for them, and then at where it found something. Here such an expression gets a second
//! branch that is empty, in a group of its own, so that the search ends where it begins.

use boa_engine::{
    Context, JsResult, JsString, JsValue, builtins::regexp::RegExp, js_string, object::JsObject,
    property::PropertyDescriptor,
};

use crate::{rewrite, script::Script};

/// The flags that mean something else than where to look.
const FLAGS: [(&str, &str); 6] = [
    ("d", "hasIndices"),
    ("i", "ignoreCase"),
    ("m", "multiline"),
    ("s", "dotAll"),
    ("u", "unicode"),
    ("v", "unicodeSets"),
];

/// So many expressions are kept.
const MAX_KEPT: usize = 32;

/// What the language says of flags, and expressions with their second branch.
#[derive(Debug)]
struct Sticky {
    sticky: JsObject,
    flags: Vec<(&'static str, JsObject)>,
    constructor: JsObject,
    kept: Vec<(JsString, String, JsObject)>,
    /// The last expression that was asked for, and what its members were; `compile` would make another of it.
    last: Option<(JsObject, usize, JsObject)>,
    may_compile: bool,
}

pub(super) fn install(prototype: &JsObject, script: &Script, context: &mut Context) {
    let getter = |name: &str| {
        let property = prototype.borrow().properties().get(&js_string!(name).into());
        property.as_ref().and_then(PropertyDescriptor::get).and_then(JsValue::as_object)
    };
    let flags: Option<Vec<_>> = FLAGS.iter().map(|(flag, name)| Some((*flag, getter(name)?))).collect();
    if let (Some(sticky), Some(flags)) = (getter("sticky"), flags) {
        let constructor = context.intrinsics().constructors().regexp().constructor();
        let may_compile = script.may_name("compile");
        let kept = Vec::new();
        context.insert_data(Sticky { sticky, flags, constructor, kept, last: None, may_compile });
    }
}

/// The expression with its second branch, if it is one with `y` that has nothing of its own.
pub(super) fn with_branch(regexp: &JsValue, context: &mut Context) -> JsResult<Option<JsObject>> {
    let Some(object) = regexp.as_object().filter(JsObject::is::<RegExp>) else { return Ok(None) };
    let Some(data) = context.get_data::<Sticky>() else { return Ok(None) };
    let shape = object.borrow().shape().to_addr_usize();
    if let Some((last, of_last, branched)) = &data.last
        && *of_last == shape
        && JsObject::equals(last, &object)
    {
        return Ok(Some(branched.clone()));
    }
    let sticky = data.sticky.clone();
    let ours = context.intrinsics().constructors().regexp().prototype();
    let is_ours = object.prototype().is_some_and(|prototype| JsObject::equals(&prototype, &ours));
    if !sticky.call(regexp, &[], context)?.to_boolean()
        || !is_ours
        || object.own_property_keys(context)?.len() > 1
    {
        return Ok(None);
    }
    let mut flags = "g".to_owned();
    for (flag, getter) in context.get_data::<Sticky>().map(|data| data.flags.clone()).unwrap_or_default() {
        if getter.call(regexp, &[], context)?.to_boolean() {
            flags.push_str(flag);
        }
    }
    let source = object.get(js_string!("source"), context)?.to_string(context)?;
    let Ok(author) = source.to_std_string() else { return Ok(None) };
    // What `\2` means depends on how many groups there are.
    if author.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit()) {
        return Ok(None);
    }
    let Some(mut data) = context.remove_data::<Sticky>() else { return Ok(None) };
    let known = data.kept.iter().find(|(known, with, _)| *known == source && *with == flags);
    let known = known.map(|(.., known)| known.clone());
    let is_known = known.is_some();
    let found = match known {
        Some(known) => Ok(known),
        None => construct(&data.constructor, (&author, &flags), context),
    };
    if let (false, Ok(made)) = (is_known, &found) {
        data.kept.truncate(MAX_KEPT - 1);
        data.kept.insert(0, (source, flags, made.clone()));
    }
    data.last = found.as_ref().ok().filter(|_| !data.may_compile).map(|made| (object, shape, made.clone()));
    context.insert_data(*data);
    found.map(Some)
}

fn construct(
    constructor: &JsObject,
    (author, flags): (&str, &str),
    context: &mut Context,
) -> JsResult<JsObject> {
    let pattern = format!("(?:{author})|()");
    let pattern = rewrite::pattern_for_engine(&pattern, flags).unwrap_or(pattern);
    let arguments = [JsString::from(pattern).into(), JsString::from(flags).into()];
    constructor.construct(&arguments, None, context)
}

/// ECMA-262 §22.2.7.2 with `exec`, the engine's own.
pub(super) fn exec(
    (regexp, branched): (&JsObject, &JsObject),
    text: &JsString,
    exec: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let last_index = || js_string!("lastIndex");
    let start = regexp.get(last_index(), context)?.to_length(context)?;
    let found = match start <= text.len() as u64 {
        true => {
            branched.set(last_index(), start, true, context)?;
            exec.call(&branched.clone().into(), &[text.clone().into()], context)?.as_object()
        }
        false => None,
    };
    if let Some(found) = found {
        let second = found.get(js_string!("length"), context)?.to_length(context)? - 1;
        let is_first = found.get(second, context)?.is_undefined();
        if is_first && found.get(js_string!("index"), context)?.to_length(context)? == start {
            let end = branched.get(last_index(), context)?;
            regexp.set(last_index(), end, true, context)?;
            found.set(js_string!("length"), second, true, context)?;
            if let Some(indices) = found.get(js_string!("indices"), context)?.as_object() {
                indices.set(js_string!("length"), second, true, context)?;
            }
            return Ok(found.into());
        }
    }
    regexp.set(last_index(), 0, true, context)?;
    Ok(JsValue::null())
}

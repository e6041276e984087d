//! `RegExp.prototype[Symbol.split]`, which looks for the next place instead of asking at every place whether it is one.
//!
//! Boa does as ECMA-262 writes it, and each time looks through the rest of the text.

use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsSymbol, JsValue, NativeFunction,
    builtins::regexp::RegExp,
    js_string,
    object::{FunctionObjectBuilder, JsObject, builtins::JsArray},
    property::PropertyDescriptor,
};

use super::exec::wide;

pub(super) fn install(prototype: &JsObject, context: &mut Context) -> JsResult<()> {
    let Some(original) = prototype.get(JsSymbol::split(), context)?.as_callable() else { return Ok(()) };
    let function = NativeFunction::from_copy_closure_with_captures(split, original);
    let function = FunctionObjectBuilder::new(context.realm(), function)
        .name(js_string!("[Symbol.split]"))
        .length(2)
        .build();
    let property =
        PropertyDescriptor::builder().value(function).writable(true).enumerable(false).configurable(true);
    prototype.define_property_or_throw(JsSymbol::split(), property, context)?;
    if let Some(now) = Untouched::of(prototype, context)? {
        context.insert_data(now);
    }
    Ok(())
}

/// ECMA-262 §22.2.6.14.
fn split(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let (text, limit) = (arguments.get_or_undefined(0).as_string(), arguments.get_or_undefined(1));
    let (Some(regexp), Some(text)) = (this.as_object(), text.filter(|text| !text.is_empty())) else {
        return original.call(this, arguments, context);
    };
    if limit.is_object() || !is_plain(&regexp, context)? {
        return original.call(this, arguments, context);
    }
    let limit = match limit.is_undefined() {
        true => u32::MAX,
        false => limit.to_u32(context)?,
    };
    let parts = parts(&regexp, (&text, limit as usize), context)?;
    Ok(JsArray::from_iter(parts, context).into())
}

/// Whether nobody would notice in which way the expression is asked: it has no members of its own, and `RegExp` has its.
fn is_plain(regexp: &JsObject, context: &mut Context) -> JsResult<bool> {
    let ours = context.intrinsics().constructors().regexp().prototype();
    let is_plain = regexp.is::<RegExp>()
        && regexp.prototype().is_some_and(|prototype| JsObject::equals(&prototype, &ours))
        && regexp.own_property_keys(context)?.len() == 1;
    if !is_plain {
        return Ok(false);
    }
    let Some(Untouched { exec, constructor, flags }) = context.get_data::<Untouched>().cloned() else {
        return Ok(false);
    };
    let now = Untouched::of(&ours, context)?;
    let same = |a: &JsObject, b: &JsObject| JsObject::equals(a, b);
    Ok(now.is_some_and(|now| {
        same(&now.exec, &exec) && same(&now.constructor, &constructor) && same(&now.flags, &flags)
    }))
}

/// What of `RegExp.prototype` the way of asking depends on.
#[derive(Debug, Clone)]
struct Untouched {
    exec: JsObject,
    constructor: JsObject,
    /// The getter.
    flags: JsObject,
}

impl Untouched {
    /// As it is now; the engine keeps how it was before the script ran.
    fn of(prototype: &JsObject, context: &mut Context) -> JsResult<Option<Self>> {
        let (exec, constructor) =
            (prototype.get(js_string!("exec"), context)?, prototype.get(js_string!("constructor"), context)?);
        let flags = prototype.borrow().properties().get(&js_string!("flags").into());
        let flags = flags.and_then(|flags| flags.get().and_then(JsValue::as_object));
        let found = exec.as_object().zip(constructor.as_object()).zip(flags);
        Ok(found.map(|((exec, constructor), flags)| Self { exec, constructor, flags }))
    }
}

fn parts(
    regexp: &JsObject,
    (text, limit): (&JsString, usize),
    context: &mut Context,
) -> JsResult<Vec<JsValue>> {
    let Some(Untouched { exec, constructor, .. }) = context.get_data::<Untouched>().cloned() else {
        return Ok(Vec::new());
    };
    let flags = regexp.get(js_string!("flags"), context)?.to_string(context)?.to_std_string_lossy();
    let by_points = flags.contains(['u', 'v']);
    let global = JsString::from(flags.replace(['y', 'g'], "") + "g");
    let splitter = constructor.construct(&[regexp.clone().into(), global.into()], None, context)?;
    let sought: JsValue = wide(text.clone(), context).into();
    let (mut parts, mut begin, mut from) = (Vec::new(), 0, 0);
    while from < text.len() && parts.len() < limit {
        splitter.set(js_string!("lastIndex"), from, true, context)?;
        let found = exec.call(&splitter.clone().into(), std::slice::from_ref(&sought), context)?;
        let Some(found) = found.as_object() else { break };
        let at = found.get(js_string!("index"), context)?.to_length(context)? as usize;
        if at >= text.len() {
            break;
        }
        let end = splitter.get(js_string!("lastIndex"), context)?.to_length(context)? as usize;
        if end == begin {
            from = at + if by_points { text.code_point_at(at).code_unit_count() } else { 1 };
            continue;
        }
        parts.push(text.slice(begin, at).into());
        let n_groups = found.get(js_string!("length"), context)?.to_length(context)?;
        for group in 1..n_groups {
            parts.push(found.get(group, context)?);
        }
        (begin, from) = (end, end);
    }
    parts.push(text.slice(begin, text.len()).into());
    parts.truncate(limit);
    Ok(parts)
}

//! `unshift`, `splice`, `concat`, `indexOf` and `includes` of plain arrays.
//!
//! Boa asks for each item by its name and stores each by its name, so that a loop of ten thousand `unshift` takes minutes. Where an
//! array has its items one after the other and nothing of its own, they are moved at once here; all else goes to Boa's methods.

use std::cell::Cell;

use boa_engine::{
    Context, JsArgs, JsResult, JsSymbol, JsValue, NativeFunction, js_string,
    object::{IndexPropertyValues, JsObject, builtins::JsArray},
};

use super::methods::define;

/// Where fewer items move, Boa's way is as fast.
const FEW: usize = 16;

/// About 32 MB.
const MAX_LEFT: usize = 4 << 20;

/// Longer arrays have no items one after the other.
const MAX_LENGTH: usize = u32::MAX as usize - 1;

/// The answer, if it is one for plain arrays.
type Method = fn(&JsObject, &[JsValue], &Plain, &mut Context) -> JsResult<Option<JsValue>>;

/// What plain arrays look like: one without items.
type Plain = JsObject;

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().array().prototype();
    let plain: JsObject = JsArray::new(context)?.into();
    let methods: [(&str, usize, Method); 5] = [
        ("unshift", 1, unshift),
        ("splice", 2, splice),
        ("concat", 1, concat),
        ("indexOf", 1, index_of),
        ("includes", 1, includes),
    ];
    for (name, length, method) in methods {
        let Some(original) = prototype.get(js_string!(name), context)?.as_callable() else { continue };
        let function = NativeFunction::from_copy_closure_with_captures(
            move |this, arguments, (original, plain): &(JsObject, Plain), context| {
                let found = match this.as_object().filter(|array| n_items(array, plain).is_some()) {
                    Some(array) => method(&array, arguments, plain, context)?,
                    None => None,
                };
                found.map_or_else(|| original.call(this, arguments, context), Ok)
            },
            (original, plain.clone()),
        );
        define(&prototype, name, (length, function), context)?;
    }
    Ok(())
}

/// How many items a plain array has.
pub(super) fn n_items(array: &JsObject, plain: &JsObject) -> Option<usize> {
    if !array.is_array() || shape(array) != shape(plain) {
        return None;
    }
    let object = array.borrow();
    let length = object.properties().get(&js_string!("length").into())?.value()?.as_number()?;
    let values = object.properties().index_property_values();
    let is_dense = matches!(
        values,
        IndexPropertyValues::DenseI32(_)
            | IndexPropertyValues::DenseF64(_)
            | IndexPropertyValues::DenseElement(_)
    );
    let n_items = values.len();
    (is_dense && n_items as f64 == length).then_some(n_items)
}

/// Which prototype an object has, and which members of its own with which attributes.
fn shape(object: &JsObject) -> usize {
    object.borrow().shape().to_addr_usize()
}

/// The items of a plain array, into the list.
fn copy(array: &JsObject, items: &mut Vec<JsValue>) {
    match array.borrow().properties().index_property_values() {
        IndexPropertyValues::DenseI32(values) => items.extend(values.copied().map(JsValue::new)),
        IndexPropertyValues::DenseF64(values) => items.extend(values.copied().map(JsValue::new)),
        IndexPropertyValues::DenseElement(values) => items.extend(values.cloned()),
        _ => {}
    }
}

thread_local! {
    /// How many items were left to the collector, which does not know how much memory a list takes.
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// Gives a plain array other items.
fn store(array: &JsObject, items: Vec<JsValue>, context: &mut Context) {
    let n_left = LEFT.get() + items.len();
    let other: JsObject = JsArray::from_iter(items, context).into();
    std::mem::swap(&mut *array.borrow_mut(), &mut *other.borrow_mut());
    drop(other);
    let collects = n_left > MAX_LEFT;
    LEFT.set(if collects { 0 } else { n_left });
    if collects {
        boa_gc::force_collect();
    }
}

/// ECMA-262 §23.1.3.35.
fn unshift(
    array: &JsObject,
    arguments: &[JsValue],
    plain: &Plain,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    let n_before = n_items(array, plain).unwrap_or_default();
    let length = n_before + arguments.len();
    if arguments.is_empty() || n_before < FEW || length > MAX_LENGTH || !array.is_extensible(context)? {
        return Ok(None);
    }
    let mut items = Vec::with_capacity(length);
    items.extend_from_slice(arguments);
    copy(array, &mut items);
    store(array, items, context);
    Ok(Some(length.into()))
}

/// ECMA-262 §23.1.3.31; numbers alone tell where, since asking others may change the array.
fn splice(
    array: &JsObject,
    arguments: &[JsValue],
    plain: &Plain,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    let n_before = n_items(array, plain).unwrap_or_default();
    let Some(start) = arguments.first().and_then(JsValue::as_number) else { return Ok(None) };
    // A number that is none becomes 0.
    let start = match start.trunc() {
        start if start < 0.0 => (n_before as f64 + start).max(0.0) as usize,
        start => (start as usize).min(n_before),
    };
    let n_removed = match arguments.get(1) {
        None => n_before - start,
        Some(n) => match n.as_number() {
            Some(n) => (n as usize).min(n_before - start),
            None => return Ok(None),
        },
    };
    let added = arguments.get(2..).unwrap_or_default();
    let n_moved = n_before - start - n_removed;
    let length = n_before - n_removed + added.len();
    if n_moved < FEW
        || added.len() == n_removed
        || length > MAX_LENGTH
        || !array.is_extensible(context)?
        || !makes_arrays(array, context)?
    {
        return Ok(None);
    }
    let mut items = Vec::with_capacity(n_before + added.len());
    copy(array, &mut items);
    let removed: Vec<JsValue> = items.splice(start..start + n_removed, added.iter().cloned()).collect();
    store(array, items, context);
    Ok(Some(JsArray::from_iter(removed, context).into()))
}

/// ECMA-262 §23.1.3.2.
fn concat(
    array: &JsObject,
    arguments: &[JsValue],
    plain: &Plain,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    if !makes_arrays(array, context)? {
        return Ok(None);
    }
    let lists: Vec<JsObject> =
        arguments.iter().filter_map(JsValue::as_object).filter(JsObject::is_array).collect();
    for list in lists.iter().chain([array]) {
        let spreads = list.get(JsSymbol::is_concat_spreadable(), context)?;
        if n_items(list, plain).is_none() || !spreads.is_undefined() {
            return Ok(None);
        }
    }
    let mut items = Vec::new();
    copy(array, &mut items);
    for argument in arguments {
        match argument.as_object() {
            Some(list) if list.is_array() => copy(&list, &mut items),
            // A proxy of an array, or what says itself that it is a list.
            Some(object) if !is_item(&object, context)? => return Ok(None),
            _ => items.push(argument.clone()),
        }
    }
    Ok((items.len() <= MAX_LENGTH).then(|| JsArray::from_iter(items, context).into()))
}

/// Whether `concat` takes the object, which is no array, for an item.
fn is_item(object: &JsObject, context: &mut Context) -> JsResult<bool> {
    let is_proxy = object.is::<boa_engine::builtins::proxy::Proxy>();
    Ok(!is_proxy && object.get(JsSymbol::is_concat_spreadable(), context)?.is_undefined())
}

/// Whether what is made of the array is an array: nobody has changed `constructor` or `Symbol.species`.
fn makes_arrays(array: &JsObject, context: &mut Context) -> JsResult<bool> {
    let ours = context.intrinsics().constructors().array().constructor();
    let is_ours = |value: JsValue| value.as_object().is_some_and(|object| JsObject::equals(&object, &ours));
    Ok(is_ours(array.get(js_string!("constructor"), context)?)
        && is_ours(ours.get(JsSymbol::species(), context)?))
}

/// ECMA-262 §23.1.3.17.
fn index_of(
    array: &JsObject,
    arguments: &[JsValue],
    _: &Plain,
    _: &mut Context,
) -> JsResult<Option<JsValue>> {
    let sought = arguments.get_or_undefined(0);
    if arguments.len() > 1 {
        return Ok(None);
    }
    let found = match array.borrow().properties().index_property_values() {
        IndexPropertyValues::DenseI32(mut values) => {
            sought.as_number().and_then(|sought| values.position(|value| f64::from(*value) == sought))
        }
        IndexPropertyValues::DenseF64(mut values) => {
            sought.as_number().and_then(|sought| values.position(|value| *value == sought))
        }
        IndexPropertyValues::DenseElement(mut values) => values.position(|value| value.strict_equals(sought)),
        _ => return Ok(None),
    };
    Ok(Some(found.map_or(JsValue::new(-1), JsValue::from)))
}

/// ECMA-262 §23.1.3.16: as `indexOf`, but that `NaN` is found.
fn includes(
    array: &JsObject,
    arguments: &[JsValue],
    plain: &Plain,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    let is_nan = arguments.get_or_undefined(0).as_number().is_some_and(f64::is_nan);
    if is_nan {
        return Ok(None);
    }
    let found = index_of(array, arguments, plain, context)?;
    Ok(found.map(|index| (index.as_number() != Some(-1.0)).into()))
}

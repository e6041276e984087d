//! `sort` and `toSorted` of arrays and typed arrays, with V8's comparisons.
//!
//! Boa hands comparators to Rust's `sort_by`, which gives other orders where a comparator contradicts itself (`a.due > b.due`
//! where some have no date), and panics when it notices.

mod halves;
mod runs;

use std::cmp::Ordering;

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsString, JsValue, NativeFunction,
    builtins::typed_array::TypedArray,
    js_string,
    object::{JsObject, builtins::JsArray},
};

use super::methods::define;

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let (array, typed) = (constructors.array().prototype(), constructors.typed_array().prototype());
    define(&array, "sort", (1, NativeFunction::from_fn_ptr(sort)), context)?;
    define(&array, "toSorted", (1, NativeFunction::from_fn_ptr(to_sorted)), context)?;
    let methods: [(&str, TypedMethod); 2] = [("sort", sort_typed), ("toSorted", to_sorted_typed)];
    for (name, method) in methods {
        let Some(original) = typed.get(js_string!(name), context)?.as_object() else { continue };
        let method = NativeFunction::from_copy_closure_with_captures(
            move |this, arguments, original: &JsObject, context| method(this, arguments, original, context),
            original,
        );
        define(&typed, name, (1, method), context)?;
    }
    Ok(())
}

type TypedMethod = fn(&JsValue, &[JsValue], &JsObject, &mut Context) -> JsResult<JsValue>;

/// ECMA-262 §23.1.3.30.
fn sort(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let comparator = comparator(arguments)?;
    let object = this.to_object(context)?;
    let length = length(&object, context)?;
    // V8 leaves these alone, also where they are frozen.
    if length < 2 {
        return Ok(object.into());
    }
    let mut items = Vec::new();
    for index in 0..length {
        if object.has_property(index, context)? {
            items.push(object.get(index, context)?);
        }
    }
    let sorted = ordered(items, comparator.as_ref(), context)?;
    let n_items = sorted.len() as u64;
    for (index, item) in sorted.into_iter().enumerate() {
        object.set(index, item, true, context)?;
    }
    for index in n_items..length {
        object.delete_property_or_throw(index, context)?;
    }
    Ok(object.into())
}

/// ECMA-262 §23.1.3.34.
fn to_sorted(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let comparator = comparator(arguments)?;
    let object = this.to_object(context)?;
    let length = length(&object, context)?;
    if length > u64::from(u32::MAX) {
        return Err(JsNativeError::range().with_message("Invalid array length").into());
    }
    let mut items = Vec::new();
    for index in 0..length {
        items.push(object.get(index, context)?);
    }
    let sorted = ordered(items, comparator.as_ref(), context)?;
    Ok(JsArray::from_iter(sorted, context).into())
}

/// ECMA-262 §23.2.3.29; without a comparator the engine's own is right.
fn sort_typed(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let comparator = comparator(arguments)?;
    let (Some(comparator), Some(array)) = (comparator, typed(this)) else {
        return original.call(this, arguments, context);
    };
    let sorted = typed_ordered(&array, &comparator, context)?;
    store(&array, sorted, context)
}

/// ECMA-262 §23.2.3.33.
fn to_sorted_typed(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let comparator = comparator(arguments)?;
    // In the order of its numbers, until there is the one that was asked for.
    let copy = original.call(this, &[], context)?;
    let (Some(comparator), Some(array), Some(copy)) = (comparator, typed(this), copy.as_object()) else {
        return Ok(copy);
    };
    let sorted = typed_ordered(&array, &comparator, context)?;
    store(&copy, sorted, context)
}

fn typed(this: &JsValue) -> Option<JsObject> {
    this.as_object().filter(JsObject::is::<TypedArray>)
}

fn typed_ordered(array: &JsObject, comparator: &JsObject, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let mut items = Vec::new();
    for index in 0..length(array, context)? {
        items.push(array.get(index, context)?);
    }
    let order = halves::order(items.len(), &mut |left, right| {
        call(comparator, (&items[left], &items[right]), context)
    })?;
    Ok(order.into_iter().map(|index| items[index].clone()).collect())
}

/// What the comparator made shorter keeps what it has.
fn store(array: &JsObject, items: Vec<JsValue>, context: &mut Context) -> JsResult<JsValue> {
    for (index, item) in items.into_iter().enumerate() {
        array.set(index, item, false, context)?;
    }
    Ok(array.clone().into())
}

fn comparator(arguments: &[JsValue]) -> JsResult<Option<JsObject>> {
    let comparator = arguments.get_or_undefined(0);
    match comparator.as_callable() {
        None if !comparator.is_undefined() => Err(JsNativeError::typ()
            .with_message("The comparison function must be either a function or undefined")
            .into()),
        comparator => Ok(comparator),
    }
}

fn length(object: &JsObject, context: &mut Context) -> JsResult<u64> {
    object.get(js_string!("length"), context)?.to_length(context)
}

/// The items in their order, undefined ones last.
fn ordered(
    mut items: Vec<JsValue>,
    comparator: Option<&JsObject>,
    context: &mut Context,
) -> JsResult<Vec<JsValue>> {
    let n_items = items.len();
    items.retain(|item| !item.is_undefined());
    let order = match comparator {
        Some(comparator) => runs::order(items.len(), &mut |left, right| {
            call(comparator, (&items[left], &items[right]), context)
        })?,
        None => by_text(&items, context)?,
    };
    let undefined = std::iter::repeat_n(JsValue::undefined(), n_items - items.len());
    Ok(order.into_iter().map(|index| items[index].clone()).chain(undefined).collect())
}

fn by_text(items: &[JsValue], context: &mut Context) -> JsResult<Vec<usize>> {
    // Nobody sees how often these become texts.
    if items.iter().all(|item| !item.is_object() && !item.is_symbol()) {
        let texts: Vec<JsString> =
            items.iter().map(|item| item.to_string(context)).collect::<JsResult<_>>()?;
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by(|left, right| texts[*left].cmp(&texts[*right]));
        return Ok(order);
    }
    runs::order(items.len(), &mut |left, right| {
        let left = items[left].to_string(context)?;
        Ok(left.cmp(&items[right].to_string(context)?))
    })
}

/// What the comparator says of two items; what is no number says that they are equal.
fn call(
    comparator: &JsObject,
    (left, right): (&JsValue, &JsValue),
    context: &mut Context,
) -> JsResult<Ordering> {
    let said = comparator.call(&JsValue::undefined(), &[left.clone(), right.clone()], context)?;
    Ok(said.to_number(context)?.partial_cmp(&0.0).unwrap_or(Ordering::Equal))
}

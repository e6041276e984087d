//! `Map.prototype.clear` and `Set.prototype.clear`.
//!
//! An iterator that is under way goes on behind the places of what is gone, as ECMA-262 says. Boa's `delete` leaves these places
//! empty while there is such an iterator; its `clear` does not, and the iterator passes over what is added afterwards.

use boa_engine::{
    Context, JsResult, JsValue, NativeFunction,
    builtins::{map::ordered_map::OrderedMap, set::ordered_set::OrderedSet},
    js_string,
    object::JsObject,
};

use super::methods::define;

/// Whether the object was one of the kind, which is then empty.
type Clear = fn(&JsObject) -> bool;

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let prototypes: [(JsObject, Clear); 2] =
        [(constructors.map().prototype(), clear_map), (constructors.set().prototype(), clear_set)];
    for (prototype, clear) in prototypes {
        let Some(original) = prototype.get(js_string!("clear"), context)?.as_callable() else { continue };
        let function = NativeFunction::from_copy_closure_with_captures(
            move |this, arguments, original: &JsObject, context| match this.as_object() {
                Some(object) if clear(&object) => Ok(JsValue::undefined()),
                _ => original.call(this, arguments, context),
            },
            original,
        );
        define(&prototype, "clear", (0, function), context)?;
    }
    Ok(())
}

fn clear_map(object: &JsObject) -> bool {
    let Some(mut map) = object.downcast_mut::<OrderedMap<JsValue>>() else { return false };
    let n_places = map.full_len();
    for index in (0..n_places).rev() {
        let Some(key) = map.get_index(index).map(|(key, _)| key.clone()) else { continue };
        map.remove(&key);
        // Without an iterator the place of the last one is gone at once, and there is none to keep.
        if map.full_len() < n_places {
            map.clear();
            return true;
        }
    }
    true
}

fn clear_set(object: &JsObject) -> bool {
    let Some(mut set) = object.downcast_mut::<OrderedSet>() else { return false };
    let n_places = set.full_len();
    for index in (0..n_places).rev() {
        let Some(value) = set.get_index(index).cloned() else { continue };
        set.delete(&value);
        // As above.
        if set.full_len() < n_places {
            set.clear();
            return true;
        }
    }
    true
}

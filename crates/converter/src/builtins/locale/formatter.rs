//! What `Intl.NumberFormat` and `Intl.DateTimeFormat` have in common: `format`, `formatToParts`, and what is refused.

use boa_engine::{
    Context, JsArgs, JsResult, JsValue, NativeFunction,
    object::{FunctionObjectBuilder, JsObject, NativeObject},
};

use super::{
    class::{Class, ClassSpec},
    parts::Parts,
    refusal,
};

/// The data of such an object.
pub(super) trait Formatter: NativeObject + Sized {
    /// `NumberFormat`
    const NAME: &'static str;
    /// `Intl.NumberFormat`
    const FULL_NAME: &'static str;

    /// Reads locale and options.
    fn create(arguments: &[JsValue], context: &mut Context) -> JsResult<Self>;
    /// The text of a value in its parts.
    fn parts(object: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<Parts>;
    /// The parts as one text.
    fn text(parts: &Parts) -> JsValue;
    fn resolved_options(object: &JsObject, context: &mut Context) -> JsResult<JsValue>;
}

/// The constructor.
pub(super) fn constructor<F: Formatter>(context: &mut Context) -> JsResult<JsObject> {
    let spec = ClassSpec { name: F::NAME, full_name: F::FULL_NAME, is_callable: true, create: F::create };
    Class::new(&spec, context)?
        .getter("format", NativeFunction::from_fn_ptr(bound_format::<F>))?
        .method("formatToParts", 1, |this, arguments, context| {
            F::parts(&object::<F>(this)?, arguments.get_or_undefined(0), context)?.to_js(None, context)
        })?
        .method("formatRange", 2, |_, _, _| Err(refusal::unsupported(F::FULL_NAME, "`formatRange`")))?
        .method("formatRangeToParts", 2, |_, _, _| {
            Err(refusal::unsupported(F::FULL_NAME, "`formatRangeToParts`"))
        })?
        .method("resolvedOptions", 0, |this, _, context| F::resolved_options(&object::<F>(this)?, context))?
        .with_locales()
}

fn object<F: Formatter>(this: &JsValue) -> JsResult<JsObject> {
    let object = this.as_object().filter(JsObject::is::<F>);
    object.ok_or_else(|| refusal::wrong_type(format!("this is not an {} object", F::FULL_NAME)))
}

/// `format` is a function that knows its object, so that it can be passed to `map`.
fn bound_format<F: Formatter>(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let format = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, object: &JsObject, context| {
            Ok(F::text(&F::parts(object, arguments.get_or_undefined(0), context)?))
        },
        object::<F>(this)?,
    );
    Ok(FunctionObjectBuilder::new(context.realm(), format).length(1).build().into())
}

//! The global object `Intl`, which is made when a script first asks for it.

use boa_engine::{
    Context, JsArgs, JsData, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
};
use boa_gc::{Finalize, Trace};

use super::{
    class::{Class, ClassSpec, name_tag},
    date_object, list, locale_object, number_object, plural_object, refusal, relative, tag,
};
pub(super) use super::{collator_object::collator, locale_object::JsLocale};
use crate::builtins::methods::define;

/// What `Intl` is at present: ours, or what the script has put in its place.
#[derive(Debug, Clone)]
struct Current(JsValue);

/// The object of a constructor that always throws.
#[derive(Debug, Trace, Finalize, JsData)]
struct Missing;

/// Defines `Intl` as a property that is made when it is read.
///
/// The property stays an accessor: the engine's caches do not notice one that replaces itself.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let get = NativeFunction::from_fn_ptr(|_, _, context| {
        if let Some(Current(value)) = context.get_data::<Current>() {
            return Ok(value.clone());
        }
        let value = JsValue::from(intl(context)?);
        context.insert_data(Current(value.clone()));
        Ok(value)
    });
    let set = NativeFunction::from_fn_ptr(|_, arguments, context| {
        context.insert_data(Current(arguments.get_or_undefined(0).clone()));
        Ok(JsValue::undefined())
    });
    let get = FunctionObjectBuilder::new(context.realm(), get).build();
    let set = FunctionObjectBuilder::new(context.realm(), set).length(1).build();
    context.global_object().insert_property(
        js_string!("Intl"),
        PropertyDescriptor::builder().get(get).set(set).enumerable(false).configurable(true),
    );
    Ok(())
}

fn intl(context: &mut Context) -> JsResult<JsObject> {
    let intl = JsObject::with_object_proto(context.intrinsics());
    name_tag(&intl, "Intl", context)?;
    define(&intl, "getCanonicalLocales", (1, NativeFunction::from_fn_ptr(canonical_locales)), context)?;
    define(&intl, "supportedValuesOf", (1, NativeFunction::from_fn_ptr(supported_values)), context)?;
    let classes: [(&str, JsObject); 9] = [
        ("DateTimeFormat", date_object::date_time_format(context)?),
        ("NumberFormat", number_object::number_format(context)?),
        ("Collator", collator(context)?),
        ("PluralRules", plural_object::plural_rules(context)?),
        ("RelativeTimeFormat", relative::relative_time_format(context)?),
        ("ListFormat", list::list_format(context)?),
        ("Locale", locale_object::locale(context)?),
        (
            "DisplayNames",
            missing("DisplayNames", "Intl.DisplayNames", |_, _| refuse("Intl.DisplayNames"), context)?,
        ),
        ("Segmenter", missing("Segmenter", "Intl.Segmenter", |_, _| refuse("Intl.Segmenter"), context)?),
    ];
    for (name, class) in classes {
        let property =
            PropertyDescriptor::builder().value(class).writable(true).enumerable(false).configurable(true);
        intl.define_property_or_throw(JsString::from(name), property, context)?;
    }
    Ok(intl)
}

/// A constructor that converters do not have.
fn missing(
    name: &'static str,
    full_name: &'static str,
    create: fn(&[JsValue], &mut Context) -> JsResult<Missing>,
    context: &mut Context,
) -> JsResult<JsObject> {
    Ok(Class::new(&ClassSpec { name, full_name, is_callable: false, create }, context)?.done())
}

fn refuse(name: &str) -> JsResult<Missing> {
    Err(refusal::unsupported(name, "it"))
}

fn canonical_locales(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let tags = tag::tags(arguments.get_or_undefined(0), context)?;
    if let Some(odd) = tags.iter().find(|tag| !tag.is_plain()) {
        return Err(refusal::unsupported("Intl.getCanonicalLocales", &format!("the tag `{}-…`", odd.base())));
    }
    Ok(tag::array_of_texts(tags.iter().map(tag::Tag::text), context))
}

fn supported_values(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Err(refusal::unsupported("Intl.supportedValuesOf", "it"))
}

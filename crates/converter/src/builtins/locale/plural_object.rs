//! `Intl.PluralRules`

use boa_engine::{
    Context, JsArgs, JsData, JsResult, JsValue,
    object::{JsObject, builtins::JsArray},
};
use boa_gc::{Finalize, Trace};

use super::{
    class::{Class, ClassSpec, options_object, shown_tag, text},
    decimal::Quantity,
    number::NumberFormat,
    number_object::precision,
    number_options,
    options::Options,
    plural::{self, Kind},
    refusal, tag,
};

const NAME: &str = "Intl.PluralRules";

/// The data of an object.
#[derive(Debug, Clone, Trace, Finalize, JsData)]
struct JsPluralRules {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    format: NumberFormat,
    tag: String,
    #[unsafe_ignore_trace]
    kind: Kind,
}

/// The constructor.
pub(super) fn plural_rules(context: &mut Context) -> JsResult<JsObject> {
    let spec = ClassSpec { name: "PluralRules", full_name: NAME, is_callable: false, create };
    Class::new(&spec, context)?
        .method("select", 1, select)?
        .method("selectRange", 2, |_, _, _| Err(refusal::unsupported(NAME, "`selectRange`")))?
        .method("resolvedOptions", 0, resolved_options)?
        .with_locales()
}

fn create(arguments: &[JsValue], context: &mut Context) -> JsResult<JsPluralRules> {
    let requested = tag::requested(arguments.get_or_undefined(0), NAME, context)?;
    let options = Options::coerced(arguments.get_or_undefined(1), NAME, context)?;
    let kinds = [("cardinal", Kind::Cardinal), ("ordinal", Kind::Ordinal)];
    let kind = options.choice("type", &kinds, context)?.unwrap_or(Kind::Cardinal);
    options.only("notation", ("standard", &["scientific", "engineering", "compact"]), context)?;
    let (min_integer, precision) = number_options::digits(&options, (0, 3), context)?;
    number_options::rounding(&options, context)?;
    let format = NumberFormat { min_integer, precision, ..NumberFormat::plain(requested.locale) };
    Ok(JsPluralRules { format, tag: requested.tag.text(), kind })
}

fn data(this: &JsValue) -> JsResult<JsPluralRules> {
    let data =
        this.as_object().and_then(|object| object.downcast_ref::<JsPluralRules>().map(|data| data.clone()));
    data.ok_or_else(|| refusal::wrong_type(format!("this is not an {NAME} object")))
}

fn select(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = data(this)?;
    let value = arguments.get_or_undefined(0).to_number(context)?;
    let category = match data.format.round(&Quantity::of_f64(value)) {
        Some(rounded) if data.kind == Kind::Ordinal => plural::ordinal(data.format.locale, &rounded),
        Some(rounded) => plural::cardinal(data.format.locale, &rounded),
        None => "other",
    };
    Ok(text(category))
}

fn resolved_options(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = data(this)?;
    let categories = plural::categories(data.format.locale, data.kind);
    let categories = JsArray::from_iter(categories.iter().map(|category| text(category)), context);
    let mut entries = vec![
        ("locale", shown_tag(&data.tag, NAME)?),
        ("type", text(if data.kind == Kind::Ordinal { "ordinal" } else { "cardinal" })),
        ("minimumIntegerDigits", JsValue::from(data.format.min_integer)),
    ];
    entries.extend(precision(data.format.precision));
    entries.push(("pluralCategories", categories.into()));
    options_object(entries, context)
}

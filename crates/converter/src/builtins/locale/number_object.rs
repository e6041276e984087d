//! `Intl.NumberFormat`

use boa_engine::{
    Context, JsArgs, JsData, JsResult, JsValue, NativeFunction,
    object::{FunctionObjectBuilder, JsObject},
};
use boa_gc::{Finalize, Trace};

use super::{
    class::{Class, ClassSpec, options_object, shown_tag, text},
    decimal::Precision,
    number::{CurrencyDisplay, Grouping, SignDisplay, Style},
    number_options::{self, RequestedNumberFormat},
    parts::Parts,
    refusal,
};

const NAME: &str = "Intl.NumberFormat";

/// The data of an object.
#[derive(Debug, Trace, Finalize, JsData)]
struct JsNumberFormat {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    asked: RequestedNumberFormat,
}

/// The constructor.
pub(super) fn number_format(context: &mut Context) -> JsResult<JsObject> {
    let create = |arguments: &[JsValue], context: &mut Context| {
        let asked = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
        Ok(JsNumberFormat { asked: number_options::read(asked, NAME, context)? })
    };
    let spec = ClassSpec { name: "NumberFormat", full_name: NAME, is_callable: true, create };
    Class::new(&spec, context)?
        .getter("format", NativeFunction::from_fn_ptr(bound_format))?
        .method("formatToParts", 1, |this, arguments, context| {
            parts(&object(this)?, arguments.get_or_undefined(0), context)?.to_js(None, context)
        })?
        .method("formatRange", 2, |_, _, _| Err(refusal::unsupported(NAME, "`formatRange`")))?
        .method("formatRangeToParts", 2, |_, _, _| Err(refusal::unsupported(NAME, "`formatRangeToParts`")))?
        .method("resolvedOptions", 0, resolved_options)?
        .with_locales()
}

fn object(this: &JsValue) -> JsResult<JsObject> {
    let object = this.as_object().filter(JsObject::is::<JsNumberFormat>);
    object.ok_or_else(|| refusal::wrong_type(format!("this is not an {NAME} object")))
}

/// `format` is a function that knows its object, so that it can be passed to `map`.
fn bound_format(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let format = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, object: &JsObject, context| {
            Ok(parts(object, arguments.get_or_undefined(0), context)?.to_js_text())
        },
        object(this)?,
    );
    Ok(FunctionObjectBuilder::new(context.realm(), format).length(1).build().into())
}

fn parts(object: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<Parts> {
    let quantity = number_options::quantity(value, context)?;
    let data = object.downcast_ref::<JsNumberFormat>();
    Ok(data.map(|data| data.asked.format.format(&quantity)).unwrap_or_default())
}

fn resolved_options(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = object(this)?;
    let Some(asked) = object.downcast_ref::<JsNumberFormat>().map(|data| data.asked.clone()) else {
        return Ok(JsValue::undefined());
    };
    let format = asked.format;
    let mut entries = vec![("locale", shown_tag(&asked.tag, NAME)?), ("numberingSystem", text("latn"))];
    entries.extend(style_entries(&format.style));
    entries.push(("minimumIntegerDigits", JsValue::from(format.min_integer)));
    entries.extend(precision(format.precision));
    entries.push((
        "useGrouping",
        match format.grouping {
            Grouping::Auto => text("auto"),
            Grouping::Always => text("always"),
            Grouping::Min2 => text("min2"),
            Grouping::Never => JsValue::from(false),
        },
    ));
    entries.push(("notation", text("standard")));
    entries.push((
        "signDisplay",
        text(match format.sign {
            SignDisplay::Auto => "auto",
            SignDisplay::Always => "always",
            SignDisplay::Never => "never",
            SignDisplay::ExceptZero => "exceptZero",
            SignDisplay::Negative => "negative",
        }),
    ));
    entries.extend([
        ("roundingMode", text("halfExpand")),
        ("roundingIncrement", JsValue::from(1)),
        ("trailingZeroDisplay", text("auto")),
        ("roundingPriority", text("auto")),
    ]);
    options_object(entries, context)
}

/// What `resolvedOptions` says of the style.
fn style_entries(style: &Style) -> Vec<(&'static str, JsValue)> {
    match style {
        Style::Decimal => vec![("style", text("decimal"))],
        Style::Percent => vec![("style", text("percent"))],
        Style::Unit { unit, display } => {
            vec![("style", text("unit")), ("unit", text(unit)), ("unitDisplay", text(display))]
        }
        Style::Currency { code, display, is_accounting } => {
            let display = match display {
                CurrencyDisplay::Symbol => "symbol",
                CurrencyDisplay::NarrowSymbol => "narrowSymbol",
                CurrencyDisplay::Code => "code",
            };
            vec![
                ("style", text("currency")),
                ("currency", text(code)),
                ("currencyDisplay", text(display)),
                ("currencySign", text(if *is_accounting { "accounting" } else { "standard" })),
            ]
        }
    }
}

/// The least and most digits, as `resolvedOptions` names them.
pub(super) fn precision(precision: Precision) -> [(&'static str, JsValue); 2] {
    match precision {
        Precision::Fraction(min, max) => {
            [("minimumFractionDigits", JsValue::from(min)), ("maximumFractionDigits", JsValue::from(max))]
        }
        Precision::Significant(min, max) => [
            ("minimumSignificantDigits", JsValue::from(min)),
            ("maximumSignificantDigits", JsValue::from(max)),
        ],
    }
}

//! `Intl.NumberFormat`

use boa_engine::{Context, JsArgs, JsData, JsResult, JsValue, object::JsObject};
use boa_gc::{Finalize, Trace};

use super::{
    class::{options_object, shown_tag, text},
    decimal::Precision,
    formatter::{self, Formatter},
    number::{CurrencyDisplay, Grouping, SignDisplay, Style},
    number_options::{self, RequestedNumberFormat},
    parts::Parts,
};

const NAME: &str = "Intl.NumberFormat";

/// The data of an object.
#[derive(Debug, Trace, Finalize, JsData)]
struct JsNumberFormat {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    asked: RequestedNumberFormat,
}

impl Formatter for JsNumberFormat {
    const NAME: &'static str = "NumberFormat";
    const FULL_NAME: &'static str = NAME;

    fn create(arguments: &[JsValue], context: &mut Context) -> JsResult<Self> {
        let asked = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
        Ok(Self { asked: number_options::read(asked, NAME, context)? })
    }

    fn parts(object: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<Parts> {
        parts(object, value, context)
    }

    fn text(parts: &Parts) -> JsValue {
        parts.to_js_text()
    }

    fn resolved_options(object: &JsObject, context: &mut Context) -> JsResult<JsValue> {
        resolved_options(object, context)
    }
}

/// The constructor.
pub(super) fn number_format(context: &mut Context) -> JsResult<JsObject> {
    formatter::constructor::<JsNumberFormat>(context)
}

fn parts(object: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<Parts> {
    let quantity = number_options::quantity(value, context)?;
    let data = object.downcast_ref::<JsNumberFormat>();
    Ok(data.map(|data| data.asked.format.format(&quantity)).unwrap_or_default())
}

fn resolved_options(object: &JsObject, context: &mut Context) -> JsResult<JsValue> {
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

//! `Intl.RelativeTimeFormat`: `in 3 days`, `yesterday`.

use boa_engine::{Context, JsArgs, JsData, JsResult, JsValue, object::JsObject};
use boa_gc::{Finalize, Trace};

use super::{
    class::{Class, ClassSpec, options_object, shown_tag, text},
    data::Locale,
    decimal::Quantity,
    number::NumberFormat,
    number_options,
    options::Options,
    parts::Parts,
    plural, refusal, tag,
};

const NAME: &str = "Intl.RelativeTimeFormat";

const UNITS: [&str; 8] = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/// The data of an object.
#[derive(Debug, Clone, Trace, Finalize, JsData)]
struct JsRelativeTimeFormat {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    locale: &'static Locale,
    tag: String,
    #[unsafe_ignore_trace]
    style: &'static str,
    /// Whether there are words such as `yesterday`.
    has_words: bool,
}

/// The constructor.
pub(super) fn relative_time_format(context: &mut Context) -> JsResult<JsObject> {
    let spec = ClassSpec { name: "RelativeTimeFormat", full_name: NAME, is_callable: false, create };
    Class::new(&spec, context)?
        .method("format", 2, |this, arguments, context| {
            let (parts, _) = parts((this, "format"), arguments, context)?;
            Ok(parts.to_js_text())
        })?
        .method("formatToParts", 2, |this, arguments, context| {
            let (parts, unit) = parts((this, "formatToParts"), arguments, context)?;
            parts.to_js(Some(unit), context)
        })?
        .method("resolvedOptions", 0, resolved_options)?
        .with_locales()
}

fn create(arguments: &[JsValue], context: &mut Context) -> JsResult<JsRelativeTimeFormat> {
    let requested = tag::requested(arguments.get_or_undefined(0), NAME, context)?;
    let options = Options::coerced(arguments.get_or_undefined(1), NAME, context)?;
    number_options::numbering_system(&requested, &options, context)?;
    let styles = [("long", "long"), ("short", "short"), ("narrow", "narrow")];
    let style = options.choice("style", &styles, context)?.unwrap_or("long");
    let has_words =
        options.choice("numeric", &[("always", false), ("auto", true)], context)?.unwrap_or(false);
    Ok(JsRelativeTimeFormat { locale: requested.locale, tag: requested.tag.text(), style, has_words })
}

fn data(this: &JsValue) -> JsResult<JsRelativeTimeFormat> {
    let object = this.as_object();
    let data =
        object.and_then(|object| object.downcast_ref::<JsRelativeTimeFormat>().map(|data| data.clone()));
    data.ok_or_else(|| refusal::wrong_type(format!("this is not an {NAME} object")))
}

fn parts(
    (this, method): (&JsValue, &str),
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<(Parts, &'static str)> {
    let data = data(this)?;
    let value = arguments.get_or_undefined(0).to_number(context)?;
    let unit = arguments.get_or_undefined(1).to_string(context)?.to_std_string_lossy();
    let known = UNITS.iter().find(|known| **known == unit || unit.strip_suffix('s') == Some(known));
    let Some(known) = known else {
        let message = format!("Invalid unit argument for {NAME}.prototype.{method}() '{unit}'");
        return Err(refusal::range(message));
    };
    if !value.is_finite() {
        let message = format!("Value need to be finite number for {NAME}.prototype.{method}()");
        return Err(refusal::range(message));
    }
    Ok((data.parts(value, known), known))
}

impl JsRelativeTimeFormat {
    fn parts(&self, value: f64, unit: &str) -> Parts {
        let line = |style: &str| self.locale.line(&format!("relative {style} {unit}"));
        let texts = line(self.style).or_else(|| line("long")).unwrap_or_default();
        // Words that there are not are empty.
        let mut texts = texts.splitn(3, "||");
        let [past, future, words] = [(); 3].map(|()| texts.next().unwrap_or_default());
        let mut parts = Parts::default();
        // The words are those for -2, -1, -0, 0, 1 and 2.
        let is_past = value.is_sign_negative();
        let word = [-2.0, -1.0, 0.0, 0.0, 1.0, 2.0]
            .iter()
            .enumerate()
            .position(|(index, number)| *number == value && (value != 0.0 || (index == 2) == is_past));
        let word = word.filter(|_| self.has_words).and_then(|index| words.split('|').nth(index));
        if let Some(word) = word.filter(|word| !word.is_empty()) {
            parts.literal(word);
            return parts;
        }
        let format = NumberFormat::plain(self.locale);
        let quantity = Quantity::of_f64(value.abs());
        let category =
            format.round(&quantity).map_or("other", |rounded| plural::cardinal(self.locale, &rounded));
        let template = plural::pick(if is_past { past } else { future }, category);
        let (before, after) = template.split_once('#').unwrap_or((template, ""));
        parts.literal(before);
        if template.contains('#') {
            parts.0.extend(format.format(&quantity).0);
        }
        parts.literal(after);
        parts
    }
}

fn resolved_options(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = data(this)?;
    let entries = [
        ("locale", shown_tag(&data.tag, NAME)?),
        ("style", text(data.style)),
        ("numeric", text(if data.has_words { "auto" } else { "always" })),
        ("numberingSystem", text("latn")),
    ];
    options_object(entries, context)
}

//! `Intl.DateTimeFormat`

use boa_engine::{
    Context, JsArgs, JsData, JsResult, JsValue, NativeFunction,
    object::{FunctionObjectBuilder, JsObject},
};
use boa_gc::{Finalize, Trace};

use super::{
    class::{Class, ClassSpec, options_object, shown_tag, text},
    date_options::{self, Content, DateRequest, Length, Purpose},
    parts::Parts,
    refusal,
    zone::ZoneName,
};

const NAME: &str = "Intl.DateTimeFormat";

/// The data of an object.
#[derive(Debug, Trace, Finalize, JsData)]
struct JsDateTimeFormat {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    request: DateRequest,
}

/// The constructor.
pub(super) fn date_time_format(context: &mut Context) -> JsResult<JsObject> {
    let create = |arguments: &[JsValue], context: &mut Context| {
        let asked = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
        Ok(JsDateTimeFormat { request: date_options::read(asked, Purpose::Any, NAME, context)? })
    };
    let spec = ClassSpec { name: "DateTimeFormat", full_name: NAME, is_callable: true, create };
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
    let object = this.as_object().filter(JsObject::is::<JsDateTimeFormat>);
    object.ok_or_else(|| refusal::wrong_type(format!("this is not an {NAME} object")))
}

/// `format` is a function that knows its object, so that it can be passed to `map`.
fn bound_format(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let format = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, object: &JsObject, context| {
            Ok(parts(object, arguments.get_or_undefined(0), context)?.to_js_date_text())
        },
        object(this)?,
    );
    Ok(FunctionObjectBuilder::new(context.realm(), format).length(1).build().into())
}

fn parts(object: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<Parts> {
    let time = match value.is_undefined() {
        true => context.clock().system_time_millis() as f64,
        false => value.to_number(context)?,
    };
    // ECMA-262 §21.4.1.31: the range of dates.
    if !time.is_finite() || time.abs() > 8.64e15 {
        return Err(refusal::range("Invalid time value".to_owned()));
    }
    match object.downcast_ref::<JsDateTimeFormat>() {
        Some(data) => data.request.format(time.trunc(), NAME),
        None => Ok(Parts::default()),
    }
}

fn resolved_options(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = object(this)?;
    let Some(request) = object.downcast_ref::<JsDateTimeFormat>().map(|data| data.request.clone()) else {
        return Ok(JsValue::undefined());
    };
    let mut entries = vec![
        ("locale", shown_tag(&request.tag, NAME)?),
        ("calendar", text("gregory")),
        ("numberingSystem", text("latn")),
        ("timeZone", text(&request.zone.name)),
    ];
    let pattern = request.pattern().0;
    let has = |letter: char| pattern.contains(&format!("%{letter}"));
    for (letters, cycle) in [("hH", "h12"), ("kK", "h11"), ("tT", "h23"), ("uU", "h24")] {
        if letters.chars().any(has) {
            let is_12 = matches!(cycle, "h11" | "h12");
            entries.extend([("hourCycle", text(cycle)), ("hour12", JsValue::from(is_12))]);
        }
    }
    match request.content {
        Content::Fields(fields) if fields.weekday.is_some() || fields.has_month_name() => {
            return Err(refusal::unsupported(NAME, "`resolvedOptions` of a format with names"));
        }
        Content::Fields(_) => entries.extend(field_entries(has)),
        Content::Styles { date, time } => {
            entries.extend(date.map(|length| ("dateStyle", text(length_name(length)))));
            entries.extend(time.map(|length| ("timeStyle", text(length_name(length)))));
        }
    }
    if request.n_fraction > 0 {
        entries.push(("fractionalSecondDigits", JsValue::from(request.n_fraction)));
    }
    entries.extend(request.zone_name.map(|name| {
        (
            "timeZoneName",
            text(match name {
                ZoneName::Short => "short",
                ZoneName::Long => "long",
                ZoneName::ShortOffset => "shortOffset",
                ZoneName::LongOffset => "longOffset",
            }),
        )
    }));
    options_object(entries, context)
}

/// Numbers as the pattern has them.
fn field_entries(has: impl Fn(char) -> bool) -> Vec<(&'static str, JsValue)> {
    let fields = [
        ("year", "y", "Y"),
        ("month", "m", "M"),
        ("day", "d", "D"),
        ("hour", "hktu", "HKTU"),
        ("minute", "n", "N"),
        ("second", "s", "S"),
    ];
    let has_any = |letters: &str| letters.chars().any(&has);
    let entry = |(name, numeric, two): (&'static str, &str, &str)| match (has_any(two), has_any(numeric)) {
        (true, _) => Some((name, text("2-digit"))),
        (_, true) => Some((name, text("numeric"))),
        _ => None,
    };
    fields.into_iter().filter_map(entry).collect()
}

fn length_name(length: Length) -> &'static str {
    match length {
        Length::Full => "full",
        Length::Long => "long",
        Length::Medium => "medium",
        Length::Short => "short",
    }
}

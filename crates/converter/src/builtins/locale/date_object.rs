//! `Intl.DateTimeFormat`

use boa_engine::{Context, JsArgs, JsData, JsResult, JsValue, object::JsObject};
use boa_gc::{Finalize, Trace};

use super::{
    class::{options_object, shown_tag, text},
    date_options::{self, Content, DateRequest, Length, Purpose},
    formatter::{self, Formatter},
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

impl Formatter for JsDateTimeFormat {
    const NAME: &'static str = "DateTimeFormat";
    const FULL_NAME: &'static str = NAME;

    fn create(arguments: &[JsValue], context: &mut Context) -> JsResult<Self> {
        let asked = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
        Ok(Self { request: date_options::read(asked, Purpose::Any, NAME, context)? })
    }

    fn parts(object: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<Parts> {
        parts(object, value, context)
    }

    fn text(parts: &Parts) -> JsValue {
        parts.to_js_date_text()
    }

    fn resolved_options(object: &JsObject, context: &mut Context) -> JsResult<JsValue> {
        resolved_options(object, context)
    }
}

/// The constructor.
pub(super) fn date_time_format(context: &mut Context) -> JsResult<JsObject> {
    formatter::constructor::<JsDateTimeFormat>(context)
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

fn resolved_options(object: &JsObject, context: &mut Context) -> JsResult<JsValue> {
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

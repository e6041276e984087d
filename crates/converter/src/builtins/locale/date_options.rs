//! What `Intl.DateTimeFormat` and the `toLocale…String` methods of dates are asked for (ECMA-402 §11.1).

use boa_engine::{Context, JsResult, JsValue};

use super::{
    data::Locale,
    number_options,
    options::Options,
    pattern::{Digits, Fields, Month, Width},
    refusal,
    tag::{self, Requested},
    zone::{Zone, ZoneName},
};

/// Which fields a call is about: those that it must have, and those that it gets where it asks for none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `toLocaleString`
    DateAndTime,
    /// `toLocaleDateString`
    Date,
    /// `toLocaleTimeString`
    Time,
    /// `Intl.DateTimeFormat`: any fields, the date where there are none.
    Any,
}

/// How long a whole date or time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Full = 0,
    Long = 1,
    Medium = 2,
    Short = 3,
}

/// Fields, or whole dates and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Fields(Fields),
    Styles { date: Option<Length>, time: Option<Length> },
}

/// What a call asks for.
#[derive(Debug, Clone)]
pub(super) struct DateRequest {
    pub(super) locale: &'static Locale,
    pub(super) tag: String,
    pub(super) content: Content,
    /// `default`, `true` and `false` of `hour12`, `h12`, `h23`.
    pub(super) cycle: &'static str,
    pub(super) n_fraction: usize,
    pub(super) zone: Zone,
    pub(super) zone_name: Option<ZoneName>,
}

const LENGTHS: [(&str, Length); 4] =
    [("full", Length::Full), ("long", Length::Long), ("medium", Length::Medium), ("short", Length::Short)];
const WIDTHS: [(&str, Width); 3] =
    [("narrow", Width::Narrow), ("short", Width::Short), ("long", Width::Long)];
const DIGITS: [(&str, Digits); 2] = [("numeric", Digits::Numeric), ("2-digit", Digits::TwoDigit)];
const MONTHS: [(&str, Month); 5] = [
    ("numeric", Month::Numeric),
    ("2-digit", Month::TwoDigit),
    ("narrow", Month::Narrow),
    ("short", Month::Short),
    ("long", Month::Long),
];
const ZONE_NAMES: [(&str, Option<ZoneName>); 6] = [
    ("short", Some(ZoneName::Short)),
    ("long", Some(ZoneName::Long)),
    ("shortOffset", Some(ZoneName::ShortOffset)),
    ("longOffset", Some(ZoneName::LongOffset)),
    ("shortGeneric", None),
    ("longGeneric", None),
];

/// Reads the arguments of a call.
///
/// # Errors
/// What node throws for wrong options, and a refusal for what converters do not have.
pub(super) fn read(
    (locales, options): (&JsValue, &JsValue),
    purpose: Purpose,
    what: &str,
    context: &mut Context,
) -> JsResult<DateRequest> {
    let requested = tag::requested(locales, what, context)?;
    let options = Options::coerced(options, what, context)?;
    calendar(&requested, &options, context)?;
    number_options::numbering_system(&requested, &options, context)?;
    let cycle = cycle(&requested, &options, context)?;
    let zone = zone(&options, context)?;
    let (mut fields, n_fraction) = fields(&options, context)?;
    let zone_name = match options.choice("timeZoneName", &ZONE_NAMES, context)? {
        None => None,
        Some(Some(name)) => Some(name),
        Some(None) => {
            let name = options.text("timeZoneName", context)?.unwrap_or_default();
            return Err(options.unsupported("timeZoneName", &name));
        }
    };
    fields.zone = zone_name;
    options.choice("formatMatcher", &[("basic", ()), ("best fit", ())], context)?;
    for (other, style) in [(Purpose::Time, "dateStyle"), (Purpose::Date, "timeStyle")] {
        if purpose == other && !options.get(style, context)?.is_undefined() {
            return Err(refusal::wrong_type(format!("Invalid option : {style}")));
        }
    }
    let date = options.choice("dateStyle", &LENGTHS, context)?;
    let time = options.choice("timeStyle", &LENGTHS, context)?;
    let content = match (date, time) {
        (None, None) => Content::Fields(with_defaults(fields, purpose)),
        _ => {
            check_styles(date, &fields)?;
            Content::Styles { date, time }
        }
    };
    let (locale, tag) = (requested.locale, requested.tag.text());
    let request = DateRequest { locale, tag, content, cycle, n_fraction, zone, zone_name };
    request.check(what)?;
    Ok(request)
}

impl DateRequest {
    /// Refuses combinations that the data has no patterns for.
    fn check(&self, what: &str) -> JsResult<()> {
        let Content::Fields(fields) = self.content else { return Ok(()) };
        let refuse = |wanted: &str| Err(refusal::unsupported(what, wanted));
        match fields.pattern(self.locale, self.cycle) {
            Some(_) => Ok(()),
            None if fields.has_fraction => {
                refuse("`fractionalSecondDigits` without `minute` and `second`, or with `weekday` alone,")
            }
            None => refuse("`weekday` with a time but no `day`, and with `timeZoneName` or without `hour`,"),
        }
    }
}

fn calendar(requested: &Requested, options: &Options<'_>, context: &mut Context) -> JsResult<()> {
    let asked = options.text("calendar", context)?;
    match asked.as_deref().or(requested.tag.keyword("ca")) {
        None | Some("gregory") => Ok(()),
        Some(other) => Err(options.unsupported("calendar", other)),
    }
}

fn cycle(requested: &Requested, options: &Options<'_>, context: &mut Context) -> JsResult<&'static str> {
    let hour12 = options.flag("hour12", context)?;
    let names = [("h11", "h11"), ("h12", "h12"), ("h23", "h23"), ("h24", "h24")];
    let asked = options.choice("hourCycle", &names, context)?;
    let by_tag = requested.tag.keyword("hc").and_then(|name| names.iter().find(|(known, _)| *known == name));
    match (hour12, asked.or(by_tag.map(|(name, _)| *name))) {
        (Some(true), _) => Ok("true"),
        (Some(false), _) => Ok("false"),
        (None, None) => Ok("default"),
        (None, Some(name @ ("h12" | "h23"))) => Ok(name),
        (None, Some(other)) => Err(options.unsupported("hourCycle", other)),
    }
}

fn zone(options: &Options<'_>, context: &mut Context) -> JsResult<Zone> {
    let Some(name) = options.text("timeZone", context)? else { return Ok(Zone::utc()) };
    let unknown = || refusal::range(format!("Invalid time zone specified: {name}"));
    Zone::find(&name).ok_or_else(unknown)
}

fn fields(options: &Options<'_>, context: &mut Context) -> JsResult<(Fields, usize)> {
    let weekday = options.choice("weekday", &WIDTHS, context)?;
    options.only("era", ("", &["narrow", "short", "long"]), context)?;
    let year = options.choice("year", &DIGITS, context)?;
    let month = options.choice("month", &MONTHS, context)?;
    let day = options.choice("day", &DIGITS, context)?;
    options.only("dayPeriod", ("", &["narrow", "short", "long"]), context)?;
    let hour = options.choice("hour", &DIGITS, context)?;
    let minute = options.choice("minute", &DIGITS, context)?;
    let second = options.choice("second", &DIGITS, context)?;
    let n_fraction = options.number("fractionalSecondDigits", (1, 3), context)?.unwrap_or(0);
    let has_fraction = n_fraction > 0;
    let fields = Fields { weekday, year, month, day, hour, minute, second, has_fraction, zone: None };
    Ok((fields, usize::from(n_fraction)))
}

/// ECMA-402 §11.1.2: a call gets the fields of its purpose where it has none of them.
fn with_defaults(mut fields: Fields, purpose: Purpose) -> Fields {
    let has_date = fields.has_date() && purpose != Purpose::Time;
    let has_time = (fields.has_time() || fields.has_fraction) && purpose != Purpose::Date;
    if has_date || has_time {
        return fields;
    }
    if purpose != Purpose::Time {
        fields.year = Some(Digits::Numeric);
        fields.month = Some(Month::Numeric);
        fields.day = Some(Digits::Numeric);
    }
    if matches!(purpose, Purpose::Time | Purpose::DateAndTime) {
        fields.hour = Some(Digits::Numeric);
        fields.minute = Some(Digits::Numeric);
        fields.second = Some(Digits::Numeric);
    }
    fields
}

/// Whole dates and times have no fields besides.
fn check_styles(date: Option<Length>, fields: &Fields) -> JsResult<()> {
    let named = [
        ("weekday", fields.weekday.is_some()),
        ("year", fields.year.is_some()),
        ("month", fields.month.is_some()),
        ("day", fields.day.is_some()),
        ("hour", fields.hour.is_some()),
        ("minute", fields.minute.is_some()),
        ("second", fields.second.is_some()),
        ("fractionalSecondDigits", fields.has_fraction),
        ("timeZoneName", fields.zone.is_some()),
    ];
    if let Some((name, _)) = named.iter().find(|(_, is_set)| *is_set) {
        let style = if date.is_some() { "dateStyle" } else { "timeStyle" };
        return Err(refusal::wrong_type(format!("Can't set option {name} when {style} is used")));
    }
    Ok(())
}

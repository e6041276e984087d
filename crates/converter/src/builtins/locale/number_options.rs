//! What `Intl.NumberFormat` and `toLocaleString` of numbers are asked for (ECMA-402 §16.1).

use boa_engine::{Context, JsNativeError, JsResult, JsValue};

use super::{
    data::{COMMON, Locale},
    decimal::{Precision, Quantity},
    number::{CurrencyDisplay, Grouping, NumberFormat, SignDisplay, Style},
    options::Options,
    refusal,
    tag::{self, Requested},
};

/// Currencies that have not two decimals, as node's ICU has them.
const DECIMALS: &[(u8, &str)] = &[
    (
        0,
        "ADP AFN ALL BIF BYR CLP COP DJF ESP GNF HUF IDR IQD IRR ISK ITL JPY KMF KPW KRW LAK LBP LUF MGA MGF MMK \
         MRO PKR PYG RWF SLL SOS STD SYP TMM TRL UGX UYI VND VUV XAF XOF XPF YER ZMK ZWD",
    ),
    (3, "BHD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// A format with the tag that was asked for.
#[derive(Debug, Clone)]
pub(super) struct RequestedNumberFormat {
    pub(super) format: NumberFormat,
    pub(super) tag: String,
}

/// Reads the arguments of a call.
///
/// # Errors
/// What node throws for wrong options, and a refusal for what converters do not have.
pub(super) fn read(
    (locales, options): (&JsValue, &JsValue),
    what: &str,
    context: &mut Context,
) -> JsResult<RequestedNumberFormat> {
    let requested = tag::requested(locales, what, context)?;
    let options = Options::coerced(options, what, context)?;
    numbering_system(&requested, &options, context)?;
    let style = style(requested.locale, &options, context)?;
    // Node's ICU has other accounting forms for `tr` than for `tr-TR`, which the table has.
    if requested.tag.base() == "tr" && matches!(&style, Style::Currency { is_accounting: true, .. }) {
        let wanted = "`currencySign: 'accounting'` of the locale `tr` (write `tr-TR`)";
        return Err(refusal::unsupported(what, wanted));
    }
    options.only("notation", ("standard", &["scientific", "engineering", "compact"]), context)?;
    let decimals = match &style {
        Style::Currency { code, .. } => (decimals(code), decimals(code)),
        Style::Percent => (0, 0),
        Style::Decimal | Style::Unit { .. } => (0, 3),
    };
    let (min_integer, precision) = digits(&options, decimals, context)?;
    rounding(&options, context)?;
    let grouping = grouping(&options, context)?;
    let signs = [
        ("auto", SignDisplay::Auto),
        ("never", SignDisplay::Never),
        ("always", SignDisplay::Always),
        ("exceptZero", SignDisplay::ExceptZero),
        ("negative", SignDisplay::Negative),
    ];
    let sign = options.choice("signDisplay", &signs, context)?.unwrap_or(SignDisplay::Auto);
    let format = NumberFormat { locale: requested.locale, style, min_integer, precision, grouping, sign };
    Ok(RequestedNumberFormat { format, tag: requested.tag.text() })
}

/// Refuses digits other than 0 to 9.
pub(super) fn numbering_system(
    requested: &Requested,
    options: &Options<'_>,
    context: &mut Context,
) -> JsResult<()> {
    let asked = options.text("numberingSystem", context)?;
    match asked.as_deref().or(requested.tag.keyword("nu")) {
        None | Some("latn") => Ok(()),
        Some(other) => Err(options.unsupported("numberingSystem", other)),
    }
}

fn style(locale: &Locale, options: &Options<'_>, context: &mut Context) -> JsResult<Style> {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Decimal,
        Percent,
        Currency,
        Unit,
    }
    let kinds = [
        ("decimal", Kind::Decimal),
        ("percent", Kind::Percent),
        ("currency", Kind::Currency),
        ("unit", Kind::Unit),
    ];
    let kind = options.choice("style", &kinds, context)?.unwrap_or(Kind::Decimal);
    let code = currency(options, context)?;
    let displays = [
        ("symbol", Some(CurrencyDisplay::Symbol)),
        ("narrowSymbol", Some(CurrencyDisplay::NarrowSymbol)),
        ("code", Some(CurrencyDisplay::Code)),
        ("name", None),
    ];
    let display = options.choice("currencyDisplay", &displays, context)?;
    let is_accounting =
        options.choice("currencySign", &[("standard", false), ("accounting", true)], context)?;
    let unit = options.text("unit", context)?;
    let lengths = [("short", "short"), ("narrow", "narrow"), ("long", "long")];
    let length = options.choice("unitDisplay", &lengths, context)?;
    match kind {
        Kind::Decimal => Ok(Style::Decimal),
        Kind::Percent => Ok(Style::Percent),
        Kind::Currency => {
            let Some(code) = code else {
                let message = "Currency code is required with currency style.";
                return Err(refusal::wrong_type(message.to_owned()));
            };
            let Some(display) = display.unwrap_or(Some(CurrencyDisplay::Symbol)) else {
                return Err(options.unsupported("currencyDisplay", "name"));
            };
            match is_known_currency(locale, &code) {
                true => Ok(Style::Currency { code, display, is_accounting: is_accounting.unwrap_or(false) }),
                false => Err(options.unsupported("currency", &code)),
            }
        }
        Kind::Unit => unit_style(unit, length.unwrap_or("short"), options),
    }
}

/// Whether the templates of the locale write this currency as node does.
fn is_known_currency(locale: &Locale, code: &str) -> bool {
    let common = Locale::find(COMMON);
    common.is_some_and(|common| common.values("currencies").any(|known| known == code))
        && locale.values("currencies unknown").all(|unknown| unknown != code)
}

fn unit_style(unit: Option<String>, display: &'static str, options: &Options<'_>) -> JsResult<Style> {
    let what = options.what;
    match unit {
        None => Err(refusal::wrong_type(format!("Invalid unit argument for {what}() ''"))),
        Some(unit) if UNITS.contains(&unit.as_str()) => Ok(Style::Unit { unit, display }),
        Some(unit) if unit.contains("-per-") => Err(options.unsupported("unit", &unit)),
        Some(unit) => Err(refusal::range(format!("Invalid unit argument for {what}() '{unit}'"))),
    }
}

/// The code in capital letters.
fn currency(options: &Options<'_>, context: &mut Context) -> JsResult<Option<String>> {
    let Some(code) = options.text("currency", context)? else { return Ok(None) };
    match code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        true => Ok(Some(code.to_ascii_uppercase())),
        false => Err(refusal::range(format!("Invalid currency code : {code}"))),
    }
}

fn decimals(code: &str) -> u8 {
    let has = |codes: &str| codes.split_whitespace().any(|known| known == code);
    DECIMALS.iter().find(|(_, codes)| has(codes)).map_or(2, |(decimals, _)| *decimals)
}

/// Integer digits and precision (ECMA-402 §16.1.3); `rounding` refuses other priorities than the default.
pub(super) fn digits(
    options: &Options<'_>,
    (default_min, default_max): (u8, u8),
    context: &mut Context,
) -> JsResult<(u8, Precision)> {
    let min_integer = options.number("minimumIntegerDigits", (1, 21), context)?.unwrap_or(1);
    let asked_fraction = |name| options.get(name, context).map(|value| !value.is_undefined());
    let mut asked_fraction = asked_fraction;
    let has_fraction = asked_fraction("minimumFractionDigits")? || asked_fraction("maximumFractionDigits")?;
    let has_significant =
        asked_fraction("minimumSignificantDigits")? || asked_fraction("maximumSignificantDigits")?;
    if has_significant {
        let min = options.number("minimumSignificantDigits", (1, 21), context)?.unwrap_or(1);
        let max = options.number("maximumSignificantDigits", (min, 21), context)?.unwrap_or(21);
        return Ok((min_integer, Precision::Significant(min, max)));
    }
    if !has_fraction {
        return Ok((min_integer, Precision::Fraction(default_min, default_max)));
    }
    let min = options.number("minimumFractionDigits", (0, 20), context)?;
    let max = options.number("maximumFractionDigits", (0, 20), context)?;
    let precision = match (min, max) {
        (None, Some(max)) => Precision::Fraction(default_min.min(max), max),
        (Some(min), None) => Precision::Fraction(min, default_max.max(min)),
        (Some(min), Some(max)) if min <= max => Precision::Fraction(min, max),
        (None, None) => Precision::Fraction(default_min, default_max),
        (Some(_), Some(_)) => {
            return Err(refusal::range("maximumFractionDigits value is out of range.".to_owned()));
        }
    };
    Ok((min_integer, precision))
}

/// Refuses other ways of rounding than the usual one.
pub(super) fn rounding(options: &Options<'_>, context: &mut Context) -> JsResult<()> {
    options.only("roundingPriority", ("auto", &["morePrecision", "lessPrecision"]), context)?;
    let modes = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfTrunc", "halfEven"];
    options.only("roundingMode", ("halfExpand", &modes), context)?;
    options.only("trailingZeroDisplay", ("auto", &["stripIfInteger"]), context)?;
    let increment = options.get("roundingIncrement", context)?;
    match increment.is_undefined() || increment.to_number(context)? == 1.0 {
        true => Ok(()),
        false => Err(options.unsupported("roundingIncrement", &increment.display().to_string())),
    }
}

fn grouping(options: &Options<'_>, context: &mut Context) -> JsResult<Grouping> {
    let value = options.get("useGrouping", context)?;
    if value.is_undefined() {
        return Ok(Grouping::Auto);
    }
    if let Some(flag) = value.as_boolean() {
        return Ok(if flag { Grouping::Always } else { Grouping::Never });
    }
    if !value.to_boolean() {
        return Ok(Grouping::Never);
    }
    let names = [
        ("min2", Grouping::Min2),
        ("auto", Grouping::Auto),
        ("always", Grouping::Always),
        ("true", Grouping::Auto),
        ("false", Grouping::Auto),
    ];
    Ok(options.choice("useGrouping", &names, context)?.unwrap_or(Grouping::Auto))
}

/// A value as `Intl.NumberFormat.prototype.format` takes it: texts keep all their digits.
pub(super) fn quantity(value: &JsValue, context: &mut Context) -> JsResult<Quantity> {
    let primitive = value.to_primitive(context, boa_engine::value::PreferredType::Number)?;
    if let Some(integer) = primitive.as_bigint() {
        return Ok(of_digits(&integer.to_string_radix(10)));
    }
    let number = primitive.to_number(context)?;
    if let Some(text) = primitive.as_string() {
        // What is no plain decimal is read as `Number` reads it: `0x10`, `Infinity`, an empty text.
        let text = text.to_std_string_lossy();
        let is_plain = text.trim().starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        if let Some(exact) = Quantity::of_decimal_text(text.trim()).filter(|_| is_plain && number.is_finite())
        {
            return Ok(exact);
        }
    }
    Ok(Quantity::of_f64(number))
}

/// The digits of a whole number.
pub(super) fn of_digits(text: &str) -> Quantity {
    Quantity::of_decimal_text(text).unwrap_or(Quantity::NotANumber)
}

/// The value of a number or of its object, as `this` of a method.
pub(super) fn this_number(this: &JsValue) -> JsResult<f64> {
    let value = this.as_number().or_else(|| this.as_object()?.downcast_ref::<f64>().map(|value| *value));
    let message = "Number.prototype.toLocaleString requires that 'this' be a Number";
    value.ok_or_else(|| JsNativeError::typ().with_message(message).into())
}

/// The units that ECMA-402 names.
pub(super) const UNITS: &[&str] = &[
    "acre",
    "bit",
    "byte",
    "celsius",
    "centimeter",
    "day",
    "degree",
    "fahrenheit",
    "fluid-ounce",
    "foot",
    "gallon",
    "gigabit",
    "gigabyte",
    "gram",
    "hectare",
    "hour",
    "inch",
    "kilobit",
    "kilobyte",
    "kilogram",
    "kilometer",
    "liter",
    "megabit",
    "megabyte",
    "meter",
    "microsecond",
    "mile",
    "mile-scandinavian",
    "milliliter",
    "millimeter",
    "millisecond",
    "minute",
    "month",
    "nanosecond",
    "ounce",
    "percent",
    "petabyte",
    "pound",
    "second",
    "stone",
    "terabit",
    "terabyte",
    "week",
    "yard",
    "year",
];

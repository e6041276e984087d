//! `toFixed`, `toExponential` and `toPrecision` of numbers, exact for every double.
//!
//! Boa gives `(1e-17).toFixed(10)` as `0.8750000000`, has no digits of numbers below 1e-100 in `toPrecision`, and rounds
//! half to even in `toExponential`, where ECMA-262 says half up.

use boa_engine::{
    Context, JsNativeError, JsResult, JsString, JsValue, NativeFunction,
    native_function::NativeFunctionPointer, value::IntegerOrInfinity,
};

use super::methods::define;

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().number().prototype();
    let methods: [(&str, NativeFunctionPointer); 3] =
        [("toFixed", to_fixed), ("toExponential", to_exponential), ("toPrecision", to_precision)];
    for (name, function) in methods {
        define(&prototype, name, (1, NativeFunction::from_fn_ptr(function)), context)?;
    }
    Ok(())
}

/// ECMA-262 §21.1.3.3.
fn to_fixed(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = number_of(this, "toFixed")?;
    let n_digits = count(arguments, context)?.unwrap_or(IntegerOrInfinity::Integer(0));
    let Some(n_digits) = within(n_digits, 0) else {
        return Err(out_of_range("toFixed() digits argument must be between 0 and 100"));
    };
    // From here on ECMA-262 has the shortest text.
    match number.abs() < 1e21 {
        true => Ok(JsString::from(fixed(number, n_digits)).into()),
        false => shortest(number, context),
    }
}

/// ECMA-262 §21.1.3.2.
fn to_exponential(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = number_of(this, "toExponential")?;
    let n_digits = count(arguments, context)?;
    if !number.is_finite() {
        return shortest(number, context);
    }
    let Some(n_digits) = n_digits else {
        return Ok(JsString::from(shortest_exponential(number)).into());
    };
    match within(n_digits, 0) {
        Some(n_digits) => Ok(JsString::from(exponential(number, n_digits + 1)).into()),
        None => Err(out_of_range("toExponential() argument must be between 0 and 100")),
    }
}

/// ECMA-262 §21.1.3.5.
fn to_precision(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = number_of(this, "toPrecision")?;
    let n_digits = count(arguments, context)?;
    match n_digits {
        Some(n_digits) if number.is_finite() => match within(n_digits, 1) {
            Some(n_digits) => Ok(JsString::from(precise(number, n_digits)).into()),
            None => Err(out_of_range("toPrecision() argument must be between 1 and 100")),
        },
        _ => shortest(number, context),
    }
}

fn number_of(this: &JsValue, method: &str) -> JsResult<f64> {
    let of_object = || this.as_object()?.downcast_ref::<f64>().map(|number| *number);
    this.as_number().or_else(of_object).ok_or_else(|| {
        let message = format!("Number.prototype.{method} requires that 'this' be a Number");
        JsNativeError::typ().with_message(message).into()
    })
}

/// The argument as a whole number, if there is one.
fn count(arguments: &[JsValue], context: &mut Context) -> JsResult<Option<IntegerOrInfinity>> {
    let argument = arguments.first().filter(|argument| !argument.is_undefined());
    argument.map(|argument| argument.to_integer_or_infinity(context)).transpose()
}

fn within(count: IntegerOrInfinity, least: i64) -> Option<usize> {
    let count = count.as_integer().filter(|count| (least..=100).contains(count))?;
    usize::try_from(count).ok()
}

fn out_of_range(message: &'static str) -> boa_engine::JsError {
    JsNativeError::range().with_message(message).into()
}

fn shortest(number: f64, context: &mut Context) -> JsResult<JsValue> {
    Ok(JsValue::new(number).to_string(context)?.into())
}

fn sign(number: f64) -> &'static str {
    if number < 0.0 { "-" } else { "" }
}

/// How many digits after the point the number's exact decimal expansion has: as many as its last bit is places after
/// the binary point. If there are any, the last one is a 5.
fn n_fraction_digits(number: f64) -> usize {
    let bits = number.to_bits();
    let (mantissa, exponent) = (bits & ((1 << 52) - 1), (bits >> 52) & 0x7ff);
    let (mantissa, exponent) = match exponent {
        0 => (mantissa, 1),
        exponent => (mantissa | (1 << 52), exponent),
    };
    if mantissa == 0 {
        return 0;
    }
    // The mantissa's last bit counts 2^(exponent - 1075).
    1075_usize.saturating_sub(exponent as usize + mantissa.trailing_zeros() as usize)
}

/// `12.35`; `number` is finite.
fn fixed(number: f64, n_digits: usize) -> String {
    let magnitude = number.abs();
    // Rust rounds half to even, and half way is where exactly one digit is left over.
    let text = match n_fraction_digits(magnitude) == n_digits + 1 {
        false => format!("{magnitude:.n_digits$}"),
        true => {
            let exact = format!("{magnitude:.0$}", n_digits + 1).replace('.', "");
            let (digits, carry) = half_up(exact.as_bytes(), exact.len() - 1);
            let digits = format!("{}{digits}", if carry { "1" } else { "" });
            match n_digits {
                0 => digits,
                _ => {
                    let (whole, fraction) = digits.split_at(digits.len() - n_digits);
                    format!("{whole}.{fraction}")
                }
            }
        }
    };
    format!("{}{text}", sign(number))
}

/// The first `n_digits` of the digits, rounded half up, and whether a 1 comes before them.
fn half_up(digits: &[u8], n_digits: usize) -> (String, bool) {
    let mut kept: Vec<u8> = digits.iter().copied().chain(std::iter::repeat(b'0')).take(n_digits).collect();
    let mut carry = digits.get(n_digits).is_some_and(|digit| *digit >= b'5');
    for digit in kept.iter_mut().rev() {
        if !carry {
            break;
        }
        carry = *digit == b'9';
        *digit = if carry { b'0' } else { *digit + 1 };
    }
    (String::from_utf8_lossy(&kept).into_owned(), carry)
}

/// The first digits of a number that is not negative, and the power of ten of the first one.
fn significant(magnitude: f64, n_digits: usize) -> (String, i32) {
    if magnitude == 0.0 {
        return ("0".repeat(n_digits), 0);
    }
    let n_fraction = n_fraction_digits(magnitude);
    let text = format!("{magnitude:.0$e}", n_digits - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    // The digits after the point that are kept; one more or less where the number was rounded to the next power of ten.
    let n_kept = n_digits as i64 - 1 - i64::from(exponent);
    let may_be_half = n_fraction == 0 || (n_fraction as i64 - n_kept).abs() <= 2;
    if !may_be_half {
        return (mantissa.replace('.', ""), exponent);
    }
    let exact = format!("{magnitude:.n_fraction$}");
    let point = exact.find('.').unwrap_or(exact.len());
    let digits = exact.replace('.', "");
    let first = digits.find(|digit| digit != '0').unwrap_or(0);
    let exponent = point as i32 - 1 - first as i32;
    match half_up(&digits.as_bytes()[first..], n_digits) {
        (digits, false) => (digits, exponent),
        (digits, true) => (format!("1{}", &digits[1..]), exponent + 1),
    }
}

/// `1.24e+1`; `number` is finite.
fn exponential(number: f64, n_digits: usize) -> String {
    let (digits, exponent) = significant(number.abs(), n_digits);
    format!("{}{}e{exponent:+}", sign(number), with_point(&digits, 1))
}

/// The digits are those of the number's shortest text; of two that are as near, Rust takes another one than ECMA-262.
fn shortest_exponential(number: f64) -> String {
    let mut buffer = ryu_js::Buffer::new();
    let text = buffer.format_finite(number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return "0e+0".to_owned();
    }
    let n_zeros = all.len() - digits.len();
    let exponent = exponent + whole.len() as i32 - 1 - n_zeros as i32;
    let digits = with_point(digits, 1);
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    format!("{}{digits}e{exponent:+}", sign(number))
}

/// `12.4`, or `1.24e+21` where the point is far; `number` is finite.
fn precise(number: f64, n_digits: usize) -> String {
    let (digits, exponent) = significant(number.abs(), n_digits);
    let text = match usize::try_from(exponent) {
        _ if exponent < -6 => format!("{}e{exponent:+}", with_point(&digits, 1)),
        Ok(exponent) if exponent >= n_digits => format!("{}e{exponent:+}", with_point(&digits, 1)),
        Ok(exponent) => with_point(&digits, exponent + 1),
        Err(_) => format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
    };
    format!("{}{text}", sign(number))
}

/// The digits with a point after the first few, if any are left.
fn with_point(digits: &str, n_whole: usize) -> String {
    match digits.split_at(n_whole) {
        (whole, "") => whole.to_owned(),
        (whole, fraction) => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_goes_up() {
        let check =
            |number, digits: usize, expected: &str| assert_eq!(exponential(number, digits + 1), expected);
        check(25.0, 0, "3e+1");
        check(12345.0, 3, "1.235e+4");
        check(1.25, 1, "1.3e+0");
        check(-1.25, 1, "-1.3e+0");
        check(9.5, 0, "1e+1");
        check(99.95, 2, "1.00e+2");
        check(0.0, 2, "0.00e+0");
        check(-0.0, 0, "0e+0");
        check(0.000_123, 5, "1.23000e-4");
        check(5e-324, 3, "4.941e-324");
        check(1e21, 20, "1.00000000000000000000e+21");
        check(1.005, 2, "1.00e+0");
        check(1e23, 0, "1e+23");
    }

    #[test]
    fn the_shortest_digits_are_those_of_the_text() {
        let check = |number, expected: &str| assert_eq!(shortest_exponential(number), expected);
        check(727_641_582_827_848.2, "7.276415828278482e+14");
        check(0.0, "0e+0");
        check(-0.001_5, "-1.5e-3");
        check(1e21, "1e+21");
        check(1_200.0, "1.2e+3");
        check(5e-324, "5e-324");
        check(1.5, "1.5e+0");
    }

    #[test]
    fn fixed_digits_are_exact() {
        let check = |number, digits, expected: &str| assert_eq!(fixed(number, digits), expected);
        check(1e-17, 10, "0.0000000000");
        check(0.5, 0, "1");
        check(2.5, 0, "3");
        check(-1.5, 0, "-2");
        check(9.5, 0, "10");
        check(99.875, 2, "99.88");
        check(1.005, 2, "1.00");
        check(-1e-7, 2, "-0.00");
        check(-0.0, 2, "0.00");
        check(5e-324, 3, "0.000");
        check(123_456_789_012_345_680_000.0, 1, "123456789012345683968.0");
        check(0.000_001, 7, "0.0000010");
    }

    #[test]
    fn precision_is_that_of_the_number() {
        let check = |number, digits, expected: &str| assert_eq!(precise(number, digits), expected);
        check(1e-300, 3, "1.00e-300");
        check(5e-324, 20, "4.9406564584124654418e-324");
        check(123.456, 4, "123.5");
        check(0.000_123, 2, "0.00012");
        check(1e-7, 5, "1.0000e-7");
        check(123_456.0, 2, "1.2e+5");
        check(99.99, 3, "100");
        check(0.0, 3, "0.00");
        check(-1.25, 2, "-1.3");
        check(1e21, 22, "1000000000000000000000");
    }
}

//! `Number.prototype.toExponential`, which Boa rounds half to even, and ECMA-262 half up.

use boa_engine::{
    Context, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
};

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().number().prototype();
    let original = prototype.get(js_string!("toExponential"), context)?;
    let Some(original) = original.as_object() else { return Ok(()) };
    let function = NativeFunction::from_copy_closure_with_captures(to_exponential, original);
    let function = FunctionObjectBuilder::new(context.realm(), function)
        .name(js_string!("toExponential"))
        .length(1)
        .build();
    let property =
        PropertyDescriptor::builder().value(function).writable(true).enumerable(false).configurable(true);
    prototype.define_property_or_throw(js_string!("toExponential"), property, context)?;
    Ok(())
}

/// ECMA-262 §21.1.3.2.
fn to_exponential(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let argument = arguments.first().filter(|digits| !digits.is_undefined());
    let digits = argument.map(|digits| digits.to_integer_or_infinity(context)).transpose()?;
    let digits = digits.and_then(|digits| digits.as_integer());
    // What is wrong with it, and the shortest text, the engine knows.
    let of_engine =
        original.call(this, &digits.map(JsValue::new).into_iter().collect::<Vec<_>>(), context)?;
    let number = match this.as_object() {
        Some(object) => object.downcast_ref::<f64>().map(|number| *number),
        None => this.as_number(),
    };
    Ok(match (number, digits.and_then(|digits| usize::try_from(digits).ok())) {
        (Some(number), Some(digits)) if number.is_finite() => {
            JsString::from(exponential(number, digits)).into()
        }
        _ => of_engine,
    })
}

/// The number with so many digits after the first; what is half way goes up.
fn exponential(number: f64, n_digits: usize) -> String {
    // No number has more digits than this.
    const ALL_DIGITS: usize = 1_100;
    let sign = if number < 0.0 { "-" } else { "" };
    let exact = format!("{:.ALL_DIGITS$e}", number.abs());
    let (mantissa, exponent) = exact.split_once('e').unwrap_or((&exact, "0"));
    let mut exponent: i32 = exponent.parse().unwrap_or_default();
    let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let goes_up = digits.get(n_digits + 1).is_some_and(|digit| *digit >= b'5');
    digits.truncate(n_digits + 1);
    if goes_up {
        let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
        let rest = digits.len() - nines;
        digits[rest..].fill(b'0');
        match rest.checked_sub(1) {
            Some(last) => digits[last] += 1,
            None => {
                digits[0] = b'1';
                exponent += 1;
            }
        }
    }
    let digits = String::from_utf8_lossy(&digits);
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}e{exponent:+}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_goes_up() {
        let check = |number, digits, expected: &str| assert_eq!(exponential(number, digits), expected);
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
    }
}

//! `parseInt` with V8's rounding, where Boa adds digit by digit, and is some last digits off from 2^53 on.

use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_string, object::FunctionObjectBuilder,
    property::PropertyDescriptor,
};

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let function = FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(parse_int))
        .name(js_string!("parseInt"))
        .length(2)
        .build();
    let property =
        PropertyDescriptor::builder().value(function).writable(true).enumerable(false).configurable(true);
    let number = context.intrinsics().constructors().number().constructor();
    let global = context.global_object();
    for object in [number, global] {
        object.define_property_or_throw(js_string!("parseInt"), property.clone(), context)?;
    }
    Ok(())
}

/// ECMA-262 §19.2.5.
fn parse_int(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (value, radix) = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
    // A whole number that is written without an exponent.
    if let Some(number) = value.as_i32().filter(|_| radix.is_undefined()) {
        return Ok(number.into());
    }
    let text = value.to_string(context)?;
    let radix = radix.to_i32(context)?;
    Ok(JsValue::new(read(&text, radix)))
}

fn read(text: &JsString, radix: i32) -> f64 {
    let units: Vec<u16> = text.trim_start().iter().collect();
    let (is_negative, mut units) = match units.split_first() {
        Some((first, rest)) if *first == u16::from(b'-') => (true, rest),
        Some((first, rest)) if *first == u16::from(b'+') => (false, rest),
        _ => (false, &units[..]),
    };
    let is_hexadecimal =
        matches!(units, [zero, x, ..] if *zero == u16::from(b'0') && (*x | 0x20) == u16::from(b'x'));
    if is_hexadecimal && (radix == 0 || radix == 16) {
        units = &units[2..];
    }
    let radix = match radix {
        0 if is_hexadecimal => 16,
        0 => 10,
        2..=36 => radix.unsigned_abs(),
        _ => return f64::NAN,
    };
    let digit = |unit: &u16| char::from_u32(u32::from(*unit))?.to_digit(radix);
    let digits: Vec<u32> = units.iter().map_while(digit).collect();
    match digits.is_empty() {
        true => f64::NAN,
        false if is_negative => -value(&digits, radix),
        false => value(&digits, radix),
    }
}

fn value(digits: &[u32], radix: u32) -> f64 {
    match radix {
        10 => {
            let text: String = digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
            text.parse().unwrap_or(f64::NAN)
        }
        radix if radix.is_power_of_two() => of_bits(digits, radix.trailing_zeros()),
        radix => in_parts(&digits[digits.iter().take_while(|digit| **digit == 0).count()..], radix),
    }
}

/// The nearest double; of two that are as near, the even one.
fn of_bits(digits: &[u32], n_bits: u32) -> f64 {
    let (mut mantissa, mut exponent) = (0_u64, 0_i32);
    for digit in digits {
        // From here on the digits only tell whether the number lies half way.
        if mantissa >> 58 != 0 {
            mantissa |= u64::from(*digit != 0);
            exponent = exponent.saturating_add(n_bits as i32);
        } else {
            mantissa = mantissa << n_bits | u64::from(*digit);
        }
    }
    mantissa as f64 * 2_f64.powi(exponent)
}

/// As many digits at a time as V8 takes, which rounds after each part.
fn in_parts(digits: &[u32], radix: u32) -> f64 {
    const MAX_MULTIPLIER: u32 = u32::MAX / 36;
    let (mut value, mut part, mut multiplier) = (0_f64, 0_u32, 1_u32);
    for digit in digits {
        let next = multiplier * radix;
        if next > MAX_MULTIPLIER {
            value = value * f64::from(multiplier) + f64::from(part);
            (part, multiplier) = (*digit, radix);
        } else {
            (part, multiplier) = (part * radix + digit, next);
        }
    }
    value * f64::from(multiplier) + f64::from(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What node 20 gives.
    #[test]
    fn digits_are_rounded_as_in_node() {
        let check = |text: &str, radix, expected: f64| {
            let found = read(&JsString::from(text), radix);
            assert_eq!(found.to_bits(), expected.to_bits(), "{text} {radix}: {found}");
        };
        check("256761423080316383", 10, 256761423080316380.0);
        check(" -99999999999999999999999abc", 0, -1e23);
        check("12345678901234567890123456789", 10, 1.2345678901234568e28);
        check("8000000000000401", 16, 9223372036854778000.0);
        check("0x8000000000000400", 0, 9223372036854775808.0);
        check("8000000000000c00", 16, 9223372036854779904.0);
        check("0386966e1dfdij6d3f1ihj", 20, 3.582108206439828e26);
        check("-0", 10, -0.0);
        check("0x1f", 10, 0.0);
        check("1", 37, f64::NAN);
        check(&"f".repeat(400), 16, f64::INFINITY);
    }
}

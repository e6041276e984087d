//! Numbers as a page writes them, and the 64 bits that hold them.

use pipeline_config::is_exact_double;

use crate::{
    cell::{Cell, MAX_SAFE_INTEGER},
    parse,
    text::push_number,
};

/// The decimal digits that any double keeps (DBL_DIG of C).
const SAFE_DIGITS: usize = 15;

/// The digits with which any double is told from the others.
const MOST_DIGITS: usize = 17;

/// A number of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// A whole number, exactly.
    Int(i64),
    /// Any other number, as the nearest double; beyond the doubles it is infinite.
    Float(f64),
    /// A whole number that is written without point and exponent, and that 64 bits do not hold.
    TooLarge,
}

impl Number {
    /// Reads the text of a number of JSON.
    ///
    /// A number with a point or an exponent is a float, unless it is whole and either small enough to be safe in a
    /// double, or only exact as an integer.
    pub(crate) fn read(written: &str) -> Self {
        if let Ok(whole) = written.parse() {
            return Self::Int(whole);
        }
        if written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Self::TooLarge;
        }
        let float: f64 = written.parse().unwrap_or(f64::NAN);
        match float.fract() == 0.0 {
            true if float.abs() <= MAX_SAFE_INTEGER as f64 => Self::Int(float as i64),
            true => match whole(written) {
                Some(exact) if i128::from(exact) != float as i128 => Self::Int(exact),
                _ => Self::Float(float),
            },
            false => Self::Float(float),
        }
    }

    /// The cell of a number that 64 bits hold.
    pub(crate) fn cell(self) -> Option<Cell<'static>> {
        match self {
            Self::Int(value) => Some(Cell::Int(value)),
            Self::Float(value) => Some(Cell::Float(value)),
            Self::TooLarge => None,
        }
    }
}

/// Whether a column of numbers prints what was written: `1.10`, `1e3` and `-0` are numbers that are written otherwise.
pub(crate) fn prints_as_written(number: Number, written: &str) -> bool {
    match number {
        Number::TooLarge => true,
        Number::Int(0) => written == "0",
        Number::Int(_) => written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'),
        Number::Float(float) => {
            // Of most numbers that takes no printing: JavaScript writes no zeros at the end, and an exponent below 1e-6.
            let is_short = written.len() <= SAFE_DIGITS && !written.contains(['e', 'E']);
            if is_short && float.abs() >= 1e-6 {
                return !written.ends_with('0');
            }
            let mut printed = String::new();
            push_number(float, &mut printed);
            printed == written
        }
    }
}

/// The number as a whole one of 64 bits, if it is exactly that: `7`, `7.0`, `7e0`.
pub(crate) fn whole(written: &str) -> Option<i64> {
    match written.parse() {
        Ok(whole) => Some(whole),
        Err(_) => i64::try_from(parse::decimal(written, 38, 0)?).ok(),
    }
}

/// The number as a double, unless it is a whole one whose digits the double does not give back.
///
/// Fractions are rounded: that is what floats are for. Whole numbers are mostly ids.
pub(crate) fn float(written: &str) -> Option<f64> {
    let float: f64 = written.parse().ok()?;
    let is_meant = written.contains(['.', 'e', 'E']);
    (is_meant || !is_rounded(float) || gives_back(float, written)).then_some(float)
}

/// Whether the double prints the digits that were written, or is exactly their value.
pub(crate) fn gives_back(float: f64, written: &str) -> bool {
    let mut printed = String::new();
    push_number(float, &mut printed);
    let exact = |text: &str| parse::decimal(text, 38, 0);
    match exact(written) {
        Some(value) => exact(&printed) == Some(value) || float as i128 == value,
        // A fraction, or more digits than can be compared.
        None => written.contains(['e', 'E']) || n_digits(written) <= MOST_DIGITS,
    }
}

/// Whether the nearest double prints other digits than those that were written, so that another number may become it too.
pub(crate) fn loses_digits(written: &str) -> bool {
    let has_exponent = written.contains(['e', 'E']);
    if !has_exponent && (written.len() <= SAFE_DIGITS || n_digits(written) <= SAFE_DIGITS) {
        return false;
    }
    // Infinite ones are no digits that were lost, but a number that is too large.
    !is_exact_double(written) && written.parse().is_ok_and(f64::is_finite)
}

/// Whether a double is a whole number that may stand for several: from 2^53 on, neighbours become one double.
pub(crate) fn is_rounded(float: f64) -> bool {
    float.abs() > MAX_SAFE_INTEGER as f64 && float.is_finite()
}

/// Whether a double with `scale` digits after the point shows digits that nobody wrote.
///
/// They are safe where there are at most 15 in all, and where doubles are closer to each other than the last digit.
pub(crate) fn has_made_up_digits(float: f64, scale: u8) -> bool {
    if is_rounded(float) {
        return true;
    }
    let magnitude = float.abs();
    let distance = magnitude.next_up() - magnitude;
    let mut printed = String::new();
    push_number(float, &mut printed);
    n_digits(&printed) > SAFE_DIGITS && distance >= 10_f64.powi(-i32::from(scale))
}

/// How many digits a number is written with, without zeros before and after them.
fn n_digits(written: &str) -> usize {
    let mantissa = written.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_64_bits_are_exact() {
        let check =
            |written: &str, expected: Number| assert_eq!(Number::read(written), expected, "{written}");
        check("0", Number::Int(0));
        check("-0", Number::Int(0));
        check("1909699624467843943", Number::Int(1_909_699_624_467_843_943));
        check("9223372036854775807", Number::Int(i64::MAX));
        check("-9223372036854775808", Number::Int(i64::MIN));
        check("9223372036854775808", Number::TooLarge);
        check("-9223372036854775809", Number::TooLarge);
        check("18446744073709551615", Number::TooLarge);
        check("1.0", Number::Int(1));
        check("1e3", Number::Int(1000));
        check("-0.0", Number::Int(0));
        check("9007199254740993.0", Number::Int(9_007_199_254_740_993));
        // What doubles hold exactly stays a float: Python writes large ones like that.
        check("1e16", Number::Float(1e16));
        check("1.2345678901234568e+16", Number::Float(12_345_678_901_234_568.0));
        check("1e23", Number::Float(1e23));
        check("0.1", Number::Float(0.1));
        check("4062.6168251037598", Number::Float(4_062.616_825_103_759_8));
        check("1e400", Number::Float(f64::INFINITY));
        check("-1e400", Number::Float(f64::NEG_INFINITY));
        check("1e-400", Number::Int(0));
    }

    #[test]
    fn numbers_are_written_in_many_ways() {
        let check = |written: &str, expected: bool| {
            assert_eq!(prints_as_written(Number::read(written), written), expected, "{written}");
        };
        for printed in
            ["0", "-7", "0.1", "-0.5", "12.25", "1e-7", "4062.6168251037598", "1e+22", "1909699624467843943"]
        {
            check(printed, true);
        }
        for other in [
            "-0",
            "-0.0",
            "1.0",
            "1.10",
            "1e3",
            "1E5",
            "1e22",
            "0.0000001",
            "0.1234567890123456789",
            "1e400",
            "1e16",
        ] {
            check(other, false);
        }
    }

    #[test]
    fn floats_take_whole_numbers_that_they_give_back() {
        let check = |written: &str, expected: Option<f64>| assert_eq!(float(written), expected, "{written}");
        check("9007199254740991", Some(9_007_199_254_740_991.0));
        check("9007199254740993", None);
        check("9007199254740994", Some(9_007_199_254_740_994.0));
        // JavaScript writes doubles with all digits up to 10^21.
        check("100000000000000000000", Some(1e20));
        check("12345678901234567000", Some(12_345_678_901_234_567_000.0));
        check("12345678901234567891", None);
        check("1e300", Some(1e300));
        check("0.1", Some(0.1));
        check("12345678901234567890.12", Some(12_345_678_901_234_567_000.0));
        check(&"9".repeat(60), None);
    }

    #[test]
    fn decimals_know_which_digits_were_made_up() {
        let check = |float: f64, scale: u8, expected: bool| {
            assert_eq!(has_made_up_digits(float, scale), expected, "{float} {scale}");
        };
        check(12_345_678_901_234_567_890.12, 2, true);
        check(1_234_567_890_123_456.8, 2, true);
        check(99_999_999_999_999.98, 2, true);
        check(0.1 + 0.2, 17, true);
        check(1_234_567_890_123.456, 3, false);
        check(9_999_999_999_999.99, 2, false);
        check(0.1, 20, false);
        check(12.3, 2, false);
        check(-0.5, 1, false);
        check(0.0, 0, false);
        check(1e15, 2, false);
    }
}

//! The numbers of YAML 1.2's core schema.

/// A number as the core schema of YAML 1.2 (§10.3.2) understands its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CoreNumber {
    /// A whole number from zero on.
    Unsigned(u64),
    /// A whole number below zero.
    Signed(i64),
    /// A number with a fraction or an exponent, `.inf` or `.nan`.
    Float(f64),
    /// A whole number beyond 64 bits.
    TooLong,
    /// A whole number with leading zeros, which a number would lose.
    LeadingZeros,
}

impl CoreNumber {
    /// Reads the text of a plain scalar; `None` where it is no number, such as `1_000`, `0b1` and `12:30`.
    pub fn read(written: &str) -> Option<Self> {
        let (is_negative, unsigned) = match written.as_bytes().first()? {
            b'-' => (true, &written[1..]),
            b'+' => (false, &written[1..]),
            _ => (false, written),
        };
        let is_signed = unsigned.len() < written.len();
        for (prefix, radix) in [("0o", 8), ("0x", 16)] {
            if let Some(digits) = unsigned.strip_prefix(prefix) {
                let is_number = !is_signed && !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
                return is_number
                    .then(|| u64::from_str_radix(digits, radix).map_or(Self::TooLong, Self::Unsigned));
            }
        }
        match unsigned {
            ".inf" | ".Inf" | ".INF" if is_negative => return Some(Self::Float(f64::NEG_INFINITY)),
            ".inf" | ".Inf" | ".INF" => return Some(Self::Float(f64::INFINITY)),
            ".nan" | ".NaN" | ".NAN" if !is_signed => return Some(Self::Float(f64::NAN)),
            _ => {}
        }
        if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::whole(written, unsigned));
        }
        // Beyond digits, Rust reads the same floats as the core schema: `.5`, `5.`, `1e3`, `1.5E-3`.
        written.parse().ok().map(Self::Float)
    }

    /// A whole number with its sign, and its digits alone.
    fn whole(written: &str, digits: &str) -> Self {
        if digits.len() > 1 && digits.starts_with('0') {
            return Self::LeadingZeros;
        }
        let number = match written.starts_with('-') {
            true => written.parse().ok().map(Self::Signed),
            false => digits.parse().ok().map(Self::Unsigned),
        };
        number.unwrap_or(Self::TooLong)
    }
}

/// Whether the double nearest to a number prints the digits that were written, zeros at the ends and the exponent aside.
///
/// Infinite ones do not; zero does, whatever its sign.
pub fn is_exact_double(written: &str) -> bool {
    let Ok(double) = written.parse::<f64>() else { return false };
    double.is_finite() && scientific(written) == scientific(&format!("{double:e}"))
}

/// The sign of a number, its digits without zeros around them, and the power of ten of the last one.
fn scientific(written: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = written.split_once(['e', 'E']).unwrap_or((written, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(i64::MAX / 2);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: String = whole.chars().chain(fraction.chars()).filter(char::is_ascii_digit).collect();
    let digits = all.trim_end_matches('0');
    let n_zeros = (all.len() - digits.len()) as i64;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return (false, String::new(), 0);
    }
    let power = exponent.saturating_sub(fraction.len() as i64).saturating_add(n_zeros);
    (mantissa.starts_with('-'), digits.to_owned(), power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_exact_where_they_print_what_was_written() {
        let check =
            |written: &str, expected: bool| assert_eq!(is_exact_double(written), expected, "{written}");
        for kept in
            ["0", "-0.0", "0.1", "1.10", "+1.5", ".5", "5.", "1e3", "1E+23", "5e-324", "4062.6168251037598"]
        {
            check(kept, true);
        }
        for lost in
            ["0.10000000000000001", "12345678901234567890.12", "9007199254740993.5", "1e-400", "1e400", "x"]
        {
            check(lost, false);
        }
    }

    #[test]
    fn reads_the_core_schema_and_nothing_of_yaml_1_1() {
        let check = |written: &str, expected: Option<CoreNumber>| {
            assert_eq!(CoreNumber::read(written), expected, "{written}");
        };
        check("0", Some(CoreNumber::Unsigned(0)));
        check("+1", Some(CoreNumber::Unsigned(1)));
        check("-7", Some(CoreNumber::Signed(-7)));
        check("18446744073709551615", Some(CoreNumber::Unsigned(u64::MAX)));
        check("18446744073709551616", Some(CoreNumber::TooLong));
        check("-9223372036854775808", Some(CoreNumber::Signed(i64::MIN)));
        check("0777", Some(CoreNumber::LeadingZeros));
        check("0o7", Some(CoreNumber::Unsigned(7)));
        check("0x1F", Some(CoreNumber::Unsigned(31)));
        for (written, value) in [(".5", 0.5), ("5.", 5.0), ("1e3", 1e3), ("-1.5E-3", -0.0015), ("1.10", 1.1)]
        {
            check(written, Some(CoreNumber::Float(value)));
        }
        check("-.inf", Some(CoreNumber::Float(f64::NEG_INFINITY)));
        assert!(matches!(CoreNumber::read(".NaN"), Some(CoreNumber::Float(number)) if number.is_nan()));
        for text in [
            "",
            "-",
            "+",
            ".",
            "e",
            "-x",
            "1_000",
            "0b1",
            "0o8",
            "0xg",
            "-0x1",
            "0x",
            "12:30",
            "2024-11-29",
            "inf",
            "nan",
            "infinity",
            "1e",
            "1,5",
            "..5",
            "-.nan",
            "1.2.3",
            "--1",
            "+-1",
        ] {
            check(text, None);
        }
    }
}

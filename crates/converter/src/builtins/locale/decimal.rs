//! Exact decimal numbers, rounded as ICU rounds them: half away from zero, by the shortest digits of a double.

/// A number to be formatted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Quantity {
    Finite(Decimal),
    Infinite { is_negative: bool },
    NotANumber,
}

/// `0.d₁d₂d₃… × 10^point`; zero has no digits.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Decimal {
    pub(super) is_negative: bool,
    /// Values from 0 to 9; neither the first nor the last is 0.
    digits: Vec<u8>,
    point: i32,
}

/// How many digits a number gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// Digits after the point, at least and at most.
    Fraction(u8, u8),
    /// Digits from the first that is not 0, at least and at most.
    Significant(u8, u8),
}

/// A rounded number as digits before and after the point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rounded {
    pub(super) is_negative: bool,
    pub(super) is_zero: bool,
    pub(super) integer: String,
    pub(super) fraction: String,
}

impl Quantity {
    pub(super) fn of_f64(value: f64) -> Self {
        if value.is_nan() {
            return Self::NotANumber;
        }
        if value.is_infinite() {
            return Self::Infinite { is_negative: value < 0.0 };
        }
        // The shortest digits that give the same double, as JavaScript and ICU take them; the sign of zero is lost there.
        let mut buffer = ryu_js::Buffer::new();
        match Self::of_decimal_text(buffer.format_finite(value)) {
            Some(Self::Finite(decimal)) => {
                Self::Finite(Decimal { is_negative: value.is_sign_negative(), ..decimal })
            }
            _ => Self::NotANumber,
        }
    }

    /// `-12.5e3`, digits with an optional sign, point and exponent.
    pub(super) fn of_decimal_text(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = Vec::with_capacity(integer.len() + fraction.len());
        for byte in integer.bytes().chain(fraction.bytes()) {
            digits.push(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        if digits.is_empty() {
            return None;
        }
        let point = i32::try_from(integer.len()).ok()?.checked_add(exponent)?;
        Some(Self::Finite(Decimal { is_negative, digits, point }.trimmed()))
    }

    pub(super) fn is_negative(&self) -> bool {
        match self {
            Self::Finite(decimal) => decimal.is_negative,
            Self::Infinite { is_negative } => *is_negative,
            Self::NotANumber => false,
        }
    }
}

impl Decimal {
    fn trimmed(mut self) -> Self {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.point -= zeros as i32;
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
        self
    }

    /// The number times 10^`exponent`.
    pub(super) fn scaled(mut self, exponent: i32) -> Self {
        if !self.digits.is_empty() {
            self.point += exponent;
        }
        self
    }

    /// The number with at most as many digits as `precision` allows, and zeros up to the least.
    pub(super) fn round(mut self, precision: Precision, min_integer: u8) -> Rounded {
        let keep = match precision {
            Precision::Fraction(_, max) => self.point + i32::from(max),
            Precision::Significant(_, max) => i32::from(max),
        };
        self.keep(keep);
        let integer: String = (0..self.point.max(0)).map(|index| self.digit(index)).collect();
        let n_fraction = (self.digits.len() as i32 - self.point).max(0);
        let mut fraction: String = (self.point..self.point + n_fraction).map(|i| self.digit(i)).collect();
        let least = match precision {
            Precision::Fraction(min, _) => i32::from(min),
            // Zero has one significant digit, the one before the point.
            Precision::Significant(min, _) if self.digits.is_empty() => i32::from(min) - 1,
            Precision::Significant(min, _) => i32::from(min) - self.point,
        };
        while (fraction.len() as i32) < least {
            fraction.push('0');
        }
        let width = usize::from(min_integer);
        let integer = format!("{integer:0>width$}");
        Rounded { is_negative: self.is_negative, is_zero: self.digits.is_empty(), integer, fraction }
    }

    fn digit(&self, index: i32) -> char {
        let digit = usize::try_from(index).ok().and_then(|index| self.digits.get(index));
        char::from(b'0' + digit.copied().unwrap_or(0))
    }

    /// Drops the digits after the first `n`, rounding half away from zero.
    fn keep(&mut self, n: i32) {
        let Ok(n) = usize::try_from(n) else {
            self.digits.clear();
            self.point = 0;
            return;
        };
        if n >= self.digits.len() {
            return;
        }
        let rounds_up = self.digits[n] >= 5;
        self.digits.truncate(n);
        if rounds_up {
            match self.digits.iter().rposition(|digit| *digit < 9) {
                Some(last) => {
                    self.digits.truncate(last + 1);
                    self.digits[last] += 1;
                }
                None => {
                    self.digits = vec![1];
                    self.point += 1;
                }
            }
        }
        *self = std::mem::take(self).trimmed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: f64, precision: Precision, expected: &str) {
        let Quantity::Finite(decimal) = Quantity::of_f64(value) else { panic!("{value} is finite") };
        let rounded = decimal.round(precision, 1);
        let sign = if rounded.is_negative { "-" } else { "" };
        let point = if rounded.fraction.is_empty() { "" } else { "." };
        let found = format!("{sign}{}{point}{}", rounded.integer, rounded.fraction);
        assert_eq!(found, expected, "{value} {precision:?}");
    }

    #[test]
    fn numbers_are_rounded_half_away_from_zero_by_their_shortest_digits() {
        check(1.005, Precision::Fraction(0, 2), "1.01");
        check(2.5, Precision::Fraction(0, 0), "3");
        check(-0.4, Precision::Fraction(0, 0), "-0");
        check(0.05, Precision::Fraction(0, 1), "0.1");
        check(0.04, Precision::Fraction(1, 1), "0.0");
        check(9.995, Precision::Fraction(2, 2), "10.00");
        check(999.9, Precision::Fraction(0, 0), "1000");
        check(0.5, Precision::Fraction(0, 0), "1");
        check(1e21, Precision::Fraction(0, 3), "1000000000000000000000");
        check(5e-324, Precision::Fraction(0, 3), "0");
        check(123_456.0, Precision::Significant(1, 3), "123000");
        check(0.001_234_5, Precision::Significant(1, 3), "0.00123");
        check(1.5, Precision::Significant(4, 21), "1.500");
        check(0.0, Precision::Significant(3, 21), "0.00");
        check(99.99, Precision::Significant(1, 2), "100");
        check(1_234_567.891, Precision::Fraction(0, 3), "1234567.891");
    }
}

//! A text with its tape, and what single values of it are in JavaScript.

use std::{borrow::Cow, rc::Rc};

use boa_engine::{JsBigInt, JsString, JsValue};
use pipeline_table::{Cell, MAX_SAFE_INTEGER};
use serde::{Deserialize, Serialize};

use crate::cells;

use super::{
    tape::{Kind, Malformed, Tape},
    text::{self, Surrogates},
};

/// What whole numbers beyond 2^53 become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BigIntegers {
    /// Doubles, as in every engine.
    #[default]
    Number,
    /// BigInts, which have all digits.
    BigInt,
}

/// A JSON text that has been read.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) text: Rc<Vec<u8>>,
    pub(crate) tape: Tape,
    pub(crate) surrogates: Surrogates,
    pub(crate) big_integers: BigIntegers,
}

impl Document {
    /// Checks `text`; the tape's memory is used again.
    ///
    /// # Errors
    /// The first place at which the text is no JSON.
    pub(crate) fn read(text: Rc<Vec<u8>>, surrogates: Surrogates, mut tape: Tape) -> Result<Self, Malformed> {
        tape.read(&text)?;
        Ok(Self { text, tape, surrogates, big_integers: BigIntegers::default() })
    }

    /// The same text, where whole numbers beyond 2^53 become what this says.
    pub(crate) fn with(self, big_integers: BigIntegers) -> Self {
        Self { big_integers, ..self }
    }

    /// The value of anything but an array or object.
    pub(crate) fn scalar(&self, index: usize) -> JsValue {
        match self.tape.node(index).kind() {
            Kind::False => JsValue::new(false),
            Kind::True => JsValue::new(true),
            Kind::Number => self.js_number(index),
            Kind::String => self.string(index).into(),
            Kind::Null | Kind::Array | Kind::Object => JsValue::null(),
        }
    }

    /// A string or name.
    pub(crate) fn string(&self, index: usize) -> JsString {
        let raw = self.tape.slice(index, &self.text);
        if !self.tape.node(index).is_marked() {
            return text::to_js(raw, self.surrogates);
        }
        let mut bytes = Vec::with_capacity(raw.len());
        let surrogates = text::unescape(raw, &mut bytes);
        text::to_js(&bytes, self.surrogates.or(surrogates))
    }

    /// The bytes of a name, without escapes; `decoded` is where they go when there were some.
    #[inline]
    pub(crate) fn name<'n>(&'n self, index: usize, decoded: &'n mut Vec<u8>) -> &'n [u8] {
        let raw = self.tape.slice(index, &self.text);
        if !self.tape.node(index).is_marked() {
            return raw;
        }
        text::unescape(raw, decoded);
        decoded
    }

    /// The text of a scalar as it is written, strings with their quotes.
    pub(crate) fn source(&self, index: usize) -> JsString {
        let node = self.tape.node(index);
        let start = node.start();
        let length = match node.kind() {
            Kind::Null | Kind::True => 4,
            Kind::False => 5,
            _ => self.tape.slice(index, &self.text).len(),
        };
        let range = match node.kind() {
            Kind::String => start - 1..start + length + 1,
            _ => start..start + length,
        };
        text::to_js(self.text.get(range).unwrap_or_default(), self.surrogates)
    }

    /// The text of a string; halves of surrogate pairs become U+FFFD. `decoded` is where it goes when it has escapes.
    pub(crate) fn text<'t>(&'t self, index: usize, decoded: &'t mut Vec<u8>) -> Cow<'t, str> {
        self.text_of(index, decoded).0
    }

    /// The same, and whether there were such halves.
    pub(crate) fn text_of<'t>(
        &'t self,
        index: usize,
        decoded: &'t mut Vec<u8>,
    ) -> (Cow<'t, str>, Surrogates) {
        let surrogates = match self.tape.node(index).is_marked() {
            true => self.surrogates.or(text::unescape(self.tape.slice(index, &self.text), decoded)),
            false => self.surrogates,
        };
        let bytes = match self.tape.node(index).is_marked() {
            true => decoded,
            false => self.tape.slice(index, &self.text),
        };
        match simdutf8::basic::from_utf8(bytes) {
            // A text of which some other may have halves is whole where it is UTF-8.
            Ok(text) => (Cow::Borrowed(text), Surrogates::Paired),
            Err(_) => (Cow::Owned(text::to_js(bytes, surrogates).to_std_string_lossy()), Surrogates::Lone),
        }
    }

    /// A number, rounded as IEEE 754 does; too large is infinite.
    pub(crate) fn number(&self, index: usize) -> f64 {
        match self.small_integer(index) {
            Some(integer) => integer.into(),
            None => {
                // The grammar of JSON's numbers is within that of Rust's.
                let written = std::str::from_utf8(self.tape.slice(index, &self.text)).ok();
                written.and_then(|written| written.parse().ok()).unwrap_or(f64::NAN)
            }
        }
    }

    /// The text between two quotes or of a number, without escapes where it has any.
    pub(crate) fn written(&self, index: usize) -> &str {
        simdutf8::basic::from_utf8(self.tape.slice(index, &self.text)).unwrap_or_default()
    }

    /// A number as a cell, which has the digits that JavaScript would have.
    pub(crate) fn number_cell(&self, index: usize) -> Cell<'_> {
        match self.big_integer(index) {
            Some(written) => Cell::Number(Cow::Borrowed(written)),
            None => cells::number(self.number(index)),
        }
    }

    /// The digits of a whole number that becomes a BigInt.
    fn big_integer(&self, index: usize) -> Option<&str> {
        if self.big_integers == BigIntegers::Number || !self.tape.node(index).is_marked() {
            return None;
        }
        let written = self.written(index);
        let is_safe = |whole: i64| (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&whole);
        (!written.parse().is_ok_and(is_safe)).then_some(written)
    }

    fn js_number(&self, index: usize) -> JsValue {
        if let Some(integer) = self.small_integer(index) {
            return JsValue::new(integer);
        }
        if let Some(number) = self.big_integer(index).and_then(JsBigInt::from_string) {
            return number.into();
        }
        let number = self.number(index);
        let integer = number as i32;
        // The engine is faster with integers, and tells them from numbers nowhere else.
        match f64::from(integer).to_bits() == number.to_bits() {
            true => JsValue::new(integer),
            false => JsValue::new(number),
        }
    }

    /// An integer of at most nine digits, which always fit into 31 bits; -0 is none of the engine's.
    #[inline]
    fn small_integer(&self, index: usize) -> Option<i32> {
        let written = self.tape.slice(index, &self.text);
        if !self.tape.node(index).is_marked() || written.len() > 9 || written == b"-0" {
            return None;
        }
        let (negative, digits) = match written {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let value = digits.iter().fold(0_i32, |value, digit| value * 10 + i32::from(digit - b'0'));
        Some(if negative { -value } else { value })
    }
}

impl Surrogates {
    fn or(self, other: Self) -> Self {
        if self == Self::Lone { self } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> JsValue {
        let text = Rc::new(text.as_bytes().to_vec());
        Document::read(text, Surrogates::Paired, Tape::default()).unwrap().scalar(0)
    }

    #[test]
    fn numbers_are_doubles() {
        let check = |text: &str, expected: f64| {
            let number = scalar(text).as_number().unwrap();
            assert_eq!(number.to_bits(), expected.to_bits(), "{text}");
        };
        check("0", 0.0);
        check("-0", -0.0);
        check("-0.0", -0.0);
        check("-0e5", -0.0);
        check("12345678", 12_345_678.0);
        check("-12345678", -12_345_678.0);
        check("999999999", 999_999_999.0);
        check("2147483648", 2_147_483_648.0);
        check("-2147483648", -2_147_483_648.0);
        check("9007199254740993", 9_007_199_254_740_992.0);
        check("0.1", 0.1);
        check("1e2", 100.0);
        check("1E400", f64::INFINITY);
        check("-1e400", f64::NEG_INFINITY);
        check("1e-400", 0.0);
        check("123123123123123123123123123123", 123_123_123_123_123_123_123_123_123_123.0);
        assert!(scalar("1e2").as_i32().is_some());
    }
}

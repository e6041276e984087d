//! Numbers as text: `Intl.NumberFormat`, and `toLocaleString` of numbers and `BigInt`s.

use super::{
    data::Locale,
    decimal::{Decimal, Precision, Quantity, Rounded},
    parts::Parts,
    plural,
};

/// What a number is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Style {
    Decimal,
    Percent,
    Currency { code: String, display: CurrencyDisplay, is_accounting: bool },
    Unit { unit: String, display: &'static str },
}

/// How a currency is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CurrencyDisplay {
    Symbol,
    NarrowSymbol,
    Code,
}

/// When digits are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// As is usual in the locale.
    Auto,
    Always,
    /// Where the first group has two digits or more.
    Min2,
    Never,
}

/// When a number has a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignDisplay {
    Auto,
    Always,
    Never,
    ExceptZero,
    Negative,
}

/// A decided format.
#[derive(Debug, Clone)]
pub(super) struct NumberFormat {
    pub(super) locale: &'static Locale,
    pub(super) style: Style,
    pub(super) min_integer: u8,
    pub(super) precision: Precision,
    pub(super) grouping: Grouping,
    pub(super) sign: SignDisplay,
}

/// The sign that is shown; the position of its template in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    None = 0,
    Minus = 1,
    Plus = 2,
}

/// Positions in the line `number`.
#[derive(Debug, Clone, Copy)]
enum Symbol {
    Decimal = 0,
    Group = 1,
    Minus = 2,
    Plus = 3,
    Percent = 4,
    NotANumber = 5,
    Infinity = 6,
    PrimaryGroup = 7,
    SecondaryGroup = 8,
    MinGrouped = 9,
}

impl NumberFormat {
    /// The format of a locale for plain numbers.
    pub(super) fn plain(locale: &'static Locale) -> Self {
        Self {
            locale,
            style: Style::Decimal,
            min_integer: 1,
            precision: Precision::Fraction(0, 3),
            grouping: Grouping::Auto,
            sign: SignDisplay::Auto,
        }
    }

    pub(super) fn format(&self, quantity: &Quantity) -> Parts {
        let rounded = self.round(quantity);
        let number = self.number(quantity, rounded.as_ref());
        let sign = self.sign(quantity, rounded.as_ref());
        match &self.style {
            Style::Decimal => self.signed(["#", "-#", "+#"][sign as usize], &number),
            Style::Percent => self.signed(self.locale.nth("percent", sign as usize), &number),
            Style::Currency { code, display, is_accounting } => {
                self.currency((code, *display, *is_accounting), sign, &number)
            }
            Style::Unit { unit, display } => {
                let category = match &rounded {
                    Some(rounded) => plural::cardinal(self.locale, rounded),
                    None => "other",
                };
                self.unit((unit, display, category), sign, &number)
            }
        }
    }

    /// The digits; `None` for what has none.
    pub(super) fn round(&self, quantity: &Quantity) -> Option<Rounded> {
        let Quantity::Finite(decimal) = quantity else { return None };
        let decimal: Decimal = match self.style {
            Style::Percent => decimal.clone().scaled(2),
            _ => decimal.clone(),
        };
        Some(decimal.round(self.precision, self.min_integer))
    }

    fn symbol(&self, symbol: Symbol) -> &'static str {
        self.locale.nth("number", symbol as usize)
    }

    fn sign(&self, quantity: &Quantity, rounded: Option<&Rounded>) -> Sign {
        let is_zero = rounded.is_some_and(|rounded| rounded.is_zero) || *quantity == Quantity::NotANumber;
        let is_negative = quantity.is_negative();
        match (self.sign, is_negative) {
            (SignDisplay::Auto | SignDisplay::Always, true) => Sign::Minus,
            (SignDisplay::Negative | SignDisplay::ExceptZero, true) if !is_zero => Sign::Minus,
            (SignDisplay::Always, false) => Sign::Plus,
            (SignDisplay::ExceptZero, false) if !is_zero => Sign::Plus,
            _ => Sign::None,
        }
    }

    /// The number without its sign.
    fn number(&self, quantity: &Quantity, rounded: Option<&Rounded>) -> Parts {
        let mut parts = Parts::default();
        match (quantity, rounded) {
            (Quantity::Infinite { .. }, _) => parts.push("infinity", self.symbol(Symbol::Infinity)),
            (Quantity::NotANumber, _) | (_, None) => parts.push("nan", self.symbol(Symbol::NotANumber)),
            (_, Some(rounded)) => {
                self.group(&rounded.integer, &mut parts);
                if !rounded.fraction.is_empty() {
                    parts.push("decimal", self.separator(Symbol::Decimal));
                    parts.push("fraction", &rounded.fraction);
                }
            }
        }
        parts
    }

    /// Some locales write amounts of money with other separators than numbers.
    fn separator(&self, symbol: Symbol) -> &'static str {
        let is_money = matches!(self.style, Style::Currency { .. });
        match is_money && self.locale.line("currency separators").is_some() {
            true => self.locale.nth("currency separators", symbol as usize),
            false => self.symbol(symbol),
        }
    }

    /// Some locales group amounts of money otherwise than numbers.
    fn group_size(&self, symbol: Symbol) -> &'static str {
        let key = match &self.style {
            Style::Currency { is_accounting: true, .. } if self.sign != SignDisplay::Never => {
                "currency grouping accounting"
            }
            Style::Currency { .. } => "currency grouping standard",
            _ => return self.symbol(symbol),
        };
        match self.locale.line(key) {
            Some(_) => self.locale.nth(key, symbol as usize - Symbol::PrimaryGroup as usize),
            None => self.symbol(symbol),
        }
    }

    fn group(&self, integer: &str, parts: &mut Parts) {
        let size = |symbol| self.group_size(symbol).parse::<usize>().unwrap_or(3);
        let (primary, secondary) = (size(Symbol::PrimaryGroup), size(Symbol::SecondaryGroup));
        let least = match self.grouping {
            Grouping::Never => usize::MAX - primary,
            Grouping::Always => 1,
            Grouping::Auto => size(Symbol::MinGrouped),
            Grouping::Min2 => size(Symbol::MinGrouped).max(2),
        };
        if integer.len() < primary + least {
            parts.push("integer", integer);
            return;
        }
        let mut ends = vec![integer.len()];
        let mut end = integer.len() - primary;
        while end > 0 {
            ends.push(end);
            end = end.saturating_sub(secondary);
        }
        let mut start = 0;
        for end in ends.into_iter().rev() {
            if start > 0 {
                parts.push("group", self.separator(Symbol::Group));
            }
            parts.push("integer", &integer[start..end]);
            start = end;
        }
    }

    /// Fills a template: `#` is the number, `-` and `+` are signs, `%` is the percent sign, the rest is literal.
    fn signed(&self, template: &str, number: &Parts) -> Parts {
        self.fill(template, number, "")
    }

    /// The same, where `¤` is a currency.
    fn fill(&self, template: &str, number: &Parts, currency: &str) -> Parts {
        let mut parts = Parts::default();
        let mut rest = template.chars();
        while let Some(c) = rest.next() {
            match c {
                '#' => parts.0.extend(number.0.iter().cloned()),
                '-' => parts.push("minusSign", self.symbol(Symbol::Minus)),
                '+' => parts.push("plusSign", self.symbol(Symbol::Plus)),
                '%' => parts.push("percentSign", self.symbol(Symbol::Percent)),
                '¤' => parts.push("currency", currency),
                '{' => {
                    let inside = rest.as_str().split('}').next().unwrap_or_default();
                    parts.push("unit", inside);
                    rest = rest.as_str()[inside.len()..].chars();
                    rest.next();
                }
                c => parts.literal(c.encode_utf8(&mut [0; 4])),
            }
        }
        parts
    }

    fn currency(
        &self,
        (code, display, is_accounting): (&str, CurrencyDisplay, bool),
        sign: Sign,
        number: &Parts,
    ) -> Parts {
        let usual = self.locale.named("symbols", code).unwrap_or(code);
        let text = match display {
            CurrencyDisplay::Code => code,
            CurrencyDisplay::Symbol => usual,
            CurrencyDisplay::NarrowSymbol => self.locale.named("narrow symbols", code).unwrap_or(usual),
        };
        // ICU has no accounting form without signs.
        let is_accounting = is_accounting && self.sign != SignDisplay::Never;
        let index = sign as usize + if is_accounting { 3 } else { 0 };
        let template = self.locale.nth("currency", index);
        // Letters keep a distance from digits, signs of currencies do not (CLDR's currencySpacing).
        let is_before = template.find('¤') < template.find('#');
        let edge = if is_before { text.chars().next_back() } else { text.chars().next() };
        // Letters keep no distance from what is no digit: `USD∞`.
        let has_digits = number.0.iter().any(|part| part.kind == "integer");
        let template = match !has_digits || edge.is_some_and(is_currency_sign) {
            true => template,
            false => self.locale.nth("currency alpha", index),
        };
        self.fill(template, number, text)
    }

    fn unit(&self, (unit, display, category): (&str, &str, &str), sign: Sign, number: &Parts) -> Parts {
        let signed = self.signed(["#", "-#", "+#"][sign as usize], number);
        let line = |display: &str| self.locale.line(&format!("unit {display} {unit}"));
        let templates = line(display).or_else(|| line("short")).unwrap_or("other=#");
        let template = plural::pick(templates, category);
        self.signed(template, &signed)
    }
}

/// Unicode's category Sc.
fn is_currency_sign(c: char) -> bool {
    matches!(c,
        '$' | '¢'..='¥' | '\u{58f}' | '\u{60b}' | '\u{9f2}' | '\u{9f3}' | '\u{9fb}' | '\u{af1}' | '\u{bf9}'
        | '\u{e3f}' | '\u{17db}' | '\u{20a0}'..='\u{20c1}' | '\u{a838}' | '\u{fdfc}' | '\u{fe69}' | '\u{ff04}'
        | '\u{ffe0}' | '\u{ffe1}' | '\u{ffe5}' | '\u{ffe6}')
}

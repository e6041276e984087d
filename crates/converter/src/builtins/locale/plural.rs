//! Plural categories of numbers (CLDR's plural rules), for the languages that `data/locales.txt` has.

use super::{data::Locale, decimal::Rounded};

/// What is counted: things, or positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Cardinal,
    Ordinal,
}

/// CLDR's operands: the number, its integer part and its visible fraction digits.
#[derive(Debug, Clone, Copy)]
struct Operands {
    /// The number, which ICU has as a double.
    n: f64,
    /// The last 18 digits of the integer part.
    i: u64,
    is_million: bool,
    /// How many fraction digits there are.
    v: usize,
    /// Their value without trailing zeros.
    t: u64,
}

impl Operands {
    fn of(number: &Rounded) -> Self {
        // ICU looks at the last 18 digits.
        let tail = |digits: &str| digits[digits.len().saturating_sub(18)..].parse::<u64>().unwrap_or(0);
        let i = tail(&number.integer);
        Self {
            n: format!("{}.{}0", number.integer, number.fraction).parse().unwrap_or(0.0),
            i,
            is_million: i > 0 && i.is_multiple_of(1_000_000),
            v: number.fraction.len(),
            t: tail(number.fraction.trim_end_matches('0')),
        }
    }

    /// Whether it is exactly this whole number, decimals that are zero included.
    fn n(self, value: u64) -> bool {
        self.n == value as f64
    }
}

/// The category of a number; the sign does not matter.
pub(super) fn cardinal(locale: &Locale, number: &Rounded) -> &'static str {
    let o = Operands::of(number);
    let (mod10, mod100, is_whole) = (o.i % 10, o.i % 100, o.v == 0);
    let is_many_millions = is_whole && o.is_million;
    match locale.language() {
        "ja" | "zh" | "ko" => "other",
        "en" | "de" | "nl" | "sv" | "fi" if o.i == 1 && is_whole => "one",
        "en" | "de" | "nl" | "sv" | "fi" => "other",
        "it" if o.i == 1 && is_whole => "one",
        "es" if o.n(1) => "one",
        "pt" if locale.name == "pt-PT" && o.i == 1 && is_whole => "one",
        "pt" if locale.name == "pt-PT" && !is_many_millions => "other",
        "pt" | "fr" if o.i <= 1 && locale.name != "pt-PT" => "one",
        "it" | "es" | "pt" | "fr" if is_many_millions => "many",
        "da" if o.n(1) || (o.t != 0 && o.i <= 1) => "one",
        "nb" | "hu" | "tr" | "el" if o.n(1) => "one",
        "pl" if o.i == 1 && is_whole => "one",
        "pl" if is_whole && (2..=4).contains(&mod10) && !(12..=14).contains(&mod100) => "few",
        "pl" if is_whole => "many",
        "cs" | "sk" if o.i == 1 && is_whole => "one",
        "cs" | "sk" if (2..=4).contains(&o.i) && is_whole => "few",
        "cs" | "sk" if !is_whole => "many",
        "ro" if o.i == 1 && is_whole => "one",
        "ro" if !is_whole || o.n(0) || (!o.n(1) && (1.0..=19.0).contains(&(o.n % 100.0))) => "few",
        "ru" | "uk" if is_whole && mod10 == 1 && mod100 != 11 => "one",
        "ru" | "uk" if is_whole && (2..=4).contains(&mod10) && !(12..=14).contains(&mod100) => "few",
        "ru" | "uk" if is_whole => "many",
        _ => "other",
    }
}

/// The category of a number that counts a position: 1st, 2nd, 3rd.
pub(super) fn ordinal(locale: &Locale, number: &Rounded) -> &'static str {
    let o = Operands::of(number);
    let (mod10, mod100, is_whole) = (o.i % 10, o.i % 100, o.t == 0);
    match locale.language() {
        _ if !is_whole => "other",
        "en" if mod10 == 1 && mod100 != 11 => "one",
        "en" if mod10 == 2 && mod100 != 12 => "two",
        "en" if mod10 == 3 && mod100 != 13 => "few",
        "sv" if matches!(mod10, 1 | 2) && !matches!(mod100, 11 | 12) => "one",
        "fr" | "ro" if o.i == 1 => "one",
        "it" if matches!(o.i, 8 | 11 | 80 | 800) => "many",
        "hu" if matches!(o.i, 1 | 5) => "one",
        "uk" if mod10 == 3 && mod100 != 13 => "few",
        _ => "other",
    }
}

/// All categories of a language, in the order of node.
pub(super) fn categories(locale: &Locale, kind: Kind) -> &'static [&'static str] {
    match (locale.language(), kind == Kind::Ordinal) {
        ("en", true) => &["few", "one", "two", "other"],
        ("sv" | "fr" | "ro" | "hu", true) => &["one", "other"],
        ("it", true) => &["many", "other"],
        ("uk", true) => &["few", "other"],
        (_, true) | ("ja" | "zh" | "ko", false) => &["other"],
        ("it" | "es" | "pt" | "fr", false) => &["many", "one", "other"],
        ("pl" | "cs" | "sk" | "ru" | "uk", false) => &["few", "many", "one", "other"],
        ("ro", false) => &["few", "one", "other"],
        (_, false) => &["one", "other"],
    }
}

/// The template for a category among `category=template` entries; `other` where there is no entry for it.
pub(super) fn pick<'t>(entries: &'t str, category: &str) -> &'t str {
    let of = |name: &str| entries.split('|').find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='));
    of(category).or_else(|| of("other")).unwrap_or("#")
}

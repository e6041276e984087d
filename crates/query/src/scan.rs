//! Finds a few values in a JSON body in one pass, building nothing else.

mod hollow;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{raw::value_at, selector::Selector};

/// A value that was looked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Found {
    /// Nothing is there.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// Text.
    Text(String),
    /// An array of so many items.
    Array(u64),
    /// An object.
    Object,
}

impl Found {
    /// Text or a number, unless empty: what servers use as cursors.
    pub fn cursor(&self) -> Option<&str> {
        match self {
            Found::Text(text) | Found::Number(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A whole number, also when written as text or as `7.0`.
    pub fn integer(&self) -> Option<u64> {
        let text = self.cursor()?;
        text.parse().ok().or_else(|| whole(text.parse().ok()?))
    }

    /// Whether the server says yes or no, as a boolean, in words or as a number; `None` where it says neither.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Found::Bool(value) => Some(*value),
            // Some servers count what is left.
            Found::Number(_) => self.integer().map(|number| number > 0),
            Found::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "y" | "t" | "on" | "1" => Some(true),
                "false" | "no" | "n" | "f" | "off" | "0" => Some(false),
                _ => None,
            },
            Found::Absent | Found::Null | Found::Array(_) | Found::Object => None,
        }
    }

    /// Whether anything is said: not absent, null, `false`, nor empty text or an empty array.
    pub fn is_something(&self) -> bool {
        !matches!(self, Found::Absent | Found::Null | Found::Bool(false) | Found::Array(0))
            && !matches!(self, Found::Text(text) if text.is_empty())
    }

    /// The value for messages, as far as one can be shown.
    pub(crate) fn shown(&self) -> String {
        match self {
            Found::Bool(value) => value.to_string(),
            Found::Number(text) => text.clone(),
            Found::Text(text) => format!("`{}`", text.chars().take(80).collect::<String>()),
            other => other.name().to_owned(),
        }
    }

    /// A word for messages.
    pub fn name(&self) -> &'static str {
        match self {
            Found::Absent => "nothing",
            Found::Null => "null",
            Found::Bool(_) => "true or false",
            Found::Number(_) => "a number",
            Found::Text(_) => "text",
            Found::Array(_) => "an array",
            Found::Object => "an object",
        }
    }
}

/// A number without a fraction, as long as a `f64` holds it exactly.
fn whole(number: f64) -> Option<u64> {
    let is_whole = number.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&number);
    is_whole.then_some(number as u64)
}

/// What a pass over a body found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scan {
    /// One per selector, in order.
    pub found: Vec<Found>,
    /// The arrays of records at the top: the body itself, or members that are empty or hold objects.
    pub records: Vec<(String, u64)>,
}

/// The body is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body is not JSON: {problem}")]
pub struct ScanError {
    /// What is wrong, with line and column.
    pub problem: String,
}

impl Scan {
    /// Reads `body` once. What is deeper in it than any selector looks is passed over, JSON or not.
    ///
    /// # Errors
    /// [`ScanError`] with the place of the mistake.
    pub fn read(body: &[u8], selectors: &[Selector]) -> Result<Self, ScanError> {
        let body = without_bom(body);
        let ways = selectors.iter().flat_map(|selector| selector.ways());
        // The items of what is found are counted, and those of arrays one step below the top.
        let depth = ways.map(|way| way.len()).max().unwrap_or_default().max(1) + 1;
        let scan = hollow::hollow(body, depth).and_then(|hollow| Self::read_all(&hollow, selectors).ok());
        // Errors have the places of the body.
        let mut scan = scan.map_or_else(|| Self::read_all(body, selectors), Ok)?;
        for (selector, found) in selectors.iter().zip(&mut scan.found) {
            if let Found::Number(text) = found
                && let Some(written) = written_number(text, (body, selector))
            {
                *text = written;
            }
        }
        Ok(scan)
    }

    fn read_all(body: &[u8], selectors: &[Selector]) -> Result<Self, ScanError> {
        let mut ranked: Vec<(usize, Found)> = vec![(usize::MAX, Found::Absent); selectors.len()];
        let mut records = Vec::new();
        let mut open = Vec::new();
        for (index, selector) in selectors.iter().enumerate() {
            for (rank, way) in selector.ways().iter().enumerate() {
                open.push(Way { index, rank, steps: way, is_fresh: false });
            }
        }
        let mut json = serde_json::Deserializer::from_slice(body);
        let seed = Walk { open, found: &mut ranked, records: Some(&mut records), name: "" };
        let outcome = seed.deserialize(&mut json).and_then(|_| json.end());
        outcome.map_err(|error| ScanError { problem: error.to_string() })?;
        Ok(Self { found: ranked.into_iter().map(|(_, found)| found).collect(), records })
    }
}

/// JSON that begins with a byte order mark is the same JSON: RFC 8259 §8.1 lets a reader pass over it.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// The digits of a number as the server wrote them, where a `f64` may have changed them.
fn written_number(text: &str, (body, selector): (&[u8], &Selector)) -> Option<String> {
    if text.parse::<u64>().is_ok() || text.parse::<i64>().is_ok() {
        return None;
    }
    let written = selector.ways().iter().find_map(|way| value_at(body, way))?;
    Some(str::from_utf8(written).ok()?.to_owned())
}

/// The step to the last item of an array, whichever that turns out to be.
const LAST: &str = "-1";

#[derive(Clone, Copy)]
struct Way<'s> {
    index: usize,
    rank: usize,
    steps: &'s [String],
    /// What an earlier item of the same array left on this way is void: that was not the last one.
    is_fresh: bool,
}

/// Walks one value, following the ways that are still open.
struct Walk<'s, 'f> {
    open: Vec<Way<'s>>,
    found: &'f mut Vec<(usize, Found)>,
    /// Where to note arrays of records; only at the top and one step below.
    records: Option<&'f mut Vec<(String, u64)>>,
    name: &'f str,
}

/// What a walked value is.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Object,
    Other,
}

impl Walk<'_, '_> {
    fn note(&mut self, found: &Found) {
        for way in self.open.iter().filter(|way| way.steps.is_empty()) {
            let place = &mut self.found[way.index];
            if way.rank <= place.0 {
                *place = (way.rank, found.clone());
            }
        }
    }

    fn scalar<E>(mut self, found: &Found) -> Result<Shape, E> {
        self.note(found);
        Ok(Shape::Other)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Shape, D::Error> {
        for way in self.open.iter_mut().filter(|way| way.is_fresh) {
            way.is_fresh = false;
            let place = &mut self.found[way.index];
            if place.0 >= way.rank {
                *place = (usize::MAX, Found::Absent);
            }
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = Shape;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Shape, E> {
        self.scalar(&Found::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Shape, E> {
        self.scalar(&Found::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Shape, E> {
        self.scalar(&Found::Number(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Shape, E> {
        self.scalar(&Found::Number(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Shape, E> {
        // Never the digits of a whole number, so that they are looked up as they were written.
        self.scalar(&Found::Number(format!("{value:?}")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Shape, E> {
        if self.open.iter().any(|way| way.steps.is_empty()) {
            return self.scalar(&Found::Text(value.to_owned()));
        }
        Ok(Shape::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Shape, A::Error> {
        let mut n_items = 0;
        let mut first = None;
        let mut to_last = below(&self.open, LAST);
        to_last.iter_mut().for_each(|way| way.is_fresh = true);
        loop {
            // Most arrays are not on any way; their items are not worth a number in words.
            let mut open =
                if self.open.is_empty() { Vec::new() } else { below(&self.open, &n_items.to_string()) };
            open.extend_from_slice(&to_last);
            // Only the first item tells whether these are records.
            let shape = if open.is_empty() && n_items > 0 {
                items.next_element::<IgnoredAny>()?.map(|_| Shape::Other)
            } else {
                items.next_element_seed(Walk { open, found: self.found, records: None, name: "" })?
            };
            let Some(shape) = shape else { break };
            first = first.or(Some(shape));
            n_items += 1;
        }
        if first.is_none_or(|shape| shape == Shape::Object)
            && let Some(records) = &mut self.records
        {
            records.push((self.name.to_owned(), n_items));
        }
        self.note(&Found::Array(n_items));
        Ok(Shape::Other)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Shape, A::Error> {
        while let Some(key) = entries.next_key::<String>()? {
            let open = below(&self.open, &key);
            let is_top = self.records.is_some() && self.name.is_empty();
            if open.is_empty() && !is_top {
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            let records = if is_top { self.records.as_deref_mut() } else { None };
            entries.next_value_seed(Walk { open, found: self.found, records, name: &key })?;
        }
        self.note(&Found::Object);
        Ok(Shape::Object)
    }
}

/// The ways that lead through `step`, one step further.
fn below<'s>(open: &[Way<'s>], step: &str) -> Vec<Way<'s>> {
    let through = |way: &Way<'s>| {
        let (first, rest) = way.steps.split_first()?;
        (first == step).then_some(Way { steps: rest, is_fresh: false, ..*way })
    };
    open.iter().filter_map(through).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(body: &str, selectors: &[&str]) -> Scan {
        let selectors: Vec<Selector> = selectors.iter().map(|text| Selector::parse(text).unwrap()).collect();
        Scan::read(body.as_bytes(), &selectors).unwrap()
    }

    #[test]
    fn finds_values_by_path() {
        let body =
            r#"{"a":{"b":[{"c":1},{"c":"x"}],"d.e":true},"f.g":null,"f":{"g":2.5},"h/i":{},"a":{"z":1}}"#;
        let check = |selector: &str, expected: Found| {
            assert_eq!(scan(body, &[selector]).found, [expected], "{selector}");
        };
        check("a.b", Found::Array(2));
        check("a.b.1.c", Found::Text("x".into()));
        check("/a/b/0/c", Found::Number("1".into()));
        check("/a/d.e", Found::Bool(true));
        check("f.g", Found::Null);
        check("/f/g", Found::Number("2.5".into()));
        check("/h~1i", Found::Object);
        check("nope.nope", Found::Absent);
        check("a.b.-1.c", Found::Text("x".into()));
        check("/a/b/-1/c", Found::Text("x".into()));
    }

    #[test]
    fn the_last_item_is_the_last_one() {
        let check = |body: &str, expected: Found| {
            assert_eq!(scan(body, &["data.-1.id"]).found, [expected], "{body}");
        };
        check(r#"{"data":[{"id":"a"},{"id":"b"},{"id":"c"}]}"#, Found::Text("c".into()));
        check(r#"{"data":[{"id":"a"},{"name":"b"}]}"#, Found::Absent);
        check(r#"{"data":[{"id":"a"},null]}"#, Found::Absent);
        check(r#"{"data":[]}"#, Found::Absent);
        check(r#"{"data":{"-1":{"id":"k"}}}"#, Found::Text("k".into()));
        assert_eq!(scan("[[1,2],[3,4]]", &["/-1/-1"]).found, [Found::Number("4".into())]);
        assert_eq!(scan("[[1,2],[]]", &["/-1/-1"]).found, [Found::Absent]);
    }

    #[test]
    fn numbers_keep_their_digits() {
        let check = |body: &str, cursor: &str, integer: Option<u64>| {
            let found = &scan(body, &["a.-1.id"]).found[0];
            assert_eq!((found.cursor(), found.integer()), (Some(cursor), integer), "{body}");
        };
        check(r#"{"a":[{"id":12345678901234567890123}]}"#, "12345678901234567890123", None);
        check(r#"{"a":[{"id":1},{"id":18446744073709551615}]}"#, "18446744073709551615", Some(u64::MAX));
        check(r#"{"a":[{"id":-9223372036854775808}]}"#, "-9223372036854775808", None);
        check(r#"{"a":[{"id":1732873200.100000}]}"#, "1732873200.100000", None);
        check(r#"{"a":[{"id":7.0}]}"#, "7.0", Some(7));
        check(r#"{"a":[{"id":"1e3"}]}"#, "1e3", Some(1000));
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(scan("\u{feff}{\"a\":1,\"rows\":[{}]}", &["a"]).found, [Found::Number("1".into())]);
        assert!(Scan::read(b"\xEF\xBB\xBF\xEF\xBB\xBF{}", &[]).is_err());
    }

    #[test]
    fn yes_and_no_in_the_words_of_servers() {
        let check = |found: Found, expected: Option<bool>| assert_eq!(found.truth(), expected, "{found:?}");
        let text = |text: &str| Found::Text(text.into());
        let number = |text: &str| Found::Number(text.into());
        check(Found::Bool(true), Some(true));
        check(text("False"), Some(false));
        check(text("no"), Some(false));
        check(text(" YES "), Some(true));
        check(text("0"), Some(false));
        check(number("0"), Some(false));
        check(number("1"), Some(true));
        check(number("3"), Some(true));
        check(number("0.5"), None);
        check(number("-1"), None);
        check(text("perhaps"), None);
        check(text(""), None);
        check(Found::Null, None);
        check(Found::Absent, None);
        check(Found::Object, None);
    }

    #[test]
    fn counts_the_records() {
        let records = |body: &str| scan(body, &[]).records;
        assert_eq!(
            records(r#"{"issues":[{"labels":["a"]},{}],"warnings":["x"],"total":2}"#),
            [("issues".into(), 2)]
        );
        assert_eq!(records("[{},{},{}]"), [(String::new(), 3)]);
        assert_eq!(records(r#"{"a":{"items":[{}]}}"#), []);
        assert_eq!(records(r#"{"issues":[]}"#), [("issues".into(), 0)]);
    }

    #[test]
    fn says_where_a_body_is_broken() {
        let error = Scan::read(b"{\"a\": [1, 2", &[]).unwrap_err().to_string();
        assert!(error.contains("line 1 column 11"), "{error}");
        assert!(Scan::read(b"{} x", &[]).is_err());
        assert!(Scan::read(b"", &[]).is_err());
    }

    #[test]
    fn what_no_selector_reaches_is_passed_over() {
        let body = r#"{"issues":[{"fields":{"a":[1,{}]}},{}],"meta":{"next":"n","of":{"deep":{"er":1}}}}"#;
        let read = scan(body, &["meta.next", "meta.of", "issues"]);
        assert_eq!(read.found, [Found::Text("n".into()), Found::Object, Found::Array(2)]);
        assert_eq!(read.records, [("issues".into(), 2)]);
    }

    proptest::proptest! {
        #[test]
        fn what_is_passed_over_makes_no_difference(
            keys in proptest::collection::vec("[a-c]|-1|[0-2]", 1..4), body in "[\\[\\]{}\":,a-c0-9 ]{0,40}"
        ) {
            let selectors = [Selector::parse(&keys.join(".")).unwrap(), Selector::parse("a").unwrap()];
            if serde_json::from_slice::<serde_json::Value>(body.as_bytes()).is_ok() {
                assert_eq!(Scan::read(body.as_bytes(), &selectors), Scan::read_all(body.as_bytes(), &selectors));
            }
        }

        #[test]
        fn agrees_with_json_pointer(n in 0_u8..5, key in "[a-c]", body in "[\\[\\]{}\":,a-c0-9 ]{0,30}") {
            let pointer = format!("/{key}/{n}");
            let selectors = [Selector::parse(&pointer).unwrap()];
            // A later duplicate key wins in both.
            if let (Ok(value), Ok(scan)) = (serde_json::from_slice::<serde_json::Value>(body.as_bytes()), Scan::read(body.as_bytes(), &selectors)) {
                let is_there = value.pointer(&pointer).is_some();
                if is_there {
                    assert_ne!(scan.found[0], Found::Absent);
                }
            }
        }
    }
}

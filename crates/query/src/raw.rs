//! The text of one value within JSON, as it was written.
//!
//! Numbers keep all their digits here, and records can be compared without being read.

mod value;

use std::{borrow::Cow, collections::HashMap};

pub(crate) use value::value_hash;

/// The text of the value that `steps` lead to; `None` where there is none, or where the text is no JSON on the way.
///
/// A step is a key, or in an array the number of an item, from 0, or `-1` for the last one. Of a key that comes twice,
/// the last one counts.
pub(crate) fn value_at<'b>(body: &'b [u8], steps: &[String]) -> Option<&'b [u8]> {
    let mut reader = Reader { text: body, at: 0 };
    reader.skip_space();
    let Some((step, rest)) = steps.split_first() else {
        let start = reader.at;
        reader.skip_value()?;
        return Some(&body[start..reader.at]);
    };
    let mut found = None;
    match reader.peek()? {
        b'{' => reader.each_item(b'}', |reader, _| {
            let key = reader.string()?;
            reader.skip_space();
            reader.take(b':')?;
            reader.skip_space();
            let value = reader.value()?;
            if is_key(key, step) {
                found = Some(value);
            }
            Some(())
        })?,
        b'[' => {
            // `01` and `+1` are keys, and no number of an item (RFC 6901 §4).
            let number = step.parse().ok().filter(|number: &usize| number.to_string() == *step);
            reader.each_item(b']', |reader, index| {
                let value = reader.value()?;
                if *step == "-1" || number == Some(index) {
                    found = Some(value);
                }
                Some(())
            })?;
        }
        _ => return None,
    }
    if rest.is_empty() { found } else { value_at(found?, rest) }
}

/// As [`value_at`] for many ways, going through the text once for each of their steps: a body may have a thousand arrays.
pub(crate) fn values_at<'b>(body: &'b [u8], ways: &[&[String]]) -> Vec<Option<&'b [u8]>> {
    let mut found = vec![None; ways.len()];
    collect(body, ways.iter().copied().enumerate().collect(), &mut found);
    found
}

/// Fills the places of `found` with what the ways lead to.
fn collect<'b>(text: &'b [u8], ways: Vec<(usize, &[String])>, found: &mut [Option<&'b [u8]>]) {
    let mut by_step: HashMap<&str, Vec<(usize, &[String])>> = HashMap::new();
    for (place, way) in ways {
        match way.split_first() {
            None => found[place] = value_at(text, &[]),
            Some((step, rest)) => by_step.entry(step).or_default().push((place, rest)),
        }
    }
    if by_step.is_empty() {
        return;
    }
    let mut values: HashMap<&str, &[u8]> = HashMap::new();
    let is_object = members(text, |key, value| {
        if let Some((step, _)) = by_step.get_key_value(&*key) {
            values.insert(step, value);
        }
    });
    if is_object.is_none() {
        let steps = by_step.keys().copied();
        values = steps.filter_map(|step| Some((step, value_at(text, &[step.to_owned()])?))).collect();
    }
    for (step, ways) in by_step {
        if let Some(value) = values.get(step) {
            collect(value, ways, found);
        }
    }
}

/// The texts of the items of an array; `None` where the text is no array.
pub(crate) fn items(array: &[u8]) -> Option<Vec<&[u8]>> {
    let mut reader = Reader { text: array, at: 0 };
    reader.skip_space();
    if reader.peek()? != b'[' {
        return None;
    }
    let mut items = Vec::new();
    reader.each_item(b']', |reader, _| {
        items.push(reader.value()?);
        Some(())
    })?;
    Some(items)
}

/// The keys of an object, in order; `None` where the text is no object.
pub(crate) fn keys(object: &[u8]) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    members(object, |key, _| keys.push(key.into_owned()))?;
    Some(keys)
}

/// Calls `take` with each member of an object; `None` where the text is no object.
pub(crate) fn members<'b>(object: &'b [u8], mut take: impl FnMut(Cow<'b, str>, &'b [u8])) -> Option<()> {
    members_while(object, |key, value| {
        take(key, value);
        true
    })
}

/// As [`members`], as long as `take` says yes: the rest of the object is not read.
pub(crate) fn members_while<'b>(
    object: &'b [u8],
    mut take: impl FnMut(Cow<'b, str>, &'b [u8]) -> bool,
) -> Option<()> {
    let mut reader = Reader { text: object, at: 0 };
    reader.skip_space();
    if reader.peek()? != b'{' {
        return None;
    }
    let mut has_ended = false;
    let read = reader.each_item(b'}', |reader, _| {
        let key = unquoted(reader.string()?)?;
        reader.skip_space();
        reader.take(b':')?;
        reader.skip_space();
        has_ended = !take(key, reader.value()?);
        (!has_ended).then_some(())
    });
    if has_ended { Some(()) } else { read }
}

/// `body` with an empty array in the place of `array`, which is a part of it.
pub(crate) fn without_items(body: &[u8], array: &[u8]) -> Option<Vec<u8>> {
    let start = array.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
    let (before, rest) = body.split_at_checked(start)?;
    let after = rest.get(array.len()..)?;
    array.starts_with(b"[").then(|| [before, b"[]", after].concat())
}

/// Whether a quoted key is `name`.
fn is_key(quoted: &[u8], name: &str) -> bool {
    let plain = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    match plain.contains(&b'\\') {
        true => serde_json::from_slice::<String>(quoted).is_ok_and(|key| key == name),
        false => plain == name.as_bytes(),
    }
}

/// The text of a string in quotes.
fn unquoted(quoted: &[u8]) -> Option<Cow<'_, str>> {
    let plain = quoted.get(1..quoted.len().checked_sub(1)?)?;
    match plain.contains(&b'\\') {
        true => serde_json::from_slice::<String>(quoted).ok().map(Cow::Owned),
        false => str::from_utf8(plain).ok().map(Cow::Borrowed),
    }
}

struct Reader<'b> {
    text: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Calls `take` at the start of each item of an object or array, up to its end.
    fn each_item(&mut self, close: u8, mut take: impl FnMut(&mut Self, usize) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.skip_space();
        if self.take(close).is_some() {
            return Some(());
        }
        for index in 0.. {
            self.skip_space();
            take(self, index)?;
            self.skip_space();
            if self.take(close).is_some() {
                return Some(());
            }
            self.take(b',')?;
        }
        None
    }

    fn value(&mut self) -> Option<&'b [u8]> {
        let start = self.at;
        self.skip_value()?;
        Some(&self.text[start..self.at])
    }

    fn skip_value(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' | b'[' => self.skip_brackets(),
            _ => {
                let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
                let rest = &self.text[self.at..];
                let length = rest.iter().position(is_end).unwrap_or(rest.len());
                self.at += length;
                (length > 0).then_some(())
            }
        }
    }

    fn skip_brackets(&mut self) -> Option<()> {
        let (text, mut at, mut depth) = (self.text, self.at, 0_usize);
        while at < text.len() {
            match text[at] {
                b'"' => {
                    at = end_of_string(text, at)?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                self.at = at;
                return Some(());
            }
        }
        None
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<&'b [u8]> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        self.at = end_of_string(self.text, start)?;
        Some(&self.text[start..self.at])
    }
}

/// Where the string ends whose first quote is at `start`. Neither this nor [`Reader::skip_brackets`] calls anything for each
/// byte, which an unoptimised build does not inline.
fn end_of_string(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'b>(body: &'b str, path: &str) -> Option<&'b str> {
        let steps: Vec<String> = path.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect();
        value_at(body.as_bytes(), &steps).map(|text| std::str::from_utf8(text).unwrap())
    }

    #[test]
    fn the_number_of_an_item_is_written_in_one_way() {
        let selector = |step: &str| crate::Selector::parse(&format!("a.{step}")).unwrap();
        for (step, expected) in [("0", Some("7")), ("1", Some("8")), ("-1", Some("8")), ("2", None)] {
            assert_eq!(find(r#"{"a":[7,8]}"#, &format!("a.{step}")), expected, "{step}");
        }
        for step in ["00", "01", "+1", "1 ", "-0", "1e0", "99999999999999999999"] {
            assert_eq!(find(r#"{"a":[7,8]}"#, &format!("a.{step}")), None, "{step}");
            let scan = crate::Scan::read(br#"{"a":[7,8]}"#, &[selector(step)]).unwrap();
            assert_eq!(scan.found, [crate::Found::Absent], "{step}");
        }
    }

    #[test]
    fn many_ways_lead_where_each_one_leads_and_take_no_longer() {
        let steps = |path: &str| -> Vec<String> {
            path.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect()
        };
        let body = br#" {"a":{"b":[1,{"c":2}],"b":[3,{"c":4}]},"d":[[5]],"e\u0066":6,"a2":7} "#;
        let ways: Vec<Vec<String>> =
            ["a.b", "a.b.1.c", "a.b.-1", "d.0.0", "ef", "a", "", "none", "a.none", "d.7", "a2.x"]
                .map(steps)
                .into();
        let found = values_at(body, &ways.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for (way, found) in ways.iter().zip(found) {
            assert_eq!(found, value_at(body, way), "{way:?}");
        }
        let members: Vec<String> = (0..100_000).map(|n| format!("\"k{n}\":[{n}]")).collect();
        let body = format!("{{{}}}", members.join(","));
        let ways: Vec<Vec<String>> = (0..1000).map(|n| vec![format!("k{}", n * 99)]).collect();
        let begin = std::time::Instant::now();
        let found = values_at(body.as_bytes(), &ways.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert!(found.iter().all(Option::is_some) && begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
    }

    #[test]
    fn finds_the_text_of_a_value() {
        let body = r#" { "a" : [ {"b":12345678901234567890123} , {"b": 1.50, "c":"x]\"}"} ], "k\u0065y":{"z":null}, "a2":[],"b":true } "#;
        assert_eq!(find(body, "a.0.b"), Some("12345678901234567890123"));
        assert_eq!(find(body, "a.-1.b"), Some("1.50"));
        assert_eq!(find(body, "a.1.c"), Some(r#""x]\"}""#));
        assert_eq!(find(body, "key.z"), Some("null"));
        assert_eq!(find(body, "a2"), Some("[]"));
        assert_eq!(find(body, "a2.-1"), None);
        assert_eq!(find(body, "b.c"), None);
        assert_eq!(find(body, "nope"), None);
        assert_eq!(find("[1,2]", ""), Some("[1,2]"));
        assert_eq!(find(r#"{"a":1,"a":2}"#, "a"), Some("2"));
    }

    #[test]
    fn takes_arrays_apart() {
        let body = br#"{"a": [ {"b":"]"}, [1,2] ,3 ], "c": 1}"#;
        let array = value_at(body, &["a".to_owned()]).unwrap();
        assert_eq!(items(array).unwrap(), [&br#"{"b":"]"}"#[..], b"[1,2]", b"3"]);
        assert_eq!(without_items(body, array).unwrap(), br#"{"a": [], "c": 1}"#);
        assert_eq!((items(b"{}"), without_items(body, b"[9]")), (None, None));
        assert_eq!(items(b" [ ] "), Some(vec![]));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(body in "[\\[\\]{}\":,a-c0-9 \\\\]{0,40}", path in "[a-c]|-1|[0-2]") {
            let _ = find(&body, &path);
        }

        #[test]
        fn agrees_with_json_pointer(body in "[\\[\\]{}\":,a-c0-9 ]{0,30}", n in 0_u8..3, key in "[a-c]") {
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&body) {
                let found = find(&body, &format!("{key}.{n}")).map(|text| serde_json::from_str(text).unwrap());
                assert_eq!(found.as_ref(), value.pointer(&format!("/{key}/{n}")), "{body}");
            }
        }
    }
}

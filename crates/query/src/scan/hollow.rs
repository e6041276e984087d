//! JSON without what stands deep in it: `{"a":1,"b":[{"c":2},{}]}` down to 2 is `{"a":1,"b":[{},{}]}`.
//!
//! A page is megabytes of records and a few words about pages. What reads the words need not read the records; here they
//! are passed over 64 bytes at a time, by where strings and brackets are.

use wide::u8x16;

/// The text without what is more than `depth` brackets deep; `None` where brackets or strings do not end, so that
/// somebody else may say what is wrong. What was left out may be no JSON either: that is not looked at.
pub(super) fn hollow(text: &[u8], depth: usize) -> Option<Vec<u8>> {
    let mut hollowing = Hollowing { text, limit: depth, depth: 0, kept_from: Some(0), out: Vec::new() };
    let mut strings = Strings::default();
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    for (index, block) in blocks.iter().enumerate() {
        hollowing.pass(index * BLOCK, strings.brackets(block))?;
    }
    // Spaces are no brackets.
    let mut last = [b' '; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    hollowing.pass(blocks.len() * BLOCK, strings.brackets(&last))?;
    if strings.is_inside {
        return None;
    }
    hollowing.end()
}

const BLOCK: usize = 64;

/// One bit for each byte of a block.
#[derive(Debug, Clone, Copy)]
struct Brackets {
    open: u64,
    close: u64,
}

/// Tells brackets from those in strings.
#[derive(Debug, Default)]
struct Strings {
    is_inside: bool,
    is_escaped: bool,
}

impl Strings {
    fn brackets(&mut self, block: &[u8; BLOCK]) -> Brackets {
        let mut masks = [0_u64; 4];
        let (lanes, _) = block.as_chunks::<16>();
        for (index, lane) in lanes.iter().enumerate() {
            let bytes = u8x16::new(*lane);
            // `[` and `{`, `]` and `}` differ by one bit.
            let folded = bytes | u8x16::splat(0x20);
            let found = [
                bytes.simd_eq(u8x16::splat(b'"')),
                bytes.simd_eq(u8x16::splat(b'\\')),
                folded.simd_eq(u8x16::splat(b'{')),
                folded.simd_eq(u8x16::splat(b'}')),
            ];
            for (mask, found) in masks.iter_mut().zip(found) {
                *mask |= u64::from(found.to_bitmask()) << (16 * index);
            }
        }
        let [quotes, backslashes, open, close] = masks;
        let quotes = quotes & !self.escaped(backslashes);
        // Each bit is then whether an odd number of quotes came before it, or at it.
        let mut inside = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        if self.is_inside {
            inside = !inside;
        }
        self.is_inside = inside >> 63 == 1;
        Brackets { open: open & !inside, close: close & !inside }
    }

    /// The bytes that a backslash stands before.
    fn escaped(&mut self, backslashes: u64) -> u64 {
        let mut escaped = u64::from(self.is_escaped);
        let mut rest = backslashes & !escaped;
        self.is_escaped = false;
        while rest != 0 {
            let at = rest.trailing_zeros();
            match 2_u64.checked_shl(at).filter(|next| *next != 0) {
                Some(next) => {
                    escaped |= next;
                    rest &= !(next | next >> 1);
                }
                None => {
                    self.is_escaped = true;
                    break;
                }
            }
        }
        escaped
    }
}

/// On the way through the text.
struct Hollowing<'t> {
    text: &'t [u8],
    limit: usize,
    depth: usize,
    /// From where what is read is kept; `None` too deep.
    kept_from: Option<usize>,
    out: Vec<u8>,
}

impl Hollowing<'_> {
    fn pass(&mut self, start: usize, brackets: Brackets) -> Option<()> {
        let Brackets { open, close } = brackets;
        let (n_open, n_close) = (open.count_ones() as usize, close.count_ones() as usize);
        if self.depth > self.limit + n_close {
            // However they are ordered, they stay too deep.
            self.depth = self.depth + n_open - n_close;
            return Some(());
        }
        let mut rest = open | close;
        while rest != 0 {
            let bit = rest & rest.wrapping_neg();
            let at = start + rest.trailing_zeros() as usize;
            rest ^= bit;
            if open & bit != 0 { self.open(at) } else { self.close(at)? }
        }
        Some(())
    }

    fn open(&mut self, at: usize) {
        self.depth += 1;
        if self.depth > self.limit
            && let Some(from) = self.kept_from.take()
        {
            self.out.extend_from_slice(&self.text[from..=at]);
        }
    }

    fn close(&mut self, at: usize) -> Option<()> {
        self.depth = self.depth.checked_sub(1)?;
        if self.depth == self.limit {
            self.kept_from = Some(at);
        }
        Some(())
    }

    fn end(mut self) -> Option<Vec<u8>> {
        let from = self.kept_from.filter(|_| self.depth == 0)?;
        self.out.extend_from_slice(&self.text[from..]);
        Some(self.out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn text(text: &str, depth: usize) -> Option<String> {
        hollow(text.as_bytes(), depth).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn what_is_deep_is_left_out() {
        let body = r#"{"a":1,"b":[{"c":[2,{}]},[],{}]}"#;
        for (depth, expected) in [
            (0, "{}"),
            (1, r#"{"a":1,"b":[]}"#),
            (2, r#"{"a":1,"b":[{},[],{}]}"#),
            (3, r#"{"a":1,"b":[{"c":[]},[],{}]}"#),
            (4, r#"{"a":1,"b":[{"c":[2,{}]},[],{}]}"#),
        ] {
            assert_eq!(text(body, depth).as_deref(), Some(expected), "{depth}");
        }
    }

    #[test]
    fn brackets_in_strings_are_text() {
        for body in [r#"["{[", "}", "\"]", "\\"]"#, r#"["\\\"[", "a"]"#, r#""]""#, "7", "", " "] {
            assert_eq!(text(body, 1).as_deref(), Some(body));
        }
        // At every place of a block.
        for n in 0..140 {
            let body = format!(r#"{{"{}\"":[["\\",["]"]]],"b":[{{}}]}}"#, "x".repeat(n));
            let expected = format!(r#"{{"{}\"":[],"b":[]}}"#, "x".repeat(n));
            assert_eq!(text(&body, 1), Some(expected), "{n}");
        }
    }

    #[test]
    fn what_does_not_end_is_refused() {
        for body in ["[", "]", "{}}", r#"["a]"#, r#"{"a":"\"}"#, "[[]", r#"""#] {
            assert_eq!(text(body, 1), None, "{body}");
        }
    }

    /// What `hollow` means, on values.
    fn hollow_value(value: &Value, depth: usize) -> Value {
        match value {
            Value::Object(_) if depth == 0 => json!({}),
            Value::Array(_) if depth == 0 => json!([]),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), hollow_value(value, depth - 1))).collect()
            }
            Value::Array(items) => items.iter().map(|value| hollow_value(value, depth - 1)).collect(),
            other => other.clone(),
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let word = r#"[a\[\]{}"\\ é]{0,20}"#;
        let leaf =
            prop_oneof![word.prop_map(Value::from), any::<i32>().prop_map(Value::from), Just(Value::Null)];
        leaf.prop_recursive(6, 200, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(word, inner, 0..8)
                    .prop_map(|members| members.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn only_what_is_deep_is_left_out(value in value(), depth in 0_usize..6, is_pretty: bool) {
            let text = if is_pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let hollow = hollow(text.unwrap().as_bytes(), depth).expect("it is JSON");
            prop_assert_eq!(serde_json::from_slice::<Value>(&hollow).unwrap(), hollow_value(&value, depth));
        }

        #[test]
        fn anything_is_hollowed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), depth in 0_usize..3) {
            let _ = hollow(&bytes, depth);
        }
    }
}

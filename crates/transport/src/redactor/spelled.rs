//! Secrets in a text that writes some of their characters in another way: `%2f`, `&amp;`, `\"`, `\u00e9` or `\xe9`, also one
//! within another, as in JSON that is a text in JSON. Which characters somebody escapes, and how, cannot be listed: the text is
//! read, and what is found is masked where it stands.

use std::{collections::BTreeSet, ops::Range};

/// How often a text is read that was written within another one.
const MAX_DEPTH: usize = 3;
/// The names that programs give to characters in pages; others have numbers.
const ENTITIES: [(&str, u8); 6] =
    [("amp", b'&'), ("lt", b'<'), ("gt", b'>'), ("quot", b'"'), ("apos", b'\''), ("nbsp", b' ')];
/// The longest of what stands between `&` and `;`.
const MAX_ENTITY: usize = 8;
/// One way to write characters by others, and how it begins.
const KINDS: [(char, Reads); 3] = [('%', percent), ('&', entity), ('\\', escape)];

/// What a text that begins with the sign of its kind stands for, and how many bytes of it do; `None` where it is the sign itself.
type Reads = fn(&str) -> Option<(Vec<u8>, usize)>;

/// What was read, and where each byte of it stands in the first text.
struct Read {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

/// `text` with `mask` in the place of each of `secrets` that is written in such a way; `None` if there is none.
pub(super) fn without_spelled<'s>(
    text: &str,
    secrets: impl Iterator<Item = &'s str> + Clone,
    mask: &str,
) -> Option<String> {
    if !text.contains(KINDS.map(|(sign, _)| sign)) {
        return None;
    }
    let values: BTreeSet<Vec<u8>> =
        secrets.flat_map(|secret| [Some(secret.as_bytes().to_vec()), latin_1(secret)]).flatten().collect();
    let mut found = Vec::new();
    let whole = Read {
        bytes: text.as_bytes().to_vec(),
        places: text.char_indices().flat_map(|(at, c)| vec![at..at + c.len_utf8(); c.len_utf8()]).collect(),
    };
    search(&whole, &values, MAX_DEPTH, &mut found);
    replaced(text, found, mask)
}

/// Whether it is worth while to read a page for `secret`: it has characters that are escaped, and what is between them stands there.
pub(super) fn may_hold(text: &str, secret: &str) -> bool {
    /// A page that has been read before anybody notices.
    const SMALL: usize = 64 << 10;
    if secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    let runs = secret.split(|c: char| !c.is_ascii_alphanumeric());
    let longest = runs.max_by_key(|run| run.len()).unwrap_or_default();
    text.len() <= SMALL || text.contains(longest)
}

/// Finds `values` in all that `text` may be read as.
fn search(text: &Read, values: &BTreeSet<Vec<u8>>, depth: usize, found: &mut Vec<Range<usize>>) {
    for (sign, reads) in KINDS {
        let Some(read) = text.read(sign, reads) else { continue };
        for value in values {
            read.find(value, found);
        }
        if depth > 1 {
            search(&read, values, depth - 1, found);
        }
    }
}

impl Read {
    /// The same with what one kind writes by other characters; `None` if it has none of them.
    fn read(&self, sign: char, reads: Reads) -> Option<Self> {
        let text = String::from_utf8_lossy(&self.bytes);
        // Places are those of bytes, so what is no text stays as it is.
        if text.len() != self.bytes.len() || !text.contains(sign) {
            return None;
        }
        let mut read = Read { bytes: Vec::new(), places: Vec::new() };
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let (bytes, length) = match Some(c).filter(|c| *c == sign).and_then(|_| reads(&text[at..])) {
                Some(meaning) => meaning,
                None => (text[at..at + c.len_utf8()].into(), c.len_utf8()),
            };
            let place = self.places[at].start..self.places[at + length - 1].end;
            read.places.extend(std::iter::repeat_n(place, bytes.len()));
            read.bytes.extend(bytes);
            at += length;
        }
        (read.bytes != self.bytes).then_some(read)
    }

    fn find(&self, value: &[u8], found: &mut Vec<Range<usize>>) {
        let Some(first) = value.first() else { return };
        let mut at = 0;
        while let Some(next) = self.bytes[at..].iter().position(|byte| byte == first) {
            at += next;
            if self.bytes[at..].starts_with(value) {
                found.push(self.places[at].start..self.places[at + value.len() - 1].end);
                at += value.len();
            } else {
                at += 1;
            }
        }
    }
}

fn replaced(text: &str, mut found: Vec<Range<usize>>, mask: &str) -> Option<String> {
    found.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
    let (mut clean, mut end) = (String::new(), 0);
    for place in &found {
        if place.start >= end {
            clean.push_str(&text[end..place.start]);
            clean.push_str(mask);
        }
        end = end.max(place.end);
    }
    (!found.is_empty()).then(|| clean + &text[end..])
}

/// `%2F` or `%2f`.
fn percent(text: &str) -> Option<(Vec<u8>, usize)> {
    let byte = u8::try_from(hex(text.get(1..3)?)?).ok()?;
    Some((vec![byte], 3))
}

/// `&amp;`, `&#39;` or `&#x27;`.
fn entity(text: &str) -> Option<(Vec<u8>, usize)> {
    let end = text.bytes().take(MAX_ENTITY + 2).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let number = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => hex(digits),
            None => number.parse().ok(),
        },
        None => ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, byte)| u32::from(*byte)),
    };
    Some((utf_8(char::from_u32(number?)?), end + 1))
}

/// `\"`, `\n`, `\u00e9`, `\u{e9}` or `\xe9`, as JSON, Rust and Python write them.
fn escape(text: &str) -> Option<(Vec<u8>, usize)> {
    let sign = text[1..].chars().next()?;
    let plain = |c: char| Some((utf_8(c), 1 + sign.len_utf8()));
    match sign {
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        '"' | '\'' | '\\' | '/' => plain(sign),
        'x' => Some((vec![u8::try_from(hex(text.get(2..4)?)?).ok()?], 4)),
        'u' if text[2..].starts_with('{') => {
            let end = text.bytes().take(MAX_ENTITY + 3).position(|byte| byte == b'}')?;
            Some((utf_8(char::from_u32(hex(&text[3..end])?)?), end + 1))
        }
        'u' => {
            let unit = hex(text.get(2..6)?)?;
            let second = text.get(6..12).and_then(|next| hex(next.strip_prefix("\\u")?));
            match (char::from_u32(unit), second) {
                (Some(c), _) => Some((utf_8(c), 6)),
                (None, Some(second)) => {
                    let pair = [u16::try_from(unit).ok()?, u16::try_from(second).ok()?];
                    let c = char::decode_utf16(pair).next()?.ok()?;
                    Some((utf_8(c), 12))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn hex(digits: &str) -> Option<u32> {
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

fn utf_8(c: char) -> Vec<u8> {
    c.to_string().into_bytes()
}

/// The bytes of a text in Latin-1, if it has other letters than ASCII's, and Latin-1 has them.
fn latin_1(text: &str) -> Option<Vec<u8>> {
    let bytes = || text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    (!text.is_ascii()).then(bytes).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = r#"s3/c&r"t'é<😀=9\x"#;

    #[test]
    fn every_way_to_write_some_characters_of_a_secret_is_seen() {
        for spelled in [
            r#"s3%2fc&r"t'%C3%A9<%f0%9f%98%80=9\x"#,
            r#"s3/c&amp;r&quot;t&#39;é&lt;😀=9\x"#,
            r#"s3&#x2F;c&amp;r&#34;t&apos;&#233;&lt;&#x1F600;&#x3D;9&#92;x"#,
            r#"s3\/c&r\"t'\u00e9<\ud83d\ude00=9\\x"#,
            r#"s3/c\u0026r\\\"t'\\u00e9\\u003c\\ud83d\\ude00=9\\\\x"#,
            r#"s3/c&r"t\'\xc3\xa9<\U0001f600=9\\x"#.replace(r"\U0001f600", r"\u{1f600}").as_str(),
            r#"s3/c&amp;r\\\"t&#39;\\u00e9&lt;\\ud83d\\ude00=9\\\\x"#,
            "s3%252Fc%2526r%2522t%2527%25C3%25A9%253C%25F0%259F%2598%2580%253D9%255Cx",
        ] {
            let text = format!("é{spelled}é {spelled}.");
            let found = without_spelled(&text, std::iter::once(SECRET), "<>");
            assert_eq!(found.as_deref(), Some("é<>é <>."), "{spelled}");
        }
        for text in ["nothing", "100% \\ & %zz &; &amp; \\u12 \\ud83d\\u0041 \\x \\u{} &#xFFFFFFF; é\\"] {
            assert_eq!(without_spelled(text, std::iter::once(SECRET), "<>"), None, "{text}");
        }
    }

    #[test]
    fn a_large_page_is_read_where_a_piece_of_the_secret_is_in_it() {
        let page = |piece: &str| format!("{}{piece}", "x ".repeat(40_000));
        assert!(may_hold(&page(r"ab\/9x9f"), "ab/9x9f") && may_hold("", "ab/9x9f"));
        assert!(!may_hold(&page("9x8f"), "ab/9x9f"));
        assert!(!may_hold("ab9x9f", "ab9x9f"));
    }

    #[test]
    fn latin_1_in_an_escape_is_seen() {
        let found =
            without_spelled(r"b'caf\xe9-au-lait' caf%E9-au-lait", std::iter::once("café-au-lait"), "<>");
        assert_eq!(found.as_deref(), Some("b'<>' <>"));
    }
}

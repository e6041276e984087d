//! The text of a body, by the charset that the query, the answer or the body itself names. Pure.
//!
//! A charset that is named wrongly gives other text and no mistake. Bytes beyond ASCII that are UTF-8 are next to never
//! anything else, so that a body which is both is an error: whoever has looked at it writes `charset`.

use std::borrow::Cow;

use bytes::Bytes;
use pipeline_query::Charset;

use super::{Hint, Unread};

/// What is said of the charset of a body.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    /// `charset` of the query.
    pub(crate) by_query: Option<Charset>,
    /// The header `Content-Type`.
    pub(crate) content_type: Option<&'a str>,
    /// Whether the body may say it itself, as XML does.
    pub(crate) is_xml: bool,
}

/// A charset, and who names it.
struct Named {
    by: &'static str,
    /// As it is written.
    name: String,
    /// `None` where it is not known.
    charset: Option<Charset>,
}

/// How much of XML is looked at for its declaration.
const MAX_DECLARATION: usize = 200;

/// The body in UTF-8, without a byte order mark. A body that is UTF-8 already is not copied.
///
/// # Errors
/// [`Unread`], with what to write.
pub(crate) fn to_utf8(body: Bytes, said: &Said<'_>) -> Result<Bytes, Unread> {
    let marked = Charset::of_mark(&body);
    let body = match marked {
        Some((_, length)) => body.slice(length..),
        None => body,
    };
    let by_query = said.by_query.map(|charset| ("`charset`", charset));
    match by_query.or(marked.map(|(charset, _)| ("its first character", charset))) {
        Some((_, charset)) if charset == Charset::UTF_8 => checked(body, &[]),
        Some((by, charset)) => {
            let problem = || format!("the body is not {charset}, as {by} says");
            owned(&body, charset.text(&body)).ok_or_else(|| unread(problem(), &body))
        }
        None => by_name(body.clone(), &names(&body, said)),
    }
}

/// The body by the first charset that is named, where no other one gives other text.
fn by_name(body: Bytes, named: &[Named]) -> Result<Bytes, Unread> {
    let Some(first) = named.first() else { return checked(body, named) };
    let charset = match first.charset {
        Some(charset) if charset == Charset::UTF_8 => return checked(body, named),
        // An unknown charset is no matter where no byte depends on it.
        None if body.is_ascii() && !body.contains(&ESCAPE) => return Ok(body),
        None => return Err(unread(format!("{}, which is not known", words(first)), &body)),
        Some(charset) if charset.is_wide() => Charset::of_wide(&body).unwrap_or(charset),
        Some(charset) => charset,
    };
    let text = charset.text(&body);
    let text =
        text.ok_or_else(|| unread(format!("{}, and the body is not {charset}", words(first)), &body))?;
    let others = named[1..].iter().filter_map(|other| other.charset.map(|charset| (words(other), charset)));
    let itself = (!body.is_ascii()).then(|| ("its bytes are UTF-8".to_owned(), Charset::UTF_8));
    for (who, other) in others.chain(itself) {
        if other != charset && other.text(&body).is_some_and(|other| other != text) {
            return Err(unread(format!("{}, and {who}, which gives other text", words(first)), &body));
        }
    }
    Ok(owned(&body, Some(text)).unwrap_or_default())
}

/// Begins what is not ASCII in charsets of seven bits.
const ESCAPE: u8 = 0x1B;

/// The body, where it is UTF-8.
fn checked(body: Bytes, named: &[Named]) -> Result<Bytes, Unread> {
    let Err(error) = simdutf8::compat::from_utf8(&body) else { return Ok(body) };
    let by: String = named.iter().map(|named| format!("; {}", words(named))).collect();
    Err(unread(format!("the body is not UTF-8: byte {} is wrong{by}", error.valid_up_to()), &body))
}

fn owned(body: &Bytes, text: Option<Cow<'_, str>>) -> Option<Bytes> {
    Some(match text? {
        Cow::Borrowed(_) => body.clone(),
        Cow::Owned(text) => text.into_bytes().into(),
    })
}

fn words(named: &Named) -> String {
    format!("{} says `{}`", named.by, named.name)
}

/// The problem, with what to write where the charset is missing or wrong.
fn unread(problem: String, body: &[u8]) -> Unread {
    let hint = match std::str::from_utf8(body) {
        Ok(_) => Hint::Utf8,
        Err(_) => Hint::Charset,
    };
    Unread { problem, hint: Some(hint) }
}

/// What the header and the body itself name, in the order in which they count (RFC 7303 §3.2).
fn names(body: &[u8], said: &Said<'_>) -> Vec<Named> {
    let named = |by, name: String| Named { by, charset: Charset::of(&name), name };
    let header = said.content_type.and_then(parameter).map(|name| named("its `Content-Type`", name));
    let wide = Charset::of_wide(body).filter(|_| said.is_xml && header.is_none());
    let wide = wide.map(|charset| Named {
        by: "its first character",
        name: charset.to_string(),
        charset: Some(charset),
    });
    let own = declaration(body).filter(|_| said.is_xml).map(|name| named("its XML declaration", name));
    // Where the declaration can be read byte by byte, the body is not of two bytes each.
    let own = own.filter(|own| !own.charset.is_some_and(Charset::is_wide));
    header.into_iter().chain(wide).chain(own).collect()
}

/// The `charset` of a media type.
fn parameter(content_type: &str) -> Option<String> {
    let pairs = content_type.split(';').skip(1).filter_map(|pair| pair.split_once('='));
    let mut charsets = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let (_, value) = charsets.next()?;
    let name = value.trim().trim_matches(['"', '\'']).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The `encoding` of `<?xml version="1.0" encoding="…"?>`.
fn declaration(body: &[u8]) -> Option<String> {
    let start = body.trim_ascii_start();
    let head = String::from_utf8_lossy(&start[..start.len().min(MAX_DECLARATION)]);
    let (declaration, _) = head.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (name, _) = value[1..].split_once(quote)?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8], content_type: &str) -> Result<String, String> {
        let said =
            Said { by_query: None, content_type: Some(content_type), is_xml: content_type.contains("xml") };
        to_utf8(Bytes::copy_from_slice(body), &said)
            .map(|text| String::from_utf8(text.to_vec()).unwrap())
            .map_err(|Unread { problem, hint }| {
                format!("{problem}; {}", hint.map(Hint::for_query).unwrap_or_default())
            })
    }

    #[test]
    fn bodies_are_read_by_the_charset_that_is_named() {
        let check = |body: &[u8], content_type: &str, expected: &str| {
            assert_eq!(read(body, content_type).as_deref(), Ok(expected), "{content_type}");
        };
        check(b"caf\xE9", "text/csv; charset=ISO-8859-1", "café");
        check(b"\x80", "text/csv; header=present; Charset = \"windows-1252\"", "€");
        check(b"\xB1", "text/csv;charset=iso-8859-2", "ą");
        check(b"\x1B$BF|K\\\x1B(B", "text/csv; charset=iso-2022-jp", "日本");
        check(b"[\0\xE9\0]\0", "application/json; charset=utf-16", "[é]");
        check(b"\0[\0\xE9\0]", "application/json; charset=utf-16", "[é]");
        check(b"\xFF\xFE[\0]\0", "application/json", "[]");
        check("é".as_bytes(), "application/json", "é");
        check("é".as_bytes(), "application/json; charset=", "é");
        check("é".as_bytes(), "application/json; charset=us-ascii", "é");
        // A byte order mark is surer than a header.
        check("\u{feff}é".as_bytes(), "text/csv; charset=iso-8859-1", "é");
        check(b"[1]", "application/json; charset=nonsense", "[1]");
        let latin2 = b"<?xml version='1.0' encoding='ISO-8859-2'?><a>\xB1</a>";
        check(latin2, "text/xml", "<?xml version='1.0' encoding='ISO-8859-2'?><a>ą</a>");
        let wide: Vec<u8> = "<a>é</a>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&wide, "text/xml", "<a>é</a>");
    }

    #[test]
    fn what_two_charsets_read_differently_is_an_error() {
        let check = |body: &[u8], content_type: &str, words: &[&str]| {
            let problem = read(body, content_type).unwrap_err();
            for word in words {
                assert!(problem.contains(word), "{content_type}: {problem}");
            }
        };
        let both = "é".as_bytes();
        check(
            both,
            "text/csv; charset=ISO-8859-1",
            &["`ISO-8859-1`", "its bytes are UTF-8", "`charset: utf-8`"],
        );
        check(b"\xE9", "text/csv", &["not UTF-8: byte 0", "`charset: windows-1252`"]);
        check(b"\xE9", "text/csv; charset=utf-8", &["not UTF-8", "`utf-8`"]);
        check(b"\xFF", "text/csv; charset=shift_jis", &["is not Shift_JIS", "says `shift_jis`"]);
        check(both, "text/csv; charset=utf-32", &["`utf-32`, which is not known", "`charset: utf-8`"]);
        check(b"+\x1B$", "text/csv; charset=iso-2022-kr", &["is not known"]);
        let xml = [&b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>"[..], both, b"</a>"].concat();
        check(&xml, "text/xml", &["its XML declaration says `ISO-8859-1`", "UTF-8"]);
        let xml = b"<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a>\xB1</a>";
        check(xml, "text/xml; charset=iso-8859-1", &["`iso-8859-1`", "XML declaration says `ISO-8859-2`"]);
        check(xml, "text/xml; charset=utf-8", &["not UTF-8", "its XML declaration says `ISO-8859-2`"]);
    }

    #[test]
    fn the_query_goes_before_everything() {
        let said = |name: &str| Said {
            by_query: Charset::of(name),
            content_type: Some("text/csv; charset=iso-8859-1"),
            is_xml: false,
        };
        let read = |body: &'static [u8], name: &str| to_utf8(Bytes::from_static(body), &said(name));
        assert_eq!(read(b"\xC3\xA9", "utf-8").unwrap(), "é".as_bytes());
        assert_eq!(read(b"\xC3\xA9", "latin1").unwrap(), "Ã©".as_bytes());
        assert!(read(b"\xFF", "shift_jis").unwrap_err().problem.contains("as `charset` says"));
    }

    #[test]
    fn utf_8_is_not_copied() {
        let body = Bytes::from_static("{\"a\":\"é\"}".as_bytes());
        for content_type in ["application/json", "application/json; charset=UTF-8"] {
            let said = Said { content_type: Some(content_type), ..Said::default() };
            assert_eq!(to_utf8(body.clone(), &said).unwrap().as_ptr(), body.as_ptr());
        }
    }
}

//! The page's way into the engine, and the one place that knows whose `JSON.parse` runs.
//!
//! It is Boa's own for now: it checks the text with serde_json, then compiles it as a script, and interns every string
//! for as long as the context lives. Known gaps against ECMA-262 §25.5.1: more than 128 levels, lone surrogates
//! (`"\ud800"`) and numbers beyond 1e308 are refused with a SyntaxError. Issue 5 replaces it.

use boa_engine::{JsStr, JsString};

/// The body as a JavaScript string; a byte order mark is dropped, as `Response.text()` does in the fetch standard.
///
/// # Errors
/// The offset of the first byte that is not UTF-8.
pub(crate) fn page_text(body: &[u8]) -> Result<JsString, usize> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.is_ascii() {
        return Ok(JsString::from(JsStr::latin1(body)));
    }
    let text = std::str::from_utf8(body).map_err(|error| error.valid_up_to())?;
    // Text has at most as many UTF-16 units as UTF-8 bytes.
    let mut units = Vec::with_capacity(text.len());
    units.extend(text.encode_utf16());
    Ok(JsString::from(JsStr::utf16(&units)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_become_strings() {
        let check = |body: &[u8], expected: Result<&str, usize>| {
            assert_eq!(page_text(body).map(|text| text.to_std_string_lossy()), expected.map(str::to_owned));
        };
        check(b"", Ok(""));
        check(b"{}", Ok("{}"));
        check("{\"ä\": \"😀\"}".as_bytes(), Ok("{\"ä\": \"😀\"}"));
        check(b"\xef\xbb\xbf{}", Ok("{}"));
        check(b"{\"a\": \"\xe4\"}", Err(7));
    }
}

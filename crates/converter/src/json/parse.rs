//! The function `JSON.parse` itself.

use std::{cell::RefCell, rc::Rc};

use boa_engine::{
    Context, JsArgs, JsNativeError, JsResult, JsStr, JsString, JsValue, NativeFunction, js_string,
    object::FunctionObjectBuilder, property::PropertyDescriptor, string::JsStrVariant,
};
use encoding_rs::mem;

use super::{
    document::Document,
    names::Names,
    reviver::Reviving,
    tape::{Malformed, Tape},
    text::{self, Surrogates},
    whole,
};
use crate::engine::Natives;

/// What `JSON.parse` knows besides its arguments; one per context.
#[derive(Debug)]
pub(crate) struct Json {
    natives: Rc<Natives>,
    /// The page being converted and its bytes.
    page: RefCell<Option<(JsString, Rc<Vec<u8>>)>>,
    names: RefCell<Names>,
    /// Used again from text to text.
    tape: RefCell<Tape>,
}

/// Replaces `JSON.parse`.
pub(crate) fn install(natives: &Rc<Natives>, context: &mut Context) -> JsResult<Rc<Json>> {
    let state = Rc::new(Json {
        natives: Rc::clone(natives),
        page: RefCell::default(),
        names: RefCell::default(),
        tape: RefCell::default(),
    });
    context.insert_data(Rc::clone(&state));
    let parse = FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(parse))
        .name(js_string!("parse"))
        .length(2)
        .build();
    let json = context.global_object().get(js_string!("JSON"), context)?;
    if let Some(json) = json.as_object() {
        let property =
            PropertyDescriptor::builder().value(parse).writable(true).enumerable(false).configurable(true);
        json.define_property_or_throw(js_string!("parse"), property, context)?;
    }
    Ok(state)
}

impl Json {
    /// Makes the string of a page; parsing that very string reads the page's bytes.
    ///
    /// # Errors
    /// The offset of the first byte that is not UTF-8.
    pub(crate) fn page(&self, body: &[u8]) -> Result<JsString, usize> {
        let (string, bytes) = page_text(body)?;
        *self.page.borrow_mut() = Some((string.clone(), Rc::new(bytes.to_vec())));
        Ok(string)
    }

    fn document(&self, string: &JsString) -> Result<Document, Malformed> {
        let page = self.page.borrow();
        let (bytes, surrogates) = match &*page {
            Some((page, bytes)) if is_same(page, string) => (Rc::clone(bytes), Surrogates::Paired),
            _ => {
                let mut bytes = Vec::new();
                let surrogates = text::bytes_of(string, &mut bytes);
                (Rc::new(bytes), surrogates)
            }
        };
        Document::read(bytes, surrogates, self.tape.take())
    }
}

/// Whether both are one string in memory, not only equal.
fn is_same(a: &JsString, b: &JsString) -> bool {
    match (a.as_str().variant(), b.as_str().variant()) {
        (JsStrVariant::Latin1(a), JsStrVariant::Latin1(b)) => std::ptr::eq(a, b),
        (JsStrVariant::Utf16(a), JsStrVariant::Utf16(b)) => std::ptr::eq(a, b),
        _ => false,
    }
}

fn parse(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let string = arguments.get_or_undefined(0).to_string(context)?;
    let Some(json) = context.get_data::<Rc<Json>>().cloned() else {
        return Err(JsNativeError::error().with_message("JSON.parse has no state").into());
    };
    let document = json.document(&string).map_err(|malformed| syntax_error(&string, malformed))?;
    let value = whole::build(&document, 0, &mut json.names.borrow_mut(), context);
    let value = match arguments.get_or_undefined(1).as_callable() {
        None => value,
        Some(reviver) => {
            let natives = &json.natives;
            Reviving { document: &document, natives, reviver: &reviver, context }.root(value)?
        }
    };
    *json.tape.borrow_mut() = document.tape;
    Ok(value)
}

fn syntax_error(string: &JsString, malformed: Malformed) -> JsNativeError {
    let mut bytes = Vec::new();
    text::bytes_of(string, &mut bytes);
    let before = bytes.get(..malformed.at).unwrap_or(&bytes);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
    JsNativeError::syntax().with_message(format!("{} at line {line} column {column}", malformed.what))
}

/// The body as a JavaScript string, and its bytes; a byte order mark is dropped, as `Response.text()` does in the fetch
/// standard.
fn page_text(body: &[u8]) -> Result<(JsString, &[u8]), usize> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.is_ascii() {
        return Ok((JsString::from(JsStr::latin1(body)), body));
    }
    if simdutf8::basic::from_utf8(body).is_err() {
        return Err(std::str::from_utf8(body).map_or_else(|error| error.valid_up_to(), str::len));
    }
    // The converter wants room for one unit more than there are bytes.
    let mut units = vec![0; body.len() + 1];
    let length = mem::convert_utf8_to_utf16(body, &mut units);
    Ok((JsString::from(JsStr::utf16(&units[..length])), body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_become_strings() {
        let check = |body: &[u8], expected: Result<&str, usize>| {
            let text = page_text(body).map(|(text, _)| text.to_std_string_lossy());
            assert_eq!(text, expected.map(str::to_owned));
        };
        check(b"", Ok(""));
        check(b"{}", Ok("{}"));
        check("{\"ä\": \"😀\"}".as_bytes(), Ok("{\"ä\": \"😀\"}"));
        check(b"\xef\xbb\xbf{}", Ok("{}"));
        check(b"{\"a\": \"\xe4\"}", Err(7));
    }
}

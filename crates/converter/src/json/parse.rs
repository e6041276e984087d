//! The function `JSON.parse` itself.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use boa_engine::{
    Context, JsArgs, JsError, JsNativeError, JsResult, JsStr, JsString, JsValue, NativeFunction,
    error::RuntimeLimitError,
    js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::PropertyDescriptor,
    string::JsStrVariant,
};
use encoding_rs::mem;

use super::{
    document::{BigIntegers, Document},
    guard,
    learned::Learned,
    names::Names,
    partial::{self, Shared},
    reviver::Reviving,
    stringify,
    tape::{Malformed, Tape},
    text::{self, Surrogates},
    v8, whole,
};
use crate::engine::Natives;

/// How objects of the page are made.
#[derive(Debug, Clone)]
pub(crate) enum Objects {
    /// All at once.
    Whole,
    /// With the members that are used, as far as has been learned.
    Partial(Rc<RefCell<Learned>>),
}

/// What `JSON.parse` knows besides its arguments; one per context.
#[derive(Debug)]
pub(crate) struct Json {
    natives: Rc<Natives>,
    is_partial: bool,
    big_integers: BigIntegers,
    pub(super) learned: Rc<RefCell<Learned>>,
    page: RefCell<Page>,
    pub(super) names: RefCell<Names>,
    /// The prototype of partial objects.
    prototype: RefCell<Option<JsObject>>,
    is_stopped: Cell<bool>,
    /// V8's words for what was wrong with the last text, and ours.
    malformed: RefCell<Option<(String, String)>>,
    /// Used again from text to text.
    tape: RefCell<Tape>,
}

/// The page being converted.
#[derive(Debug, Default)]
struct Page {
    string: JsString,
    bytes: Rc<Vec<u8>>,
    /// What partial objects read from.
    documents: Vec<Rc<Shared>>,
}

impl Page {
    fn take_bytes(&mut self, text: &[u8]) {
        let bytes = Rc::make_mut(&mut self.bytes);
        bytes.clear();
        bytes.extend_from_slice(text);
    }
}

/// Replaces `JSON.parse`, and for partial objects what would tell them from others.
pub(crate) fn install(
    (objects, big_integers): (&Objects, BigIntegers),
    natives: &Rc<Natives>,
    context: &mut Context,
) -> JsResult<Rc<Json>> {
    let (is_partial, learned) = match objects {
        Objects::Whole => (false, Rc::default()),
        Objects::Partial(learned) => (true, Rc::clone(learned)),
    };
    let state = Rc::new(Json {
        natives: Rc::clone(natives),
        is_partial,
        big_integers,
        learned,
        page: RefCell::default(),
        names: RefCell::default(),
        prototype: RefCell::default(),
        is_stopped: Cell::new(false),
        malformed: RefCell::default(),
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
        guard::replace(&json, js_string!("stringify"), stringify::quick, context)?;
    }
    if is_partial {
        guard::install(context)?;
    }
    Ok(state)
}

impl Json {
    /// That of a context.
    pub(crate) fn of(context: &Context) -> JsResult<Rc<Self>> {
        let json = context.get_data::<Rc<Self>>().cloned();
        json.ok_or_else(|| JsNativeError::error().with_message("this context has no JSON state").into())
    }

    /// A string in place of the page's, for a script that does nothing but parse it: making the real one would take a
    /// third of such a script's time.
    ///
    /// # Errors
    /// The offset of the first byte that is not UTF-8.
    pub(crate) fn page_unseen(&self, body: &[u8]) -> Result<JsString, usize> {
        let text = utf8(body)?;
        let mut page = self.page.borrow_mut();
        // A new one each time: an old one is another page's.
        page.string = JsString::from("the text of the page is only parsed");
        page.take_bytes(text);
        Ok(page.string.clone())
    }

    /// Makes the string of a page; parsing that very string reads the page's bytes.
    ///
    /// # Errors
    /// The offset of the first byte that is not UTF-8.
    pub(crate) fn page(&self, body: &[u8]) -> Result<JsString, usize> {
        let (string, text) = page_text(body)?;
        let mut page = self.page.borrow_mut();
        page.string = string.clone();
        page.take_bytes(text);
        Ok(string)
    }

    /// Forgets the page; its objects must not be used any more.
    pub(crate) fn end_page(&self) {
        let mut page = self.page.borrow_mut();
        page.string = JsString::default();
        for shared in page.documents.drain(..) {
            if let Some(document) = shared.end() {
                self.tape.replace(document.tape);
            }
        }
    }

    /// What partial objects of the page read from, once the script has parsed it.
    pub(crate) fn page_document(&self) -> Option<Rc<Shared>> {
        self.page.borrow().documents.first().cloned()
    }

    /// Whether objects of the page may be partial.
    pub(crate) fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Ends the page, which is to be converted again with whole objects; the script cannot catch it.
    pub(crate) fn stop(&self) -> JsError {
        self.is_stopped.set(true);
        RuntimeLimitError::StackSize.into()
    }

    /// Whether [`Json::stop`] ended the page.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.get()
    }

    /// The prototype of partial objects.
    pub(super) fn prototype(&self, context: &mut Context) -> JsResult<JsObject> {
        if let Some(prototype) = &*self.prototype.borrow() {
            return Ok(prototype.clone());
        }
        let prototype = partial::prototype(context)?;
        self.prototype.replace(Some(prototype.clone()));
        Ok(prototype)
    }

    fn is_page(&self, string: &JsString) -> bool {
        let page = self.page.borrow();
        !page.string.is_empty() && is_same(&page.string, string)
    }

    fn document(&self, string: &JsString) -> Result<Document, JsNativeError> {
        let (bytes, surrogates) = match self.is_page(string) {
            true => (Rc::clone(&self.page.borrow().bytes), Surrogates::Paired),
            false => {
                let mut bytes = Vec::new();
                let surrogates = text::bytes_of(string, &mut bytes);
                (Rc::new(bytes), surrogates)
            }
        };
        Document::read(Rc::clone(&bytes), surrogates, self.tape.take())
            .map(|document| document.with(self.big_integers))
            .map_err(|malformed| {
                let said = v8::message(&bytes);
                self.malformed.replace(Some((said.clone(), place_of(&bytes, malformed))));
                JsNativeError::syntax().with_message(said)
            })
    }

    /// What to say to a reader in place of V8's words, which scripts get.
    pub(crate) fn explained(&self, said: &str) -> Option<String> {
        let malformed = self.malformed.borrow();
        malformed.as_ref().filter(|(of_v8, _)| of_v8 == said).map(|(_, ours)| ours.clone())
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
    let json = Json::of(context)?;
    let document = json.document(&string)?;
    let reviver = arguments.get_or_undefined(1).as_callable();
    if json.is_partial && reviver.is_none() && json.is_page(&string) {
        let shared = Shared::new(document);
        json.page.borrow_mut().documents.push(Rc::clone(&shared));
        return partial::root(&shared, &json, context);
    }
    let value = whole::build(&document, 0, &mut json.names.borrow_mut(), context);
    let value = match reviver {
        None => value,
        Some(reviver) => {
            let natives = &json.natives;
            Reviving { document: &document, natives, reviver: &reviver, context }.root(value)?
        }
    };
    *json.tape.borrow_mut() = document.tape;
    Ok(value)
}

/// What is wrong with a text, and where: `expected value at line 1 column 1`.
pub(crate) fn place_of(text: &[u8], malformed: Malformed) -> String {
    let before = text.get(..malformed.at).unwrap_or(text);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
    format!("{} at line {line} column {column}", malformed.what)
}

/// The body as a JavaScript string, and its bytes; a byte order mark is dropped, as `Response.text()` does in the fetch
/// standard.
fn page_text(body: &[u8]) -> Result<(JsString, &[u8]), usize> {
    let body = utf8(body)?;
    if body.is_ascii() {
        return Ok((JsString::from(JsStr::latin1(body)), body));
    }
    // The converter wants room for one unit more than there are bytes.
    let mut units = vec![0; body.len() + 1];
    let length = mem::convert_utf8_to_utf16(body, &mut units);
    Ok((JsString::from(JsStr::utf16(&units[..length])), body))
}

/// The body without its byte order mark: the one rule for all that reads a page.
///
/// # Errors
/// The offset of the first byte that is not UTF-8.
pub(crate) fn utf8(body: &[u8]) -> Result<&[u8], usize> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match simdutf8::basic::from_utf8(body) {
        Ok(_) => Ok(body),
        Err(_) => Err(std::str::from_utf8(body).map_or_else(|error| error.valid_up_to(), str::len)),
    }
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

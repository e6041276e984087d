//! What the helpers in JavaScript leave to Rust.

use boa_engine::{
    Context, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::{
        FunctionObjectBuilder, JsObject,
        builtins::{JsArrayBuffer, JsUint8Array},
    },
};
use url::{Url, quirks};

/// The object that helpers are called with.
pub(super) fn object(context: &mut Context) -> JsResult<JsObject> {
    let object = JsObject::with_object_proto(context.intrinsics());
    let functions: [(&str, NativeFunction); 6] = [
        ("exception", NativeFunction::from_fn_ptr(exception)),
        ("parse", NativeFunction::from_fn_ptr(parse_url)),
        ("set", NativeFunction::from_fn_ptr(set_url_part)),
        ("percentDecode", NativeFunction::from_fn_ptr(percent_decode)),
        ("encode", NativeFunction::from_fn_ptr(encode)),
        ("decode", NativeFunction::from_fn_ptr(decode)),
    ];
    for (name, function) in functions {
        let function = FunctionObjectBuilder::new(context.realm(), function).build();
        object.create_data_property_or_throw(js_string!(name), function, context)?;
    }
    Ok(object)
}

/// `exception(message, name)`: a `DOMException`.
fn exception(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let class = context.global_object().get(js_string!("DOMException"), context)?;
    match class.as_constructor() {
        Some(class) => Ok(class.construct(arguments, None, context)?.into()),
        None => Ok(JsValue::undefined()),
    }
}

fn text(arguments: &[JsValue], index: usize, context: &mut Context) -> JsResult<Option<String>> {
    match arguments.get(index) {
        None => Ok(None),
        Some(value) if value.is_undefined() => Ok(None),
        Some(value) => Ok(Some(value.to_string(context)?.to_std_string_lossy())),
    }
}

/// `parse(url, base)`: the parts, or undefined.
fn parse_url(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let url = text(arguments, 0, context)?.unwrap_or_default();
    let parsed = match text(arguments, 1, context)? {
        Some(base) => read_url(&base).and_then(|base| base.join(&url).ok()).map(with_drive_letter),
        None => read_url(&url),
    };
    parts(parsed.as_ref(), context)
}

fn read_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().map(with_drive_letter)
}

/// `file:///C|/a` → `file:///C:/a`: https://url.spec.whatwg.org, state "path", which the crate leaves out.
fn with_drive_letter(mut url: Url) -> Url {
    let path = url.path().as_bytes();
    let is_drive =
        matches!(path, [b'/', letter, b'|'] | [b'/', letter, b'|', b'/', ..] if letter.is_ascii_alphabetic());
    if url.scheme() == "file" && is_drive {
        let path = url.path().replacen('|', ":", 1);
        url.set_path(&path);
    }
    url
}

/// `set(href, part, value)`: the parts after it, or undefined.
fn set_url_part(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let [href, part, value] = [0, 1, 2].map(|index| text(arguments, index, context));
    let (href, part, value) =
        (href?.unwrap_or_default(), part?.unwrap_or_default(), value?.unwrap_or_default());
    let mut url = read_url(&href);
    if let Some(url) = &mut url {
        // A value that the part cannot have leaves it as it was, as the standard says; `href` alone is strict.
        let _ = match part.as_str() {
            "href" => return parts(read_url(&value).as_ref(), context),
            "protocol" => quirks::set_protocol(url, &value),
            "username" => quirks::set_username(url, &value),
            "password" => quirks::set_password(url, &value),
            "host" => quirks::set_host(url, &value),
            "hostname" => quirks::set_hostname(url, &value),
            "port" => quirks::set_port(url, &value),
            "pathname" => {
                quirks::set_pathname(url, &value);
                Ok(())
            }
            "search" => {
                quirks::set_search(url, &value);
                Ok(())
            }
            _ => {
                quirks::set_hash(url, &value);
                Ok(())
            }
        };
    }
    parts(url.map(with_drive_letter).as_ref(), context)
}

fn parts(url: Option<&Url>, context: &mut Context) -> JsResult<JsValue> {
    let Some(url) = url else { return Ok(JsValue::undefined()) };
    let object = JsObject::with_object_proto(context.intrinsics());
    let origin = quirks::origin(url);
    let parts = [
        ("href", quirks::href(url)),
        ("origin", origin.as_str()),
        ("protocol", quirks::protocol(url)),
        ("username", quirks::username(url)),
        ("password", quirks::password(url)),
        ("host", quirks::host(url)),
        ("hostname", quirks::hostname(url)),
        ("port", quirks::port(url)),
        ("pathname", quirks::pathname(url)),
        ("search", quirks::search(url)),
        ("hash", quirks::hash(url)),
    ];
    for (name, value) in parts {
        object.create_data_property_or_throw(js_string!(name), JsString::from(value), context)?;
    }
    Ok(object.into())
}

/// `percentDecode(text)`, where `decodeURIComponent` refuses.
fn percent_decode(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = text(arguments, 0, context)?.unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
    Ok(JsString::from(&*decoded).into())
}

/// `encode(text)`: its UTF-8.
fn encode(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = text(arguments, 0, context)?.unwrap_or_default();
    Ok(JsUint8Array::from_iter(text.into_bytes(), context)?.into())
}

/// `decode(bytes, fatal)`: the text, or undefined when it must be UTF-8 and is not.
fn decode(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(view) = arguments.first().and_then(JsValue::as_object) else { return Ok(JsValue::undefined()) };
    let view = JsUint8Array::from_object(view)?;
    let (offset, length) = (view.byte_offset(context)?, view.byte_length(context)?);
    let buffer = view.buffer(context)?.as_object().map(JsArrayBuffer::from_object).transpose()?;
    let Some(buffer) = buffer else { return Ok(JsValue::undefined()) };
    let data = buffer.data();
    let bytes = data.as_deref().and_then(|data| data.get(offset..offset + length)).unwrap_or_default();
    let is_fatal = arguments.get(1).is_some_and(JsValue::to_boolean);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(JsString::from(text).into()),
        Err(_) if is_fatal => Ok(JsValue::undefined()),
        Err(_) => Ok(JsString::from(&*String::from_utf8_lossy(bytes)).into()),
    }
}

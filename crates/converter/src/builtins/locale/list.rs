//! `Intl.ListFormat`: `a, b, and c`.

use boa_engine::{
    Context, JsArgs, JsData, JsResult, JsString, JsValue, js_string,
    object::{JsObject, builtins::JsArray},
};
use boa_gc::{Finalize, Trace};

use super::{
    class::{Class, ClassSpec, options_object, shown_tag, text},
    data::Locale,
    options::Options,
    parts::Parts,
    refusal, tag,
};

const NAME: &str = "Intl.ListFormat";

/// The data of an object.
#[derive(Debug, Clone, Trace, Finalize, JsData)]
struct JsListFormat {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    locale: &'static Locale,
    tag: String,
    #[unsafe_ignore_trace]
    kind: &'static str,
    #[unsafe_ignore_trace]
    style: &'static str,
}

/// The constructor.
pub(super) fn list_format(context: &mut Context) -> JsResult<JsObject> {
    let spec = ClassSpec { name: "ListFormat", full_name: NAME, is_callable: false, create };
    Class::new(&spec, context)?
        .method("format", 1, |this, arguments, context| Ok(parts(this, arguments, context)?.to_js_text()))?
        .method("formatToParts", 1, |this, arguments, context| {
            parts(this, arguments, context)?.to_js(None, context)
        })?
        .method("resolvedOptions", 0, resolved_options)?
        .with_locales()
}

fn create(arguments: &[JsValue], context: &mut Context) -> JsResult<JsListFormat> {
    let requested = tag::requested(arguments.get_or_undefined(0), NAME, context)?;
    let options = Options::object(arguments.get_or_undefined(1), NAME)?;
    let kinds = [("conjunction", "conjunction"), ("disjunction", "disjunction"), ("unit", "unit")];
    let kind = options.choice("type", &kinds, context)?.unwrap_or("conjunction");
    let styles = [("long", "long"), ("short", "short"), ("narrow", "narrow")];
    let style = options.choice("style", &styles, context)?.unwrap_or("long");
    Ok(JsListFormat { locale: requested.locale, tag: requested.tag.text(), kind, style })
}

fn data(this: &JsValue) -> JsResult<JsListFormat> {
    let data =
        this.as_object().and_then(|object| object.downcast_ref::<JsListFormat>().map(|data| data.clone()));
    data.ok_or_else(|| refusal::wrong_type(format!("this is not an {NAME} object")))
}

fn parts(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<Parts> {
    let data = data(this)?;
    let list = arguments.get_or_undefined(0);
    if list.is_undefined() {
        return Ok(Parts::default());
    }
    Ok(data.parts(&texts(list, context)?))
}

/// The items of anything that can be iterated; all must be texts.
fn texts(list: &JsValue, context: &mut Context) -> JsResult<Vec<String>> {
    let array = context.intrinsics().constructors().array().constructor();
    let from = array.get(js_string!("from"), context)?;
    let Some(from) = from.as_callable() else { return Ok(Vec::new()) };
    let items = from.call(&array.into(), std::slice::from_ref(list), context)?;
    let Some(items) = items.as_object() else { return Ok(Vec::new()) };
    let items = JsArray::from_object(items)?;
    let mut texts = Vec::new();
    for index in 0..items.length(context)? {
        let item = items.get(index, context)?;
        let Some(item) = item.as_string() else {
            let shown = item.to_string(context).unwrap_or_else(|_| JsString::from("a symbol"));
            let shown = shown.to_std_string_lossy();
            return Err(refusal::wrong_type(format!("Iterable yielded {shown} which is not a string")));
        };
        texts.push(item.to_std_string_lossy());
    }
    Ok(texts)
}

impl JsListFormat {
    fn parts(&self, items: &[String]) -> Parts {
        let line = format!("list {} {}", self.kind, self.style);
        // Of two items: before, between, after. Of more: before, after the first, between, before the last, after.
        let texts: Vec<&str> = self.locale.values(&line).collect();
        let [before2, between2, after2, before, first, middle, last, after] = texts[..] else {
            return Parts::default();
        };
        let mut parts = Parts::default();
        let n_items = items.len();
        let (before, after) = if n_items == 2 { (before2, after2) } else { (before, after) };
        parts.literal(if n_items > 1 { before } else { "" });
        for (index, item) in items.iter().enumerate() {
            let separator = match index {
                0 => "",
                1 if n_items == 2 => between2,
                _ if index + 1 == n_items => last,
                1 => first,
                _ => middle,
            };
            match self.euphonic(separator, item).filter(|_| index + 1 == n_items) {
                Some(other) => parts.literal(&other),
                None => parts.literal(separator),
            }
            parts.push("element", item);
        }
        parts.literal(if n_items > 1 { after } else { "" });
        parts
    }

    /// Spanish says `e` for `y` before an i, and `u` for `o` before an o.
    fn euphonic(&self, separator: &str, next: &str) -> Option<String> {
        if self.locale.language() != "es" {
            return None;
        }
        let next = next.to_lowercase();
        let after_h = next.strip_prefix('h').unwrap_or(&next);
        match separator.trim() {
            "y" if next.starts_with('i') => Some(" e ".to_owned()),
            // `hielo` and `hiato` begin with another sound.
            "y" if next.starts_with("hi") && !next.starts_with("hia") && !next.starts_with("hie") => {
                Some(" e ".to_owned())
            }
            "o" if after_h.starts_with('o') || next.starts_with('8') => Some(" u ".to_owned()),
            "o" if next == "11" || next.starts_with("11 ") => Some(" u ".to_owned()),
            _ => None,
        }
    }
}

fn resolved_options(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = data(this)?;
    let entries =
        [("locale", shown_tag(&data.tag, NAME)?), ("type", text(data.kind)), ("style", text(data.style))];
    options_object(entries, context)
}

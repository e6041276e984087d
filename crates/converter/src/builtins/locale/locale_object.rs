//! `Intl.Locale`

use boa_engine::{Context, JsArgs, JsData, JsResult, JsValue, NativeFunction, object::JsObject};
use boa_gc::{Finalize, Trace};

use super::{
    class::{Class, ClassSpec, text},
    options::Options,
    refusal,
    tag::{self, Tag},
};

const NAME: &str = "Intl.Locale";

/// The data of an object.
#[derive(Debug, Trace, Finalize, JsData)]
pub(super) struct JsLocale {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    pub(super) tag: Tag,
}

/// Keywords of a tag that have properties and options of their own.
const KEYWORDS: [(&str, &str); 5] = [
    ("calendar", "ca"),
    ("collation", "co"),
    ("hourCycle", "hc"),
    ("caseFirst", "kf"),
    ("numberingSystem", "nu"),
];

/// The constructor.
pub(super) fn locale(context: &mut Context) -> JsResult<JsObject> {
    let mut class =
        Class::new(&ClassSpec { name: "Locale", full_name: NAME, is_callable: false, create }, context)?
            .method("toString", 0, |this, _, _| Ok(text(&data(this)?.text())))?
            .method("maximize", 0, |_, _, _| Err(refusal::unsupported(NAME, "`maximize`")))?
            .method("minimize", 0, |_, _, _| Err(refusal::unsupported(NAME, "`minimize`")))?
            .getter("language", NativeFunction::from_fn_ptr(|this, _, _| Ok(text(&data(this)?.language))))?
            .getter(
                "script",
                NativeFunction::from_fn_ptr(|this, _, _| Ok(optional(data(this)?.script.as_deref()))),
            )?
            .getter(
                "region",
                NativeFunction::from_fn_ptr(|this, _, _| Ok(optional(data(this)?.region.as_deref()))),
            )?
            .getter("baseName", NativeFunction::from_fn_ptr(|this, _, _| Ok(text(&data(this)?.base()))))?
            .getter(
                "numeric",
                NativeFunction::from_fn_ptr(|this, _, _| {
                    Ok(JsValue::from(data(this)?.keyword("kn").is_some_and(|value| value != "false")))
                }),
            )?;
    for (name, key) in KEYWORDS {
        let get =
            move |this: &JsValue, _: &[JsValue], _: &mut Context| Ok(optional(data(this)?.keyword(key)));
        class = class.getter(name, NativeFunction::from_copy_closure(get))?;
    }
    Ok(class.done())
}

fn optional(value: Option<&str>) -> JsValue {
    value.map_or_else(JsValue::undefined, text)
}

fn data(this: &JsValue) -> JsResult<Tag> {
    let tag =
        this.as_object().and_then(|object| object.downcast_ref::<JsLocale>().map(|data| data.tag.clone()));
    tag.ok_or_else(|| refusal::wrong_type(format!("this is not an {NAME} object")))
}

fn create(arguments: &[JsValue], context: &mut Context) -> JsResult<JsLocale> {
    let given = arguments.get_or_undefined(0);
    if !given.is_string() && !given.is_object() {
        let message = "First argument to Intl.Locale constructor can't be empty or missing";
        return Err(refusal::wrong_type(message.to_owned()));
    }
    let mut tag =
        match given.as_object().and_then(|object| object.downcast_ref::<JsLocale>().map(|l| l.tag.clone())) {
            Some(tag) => tag,
            None => {
                let text = given.to_string(context)?.to_std_string_lossy();
                Tag::parse(&text).ok_or_else(tag::malformed)?
            }
        };
    let options = Options::coerced(arguments.get_or_undefined(1), NAME, context)?;
    let [language, script, region] = ["language", "script", "region"].map(|name| options.text(name, context));
    let parts = [language?.unwrap_or_else(|| tag.language.clone())];
    let script = script?.or_else(|| tag.script.clone());
    let region = region?.or_else(|| tag.region.clone());
    let base = parts.into_iter().chain(script).chain(region).collect::<Vec<_>>().join("-");
    let changed = Tag::parse(&base).filter(|changed| changed.keywords.is_empty() && changed.is_plain());
    let changed = changed.ok_or_else(tag::malformed)?;
    if !tag.is_plain() {
        return Err(refusal::unsupported(NAME, &format!("the tag `{}-…`", tag.base())));
    }
    (tag.language, tag.script, tag.region) = (changed.language, changed.script, changed.region);
    for (name, key) in KEYWORDS {
        if let Some(value) = options.text(name, context)? {
            tag.set_keyword(key, value);
        }
    }
    if let Some(is_numeric) = options.flag("numeric", context)? {
        tag.set_keyword("kn", if is_numeric { String::new() } else { "false".to_owned() });
    }
    Ok(JsLocale { tag })
}

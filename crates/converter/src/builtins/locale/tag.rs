//! Language tags (BCP 47), and the locale that a script asks for.

use boa_engine::{
    Context, JsNativeError, JsResult, JsString, JsValue, js_string,
    object::{JsObject, builtins::JsArray},
};

use super::{data::Locale, objects::JsLocale, refusal};

/// The locale that a script sees where it names none, on every machine.
pub(super) const DEFAULT: &str = "en-US";

/// A language tag in its usual spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) language: String,
    pub(super) script: Option<String>,
    pub(super) region: Option<String>,
    /// Variants and extensions other than `-u-`.
    has_more: bool,
    /// `-u-co-phonebk-kn`: keys with their values, empty for `true`.
    pub(super) keywords: Vec<(String, String)>,
}

/// The locale that answers a request.
#[derive(Debug, Clone)]
pub(super) struct Requested {
    pub(super) locale: &'static Locale,
    pub(super) tag: Tag,
}

impl Tag {
    /// Reads a tag; `None` where it is not well-formed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let mut subtags = lower.split('-').peekable();
        let is_alpha = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_alphanumeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let language = subtags.next().filter(|part| is_alpha(part) && matches!(part.len(), 2 | 3 | 5..=8))?;
        let script = subtags.next_if(|part| part.len() == 4 && is_alpha(part)).map(title);
        let is_region = |part: &str| {
            (part.len() == 2 && is_alpha(part))
                || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()))
        };
        let region = subtags.next_if(|part| is_region(part)).map(str::to_ascii_uppercase);
        let mut tag =
            Self { language: language.to_owned(), script, region, has_more: false, keywords: Vec::new() };
        let is_variant = |part: &str| {
            (matches!(part.len(), 5..=8) && is_alphanumeric(part))
                || (part.len() == 4
                    && part.starts_with(|c: char| c.is_ascii_digit())
                    && is_alphanumeric(part))
        };
        while subtags.next_if(|part| is_variant(part)).is_some() {
            tag.has_more = true;
        }
        let mut seen = Vec::new();
        while let Some(singleton) = subtags.next() {
            if singleton.len() != 1 || !is_alphanumeric(singleton) || seen.contains(&singleton) {
                return None;
            }
            seen.push(singleton);
            let least = if singleton == "x" { 1 } else { 2 };
            let mut parts = Vec::new();
            let is_part = |part: &str| (least..=8).contains(&part.len()) && is_alphanumeric(part);
            while let Some(part) = subtags.next_if(|part| is_part(part)) {
                parts.push(part);
            }
            if parts.is_empty() {
                return None;
            }
            match singleton {
                "u" => tag.keywords = keywords(&parts),
                _ => tag.has_more = true,
            }
        }
        Some(tag)
    }

    /// Language, script and region: `de-DE`, `zh-Hant-TW`.
    pub(super) fn base(&self) -> String {
        let parts = [Some(&self.language), self.script.as_ref(), self.region.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("-")
    }

    /// The base and the keywords.
    pub(super) fn text(&self) -> String {
        let mut text = self.base();
        if !self.keywords.is_empty() {
            text.push_str("-u");
        }
        for (key, value) in &self.keywords {
            text.push('-');
            text.push_str(key);
            if !value.is_empty() {
                text.push('-');
                text.push_str(value);
            }
        }
        text
    }

    pub(super) fn keyword(&self, key: &str) -> Option<&str> {
        self.keywords.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Whether it has neither variants nor extensions other than `-u-`.
    pub(super) fn is_plain(&self) -> bool {
        !self.has_more
    }

    pub(super) fn set_keyword(&mut self, key: &str, value: String) {
        self.keywords.retain(|(known, _)| known != key);
        self.keywords.push((key.to_owned(), value));
        self.keywords.sort();
    }

    fn locale(&self) -> Option<&'static Locale> {
        if self.has_more {
            return None;
        }
        let (language, region) = (self.language.as_str(), self.region.as_deref());
        match (language, self.script.as_deref(), region) {
            ("zh", Some("Hans"), None | Some("CN")) => Locale::find("zh-CN"),
            ("zh", Some("Hant"), None | Some("TW")) => Locale::find("zh-TW"),
            (_, Some(_), _) => None,
            (language, None, None) => Locale::of_language(language),
            ("no", None, Some("NO")) => Locale::find("nb-NO"),
            (_, None, Some(_)) => Locale::find(&self.base()),
        }
    }
}

fn title(part: &str) -> String {
    part[..1].to_ascii_uppercase() + &part[1..]
}

/// Attributes before the first key have no meaning yet (RFC 6067).
fn keywords(parts: &[&str]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for part in parts {
        match (part.len(), found.last_mut()) {
            (2, _) => found.push(((*part).to_owned(), String::new())),
            (_, Some((_, value))) if value.is_empty() => *value = (*part).to_owned(),
            (_, Some((_, value))) => *value = format!("{value}-{part}"),
            (_, None) => {}
        }
    }
    for (_, value) in &mut found {
        if value == "true" || value == "yes" {
            value.clear();
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|later, first| later.0 == first.0);
    found
}

/// The locale of `locales`, an argument as `Intl` takes it.
///
/// # Errors
/// A `RangeError` or `TypeError` as in node for what is no locale; a `RangeError` that names the known locales for one
/// that converters have no data for.
pub(super) fn requested(locales: &JsValue, what: &str, context: &mut Context) -> JsResult<Requested> {
    // No language has five letters or more: `default` is nobody's, and means the default locale.
    let tag = match tags(locales, context)?.into_iter().find(|tag| tag.language.len() < 5) {
        Some(tag) => tag,
        None => Tag::parse(DEFAULT).ok_or_else(malformed)?,
    };
    match tag.locale() {
        Some(locale) => Ok(Requested { locale, tag }),
        None => Err(refusal::locale(what, &tag.base())),
    }
}

/// All tags of `locales`, each once (ECMA-402 §9.2.1).
pub(super) fn tags(locales: &JsValue, context: &mut Context) -> JsResult<Vec<Tag>> {
    if locales.is_undefined() {
        return Ok(Vec::new());
    }
    if let Some(text) = locales.as_string() {
        return Ok(vec![parse(&text)?]);
    }
    if locales.is_null() {
        let message = "Cannot convert undefined or null to object";
        return Err(JsNativeError::typ().with_message(message).into());
    }
    let Some(list) = locales.as_object() else { return Ok(Vec::new()) };
    if let Some(tag) = of_locale_object(&list) {
        return Ok(vec![tag]);
    }
    let length = list.get(js_string!("length"), context)?.to_length(context)?;
    let mut tags: Vec<Tag> = Vec::new();
    for index in 0..length {
        let value = list.get(index, context)?;
        let tag = match (value.as_string(), value.as_object()) {
            (Some(text), _) => parse(&text)?,
            (_, Some(object)) => match of_locale_object(&object) {
                Some(tag) => tag,
                None => parse(&value.to_string(context)?)?,
            },
            _ if value.is_undefined() && !list.has_property(index, context)? => continue,
            _ => {
                let message = "Language ID should be string or object.";
                return Err(JsNativeError::typ().with_message(message).into());
            }
        };
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// The list as an array of texts.
pub(super) fn array_of_texts(texts: impl IntoIterator<Item = String>, context: &mut Context) -> JsValue {
    let texts: Vec<JsValue> = texts.into_iter().map(|text| JsString::from(text).into()).collect();
    JsArray::from_iter(texts, context).into()
}

/// Whether converters have data for the tag.
pub(super) fn is_known(tag: &Tag) -> bool {
    tag.locale().is_some()
}

fn of_locale_object(object: &JsObject) -> Option<Tag> {
    object.downcast_ref::<JsLocale>().map(|locale| locale.tag.clone())
}

fn parse(text: &JsString) -> JsResult<Tag> {
    let text = text.to_std_string().map_err(|_| malformed())?;
    Ok(Tag::parse(&text).ok_or_else(malformed)?)
}

pub(super) fn malformed() -> JsNativeError {
    JsNativeError::range().with_message(refusal::MALFORMED)
}

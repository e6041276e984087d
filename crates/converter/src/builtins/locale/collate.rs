//! The order of texts: `Intl.Collator` and `localeCompare`, by the collations of CLDR.

use std::{cmp::Ordering, rc::Rc};

use boa_engine::{Context, JsResult, JsStr, JsString, JsValue, js_string, string::JsStrVariant};
use icu_collator::{
    CollatorBorrowed, CollatorPreferences,
    options::{AlternateHandling, CaseLevel, CollatorOptions, Strength},
};

use super::{options::Options, refusal, tag};

/// What a collator decides by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Collation {
    /// The tag as it was asked for.
    pub(super) tag: String,
    /// The tag without keywords.
    base: String,
    /// `phonebk`; `None` is the usual one of the locale.
    pub(super) kind: Option<String>,
    pub(super) sensitivity: Sensitivity,
    pub(super) ignores_punctuation: bool,
    pub(super) is_numeric: bool,
    /// `upper`, `lower` or `false`; `None` is as usual in the locale.
    pub(super) case_first: Option<&'static str>,
}

/// Which differences count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sensitivity {
    Base,
    Accent,
    Case,
    Variant,
}

/// A collation that is ready to compare.
#[derive(Debug)]
pub(super) struct Collator {
    pub(super) collation: Collation,
    rules: CollatorBorrowed<'static>,
}

/// What a call of `localeCompare` was given: the locale and the options, where all of them are plain values.
#[derive(Debug, Clone)]
struct Given([JsValue; 7]);

/// The collator of the last call of `localeCompare`: sorting asks for the same one again and again.
#[derive(Debug, Clone)]
struct Last {
    given: Given,
    collator: Rc<Collator>,
}

impl Given {
    /// `None` for a list of locales, and for options that are no plain object.
    fn read(locales: &JsValue, options: &JsValue, context: &mut Context) -> JsResult<Option<Self>> {
        let mut given = [const { JsValue::undefined() }; 7];
        given[6] = locales.clone();
        if let Some(options) = options.as_object() {
            let names = [
                js_string!("usage"),
                js_string!("collation"),
                js_string!("numeric"),
                js_string!("caseFirst"),
                js_string!("sensitivity"),
                js_string!("ignorePunctuation"),
            ];
            for (value, name) in given.iter_mut().zip(names) {
                *value = options.get(name, context)?;
            }
        } else if !options.is_undefined() {
            return Ok(None);
        }
        Ok(given.iter().all(|value| !value.is_object()).then_some(Self(given)))
    }

    fn is(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a.strict_equals(b))
    }
}

/// Reads the arguments of `Intl.Collator` and `localeCompare`.
///
/// # Errors
/// What node throws for wrong options, and a refusal for what converters do not have.
pub(super) fn read(
    (locales, options): (&JsValue, &JsValue),
    what: &str,
    context: &mut Context,
) -> JsResult<Collation> {
    let requested = tag::requested(locales, what, context)?;
    let options = Options::coerced(options, what, context)?;
    options.only("usage", ("sort", &["search"]), context)?;
    let keyword = |key: &str| requested.tag.keyword(key);
    let kind = options.text("collation", context)?.or_else(|| keyword("co").map(str::to_owned));
    let kind = kind.filter(|kind| !matches!(kind.as_str(), "default" | "standard" | "search"));
    let languages: &[&str] = match kind.as_deref() {
        None => &[requested.locale.language()],
        Some("phonebk") => &["de"],
        Some("trad") => &["es", "sv", "fi"],
        Some(_) => &[],
    };
    if let Some(kind) = kind.as_deref().filter(|_| !languages.contains(&requested.locale.language())) {
        return Err(options.unsupported("collation", kind));
    }
    let is_numeric = options.flag("numeric", context)?;
    let is_numeric = is_numeric.unwrap_or_else(|| keyword("kn").is_some_and(|value| value != "false"));
    let orders = [("upper", "upper"), ("lower", "lower"), ("false", "false")];
    let case_first = options.choice("caseFirst", &orders, context)?.or_else(|| {
        let by_tag = keyword("kf")?;
        orders.iter().find(|(name, _)| *name == by_tag).map(|(name, _)| *name)
    });
    let sensitivities = [
        ("base", Sensitivity::Base),
        ("accent", Sensitivity::Accent),
        ("case", Sensitivity::Case),
        ("variant", Sensitivity::Variant),
    ];
    let sensitivity = options.choice("sensitivity", &sensitivities, context)?.unwrap_or(Sensitivity::Variant);
    let ignores_punctuation = options.flag("ignorePunctuation", context)?.unwrap_or(false);
    let (tag, base) = (requested.tag.text(), requested.tag.base());
    Ok(Collation { tag, base, kind, sensitivity, ignores_punctuation, is_numeric, case_first })
}

impl Collator {
    pub(super) fn new(collation: Collation, what: &str) -> JsResult<Self> {
        let mut tag = format!("{}-u", collation.base);
        if let Some(kind) = &collation.kind {
            tag.push_str("-co-");
            tag.push_str(kind);
        }
        if let Some(case_first) = collation.case_first {
            tag.push_str("-kf-");
            tag.push_str(case_first);
        }
        tag.push_str(if collation.is_numeric { "-kn-true" } else { "-kn-false" });
        let mut options = CollatorOptions::default();
        options.strength = Some(match collation.sensitivity {
            Sensitivity::Base | Sensitivity::Case => Strength::Primary,
            Sensitivity::Accent => Strength::Secondary,
            Sensitivity::Variant => Strength::Tertiary,
        });
        options.case_level = Some(match collation.sensitivity {
            Sensitivity::Case => CaseLevel::On,
            _ => CaseLevel::Off,
        });
        options.alternate_handling = Some(match collation.ignores_punctuation {
            true => AlternateHandling::Shifted,
            false => AlternateHandling::NonIgnorable,
        });
        let refuse = || refusal::locale(what, &collation.base);
        let locale = icu_locale_core::Locale::try_from_str(&tag).map_err(|_| refuse())?;
        let rules = CollatorBorrowed::try_new(CollatorPreferences::from(&locale), options);
        let rules = rules.map_err(|_| refuse())?;
        Ok(Self { collation, rules })
    }

    /// -1, 0 or 1.
    pub(super) fn compare(&self, left: &JsString, right: &JsString) -> i32 {
        let ordering = match (left.as_str().variant(), right.as_str().variant()) {
            (JsStrVariant::Latin1(left), JsStrVariant::Latin1(right)) => {
                self.rules.compare_latin1(left, right)
            }
            _ => self.rules.compare_utf16(&units(left.as_str()), &units(right.as_str())),
        };
        match ordering {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }
}

fn units(text: JsStr<'_>) -> Vec<u16> {
    text.iter().collect()
}

/// The collator of a call of `localeCompare`.
pub(super) fn for_comparison(
    (locales, options): (&JsValue, &JsValue),
    what: &str,
    context: &mut Context,
) -> JsResult<Rc<Collator>> {
    let given = Given::read(locales, options, context)?;
    if let (Some(given), Some(last)) = (&given, context.get_data::<Last>())
        && given.is(&last.given)
    {
        return Ok(Rc::clone(&last.collator));
    }
    let collator = Rc::new(Collator::new(read((locales, options), what, context)?, what)?);
    if let Some(given) = given {
        context.insert_data(Last { given, collator: Rc::clone(&collator) });
    }
    Ok(collator)
}

//! What is known of each locale: `data/locales.txt`, which node's ICU has written.
//!
//! ```text
//! @de-DE                 a section for each locale
//! number<TAB>,|.|-|+|…   a line for each fact, values separated by `|`
//! time false<TAB>=time default   the same as another line
//! @de-AT<de-DE           a locale that differs from another one in the lines that follow; `!` where it has none
//! ```

use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashMap;

const TEXT: &str = include_str!("data/locales.txt");

/// The facts of one locale.
#[derive(Debug)]
pub(super) struct Locale {
    /// `de-DE`
    pub(super) name: &'static str,
    lines: FxHashMap<&'static str, &'static str>,
}

#[derive(Debug)]
struct Section {
    name: &'static str,
    parent: Option<&'static str>,
    text: &'static str,
    locale: OnceLock<Locale>,
}

/// In the order of the file: the first locale of a language is what the language alone means.
static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    let sections = TEXT.split("\n@").skip(1);
    let section = |section: &'static str| {
        let (head, text) = section.split_once('\n').unwrap_or((section, ""));
        let (name, parent) = match head.split_once('<') {
            Some((name, parent)) => (name, Some(parent)),
            None => (head, None),
        };
        Section { name, parent, text, locale: OnceLock::new() }
    };
    sections.map(section).collect()
});

/// The names of all locales that are known.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    // The last section is no locale's.
    SECTIONS.iter().map(|section| section.name).filter(|name| *name != COMMON)
}

/// The section of what does not depend on the locale.
pub(super) const COMMON: &str = "common";

impl Locale {
    /// The locale of this name, in exactly this spelling.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        let section = SECTIONS.iter().find(|section| section.name == name)?;
        Some(section.locale.get_or_init(|| {
            let mut lines = match section.parent.and_then(Self::find) {
                Some(parent) => parent.lines.clone(),
                None => FxHashMap::default(),
            };
            for (key, value) in section.text.lines().filter_map(|line| line.split_once('\t')) {
                match value {
                    "!" => lines.remove(key),
                    value => lines.insert(key, value),
                };
            }
            Self { name: section.name, lines }
        }))
    }

    /// The locale that a language alone means: `de` is `de-DE`.
    pub(super) fn of_language(language: &str) -> Option<&'static Self> {
        let language = if language == "no" { "nb" } else { language };
        let is_of = |name: &&str| name.split('-').next() == Some(language);
        Self::find(names().find(is_of)?)
    }

    /// The language, such as `de`.
    pub(super) fn language(&self) -> &'static str {
        self.name.split('-').next().unwrap_or(self.name)
    }

    /// The keys of all lines.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.lines.keys().copied()
    }

    /// The value of a line.
    pub(super) fn line(&self, key: &str) -> Option<&'static str> {
        let value = *self.lines.get(key)?;
        match value.strip_prefix('=') {
            Some(other) => self.lines.get(other).copied(),
            None => Some(value),
        }
    }

    /// The values of a line; empty where there is none.
    pub(super) fn values(&self, key: &str) -> std::str::Split<'static, char> {
        self.line(key).unwrap_or_default().split('|')
    }

    /// One value of a line; empty where there is none.
    pub(super) fn nth(&self, key: &str, index: usize) -> &'static str {
        self.values(key).nth(index).unwrap_or_default()
    }

    /// The value of `name=value` in a line.
    pub(super) fn named(&self, key: &str, name: &str) -> Option<&'static str> {
        self.values(key).find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
    }
}

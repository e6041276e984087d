//! Lists within records that say that they are cut, where rows are made of them.

use pipeline_converter::Script;
use pipeline_query::{CutLists, Selector};

use crate::plan::TablePlan;

/// What a script goes through objects with whose members it does not name.
const WITHOUT_NAMES: &[&str] = &[
    "Object.entries(",
    "Object.keys(",
    "Object.values(",
    "Object.assign(",
    "JSON.stringify(",
    "getOwnPropertyNames(",
    "{...",
    "{ ...",
];

/// The lists that rows of a table may be made of.
pub(crate) fn of(table: &TablePlan) -> CutLists {
    let script = &table.converter.script;
    let select = table.query.select().and_then(Selector::parse);
    if !script.is_shown() {
        let columns = std::sync::Arc::clone(&table.columns);
        return CutLists::new(
            select,
            Box::new(move |names| {
                let path = names.join(".");
                let is_on_the_way = |source: &str| {
                    let below = |long: &str, short: &str| {
                        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    };
                    below(source, &path) || below(&path, source)
                };
                names.first().is_some_and(|name| columns.wants(name)) || columns.sources().any(is_on_the_way)
            }),
        );
    }
    let (words, goes_through) = (words(script), script.texts().any(goes_through));
    // Both names: `data` and `items` are those of many lists.
    let is_named = move |names: &[&str]| {
        let last = &names[names.len().saturating_sub(2)..];
        goes_through || last.iter().all(|name| words.iter().any(|word| word == name))
    };
    CutLists::new(select, Box::new(is_named))
}

fn goes_through(text: &str) -> bool {
    WITHOUT_NAMES.iter().any(|way| text.contains(way))
}

/// The names in a script, and what it has in quotes.
fn words(script: &Script) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let words = script.texts().flat_map(|text| text.split(move |c: char| !is_word(c)));
    let mut words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

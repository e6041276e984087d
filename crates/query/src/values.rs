//! What `${scope.name}` stands for.

use std::collections::BTreeSet;

use pipeline_config::{Part, Template};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The values known when a pipeline runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// Scope, name, value; of two with one name the later counts.
    list: Vec<(String, String, String)>,
    /// Which of them are numbers or booleans, and so written without quotes in JSON.
    bare: BTreeSet<(String, String)>,
}

impl Values {
    /// Values as (scope, name, value).
    pub fn new<'v>(values: impl IntoIterator<Item = (&'v str, &'v str, &'v str)>) -> Self {
        values.into_iter().map(|(scope, name, value)| (scope.into(), name.into(), value.into())).collect()
    }

    /// The same with one more, which hides an earlier one of that name.
    #[must_use]
    pub fn with(&self, scope: &str, name: &str, value: impl Into<String>) -> Self {
        let mut values = self.clone();
        values.list.push((scope.into(), name.into(), value.into()));
        values
    }

    /// Says that `${scope.name}` is a number or a boolean.
    pub fn set_bare(&mut self, scope: &str, name: &str) {
        self.bare.insert((scope.into(), name.into()));
    }

    /// The value of `${scope.name}`.
    pub fn get(&self, scope: &str, name: &str) -> Option<&str> {
        let found = self.list.iter().rev().find(|(s, n, _)| s == scope && n == name);
        found.map(|(_, _, value)| value.as_str())
    }

    /// The value of `${scope.name}` in a JSON body.
    pub(crate) fn json(&self, scope: &str, name: &str) -> Value {
        let text = self.get(scope, name).unwrap_or_default();
        let is_bare = self.bare.contains(&(scope.to_owned(), name.to_owned()));
        let bare = is_bare.then(|| serde_json::from_str(text).ok()).flatten();
        bare.unwrap_or_else(|| Value::String(text.to_owned()))
    }

    /// Every `scope.name`, for messages.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (scope, name, _) in &self.list {
            let full = format!("{scope}.{name}");
            if !names.contains(&full) {
                names.push(full);
            }
        }
        names
    }

    /// The names of a scope, some perhaps more than once.
    pub fn names_of(&self, scope: &str) -> impl Iterator<Item = &str> {
        self.list.iter().filter(move |(own, _, _)| own == scope).map(|(_, name, _)| name.as_str())
    }

    /// Those that say what is asked for, without those that differ from run to run.
    pub(crate) fn without_run(&self) -> Self {
        let list = self.list.iter().filter(|(scope, _, _)| scope != "run").cloned().collect();
        Self { list, bare: self.bare.clone() }
    }

    /// Replaces the placeholders of `template`, each value through `encode`; unknown ones are empty.
    pub(crate) fn fill(&self, template: &Template, encode: impl Fn(&str) -> String) -> String {
        let piece = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Placeholder { scope, name, .. } => encode(self.get(scope, name).unwrap_or_default()),
            Part::Variable { .. } => String::new(),
        };
        template.parts.iter().map(piece).collect()
    }

    /// As [`fill`](Self::fill); `None` where nothing but placeholders stand and all of them are empty.
    pub(crate) fn fill_if_any(&self, template: &Template) -> Option<String> {
        let is_optional = !template.parts.is_empty()
            && template.parts.iter().all(|part| matches!(part, Part::Placeholder { .. }));
        let filled = self.fill(template, str::to_owned);
        (!is_optional || !filled.is_empty()).then_some(filled)
    }

    /// The placeholders of `template` that have no value, as `scope.name`.
    pub(crate) fn missing(&self, template: &Template) -> Vec<String> {
        let missing = |part: &Part| match part {
            Part::Placeholder { scope, name, .. } if self.get(scope, name).is_none() => {
                Some(format!("{scope}.{name}"))
            }
            _ => None,
        };
        template.parts.iter().filter_map(missing).collect()
    }
}

impl FromIterator<(String, String, String)> for Values {
    fn from_iter<I: IntoIterator<Item = (String, String, String)>>(values: I) -> Self {
        Self { list: values.into_iter().collect(), bare: BTreeSet::new() }
    }
}

//! What `${scope.name}` stands for.

use pipeline_config::{Part, Template};

/// The values known when a pipeline runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(Vec<(String, String, String)>);

impl Values {
    /// Values as (scope, name, value).
    pub fn new<'v>(values: impl IntoIterator<Item = (&'v str, &'v str, &'v str)>) -> Self {
        values.into_iter().map(|(scope, name, value)| (scope.into(), name.into(), value.into())).collect()
    }

    /// The value of `${scope.name}`.
    pub fn get(&self, scope: &str, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(s, n, _)| s == scope && n == name);
        found.map(|(_, _, value)| value.as_str())
    }

    /// Every `scope.name`, for messages.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(scope, name, _)| format!("{scope}.{name}")).collect()
    }

    /// Those that say what is asked for, without those that differ from run to run.
    pub(crate) fn without_run(&self) -> Self {
        self.0.iter().filter(|(scope, _, _)| scope != "run").cloned().collect()
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
        Self(values.into_iter().collect())
    }
}

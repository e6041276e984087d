//! The content of a request, as YAML with placeholders.

use pipeline_config::{Node, Part, Section, Template, Value as Yaml};
use serde_json::{Number, Value};

use crate::values::Values;

/// JSON whose texts are still templates.
#[derive(Debug, Clone)]
pub(crate) enum BodyTemplate {
    Fixed(Value),
    Text(Template),
    List(Vec<BodyTemplate>),
    Map(Vec<(String, BodyTemplate)>),
}

impl BodyTemplate {
    /// Reads `node`; `report` hears of each template and its node.
    pub(crate) fn read(section: &Section<'_>, node: &Node, report: &dyn Fn(&Template, &Node)) -> Self {
        match &node.value {
            Yaml::Null => Self::Fixed(Value::Null),
            Yaml::Boolean(value) => Self::Fixed(Value::Bool(*value)),
            Yaml::Number(text) => {
                let number = text.parse::<Number>();
                Self::Fixed(number.map_or_else(|_| Value::String(text.clone()), Value::Number))
            }
            Yaml::Text(_) => {
                let template = section.template_of(node).unwrap_or_default();
                report(&template, node);
                Self::Text(template)
            }
            Yaml::List(items) => {
                Self::List(items.iter().map(|item| Self::read(section, item, report)).collect())
            }
            Yaml::Map(entries) => {
                let read = |(key, item): &(pipeline_config::Spanned<String>, Node)| {
                    (key.value.clone(), Self::read(section, item, report))
                };
                Self::Map(entries.iter().map(read).collect())
            }
        }
    }

    /// The content with all placeholders replaced.
    pub(crate) fn fill(&self, values: &Values) -> Value {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.fill(values)).collect(),
            Self::Map(fields) => {
                Value::Object(fields.iter().map(|(name, field)| (name.clone(), field.fill(values))).collect())
            }
            Self::Text(template) => match template.parts.as_slice() {
                // A number stays a number where it is the whole value: servers refuse `{"limit": "50"}`.
                [Part::Placeholder { scope, name, .. }] => values.json(scope, name),
                _ => Value::String(values.fill(template, str::to_owned)),
            },
        }
    }
}

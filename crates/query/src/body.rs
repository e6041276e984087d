//! The content of a request, as YAML with placeholders.

use pipeline_config::{CoreNumber, Diagnostic, Node, Part, Reader, Section, Template, Value as Yaml};
use serde_json::{Number, Value};

use crate::values::Values;

/// The JSON of a node that is a number of YAML: `0x10` is 16, and `007` is text, since a number would lose its zeros.
///
/// `None` after reporting that JSON has no such number.
pub fn json_number(reader: &Reader, node: &Node) -> Option<Value> {
    let written = reader.scalar(node)?;
    let number = match CoreNumber::read(&written) {
        Some(CoreNumber::Unsigned(number)) => Some(number.into()),
        Some(CoreNumber::Signed(number)) => Some(number.into()),
        Some(CoreNumber::Float(number)) => Number::from_f64(number).map(Value::Number),
        Some(CoreNumber::LeadingZeros) | None => Some(Value::String(written.clone())),
        Some(CoreNumber::TooLong) => None,
    };
    if number.is_none() {
        let error = Diagnostic::error("Q020", node.span, format!("JSON has no exact number for `{written}`"));
        reader.report(error.help(format!("write it as text, in quotes: `\"{written}\"`")));
    }
    number
}

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
            Yaml::Number(_) => Self::Fixed(json_number(section.reader(), node).unwrap_or_default()),
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

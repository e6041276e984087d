//! The content of a request, as YAML with placeholders.

use pipeline_config::{
    CoreNumber, Diagnostic, Node, Part, Reader, Section, Template, Value as Yaml, is_exact_double,
};
use serde_json::{Number, Value};

use crate::{ask::text, values::Values};

/// The JSON of a node that is a number of YAML: `0x10` is 16, and `007` is text, since a number would lose its zeros.
///
/// `None` after reporting that JSON has no such number.
pub fn json_number(reader: &Reader, node: &Node) -> Option<Value> {
    let written = reader.scalar(node)?;
    let number = match CoreNumber::read(&written) {
        Some(CoreNumber::Unsigned(number)) => Some(number.into()),
        Some(CoreNumber::Signed(number)) => Some(number.into()),
        // Servers may take `1000.0` for no whole number.
        Some(CoreNumber::Float(number))
            if number.fract() == 0.0 && is_safe(number) && !written.contains('.') =>
        {
            Some((number as i64).into())
        }
        Some(CoreNumber::Float(number)) if is_exact_double(&written) => {
            Number::from_f64(number).map(Value::Number)
        }
        Some(CoreNumber::Float(_)) => None,
        Some(CoreNumber::LeadingZeros) | None => Some(Value::String(written.clone())),
        Some(CoreNumber::TooLong) => None,
    };
    if number.is_none() {
        let error = Diagnostic::error("Q020", node.span, format!("JSON has no exact number for `{written}`"));
        reader.report(error.help(format!("write it as text, in quotes: `\"{written}\"`")));
    }
    number
}

/// Whether a double is a whole number that no other one becomes.
fn is_safe(number: f64) -> bool {
    number.abs() < 9_007_199_254_740_992.0
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
    /// Reads the `body` of a query, as its `body_format` says.
    pub(crate) fn read_body(section: &Section<'_>, node: &Node, report: &dyn Fn(&Template, &Node)) -> Self {
        section.reader().note_members("", node);
        match section.text("body_format").as_str() {
            "form" => Self::read_form(section, node, report),
            _ => Self::read(section, node, report),
        }
    }

    /// Reads the mapping of a form, whose values are the texts that are written; a list of these is a field that comes
    /// several times, and what is nested deeper is JSON.
    fn read_form(section: &Section<'_>, node: &Node, report: &dyn Fn(&Template, &Node)) -> Self {
        let Yaml::Map(entries) = &node.value else { return Self::read(section, node, report) };
        let read = |(key, item): &(pipeline_config::Spanned<String>, Node)| {
            let is_scalar = |node: &Node| section.reader().scalar(node).is_some();
            let field = match &item.value {
                _ if is_scalar(item) => Self::text(section, item, report),
                Yaml::List(items) if items.iter().all(is_scalar) => {
                    Self::List(items.iter().map(|item| Self::text(section, item, report)).collect())
                }
                _ => Self::read(section, item, report),
            };
            (key.value.clone(), field)
        };
        Self::Map(entries.iter().map(read).collect())
    }

    fn text(section: &Section<'_>, node: &Node, report: &dyn Fn(&Template, &Node)) -> Self {
        let template = section.template_of(node).unwrap_or_default();
        report(&template, node);
        Self::Text(template)
    }

    /// Reads `node`; `report` hears of each template and its node.
    fn read(section: &Section<'_>, node: &Node, report: &dyn Fn(&Template, &Node)) -> Self {
        match &node.value {
            Yaml::Null => Self::Fixed(Value::Null),
            Yaml::Boolean(value) => Self::Fixed(Value::Bool(*value)),
            Yaml::Number(_) => Self::Fixed(json_number(section.reader(), node).unwrap_or_default()),
            Yaml::Text(_) => Self::text(section, node, report),
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

    /// The fields of a form with all placeholders replaced.
    pub(crate) fn fill_form(&self, values: &Values) -> Option<Vec<(String, String)>> {
        let Self::Map(fields) = self else { return None };
        let mut pairs = Vec::new();
        for (name, field) in fields {
            match field {
                Self::List(items) if items.iter().all(|item| matches!(item, Self::Text(_))) => {
                    pairs.extend(items.iter().map(|item| (name.clone(), text(item.fill(values)))));
                }
                _ => pairs.push((name.clone(), text(field.fill(values)))),
            }
        }
        Some(pairs)
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

#[cfg(test)]
mod tests {
    use pipeline_config::{Environment, Reader, Section, Style};

    use crate::{AskBody, QUERY_FIELDS, Query, Values};

    fn body(yaml: &str) -> Result<AskBody, String> {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("query.yaml", &format!("{{method: POST, {yaml}}}")).unwrap();
        let query = Query::read(&Section::read(&reader, &node, QUERY_FIELDS), &Values::default());
        let query = reader.finish(query, Style::Plain).map_err(|invalid| invalid.rendered)?;
        Ok(query.ask_without_position(&Values::default()).body.unwrap())
    }

    #[test]
    fn json_has_the_values_of_yaml_1_2() {
        let json = |yaml: &str| match body(&format!("body: {yaml}")) {
            Ok(AskBody::Json(json)) => json.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            json(
                "{ a: NO, b: 0x10, c: 007, d: ~, e: .5, f: +1, g: 1_000, h: True, i: 0o7, k: 12:30, l: '1' }"
            ),
            r#"{"a":"NO","b":16,"c":"007","d":null,"e":0.5,"f":1,"g":"1_000","h":true,"i":7,"k":"12:30","l":"1"}"#
        );
        assert_eq!(
            json("[18446744073709551615, -9223372036854775808]"),
            "[18446744073709551615,-9223372036854775808]"
        );
        assert_eq!(json("[1.10, 1e3, 2.0, -0.5, 1.5e-3]"), "[1.1,1000,2.0,-0.5,0.0015]");
        for written in
            ["18446744073709551616", ".inf", "1e400", "12345678901234567890.12", "0.1234567890123456789"]
        {
            let error = body(&format!("body: {{ a: {written} }}")).unwrap_err();
            assert!(error.contains(&format!("write it as text, in quotes: `\"{written}\"`")), "{error}");
        }
    }

    #[test]
    fn a_form_has_the_texts_that_are_written() {
        let form = body(
            "body_format: form, body: { a: NO, b: 1.10, c: 007, d: ~, e: 1e3, f: True, g: [1.10, NO, 007], h: [], \
             i: [{ a: 1 }] }",
        );
        let Ok(AskBody::Form(pairs)) = form else { panic!("{form:?}") };
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            pairs,
            ["a=NO", "b=1.10", "c=007", "d=~", "e=1e3", "f=True", "g=1.10", "g=NO", "g=007", "i=[{\"a\":1}]"]
        );
    }
}

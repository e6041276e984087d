//! `params:` and `--param name=value`.

use pipeline_config::{
    Diagnostic, Field, Reader, Section, Shape, Span, Spanned, is_credential_parameter, known_names,
    shown_parameter,
};

/// Keys of one entry of `params`.
pub const PARAM_FIELDS: &[Field] = &[
    Field::optional(
        "default",
        Shape::Text,
        "The value when `--param` gives none; without it one must be given. An empty one makes the parameter optional.",
    ),
    Field::default(
        "type",
        Shape::OneOf(&["string", "integer", "boolean", "date"]),
        "string",
        "What a value must look like: `date` is `2024-12-31`.",
    ),
    Field::optional("one_of", Shape::List(&Shape::Text), "The values that are allowed."),
];

/// One parameter of a pipeline.
#[derive(Debug, Clone)]
pub struct ParamSpec {
    name: Spanned<String>,
    default: Option<String>,
    type_name: String,
    one_of: Vec<String>,
    span: Span,
}

impl ParamSpec {
    /// Reads the `params` block of `pipeline`.
    pub fn read_all(pipeline: &Section<'_>) -> Vec<Self> {
        let read = |(name, node): &(Spanned<String>, pipeline_config::Node)| {
            let section = Section::read(pipeline.reader(), node, PARAM_FIELDS);
            let spec = Self {
                name: name.clone(),
                // An empty default is a value too: that of a parameter which may be left out.
                default: section.node("default").map(|_| section.text("default")),
                type_name: section.text("type"),
                one_of: section.texts("one_of").into_iter().map(|text| text.value).collect(),
                span: section.span_of("default"),
            };
            for node in ["default", "one_of"].into_iter().filter_map(|key| node.get(key)) {
                pipeline.reader().note_members(&name.value, node);
            }
            if let Some(Err(wrong)) = spec.default.as_deref().map(|value| spec.check(value)) {
                pipeline.reader().report(Diagnostic::error("P002", spec.span, wrong));
            }
            spec
        };
        pipeline.entries("params").iter().map(read).collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name.value
    }

    /// Whether its values are written without quotes in JSON.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.type_name.as_str(), "integer" | "boolean")
    }

    fn check(&self, value: &str) -> Result<(), String> {
        if value.is_empty() && self.default.as_deref() == Some("") {
            return Ok(());
        }
        let (name, shown) = (self.name(), shown_parameter(self.name(), value));
        let fits = match self.type_name.as_str() {
            "integer" => value.parse::<i64>().is_ok(),
            "boolean" => value.parse::<bool>().is_ok(),
            "date" => value.parse::<jiff::civil::Date>().is_ok(),
            _ => true,
        };
        if let ("integer", Ok(number)) = (self.type_name.as_str(), value.parse::<i64>())
            && number.to_string() != value
        {
            return Err(format!(
                "the parameter `{name}` is `{shown}`, which JSON has no integer for; write `{}`, or `type: string` \
                 where the text is meant",
                shown_parameter(name, &number.to_string())
            ));
        }
        if !fits {
            return Err(format!(
                "the parameter `{name}` is `{shown}`, not {}",
                with_article(&self.type_name)
            ));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|allowed| allowed == value) {
            return Err(format!(
                "the parameter `{name}` is `{shown}`, not one of {}",
                self.one_of
                    .iter()
                    .map(|allowed| shown_parameter(name, allowed))
                    .collect::<Vec<_>>()
                    .join(", ")
            ));
        }
        Ok(())
    }
}

fn with_article(type_name: &str) -> &'static str {
    match type_name {
        "integer" => "an integer",
        "boolean" => "`true` or `false`",
        "date" => "a date such as `2024-12-31`",
        _ => "text",
    }
}

/// Decides the value of every parameter from the command line and the defaults.
///
/// Reports unknown names, values of the wrong type, and parameters without any value.
pub(crate) fn decide(
    specs: &[ParamSpec],
    given: &[(String, String)],
    reader: &Reader,
) -> Vec<(String, String)> {
    let report = |span: Option<Span>, message: String, help: String| {
        reader.report(Diagnostic {
            severity: pipeline_config::Severity::Error,
            code: "P001",
            message,
            span,
            help: vec![help],
        });
    };
    for (name, _) in given {
        if !specs.iter().any(|spec| spec.name() == name) {
            let known: Vec<&str> = specs.iter().map(ParamSpec::name).collect();
            let help = match known.as_slice() {
                [] => "this pipeline has no `params`".into(),
                _ => known_names(name, known),
            };
            report(None, format!("there is no parameter `{name}`"), help);
        }
    }
    let mut values = Vec::new();
    for spec in specs {
        let from_command_line = given.iter().rev().find(|(name, _)| name == spec.name());
        match (from_command_line.map(|(_, value)| value), &spec.default) {
            (Some(value), _) => {
                if let Err(wrong) = spec.check(value) {
                    report(None, wrong, format!("give another one: `--param {}=…`", spec.name()));
                }
                if is_credential_parameter(spec.name()) {
                    reader.note_secret(value);
                }
                values.push((spec.name().to_owned(), value.clone()));
            }
            (None, Some(default)) => values.push((spec.name().to_owned(), default.clone())),
            (None, None) => report(
                Some(spec.name.span),
                format!("the parameter `{}` has no value", spec.name()),
                format!("give one: `--param {}=…`, or a `default:` here", spec.name()),
            ),
        }
    }
    values
}

//! The `query` section.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_config::{
    Diagnostic, Field, Section, Shape, Span, Template, Value as Yaml, fingerprint, known_names,
};
use serde_json::{Map, Number, Value};

use crate::{
    ask::{Ask, AskBody},
    pagination::{self, Answer, Pagination, PaginationError, Position, Step},
    scan::Scan,
    selector::Selector,
    values::Values,
};

/// The keys of `query`.
pub const QUERY_FIELDS: &[Field] = &[
    Field::default("path", Shape::Template, "", "Below the base URL; values are percent-encoded."),
    Field::default(
        "method",
        Shape::OneOf(&["GET", "POST", "PUT", "PATCH"]),
        "GET",
        "The HTTP method; `GET` has no body.",
    ),
    Field::optional("params", Shape::Map(&Shape::Template), "Query parameters, percent-encoded for you."),
    Field::optional("headers", Shape::Map(&Shape::Template), "Further headers."),
    Field::optional(
        "body",
        Shape::Any,
        "The content of a `POST`, as YAML; placeholders are replaced in its texts.",
    ),
    Field::default("body_format", Shape::OneOf(&["json", "form"]), "json", "How `body` is sent."),
    Field::optional(
        "select",
        Shape::Text,
        "The array of records in the body, where pages have to be counted.",
    ),
    Field::optional(
        "pagination",
        Shape::Kind("pagination"),
        "How to get the next page; one request without it.",
    ),
    Field::optional("max_pages", Shape::Integer(1, u64::MAX), "Stop after so many pages."),
];

/// What may stand in one segment of a path (RFC 3986 §3.3) without being encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What to ask, page after page.
#[derive(Debug, Clone)]
pub struct Query {
    method: String,
    path: Template,
    params: Vec<(String, Template)>,
    headers: Vec<(String, Template)>,
    body: Option<Value>,
    is_form: bool,
    pagination: Arc<dyn Pagination>,
    max_pages: Option<u64>,
}

impl Query {
    /// Reads a section that was held against [`QUERY_FIELDS`]; `None` after reporting why there can be none.
    ///
    /// `values` are those that placeholders may name; their values may change from run to run.
    pub fn read(section: &Section<'_>, values: &Values) -> Option<Self> {
        let path = section.template("path").unwrap_or_default();
        let (params, headers) = (section.templates("params"), section.templates("headers"));
        let names = values.names();
        let report = |template: &Template, span: Span| {
            for missing in values.missing(template) {
                let error = Diagnostic::error("Q001", span, format!("nothing is known as `${{{missing}}}`"));
                section.reader().report(error.help(known_names(&missing, names.iter().map(String::as_str))));
            }
        };
        report(&path, section.span_of("path"));
        for (name, templates) in [("params", &params), ("headers", &headers)] {
            for (key, template) in templates {
                let entry = section.entries(name).iter().find(|(known, _)| known.value == *key);
                report(template, entry.map_or(section.span_of(name), |(_, node)| node.span));
            }
        }
        let method = section.text("method");
        if method == "GET" && section.node("body").is_some() {
            let error = section.error("Q002", "body", "a `GET` request has no body");
            section.reader().report(error.help("add `method: POST`, or write `params:`"));
        }
        let body = section.node("body").map(|node| body(section, node, &report));
        let select = section.optional_text("select").and_then(|text| selector(section, "select", &text));
        let pagination = pagination::read(section, &params, select)?;
        Some(Self {
            method,
            path,
            params,
            headers,
            body,
            is_form: section.text("body_format") == "form",
            pagination,
            max_pages: section.integer("max_pages"),
        })
    }

    /// Where the first page is.
    pub fn first_position(&self) -> Position {
        self.pagination.first()
    }

    /// The query parameters as they are written, placeholders and all.
    pub fn written_params(&self) -> Vec<(String, String)> {
        self.params.iter().map(|(name, template)| (name.clone(), template.to_string())).collect()
    }

    /// After how many pages to stop, whatever the server says.
    pub fn max_pages(&self) -> Option<u64> {
        self.max_pages
    }

    /// The request for one page.
    pub fn ask(&self, position: &Position, values: &Values) -> Ask {
        let mut ask = self.ask_without_position(values);
        self.pagination.apply(position, &mut ask);
        ask
    }

    /// What was asked before pagination had its say.
    pub fn ask_without_position(&self, values: &Values) -> Ask {
        let filled = |templates: &[(String, Template)]| {
            templates
                .iter()
                .map(|(name, template)| (name.clone(), values.fill(template, str::to_owned)))
                .collect()
        };
        Ask {
            method: self.method.clone(),
            path: values.fill(&self.path, |value| utf8_percent_encode(value, SEGMENT).to_string()),
            params: filled(&self.params),
            headers: filled(&self.headers),
            body: self.body.as_ref().map(|body| fill_body(body, values)).map(|body| match body {
                Value::Object(fields) if self.is_form => AskBody::Form(form(fields)),
                other => AskBody::Json(other),
            }),
        }
    }

    /// Names what is asked for: the same for every run that asks for the same.
    pub fn fingerprint(&self, values: &Values) -> String {
        let ask = self.ask_without_position(&values.without_run());
        let body = match ask.body {
            None => String::new(),
            Some(AskBody::Json(json)) => json.to_string(),
            Some(AskBody::Form(pairs)) => serde_json::to_string(&pairs).expect("texts are JSON"),
        };
        let params = ask.params.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        fingerprint([ask.method.as_str(), &ask.path, &body].into_iter().chain(params))
    }

    /// What follows a page.
    ///
    /// # Errors
    /// [`PaginationError`] when the body is not what this kind of pagination needs.
    pub fn next(&self, position: &Position, answer: &Answer<'_>) -> Result<Step, PaginationError> {
        let selectors = self.pagination.selectors();
        // Bodies are not even read where nothing in them matters.
        let scan =
            if self.pagination.reads_body() { Scan::read(answer.body, selectors)? } else { Scan::default() };
        self.pagination.next(position, answer, &scan)
    }
}

/// Reads a path into the body.
pub(crate) fn selector(section: &Section<'_>, name: &str, text: &str) -> Option<Selector> {
    let selector = Selector::parse(text);
    if selector.is_none() {
        let error = section.error("Q003", name, format!("`{text}` is not a path into the body"));
        section.reader().report(error.help("write `meta.next`, or a JSON Pointer such as `/meta/next`"));
    }
    selector
}

/// The body as JSON whose texts are templates in their written form.
fn body(section: &Section<'_>, node: &pipeline_config::Node, report: &dyn Fn(&Template, Span)) -> Value {
    match &node.value {
        Yaml::Null => Value::Null,
        Yaml::Boolean(value) => Value::Bool(*value),
        Yaml::Number(text) => {
            text.parse::<Number>().map_or_else(|_| Value::String(text.clone()), Value::Number)
        }
        Yaml::Text(text) => {
            match Template::parse(text) {
                Ok(template) => report(&template, node.span),
                Err(error) => section.reader().report(Diagnostic::error("Q001", node.span, error.message)),
            }
            Value::String(text.clone())
        }
        Yaml::List(items) => items.iter().map(|item| body(section, item, report)).collect(),
        Yaml::Map(entries) => {
            let entry = |(key, item): &(pipeline_config::Spanned<String>, pipeline_config::Node)| {
                (key.value.clone(), body(section, item, report))
            };
            Value::Object(entries.iter().map(entry).collect())
        }
    }
}

fn fill_body(body: &Value, values: &Values) -> Value {
    match body {
        Value::String(text) => {
            let template = Template::parse(text).unwrap_or_default();
            Value::String(values.fill(&template, str::to_owned))
        }
        Value::Array(items) => items.iter().map(|item| fill_body(item, values)).collect(),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), fill_body(value, values))).collect(),
        ),
        other => other.clone(),
    }
}

fn form(fields: Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    fields.into_iter().map(|(name, value)| (name, text(value))).collect()
}

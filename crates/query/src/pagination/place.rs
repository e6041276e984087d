//! Where a request takes what pagination adds to it.

use pipeline_config::{Field, Section, Shape};
use serde_json::Value;

use super::PaginationContext;
use crate::ask::Ask;

pub(super) const IN: Field = Field::default(
    "in",
    Shape::OneOf(&["query", "body", "header"]),
    "query",
    "Where it is sent: as a query parameter, in the body (`param` may be a dotted path, with a number for an item of an array), or as a header.",
);

/// A part of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Query,
    Body,
    Header,
}

impl Place {
    pub(super) fn read(section: &Section<'_>, context: &PaginationContext<'_>) -> Self {
        match section.text("in").as_str() {
            "body" if context.method == "GET" => {
                let error = section.error("Q002", "in", "a `GET` request has no body");
                section.reader().report(error.help("add `method: POST` to the query, or write `in: query`"));
                Self::Body
            }
            "body" => Self::Body,
            "header" => Self::Header,
            _ => Self::Query,
        }
    }

    pub(super) fn set_text(self, ask: &mut Ask, name: &str, text: &str) {
        match self {
            Self::Query => ask.set_param(name, text.to_owned()),
            Self::Body => ask.set_body_field(name, Value::String(text.to_owned())),
            Self::Header => ask.set_header(name, text.to_owned()),
        }
    }

    /// Sets a value that is JSON.
    pub(super) fn set_json(self, ask: &mut Ask, name: &str, json: &str) {
        match self {
            Self::Body => ask.set_body_json(name, json),
            Self::Query | Self::Header => self.set_text(ask, name, json),
        }
    }

    pub(super) fn set_number(self, ask: &mut Ask, name: &str, number: u64) {
        match self {
            Self::Body => ask.set_body_field(name, number.into()),
            Self::Query | Self::Header => self.set_text(ask, name, &number.to_string()),
        }
    }
}

/// Reports a key that names nothing.
pub(super) fn report_empty(section: &Section<'_>, name: &'static str) {
    if section.node(name).is_some() && section.text(name).trim().is_empty() {
        let error = section.error("Q005", name, format!("`{name}` is empty"));
        section.reader().report(error.help("it is the name of the parameter that leads to the next page"));
    }
}

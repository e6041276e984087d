//! Where a request takes what pagination adds to it.

use pipeline_config::{Field, Section, Shape};
use serde_json::Value;

use crate::ask::Ask;

pub(super) const IN: Field = Field::default(
    "in",
    Shape::OneOf(&["query", "body", "header"]),
    "query",
    "Where it is sent: as a query parameter, in the body (`param` may be a dotted path), or as a header.",
);

/// A part of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Query,
    Body,
    Header,
}

impl Place {
    pub(super) fn read(section: &Section<'_>) -> Self {
        match section.text("in").as_str() {
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

    pub(super) fn set_number(self, ask: &mut Ask, name: &str, number: u64) {
        match self {
            Self::Body => ask.set_body_field(name, number.into()),
            Self::Query | Self::Header => self.set_text(ask, name, &number.to_string()),
        }
    }
}

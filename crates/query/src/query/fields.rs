//! The keys of `query`.

use pipeline_config::{Field, Shape};

use crate::{
    for_each::FOR_EACH_FIELDS, incremental::INCREMENTAL_FIELDS, pagination::PagePolicy, split::SPLIT_FIELDS,
};

/// The keys of `query`.
pub const QUERY_FIELDS: &[Field] = &[
    Field::default(
        "path",
        Shape::Template,
        "",
        "Below the base URL, values percent-encoded; a pattern of files; the stream of a command.",
    ),
    Field::default(
        "method",
        Shape::OneOf(&["GET", "POST", "PUT", "PATCH"]),
        "GET",
        "The HTTP method; `GET` has no body.",
    ),
    Field::optional(
        "params",
        Shape::Map(&Shape::List(&Shape::Template)),
        "Query parameters, percent-encoded for you; a list is sent as one parameter per item.",
    ),
    Field::optional("headers", Shape::Map(&Shape::List(&Shape::Template)), "Further headers."),
    Field::optional(
        "body",
        Shape::Any,
        "The content of a `POST`, as YAML; placeholders are replaced in its texts.",
    ),
    Field::default("body_format", Shape::OneOf(&["json", "form"]), "json", "How `body` is sent."),
    Field::default(
        "decode",
        Shape::OneOf(Decode::NAMES),
        "auto",
        "What the server sends; all but JSON becomes JSON before anyone reads it. `auto` goes by `Content-Type`.",
    ),
    Field::optional(
        "charset",
        Shape::Text,
        "The charset of the body, such as `windows-1252`, where the server names none or a wrong one.",
    ),
    Field::optional(
        "delimiter",
        Shape::OneOf(Delimiter::NAMES),
        "What separates the fields of CSV; without it a comma, or what a first line such as `sep=;` says.",
    ),
    Field::optional(
        "select",
        Shape::Text,
        "The array of records in the body, where pages have to be counted.",
    ),
    Field::optional(
        "error",
        Shape::Text,
        "Where the body says what went wrong although the status is fine, as `error` of Slack or `errors` of GraphQL.",
    ),
    Field::optional(
        "pagination",
        Shape::Kind("pagination"),
        "How to get the next page; one request without it.",
    ),
    Field::optional("max_pages", Shape::Integer(1, u64::MAX), "Stop after so many pages."),
    Field::optional(
        "empty_page",
        Shape::OneOf(PagePolicy::NAMES),
        "What a page without records means: nothing (`follow`), the end, or an error. Without it cursors and links are \
         followed, and counted pages end there unless the server has promised more.",
    ),
    Field::optional(
        "same_page",
        Shape::OneOf(PagePolicy::NAMES),
        "What a page with the records of an earlier page means: an error (as without it: the server may not know the \
         parameter that leads on), the end, or nothing (`follow`: pages may be equal).",
    ),
    Field::optional(
        "end_status",
        Shape::Integer(400, 499),
        "The status that the server answers to a request for a page after the last one, such as 404; of the first page \
         it is an error, but with `for_each`, where it says that there are no records for a value.",
    ),
    Field::optional(
        "ignore_signals",
        Shape::List(&Shape::Text),
        "Keys of the body, or headers, that say nothing about further pages although their names sound so, such as \
         `total`.",
    ),
    Field::default(
        "max_empty_pages",
        Shape::Integer(1, u64::MAX),
        "1000",
        "How many pages in a row may bring no new records, empty or equal, before that is an error.",
    ),
    Field::optional(
        "split",
        Shape::Section(SPLIT_FIELDS),
        "Cuts the query into windows that are fetched side by side, rows in the order of the windows.",
    ),
    Field::optional(
        "incremental",
        Shape::Section(INCREMENTAL_FIELDS),
        "Asks only for what has changed since the last run; the query says so with `${window.…}`.",
    ),
    Field::optional(
        "for_each",
        Shape::Section(FOR_EACH_FIELDS),
        "Asks once per row of another table, as worklogs are asked for by issue.",
    ),
];

/// What a body is before it is JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decode {
    /// What `Content-Type` says; JSON when it says nothing that is known.
    Auto,
    /// As it is.
    Json,
    /// One JSON value per line, which becomes an array.
    Ndjson,
    /// A header and rows, which become an array of objects of texts.
    Csv,
    /// Elements, which become objects.
    Xml,
    /// The same, whose names keep the prefixes of their namespaces.
    XmlPrefixed,
    /// Any text, which becomes a JSON string.
    Text,
}

impl Decode {
    const NAMES: &'static [&'static str] = &["auto", "json", "ndjson", "csv", "xml", "xml_prefixed", "text"];

    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "json" => Self::Json,
            "ndjson" => Self::Ndjson,
            "csv" => Self::Csv,
            "xml" => Self::Xml,
            "xml_prefixed" => Self::XmlPrefixed,
            "text" => Self::Text,
            _ => Self::Auto,
        }
    }

    /// Whether a body of this media type, which may have parameters, is one JSON value per line.
    pub fn is_lines(self, media_type: &str) -> bool {
        match self {
            Self::Ndjson => true,
            Self::Auto => {
                let essence = media_type.split(';').next().unwrap_or_default().trim();
                LINES.iter().any(|lines| lines.eq_ignore_ascii_case(essence))
            }
            Self::Json | Self::Csv | Self::Xml | Self::XmlPrefixed | Self::Text => false,
        }
    }
}

/// The media types of one JSON value per line.
const LINES: [&str; 13] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-jsonlines",
    "application/json-lines",
    "application/x-json-lines",
    "application/json-seq",
    "application/stream+json",
    "application/x-json-stream",
    "text/x-ndjson",
    "text/x-jsonl",
];

/// What separates the fields of CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tabulator.
    Tab,
    /// `|`
    Pipe,
}

impl Delimiter {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];
    const NAMES: &'static [&'static str] = &["comma", "semicolon", "tab", "pipe"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|delimiter| delimiter.name() == name)
    }

    /// The word for it in `query`.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The character.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

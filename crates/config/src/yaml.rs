//! YAML text to a tree of nodes that know their place.

mod shown;
mod slips;

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use crate::{
    core_number::CoreNumber,
    diagnostic::Diagnostic,
    source::{Source, SourceId, Span, Spanned},
};

/// A value in a YAML file and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its place; for a list or mapping, where it begins.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node holds, by the core schema of YAML 1.2 (§10.3.2).
///
/// Where text is wanted, [`crate::Reader::scalar`] gives a plain scalar as it is written, whatever it is here.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`, also as `True` or `TRUE`; `yes`, `no`, `on` and `off` are text.
    Boolean(bool),
    /// An unquoted number, as it is written.
    Number(String),
    /// Text, quoted or not.
    Text(String),
    /// `- a` lines or `[a, b]`.
    List(Vec<Node>),
    /// `key: value` lines or `{key: value}`; keys may repeat, which [`crate::Section`] reports.
    Map(Vec<(Spanned<String>, Node)>),
}

impl Value {
    /// What it is called in messages, with its article.
    pub fn name(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Boolean(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// The entries of a mapping; nothing for other values.
    pub fn entries(&self) -> &[(Spanned<String>, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of the first entry with this key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.value == key).map(|(_, node)| node)
    }
}

impl Node {
    /// What it says, without its layout, comments and places, and without the keys `left_out` at its top.
    pub fn meaning(&self, left_out: &[&str]) -> String {
        let mut text = String::new();
        match &self.value {
            Value::Map(entries) => {
                let kept = entries.iter().filter(|(key, _)| !left_out.contains(&key.value.as_str()));
                write_map(&mut text, kept);
            }
            _ => write_meaning(&mut text, self),
        }
        text
    }
}

fn write_map<'n>(text: &mut String, entries: impl Iterator<Item = &'n (Spanned<String>, Node)>) {
    text.push('{');
    for (key, node) in entries {
        text.push_str(&format!("{:?}:", key.value));
        write_meaning(text, node);
        text.push(',');
    }
    text.push('}');
}

fn write_meaning(text: &mut String, node: &Node) {
    match &node.value {
        Value::Null => text.push('~'),
        Value::Boolean(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(number),
        Value::Text(value) => text.push_str(&format!("{value:?}")),
        Value::List(items) => {
            text.push('[');
            for item in items {
                write_meaning(text, item);
                text.push(',');
            }
            text.push(']');
        }
        Value::Map(entries) => write_map(text, entries.iter()),
    }
}

/// What the deepest nesting that the library allows takes, by far, also without optimization.
const STACK: usize = 16 << 20;

/// Parses one YAML document. Repeated keys are kept, so that all of them can be reported at once.
///
/// The library calls itself for each level of nesting, and threads of the caller may have small stacks.
pub(crate) fn parse(source: &Source, id: SourceId) -> Result<Node, Diagnostic> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("yaml".into()).stack_size(STACK);
        match thread.spawn_scoped(scope, || parse_here(source, id)) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => parse_here(source, id),
        }
    })
}

fn parse_here(source: &Source, id: SourceId) -> Result<Node, Diagnostic> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        with_snippet: false,
        // YAML 1.1 takes `NO`, `y` and `on` for booleans, which the core schema of YAML 1.2 does not.
        strict_booleans: true,
        // A number keeps its text, so that one which no float can hold is no mistake by itself.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
    };
    let raw = serde_saphyr::from_str_with_options::<serde_saphyr::Spanned<Raw>>(&source.text, options);
    match raw {
        Ok(raw) => Builder { source, id }.node(raw),
        Err(error) => {
            let at = error.location().map_or(0, |location| offset(source, &location));
            let message = error.without_snippet().to_string();
            // The position is in the message's head already; the library appends it once more.
            let message =
                message.split(" at line ").next().unwrap_or_default().trim_end_matches([':', ' ']).to_owned();
            let span = Span { source: id, start: at, end: at + 1 };
            let places = credentials_in_lines(&source.text, [at].into_iter());
            let hidden: Vec<&str> = places.iter().map(|place| &source.text[place.clone()]).collect();
            let message = limit(&message).unwrap_or_else(|| shown::without_pieces(&message, &hidden));
            let diagnostic = Diagnostic::error("C001", span, format!("not YAML: {message}"));
            Err(match slips::in_quotes(&source.text, at) {
                Some(_) if !hidden.is_empty() => {
                    diagnostic.help("put the value in quotes, or write `${NAME}` there")
                }
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            })
        }
    }
}

/// A limit of the library in words.
fn limit(message: &str) -> Option<String> {
    let breach = message.strip_prefix("budget breached: ")?;
    Some(match breach.starts_with("Depth") {
        true => "it is nested more than 64 levels deep".to_owned(),
        false => format!("it has more than is read of a file ({breach})"),
    })
}

pub(crate) use shown::credentials_in_lines;
pub(crate) use slips::values_in_comments;

fn offset(source: &Source, location: &serde_saphyr::Location) -> usize {
    match location.span().byte_offset() {
        Some(bytes) => (bytes as usize).min(source.text.len()),
        None => source.offset(location.line() as usize, location.column() as usize),
    }
}

struct Builder<'s> {
    source: &'s Source,
    id: SourceId,
}

impl Builder<'_> {
    fn span(&self, location: &serde_saphyr::Location) -> Span {
        let start = offset(self.source, location);
        let length = location.span().byte_len().unwrap_or(1) as usize;
        Span { source: self.id, start, end: (start + length).min(self.source.text.len()) }
    }

    fn node(&self, raw: serde_saphyr::Spanned<Raw>) -> Result<Node, Diagnostic> {
        let span = self.span(&raw.defined);
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Boolean(value) => Value::Boolean(value),
            Raw::Number => self.number(span),
            Raw::Text(text) => Value::Text(text),
            Raw::List(items) => {
                Value::List(items.into_iter().map(|item| self.node(item)).collect::<Result<_, _>>()?)
            }
            Raw::Map(entries) => {
                let entry = |(key, item)| Ok((self.key(key)?, self.node(item)?));
                Value::Map(entries.into_iter().map(entry).collect::<Result<_, _>>()?)
            }
        };
        Ok(Node { span, value })
    }

    /// A number keeps its text: a version `1.10` is not 1.1, and an id may exceed any integer type. The library reads
    /// numbers of YAML 1.1 too, such as `1_000`, which are text.
    fn number(&self, span: Span) -> Value {
        let written = self.written(span);
        match CoreNumber::read(written) {
            Some(_) => Value::Number(written.to_owned()),
            None => Value::Text(written.to_owned()),
        }
    }

    /// A key is the text that is written, also where a value of that text would be null, a boolean or a number.
    fn key(&self, raw: serde_saphyr::Spanned<Raw>) -> Result<Spanned<String>, Diagnostic> {
        let span = self.span(&raw.defined);
        let value = match raw.value {
            Raw::Text(text) => text,
            Raw::Null | Raw::Boolean(_) | Raw::Number => self.written(span).to_owned(),
            Raw::List(_) | Raw::Map(_) => {
                let error = Diagnostic::error("C001", span, "a key must be text");
                return Err(error.help("put a key that begins with `[` or `{` into quotes"));
            }
        };
        Ok(Spanned { span, value })
    }

    /// The text at a scalar's place, without the quotes that a tag such as `!!int` may be followed by.
    fn written(&self, span: Span) -> &str {
        self.source.text[span.start..span.end].trim().trim_matches(['"', '\''])
    }
}

/// A scalar that is plain, as it is written; nothing for the null that an empty value is.
pub(crate) fn plain_scalar(text: &str) -> Option<&str> {
    const NULLS_AND_BOOLEANS: [&str; 10] =
        ["~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"];
    Some(text.trim()).filter(|text| NULLS_AND_BOOLEANS.contains(text))
}

enum Raw {
    Null,
    Boolean(bool),
    Number,
    Text(String),
    List(Vec<serde_saphyr::Spanned<Raw>>),
    Map(Vec<(serde_saphyr::Spanned<Raw>, serde_saphyr::Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Boolean(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

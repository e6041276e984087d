//! One YAML value to what its shape says.

use std::time::Duration;

use crate::{
    clipped,
    credential::is_credential_in_address,
    diagnostic::Diagnostic,
    field::Shape,
    nearest::{known_names, nearest},
    reader::Reader,
    secret::Secret,
    template::{Part, Template},
    yaml::{Node, Value},
};

/// A value that its owner need not look at in YAML any more; sections, maps and lists stay nodes.
#[derive(Debug, Clone)]
pub(crate) enum Resolved {
    Text(String),
    Template(Template),
    Secret(Secret),
    Integer(u64),
    Boolean(bool),
    Duration(Duration),
    Bytes(u64),
}

/// Reads `node` as `shape`; `None` when nothing is written, when it stays a node, or after reporting what is wrong.
///
/// Where text is wanted, `null` and `~` are texts; elsewhere they are nothing.
pub(crate) fn resolve(reader: &Reader, shape: &Shape, node: &Node) -> Option<Resolved> {
    if matches!(node.value, Value::Null) && !(wants_text(shape) && reader.scalar(node).is_some()) {
        return None;
    }
    match shape {
        Shape::Any | Shape::Kind(_) | Shape::Section(_) => None,
        Shape::Map(of) => {
            if !matches!(node.value, Value::Map(_)) {
                report_type(reader, shape, node);
            }
            super::report_duplicates(reader, node);
            check_each(reader, of, node.entries().iter().map(|(_, item)| item))
        }
        Shape::List(of) => match &node.value {
            Value::List(items) => check_each(reader, of, items),
            _ => check_each(reader, of, [node]),
        },
        Shape::Verbatim => match reader.scalar(node) {
            Some(text) => Some(Resolved::Text(text)),
            None => report_type(reader, shape, node),
        },
        _ => resolve_scalar(reader, shape, node),
    }
}

/// Reads the value of a field that may be left out, where `null` means that it is, unless it is one of the words.
pub(crate) fn resolve_optional(reader: &Reader, shape: &Shape, node: &Node) -> Option<Resolved> {
    let is_word = |text: String| matches!(shape, Shape::OneOf(words) if words.contains(&text.as_str()));
    if matches!(node.value, Value::Null) && !reader.scalar(node).is_some_and(is_word) {
        return None;
    }
    resolve(reader, shape, node)
}

/// Whether a plain scalar is the text that is written.
fn wants_text(shape: &Shape) -> bool {
    matches!(
        shape,
        Shape::Text | Shape::Template | Shape::Verbatim | Shape::Url | Shape::Secret | Shape::OneOf(_)
    )
}

fn check_each<'n>(
    reader: &Reader,
    of: &Shape,
    nodes: impl IntoIterator<Item = &'n Node>,
) -> Option<Resolved> {
    // The owner reads these once more through a getter, which reports again; equal diagnostics are shown once.
    nodes.into_iter().for_each(|node| drop(resolve(reader, of, node)));
    None
}

/// The text of a single value.
fn scalar(reader: &Reader, shape: &Shape, node: &Node) -> Option<String> {
    match &node.value {
        // `True` is a boolean, which Rust writes otherwise.
        Value::Boolean(value) if !wants_text(shape) => Some(value.to_string()),
        _ => reader.scalar(node),
    }
}

fn resolve_scalar(reader: &Reader, shape: &Shape, node: &Node) -> Option<Resolved> {
    let is_text = matches!(node.value, Value::Text(_));
    let Some(text) = scalar(reader, shape, node) else { return report_type(reader, shape, node) };
    let (template, variables) = replace_variables(reader, node, &text)?;
    let from_variable = !variables.is_empty();
    if !matches!(shape, Shape::Secret) {
        variables.iter().for_each(|name| reader.note_variable(name));
    }
    if matches!(shape, Shape::Template | Shape::Url) {
        reader.note_origins(&text);
    }
    if let Shape::Template = shape {
        if from_variable {
            reader.note_used(&text, &template.to_source());
        }
        return Some(Resolved::Template(template));
    }
    let written = text;
    let text = whole_text(reader, node, &template)?;
    if from_variable && !matches!(shape, Shape::Secret) {
        reader.note_used(&written, &text);
    }
    if let Shape::Secret = shape {
        if !text.is_empty() {
            reader.warn_of_written_credential(node.span);
        }
        return (!text.is_empty()).then(|| Resolved::Secret(Secret::new(text)));
    }
    // `"100"` is text; `${N}` is whatever the variable holds.
    let takes_text = wants_text(shape) || matches!(shape, Shape::Duration | Shape::ByteSize);
    if is_text && !from_variable && !takes_text {
        return report_type(reader, shape, node);
    }
    if text.is_empty() && from_variable {
        return None;
    }
    if let Shape::Url = shape {
        note_address(reader, (node, from_variable), &text);
    }
    match convert(shape, &text) {
        Ok(resolved) => Some(resolved),
        Err(help) => {
            let said = if from_variable { Err(&*written) } else { Ok(&*text) };
            let help = help.filter(|help| !from_variable || !help.contains(&*text));
            report_value(reader, (shape, node), (said, help));
            None
        }
    }
}

/// Reports that a value is not what its shape says. What a variable holds (`Err`, with what is written) may be a credential in the
/// wrong place, and is not shown.
fn report_value(
    reader: &Reader,
    (shape, node): (&Shape, &Node),
    (value, help): (Result<&str, &str>, Option<String>),
) {
    let what = match value {
        Err(written) => format!("the value of `{written}`"),
        Ok(text) if matches!(shape, Shape::Url) && text.contains('@') => "this".to_owned(),
        Ok(text) => format!("`{}`", clipped(text, MAX_SHOWN)),
    };
    let message = format!("{what} is not {}", shape.expected());
    let mut diagnostic = Diagnostic::error("C008", node.span, message);
    diagnostic.help.extend(help);
    if matches!(shape, Shape::Url) && value.is_ok_and(|text| text.contains('@')) {
        diagnostic = diagnostic.help(
            "in a password, write `%2F` for `/`, `%3A` for `:`, `%3F` for `?`, `%23` for `#`, `%40` for `@` and `%25` for `%`",
        );
    }
    reader.report(diagnostic);
}

/// How much of a value a message shows.
const MAX_SHOWN: usize = 200;

/// Remembers user and password of an address, and credentials in its query; what is no address may have them too.
fn note_address(reader: &Reader, (node, from_variable): (&Node, bool), text: &str) {
    let url = url::Url::parse(text).ok().filter(url::Url::has_host);
    let secrets = [user_secrets(url.as_ref(), text), url.as_ref().map(query_secrets).unwrap_or_default()];
    for secret in secrets.iter().flatten().filter(|secret| !secret.is_empty()) {
        reader.note_secret(secret);
        if !from_variable {
            reader.hide(node.span);
        }
    }
}

/// What stands before the host, as it is written, and as servers get it: decoded, in one text with the user.
fn user_secrets(url: Option<&url::Url>, text: &str) -> Vec<String> {
    let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    let Some((user, _)) = after_scheme.rsplit_once('@') else { return Vec::new() };
    let is_whole = !user.contains(['/', '?', '#']);
    let stands_for_host = |(host, rest): (&str, &str)| !host.is_empty() && !rest.is_empty();
    let is_user = match url {
        // In `http://host/@name` that is a name, and in `http://user:12/34@host` a password that cuts the address in two.
        Some(url) => {
            is_whole
                || url.port().is_some()
                    && !user.ends_with('/')
                    && user.split_once(':').is_some_and(stands_for_host)
        }
        None => true,
    };
    if !is_user {
        return Vec::new();
    }
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut secrets = vec![user.to_owned(), decoded(user)];
    if let Some((_, password)) = user.split_once(':') {
        secrets.extend([password.to_owned(), decoded(password)]);
    }
    if let Some(encoded) = url.and_then(url::Url::password) {
        secrets.extend([encoded.to_owned(), decoded(encoded)]);
    }
    secrets
}

/// Values of parameters whose names say that they are credentials.
fn query_secrets(url: &url::Url) -> Vec<String> {
    let pairs = url.query_pairs().filter(|(name, value)| is_credential_in_address(name, value));
    pairs.map(|(_, value)| value.into_owned()).collect()
}

/// Reads a field's default text; the tables are checked by [`crate::Field`] tests, so a bad one is a bug.
pub(crate) fn resolve_default(shape: &Shape, text: &str) -> Option<Resolved> {
    match shape {
        Shape::Template => Template::parse(text).ok().map(Resolved::Template),
        _ => convert(shape, text).ok(),
    }
}

fn convert(shape: &Shape, text: &str) -> Result<Resolved, Option<String>> {
    match shape {
        Shape::Integer(min, max) => match text.parse() {
            Ok(value) if (*min..=*max).contains(&value) => Ok(Resolved::Integer(value)),
            _ => Err(None),
        },
        Shape::Boolean => text.parse().map(Resolved::Boolean).map_err(|_| None),
        Shape::Duration => humantime::parse_duration(text).map(Resolved::Duration).map_err(|_| {
            let is_number = text.parse::<f64>().is_ok();
            is_number.then(|| format!("add the unit: `{text}s` for seconds"))
        }),
        Shape::ByteSize => {
            text.parse::<bytesize::ByteSize>().map(|size| Resolved::Bytes(size.as_u64())).map_err(|_| None)
        }
        Shape::Url => match url::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(Resolved::Text(text.into()))
            }
            _ => Err(Some(
                "it must begin with `https://` (or `http://` for this machine) and name a host".into(),
            )),
        },
        Shape::OneOf(words) if !words.contains(&text) => {
            Err(nearest(text, words.iter().copied()).map(|_| known_names(text, words.iter().copied())))
        }
        _ => Ok(Resolved::Text(text.into())),
    }
}

fn report_type(reader: &Reader, shape: &Shape, node: &Node) -> Option<Resolved> {
    if matches!(shape, Shape::Secret) {
        reader.hide_all(node);
    }
    let message = format!("expected {}, found {}", shape.expected(), node.value.name());
    let mut diagnostic = Diagnostic::error("C004", node.span, message);
    if let Value::Text(text) = &node.value {
        diagnostic.help.extend(help_for_text(shape, text));
    }
    reader.report(diagnostic);
    None
}

/// What to write in place of a text that looks like what is wanted.
fn help_for_text(shape: &Shape, text: &str) -> Option<String> {
    let yaml_1_1 = match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" => Some(true),
        "no" | "n" | "off" => Some(false),
        _ => None,
    };
    let digits = text.replace('_', "");
    match (shape, yaml_1_1) {
        (Shape::Boolean, Some(value)) => Some(format!("write `{value}`: in YAML 1.2, `{text}` is text")),
        (Shape::Integer(..) | Shape::Boolean, _)
            if text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() =>
        {
            Some(format!("remove the quotes: `{text}`"))
        }
        (Shape::Integer(..), _) if digits.parse::<u64>().is_ok() => Some(format!("write `{digits}`")),
        _ => None,
    }
}

/// Replaces variables; placeholders stay. Gives the names of the variables.
fn replace_variables(reader: &Reader, node: &Node, text: &str) -> Option<(Template, Vec<String>)> {
    let place = |at: usize, length: usize| {
        // The offset is exact where the text stands in the file as it is; in escaped text the whole is shown.
        let mut span = node.span;
        let raw = reader.text(span);
        if let Some(found) = raw.find(text) {
            span.start += found + at;
            span.end = span.start + length;
        }
        span
    };
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => {
            reader.report(
                Diagnostic::error("C011", place(error.at, 2), error.message)
                    .help("write `$${` for a plain `${`"),
            );
            return None;
        }
    };
    let mut variables = Vec::new();
    let mut is_complete = true;
    let mut parts = Vec::new();
    for part in template.parts {
        let Part::Variable { name, default, at } = part else {
            parts.push(part);
            continue;
        };
        match (reader.environment().get(&name).filter(|value| !value.is_empty()), default) {
            (Some(value), _) => {
                reader.note_value(&name, value);
                parts.push(Part::Text(value.to_owned()));
            }
            (None, Some(default)) => parts.push(Part::Text(default)),
            (None, None) => {
                is_complete = false;
                report_unset(reader, &name, place(at, name.len() + 3));
            }
        }
        variables.push(name);
    }
    is_complete.then_some((Template { parts }, variables))
}

fn report_unset(reader: &Reader, name: &str, span: crate::Span) {
    let is_set = reader.environment().get(name).is_some();
    let message = format!("the variable `{name}` is {}", if is_set { "empty" } else { "not set" });
    let mut diagnostic = Diagnostic::error("C005", span, message);
    let others = || reader.environment().names().filter(|other| *other != name);
    if let Some(other) = nearest(name, others()).filter(|other| name.len() > 3 && other.len() > 3) {
        diagnostic = diagnostic.help(format!("`{other}` is set: did you mean that?"));
    }
    reader.report(diagnostic.help(format!(
        "export {name}, add it to the `.env` file beside the pipeline, or give a default: `${{{name}:-value}}`"
    )));
}

/// The text of a template that may not hold placeholders.
fn whole_text(reader: &Reader, node: &Node, template: &Template) -> Option<String> {
    let mut text = String::new();
    for part in &template.parts {
        match part {
            Part::Text(piece) => text.push_str(piece),
            Part::Variable { name, .. } | Part::Placeholder { name, .. } => {
                let message = format!("`{name}` is only known while the pipeline runs and cannot stand here");
                reader.report(
                    Diagnostic::error("C011", node.span, message)
                        .help("`${param.…}`, `${run.…}` and `${state.…}` belong into the query"),
                );
                return None;
            }
        }
    }
    Some(text)
}

//! Names of an API in JavaScript, and as paths.

use pipeline_config::quoted;
use pipeline_converter::OBJECT_MEMBERS;

/// Text of the description as the value of a key: `${` in it is no variable of the author's.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// `item.name`, `item["a-b"]`.
pub(super) fn member(of: &str, name: &str) -> String {
    if is_identifier(name) { format!("{of}.{name}") } else { format!("{of}[{}]", quoted(name)) }
}

/// The same, and nothing where it is absent: every object inherits a `constructor`.
pub(super) fn own_member(of: &str, name: &str) -> String {
    let value = member(of, name);
    match OBJECT_MEMBERS.contains(&name) {
        true => format!("(Object.hasOwn({of}, {}) ? {value} : undefined)", quoted(name)),
        false => value,
    }
}

/// The name of a property in an object literal, where a plain `__proto__` is none.
pub(super) fn key(name: &str) -> String {
    match name {
        "__proto__" => format!("[{}]", quoted(name)),
        name if is_identifier(name) => name.to_owned(),
        name => quoted(name),
    }
}

/// The name of a member as a path: one that begins like a JSON Pointer is written as one.
pub(super) fn selector(name: &str) -> String {
    match name.is_empty() || name.starts_with('/') {
        true => literal(&format!("/{}", name.replace('~', "~0").replace('/', "~1"))),
        false => literal(name),
    }
}

fn is_identifier(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    name.chars().all(is_part)
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name != "__proto__"
        && !name.is_empty()
}

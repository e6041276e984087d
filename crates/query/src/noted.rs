//! Credentials that a run brings.

use percent_encoding::percent_decode_str;
use pipeline_config::{
    Node, Part, Reader, Section, Template, Value as Yaml, deciding_name, is_credential_in_address,
    is_credential_parameter,
};

use crate::values::Values;

/// Remembers what `${param.…}` stands for where the name of what is sent says that it is a credential; the names of the parameters
/// themselves are known elsewhere.
pub(crate) fn note(section: &Section<'_>, path: &Template, values: &Values) {
    for node in ["params", "headers", "body"].into_iter().filter_map(|name| section.node(name)) {
        note_members(section.reader(), values, ("", node));
    }
    note_path(section.reader(), path, values);
}

/// Remembers the values of parameters that stand in a path (`/x?api_key=…`), where their names say that they are credentials.
fn note_path(reader: &Reader, path: &Template, values: &Values) {
    let text = match values.missing(path).is_empty() {
        true => values.fill(path, str::to_owned),
        false => path.to_source(),
    };
    let Some((_, query)) = text.split_once('?') else { return };
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let [name, decoded] = [name, value].map(|text| percent_decode_str(text).decode_utf8_lossy());
        if !value.is_empty() && !value.contains("${") && is_credential_in_address(&name, &decoded) {
            [value, &decoded].into_iter().for_each(|value| reader.note_secret(value));
        }
    }
}

fn note_members(reader: &Reader, values: &Values, (name, node): (&str, &Node)) {
    match &node.value {
        Yaml::List(items) => items.iter().for_each(|item| note_members(reader, values, (name, item))),
        Yaml::Map(entries) => {
            for (key, item) in entries {
                note_members(reader, values, (deciding_name(name, &key.value), item));
            }
        }
        Yaml::Text(text) if is_credential_parameter(name) => {
            for part in Template::parse(text).unwrap_or_default().parts {
                if let Part::Placeholder { scope, name, .. } = part
                    && scope == "param"
                    && let Some(value) = values.get(&scope, &name).filter(|value| !value.is_empty())
                {
                    reader.note_secret(value);
                }
            }
        }
        _ => {}
    }
}

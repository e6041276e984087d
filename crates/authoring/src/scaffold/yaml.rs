//! A tree as YAML, in the layout that authors use; what was written is read again, and must say the same.

use pipeline_config::{Environment, Reader, Style, on_one_line, quoted};
use serde_json::{Map, Value};

/// Longer mappings have a line for each key.
const MAX_FLOW: usize = 90;

/// The text of a file: comments, then the tree.
///
/// # Errors
/// It would not say what the tree says.
pub(super) fn written(comments: &[String], tree: &Map<String, Value>) -> Result<String, String> {
    let mut text = String::new();
    for comment in comments {
        text.push_str(format!("# {}", on_one_line(comment)).trim_end());
        text.push('\n');
    }
    block(&mut text, tree, 0);
    let reader = Reader::new(Environment::empty());
    let read = reader.parse("the pipeline", &text);
    match read.is_some_and(|read| super::sample::json(&read) == Value::Object(tree.clone())) {
        true => Ok(text),
        false => {
            Err(format!("what it says cannot be written as YAML\n{}{text}", reader.render(Style::Plain)))
        }
    }
}

fn block(text: &mut String, tree: &Map<String, Value>, indent: usize) {
    for (key, value) in tree {
        text.push_str(&" ".repeat(indent));
        text.push_str(&scalar(key));
        text.push(':');
        match value {
            Value::Object(members) if is_block(key, value, indent) => {
                text.push('\n');
                block(text, members, indent + 2);
            }
            Value::String(value) if is_plain_template(value) => text.push_str(&format!(" {value}\n")),
            value => text.push_str(&format!(" {}\n", flow(value))),
        }
    }
}

fn is_block(key: &str, value: &Value, indent: usize) -> bool {
    let has_members = value.as_object().is_some_and(|members| !members.is_empty());
    let is_section = matches!(key, "datasource" | "query" | "params") && indent < 4;
    has_members && (is_section || flow(value).len() > MAX_FLOW)
}

fn flow(value: &Value) -> String {
    match value {
        Value::Object(members) if members.is_empty() => "{}".into(),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{}: {}", scalar(key), flow(value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// Text for YAML, in quotes where it would be something else.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '-');
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.')
        && text.chars().all(is_plain)
        && text.contains(|c: char| c.is_ascii_alphabetic() || c == '/');
    // Other readers of YAML, such as those of editors, take the last four for booleans; some take `.inf` for a number.
    let means_more = matches!(
        text.to_lowercase().as_str(),
        "true" | "false" | "null" | "y" | "n" | "yes" | "no" | "on" | "off" | ".inf" | ".nan"
    );
    if is_word && !means_more { text.to_owned() } else { quoted(text) }
}

/// `${NAME}`, which needs no quotes where nothing but its line's end ends it.
fn is_plain_template(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_/.-:${}".contains(c);
    text.starts_with("${") && text.chars().all(is_plain) && !text.ends_with(':')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ODD: [&str; 22] = [
        "",
        " ",
        "a b",
        "- a",
        "a: b",
        "a #b",
        "\"",
        "'",
        "\n",
        "\r",
        "\u{85}\u{2028}",
        "\u{202e}x",
        "\u{1b}[2J",
        "\0",
        "~",
        "NULL",
        "1.10",
        "0x1F",
        "...",
        "{a: b}",
        "&a *b !c",
        "\u{feff}課🎉",
    ];

    #[test]
    fn whatever_it_says_is_read_back() {
        for odd in ODD {
            let tree = json!({
                "name": odd, odd: 1, "datasource": {"base_url": odd, "auth": {"kind": odd, "x": [odd, null, true]}},
                "query": {"params": {odd: format!("${{{odd}}}")}}, "params": {"a": {}, odd: {"default": odd}},
                "sink": {"kind": "parquet", "path": "out/x"},
            });
            let comments = [format!("GET {odd} of {odd}\nschedule: {{ on_failure: [id] }}\r---\u{85}a")];
            let text = written(&comments, tree.as_object().unwrap()).unwrap();
            assert_eq!(pipeline_config::first_invisible(&text), None, "{odd:?}: {text}");
            assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 1, "{text}");
        }
    }
}

//! Plain scalars that YAML takes for something else. Pure.

use super::{Node, Value};
use crate::{credential::is_credential_name, diagnostic::Diagnostic, source::Span};

/// What to write where YAML ends at a value that begins with a letter of its own, or has `: ` in it.
pub(super) fn in_quotes(text: &str, at: usize) -> Option<String> {
    let line_start = text[..floor(text, at)].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let column = at.saturating_sub(line_start);
    let rest = line.get(column..).unwrap_or_default();
    let quoted = |value: &str| {
        let quote = if value.contains('"') { '\'' } else { '"' };
        format!("put the value in quotes: `{quote}{value}{quote}`")
    };
    if rest.starts_with(['*', '@', '`', '%', '&', '!']) {
        let is_flow = line[..column].contains(['{', '[']);
        let end =
            rest.find(|c: char| c == '#' || is_flow && matches!(c, ',' | '}' | ']')).unwrap_or(rest.len());
        return Some(quoted(rest[..end].trim()));
    }
    if rest.starts_with(':') {
        let (_, value) = line.trim_start().trim_start_matches("- ").split_once(": ")?;
        let is_plain = !value.starts_with(['"', '\'', '{', '[', '|', '>', '&', '*', '!']);
        return (is_plain && value.contains(':')).then(|| quoted(value.trim()));
    }
    None
}

pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// A warning for each key without a value whose value stands behind a `#`: `channel: #general`.
pub(crate) fn values_in_comments(text: &str, node: &Node, found: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                if value.value == Value::Null
                    && let Some(comment) = comment_after(text, key.span)
                {
                    let (comment, quoted) = match is_credential_name(&key.value) {
                        true => ("what follows".to_owned(), String::new()),
                        false => (format!("`{comment}`"), format!(": `\"{comment}\"`")),
                    };
                    let message = format!("`{}` has no value: YAML takes {comment} for a comment", key.value);
                    let help = format!("put it in quotes if it is the value{quoted}");
                    found.push(Diagnostic::warning("C014", key.span, message).help(help));
                }
                values_in_comments(text, value, found);
            }
        }
        Value::List(items) => items.iter().for_each(|item| values_in_comments(text, item, found)),
        _ => {}
    }
}

/// The comment that follows a key and its colon, where it begins without a blank as nobody's comment does.
fn comment_after(text: &str, key: Span) -> Option<&str> {
    let line = text.get(key.end..)?.lines().next()?;
    let after = line.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?.trim_start();
    let comment = after.strip_prefix('#')?;
    let is_value = comment.starts_with(|c: char| c.is_alphanumeric());
    is_value.then(|| after.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_goes_into_quotes() {
        let check = |text: &str, at: &str, expected: Option<&str>| {
            let found = in_quotes(text, text.find(at).unwrap());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        let say = |value: &str| format!("put the value in quotes: `{value}`");
        check("a: 1\nq: { f: *navigable }", "*", Some(&say("\"*navigable\"")));
        check("next: @odata.nextLink", "@", Some(&say("\"@odata.nextLink\"")));
        check("q: status: open", ": open", Some(&say("\"status: open\"")));
        check("  q: project = \"A\" and x: y", ": y", Some(&say("'project = \"A\" and x: y'")));
        check("a: %x, y # no", "%", Some(&say("\"%x, y\"")));
        check("a: {b: [", "[", None);
        assert_eq!(in_quotes("é", 9), None);
    }
}

//! What a message must not show of a line that could not be read as YAML, so that no value is known yet. Pure.

use std::ops::Range;

use crate::credential::{is_credential_in_address, is_credential_name, may_be_credential_name};

/// The pieces of the line at `at` that may be credentials: by the key in it, by a key that it stands below or goes on, or in an
/// address.
pub(crate) fn credentials_in_line(text: &str, at: usize) -> Vec<Range<usize>> {
    let at = super::slips::floor(text, at);
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let above = || text[..start].lines().rev().filter(|line| !is_empty(line));
    let whole = indent(line)..line.trim_end().len();
    let found = match keys(line).find(|(key, _)| is_secret(key)) {
        Some((_, value)) => Vec::from([Range { start: value, end: whole.end }]),
        None if is_below_credential(line, above()) => vec![whole],
        None => [users(line), parameters(line)].concat(),
    };
    let found = found.into_iter().filter(|place| !is_template(line[place.clone()].trim()));
    found.map(|place| start + place.start..start + place.end).filter(|place| !place.is_empty()).collect()
}

/// `message` without what must not be shown of a line.
pub(crate) fn without_pieces(message: &str, hidden: &[&str]) -> String {
    /// Fewer letters are found in every sentence.
    const MIN: usize = 3;
    let trimmed = |piece: &&str| piece.trim_matches(|c: char| !c.is_alphanumeric()).len() >= MIN;
    let pieces = hidden.iter().flat_map(|text| text.split_whitespace()).filter(trimmed);
    pieces.fold(message.to_owned(), |message, piece| {
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
        message.replace(piece, "…").replace(bare, "…")
    })
}

/// Whether a key makes its value one: `auth` has a mapping.
fn is_secret(key: &str) -> bool {
    key != "auth" && may_be_credential_name(key)
}

/// Whether the value is nothing but what stands outside of the file.
fn is_template(value: &str) -> bool {
    let inside = value.trim_matches(['"', '\'']).strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|name| !name.contains(['{', '}', ':', ' ']))
}

/// Whether the lines above say that all of this one is a credential: a key that it stands below, or that its text goes on.
fn is_below_credential<'t>(line: &str, above: impl Iterator<Item = &'t str>) -> bool {
    let is_text = keys(line).next().is_none();
    let (mut at, mut is_next, mut is_headers) = (indent(line), true, false);
    for line in above {
        let Some((key, _)) = keys(line).next() else { continue };
        let goes_on = is_text && is_next;
        is_next = false;
        if goes_on && is_secret(key) {
            return true;
        }
        if indent(line) >= at {
            continue;
        }
        at = indent(line);
        if is_credential_name(key) || key == "auth" && is_headers {
            return true;
        }
        is_headers = key == "headers";
    }
    false
}

/// The keys of a line, each with where its value begins.
fn keys(line: &str) -> impl Iterator<Item = (&str, usize)> {
    let colons = line.match_indices(':').filter(|(at, _)| !line[at + 1..].starts_with("//"));
    colons.filter_map(|(at, _)| {
        let before = line[..at].rsplit(['{', ',', '[']).next().unwrap_or_default();
        let before = before.trim().trim_start_matches(['-', '?', '#', ' ']);
        let key = before.trim_matches(['"', '\'', ' ']);
        let is_key = |c: char| c.is_alphanumeric() || "_-.$".contains(c);
        let value = at + 1 + line[at + 1..].len() - line[at + 1..].trim_start().len();
        (!key.is_empty() && key.chars().all(is_key)).then_some((key, value))
    })
}

/// What stands before the hosts of addresses.
fn users(line: &str) -> Vec<Range<usize>> {
    let user = |(at, sign): (usize, &str)| {
        let start = at + sign.len();
        let end = line[start..].find([' ', '"', '\'', ',']).map_or(line.len(), |end| start + end);
        line[start..end].rfind('@').map(|user| start..start + user)
    };
    line.match_indices("://").filter_map(user).collect()
}

/// The values of parameters in addresses whose names say that they are credentials.
fn parameters(line: &str) -> Vec<Range<usize>> {
    let value = |(at, _): (usize, &str)| {
        let rest = &line[at + 1..];
        let end = rest.find(['&', ' ', '"', '\'', ',', '}', '#']).unwrap_or(rest.len());
        let (name, value) = rest[..end].split_once('=')?;
        let start = at + 1 + name.len() + 1;
        is_credential_in_address(name, value).then(|| start..start + value.len())
    };
    line.match_indices(['?', '&']).filter_map(value).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_empty(line: &str) -> bool {
    line.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_yaml_shows_no_credential() {
        for (text, expected) in [
            ("auth:\n  password: \"hunter2|", "  password: ********"),
            ("auth: { kind: bearer, token: @hunter2| }", "auth: { kind: bearer, token: **********"),
            ("auth:\n  password:hunter2|", "  password:*******"),
            ("- \"api_key\" : 'it's|'", "- \"api_key\" : ******"),
            ("key: |%abc", "key: ****"),
            ("private_key: |\n  BEGIN\n  hunter2|\n", "  *******"),
            ("secret: \"hunter\nhunter2|\"", "********"),
            ("tokens:\n- hunter2|", "*********"),
            ("credentials:\n  a: 1\n  pin: @1|", "  *******"),
            ("auth:\n  kind: header\n  headers:\n    X-A: @hunter2|", "    *************"),
            ("base_url: \"https://me:hunter2@x.test|", "base_url: \"https://**********@x.test"),
            ("path: @/x?api_key=hunter2&page=2|", "path: @/x?api_key=*******&page=2"),
            ("# password: x| y", "# password: ***"),
            ("password: ${PASSWORD}: |", "password: ************"),
            ("password: ${PASSWORD}|", "password: ${PASSWORD}"),
            ("auth: { kind: basic }\nquery:\n  jql: a: b|", "  jql: a: b"),
            ("token: x\ncolumns:\n  a: @b|", "  a: @b"),
            ("name: é|", "name: é"),
        ] {
            // The last bar is the place.
            let at = text.rfind('|').unwrap();
            let text = format!("{}{}", &text[..at], &text[at + 1..]);
            let mut line = text.clone();
            for place in credentials_in_line(&text, at) {
                line.replace_range(place.clone(), &"*".repeat(place.len()));
            }
            let start = line[..at].rfind('\n').map_or(0, |newline| newline + 1);
            assert_eq!(line[start..].lines().next().unwrap().trim_end(), expected, "{text}");
        }
    }
}

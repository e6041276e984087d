//! What a message must not show of a line that could not be read as YAML, so that no value is known yet. Pure.

use std::{collections::BTreeSet, ops::Range};

use crate::credential::{is_credential_in_address, is_credential_name, may_be_credential_name};

/// The pieces of the lines at `places` that may be credentials: by the key in the line, by a key that it stands below or goes on,
/// or in an address. Takes time by the length of the text, however many places and however long lines there are.
pub(crate) fn credentials_in_lines(text: &str, places: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let line_start = |at| text[..super::slips::floor(text, at)].rfind('\n').map_or(0, |newline| newline + 1);
    let asked: BTreeSet<usize> = places.map(line_start).collect();
    let (mut above, mut found, mut start) = (Above::default(), Vec::new(), 0);
    for whole in text.split_inclusive('\n').take_while(|_| !asked.is_empty()) {
        let line = whole.lines().next().unwrap_or_default();
        if asked.contains(&start) {
            let places = credentials_in_line(line, &above).into_iter();
            let places = places.filter(|place| !place.is_empty() && !is_template(line[place.clone()].trim()));
            found.extend(places.map(|place| start + place.start..start + place.end));
        }
        if asked.last().is_some_and(|last| *last <= start) {
            break;
        }
        above.add(line);
        start += whole.len();
    }
    found
}

fn credentials_in_line(line: &str, above: &Above<'_>) -> Vec<Range<usize>> {
    let whole = indent(line)..line.trim_end().len();
    match keys(line).find(|(key, _)| is_secret(key)) {
        Some((_, value)) => Vec::from([Range { start: value, end: whole.end.max(value) }]),
        None if above.is_credential(line) => vec![whole],
        None => [users(line), parameters(line)].concat(),
    }
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

/// What the lines above say of the next one.
#[derive(Default)]
struct Above<'t> {
    /// The keys that it may stand below: how far in each begins, what it is called, and whether all below it is a credential.
    keys: Vec<(usize, &'t str, bool)>,
    /// Whether the last key is that of a credential, so that text goes on with it.
    is_secret: bool,
}

impl<'t> Above<'t> {
    fn add(&mut self, line: &'t str) {
        let Some((key, _)) = keys(line).next() else { return };
        self.is_secret = is_secret(key);
        while self.keys.last().is_some_and(|(at, ..)| *at >= indent(line)) {
            self.keys.pop();
        }
        let (around, is_within) =
            self.keys.last().map_or(("", false), |(_, key, is_secret)| (*key, *is_secret));
        let is_below = is_within || is_credential_name(key) || (around, key) == ("auth", "headers");
        self.keys.push((indent(line), key, is_below));
    }

    /// Whether all of a line is a credential: by a key that it stands below, or that its text goes on.
    fn is_credential(&self, line: &str) -> bool {
        let goes_on = self.is_secret && keys(line).next().is_none();
        let within = self.keys.iter().rev().find(|(at, ..)| *at < indent(line));
        goes_on || within.is_some_and(|(_, _, is_secret)| *is_secret)
    }
}

/// The keys of a line, each with where its value begins: what stands before the first colon of each piece.
fn keys(line: &str) -> impl Iterator<Item = (&str, usize)> {
    pieces(line, ['{', ',', '[']).filter_map(move |(start, piece)| {
        let (before, after) = piece.split_once(':').filter(|(_, after)| !after.starts_with("//"))?;
        let key = before.trim().trim_start_matches(['-', '?', '#', ' ']).trim_matches(['"', '\'', ' ']);
        let is_key = |c: char| c.is_alphanumeric() || "_-.$".contains(c);
        let value = start + before.len() + 1 + after.len() - after.trim_start().len();
        (!key.is_empty() && key.chars().all(is_key)).then_some((key, value))
    })
}

/// What stands before the hosts of addresses.
fn users(line: &str) -> Vec<Range<usize>> {
    let user = |(start, piece): (usize, &str)| {
        let (scheme, rest) = piece.split_once("://")?;
        let begin = start + scheme.len() + "://".len();
        rest.rfind('@').map(|user| begin..begin + user)
    };
    pieces(line, [' ', '"', '\'', ',']).filter_map(user).collect()
}

/// The values of parameters in addresses whose names say that they are credentials.
fn parameters(line: &str) -> Vec<Range<usize>> {
    let value = |(start, piece): (usize, &str)| {
        let first = if line[..start].ends_with('&') { 0 } else { piece.find('?')? + 1 };
        pieces(&piece[first..], ['?']).find_map(|(at, parameter)| {
            let (name, value) = parameter.split_once('=')?;
            let begin = first + at + name.len() + 1;
            let value = if value.is_empty() { &piece[begin..] } else { value };
            is_credential_in_address(name, value).then_some(start + begin..start + piece.len())
        })
    };
    pieces(line, ['&', ' ', '"', '\'', ',', '}', '#']).filter_map(value).collect()
}

/// The pieces between separators of one byte, each with where it begins.
fn pieces<const N: usize>(line: &str, separators: [char; N]) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    line.split(separators).map(move |piece| {
        let at = start;
        start += piece.len() + 1;
        (at, piece)
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
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
            ("a: {b: c, token: @1|}", "a: {b: c, token: ***"),
            ("x://a: token: y|", "x://a: token: y"),
            ("path: @/x?a=1?api_key=hunter2?b|&c=1", "path: @/x?a=1?api_key=*********&c=1"),
            ("path: @/x?api_key=?hunter2|", "path: @/x?api_key=********"),
            ("base_url: @x://a://me:hunter2@b@c.test|", "base_url: @x://****************@c.test"),
        ] {
            // The last bar is the place.
            let at = text.rfind('|').unwrap();
            let text = format!("{}{}", &text[..at], &text[at + 1..]);
            let mut line = text.clone();
            for place in credentials_in_lines(&text, [at].into_iter()) {
                line.replace_range(place.clone(), &"*".repeat(place.len()));
            }
            let start = line[..at].rfind('\n').map_or(0, |newline| newline + 1);
            assert_eq!(line[start..].lines().next().unwrap().trim_end(), expected, "{text}");
        }
    }

    #[test]
    fn long_lines_and_many_places_are_read_once() {
        // The square of these lengths would take minutes.
        const N: usize = 20_000;
        for line in ["a: ", "a://", "?", "?a=", "&a", "{", "a,b: ", "'", "?token=1"] {
            let text = format!("{}\n", line.repeat(N));
            credentials_in_lines(&text, [text.len() - 1].into_iter());
        }
        let text = format!("auth:\n  a: #b\n{}  token: #hunter2\n", "  a: #b\n".repeat(N));
        let places = text.match_indices('#').map(|(at, _)| at);
        let found = credentials_in_lines(&text, places);
        assert_eq!(found.iter().map(|place| &text[place.clone()]).collect::<Vec<_>>(), ["#hunter2"]);
    }
}

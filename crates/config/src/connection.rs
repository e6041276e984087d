//! The passwords in what programs connect by. Pure.

use crate::{credential::is_credential_in_address, looks_like_credential};

/// The passwords in a connection string: `Server=x;Password=y`, `host=x password=y`, `scheme://user:password@host?password=y`,
/// `user/password@host` of Oracle, and `host:port:database:user:password` of `.pgpass`.
pub fn credentials_in(text: &str) -> Vec<String> {
    let is_one_word = !text.contains(char::is_whitespace);
    let params = is_one_word.then(|| params(text)).into_iter().flatten();
    let named = pairs(text).into_iter().chain(params);
    let named = named.filter(|(name, value)| is_credential_in_address(name, value)).map(|(_, value)| value);
    let places = [of_address(text), of_oracle(text), of_pgpass(text)].into_iter().flatten();
    let mut found: Vec<String> = named.chain(places.filter(|_| is_one_word).map(str::to_owned)).collect();
    found.retain(|value| !value.is_empty());
    found.dedup();
    found
}

/// The parameters of an address.
fn params(text: &str) -> impl Iterator<Item = (String, String)> {
    let query = text.split_once("://").and_then(|(_, rest)| rest.split_once('?'));
    let pairs = query.into_iter().flat_map(|(_, query)| query.split(['&', ';']));
    pairs.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn of_address(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}

fn of_oracle(text: &str) -> Option<&str> {
    let (login, _) = text.split_once("@//").or_else(|| text.rsplit_once('@'))?;
    let (user, password) = login.split_once('/')?;
    let is_login = !user.is_empty() && !user.ends_with(':') && !password.contains('/');
    (is_login && looks_like_credential(password)).then_some(password)
}

fn of_pgpass(text: &str) -> Option<&str> {
    let mut fields = text.splitn(5, ':');
    let (host, port) = (fields.next()?, fields.next()?);
    let is_port =
        port == "*" || !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    let password = fields.nth(2)?;
    let is_address = password.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    (is_port && !host.is_empty() && !is_address && looks_like_credential(password)).then_some(password)
}

/// The pairs of `name=value`, between `;` where there is one, else between spaces; values as `{…}`, `"…"` or `'…'` quote them.
fn pairs(text: &str) -> Vec<(String, String)> {
    let separator = if text.contains(';') { ';' } else { ' ' };
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('=') {
        let name = before.rsplit(separator).next().unwrap_or_default().trim();
        let (value, behind) = value(behind, separator);
        pairs.push((name.to_owned(), value));
        rest = behind;
    }
    pairs
}

/// What a value at the begin of `text` says, and what follows it.
fn value(text: &str, separator: char) -> (String, &str) {
    let start = text.trim_start_matches(' ');
    let quote = start.chars().next().filter(|c| "{\"'".contains(*c));
    if let Some(quote) = quote
        && let Some((value, behind)) = quoted(&start[1..], if quote == '{' { '}' } else { quote })
        && behind.chars().next().is_none_or(|c| c == separator || c.is_whitespace())
    {
        return (value, behind);
    }
    let end = text.find(separator).unwrap_or(text.len());
    (text[..end].trim().trim_matches(['"', '\'']).to_owned(), &text[end..])
}

/// Up to the closing sign, which stands there twice, or behind a backslash, where it is meant.
fn quoted(text: &str, end: char) -> Option<(String, &str)> {
    /// Passwords are shorter.
    const MAX_CHARS: usize = 1024;
    let mut value = String::new();
    let mut chars = text.char_indices().take(MAX_CHARS).peekable();
    while let Some((index, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        match c {
            c if c == end && next == Some(end) => {
                value.push(end);
                chars.next();
            }
            c if c == end => return Some((value, &text[index + 1..])),
            '\\' if end == '\'' && next.is_some() => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_found_in_what_programs_connect_by() {
        for (text, expected) in [
            ("Server=x;User Id=me;Password=hunter2;Port=1", vec!["hunter2"]),
            ("AccountName=a;AccountKey=aB3/9x==;EndpointSuffix=core", vec!["aB3/9x=="]),
            ("host=x user=me password='hunter2' port=1", vec!["hunter2"]),
            ("Server=x;Pwd={My;Pw}}9x};Port=1", vec!["My;Pw}9x"]),
            (r#"Server=x;Password="a;b""c";Port=1"#, vec![r#"a;b"c"#]),
            ("Driver={ODBC Driver 18};PWD={hunter2}", vec!["hunter2"]),
            ("host=x password='it\\'s it' port=1", vec!["it's it"]),
            ("postgres://me:hunter2@x.test/db", vec!["hunter2"]),
            ("jdbc:postgresql://x.test/db?user=me&password=hunter2", vec!["hunter2"]),
            ("jdbc:oracle:thin:scott/Tiger99xx@//x.test:1521/orcl", vec!["Tiger99xx"]),
            ("scott/Tiger99xx@orcl", vec!["Tiger99xx"]),
            ("actions/checkout@v4", vec![]),
            ("https://x.test/a/Tiger99xx@orcl", vec![]),
            ("x.test:5432:db:me:Tiger:99xx", vec!["Tiger:99xx"]),
            ("2001:1234:5678:9abc:def0:1234:5678:9abc", vec![]),
            ("00:11:22:33:44:55", vec![]),
            ("2024-01-31T00:00:00.123456:99xx", vec![]),
            ("postgres://x.test/db?a=b@c:d", vec![]),
            ("Server=x;Trusted_Connection=True", vec![]),
            ("project = A and status = open", vec![]),
            ("a=b", vec![]),
        ] {
            assert_eq!(credentials_in(text), expected, "{text}");
        }
    }

    #[test]
    fn long_texts_are_read_once() {
        for (piece, n_found) in [("Pwd={;", 20_000), ("a='", 0), ("a={ ", 0), ("x:1:", 1), ("://a@?", 0)] {
            assert!(credentials_in(&piece.repeat(20_000)).len() <= n_found, "{piece}");
        }
    }
}

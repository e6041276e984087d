//! Whose the credentials are, as servers put it; pure.

use serde_json::Value;

/// What servers call a person's or program's name, from the best to read to the worst.
const NAMES: [&str; 6] = ["displayName", "display_name", "name", "login", "username", "user"];
const ADDRESSES: [&str; 3] = ["emailAddress", "email", "mail"];

/// The account that the answer of a path such as `/myself`, `/user` or `/me` tells of.
pub(crate) fn account(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let find =
        |keys: &[&str]| keys.iter().find_map(|key| value.get(key)?.as_str().filter(|text| !text.is_empty()));
    let text = match (find(&NAMES), find(&ADDRESSES)) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address)?.to_owned(),
    };
    // It is printed on terminals.
    Some(text.chars().filter(|c| !pipeline_config::is_invisible(*c)).take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_who_it_is() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(account(body.as_bytes()).as_deref(), expected, "{body}");
        };
        check(r#"{"displayName":"Zoë","emailAddress":"z@x.test"}"#, Some("Zoë <z@x.test>"));
        check(r#"{"login":"octocat","name":null}"#, Some("octocat"));
        check(r#"{"email":"z@x.test"}"#, Some("z@x.test"));
        check(r#"{"name":"a\u001bb"}"#, Some("ab"));
        check(r#"{"issues":[]}"#, None);
        check(r#"[{"name":"x"}]"#, None);
        check("<html>", None);
    }
}

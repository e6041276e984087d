//! Which names and values are credentials. There is one list of names for all: keys of YAML, headers, parameters of addresses,
//! settings of programs, and variables.

/// Anywhere in a name, these make its value a credential.
const PARTS: [&str; 12] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "signature",
    "apikey",
    "credential",
    "privatekey",
    "accesskey",
    "sessionid",
    "cookie",
];
/// These do so as a word of the name: `pass` in `db_pass`, not in `passenger`.
const WORDS: [&str; 6] = ["pwd", "pass", "passcode", "jwt", "dsn", "authorization"];
/// These do so where the value is one that somebody keeps out of the file, or that is on its way to a server: `key` is also
/// what a row is called by, and `auth` how somebody logs in.
const LIKELY_WORDS: [&str; 6] = ["key", "keys", "code", "sig", "auth", "sas"];
/// Words before `key` or `code` that make it the name of something.
const OF_THINGS: [&str; 24] = [
    "project",
    "issue",
    "primary",
    "foreign",
    "sort",
    "partition",
    "board",
    "space",
    "replication",
    "cache",
    "row",
    "epic",
    "parent",
    "user",
    "country",
    "language",
    "state",
    "status",
    "currency",
    "zip",
    "postal",
    "area",
    "error",
    "region",
];
/// Anywhere in the name of a parameter, these make a token one that leads to a page, or a number of them.
const OF_PAGES: [&str; 8] = ["page", "next", "cursor", "continu", "skip", "sync", "delta", "tokens"];
/// Words at the end of a name that say something about a credential, or about how somebody logs in.
const ABOUT: [&str; 12] =
    ["type", "mode", "url", "uri", "host", "kind", "method", "name", "id", "version", "format", "timeout"];

/// Whether what has this name is a credential, wherever it stands.
pub fn is_credential_name(name: &str) -> bool {
    let joined: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    PARTS.iter().any(|part| joined.contains(part))
        || words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a parameter of a request is a credential: the tokens of pages lead to the next ones, and some parameters say how many
/// tokens of a text there may be.
pub fn is_credential_parameter(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_credential_name(name) && !OF_PAGES.iter().any(|part| lower.contains(part))
}

/// Whether what has this name may be a credential: of variables, and of parameters in addresses that are printed.
pub fn may_be_credential_name(name: &str) -> bool {
    let words = words(name);
    let is_likely = |(index, word): (usize, &String)| {
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        let is_of_thing = before.is_some_and(|before| OF_THINGS.contains(&before.as_str()));
        LIKELY_WORDS.contains(&word.as_str()) && !is_of_thing
    };
    let is_about = words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    is_credential_name(name) || !is_about && words.iter().enumerate().any(is_likely)
}

/// Whether a value that a variable holds looks like what must not be shown, where no name says so: a word, a number, a time
/// or an address is found in messages for other reasons.
pub fn looks_like_credential(value: &str) -> bool {
    const MIN_CHARS: usize = 8;
    let is_word = value.chars().all(|c| c.is_lowercase() || "-_./ ".contains(c));
    let is_number = value.chars().all(|c| c.is_ascii_digit() || "+-.,:/TZ ".contains(c));
    let is_place = value.contains("://") || value.starts_with(['/', '.', '~']);
    value.chars().count() >= MIN_CHARS && !is_word && !is_number && !is_place
}

/// The words of a name such as `api_key`, `X-Amz-Sig` or `accessKeyId`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && was_lower) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(c.to_ascii_lowercase());
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_pages_and_numbers_of_tokens_are_no_credentials() {
        for name in ["pageToken", "next_token", "continuationToken", "$skiptoken", "syncToken", "max_tokens"]
        {
            assert!(is_credential_name(name) && !is_credential_parameter(name), "{name}");
        }
        for name in ["token", "access_token", "dbPass", "api_key", "signature"] {
            assert!(is_credential_parameter(name), "{name}");
        }
    }

    #[test]
    fn names_say_what_a_value_is() {
        for name in [
            "API_KEY",
            "api-key",
            "apikey",
            "X-Api-Key",
            "access_token",
            "clientSecret",
            "Authorization",
            "db_pass",
            "PWD",
            "password",
            "private_key",
            "AWS_SECRET_ACCESS_KEY",
            "X-Session-Id",
            "Cookie",
            "dsn",
        ] {
            assert!(is_credential_name(name), "{name}");
            assert!(may_be_credential_name(name), "{name}");
        }
        for name in ["KEY", "code", "X-Amz-Sig", "auth", "JIRA_KEY", "sas"] {
            assert!(!is_credential_name(name) && may_be_credential_name(name), "{name}");
        }
        for name in [
            "project_key",
            "ISSUE_KEY",
            "primaryKey",
            "monkey",
            "encode",
            "passenger",
            "startAt",
            "author",
            "name",
            "COUNTRY_CODE",
            "language_code",
            "AUTH_TYPE",
            "auth-url",
            "KEY_ID",
        ] {
            assert!(!may_be_credential_name(name), "{name}");
        }
    }

    #[test]
    fn words_numbers_and_places_are_shown() {
        for value in ["CANARY-9f3a", "S3cretPass", "AKIAIOSFODNN7", "a1b2c3d4e5"] {
            assert!(looks_like_credential(value), "{value}");
        }
        for value in [
            "issues",
            "my-project",
            "2024-01-31T00:00:00Z",
            "1000000000",
            "https://x.test/A1",
            "/data/Out1",
            "WEB1",
            "true",
        ] {
            assert!(!looks_like_credential(value), "{value}");
        }
    }
}

//! Which names and values are credentials. There is one list of names for all: keys of YAML, headers, parameters of addresses,
//! settings of programs, and variables.

use crate::secret::MASK;

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
/// Words at the end of the name of something that messages are about.
const THINGS: [&str; 32] = [
    "table",
    "tables",
    "column",
    "dataset",
    "database",
    "schema",
    "projects",
    "env",
    "environment",
    "stage",
    "zone",
    "tenant",
    "team",
    "org",
    "group",
    "channel",
    "repo",
    "branch",
    "jql",
    "sql",
    "query",
    "filter",
    "fields",
    "date",
    "email",
    "username",
    "login",
    "scope",
    "file",
    "dir",
    "path",
    "site",
];
/// Anywhere in the name of a parameter, these make a token one that leads to a page, or a number of them.
const OF_PAGES: [&str; 8] = ["page", "next", "cursor", "continu", "skip", "sync", "delta", "tokens"];
/// Anywhere in a name, these make a token one of somebody: a "page access token" is that of a page of a social network.
const OF_SOMEBODY: [&str; 5] = ["accesstoken", "apitoken", "authtoken", "bearertoken", "refreshtoken"];
/// Names of members of JSON whose texts are credentials in what servers send, in lower case without `_` and `-`: rows may be made
/// of everything else.
const OF_DATA: [&str; 15] = [
    "accesstoken",
    "apikey",
    "apitoken",
    "authorization",
    "authtoken",
    "clientsecret",
    "cookie",
    "idtoken",
    "passwd",
    "password",
    "privatekey",
    "refreshtoken",
    "secret",
    "secretkey",
    "sessionid",
];
/// Words at the end of a name that say something about a credential, or about how somebody logs in.
const ABOUT: [&str; 12] =
    ["type", "mode", "url", "uri", "host", "kind", "method", "name", "id", "version", "format", "timeout"];

/// Whether what has this name is a credential, wherever it stands.
pub fn is_credential_name(name: &str) -> bool {
    let joined = joined(name);
    PARTS.iter().any(|part| joined.contains(part))
        || words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// Whether what has this name in a request is a credential: the tokens of pages lead to the next ones, and some parameters say how
/// many tokens of a text there may be.
pub fn is_credential_parameter(name: &str) -> bool {
    let joined = joined(name);
    let is_of_page = || OF_PAGES.iter().any(|part| joined.contains(part));
    let is_of_somebody = || OF_SOMEBODY.iter().any(|part| joined.contains(part));
    is_credential_name(name) && (!is_only_token(name) || !is_of_page() || is_of_somebody())
}

/// Whether the text of a member of this name is a credential in what a server sends.
pub fn is_credential_of_data(name: &str) -> bool {
    OF_DATA.contains(&joined(name).as_str())
}

/// What a parameter may be shown as: of a credential its name alone. Where pages are numbered, `token` may be such a number.
pub fn shown_parameter<'v>(name: &str, value: &'v str) -> &'v str {
    let is_number = || is_only_token(name) && value.parse::<f64>().is_ok();
    match value.is_empty() || !is_credential_parameter(name) || is_number() {
        true => value,
        false => MASK,
    }
}

/// The name that decides what a member is: its own one, or that of the member around it, as in `password: { value: … }`.
pub fn deciding_name<'n>(around: &'n str, own: &'n str) -> &'n str {
    if is_credential_parameter(around) && !names_thing(own) && !is_about(own) { around } else { own }
}

/// Whether what has this name may be a credential: of variables, and of parameters in addresses that are printed.
pub fn may_be_credential_name(name: &str) -> bool {
    let is_likely = || words(name).iter().any(|word| LIKELY_WORDS.contains(&word.as_str()));
    is_credential_name(name) || !is_about(name) && !names_thing(name) && is_likely()
}

/// Whether a parameter of an address that is printed is a credential.
pub fn is_credential_in_address(name: &str, value: &str) -> bool {
    match is_credential_name(name) {
        true => is_credential_parameter(name),
        false => may_be_credential_name(name) && !is_everyday(value),
    }
}

/// Whether a name is that of something that messages are about: a project, the name of a table, or the key of an issue.
pub(crate) fn names_thing(name: &str) -> bool {
    let is_in = |words: &[&str], word: &str| words.contains(&word);
    let is_thing = |word: &str| is_in(&OF_THINGS, word) || is_in(&THINGS, word);
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_of_thing = match words.as_slice() {
        [.., thing, key] if is_in(&LIKELY_WORDS, key) => is_in(&OF_THINGS, thing),
        [.., thing, about] if is_in(&ABOUT, about) => is_thing(thing),
        [.., thing] => is_thing(thing),
        [] => false,
    };
    is_of_thing && !is_credential_name(name)
}

/// Whether the last word of a name makes it say something about what is named.
fn is_about(name: &str) -> bool {
    words(name).last().is_some_and(|last| ABOUT.contains(&last.as_str()))
}

/// Whether a value looks like what must not be shown, where no name says so.
pub fn looks_like_credential(value: &str) -> bool {
    const MIN_CHARS: usize = 8;
    value.chars().count() >= MIN_CHARS && !is_everyday(value)
}

/// Whether a value is found in messages and rows for other reasons: words such as `prod-eu-1`, `SALES` or `Customer Support`, a
/// number, a time or an address.
pub fn is_everyday(value: &str) -> bool {
    let is_number = value.chars().all(|c| c.is_ascii_digit() || "+-.,:/TZ ".contains(c));
    let is_place = value.contains("://") || value.starts_with(['/', '.', '~']);
    is_number || is_place || value.split(['-', '_', '.', '/', ' ']).all(is_word)
}

/// Letters as words have them, with a small number behind, or a number.
fn is_word(piece: &str) -> bool {
    let letters = piece.trim_end_matches(|c: char| c.is_ascii_digit());
    let n_digits = piece.len() - letters.len();
    let behind_first = letters.chars().skip(1);
    match letters {
        "" => n_digits <= 8,
        _ if letters.chars().all(char::is_lowercase) => n_digits <= 4,
        _ if letters.chars().all(char::is_uppercase) => n_digits == 0,
        _ => {
            n_digits == 0
                && letters.starts_with(char::is_uppercase)
                && behind_first.clone().all(char::is_lowercase)
        }
    }
}

/// Whether nothing but the word "token" makes it the name of a credential.
fn is_only_token(name: &str) -> bool {
    !is_credential_name(&name.to_ascii_lowercase().replace("token", "_"))
}

fn joined(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
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
        for name in [
            "token",
            "access_token",
            "dbPass",
            "api_key",
            "signature",
            "page_password",
            "syncSecret",
            "next_api_key",
            "PAGE_ACCESS_TOKEN",
        ] {
            assert!(is_credential_parameter(name), "{name}");
        }
    }

    #[test]
    fn a_parameter_is_shown_by_its_name() {
        for (name, value, shown) in [
            ("password", "x", MASK),
            ("password", "2024", MASK),
            ("password", "", ""),
            ("token", "20", "20"),
            ("token", "a20", MASK),
            ("pageToken", "a20", "a20"),
            ("jql", "project = A", "project = A"),
        ] {
            assert_eq!(shown_parameter(name, value), shown, "{name} {value}");
        }
    }

    #[test]
    fn a_member_of_a_credential_is_one() {
        for (around, own, is_credential) in [
            ("password", "value", true),
            ("credentials", "pin", true),
            ("credentials", "username", false),
            ("credentials", "type", false),
            ("user", "password", true),
            ("user", "name", false),
            ("nextPageToken", "value", false),
        ] {
            assert_eq!(is_credential_parameter(deciding_name(around, own)), is_credential, "{around} {own}");
        }
    }

    #[test]
    fn names_of_things_are_no_credentials() {
        for name in
            ["PROJECT", "PROJECT_KEY", "TABLE_NAME", "KEY_COLUMN", "REGION", "JQL", "projectKey", "SITE_URL"]
        {
            assert!(names_thing(name) && !may_be_credential_name(name), "{name}");
        }
        for name in ["PLAIN", "PLAIN_NAME", "KEY", "API_KEY", "TOKEN_NAME", "SID", "CODE", "AUTH", ""] {
            assert!(!names_thing(name), "{name}");
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
        for value in [
            "CANARY-9f3a",
            "S3cretPass",
            "AKIAIOSFODNN7",
            "a1b2c3d4e5",
            "WebShop2024",
            "p4ss-w0rd-x",
            "correct+horse",
        ] {
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
            "prod-eu-1",
            "DIM_CUSTOMER",
            "CUSTOMERS",
            "SALES_2024",
            "Customer Support",
            "orders_v2.daily",
        ] {
            assert!(!looks_like_credential(value), "{value}");
        }
    }
}

//! Which names and values are credentials. There is one list of names for all: keys of YAML, headers, parameters of addresses,
//! settings of programs, and variables.

use crate::secret::MASK;

/// A word that ends with one of these makes its name that of a credential, also in the plural: `accesstoken`, but not `secretary`.
const ENDS: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "signature",
    "credential",
    "cookie",
    "sessid",
    "assertion",
];
/// Two words, or one, that end with these do so too: `api_key`, `ApiKey` and `apikey`.
const PAIRS: [&str; 16] = [
    "apikey",
    "appkey",
    "accesskey",
    "authkey",
    "privatekey",
    "secretkey",
    "sessionkey",
    "sessionid",
    "subscriptionkey",
    "functionkey",
    "functionskey",
    "masterkey",
    "sharedkey",
    "signingkey",
    "encryptionkey",
    "connectionstring",
];
/// These do so as a word of their own: `pass` in `db_pass`, not in `passenger`.
const WORDS: [&str; 7] = ["pwd", "pw", "pass", "passcode", "jwt", "dsn", "authorization"];
/// The same at the end of a word, as in `PGPASS`, but for words of other things.
const PASS: &str = "pass";
const NO_PASS: [&str; 7] = ["bypass", "compass", "encompass", "overpass", "surpass", "trespass", "underpass"];
/// These do so where the value is one that somebody keeps out of the file, or that is on its way to a server: `auth` is also how
/// somebody logs in.
const LIKELY_WORDS: [&str; 5] = ["key", "code", "sig", "auth", "sas"];
/// The same where they are the whole name: an `AccountSid` is no secret.
const LIKELY_NAMES: [&str; 3] = ["sid", "session", "appid"];
/// Of these, rows are called so: what is read from rows goes to a server under such names.
const OF_ROWS: [&str; 2] = ["key", "code"];
/// Words before `key` or `code` that make it the name of something.
const OF_THINGS: [&str; 23] = [
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
const THINGS: [&str; 33] = [
    "user",
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
/// Words in the name of a parameter that make a token one that leads to a page.
const OF_PAGES: [&str; 11] = [
    "page",
    "next",
    "nextpage",
    "cursor",
    "continuation",
    "continue",
    "skip",
    "sync",
    "nextsync",
    "delta",
    "resumption",
];
/// Words right before `token` that make it one of somebody: a "page access token" is that of a page of a social network.
const OF_SOMEBODY: [&str; 5] = ["access", "api", "auth", "bearer", "refresh"];
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
/// The same behind a word that is surely a credential: the `id` of one is a part of it, and a secret address is secret.
const ABOUT_CREDENTIAL: [&str; 31] = [
    "type",
    "mode",
    "kind",
    "method",
    "name",
    "version",
    "format",
    "timeout",
    "endpoint",
    "hint",
    "since",
    "before",
    "after",
    "changed",
    "expires",
    "expiry",
    "expired",
    "expiration",
    "lifetime",
    "ttl",
    "age",
    "at",
    "date",
    "count",
    "limit",
    "length",
    "policy",
    "algorithm",
    "enabled",
    "required",
    "status",
];
/// Places where a credential is or comes from.
const PLACES: [&str; 6] = ["url", "uri", "host", "file", "path", "dir"];

/// What a name says about what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// A credential.
    Credential,
    /// A token that leads to a page, or a number of tokens: a credential where it is a variable.
    PageToken,
    /// Perhaps one.
    Perhaps,
    /// Perhaps one, or what a row is called by.
    PerhapsOrRow,
    /// Something that messages are about: a project, the name of a table, or the key of an issue.
    Thing,
    Nothing,
}

/// The one rule of all names.
fn says(name: &str) -> Says {
    let words = name_words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        _ if has_credential(&words, |_| true) => match is_of_page(&words) {
            true => Says::PageToken,
            false => Says::Credential,
        },
        words if is_of_thing(words) => Says::Thing,
        [name] if LIKELY_NAMES.contains(name) => Says::Perhaps,
        [.., last] if ABOUT.contains(last) => Says::Nothing,
        words => match words.iter().rev().find(|word| LIKELY_WORDS.contains(word)) {
            Some(word) if OF_ROWS.contains(word) => Says::PerhapsOrRow,
            Some(_) => Says::Perhaps,
            None => Says::Nothing,
        },
    }
}

/// Whether a word, or two of them, name a credential for which `counts` holds, and the last word does not say something about it.
fn has_credential(words: &[&str], counts: impl Fn(&str) -> bool) -> bool {
    let names_one = |index: usize| {
        let word = singular(words[index]);
        let before = index.checked_sub(1).map_or("", |before| words[before]);
        let pair = format!("{before}{word}");
        WORDS.contains(&word)
            || word.ends_with(PASS) && !NO_PASS.contains(&word)
            || ENDS.iter().any(|end| word.ends_with(end))
            || PAIRS.iter().any(|end| pair.ends_with(end))
    };
    let is_secret = words.iter().any(|word| singular(word) == "secret");
    let is_about = words
        .last()
        .is_some_and(|last| ABOUT_CREDENTIAL.contains(last) || !is_secret && PLACES.contains(last));
    !is_about && (0..words.len()).any(|index| names_one(index) && counts(singular(words[index])))
}

/// A word without the `s` of a plural, and without a number behind.
fn singular(word: &str) -> &str {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    match word.strip_suffix('s') {
        Some(one) if ENDS.iter().any(|end| one.ends_with(end)) => one,
        Some(one) if PAIRS.iter().any(|end| one.ends_with(end)) || one == "key" => one,
        _ => word,
    }
}

/// Whether nothing but a token makes it a credential, and the token is that of a page, or there are several.
fn is_of_page(words: &[&str]) -> bool {
    if has_credential(words, |word| !word.ends_with("token")) {
        return false;
    }
    // `nextPageToken` may be written without the capitals.
    let pieces: Vec<&str> = words
        .iter()
        .flat_map(|word| match word.strip_suffix("token") {
            Some(before) => [before, "token"],
            None => [*word, ""],
        })
        .filter(|piece| !piece.is_empty())
        .collect();
    let is_somebody = pieces.windows(2).any(|pair| OF_SOMEBODY.contains(&pair[0]) && pair[1] == "token");
    !is_somebody && pieces.iter().any(|piece| OF_PAGES.contains(piece) || *piece == "tokens")
}

fn is_of_thing(words: &[&str]) -> bool {
    let is_thing = |word: &&str| OF_THINGS.contains(word) || THINGS.contains(word);
    match words {
        [.., thing, key] if LIKELY_WORDS.contains(key) || *key == "keys" => OF_THINGS.contains(thing),
        [.., thing, about] if ABOUT.contains(about) => is_thing(thing),
        [.., thing] => is_thing(thing),
        [] => false,
    }
}

/// Whether what has this name is a credential, wherever it stands.
pub fn is_credential_name(name: &str) -> bool {
    matches!(says(name), Says::Credential | Says::PageToken)
}

/// Whether what has this name in a request is a credential: the tokens of pages lead to the next ones, and some parameters say how
/// many tokens of a text there may be.
pub fn is_credential_parameter(name: &str) -> bool {
    says(name) == Says::Credential
}

/// Whether the text of a member of this name is a credential in what a server sends.
pub fn is_credential_of_data(name: &str) -> bool {
    OF_DATA.contains(&joined(name).as_str())
}

/// What a parameter may be shown as in a message: of a credential its name alone.
pub fn shown_parameter<'v>(name: &str, value: &'v str) -> &'v str {
    if is_credential_in_address(name, value) { MASK } else { value }
}

/// The same in data, of which rows are made.
pub fn shown_in_data<'v>(name: &str, value: &'v str) -> &'v str {
    if is_credential_in_data(name, value) { MASK } else { value }
}

/// The name that decides what a member is: its own one, or that of the member around it, as in `password: { value: … }`.
pub fn deciding_name<'n>(around: &'n str, own: &'n str) -> &'n str {
    if is_credential_parameter(around) && !names_thing(own) && !is_about(own) { around } else { own }
}

/// Whether what has this name may be a credential: of variables, and of parameters in addresses that are printed.
pub fn may_be_credential_name(name: &str) -> bool {
    !matches!(says(name), Says::Thing | Says::Nothing)
}

/// Whether a parameter that is printed is a credential. Where pages are numbered, `token` may be such a number; what a variable
/// stands for is masked by its value.
pub fn is_credential_in_address(name: &str, value: &str) -> bool {
    let is_number = || has_only_token(name) && value.parse::<f64>().is_ok();
    match says(name) {
        Says::Credential => !value.is_empty() && !is_number(),
        Says::Perhaps | Says::PerhapsOrRow => !is_everyday(value) && !value.contains("${"),
        Says::PageToken | Says::Thing | Says::Nothing => false,
    }
}

/// Whether a parameter that becomes data is a credential by its name: the key of a row is data, unless its value is known as that of
/// a credential.
pub fn is_credential_in_data(name: &str, value: &str) -> bool {
    says(name) != Says::PerhapsOrRow && is_credential_in_address(name, value)
}

/// Whether a name is that of something that messages are about: a project, the name of a table, or the key of an issue.
pub(crate) fn names_thing(name: &str) -> bool {
    says(name) == Says::Thing
}

/// Whether the last word of a name makes it say something about what is named.
fn is_about(name: &str) -> bool {
    name_words(name).last().is_some_and(|last| ABOUT.contains(&last.as_str()))
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
    is_number || is_place || value.split(['-', '_', '.', '/', ' ', ',']).all(is_word)
}

/// Letters as words have them, 28 at most, with a small number behind, or a number.
fn is_word(piece: &str) -> bool {
    let letters = piece.trim_end_matches(|c: char| c.is_ascii_digit());
    let n_digits = piece.len() - letters.len();
    let behind_first = letters.chars().skip(1);
    match letters {
        "" => n_digits <= 8,
        _ if letters.chars().all(char::is_lowercase) => n_digits <= 4 && letters.len() <= 28,
        _ if letters.chars().all(char::is_uppercase) => n_digits == 0,
        _ => {
            n_digits == 0
                && letters.starts_with(char::is_uppercase)
                && behind_first.clone().all(char::is_lowercase)
        }
    }
}

/// Whether nothing but the word "token" makes it the name of a credential.
fn has_only_token(name: &str) -> bool {
    let words = name_words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    !has_credential(&words, |word| !word.ends_with("token"))
}

fn joined(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// The words of a name such as `api_key`, `X-Amz-Sig` or `accessKeyId`, in lower case.
pub fn name_words(name: &str) -> Vec<String> {
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
    words.retain(|word| !word.is_empty());
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

    const CREDENTIALS: &str = "API_KEY api-key apikey X-Api-Key access_token accessToken clientSecret Authorization db_pass PWD \
        password dbpassword private_key AWS_SECRET_ACCESS_KEY accessKeyId X-Session-Id jsessionid PHPSESSID Cookie dsn \
        X-Amz-Signature X-Amz-Security-Token appkey app_key Ocp-Apim-Subscription-Key x-functions-key assertion \
        client_assertion secret_id secret_url TOKEN2 API_KEYS passwords oauth_token_secret credentials \
        connection_string page_access_token nextcloud_token";
    const PERHAPS: &str = "KEY code X-Amz-Sig auth JIRA_KEY sas user_key session sid appid code_verifier";
    const NONE: &str = "project_key ISSUE_KEY primaryKey monkey encode passenger startAt author name COUNTRY_CODE language_code \
        AUTH_TYPE auth-url KEY_ID keys tokenize tokenizer token_type token_type_hint token_endpoint secretary secretariat \
        password_changed_since password_policy PASSWORD_FILE cookie_name oauth_signature_method AccountSid session_state \
        keyword compass passport keyboard signatures_count";

    #[test]
    fn names_say_what_a_value_is() {
        for name in CREDENTIALS.split_whitespace() {
            assert_eq!(says(name), Says::Credential, "{name}");
            assert_eq!([shown_parameter(name, "x"), shown_in_data(name, "x")], [MASK, MASK], "{name}");
        }
        for name in PERHAPS.split_whitespace() {
            assert!(!is_credential_name(name) && may_be_credential_name(name), "{name}");
            assert_eq!(
                [shown_parameter(name, "aB3/9x"), shown_parameter(name, "SALES")],
                [MASK, "SALES"],
                "{name}"
            );
        }
        for name in NONE.split_whitespace() {
            assert!(!may_be_credential_name(name), "{name}");
            assert_eq!(
                [shown_parameter(name, "aB3/9x"), shown_in_data(name, "aB3/9x")],
                ["aB3/9x"; 2],
                "{name}"
            );
        }
    }

    #[test]
    fn the_key_of_a_row_is_data_where_no_variable_brings_it() {
        for (name, shown) in
            [("key", "aB3/9x"), ("code", "aB3/9x"), ("sig", MASK), ("sid", MASK), ("appid", MASK)]
        {
            assert_eq!(shown_in_data(name, "aB3/9x"), shown, "{name}");
        }
        assert_eq!(shown_parameter("key", "ABC-1,ABC-2"), "ABC-1,ABC-2");
        assert_eq!(shown_parameter("key", "${KEY}"), "${KEY}");
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
            "qwlkzjxhvbnmpoiuytrewqasdfghjklz",
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

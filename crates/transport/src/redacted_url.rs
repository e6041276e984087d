//! A URL that may be printed.

use std::fmt;

use url::Url;

use crate::redactor::{MASK, Redactor};

/// Anywhere in a parameter's name, these make its value a secret.
const SENSITIVE_PARTS: [&str; 8] =
    ["token", "secret", "password", "passwd", "passphrase", "signature", "apikey", "credential"];
/// These do so as a word of the name: `key` in `api_key` and `AccessKey`, not in `monkey`.
const SENSITIVE_WORDS: [&str; 10] =
    ["key", "keys", "code", "pwd", "pass", "sig", "auth", "authorization", "jwt", "sas"];

/// How many characters of an address a message has: a cursor in it may have millions.
const MAX_CHARS: usize = 1_000;

/// A URL without user, password, fragment, and the values of parameters that look like secrets. Long ones are clipped where
/// they are printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedactedUrl(String);

impl RedactedUrl {
    /// Masks parameters by their names, then everything that `redactor` knows.
    pub fn new(url: &Url, redactor: &Redactor) -> Self {
        let by_name = Self::by_name(url);
        Self(redactor.redact(&by_name.0).into_owned())
    }

    /// All of it, for what is no message.
    pub fn whole(&self) -> &str {
        &self.0
    }

    /// Masks parameters by their names alone.
    pub fn by_name(url: &Url) -> Self {
        let mut bare = url.clone();
        bare.set_fragment(None);
        bare.set_query(None);
        // Both fail only for URLs that have no host, and hence no user.
        let _ = bare.set_username("");
        let _ = bare.set_password(None);
        let mut text = String::from(bare);
        let pairs = url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        for (index, pair) in pairs.enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            match pair.split_once('=') {
                Some((name, value)) if !value.is_empty() && is_sensitive(name) => {
                    text.push_str(name);
                    text.push('=');
                    text.push_str(MASK);
                }
                _ => text.push_str(pair),
            }
        }
        Self(text)
    }
}

/// Whether a parameter or field of this name holds a secret.
fn is_sensitive(name: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    let joined: String =
        decoded.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    SENSITIVE_PARTS.iter().any(|part| joined.contains(part))
        || words(&decoded).iter().any(|word| SENSITIVE_WORDS.contains(&word.as_str()))
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

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&pipeline_config::clipped(&self.0, MAX_CHARS))
    }
}

impl fmt::Debug for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline_config::Secret;

    #[test]
    fn masks_what_looks_like_a_secret() {
        let check = |url: &str, expected: &str| {
            assert_eq!(RedactedUrl::by_name(&url.parse().unwrap()).to_string(), expected, "{url}");
        };
        check(
            "https://x.test/a?jql=project%20%3D%20A&startAt=0",
            "https://x.test/a?jql=project%20%3D%20A&startAt=0",
        );
        check("https://u:p@x.test/a#token=1", "https://x.test/a");
        check("https://x.test/?API_KEY=1&b=2", "https://x.test/?API_KEY=[REDACTED]&b=2");
        check("https://x.test/?apikey=1", "https://x.test/?apikey=[REDACTED]");
        check("https://x.test/?accessKeyId=1", "https://x.test/?accessKeyId=[REDACTED]");
        check(
            "https://x.test/?X-Amz-Signature=1&sig=2",
            "https://x.test/?X-Amz-Signature=[REDACTED]&sig=[REDACTED]",
        );
        check("https://x.test/?Code=1&state=2", "https://x.test/?Code=[REDACTED]&state=2");
        check("https://x.test/?client%5Fsecret=1", "https://x.test/?client%5Fsecret=[REDACTED]");
        check("https://x.test/?monkey=1&encode=2&token=", "https://x.test/?monkey=1&encode=2&token=");
    }

    #[test]
    fn an_address_of_any_length_makes_a_message_that_can_be_read() {
        let url: Url = format!("https://x.test/a?cursor={}", "c".repeat(10_000_000)).parse().unwrap();
        let shown = RedactedUrl::by_name(&url);
        assert!(shown.to_string().len() < 1_100 && shown.whole().len() > 10_000_000);
    }

    #[test]
    fn masks_by_value_too() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("hunter2"));
        let url = "https://x.test/hunter2/a?q=hunter2".parse().unwrap();
        assert_eq!(RedactedUrl::new(&url, &redactor).to_string(), "https://x.test/[REDACTED]/a?q=[REDACTED]");
    }
}

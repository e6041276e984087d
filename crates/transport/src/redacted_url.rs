//! A URL that may be printed.

use std::{borrow::Cow, fmt};

use pipeline_config::{MASK, is_credential_in_address, is_credential_in_data, shown_in_data};
use url::Url;

use crate::redactor::Redactor;

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

    /// The same with what is surely a secret alone, for what becomes data and not a message.
    pub fn of_data(url: &Url, redactor: &Redactor) -> Self {
        let (address, params) = Self::where_names(url, is_credential_in_data);
        let mut text = redactor.redact_address(&address).into_owned();
        for param in params {
            let (name, value) = param.text.split_once('=').unwrap_or((param.text.as_str(), ""));
            text.push(param.sign);
            text.push_str(&redactor.redact_address(name));
            if param.text.contains('=') {
                text.push('=');
                text.push_str(&redactor.redact_parameter(&decoded(name), value));
            }
        }
        Self(text)
    }

    /// The parameters of `url`, decoded, with masks where [`RedactedUrl::of_data`] has them.
    pub fn params_of_data(url: &Url, redactor: &Redactor) -> Vec<(String, String)> {
        url.query_pairs()
            .map(|(name, value)| {
                let shown = shown_in_data(&name, &value);
                let value = redactor.redact_parameter(&name, shown).into_owned();
                (redactor.redact_address(&name).into_owned(), value)
            })
            .collect()
    }

    /// Masks parameters by their names alone.
    pub fn by_name(url: &Url) -> Self {
        let (mut text, params) = Self::where_names(url, is_credential_in_address);
        for param in params {
            text.push(param.sign);
            text.push_str(&param.text);
        }
        Self(text)
    }

    /// What stands before the parameters, and those, with a mask as value where `is_credential` holds of name and value.
    fn where_names(url: &Url, is_credential: impl Fn(&str, &str) -> bool) -> (String, Vec<Param>) {
        let mut bare = url.clone();
        bare.set_fragment(None);
        bare.set_query(None);
        // Both fail only for URLs that have no host, and hence no user.
        let _ = bare.set_username("");
        let _ = bare.set_password(None);
        let pairs = url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let param = |(index, pair): (usize, &str)| {
            let text = match pair.split_once('=') {
                Some((name, value))
                    if !value.is_empty() && is_credential(&decoded(name), &decoded(value)) =>
                {
                    format!("{name}={MASK}")
                }
                _ => pair.to_owned(),
            };
            Param { sign: if index == 0 { '?' } else { '&' }, text }
        };
        (String::from(bare), pairs.enumerate().map(param).collect())
    }
}

/// A parameter as it stands in an address.
struct Param {
    /// What stands before it.
    sign: char,
    text: String,
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
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
            "https://x.test/?X-Amz-Signature=1&sig=aB3%2F9x",
            "https://x.test/?X-Amz-Signature=[REDACTED]&sig=[REDACTED]",
        );
        check("https://x.test/?Code=4%2F0AbC&state=2", "https://x.test/?Code=[REDACTED]&state=2");
        let everyday = "https://x.test/?key=SALES&code=49&pageToken=CAUQ9x&max_tokens=4000&keys=order_id";
        check(everyday, everyday);
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
    fn one_rule_decides_what_data_has_of_an_address_and_of_its_parameters() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("Fk3/y=Z9"));
        let url: Url = "https://x.test/botFk3%2fy=Z9/a?key=Fk3%2Fy%3DZ9&code=AB12CD&appkey=x&sig=aB3%2F9x&session=F9aa1Z\
                        &subscription-key=1f&q=a-Fk3/y=Z9&token_type=x&keys=ABC-1,ABC-2&page=2"
            .parse()
            .unwrap();
        let params = RedactedUrl::params_of_data(&url, &redactor);
        let shown: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = "key=[REDACTED]&code=AB12CD&appkey=[REDACTED]&sig=[REDACTED]&session=[REDACTED]\
                        &subscription-key=[REDACTED]&q=a-[REDACTED]&token_type=x&keys=ABC-1,ABC-2&page=2";
        assert_eq!(shown.join("&"), expected);
        let address = RedactedUrl::of_data(&url, &redactor);
        assert_eq!(address.whole(), format!("https://x.test/bot[REDACTED]/a?{expected}"));
    }

    #[test]
    fn masks_by_value_too() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("hunter2"));
        let url = "https://x.test/hunter2/a?q=hunter2".parse().unwrap();
        assert_eq!(RedactedUrl::new(&url, &redactor).to_string(), "https://x.test/[REDACTED]/a?q=[REDACTED]");
    }
}

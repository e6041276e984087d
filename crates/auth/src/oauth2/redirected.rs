//! What comes back from the authorize page (RFC 6749 §4.1.2); pure.

use pipeline_config::Secret;
use url::{Url, form_urlencoded};

use super::LoginError;

/// The code in `text`: the address that the browser was sent to, or the bare code.
///
/// A bare code is taken as it is: whoever copied it out of the address has seen that it is theirs.
pub(crate) fn code(text: &str, state: &Secret) -> Result<Secret, LoginError> {
    let text = text.trim().trim_matches(['"', '\'', '<', '>', '`']).trim();
    let query = match Url::parse(text) {
        Ok(url) => url.query().unwrap_or_default().to_owned(),
        // Without the scheme, or from the `?` on.
        Err(_) if text.contains("code=") || text.contains("error=") => {
            text.rsplit('?').next().unwrap_or_default().split('#').next().unwrap_or_default().to_owned()
        }
        Err(_) if !text.is_empty() && !text.contains(char::is_whitespace) => return Ok(Secret::new(text)),
        Err(_) => return Err(LoginError::NoCode),
    };
    let find = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.into_owned())
    };
    // Checked before anything else: what comes with another state says nothing about this login.
    let is_ours = find("state").is_some_and(|found| found == state.expose());
    match (find("error"), find("code")) {
        (Some(_), _) | (_, Some(_)) if !is_ours => Err(LoginError::WrongState),
        (Some(error), _) => Err(LoginError::Refused {
            problem: match find("error_description") {
                Some(description) => format!("{error}: {description}"),
                None => error,
            },
        }),
        (None, Some(code)) => Ok(Secret::new(code)),
        (None, None) => Err(LoginError::NoCode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<String, String> {
        code(text, &Secret::new("s1")).map(|code| code.expose().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn finds_the_code_in_whatever_was_copied() {
        let check = |text: &str| assert_eq!(found(text).as_deref(), Ok("a/b"), "{text}");
        check("https://example.com/?state=s1&code=a%2Fb");
        check("  'https://example.com?code=a/b&state=s1#top' \n");
        check("example.com/?code=a%2Fb&state=s1");
        check("?code=a%2Fb&state=s1");
        check("code=a%2Fb&state=s1");
        check("a/b");
    }

    #[test]
    fn says_what_is_wrong() {
        let check = |text: &str, expected: &str| {
            let error = found(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("https://example.com/?code=a&state=s2", "another login");
        check("https://example.com/?code=a", "another login");
        check("https://example.com/?error=access_denied&state=s2", "another login");
        check("https://example.com/?error=access_denied&state=s1", "access_denied");
        check(
            "https://example.com/?error=access_denied&error_description=User%20did%20not%20authorize&state=s1",
            "access_denied: User did not authorize",
        );
        check("https://example.com/", "no `code`");
        check("", "no `code`");
        check("I have no idea", "no `code`");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[a-z:/?&=#% ]{0,40}") {
            let _ = found(&text);
        }
    }
}

//! What a program for tokens prints; pure.

use std::time::Duration;

use jiff::Timestamp;
use pipeline_config::Secret;
use serde_json::Value;

use crate::{cached::Fetched, oauth2::lifetime};

/// What programs print before a token that print all of a header.
const SCHEMES: [&str; 3] = ["Bearer", "Basic", "Token"];

/// A token without the scheme before it, which is sent with it anyway; where there is none, all that was printed is sent.
pub(crate) fn behind_scheme(token: &Secret, scheme: &str) -> Result<Secret, String> {
    match token.expose().trim().split_once(' ') {
        Some((own, token)) if own.eq_ignore_ascii_case(scheme) => Ok(Secret::new(token.trim())),
        Some(_) if !scheme.is_empty() => Err(format!(
            "it printed more than one word, and `{scheme}` would stand before them; let it print the token alone, or name the word \
             before the token as `scheme`"
        )),
        _ => Ok(token.clone()),
    }
}

/// The token in `stdout`: the text, or a field of a JSON object as OAuth servers, `az` and others name it.
///
/// The error is in words that quote nothing of it.
pub(crate) fn read(stdout: &[u8], now: Timestamp) -> Result<Fetched, String> {
    let text = std::str::from_utf8(stdout).map_err(|_| "what it printed is not text")?.trim();
    if text.is_empty() {
        return Err("it printed nothing".into());
    }
    if text.starts_with('{') {
        let value: Value =
            serde_json::from_str(text).map_err(|_| "it printed a `{`, but what follows is not JSON")?;
        return from_json(&value, now);
    }
    let is_header = matches!(text.split_once(' '), Some((scheme, token))
        if SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) && !token.contains(char::is_whitespace));
    if text.contains(char::is_whitespace) && !is_header {
        return Err(format!("it printed {} lines or words, not one token", text.split_whitespace().count()));
    }
    Ok(Fetched { token: Secret::new(text), lifetime: None })
}

fn from_json(value: &Value, now: Timestamp) -> Result<Fetched, String> {
    let token = ["access_token", "accessToken", "token"].iter().find_map(|name| value.get(name)?.as_str());
    let token = token.filter(|token| !token.is_empty()).ok_or("its JSON has no `access_token`")?;
    let ends = ["expires_at", "expires_on", "expiry"].iter().find_map(|name| moment(value.get(name)?));
    let until = ends.map(|end| Duration::try_from(now.duration_until(end)).unwrap_or_default());
    Ok(Fetched { token: Secret::new(token), lifetime: lifetime(&value["expires_in"]).or(until) })
}

/// Seconds since 1970 or RFC 3339.
fn moment(value: &Value) -> Option<Timestamp> {
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    match number {
        Some(seconds) => Timestamp::from_second(seconds).ok(),
        None => value.as_str()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_token_and_its_end() {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let check = |stdout: &str, token: &str, seconds: Option<u64>| {
            let fetched = read(stdout.as_bytes(), now).unwrap();
            assert_eq!(fetched.token.expose(), token, "{stdout}");
            assert_eq!(fetched.lifetime, seconds.map(Duration::from_secs), "{stdout}");
        };
        check("t1\n", "t1", None);
        check(r#"{"access_token":"t1","expires_in":3600}"#, "t1", Some(3600));
        check(r#"{"accessToken":"t1","expires_on":1772446000}"#, "t1", Some(400));
        check(r#"{"token":"t1","expiry":"2026-03-02T10:01:00Z"}"#, "t1", Some(60));
        check(r#"{"token":"t1","expires_at":"2026-03-02T09:00:00Z"}"#, "t1", Some(0));
    }

    #[test]
    fn quotes_nothing_of_what_it_cannot_read() {
        for stdout in ["", "hunter2 hunter3", "{hunter2", r#"{"password":"hunter2"}"#] {
            let problem = read(stdout.as_bytes(), Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(!problem.contains("hunter"), "{problem}");
        }
        assert!(read(b"\xff", Timestamp::UNIX_EPOCH).is_err());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[{}\":a-z_0-9, ]{0,40}") {
            let _ = read(text.as_bytes(), Timestamp::UNIX_EPOCH);
        }
    }
}

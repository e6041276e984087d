//! The credentials within one that has several parts: servers repeat single cookies, and log what a login was decoded to.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use pipeline_config::{credentials_in, is_credential_name, looks_like_credential};
use serde_json::Value;

/// Schemes whose credentials are one word, which may look like any other (RFC 7617, RFC 6750, and what services made of them).
const SCHEMES: [&str; 6] = ["basic", "bearer", "token", "apikey", "ssws", "splunk"];
/// What stands between the parts of cookies, of parameters and of what `Digest`, `OAuth` and AWS sign.
const SEPARATORS: [&[char]; 4] = [&[';'], &[','], &['&'], &[' ']];
/// No credential nests deeper, and none has more parts.
const MAX_DEPTH: usize = 8;
const MAX_PARTS: usize = 256;

/// What is a credential by itself in `value`: by its name if it has one, else by what it looks like. `lang=en` is none.
pub(super) fn parts(value: &str) -> Vec<String> {
    let mut found = credentials_in(value);
    if let Some((scheme, rest)) = value.split_once(' ') {
        of_scheme(scheme, rest.trim(), &mut found);
    }
    for separator in SEPARATORS {
        for piece in value.split(separator).take(MAX_PARTS) {
            of_pair(piece, &mut found);
        }
    }
    if !value.contains([' ', '=', ';', ',', '{']) && !value.contains("://") {
        of_login(value, &mut found);
    }
    of_jwt(value, &mut found);
    if let Some(json) =
        value.trim_start().starts_with('{').then(|| serde_json::from_str(value).ok()).flatten()
    {
        of_json(&json, MAX_DEPTH, &mut found);
    }
    let whole = decoded(value).filter(|_| !value.contains([' ', '=', ';', '/']));
    let decoded = found.iter().filter_map(|part| decoded(part)).chain(whole).collect::<Vec<_>>();
    found.extend(decoded);
    found.retain(|part| part != value && !part.is_empty());
    found
}

/// `Bearer xyz`, or `Basic` with the login of a user.
fn of_scheme(scheme: &str, bare: &str, found: &mut Vec<String>) {
    let is_known = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let is_scheme = is_known
        || scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && looks_like_credential(bare);
    if bare.contains(char::is_whitespace) || !is_scheme {
        return;
    }
    found.push(bare.to_owned());
    if scheme.eq_ignore_ascii_case("basic") {
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let decoded = GeneralPurpose::new(&alphabet::STANDARD, config).decode(bare);
        if let Some(login) = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            of_login(&login, found);
        }
    }
}

/// `user:password`; where a service has the key in the place of the user, there is no password, or a word.
fn of_login(login: &str, found: &mut Vec<String>) {
    let Some((user, password)) = login.split_once(':') else { return };
    if looks_like_credential(user) && !looks_like_credential(password) && !user.contains('@') {
        found.push(user.to_owned());
    }
    found.push(password.to_owned());
}

/// The claims and the signature of a JSON Web Token (RFC 7515, section 3.1); its head is the same for many.
fn of_jwt(token: &str, found: &mut Vec<String>) {
    let parts: Vec<&str> = token.split(' ').next_back().unwrap_or_default().split('.').collect();
    if let [head, claims, signature] = parts[..]
        && head.starts_with("eyJ")
        && claims.starts_with("eyJ")
    {
        found.extend([claims, signature].map(str::to_owned));
    }
}

/// `name=value` or `scheme name="value"`.
fn of_pair(piece: &str, found: &mut Vec<String>) {
    let Some((name, value)) = piece.split_once('=') else { return };
    let (name, value) = (name.trim(), value.trim().trim_matches(['"', '\'', ';', ',']));
    let is_flat = !value.contains([';', ' ', '"']);
    let is_name = name
        .split(' ')
        .next_back()
        .unwrap_or_default()
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_.$[]".contains(&b));
    if is_name && is_flat && (is_credential_name(name) || looks_like_credential(value)) {
        found.push(value.to_owned());
        // AWS has the key's id before the date and the region.
        found.extend(
            value.split_once('/').map(|(id, _)| id.to_owned()).filter(|id| looks_like_credential(id)),
        );
    }
}

fn of_json(json: &Value, depth: usize, found: &mut Vec<String>) {
    match json {
        Value::Object(members) if depth > 0 => {
            for (name, member) in members {
                match member {
                    Value::String(text) if is_credential_name(name) => found.push(text.clone()),
                    member => of_json(member, depth - 1, found),
                }
            }
        }
        Value::Array(items) if depth > 0 => items.iter().for_each(|item| of_json(item, depth - 1, found)),
        _ => {}
    }
}

/// What cookies and addresses have with `%`.
fn decoded(part: &str) -> Option<String> {
    let text = percent_encoding::percent_decode_str(part).decode_utf8().ok()?;
    (text != part).then(|| text.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_credential_are_found_and_words_beside_them_are_not() {
        for (value, expected) in [
            ("li_at=AQEDx9fFz2; lang=en; theme=dark", vec!["AQEDx9fFz2"]),
            ("JSESSIONID=%22ajax%3A19f3%22; tz=Europe/Berlin", vec!["%22ajax%3A19f3%22", "ajax:19f3"]),
            ("session_token=admin; lang=en", vec!["admin"]),
            ("Bearer admin", vec!["admin"]),
            ("token gx9f-Fz2", vec!["gx9f-Fz2"]),
            ("GenieKey 12aB-cd-9f", vec!["12aB-cd-9f"]),
            ("Basic bWU6aHVudGVyMg==", vec!["bWU6aHVudGVyMg==", "hunter2"]),
            ("Basic c2tfbGl2ZV85eDlmOg", vec!["c2tfbGl2ZV85eDlmOg", "sk_live_9x9f"]),
            ("me@x.test/token:aB3x9fZq", vec!["aB3x9fZq"]),
            (
                r#"Digest username="joe", realm="the site", qop=auth, response="6629fae49393a0539""#,
                vec!["6629fae49393a0539"],
            ),
            (
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7X/20261130/us-east-1/s3/aws4_request, SignedHeaders=host;range, Signature=fe5f80f77d5fa3beca",
                vec![
                    "AKIAIOSFODNN7X/20261130/us-east-1/s3/aws4_request",
                    "AKIAIOSFODNN7X",
                    "fe5f80f77d5fa3beca",
                ],
            ),
            (r#"OAuth realm="x", oauth_token="tok3", oauth_version="1.0""#, vec!["tok3"]),
            ("Server=x;User Id=me;Password=hunter2", vec!["hunter2"]),
            ("postgres://me:p%40ss@x.test/db", vec!["p%40ss", "p@ss"]),
            (r#"{"type":"service_account","a":[{"client_secret":"k3y"}]}"#, vec!["k3y"]),
            (
                "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN",
                vec![
                    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN",
                    "eyJzdWIiOiIxIn0",
                    "dozjgNryP4J3jVmN",
                ],
            ),
            ("P%40ss%2Fw0rd", vec!["P@ss/w0rd"]),
            ("x.test:5432:db:me:Pg-77xxQQ", vec!["Pg-77xxQQ"]),
            ("correct horse battery", vec![]),
            ("https://x.test/a:b", vec![]),
            ("xoxb-12-aB3x9fZq", vec![]),
            ("lang=en", vec![]),
        ] {
            let found = parts(value);
            let is_found = expected.iter().all(|part| found.iter().any(|found| found == part));
            let is_more = found.iter().any(|found| !expected.iter().any(|part| found.contains(part)));
            assert!(is_found && !is_more, "{value}: {found:?}");
        }
    }
}

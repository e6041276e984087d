//! The JSON of a token file; pure.

use std::time::Duration;

use jiff::Timestamp;
use pipeline_config::Secret;
use serde::{Deserialize, Serialize};

use crate::{
    logins::{Login, Logins},
    tokens::Tokens,
};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct StoredFile {
    version: u32,
    logins: Vec<StoredLogin>,
}

#[derive(Serialize, Deserialize)]
struct StoredLogin {
    seeds: Vec<String>,
    account: Option<String>,
    tokens: Option<StoredTokens>,
}

#[derive(Serialize, Deserialize)]
struct StoredTokens {
    access_token: Option<String>,
    refresh_token: Option<String>,
    obtained_at: Timestamp,
    lifetime_seconds: Option<u64>,
    scope: Option<String>,
}

/// The logins in `text`; an error in words that quote nothing of it.
pub(super) fn read(text: &str) -> Result<Logins, String> {
    // The parser's own message may quote what it read.
    let stored: StoredFile = serde_json::from_str(text).map_err(|_| "it is not a token file".to_owned())?;
    if stored.version != VERSION {
        let version = stored.version;
        return Err(match version > VERSION {
            true => format!(
                "it has version {version}, and this program knows {VERSION}: a newer one has written it"
            ),
            false => format!("it has version {version}, and there has never been one: it is damaged"),
        });
    }
    let tokens = |stored: StoredTokens| Tokens {
        access_token: stored.access_token.map(Secret::new),
        refresh_token: stored.refresh_token.map(Secret::new),
        obtained_at: stored.obtained_at,
        lifetime: stored.lifetime_seconds.map(Duration::from_secs),
        scope: stored.scope,
    };
    let login = |stored: StoredLogin| Login {
        seeds: stored.seeds,
        account: stored.account,
        tokens: stored.tokens.map(tokens),
    };
    Ok(Logins(stored.logins.into_iter().map(login).collect()))
}

/// The text that [`read`] reads.
pub(super) fn write(logins: &Logins) -> String {
    let exposed = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let tokens = |tokens: &Tokens| StoredTokens {
        access_token: exposed(&tokens.access_token),
        refresh_token: exposed(&tokens.refresh_token),
        obtained_at: tokens.obtained_at,
        lifetime_seconds: tokens.lifetime.map(|lifetime| lifetime.as_secs()),
        scope: tokens.scope.clone(),
    };
    let login = |login: &Login| StoredLogin {
        seeds: login.seeds.clone(),
        account: login.account.clone(),
        tokens: login.tokens.as_ref().map(tokens),
    };
    let stored = StoredFile { version: VERSION, logins: logins.0.iter().map(login).collect() };
    serde_json::to_string_pretty(&stored).expect("texts and numbers are JSON")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::token_store) fn logins() -> Logins {
        let tokens = Tokens {
            access_token: Some(Secret::new("hunter2")),
            refresh_token: Some(Secret::new("hunter3")),
            obtained_at: "2026-03-02T10:00:00Z".parse().unwrap(),
            lifetime: Some(Duration::from_secs(3600)),
            scope: Some("read:jira-work".into()),
        };
        Logins(vec![
            Login { seeds: vec!["a".into()], tokens: None, account: None },
            Login { seeds: vec![], tokens: Some(tokens), account: Some("Zoë".into()) },
        ])
    }

    #[test]
    fn reads_what_it_wrote() {
        assert_eq!(read(&write(&logins())), Ok(logins()));
        assert_eq!(read(&write(&Logins::default())), Ok(Logins::default()));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let check =
            |text: &str, expected: &str| assert!(read(text).unwrap_err().contains(expected), "{text}");
        check("{}", "not a token file");
        check(r#"{"version":2,"logins":[]}"#, "version 2, and this program knows 1: a newer one");
        check(r#"{"version":0,"logins":[]}"#, "version 0, and there has never been one");
    }
}

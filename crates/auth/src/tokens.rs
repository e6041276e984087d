//! The tokens of a login, and how long they are good for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pipeline_config::Secret;

/// Ask for a new token this long before the old one ends, so that no request carries one that ends on its way.
const SKEW: Duration = Duration::from_secs(60);

/// The tokens of a login.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tokens {
    pub(crate) access_token: Option<Secret>,
    pub(crate) refresh_token: Option<Secret>,
    /// When they came.
    pub(crate) obtained_at: Timestamp,
    /// How long the access token is good for; RFC 6749 §5.1 lets a server leave it out.
    pub(crate) lifetime: Option<Duration>,
    pub(crate) scope: Option<String>,
}

impl Tokens {
    /// When the access token ends, if that is known.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.obtained_at.saturating_add(SignedDuration::try_from(self.lifetime?).ok()?).ok()
    }

    /// Whether there is an access token that may still be used.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        self.access_token.is_some() && !is_due(self.expires_at(), self.lifetime, now)
    }
}

/// Whether a token that ends at `end` should be renewed now.
pub(crate) fn is_due(end: Option<Timestamp>, lifetime: Option<Duration>, now: Timestamp) -> bool {
    // A token of a few seconds would never be usable with the whole skew.
    let skew = lifetime.map_or(SKEW, |lifetime| SKEW.min(lifetime / 10));
    let skew = SignedDuration::try_from(skew).expect("a minute at most");
    end.is_some_and(|end| now.duration_until(end) <= skew)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_ahead_of_its_end() {
        let check = |lifetime: Option<u64>, now: &str, expected: bool| {
            let tokens = Tokens {
                access_token: Some(Secret::new("hunter2")),
                refresh_token: None,
                obtained_at: "2026-03-02T10:00:00Z".parse().unwrap(),
                lifetime: lifetime.map(Duration::from_secs),
                scope: None,
            };
            assert_eq!(tokens.is_usable(now.parse().unwrap()), expected, "{lifetime:?} {now}");
        };
        check(Some(3600), "2026-03-02T10:58:59Z", true);
        check(Some(3600), "2026-03-02T10:59:00Z", false);
        check(Some(10), "2026-03-02T10:00:08Z", true);
        check(Some(10), "2026-03-02T10:00:09Z", false);
        check(None, "2036-03-02T10:00:00Z", true);
    }
}

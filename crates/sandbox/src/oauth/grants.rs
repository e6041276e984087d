//! Who holds which token: rotation, reuse detection, codes. Pure: the time comes in as an argument.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Atlassian's inactivity limit; each rotation starts it anew.
const REFRESH_TOKEN_IDLE: Duration = Duration::from_secs(90 * 86_400);

/// RFC 6749 §4.1.2 recommends at most ten minutes.
const CODE_LIFETIME: Duration = Duration::from_secs(600);

/// How long tokens live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenPolicy {
    pub(crate) access_token_lifetime: Duration,
    /// How long after its first use a refresh token may come again without being taken for stolen.
    pub(crate) rotation_leeway: Duration,
}

/// All tokens and codes that were ever issued.
#[derive(Debug)]
pub(crate) struct Grants {
    policy: TokenPolicy,
    access: HashMap<String, AccessToken>,
    refresh: HashMap<String, RefreshToken>,
    codes: HashMap<String, Code>,
    /// Families whose refresh tokens are dead. A family is what one consent led to.
    revoked: HashSet<u64>,
    n_families: u64,
}

/// What the token endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    /// Only where the scope has `offline_access`.
    pub(crate) refresh_token: Option<String>,
    pub(crate) lifetime: Duration,
    pub(crate) scope: String,
}

/// What a user has agreed to at `/authorize`.
#[derive(Debug, Clone)]
pub(crate) struct Consent {
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    /// PKCE, method S256 (RFC 7636).
    pub(crate) challenge: Option<String>,
}

/// A code that comes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    pub(crate) code: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) verifier: Option<&'a str>,
}

/// Why no tokens are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrantError {
    #[error("refresh token unknown, too old, or of a revoked family")]
    DeadRefreshToken,
    #[error("refresh token used before; its family is revoked now")]
    ReusedRefreshToken,
    #[error("code unknown, used, too old, or for another redirect_uri")]
    BadCode,
    #[error("code_verifier missing or not the challenge's")]
    BadVerifier,
}

#[derive(Debug)]
struct AccessToken {
    family: u64,
    expires_at: Duration,
    scope: String,
}

#[derive(Debug)]
struct RefreshToken {
    family: u64,
    issued_at: Duration,
    used_at: Option<Duration>,
    scope: String,
}

#[derive(Debug)]
struct Code {
    consent: Consent,
    issued_at: Duration,
}

impl Grants {
    pub(crate) fn new(policy: TokenPolicy) -> Grants {
        Grants {
            policy,
            access: HashMap::new(),
            refresh: HashMap::new(),
            codes: HashMap::new(),
            revoked: HashSet::new(),
            n_families: 0,
        }
    }

    /// Starts a family and gives its tokens, as after a consent.
    pub(crate) fn grant(&mut self, scope: &str, now: Duration) -> Tokens {
        self.n_families += 1;
        self.issue(self.n_families, scope, now)
    }

    /// Remembers a consent; the code is good for one exchange.
    pub(crate) fn consent(&mut self, consent: Consent, now: Duration) -> String {
        let code = opaque("code");
        self.codes.insert(code.clone(), Code { consent, issued_at: now });
        code
    }

    pub(crate) fn exchange(&mut self, exchange: Exchange<'_>, now: Duration) -> Result<Tokens, GrantError> {
        let Code { consent, issued_at } = self.codes.remove(exchange.code).ok_or(GrantError::BadCode)?;
        if now.saturating_sub(issued_at) > CODE_LIFETIME || consent.redirect_uri != exchange.redirect_uri {
            return Err(GrantError::BadCode);
        }
        if let Some(challenge) = &consent.challenge {
            let answer = exchange.verifier.map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
            if answer.as_ref() != Some(challenge) {
                return Err(GrantError::BadVerifier);
            }
        }
        Ok(self.grant(&consent.scope, now))
    }

    /// Exchanges a refresh token for a new pair. The token that comes in is used up; if it comes again beyond
    /// the leeway, everything that came from the same consent dies.
    pub(crate) fn refresh(&mut self, token: &str, now: Duration) -> Result<Tokens, GrantError> {
        let known = self.refresh.get_mut(token).ok_or(GrantError::DeadRefreshToken)?;
        let family = known.family;
        let idle = now.saturating_sub(known.issued_at) > REFRESH_TOKEN_IDLE;
        if idle || self.revoked.contains(&family) {
            return Err(GrantError::DeadRefreshToken);
        }
        match known.used_at {
            Some(used_at) if now.saturating_sub(used_at) >= self.policy.rotation_leeway => {
                self.revoke(family);
                return Err(GrantError::ReusedRefreshToken);
            }
            Some(_) => {}
            None => known.used_at = Some(now),
        }
        let scope = known.scope.clone();
        Ok(self.issue(family, &scope, now))
    }

    /// The scope of an access token that is good now.
    pub(crate) fn scope_of(&self, access_token: &str, now: Duration) -> Option<&str> {
        let token = self.access.get(access_token)?;
        (now < token.expires_at).then_some(&token.scope)
    }

    /// From now on every access token is answered with 401; refresh tokens stay good.
    pub(crate) fn expire_access_tokens(&mut self) {
        self.access.clear();
    }

    /// From now on only a new consent helps, as after a change of password.
    pub(crate) fn revoke_all(&mut self) {
        self.access.clear();
        self.revoked.extend(1..=self.n_families);
    }

    fn revoke(&mut self, family: u64) {
        self.revoked.insert(family);
        self.access.retain(|_, token| token.family != family);
    }

    fn issue(&mut self, family: u64, scope: &str, now: Duration) -> Tokens {
        self.access.retain(|_, token| now < token.expires_at);
        let lifetime = self.policy.access_token_lifetime;
        let tokens = Tokens {
            access_token: opaque("access"),
            refresh_token: has_scope(scope, "offline_access").then(|| opaque("refresh")),
            lifetime,
            scope: scope.to_owned(),
        };
        let access = AccessToken { family, expires_at: now + lifetime, scope: scope.to_owned() };
        self.access.insert(tokens.access_token.clone(), access);
        if let Some(token) = &tokens.refresh_token {
            let refresh = RefreshToken { family, issued_at: now, used_at: None, scope: scope.to_owned() };
            self.refresh.insert(token.clone(), refresh);
        }
        tokens
    }
}

/// Whether a space-separated scope has `wanted`.
pub(crate) fn has_scope(scope: &str, wanted: &str) -> bool {
    scope.split_whitespace().any(|one| one == wanted)
}

/// A fresh token. Not from the seed: a client may still hold the tokens of the sandbox that ran before, and
/// those must be unknown here.
fn opaque(kind: &str) -> String {
    let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(24).collect();
    format!("sandbox-{kind}-{}", URL_SAFE_NO_PAD.encode(bytes))
}

//! The logins of one application, and which of them a pipeline means; pure.
//!
//! A `refresh_token` in YAML is a seed: the first link of a chain of rotating tokens. It stands for the login that
//! grew out of it, so another seed means another login, and the same seed means the same login even when its own
//! token was used up long ago. A pipeline without a seed means the login that began last.

use pipeline_config::Secret;

use crate::tokens::Tokens;

/// Logins that were replaced by other seeds are kept, in case the seed comes back; the oldest go beyond this.
const MAX_LOGINS: usize = 20;

/// One login.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Login {
    /// Fingerprints of the YAML's refresh tokens that mean this login.
    pub(crate) seeds: Vec<String>,
    /// `None` after logging out.
    pub(crate) tokens: Option<Tokens>,
    /// Whose it is, as the server said.
    pub(crate) account: Option<String>,
}

/// All logins of an application; the one that began last comes last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Logins(pub(crate) Vec<Login>);

/// Stands for a refresh token of the YAML without telling it.
pub(crate) fn seed_of(refresh_token: Option<&Secret>) -> Option<String> {
    refresh_token.map(|token| pipeline_config::fingerprint([token.expose()]))
}

impl Logins {
    /// The login that a pipeline with this seed means.
    pub(crate) fn find(&self, seed: Option<&str>) -> Option<&Login> {
        self.position(seed).map(|index| &self.0[index])
    }

    /// Keeps renewed tokens; the first ones of a new seed begin a login.
    pub(crate) fn renew(&mut self, seed: Option<&str>, tokens: Tokens) {
        self.entry(seed).tokens = Some(tokens);
    }

    /// Begins a login in place of the one that this seed meant.
    pub(crate) fn log_in(&mut self, seed: Option<&str>, tokens: Tokens) {
        let mut seeds = self.position(seed).map(|index| self.0.remove(index).seeds).unwrap_or_default();
        if let Some(seed) = seed.filter(|seed| !seeds.iter().any(|known| known == seed)) {
            seeds.push(seed.to_owned());
        }
        self.push(Login { seeds, tokens: Some(tokens), account: None });
    }

    /// Forgets the tokens; `false` when there are none. The seeds stay, lest they log in again by themselves.
    pub(crate) fn log_out(&mut self, seed: Option<&str>) -> bool {
        let Some(index) = self.position(seed) else {
            if let Some(seed) = seed {
                self.push(Login { seeds: vec![seed.to_owned()], ..Login::default() });
            }
            return false;
        };
        let had_tokens = self.0[index].tokens.is_some();
        if self.0[index].seeds.is_empty() {
            self.0.remove(index);
        } else {
            self.0[index] = Login { seeds: std::mem::take(&mut self.0[index].seeds), ..Login::default() };
        }
        had_tokens
    }

    /// Remembers whose login it is.
    pub(crate) fn name_account(&mut self, seed: Option<&str>, account: &str) {
        if let Some(index) = self.position(seed) {
            self.0[index].account = Some(account.to_owned());
        }
    }

    fn position(&self, seed: Option<&str>) -> Option<usize> {
        match seed {
            Some(seed) => self.0.iter().position(|login| login.seeds.iter().any(|known| known == seed)),
            None => self.0.len().checked_sub(1),
        }
    }

    fn entry(&mut self, seed: Option<&str>) -> &mut Login {
        let index = self.position(seed).unwrap_or_else(|| {
            self.push(Login { seeds: seed.map(str::to_owned).into_iter().collect(), ..Login::default() });
            self.0.len() - 1
        });
        &mut self.0[index]
    }

    fn push(&mut self, login: Login) {
        self.0.push(login);
        let n_over = self.0.len().saturating_sub(MAX_LOGINS);
        self.0.drain(..n_over);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn tokens(refresh_token: &str) -> Tokens {
        Tokens {
            access_token: None,
            refresh_token: Some(Secret::new(refresh_token)),
            obtained_at: Timestamp::UNIX_EPOCH,
            lifetime: None,
            scope: None,
        }
    }

    fn found<'l>(logins: &'l Logins, seed: Option<&str>) -> Option<&'l str> {
        logins.find(seed)?.tokens.as_ref()?.refresh_token.as_ref().map(Secret::expose)
    }

    #[test]
    fn a_seed_stands_for_what_grew_out_of_it() {
        let mut logins = Logins::default();
        logins.renew(Some("a"), tokens("a1"));
        logins.renew(Some("a"), tokens("a2"));
        assert_eq!(found(&logins, Some("a")), Some("a2"));
        assert_eq!(found(&logins, Some("b")), None, "another seed starts afresh");
        logins.renew(Some("b"), tokens("b1"));
        assert_eq!((found(&logins, Some("a")), found(&logins, Some("b"))), (Some("a2"), Some("b1")));
        assert_eq!(found(&logins, None), Some("b1"), "without a seed the one that began last");
    }

    #[test]
    fn logging_in_replaces_the_login_with_and_without_its_seed() {
        let mut logins = Logins::default();
        logins.renew(Some("a"), tokens("a1"));
        logins.renew(Some("b"), tokens("b1"));
        logins.log_in(Some("a"), tokens("new"));
        assert_eq!(logins.0.len(), 2);
        assert_eq!((found(&logins, Some("a")), found(&logins, None)), (Some("new"), Some("new")));
        logins.log_in(None, tokens("newer"));
        assert_eq!((found(&logins, Some("a")), found(&logins, Some("b"))), (Some("newer"), Some("b1")));
    }

    #[test]
    fn after_logging_out_the_seed_does_not_log_in_again() {
        let mut logins = Logins::default();
        assert!(!logins.log_out(None));
        logins.log_in(None, tokens("x"));
        assert!(logins.log_out(None));
        assert_eq!(logins, Logins::default());
        assert!(!logins.log_out(Some("a")), "not used yet");
        assert_eq!(logins.find(Some("a")).map(|login| login.tokens.clone()), Some(None));
        logins.renew(Some("a"), tokens("a1"));
        assert!(logins.log_out(Some("a")));
        assert_eq!(logins.find(Some("a")).map(|login| login.tokens.clone()), Some(None));
    }

    #[test]
    fn old_seeds_do_not_pile_up() {
        let mut logins = Logins::default();
        for n in 0..50 {
            logins.renew(Some(&n.to_string()), tokens("t"));
        }
        assert_eq!(logins.0.len(), MAX_LOGINS);
        assert!(logins.find(Some("49")).is_some() && logins.find(Some("29")).is_none());
    }
}

//! Where the tokens of a login are kept: one file per login, whole at any moment, for its owner's eyes only.
//!
//! Atlassian and others hand out a new refresh token with every use of the old one and take a second use for theft.
//! So the store is written before a new token is used, its lock is held while one is asked for, and whoever gets
//! the lock reads the file again, since another process may have been first.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use pipeline_config::Secret;
use serde::{Deserialize, Serialize};

use crate::AuthError;

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
        // A token of a few seconds would never be usable with the whole skew.
        let skew = self.lifetime.map_or(SKEW, |lifetime| SKEW.min(lifetime / 10));
        let skew = SignedDuration::try_from(skew).expect("a minute at most");
        self.access_token.is_some() && self.expires_at().is_none_or(|end| now.duration_until(end) > skew)
    }
}

/// As it stands in the file.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    access_token: Option<String>,
    refresh_token: Option<String>,
    obtained_at: Timestamp,
    lifetime_seconds: Option<u64>,
    scope: Option<String>,
}

/// The file of one login.
#[derive(Debug, Clone)]
pub(crate) struct TokenStore {
    path: PathBuf,
}

/// Held while a new token is asked for; the lock goes with it, and with its process.
#[derive(Debug)]
pub(crate) struct StoreLock {
    _file: File,
}

impl TokenStore {
    /// The file `name` below the state folder.
    pub(crate) fn new(state: &Path, name: &str) -> Self {
        Self { path: state.join("tokens").join(format!("{name}.json")) }
    }

    /// The file.
    #[cfg(test)]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is stored; `None` when nothing was yet.
    pub(crate) fn load(&self) -> Result<Option<Tokens>, AuthError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.error(error)),
        };
        // The parser's own message may quote what it read.
        let stored: Stored = serde_json::from_str(&text).map_err(|_| {
            self.error(io::Error::other("it is not a token file; remove it and log in again"))
        })?;
        if stored.version != 1 {
            let problem = format!("it has version {}, which this program does not know", stored.version);
            return Err(self.error(io::Error::other(problem)));
        }
        Ok(Some(Tokens {
            access_token: stored.access_token.map(Secret::new),
            refresh_token: stored.refresh_token.map(Secret::new),
            obtained_at: stored.obtained_at,
            lifetime: stored.lifetime_seconds.map(Duration::from_secs),
            scope: stored.scope,
        }))
    }

    /// Replaces what is stored; when this returns, the tokens survive a power cut.
    pub(crate) fn save(&self, tokens: &Tokens) -> Result<(), AuthError> {
        let exposed = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        let stored = Stored {
            version: 1,
            access_token: exposed(&tokens.access_token),
            refresh_token: exposed(&tokens.refresh_token),
            obtained_at: tokens.obtained_at,
            lifetime_seconds: tokens.lifetime.map(|lifetime| lifetime.as_secs()),
            scope: tokens.scope.clone(),
        };
        let text = serde_json::to_string_pretty(&stored).expect("texts and numbers are JSON");
        let folder = self.prepare()?;
        let write = || {
            // `tempfile` makes files that only their owner can read.
            let mut file = tempfile::Builder::new().prefix(".tokens.").tempfile_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)?;
            if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
        };
        write().map_err(|error| self.error(error))
    }

    /// Waits until no other process asks for a token of this login.
    ///
    /// It proves that the folder can be written too, before a refresh token is spent.
    pub(crate) async fn lock(&self) -> Result<StoreLock, AuthError> {
        self.prepare()?;
        let path = self.path.with_extension("lock");
        let lock = move || {
            let mut options = File::options();
            options.create(true).truncate(false).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&path)?;
            file.lock()?;
            Ok(StoreLock { _file: file })
        };
        let locked = tokio::task::spawn_blocking(lock).await.expect("locking does not panic");
        locked.map_err(|error| self.error(error))
    }

    /// Makes the folder, for its owner only.
    fn prepare(&self) -> Result<&Path, AuthError> {
        let folder = self.path.parent().expect("the path was joined to a folder");
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|error| self.error(error))?;
        Ok(folder)
    }

    fn error(&self, source: io::Error) -> AuthError {
        AuthError::Store { path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(lifetime: Option<u64>) -> Tokens {
        Tokens {
            access_token: Some(Secret::new("hunter2")),
            refresh_token: Some(Secret::new("hunter3")),
            obtained_at: "2026-03-02T10:00:00Z".parse().unwrap(),
            lifetime: lifetime.map(Duration::from_secs),
            scope: Some("read:jira-work".into()),
        }
    }

    #[test]
    fn gives_back_what_was_saved_and_says_nothing_about_it() {
        let state = tempfile::tempdir().unwrap();
        let store = TokenStore::new(state.path(), "login");
        assert_eq!(store.load().unwrap(), None);
        store.save(&tokens(Some(3600))).unwrap();
        assert_eq!(store.load().unwrap(), Some(tokens(Some(3600))));
        assert!(!format!("{:?}", store.load()).contains("hunter"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt;
        let state = tempfile::tempdir().unwrap();
        let store = TokenStore::new(state.path(), "login");
        store.save(&tokens(None)).unwrap();
        let _lock = store.lock().await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(store.path()), 0o600);
        assert_eq!(mode(&store.path().with_extension("lock")), 0o600);
        assert_eq!(mode(&state.path().join("tokens")), 0o700);
    }

    #[test]
    fn a_broken_file_is_named_but_not_quoted() {
        let state = tempfile::tempdir().unwrap();
        let store = TokenStore::new(state.path(), "login");
        store.save(&tokens(None)).unwrap();
        fs::write(store.path(), "{\"access_token\": \"hunter2\"").unwrap();
        let error = store.load().unwrap_err();
        let text = format!("{error}: {}", std::error::Error::source(&error).unwrap());
        assert!(text.contains("login.json") && text.contains("not a token file"), "{text}");
        assert!(!text.contains("hunter2"));
    }

    #[test]
    fn a_token_is_renewed_ahead_of_its_end() {
        let check = |lifetime: Option<u64>, now: &str, expected: bool| {
            assert_eq!(tokens(lifetime).is_usable(now.parse().unwrap()), expected, "{lifetime:?} {now}");
        };
        check(Some(3600), "2026-03-02T10:58:59Z", true);
        check(Some(3600), "2026-03-02T10:59:00Z", false);
        check(Some(10), "2026-03-02T10:00:08Z", true);
        check(Some(10), "2026-03-02T10:00:09Z", false);
        check(None, "2036-03-02T10:00:00Z", true);
    }
}

//! Sessions of browsers that have entered the token.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A working day and the evening after it.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// More browsers than a team has; those that were away longest go.
const MAX_SESSIONS: usize = 100;

/// Sessions, as hashes: what is in memory opens nothing.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<VecDeque<([u8; 32], Instant)>>);

impl Sessions {
    /// Begins one; gives the value of its cookie.
    pub(crate) fn begin(&self) -> String {
        let value = unguessable();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back((hash(&value), Instant::now()));
        if known.len() > MAX_SESSIONS {
            known.pop_front();
        }
        value
    }

    pub(crate) fn knows(&self, value: &str) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, begun)| begun.elapsed() < LIFETIME);
        let value = hash(value);
        let Some(place) = known.iter().position(|(known, _)| *known == value) else { return false };
        // Last are those that were here last.
        if let Some(found) = known.remove(place) {
            known.push_back(found);
        }
        true
    }

    pub(crate) fn end(&self, value: &str) {
        let value = hash(value);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| *known != value);
    }
}

/// 256 bits of the system's randomness.
pub(crate) fn unguessable() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Comparing hashes takes a time that tells nothing of what was hashed.
pub(crate) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

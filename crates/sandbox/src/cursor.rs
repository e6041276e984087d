//! The opaque `nextPageToken`: where the next page begins, and of which query.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::data::mix;

/// Makes and reads tokens. Nothing is remembered: a token stays good across a restart with the same seed,
/// as Atlassian's stays good for seven days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursors {
    seed: u64,
    query: u64,
}

impl Cursors {
    /// Tokens for one query.
    pub(crate) fn of(seed: u64, jql: &str) -> Cursors {
        Cursors { seed, query: jql.trim().bytes().fold(seed, |hash, byte| mix(hash ^ u64::from(byte))) }
    }

    /// The token for the page that begins at `offset`. Another `turn` gives another text for the same place,
    /// so that a page left empty by a fault does not look like a repeated token.
    pub(crate) fn token(self, offset: usize, turn: u64) -> String {
        let offset = offset as u64;
        let mut bytes = Vec::with_capacity(24);
        // The place is veiled: a client that computes tokens instead of copying them must not succeed.
        bytes.extend((offset ^ self.veil(turn)).to_be_bytes());
        bytes.extend(turn.to_be_bytes());
        bytes.extend(self.check(offset, turn).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Where a token points to; `None` if it was not made here for this query.
    pub(crate) fn offset(self, token: &str) -> Option<usize> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let word = |from: usize| {
            bytes[from..from + 8].iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte))
        };
        let turn = word(8);
        let offset = word(0) ^ self.veil(turn);
        (word(16) == self.check(offset, turn)).then(|| usize::try_from(offset).ok())?
    }

    /// Mixed once more than in [`Cursors::check`], or the two would cancel out for another query.
    fn veil(self, turn: u64) -> u64 {
        mix(mix(self.query ^ turn).wrapping_add(1))
    }

    fn check(self, offset: u64, turn: u64) -> u64 {
        mix(mix(mix(self.seed ^ self.query) ^ offset) ^ turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_lead_back_to_their_place_and_query_only() {
        let cursors = Cursors::of(0, "project = ABC order by key");
        for offset in [0, 1, 100, 999_900] {
            assert_eq!(cursors.offset(&cursors.token(offset, 0)), Some(offset));
            assert_eq!(cursors.offset(&cursors.token(offset, 3)), Some(offset));
            assert_ne!(cursors.token(offset, 0), cursors.token(offset, 3));
            assert_eq!(Cursors::of(0, "project = ABC").offset(&cursors.token(offset, 0)), None);
        }
        for foreign in ["", "abc", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(cursors.offset(foreign), None, "{foreign}");
        }
    }
}

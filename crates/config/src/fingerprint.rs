//! Short names for longer things.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// What stands for these texts, in this order, and does not tell what they were: SHA-256, stable across releases and
/// machines.
pub fn digest<'t>(texts: impl IntoIterator<Item = &'t str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in texts {
        // With its length, so that moving a letter from one text to the next makes a difference.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

/// The first 64 bits of a [`digest`] as sixteen hexadecimal digits.
pub fn fingerprint<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut digits = String::with_capacity(16);
    for byte in &digest(texts)[..8] {
        write!(digits, "{byte:02x}").expect("a String takes everything");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn tells_texts_apart() {
        assert_eq!(fingerprint(["ab", "c"]), fingerprint(["ab", "c"]));
        assert_ne!(fingerprint(["ab", "c"]), fingerprint(["a", "bc"]));
        assert_eq!(fingerprint([]), "e3b0c44298fc1c14");
    }
}

//! Finds the bytes of a JSON string that need a second look, sixteen at a time.

use wide::u8x16;

/// The offset of the first quote, backslash or control character at or after `at`, or the text's length.
#[inline]
pub(super) fn special(text: &[u8], mut at: usize) -> usize {
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        let mask = special_mask(block);
        if mask != 0 {
            return at + mask.trailing_zeros() as usize;
        }
        at += BLOCK;
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

const BLOCK: usize = 16;

/// Whether a string cannot go on with this byte.
fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// One bit for each special byte of the block.
#[inline]
fn special_mask(block: &[u8; BLOCK]) -> u32 {
    let bytes = u8x16::new(*block);
    let quotes = bytes.simd_eq(u8x16::splat(b'"'));
    let backslashes = bytes.simd_eq(u8x16::splat(b'\\'));
    // The smaller of a byte and 0x1F is the byte only up to 0x1F: one instruction less than an unsigned comparison.
    let controls = bytes.min(u8x16::splat(0x1F)).simd_eq(bytes);
    (quotes | backslashes | controls).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_special_byte_at_every_place() {
        for length in 0..40 {
            for at in 0..length {
                for byte in 0..=255 {
                    let mut text = vec![b'x'; length];
                    text[at] = byte;
                    let expected = if is_special(byte) { at } else { length };
                    assert_eq!(special(&text, 0), expected, "{byte:#x} at {at} of {length}");
                }
            }
        }
        assert_eq!((special(b"", 0), special(b"\"a\"", 1), special(b"a", 9)), (0, 2, 9));
    }
}

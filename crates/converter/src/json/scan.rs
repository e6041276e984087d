//! Finds the bytes of a JSON string that need a second look, sixteen at a time.

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

fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// One bit for each special byte of the block.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(unsafe_code, reason = "calls a function whose instructions the processor must have")]
fn special_mask(block: &[u8; BLOCK]) -> u32 {
    // SAFETY: SSE2 is part of the x86-64 instruction set itself, so that every processor this is compiled for has it.
    unsafe { sse2_mask(block) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn sse2_mask(block: &[u8; BLOCK]) -> u32 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };
    let (low, high) = halves(block);
    // The compiler makes this one unaligned load.
    let bytes = _mm_set_epi64x(high, low);
    let quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"'.cast_signed()));
    let backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\'.cast_signed()));
    // There is no unsigned comparison, but the smaller of a byte and 0x1F is the byte only up to 0x1F.
    let controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), controls)).cast_unsigned()
}

/// The same where there is no SSE2; compilers vectorise it.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn special_mask(block: &[u8; BLOCK]) -> u32 {
    portable_mask(block)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable_mask(block: &[u8; BLOCK]) -> u32 {
    block.iter().enumerate().fold(0, |mask, (at, byte)| mask | (u32::from(is_special(*byte)) << at))
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn halves(block: &[u8; BLOCK]) -> (i64, i64) {
    let both = u128::from_le_bytes(*block);
    (both as i64, (both >> 64) as i64)
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

    #[test]
    fn both_masks_agree() {
        for byte in 0..=255_u8 {
            let block =
                std::array::from_fn(|at| if at % 3 == 0 { byte } else { byte.wrapping_mul(at as u8) });
            assert_eq!(special_mask(&block), portable_mask(&block));
        }
    }
}

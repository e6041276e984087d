//! Deterministic randomness: one short stream per (seed, issue, field).

/// SplitMix64 (Steele, Lea, Flood 2014). Ours, since a crate may change its sequence between releases and
/// then the same seed would give other issues; and a stream must cost nothing to start, one runs per field.
#[derive(Debug)]
pub(crate) struct Rng(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Spreads the bits of `value` over the whole word.
pub(crate) fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

impl Rng {
    /// The stream of one field of one issue, so that asking for fewer fields leaves the others as they are.
    pub(crate) fn of(seed: u64, number: u32, stream: usize) -> Rng {
        let place = (u64::from(number) << 16) | stream as u64;
        Rng(mix(seed ^ mix(place.wrapping_mul(GOLDEN))))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number in `0..bound`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        (wide >> 64) as u64
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

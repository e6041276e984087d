//! The order in which V8 compares the items of a typed array: a merge sort of halves, from the middle outwards.

use std::ops::Range;

use boa_engine::JsResult;

use super::runs::Compare;

/// The places of `n_items` items in the order in which `compare` wants them.
///
/// # Errors
/// Those of `compare`, after which it is not called again.
pub(super) fn order(n_items: usize, compare: &mut Compare<'_>) -> JsResult<Vec<usize>> {
    let mut ordered: Vec<usize> = (0..n_items).collect();
    let mut other = ordered.clone();
    sort(&mut other, &mut ordered, 0..n_items, compare)?;
    Ok(ordered)
}

/// Orders this part of both lists, which are the same there, into `to`.
fn sort(from: &mut [usize], to: &mut [usize], part: Range<usize>, compare: &mut Compare<'_>) -> JsResult<()> {
    if part.len() < 2 {
        return Ok(());
    }
    let middle = part.start + (part.len() >> 1);
    sort(to, from, part.start..middle, compare)?;
    sort(to, from, middle..part.end, compare)?;
    let (mut left, mut right) = (part.start, middle);
    for place in part.clone() {
        let is_left = match (left < middle, right < part.end) {
            (true, true) => compare(from[left], from[right])?.is_le(),
            (is_left, _) => is_left,
        };
        let next = if is_left { &mut left } else { &mut right };
        to[place] = from[*next];
        *next += 1;
    }
    Ok(())
}

//! The order in which V8 compares the items of an array: timsort, as CPython's `listsort.txt` describes it.
//!
//! A comparator that contradicts itself gets some order in every engine, and only the same comparisons in the same order give
//! the same one. So what stands here follows V8 to each comparison, also where another one would do.

use std::{cmp::Ordering, ops::Range};

use boa_engine::JsResult;

/// From so many wins of one run in a row on, merging goes on in leaps.
const MIN_GALLOP: usize = 7;

/// Arrays below this length are one run.
const MIN_MERGE: usize = 64;

/// Compares two items, each given by its place in the list to be sorted.
pub(super) type Compare<'c> = dyn FnMut(usize, usize) -> JsResult<Ordering> + 'c;

/// The places of `n_items` items in the order in which `compare` wants them.
///
/// # Errors
/// Those of `compare`, after which it is not called again.
pub(super) fn order(n_items: usize, compare: &mut Compare<'_>) -> JsResult<Vec<usize>> {
    let work = (0..n_items).collect();
    let mut sort = Sort { work, spare: Vec::new(), runs: Vec::new(), min_gallop: MIN_GALLOP, compare };
    sort.run()?;
    Ok(sort.work)
}

struct Sort<'s, 'c> {
    work: Vec<usize>,
    /// One of two runs while they are merged.
    spare: Vec<usize>,
    /// Ordered runs that are not merged yet, one after the other.
    runs: Vec<Range<usize>>,
    /// Falls while leaps pay, and rises where they do not.
    min_gallop: usize,
    compare: &'s mut Compare<'c>,
}

impl Sort<'_, '_> {
    fn run(&mut self) -> JsResult<()> {
        let end = self.work.len();
        if end < 2 {
            return Ok(());
        }
        let min_run = min_run(end);
        let mut start = 0;
        while start < end {
            let mut run = start..self.natural_run(start, end)?;
            if run.len() < min_run {
                let longer = start..end.min(start + min_run);
                self.insert(longer.clone(), run.end)?;
                run = longer;
            }
            start = run.end;
            self.runs.push(run);
            self.merge_pending()?;
        }
        while let n_runs @ 2.. = self.runs.len() {
            let last = n_runs - 2;
            let before = last > 0 && self.length(last - 1) < self.length(last + 1);
            self.merge(last - usize::from(before))?;
        }
        Ok(())
    }

    fn length(&self, run: usize) -> usize {
        self.runs[run].len()
    }

    /// Where the run that begins at `start` ends; one that falls strictly is turned round.
    fn natural_run(&mut self, start: usize, end: usize) -> JsResult<usize> {
        if start + 1 == end {
            return Ok(end);
        }
        let falls = (self.compare)(self.work[start + 1], self.work[start])?.is_lt();
        let mut at = start + 2;
        while at < end && (self.compare)(self.work[at], self.work[at - 1])?.is_lt() == falls {
            at += 1;
        }
        if falls {
            self.work[start..at].reverse();
        }
        Ok(at)
    }

    /// Puts each item from `from` on into its place among those of `run` before it.
    fn insert(&mut self, run: Range<usize>, from: usize) -> JsResult<()> {
        for at in from.max(run.start + 1)..run.end {
            let (mut left, mut right) = (run.start, at);
            while left < right {
                let middle = left + ((right - left) >> 1);
                match (self.compare)(self.work[at], self.work[middle])?.is_lt() {
                    true => right = middle,
                    false => left = middle + 1,
                }
            }
            self.work[left..=at].rotate_right(1);
        }
        Ok(())
    }

    /// Merges runs until each is longer than the two after it together.
    fn merge_pending(&mut self) -> JsResult<()> {
        while let n_runs @ 2.. = self.runs.len() {
            let last = n_runs - 2;
            if !self.is_long(last + 1) || !self.is_long(last) {
                let before = self.length(last - 1) < self.length(last + 1);
                self.merge(last - usize::from(before))?;
            } else if self.length(last) <= self.length(last + 1) {
                self.merge(last)?;
            } else {
                break;
            }
        }
        Ok(())
    }

    fn is_long(&self, run: usize) -> bool {
        run < 2 || self.length(run - 2) > self.length(run - 1) + self.length(run)
    }

    /// Merges a run with the one after it.
    fn merge(&mut self, run: usize) -> JsResult<()> {
        let (mut a, mut b) = (self.runs[run].clone(), self.runs.remove(run + 1));
        self.runs[run] = a.start..b.end;
        let Self { work, compare, .. } = self;
        // What of `a` stays before the first of `b`, and what of `b` behind the last of `a`.
        a.start += gallop_right(*compare, work[b.start], &work[a.clone()], 0)?;
        if a.is_empty() {
            return Ok(());
        }
        b.end = b.start + gallop_left(*compare, work[a.end - 1], &work[b.clone()], b.len() - 1)?;
        match (b.is_empty(), a.len() <= b.len()) {
            (true, _) => Ok(()),
            (_, true) => self.merge_low(a, b),
            (_, false) => self.merge_high(a, b),
        }
    }

    /// From the front, with `a`, the shorter run, in `spare`.
    fn merge_low(&mut self, a: Range<usize>, b: Range<usize>) -> JsResult<()> {
        self.spare.clear();
        self.spare.extend_from_slice(&self.work[a.clone()]);
        let mut low = Low { a: 0..a.len(), b, to: a.start };
        low.take_b(1, &mut self.work);
        while !low.is_done() {
            let mut wins = (0, 0);
            while !low.is_done() && wins.0.max(wins.1) < self.min_gallop {
                if (self.compare)(self.work[low.b.start], self.spare[low.a.start])?.is_lt() {
                    low.take_b(1, &mut self.work);
                    wins = (0, wins.1 + 1);
                } else {
                    low.take_a(1, &self.spare, &mut self.work);
                    wins = (wins.0 + 1, 0);
                }
            }
            if !low.is_done() {
                self.leap_low(&mut low)?;
            }
        }
        let rest = low.b.len();
        low.take_b(rest, &mut self.work);
        low.take_a(low.a.len(), &self.spare, &mut self.work);
        Ok(())
    }

    fn leap_low(&mut self, low: &mut Low) -> JsResult<()> {
        self.min_gallop += 1;
        loop {
            self.min_gallop = (self.min_gallop - 1).max(1);
            let Self { work, spare, compare, .. } = self;
            let of_a = gallop_right(*compare, work[low.b.start], &spare[low.a.clone()], 0)?;
            low.take_a(of_a, spare, work);
            if low.is_done() {
                return Ok(());
            }
            low.take_b(1, work);
            if low.is_done() {
                return Ok(());
            }
            let of_b = gallop_left(*compare, spare[low.a.start], &work[low.b.clone()], 0)?;
            low.take_b(of_b, work);
            if low.is_done() {
                return Ok(());
            }
            low.take_a(1, spare, work);
            if low.is_done() {
                return Ok(());
            }
            if of_a.max(of_b) < MIN_GALLOP {
                self.min_gallop += 1;
                return Ok(());
            }
        }
    }

    /// From the end, with `b`, the shorter run, in `spare`.
    fn merge_high(&mut self, a: Range<usize>, b: Range<usize>) -> JsResult<()> {
        self.spare.clear();
        self.spare.extend_from_slice(&self.work[b.clone()]);
        let mut high = High { a, b: b.len(), end: b.end };
        high.take_a(1, &mut self.work);
        while !high.is_done() {
            let mut wins = (0, 0);
            while !high.is_done() && wins.0.max(wins.1) < self.min_gallop {
                if (self.compare)(self.spare[high.b - 1], self.work[high.a.end - 1])?.is_lt() {
                    high.take_a(1, &mut self.work);
                    wins = (wins.0 + 1, 0);
                } else {
                    high.take_b(1, &self.spare, &mut self.work);
                    wins = (0, wins.1 + 1);
                }
            }
            if !high.is_done() {
                self.leap_high(&mut high)?;
            }
        }
        let rest = high.a.len();
        high.take_a(rest, &mut self.work);
        high.take_b(high.b, &self.spare, &mut self.work);
        Ok(())
    }

    fn leap_high(&mut self, high: &mut High) -> JsResult<()> {
        self.min_gallop += 1;
        loop {
            self.min_gallop = (self.min_gallop - 1).max(1);
            let Self { work, spare, compare, .. } = self;
            let (n_a, n_b) = (high.a.len(), high.b);
            let of_a = n_a - gallop_right(*compare, spare[n_b - 1], &work[high.a.clone()], n_a - 1)?;
            high.take_a(of_a, work);
            if high.is_done() {
                return Ok(());
            }
            high.take_b(1, spare, work);
            if high.is_done() {
                return Ok(());
            }
            let n_b = high.b;
            let of_b = n_b - gallop_left(*compare, work[high.a.end - 1], &spare[..n_b], n_b - 1)?;
            high.take_b(of_b, spare, work);
            if high.is_done() {
                return Ok(());
            }
            high.take_a(1, work);
            if high.is_done() {
                return Ok(());
            }
            if of_a.max(of_b) < MIN_GALLOP {
                self.min_gallop += 1;
                return Ok(());
            }
        }
    }
}

/// A merge from the front: what is left of `a` in `spare` and of `b` in place, and where the next item goes.
struct Low {
    a: Range<usize>,
    b: Range<usize>,
    to: usize,
}

impl Low {
    fn take_a(&mut self, n_items: usize, spare: &[usize], work: &mut [usize]) {
        let taken = &spare[self.a.start..self.a.start + n_items];
        work[self.to..self.to + n_items].copy_from_slice(taken);
        self.a.start += n_items;
        self.to += n_items;
    }

    fn take_b(&mut self, n_items: usize, work: &mut [usize]) {
        work.copy_within(self.b.start..self.b.start + n_items, self.to);
        self.b.start += n_items;
        self.to += n_items;
    }

    /// The last of `a` is known to be the last of all.
    fn is_done(&self) -> bool {
        self.b.is_empty() || self.a.len() <= 1
    }
}

/// A merge from the end: what is left of `a` in place, how much of `b` in `spare`, and before what the next item goes.
struct High {
    a: Range<usize>,
    b: usize,
    end: usize,
}

impl High {
    fn take_a(&mut self, n_items: usize, work: &mut [usize]) {
        work.copy_within(self.a.end - n_items..self.a.end, self.end - n_items);
        self.a.end -= n_items;
        self.end -= n_items;
    }

    fn take_b(&mut self, n_items: usize, spare: &[usize], work: &mut [usize]) {
        work[self.end - n_items..self.end].copy_from_slice(&spare[self.b - n_items..self.b]);
        self.b -= n_items;
        self.end -= n_items;
    }

    /// The first of `b` is known to be the first of all.
    fn is_done(&self) -> bool {
        self.a.is_empty() || self.b <= 1
    }
}

/// How many of the ordered `items` are below `key`, looked for from `hint` in growing leaps.
fn gallop_left(compare: &mut Compare<'_>, key: usize, items: &[usize], hint: usize) -> JsResult<usize> {
    let below = compare(items[hint], key)?.is_lt();
    let bounds = match below {
        true => leaps(items.len() - hint, |leap| Ok(compare(items[hint + leap], key)?.is_ge()))?,
        false => leaps(hint + 1, |leap| Ok(compare(items[hint - leap], key)?.is_lt()))?,
    };
    let places = if below { behind(hint, bounds) } else { before(hint, bounds) };
    search(places, |middle| Ok(compare(items[middle], key)?.is_lt()))
}

/// How many of the ordered `items` are not above `key`, looked for from `hint` in growing leaps.
fn gallop_right(compare: &mut Compare<'_>, key: usize, items: &[usize], hint: usize) -> JsResult<usize> {
    let above = compare(key, items[hint])?.is_lt();
    let bounds = match above {
        true => leaps(hint + 1, |leap| Ok(compare(key, items[hint - leap])?.is_ge()))?,
        false => leaps(items.len() - hint, |leap| Ok(compare(key, items[hint + leap])?.is_lt()))?,
    };
    let places = if above { before(hint, bounds) } else { behind(hint, bounds) };
    search(places, |middle| Ok(compare(key, items[middle])?.is_ge()))
}

/// The last leap that did not go too far, and the first that did, or the end.
fn leaps(end: usize, mut is_too_far: impl FnMut(usize) -> JsResult<bool>) -> JsResult<(usize, usize)> {
    let (mut last, mut leap) = (0, 1);
    while leap < end && !is_too_far(leap)? {
        last = leap;
        leap = leap * 2 + 1;
    }
    Ok((last, leap.min(end)))
}

/// The places among which the key belongs, behind the hint.
fn behind(hint: usize, (last, leap): (usize, usize)) -> Range<usize> {
    hint + last + 1..hint + leap
}

/// The places among which the key belongs, before the hint; the leap may lead before the first item.
fn before(hint: usize, (last, leap): (usize, usize)) -> Range<usize> {
    hint + 1 - leap..hint - last
}

fn search(mut places: Range<usize>, mut is_before: impl FnMut(usize) -> JsResult<bool>) -> JsResult<usize> {
    while places.start < places.end {
        let middle = places.start + ((places.end - places.start) >> 1);
        match is_before(middle)? {
            true => places.start = middle + 1,
            false => places.end = middle,
        }
    }
    Ok(places.end)
}

/// A length of runs of which the array has a power of two, or a little less.
fn min_run(mut n_items: usize) -> usize {
    let mut rest = 0;
    while n_items >= MIN_MERGE {
        rest |= n_items & 1;
        n_items >>= 1;
    }
    n_items + rest
}

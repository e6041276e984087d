//! How deep columns are inside of lists and objects, and how many of them there are.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

/// How many columns the objects in a table may have together. Somebody who has ids as keys at several depths reaches any number,
/// and each column takes some kilobytes.
pub(crate) const MAX_NESTED: usize = 10_000;

/// Where a column stands; clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nesting {
    /// How many lists and objects it is inside of.
    pub(crate) depth: usize,
    counted: Arc<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    n: AtomicUsize,
    /// The first member for which there was no column.
    refused: OnceLock<String>,
}

impl Nesting {
    /// One list or object deeper.
    pub(crate) fn deeper(&self) -> Self {
        Self { depth: self.depth + 1, counted: Arc::clone(&self.counted) }
    }

    /// The first member for which there was no column.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.counted.refused.get().map(String::as_str)
    }
}

/// The members that one object has made; they count until it is gone.
#[derive(Debug)]
pub(crate) struct Share {
    nesting: Nesting,
    n: usize,
}

impl Share {
    pub(crate) fn of(nesting: &Nesting) -> Self {
        Self { nesting: nesting.clone(), n: 0 }
    }

    /// Counts one more; not where there are enough. Columns of the table itself are counted elsewhere.
    pub(crate) fn take(&mut self, name: &str) -> Option<()> {
        if self.nesting.depth == 0 {
            return Some(());
        }
        let counted = &self.nesting.counted;
        if counted.n.load(Ordering::Relaxed) >= MAX_NESTED {
            counted.refused.get_or_init(|| name.to_owned());
            return None;
        }
        counted.n.fetch_add(1, Ordering::Relaxed);
        self.n += 1;
        Some(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.nesting.counted.n.fetch_sub(self.n, Ordering::Relaxed);
    }
}

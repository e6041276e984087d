//! When issues were made and changed, and which of them a query selects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use super::issue::FIRST_ID;
use super::random::Rng;
use crate::jql::{Direction, Jql, Sort};

/// 2023-01-01T00:00:00Z, in milliseconds: nothing was created before.
const BEGIN: i64 = 1_672_531_200_000;

/// Two years later nothing was changed any more. Fixed, so that no answer depends on the wall clock.
const SPAN: i64 = 731 * 86_400_000;

/// The issues `ABC-1` to `ABC-n`. Only times depend on n: they are spread over 2023 and 2024.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(super) seed: u64,
    issues: u32,
    /// Numbers by time of change; built by the first query that orders by it: 4 bytes an issue.
    by_updated: OnceLock<Vec<u32>>,
    /// Changes that a test has made, as number and time.
    edits: RwLock<BTreeMap<u32, i64>>,
    has_edits: AtomicBool,
}

/// The issues that match a query, in its order.
#[derive(Debug)]
pub(crate) struct Selection<'a> {
    dataset: &'a Dataset,
    numbers: (u32, u32),
    updated: RangeInclusive<i64>,
    sort: Sort,
    direction: Direction,
}

impl Dataset {
    pub(crate) fn new(seed: u64, issues: u32) -> Dataset {
        Dataset {
            seed,
            issues,
            by_updated: OnceLock::new(),
            edits: RwLock::default(),
            has_edits: AtomicBool::new(false),
        }
    }

    /// When issue `number` (from 1) was created, in milliseconds; grows with the number.
    pub(crate) fn created(&self, number: u32) -> i64 {
        let step = SPAN / i64::from(self.issues.max(1));
        let within = self.times(number).below(step.unsigned_abs());
        BEGIN + i64::from(number.saturating_sub(1)) * step + within as i64
    }

    /// When it was last changed: any time between its creation and the end of 2024.
    pub(crate) fn updated(&self, number: u32) -> i64 {
        if self.is_edited()
            && let Some(edited) = self.edits.read().unwrap_or_else(PoisonError::into_inner).get(&number)
        {
            return *edited;
        }
        let created = self.created(number);
        let mut rng = self.times(number);
        rng.next();
        created + rng.below((BEGIN + SPAN - created).unsigned_abs()) as i64
    }

    /// Changes an issue at this time, in milliseconds.
    pub(crate) fn edit(&self, number: u32, at: i64) {
        self.edits.write().unwrap_or_else(PoisonError::into_inner).insert(number, at);
        self.has_edits.store(true, Ordering::Release);
    }

    /// Whether any issue has been changed by [`edit`](Self::edit).
    pub(crate) fn is_edited(&self) -> bool {
        self.has_edits.load(Ordering::Acquire)
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        (1..=self.issues).contains(&number)
    }

    pub(crate) fn select(&self, jql: &Jql) -> Selection<'_> {
        let first = self.first_with(|number| {
            self.created(number) >= *jql.created.start() && id_of(number) >= *jql.ids.start()
        });
        let end = self
            .first_with(|number| self.created(number) > *jql.created.end() || id_of(number) > *jql.ids.end());
        // Keys grow with creation, so that both orders are one; without ORDER BY the newest come first.
        let (sort, direction) = jql.order.unwrap_or((Sort::Number, Direction::Descending));
        let updated = jql.updated.clone();
        Selection { dataset: self, numbers: (first, end.max(first)), updated, sort, direction }
    }

    /// The first number for which `reached` holds, one past the last if none; it must hold from there on.
    fn first_with(&self, reached: impl Fn(u32) -> bool) -> u32 {
        let (mut low, mut high) = (1, self.issues + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if reached(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    fn by_updated(&self) -> Cow<'_, [u32]> {
        let sorted = || {
            let mut numbers: Vec<u32> = (1..=self.issues).collect();
            numbers.sort_by_cached_key(|number| (self.updated(*number), *number));
            numbers
        };
        // Few issues are edited, in tests.
        match self.is_edited() {
            true => Cow::Owned(sorted()),
            false => Cow::Borrowed(self.by_updated.get_or_init(sorted)),
        }
    }

    fn times(&self, number: u32) -> Rng {
        const TIMES: usize = 1_000;
        Rng::of(self.seed, number, TIMES)
    }
}

impl<'a> Selection<'a> {
    /// How many issues match.
    pub(crate) fn count(&self) -> usize {
        if self.every_change() {
            return (self.numbers.1 - self.numbers.0) as usize;
        }
        self.numbers().count()
    }

    /// Up to `limit` numbers from position `offset` on.
    pub(crate) fn slice(&self, offset: usize, limit: usize) -> Vec<u32> {
        self.numbers().skip(offset).take(limit).collect()
    }

    fn numbers(&self) -> Box<dyn Iterator<Item = u32> + 'a> {
        let (first, end) = self.numbers;
        match (self.sort, self.direction, self.every_change()) {
            (Sort::Number, Direction::Ascending, true) => Box::new(first..end),
            (Sort::Number, Direction::Descending, true) => Box::new((first..end).rev()),
            (Sort::Number, Direction::Ascending, false) => {
                Box::new((first..end).filter(self.changed_within()))
            }
            (Sort::Number, Direction::Descending, false) => {
                Box::new((first..end).rev().filter(self.changed_within()))
            }
            (Sort::Updated, Direction::Ascending, _) => {
                Box::new(self.changes().filter(move |number| (first..end).contains(number)))
            }
            (Sort::Updated, Direction::Descending, _) => {
                Box::new(self.changes().rev().filter(move |number| (first..end).contains(number)))
            }
        }
    }

    fn every_change(&self) -> bool {
        self.updated == (i64::MIN..=i64::MAX)
    }

    fn changed_within(&self) -> impl Fn(&u32) -> bool + use<'a> {
        let (dataset, updated) = (self.dataset, self.updated.clone());
        move |number| updated.contains(&dataset.updated(*number))
    }

    /// All issues changed in the asked time, in the order of their changes.
    fn changes(&self) -> Changes<'a> {
        let (dataset, all) = (self.dataset, self.dataset.by_updated());
        let start = all.partition_point(|number| dataset.updated(*number) < *self.updated.start());
        let end = all.partition_point(|number| dataset.updated(*number) <= *self.updated.end());
        let chosen: Vec<u32> = match all {
            // Borrowed lists are walked in place, which matters with millions of issues.
            Cow::Borrowed(all) => return Changes::Borrowed(all[start..end.max(start)].iter()),
            Cow::Owned(all) => all[start..end.max(start)].to_vec(),
        };
        Changes::Owned(chosen.into_iter())
    }
}

/// Numbers by the time of their change.
enum Changes<'a> {
    Borrowed(std::slice::Iter<'a, u32>),
    Owned(std::vec::IntoIter<u32>),
}

impl Iterator for Changes<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Borrowed(numbers) => numbers.next().copied(),
            Self::Owned(numbers) => numbers.next(),
        }
    }
}

impl DoubleEndedIterator for Changes<'_> {
    fn next_back(&mut self) -> Option<u32> {
        match self {
            Self::Borrowed(numbers) => numbers.next_back().copied(),
            Self::Owned(numbers) => numbers.next_back(),
        }
    }
}

fn id_of(number: u32) -> i64 {
    i64::from(FIRST_ID) + i64::from(number)
}

//! Issues as JSON that have been written before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::data::{ApiVersion, FieldChoice};

/// What a page holds: the API whose page it is, the fields, the numbers of the issues.
pub(crate) type Key = (ApiVersion, FieldChoice, Vec<u32>);

/// The first pages that were asked for, as many as there is room for.
#[derive(Debug)]
pub(crate) struct PageCache {
    room: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    pages: HashMap<Key, Arc<str>>,
    n_bytes: u64,
}

impl PageCache {
    /// Room for so many bytes.
    pub(crate) fn new(room: u64) -> PageCache {
        PageCache { room, kept: Mutex::default() }
    }

    /// The page, which `write` writes unless it is kept.
    pub(crate) fn page(&self, key: Key, write: impl FnOnce(&Key) -> String) -> Arc<str> {
        if let Some(page) = self.kept().pages.get(&key) {
            return Arc::clone(page);
        }
        let page: Arc<str> = write(&key).into();
        let mut kept = self.kept();
        let n_bytes = kept.n_bytes + page.len() as u64;
        if n_bytes <= self.room && kept.pages.insert(key, Arc::clone(&page)).is_none() {
            kept.n_bytes = n_bytes;
        }
        page
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_kept_while_there_is_room() {
        let cache = PageCache::new(5);
        let key = |number| (ApiVersion::V2, FieldChoice::IdOnly, vec![number]);
        let page = |number, text: &str| cache.page(key(number), |_| text.to_owned());
        assert_eq!(&*page(1, "one"), "one");
        assert_eq!(&*page(1, "again"), "one");
        assert_eq!(&*page(2, "two"), "two");
        assert_eq!(&*page(2, "no room"), "no room");
    }
}

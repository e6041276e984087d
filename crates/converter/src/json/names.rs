//! Property keys for the names of members, made once.

use boa_engine::property::PropertyKey;
use rustc_hash::FxHashMap;

use super::text::{self, Surrogates};

/// More names are data; keeping them would be a leak.
const MAX_NAMES: usize = 4_096;

/// Keys of the names seen so far.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: FxHashMap<Box<[u8]>, PropertyKey>,
}

impl Names {
    /// The key of a name in WTF-8.
    pub(crate) fn key(&mut self, name: &[u8]) -> PropertyKey {
        if let Some(key) = self.known.get(name) {
            return key.clone();
        }
        let key = PropertyKey::from(text::to_js(name, Surrogates::Lone));
        if self.known.len() >= MAX_NAMES {
            self.known.clear();
        }
        self.known.insert(name.into(), key.clone());
        key
    }
}

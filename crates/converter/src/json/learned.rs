//! Which members a converter has used so far, for each place in the JSON.
//!
//! Converters read the same few members of every item. A place is what `issues[].fields` names: all items of an array
//! share one. What is learned on one page serves the next; it changes how fast members are read, never what they are.

use boa_engine::property::PropertyKey;
use rustc_hash::FxHashMap;

use super::text::{self, Surrogates};

/// A place in the JSON; the root is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place(u32);

/// Of objects with more used members all are built: their names are probably data.
const MAX_USED: usize = 200;

/// More places are not told apart.
const MAX_PLACES: usize = 10_000;

/// Everything learned by one converter.
#[derive(Debug)]
pub(crate) struct Learned {
    places: Vec<Known>,
}

#[derive(Debug, Default)]
struct Known {
    used: Vec<Used>,
    /// One bit for each digest of a used name.
    digests: u64,
    by_name: FxHashMap<Box<[u8]>, usize>,
    items: Option<Place>,
    is_whole: bool,
}

/// A member that was used.
#[derive(Debug)]
pub(crate) struct Used {
    pub(crate) name: Box<[u8]>,
    pub(crate) key: PropertyKey,
    /// The place of its value.
    pub(crate) place: Place,
}

impl Default for Learned {
    fn default() -> Self {
        Self { places: vec![Known::default()] }
    }
}

impl Learned {
    /// Whether all members of the objects here are used.
    pub(crate) fn is_whole(&self, place: Place) -> bool {
        self.places[place.0 as usize].is_whole
    }

    /// From now on, all members of the objects here are used.
    pub(crate) fn use_all(&mut self, place: Place) {
        self.places[place.0 as usize].is_whole = true;
    }

    /// Whether any member is used.
    pub(crate) fn is_used(&self, place: Place) -> bool {
        let known = &self.places[place.0 as usize];
        known.is_whole || !known.used.is_empty()
    }

    /// The member, if it is used.
    #[inline]
    pub(crate) fn find(&self, place: Place, name: &[u8]) -> Option<&Used> {
        let known = &self.places[place.0 as usize];
        if known.digests & digest(name) == 0 {
            return None;
        }
        match known.used.as_slice() {
            few if few.len() <= 4 => few.iter().find(|used| *used.name == *name),
            many => known.by_name.get(name).map(|index| &many[*index]),
        }
    }

    /// The member, which is used from now on.
    pub(crate) fn learn(&mut self, place: Place, name: &[u8]) -> &Used {
        let known = &self.places[place.0 as usize];
        let index = match known.by_name.get(name) {
            Some(index) => *index,
            None => {
                let value = self.add_place(place);
                let known = &mut self.places[place.0 as usize];
                let key = PropertyKey::from(text::to_js(name, Surrogates::Lone));
                known.digests |= digest(name);
                known.by_name.insert(name.into(), known.used.len());
                known.used.push(Used { name: name.into(), key, place: value });
                known.is_whole |= known.used.len() > MAX_USED;
                known.used.len() - 1
            }
        };
        &self.places[place.0 as usize].used[index]
    }

    /// Whether there is room for another member; those beyond are built without being learned.
    pub(crate) fn has_room(&self, place: Place) -> bool {
        self.places.len() < MAX_PLACES && self.places[place.0 as usize].used.len() <= 2 * MAX_USED
    }

    /// The place of the items of the arrays here.
    pub(crate) fn items(&mut self, place: Place) -> Place {
        match self.places[place.0 as usize].items {
            Some(items) => items,
            None => {
                let items = self.add_place(place);
                self.places[place.0 as usize].items = Some(items);
                items
            }
        }
    }

    fn add_place(&mut self, near: Place) -> Place {
        if self.places.len() >= MAX_PLACES {
            return near;
        }
        self.places.push(Known::default());
        // At most 10,000.
        Place(self.places.len() as u32 - 1)
    }
}

/// Tells most names apart by their length and last bytes, in which `customfield_10001` and its siblings differ.
#[inline]
fn digest(name: &[u8]) -> u64 {
    let last = name.last().copied().unwrap_or_default();
    let middle = name.get(name.len() / 2).copied().unwrap_or_default();
    let before = name.len().checked_sub(2).map_or(0, |at| name[at]);
    let mixed = (name.len() as u32)
        .wrapping_mul(0x9E37)
        .wrapping_add(u32::from(last).wrapping_mul(0x85EB))
        .wrapping_add(u32::from(before).wrapping_mul(0xC2B3))
        .wrapping_add(u32::from(middle).wrapping_mul(0x27D5));
    1 << ((mixed ^ mixed >> 7 ^ mixed >> 13) & 63)
}

//! Which members a converter has used so far, for each place in the JSON.
//!
//! Converters read the same few members of every item. A place is what `issues[].fields` names: all items of an array
//! share one. What is learned on one page serves the next; it changes how fast members are read, never what they are.

use boa_engine::property::PropertyKey;

use super::text::{self, Surrogates};

/// A place in the JSON; the root is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place(u32);

impl Place {
    /// The root is 0, and each place that is learned is one more than the one before it.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

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
    /// For each digest, one more than the index of the last used member with it; empty until there is one.
    by_digest: Vec<u16>,
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
    /// The same as in `by_digest`, for the member before this one.
    next: u16,
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
        known.index(name).map(|index| &known.used[index])
    }

    /// The member, which is used from now on.
    pub(crate) fn learn(&mut self, place: Place, name: &[u8]) -> &Used {
        let known = &self.places[place.0 as usize];
        let index = match known.index(name) {
            Some(index) => index,
            None => {
                let value = self.add_place(place);
                self.places[place.0 as usize].add(name, value)
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

impl Known {
    #[inline]
    fn index(&self, name: &[u8]) -> Option<usize> {
        let mut next = *self.by_digest.get(digest(name))?;
        while let Some(index) = usize::from(next).checked_sub(1) {
            let used = self.used.get(index)?;
            if *used.name == *name {
                return Some(index);
            }
            next = used.next;
        }
        None
    }

    fn add(&mut self, name: &[u8], place: Place) -> usize {
        self.by_digest.resize(N_DIGESTS, 0);
        let index = self.used.len();
        // There is room for twice `MAX_USED` at most.
        let first = u16::try_from(index + 1).unwrap_or(u16::MAX);
        let next = std::mem::replace(&mut self.by_digest[digest(name)], first);
        let key = PropertyKey::from(text::to_js(name, Surrogates::Lone));
        self.used.push(Used { name: name.into(), key, place, next });
        self.is_whole |= self.used.len() > MAX_USED;
        index
    }
}

/// How many digests there are.
const N_DIGESTS: usize = 256;

/// Tells most names apart by their length and last bytes, in which `customfield_10001` and its siblings differ.
#[inline]
fn digest(name: &[u8]) -> usize {
    let last = name.last().copied().unwrap_or_default();
    let middle = name.get(name.len() / 2).copied().unwrap_or_default();
    let before = name.len().checked_sub(2).map_or(0, |at| name[at]);
    let mixed = (name.len() as u32)
        .wrapping_mul(0x9E37)
        .wrapping_add(u32::from(last).wrapping_mul(0x85EB))
        .wrapping_add(u32::from(before).wrapping_mul(0xC2B3))
        .wrapping_add(u32::from(middle).wrapping_mul(0x27D5));
    (mixed ^ mixed >> 8 ^ mixed >> 16) as usize % N_DIGESTS
}

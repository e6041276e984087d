//! Buffers of bodies, used again.
//!
//! A fresh buffer costs a page fault for every 4 KiB that is written into it, which for large bodies takes longer than
//! copying them.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

/// So many are kept while nobody needs them.
const MOST_KEPT: usize = 8;

/// Those of rare giants are not kept, in bytes.
const LARGEST_KEPT: usize = 2 << 20;

/// More is not set aside because a server says that it will come.
const MOST_EXPECTED: u64 = 8 << 20;

/// The buffers that are free; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer that goes back when it is dropped.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    home: Buffers,
}

impl Buffers {
    /// An empty buffer, with room where it is known how many bytes will come.
    pub(crate) fn take(&self, expected: Option<u64>) -> Buffer {
        let mut bytes = self.free().pop().unwrap_or_default();
        let expected = expected.map_or(0, |expected| expected.min(MOST_EXPECTED) as usize);
        if bytes.capacity() < expected {
            // Growing it would copy what it once had; the next body may be a little longer.
            bytes = Vec::with_capacity(expected + expected / 8);
        }
        Buffer { bytes, home: self.clone() }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn extend(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    /// The content; the buffer goes back with the last clone of it.
    pub(crate) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        let mut free = self.home.free();
        if free.len() < MOST_KEPT && bytes.capacity() <= LARGEST_KEPT {
            bytes.clear();
            free.push(bytes);
        }
    }
}

/// Bodies may hold anything.
impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} buffers", self.free().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_with_the_last_clone() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take(Some(100));
        buffer.extend(b"secret");
        let body = buffer.freeze();
        let rest = body.slice(3..);
        drop(body);
        assert_eq!((&*rest, buffers.free().len()), (&b"ret"[..], 0));
        let place = rest.as_ptr() as usize - 3;
        drop(rest);
        assert_eq!(format!("{buffers:?}"), "1 buffers");
        let again = buffers.take(None);
        assert_eq!((again.len(), again.as_ref().as_ptr() as usize), (0, place));
    }

    #[test]
    fn few_and_small_ones_are_kept() {
        let buffers = Buffers::default();
        drop(buffers.take(Some(LARGEST_KEPT as u64 + 1)));
        assert_eq!(buffers.free().len(), 0);
        let many: Vec<Buffer> = (0..MOST_KEPT + 3).map(|_| buffers.take(Some(10))).collect();
        drop(many);
        assert_eq!(buffers.free().len(), MOST_KEPT);
        assert!(buffers.take(Some(u64::MAX)).bytes.capacity() < 2 * MOST_EXPECTED as usize);
    }
}

//! An object as it comes, piece by piece.

use std::{
    fmt,
    io::{self, Read},
};

use bytes::{Buf, Bytes};
use futures::{StreamExt, stream::BoxStream};

use crate::{StoreError, error::root_cause, store::Store};

/// Reads one object without keeping it; blocks while bytes are on their way.
pub struct ObjectReader {
    store: Store,
    name: String,
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    chunk: Bytes,
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.chunk.len();
        formatter
            .debug_struct("ObjectReader")
            .field("name", &self.name)
            .field("left", &left)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Asks for an object, whose bytes come while they are read.
    ///
    /// # Errors
    /// [`StoreError::Answer`], also when there is no such object.
    pub fn reader(&self, name: &str) -> Result<ObjectReader, StoreError> {
        let stream = self.stream(name)?;
        Ok(ObjectReader { store: self.clone(), name: name.to_owned(), stream, chunk: Bytes::new() })
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() && !buffer.is_empty() {
            match self.store.block_on(self.stream.next()) {
                None => return Ok(0),
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Err(io::Error::other(root_cause(&error))),
            }
        }
        let n_read = self.chunk.len().min(buffer.len());
        self.chunk.copy_to_slice(&mut buffer[..n_read]);
        Ok(n_read)
    }
}

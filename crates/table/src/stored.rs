//! A page's rows as bytes, so that they outlive the process.

use std::panic::catch_unwind;

use arrow::{
    buffer::Buffer,
    error::ArrowError,
    ipc::{
        CompressionType,
        reader::StreamDecoder,
        writer::{IpcWriteOptions, StreamWriter},
    },
};

use crate::{batch::Batch, columns::Columns, error::TableError};

impl Batch {
    /// The rows as one compressed Arrow IPC stream; what was rejected or left out is not in it.
    ///
    /// # Errors
    /// [`TableError::Arrow`], see there.
    pub fn to_stored(&self) -> Result<Vec<u8>, TableError> {
        // LZ4 costs less time than writing what it saves.
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
        let mut stream = StreamWriter::try_new_with_options(Vec::new(), self.rows().schema_ref(), options)?;
        stream.write(self.rows())?;
        Ok(stream.into_inner()?)
    }

    /// The rows of a stream that [`to_stored`](Self::to_stored) made; the bytes are checked, not trusted.
    ///
    /// # Errors
    /// [`TableError::Arrow`] for anything else, [`TableError::ForeignType`] for types that no batch has.
    pub fn from_stored(bytes: Vec<u8>) -> Result<Self, TableError> {
        // Arrow 59 panics at some schemas that it does not know, such as integers of no bits.
        catch_unwind(move || Self::decode_stored(bytes))
            .unwrap_or_else(|_| Err(refused("its schema is broken")))
    }

    fn decode_stored(bytes: Vec<u8>) -> Result<Self, TableError> {
        let mut bytes = Buffer::from_vec(bytes);
        let mut decoder = StreamDecoder::new();
        while !bytes.is_empty() {
            if let Some(rows) = decoder.decode(&mut bytes)? {
                let columns = Columns::from_schema(rows.schema_ref())?;
                return Ok(Self::of_rows(columns, rows));
            }
        }
        Err(refused("the stream has no rows"))
    }
}

fn refused(why: &str) -> TableError {
    ArrowError::IpcError(why.into()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{Batch, BatchBuilder, Cell, DeclaredColumns};

    fn batch() -> Batch {
        let mut rows = BatchBuilder::new(DeclaredColumns::default().into());
        for (n, text) in [(1, "a"), (2, "ä"), (3, "")] {
            rows.push("n", Cell::Int(n)).unwrap();
            rows.push("mixed", if n == 2 { Cell::Bool(true) } else { Cell::Text(text.into()) }).unwrap();
            rows.push("list", Cell::List(vec![Cell::Null, Cell::Text(text.into())])).unwrap();
            rows.push("null", Cell::Null).unwrap();
            rows.push("object", Cell::Struct(Vec::new())).unwrap();
            rows.end_row().unwrap();
        }
        rows.finish().unwrap()
    }

    fn check(batch: &Batch) {
        let read = Batch::from_stored(batch.to_stored().unwrap()).unwrap();
        assert_eq!((read.columns(), read.rows()), (batch.columns(), batch.rows()));
    }

    #[test]
    fn a_batch_comes_back_with_the_types_of_its_page() {
        check(&batch());
        check(&BatchBuilder::new(DeclaredColumns::default().into()).finish().unwrap());
        let mut without_columns = BatchBuilder::new(DeclaredColumns::default().into());
        without_columns.end_row().unwrap();
        check(&without_columns.finish().unwrap());
    }

    proptest! {
        #[test]
        fn other_bytes_are_refused(at in 0_usize..1000, byte: u8, cut in 0_usize..1000) {
            let mut bytes = batch().to_stored().unwrap();
            let length = bytes.len();
            bytes[at % length] = byte;
            bytes.truncate(length - cut % length);
            // Some changes are still a stream; the others must be errors, never panics.
            let _ = Batch::from_stored(bytes);
        }
    }
}

//! Batches as bytes, to send them to another process.

use std::{collections::HashMap, panic::catch_unwind};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    buffer::Buffer,
    error::ArrowError,
    ipc::{
        CompressionType,
        reader::StreamDecoder,
        writer::{IpcWriteOptions, StreamWriter},
    },
};

use crate::{batch::Batch, columns::Columns, error::TableError};

mod lengths;

/// The key of the schema's metadata under which the outcome travels.
const OUTCOME_KEY: &str = "pipeline:outcome";

impl Batch {
    /// The batch as one Arrow IPC stream.
    ///
    /// # Errors
    /// [`TableError::Arrow`], see there.
    pub fn to_ipc(&self) -> Result<Vec<u8>, TableError> {
        self.encode(IpcWriteOptions::default())
    }

    /// The same, compressed, for batches that are kept.
    ///
    /// # Errors
    /// [`TableError::Arrow`], see there.
    pub fn to_compressed_ipc(&self) -> Result<Vec<u8>, TableError> {
        // LZ4 costs less time than writing what it saves.
        self.encode(IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?)
    }

    fn encode(&self, options: IpcWriteOptions) -> Result<Vec<u8>, TableError> {
        let rows = self.rows();
        let outcome = serde_json::to_string(self.outcome()).expect("texts and numbers are JSON");
        let schema = self.columns().to_schema(HashMap::from([(OUTCOME_KEY.to_owned(), outcome)]));
        // The schema, padding and the messages' frames take little beside the rows.
        let room = Vec::with_capacity(rows.get_array_memory_size() + 4096);
        let mut writer = StreamWriter::try_new_with_options(room, &schema, options)?;
        writer.write(rows)?;
        Ok(writer.into_inner()?)
    }

    /// The batch of a stream that [`to_ipc`](Self::to_ipc) made; the bytes are checked, not trusted.
    ///
    /// # Errors
    /// [`TableError::Arrow`] for anything else, [`TableError::ForeignType`] for types that no batch has.
    pub fn from_ipc(bytes: Vec<u8>) -> Result<Self, TableError> {
        // Arrow 59 panics at some schemas that it does not know, such as integers of no bits.
        catch_unwind(move || Self::decode(bytes)).unwrap_or_else(|_| Err(refused("its schema is broken")))
    }

    fn decode(bytes: Vec<u8>) -> Result<Self, TableError> {
        lengths::check(&bytes)?;
        let mut bytes = Buffer::from_vec(bytes);
        let mut decoder = StreamDecoder::new();
        while !bytes.is_empty() {
            if let Some(rows) = decoder.decode(&mut bytes)? {
                let columns = Columns::from_schema(rows.schema_ref())?;
                let outcome = rows.schema_ref().metadata().get(OUTCOME_KEY);
                let outcome = outcome.map(|json| serde_json::from_str(json)).transpose();
                let outcome = outcome.map_err(|_| refused("its outcome is broken"))?.unwrap_or_default();
                let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
                let schema = columns.to_schema(HashMap::new());
                let rows = RecordBatch::try_new_with_options(schema, rows.columns().to_vec(), &options)?;
                return Ok(Self::new(columns, rows).with_outcome(outcome));
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

    use crate::{Batch, BatchBuilder, Cell, ColumnText, DeclaredColumns};

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
        for bytes in [batch.to_ipc(), batch.to_compressed_ipc()] {
            let read = Batch::from_ipc(bytes.unwrap()).unwrap();
            assert_eq!((read.columns(), read.rows()), (batch.columns(), batch.rows()));
            assert_eq!(read.n_bytes().unwrap(), batch.n_bytes().unwrap());
            assert_eq!(ColumnText::of(read.rows()).unwrap().len(), batch.columns().len());
        }
    }

    #[test]
    fn a_batch_survives_the_way() {
        check(&batch());
        let declared = DeclaredColumns::default().into();
        check(&BatchBuilder::new(declared).finish().unwrap());
        let mut without_columns = BatchBuilder::new(DeclaredColumns::default().into());
        without_columns.end_row().unwrap();
        check(&without_columns.finish().unwrap());
    }

    #[test]
    fn buffers_that_say_they_are_larger_than_they_can_be_are_refused() {
        let mut rows = BatchBuilder::new(DeclaredColumns::default().into());
        for _ in 0..10_000 {
            rows.push("text", Cell::Text("a".into())).unwrap();
            rows.end_row().unwrap();
        }
        let batch = rows.finish().unwrap();
        check(&batch);
        let honest = batch.to_compressed_ipc().unwrap();
        // What stands before the first bytes of LZ4, and what it may be at most.
        let at = honest.windows(4).position(|bytes| bytes == [0x04, 0x22, 0x4d, 0x18]).unwrap() - 8;
        for length in [i64::MAX, 1 << 40, 1 << 30, -2] {
            let mut lying = honest.clone();
            lying[at..at + 8].copy_from_slice(&length.to_le_bytes());
            let error = format!("{:?}", Batch::from_ipc(lying).unwrap_err());
            assert!(error.contains("larger than it can be"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn other_bytes_are_refused(at in 0_usize..1000, byte: u8, cut in 0_usize..1000) {
            let mut bytes = batch().to_ipc().unwrap();
            let length = bytes.len();
            bytes[at % length] = byte;
            bytes.truncate(length - cut % length);
            // Some changes are still a stream; the others must be errors, never panics.
            let _ = Batch::from_ipc(bytes);
        }
    }
}

//! Row groups that are sorted.

use arrow::{
    array::RecordBatch,
    compute::{SortColumn, SortOptions, concat_batches, lexsort_to_indices, take_record_batch},
};

use super::{ParquetEncoder, options::SortBy};
use crate::format::{Encoder, Failure};

/// Holds the rows of one row group back until they can be sorted.
pub(super) struct SortingEncoder {
    encoder: ParquetEncoder,
    order: Vec<SortBy>,
    waiting: Vec<RecordBatch>,
    n_rows: usize,
    n_bytes: usize,
    max_rows: usize,
    max_bytes: usize,
}

impl SortingEncoder {
    pub(super) fn new(
        encoder: ParquetEncoder,
        order: Vec<SortBy>,
        (max_rows, max_bytes): (usize, usize),
    ) -> Self {
        Self { encoder, order, waiting: Vec::new(), n_rows: 0, n_bytes: 0, max_rows, max_bytes }
    }

    /// Writes the rows that wait as row groups of their own.
    fn flush(&mut self) -> Result<(), Failure> {
        let Some(first) = self.waiting.first() else { return Ok(()) };
        let rows = concat_batches(&first.schema(), &self.waiting)?;
        self.waiting.clear();
        (self.n_rows, self.n_bytes) = (0, 0);
        let column = |sort: &SortBy| SortColumn {
            values: rows.column(sort.index).clone(),
            options: Some(SortOptions { descending: sort.descending, nulls_first: false }),
        };
        let columns: Vec<SortColumn> = self.order.iter().map(column).collect();
        let sorted = take_record_batch(&rows, &lexsort_to_indices(&columns, None)?)?;
        self.encoder.write(&sorted)?;
        self.encoder.flush()
    }
}

impl Encoder for SortingEncoder {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), Failure> {
        let mut start = 0;
        while start < rows.num_rows() {
            let length = (self.max_rows - self.n_rows).min(rows.num_rows() - start);
            let part = rows.slice(start, length);
            start += length;
            self.n_rows += length;
            self.n_bytes += rows.get_array_memory_size() * length / rows.num_rows();
            self.waiting.push(part);
            if self.n_rows >= self.max_rows || self.n_bytes >= self.max_bytes {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn size(&self) -> u64 {
        self.encoder.size() + self.n_bytes as u64
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.flush()?;
        Box::new(self.encoder).finish()
    }
}

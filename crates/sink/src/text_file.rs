//! Files of one line per row.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use arrow::array::RecordBatch;
use pipeline_table::ColumnText;

use crate::{SinkError, WrittenFile, target::Target, temp_file::TempFile};

/// A text file in the making.
#[derive(Debug)]
pub(crate) struct TextFile {
    out: BufWriter<File>,
    file: TempFile,
    n_rows: u64,
}

impl TextFile {
    /// Starts with `head`, which holds its own line ends.
    pub(crate) fn create(target: &Target, head: &str) -> Result<Self, SinkError> {
        let file = TempFile::create(target.path())?;
        let mut text = Self { out: file.writer()?, file, n_rows: 0 };
        text.push(head)?;
        Ok(text)
    }

    /// Adds what `push_line` makes of each row: the line with its end.
    pub(crate) fn write(
        &mut self,
        rows: &RecordBatch,
        mut push_line: impl FnMut(&[ColumnText<'_>], usize, &mut String),
    ) -> Result<(), SinkError> {
        let columns = ColumnText::of(rows)?;
        let mut line = String::new();
        for row in 0..rows.num_rows() {
            line.clear();
            push_line(&columns, row, &mut line);
            self.push(&line)?;
        }
        self.n_rows += rows.num_rows() as u64;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Vec<WrittenFile>, SinkError> {
        self.out.flush().map_err(SinkError::write(self.file.target()))?;
        Ok(vec![self.file.commit(self.n_rows)?])
    }

    fn push(&mut self, text: &str) -> Result<(), SinkError> {
        self.out.write_all(text.as_bytes()).map_err(SinkError::write(self.file.target()))
    }
}

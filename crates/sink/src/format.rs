//! What the kinds of files have in common.

use std::{
    fmt::Debug,
    fs::File,
    io::{self, BufWriter, Write},
};

use arrow::array::RecordBatch;
use pipeline_table::{ColumnText, Columns, JsonValues, TableError};

/// Why a file could not be written or read.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Rows of a file, in batches.
pub(crate) type FileRows = Box<dyn Iterator<Item = Result<RecordBatch, Failure>> + Send>;

/// One kind of file, with its settings.
pub(crate) trait Format: Debug + Send + Sync {
    /// How files of this kind are named.
    fn naming(&self) -> Naming;

    /// Begins a file with these columns.
    fn encoder(
        &self,
        columns: &Columns,
        metadata: &[(String, String)],
        out: BufWriter<File>,
    ) -> Result<Box<dyn Encoder>, Failure>;

    /// Whether files of this kind tell the types of their columns, so that their rows can be had back as they were.
    fn keeps_types(&self) -> bool {
        false
    }

    /// Which values are written as JSON.
    fn json(&self) -> JsonValues {
        JsonValues::None
    }

    /// The rows of a complete file; only these columns, where they are named.
    fn read(&self, file: File, columns: Option<&[String]>) -> Result<FileRows, Failure> {
        let _ = (file, columns);
        Err(Box::new(io::Error::from(io::ErrorKind::Unsupported)))
    }

    /// How many rows a complete file says that it has.
    fn n_rows(&self, file: File) -> Result<u64, Failure> {
        self.read(file, Some(&[]))?.try_fold(0, |n_rows, rows| Ok(n_rows + rows?.num_rows() as u64))
    }

    /// The columns of a complete file.
    fn columns(&self, file: File) -> Result<Columns, Failure> {
        let _ = file;
        Err(Box::new(io::Error::from(io::ErrorKind::Unsupported)))
    }

    /// The names of the columns of a complete file that keeps no types.
    fn header(&self, file: File) -> Result<Header, Failure> {
        let _ = file;
        Ok(Header::None)
    }
}

/// What a file says of its columns, apart from their types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Header {
    /// Files of the format have none.
    None,
    /// The names of the columns.
    Names(Vec<String>),
}

/// A file in the making.
pub(crate) trait Encoder: Send {
    /// Adds rows, which have exactly the columns the file was begun with.
    fn write(&mut self, rows: &RecordBatch) -> Result<(), Failure>;

    /// How many bytes the file would have if it ended now, roughly.
    fn size(&self) -> u64;

    /// Completes the file.
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

/// How one kind of file is named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming {
    /// The kind.
    pub(crate) kind: &'static str,
    /// The extension that is added.
    pub(crate) extension: &'static str,
    /// Other extensions in use for the same format.
    pub(crate) also: &'static [&'static str],
}

/// A file of one line per row, whose values `push_line` writes.
pub(crate) struct TextEncoder<P> {
    out: BufWriter<File>,
    size: u64,
    push_line: P,
}

impl<P: FnMut(&[ColumnText<'_>], usize, &mut String) + Send> TextEncoder<P> {
    /// Begins with `head`, which holds its own line ends, as the lines that `push_line` makes do.
    pub(crate) fn new(out: BufWriter<File>, head: &str, push_line: P) -> Result<Self, Failure> {
        let mut encoder = Self { out, size: 0, push_line };
        encoder.push(head)?;
        Ok(encoder)
    }

    fn push(&mut self, text: &str) -> io::Result<()> {
        self.size += text.len() as u64;
        self.out.write_all(text.as_bytes())
    }
}

impl<P: FnMut(&[ColumnText<'_>], usize, &mut String) + Send> Encoder for TextEncoder<P> {
    fn write(&mut self, rows: &RecordBatch) -> Result<(), Failure> {
        let columns = ColumnText::of(rows).map_err(|error: TableError| Box::new(error))?;
        let mut line = String::new();
        for row in 0..rows.num_rows() {
            line.clear();
            (self.push_line)(&columns, row, &mut line);
            self.push(&line)?;
        }
        Ok(())
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}

//! A file that knows how much was written to it.

use std::{
    fs::File,
    io::{BufWriter, Result, Write},
};

#[derive(Debug)]
pub(crate) struct CountingFile {
    out: BufWriter<File>,
    n_bytes: u64,
}

impl CountingFile {
    pub(crate) fn new(out: BufWriter<File>) -> Self {
        Self { out, n_bytes: 0 }
    }

    pub(crate) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }
}

impl Write for CountingFile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let n_written = self.out.write(bytes)?;
        self.n_bytes += n_written as u64;
        Ok(n_written)
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

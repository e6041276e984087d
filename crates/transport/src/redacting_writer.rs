//! The last gate before a terminal or a log file.

use std::{fmt, io, io::Write};

use crate::redactor::Redactor;

/// A line longer than this is written in pieces.
const MAX_LINE: usize = 1 << 20;

/// Writes to `inner` whole lines from which known secrets are gone.
///
/// An unfinished line waits for its end, for [`Write::flush`], or for the writer to be dropped, so that a secret
/// written in pieces is still found.
pub struct RedactingWriter<W: Write> {
    redactor: Redactor,
    line: Vec<u8>,
    inner: W,
}

impl<W: Write> RedactingWriter<W> {
    pub(crate) fn new(redactor: Redactor, inner: W) -> Self {
        Self { redactor, line: Vec::new(), inner }
    }

    fn write_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        self.inner.write_all(self.redactor.redact(&String::from_utf8_lossy(&line)).as_bytes())
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() > MAX_LINE {
                self.write_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_line()?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        // Nobody is left to hear of an error; what matters was flushed before.
        drop(self.flush());
    }
}

impl<W: Write> fmt::Debug for RedactingWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactingWriter").field("redactor", &self.redactor).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline_config::Secret;

    #[test]
    fn finds_a_secret_written_in_pieces() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("hunter2"));
        let mut output = Vec::new();
        let mut writer = redactor.writer(&mut output);
        for piece in ["token hun", "ter2\nand hun", "ter2 ", "again"] {
            writer.write_all(piece.as_bytes()).unwrap();
        }
        drop(writer);
        assert_eq!(String::from_utf8(output).unwrap(), "token [REDACTED]\nand [REDACTED] again");
    }
}

//! Reads a complete file once more before anyone sees it.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::{error::SinkError, format::Format};

/// What a file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// Counts the rows of a file, by its footer where it has one, and takes its checksum.
///
/// # Errors
/// [`SinkError::Mismatch`] when it has not as many rows as were written to it.
pub(crate) fn verify(
    format: &dyn Format,
    mut file: File,
    (path, written): (&Path, u64),
) -> Result<Verified, SinkError> {
    let failed = SinkError::write(path);
    let (sha256, bytes) = checksum(&mut file).map_err(|error| failed(error.into()))?;
    file.rewind().map_err(|error| failed(error.into()))?;
    let again = file.try_clone().map_err(|error| failed(error.into()))?;
    let rows = format.n_rows(file).map_err(&failed)?;
    // Rows without any column cannot be counted in a file of columns.
    let has_columns =
        || format.keeps_types() && format.columns(again).is_ok_and(|columns| !columns.is_empty());
    if rows != written && (!format.keeps_types() || has_columns()) {
        return Err(SinkError::Mismatch {
            target: path.to_string_lossy().into_owned(),
            written,
            found: rows,
        });
    }
    Ok(Verified { rows: written, bytes, sha256 })
}

fn checksum(file: &mut File) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut n_bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n_read => {
                hash.update(&buffer[..n_read]);
                n_bytes += n_read as u64;
            }
        }
    }
    let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((digits, n_bytes))
}

/// Rows of a file of lines.
pub(crate) fn count_lines(file: File) -> io::Result<u64> {
    count(file, |_| false)
}

/// Rows of CSV, header included: line ends within quotes are part of values.
pub(crate) fn count_records(file: File) -> io::Result<u64> {
    let mut is_quoted = false;
    count(file, move |byte| {
        // A quote within quotes is written twice, which changes nothing.
        is_quoted ^= byte == b'"';
        is_quoted
    })
}

fn count(mut file: File, mut is_hidden: impl FnMut(u8) -> bool) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut n_lines = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(n_lines),
            n_read => {
                for byte in &buffer[..n_read] {
                    n_lines += u64::from(!is_hidden(*byte) && *byte == b'\n');
                }
            }
        }
    }
}

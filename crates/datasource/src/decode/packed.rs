//! Bodies that are no text: packed ones, and files of other programs. Pure.
//!
//! A server that hands out `export.csv.gz` sends it as it is, with no `Content-Encoding`. What is no text has no charset, and
//! some charset reads every byte as a letter: such bodies must be known before anyone asks for theirs.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::{Hint, Unread};

/// How a gzip stream begins (RFC 1952 §2.3); no text does.
const GZIP: &[u8] = b"\x1F\x8B\x08";

/// How other files begin, and what they are. Those whose beginning is text have bytes that are none behind it, but for PDF.
const OTHERS: &[(&[u8], &str)] = &[
    (GZIP, "packed with gzip"),
    (b"PK\x03\x04", "a ZIP archive, as Excel's `.xlsx` is"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF-", "a PDF"),
    (b"\xD0\xCF\x11\xE0", "a file of Excel or Word"),
    (b"\x28\xB5\x2F\xFD", "packed with zstd"),
    (b"BZh", "packed with bzip2"),
    (b"\xFD7zXZ\x00", "packed with xz"),
    (b"7z\xBC\xAF", "a 7z archive"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
    (b"GIF8", "a picture"),
];

/// So many bytes tell whether a body is text.
const N_BYTES: usize = 1024;

/// Whether the body is a gzip stream.
pub(crate) fn is_packed(body: &[u8]) -> bool {
    body.starts_with(GZIP)
}

/// The content of a gzip stream, at most `max` bytes; another body as it is.
///
/// # Errors
/// [`Unread`] where the stream is not whole, or its content is larger.
pub(crate) fn unpacked(body: Bytes, max: u64) -> Result<Bytes, Unread> {
    if !is_packed(&body) {
        return Ok(body);
    }
    let mut content = Vec::new();
    let read = MultiGzDecoder::new(&*body).take(max.saturating_add(1)).read_to_end(&mut content);
    match read {
        Err(error) => Err(format!("the body is packed with gzip, and cannot be unpacked: {error}").into()),
        Ok(n_bytes) if n_bytes as u64 > max => Err(format!(
            "the body is packed with gzip, and larger than `max_response`, {max} bytes, without it"
        )
        .into()),
        Ok(_) => Ok(content.into()),
    }
}

/// The error for a body that is no text.
pub(super) fn no_text(body: &[u8]) -> Option<Unread> {
    let (_, what) = OTHERS.iter().find(|(begin, _)| body.starts_with(begin))?;
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    let is_text = !body.starts_with(b"%PDF-") && !body.iter().take(N_BYTES).any(is_control);
    (!is_text)
        .then(|| Unread { problem: format!("the body is {what}, and no text"), hint: Some(Hint::OtherForm) })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_unpacked_up_to_a_limit() {
        let check = |body: &[u8], max: u64, expected: Result<&[u8], &str>| {
            let found = unpacked(Bytes::copy_from_slice(body), max).map_err(|unread| unread.problem);
            match expected {
                Ok(expected) => assert_eq!(found.as_deref(), Ok(expected)),
                Err(words) => assert!(found.as_ref().is_err_and(|error| error.contains(words)), "{found:?}"),
            }
        };
        let two = [gzip(b"id,n\n"), gzip(b"1,a\n")].concat();
        check(&two, 9, Ok(b"id,n\n1,a\n"));
        check(&two, 8, Err("`max_response`, 8 bytes"));
        check(&gzip(&[b' '; 100_000]), 1000, Err("`max_response`"));
        check(&two[..two.len() - 3], 100, Err("cannot be unpacked"));
        check(b"id,n\n", 1, Ok(b"id,n\n"));
        check(b"\x1F", 1, Ok(b"\x1F"));
        check(b"", 1, Ok(b""));
    }

    #[test]
    fn what_is_no_text_is_named() {
        let check = |body: &[u8], expected: Option<&str>| {
            let found = no_text(body).map(|unread| unread.problem);
            assert_eq!(found.is_some(), expected.is_some(), "{found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()));
        };
        check(b"PK\x03\x04\x14\x00\x06\x00", Some("ZIP"));
        check(b"PAR1\x15\x04\x15\x00", Some("Parquet"));
        check(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", Some("PDF"));
        check(b"\x28\xB5\x2F\xFD\x04\x00", Some("zstd"));
        check(&gzip(b"x"), Some("gzip"));
        check(b"BZh91AY&SY\x94$\x00", Some("bzip2"));
        check(b"ORC\x0A\x0B\x00", Some("ORC"));
        // Columns may be called so.
        check(b"PAR1,PAR2\r\n1,2\n", None);
        check(b"ORC;name\n", None);
        check(b"BZh,caf\xE9\n", None);
        check(b"{\"a\": 1}", None);
    }
}

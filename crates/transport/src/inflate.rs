//! Bodies in codings that reqwest does not read: `deflate`, which is not asked for, and `x-gzip`. Pure.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::headers::Headers;

/// Why a body was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// It is longer than allowed.
    TooLarge,
    /// It is not what its header says.
    Broken,
}

/// The content of `body` by its `Content-Encoding`, which is then taken from the headers; other codings stay as they are.
pub(crate) fn inflate(headers: &mut Headers, body: Bytes, max: u64) -> Result<Bytes, InflateError> {
    let encoding = headers.get("content-encoding").map(|encoding| encoding.trim().to_ascii_lowercase());
    let content = match encoding.as_deref() {
        _ if body.is_empty() => return Ok(body),
        // RFC 9110 §8.4.1.2 means zlib, and notes that some servers send the bare stream.
        Some("deflate") => match read(ZlibDecoder::new(&*body), max) {
            Err(InflateError::Broken) => read(DeflateDecoder::new(&*body), max)?,
            content => content?,
        },
        Some("x-gzip") => read(MultiGzDecoder::new(&*body), max)?,
        _ => return Ok(body),
    };
    headers.remove("content-encoding");
    headers.remove("content-length");
    Ok(content.into())
}

fn read(decoder: impl Read, max: u64) -> Result<Vec<u8>, InflateError> {
    let mut content = Vec::new();
    decoder.take(max.saturating_add(1)).read_to_end(&mut content).map_err(|_| InflateError::Broken)?;
    match content.len() as u64 > max {
        true => Err(InflateError::TooLarge),
        false => Ok(content),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const TEXT: &[u8] = b"{\"rows\": [1, 2, 3]}";

    fn check(encoding: &str, body: Vec<u8>, expected: Result<&[u8], InflateError>) {
        let mut headers = Headers::from_iter([("Content-Encoding", encoding)]);
        let found = inflate(&mut headers, body.into(), 100);
        assert_eq!(found.as_deref(), expected.as_ref().map(|body| *body), "{encoding}");
        assert_eq!(headers.get("content-encoding").is_none(), expected == Ok(TEXT) && encoding != "br");
    }

    #[test]
    fn reads_what_servers_send() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        check("deflate", zlib.finish().unwrap(), Ok(TEXT));
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(TEXT).unwrap();
        check(" Deflate ", bare.finish().unwrap(), Ok(TEXT));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(TEXT).unwrap();
        check("x-gzip", gzip.finish().unwrap(), Ok(TEXT));
        check("deflate", b"{\"rows\": []}".to_vec(), Err(InflateError::Broken));
        check("br", TEXT.to_vec(), Ok(TEXT));
        let mut bomb = ZlibEncoder::new(Vec::new(), Compression::default());
        bomb.write_all(&[b' '; 101]).unwrap();
        check("deflate", bomb.finish().unwrap(), Err(InflateError::TooLarge));
    }
}

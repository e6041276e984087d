//! Bodies as they come, unpacked by their `Content-Encoding`. Pure.
//!
//! A gzip stream may have several members, one behind the other, and all of them are the body (RFC 1952 §2.2). reqwest's
//! decoder ends with the first one without a word, and is not built in.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::{
    read::{DeflateDecoder, ZlibDecoder},
    write::MultiGzDecoder,
};

use crate::{buffers::Buffer, headers::Headers};

/// What requests ask for. Nobody agrees on what `deflate` is, so it is read and not asked for.
pub(crate) const ACCEPTED: &str = "gzip";

/// Why a body was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// It is longer than allowed.
    TooLarge,
    /// It is not what its header says.
    Broken,
    /// Its last bytes are not whole: the connection may have broken.
    Short,
}

/// A body on its way.
pub(crate) struct Inflater {
    coding: Coding,
    is_empty: bool,
}

/// How the body is packed, and what is known of it.
enum Coding {
    Plain(Content),
    Gzip(Box<MultiGzDecoder<Content>>),
    /// Which of two forms it has is known at its end.
    Deflate(Vec<u8>, Content),
}

/// What has been unpacked, at most `max` bytes.
#[derive(Default)]
struct Content {
    buffer: Buffer,
    max: u64,
    is_too_large: bool,
}

impl Inflater {
    /// For the body that these headers announce. A coding that is unknown stays as it is; the names have no case (RFC 9110
    /// §8.4.1).
    pub(crate) fn new(headers: &Headers, buffer: Buffer, max: u64) -> Self {
        let content = Content { buffer, max, is_too_large: false };
        let encoding = headers.get("content-encoding").map(|name| name.trim().to_ascii_lowercase());
        let coding = match encoding.as_deref() {
            Some("gzip" | "x-gzip") => Coding::Gzip(Box::new(MultiGzDecoder::new(content))),
            Some("deflate") => Coding::Deflate(Vec::new(), content),
            _ => Coding::Plain(content),
        };
        Self { coding, is_empty: true }
    }

    /// Takes the next bytes; says how many bytes they gave.
    ///
    /// # Errors
    /// [`InflateError`] as soon as it is known.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<usize, InflateError> {
        self.is_empty &= chunk.is_empty();
        let before = self.n_bytes();
        let written = match &mut self.coding {
            Coding::Plain(content) => content.write_all(chunk),
            Coding::Gzip(decoder) => decoder.write_all(chunk),
            Coding::Deflate(packed, content) => {
                packed.extend_from_slice(chunk);
                content.allow(packed.len())
            }
        };
        written.map_err(|_| self.content().error(InflateError::Broken))?;
        Ok(self.n_bytes().saturating_sub(before))
    }

    /// The whole content. What was unpacked is told no more by the headers.
    ///
    /// # Errors
    /// [`InflateError`], also where the end is missing.
    pub(crate) fn finish(mut self, headers: &mut Headers) -> Result<Bytes, InflateError> {
        if self.is_empty {
            return Ok(Bytes::new());
        }
        match &mut self.coding {
            Coding::Plain(content) => return Ok(std::mem::take(content).buffer.freeze()),
            Coding::Gzip(decoder) => {
                if decoder.try_finish().is_err() {
                    return Err(decoder.get_ref().error(InflateError::Short));
                }
            }
            Coding::Deflate(packed, content) => *content = deflated(packed, std::mem::take(content))?,
        }
        headers.remove("content-encoding");
        headers.remove("content-length");
        Ok(std::mem::take(self.content()).buffer.freeze())
    }

    fn content(&mut self) -> &mut Content {
        match &mut self.coding {
            Coding::Plain(content) | Coding::Deflate(_, content) => content,
            Coding::Gzip(decoder) => decoder.get_mut(),
        }
    }

    fn n_bytes(&self) -> usize {
        match &self.coding {
            Coding::Plain(content) => content.buffer.len(),
            Coding::Gzip(decoder) => decoder.get_ref().buffer.len(),
            Coding::Deflate(packed, _) => packed.len(),
        }
    }
}

/// RFC 9110 §8.4.1.2 means zlib, and notes that some servers send the bare stream.
fn deflated(packed: &[u8], mut content: Content) -> Result<Content, InflateError> {
    let mut read = |decoder: &mut dyn Read| io::copy(decoder, &mut content).is_ok();
    if read(&mut ZlibDecoder::new(packed)) {
        return Ok(content);
    }
    let mut content = Content { buffer: Buffer::default(), ..content };
    match !content.is_too_large && io::copy(&mut DeflateDecoder::new(packed), &mut content).is_ok() {
        true => Ok(content),
        false => Err(content.error(InflateError::Broken)),
    }
}

impl Content {
    fn error(&self, otherwise: InflateError) -> InflateError {
        if self.is_too_large { InflateError::TooLarge } else { otherwise }
    }

    fn allow(&mut self, n_bytes: usize) -> io::Result<()> {
        self.is_too_large |= n_bytes as u64 > self.max;
        match self.is_too_large {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(()),
        }
    }
}

impl Write for Content {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.allow(self.buffer.len() + bytes.len())?;
        self.buffer.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const TEXT: &[u8] = b"{\"rows\": [1, 2, 3]}";

    fn unpack(encoding: &str, body: &[u8], at: usize) -> Result<(Bytes, Headers), InflateError> {
        let mut headers = Headers::from_iter([("Content-Encoding", encoding)]);
        let mut inflater = Inflater::new(&headers, Buffer::default(), 100);
        let (head, tail) = body.split_at(at);
        inflater.push(head)?;
        inflater.push(tail)?;
        Ok((inflater.finish(&mut headers)?, headers))
    }

    /// However the body comes in parts.
    fn check(encoding: &str, body: &[u8], expected: Result<&[u8], InflateError>) {
        for at in 0..=body.len() {
            let found = unpack(encoding, body, at);
            if let Ok((_, headers)) = &found {
                assert_eq!(headers.get("content-encoding").is_none(), !body.is_empty() && encoding != "br");
            }
            let found = found.map(|(content, _)| content);
            assert_eq!(found.as_deref(), expected.as_ref().map(|body| *body), "{encoding} at {at}");
        }
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn reads_what_servers_send() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        check("deflate", &zlib.finish().unwrap(), Ok(TEXT));
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(TEXT).unwrap();
        check(" Deflate ", &bare.finish().unwrap(), Ok(TEXT));
        for encoding in ["gzip", "GZIP", "x-gzip", "X-GZip"] {
            check(encoding, &gzip(TEXT), Ok(TEXT));
            check(encoding, b"", Ok(b""));
        }
        check("deflate", b"{\"rows\": []}", Err(InflateError::Broken));
        check("br", TEXT, Ok(TEXT));
        let mut bomb = ZlibEncoder::new(Vec::new(), Compression::default());
        bomb.write_all(&[b' '; 101]).unwrap();
        check("deflate", &bomb.finish().unwrap(), Err(InflateError::TooLarge));
    }

    #[test]
    fn every_member_of_gzip_is_read() {
        let members = |texts: &[&[u8]]| texts.iter().map(|text| gzip(text)).collect::<Vec<_>>().concat();
        check(
            "gzip",
            &members(&[b"{\"a\":1}\n", b"", b"{\"a\":2}\n", b"{\"a\":3}"]),
            Ok(b"{\"a\":1}\n{\"a\":2}\n{\"a\":3}"),
        );
        check("gzip", &members(&[&[b' '; 60], &[b' '; 40]]), Ok(&[b' '; 100]));
        check("gzip", &members(&[&[b' '; 60], &[b' '; 41]]), Err(InflateError::TooLarge));
        for junk in [&b"{\"a\":2}\n{\"a\":3}"[..], b"<html></html>", &[0; 20]] {
            check("gzip", &[gzip(TEXT), junk.to_vec()].concat(), Err(InflateError::Broken));
        }
        let two = members(&[TEXT, TEXT]);
        for end in (1..two.len()).filter(|end| *end != two.len() / 2) {
            check("gzip", &two[..end], Err(InflateError::Short));
        }
    }
}

//! Heads and bodies on a pipe.

use std::io::{self, Read, Write};

/// Heads hold a script, the metadata of a page or an error.
const MAX_HEAD: u32 = 64 << 20;

/// More would not fit into a batch of Arrow either.
const MAX_BODY: u64 = 8 << 30;

/// Buffers of more bytes are not used again.
const MAX_KEPT: usize = 2 << 20;

/// What is wrong with what the other side sent.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The pipe failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The head is no message.
    #[error("the message is not one that is known here: {0}")]
    Head(#[from] serde_json::Error),
    /// A length is beyond reason.
    #[error("a message of {0} bytes is too long")]
    TooLong(u64),
    /// The body is no batch.
    #[error("the rows are not readable: {0}")]
    Rows(#[from] pipeline_table::TableError),
}

/// What a frame begins with: the length of its head and of its body, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// Bytes of the head.
    pub head: usize,
    /// Bytes of the body.
    pub body: usize,
}

impl Lengths {
    /// How many bytes the lengths themselves take.
    pub const SIZE: usize = 12;

    /// Reads lengths.
    ///
    /// # Errors
    /// [`WireError::TooLong`].
    pub fn read(bytes: [u8; Self::SIZE]) -> Result<Self, WireError> {
        let [a, b, c, d, rest @ ..] = bytes;
        let (head, body) = (u32::from_le_bytes([a, b, c, d]), u64::from_le_bytes(rest));
        if head > MAX_HEAD || body > MAX_BODY {
            return Err(WireError::TooLong(body.max(head.into())));
        }
        let too_long = |_| WireError::TooLong(body);
        Ok(Self { head: head as usize, body: usize::try_from(body).map_err(too_long)? })
    }

    fn write(self) -> Result<[u8; Self::SIZE], WireError> {
        let head = u32::try_from(self.head).map_err(|_| WireError::TooLong(self.head as u64))?;
        let mut bytes = [0; Self::SIZE];
        bytes[..4].copy_from_slice(&head.to_le_bytes());
        bytes[4..].copy_from_slice(&(self.body as u64).to_le_bytes());
        Ok(bytes)
    }
}

/// One message as it came.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Frame {
    /// JSON.
    pub head: Vec<u8>,
    /// Bytes.
    pub body: Vec<u8>,
}

impl Frame {
    /// The lengths and the head of a frame; the body is to follow.
    pub(crate) fn opening(head: &impl serde::Serialize, n_body: usize) -> Result<Vec<u8>, WireError> {
        let mut bytes = vec![0; Lengths::SIZE];
        serde_json::to_writer(&mut bytes, head)?;
        let lengths = Lengths { head: bytes.len() - Lengths::SIZE, body: n_body };
        bytes[..Lengths::SIZE].copy_from_slice(&lengths.write()?);
        Ok(bytes)
    }

    /// Reads the next frame, into the buffers of a spent one, which is faster than into fresh ones; `None` where the pipe
    /// ends between two of them.
    ///
    /// # Errors
    /// [`WireError::Io`], [`WireError::TooLong`].
    pub fn read(input: &mut impl Read, spent: Self) -> Result<Option<Self>, WireError> {
        let mut lengths = [0; Lengths::SIZE];
        match input.read_exact(&mut lengths) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let lengths = Lengths::read(lengths)?;
        let head = filled(spent.head, lengths.head, input)?;
        Ok(Some(Self { head, body: filled(spent.body, lengths.body, input)? }))
    }

    /// Writes a whole frame.
    pub(crate) fn send(
        output: &mut impl Write,
        head: &impl serde::Serialize,
        body: &[u8],
    ) -> Result<(), WireError> {
        output.write_all(&Self::opening(head, body.len())?)?;
        output.write_all(body)?;
        Ok(output.flush()?)
    }
}

/// The buffer with the next bytes of the input in place of what it had.
fn filled(mut buffer: Vec<u8>, length: usize, input: &mut impl Read) -> io::Result<Vec<u8>> {
    buffer.clear();
    if buffer.capacity() < length || buffer.capacity() > MAX_KEPT {
        // Growing it would copy what it once had; the next page may be a little longer.
        buffer = Vec::with_capacity(length + length / 8);
    }
    let n_read = input.take(length as u64).read_to_end(&mut buffer)?;
    if n_read < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(buffer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_follow_each_other() {
        let mut pipe = Vec::new();
        Frame::send(&mut pipe, &"head", b"body").unwrap();
        Frame::send(&mut pipe, &1, b"").unwrap();
        let mut input = pipe.as_slice();
        let frame = |head: &[u8], body: &[u8]| Some(Frame { head: head.into(), body: body.into() });
        let first = Frame::read(&mut input, Frame::default()).unwrap();
        assert_eq!(first, frame(b"\"head\"", b"body"));
        let place = first.as_ref().unwrap().body.as_ptr();
        let second = Frame::read(&mut input, first.unwrap()).unwrap();
        assert_eq!(second, frame(b"1", b""));
        assert_eq!(second.unwrap().body.as_ptr(), place);
        assert_eq!(Frame::read(&mut input, Frame::default()).unwrap(), None);
    }

    #[test]
    fn a_frame_ends_where_its_lengths_say() {
        let mut pipe = Vec::new();
        Frame::send(&mut pipe, &"head", b"body").unwrap();
        pipe.pop();
        let cut = Frame::read(&mut pipe.as_slice(), Frame::default());
        assert!(matches!(cut, Err(WireError::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof));
    }

    #[test]
    fn lengths_are_bounded() {
        assert!(matches!(Lengths::read([0xff; Lengths::SIZE]), Err(WireError::TooLong(_))));
        let lengths = Lengths { head: 7, body: 1 << 20 };
        assert_eq!(Lengths::read(lengths.write().unwrap()).unwrap(), lengths);
    }
}

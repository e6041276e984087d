//! Whether a stream has the bytes that it says it has: Arrow makes room for what a length says before it reads.

use arrow::{
    error::ArrowError,
    ipc::{self, CompressionType, MessageHeader, RecordBatch, root_as_message},
};

use super::refused;
use crate::error::TableError;

/// Bytes that one byte of LZ4 can stand for at most.
const MAX_RATIO: u64 = 255;

/// Looks at all messages up to the first with rows, which is the last one that is read.
///
/// # Errors
/// [`TableError::Arrow`] where buffers are not within the stream, stand for more than they can, or are used twice.
pub(super) fn check(mut stream: &[u8]) -> Result<(), TableError> {
    while let Some((message, body)) = next_message(&mut stream)? {
        match message.header_type() {
            MessageHeader::Schema => {}
            MessageHeader::RecordBatch => {
                return message.header_as_record_batch().map_or(Ok(()), |rows| check_buffers(&rows, body));
            }
            _ => return Err(refused("it has messages that no batch has")),
        }
    }
    Ok(())
}

/// Takes a message and its body from the front; `None` at the end.
fn next_message<'s>(stream: &mut &'s [u8]) -> Result<Option<(ipc::Message<'s>, &'s [u8])>, TableError> {
    let rest = stream.strip_prefix(&[0xff; 4]).unwrap_or(stream);
    let Some((length, rest)) = rest.split_first_chunk() else { return Ok(None) };
    let cut_off = || refused("the stream is cut off");
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| cut_off())?;
    if length == 0 {
        return Ok(None);
    }
    let (message, rest) = rest.split_at_checked(length).ok_or_else(cut_off)?;
    let message = root_as_message(message).map_err(|error| ArrowError::IpcError(error.to_string()))?;
    let length = usize::try_from(message.bodyLength()).map_err(|_| cut_off())?;
    let (body, rest) = rest.split_at_checked(length).ok_or_else(cut_off)?;
    *stream = rest;
    Ok(Some((message, body)))
}

fn check_buffers(rows: &RecordBatch<'_>, body: &[u8]) -> Result<(), TableError> {
    let codec = rows.compression().map(|compression| compression.codec());
    if codec.is_some_and(|codec| codec != CompressionType::LZ4_FRAME) {
        return Err(refused("it is compressed as no batch is"));
    }
    let mut n_bytes = 0;
    for buffer in rows.buffers().into_iter().flatten() {
        let start = usize::try_from(buffer.offset()).ok();
        let end =
            start.zip(usize::try_from(buffer.length()).ok()).and_then(|(start, n)| start.checked_add(n));
        let bytes = start.zip(end).and_then(|(start, end)| body.get(start..end));
        let bytes = bytes.ok_or_else(|| refused("a buffer is not within the stream"))?;
        n_bytes += bytes.len();
        // Several buffers of the same bytes would each get memory of their own.
        if n_bytes > body.len() {
            return Err(refused("its buffers overlap"));
        }
        if codec.is_some() && !can_be_unpacked(bytes) {
            return Err(refused("a buffer says that it is larger than it can be"));
        }
    }
    Ok(())
}

/// Whether so many bytes of LZ4 can stand for as many as are said before them; `-1` says that they are not compressed.
fn can_be_unpacked(buffer: &[u8]) -> bool {
    let Some((length, packed)) = buffer.split_first_chunk() else { return buffer.is_empty() };
    let length = i64::from_le_bytes(*length);
    length == -1 || u64::try_from(length).is_ok_and(|length| length <= MAX_RATIO * packed.len() as u64)
}
